/* figures.c: figures of one person and of two, from turns in order. Intervals are of 90 %. */
#include "people/parts.h"

#include <stdlib.h>

enum { LEAST = 4 /* turns or answers */, RETURNS = 12 /* turns of their own in which a dip may end */ };
#define Z90 1.645

static mien_figure unknown(void) { return (mien_figure){(double)NAN, (double)NAN, (double)NAN}; }

static bool ready(const mien_people *people) { return people_order((mien_people *)people); }

int mien_people_count(const mien_people *people) { return BASE_MIN(people->name_count, (int)MIEN_PEOPLE_MOST); }

/* Wilson 1927. */
static mien_figure share_of(double hits, double all) {
  if (all < LEAST) return unknown();
  double p = hits / all, q = Z90 * Z90, middle = (p + q / 2 / all) / (1 + q / all);
  double half = Z90 * sqrt(p * (1 - p) / all + q / 4 / all / all) / (1 + q / all);
  return (mien_figure){p, BASE_MAX(middle - half, 0), BASE_MIN(middle + half, 1)};
}

/* Fisher 1921. */
static mien_figure correlation_of(double n, double x, double y, double xx, double yy, double xy) {
  if (n < LEAST + 1) return unknown();
  double a = xx - x * x / n, b = yy - y * y / n;
  if (!(a > 1e-9 && b > 1e-9)) return unknown();
  double r = BASE_CLAMP((xy - x * y / n) / sqrt(a * b), -0.999, 0.999), half = Z90 / sqrt(n - 3);
  return (mien_figure){r, tanh(atanh(r) - half), tanh(atanh(r) + half)};
}

/* A person's places, one after the other. */
typedef struct places {
  double *value, *end; /* valence; s */
  size_t count;
} places;

static void spread_of(const places *p, mien_person *to) {
  double n = (double)p->count, sum = 0, squares = 0, steps = 0, tt = 0, tv = 0;
  for (size_t i = 0; i < p->count; i++) sum += p->value[i];
  double mean = sum / n;
  for (size_t i = 0; i < p->count; i++) {
    double off = p->value[i] - mean, at = p->count > 1 ? (double)i / (n - 1) - 0.5 : 0;
    squares += off * off;
    tt += at * at, tv += at * off;
    if (i) steps += (p->value[i] - p->value[i - 1]) * (p->value[i] - p->value[i - 1]);
  }
  double sd = sqrt(squares / (n - 1)), error = sd / sqrt(n);
  to->mean = (mien_figure){mean, mean - Z90 * error, mean + Z90 * error};
  double off = Z90 * sd / sqrt(2 * (n - 1)); /* of a standard deviation, of normal values */
  to->variability = (mien_figure){sd, BASE_MAX(sd - off, 0), sd + off};
  to->instability.value = sqrt(steps / (n - 1));
  double slope = tv / tt, left = sqrt(BASE_MAX(squares - slope * tv, 0) / BASE_MAX(n - 2, 1) / tt);
  to->trend = (mien_figure){slope, slope - Z90 * left, slope + Z90 * left};
}

static mien_figure inertia_of(const places *p) {
  double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (size_t i = 1; i < p->count; i++) {
    double a = p->value[i - 1], b = p->value[i];
    x += a, y += b, xx += a * a, yy += b * b, xy += a * b;
  }
  return correlation_of((double)p->count - 1, x, y, xx, yy, xy);
}

/* A dip begins where a place falls under the limit after one above, and is over once a place is half the way back. */
static void dips_of(const places *p, mien_person *to) {
  double low = to->mean.value - fmax(to->variability.value, 0.15), back = (low + to->mean.value) / 2, turns = 0, squares = 0, seconds = 0;
  int timed = 0;
  for (size_t i = 0; i < p->count; i++) {
    if (!(p->value[i] < low)) continue;
    size_t k = i + 1;
    while (k < p->count && k - i <= RETURNS && p->value[k] < back) k++;
    to->dips++;
    if (k < p->count && k - i <= RETURNS) {
      double took = (double)(k - i);
      to->recovered++;
      turns += took, squares += took * took;
      if (isfinite(p->end[k] - p->end[i])) seconds += p->end[k] - p->end[i], timed++;
    }
    i = k - 1;
  }
  if (!to->recovered) return;
  double n = to->recovered, mean = turns / n;
  double half = n > 1 ? Z90 * sqrt(BASE_MAX(squares - n * mean * mean, 0) / (n - 1) / n) : (double)NAN;
  to->recovery = (mien_figure){mean, isfinite(half) ? BASE_MAX(mean - half, 1) : half, mean + half}; /* of one, no interval */
  if (timed) to->recovery_seconds = seconds / timed;
}

