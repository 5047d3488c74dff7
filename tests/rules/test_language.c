/* test_language.c: what rules may say, what is said about wrong ones and in which line; the page and the shipped rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rules/rules.h"

static int read_text(const char *text, mien_error *error) {
  rules_set *set;
  *error = (mien_error){0};
  int code = rules_set_read(&set, text, strlen(text), "test.yaml", error);
  if (code) assert_null(set);
  rules_set_close(&set);
  return code;
}

/* A rule named r whose body is `body`, from line 4 on. */
static int read_rule(const char *body, mien_error *error) {
  char text[2048];
  snprintf(text, sizeof text, "version: 1\nrules:\n  r:\n%s", body);
  return read_text(text, error);
}

static void good(void **state) {
  static const char *const bodies[] = {
      "    when: core.anger > 0.5\n",
      "    when: fine.annoyance >= .5\n",
      "    when: extra.boredom > 0.5\n",
      "    when: valence < -0.2 for at least 3 turns\n",
      "    when: trend.arousal > 0.01 for at least 10 s\n",
      "    when: forecast.valence <= -0.5 in the last 30 s\n",
      "    when: flags.sarcasm > 0.5 3 times in the last 5 min\n",
      "    when: confidence < 0.3\n",
      "    when: cues.pitch > 2\n",
      "    when: measured.rate > 5\n",
      "    when: talk.speed > 220\n",
      "    when: talk.share > 0.8\n",
      "    when: interruptions\n",
      "    when: silence > 10 for at least 2 s\n    role: conversation\n",
      "    when: {words: [cancel, 'speak to a manager'], window: 2 times in the last 60 s}\n",
      "    when: {all: [valence < 0, {any: [arousal > 0, {not: core.joy > 0.2}]}]}\n",
      "    when: [valence < 0, arousal > 0]\n    leave: valence > 0\n    for: 3 s\n    cooldown: 1 min\n    budget: {session: 1, day: 9}\n    role: [a, b]\n    severity: critical\n    actions: [x, y]\n",
  };
  mien_error error;
  for (size_t i = 0; i < BASE_COUNT(bodies); i++)
    if (read_rule(bodies[i], &error)) fail_msg("%s: %s (%s)", bodies[i], error.what, error.where);
}

static void wrong(void **state) {
  static const struct {
    const char *body, *what, *where, *remedy;
  } rows[] = {
      {"    when: core.rage > 0.5\n", "no 'rage'", "line 4", "anger"},
      {"    severity: info\n    when: mood > 0.5\n", "'mood' is no term", "line 5", "docs/rules.md"},
      {"    when: valence = 0\n", "no comparison", "line 4", ">="},
      {"    when: valence < low\n", "no number", "line 4", ""},
      {"    when: valence < nan\n", "no number", "line 4", ""},
      {"    when: valence < 0 in the last 30\n", "no length of time", "line 4", "in the last 30 s"},
      {"    when: valence < 0 for 30 s\n", "at least", "line 4", ""},
      {"    when: valence < 0 for at least 0 turns\n", "no length", "line 4", ""},
      {"    when: valence < 0 9 times in the last 30 s\n", "not understood", "line 4", "2 to 8"},
      {"    when: valence < 0 3 times\n", "needs 'in the last'", "line 4", ""},
      {"    when: valence < 0 in the last 3 s for at least 3 s\n", "do not go together", "line 4", ""},
      {"    when:\n      - valence < 0\n      - {some: [valence < 0]}\n", "no condition", "line 6", "any:"},
      {"    when: {any: []}\n", "needs a list", "line 4", ""},
      {"    when: {words: []}\n", "must be a list", "line 4", ""},
      {"    when: {words: ['...']}\n", "no letter", "line 4", ""},
      {"    severity: info\n", "no 'when'", "line 4", ""},
      {"    when: valence < 0\n    serverity: info\n", "'serverity'", "line 5", "severity"},
      {"    when: valence < 0\n    severity: high\n", "'high' is no severity", "line 5", "critical"},
      {"    when: valence < 0\n    cooldown: soon\n", "no length of time", "line 5", "5 min"},
      {"    when: valence < 0\n    budget: {session: 0}\n", "no budget", "line 5", "whole number"},
      {"    when: valence < 0\n    budget: {week: 3}\n", "session and day", "line 5", ""},
      {"    when: valence < 0\n    role: Agent Smith\n", "no name", "line 5", ""},
      {"    when: valence < 0\n    role: conversation\n", "only 'silence'", "line 4", "roles"},
      {"    when: valence < 0\n    always: true\n    cooldown: 3 s\n    actions: [person]\n", "'always'", "line", "leave budget"},
      {"    when: valence < 0\n    always: true\n    actions: [alert]\n", "person", "line", "[person]"},
  };
  mien_error error;
  for (size_t i = 0; i < BASE_COUNT(rows); i++) {
    assert_int_equal(read_rule(rows[i].body, &error), MIEN_EFORMAT);
    if (!strstr(error.what, rows[i].what) || !strstr(error.where, rows[i].where) || !strstr(error.remedy, rows[i].remedy))
      fail_msg("%s: %s (%s): %s", rows[i].body, error.what, error.where, error.remedy);
  }
  assert_int_equal(read_text("version: 2\nrules: {r: {when: valence < 0}}\n", &error), MIEN_EFORMAT);
  assert_int_equal(read_text("version: 1\n", &error), MIEN_EFORMAT);
  assert_int_equal(read_text("", &error), MIEN_EFORMAT);
}

static void shipped(void **state) {
  static const char *const names[] = {"frustration_rising", "escalation_request", "confusion", "masked_distress", "recovery",
                                      "agent_talk_over", "long_silence", "crisis_words"};
  rules_set *set;
  mien_error error = {0};
  if (rules_set_open(&set, NULL, &error)) fail_msg("%s (%s)", error.what, error.where);
  assert_int_equal(rules_set_count(set), BASE_COUNT(names));
  for (size_t i = 0; i < BASE_COUNT(names); i++) {
    rules_about about = rules_set_about(set, i);
    assert_string_equal(about.name, names[i]);
    assert_int_equal(about.always, !strcmp(names[i], "crisis_words"));
    if (about.always) assert_string_equal(about.actions[0], "person");
  }
  rules_set_close(&set);
}

/* Every yaml block of docs/rules.md is a file of rules that holds. */
static void page(void **state) {
  char path[1024];
  const char *root = getenv("MIEN_SOURCE_ROOT");
  snprintf(path, sizeof path, "%s/docs/rules.md", root ? root : ".");
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  static char text[1 << 16];
  size_t count = fread(text, 1, sizeof text - 1, file), blocks = 0;
  fclose(file);
  text[count] = 0;
  for (char *at = text; (at = strstr(at, "```yaml\n")); blocks++) {
    char *end = strstr(at += 8, "```");
    assert_non_null(end);
    *end = 0;
    mien_error error;
    if (read_text(at, &error)) fail_msg("docs/rules.md, block %zu: %s (%s)", blocks + 1, error.what, error.where);
    at = end + 1;
  }
  assert_true(blocks >= 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(wrong), cmocka_unit_test(shipped), cmocka_unit_test(page)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
