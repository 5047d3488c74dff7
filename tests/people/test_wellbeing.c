/* One person's days: the opt-in, shifts found and their rate of false alarms by simulation, words of crisis, whom to call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/base.h"
#include "mien_wellbeing.h"
#include "../failing.h"

#define START 1767225600.0 /* 2026-01-01 */
#define DAY 86400.0

static mien_wellbeing *opened(const char *country) {
  mien_wellbeing_options options = {sizeof options, 1, country, 0};
  mien_wellbeing *own = NULL;
  assert_int_equal(mien_wellbeing_open(&own, &options, NULL), MIEN_OK);
  return own;
}

static uint64_t noise = 7;
static double uniform(void) {
  noise = noise * 6364136223846793005u + 1442695040888963407u;
  return (double)(noise >> 11) / 9007199254740992.0;
}
static double normal(void) { return sqrt(-2 * log(uniform() + 1e-300)) * cos(6.283185307179586 * uniform()); }

/* Days of a mood with this likeness from day to day, sd 0.2 around 0.1, moved by `by` sd from day `from` on. */
static void live(mien_wellbeing *own, int days, double alike, int from, double by) {
  double x = normal();
  for (int i = 0; i < days; i++) {
    x = alike * x + sqrt(1 - alike * alike) * normal();
    assert_int_equal(mien_wellbeing_add(own, START + i * DAY + 3600 * (8 + 12 * uniform()), 0.1 + 0.2 * (x + (i >= from ? by : 0)), NULL), MIEN_OK);
  }
}

/* The header states one a year at most, of people whose days are alike as people's are, and more. */
static void test_false_alarms(void **state) {
  static const double alike[] = {0, 0.3, 0.5};
  for (size_t a = 0; a < BASE_COUNT(alike); a++) {
    int alarms = 0;
    enum { PEOPLE = 200, DAYS = 365 };
    for (int p = 0; p < PEOPLE; p++) {
      mien_wellbeing *own = opened(NULL);
      mien_wellbeing_now now;
      live(own, DAYS, alike[a], DAYS, 0);
      assert_int_equal(mien_wellbeing_read(own, &now), MIEN_OK);
      alarms += now.shifts;
      mien_wellbeing_close(&own);
    }
    print_message("likeness %.1f: %.2f false alarms a year\n", alike[a], (double)alarms / PEOPLE);
    assert_true((double)alarms / PEOPLE <= MIEN_WELLBEING_FALSE_ALARMS);
    assert_true(alarms > 0); /* a limit that never speaks would be too wide */
  }
}

static void test_shifts_are_found(void **state) {
  enum { PEOPLE = 100, FROM = 60, DAYS = 120 };
  int found = 0;
  double late = 0, began = 0;
  for (int p = 0; p < PEOPLE; p++) {
    mien_wellbeing *own = opened(NULL);
    mien_wellbeing_now now;
    mien_wellbeing_shift s;
    live(own, DAYS, 0.3, FROM, -2);
    assert_int_equal(mien_wellbeing_read(own, &now), MIEN_OK);
    for (int i = 0; i < now.shifts; i++) {
      assert_int_equal(mien_wellbeing_shift_at(own, i, &s), MIEN_OK);
      if (s.direction > 0 || s.told < START + FROM * DAY) continue;
      found++;
      late += (s.told - START) / DAY - FROM;
      began += fabs((s.since - START) / DAY - FROM);
      assert_true(s.after < s.before);
      break;
    }
    mien_wellbeing_close(&own);
  }
  print_message("two spreads down: %d of %d found, %.1f days late, its beginning %.1f days off\n", found, PEOPLE, late / found, began / found);
  assert_true(found >= 90);
  assert_true(late / found < 14);
  assert_true(began / found < 8);
}

/* One terrible day is no shift. */
static void test_one_day(void **state) {
  mien_wellbeing *own = opened("de");
  mien_wellbeing_now now;
  for (int i = 0; i < 60; i++) mien_wellbeing_add(own, START + i * DAY, i == 40 ? -1 : 0.1 + 0.1 * ((i * 7) % 5 - 2), NULL);
  assert_int_equal(mien_wellbeing_read(own, &now), MIEN_OK);
  assert_int_equal(now.shifts, 0);
  assert_int_equal(now.days, 60);
  assert_true(fabs(now.against) < 2);
  mien_wellbeing_close(&own);
}

static void test_opt_in_and_input(void **state) {
  mien_wellbeing_options options = {sizeof options, 0, NULL, 0};
  mien_wellbeing *own = NULL;
  mien_wellbeing_now now;
  mien_error error;
  assert_int_equal(mien_wellbeing_open(&own, &options, &error), MIEN_EPOLICY);
  assert_null(own);
  options.agreed = 1, options.offset = 5000;
  assert_int_equal(mien_wellbeing_open(&own, &options, &error), MIEN_EINVAL);
  assert_int_equal(mien_wellbeing_open(&own, NULL, &error), MIEN_EINVAL);
  options.offset = 120;
  assert_int_equal(mien_wellbeing_open(&own, &options, &error), MIEN_OK);
  assert_int_equal(mien_wellbeing_add(own, (double)NAN, 0, &error), MIEN_EINVAL);
  assert_int_equal(mien_wellbeing_add(own, 5, 0, &error), MIEN_EINVAL);
  assert_int_equal(mien_wellbeing_add(own, START, (double)INFINITY, &error), MIEN_EINVAL);
  assert_int_equal(mien_wellbeing_read(own, &now), MIEN_OK);
  assert_int_equal(now.days, 0);
  assert_true(isnan(now.usual) && isnan(now.week));
  assert_int_equal(mien_wellbeing_add(own, START + 21.5 * 3600, 0.4, &error), MIEN_OK); /* half past eleven at night there */
  assert_int_equal(mien_wellbeing_add(own, START + 22.5 * 3600, 0.2, &error), MIEN_OK); /* after midnight */
  assert_int_equal(mien_wellbeing_read(own, &now), MIEN_OK);
  assert_int_equal(now.days, 2);
  for (int i = 0; i < MIEN_WELLBEING_DAYS - 2; i++) assert_int_equal(mien_wellbeing_add(own, START + (i + 2) * DAY, 0.1, &error), MIEN_OK);
  assert_int_equal(mien_wellbeing_add(own, START + 5000 * DAY, 0.1, &error), MIEN_ELIMIT);
  mien_wellbeing_close(&own);
}

