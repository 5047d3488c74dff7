/* What goes on between people: figures of turns whose truth is known, named cues in six languages, the summary and its
 * refusal, the same from events and from JSON lines, and bad input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/base.h"
#include "mien_people.h"
#include "../failing.h"

static void say(mien_people *people, const char *who, double t0, double t1, const char *text, double valence) {
  mien_event turn = {.kind = MIEN_EVENT_TURN, .who = who, .t0 = t0, .t1 = t1, .text = text}, read = {.kind = MIEN_EVENT_READING};
  base_reading_init(&read.reading, MIEN_TEXT);
  read.reading.final = 1;
  read.reading.who = who;
  read.reading.t0 = t0, read.reading.t1 = t1;
  read.reading.dims[MIEN_VALENCE] = (float)valence;
  assert_int_equal(mien_people_event(people, &turn), MIEN_OK);
  assert_int_equal(mien_people_event(people, &read), MIEN_OK);
}

static mien_people *opened(void) {
  mien_people *people = NULL;
  assert_int_equal(mien_people_open(&people, NULL), MIEN_OK);
  return people;
}

static void test_figures(void **state) {
  static const double places[] = {0.3, 0.1, -0.1, 0.1, 0.3, 0.1, -0.1, 0.1};
  mien_people *people = opened();
  mien_person p;
  for (int i = 0; i < 8; i++) {
    say(people, "a", i * 10.0, i * 10.0 + 4, "well", places[i]);
    say(people, "b", i * 10.0 + 5, i * 10.0 + 9, "yes", 0);
  }
  assert_int_equal(mien_people_count(people), 2);
  assert_int_equal(mien_people_person(people, 0, &p), MIEN_OK);
  assert_int_equal(p.turns, 8);
  assert_int_equal(p.pleasant, 2);
  assert_int_equal(p.unpleasant, 0);
  assert_float_equal(p.talk, 32, 1e-6);
  assert_float_equal(p.mean.value, 0.1, 1e-6);
  assert_float_equal(p.variability.value, sqrt(0.16 / 7), 1e-6);  /* four times 0.2, squared */
  assert_float_equal(p.instability.value, 0.2, 1e-6);             /* every step is 0.2 */
  assert_true(p.mean.low < 0.1 && p.mean.high > 0.1);
  assert_float_equal(p.inertia.value, 0, 0.1);                    /* a wave of four: a quarter on, no correlation */
  assert_float_equal(p.share.value, 0.5, 1e-6);
  assert_int_equal(mien_people_person(people, 1, &p), MIEN_OK);
  assert_float_equal(p.variability.value, 0, 1e-6);
  assert_true(isnan(p.inertia.value));                            /* nothing moves: there is no correlation */
  assert_int_equal(mien_people_person(people, 2, &p), MIEN_EINVAL);
  mien_people_close(&people);
}

static void test_recovery(void **state) {
  static const double places[] = {0.2, 0.2, 0.2, -0.8, -0.8, 0.2, 0.2, 0.2, 0.2, 0.2, -0.8};
  mien_people *people = opened();
  mien_person p;
  for (int i = 0; i < 11; i++) say(people, "a", i * 10.0, i * 10.0 + 4, "well", places[i]);
  assert_int_equal(mien_people_person(people, 0, &p), MIEN_OK);
  assert_int_equal(p.dips, 2);
  assert_int_equal(p.recovered, 1); /* the last never ended here */
  assert_float_equal(p.recovery.value, 2, 1e-6);
  assert_float_equal(p.recovery_seconds, 20, 1e-6);
  mien_people_close(&people);
}

static unsigned noise = 1;
static double random_place(void) { return (double)((noise = noise * 1103515245u + 12345u) >> 16 & 0x7fff) / 0x7fff - 0.5; }

