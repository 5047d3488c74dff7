/* test_signals.c: a personal dictionary: what was shown is told apart, what was not is none of these; consent; files that are
 * sealed, damaged or hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "signals/signals.h"

enum { LENGTH = 60 };
static unsigned seed = 1;
static double uniform(void) { return (double)((seed = seed * 1664525u + 1013904223u) >> 8) / (1 << 24); }
static float noise(void) { return (float)(uniform() + uniform() + uniform() + uniform() - 2); }

/* A point of cluster k: far from others in some directions, wide in one that all share. */
static void point_of(int k, float point[LENGTH]) {
  float shared = 2 * noise();
  for (int i = 0; i < LENGTH; i++) point[i] = noise() + (i % 5 == k ? 2.5f : 0) + (i % 2 ? shared : -shared);
}

static const char *const names[] = {"comfort", "distress", "yes", "no"};

static signals_dictionary *filled(int each) {
  signals_dictionary *d;
  mien_error error = {0};
  assert_int_equal(signals_open(&d, "kim", "mother, 2026-03-01", &error), MIEN_OK);
  for (int k = 0; k < 4; k++)
    for (int i = 0; i < each; i++) {
      float point[LENGTH];
      point_of(k, point);
      assert_int_equal(signals_add(d, names[k], SIGNALS_VOICE, point, LENGTH, &error), MIEN_OK);
    }
  return d;
}

static void told_apart(void **state) {
  signals_dictionary *d = filled(5);
  signals_check check;
  mien_error error = {0};
  size_t right = 0, none = 0;
  for (int i = 0; i < 200; i++) {
    float point[LENGTH];
    signals_told told;
    point_of(i % 4, point);
    assert_int_equal(signals_tell(d, SIGNALS_VOICE, point, LENGTH, &told, &error), MIEN_OK);
    double sum = 0;
    for (int k = 0; k < 4; k++) sum += told.chances[k];
    assert_true(fabs(sum - 1) < 1e-9 && told.chance > 0.2);
    right += told.signal == i % 4;
    point_of(4, point); /* a cluster that nobody showed */
    for (int j = 0; j < LENGTH; j++) point[j] *= 3;
    assert_int_equal(signals_tell(d, SIGNALS_VOICE, point, LENGTH, &told, &error), MIEN_OK);
    none += told.signal == -1;
  }
  if (right < 170 || none < 170) fail_msg("%zu and %zu of 200", right, none);
  assert_int_equal(signals_leave_one_out(d, SIGNALS_VOICE, &check, &error), MIEN_OK);
  assert_true(check.count == 20 && check.right >= 15);
  assert_int_equal(signals_tell(d, SIGNALS_FACE, (float[LENGTH]){0}, LENGTH, &(signals_told){0}, &error), MIEN_EEMPTY);
  assert_int_equal(signals_tell(d, SIGNALS_VOICE, (float[LENGTH]){0}, LENGTH - 1, &(signals_told){0}, &error), MIEN_EINVAL);
  signals_close(&d);
}

/* Labels that say nothing: what is shown must say so. */
static void by_chance(void **state) {
  signals_dictionary *d;
  signals_check check;
  mien_error error = {0};
  size_t right = 0, count = 0;
  for (int t = 0; t < 10; t++) {
    assert_int_equal(signals_open(&d, "kim", "test", &error), MIEN_OK);
    for (int i = 0; i < 20; i++) {
      float point[LENGTH];
      point_of(0, point);
      assert_int_equal(signals_add(d, names[i % 4], SIGNALS_VOICE, point, LENGTH, &error), MIEN_OK);
    }
    assert_int_equal(signals_leave_one_out(d, SIGNALS_VOICE, &check, &error), MIEN_OK);
    right += check.right, count += check.count;
    signals_close(&d);
  }
  assert_true(right < count * 4 / 10);
}

