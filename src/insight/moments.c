/* moments.c: clusters of bins in which viewers move together, and how often chance makes such ones. */
#include <stdlib.h>

#include "insight/audience_parts.h"

typedef struct sums { /* of one bin, of the viewers of a group */
  double n, sum, squares;
} sums;

static uint64_t next_random(uint64_t *state) { /* splitmix64 (Steele, Lea, Flood 2014) */
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/* Cornish and Fisher's expansion (Abramowitz and Stegun 1964, 26.7.5). */
double moments_t(double df) {
  const double z = 1.959964;
  if (df < 1) return INFINITY;
  double g1 = (z * z * z + z) / 4, g2 = (5 * pow(z, 5) + 16 * z * z * z + 3 * z) / 96, g3 = (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * z * z * z - 15 * z) / 384;
  return z + g1 / df + g2 / (df * df) + g3 / (df * df * df);
}

static double t_of(const sums *a, const sums *b, bool two) {
  double least = two ? 2 : AUDIENCE_FLOOR, m = a->n ? a->sum / a->n : 0, v = a->n > 1 ? BASE_MAX(0.0, a->squares / a->n - m * m) / (a->n - 1) : 0;
  if (a->n < least || (two && b->n < least)) return 0;
  if (two) {
    double mb = b->sum / b->n;
    v += BASE_MAX(0.0, b->squares / b->n - mb * mb) / (b->n - 1);
    m -= mb;
  }
  return v > 1e-12 ? m / sqrt(v) : 0;
}

/* Every t; signs (may be NULL) turn whole viewers. */
static void all_t(const matrix *m, const int8_t *group, const int8_t *signs, bool two, sums *of, float *t, float *limit) {
  memset(of, 0, 2 * m->bins * sizeof *of);
  for (size_t v = 0; v < m->viewers; v++) {
    if (group[v] < 0) continue;
    const float *from = m->values + v * m->bins;
    sums *to = of + (two && group[v] ? m->bins : 0);
    double sign = signs && signs[v] ? -1 : 1;
    for (size_t b = 0; b < m->bins; b++) {
      if (isnan(from[b])) continue;
      double x = sign * (double)from[b];
      to[b].n++;
      to[b].sum += x;
      to[b].squares += x * x;
    }
  }
  for (size_t b = 0; b < m->bins; b++) {
    t[b] = (float)t_of(&of[b], &of[m->bins + b], two);
    if (limit) limit[b] = (float)moments_t(of[b].n + (two ? of[m->bins + b].n - 2 : -1));
  }
}

static size_t clusters_of(const float *t, const float *limit, size_t bins, moment *to, size_t room, double *largest) {
  size_t count = 0;
  *largest = 0;
  for (size_t b = 0; b < bins;) {
    if (fabsf(t[b]) <= limit[b]) {
      b++;
      continue;
    }
    moment one = {.first = b, .peak = b};
    for (bool up = t[b] > 0; b < bins && fabsf(t[b]) > limit[b] && (t[b] > 0) == up; b++) {
      one.mass += (double)t[b];
      if (fabsf(t[b]) > fabsf(t[one.peak])) one.peak = b;
      one.last = b;
    }
    *largest = BASE_MAX(*largest, fabs(one.mass));
    if (count < room) to[count++] = one;
    else if (to)
      for (size_t k = 0, least = 0; k < count; k++) { /* the smallest gives way */
        if (fabs(to[k].mass) < fabs(to[least].mass)) least = k;
        if (k + 1 == count && fabs(to[least].mass) < fabs(one.mass)) to[least] = one;
      }
  }
  return count;
}

/* Mean and 95 % interval over viewers of their own means within the moment. */
static void describe(const matrix *m, const int8_t *group, bool two, moment *one) {
  sums of[2] = {{0}};
  for (size_t v = 0; v < m->viewers; v++) {
    double sum = 0, n = 0;
    for (size_t b = one->first; b <= one->last && group[v] >= 0; b++) {
      float x = m->values[v * m->bins + b];
      if (!isnan(x)) sum += (double)x, n++;
    }
    sums *to = &of[two && group[v] == 1];
    if (n > 0) to->n++, to->sum += sum / n, to->squares += sum / n * sum / n;
  }
  double wide = 0, df = -1;
  for (int g = 0; g < 1 + two; g++) {
    double mean = of[g].n ? of[g].sum / of[g].n : 0;
    one->mean += g ? -mean : mean;
    if (of[g].n > 1) wide += BASE_MAX(0.0, of[g].squares / of[g].n - mean * mean) / (of[g].n - 1);
    df += of[g].n - g;
  }
  wide = moments_t(df) * sqrt(wide);
  one->low = one->mean - wide;
  one->high = one->mean + wide;
  one->viewers = (size_t)(of[0].n + of[1].n);
}

int moments_find(const matrix *m, const int8_t *group, bool two, int permutations, uint64_t seed, moment *moments, size_t room, size_t *count) {
  sums *of = base_alloc(2 * m->bins, sizeof *of);
  float *t = base_alloc(m->bins, sizeof *t), *limit = base_alloc(m->bins, sizeof *limit);
  int8_t *changed = base_alloc(m->viewers + 1, 1);
  double largest;
  int code = of && t && limit && changed ? MIEN_OK : MIEN_ENOMEM;
  *count = 0;
  if (!code) {
    all_t(m, group, NULL, two, of, t, limit);
    *count = clusters_of(t, limit, m->bins, moments, room, &largest);
    for (size_t i = 0; i < *count; i++) moments[i].p = 1;
  }
  for (int k = 0; k < permutations && !code && *count; k++) {
    if (two) { /* deals the viewers anew (Fisher and Yates) */
      memcpy(changed, group, m->viewers);
      for (size_t v = m->viewers; v-- > 1;) {
        size_t other = (size_t)(next_random(&seed) % (v + 1));
        int8_t kept = changed[v];
        changed[v] = changed[other];
        changed[other] = kept;
      }
      all_t(m, changed, NULL, two, of, t, NULL);
    } else {
      for (size_t v = 0; v < m->viewers; v++) changed[v] = next_random(&seed) >> 63;
      all_t(m, group, changed, two, of, t, NULL);
    }
    clusters_of(t, limit, m->bins, NULL, 0, &largest);
    for (size_t i = 0; i < *count; i++) moments[i].p += largest >= fabs(moments[i].mass);
  }
  for (size_t i = 0; i < *count; i++) {
    moments[i].p /= permutations + 1;
    describe(m, group, two, &moments[i]);
  }
  base_free(of);
  base_free(t);
  base_free(limit);
  base_free(changed);
  return code;
}