/* b follows a, a follows nobody. */
static void test_influence(void **state) {
  mien_people *people = opened();
  mien_pair there, back;
  for (int i = 0; i < 240; i++) {
    double a = random_place();
    say(people, "a", i * 10.0, i * 10.0 + 4, "well", a);
    say(people, "b", i * 10.0 + (i % 3 ? 5 : 3), i * 10.0 + 8, "yes", 0.8 * a + 0.8 * random_place());
  }
  assert_int_equal(mien_people_pair(people, 0, 1, &there), MIEN_OK);
  assert_int_equal(mien_people_pair(people, 1, 0, &back), MIEN_OK);
  assert_true(there.contagion.low > 0.4 && there.contagion.high < 1.2);
  assert_true(back.contagion.low < 0.3);
  assert_int_equal(mien_people_influence(people, 0, 1), 1);
  assert_int_equal(mien_people_influence(people, 1, 0), -1);
  assert_int_equal(there.interruptions, 80);
  assert_int_equal(back.interruptions, 0);
  assert_float_equal(there.gap, 1, 1e-6);
  assert_int_equal(mien_people_pair(people, 0, 0, &there), MIEN_EINVAL);
  mien_people_close(&people);
}

static int found(mien_people *people, int manner, mien_manner *which) {
  int count = 0;
  for (int i = 0; i < mien_people_manners(people); i++) {
    mien_manner m;
    assert_int_equal(mien_people_manner(people, i, &m), MIEN_OK);
    assert_true(m.strength >= 0.3 && m.strength <= 1 && m.by[0]);
    if (m.manner == manner) *which = m, count++;
  }
  return count;
}

static void test_manners(void **state) {
  static const struct {
    int manner;
    const char *text;
  } each[] = {
      {MIEN_MANNER_CRITICISM, "You ALWAYS leave it to me, you\xE2\x80\x99re so selfish."}, {MIEN_MANNER_CRITICISM, "Du hilfst mir wirklich nie!"},
      {MIEN_MANNER_CRITICISM, "Tu ne penses qu'à toi."}, {MIEN_MANNER_CRITICISM, "¡Nunca me escuchas!"}, {MIEN_MANNER_CRITICISM, "Pensi solo a te."},
      {MIEN_MANNER_CRITICISM, "Você nunca me ouve."}, {MIEN_MANNER_CONTEMPT, "You're pathetic."}, {MIEN_MANNER_CONTEMPT, "Du bist lächerlich."},
      {MIEN_MANNER_DEFENSIVENESS, "It's not my fault."}, {MIEN_MANNER_DEFENSIVENESS, "No es mi culpa."}, {MIEN_MANNER_WITHDRAWAL, "Just leave me alone."},
      {MIEN_MANNER_WITHDRAWAL, "Lascia perdere."}, {MIEN_MANNER_REPAIR, "I'm sorry, let's start over."}, {MIEN_MANNER_REPAIR, "Es tut mir leid."},
      {MIEN_MANNER_REPAIR, "Tens razão."}};
  for (size_t i = 0; i < BASE_COUNT(each); i++) {
    mien_people *people = opened();
    mien_manner m = {0};
    say(people, "a", 0, 2, "Where were you?", -0.5);
    say(people, "b", 3, 5, each[i].text, each[i].manner == MIEN_MANNER_REPAIR ? 0.1 : -0.5);
    say(people, "a", 6, 8, "Right.", 0.2);
    if (!found(people, each[i].manner, &m)) fail_msg("no %s in: %s", mien_manner_name(each[i].manner), each[i].text);
    assert_string_equal(m.who, "b");
    assert_string_equal(m.toward, "a");
    assert_int_equal(m.received, each[i].manner == MIEN_MANNER_REPAIR ? 1 : -1);
    assert_non_null(mien_manner_source(m.manner));
    mien_people_close(&people);
  }
}

