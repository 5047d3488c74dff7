/* policy.c: a policy's life: decisions, outcomes, the account of harm, drift, freezing and going back. Each change is
 * written first and made afterwards, by the same functions that replay the log. One thread. */
#include <stdio.h>
#include <stdlib.h>

#include "adapt/adapt.h"

int adapt_policy_new(mien_adapt **opened, json_t *description, mien_error *error) {
  mien_adapt *policy = *opened = base_alloc(1, sizeof *policy);
  if (!policy) return base_error_set(error, MIEN_ENOMEM, "policy", "", "out of memory");
  int code = adapt_plan_read(&policy->plan, description, error);
  if (!code) code = adapt_model_init(&policy->model, &policy->plan, error);
  if (code) return mien_adapt_close(opened), code;
  policy->description = json_incref(description);
  policy->last = policy->plan.first;
  return MIEN_OK;
}

void mien_adapt_close(mien_adapt **closed) {
  mien_adapt *policy = *closed;
  *closed = NULL;
  if (!policy) return;
  adapt_model_clear(&policy->model);
  base_free(policy->events), base_free(policy->heard);
  json_decref(policy->description);
  base_free(policy);
}

static bool grow(void **list, uint64_t *room, uint64_t count, size_t size) {
  if (count < *room) return true;
  size_t more = *room ? (size_t)*room * 2 : 64;
  void *longer = base_resize(*list, more, size);
  if (!longer) return false;
  *list = longer, *room = more;
  return true;
}

/* Room for one more decision and one more outcome, so that what was written can be done. */
int adapt_policy_room(mien_adapt *policy, mien_error *error) {
  if (policy->count == MIEN_ADAPT_DECISIONS)
    return base_error_set(error, MIEN_ELIMIT, policy->plan.name, "begin a new policy", "%d decisions were taken, and that is a policy's life", MIEN_ADAPT_DECISIONS);
  if (!grow((void **)&policy->events, &policy->room, policy->count, sizeof *policy->events) ||
      !grow((void **)&policy->heard, &policy->heard_room, policy->count, sizeof *policy->heard))
    return base_error_set(error, MIEN_ENOMEM, policy->plan.name, "", "out of memory");
  return MIEN_OK;
}

void adapt_policy_decided(mien_adapt *policy, const double *given, int last, const adapt_pick *pick) {
  const adapt_plan *plan = &policy->plan;
  double x[MIEN_ADAPT_VALUES], terms[MIEN_ADAPT_TERMS];
  adapt_event *event = &policy->events[policy->count++];
  *event = (adapt_event){.last = (signed char)last, .option = (signed char)pick->option, .baseline = (signed char)pick->baseline,
                         .why = (signed char)pick->why, .reward = (double)NAN, .probability = pick->probabilities[pick->option],
                         .expected = pick->expected[pick->option], .spread = pick->spread[pick->option], .known = policy->heard_count};
  memcpy(event->given, given, plan->value_count * sizeof *given);
  adapt_scale(plan, given, x);
  adapt_parts(plan, &policy->model, x, last, pick, event->parts);
  adapt_terms(plan, x, last, pick->baseline, pick->option, terms);
  for (size_t i = 0; i < plan->terms; i++) policy->account.terms[i] += terms[i];
  adapt_terms(plan, x, last, pick->baseline, pick->baseline, terms);
  for (size_t i = 0; i < plan->terms; i++) policy->account.terms[i] -= (1 - plan->harm) * terms[i];
  policy->account.count++;
  policy->last = pick->option;
}

int adapt_policy_may_hear(mien_adapt *policy, uint64_t decision, double reward, mien_error *error) {
  const char *what = NULL, *remedy = "";
  if (!(reward >= 0 && reward <= 1)) what = "the reward is not in 0…1", remedy = "report 0 for the worst that may come, 1 for the best";
  else if (!decision || decision > policy->count) what = "there is no such decision", remedy = "report by the number that the decision came with";
  else if (policy->events[decision - 1].lost) what = "this decision was rolled back", remedy = "its outcome is no longer taken";
  else if (!isnan(policy->events[decision - 1].reward)) what = "this decision has its outcome already", remedy = "report once for each decision";
  if (!what) return MIEN_OK;
  char where[96];
  policy->refused++;
  snprintf(where, sizeof where, "%s, decision %llu", policy->plan.name, (unsigned long long)decision);
  return base_error_set(error, MIEN_EINVAL, where, remedy, "%s", what);
}

