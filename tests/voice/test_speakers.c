/* Who speaks, as it comes, with the shipped model on sounds made here. */
#include "shipped.h"
#include "sound.h"
#include "voice/speakers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { SECONDS = 40, COUNT = SECONDS * 16000, STEPS = COUNT / VOICE_LIVE_STEP };

static float call[COUNT]; /* two voices in turn, 4 s each with a second of quiet between */

/* A smaller head: speech made slower, and played faster again. */
static void small_speak(double from, double seconds) {
  enum { MOST = 8 * 16000 };
  static float slow[MOST];
  const double faster = 1.4;
  memset(slow, 0, sizeof slow);
  sound_speak(slow, MOST, 0, seconds * faster, 160, 0.25);
  for (size_t i = 0; i < (size_t)(seconds * 16000); i++) {
    const double at = (double)i * faster;
    const size_t k = (size_t)at;
    call[(size_t)(from * 16000) + i] += slow[k] + (float)(at - (double)k) * (slow[k + 1] - slow[k]);
  }
}

static int setup(void **state) {
  if (shipped_open()) return -1;
  sound_random random = {5};
  for (int i = 0; i < COUNT; i++) call[i] = 0.0005f * sound_noise(&random);
  for (int turn = 0; turn < SECONDS / 5; turn++) {
    if (turn % 2) small_speak(5 * turn + 0.5, 4.0);
    else sound_speak(call, COUNT, 5 * turn + 0.5, 5 * turn + 4.5, 100, 0.25);
  }
  return 0;
}

/* The answers to `pcm`, fed in pieces of `piece`. */
static int answers(const float *pcm, size_t count, size_t piece, int people, int to[STEPS + 8]) {
  voice_speakers_live *live;
  int steps = 0, who;
  assert_int_equal(voice_speakers_live_open(&live, model, people), MIEN_OK);
  for (size_t at = 0; at < count; at += piece) {
    assert_int_equal(voice_speakers_live_feed(live, pcm + at, BASE_MIN(piece, count - at)), MIEN_OK);
    while (voice_speakers_live_next(live, &who) == MIEN_OK) {
      assert_in_range(steps, 0, STEPS + 7);
      assert_true((size_t)steps * VOICE_LIVE_STEP < at + piece); /* nothing before it is heard */
      to[steps++] = who;
    }
  }
  assert_int_equal(voice_speakers_live_finish(live), MIEN_OK);
  while (voice_speakers_live_next(live, &who) == MIEN_OK && steps < STEPS + 8) to[steps++] = who;
  voice_speakers_live_close(&live);
  return steps;
}

static void two_voices_are_told_apart(void **state) {
  int who[STEPS + 8], right = 0, all = 0;
  assert_true(answers(call, COUNT, 1600, 2, who) >= STEPS);
  for (int s = 0; s < STEPS; s++) {
    const double at = (s + 0.5) * 0.25, in = at - 5 * (int)(at / 5);
    if (at < 10 || in < 1.0 || in > 4.0) continue; /* both were heard, and it is not beside a change */
    all++;
    right += who[s] == (int)(at / 5) % 2;
  }
  assert_true(all > 50);
  assert_true(right > all * 9 / 10);
}

static void pieces_change_nothing(void **state) {
  int whole[STEPS + 8], cut[STEPS + 8];
  memset(whole, 0, sizeof whole);
  memset(cut, 0, sizeof cut);
  const int count = answers(call, COUNT, 8000, 2, whole);
  for (size_t piece = 77; piece < 9000; piece = piece * 3 + 1) {
    assert_int_equal(answers(call, COUNT, piece, 2, cut), count);
    assert_memory_equal(whole, cut, sizeof whole);
  }
}

static void silence_is_nobody(void **state) {
  static float pcm[COUNT];
  int who[STEPS + 8];
  memset(pcm, 0, sizeof pcm);
  const int count = answers(pcm, COUNT, 4000, 0, who);
  for (int s = 0; s < count; s++) assert_int_equal(who[s], VOICE_NOBODY);
}

/* Samples that are no sound, and more voices than can be told apart: answers within their range. */
static void anything_may_be_fed(void **state) {
  static float pcm[COUNT];
  int who[STEPS + 8];
  for (int i = 0; i < COUNT; i++) pcm[i] = i % 7 ? (i % 3 ? 1e30f : -INFINITY) : NAN;
  int count = answers(pcm, COUNT, 4000, 8, who);
  for (int s = 0; s < count; s++) assert_in_range(who[s] + 2, 0, VOICE_SPEAKERS + 1);
  memset(pcm, 0, sizeof pcm);
  for (int turn = 0; turn < 20; turn++) sound_speak(pcm, COUNT, 2 * turn, 2 * turn + 1.9, 90 + 12 * turn, 0.25);
  for (int people = 0; people <= 3; people += 3) {
    count = answers(pcm, COUNT, 4000, people, who);
    for (int s = 0; s < count; s++) assert_in_range(who[s] + 2, 0, (people ? people : VOICE_SPEAKERS) + 1);
  }
  voice_speakers_live *live;
  assert_int_equal(voice_speakers_live_open(&live, model, 9), MIEN_EINVAL);
  assert_null(live);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_voices_are_told_apart), cmocka_unit_test(pieces_change_nothing),
      cmocka_unit_test(silence_is_nobody), cmocka_unit_test(anything_may_be_fed)};
  return cmocka_run_group_tests(tests, setup, shipped_close);
}
