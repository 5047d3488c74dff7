/* track.c: see track.h. */
#include "follow/track.h"

#define GAP_PRIOR 8.0     /* seconds from turn to turn, before any were seen    */

void follow_track_init(follow_track *track) {
  *track = (follow_track){.at = (double)NAN, .taken_at = (double)NAN, .turn_at = (double)NAN, .turn_gap = GAP_PRIOR, .change_at = (double)NAN};
  for (int d = 0; d < MIEN_DIMS; d++) follow_course_init(&track->dims[d]);
}

void follow_track_update(follow_track *track, double at, const fuse_result *fused, float fresh) {
  double passed = isnan(track->at) ? 0 : BASE_MAX(at - track->at, 0);
  if (passed > 0) {
    follow_wait wait;
    follow_wait_init(&wait, passed);
    for (int d = 0; d < MIEN_DIMS; d++) follow_course_wait(&track->dims[d], &wait);
  }
  track->mass *= exp(-passed / FOLLOW_LABELS);
  track->at = isnan(track->at) ? at : BASE_MAX(at, track->at);
  if (!(fresh > 0)) return;
  double mass = (double)(fused->reliability * fresh), gain = mass > 0 ? mass / (track->mass + mass) : 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    double log_now = log(BASE_MAX((double)fused->core[k], 1e-6));
    track->logs[k] += gain * (log_now - track->logs[k]);
  }
  track->mass += mass;
  double since = isnan(track->taken_at) ? 0 : track->at - track->taken_at;
  track->taken_at = track->at;
  for (int d = 0; d < MIEN_DIMS; d++) {
    bool changed = follow_course_take(&track->dims[d], (double)fused->dims[d],
                                      (double)(fused->variance[d] / fresh),
                                      BASE_CLAMP(since, 0.5, 5.0), since);
    if (changed && d != MIEN_DOMINANCE) track->change_at = track->at;
  }
}

void follow_track_turn(follow_track *track, double at) {
  double gap = at - track->turn_at; /* NAN at first */
  if (gap > 0.2 && gap < 120) track->turn_gap += 0.3 * (gap - track->turn_gap);
  if (!(at < track->turn_at)) track->turn_at = at;
  track->turns++;
}

void follow_track_read(const follow_track *track, mien_reading *state) {
  double top = track->logs[0], total = 0;
  for (int k = 1; k < MIEN_CORE; k++) top = BASE_MAX(top, track->logs[k]);
  for (int k = 0; k < MIEN_CORE; k++) total += exp(track->logs[k] - top);
  for (int k = 0; k < MIEN_CORE; k++) state->core[k] = (float)(exp(track->logs[k] - top) / total);
  follow_wait turn;
  follow_wait_init(&turn, track->turn_gap);
  for (int d = 0; d < MIEN_DIMS; d++) {
    follow_place now = follow_course_place(&track->dims[d]);
    follow_place next = follow_course_ahead(&track->dims[d], &turn);
    state->dims[d] = (float)BASE_CLAMP(now.level, -1.0, 1.0);
    state->trend[d] = (float)now.slope;
    state->forecast[d] = (float)BASE_CLAMP(next.level, -1.0, 1.0);
    state->forecast_error[d] = (float)sqrt(BASE_MAX(next.variance, 0.0));
  }
}
