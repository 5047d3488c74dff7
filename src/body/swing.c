#include "body/swing.h"

#define LEAST_SIZE 3.f     /* degrees: a smaller swing is none                                  */
#define SINGLE_SIZE 5.f    /* degrees: one nod alone must be that large                         */
#define SIGMAS 5.f         /* a swing is that many times the noise of the angle                 */
#define SHORTEST 0.08      /* s, a swing                                                        */
#define LONGEST 0.8        /* s, from one turning point to the next, and on average of a bout 0.6 */
#define MEAN_LONGEST 0.6
#define REST 0.5           /* s without a swing end a bout                                      */
#define BOUT 3.0           /* s: a longer bout is given in parts                                */
#define ALONG 0.1f         /* heads of displacement for a radian of turn: a head turns about its
                              neck, some 0.4 heads behind the face; half of that and less for noise */

typedef struct body_swing_sample sample;

void body_swing_init(body_swing *swing) {
  swing->count = 0;
  swing->noise = swing->recent = -1;
}

/* Second differences do not see a steady turn. They see fast nods, so the noise follows them down
 * quickly and up slowly. */
static void learn_noise(body_swing *swing) {
  const sample *s = &swing->samples[swing->count - 3];
  float bend = fabsf(s[2].angle - 2 * s[1].angle + s[0].angle) * 1.25f / sqrtf(6);
  swing->recent = swing->recent < 0 ? bend : swing->recent + .1f * (bend - swing->recent);
  if (swing->noise < 0) swing->noise = 1;
  swing->noise += (swing->recent - swing->noise) * (swing->recent < swing->noise ? .1f : .01f);
}

static float least_size(const body_swing *swing) {
  return BASE_MAX(LEAST_SIZE, SIGMAS * swing->noise);
}

/* ---- A run of samples ------------------------------------------------------------------------ */

/* Turning points: indices of samples, the first and the last among them. */
static int turning_points(const sample *s, int count, float least, int *points) {
  int found = 0, low = 0, high = 0, way = 0;
  for (int i = 1; i < count; i++) {
    if (way >= 0 && s[i].angle > s[high].angle) high = i;
    if (way <= 0 && s[i].angle < s[low].angle) low = i;
    if (way <= 0 && s[i].angle - s[low].angle >= least) {
      points[found++] = low, way = 1, high = i;
    } else if (way >= 0 && s[high].angle - s[i].angle >= least) {
      points[found++] = high, way = -1, low = i;
    }
  }
  if (way) points[found++] = way > 0 ? high : low;
  return found;
}

/* The swing between two turning points, without the rest before and after it: from the last sample
 * within a fifth of its size of the first point, to the first one as near to the second. */
static bool is_swing(const sample *s, int from, int to, int *start, int *stop) {
  float size = s[to].angle - s[from].angle, part = .2f * fabsf(size);
  *start = from, *stop = to;
  for (int i = from; i <= to; i++)
    if (fabsf(s[i].angle - s[from].angle) <= part) *start = i;
  for (int i = to; i > *start; i--)
    if (fabsf(s[i].angle - s[to].angle) <= part) *stop = i;
  double lasts = s[*stop].at - s[*start].at;
  float other = fabsf(s[to].other - s[from].other), along = s[to].along - s[from].along;
  return lasts >= SHORTEST * .6 && lasts <= LONGEST && other < .8f * fabsf(size) &&
         along * (size > 0 ? 1.f : -1.f) >= ALONG * fabsf(size) * .0174533f;
}

/* The longest run of swings that follow each other without a rest. */
static bool find(const body_swing *swing, int count, int least, body_swings *found) {
  int points[BODY_SWING_SAMPLES + 1];
  const sample *s = swing->samples;
  int turns = turning_points(s, count, least_size(swing), points);
  body_swings run = {0};
  *found = run;
  int first = 0, last_stop = 0;
  float sum = 0;
  for (int p = 0; p + 1 < turns; p++) {
    int start, stop;
    bool good = is_swing(s, points[p], points[p + 1], &start, &stop);
    if (run.count && (!good || s[start].at - s[last_stop].at > .3)) run.count = 0;
    if (!good) continue;
    if (!run.count) sum = 0, first = start;
    sum += fabsf(s[points[p + 1]].angle - s[points[p]].angle);
    run.count++, last_stop = stop;
    run.size = sum / (float)run.count, run.t0 = s[first].at, run.t1 = s[stop].at;
    float away = fabsf(s[stop].angle - s[first].angle);
    bool back = run.count > 2 || (run.size >= SINGLE_SIZE && away < run.size / 2);
    bool quick = run.t1 - run.t0 <= MEAN_LONGEST * run.count;
    if (run.count >= least && back && quick && run.count > found->count) *found = run;
  }
  return found->count > 0;
}

static void drop(body_swing *swing, double before) {
  int gone = 0;
  while (gone < swing->count && swing->samples[gone].at < before) gone++;
  swing->count -= gone;
  memmove(swing->samples, swing->samples + gone, (size_t)swing->count * sizeof *swing->samples);
}

/* Whether the angle has stayed within `least` since `since`. */
static bool rests(const body_swing *swing, double since, float least) {
  float low = INFINITY, high = -INFINITY;
  for (int i = swing->count - 1; i >= 0 && swing->samples[i].at >= since; i--) {
    low = BASE_MIN(low, swing->samples[i].angle);
    high = BASE_MAX(high, swing->samples[i].angle);
  }
  return high - low < least;
}

bool body_swing_add(body_swing *swing, double at, float angle, float other, float along, int least,
                    body_swings *found) {
  if (swing->count == BODY_SWING_SAMPLES) drop(swing, swing->samples[1].at);
  swing->samples[swing->count++] = (sample){at, angle, other, along};
  if (swing->count >= 3) learn_noise(swing);
  if (at - swing->samples[0].at < REST) return false;
  bool rest = rests(swing, at - REST, least_size(swing));
  if (!rest && at - swing->samples[0].at < BOUT && swing->count < BODY_SWING_SAMPLES) return false;
  bool any = find(swing, swing->count, least, found);
  drop(swing, any ? BASE_MAX(found->t1, at - REST) : rest ? at - REST : at - BOUT / 2);
  return any;
}

bool body_swing_end(body_swing *swing, int least, body_swings *found) {
  bool any = find(swing, swing->count, least, found);
  swing->count = 0;
  return any;
}
