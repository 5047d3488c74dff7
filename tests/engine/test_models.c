/* mien.h over the models inside the library, as a program uses it. What has no model is skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/base.h"

static mien_engine *engine;

static int engine_open(void **state) {
  mien_error error = {0};
  if (mien_engine_open(&engine, NULL, &error) == MIEN_OK) return 0;
  print_error("%s (%s)\n", error.what, error.where);
  return -1;
}
static int engine_close(void **state) {
  mien_engine_close(&engine);
  return 0;
}

static void need(unsigned read) {
  if (!(mien_engine_reads(engine) & read)) skip();
}

static mien_session *session_open(unsigned read) {
  mien_session_options options = MIEN_SESSION_USUAL;
  options.read = read;
  mien_session *session = NULL;
  assert_int_equal(mien_session_open(&session, engine, &options, NULL), MIEN_OK);
  return session;
}

static void clear_words_are_read(void **state) {
  need(MIEN_READ_TEXT);
  static const struct {
    const char *text;
    int label, state;
  } said[] = {
      {"I am furious, this is the worst service I have ever had!", MIEN_ANGER, MIEN_FRUSTRATION},
      {"Thank you so much, that is wonderful, I am so happy!", MIEN_JOY, MIEN_SATISFACTION},
      {"I am so sad, I miss her and I can't stop crying.", MIEN_SADNESS, MIEN_DISAPPOINTMENT},
      {"I'm terrified, I am so scared of what will happen.", MIEN_FEAR, MIEN_STRESS},
  };
  for (size_t i = 0; i < BASE_COUNT(said); i++) {
    mien_session *session = session_open(MIEN_READ_TEXT);
    mien_event event;
    size_t bytes = strlen(said[i].text);
    assert_int_equal(mien_session_feed_text(session, "a", said[i].text, bytes, 0, 3), MIEN_OK);
    assert_int_equal(mien_session_next(session, &event), MIEN_OK);
    assert_true(event.reading.set >> said[i].label & 1);
    assert_true(event.reading.cue_count > 0);
    for (size_t c = 0; c < event.reading.cue_count; c++) {
      const mien_cue *cue = &event.reading.cues[c];
      assert_true(cue->at >= 0 && cue->length > 0 && (size_t)(cue->at + cue->length) <= bytes);
    }
    assert_int_equal(mien_session_next(session, &event), MIEN_OK);
    assert_int_equal(event.kind, MIEN_EVENT_STATE);
    assert_true(event.reading.set >> said[i].label & 1);
    const float *states = event.reading.states;
    int against = said[i].state == MIEN_SATISFACTION ? MIEN_FRUSTRATION : MIEN_SATISFACTION;
    assert_true(states[said[i].state] > states[against]);
    mien_session_close(&session);
  }
}

static void hostile_text_is_read(void **state) {
  need(MIEN_READ_TEXT);
  mien_session *session = session_open(MIEN_READ_TEXT);
  size_t many = 1 << 20;
  char *text = malloc(many);
  assert_non_null(text);
  for (int round = 0; round < 4; round++) {
    for (size_t i = 0; i < many; i++)
      text[i] = round == 0   ? 0
                : round == 1 ? (char)0xff
                : round == 2 ? 'a'
                             : (char)(i * 31 + i / 7);
    mien_event event;
    assert_int_equal(mien_session_feed_text(session, "a", text, many, round, round), MIEN_OK);
    int given = 0;
    while (mien_session_next(session, &event) == MIEN_OK) {
      float sum = 0;
      for (int k = 0; k < MIEN_CORE; k++) sum += event.reading.core[k];
      assert_float_equal(sum, 1, 1e-3);
      given++;
    }
    assert_true(given >= 1);
  }
  free(text);
  mien_session_close(&session);
}

/* A voice drawn with pulses: 12 s, three phrases of 2 to 3 s, the second higher and louder. */
enum { RATE = 16000, LENGTH = 12 * RATE };
static float *voice_draw(void) {
  float *pcm = calloc(LENGTH, sizeof *pcm);
  assert_non_null(pcm);
  double phase = 0, low = 0, lower = 0;
  unsigned seed = 1;
  for (size_t i = 0; i < LENGTH; i++) {
    double t = (double)i / RATE;
    int phrase = t > 0.5 && t < 3 ? 1 : t > 4.2 && t < 6.8 ? 2 : t > 8 && t < 10.5 ? 3 : 0;
    double f0 = (phrase == 2 ? 190 : 120) * (1 + 0.08 * sin(6.3 * t));
    bool vowel = phrase && fmod(t, 0.25) < 0.19; /* four syllables a second */
    phase += f0 / RATE;
    double pulse = 0;
    if (phase >= 1) phase -= 1, pulse = 1;
    low += 0.2 * ((vowel ? pulse : 0) - low);
    lower += 0.3 * (low - lower);
    seed = seed * 1664525u + 1013904223u;
    pcm[i] = (float)((phrase == 2 ? 4.0 : 1.5) * lower + 0.0005 * ((seed >> 16) / 32768.0 - 1));
  }
  return pcm;
}

static void voice_play(const float *pcm, size_t chunk, base_text *lines) {
  static char json[65536];
  mien_session *session = session_open(MIEN_READ_VOICE);
  mien_event event;
  for (size_t at = 0; at <= LENGTH; at += chunk) {
    size_t count = BASE_MIN(chunk, LENGTH - at);
    assert_int_equal(mien_session_feed_audio(session, "a", pcm + at, count, (double)at / RATE),
                     MIEN_OK);
    if (at + chunk > LENGTH) assert_int_equal(mien_session_finish(session), MIEN_OK);
    while (mien_session_next(session, &event) == MIEN_OK) {
      assert_true(mien_reading_json(&event.reading, json, sizeof json) < sizeof json);
      base_text_printf(lines, "%s\n", json);
    }
  }
  mien_session_close(&session);
}

static void batch_and_live_give_the_same(void **state) {
  need(MIEN_READ_VOICE);
  float *pcm = voice_draw();
  base_text whole = {0}, pieces = {0};
  voice_play(pcm, LENGTH, &whole);
  assert_true(whole.length > 0);
  static const size_t chunks[] = {160, 320, 1601, 16000};
  for (size_t i = 0; i < BASE_COUNT(chunks); i++) {
    base_text_reset(&pieces);
    voice_play(pcm, chunks[i], &pieces);
    assert_string_equal(pieces.data, whole.data);
  }
  base_text_clear(&whole);
  base_text_clear(&pieces);
  free(pcm);
}

static void an_empty_picture_has_no_face(void **state) {
  need(MIEN_READ_FACE);
  mien_session *session = session_open(MIEN_READ_FACE);
  static uint8_t pixels[320 * 240];
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i % 320 / 2 + i / 320 / 4);
  mien_picture picture = {320, 240, MIEN_GREY, 320, pixels};
  for (int i = 0; i < 10; i++)
    assert_int_equal(mien_session_feed_frame(session, "a", &picture, i * 0.1), MIEN_OK);
  mien_event event;
  mien_session_finish(session);
  assert_int_equal(mien_session_next(session, &event), MIEN_EEND);
  mien_session_close(&session);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clear_words_are_read),
      cmocka_unit_test(hostile_text_is_read),
      cmocka_unit_test(batch_and_live_give_the_same),
      cmocka_unit_test(an_empty_picture_has_no_face),
  };
  return cmocka_run_group_tests(tests, engine_open, engine_close);
}
