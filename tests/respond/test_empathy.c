/* test_empathy.c: how empathic a text reads: what a small model and the shipped one say, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "../failing.h"
#include "model.h"
#include "respond/empathy.h"

static const float bias[8] = {0};

static float logistic(double x) { return (float)(1 / (1 + exp(-x))); }

static void what_it_says(void **state) {
  mien_error error = {0};
  respond_reader *reader;
  respond_bag *bag = calloc(1, sizeof *bag);
  assert_non_null(bag);
  assert_int_equal(respond_reader_open(&reader, NULL, &error), MIEN_OK);
  respond_bag_add(reader, RESPOND_OF_REPLY, "Alone, alone", bag);
  assert_int_equal(bag->count, 5); /* "alone", that it begins the text, "alone ,", ",", ", alone" */
  respond_bag_add(reader, RESPOND_OF_POST, "hi", bag);
  assert_int_equal(bag->count, 7); /* the post's are others */
  uint32_t entry = bag->entries[0];
  respond_reader_close(&reader);
  free(bag);
  const made toy = {"respond", NULL, RESPOND_FEATURES, 8, bias, .reply_bias = 0.5f, .alone_bias = -1, .reply_weight = 2, .entry = entry};
  assert_int_equal(made_write(&toy), 0);
  respond_empathy *empathy;
  float score;
  assert_int_equal(respond_empathy_open(&empathy, path, &error), MIEN_OK);
  assert_int_equal(respond_empathy_of(empathy, "hi", "ALONE, alone", &score, &error), MIEN_OK);
  assert_float_equal(score, logistic(0.5 + 2 / sqrt(7)), 1e-4f);
  assert_int_equal(respond_empathy_of(empathy, "hi", "so", &score, &error), MIEN_OK);
  assert_float_equal(score, logistic(0.5), 1e-4f);
  assert_int_equal(respond_empathy_of(empathy, NULL, "Alone, alone", &score, &error), MIEN_OK);
  assert_float_equal(score, logistic(-1), 1e-4f);
  assert_int_equal(respond_empathy_of(empathy, "", "Alone, alone", &score, &error), MIEN_OK);
  assert_float_equal(score, logistic(-1), 1e-4f);
  assert_int_equal(respond_empathy_of(empathy, "hi", "", &score, &error), MIEN_EINVAL);
  assert_int_equal(respond_empathy_of(empathy, "hi", NULL, &score, &error), MIEN_EINVAL);
  assert_int_equal(respond_empathy_of(empathy, "hi", " \n ", &score, &error), MIEN_EINVAL);
  assert_non_null(strstr(error.what, "not a word"));
  respond_empathy_close(&empathy);
  assert_null(empathy);
}

static void refused(void **state) {
  mien_error error = {0};
  respond_empathy *empathy = NULL;
  assert_int_equal(respond_empathy_open(&empathy, "/nowhere/at/all.mien", &error), MIEN_EIO);
  assert_null(empathy);
  const made other = {"voice", NULL, RESPOND_FEATURES, 8, bias}, old = {"respond", NULL, RESPOND_FEATURES - 1, 8, bias};
  assert_int_equal(made_write(&other), 0);
  assert_int_equal(respond_empathy_open(&empathy, path, &error), MIEN_EMODEL);
  assert_non_null(strstr(error.what, "'voice'"));
  assert_int_equal(made_write(&old), 0);
  assert_int_equal(respond_empathy_open(&empathy, path, &error), MIEN_EMODEL);
  assert_non_null(strstr(error.what, "features of version"));
  assert_null(empathy);
}

/* What train/respond.py --golden says of the shipped model; and that words of care read warmer than a brush-off. */
static void shipped(void **state) {
  const char *post = "I miss my friends, and nobody here talks to me!";
  mien_error error = {0};
  char model[1024];
  snprintf(model, sizeof model, "%s/models/respond-research.mien", getenv("MIEN_SOURCE_ROOT"));
  respond_empathy *empathy;
  float score, cold;
  if (respond_empathy_open(&empathy, model, &error)) fail_msg("%s (%s): %s", error.what, error.where, error.remedy);
  assert_int_equal(respond_empathy_of(empathy, post, "I am so sorry. What do you miss most?", &score, &error), MIEN_OK);
  assert_float_equal(score, 0.49014f, 2e-3f);
  assert_int_equal(respond_empathy_of(empathy, post, "Whatever.", &cold, &error), MIEN_OK);
  assert_true(cold < score - 0.1f);
  assert_int_equal(respond_empathy_of(empathy, NULL, post, &score, &error), MIEN_OK);
  assert_float_equal(score, 0.31161f, 2e-3f);
  respond_empathy_close(&empathy);
}

static int open_both(void *context) {
  respond_empathy *empathy;
  respond_scorer *scorer;
  float score, log_probability[RESPOND_STRATEGIES];
  int code = respond_empathy_open(&empathy, path, NULL);
  if (!code) code = respond_scorer_open(&scorer, path, NULL);
  else assert_null(empathy);
  if (code) return respond_empathy_close(&empathy), code;
  code = respond_empathy_of(empathy, "hi", "so sorry", &score, NULL);
  if (!code) code = respond_score(scorer, &(respond_turn){"a", "so alone", -1}, 1, log_probability, NULL);
  respond_empathy_close(&empathy);
  respond_scorer_close(&scorer);
  return code;
}

static void failing_memory(void **state) {
  const made toy = {"respond", NULL, RESPOND_FEATURES, 8, bias};
  assert_int_equal(made_write(&toy), 0);
  assert_true(failing_every(open_both, NULL) > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_it_says), cmocka_unit_test(refused), cmocka_unit_test(shipped),
                                     cmocka_unit_test(failing_memory)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
