/* test_score.c: the scorer of strategies: what a small model says, worked out by hand; and the models and turns that it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "respond/model.h"
#include "model.h"

static const float bias[8] = {0, 1, 2, 3, -1, -2, 0.5f, 1.5f};

static void expect(const float got[RESPOND_STRATEGIES], const float logits[8]) {
  double sum = 0, whole = 0;
  for (int k = 0; k < 8; k++) sum += exp((double)logits[k]);
  for (int s = 0; s < RESPOND_STRATEGIES; s++) {
    double p = s < RESPOND_LEARNED ? exp((double)logits[s]) / sum : exp((double)logits[7]) / sum / 5;
    assert_float_equal(got[s], (float)log(p), 2e-3f);
    whole += exp((double)got[s]);
  }
  assert_float_equal(whole, 1, 1e-5);
}

static void names(void **state) {
  assert_string_equal(respond_strategy_name(RESPOND_SLOW_DOWN), "slow_down");
  assert_null(respond_strategy_name(RESPOND_STRATEGIES));
  assert_null(respond_strategy_name(-1));
  for (int s = 0; s < RESPOND_STRATEGIES; s++) assert_int_equal(respond_strategy_of(respond_strategy_name(s)), s);
  assert_int_equal(respond_strategy_of("sing"), -1);
}

static void what_it_says(void **state) {
  static const float column[8] = {2, 0, 0, 0, 0, 0, -2, 0};
  mien_error error = {0};
  float got[RESPOND_STRATEGIES], logits[8];
  const respond_turn turns[] = {{"ann", "My boss shouts at me.", -1},
                                {"sam", "How long has it been like that?", RESPOND_CLARIFY},
                                {"ann", "For a year now.", -1}};
  /* that the answerer's last strategy was a question */
  assert_int_equal(made_write(&(made){"respond", NULL, RESPOND_FEATURES, 8, bias, .number = 15, .column = column}), 0);
  respond_scorer *scorer;
  assert_int_equal(respond_scorer_open(&scorer, path, &error), MIEN_OK);
  assert_int_equal(respond_score(scorer, turns, 1, got, &error), MIEN_OK);
  expect(got, bias);
  assert_int_equal(respond_score(scorer, turns, 3, got, &error), MIEN_OK);
  for (int k = 0; k < 8; k++) logits[k] = bias[k] + column[k];
  expect(got, logits);
  /* the same turns once more: nothing is left of what was scored before */
  assert_int_equal(respond_score(scorer, turns, 1, got, &error), MIEN_OK);
  expect(got, bias);
  respond_scorer_close(&scorer);
  assert_null(scorer);
}

/* The shipped model says what train/respond.py --golden says of it. */
static void shipped(void **state) {
  static const float golden[3][8] = {{0.58335f, 0.08121f, 0.04028f, 0.07342f, 0.01989f, 0.02016f, 0.02658f, 0.15510f},
                                     {0.36086f, 0.22879f, 0.09413f, 0.14453f, 0.03134f, 0.01850f, 0.06028f, 0.06157f},
                                     {0.31244f, 0.09528f, 0.11994f, 0.19462f, 0.07758f, 0.02754f, 0.11744f, 0.05516f}};
  const respond_turn turns[5] = {{"a", "Hello, I have not slept well since we moved.", -1},
                                 {"b", "What keeps you awake?", RESPOND_CLARIFY},
                                 {"a", "I miss my friends, and nobody here talks to me!", -1},
                                 {"b", "That sounds lonely.", RESPOND_REFLECT},
                                 {"a", "It is. Some days I do not say a word to anyone.", -1}};
  mien_error error = {0};
  char model[1024];
  snprintf(model, sizeof model, "%s/models/respond-research.mien", getenv("MIEN_SOURCE_ROOT"));
  respond_scorer *scorer;
  float got[RESPOND_STRATEGIES];
  if (respond_scorer_open(&scorer, model, &error)) fail_msg("%s (%s): %s", error.what, error.where, error.remedy);
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(respond_score(scorer, turns, 2 * i + 1, got, &error), MIEN_OK);
    for (int k = 0; k < 8; k++) {
      float p = expf(got[k]) * (k == RESPOND_LEARNED ? 5 : 1);
      assert_float_equal(p, golden[i][k], 2e-3f);
    }
  }
  respond_scorer_close(&scorer);
}