static void refused(void **state) {
  signals_dictionary *d;
  mien_error error = {0};
  float point[LENGTH] = {0};
  assert_int_equal(signals_open(&d, "kim", "", &error), MIEN_EPOLICY);
  assert_int_equal(signals_open(&d, "kim", NULL, &error), MIEN_EPOLICY);
  assert_int_equal(signals_open(&d, "", "mother", &error), MIEN_EINVAL);
  d = filled(1);
  assert_int_equal(signals_tell(d, SIGNALS_VOICE, point, LENGTH, &(signals_told){0}, &error), MIEN_EEMPTY);
  static const char *const bad[] = {"", "two words", "none", "a name that is much longer than names may be", "\xff"};
  for (size_t i = 0; i < BASE_COUNT(bad); i++) assert_int_equal(signals_add(d, bad[i], SIGNALS_VOICE, point, LENGTH, &error), MIEN_EINVAL);
  assert_int_equal(signals_add(d, "yes", SIGNALS_VOICE, point, LENGTH + 1, &error), MIEN_EINVAL);
  point[3] = NAN;
  assert_int_equal(signals_add(d, "yes", SIGNALS_VOICE, point, LENGTH, &error), MIEN_EINVAL);
  assert_int_equal(signals_drop(d, "maybe", &error), MIEN_EINVAL);
  assert_int_equal(signals_drop(d, "distress", &error), MIEN_OK);
  assert_true(signals_count(d) == 3 && !strcmp(signals_name(d, 1), "yes") && signals_examples(d, 1, SIGNALS_VOICE) == 1);
  point[3] = 0;
  int code = MIEN_OK;
  for (int i = 0; i <= SIGNALS_EXAMPLES && !code; i++) code = signals_add(d, "yes", SIGNALS_VOICE, point, LENGTH, &error);
  assert_int_equal(code, MIEN_ELIMIT);
  signals_close(&d);
}

static void to_a_file_and_back(void **state) {
  static const char *const passphrases[] = {NULL, "correct horse"};
  for (int p = 0; p < 2; p++) {
    signals_dictionary *d = filled(4), *again;
    base_text text = {0};
    mien_error error = {0};
    assert_int_equal(signals_write(d, passphrases[p], &text, &error), MIEN_OK);
    assert_true(!p == (memmem(text.data, text.length, "mother", 6) != NULL)); /* sealed, nothing of it can be read */
    assert_int_equal(signals_read(&again, text.data, text.length, passphrases[p], &error), MIEN_OK);
    assert_string_equal(signals_consent(again), "mother, 2026-03-01");
    float point[LENGTH];
    signals_told one, other;
    point_of(2, point);
    assert_int_equal(signals_tell(d, SIGNALS_VOICE, point, LENGTH, &one, &error), MIEN_OK);
    assert_int_equal(signals_tell(again, SIGNALS_VOICE, point, LENGTH, &other, &error), MIEN_OK);
    assert_true(one.signal == other.signal && fabs(one.chance - other.chance) < 0.01);
    signals_close(&again);
    if (p) {
      assert_int_equal(signals_read(&again, text.data, text.length, "wrong horse", &error), MIEN_EPOLICY);
      assert_int_equal(signals_read(&again, text.data, text.length, NULL, &error), MIEN_EPOLICY);
      text.data[text.length / 2] ^= 1;
      assert_int_equal(signals_read(&again, text.data, text.length, passphrases[p], &error), MIEN_EPOLICY);
    } else {
      for (size_t cut = 0; cut < text.length; cut += 97) { /* no part of it is one */
        assert_int_not_equal(signals_read(&again, text.data, cut, NULL, &error), MIEN_OK);
        assert_null(again);
      }
    }
    base_text_clear(&text);
    signals_close(&d);
  }
}

