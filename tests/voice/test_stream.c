/* The stream as its callers see it, with the shipped model on sounds made here. */
#include "shipped.h"
#include "sound.h"
#include "voice/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { SECONDS = 12, COUNT = SECONDS * 16000, MOST = 64 };

static float speech[COUNT]; /* two utterances: 1…4.2 s and 6…10.5 s */

typedef struct answers {
  mien_reading readings[MOST];
  mien_cue cues[MOST][32];
  int count;
} answers;

static int setup(void **state) {
  if (shipped_open()) return -1;
  sound_random random = {5};
  for (int i = 0; i < COUNT; i++) speech[i] = 0.0005f * sound_noise(&random);
  sound_speak(speech, COUNT, 1.0, 4.2, 140, 0.25);
  sound_speak(speech, COUNT, 6.0, 10.5, 210, 0.25);
  return 0;
}

static void drain(voice_stream *stream, answers *a) {
  mien_reading r;
  while (voice_stream_next(stream, &r) == MIEN_OK) {
    assert_in_range(a->count, 0, MOST - 1);
    assert_in_range(r.cue_count, 0, 32);
    if (r.cue_count) memcpy(a->cues[a->count], r.cues, r.cue_count * sizeof *r.cues);
    r.cues = NULL;
    a->readings[a->count++] = r;
  }
}

/* `chunk` 0: calls of random sizes. */
static void read_all(const float *x, size_t count, size_t chunk, answers *a) {
  static uint64_t seed = 1;
  sound_random random = {seed += 77};
  voice_stream *stream;
  memset(a, 0, sizeof *a);
  assert_int_equal(voice_stream_open(&stream, model), MIEN_OK);
  for (size_t at = 0; at < count;) {
    size_t n = chunk ? chunk : (size_t)(fabsf(sound_noise(&random)) * 3000) + 1;
    n = BASE_MIN(n, count - at);
    assert_int_equal(voice_stream_feed(stream, x + at, n, (double)at / 16000), MIEN_OK);
    if (chunk < count) drain(stream, a);
    at += n;
  }
  assert_int_equal(voice_stream_finish(stream), MIEN_OK);
  drain(stream, a);
  voice_stream_close(&stream);
  assert_null(stream);
}

static void same_however_it_is_cut(void **state) {
  static answers whole, cut;
  read_all(speech, COUNT, COUNT, &whole);
  assert_true(whole.count >= 6);
  const size_t chunks[] = {1, 7, 160, 1000, 16000, 0, 0, 0};
  for (size_t i = 0; i < BASE_COUNT(chunks); i++) {
    read_all(speech, COUNT, chunks[i], &cut);
    assert_int_equal(cut.count, whole.count);
    assert_memory_equal(cut.readings, whole.readings, sizeof whole.readings);
    assert_memory_equal(cut.cues, whole.cues, sizeof whole.cues);
  }
}

static void check_reading(const mien_reading *r) {
  float sum = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    assert_true(r->core[k] >= 0 && r->core[k] <= 1);
    sum += r->core[k];
  }
  assert_float_equal(sum, 1, 1e-4);
  for (int d = 0; d < MIEN_DIMS; d++) assert_true(r->dims[d] >= -1 && r->dims[d] <= 1);
  assert_true(r->extra[MIEN_CALM] + r->extra[MIEN_BOREDOM] <= r->core[MIEN_NEUTRAL] + 1e-4f);
  assert_true(isnan(r->extra[MIEN_CONTEMPT]));
  assert_true(r->quality >= 0 && r->quality <= 1 && r->confidence > 0 && r->confidence <= 1);
  assert_true(r->set != 0 && r->t1 > r->t0);
}

static void utterances_and_their_readings(void **state) {
  static answers a;
  read_all(speech, COUNT, 1600, &a);
  double starts[2] = {1.0, 6.0}, ends[2] = {4.2, 10.5};
  int utterance = 0, interim = 0;
  for (int i = 0; i < a.count; i++) {
    const mien_reading *r = &a.readings[i];
    check_reading(r);
    assert_in_range(utterance, 0, 1);
    assert_float_equal(r->t0, starts[utterance], 0.25);
    if (!r->final) { /* the first not before 0.5 s of voiced speech, then one a second */
      interim++;
      assert_true(r->t1 >= starts[utterance] + 0.5);
      continue;
    }
    assert_float_equal(r->t1, ends[utterance], 0.25);
    assert_in_range(interim, 2, 5);
    interim = 0, utterance++;
    for (size_t c = 0; c < r->cue_count; c++) {
      const mien_cue *cue = &a.cues[i][c];
      assert_true(isfinite(cue->value) && cue->weight >= -1 && cue->weight <= 1);
      assert_true(cue->toward >= -1 && cue->toward < MIEN_CORE && *cue->text);
      if (!strcmp(cue->kind, "pitch"))
        assert_float_equal(cue->value, utterance == 1 ? 140 : 210, 20);
      if (!strcmp(cue->kind, "rate")) assert_float_equal(cue->value, 5, 1.2);
    }
  }
  assert_int_equal(utterance, 2);
}