/* What only looks like it: about a thing, in a friendly talk, as an answer to nothing hard. */
static void test_not_manners(void **state) {
  static const char *const lines[] = {"It always rains in April.", "I never liked that film.", "Would you like some tea?", "You know the way there.",
                                      "I understand trains leave at nine.", "I'm sorry, what was the name?", "That's not my fault line, it is in the atlas.", "Forget it!"};
  mien_people *people = opened();
  for (size_t i = 0; i < BASE_COUNT(lines); i++) say(people, i % 2 ? "b" : "a", (double)i * 4, (double)i * 4 + 3, lines[i], 0.2);
  assert_int_equal(mien_people_manners(people), 0);
  mien_people_close(&people);
}

/* What is said no to is not said. */
static void test_no_repair(void **state) {
  static const char *const lines[] = {"It's not my fault.", "No es culpa mía.", "Non è colpa mia.", "I'm sorry, but you are pathetic."};
  for (size_t i = 0; i < BASE_COUNT(lines); i++) {
    mien_people *people = opened();
    mien_manner m;
    say(people, "a", 0, 2, "Where were you?", -0.5);
    say(people, "b", 3, 5, lines[i], -0.5);
    assert_int_equal(found(people, MIEN_MANNER_REPAIR, &m), 0);
    assert_true(mien_people_manners(people) > 0);
    mien_people_close(&people);
  }
}

static void test_silence_and_face(void **state) {
  mien_people *people = opened();
  mien_manner m;
  mien_event face = {.kind = MIEN_EVENT_READING};
  for (int i = 0; i < 6; i++) {
    say(people, "a", i * 10.0, i * 10.0 + 4, "so", 0.1);
    say(people, "b", i * 10.0 + 5, i * 10.0 + 9, "and then", 0.1);
  }
  say(people, "a", 60, 63, "this is no use to me at all", -0.6);
  say(people, "b", 75, 76, "maybe", -0.1);
  base_reading_init(&face.reading, MIEN_FACE);
  face.reading.who = "a", face.reading.t0 = 61, face.reading.t1 = 61.5, face.reading.extra[MIEN_CONTEMPT] = 0.7f;
  assert_int_equal(mien_people_event(people, &face), MIEN_OK);
  assert_int_equal(found(people, MIEN_MANNER_WITHDRAWAL, &m), 1);
  assert_string_equal(m.who, "b");
  assert_string_equal(m.by, "time: no answer for 12 s after an unpleasant turn");
  assert_int_equal(found(people, MIEN_MANNER_CONTEMPT, &m), 1);
  assert_string_equal(m.who, "a");
  assert_string_equal(m.by, "face: contempt 0.70");
  mien_people_close(&people);
}

/* The same things are told in each language, and none of it stays unfilled. */
static void test_summary_languages(void **state) {
  static const char *const both[] = {"a", "b"}, *const codes[] = {"en", "zh", "es-MX", "de", "fr", "ar"};
  static const char *const sought[][3] = {{"For a and b", "Reached out once", "(a few times)"},
                                          {"写给同意阅读本文的a和b。", "主动缓和一次", "（几次）"},
                                          {"Para a y b,", "Tendió la mano una vez", "(algunas veces)"},
                                          {"Für a und b,", "Streckte einmal die Hand aus", "(einige Male)"},
                                          {"Pour a et b,", "A tendu la main une fois", "(quelques fois)"},
                                          {"إلى a وb،", "محاولات للتقارب: مرة واحدة", "(بضع مرات)"}};
  char text[8192];
  int lines = 0;
  mien_error error;
  mien_people *people = opened();
  for (int i = 0; i < 6; i++) {
    say(people, "a", i * 6.0, i * 6.0 + 2, i == 3 ? "I'm sorry." : "You never listen.", i == 3 ? 0.2 : -0.5);
    say(people, "b", i * 6.0 + 3, i * 6.0 + 5, "All right.", i == 3 ? 0.3 : -0.1);
  }
  for (int l = 0; l < 6; l++) {
    int here = 0;
    assert_int_equal(mien_people_summary_in(people, codes[l], both, 2, text, sizeof text, NULL, &error), MIEN_OK);
    for (int i = 0; i < 3; i++)
      if (!strstr(text, sought[l][i])) fail_msg("%s: no \"%s\" in: %s", codes[l], sought[l][i], text);
    assert_null(strpbrk(text, "{}"));
    for (const char *at = text; *at; at++) here += *at == '\n';
    if (l) assert_int_equal(here, lines);
    lines = here;
  }
  assert_int_equal(mien_people_summary_in(people, "tlh", both, 2, text, sizeof text, NULL, &error), MIEN_EINVAL);
  assert_string_equal(error.where, "language");
  assert_int_equal(mien_people_summary_in(people, "es", both, 1, text, sizeof text, NULL, &error), MIEN_EPOLICY);
  mien_people_close(&people);
}

