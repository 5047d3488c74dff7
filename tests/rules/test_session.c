/* test_session.c: when rules fire: windows, turns, hysteresis, cooldown, budgets, words, interruptions, silence; and that
 * feeding takes no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rules/rules.h"

static rules_set *set;
static rules_session *session;

static void open_with(const char *body, rules_budget *budget) {
  char text[2048];
  mien_error error = {0};
  snprintf(text, sizeof text, "version: 1\nrules:\n  r:\n%s", body);
  if (rules_set_read(&set, text, strlen(text), "test.yaml", &error)) fail_msg("%s (%s)", error.what, error.where);
  assert_int_equal(rules_session_open(&session, set, budget, 0, &error), MIEN_OK);
  assert_int_equal(rules_session_join(session, "ann", "customer"), MIEN_OK);
  assert_int_equal(rules_session_join(session, "bob", "agent"), MIEN_OK);
}

static void shut(void) {
  rules_session_close(&session);
  rules_set_close(&set);
}

static void feed(const char *who, double at, float valence) {
  mien_reading state;
  base_reading_init(&state, MIEN_FUSED);
  state.who = who;
  state.t0 = at - 1;
  state.t1 = at;
  state.dims[MIEN_VALENCE] = valence;
  rules_session_feed_reading(session, &state);
}

static void say(const char *who, double t0, double t1, const char *text) { rules_session_feed_turn(session, who, t0, t1, text, strlen(text)); }

/* The next event's time; -1: none. */
static double next(const char *who) {
  rules_event event;
  if (rules_session_next(session, &event)) return -1;
  assert_string_equal(event.who, who);
  return event.at;
}
#define NEXT(who, time) assert_true(fabs(next(who) - (time)) < 1e-6)

static void hysteresis(void **state) {
  open_with("    when: valence < -0.5\n    leave: valence > 0\n    role: customer\n", NULL);
  feed("bob", 1, -0.9f); /* no customer */
  feed("nobody", 1, -0.9f);
  NEXT("", -1.0);
  feed("ann", 2, -0.6f);
  NEXT("ann", 2.0);
  feed("ann", 3, -0.4f); /* not left */
  feed("ann", 4, -0.6f);
  NEXT("", -1.0);
  feed("ann", 5, 0.1f);
  feed("ann", 6, -0.6f);
  NEXT("ann", 6.0);
  shut();
}

static void windows(void **state) {
  open_with("    when: valence < -0.5 for at least 3 s\n", NULL);
  for (int t = 1; t <= 3; t++) feed("ann", t, -0.6f);
  NEXT("", -1.0);
  feed("ann", 4, -0.6f);
  NEXT("ann", 4.0);
  shut();
  open_with("    when: [valence < -0.5 in the last 10 s, valence > 0.5]\n", NULL);
  feed("ann", 1, -0.6f);
  feed("ann", 14, 0.6f); /* 12.x s later */
  NEXT("", -1.0);
  feed("ann", 15, -0.6f);
  feed("ann", 20, 0.6f);
  NEXT("ann", 20.0);
  shut();
  open_with("    when: valence < -0.5 3 times in the last 20 s\n", NULL);
  for (int t = 0; t < 6; t++) feed("ann", t, t % 2 ? 0.f : -0.6f); /* begins at 0, 2, 4 */
  NEXT("ann", 4.0);
  shut();
  open_with("    when: valence < -0.5 for at least 30 s\n", NULL); /* one state does not stand for half a minute */
  feed("ann", 1, -0.6f);
  rules_session_advance(session, 60);
  NEXT("", -1.0);
  shut();
  open_with("    when: valence < -0.5\n    for: 2 s\n", NULL);
  feed("ann", 1, -0.6f);
  NEXT("", -1.0);
  rules_session_advance(session, 3);
  NEXT("ann", 3.0);
  shut();
}