static void level_does_not_matter(void **state) {
  static answers loud, quiet;
  static float x[COUNT];
  read_all(speech, COUNT, 1600, &loud);
  for (int i = 0; i < COUNT; i++) x[i] = speech[i] * 0.1f; /* 20 dB down, as RAVDESS is */
  read_all(x, COUNT, 1600, &quiet);
  int finals = 0;
  for (int i = 0, j = 0; i < loud.count; i++, j++) { /* when an interim one comes hangs on a frame: the floor is -100 dB */
    while (i < loud.count && !loud.readings[i].final) i++;
    while (j < quiet.count && !quiet.readings[j].final) j++;
    if (i == loud.count) break;
    assert_true(j < quiet.count);
    int top = 0, same = 0;
    for (int k = 0; k < MIEN_CORE; k++) {
      assert_float_equal(loud.readings[i].core[k], quiet.readings[j].core[k], 0.12);
      if (loud.readings[i].core[k] > loud.readings[i].core[top]) top = k;
      if (quiet.readings[j].core[k] > quiet.readings[j].core[same]) same = k;
    }
    assert_int_equal(top, same);
    finals++;
  }
  assert_int_equal(finals, 2);
}

static void no_utterance_without_speech(void **state) {
  static answers a;
  static float x[COUNT];
  memset(x, 0, sizeof x);
  read_all(x, COUNT, 1600, &a);
  assert_int_equal(a.count, 0);
  for (float level = 0.001f; level < 0.9f; level *= 8) { /* white noise */
    sound_random random = {9};
    for (int i = 0; i < COUNT; i++) x[i] = level * sound_noise(&random);
    read_all(x, COUNT, 1600, &a);
    assert_int_equal(a.count, 0);
  }
  for (int i = 0; i < COUNT; i++) { /* a chord, and a hum */
    double t = i / 16000.0;
    x[i] = (float)(0.1 * (sin(2 * SOUND_PI * 262 * t) + sin(2 * SOUND_PI * 330 * t) +
                          sin(2 * SOUND_PI * 392 * t)));
  }
  read_all(x, COUNT, 1600, &a);
  assert_int_equal(a.count, 0);
  for (int i = 0; i < COUNT; i++) {
    double t = i / 16000.0;
    x[i] = (float)(0.2 * sin(2 * SOUND_PI * 100 * t) + 0.1 * sin(2 * SOUND_PI * 200 * t));
  }
  read_all(x, COUNT, 1600, &a);
  assert_int_equal(a.count, 0);
}

static void damaged_and_clipped_sound(void **state) {
  static answers a;
  static float x[COUNT];
  for (int i = 0; i < COUNT; i++) x[i] = speech[i] * 30; /* far over full scale */
  read_all(x, COUNT, 1600, &a);
  assert_true(a.count > 0);
  for (int i = 0; i < a.count; i++) {
    check_reading(&a.readings[i]);
    assert_non_null(a.readings[i].abstain);
    assert_true(a.readings[i].quality < 0.5f);
  }
  const float odd[] = {NAN, INFINITY, -INFINITY, 3e38f, -3e38f, 1e-44f};
  for (int i = 0; i < COUNT; i++) x[i] = i % 97 ? speech[i] : odd[i % 6];
  read_all(x, COUNT, 0, &a);
  for (int i = 0; i < a.count; i++) check_reading(&a.readings[i]);
  for (int i = 0; i < COUNT; i++) x[i] = odd[i % 6];
  read_all(x, COUNT, 0, &a);
  for (int i = 0; i < a.count; i++) assert_non_null(a.readings[i].abstain);
}

