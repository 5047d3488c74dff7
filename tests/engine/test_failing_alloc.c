/* Every public call of mien.h with the nth allocation failing, for every n: a call says MIEN_ENOMEM, or
 * all that came out is what comes out with memory enough; nothing crashes, nothing leaks, and after a
 * failure the session can still be used and closed. Built twice: over the rooms with the models inside
 * the library, and (ROOMS) over rooms.c, where all that engine/ can meet is met. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "engine/engine.h"

/* ---- Memory that fails ------------------------------------------------------------------------- */
static struct {
  long count;   /* allocations so far                                  */
  long fail_at; /* the one that fails; 0: none                         */
  bool forever; /* all from fail_at on fail                            */
  long failed;  /* that failed                                         */
  long live;    /* blocks that have not been freed                     */
} memory;

static void *failing_resize(void *context, void *old, size_t bytes) {
  if (bytes == 0) {
    memory.live -= old != NULL;
    free(old);
    return NULL;
  }
  memory.count++;
  if (memory.fail_at && (memory.forever ? memory.count >= memory.fail_at : memory.count == memory.fail_at)) {
    memory.failed++;
    return NULL;
  }
  void *made = realloc(old, bytes);
  memory.live += made && !old;
  return made;
}

static void fail_at(long n, bool forever) {
  memory.count = memory.failed = 0;
  memory.fail_at = n;
  memory.forever = forever;
}

/* ---- What is done ------------------------------------------------------------------------------- */
static const char *models; /* folder, or NULL */
static int told;           /* calls that said MIEN_ENOMEM */

static int check(const char *call, int code, const mien_error *error) {
  switch (code) {
    case MIEN_OK:
    case MIEN_EAGAIN:
    case MIEN_EEND: break;
    case MIEN_ENOMEM:
      told++;
      if (error && error->code != MIEN_ENOMEM) fail_msg("%s: error.code is %d", call, error->code);
      if (error && !error->what[0]) fail_msg("%s: the error says nothing", call);
      break;
    default:
      fail_msg("%s gave %s: %s (%s)", call, mien_error_name(code), error ? error->what : "", error ? error->where : "");
  }
  return code;
}

static int open_engine(mien_engine **engine) {
  mien_engine_options options = {.size = sizeof options, .models = models};
  mien_error error = {0};
  int code = check("mien_engine_open", mien_engine_open(engine, &options, &error), &error);
  assert_true((code == MIEN_OK) == (*engine != NULL));
  return code;
}

typedef struct lines {
  char *text;
  size_t length, capacity;
} lines;

static void add(lines *to, const char *text) {
  size_t bytes = strlen(text);
  if (to->length + bytes + 2 > to->capacity) {
    to->capacity = 2 * (to->length + bytes + 2);
    to->text = realloc(to->text, to->capacity);
    if (!to->text) abort();
  }
  memcpy(to->text + to->length, text, bytes);
  memcpy(to->text + to->length + bytes, "\n", 2);
  to->length += bytes + 1;
}

static void take_events(mien_session *session, lines *out) {
  static char json[1 << 16];
  mien_event event;
  while (check("mien_session_next", mien_session_next(session, &event), NULL) == MIEN_OK) {
    if (event.kind == MIEN_EVENT_TURN) snprintf(json, sizeof json, "turn %s: %s", event.who, event.text);
    else assert_true(mien_reading_json(&event.reading, json, sizeof json) < sizeof json);
    add(out, json);
  }
}

static float pcm[2 * 16000];
static uint8_t pixels[120 * 160 * 3];

/* Speech, more or less: pulses at 120 Hz through two resonances for 1.2 s, then silence. */
static void make_input(void) {
  float a1 = 0, a2 = 0, b1 = 0, b2 = 0;
  for (int i = 0; i < 2 * 16000; i++) {
    float pulse = i < 19200 && i % 133 == 0 ? 1.0f : 0.0f;
    float a = pulse + 1.84f * a1 - 0.92f * a2, b = a + 1.50f * b1 - 0.90f * b2;
    a2 = a1, a1 = a, b2 = b1, b1 = b;
    pcm[i] = 0.02f * b;
  }
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 2654435761u >> 24);
#ifdef ROOMS
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] %= MIEN_CORE + 1; /* 0: no face; 1…: its label */
  pixels[0] = 4; /* anger; the first four pixels are a face each */
#endif
}