static void test_crisis(void **state) {
  static const char *const there[] = {"I want to die.", "Sometimes I think about KILLING MYSELF", "Ich will nicht mehr leben.", "J'ai envie de mourir", "Quiero morir", "Voglio morire", "Eu quero morrer",
                                      "they would be better off without me", "I don\xE2\x80\x99t want to live", "i dont want to be here anymore", "self-harm", "Ik wil dood", "Chcę umrzeć.", "我真的不想活了",
                                      "أريد أن أموت", "Gestern hätte ich mir das Leben nehmen wollen", "Je ne veux plus vivre", "Vontade de me machucar"};
  static const char *const not_there[] = {"I am tired and sad today.", "This traffic is killing me.", "I would die for a coffee", "", "Die Suppe war gut", "my phone died"};
  for (size_t i = 0; i < BASE_COUNT(there); i++)
    if (!mien_wellbeing_crisis(there[i], strlen(there[i]))) fail_msg("missed: %s", there[i]);
  for (size_t i = 0; i < BASE_COUNT(not_there); i++)
    if (mien_wellbeing_crisis(not_there[i], strlen(not_there[i]))) fail_msg("wrong: %s", not_there[i]);
  static char text[20000];
  for (size_t at = 0; at + 40 < sizeof text; at += 613) { /* wherever it stands */
    memset(text, 0, sizeof text);
    for (size_t i = 0; i < sizeof text - 1; i++) text[i] = i % 2 ? ' ' : 'a';
    memcpy(text + at, " i want to die ", 15);
    assert_int_equal(mien_wellbeing_crisis(text, sizeof text - 1), 1);
  }
}

static void test_told(void **state) {
  char text[4096], help[1024];
  mien_wellbeing *own = opened("US");
  for (int i = 0; i < 60; i++) mien_wellbeing_add(own, START + i * DAY, (i < 40 ? 0.2 : -0.4) + 0.1 * ((i * 7) % 5 - 2), NULL);
  size_t bytes = mien_wellbeing_tell(own, text, sizeof text);
  assert_int_equal(bytes, strlen(text));
  assert_non_null(strstr(text, "less pleasant than was usual for you"));
  assert_non_null(strstr(text, "no diagnosis"));
  assert_non_null(strstr(text, "988"));
  assert_null(strstr(text, "it is very hard right now"));
  assert_int_equal(mien_wellbeing_text(own, START + 59 * DAY, "i want to end it all", 20), 1);
  mien_wellbeing_tell(own, text, sizeof text);
  assert_int_equal(strncmp(text, "What you wrote sounds as if it is very hard right now.", 54), 0); /* before anything else */
  assert_true(mien_wellbeing_json(own, text, sizeof text) > 0);
  assert_non_null(strstr(text, "\"crisis\":true"));
  assert_non_null(strstr(text, "\"direction\":\"down\""));
  mien_wellbeing_close(&own);
  assert_true(mien_wellbeing_help("xx", 1, help, sizeof help) > 0);
  assert_non_null(strstr(help, "112 in Europe"));
  mien_wellbeing_help("de", 1, help, sizeof help);
  assert_non_null(strstr(help, "0800 111 0 111"));
  assert_int_equal(mien_wellbeing_help("toolong", 0, help, 5), strlen("") + mien_wellbeing_help(NULL, 0, NULL, 0));
  assert_int_equal(strlen(help), 4);
}

static int whole(void *context) {
  mien_wellbeing_options options = {sizeof options, 1, "de", 0};
  mien_wellbeing *own = NULL;
  mien_wellbeing_now now;
  int code = mien_wellbeing_open(&own, &options, NULL);
  for (int i = 0; !code && i < 70; i++) code = mien_wellbeing_add(own, START + i * DAY, 0.1, NULL);
  if (!code) code = mien_wellbeing_read(own, &now);
  if (!code) code = mien_wellbeing_json(own, NULL, 0) && mien_wellbeing_tell(own, NULL, 0) ? MIEN_OK : MIEN_ENOMEM;
  mien_wellbeing_close(&own);
  return code;
}
static void test_no_memory(void **state) { assert_true(failing_every(whole, NULL) > 3); }

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_false_alarms), cmocka_unit_test(test_shifts_are_found), cmocka_unit_test(test_one_day),
                                     cmocka_unit_test(test_opt_in_and_input), cmocka_unit_test(test_crisis), cmocka_unit_test(test_told), cmocka_unit_test(test_no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