static void turns(void **state) {
  open_with("    when: valence < -0.5 for at least 3 turns\n", NULL);
  for (int t = 0; t < 2; t++) {
    say("ann", 10 * t, 10 * t + 2, "so it goes");
    feed("ann", 10 * t + 2, -0.6f);
  }
  NEXT("", -1.0);
  say("ann", 20, 22, "so it goes");
  feed("ann", 22, 0.5f); /* a good turn between */
  say("ann", 30, 32, "so it goes");
  feed("ann", 32, -0.6f);
  feed("ann", 39, -0.6f);
  say("ann", 40, 42, "so it goes");
  feed("ann", 42, -0.6f);
  NEXT("", -1.0);
  say("ann", 50, 52, "so it goes");
  feed("ann", 52, -0.6f);
  double at = next("ann");
  assert_true(at >= 50 && at <= 52);
  shut();
}

static void holding_back(void **state) {
  rules_budget *budget;
  mien_error error = {0};
  open_with("    when: {words: [cancel]}\n    cooldown: 10 s\n    budget: {session: 2, day: 3}\n", NULL);
  assert_int_equal(rules_budget_open(&budget, set, &error), MIEN_OK);
  shut();
  for (int day = 0; day < 2; day++)
    for (int k = 0; k < 2; k++) {
      char body[] = "    when: {words: [cancel]}\n    cooldown: 10 s\n    budget: {session: 2, day: 3}\n";
      open_with(body, budget);
      rules_session_close(&session);
      assert_int_equal(rules_session_open(&session, set, budget, 86400.0 * (20000 + day), &error), MIEN_OK);
      assert_int_equal(rules_session_join(session, "ann", "customer"), MIEN_OK);
      for (int t = 0; t < 5; t++) say("ann", 6 * t, 6 * t + 1, "Please CANCEL it!"); /* at 1, 7, 13, 19, 25 */
      rules_count count = rules_session_count(session, 0);
      assert_int_equal(count.met, 5);
      assert_int_equal(count.fired, k ? 1 : 2); /* the day's third is the second session's first */
      assert_int_equal(count.met, count.fired + count.cooled + count.spent);
      if (!k) {
        NEXT("ann", 1.0);
        NEXT("ann", 13.0);
        assert_int_equal(count.cooled, 2);
      }
      shut();
    }
  rules_budget_close(&budget);
}

static void always(void **state) {
  mien_error error = {0};
  static const char *const said[] = {"I want to die.", "Sometimes I don\xe2\x80\x99t want to live", "ICH WILL STERBEN", "je veux mourir", "quiero morir", "Chcę umrzeć"};
  assert_int_equal(rules_set_open(&set, NULL, &error), MIEN_OK);
  assert_int_equal(rules_session_open(&session, set, NULL, 0, &error), MIEN_OK);
  assert_int_equal(rules_session_join(session, "ann", "anybody"), MIEN_OK);
  size_t crisis = rules_set_count(set) - 1;
  for (size_t i = 0; i < 600; i++) say("ann", 5, 5, said[i % BASE_COUNT(said)]); /* all at one moment, more than the queue holds */
  assert_int_equal(rules_session_count(session, crisis).fired, 600);
  say("ann", 6, 6, "The dye is cast, I was dying to see a living room");
  assert_int_equal(rules_session_count(session, crisis).fired, 600);
  shut();
}

static void words(void **state) {
  open_with("    when: {words: [speak to a manager, 投诉, don't]}\n", NULL);
  say("ann", 1, 2, "Let me SPEAK\tto a... manager, now");
  NEXT("ann", 2.0);
  say("ann", 3, 4, "speak to a managers' club"); /* "managers" is another word */
  NEXT("", -1.0);
  say("ann", 5, 6, "我要投诉你们");
  NEXT("ann", 6.0);
  say("ann", 7, 8, "I DON\xe2\x80\x99T");
  NEXT("ann", 8.0);
  say("ann", 9, 10, "\xff\xfe don't\xc3");
  NEXT("ann", 10.0);
  shut();
}

static void interruptions(void **state) {
  open_with("    when: interruptions\n", NULL);
  say("ann", 0, 5, "and then I told them that it was broken");
  say("bob", 4, 8, "let me stop you there please"); /* began while she went on for a second */
  NEXT("bob", 8.0);
  say("ann", 8.1, 12, "no you let me finish");
  NEXT("", -1.0);
  say("bob", 9, 9.4, "I see"); /* inside her turn, but no interruption; her turn has ended already */
  NEXT("", -1.0);
  shut();
}