static void hostile_files(void **state) {
  static const char *const bad[] = {"", "{}", "[]", "MIENSIG1", "{\"signals\":2,\"person\":\"a\",\"consent\":\"b\",\"examples\":[]}", "{\"signals\":1,\"person\":\"a\",\"consent\":\"\",\"examples\":[]}",
                                    "{\"signals\":1,\"person\":\"a\",\"consent\":\"b\",\"examples\":[{}]}",
                                    "{\"signals\":1,\"person\":\"a\",\"consent\":\"b\",\"examples\":[{\"signal\":\"x\",\"modality\":\"smell\",\"point\":[1]}]}",
                                    "{\"signals\":1,\"person\":\"a\",\"consent\":\"b\",\"examples\":[{\"signal\":\"x\",\"modality\":\"voice\",\"point\":[]}]}",
                                    "{\"signals\":1,\"person\":\"a\",\"consent\":\"b\",\"examples\":[{\"signal\":\"x\",\"modality\":\"voice\",\"point\":[1e300]}]}",
                                    "{\"signals\":1,\"person\":\"a\",\"consent\":\"b\",\"examples\":[{\"signal\":\"x\",\"modality\":\"voice\",\"point\":[1]},{\"signal\":\"x\",\"modality\":\"voice\",\"point\":[1,2]}]}"};
  for (size_t i = 0; i < BASE_COUNT(bad); i++) {
    signals_dictionary *d;
    mien_error error = {0};
    if (!signals_read(&d, bad[i], strlen(bad[i]), NULL, &error)) fail_msg("%s was taken", bad[i]);
    assert_null(d);
    assert_true(*error.what);
  }
}

/* The public calls: a moment of both modalities, all of an example or nothing, saved and loaded; and a modality forgotten. */
static void by_the_public_calls(void **state) {
  mien_signals *m = NULL, *again = NULL;
  mien_error error = {0};
  mien_signals_clip clip = {0};
  mien_signals_told told;
  mien_signals_accuracy accuracy;
  char *bytes;
  size_t count;
  assert_int_equal(mien_signals_open(&m, "kim", "", &error), MIEN_EPOLICY);
  assert_int_equal(mien_signals_open(&m, "kim", "mother, 2026-03-01", &error), MIEN_OK);
  assert_int_equal(mien_signals_add(m, "yes", &clip, &error), MIEN_EEMPTY);
  for (int i = 0; i < 12; i++) {
    float face[LENGTH];
    point_of(i % 3, clip.point[MIEN_SIGNALS_VOICE]);
    point_of(i % 3, face);
    memcpy(clip.point[MIEN_SIGNALS_FACE], face, 8 * sizeof *face);
    clip.length[MIEN_SIGNALS_VOICE] = LENGTH, clip.length[MIEN_SIGNALS_FACE] = 8;
    assert_int_equal(mien_signals_add(m, names[i % 3], &clip, &error), MIEN_OK);
  }
  clip.length[MIEN_SIGNALS_FACE] = 7; /* the voice fits, the face does not: nothing is added */
  assert_int_equal(mien_signals_add(m, "fresh", &clip, &error), MIEN_EINVAL);
  assert_int_equal(mien_signals_count(m), 3);
  assert_int_equal(mien_signals_examples(m, 0, MIEN_SIGNALS_VOICE), 4);
  clip.length[MIEN_SIGNALS_FACE] = 8;
  assert_int_equal(mien_signals_save(m, "four words", &bytes, &count, &error), MIEN_OK);
  assert_int_equal(mien_signals_load(&again, bytes, count, "other words", &error), MIEN_EPOLICY);
  assert_int_equal(mien_signals_load(&again, bytes, count, "four words", &error), MIEN_OK);
  mien_signals_free(&bytes);
  assert_null(bytes);
  size_t right = 0;
  for (int i = 0; i < 60; i++) {
    double sum = 0;
    point_of(i % 3, clip.point[MIEN_SIGNALS_VOICE]);
    assert_int_equal(mien_signals_tell(again, &clip, &told, &error), MIEN_OK);
    for (int s = 0; s < MIEN_SIGNALS_MOST; s++) sum += told.chances[s];
    assert_true(fabs(sum - 1) < 1e-9 && told.chance >= told.chances[0]);
    clip.length[MIEN_SIGNALS_FACE] = 0;
    assert_int_equal(mien_signals_tell(again, &clip, &told, &error), MIEN_OK);
    right += told.nearest == i % 3;
    clip.length[MIEN_SIGNALS_FACE] = 8;
  }
  assert_true(right >= 45);
  assert_int_equal(mien_signals_check(again, MIEN_SIGNALS_FACE, &accuracy, &error), MIEN_OK);
  assert_int_equal(accuracy.count, 12);
  assert_int_equal(mien_signals_check(again, MIEN_SIGNALS_MODALITIES, &accuracy, &error), MIEN_EINVAL);
  signals_forget(again, MIEN_SIGNALS_FACE);
  assert_int_equal(mien_signals_examples(again, 0, MIEN_SIGNALS_FACE), 0);
  assert_int_equal(mien_signals_count(again), 3);
  signals_forget(again, MIEN_SIGNALS_VOICE);
  assert_int_equal(mien_signals_count(again), 0);
  assert_int_equal(mien_signals_tell(again, &clip, &told, &error), MIEN_EEMPTY);
  mien_signals_close(&m);
  mien_signals_close(&again);
}