/* Two-sided CUSUM (Page 1954) of residuals in sigmas: of the noise met so far, and of what was believed. */
static bool drifted(mien_adapt *policy, double residual, double spread) {
  double noise = policy->plan.noise, weight = 20; /* as many residuals as the noise that was told is worth: chosen */
  double square = (weight * noise * noise + policy->squares) / (weight + (double)policy->heard_count);
  double z = residual / sqrt(square + spread * spread);
  policy->squares += residual * residual;
  policy->cusum[0] = BASE_MAX(0, policy->cusum[0] + z - ADAPT_SLACK);
  policy->cusum[1] = BASE_MAX(0, policy->cusum[1] - z - ADAPT_SLACK);
  if (policy->cusum[0] <= ADAPT_ALARM && policy->cusum[1] <= ADAPT_ALARM) return false;
  policy->cusum[0] = policy->cusum[1] = 0;
  return true;
}

static bool learn(mien_adapt *policy, const adapt_event *event) {
  const adapt_plan *plan = &policy->plan;
  double x[MIEN_ADAPT_VALUES], terms[MIEN_ADAPT_TERMS], whitened[MIEN_ADAPT_TERMS], square = 0;
  adapt_scale(plan, event->given, x);
  adapt_terms(plan, x, event->last, event->baseline, event->option, terms);
  adapt_model_settle(&policy->model);
  adapt_model_whiten(&policy->model, terms, whitened);
  for (size_t i = 0; i < plan->terms; i++) square += whitened[i] * whitened[i];
  bool drift = drifted(policy, event->reward - 0.5 - adapt_model_expect(&policy->model, terms), sqrt(square));
  adapt_model_learn(&policy->model, terms, event->reward, plan->noise);
  return drift;
}

bool adapt_policy_heard(mien_adapt *policy, uint64_t decision, double reward) {
  adapt_event *event = &policy->events[decision - 1];
  event->reward = reward;
  if (policy->mode.frozen) return false;
  event->learned = true;
  bool drift = learn(policy, event);
  policy->heard[policy->heard_count++] = decision;
  if (drift) policy->mode.guarded = true, policy->alarms++;
  return drift;
}

int adapt_policy_back(mien_adapt *policy, uint64_t decision, mien_error *error) {
  if (decision > policy->count || (decision && policy->events[decision - 1].lost))
    return base_error_set(error, MIEN_EINVAL, policy->plan.name, "name a decision that is there; 0: the beginning", decision > policy->count ? "there is no such decision" : "this decision was itself rolled back");
  uint64_t known = decision ? policy->events[decision - 1].known : 0;
  for (uint64_t k = decision; k < policy->count; k++) policy->events[k].lost = true;
  for (uint64_t h = known; h < policy->heard_count; h++) policy->events[policy->heard[h] - 1].learned = false;
  adapt_model_reset(&policy->model, &policy->plan);
  policy->cusum[0] = policy->cusum[1] = policy->squares = 0;
  policy->heard_count = 0;
  for (uint64_t h = 0; h < known; h++) {
    learn(policy, &policy->events[policy->heard[h] - 1]);
    policy->heard_count++;
  }
  policy->mode.guarded = false;
  policy->rollbacks++;
  return MIEN_OK;
}

/* ---- What is called from outside ---- */

int mien_adapt_open(mien_adapt **policy, const char *json, size_t bytes, mien_adapt_write_fn write, void *context, mien_error *error) {
  *policy = NULL;
  json_t *description = adapt_json_read(json, bytes, "the policy", error);
  if (!description) return error ? error->code : MIEN_EFORMAT;
  int code = adapt_policy_new(policy, description, error);
  json_decref(description);
  if (code) return code;
  (*policy)->write = write, (*policy)->context = context;
  if ((code = adapt_log_policy(*policy, error))) mien_adapt_close(policy);
  return code;
}

