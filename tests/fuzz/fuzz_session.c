/* Bytes as the calls on a session, in any order, at any times, over rooms that are played by rules
 * (tests/engine/rooms.c). Checks what mien.h promises of every event. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../engine/rooms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static mien_engine *engine;

static void open_engine(void) {
  static const char *const names[] = {"text", "voice", "face-detect", "face-landmarks",
                                      "face-expression"};
  char folder[] = "/tmp/mien-fuzz-XXXXXX", path[128];
  if (!mkdtemp(folder)) abort();
  for (size_t i = 0; i < BASE_COUNT(names); i++) {
    snprintf(path, sizeof path, "%s/%s.mien", folder, names[i]);
    FILE *file = fopen(path, "w");
    if (!file) abort();
    fclose(file);
  }
  mien_engine_options options = {.size = sizeof options, .models = folder};
  if (mien_engine_open(&engine, &options, NULL)) abort();
  for (size_t i = 0; i < BASE_COUNT(names); i++) {
    snprintf(path, sizeof path, "%s/%s.mien", folder, names[i]);
    remove(path);
  }
  rmdir(folder);
}

static bool within(const float *values, size_t count, float low, float high) {
  for (size_t i = 0; i < count; i++)
    if (!(values[i] >= low && values[i] <= high)) return false;
  return true;
}

static void check(const mien_event *event) {
  static char json[65536], line[300];
  const mien_reading *r = &event->reading;
  if (event->kind == MIEN_EVENT_TURN) {
    if (!event->who || !event->text || !event->word_count || event->t1 < event->t0) abort();
    return;
  }
  float sum = 0, from = 0;
  for (int k = 0; k < MIEN_CORE; k++) sum += r->core[k];
  if (!r->who || !(fabsf(sum - 1) < 1e-2f) || !(r->t0 <= r->t1) || !r->set) abort();
  if (r->cue_count > 32) abort();
  if (event->kind == MIEN_EVENT_STATE) {
    for (int m = 0; m < MIEN_MODALITIES; m++) from += r->from[m];
    if (!(fabsf(from - 1) < 1e-3f) || !within(r->states, MIEN_STATES, 0, 1) ||
        !within(r->dims, MIEN_DIMS, -1, 1) || !within(r->forecast, MIEN_DIMS, -1, 1) ||
        !within(r->forecast_error, MIEN_DIMS, 0, 2) || !within(r->trend, MIEN_DIMS, -9, 9) ||
        r->cue_count > 8 || !within(&r->confidence, 1, 0, 1))
      abort();
  }
  if (mien_reading_json(r, json, sizeof json) >= sizeof json) abort();
  mien_reading_explain(r, line, sizeof line);
}

typedef struct input {
  const uint8_t *data;
  size_t left;
} input;

static int byte(input *in) {
  if (!in->left) return 0;
  in->left--;
  return *in->data++;
}

/* Mostly a step ahead; also back, far ahead, and what is no time. */
static double time_of(input *in, double *now) {
  int how = byte(in);
  if (how == 255) return (double)NAN;
  if (how == 254) return 1e300;
  if (how == 253) return *now += 1e6;
  if (how == 252) return *now -= 5;
  if (how > 240) return *now - how / 50.0;
  return *now += how / 100.0;
}

static void feed(mien_session *session, input *in, double *now) {
  static const char *const people[] = {"a", "b", "a/face-2", "", NULL, "\xff"};
  static float pcm[20000];
  int what = byte(in), who = byte(in);
  const char *name = people[who < 200 ? who % 2 : who % (int)BASE_COUNT(people)];
  double at = time_of(in, now);
  if (what < 90) {
    size_t count = (size_t)byte(in) * 64, loud = (size_t)byte(in);
    for (size_t i = 0; i < count; i++) pcm[i] = (float)(loud % 4) * 0.3f * (i % 2 ? 1.0f : -1.0f);
    if (loud == 255 && count) pcm[count / 2] = NAN;
    mien_session_feed_audio(session, name, pcm, count, at);
  } else if (what < 170) {
    uint8_t row[4];
    for (int k = 0; k < 4; k++) row[k] = (uint8_t)(byte(in) % 9 % 8);
    mien_picture picture = {what == 90 ? 0 : 4, 1, what == 91 ? 7 : MIEN_GREY, 4, row};
    mien_session_feed_frame(session, name, &picture, at);
  } else if (what < 230) {
    size_t count = (size_t)byte(in);
    double until = at + byte(in) / 10.0 - (what == 170 ? 3 : 0);
    count = BASE_MIN(count, in->left);
    const mien_word words[] = {{"anger", at, until}, {"a", (double)NAN, 0}, {NULL, 0, 0}};
    mien_session_feed_words(session, name, (const char *)in->data, count, at, until, words,
                            what % 2 ? BASE_COUNT(words) : 0);
    in->data += count;
    in->left -= count;
  } else if (what < 232) {
    mien_session_finish(session);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (!engine) open_engine();
  input in = {data, bytes};
  mien_session_options options = MIEN_SESSION_USUAL;
  int how = byte(&in);
  options.states = how & 1;
  options.cues = how >> 1 & 1;
  options.state_every = how & 4 ? 0.1 : 1;
  options.face_every = how & 8 ? 0 : 0.5;
  if (how & 16) options.read &= ~(unsigned)MIEN_READ_WORDS;
  mien_session *session;
  if (mien_session_open(&session, engine, &options, NULL)) abort();
  mien_event event;
  double now = 0;
  while (in.left) {
    feed(session, &in, &now);
    if (now < 0 || byte(&in) < 128) continue;
    while (mien_session_next(session, &event) == MIEN_OK) check(&event);
  }
  mien_session_finish(session);
  while (mien_session_next(session, &event) == MIEN_OK) check(&event);
  if (mien_session_next(session, &event) != MIEN_EEND) abort();
  mien_session_close(&session);
  return 0;
}
