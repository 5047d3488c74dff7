/* test_recorded.c: what `mien read --json` wrote, read back, played, and what is said about files that are something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rules/rules.h"

static const char lines[] =
    "{\"file\":\"b.wav\",\"turn\":{\"who\":\"customer\",\"role\":\"caller\",\"t0\":5,\"t1\":6,\"text\":\"I want your manager\",\"words\":[]}}\n"
    "{\"file\":\"a.wav\",\"modality\":\"fused\",\"who\":\"customer\",\"t0\":1,\"t1\":9,\"dims\":{\"valence\":-0.5},\"states\":{\"frustration\":0.9},\"cues\":[]}\n"
    "\r\n"
    "{\"file\":\"a.wav\",\"modality\":\"voice\",\"who\":\"agent\",\"t0\":1,\"t1\":3,\"cues\":[{\"kind\":\"loudness\",\"value\":-21,\"z\":null}]}\n"
    "{\"file\":\"a.wav\",\"turn\":{\"who\":\"agent\",\"t0\":1,\"t1\":3,\"text\":\"good morning to you\"}}\n"
    "{\"something\":\"else\"}\n";

static double last;
static int events;
static void each(void *context, const rules_event *event) {
  const rules_set *set = context;
  events++;
  last = event->at;
  assert_string_equal(event->who, "customer");
  assert_string_equal(event->role, events == 1 ? "caller" : "customer");
  assert_string_equal(rules_set_about(set, event->rule).name, events == 1 ? "escalation_request" : "frustration_rising");
}

static void played(void **state) {
  rules_recorded *recorded;
  rules_set *set;
  mien_error error = {0};
  assert_int_equal(rules_set_open(&set, NULL, &error), MIEN_OK);
  assert_int_equal(rules_recorded_read(&recorded, lines, sizeof lines - 1, "x.jsonl", &error), MIEN_OK);
  assert_int_equal(rules_recorded_count(recorded), 2);
  assert_string_equal(rules_recorded_name(recorded, 0), "b.wav");
  assert_int_equal(rules_recorded_people(recorded, 1), 2);
  for (size_t i = 0; i < 2; i++) {
    rules_session *session;
    assert_int_equal(rules_session_open(&session, set, NULL, 0, &error), MIEN_OK);
    assert_int_equal(rules_recorded_play(recorded, i, session, each, set), MIEN_OK);
    assert_int_equal(events, (int)i + 1);
    assert_true(fabs(last - (i ? 9 : 6)) < 1e-9);
    rules_session_close(&session);
  }
  rules_talk talk;
  assert_int_equal(rules_recorded_talk(recorded, 1, &talk, &error), MIEN_OK);
  size_t agent = strcmp(rules_recorded_who(recorded, 1, 0), "agent") ? 1 : 0;
  assert_true(fabs(talk.figures[agent][0].loudness + 21) < 1e-6);
  assert_true(fabs(talk.figures[agent][0].speed - 120) < 1e-6);
  assert_true(fabs(talk.figures[1 - agent][0].sentiment + 0.5) < 1e-6);
  rules_recorded_close(&recorded);
  rules_set_close(&set);
}

static void wrong(void **state) {
  static const struct {
    const char *text;
    int code;
    const char *where;
  } rows[] = {{"", MIEN_EEMPTY, "x.jsonl"}, {"{\"file\":\"a\"}\n", MIEN_EEMPTY, "x.jsonl"}, {"{\"file\":\"a\"}\nhello\n", MIEN_EFORMAT, "line 2"},
              {"[]\n", MIEN_EFORMAT, "line 1"}, {"{\"turn\":{\"who\":\"a\",\"t0\":3,\"t1\":1}}\n", MIEN_EEMPTY, ""},
              {"{\"turn\":{\"who\":\"\",\"t0\":1,\"t1\":3}}\n", MIEN_EEMPTY, ""}, {"{\"modality\":\"smell\",\"who\":\"a\",\"t1\":1}", MIEN_EEMPTY, ""}};
  for (size_t i = 0; i < BASE_COUNT(rows); i++) {
    rules_recorded *recorded;
    mien_error error = {0};
    assert_int_equal(rules_recorded_read(&recorded, rows[i].text, strlen(rows[i].text), "x.jsonl", &error), rows[i].code);
    assert_null(recorded);
    if (!strstr(error.where, rows[i].where)) fail_msg("%s: %s", rows[i].text, error.where);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(played), cmocka_unit_test(wrong)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