const char *mien_adapt_why_name(int why) {
  static const char *const names[] = {"best", "explored", "safe", "guarded", "frozen", "only"};
  return why >= 0 && (size_t)why < BASE_COUNT(names) ? names[why] : NULL;
}

static void tell(const mien_adapt *policy, const adapt_pick *pick, mien_adapt_choice *choice) {
  const adapt_plan *plan = &policy->plan;
  int order[MIEN_ADAPT_OPTIONS];
  *choice = (mien_adapt_choice){.decision = policy->count, .option = plan->options[pick->option].id, .probability = pick->probabilities[pick->option],
                                .expected = pick->expected[pick->option], .spread = pick->spread[pick->option], .why = pick->why};
  for (size_t o = 0; o < plan->option_count; o++) {
    if (!(pick->allowed >> o & 1)) continue;
    size_t at = choice->count++;
    bool first = (int)o == pick->option;
    while (at && (first || (order[at - 1] != pick->option && pick->drawn[o] > pick->drawn[order[at - 1]]))) order[at] = order[at - 1], at--;
    order[at] = (int)o;
  }
  for (size_t i = 0; i < choice->count; i++) choice->ranking[i] = plan->options[order[i]].id;
}

static int decide(mien_adapt *policy, const double *given, int last, mien_adapt_choice *choice, mien_error *error) {
  adapt_pick pick;
  int code = adapt_policy_room(policy, error);
  if (!code) code = adapt_choose(&policy->plan, &policy->model, &policy->account, policy->mode, given, last, policy->count + 1, &pick, error);
  if (!code) code = adapt_log_decision(policy, given, last, &pick, error);
  if (code) return code;
  adapt_policy_decided(policy, given, last, &pick);
  tell(policy, &pick, choice);
  return MIEN_OK;
}

static double of_reading(const mien_reading *state, const char *name) {
  const char *rest = strchr(name, '.');
  if (!rest) return (double)state->confidence;
  rest++;
  const struct {
    const char *part;
    const float *values;
    const char *(*name)(int);
  } parts[] = {{"core.", state->core, mien_core_name}, {"states.", state->states, mien_state_name}, {"flags.", state->flags, mien_flag_name},
               {"dims.", state->dims, mien_dim_name}, {"trend.", state->trend, mien_dim_name}, {"forecast.", state->forecast, mien_dim_name}};
  for (size_t p = 0; p < BASE_COUNT(parts); p++)
    for (int i = 0; !strncmp(name, parts[p].part, strlen(parts[p].part)) && parts[p].name(i); i++)
      if (!strcmp(rest, parts[p].name(i))) return (double)parts[p].values[i];
  return (double)NAN;
}

static int last_option(const mien_adapt *policy, const char *id, int *last, mien_error *error) {
  *last = id ? adapt_plan_option(&policy->plan, id) : policy->last;
  return *last < 0 ? base_error_set(error, MIEN_EINVAL, policy->plan.name, "name one of the policy's options", "'%.60s', the last option, is none", id) : MIEN_OK;
}

static int unknown(const mien_adapt *policy, const char *name, mien_error *error) {
  return base_error_set(error, MIEN_EINVAL, policy->plan.name, "give only what is in the policy's values", "the policy looks at no value '%.60s'", name ? name : "");
}

int mien_adapt_decide(mien_adapt *policy, const mien_adapt_situation *situation, mien_adapt_choice *choice, mien_error *error) {
  double given[MIEN_ADAPT_VALUES];
  int last, code = last_option(policy, situation->last, &last, error);
  for (size_t i = 0; i < policy->plan.value_count; i++) {
    const adapt_value *value = &policy->plan.values[i];
    given[i] = !value->own && situation->state ? of_reading(situation->state, value->name) : (double)NAN;
  }
  for (size_t i = 0; i < situation->count && !code; i++) {
    int at = adapt_plan_value(&policy->plan, situation->values[i].name);
    if (at < 0) code = unknown(policy, situation->values[i].name, error);
    else given[at] = situation->values[i].value;
  }
  return code ? code : decide(policy, given, last, choice, error);
}

