/* evaluate.c: what reward another policy would have had on the decisions of a log (Dudík, Langford & Li 2011).
 *
 *   w_t  = pi(a_t | x_t) / p_t, at most WEIGHT_MOST
 *   IPS  = mean(w r),  SNIPS = sum(w r) / sum(w),  DR = mean(sum_a pi(a|x) r'(x, a) + w (r - r'(x, a_t)))
 *
 * r' is the reward model fitted on the other half of the decisions, so that it has not seen the one it speaks of. One
 * thread. */
#include <stdlib.h>

#include "adapt/adapt.h"

#define WEIGHT_MOST 50.0
enum { BEARING = 30, RESAMPLES = 1000 };

typedef struct row { /* a decision with its outcome */
  double reward, weight, model, direct; /* r', of what was taken; sum of pi r' */
  double *terms;
} row;

typedef struct sums {
  double reward, ips, weight, robust;
} sums;

static void add(sums *s, const row *r) {
  s->reward += r->reward, s->ips += r->weight * r->reward, s->weight += r->weight;
  s->robust += r->direct + r->weight * (r->reward - r->model);
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void interval(mien_adapt_estimate *e, double *values) {
  qsort(values, RESAMPLES, sizeof *values, by_size);
  e->low = values[RESAMPLES / 40], e->high = values[RESAMPLES - 1 - RESAMPLES / 40];
}

static void estimate(const sums *s, double n, double to[5]) {
  to[0] = s->reward / n, to[1] = s->ips / n, to[2] = s->weight > 0 ? s->ips / s->weight : 0, to[3] = s->robust / n;
  to[4] = to[3] - to[0];
}

static int resample(const row *rows, size_t count, mien_adapt_evaluation *evaluation, mien_error *error) {
  mien_adapt_estimate *const all[5] = {&evaluation->logged, &evaluation->ips, &evaluation->snips, &evaluation->robust, &evaluation->gain};
  double *values = base_alloc(5 * RESAMPLES, sizeof *values), got[5];
  if (!values) return base_error_set(error, MIEN_ENOMEM, "evaluation", "", "out of memory");
  adapt_random random = {1};
  sums whole = {0};
  for (size_t i = 0; i < count; i++) add(&whole, &rows[i]);
  estimate(&whole, (double)count, got);
  for (int e = 0; e < 5; e++) all[e]->value = got[e];
  for (size_t b = 0; b < RESAMPLES; b++) {
    sums s = {0};
    for (size_t i = 0; i < count; i++) add(&s, &rows[BASE_MIN((size_t)(adapt_uniform(&random) * (double)count), count - 1)]);
    estimate(&s, (double)count, got);
    for (int e = 0; e < 5; e++) values[(size_t)e * RESAMPLES + b] = got[e];
  }
  for (int e = 0; e < 5; e++) interval(all[e], values + (size_t)e * RESAMPLES);
  base_free(values);
  evaluation->verdict = evaluation->gain.low > 0 ? 1 : evaluation->gain.high < 0 ? -1 : 0;
  return MIEN_OK;
}

/* The candidate's option of the same id; -1: it has none. */
static int same_option(const mien_adapt *candidate, const mien_adapt *logged, int option) {
  return adapt_plan_option(&candidate->plan, logged->plan.options[option].id);
}

/* Of one decision: the candidate's choice, what it was logged with, and what the model of the other half says. */
static int look(const mien_adapt *logged, mien_adapt *candidate, const adapt_model *half, const adapt_event *event, row *r, mien_error *error) {
  double given[MIEN_ADAPT_VALUES], x[MIEN_ADAPT_VALUES], terms[MIEN_ADAPT_TERMS];
  adapt_pick pick;
  for (size_t i = 0; i < candidate->plan.value_count; i++) {
    int at = adapt_plan_value(&logged->plan, candidate->plan.values[i].name);
    given[i] = at < 0 ? (double)NAN : event->given[at];
  }
  int last = same_option(candidate, logged, event->last), taken = same_option(candidate, logged, event->option);
  if (last < 0 || taken < 0)
    return base_error_set(error, MIEN_EINVAL, candidate->plan.name, "give it the same options, by id", "the candidate has not the option '%s' of the log", logged->plan.options[last < 0 ? event->last : event->option].id);
  int code = adapt_choose(&candidate->plan, &candidate->model, &candidate->account, (adapt_mode){.frozen = true}, given, last, 1, &pick, error);
  int option = code ? -1 : adapt_plan_option(&logged->plan, candidate->plan.options[pick.option].id);
  if (code) return code;
  r->weight = pick.option == taken ? BASE_MIN(1 / event->probability, WEIGHT_MOST) : 0;
  r->model = 0.5 + adapt_model_expect(half, r->terms);
  r->direct = r->model;
  if (option >= 0 && option != event->option) {
    adapt_scale(&logged->plan, event->given, x);
    adapt_terms(&logged->plan, x, event->last, event->baseline, option, terms);
    r->direct = 0.5 + adapt_model_expect(half, terms);
  }
  return MIEN_OK;
}

static int fill(mien_adapt *logged, mien_adapt *candidate, row *rows, const adapt_event **events, size_t count, mien_error *error) {
  const adapt_plan *plan = &logged->plan;
  double x[MIEN_ADAPT_VALUES];
  for (size_t i = 0; i < count; i++) {
    adapt_scale(plan, events[i]->given, x);
    adapt_terms(plan, x, events[i]->last, events[i]->baseline, events[i]->option, rows[i].terms);
  }
  for (size_t half = 0; half < 2; half++) { /* the log's own model is no longer needed */
    adapt_model_reset(&logged->model, plan);
    for (size_t i = 1 - half; i < count; i += 2) adapt_model_learn(&logged->model, rows[i].terms, rows[i].reward, plan->noise);
    adapt_model_settle(&logged->model);
    for (size_t i = half; i < count; i += 2) {
      int code = look(logged, candidate, &logged->model, events[i], &rows[i], error);
      if (code) return code;
    }
  }
  return MIEN_OK;
}

static int judge(mien_adapt *logged, mien_adapt *candidate, mien_adapt_evaluation *evaluation, mien_error *error) {
  size_t count = 0, terms = logged->plan.terms;
  row *rows = base_alloc((size_t)logged->count + 1, sizeof *rows);
  const adapt_event **events = base_alloc((size_t)logged->count + 1, sizeof *events);
  double *memory = base_alloc(((size_t)logged->count + 1) * terms, sizeof *memory), squares = 0, weights = 0;
  int code = rows && events && memory ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, "evaluation", "", "out of memory");
  for (uint64_t k = 0; k < logged->count && !code; k++) {
    if (isnan(logged->events[k].reward)) continue;
    events[count] = &logged->events[k];
    rows[count].terms = memory + count * terms;
    rows[count++].reward = logged->events[k].reward;
  }
  if (!code) code = fill(logged, candidate, rows, events, count, error);
  for (size_t i = 0; i < count && !code; i++) weights += rows[i].weight, squares += rows[i].weight * rows[i].weight;
  evaluation->decisions = count;
  evaluation->effective = squares > 0 ? weights * weights / squares : 0;
  if (!code && evaluation->effective < BEARING)
    code = base_error_set(error, MIEN_EEMPTY, candidate->plan.name, "log more decisions, or explore more (explore, width)",
                          "of %zu decisions with outcomes, about %.0f bear on this policy, and %d are needed", count, evaluation->effective, BEARING);
  if (!code) code = resample(rows, count, evaluation, error);
  base_free(rows), base_free((void *)events), base_free(memory);
  return code;
}

/* The candidate's model is settled on a copy's behalf: what it believes does not change. */
int mien_adapt_evaluate(const char *log, size_t bytes, const mien_adapt *candidate, mien_adapt_evaluation *evaluation, mien_error *error) {
  mien_adapt *logged;
  if (evaluation->size != sizeof *evaluation) return base_error_set(error, MIEN_EINVAL, "evaluation", "set its size", "another version's structure");
  int code = mien_adapt_load(&logged, log, bytes, NULL, NULL, NULL, error);
  if (code) return code;
  mien_adapt copy = *candidate;
  code = adapt_model_init(&copy.model, &copy.plan, error);
  if (!code) {
    size_t n = copy.plan.terms;
    memcpy(copy.model.precision, candidate->model.precision, n * n * sizeof(double));
    memcpy(copy.model.sum, candidate->model.sum, n * sizeof(double));
    code = judge(logged, &copy, evaluation, error);
    adapt_model_clear(&copy.model);
  }
  mien_adapt_close(&logged);
  return code;
}
