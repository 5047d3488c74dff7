/* choose.c: the probability of each option, and the one that is drawn.
 *
 * Thompson sampling: an option's share of ADAPT_DRAWS joint draws of the expected rewards in which it was the highest
 * is its probability, so that what is logged is exact. LinUCB: the option of the highest upper bound. Of both,
 * `explore` is spread over all options. Then the harm bound: the probability of an option that might break it goes to
 * the baseline's. One thread. */
#include "adapt/adapt.h"

typedef struct work { /* of one decision */
  const adapt_plan *plan;
  size_t count, terms_count;
  int options[MIEN_ADAPT_OPTIONS]; /* the allowed ones */
  double *terms, *whitened;        /* [count][terms] */
  double *covariance;              /* [count][count] */
} work;

/* margin of the harm bound: 0.5 harm (n + 1) + v . mean - sure |L^-1 v|, v = account + chosen - (1 - harm) baseline. */
double adapt_margin(const adapt_plan *plan, const adapt_model *model, const adapt_account *account, const double *chosen,
                    const double *baseline) {
  double sum[MIEN_ADAPT_TERMS], whitened[MIEN_ADAPT_TERMS], square = 0;
  for (size_t i = 0; i < plan->terms; i++) sum[i] = account->terms[i] + chosen[i] - (1 - plan->harm) * baseline[i];
  adapt_model_whiten(model, sum, whitened);
  for (size_t i = 0; i < plan->terms; i++) square += whitened[i] * whitened[i];
  return 0.5 * plan->harm * (double)(account->count + 1) + adapt_model_expect(model, sum) - ADAPT_SURE * sqrt(square);
}

static void look(work *w, const adapt_model *model, const double *x, int last, adapt_pick *pick) {
  size_t n = w->terms_count;
  for (size_t i = 0; i < w->count; i++) {
    double *terms = w->terms + i * n;
    adapt_terms(w->plan, x, last, pick->baseline, w->options[i], terms);
    adapt_model_whiten(model, terms, w->whitened + i * n);
    pick->expected[w->options[i]] = 0.5 + adapt_model_expect(model, terms);
    for (size_t j = 0; j <= i; j++) {
      double dot = 0;
      for (size_t k = 0; k < n; k++) dot += w->whitened[i * n + k] * w->whitened[j * n + k];
      w->covariance[i * w->count + j] = w->covariance[j * w->count + i] = dot;
    }
    pick->spread[w->options[i]] = sqrt(w->covariance[i * w->count + i]);
  }
}

/* Shares of being the highest, and the last draw, by which the rest is ranked. */
static void sample(work *w, adapt_random *random, adapt_pick *pick) {
  size_t n = w->count;
  double width = w->plan->width * w->plan->width, normal[MIEN_ADAPT_OPTIONS];
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) w->covariance[i * n + j] = width * w->covariance[i * n + j] + (i == j ? 1e-9 : 0);
  adapt_cholesky(w->covariance, n);
  for (int draw = 0; draw < ADAPT_DRAWS; draw++) {
    size_t best = 0;
    double most = -INFINITY;
    for (size_t i = 0; i < n; i++) {
      normal[i] = adapt_normal(random);
      double value = pick->expected[w->options[i]];
      for (size_t k = 0; k <= i; k++) value += w->covariance[i * n + k] * normal[k];
      pick->drawn[w->options[i]] = value;
      if (value > most) most = value, best = i;
    }
    pick->probabilities[w->options[best]] += 1.0 / ADAPT_DRAWS;
  }
}

static int highest(const work *w, const double *values) {
  int best = w->options[0];
  for (size_t i = 1; i < w->count; i++)
    if (values[w->options[i]] > values[best]) best = w->options[i];
  return best;
}

static void spread_out(const work *w, adapt_pick *pick) {
  double explore = w->plan->explore;
  for (size_t i = 0; i < w->count; i++) {
    double *p = &pick->probabilities[w->options[i]];
    *p = (1 - explore) * *p + explore / (double)w->count;
  }
}