int mien_people_person(const mien_people *people, int index, mien_person *to) {
  if (index < 0 || index >= mien_people_count(people)) return MIEN_EINVAL;
  places p = {0};
  if (!ready(people) || !(p.value = base_alloc(2 * BASE_MAX(people->turn_count, 1u), sizeof *p.value))) return MIEN_ENOMEM;
  p.end = p.value + people->turn_count;
  mien_figure no = unknown();
  *to = (mien_person){.who = people->names[index], .talk = (double)NAN, .share = no, .mean = no, .variability = no, .instability = no, .inertia = no,
                      .trend = no, .recovery = no, .recovery_seconds = (double)NAN};
  double said = 0;
  for (size_t t = 0; t < people->turn_count; t++) {
    const people_turn *turn = &people->turns[t];
    if (turn->who != index) continue;
    said++;
    if (isfinite(turn->t1 - turn->t0)) to->talk = (isnan(to->talk) ? 0 : to->talk) + BASE_MAX(turn->t1 - turn->t0, 0);
    if (!isfinite(turn->place)) continue;
    to->pleasant += turn->place > PEOPLE_PLEASANT;
    to->unpleasant += turn->place < FOLLOW_UNPLEASANT;
    p.value[p.count] = turn->place;
    p.end[p.count++] = turn->t1;
  }
  to->turns = (int)p.count;
  to->share = share_of(said, (double)people->turn_count);
  if (p.count >= LEAST) {
    spread_of(&p, to);
    to->inertia = inertia_of(&p);
    dips_of(&p, to);
  }
  base_free(p.value);
  return MIEN_OK;
}

static mien_figure as_given(follow_figure f) { return (mien_figure){f.value, f.low, f.high}; }

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* `later` cut into `earlier` and kept the floor: it begins well before the other's end and goes on beyond it. */
static bool cuts(const people_turn *earlier, const people_turn *later) {
  return later->t0 > earlier->t0 && later->t0 < earlier->t1 - PEOPLE_CUT && later->t1 > earlier->t1;
}

int mien_people_pair(const mien_people *people, int from, int to, mien_pair *pair) {
  int count = mien_people_count(people);
  if (from < 0 || to < 0 || from >= count || to >= count || from == to) return MIEN_EINVAL;
  double *gaps = ready(people) ? base_alloc(BASE_MAX(people->turn_count, 1u), sizeof *gaps) : NULL;
  if (!gaps) return MIEN_ENOMEM;
  follow_pair_figures f = follow_group_pair(&people->group, from, to);
  *pair = (mien_pair){.from = people->names[from], .to = people->names[to], .answers = (int)f.answers, .contagion = as_given(f.contagion),
                      .synchrony = as_given(f.synchrony), .escalation = as_given(f.escalation), .deescalation = as_given(f.deescalation), .gap = (double)NAN};
  size_t timed = 0;
  for (size_t t = 1; t < people->turn_count; t++) {
    const people_turn *a = &people->turns[t - 1], *b = &people->turns[t];
    if (a->who != from || b->who != to || !isfinite(b->t0 - a->t1)) continue;
    gaps[timed++] = b->t0 - a->t1;
    pair->interruptions += cuts(a, b);
  }
  if (timed) {
    qsort(gaps, timed, sizeof *gaps, by_value);
    pair->gap = gaps[timed / 2];
  }
  base_free(gaps);
  return MIEN_OK;
}

int mien_people_influence(const mien_people *people, int a, int b) {
  mien_pair there, back;
  if (mien_people_pair(people, a, b, &there) || mien_people_pair(people, b, a, &back)) return 0;
  if (there.contagion.low > fmax(back.contagion.high, 0)) return 1;
  return back.contagion.low > fmax(there.contagion.high, 0) ? -1 : 0;
}
