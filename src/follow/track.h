/* track.h: one person's course over time: smoothed labels, place and trend, and a forecast.
 *
 * Labels: an exponential filter on log-probabilities with unequal steps: what was, loses its weight
 * by 1/e every FOLLOW_LABELS seconds, what comes has the weight of its reliability.
 *
 * Dims: a bank of Kalman filters for each (course.h): they return to what is usual for this person, in
 * this person's own way, and take each reading at its variance out of fuse/.
 *
 * The same readings, given at other moments in between, leave the same course: only updates carry
 * evidence, and prediction over a + b seconds is prediction over a, then b.
 *
 * Owns nothing; the caller's memory. Threads: one at a time. */
#ifndef FOLLOW_TRACK_H
#define FOLLOW_TRACK_H

#include "follow/course.h"
#include "fuse/fuse.h"

#define FOLLOW_LABELS 4.0   /* s: memory of the labels            */

typedef struct follow_track {
  double at;       /* seconds; NAN before the first update */
  double taken_at; /* of the last reading; NAN before it   */
  double logs[MIEN_CORE], mass;
  follow_course dims[MIEN_DIMS];
  double turn_at, turn_gap; /* last turn; expected seconds from one to the next */
  size_t turns;             /* that ended */
  double change_at;         /* the last change point of valence or arousal; NAN: none */
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
