/* test_simulated.c: the ready-made policies with simulated people: regret, the harm bound, forbidden options. */
#include "log.h"

enum { SEEDS = 12, DECISIONS = 200 };

static void ready_made(void **state) {
  for (size_t i = 0; mien_adapt_ready_name(i); i++) {
    const char *name = mien_adapt_ready_name(i);
    double own = 0, fixed = 0;
    size_t explored = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
      simulated_run run;
      GOOD(simulated_play(name, NULL, seed, DECISIONS, 0, NULL, NULL, &run, NULL, &gone));
      assert_int_equal(run.broken, 0);
      if (run.worst < -1e-9) fail_msg("%s, seed %llu: the harm bound is broken by %g", name, (unsigned long long)seed, -run.worst);
      own += run.best - run.chosen, fixed += run.best - run.fixed, explored += run.explored;
    }
    if (own > 0.7 * fixed) fail_msg("%s: regret %.1f, of the best fixed option %.1f", name, own / SEEDS, fixed / SEEDS);
    assert_true(explored > SEEDS);
  }
}

/* Without outcomes nothing is learned, and the bound still holds. */
static void without_outcomes(void **state) {
  for (size_t i = 0; mien_adapt_ready_name(i); i++)
    for (uint64_t seed = 1; seed <= 4; seed++) {
      simulated_run run;
      GOOD(simulated_play(mien_adapt_ready_name(i), NULL, seed, 100, 2, NULL, NULL, &run, NULL, &gone));
      assert_true(run.worst >= -1e-9 && run.broken == 0);
    }
}

/* The other method keeps what the first keeps, and learns as well. */
static void by_upper_bounds(void **state) {
  json_t *description = json_loads(mien_adapt_ready("learning"), 0, NULL);
  json_object_set_new(description, "method", json_string("linucb"));
  char *json = json_dumps(description, 0);
  double own = 0, fixed = 0;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    simulated_run run;
    GOOD(simulated_play("learning", json, seed, DECISIONS, 0, NULL, NULL, &run, NULL, &gone));
    assert_true(run.worst >= -1e-9 && run.broken == 0);
    own += run.best - run.chosen, fixed += run.best - run.fixed;
  }
  if (own > 0.7 * fixed) fail_msg("regret %.1f, of the best fixed option %.1f", own / SEEDS, fixed / SEEDS);
  free(json);
  json_decref(description);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(ready_made), cmocka_unit_test(without_outcomes), cmocka_unit_test(by_upper_bounds)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