static void silence(void **state) {
  open_with("    when: silence > 20\n    role: conversation\n", NULL);
  say("ann", 0, 5, "hello");
  rules_session_feed_speech(session, "bob", 20);
  say("bob", 20, 50, "a long story, thirty seconds of it"); /* he speaks: no silence */
  NEXT("", -1.0);
  say("ann", 80, 81, "are you there");
  double at = next("");
  assert_true(at > 70 && at <= 71.5); /* it is told while it goes on */
  NEXT("", -1.0);
  shut();
}

static size_t resized;
static void *count_resize(void *context, void *old, size_t bytes) {
  resized++;
  if (!bytes) return free(old), NULL;
  return realloc(old, bytes);
}

static void no_memory_taken(void **state) {
  mien_error error = {0};
  mien_memory_set(count_resize, NULL);
  assert_int_equal(rules_set_open(&set, NULL, &error), MIEN_OK);
  assert_int_equal(rules_session_open(&session, set, NULL, 0, &error), MIEN_OK);
  assert_int_equal(rules_session_join(session, "ann", "customer"), MIEN_OK);
  size_t before = resized;
  assert_true(before > 0);
  for (int i = 0; i < 500; i++) {
    say("ann", i, i + 1, "I want a manager and I want to die");
    feed("ann", i + 1, i % 2 ? 0.5f : -0.5f);
  }
  assert_int_equal(resized, before);
  shut();
  mien_memory_set(NULL, NULL);
}

/* Of whom cues alone may be read, no rule that names an emotion is tried, by whatever half of it holds. */
static void observations_only(void **state) {
  const char either[] = "    when: {any: [valence < 0, words: [dreadful]]}\n";
  open_with(either, NULL);
  assert_true(rules_set_about(set, 0).emotion);
  rules_session_observe(session, "ann", true);
  say("ann", 1, 2, "dreadful");
  feed("ann", 3, -1);
  NEXT("", -1.0);
  say("bob", 4, 5, "dreadful");
  NEXT("bob", 5.0);
  rules_session_advance(session, 59);
  rules_session_observe(session, "ann", false);
  say("ann", 60, 61, "dreadful");
  NEXT("ann", 61.0);
  shut();
  open_with("    when: {words: [dreadful]}\n", NULL);
  assert_false(rules_set_about(set, 0).emotion);
  rules_session_observe(session, "ann", true);
  say("ann", 1, 2, "dreadful");
  NEXT("ann", 2.0);
  shut();
  open_with("    when: talk.speed > 100\n    leave: states.stress < 0.1\n", NULL);
  assert_true(rules_set_about(set, 0).emotion);
  shut();
}

static void bad_input(void **state) {
  open_with("    when: valence < 0\n", NULL);
  assert_int_equal(rules_session_join(session, "", "x"), MIEN_EINVAL);
  for (int i = 0; i < RULES_PEOPLE - 2; i++) {
    char who[8];
    snprintf(who, sizeof who, "p%d", i);
    assert_int_equal(rules_session_join(session, who, "x"), MIEN_OK);
  }
  assert_int_equal(rules_session_join(session, "late", "x"), MIEN_ELIMIT);
  feed("ann", 1, NAN);
  feed("ann", (double)NAN, -1);
  feed("ann", (double)INFINITY, -1);
  say("ann", 5, 1, "backwards");
  say("ann", 1e300, 1e301, "far away");
  NEXT("", -1.0);
  shut();
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(hysteresis), cmocka_unit_test(windows), cmocka_unit_test(turns), cmocka_unit_test(holding_back),
                                     cmocka_unit_test(always), cmocka_unit_test(words), cmocka_unit_test(interruptions), cmocka_unit_test(silence),
                                     cmocka_unit_test(observations_only), cmocka_unit_test(no_memory_taken), cmocka_unit_test(bad_input)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
