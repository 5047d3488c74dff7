/* test_turns.c: which turns a text is read with, texts by themselves, and which text model an engine
 * takes. Over rooms.c, whose reading of a text says what it was given before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "engine/engine.h"
#include "rooms.h"

static char folder[] = "/tmp/mien-turns-XXXXXX";

static void put_model(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s.mien", folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fclose(file);
}
static void take_model(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s.mien", folder, name);
  remove(path);
}

static int folder_make(void **state) {
  if (!mkdtemp(folder)) return -1;
  put_model("text");
  return 0;
}
static int folder_remove(void **state) {
  take_model("text");
  return remove(folder);
}

static mien_engine *open_engine(void) {
  mien_engine_options options = {.size = sizeof options, .models = folder};
  mien_engine *engine = NULL;
  assert_int_equal(mien_engine_open(&engine, &options, NULL), MIEN_OK);
  return engine;
}

static mien_session *open_session(mien_engine *engine, int turns) {
  mien_session_options options = MIEN_SESSION_USUAL;
  options.states = 0;
  options.turns = turns;
  mien_session *session = NULL;
  assert_int_equal(mien_session_open(&session, engine, &options, NULL), MIEN_OK);
  return session;
}

/* Feeds a turn; gives its reading, whose arousal tells the turns before in tenths, whose dominance those
 * by the same person, and whose language the last of them. */
static mien_reading said(mien_session *session, const char *who, const char *text, double at, double until) {
  mien_event event;
  assert_int_equal(mien_session_feed_text(session, who, text, strlen(text), at, until), MIEN_OK);
  assert_int_equal(mien_session_next(session, &event), MIEN_OK);
  assert_int_equal(event.kind, MIEN_EVENT_READING);
  return event.reading;
}
static void expect(mien_reading reading, int before, int same, const char *last) {
  assert_int_equal(lroundf(10 * reading.dims[MIEN_AROUSAL]), before);
  assert_int_equal(lroundf(10 * reading.dims[MIEN_DOMINANCE]), same);
  assert_string_equal(reading.language, last);
}

static void the_last_three_turns_are_given(void **state) {
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, 3);
  expect(said(session, "ann", "one", 0, 1), 0, 0, "");
  expect(said(session, "bob", "two", 1, 2), 1, 0, "one");
  expect(said(session, "ann", "three", 2, 3), 2, 1, "two");
  expect(said(session, "ann", "four", 3, 4), 3, 2, "three");
  expect(said(session, "bob", "five", 4, 5), 3, 1, "four");
  expect(said(session, "ann", "six", 5, 6), 3, 2, "five");
  for (int i = 6; i < 40; i++)
    expect(said(session, "ann", i % 2 ? "odd" : "even", i, i + 1), 3, i > 7 ? 3 : 2,
           i == 6 ? "six" : i % 2 ? "even" : "odd");
  mien_session_close(&session);
  session = open_session(engine, 1);
  expect(said(session, "ann", "one", 0, 1), 0, 0, "");
  expect(said(session, "ann", "two", 1, 2), 1, 1, "one");
  expect(said(session, "ann", "three", 2, 3), 1, 1, "two");
  mien_session_close(&session);
  session = open_session(engine, 0);
  said(session, "ann", "one", 0, 1);
  expect(said(session, "ann", "two", 1, 2), 0, 0, "");
  mien_session_close(&session);
  mien_engine_close(&engine);
  assert_int_equal(rooms_open, 0);
}

/* What began or ended after it is no turn before it, in whatever order it was fed. */
static void turns_are_chosen_by_their_times(void **state) {
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, 3);
  said(session, "ann", "late", 10, 12);
  expect(said(session, "bob", "early", 0, 2), 0, 0, "");
  expect(said(session, "bob", "inside", 10.5, 11), 1, 1, "early");
  expect(said(session, "bob", "after", 12, 13), 3, 2, "late");
  mien_session_close(&session);
  session = open_session(engine, 3); /* a chat without times */
  said(session, "ann", "a", 0, 0);
  expect(said(session, "bob", "b", 0, 0), 1, 0, "a");
  expect(said(session, "ann", "c", 0, 0), 2, 1, "b");
  mien_session_close(&session);
  mien_engine_close(&engine);
}

/* The end of a long turn is what is remembered. */
static void long_turns_are_cut(void **state) {
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, 3);
  static char text[100000];
  memset(text, 'x', sizeof text);
  memcpy(text + sizeof text - ENGINE_SAID_BYTES, "here", 4);
  assert_int_equal(mien_session_feed_text(session, "ann", text, sizeof text, 0, 1), MIEN_OK);
  mien_event event;
  assert_int_equal(mien_session_next(session, &event), MIEN_OK);
  expect(said(session, "ann", "two", 1, 2), 1, 1, "herexxxxxxx");
  mien_session_close(&session);
  mien_engine_close(&engine);
}

