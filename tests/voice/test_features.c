/* What a frame says of sounds whose answer is known. */
#include "sound.h"
#include "voice/prosody.h"
#include "voice/pulse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { COUNT = 32000, FRAMES = 200 };

typedef struct taken {
  float frames[FRAMES + 8][VOICE_FEATURES];
  int count;
} taken;

static void take(void *context, const float frame[VOICE_FEATURES]) {
  taken *t = context;
  assert_in_range(t->count, 0, FRAMES);
  memcpy(t->frames[t->count++], frame, VOICE_FEATURES * sizeof *frame);
}

static taken features_of(const float *x, size_t count) {
  taken t = {.count = 0};
  voice_features *features;
  assert_int_equal(voice_features_open(&features, take, &t), MIEN_OK);
  voice_features_feed(features, x, count);
  voice_features_finish(features);
  voice_features_close(&features);
  assert_int_equal(t.count, count / VOICE_HOP);
  return t;
}

/* Harmonics `from`… of f0, falling by 6 dB an octave. */
static void buzz(float *x, double f0, int from, double level) {
  for (int i = 0; i < COUNT; i++) {
    double y = 0;
    for (int k = from; k * f0 < 4000; k++) y += sin(2 * SOUND_PI * f0 * k * i / 16000.0) / k;
    x[i] = (float)(level * y);
  }
}

static double hertz(const float *frame) {
  return VOICE_F0_REFERENCE * exp2(frame[VOICE_AT_F0] / 12.0);
}

static void pitch_of_buzzes(void **state) {
  static float x[COUNT];
  for (double f0 = 70; f0 < 590; f0 *= 1.13)
    for (int from = 1; from <= 2; from++) { /* 2: the fundamental itself is missing */
      buzz(x, f0, from, 0.1);
      taken t = features_of(x, COUNT);
      for (int i = 20; i < FRAMES - 20; i++) {
        assert_true(t.frames[i][VOICE_AT_F0] > 0);
        assert_float_equal(hertz(t.frames[i]) / f0, 1.0, 0.004);
      }
    }
}

static void pitch_follows_a_glide_in_noise(void **state) {
  static float x[COUNT];
  sound_random random = {7};
  double phase = 0;
  for (int i = 0; i < COUNT; i++) {
    phase += 2 * SOUND_PI * 120 * exp2(i / 16000.0) / 16000; /* an octave a second */
    double y = 0;
    for (int k = 1; k <= 12; k++) y += sin(phase * k) / k;
    x[i] = (float)(0.1 * y + 0.03 * sound_noise(&random));
  }
  taken t = features_of(x, COUNT);
  int right = 0;
  for (int i = 20; i < FRAMES - 20; i++) {
    double middle = ((i + 1) * 160 - 320) / 16000.0; /* of the pitch window */
    right += fabs(hertz(t.frames[i]) / (120 * exp2(middle)) - 1) < 0.02;
  }
  assert_in_range(right, 155, 160);
}

static void noise_and_silence_have_no_pitch(void **state) {
  static float x[COUNT];
  taken t = features_of(x, COUNT);
  for (int i = 0; i < FRAMES; i++) {
    assert_true(t.frames[i][VOICE_AT_F0] == 0.0f && t.frames[i][VOICE_AT_LEVEL] == -100.0f);
    assert_true(t.frames[i][VOICE_AT_MEL + 30] == -100.0f && t.frames[i][VOICE_AT_FLUX] == 0.0f);
  }
  sound_random random = {3};
  for (int i = 0; i < COUNT; i++) x[i] = 0.3f * sound_noise(&random);
  t = features_of(x, COUNT);
  int voiced = 0;
  for (int i = 0; i < FRAMES; i++) voiced += t.frames[i][VOICE_AT_F0] > 0;
  assert_in_range(voiced, 0, 2);
}

static void levels_are_decibels_of_full_scale(void **state) {
  static float x[COUNT];
  for (int i = 0; i < COUNT; i++) x[i] = 0.5f * (float)sin(2 * SOUND_PI * 1000 * i / 16000.0);
  taken t = features_of(x, COUNT);
  assert_float_equal(t.frames[100][VOICE_AT_LEVEL], -9.03, 0.05); /* 0.5 / sqrt(2) */
  int top = 0;
  for (int b = 0; b < VOICE_MEL; b++)
    if (t.frames[100][b] > t.frames[100][top]) top = b;
  /* 1 kHz is 1000 mel; the bands' centres are 92.6 + 42.3 (b + 1) mel. */
  assert_in_range(top, 20, 21);
  assert_true(t.frames[100][VOICE_AT_ALPHA] < 15 && t.frames[100][VOICE_AT_HAMMARBERG] > 50);
  float before = t.frames[100][VOICE_AT_MEL + 10];
  for (int i = 0; i < COUNT; i++) x[i] *= 0.1f;
  t = features_of(x, COUNT);
  assert_float_equal(t.frames[100][VOICE_AT_LEVEL], -29.03, 0.05);
  assert_true(t.frames[100][VOICE_AT_MEL + 10] <= before);
}

