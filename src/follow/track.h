/* track.h: one person's course over time: smoothed labels, place and trend, and a forecast.
 *
 * Labels: an exponential filter on log-probabilities with unequal steps: what was, loses its weight
 * by 1/e every FOLLOW_LABELS seconds, what comes has the weight of its reliability.
 *
 * Dims: for each a Kalman filter (Kalman 1960) over level and slope. The level reverts to what is
 * usual for this person, an Ornstein-Uhlenbeck process (1930; for affect: Kuppens, Oravecz &
 * Tuerlinckx 2010); the slope dies away (damped trend, Gardner & McKenzie 1985). The noise of a
 * measurement is its variance out of fuse/. Time constants and process noise are chosen, not fitted.
 *
 * The same readings, given at other moments in between, leave the same course: only updates carry
 * evidence, and prediction over a + b seconds is prediction over a, then b.
 *
 * Owns nothing; the caller's memory. Threads: one at a time. */
#ifndef FOLLOW_TRACK_H
#define FOLLOW_TRACK_H

#include "fuse/fuse.h"

#define FOLLOW_LABELS 4.0   /* s: memory of the labels            */
#define FOLLOW_LEVEL 30.0   /* s: the level's return to the usual */
#define FOLLOW_SLOPE 10.0   /* s: the slope's decay               */

typedef struct follow_course { /* of one dim */
  double level, slope;         /* -1…1; per second */
  double p00, p01, p11;        /* their covariance */
  double usual, usual_seconds; /* this person's mean, and the seconds it rests on */
} follow_course;

typedef struct follow_track {
  double at; /* seconds; NAN before the first update */
  double logs[MIEN_CORE], mass;
  follow_course dims[MIEN_DIMS];
  double turn_at, turn_gap; /* last turn; expected seconds from one to the next */
} follow_track;

void follow_track_init(follow_track *track);

/* What was fused at `at` (not before the last). `fresh` 0…1: share of its reliability that is new
 * since the last update; 0 only moves the clock. */
void follow_track_update(follow_track *track, double at, const fuse_result *fused, float fresh);

/* A turn ended at `at`: teaches how long turns are apart. */
void follow_track_turn(follow_track *track, double at);

/* core, dims, trend, forecast (one turn ahead) and forecast_error of a state. */
void follow_track_read(const follow_track *track, mien_reading *state);

#endif
