/* What is usual for somebody, from one session to the next: a low voice is not low the second time; it drifts; bad input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "engine/engine.h"

static mien_engine *engine;

static mien_session *opened(void) {
  mien_session *session = NULL;
  assert_int_equal(mien_session_open(&session, engine, NULL, NULL), MIEN_OK);
  return session;
}

/* One utterance of this pitch; gives the z that its cue came with. */
static double speak(mien_session *session, const char *who, double at, float pitch, float valence) {
  mien_cue cue = {.kind = "pitch", .unit = "Hz", .value = pitch, .z = NAN, .toward = -1, .at = -1};
  mien_reading reading;
  mien_event event;
  double z = (double)NAN;
  base_reading_init(&reading, MIEN_VOICE);
  for (int k = 0; k < MIEN_CORE; k++) reading.core[k] = k ? 0.02f : 0.88f;
  reading.dims[MIEN_VALENCE] = valence, reading.dims[MIEN_AROUSAL] = reading.dims[MIEN_DOMINANCE] = 0;
  reading.t0 = at, reading.t1 = at + 1, reading.final = 1, reading.confidence = 0.8f, reading.quality = 1;
  reading.cues = &cue, reading.cue_count = 1;
  engine_participant *p = engine_participant_get(session, who);
  assert_non_null(p);
  assert_int_equal(engine_give_reading(session, p, &reading), MIEN_OK);
  assert_int_equal(engine_line_advance(session, p, 1), MIEN_OK);
  while (mien_session_next(session, &event) == MIEN_OK)
    if (event.kind == MIEN_EVENT_READING && event.reading.cue_count) z = (double)event.reading.cues[0].z;
  return z;
}

static size_t learned(char *to, size_t capacity, float pitch) {
  mien_session *session = opened();
  for (int i = 0; i < 40; i++) speak(session, "ann", i * 3.0, pitch + (float)(i % 5 - 2), 0.4f);
  size_t bytes = mien_session_usual(session, "ann", to, capacity);
  assert_int_equal(mien_session_usual(session, "nobody", NULL, 0), 0);
  mien_session_close(&session);
  return bytes;
}

static void test_carried_over(void **state) {
  static char usual[32768], again[32768];
  size_t bytes = learned(usual, sizeof usual, 85); /* lower than people are */
  assert_int_equal(bytes, strlen(usual));
  assert_null(strstr(usual, "ann")); /* of whom it is, only the keeper knows */
  mien_session *fresh = opened(), *knows = opened();
  assert_int_equal(mien_session_usual_set(knows, "ann", usual, bytes), MIEN_OK);
  assert_true(mien_session_usual(knows, "ann", again, sizeof again) > 0);
  double without = speak(fresh, "ann", 0, 85, 0), with = speak(knows, "ann", 0, 85, 0);
  assert_true(without < -0.8); /* against people */
  assert_true(fabs(with) < 0.3); /* against this person */
  double raised = speak(knows, "ann", 3, 110, 0); /* high for them, still low among people */
  assert_true(raised > 1.5 && speak(fresh, "ann", 3, 110, 0) < raised - 1);
  double mean[MIEN_DIMS], seconds[MIEN_DIMS], none[MIEN_DIMS];
  assert_true(engine_line_usual(engine_participant_find(knows, "ann"), mean, seconds) && engine_line_usual(engine_participant_find(fresh, "ann"), none, seconds));
  assert_true(mean[MIEN_VALENCE] > none[MIEN_VALENCE] + 0.05); /* somebody who sounds pleasant */
  for (int i = 2; i < 80; i++) speak(knows, "ann", i * 3.0, 110, 0); /* and a person may change */
  assert_true(fabs(speak(knows, "ann", 300, 110, 0)) < raised - 0.5);
  assert_int_equal(mien_session_usual_set(knows, "ann", usual, bytes), MIEN_EINVAL); /* too late */
  mien_session_close(&fresh);
  mien_session_close(&knows);
}

static void test_bad_input(void **state) {
  static const char *const wrong[] = {
      "", "{", "[]", "{\"usual\":2,\"traits\":[],\"dims\":[]}", "{\"usual\":1,\"traits\":{},\"dims\":[]}",
      "{\"usual\":1,\"traits\":[{\"kind\":\"pitch\"}],\"dims\":[]}", "{\"usual\":1,\"traits\":[],\"dims\":[1]}",
      "{\"usual\":1,\"traits\":[{\"kind\":\"a name that is much too long for a cue\",\"mean\":0,\"squares\":0,\"weight\":1,\"prior\":0,\"within\":1,\"between\":1}],\"dims\":[]}",
      "{\"usual\":1,\"traits\":[{\"kind\":\"pitch\",\"mean\":0,\"squares\":-1,\"weight\":1,\"prior\":0,\"within\":1,\"between\":1}],\"dims\":[]}",
      "{\"usual\":1,\"traits\":[{\"kind\":\"pitch\",\"mean\":0,\"squares\":0,\"weight\":1e9,\"prior\":0,\"within\":1,\"between\":1}],\"dims\":[]}",
      "{\"usual\":1,\"traits\":[{\"kind\":\"pitch\",\"mean\":0,\"squares\":0,\"weight\":1,\"prior\":0,\"within\":1,\"between\":0}],\"dims\":[]}",
      "{\"usual\":1,\"traits\":[],\"dims\":[{\"usual\":7,\"seconds\":1},{\"usual\":0,\"seconds\":1},{\"usual\":0,\"seconds\":1}]}"};
  mien_session *session = opened();
  for (size_t i = 0; i < BASE_COUNT(wrong); i++)
    if (mien_session_usual_set(session, "ann", wrong[i], strlen(wrong[i])) != MIEN_EFORMAT) fail_msg("taken: %s", wrong[i]);
  assert_int_equal(mien_session_usual_set(session, "ann", NULL, 0), MIEN_EINVAL);
  assert_int_equal(mien_session_usual_set(session, "", "{}", 2), MIEN_EINVAL);
  assert_true(isfinite(speak(session, "ann", 0, 120, 0))); /* and nothing of it stuck */
  mien_session_close(&session);
}

static int open_engine(void **state) {
  mien_engine_options options = {.size = sizeof options, .text_model = MIEN_MODEL_BULK};
  return mien_engine_open(&engine, &options, NULL);
}
static int close_engine(void **state) {
  mien_engine_close(&engine);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_carried_over), cmocka_unit_test(test_bad_input)};
  return cmocka_run_group_tests(tests, open_engine, close_engine);
}