static void test_summary(void **state) {
  static const char *const both[] = {"a", "b"}, *const one[] = {"b"};
  char text[4096];
  size_t bytes;
  mien_error error;
  mien_people *people = opened();
  say(people, "a", 0, 2, "You never listen.", -0.5);
  say(people, "b", 3, 5, "That's not true, it's not my fault.", -0.4);
  assert_int_equal(mien_people_summary(people, both, 2, text, sizeof text, NULL, &error), MIEN_EEMPTY);
  for (int i = 1; i < 6; i++) {
    say(people, "a", i * 6.0, i * 6.0 + 2, i == 3 ? "I'm sorry." : "You never listen.", i == 3 ? 0.2 : -0.5);
    say(people, "b", i * 6.0 + 3, i * 6.0 + 5, "All right.", i == 3 ? 0.3 : -0.1);
  }
  assert_int_equal(mien_people_summary(people, one, 1, text, sizeof text, &bytes, &error), MIEN_EPOLICY);
  assert_string_equal(error.where, "a");
  assert_int_equal(bytes, 0);
  assert_string_equal(text, "");
  assert_int_equal(mien_people_summary(people, NULL, 0, text, sizeof text, NULL, &error), MIEN_EPOLICY);
  assert_int_equal(mien_people_summary(people, both, 2, text, sizeof text, &bytes, &error), MIEN_OK);
  assert_int_equal(bytes, strlen(text));
  assert_non_null(strstr(text, "Reached out once"));
  assert_non_null(strstr(text, "sounded like a complaint about the other as a person (a few times)"));
  assert_non_null(strstr(text, "I would like"));
  assert_non_null(strstr(text, "no judgement"));
  assert_null(strstr(text, "feels"));
  assert_int_equal(mien_people_summary(people, both, 2, text, 10, &bytes, &error), MIEN_OK);
  assert_int_equal(strlen(text), 9);
  say(people, "a third one", 60, 61, "Hello.", 0.1); /* who was not asked */
  assert_int_equal(mien_people_summary(people, both, 2, text, sizeof text, &bytes, &error), MIEN_EPOLICY);
  assert_string_equal(error.where, "a third one");
  mien_people_close(&people);
}

/* The reading before its words, states, JSON: all the same. */
static void test_ways_in(void **state) {
  static const char *const lines[] = {
      "{\"file\":\"x\",\"turn\":{\"who\":\"a\",\"t0\":0,\"t1\":2,\"text\":\"You never listen.\",\"words\":[]}}",
      "{\"modality\":\"text\",\"who\":\"a\",\"t0\":0,\"t1\":2,\"final\":true,\"dims\":{\"valence\":-0.5},\"abstain\":null}",
      "{\"type\":\"reading\",\"reading\":{\"modality\":\"text\",\"who\":\"b\",\"t0\":3,\"t1\":5,\"final\":true,\"dims\":{\"valence\":0.25},\"abstain\":null}}",
      "{\"who\":\"b\",\"t0\":3,\"t1\":5,\"text\":\"I'm sorry.\"}", "{\"anything\":[1,2]}"};
  char one[4096], other[4096];
  mien_error error;
  mien_people *people = opened(), *again = opened();
  say(people, "a", 0, 2, "You never listen.", -0.5);
  say(people, "b", 3, 5, "I'm sorry.", 0.25);
  for (size_t i = 0; i < BASE_COUNT(lines); i++) assert_int_equal(mien_people_line(again, lines[i], strlen(lines[i]), &error), MIEN_OK);
  size_t bytes = mien_people_json(people, one, sizeof one);
  assert_true(bytes > 100 && bytes < sizeof one);
  assert_int_equal(mien_people_json(again, other, sizeof other), bytes);
  assert_string_equal(one, other);
  assert_int_equal(mien_people_line(again, "[1]", 3, &error), MIEN_EFORMAT);
  assert_int_equal(mien_people_line(again, "{\"who\":", 7, &error), MIEN_EFORMAT);
  mien_people_close(&people);
  mien_people_close(&again);
}