static void keep_safe(const work *w, const adapt_model *model, const adapt_account *account, adapt_pick *pick) {
  double baseline[MIEN_ADAPT_TERMS];
  for (size_t i = 0; i < w->count; i++)
    if (w->options[i] == pick->baseline) memcpy(baseline, w->terms + i * w->terms_count, w->terms_count * sizeof(double));
  for (size_t i = 0; i < w->count; i++) {
    int o = w->options[i];
    if (o == pick->baseline || adapt_margin(w->plan, model, account, w->terms + i * w->terms_count, baseline) >= 0) continue;
    pick->probabilities[pick->baseline] += pick->probabilities[o];
    pick->probabilities[o] = 0;
  }
}

static int draw_one(const work *w, adapt_random *random, const double *probabilities) {
  double at = adapt_uniform(random);
  int taken = -1;
  for (size_t i = 0; i < w->count; i++) {
    if (probabilities[w->options[i]] <= 0) continue;
    taken = w->options[i];
    if ((at -= probabilities[taken]) < 0) break;
  }
  return taken;
}

static void decide(work *w, const adapt_model *model, const adapt_account *account, adapt_mode mode, adapt_random *random,
                   adapt_pick *pick) {
  pick->best = highest(w, pick->expected);
  memcpy(pick->drawn, pick->expected, sizeof pick->drawn);
  if (mode.guarded || mode.frozen || w->count == 1) {
    pick->option = mode.guarded ? pick->baseline : pick->best;
    pick->probabilities[pick->option] = 1;
    pick->why = w->count == 1 ? MIEN_ADAPT_ONLY : mode.guarded ? MIEN_ADAPT_GUARDED : MIEN_ADAPT_FROZEN;
    return;
  }
  if (w->plan->ucb) {
    for (size_t i = 0; i < w->count; i++) pick->drawn[w->options[i]] += 2 * w->plan->width * pick->spread[w->options[i]];
    pick->probabilities[highest(w, pick->drawn)] = 1;
  } else {
    sample(w, random, pick);
  }
  spread_out(w, pick);
  keep_safe(w, model, account, pick);
  pick->option = draw_one(w, random, pick->probabilities);
  bool safe = pick->option == pick->baseline && pick->option != pick->best && pick->probabilities[pick->best] <= 0;
  pick->why = safe ? MIEN_ADAPT_SAFE : pick->option == pick->best ? MIEN_ADAPT_BEST : MIEN_ADAPT_EXPLORED;
}

int adapt_choose(const adapt_plan *plan, adapt_model *model, const adapt_account *account, adapt_mode mode,
                 const double *given, int last, uint64_t decision, adapt_pick *pick, mien_error *error) {
  work w = {.plan = plan, .terms_count = plan->terms};
  double x[MIEN_ADAPT_VALUES];
  *pick = (adapt_pick){.allowed = adapt_allowed(plan, given, last)};
  pick->baseline = adapt_baseline(plan, given, last, pick->allowed);
  if (pick->baseline < 0)
    return base_error_set(error, MIEN_EPOLICY, plan->name, "leave one option free in every situation (bounds.forbid, bounds.step)",
                          "the bounds forbid every option in this situation");
  for (size_t o = 0; o < plan->option_count; o++)
    if (pick->allowed >> o & 1) w.options[w.count++] = (int)o;
  double *memory = base_alloc(2 * w.count * plan->terms + w.count * w.count, sizeof(double));
  if (!memory) return base_error_set(error, MIEN_ENOMEM, plan->name, "", "out of memory");
  w.terms = memory, w.whitened = w.terms + w.count * plan->terms, w.covariance = w.whitened + w.count * plan->terms;
  adapt_random random = {plan->seed * 0xd1342543de82ef95u + decision};
  adapt_scale(plan, given, x);
  adapt_model_settle(model);
  look(&w, model, x, last, pick);
  decide(&w, model, account, mode, &random, pick);
  base_free(memory);
  return MIEN_OK;
}
