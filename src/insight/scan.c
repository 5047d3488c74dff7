/* scan.c: when there was more than by chance: windows of one to three bins against the bins outside them.
 *
 * Each window of each series has a p: negative binomial, for the rate of the rest is estimated (stats.c), its counts
 * divided by the upper bound of the rest's dispersion, so that days that vary more than chance are no spikes. It counts
 * where p, multiplied by all windows of all series (Bonferroni), is at most 0.05. Windows found are taken out of the rest,
 * and it is looked again, so that a large spike does not hide a small one. */
#include <stdlib.h>

#include "insight/parts.h"

enum { WINDOW = 3, SERIES = 1 + MIEN_CORE, REST = 7 /* bins outside, at the least */ };

typedef struct series {
  const double *texts, *labels;
  size_t bins;
  int what;
} series;

static double count_of(const series *s, size_t i) { return s->what < 0 ? s->texts[i] : s->labels[i * MIEN_CORE + (size_t)s->what]; }
static double exposure_of(const series *s, size_t i) { return s->what < 0 ? 1 : s->texts[i]; }

/* Of the chi-square distribution, the point that 10 % are below (Wilson and Hilferty 1931). */
static double chi_low(double df) {
  double c = 2 / (9 * df), root = 1 - c - 1.281552 * sqrt(c);
  return BASE_MAX(df * root * root * root, 0.05 * df);
}

/* Sums over bins; the dispersion (Pearson's) follows from them: sum of (c - re)² / re. */
typedef struct sums {
  double bins, count, exposure, squares; /* squares: of c² / e */
} sums;

static void add(sums *to, const series *s, size_t i, double sign) {
  double c = count_of(s, i), e = exposure_of(s, i);
  if (e <= 0) return;
  to->bins += sign;
  to->count += sign * c;
  to->exposure += sign * e;
  to->squares += sign * c * c / e;
}

static double upper_dispersion(const sums *s, double rate) {
  double x2 = s->squares / rate - 2 * s->count + rate * s->exposure;
  return BASE_MAX(1.0, x2 / chi_low(s->bins - 1));
}

static bool best_of(const series *s, const uint8_t *out, double tests, size_t floor, spike *best) {
  sums all = {0};
  best->p = 1;
  for (size_t i = 0; i < s->bins; i++)
    if (!out[i]) add(&all, s, i, 1);
  for (size_t first = 0; first < s->bins; first++) {
    double x = 0, own = 0;
    sums rest = all;
    for (size_t last = first; last < BASE_MIN(first + WINDOW, s->bins) && !out[last]; last++) {
      x += count_of(s, last);
      own += exposure_of(s, last);
      add(&rest, s, last, -1);
      if (x < (double)floor || rest.bins < REST - 0.5) continue;
      double rate = (rest.count + 0.5) / rest.exposure;
      double p = insight_tail(x, own, rest.count, rest.exposure, upper_dispersion(&rest, rate)) * tests;
      if (p < best->p) *best = (spike){first, last, s->what, x, rate * own, p};
    }
  }
  return best->p <= 0.05;
}

static int by_p(const void *a, const void *b) {
  double x = ((const spike *)a)->p, y = ((const spike *)b)->p;
  return x < y ? -1 : x > y;
}

size_t insight_scan(const double *texts, const double *labels, size_t bins, size_t floor, spike *spikes, size_t room) {
  uint8_t *out = base_alloc(BASE_MAX(bins, (size_t)1), 1);
  size_t count = 0;
  if (!out || bins < REST + 1) return base_free(out), (size_t)0;
  for (int what = -1; what < MIEN_CORE; what++) {
    if (what == MIEN_NEUTRAL) continue;
    series s = {texts, labels, bins, what};
    spike best;
    memset(out, 0, bins);
    for (size_t of_this = 0; of_this < 4 && count < room && best_of(&s, out, (double)bins * WINDOW * (SERIES - 1), floor, &best); of_this++) {
      spikes[count++] = best;
      memset(out + best.first, 1, best.last - best.first + 1);
    }
  }
  base_free(out);
  qsort(spikes, count, sizeof *spikes, by_p);
  return count;
}
