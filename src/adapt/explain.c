/* explain.c: why a decision fell as it did, and what a policy is like now: JSON out. One thread. */
#include <stdlib.h>

#include "adapt/adapt.h"

void adapt_parts(const adapt_plan *plan, const adapt_model *model, const double *x, int last, const adapt_pick *pick,
                 float parts[MIEN_ADAPT_VALUES + 1]) {
  double terms[MIEN_ADAPT_TERMS], mean[MIEN_ADAPT_TERMS] = {0}, sums[MIEN_ADAPT_VALUES + 1] = {0}, count = 0;
  for (size_t o = 0; o < plan->option_count; o++) {
    if (!(pick->allowed >> o & 1)) continue;
    adapt_terms(plan, x, last, pick->baseline, (int)o, terms);
    for (size_t i = 0; i < plan->terms; i++) mean[i] += terms[i];
    count++;
  }
  adapt_terms(plan, x, last, pick->baseline, pick->option, terms);
  for (size_t i = 0; i < plan->terms; i++) {
    int value = adapt_term_value(plan, i);
    if (value > -2) sums[value < 0 ? plan->value_count : (size_t)value] += model->mean[i] * (terms[i] - mean[i] / count);
  }
  for (size_t v = 0; v <= plan->value_count; v++) parts[v] = (float)sums[v];
}

/* What was written, as the caller's own. */
static int hand_over(base_text *text, char **json, mien_error *error) {
  if (text->failed) {
    base_text_clear(text);
    return base_error_set(error, MIEN_ENOMEM, "policy", "", "out of memory");
  }
  *json = text->data;
  return MIEN_OK;
}

void mien_adapt_free(char **json) {
  base_text text = {.data = *json};
  base_text_clear(&text);
  *json = NULL;
}

int mien_adapt_choice_json(const mien_adapt_choice *choice, char **json, mien_error *error) {
  base_text text = {0};
  base_json out;
  base_json_init(&out, &text);
  base_json_open(&out, NULL, '{');
  base_json_integer(&out, "decision", (long long)choice->decision);
  base_json_string(&out, "option", choice->option);
  base_json_string(&out, "why", mien_adapt_why_name(choice->why));
  base_json_number(&out, "probability", choice->probability, 6);
  base_json_number(&out, "expected", choice->expected, 4);
  base_json_number(&out, "spread", choice->spread, 4);
  base_json_open(&out, "ranking", '[');
  for (size_t i = 0; i < choice->count; i++) base_json_string(&out, NULL, choice->ranking[i]);
  base_json_close(&out, ']');
  base_json_close(&out, '}');
  *json = NULL;
  return hand_over(&text, json, error);
}

static const char *sentence(int why) {
  static const char *const all[] = {
      "the highest expected reward of those that the bounds allow",
      "not the highest expected reward: taken to learn more about it",
      "the baseline's: by what is known, anything better might break the harm bound",
      "the baseline's: outcomes have drifted from what was expected, and a person has to look",
      "the highest expected reward; the policy is frozen",
      "the bounds leave no other option"};
  return all[why];
}

int mien_adapt_explain(const mien_adapt *policy, uint64_t decision, char **json, mien_error *error) {
  *json = NULL;
  if (!decision || decision > policy->count)
    return base_error_set(error, MIEN_EINVAL, policy->plan.name, "name a decision by the number that it came with", "there is no such decision");
  const adapt_plan *plan = &policy->plan;
  const adapt_event *e = &policy->events[decision - 1];
  bool done[MIEN_ADAPT_VALUES + 1] = {0};
  base_text text = {0};
  base_json out;
  double whole = 0;
  for (size_t v = 0; v <= plan->value_count; v++) whole += (double)e->parts[v];
  base_json_init(&out, &text);
  base_json_open(&out, NULL, '{');
  base_json_integer(&out, "decision", (long long)decision);
  base_json_string(&out, "option", plan->options[(int)e->option].id);
  base_json_string(&out, "baseline", plan->options[(int)e->baseline].id);
  base_json_string(&out, "last", plan->options[(int)e->last].id);
  base_json_string(&out, "why", mien_adapt_why_name(e->why));
  base_json_string(&out, "because", sentence(e->why));
  base_json_number(&out, "probability", e->probability, 6);
  base_json_number(&out, "expected", e->expected, 4);
  base_json_number(&out, "spread", e->spread, 4);
  base_json_number(&out, "against_mean", whole, 4);
  base_json_open(&out, "moved_by", '[');
  for (size_t k = 0; k <= plan->value_count; k++) { /* the largest first */
    size_t top = plan->value_count + 1;
    for (size_t v = 0; v <= plan->value_count; v++)
      if (!done[v] && (top > plan->value_count || fabsf(e->parts[v]) > fabsf(e->parts[top]))) top = v;
    done[top] = true;
    base_json_open(&out, NULL, '{');
    base_json_string(&out, "value", top < plan->value_count ? plan->values[top].name : "the option itself");
    if (top < plan->value_count) base_json_number(&out, "was", e->given[top], 4);
    base_json_number(&out, "by", (double)e->parts[top], 4);
    base_json_close(&out, '}');
  }
  base_json_close(&out, ']');
  base_json_number(&out, "reward", e->reward, 4);
  base_json_bool(&out, "learned", e->learned);
  base_json_bool(&out, "rolled_back", e->lost);
  base_json_close(&out, '}');
  return hand_over(&text, json, error);
}

int mien_adapt_describe(const mien_adapt *policy, char **json, mien_error *error) {
  base_text text = {0};
  base_json out;
  uint64_t outcomes = 0, taken[MIEN_ADAPT_OPTIONS] = {0};
  double reward = 0;
  *json = NULL;
  for (uint64_t k = 0; k < policy->count; k++) {
    const adapt_event *e = &policy->events[k];
    taken[(int)e->option]++;
    if (isfinite(e->reward)) outcomes++, reward += e->reward;
  }
  base_json_init(&out, &text);
  base_json_open(&out, NULL, '{');
  base_json_string(&out, "name", policy->plan.name);
  base_json_string(&out, "method", policy->plan.ucb ? "linucb" : "thompson");
  base_json_integer(&out, "terms", (long long)policy->plan.terms);
  base_json_integer(&out, "decisions", (long long)policy->count);
  base_json_integer(&out, "outcomes", (long long)outcomes);
  base_json_integer(&out, "learned", (long long)policy->heard_count);
  base_json_integer(&out, "refused", (long long)policy->refused);
  base_json_integer(&out, "rollbacks", (long long)policy->rollbacks);
  base_json_integer(&out, "alarms", (long long)policy->alarms);
  base_json_bool(&out, "frozen", policy->mode.frozen);
  base_json_bool(&out, "guarded", policy->mode.guarded);
  base_json_number(&out, "reward", outcomes ? reward / (double)outcomes : (double)NAN, 4);
  base_json_number(&out, "harm", policy->plan.harm, 4);
  base_json_open(&out, "options", '[');
  for (size_t o = 0; o < policy->plan.option_count; o++) {
    base_json_open(&out, NULL, '{');
    base_json_string(&out, "id", policy->plan.options[o].id);
    base_json_integer(&out, "taken", (long long)taken[o]);
    base_json_close(&out, '}');
  }
  base_json_close(&out, ']');
  char *described = json_dumps(policy->description, JSON_COMPACT);
  if (described) base_json_raw(&out, "policy", described, strlen(described));
  else text.failed = true;
  free(described);
  base_json_close(&out, '}');
  return hand_over(&text, json, error);
}