static void long_and_hostile(void **state) {
  mien_error error = {0};
  assert_int_equal(made_write(&(made){"respond", NULL, RESPOND_FEATURES, 8, bias}), 0);
  respond_scorer *scorer;
  float got[RESPOND_STRATEGIES];
  assert_int_equal(respond_scorer_open(&scorer, path, &error), MIEN_OK);
  size_t many = 3 * RESPOND_TURNS, bytes = 4 * RESPOND_TURN_BYTES;
  respond_turn *turns = calloc(many, sizeof *turns);
  char *text = malloc(bytes + 1);
  assert_true(turns && text);
  for (size_t i = 0; i < bytes; i++) text[i] = (char)(i % 7 ? i * 31 % 256 : ' ');
  for (size_t i = 0; i < bytes; i++)
    if (!text[i]) text[i] = (char)0xFE;
  text[bytes] = 0;
  for (size_t i = 0; i < many; i++) turns[i] = (respond_turn){i % 3 ? "a" : "b", i % 100 ? "so" : text, i % 3 ? -1 : (int)(i % 12)};
  turns[many - 1].text = text;
  assert_int_equal(respond_score(scorer, turns, many, got, &error), MIEN_OK);
  expect(got, bias);
  turns[many - 2].strategy = RESPOND_STRATEGIES;
  assert_int_equal(respond_score(scorer, turns, many, got, &error), MIEN_EINVAL);
  assert_non_null(strstr(error.what, "the strategy 12"));
  assert_int_equal(respond_score(scorer, turns, 0, got, &error), MIEN_EINVAL);
  assert_int_equal(respond_score(scorer, &(respond_turn){"a", NULL, -1}, 1, got, &error), MIEN_EINVAL);
  assert_non_null(strstr(error.what, "turn 0 has no text"));
  assert_int_equal(respond_score(scorer, &(respond_turn){NULL, "a", -1}, 1, got, &error), MIEN_EINVAL);
  assert_non_null(strstr(error.what, "turn 0 has no speaker"));
  respond_scorer_close(&scorer);
  free(turns);
  free(text);
}

static void refused(const made *what, int code, const char *words) {
  mien_error error = {0};
  respond_scorer *scorer = NULL;
  assert_int_equal(made_write(what), 0);
  assert_int_equal(respond_scorer_open(&scorer, path, &error), code);
  assert_null(scorer);
  if (!strstr(error.what, words)) fail_msg("'%s' is not in '%s'", words, error.what);
  assert_true(*error.remedy);
}

static void models_refused(void **state) {
  static const char other[] = "00000000000000000000000000000000000000000000000000000000000000ff";
  mien_error error = {0};
  respond_scorer *scorer = NULL;
  refused(&(made){"text", NULL, RESPOND_FEATURES, 8, bias}, MIEN_EMODEL, "of the kind 'text'");
  refused(&(made){"respond", NULL, RESPOND_FEATURES + 1, 8, bias}, MIEN_EMODEL, "features of version");
  refused(&(made){"respond", other, RESPOND_FEATURES, 8, bias}, MIEN_EMODEL, "beside the deep text model 0000000000000000…");
  refused(&(made){"respond", NULL, RESPOND_FEATURES, 7, bias}, MIEN_EMODEL, "score.dense");
  assert_int_equal(respond_scorer_open(&scorer, "/nowhere/at/all.mien", &error), MIEN_EIO);
  assert_int_equal(respond_scorer_open(&scorer, "", &error), MIEN_EINVAL);
  assert_int_equal(respond_scorer_open(&scorer, NULL, &error), MIEN_EINVAL);
  assert_int_equal(truncate(path, 1000), 0);
  assert_int_equal(respond_scorer_open(&scorer, path, &error), MIEN_EMODEL);
  assert_null(scorer);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(what_it_says), cmocka_unit_test(shipped),
                                     cmocka_unit_test(long_and_hostile), cmocka_unit_test(models_refused)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
