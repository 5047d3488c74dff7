/* test_packs.c: what each shipped pack allows and refuses, row by row, and what a pack may not be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "guard/guard.h"

typedef struct row {
  const char *place, *purpose, *context, *role;
  unsigned read;       /* without any consent */
  const char *because; /* part of the refusal; NULL: allowed */
} row;

static const row rows[] = {
    {"eu", "customer_service", "call", "customer", MIEN_READ_TEXT, NULL},
    {"DE", "customer_service", "call", "customer", MIEN_READ_TEXT, NULL},
    {"no", "customer_service", "chat", "customer", MIEN_READ_TEXT, NULL},
    {"eu", "customer_service", "call", "agent", 0, "5(1)(f)"},
    {"eu", "workplace_monitoring", "call", "employee", 0, "5(1)(f)"},
    {"eu", "performance_assessment", "call", "agent", 0, "5(1)(f)"},
    {"eu", "customer_service", "workplace", "customer", 0, "5(1)(f)"},
    {"eu", "recruitment", "video_call", "candidate", 0, "5(1)(f)"},
    {"eu", "education", "video_call", "student", 0, "5(1)(f)"},
    {"eu", "self", "education", "self", 0, "5(1)(f)"},
    {"eu", "law_enforcement", "call", "participant", 0, "Annex III"},
    {"eu", "border_control", "call", "participant", 0, "Annex III"},
    {"eu", "covert", "call", "customer", 0, "50(3)"},
    {"eu", "credit_scoring", "call", "customer", 0, "Article 22"},
    {"eu", "lie_detection", "call", "customer", 0, "lie"},
    {"eu", "customer_service", "public_space", "customer", 0, "public space"},
    {"eu", "customer_service", "call", "child", 0, "Article 8"},
    {"eu", "research", "call", "participant", 0, "consent"},
    {"eu", "anything_else", "call", "customer", 0, "does not name"},
    {"eu", "customer_service", "elsewhere", "customer", 0, "does not name"},
    {"eu", "customer_service", "call", "stranger", 0, "does not name"},
    {"uk", "customer_service", "call", "customer", MIEN_READ_TEXT, NULL},
    {"gb", "workplace_monitoring", "call", "employee", 0, "7(4)"},
    {"uk", "recruitment", "call", "candidate", 0, "Equality Act"},
    {"us", "customer_service", "call", "customer", MIEN_READ_TEXT, NULL},
    {"us", "recruitment", "call", "candidate", 0, "ADA"},
    {"us", "customer_service", "call", "agent", 0, "consent"},
    {"us-il", "customer_service", "call", "customer", 0, "consent"},
    {"US-IL", "customer_service", "call", "agent", 0, "740 ILCS 14/15"},
    {"us-tx", "customer_service", "call", "customer", 0, "consent"},
    {"br", "customer_service", "call", "customer", 0, "consent"},
    {"", "customer_service", "call", "customer", 0, "consent"},
    {"br", "game", "game", "player", 0, "does not name"},
};

static void shipped(void **state) {
  guard_packs *packs;
  mien_error error = {0};
  if (guard_packs_open(&packs, NULL, &error)) fail_msg("%s (%s)", error.what, error.where);
  for (size_t i = 0; i < BASE_COUNT(rows); i++) {
    guard_person person = {"them", "", "s-1", ""};
    guard_answer answer;
    snprintf(person.role, sizeof person.role, "%s", rows[i].role);
    guard_ask ask = {"t", rows[i].purpose, rows[i].context, rows[i].place, true, false, &person, 1, NULL, 0};
    int code = guard_decide(packs, NULL, &ask, &answer, &error);
    if (code != (rows[i].because ? MIEN_EPOLICY : MIEN_OK) || answer.people[0].read != rows[i].read ||
        (rows[i].because && !strstr(error.what, rows[i].because)))
      fail_msg("%s %s %s %s: %d, reads %u: %s", rows[i].place, rows[i].purpose, rows[i].context, rows[i].role, code,
               answer.people[0].read, error.what);
  }
  guard_packs_close(&packs);
}

