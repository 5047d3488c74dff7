/* course.c: see course.h. */
#include "follow/course.h"

/* Return time (s), sd around the usual, sd of the slope (per second). Chosen, to span what turns of
 * talk and seconds of voice show; the readings choose among them. */
static const struct {
  double returns, spread, slope;
} ways[FOLLOW_WAYS] = {{8, 0.10, 0},   {8, 0.22, 0},   {8, 0.45, 0},  {25, 0.10, 0.01},
                       {25, 0.22, 0.02}, {25, 0.45, 0.03}, {90, 0.10, 0.01}, {90, 0.22, 0.02},
                       {90, 0.45, 0.03}, {30, 0.12, 0.01}, {30, 0.22, 0.02}, {30, 0.3, 0.04}};
#define SLOPE_RETURN 10.0
#define USUAL_PRIOR 30.0   /* s that "the usual is 0" is worth */
#define USUAL_MEMORY 600.0 /* s */
#define GOOD 0.08          /* a reading of this variance teaches the usual fully */
#define FORGET 0.99        /* of what earlier readings said of the ways, each reading */

/* Level and slope `seconds` later, with exact covariance: the level l and slope v follow
 *   dl = (-theta (l - usual) + v) dt + noise,   dv = -kappa v dt + noise,
 * so l(t) = usual + a (l - usual) + b v,  v(t) = c v, and the noise of v reaches l through b. */
void follow_wait_init(follow_wait *wait, double seconds) {
  const double kappa = 1 / SLOPE_RETURN, c = exp(-kappa * seconds);
  double a = 1, before = 0;
  wait->seconds = seconds;
  for (int w = 0; w < FOLLOW_WAYS; w++) {
    double theta = 1 / ways[w].returns, between = kappa - theta;
    if (theta != before) a = exp(-theta * seconds);
    before = theta;
    double noise = 2 * kappa * ways[w].slope * ways[w].slope; /* of v, per second */
    double aa = (1 - a * a) / (2 * theta), ac = (1 - a * c) / (theta + kappa),
           cc = (1 - c * c) / (2 * kappa); /* integrals of e^{-2 theta s} and so on */
    wait->ways[w].a = a;
    wait->ways[w].b = ways[w].slope > 0 ? (a - c) / between : 0;
    wait->ways[w].c = c;
    wait->ways[w].q00 = ways[w].spread * ways[w].spread * (1 - a * a) +
                        noise * (aa - 2 * ac + cc) / (between * between);
    wait->ways[w].q01 = noise * (ac - cc) / between;
    wait->ways[w].q11 = noise * cc;
  }
}

void follow_course_wait(follow_course *course, const follow_wait *wait) {
  for (int w = 0; w < FOLLOW_WAYS; w++) {
    double a = wait->ways[w].a, b = wait->ways[w].b, c = wait->ways[w].c;
    double p00 = course->ways[w].p00, p01 = course->ways[w].p01, p11 = course->ways[w].p11;
    course->ways[w].level =
        course->usual + a * (course->ways[w].level - course->usual) + b * course->ways[w].slope;
    course->ways[w].slope *= c;
    course->ways[w].p00 = a * a * p00 + 2 * a * b * p01 + b * b * p11 + wait->ways[w].q00;
    course->ways[w].p01 = a * c * p01 + b * c * p11 + wait->ways[w].q01;
    course->ways[w].p11 = c * c * p11 + wait->ways[w].q11;
  }
}

void follow_course_usual(follow_course *course, double usual, double seconds) {
  course->usual = usual;
  course->usual_seconds = BASE_CLAMP(seconds, 0, USUAL_MEMORY);
  for (int w = 0; w < FOLLOW_WAYS; w++) course->ways[w].level = usual;
}

void follow_course_init(follow_course *course) {
  follow_wait ever;
  *course = (follow_course){.change = (double)NAN};
  for (int w = 0; w < FOLLOW_WAYS; w++) course->ways[w].log_weight = ways[w].slope > 0 ? -0.3 : 0;
  follow_wait_init(&ever, 1e6);
  follow_course_wait(course, &ever); /* stationary */
}

/* exp(log_weight) of each way, summing to 1. */
static void shares_of(const follow_course *course, double shares[FOLLOW_WAYS]) {
  double top = course->ways[0].log_weight, total = 0;
  for (int w = 1; w < FOLLOW_WAYS; w++) top = BASE_MAX(top, course->ways[w].log_weight);
  for (int w = 0; w < FOLLOW_WAYS; w++) total += shares[w] = exp(course->ways[w].log_weight - top);
  for (int w = 0; w < FOLLOW_WAYS; w++) shares[w] /= total;
}

