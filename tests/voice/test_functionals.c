/* The functionals' running sums against the same statistics worked out from all frames at once, and the
 * perceptron against PyTorch. */
#include "sound.h"
#include "voice/model.h"
#include "voice/perceptron.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { FRAMES = 500 };

static voice_kernels kernels;
static voice_functionals f;
static float frames[FRAMES][VOICE_FEATURES];
static bool speech[FRAMES];

static int setup(void **state) {
  sound_random r = {9};
  for (int t = 0; t < VOICE_TRACKS; t++) {
    kernels.mean[t] = sound_noise(&r), kernels.scale[t] = 0.2f;
  }
  for (int k = 0; k < VOICE_ALL_KERNELS; k++) /* even ones: no cepstral track */
    for (int i = 0; i < 2; i++) {
      kernels.sum[k].track[i] = (uint8_t)(k % 2 ? k % VOICE_CEPSTRA : VOICE_TRACK_F0 + (k + 3 * i) % 7);
      kernels.sum[k].weight[i] = i ? -1.0f : 1.0f;
    }
  for (int j = 0; j < VOICE_TAPS; j++)
    for (int k = 0; k < VOICE_ALL_KERNELS; k++)
      kernels.taps[j][k] = (j + k) % 3 == 0 ? 2.0f : -1.0f;
  for (int k = 0; k < VOICE_ALL_KERNELS; k++) kernels.over[0][k] = -1.0f, kernels.over[1][k] = 1.0f;
  for (int n = 0; n < FRAMES; n++) {
    speech[n] = n % 97 > 20;
    for (int i = 0; i <= VOICE_AT_LEVEL; i++)
      frames[n][i] = -45.0f + 12.0f * sinf(0.07f * (float)n + 0.2f * (float)i) + 3.0f * sound_noise(&r);
    for (int i = VOICE_AT_F0; i < VOICE_FEATURES; i++) frames[n][i] = 12.0f + 5.0f * sound_noise(&r);
    if (n % 5 == 0) frames[n][VOICE_AT_F0] = 0.0f; /* unvoiced */
  }
  voice_functionals_init(&f, &kernels);
  return 0;
}

static void run(float to[VOICE_FUNCTIONALS], int count) {
  voice_functionals_restart(&f);
  for (int n = 0; n < count; n++) voice_functionals_feed(&f, frames[n], speech[n]);
  voice_functionals_read(&f, to);
}

/* A track that is a feature as it stands, of the voiced frames: mean, deviation, skewness, kurtosis. */
static void as_from_all_frames(void **state) {
  static float got[VOICE_FUNCTIONALS];
  run(got, FRAMES);
  const int feature = VOICE_AT_HNR, track = VOICE_CEPSTRA + 1 + VOICE_AT_HNR - VOICE_AT_F0;
  double level = -INFINITY, sum = 0, n = 0, m2 = 0, m3 = 0, m4 = 0;
  bool in[FRAMES];
  for (int i = 0; i < FRAMES; i++) {
    level = BASE_MAX(frames[i][VOICE_AT_LEVEL], level - 0.02);
    in[i] = speech[i] && frames[i][VOICE_AT_LEVEL] - level > -28 && frames[i][VOICE_AT_F0] > 0;
    if (in[i]) n++, sum += frames[i][feature];
  }
  assert_true(n > 100);
  for (int i = 0; i < FRAMES; i++) {
    double d = frames[i][feature] - sum / n;
    if (in[i]) m2 += d * d / n, m3 += d * d * d / n, m4 += d * d * d * d / n;
  }
  const float *voiced = got + 2 * VOICE_TRACKS, *moments = got + 8 * VOICE_TRACKS;
  assert_float_equal(voiced[track], sum / n, 1e-3);
  assert_float_equal(voiced[VOICE_TRACKS + track], sqrt(m2), 1e-3);
  assert_float_equal(moments[track], m3 / pow(m2, 1.5), 1e-2);
  assert_float_equal(moments[VOICE_TRACKS + track], m4 / (m2 * m2) - 3, 1e-2);
  for (int i = 0; i < VOICE_FUNCTIONALS; i++) assert_true(isfinite(got[i]));
}

