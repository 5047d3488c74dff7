/* follow.c: how well follow/ finds again a course that is known, because it was simulated.
 *
 * A person's valence is an Ornstein-Uhlenbeck process of their own (return time 6…120 s, spread
 * 0.08…0.40, mean of people's sd 0.2), in `with events` with jumps once in two minutes, in `rising` with a climb
 * or fall of a minute. It is read each 1…6 s with the errors of words, a voice or a poor signal
 * (1-sigma 0.25, 0.45, 0.70), and the filter is told which. Beside it a moving average of the same
 * readings, with the window at which it lags behind the truth as much as the filter does (the shift
 * in time at which each agrees best with the truth). The simulation knows nothing of the filter's
 * bank. Fixed seeds; a resample is of whole trajectories. */
#include <math.h>
#include <stdlib.h>

#include "eval/parts.h"
#include "follow/course.h"

enum { TRAJECTORIES = 240, SECONDS = 360, STEP = 2 /* a second */, GRID = SECONDS * STEP,
       READINGS = SECONDS, WINDOWS = 60, LAGS = 24 /* half seconds */ };

enum { STEADY, EVENTS, RISING, KINDS };
static const char *const kinds[KINDS] = {"no events", "with events", "rising or falling"};

typedef struct course_of {
  float truth[GRID];
  size_t count;
  struct {
    int at; /* half seconds */
    float value, variance, filtered, spread;
    bool changed;
  } readings[READINGS];
  int jumps[GRID], jump_count;
} course_of;

static uint64_t seed;
static double uniform(void) { /* xorshift64* (Vigna 2016), 0…1 */
  seed ^= seed >> 12;
  seed ^= seed << 25;
  seed ^= seed >> 27;
  return (double)((seed * 2685821657736338717u) >> 11) / 9007199254740992.0;
}
static double normal(void) { /* Box & Muller 1958 */
  return sqrt(-2 * log(1 - uniform())) * cos(6.283185307179586 * uniform());
}

static void simulate(course_of *c, int kind) {
  static const double errors[3] = {0.25, 0.45, 0.70};
  double returns = 6 * exp(log(20) * uniform()), spread = 0.08 + 0.32 * uniform(), mean = 0.2 * normal();
  double keep = exp(-1 / (returns * STEP)), level = mean + spread * normal();
  int start = STEP * (90 + (int)(120 * uniform())), last = 0;
  double climb = uniform() < 0.5 ? -1 : 1, slope = climb * (0.6 + 0.6 * uniform()) / (60 * STEP);
  c->count = 0;
  c->jump_count = 0;
  for (int t = 0; t < GRID; t++) {
    level = mean + keep * (level - mean) + spread * sqrt(1 - keep * keep) * normal();
    if (kind == RISING && t >= start && t < start + 60 * STEP) level += slope, mean += slope;
    if (kind == EVENTS && uniform() < 1.0 / (120 * STEP)) {
      level += (level > 0 ? -1 : 1) * (0.4 + 0.6 * uniform());
      c->jumps[c->jump_count++] = t;
    }
    level = BASE_CLAMP(level, -1.0, 1.0);
    mean = BASE_CLAMP(mean, -0.8, 0.8);
    c->truth[t] = (float)level;
    if (t - last < STEP * (1 + 5 * uniform()) || c->count == READINGS) continue;
    last = t;
    double error = errors[(int)(3 * uniform())];
    c->readings[c->count].at = t;
    c->readings[c->count].variance = (float)(error * error);
    c->readings[c->count++].value = (float)(level + error * normal());
  }
}