static void use_session(mien_engine *engine, lines *out) {
  mien_session_options options = MIEN_SESSION_USUAL;
  options.read = MIEN_READ_TEXT | MIEN_READ_VOICE | MIEN_READ_FACE | MIEN_READ_BODY;
#ifdef ROOMS
  options.read |= MIEN_READ_WORDS;
#endif
  options.read &= mien_engine_reads(engine);
  mien_session *session = NULL;
  mien_error error = {0};
  int code = check("mien_session_open", mien_session_open(&session, engine, &options, &error), &error);
  assert_true((code == MIEN_OK) == (session != NULL));
  if (!session) return;
  const mien_error *why = mien_session_error(session);
  static const char *const texts[] = {"anger This is useless, I am SO angry!!! 😡", "joy thank you"};
  mien_picture picture = {160, 120, MIEN_RGB, 480, pixels};
  for (int turn = 0; turn < 2; turn++) {
    const char *who = turn ? "agent" : "customer";
    check("feed_text", mien_session_feed_text(session, who, texts[turn], strlen(texts[turn]), turn, turn + 1), why);
    take_events(session, out);
    for (int i = 0; i < 4; i++) {
      check("feed_audio", mien_session_feed_audio(session, who, pcm + 8000 * i, 8000, 2 * turn + 0.5 * i), why);
      check("feed_frame", mien_session_feed_frame(session, who, &picture, 2 * turn + 0.5 * i), why);
      take_events(session, out);
    }
  }
  mien_session_health health = {.size = sizeof health};
  check("health_get", mien_session_health_get(session, &health), NULL);
  check("finish", mien_session_finish(session), why);
  take_events(session, out);
  assert_non_null(mien_session_error(session));
  mien_session_close(&session);
  assert_null(session);
}

static void use_crop(mien_engine *engine, lines *out) {
  mien_picture crop = {48, 48, MIEN_GREY, 48, pixels};
  mien_reading reading;
  mien_error error = {0};
  char json[8192];
  int code = mien_face_read_aligned(engine, &crop, &reading, &error);
  if (code == MIEN_EMODEL) return; /* no such model inside */
  if (check("mien_face_read_aligned", code, &error)) return;
  assert_true(mien_reading_json(&reading, json, sizeof json) < sizeof json);
  add(out, json);
}

/* ---- The loops ---------------------------------------------------------------------------------- */
static void judge(const char *what, long n, const lines *wanted, const lines *got) {
  if (memory.failed && !told && (got->length != wanted->length || memcmp(got->text, wanted->text, got->length)))
    fail_msg("%s: allocation %ld failed, nobody said so, and the result is another", what, n);
}

static void opening(void **state) {
  long before = memory.live;
  for (int forever = 0; forever < 2; forever++) {
    long n = 1;
    for (;; n += forever ? 7 : 1) { /* opening reads all models each time */
      mien_engine *engine = NULL;
      told = 0;
      fail_at(n, forever);
      open_engine(&engine);
      if (memory.failed && !told && forever) fail_msg("allocations from %ld on failed, and it opened", n);
      long failed = memory.failed;
      fail_at(0, false);
      mien_engine_close(&engine);
      if (memory.live != before) fail_msg("opening leaks when allocation %ld fails", n);
      if (!failed) break;
    }
    assert_true(n > 1);
  }
}

static void using(void **state) {
  lines wanted = {0}, got = {0};
  mien_engine *engine = NULL;
  fail_at(0, false);
  assert_int_equal(open_engine(&engine), MIEN_OK);
  long before = memory.live;
  told = 0;
  use_session(engine, &wanted);
  use_crop(engine, &wanted);
  engine_readers_clear(engine);
  assert_int_equal(told, 0);
  if (memory.live != before) fail_msg("a session leaks");
  for (int forever = 0; forever < 2; forever++) {
    long n = 1;
    for (;; n++) {
      got.length = 0;
      told = 0;
      fail_at(n, forever);
      use_session(engine, &got);
      use_crop(engine, &got);
      engine_readers_clear(engine); /* so that opening one may fail each time */
      judge("session", n, &wanted, &got);
      if (memory.live != before) fail_msg("a session leaks when allocation %ld fails", n);
      if (!memory.failed) break;
    }
    assert_true(n > 10);
    printf("%ld allocations failed, %s\n", n - 1, forever ? "each with all after it" : "each once");
  }
  fail_at(0, false);
  mien_engine_close(&engine);
  free(wanted.text);
  free(got.text);
}

int main(void) {
  make_input();
  mien_memory_set(failing_resize, NULL);
#ifdef ROOMS
  char folder[] = "/tmp/mien-failing-XXXXXX", path[64];
  static const char *const names[] = {"text", "voice", "face-detect", "face-landmarks", "face-expression"};
  if (!mkdtemp(folder)) return 1;
  for (size_t i = 0; i < BASE_COUNT(names); i++) {
    snprintf(path, sizeof path, "%s/%s.mien", folder, names[i]);
    FILE *file = fopen(path, "w");
    if (file) fclose(file);
  }
  models = folder;
#endif
#ifndef ROOMS
  mien_engine *engine = NULL; /* until every room is there */
  int code = mien_engine_open(&engine, NULL, NULL);
  mien_engine_close(&engine);
  if (code == MIEN_EUNSUPPORTED) return 77;
#endif
  const struct CMUnitTest tests[] = {cmocka_unit_test(opening), cmocka_unit_test(using)};
  int result = cmocka_run_group_tests_name("failing allocations", tests, NULL, NULL);
#ifdef ROOMS
  for (size_t i = 0; i < BASE_COUNT(names); i++) {
    snprintf(path, sizeof path, "%s/%s.mien", folder, names[i]);
    remove(path);
  }
  remove(folder);
#endif
  return result;
}
