/* model.c: Bayesian linear regression (Lindley & Smith 1972): weights ~ N(mean, sigma) of terms.c, rewards = 0.5 + weights . terms +
 * noise. Kept as precision A and A mean; the Cholesky factor is made again when it is asked for. One thread. */
#include "adapt/adapt.h"

int adapt_model_init(adapt_model *model, const adapt_plan *plan, mien_error *error) {
  size_t n = model->count = plan->terms;
  model->precision = base_alloc(n * n, sizeof(double));
  model->factor = base_alloc(n * n, sizeof(double));
  model->sum = base_alloc(n, sizeof(double));
  model->mean = base_alloc(n, sizeof(double));
  if (!model->precision || !model->factor || !model->sum || !model->mean) {
    adapt_model_clear(model);
    return base_error_set(error, MIEN_ENOMEM, "policy", "", "out of memory");
  }
  adapt_model_reset(model, plan);
  return MIEN_OK;
}

void adapt_model_clear(adapt_model *model) {
  base_free(model->precision), base_free(model->factor), base_free(model->sum), base_free(model->mean);
  *model = (adapt_model){0};
}

void adapt_model_reset(adapt_model *model, const adapt_plan *plan) {
  size_t n = model->count;
  memset(model->precision, 0, n * n * sizeof(double));
  memset(model->sum, 0, n * sizeof(double));
  for (size_t i = 0; i < n; i++) {
    double sigma = adapt_term_prior(plan, i);
    model->precision[i * n + i] = 1 / (sigma * sigma);
    model->sum[i] = adapt_term_mean(plan, i) / (sigma * sigma);
  }
  model->stale = true;
}

void adapt_model_learn(adapt_model *model, const double *terms, double reward, double noise) {
  size_t n = model->count;
  double weight = 1 / (noise * noise);
  for (size_t i = 0; i < n; i++) {
    if (terms[i] == 0) continue;
    for (size_t j = 0; j < n; j++) model->precision[i * n + j] += weight * terms[i] * terms[j];
    model->sum[i] += weight * terms[i] * (reward - 0.5);
  }
  model->stale = true;
}

bool adapt_cholesky(double *matrix, size_t n) {
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) {
      double sum = matrix[i * n + j];
      for (size_t k = 0; k < j; k++) sum -= matrix[i * n + k] * matrix[j * n + k];
      if (i == j && !(sum > 0)) return false;
      matrix[i * n + j] = i == j ? sqrt(sum) : sum / matrix[j * n + j];
    }
  return true;
}

void adapt_model_whiten(const adapt_model *model, const double *terms, double *whitened) {
  size_t n = model->count;
  for (size_t i = 0; i < n; i++) {
    double sum = terms[i];
    for (size_t k = 0; k < i; k++) sum -= model->factor[i * n + k] * whitened[k];
    whitened[i] = sum / model->factor[i * n + i];
  }
}

/* A is a positive diagonal and a sum of squares, so that its factor is there; terms are bounded by 1 or so, and
 * at most MIEN_ADAPT_DECISIONS of them were added. */
void adapt_model_settle(adapt_model *model) {
  if (!model->stale) return;
  size_t n = model->count;
  memcpy(model->factor, model->precision, n * n * sizeof(double));
  adapt_cholesky(model->factor, n);
  adapt_model_whiten(model, model->sum, model->mean);
  for (size_t i = n; i-- > 0;) { /* L' mean = that, from the end */
    for (size_t k = i + 1; k < n; k++) model->mean[i] -= model->factor[k * n + i] * model->mean[k];
    model->mean[i] /= model->factor[i * n + i];
  }
  model->stale = false;
}

double adapt_model_expect(const adapt_model *model, const double *terms) {
  double sum = 0;
  for (size_t i = 0; i < model->count; i++) sum += model->mean[i] * terms[i];
  return sum;
}