static void filter(course_of *c) {
  follow_course course;
  int before = 0;
  follow_course_init(&course);
  for (size_t i = 0; i < c->count; i++) {
    follow_wait wait;
    double passed = i ? (double)(c->readings[i].at - before) / STEP : 0;
    before = c->readings[i].at;
    follow_wait_init(&wait, passed);
    follow_course_wait(&course, &wait);
    c->readings[i].changed = follow_course_take(&course, (double)c->readings[i].value,
        (double)c->readings[i].variance, BASE_CLAMP(passed, 0.5, 5.0), passed);
    follow_place place = follow_course_place(&course);
    c->readings[i].filtered = (float)place.level;
    c->readings[i].spread = (float)sqrt(place.variance);
  }
}

/* The mean of the readings of the last `window` half seconds. */
static float averaged(const course_of *c, size_t i, int window) {
  double sum = 0, count = 0;
  for (size_t k = i + 1; k-- > 0 && c->readings[i].at - c->readings[k].at < window;) {
    sum += (double)c->readings[k].value;
    count++;
  }
  return (float)(sum / count);
}

/* The first 30 s are the filter's to learn in, and nobody's score. */
static size_t first_scored(const course_of *c) {
  size_t i = 0;
  while (i < c->count && c->readings[i].at < 30 * STEP) i++;
  return i;
}

/* Half seconds by which an estimate lags: where it correlates best with the truth. `window` 0: the filter. */
static double lag_of(const course_of *all, int window) {
  double best = -2, at = 0;
  for (int lag = 0; lag < LAGS; lag++) {
    double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (int j = 0; j < TRAJECTORIES; j++)
      for (size_t i = first_scored(&all[j]); i < all[j].count; i++) {
        double estimate = (double)(window ? averaged(&all[j], i, window) : all[j].readings[i].filtered);
        double truth = (double)all[j].truth[all[j].readings[i].at - lag];
        n++, x += estimate, y += truth, xx += estimate * estimate, yy += truth * truth, xy += estimate * truth;
      }
    double r = (xy - x * y / n) / sqrt((xx - x * x / n) * (yy - y * y / n));
    if (r > best) best = r, at = lag;
  }
  return at;
}

/* Root of the ratio of summed squares, less 1. */
static double change_of_error(const void *items, const uint32_t *pick, size_t count) {
  return sqrt(eval_ratio(items, pick, count)) - 1;
}
static double root_of_ratio(const void *items, const uint32_t *pick, size_t count) {
  return sqrt(eval_ratio(items, pick, count));
}

typedef struct scores {
  eval_pair error[TRAJECTORIES], against[TRAJECTORIES], best[TRAJECTORIES], covered[TRAJECTORIES],
      found[TRAJECTORIES], alarms[TRAJECTORIES];
} scores;

/* A jump is found when a change point is told of within 15 s; others are false alarms, but for those
 * within 30 s after a jump. */
static void score_changes(const course_of *c, eval_pair *found, eval_pair *alarms) {
  for (int k = 0; k < c->jump_count; k++) {
    bool hit = false;
    if (c->jumps[k] < 30 * STEP || c->jumps[k] > GRID - 15 * STEP) continue;
    for (size_t i = 0; i < c->count; i++)
      hit = hit || (c->readings[i].changed && c->readings[i].at >= c->jumps[k] &&
                    c->readings[i].at <= c->jumps[k] + 15 * STEP);
    found->truth++;
    found->guess += hit;
  }
  for (size_t i = first_scored(c); i < c->count; i++) {
    bool near = false;
    for (int k = 0; k < c->jump_count; k++)
      near = near || (c->readings[i].at >= c->jumps[k] && c->readings[i].at <= c->jumps[k] + 30 * STEP);
    if (!near) alarms->guess += c->readings[i].changed;
  }
  alarms->truth += (float)SECONDS / 3600;
}