static void without_notice(void **state) {
  guard_packs *packs;
  mien_error error = {0};
  guard_answer answer;
  guard_person person = {"them", "customer", "s-1", ""};
  assert_int_equal(guard_packs_open(&packs, NULL, &error), MIEN_OK);
  static const char *const places[] = {"eu", "uk", "us", "us-il", "anywhere"};
  for (size_t i = 0; i < BASE_COUNT(places); i++) {
    guard_ask ask = {"t", "customer_service", "call", places[i], false, false, &person, 1, NULL, 0};
    assert_int_equal(guard_decide(packs, NULL, &ask, &answer, &error), MIEN_EPOLICY);
    assert_string_equal(error.where, "notice_given");
    assert_true(*answer.notice); /* what they are to be told */
  }
  assert_string_equal(guard_pack_of(packs, "fr"), "eu");
  assert_string_equal(guard_pack_of(packs, "mars"), "strict");
  guard_packs_close(&packs);
}

static void only_those_who_may(void **state) {
  guard_packs *packs;
  mien_error error = {0};
  guard_answer answer;
  guard_person people[] = {{"caller", "customer", "s-1", ""}, {"desk", "agent", "", ""}};
  assert_int_equal(guard_packs_open(&packs, NULL, &error), MIEN_OK);
  guard_ask ask = {"t", "customer_service", "call", "eu", true, true, people, 2, NULL, 0};
  assert_int_equal(guard_decide(packs, NULL, &ask, &answer, &error), MIEN_OK);
  assert_int_equal(answer.people[0].read, MIEN_READ_TEXT);
  assert_int_equal(answer.people[0].mode, GUARD_OBSERVE);
  assert_int_equal(answer.people[1].read, 0);
  assert_int_equal(answer.people[1].mode, GUARD_NOTHING);
  assert_non_null(strstr(answer.people[0].why, "voice"));
  guard_packs_close(&packs);
}

static void wrong_packs(void **state) {
#define HEAD "pack: x\nversion: 1\ntitle: X\nnotice: none\njurisdictions: [xx]\n"
  static const struct {
    const char *text, *what, *place;
  } cases[] = {
      {"pack: x\n", "missing", "line 1"},
      {HEAD "purposes: {}\ncontexts: {a: {}}\nroles: {a: {}}\n", "purposes", "line 6"},
      {HEAD "purposes: {a: {readd: [text]}}\ncontexts: {a: {}}\nroles: {a: {}}\n", "readd", "line 6"},
      {HEAD "purposes: {a: {read: [smell]}}\ncontexts: {a: {}}\nroles: {a: {}}\n", "smell", "line 6"},
      {HEAD "purposes: {a: {}}\ncontexts: {a: {}}\nroles: {a: {mode: some}}\n", "some", "line 8"},
      {HEAD "purposes: {a: {retention: soon}}\ncontexts: {a: {}}\nroles: {a: {}}\n", "length of time", "line 6"},
  };
  for (size_t i = 0; i < BASE_COUNT(cases); i++) {
    guard_packs *packs;
    mien_error error = {0};
    assert_int_equal(guard_packs_read(&packs, cases[i].text, strlen(cases[i].text), "x.yaml", &error), MIEN_EFORMAT);
    if (!strstr(error.what, cases[i].what) || !strstr(error.where, cases[i].place))
      fail_msg("%s: %s (%s)", cases[i].text, error.what, error.where);
  }
}

static void observing_says_no_emotion(void **state) {
  mien_reading reading;
  mien_cue given = {.kind = "pitch", .toward = MIEN_ANGER, .weight = 0.5f, .value = 3}, kept[4];
  base_reading_init(&reading, MIEN_VOICE);
  reading.core[MIEN_NEUTRAL] = 0, reading.core[MIEN_ANGER] = 1;
  reading.dims[0] = -0.5f, reading.confidence = 0.9f, reading.flags[MIEN_DISTRESS] = 1, reading.set = 8;
  reading.cues = &given, reading.cue_count = 1, reading.t0 = 1, reading.t1 = 2;
  guard_observe(&reading, kept, 4);
  for (int k = 0; k < MIEN_CORE; k++) assert_float_equal(reading.core[k], 1.0f / MIEN_CORE, 1e-6);
  for (int d = 0; d < MIEN_DIMS; d++) assert_true(isnan(reading.dims[d]));
  assert_true(isnan(reading.flags[MIEN_DISTRESS]) && isnan(reading.extra[MIEN_CALM]));
  assert_int_equal(reading.cue_count, 1);
  assert_int_equal(reading.cues[0].toward, -1);
  assert_true(isnan(reading.cues[0].weight));
  assert_float_equal(reading.cues[0].value, 3, 0);
  assert_float_equal(reading.t1, 2, 0);
  assert_non_null(reading.abstain);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(shipped), cmocka_unit_test(without_notice), cmocka_unit_test(only_those_who_may),
                                     cmocka_unit_test(wrong_packs), cmocka_unit_test(observing_says_no_emotion)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
