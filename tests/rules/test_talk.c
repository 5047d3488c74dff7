/* test_talk.c: the figures of a conversation, against ones counted by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rules/rules.h"

#define TEXT(t) t, sizeof(t) - 1
#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-6)

static void by_hand(void **state) {
  /* 0…40 s, quarters of 10. */
  static const talk_turn turns[] = {
      {1, 8, 14, TEXT("I have called before and it is still broken")}, /* cuts in: 0 goes on for 2 s */
      {0, 0, 10, TEXT("one two three four five six seven eight nine ten")},
      {0, 20, 25, NULL, 0},
      {1, 24.8, 24.9, TEXT("yes")}, /* a word is no interruption */
      {1, 30, 40, TEXT("Give me your manager!")},
      {7, 0, 1, NULL, 0}, /* nobody */
      {0, 9, 3, NULL, 0}, /* backwards */
  };
  static const talk_mark marks[] = {{0, 5, 0.5f, -20}, {0, 22, -0.1f, NAN}, {1, 35, NAN, -10}, {9, 1, 1, 1}};
  rules_talk talk;
  mien_error error = {0};
  assert_int_equal(rules_talk_read(&talk, 2, turns, BASE_COUNT(turns), marks, BASE_COUNT(marks), &error), MIEN_OK);
  const talk_figures *a = talk.figures[0], *b = talk.figures[1];
  NEAR(a[0].talk, 15), NEAR(a[1].talk, 10), NEAR(a[2].talk, 0), NEAR(a[3].talk, 5);
  NEAR(b[0].talk, 16.1), NEAR(b[1].talk, 2), NEAR(b[2].talk, 4), NEAR(b[4].talk, 10);
  NEAR(a[0].overlap, 2.1), NEAR(b[0].overlap, 2.1), NEAR(b[1].overlap, 2), NEAR(b[3].overlap, .1);
  NEAR(a[0].share, 15 / 31.1);
  NEAR(talk.silence[0], 11), NEAR(talk.silence[2], 6), NEAR(talk.silence[3], 5), NEAR(talk.longest_silence, 6);
  assert_int_equal(a[0].turns, 2), assert_int_equal(b[0].turns, 3), assert_int_equal(b[4].turns, 1);
  assert_int_equal(b[0].interruptions, 1), assert_int_equal(b[1].interruptions, 1), assert_int_equal(a[0].interruptions, 0);
  NEAR(a[1].speed, 60); /* ten words in ten seconds */
  assert_true(isnan(a[3].speed) && isnan(b[1].sentiment));
  NEAR(a[0].sentiment, (double)(0.5f - 0.1f) / 2);
  NEAR(a[0].loudness, -20), NEAR(b[4].loudness, -10);
  assert_int_equal(b[0].repeat, 1), assert_int_equal(b[1].repeat, 1), assert_int_equal(b[4].escalation, 1), assert_int_equal(a[0].escalation, 0);
}

static void nothing(void **state) {
  rules_talk talk;
  mien_error error = {0};
  talk_turn moment = {0, 5, 5, NULL, 0};
  assert_int_equal(rules_talk_read(&talk, 1, NULL, 0, NULL, 0, &error), MIEN_EEMPTY);
  assert_int_equal(rules_talk_read(&talk, RULES_PEOPLE + 1, NULL, 0, NULL, 0, &error), MIEN_ELIMIT);
  assert_int_equal(rules_talk_read(&talk, 1, &moment, 1, NULL, 0, &error), MIEN_OK);
  assert_true(isnan(talk.figures[0][0].share));
  assert_int_equal(talk.figures[0][0].turns, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand), cmocka_unit_test(nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