static void jumps_in_time(void **state) {
  static answers a;
  voice_stream *stream;
  memset(&a, 0, sizeof a);
  assert_int_equal(voice_stream_open(&stream, model), MIEN_OK);
  /* 3 s of the first utterance, then the clock jumps to 100 s, then back to 7 s. */
  assert_int_equal(voice_stream_feed(stream, speech, 48000, 0.0), MIEN_OK);
  drain(stream, &a);
  int before = a.count;
  assert_int_equal(voice_stream_feed(stream, speech + 16000, 48000, 100.0), MIEN_OK);
  drain(stream, &a);
  assert_true(a.count > before && a.readings[before].final);
  assert_true(a.readings[before].t1 <= 3.01 && a.readings[a.count - 1].t0 > 99.9);
  before = a.count;
  assert_int_equal(voice_stream_feed(stream, speech + 96000, 48000, 7.0), MIEN_OK);
  assert_int_equal(voice_stream_feed(stream, NULL, 0, NAN), MIEN_OK);
  assert_int_equal(voice_stream_feed(stream, NULL, 3, NAN), MIEN_EINVAL);
  assert_int_equal(voice_stream_finish(stream), MIEN_OK);
  drain(stream, &a);
  assert_true(a.readings[before].final && a.readings[before].t0 > 99.9);
  assert_true(a.readings[a.count - 1].final && a.readings[a.count - 1].t1 <= 10.2);
  assert_true(a.readings[a.count - 1].t0 > 6.7);
  assert_int_equal(voice_stream_finish(stream), MIEN_OK); /* nothing is left to end */
  mien_reading r;
  assert_int_equal(voice_stream_next(stream, &r), MIEN_EAGAIN);
  voice_stream_close(&stream);
}

static void long_speech_is_cut(void **state) {
  static answers a;
  const size_t count = 35 * 16000;
  float *x = calloc(count, sizeof *x);
  assert_non_null(x);
  sound_speak(x, count, 0.5, 34.5, 160, 0.2);
  read_all(x, count, 1600, &a);
  free(x);
  int final = 0;
  for (int i = 0; i < a.count; i++) {
    check_reading(&a.readings[i]);
    assert_true(a.readings[i].t1 - a.readings[i].t0 < 15.5);
    final += a.readings[i].final;
  }
  assert_in_range(final, 2, 3); /* 15 s, 15 s, and the rest where that sounds like speech */
}

static uint64_t allocations;
static void *counted(void *context, void *old, size_t bytes) {
  allocations++;
  if (bytes) return realloc(old, bytes);
  free(old);
  return NULL;
}

static void warm_streams_do_not_allocate(void **state) {
  static answers a;
  voice_stream *stream;
  mien_memory_set(counted, NULL);
  assert_int_equal(voice_stream_open(&stream, model), MIEN_OK);
  assert_true(allocations > 0);
  allocations = 0;
  for (int round = 0; round < 2; round++) {
    memset(&a, 0, sizeof a);
    for (size_t at = 0; at < COUNT; at += 1600) {
      assert_int_equal(voice_stream_feed(stream, speech + at, 1600, NAN), MIEN_OK);
      drain(stream, &a);
    }
    assert_int_equal(voice_stream_finish(stream), MIEN_OK);
    drain(stream, &a);
    assert_true(a.count > 0);
  }
  assert_int_equal(allocations, 0);
  voice_stream_close(&stream);
  mien_memory_set(NULL, NULL);
}

/* The first network against PyTorch: tests/voice/golden.txt has what train/voice.py got for frames of
 * a formula, after 77 and after 400 frames: class logits, then dims. */
static void network_as_trained(void **state) {
  static voice_encoder encoder;
  char path[512];
  const char *root = getenv("MIEN_SOURCE_ROOT");
  snprintf(path, sizeof path, "%s/tests/voice/golden.txt", root ? root : ".");
  FILE *golden = fopen(path, "r");
  assert_non_null(golden);
  voice_encoder_init(&encoder, &model->networks[0], 1);
  assert_non_null(encoder.work = voice_work_borrow(model));
  for (int t = 0; t < 400; t++) {
    float frame[VOICE_FEATURES];
    for (int i = 0; i < VOICE_FEATURES; i++)
      frame[i] = (float)((i <= VOICE_AT_LEVEL ? -40 : 10) + 15 * sin(0.05 * t * (1 + i % 7) + i));
    voice_encoder_feed(&encoder, frame);
    if (t != 75 && t != 399) continue;
    float got[VOICE_CLASSES + MIEN_DIMS];
    voice_encoder_read(&encoder, 0, got, got + VOICE_CLASSES);
    for (int i = 0; i < VOICE_CLASSES + MIEN_DIMS; i++) {
      double want;
      assert_int_equal(fscanf(golden, "%lf", &want), 1);
      assert_float_equal(got[i], want, 0.02); /* the file has float16 weights */
    }
  }
  voice_work_return(model, &encoder.work);
  fclose(golden);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_however_it_is_cut),
      cmocka_unit_test(utterances_and_their_readings),
      cmocka_unit_test(level_does_not_matter),
      cmocka_unit_test(no_utterance_without_speech),
      cmocka_unit_test(damaged_and_clipped_sound),
      cmocka_unit_test(jumps_in_time),
      cmocka_unit_test(long_speech_is_cut),
      cmocka_unit_test(warm_streams_do_not_allocate),
      cmocka_unit_test(network_as_trained),
  };
  return cmocka_run_group_tests(tests, setup, shipped_close);
}
