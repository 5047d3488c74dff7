/* track.c: see track.h. */
#include "follow/track.h"

#define LEVEL_SPREAD 0.25 /* stationary sd of the level, without what slopes bring */
#define SLOPE_SPREAD 0.02 /* stationary sd of the slope, per second             */
#define USUAL_PRIOR 30.0  /* seconds that "the usual is 0" is worth             */
#define USUAL_MEMORY 600.0
#define GAP_PRIOR 8.0     /* seconds from turn to turn, before any were seen    */

/* Level and slope `seconds` later, with exact covariance: the level l and slope v follow
 *   dl = (-theta (l - usual) + v) dt + noise,   dv = -kappa v dt + noise,
 * so l(t) = usual + a (l - usual) + b v,  v(t) = c v, and the noise of v reaches l through b. */
static void course_predict(follow_course *course, double seconds) {
  const double theta = 1 / FOLLOW_LEVEL, kappa = 1 / FOLLOW_SLOPE, between = kappa - theta;
  double a = exp(-theta * seconds), c = exp(-kappa * seconds), b = (a - c) / between;
  double noise = 2 * kappa * SLOPE_SPREAD * SLOPE_SPREAD; /* of v, per second */
  double aa = (1 - a * a) / (2 * theta), ac = (1 - a * c) / (theta + kappa),
         cc = (1 - c * c) / (2 * kappa); /* integrals of e^{-2 theta s} and so on, 0 to seconds */
  double q00 = LEVEL_SPREAD * LEVEL_SPREAD * (1 - a * a) +
               noise * (aa - 2 * ac + cc) / (between * between);
  double q01 = noise * (ac - cc) / between, q11 = noise * cc;
  course->level = course->usual + a * (course->level - course->usual) + b * course->slope;
  course->slope *= c;
  course->p00 = a * a * course->p00 + 2 * a * b * course->p01 + b * b * course->p11 + q00;
  course->p01 = a * c * course->p01 + b * c * course->p11 + q01;
  course->p11 = c * c * course->p11 + q11;
}

static void course_update(follow_course *course, double value, double variance, double seconds) {
  double s = course->p00 + variance, off = value - course->level;
  double gain = course->p00 / s, gain_slope = course->p01 / s;
  course->level = BASE_CLAMP(course->level + gain * off, -1.0, 1.0);
  course->slope += gain_slope * off;
  course->p11 -= gain_slope * course->p01;
  course->p01 *= 1 - gain;
  course->p00 *= 1 - gain;
  course->usual +=
      (value - course->usual) * seconds / (USUAL_PRIOR + course->usual_seconds + seconds);
  course->usual_seconds = BASE_MIN(course->usual_seconds + seconds, USUAL_MEMORY);
}

void follow_track_init(follow_track *track) {
  *track = (follow_track){.at = (double)NAN, .turn_at = (double)NAN, .turn_gap = GAP_PRIOR};
  for (int d = 0; d < MIEN_DIMS; d++) course_predict(&track->dims[d], 1e6); /* stationary */
}

void follow_track_update(follow_track *track, double at, const fuse_result *fused, float fresh) {
  double passed = isnan(track->at) ? 0 : BASE_MAX(at - track->at, 0);
  for (int d = 0; d < MIEN_DIMS; d++) course_predict(&track->dims[d], passed);
  track->mass *= exp(-passed / FOLLOW_LABELS);
  track->at = isnan(track->at) ? at : BASE_MAX(at, track->at);
  if (!(fresh > 0)) return;
  double mass = (double)(fused->reliability * fresh), gain = mass > 0 ? mass / (track->mass + mass) : 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    double log_now = log(BASE_MAX((double)fused->core[k], 1e-6));
    track->logs[k] += gain * (log_now - track->logs[k]);
  }
  track->mass += mass;
  for (int d = 0; d < MIEN_DIMS; d++)
    course_update(&track->dims[d], (double)fused->dims[d], (double)(fused->variance[d] / fresh),
                  BASE_CLAMP(passed, 0.5, 5.0));
}

void follow_track_turn(follow_track *track, double at) {
  double gap = at - track->turn_at; /* NAN at first */
  if (gap > 0.2 && gap < 120) track->turn_gap += 0.3 * (gap - track->turn_gap);
  if (!(at < track->turn_at)) track->turn_at = at;
}

void follow_track_read(const follow_track *track, mien_reading *state) {
  double top = track->logs[0], total = 0;
  for (int k = 1; k < MIEN_CORE; k++) top = BASE_MAX(top, track->logs[k]);
  for (int k = 0; k < MIEN_CORE; k++) total += exp(track->logs[k] - top);
  for (int k = 0; k < MIEN_CORE; k++) state->core[k] = (float)(exp(track->logs[k] - top) / total);
  for (int d = 0; d < MIEN_DIMS; d++) {
    follow_course course = track->dims[d];
    state->dims[d] = (float)BASE_CLAMP(course.level, -1.0, 1.0);
    state->trend[d] = (float)course.slope;
    course_predict(&course, track->turn_gap);
    state->forecast[d] = (float)BASE_CLAMP(course.level, -1.0, 1.0);
    state->forecast_error[d] = (float)sqrt(BASE_MAX(course.p00, 0.0));
  }
}