/* The share of frames over a threshold of one kernel of the second dilation (20 ms), looked at from its
 * definition. */
static void kernels_as_defined(void **state) {
  static float got[VOICE_FUNCTIONALS];
  run(got, FRAMES);
  const int k = VOICE_KERNELS + 2; /* an even one: of no cepstral track */
  double level = -INFINITY, over[2] = {0}, n = 0;
  for (int i = 0; i < FRAMES; i++) {
    level = BASE_MAX(frames[i][VOICE_AT_LEVEL], level - 0.02);
    if (!speech[i] || frames[i][VOICE_AT_LEVEL] - level <= -28) continue;
    double out = 0;
    for (int j = 0; j < VOICE_TAPS; j++) {
      const float *at = frames[BASE_MAX(i - 2 * j, 0)];
      double x = 0;
      for (int t = 0; t < 2; t++) {
        const int track = kernels.sum[k].track[t];
        x += kernels.sum[k].weight[t] * (at[VOICE_AT_F0 + track - VOICE_TRACK_F0] - kernels.mean[track]) * 0.2;
      }
      out += kernels.taps[j][k] * x;
    }
    n++;
    for (int t = 0; t < 2; t++) over[t] += out > kernels.over[t][k];
  }
  const float *shares = got + 16 * VOICE_TRACKS + VOICE_PAIRS + VOICE_MODULATED * VOICE_MODULATIONS;
  assert_float_equal(shares[k], over[0] / n, 2.5 / n);
  assert_float_equal(shares[VOICE_ALL_KERNELS + k], over[1] / n, 2.5 / n);
}

static void nothing_is_left_of_the_last_one(void **state) {
  static float first[VOICE_FUNCTIONALS], again[VOICE_FUNCTIONALS];
  run(first, 200);
  run(again, FRAMES);
  assert_memory_not_equal(first, again, sizeof first);
  run(again, 200);
  assert_memory_equal(first, again, sizeof first);
  run(again, 0); /* of nothing: finite all the same */
  for (int i = 0; i < VOICE_FUNCTIONALS; i++) assert_true(isfinite(again[i]));
}

/* tests/voice/perceptron.txt has what train/voice.py got for functionals of a formula. */
static void perceptron_as_trained(void **state) {
  nn_file *file;
  voice_model *model;
  voice_judge judge;
  mien_error error = {0};
  char path[512];
  const char *root = getenv("MIEN_SOURCE_ROOT");
  snprintf(path, sizeof path, "%s/models/voice.mien", root ? root : ".");
  assert_int_equal(nn_file_open(&file, path, &error), MIEN_OK);
  assert_int_equal(voice_model_open(&model, file, &error), MIEN_OK);
  assert_true(model->perceptron_count > 0);
  assert_int_equal(voice_judge_open(&judge, model), MIEN_OK);
  float x[VOICE_FUNCTIONALS], got[VOICE_CLASSES + MIEN_DIMS];
  for (int i = 0; i < VOICE_FUNCTIONALS; i++)
    x[i] = model->functional_mean[i] + (float)(5.0 * sin(0.7 * i)) / model->functional_scale[i];
  voice_judge_read(&judge, 0, x, got, got + VOICE_CLASSES);
  snprintf(path, sizeof path, "%s/tests/voice/perceptron.txt", root ? root : ".");
  FILE *golden = fopen(path, "r");
  assert_non_null(golden);
  for (int i = 0; i < VOICE_CLASSES + MIEN_DIMS; i++) {
    double want;
    assert_int_equal(fscanf(golden, "%lf", &want), 1);
    assert_float_equal(got[i], want, 0.02); /* the file has float16 weights */
  }
  fclose(golden);
  voice_judge_close(&judge);
  voice_model_close(&model);
  nn_file_close(&file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(as_from_all_frames),
      cmocka_unit_test(kernels_as_defined),
      cmocka_unit_test(nothing_is_left_of_the_last_one),
      cmocka_unit_test(perceptron_as_trained),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