typedef struct taken {
  size_t count;
  int labels[8];
} taken;
static void take(void *context, size_t index, const mien_reading *reading) {
  taken *to = context;
  assert_int_equal(index, to->count);
  assert_true(isnan(reading->dims[MIEN_AROUSAL]) && isnan(reading->t0) && !reading->who);
  for (int k = 0; k < MIEN_CORE; k++)
    if (reading->core[k] > 0.5f) to->labels[to->count] = k;
  to->count++;
}

static void texts_are_read_by_themselves(void **state) {
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, 3);
  said(session, "ann", "joy", 0, 1);
  taken to = {0};
  const mien_text texts[] = {{"anger", 5}, {"joy", 3}, {"fear and", 8}};
  assert_int_equal(mien_session_read_texts(session, texts, 3, take, &to), MIEN_OK);
  assert_int_equal(to.count, 3);
  assert_int_equal(to.labels[0], MIEN_ANGER);
  assert_int_equal(to.labels[1], MIEN_JOY);
  assert_int_equal(to.labels[2], MIEN_FEAR);
  expect(said(session, "ann", "two", 1, 2), 1, 1, "joy"); /* they are no turns */
  assert_int_equal(mien_session_read_texts(session, NULL, 0, take, &to), MIEN_OK);
  assert_int_equal(mien_session_read_texts(session, NULL, 1, take, &to), MIEN_EINVAL);
  assert_int_equal(mien_session_read_texts(session, texts, 1, NULL, &to), MIEN_EINVAL);
  assert_int_equal(mien_session_read_texts(NULL, texts, 1, take, &to), MIEN_EINVAL);
  const mien_text missing = {NULL, 3};
  assert_int_equal(mien_session_read_texts(session, &missing, 1, take, &to), MIEN_EINVAL);
  mien_session_close(&session);
  mien_session_options options = MIEN_SESSION_USUAL;
  options.read = MIEN_READ_VOICE;
  assert_int_equal(mien_session_open(&session, engine, &options, NULL), MIEN_OK);
  assert_int_equal(mien_session_read_texts(session, texts, 3, take, &to), MIEN_EINVAL);
  mien_session_close(&session);
  options.turns = 4;
  assert_int_equal(mien_session_open(&session, engine, &options, NULL), MIEN_EINVAL);
  options.turns = -1;
  assert_int_equal(mien_session_open(&session, engine, &options, NULL), MIEN_EINVAL);
  mien_engine_close(&engine);
}

static const char *text_file; /* of the options */

static const char *opened_with(int which) {
  mien_engine_options options = {.size = sizeof options, .models = folder, .text_model = which, .text_file = text_file};
  mien_engine *engine = NULL;
  mien_error error = {0};
  rooms_text_path[0] = 0;
  int code = mien_engine_open(&engine, &options, &error);
  if (code) {
    assert_non_null(error.what);
    assert_null(engine);
    return mien_error_name(code);
  }
  mien_engine_close(&engine);
  const char *slash = strrchr(rooms_text_path, '/');
  return slash ? slash + 1 : rooms_text_path;
}

static void the_model_can_be_chosen(void **state) {
  assert_string_equal(opened_with(MIEN_MODEL_AUTO), "text.mien"); /* the folder's goes before any inside */
  assert_string_equal(opened_with(MIEN_MODEL_BULK), "text.mien");
  if (!engine_embedded_find("text-deep")) assert_string_equal(opened_with(MIEN_MODEL_DEEP), "EMODEL");
  put_model("text-deep");
  assert_string_equal(opened_with(MIEN_MODEL_AUTO), "text-deep.mien");
  assert_string_equal(opened_with(MIEN_MODEL_BULK), "text.mien");
  assert_string_equal(opened_with(MIEN_MODEL_DEEP), "text-deep.mien");
  text_file = "elsewhere/mine.mien";
  assert_string_equal(opened_with(MIEN_MODEL_AUTO), "mine.mien");
  assert_string_equal(opened_with(MIEN_MODEL_DEEP), "mine.mien");
  text_file = NULL;
  take_model("text-deep");
  assert_string_equal(opened_with(MIEN_MODEL_DEEP + 1), "EINVAL");
  assert_string_equal(opened_with(-1), "EINVAL");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_last_three_turns_are_given), cmocka_unit_test(turns_are_chosen_by_their_times),
      cmocka_unit_test(long_turns_are_cut),             cmocka_unit_test(texts_are_read_by_themselves),
      cmocka_unit_test(the_model_can_be_chosen),
  };
  return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
