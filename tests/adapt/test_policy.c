/* test_policy.c: what a policy promises: same seed, same choices; the log is the policy; bounds; explanations that sum;
 * going back; drift. */
#include "log.h"

static mien_adapt_choice choose(mien_adapt *policy, double frustration, double boredom) {
  const mien_adapt_value values[] = {{"states.frustration", frustration}, {"states.boredom", boredom}};
  const mien_adapt_situation situation = {.size = sizeof situation, .values = values, .count = 2};
  mien_adapt_choice choice;
  GOOD(mien_adapt_decide(policy, &situation, &choice, &gone));
  return choice;
}

static mien_adapt *played(base_text *log, uint64_t seed, int decisions) {
  simulated_run run;
  mien_adapt *policy = NULL;
  GOOD(simulated_play("game", NULL, seed, decisions, 0, log_put, log, &run, &policy, &gone));
  return policy;
}

static void same_seed_same_log(void **state) {
  base_text logs[3] = {0};
  mien_adapt *policies[3] = {played(&logs[0], 5, 60), played(&logs[1], 5, 60), played(&logs[2], 6, 60)};
  assert_string_equal(logs[0].data, logs[1].data);
  assert_string_not_equal(logs[0].data, logs[2].data);
  for (int i = 0; i < 3; i++) mien_adapt_close(&policies[i]), base_text_clear(&logs[i]);
}

/* Loaded again, it goes on as the one that was never closed. */
static void log_is_the_policy(void **state) {
  base_text log = {0};
  mien_adapt *first = played(&log, 3, 80), *second;
  size_t whole = log.length, cut;
  base_text_puts(&log, "{\"n\":1");
  GOOD(mien_adapt_load(&second, log.data, log.length, NULL, NULL, &cut, &gone));
  assert_int_equal(cut, whole);
  for (int i = 0; i < 20; i++) {
    mien_adapt_choice a = choose(first, i * 0.05, 0.3), b = choose(second, i * 0.05, 0.3);
    assert_string_equal(a.option, b.option);
    assert_true(a.probability == b.probability && a.expected == b.expected && a.decision == b.decision);
    GOOD(mien_adapt_outcome(first, a.decision, 0.5, &gone));
    GOOD(mien_adapt_outcome(second, b.decision, 0.5, &gone));
  }
  mien_adapt_close(&first), mien_adapt_close(&second);
  base_text_clear(&log);
}

/* A log in which anything was changed is no longer believed. */
static void changed_log_is_refused(void **state) {
  static const char *const changes[][2] = {{"\"reward\":0", "\"reward\":1"}, {"\"states.boredom\":0.1", "\"states.boredom\":0.9"},
                                           {"\"option\":\"hard\"", "\"option\":\"easy\""}, {"\"event\":\"outcome\"", "\"event\":\"outcame\""}};
  base_text log = {0};
  mien_adapt *policy = played(&log, 3, 120), *again;
  for (size_t i = 0; i < BASE_COUNT(changes); i++) {
    char *copy = strdup(log.data), *at = strstr(copy, changes[i][0]);
    mien_error error = {0};
    assert_non_null(at);
    memcpy(at, changes[i][1], strlen(changes[i][1]));
    assert_int_equal(mien_adapt_load(&again, copy, log.length, NULL, NULL, NULL, &error), MIEN_EFORMAT);
    assert_non_null(strstr(error.where, "line "));
    assert_null(again);
    free(copy);
  }
  mien_adapt_close(&policy);
  base_text_clear(&log);
}

static void parts_sum(void **state) {
  base_text log = {0};
  mien_adapt *policy = played(&log, 9, 100);
  for (uint64_t k = 1; k <= 100; k++) {
    const adapt_event *e = &policy->events[k - 1];
    double sum = 0, x[MIEN_ADAPT_VALUES];
    char *json;
    for (size_t v = 0; v <= policy->plan.value_count; v++) sum += (double)e->parts[v];
    GOOD(mien_adapt_explain(policy, k, &json, &gone));
    json_t *told = json_loads(json, 0, NULL);
    assert_true(fabs(json_number_value(json_object_get(told, "against_mean")) - sum) < 1e-4);
    assert_int_equal(json_array_size(json_object_get(told, "moved_by")), policy->plan.value_count + 1);
    json_decref(told);
    mien_adapt_free(&json);
    adapt_scale(&policy->plan, e->given, x);
  }
  /* and what they sum to is the expected reward against the mean of all */
  double x[MIEN_ADAPT_VALUES], terms[MIEN_ADAPT_TERMS], mean = 0, sum = 0;
  adapt_pick pick;
  float parts[MIEN_ADAPT_VALUES + 1];
  const double given[] = {0.2, 0.7, 0.4, 0.1, 0.9};
  GOOD(adapt_choose(&policy->plan, &policy->model, &policy->account, policy->mode, given, 2, 101, &pick, &gone));
  adapt_scale(&policy->plan, given, x);
  int allowed = 0;
  for (size_t o = 0; o < policy->plan.option_count; o++)
    if (pick.allowed >> o & 1) mean += pick.expected[o], allowed++;
  assert_int_equal(allowed, 3);
  adapt_parts(&policy->plan, &policy->model, x, 2, &pick, parts);
  for (size_t v = 0; v <= policy->plan.value_count; v++) sum += (double)parts[v];
  assert_true(fabs(sum - (pick.expected[pick.option] - mean / allowed)) < 1e-6);
  adapt_terms(&policy->plan, x, 2, pick.baseline, pick.option, terms);
  assert_true(fabs(0.5 + adapt_model_expect(&policy->model, terms) - pick.expected[pick.option]) < 1e-9);
  mien_adapt_close(&policy);
  base_text_clear(&log);
}

