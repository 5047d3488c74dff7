/* test_wrong.c: what is refused: wrong descriptions, wrong situations, wrong and repeated outcomes, a log that cannot be
 * kept; and nothing changes then. */
#include "log.h"

#define TWO "\"options\":[{\"id\":\"a\"},{\"id\":\"b\"}]"

static void descriptions(void **state) {
  static const struct {
    const char *json, *what;
    int code;
  } rows[] = {
      {"[]", "object", MIEN_EFORMAT},
      {"{\"name\":", "not JSON", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"nome\":1}", "'nome' is not known", MIEN_EFORMAT},
      {"{\"name\":\"\"}", "name", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[\"mood\"]}", "give its range", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[\"states.rage\"]}", "give its range", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[\"dims.valence\",\"dims.valence\"]}", "twice", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[{\"name\":\"k\",\"low\":2,\"high\":1}]}", "below high", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[],\"options\":[{\"id\":\"a\"}]}", "list of 2", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[],\"options\":[{\"id\":\"a\"},{\"id\":\"a\"}]}", "twice", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[],\"options\":[{\"id\":\"a\",\"level\":1},{\"id\":\"b\"}]}", "levels", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[],\"options\":[{\"id\":\"a\",\"features\":{\"f\":7}},{\"id\":\"b\"}]}", "-1 to 1", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[]," TWO "}", "missing", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[]," TWO ",\"baseline\":\"c\"}", "'c' is no option", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[]," TWO ",\"baseline\":\"a\",\"bounds\":{\"harm\":0}}", "0.01", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[]," TWO ",\"baseline\":\"a\",\"bounds\":{\"step\":{\"most\":1}}}", "no levels", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[]," TWO ",\"baseline\":\"a\",\"bounds\":{\"forbid\":[{\"options\":[\"b\"],\"when\":{\"joy\":{\"above\":1}}}]}}", "not in values", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[]," TWO ",\"baseline\":\"a\",\"seed\":-1}", "whole number", MIEN_EFORMAT},
      {"{\"name\":\"x\",\"values\":[]," TWO ",\"baseline\":\"a\",\"method\":\"magic\"}", "thompson", MIEN_EFORMAT},
  };
  for (size_t i = 0; i < BASE_COUNT(rows); i++) {
    mien_adapt *policy;
    mien_error error = {0};
    assert_int_equal(mien_adapt_open(&policy, rows[i].json, strlen(rows[i].json), NULL, NULL, &error), rows[i].code);
    assert_null(policy);
    if (!strstr(error.what, rows[i].what)) fail_msg("%s: '%s' does not say '%s'", rows[i].json, error.what, rows[i].what);
  }
}

static mien_adapt *open_ready(const char *name, mien_adapt_write_fn write, void *context) {
  mien_adapt *policy;
  const char *json = mien_adapt_ready(name);
  GOOD(mien_adapt_open(&policy, json, strlen(json), write, context, &gone));
  return policy;
}

static void situations(void **state) {
  static const char *const bad[] = {"", "[1]", "{\"values\":{\"rage\":1}}", "{\"values\":{\"won\":\"much\"}}", "{\"values\":[1]}", "{\"last\":\"hardly\"}", "{\"last\":3}", "{\"mood\":1}", "{\"state\":3}"};
  mien_adapt *policy = open_ready("game", NULL, NULL);
  mien_adapt_choice choice;
  for (size_t i = 0; i < BASE_COUNT(bad); i++) {
    mien_error error = {0};
    if (!mien_adapt_decide_json(policy, bad[i], strlen(bad[i]), &choice, &error)) fail_msg("%s was taken", bad[i]);
    assert_true(*error.what);
  }
  assert_int_equal(policy->count, 0);
  const char *good = "{\"state\":{\"states\":{\"frustration\":0.9,\"boredom\":null},\"dims\":{\"valence\":-5}},\"values\":{\"won\":null},\"last\":\"hardest\"}";
  GOOD(mien_adapt_decide_json(policy, good, strlen(good), &choice, &gone));
  assert_true(policy->events[0].given[0] == 0.9 && isnan(policy->events[0].given[1]));
  assert_true(strcmp(choice.option, "hardest") && strcmp(choice.option, "hard")); /* forbidden to who is that frustrated */
  mien_adapt_close(&policy);
}

/* Everything forbidden: an error of policy, and no decision. */
static void nothing_allowed(void **state) {
  const char *json = "{\"name\":\"x\",\"values\":[\"states.stress\"]," TWO ",\"baseline\":\"a\",\"bounds\":{\"forbid\":[{\"options\":[\"a\",\"b\"],\"when\":{\"states.stress\":{\"above\":0.5}}}]}}";
  mien_adapt *policy;
  mien_adapt_choice choice;
  mien_error error = {0};
  GOOD(mien_adapt_open(&policy, json, strlen(json), NULL, NULL, &gone));
  const char *stressed = "{\"values\":{\"states.stress\":0.6}}", *calm = "{\"values\":{\"states.stress\":0.4}}";
  assert_int_equal(mien_adapt_decide_json(policy, stressed, strlen(stressed), &choice, &error), MIEN_EPOLICY);
  GOOD(mien_adapt_decide_json(policy, calm, strlen(calm), &choice, &gone));
  assert_int_equal(choice.decision, 1);
  mien_adapt_close(&policy);
}

static void outcomes(void **state) {
  mien_adapt *policy = open_ready("game", NULL, NULL);
  mien_adapt_choice choice;
  mien_error error = {0};
  GOOD(mien_adapt_decide_json(policy, "{}", 2, &choice, &gone));
  const double bad[] = {-0.001, 1.001, (double)NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < BASE_COUNT(bad); i++) assert_int_equal(mien_adapt_outcome(policy, 1, bad[i], &error), MIEN_EINVAL);
  assert_int_equal(mien_adapt_outcome(policy, 0, 0.5, &error), MIEN_EINVAL);
  assert_int_equal(mien_adapt_outcome(policy, 2, 0.5, &error), MIEN_EINVAL);
  assert_int_equal(policy->heard_count, 0);
  GOOD(mien_adapt_outcome(policy, 1, 1, &gone));
  assert_int_equal(mien_adapt_outcome(policy, 1, 0, &error), MIEN_EINVAL);
  assert_non_null(strstr(error.what, "already"));
  assert_true(policy->heard_count == 1 && policy->events[0].reward == 1 && policy->refused == 8);
  mien_adapt_close(&policy);
}

static int cannot(void *context, const char *line, size_t bytes) { return *(int *)context; }

/* What could not be written was not done. */
static void a_full_disk(void **state) {
  int full = 0;
  mien_adapt *policy = open_ready("message", cannot, &full);
  mien_adapt_choice choice;
  mien_error error = {0};
  GOOD(mien_adapt_decide_json(policy, "{}", 2, &choice, &gone));
  full = 1;
  assert_int_equal(mien_adapt_decide_json(policy, "{}", 2, &choice, &error), MIEN_EIO);
  assert_int_equal(mien_adapt_outcome(policy, 1, 0.5, &error), MIEN_EIO);
  assert_int_equal(mien_adapt_freeze(policy, 1, &error), MIEN_EIO);
  assert_int_equal(mien_adapt_rollback(policy, 0, &error), MIEN_EIO);
  assert_true(policy->count == 1 && policy->heard_count == 0 && !policy->mode.frozen && !policy->rollbacks);
  full = 0;
  GOOD(mien_adapt_outcome(policy, 1, 0.5, &gone));
  mien_adapt_close(&policy);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(descriptions), cmocka_unit_test(situations), cmocka_unit_test(nothing_allowed), cmocka_unit_test(outcomes), cmocka_unit_test(a_full_disk)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