/* Nods, shakes of the head and lying still are told apart by how the body moved; a moment of which nothing was read has no point. */
static void by_how_they_move(void **state) {
  static const char kinds[3][sizeof ((mien_cue *)0)->kind] = {"nod", "head_shake", "stillness"};
  mien_signals *m = NULL;
  mien_error error = {0};
  mien_signals_told told;
  size_t right = 0;
  float point[SIGNALS_MOVES];
  assert_false(signals_moves_point(&(signals_moves){0}, point));
  assert_int_equal(mien_signals_open(&m, "kim", "mother, 2026-03-01", &error), MIEN_OK);
  for (int i = 0; i < 45; i++) {
    float drawn[LENGTH];
    point_of(0, drawn);
    mien_cue cues[] = {{.value = 8 + drawn[0]}, {.kind = "gesture", .value = 0.3f + 0.05f * drawn[1]}, {.kind = "lean_in", .value = NAN}};
    memcpy(cues[0].kind, kinds[i % 3], sizeof cues[0].kind);
    mien_reading reading = {.modality = MIEN_BODY, .t0 = i, .t1 = i + 1, .cues = cues, .cue_count = 3};
    signals_moves moves = {0};
    signals_moves_take(&moves, &reading);
    reading.t0 = reading.t1 = i + 2; /* lasts no time: counts for nothing */
    signals_moves_take(&moves, &reading);
    assert_true(moves.seconds == 1);
    mien_signals_clip clip = {.length[MIEN_SIGNALS_BODY] = SIGNALS_MOVES};
    assert_true(signals_moves_point(&moves, clip.point[MIEN_SIGNALS_BODY]));
    assert_true(clip.point[MIEN_SIGNALS_BODY][3] == 0);
    if (i < 15) assert_int_equal(mien_signals_add(m, names[i % 3], &clip, &error), MIEN_OK);
    else assert_int_equal(mien_signals_tell(m, &clip, &told, &error), MIEN_OK);
    right += i >= 15 && told.nearest == i % 3;
  }
  assert_int_equal(right, 30);
  assert_int_equal(mien_signals_examples(m, 0, MIEN_SIGNALS_BODY), 5);
  mien_signals_close(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(told_apart), cmocka_unit_test(by_chance), cmocka_unit_test(refused), cmocka_unit_test(to_a_file_and_back), cmocka_unit_test(hostile_files), cmocka_unit_test(by_the_public_calls), cmocka_unit_test(by_how_they_move)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
