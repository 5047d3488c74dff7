/* audience_figures.c: curves, moments and comparisons of an audience, as JSON. */
#include <stdlib.h>

#include "insight/audience_parts.h"
#include "insight/parts.h"

static const char *const signals[SIGNALS] = {"valence", "arousal"};

static int out_of_memory(mien_error *error) { return base_error_set(error, MIEN_ENOMEM, "audience", "", "out of memory"); }

/* Mean and 95 % interval of each bin over the viewers of a version; null where fewer than the floor. */
static void write_curve(base_json *json, const matrix *m, const audience *a, int version) {
  static const char *const names[] = {"mean", "low", "high"};
  for (int kind = 0; kind < 3; kind++) {
    base_json_open(json, names[kind], '[');
    for (size_t b = 0; b < m->bins; b++) {
      double n = 0, sum = 0, squares = 0;
      for (size_t v = 0; v < m->viewers; v++) {
        float x = m->values[v * m->bins + b];
        if (a->viewers[v].version == version && !isnan(x)) n++, sum += (double)x, squares += (double)x * (double)x;
      }
      double mean = sum / n, wide = n > 1 ? moments_t(n - 1) * sqrt(BASE_MAX(0.0, squares / n - mean * mean) / (n - 1)) : NAN;
      base_json_number(json, NULL, n < AUDIENCE_FLOOR ? NAN : kind == 1 ? mean - wide : kind == 2 ? mean + wide : mean, 4);
    }
    base_json_close(json, ']');
  }
}

/* How far viewers go together: the mean correlation of each with the mean of the others (Hasson et al. 2004). */
static double synchrony(const matrix *m, const audience *a, int version) {
  double whole = 0, count = 0;
  double *sum = base_alloc(m->bins, sizeof *sum), *n = base_alloc(m->bins, sizeof *n);
  for (size_t v = 0; v < m->viewers && sum && n; v++)
    for (size_t b = 0; b < m->bins && a->viewers[v].version == version; b++)
      if (!isnan(m->values[v * m->bins + b])) sum[b] += (double)m->values[v * m->bins + b], n[b]++;
  for (size_t v = 0; v < m->viewers && sum && n; v++) {
    double k = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (size_t b = 0; b < m->bins && a->viewers[v].version == version; b++) {
      double own = (double)m->values[v * m->bins + b];
      if (isnan(own) || n[b] < 2) continue;
      double others = (sum[b] - own) / (n[b] - 1);
      k++, x += own, y += others, xx += own * own, yy += others * others, xy += own * others;
    }
    double vx = xx - x * x / k, vy = yy - y * y / k;
    if (k > 2 && vx > 1e-9 && vy > 1e-9) whole += (xy - x * y / k) / sqrt(vx * vy), count++;
  }
  base_free(sum);
  base_free(n);
  return count ? whole / count : NAN;
}

static void write_moment(base_json *json, const audience *a, const moment *one) {
  base_json_open(json, NULL, '{');
  base_json_number(json, "from", (double)one->first * a->every, 2);
  base_json_number(json, "to", (double)(one->last + 1) * a->every, 2);
  base_json_number(json, "peak", ((double)one->peak + 0.5) * a->every, 2);
  base_json_string(json, "signal", signals[one->signal]);
  base_json_string(json, "direction", one->mass > 0 ? "up" : "down");
  base_json_number(json, "mean", one->mean, 4);
  base_json_number(json, "low", one->low, 4);
  base_json_number(json, "high", one->high, 4);
  base_json_integer(json, "viewers", (long long)one->viewers);
  base_json_number(json, "p", one->p, 5);
  base_json_number(json, "q", one->q, 5);
  base_json_close(json, '}');
}

static int by_time(const void *x, const void *y) {
  const moment *a = x, *b = y;
  return a->first != b->first ? (a->first < b->first ? -1 : 1) : a->signal - b->signal;
}

/* Moments of one version (two false), or differences of version 0 from version 1. */
static int write_moments(audience *a, const audience_ask *ask, const char *key, int version, bool two, base_json *json) {
  moment *all = base_alloc((size_t)SIGNALS * CLUSTERS, sizeof *all);
  int8_t *group = base_alloc(a->count + 1, 1);
  double *q = base_alloc((size_t)SIGNALS * CLUSTERS, sizeof *q);
  size_t count = 0;
  int code = all && group && q ? MIEN_OK : MIEN_ENOMEM;
  for (size_t v = 0; v < a->count && !code; v++) group[v] = (int8_t)(two ? a->viewers[v].version : a->viewers[v].version == version ? 0 : -1);
  for (int s = 0; s < SIGNALS && !code; s++) {
    matrix m;
    size_t found = 0;
    code = audience_matrix(a, s, true, &m);
    double work = code ? 1 : (double)m.viewers * (double)m.bins;
    int permutations = (int)BASE_CLAMP(2e10 / work, 200, (double)BASE_CLAMP(ask->permutations, 100, 10000));
    if (!code) code = moments_find(&m, group, two, permutations, ask->seed + (uint64_t)s, all + count, CLUSTERS, &found);
    for (size_t i = 0; i < found; i++) all[count + i].signal = s;
    count += found;
    if (!code) base_free(m.values);
  }
  for (size_t i = 0; i < count && !code; i++) q[i] = all[i].p;
  if (!code) code = insight_bh(q, count);
  for (size_t i = 0; i < count && !code; i++) all[i].q = q[i];
  if (count && !code) qsort(all, count, sizeof *all, by_time);
  base_json_open(json, key, '[');
  for (size_t i = 0; i < count && !code; i++)
    if (all[i].q <= ask->q) write_moment(json, a, &all[i]);
  base_json_close(json, ']');
  base_free(all);
  base_free(group);
  base_free(q);
  return code;
}

int audience_figures(audience *a, const audience_ask *ask, base_text *out, mien_error *error) {
  int versions = audience_viewers(a, 1) ? 2 : 1, code = MIEN_OK;
  base_json json;
  for (int version = 0; version < versions; version++)
    if (audience_viewers(a, version) < AUDIENCE_FLOOR)
      return base_error_set(error, MIEN_EEMPTY, "audience", "give the timelines of more viewers", "%zu viewers%s: fewer than %d are not shown", audience_viewers(a, version), versions > 1 ? " of a version" : "", AUDIENCE_FLOOR);
  base_json_init(&json, out);
  base_json_open(&json, NULL, '{');
  base_json_number(&json, "every", a->every, 3);
  base_json_integer(&json, "floor", AUDIENCE_FLOOR);
  base_json_number(&json, "q", ask->q, 4);
  base_json_open(&json, "versions", '[');
  for (int version = 0; version < versions && !code; version++) {
    base_json_open(&json, NULL, '{');
    base_json_integer(&json, "viewers", (long long)audience_viewers(a, version));
    for (int s = 0; s < SIGNALS && !code; s++) {
      matrix m;
      if ((code = audience_matrix(a, s, false, &m))) break;
      base_json_open(&json, signals[s], '{');
      write_curve(&json, &m, a, version);
      base_json_number(&json, "synchrony", synchrony(&m, a, version), 4);
      base_json_close(&json, '}');
      base_free(m.values);
    }
    if (!code) code = write_moments(a, ask, "moments", version, false, &json);
    base_json_close(&json, '}');
  }
  base_json_close(&json, ']');
  if (!code && versions > 1) code = write_moments(a, ask, "differences", 0, true, &json);
  base_json_close(&json, '}');
  return code || out->failed ? out_of_memory(error) : MIEN_OK;
}