static follow_place place_of(const follow_course *course, const double shares[FOLLOW_WAYS]) {
  follow_place place = {0};
  for (int w = 0; w < FOLLOW_WAYS; w++) {
    place.level += shares[w] * course->ways[w].level;
    place.slope += shares[w] * course->ways[w].slope;
  }
  for (int w = 0; w < FOLLOW_WAYS; w++) {
    double off = course->ways[w].level - place.level;
    place.variance += shares[w] * (course->ways[w].p00 + off * off);
  }
  return place;
}

/* One way takes a reading, by the two cases "as before" and "jumped", merged by their moments. Gives
 * how probable the jump is. */
static double take_way(follow_course *course, int w, double value, double variance, double hazard) {
  const double jump = FOLLOW_JUMP * FOLLOW_JUMP;
  double off = value - course->ways[w].level, p00 = course->ways[w].p00, p01 = course->ways[w].p01;
  double s = p00 + variance, sj = s + jump;
  double odds = hazard / (1 - hazard) * sqrt(s / sj) * exp(0.5 * off * off * (1 / s - 1 / sj));
  double jumped = odds < 1e6 ? odds / (1 + odds) : 1;
  double gain = p00 / s, gain_jumped = (p00 + jump) / sj, gain_slope = p01 / s * (1 - jumped);
  double mean = (1 - jumped) * gain + jumped * gain_jumped;
  double apart = (gain_jumped - gain) * off;
  course->ways[w].level = BASE_CLAMP(course->ways[w].level + mean * off, -1.0, 1.0);
  course->ways[w].slope += gain_slope * off;
  course->ways[w].p11 -= gain_slope * p01;
  course->ways[w].p01 = (1 - gain) * p01 * (1 - jumped);
  course->ways[w].p00 = (1 - jumped) * variance * gain + jumped * variance * gain_jumped +
                        jumped * (1 - jumped) * apart * apart;
  course->ways[w].log_weight =
      FORGET * course->ways[w].log_weight - 0.5 * (log(s) + off * off / s) + log(1 - hazard) +
      (odds < 1e6 ? log1p(odds) : log(odds));
  return jumped;
}

bool follow_course_take(follow_course *course, double value, double variance, double seconds,
                        double passed) {
  double shares[FOLLOW_WAYS], jumped = 0, top = -(double)INFINITY;
  shares_of(course, shares);
  follow_place before = place_of(course, shares);
  double z = (value - before.level) / sqrt(before.variance + variance);
  double hazard = BASE_CLAMP(1 - exp(-passed / FOLLOW_HAZARD), 1e-4, 0.2);
  for (int w = 0; w < FOLLOW_WAYS; w++) {
    jumped += shares[w] * take_way(course, w, value, variance, hazard);
    top = BASE_MAX(top, course->ways[w].log_weight);
  }
  for (int w = 0; w < FOLLOW_WAYS; w++) course->ways[w].log_weight -= top;
  double teaches = seconds * BASE_CLAMP(GOOD / variance, 0.05, 1.0);
  course->usual +=
      (value - course->usual) * teaches / (USUAL_PRIOR + course->usual_seconds + teaches);
  course->usual_seconds = BASE_MIN(course->usual_seconds + teaches, USUAL_MEMORY);
  course->readings++;
  course->up = BASE_MAX(course->up + z - FOLLOW_CUSUM_SLACK, 0);
  course->down = BASE_MAX(course->down - z - FOLLOW_CUSUM_SLACK, 0);
  bool changed = course->readings > 3 && (course->up > FOLLOW_CUSUM_LIMIT ||
                                          course->down > FOLLOW_CUSUM_LIMIT || jumped > 0.7);
  if (!changed) return false;
  course->up = course->down = 0;
  course->change = value - before.level;
  course->changes++;
  return true;
}

follow_place follow_course_place(const follow_course *course) {
  double shares[FOLLOW_WAYS];
  shares_of(course, shares);
  return place_of(course, shares);
}

follow_place follow_course_ahead(const follow_course *course, const follow_wait *wait) {
  follow_course later = *course;
  follow_course_wait(&later, wait);
  follow_place place = follow_course_place(&later);
  double jump = 1 - exp(-wait->seconds / FOLLOW_HAZARD);
  place.variance += BASE_MIN(jump, 0.3) * FOLLOW_JUMP * FOLLOW_JUMP;
  return place;
}

follow_manner follow_course_manner(const follow_course *course) {
  double shares[FOLLOW_WAYS], log_spread = 0, log_returns = 0;
  shares_of(course, shares);
  for (int w = 0; w < FOLLOW_WAYS; w++) {
    log_spread += shares[w] * log(ways[w].spread);
    log_returns += shares[w] * log(ways[w].returns);
  }
  return (follow_manner){exp(log_spread), exp(log_returns)};
}
