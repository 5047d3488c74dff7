/* course.h: one quantity of one person over time (valence, say), by a bank of Kalman filters.
 *
 * Each filter (Kalman 1960) believes in one way of moving: the level reverts to what is usual for the
 * person within a return time and spreads around it so and so far, an Ornstein-Uhlenbeck process
 * (Uhlenbeck & Ornstein 1930; for affect: Kuppens, Oravecz & Tuerlinckx 2010); three of them have a
 * slope as well that dies away (damped trend, Gardner & McKenzie 1985). What was read says which to
 * believe (multiple models, Magill 1965), so a lively person and a steady one are each followed in
 * their own way, and the posterior gives that person's figures. At each reading the level may have
 * jumped, once in FOLLOW_HAZARD seconds beforehand; the two cases are merged by their moments (Blom &
 * Bar-Shalom 1988). A change point is told of when a jump is the likelier case and large, or a
 * two-sided CUSUM of the standardised surprises (Page 1954) passes its limit.
 *
 * The noise of a reading is its own variance. Readings given at other moments in between change
 * nothing: waiting a + b seconds is waiting a, then b.
 *
 * Owns nothing; the caller's memory. Threads: one at a time. */
#ifndef FOLLOW_COURSE_H
#define FOLLOW_COURSE_H

#include "base/base.h"

enum { FOLLOW_WAYS = 12 };      /* filters of the bank */
#define FOLLOW_HAZARD 150.0     /* s from one jump to the next, beforehand */
#define FOLLOW_JUMP 0.45        /* sd of a jump */
#define FOLLOW_CUSUM_SLACK 0.5  /* sd a reading */
#define FOLLOW_CUSUM_LIMIT 3.5  /* sd; chosen; `mien eval follow` has its false alarms an hour */

typedef struct follow_course {
  struct {
    double level, slope;  /* -1…1; per second */
    double p00, p01, p11; /* their covariance */
    double log_weight;    /* of this way, up to a constant */
  } ways[FOLLOW_WAYS];
  double usual, usual_seconds; /* this person's mean, and the seconds it rests on */
  double up, down;             /* CUSUM */
  double change;               /* of the last change point: how far it went, signed; NAN: none yet */
  unsigned readings, changes;
} follow_course;

/* What waiting does in each way; the same for every course. */
typedef struct follow_wait {
  struct {
    double a, b, c, q00, q01, q11;
  } ways[FOLLOW_WAYS];
  double seconds;
} follow_wait;
void follow_wait_init(follow_wait *wait, double seconds);

void follow_course_init(follow_course *course);
/* What was usual for this person before, and the seconds that it rests on; the level begins there. Before anything is taken. */
void follow_course_usual(follow_course *course, double usual, double seconds);
void follow_course_wait(follow_course *course, const follow_wait *wait);
/* A reading: its value, its variance (> 0), the seconds it stands for, and those since the last one.
 * True: a change point. */
bool follow_course_take(follow_course *course, double value, double variance, double seconds,
                        double passed);

typedef struct follow_place { /* level and slope now; variance: of the level, all ways together */
  double level, slope, variance;
} follow_place;
follow_place follow_course_place(const follow_course *course);
/* The place after waiting. Jumps that may come are in the variance. */
follow_place follow_course_ahead(const follow_course *course, const follow_wait *wait);

/* The person's figures: `spread` sd around the usual; `returns` s in which a deviation falls to 1/e;
 * both the posterior mean, of the prior's while little was read. */
typedef struct follow_manner {
  double spread, returns;
} follow_manner;
follow_manner follow_course_manner(const follow_course *course);

#endif