static void test_odd(void **state) {
  char name[400], text[64];
  mien_people *people = opened();
  mien_pair pair;
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = 0;
  assert_true(mien_people_json(people, NULL, 0) > 0);
  assert_int_equal(mien_people_manners(people), 0);
  say(people, name, (double)NAN, (double)NAN, "\xff\xfe you never", (double)NAN);
  for (int i = 0; i < 40; i++) {
    snprintf(text, sizeof text, "person %d", i);
    say(people, text, i % 2 ? (double)NAN : i, -1, "", 2.0);
  }
  say(people, "", 0, 1, "nobody", 0);
  assert_int_equal(mien_people_count(people), MIEN_PEOPLE_MOST);
  assert_int_equal(mien_people_pair(people, 0, 1, &pair), MIEN_OK);
  assert_true(isnan(pair.contagion.value));
  const char *agreed[1] = {name};
  assert_int_equal(mien_people_summary(people, agreed, 1, text, sizeof text, NULL, NULL), MIEN_EPOLICY);
  mien_people_close(&people);
  mien_people_close(&people); /* nothing */
}

static int whole(void *context) {
  static const char *const lines[] = {"{\"turn\":{\"who\":\"a\",\"t0\":0,\"t1\":2,\"text\":\"You never listen.\"}}",
                                      "{\"modality\":\"voice\",\"who\":\"b\",\"t0\":3,\"t1\":5,\"final\":true,\"dims\":{\"valence\":-0.5}}"};
  static const char *const both[] = {"a", "b"};
  mien_people *people = NULL;
  mien_event turn = {.kind = MIEN_EVENT_TURN, .t1 = 1, .text = "you never"};
  mien_pair pair;
  mien_person p;
  size_t bytes;
  int code = mien_people_open(&people, NULL);
  for (int i = 0; !code && i < 8; i++) turn.who = both[i % 2], turn.t0 = i, code = mien_people_event(people, &turn);
  if (!code) code = mien_people_line(people, lines[0], strlen(lines[0]), NULL);
  if (!code) code = mien_people_line(people, lines[1], strlen(lines[1]), NULL);
  if (!code) code = mien_people_person(people, 0, &p);
  if (!code) code = mien_people_pair(people, 0, 1, &pair);
  if (!code) code = mien_people_manners(people) < 0 ? MIEN_ENOMEM : MIEN_OK;
  if (!code) code = mien_people_json(people, NULL, 0) ? MIEN_OK : MIEN_ENOMEM;
  if (!code && (code = mien_people_summary(people, both, 2, NULL, 0, &bytes, NULL)) == MIEN_EEMPTY) code = MIEN_OK;
  mien_people_close(&people);
  return code;
}

static void test_no_memory(void **state) { assert_true(failing_every(whole, NULL) > 5); }

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_figures), cmocka_unit_test(test_recovery), cmocka_unit_test(test_influence),
                                     cmocka_unit_test(test_manners), cmocka_unit_test(test_not_manners), cmocka_unit_test(test_no_repair), cmocka_unit_test(test_silence_and_face),
                                     cmocka_unit_test(test_summary), cmocka_unit_test(test_summary_languages), cmocka_unit_test(test_ways_in), cmocka_unit_test(test_odd),
                                     cmocka_unit_test(test_no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
