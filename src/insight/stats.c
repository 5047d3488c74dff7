/* stats.c: intervals, tails and corrections. */
#include <stdlib.h>

#include "insight/parts.h"

void insight_wilson(double k, double n, double *low, double *high) {
  const double z = 1.959964;
  if (n <= 0) {
    *low = 0, *high = 1;
    return;
  }
  double p = k / n, middle = p + z * z / (2 * n), wide = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)), whole = 1 + z * z / n;
  *low = BASE_MAX(0.0, (middle - wide) / whole);
  *high = BASE_MIN(1.0, (middle + wide) / whole);
}

double insight_normal_p(double z) { return erfc(fabs(z) / sqrt(2)); }

static int ascending(const void *a, const void *b) {
  double x = **(double *const *)a, y = **(double *const *)b;
  return x < y ? -1 : x > y;
}

int insight_bh(double *p, size_t count) {
  double **order = base_alloc(BASE_MAX(count, (size_t)1), sizeof *order), least = 1;
  if (!order) return MIEN_ENOMEM;
  for (size_t i = 0; i < count; i++) order[i] = &p[i];
  qsort(order, count, sizeof *order, ascending);
  for (size_t i = count; i-- > 0;) *order[i] = least = BASE_MIN(least, *order[i] * (double)count / (double)(i + 1));
  base_free(order);
  return MIEN_OK;
}

double insight_tail(double x, double own, double sum, double exposure, double dispersion) {
  double count = ceil(x / dispersion - 1e-9), r = sum / dispersion + 0.5, p = own / (own + exposure);
  if (count <= 0 || !(p > 0)) return 1;
  /* P(X = k) = Γ(r+k) / (Γ(r) k!) (1-p)^r p^k; summed upwards from `count` until it does not matter. */
  double log_first = lgamma(r + count) - lgamma(r) - lgamma(count + 1) + r * log1p(-p) + count * log(p), term = exp(log_first), tail = 0;
  if (count < r * p / (1 - p)) { /* under the mean: one less what is below is exact enough */
    double below = 0, t = exp(r * log1p(-p));
    for (double k = 0; k < count; k++) below += t, t *= (r + k) / (k + 1) * p;
    return BASE_CLAMP(1 - below, 0.0, 1.0);
  }
  for (double k = count; k < count + 1e6; k++) {
    tail += term;
    term *= (r + k) / (k + 1) * p;
    if (term < tail * 1e-12) break;
  }
  return BASE_MIN(tail, 1.0);
}