int adapt_policy_given(const mien_adapt *policy, const json_t *values, double *given, mien_error *error) {
  const char *name;
  json_t *value;
  if (values && !json_is_object(values)) return base_error_set(error, MIEN_EFORMAT, "values", "", "it has to be an object of numbers");
  json_object_foreach((json_t *)values, name, value) {
    int at = adapt_plan_value(&policy->plan, name);
    if (at < 0) return unknown(policy, name, error);
    if (!json_is_number(value) && !json_is_null(value)) return base_error_set(error, MIEN_EFORMAT, policy->plan.values[at].name, "null: not known", "a value has to be a number");
    given[at] = json_is_null(value) ? (double)NAN : json_number_value(value);
  }
  return MIEN_OK;
}

/* core.joy of {"core":{"joy":…}}; a forecast is {"value":…,…}. */
static double of_json(const json_t *state, const char *name) {
  char part[ADAPT_NAME];
  const char *dot = strchr(name, '.');
  snprintf(part, sizeof part, "%.*s", (int)(dot ? dot - name : (int)strlen(name)), name);
  const json_t *value = json_object_get(state, part);
  if (dot) value = json_object_get(value, dot + 1);
  if (json_is_object(value)) value = json_object_get(value, "value");
  return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

int mien_adapt_decide_json(mien_adapt *policy, const char *json, size_t bytes, mien_adapt_choice *choice, mien_error *error) {
  double given[MIEN_ADAPT_VALUES];
  const char *key;
  json_t *value, *situation = adapt_json_read(json, bytes, "the situation", error);
  if (!situation) return error ? error->code : MIEN_EFORMAT;
  int last = 0, code = MIEN_OK;
  json_object_foreach(situation, key, value)
    if (strcmp(key, "state") && strcmp(key, "values") && strcmp(key, "last"))
      code = base_error_set(error, MIEN_EFORMAT, "the situation", "give state, values, last", "'%.40s' is not known here", key);
  const json_t *state = json_object_get(situation, "state"), *named = json_object_get(situation, "last");
  if (!code && state && !json_is_object(state)) code = base_error_set(error, MIEN_EFORMAT, "state", "give a state as `mien read --json` writes it", "it has to be an object");
  if (!code && named && !json_is_string(named) && !json_is_null(named)) code = base_error_set(error, MIEN_EFORMAT, "last", "", "it has to be the id of an option");
  if (!code) code = last_option(policy, json_string_value(named), &last, error);
  for (size_t i = 0; i < policy->plan.value_count; i++)
    given[i] = policy->plan.values[i].own ? (double)NAN : of_json(state, policy->plan.values[i].name);
  if (!code) code = adapt_policy_given(policy, json_object_get(situation, "values"), given, error);
  if (!code) code = decide(policy, given, last, choice, error);
  json_decref(situation);
  return code;
}

int mien_adapt_outcome(mien_adapt *policy, uint64_t decision, double reward, mien_error *error) {
  int code = adapt_policy_may_hear(policy, decision, reward, error);
  if (!code) code = adapt_log_outcome(policy, decision, reward, error);
  if (!code) adapt_policy_heard(policy, decision, reward);
  return code;
}

int mien_adapt_freeze(mien_adapt *policy, int frozen, mien_error *error) {
  int code = adapt_log_word(policy, "freeze", "on", json_boolean(frozen), error);
  if (!code) policy->mode.frozen = frozen != 0;
  return code;
}

int mien_adapt_release(mien_adapt *policy, mien_error *error) {
  int code = adapt_log_word(policy, "release", NULL, NULL, error);
  if (!code) policy->mode.guarded = false;
  return code;
}

int mien_adapt_rollback(mien_adapt *policy, uint64_t decision, mien_error *error) {
  if (decision > policy->count || (decision && policy->events[decision - 1].lost)) return adapt_policy_back(policy, decision, error);
  int code = adapt_log_word(policy, "rollback", "to", json_integer((json_int_t)decision), error);
  return code ? code : adapt_policy_back(policy, decision, error);
}
