/* test_evaluate.c: off-policy evaluation against the truth of a world in which it is known. */
#include "log.h"

/* Two options whose rewards hang on one value: a earns x, b earns 1 - x, with noise; logged by a policy that explores. */
#define WORLD(baseline, explore)                                                                                       \
  "{\"name\":\"w\",\"values\":[{\"name\":\"x\",\"low\":0,\"high\":1}],\"options\":[{\"id\":\"a\"},{\"id\":\"b\"}],"       \
  "\"baseline\":" baseline ",\"bounds\":{\"harm\":1},\"explore\":" explore ",\"width\":3}"
#define GOOD_RULE "{\"first\":\"b\",\"otherwise\":\"b\",\"rules\":[{\"when\":{\"x\":{\"above\":0.5}},\"option\":\"a\"}]}"

static void against_the_truth(void **state) {
  static const struct {
    const char *other;
    double truth;
    int verdict;
  } rows[] = {{"{\"name\":\"o\",\"values\":[{\"name\":\"x\",\"low\":0,\"high\":1}],\"options\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"baseline\":\"a\",\"bounds\":{\"forbid\":[{\"options\":[\"b\"],\"when\":{\"x\":{\"above\":-1}}}]}}", 0.5, -1},
              {"{\"name\":\"o\",\"values\":[{\"name\":\"x\",\"low\":0,\"high\":1}],\"options\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"baseline\":\"a\",\"bounds\":{\"forbid\":[{\"options\":[\"b\"],\"when\":{\"x\":{\"above\":0.5}}},{\"options\":[\"a\"],\"when\":{\"x\":{\"below\":0.5}}}]}}", 0.75, 1}};
  for (size_t r = 0; r < BASE_COUNT(rows); r++) {
    int covered[3] = {0}, right = 0, wrong = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
      base_text log = {0};
      mien_adapt *policy, *other;
      adapt_random random = {seed};
      const char *json = WORLD("\"a\"", "0.5");
      GOOD(mien_adapt_open(&policy, json, strlen(json), log_put, &log, &gone));
      for (int i = 0; i < 400; i++) {
        mien_adapt_value value = {"x", adapt_uniform(&random)};
        mien_adapt_situation situation = {.size = sizeof situation, .values = &value, .count = 1};
        mien_adapt_choice choice;
        GOOD(mien_adapt_decide(policy, &situation, &choice, &gone));
        double mean = *choice.option == 'a' ? value.value : 1 - value.value;
        double reward = mean + 0.05 * adapt_normal(&random);
        GOOD(mien_adapt_outcome(policy, choice.decision, BASE_CLAMP(reward, 0, 1), &gone));
      }
      mien_adapt_evaluation e = {.size = sizeof e};
      GOOD(mien_adapt_open(&other, rows[r].other, strlen(rows[r].other), NULL, NULL, &gone));
      GOOD(mien_adapt_evaluate(log.data, log.length, other, &e, &gone));
      const mien_adapt_estimate all[] = {e.ips, e.snips, e.robust};
      for (int k = 0; k < 3; k++) covered[k] += all[k].low <= rows[r].truth && rows[r].truth <= all[k].high;
      assert_true(e.robust.high - e.robust.low < e.ips.high - e.ips.low);
      right += e.verdict == rows[r].verdict, wrong += e.verdict == -rows[r].verdict;
      mien_adapt_close(&policy), mien_adapt_close(&other);
      base_text_clear(&log);
    }
    for (int k = 0; k < 3; k++) assert_true(covered[k] >= 16); /* of 20 intervals of 95 % */
    assert_int_equal(wrong, 0);
    assert_true(right >= 16);
  }
}

/* From nothing nothing follows: too few decisions that bear on the other policy, other options. */
static void from_nothing(void **state) {
  base_text log = {0};
  simulated_run run;
  mien_adapt *policy = NULL, *other;
  mien_adapt_evaluation e = {.size = sizeof e};
  mien_error error = {0};
  const char *json = mien_adapt_ready("game");
  GOOD(simulated_play("game", NULL, 1, 20, 0, log_put, &log, &run, &policy, &gone));
  GOOD(mien_adapt_open(&other, json, strlen(json), NULL, NULL, &gone));
  assert_int_equal(mien_adapt_evaluate(log.data, log.length, other, &e, &error), MIEN_EEMPTY);
  mien_adapt_close(&other);
  json = mien_adapt_ready("message");
  GOOD(mien_adapt_open(&other, json, strlen(json), NULL, NULL, &gone));
  assert_int_equal(mien_adapt_evaluate(log.data, log.length, other, &e, &error), MIEN_EINVAL);
  mien_adapt_close(&other), mien_adapt_close(&policy);
  base_text_clear(&log);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(against_the_truth), cmocka_unit_test(from_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