static void score(const course_of *all, int window, int best_window, scores *to) {
  for (int j = 0; j < TRAJECTORIES; j++) {
    double mine = 0, average = 0, best = 0, inside = 0, count = 0;
    for (size_t i = first_scored(&all[j]); i < all[j].count; i++) {
      double truth = (double)all[j].truth[all[j].readings[i].at];
      double off = (double)all[j].readings[i].filtered - truth;
      double off_average = (double)averaged(&all[j], i, window) - truth;
      double off_best = (double)averaged(&all[j], i, best_window) - truth;
      mine += off * off;
      average += off_average * off_average;
      best += off_best * off_best;
      inside += fabs(off) <= 1.645 * (double)all[j].readings[i].spread;
      count++;
    }
    to->error[j] = (eval_pair){(float)count, (float)mine};
    to->against[j] = (eval_pair){(float)average, (float)mine};
    to->best[j] = (eval_pair){(float)best, (float)mine};
    to->covered[j] = (eval_pair){(float)count, (float)inside};
    to->found[j] = to->alarms[j] = (eval_pair){0, 0};
    score_changes(&all[j], &to->found[j], &to->alarms[j]);
  }
}

static double squared_error(const course_of *all, int window) {
  double sum = 0;
  for (int j = 0; j < TRAJECTORIES; j++)
    for (size_t i = first_scored(&all[j]); i < all[j].count; i++) {
      double off = (double)(averaged(&all[j], i, window) - all[j].truth[all[j].readings[i].at]);
      sum += off * off;
    }
  return sum;
}

static void run_kind(eval_context *context, course_of *all, scores *s, int kind) {
  seed = 88172645463325252u + (uint64_t)kind;
  for (int j = 0; j < TRAJECTORIES; j++) {
    simulate(&all[j], kind);
    filter(&all[j]);
    eval_progress(context, "following", j + TRAJECTORIES * kind, TRAJECTORIES * KINDS);
  }
  double lag = lag_of(all, 0), apart = INFINITY, error_there = INFINITY, least = INFINITY;
  int window = 1, best_window = 1;
  for (int w = 1; w <= WINDOWS; w++) {
    double off = fabs(lag_of(all, w) - lag), error = squared_error(all, w);
    if (error < least) least = error, best_window = w;
    if (off > apart || (off == apart && error >= error_there)) continue; /* of equals, the best */
    apart = off, error_there = error, window = w;
  }
  score(all, window, best_window, s);
  eval_report *to = &context->report;
  const char *part = kinds[kind];
  size_t n = TRAJECTORIES;
  eval_add(to, part, "error of the filter", eval_interval(root_of_ratio, s->error, n), n);
  eval_row *row = eval_add(to, part, "error against an average of equal delay",
                           eval_interval(change_of_error, s->against, n), n);
  row->percent = true;
  eval_floor(row, NAN, -0.20);
  row->aim = -0.35;
  row = eval_add(to, part, "against the best average of any delay", eval_interval(change_of_error, s->best, n), n);
  row->percent = true;
  row = eval_add(to, part, "coverage of the 90 % band", eval_interval(eval_ratio, s->covered, n), n);
  row->percent = true;
  eval_floor(row, 0.88, 0.92);
  if (kind == EVENTS)
    eval_add(to, part, "jumps told of within 15 s", eval_interval(eval_ratio, s->found, n), n)->percent = true;
  eval_add(to, part, "false change points an hour", eval_interval(eval_ratio, s->alarms, n), n);
  eval_note(to, "%s: the filter lags %.1f s behind; an average over %.1f s does too, one over %.1f s has the least error",
            part, lag / STEP, (double)window / STEP, (double)best_window / STEP);
}

int eval_follow(eval_context *context, mien_error *error) {
  course_of *all = malloc(TRAJECTORIES * sizeof *all);
  scores *s = malloc(sizeof *s);
  int code = all && s ? MIEN_OK
                      : base_error_set(error, MIEN_ENOMEM, "follow", "", "no memory for the trajectories");
  if (!code) eval_set(&context->report, "Following, simulated courses with known truth");
  for (int kind = 0; !code && kind < KINDS; kind++) run_kind(context, all, s, kind);
  free(all);
  free(s);
  return code;
}