static void back_is_back(void **state) {
  base_text log = {0}, short_log = {0};
  mien_adapt *policy = played(&log, 4, 150), *before = played(&short_log, 4, 90), *again;
  mien_error error = {0};
  GOOD(mien_adapt_rollback(policy, 91, &gone)); /* outcomes of 1…90 were known when 91 was taken */
  adapt_model_settle(&policy->model), adapt_model_settle(&before->model);
  for (size_t i = 0; i < policy->plan.terms; i++) assert_true(policy->model.mean[i] == before->model.mean[i]);
  assert_int_equal(mien_adapt_outcome(policy, 120, 0.5, &error), MIEN_EINVAL);
  assert_int_equal(mien_adapt_rollback(policy, 120, &error), MIEN_EINVAL);
  assert_int_equal(mien_adapt_rollback(policy, 151, &error), MIEN_EINVAL);
  assert_int_equal(choose(policy, 0.1, 0.1).decision, 151);
  GOOD(mien_adapt_load(&again, log.data, log.length, NULL, NULL, NULL, &gone));
  mien_adapt_close(&policy), mien_adapt_close(&before), mien_adapt_close(&again);
  base_text_clear(&log), base_text_clear(&short_log);
}

static void frozen_learns_nothing(void **state) {
  base_text log = {0};
  mien_adapt *policy = played(&log, 4, 50);
  GOOD(mien_adapt_freeze(policy, 1, &gone));
  mien_adapt_choice first = choose(policy, 0.3, 0.3);
  assert_int_equal(first.why, MIEN_ADAPT_FROZEN);
  for (int i = 0; i < 10; i++) {
    mien_adapt_choice choice = choose(policy, 0.3, 0.3);
    assert_true(choice.probability == 1);
    GOOD(mien_adapt_outcome(policy, choice.decision, 0, &gone));
  }
  assert_int_equal(policy->heard_count, 50);
  GOOD(mien_adapt_freeze(policy, 0, &gone));
  mien_adapt_choice choice = choose(policy, 0.3, 0.3);
  GOOD(mien_adapt_outcome(policy, choice.decision, 0, &gone));
  assert_int_equal(policy->heard_count, 51);
  mien_adapt_close(&policy);
  base_text_clear(&log);
}

/* An application that reports the opposite from half-time on is found out, and the baseline taken. */
static void false_rewards_are_guarded(void **state) {
  int guarded = 0, alarms = 0;
  for (uint64_t seed = 1; seed <= 10; seed++) {
    simulated_run run;
    mien_adapt *policy = NULL;
    GOOD(simulated_play("learning", NULL, seed, 400, 1, NULL, NULL, &run, &policy, &gone));
    if (policy->mode.guarded) {
      guarded++;
      const double given[] = {0.3, 0.3, 0.3, 0.3, 0.5, 10};
      adapt_pick pick;
      GOOD(adapt_choose(&policy->plan, &policy->model, &policy->account, policy->mode, given, 0, 1, &pick, &gone));
      assert_int_equal(pick.option, pick.baseline);
      GOOD(mien_adapt_release(policy, &gone));
      assert_false(policy->mode.guarded);
    }
    mien_adapt_close(&policy);
    GOOD(simulated_play("learning", NULL, seed, 400, 0, NULL, NULL, &run, &policy, &gone));
    alarms += policy->mode.guarded;
    mien_adapt_close(&policy);
  }
  assert_int_equal(guarded, 10);
  assert_int_equal(alarms, 0);
}

/* Probabilities are those with which options are taken: over many seeds, within four sigmas. */
static void probabilities_are_true(void **state) {
  base_text log = {0};
  mien_adapt *policy = played(&log, 8, 120);
  const double given[] = {0.3, 0.3, 0.5, 0.1, 0.5};
  double sum[MIEN_ADAPT_OPTIONS] = {0}, taken[MIEN_ADAPT_OPTIONS] = {0};
  const int times = 2000;
  for (int i = 0; i < times; i++) {
    adapt_pick pick;
    double whole = 0;
    GOOD(adapt_choose(&policy->plan, &policy->model, &policy->account, policy->mode, given, 2, 1000 + (uint64_t)i, &pick, &gone));
    for (size_t o = 0; o < 5; o++) sum[o] += pick.probabilities[o], whole += pick.probabilities[o];
    assert_true(fabs(whole - 1) < 1e-9);
    taken[pick.option]++;
  }
  for (size_t o = 0; o < 5; o++) assert_true(fabs(taken[o] - sum[o]) <= 4 * sqrt(times * 0.25));
  mien_adapt_close(&policy);
  base_text_clear(&log);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_seed_same_log),    cmocka_unit_test(log_is_the_policy),         cmocka_unit_test(changed_log_is_refused),
      cmocka_unit_test(parts_sum),             cmocka_unit_test(back_is_back),              cmocka_unit_test(frozen_learns_nothing),
      cmocka_unit_test(false_rewards_are_guarded), cmocka_unit_test(probabilities_are_true)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