static void slope_of_coloured_noise(void **state) {
  static float x[COUNT];
  for (int brown = 0; brown <= 1; brown++) {
    sound_random random = {11};
    double y = 0, mean = 0;
    for (int i = 0; i < COUNT; i++) {
      double w = sound_noise(&random);
      y = 0.995 * y + w;
      x[i] = (float)(0.02 * (brown ? y : w));
    }
    taken t = features_of(x, COUNT);
    for (int i = 10; i < FRAMES; i++) mean += t.frames[i][VOICE_AT_SLOPE] / (FRAMES - 10);
    assert_float_equal(mean, brown ? -6.0 : 0.0, 0.6); /* dB an octave */
  }
}

/* A train of pulses through one resonance; each period and height is off by up to the share given,
 * evenly. Two draws then differ by 2/3 of that share on average. */
static void pulses(float *x, double period, double jitter, double shimmer) {
  sound_formant f = sound_formant_make(700, 200, 16000);
  sound_random random = {17};
  double next = 2, height = 1;
  memset(x, 0, COUNT * sizeof *x);
  while (next < COUNT - 2) { /* shares the pulse over two samples, for fractions of a period */
    int at = (int)next;
    x[at] += (float)(height * (1 - (next - at)));
    x[at + 1] += (float)(height * (next - at));
    next += period * (1 + jitter * sound_noise(&random));
    height = 1 + shimmer * sound_noise(&random);
  }
  for (int i = 0; i < COUNT; i++) x[i] = (float)(2.4 * sound_formant_run(&f, x[i]));
}

static void measure(const float *x, float cues[VOICE_CUES]) {
  static voice_frames frames;
  static voice_prosody prosody;
  assert_int_equal(voice_frames_open(&frames), MIEN_OK);
  voice_pulse_restart(&prosody.pulse);
  voice_prosody_restart(&prosody);
  for (size_t at = 0; at < COUNT;) {
    const float *ready;
    int bad;
    at += voice_frames_feed(&frames, x + at, COUNT - at, &ready, &bad);
    if (!ready) continue;
    voice_pulse_read(&prosody.pulse, &frames, ready);
    voice_prosody_feed(&prosody, ready, ready[VOICE_AT_LEVEL] > -60, bad);
  }
  voice_prosody_read(&prosody, cues);
  voice_frames_close(&frames);
}

static void jitter_and_shimmer(void **state) {
  static float x[COUNT];
  float cues[VOICE_CUES];
  pulses(x, 100, 0, 0);
  measure(x, cues);
  assert_float_equal(cues[VOICE_PITCH], 160, 1);
  assert_true(cues[VOICE_JITTER] < 0.1 && cues[VOICE_SHIMMER] < 0.5);
  assert_true(cues[VOICE_VOICED] > 95 && cues[VOICE_PITCH_RANGE] < 0.1);
  pulses(x, 100, 0.03, 0);
  measure(x, cues);
  assert_float_equal(cues[VOICE_JITTER], 2.0, 0.4);
  pulses(x, 100, 0, 0.15);
  measure(x, cues);
  assert_float_equal(cues[VOICE_SHIMMER], 10.0, 2.0);
}

static void syllables_and_pauses(void **state) {
  static float x[COUNT];
  float cues[VOICE_CUES];
  memset(x, 0, sizeof x);
  sound_speak(x, COUNT, 0.0, 0.8, 150, 0.3);
  sound_speak(x, COUNT, 1.2, 2.0, 150, 0.3);
  measure(x, cues);
  assert_float_equal(cues[VOICE_PAUSE], 0.4, 0.08);
  assert_float_equal(cues[VOICE_PACE], 5.0, 0.8);
  assert_float_equal(cues[VOICE_PITCH], 150, 15);
  float level = cues[VOICE_LOUDNESS];
  for (int i = 0; i < COUNT; i++) x[i] *= 0.1f;
  measure(x, cues);
  assert_float_equal(cues[VOICE_LOUDNESS], level - 20, 0.3);
  assert_float_equal(cues[VOICE_PACE], 5.0, 0.8);
}

static void nothing_known_of_nothing(void **state) {
  static float x[COUNT];
  float cues[VOICE_CUES];
  memset(x, 0, sizeof x);
  measure(x, cues);
  for (int i = 0; i < VOICE_CUES; i++) assert_true(isnan(cues[i]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pitch_of_buzzes),
      cmocka_unit_test(pitch_follows_a_glide_in_noise),
      cmocka_unit_test(noise_and_silence_have_no_pitch),
      cmocka_unit_test(levels_are_decibels_of_full_scale),
      cmocka_unit_test(slope_of_coloured_noise),
      cmocka_unit_test(jitter_and_shimmer),
      cmocka_unit_test(syllables_and_pauses),
      cmocka_unit_test(nothing_known_of_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
