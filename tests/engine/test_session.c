/* engine/ over rooms that are played by rules (rooms.c): what is promised in mien.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "rooms.h"

/* A folder with a file for each model, so that the engine has them all. */
static char folder[] = "/tmp/mien-test-XXXXXX";
static const char *const names[] = {"text", "voice", "face-detect", "face-landmarks",
                                    "face-expression"};

static int folder_make(void **state) {
  if (!mkdtemp(folder)) return -1;
  for (size_t i = 0; i < BASE_COUNT(names); i++) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s.mien", folder, names[i]);
    FILE *file = fopen(path, "w");
    if (!file) return -1;
    fclose(file);
  }
  return 0;
}

static int folder_remove(void **state) {
  for (size_t i = 0; i < BASE_COUNT(names); i++) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s.mien", folder, names[i]);
    remove(path);
  }
  return remove(folder);
}

static mien_engine *open_engine(void) {
  mien_engine_options options = {.size = sizeof options, .models = folder};
  mien_engine *engine = NULL;
  mien_error error;
  assert_int_equal(mien_engine_open(&engine, &options, &error), MIEN_OK);
  return engine;
}

static mien_session *open_session(mien_engine *engine, unsigned read, int states) {
  mien_session_options options = MIEN_SESSION_USUAL;
  options.read = read;
  options.states = states;
  mien_session *session = NULL;
  assert_int_equal(mien_session_open(&session, engine, &options, NULL), MIEN_OK);
  return session;
}

static void close_all(mien_session **session, mien_engine **engine) {
  mien_session_close(session);
  mien_engine_close(engine);
  assert_null(*session);
  assert_null(*engine);
  assert_int_equal(rooms_open, 0);
}

static int feed(mien_session *session, const char *who, const char *text, double at, double until) {
  return mien_session_feed_text(session, who, text, strlen(text), at, until);
}

/* All events as lines, `kinds` bit k: of kind k. */
static void collect(mien_session *session, unsigned kinds, base_text *lines) {
  mien_event event;
  static char json[65536];
  while (mien_session_next(session, &event) == MIEN_OK) {
    if (!(kinds >> event.kind & 1)) continue;
    if (event.kind == MIEN_EVENT_TURN) {
      base_text_printf(lines, "turn %s %.3f %.3f %s\n", event.who, event.t0, event.t1, event.text);
      continue;
    }
    assert_true(mien_reading_json(&event.reading, json, sizeof json) < sizeof json);
    base_text_printf(lines, "%s\n", json);
  }
}

static const unsigned readings = 1 << MIEN_EVENT_READING, states_only = 1 << MIEN_EVENT_STATE;

static void text_gives_a_reading_then_a_state(void **state) {
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, MIEN_READ_TEXT, 1);
  mien_event event;
  assert_int_equal(mien_session_next(session, &event), MIEN_EAGAIN);
  assert_int_equal(feed(session, "customer", "anger at this", 1, 3), MIEN_OK);
  assert_int_equal(mien_session_next(session, &event), MIEN_OK);
  assert_int_equal(event.kind, MIEN_EVENT_READING);
  assert_int_equal(event.reading.modality, MIEN_TEXT);
  assert_string_equal(event.reading.who, "customer");
  assert_true(event.reading.t0 == 1 && event.reading.t1 == 3);
  assert_int_equal(event.reading.cue_count, 1);
  assert_string_equal(event.reading.cues[0].text, "anger");
  assert_int_equal(mien_session_next(session, &event), MIEN_OK);
  assert_int_equal(event.kind, MIEN_EVENT_STATE);
  assert_int_equal(event.reading.modality, MIEN_FUSED);
  assert_int_equal(event.reading.final, 1);
  /* One modality alone comes out of the pool as it went in. */
  assert_float_equal(event.reading.core[MIEN_ANGER], 0.8f, 1e-3);
  assert_float_equal(event.reading.from[MIEN_TEXT], 1.0f, 1e-6);
  assert_true(isnan(event.reading.flags[MIEN_MASKING]));
  assert_true(event.reading.states[MIEN_FRUSTRATION] > 0.6f);
  assert_true(event.reading.states[MIEN_SATISFACTION] < 0.1f);
  assert_int_equal(mien_session_next(session, &event), MIEN_EAGAIN);
  assert_int_equal(mien_session_finish(session), MIEN_OK);
  assert_int_equal(mien_session_next(session, &event), MIEN_EEND);
  assert_int_equal(feed(session, "customer", "joy", 4, 5), MIEN_EINVAL);
  close_all(&session, &engine);
}

static void cues_have_the_times_of_their_words(void **state) {
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, MIEN_READ_TEXT, 0);
  static const mien_word words[] = {{"elsewhere", 0, 1}, {"anger", 2, 2.5}, {NULL, 0, 0},
                                    {"", 0, 0},          {"this", 2.5, 3},  {"anger", 7, 8}};
  mien_event event;
  assert_int_equal(mien_session_feed_words(session, "a", "anger at this", 13, 2, 3, words, 6),
                   MIEN_OK);
  assert_int_equal(mien_session_next(session, &event), MIEN_OK);
  assert_int_equal(event.reading.cue_count, 1);
  assert_true(event.reading.cues[0].t0 == 2 && event.reading.cues[0].t1 == 2.5);
  assert_int_equal(feed(session, "a", "anger at this", 2, 3), MIEN_OK);
  assert_int_equal(mien_session_next(session, &event), MIEN_OK);
  assert_true(isnan(event.reading.cues[0].t0));
  assert_int_equal(mien_session_feed_words(session, "a", "x", 1, 2, 3, NULL, 6), MIEN_EINVAL);
  close_all(&session, &engine);
}

static void bulk_reads_without_cues_and_states(void **state) {
  mien_engine *engine = open_engine();
  mien_session_options options = MIEN_SESSION_USUAL;
  options.cues = options.states = 0;
  mien_session *session = NULL;
  assert_int_equal(mien_session_open(&session, engine, &options, NULL), MIEN_OK);
  for (int i = 0; i < 5000; i++) {
    mien_event event;
    assert_int_equal(feed(session, "author", "joy to all", i, i), MIEN_OK);
    assert_int_equal(mien_session_next(session, &event), MIEN_OK);
    assert_int_equal(event.reading.cue_count, 0);
    assert_int_equal(mien_session_next(session, &event), MIEN_EAGAIN);
  }
  close_all(&session, &engine);
}

/* 20 s: two loud utterances and a quiet one, a face every 40 ms that changes at 10 s, two turns. */
enum { SECONDS = 20, RATE = 16000 };
static float sample(size_t i) {
  double t = (double)i / RATE;
  bool loud = (t > 1 && t < 3.5) || (t > 12 && t < 15.2);
  bool quiet = t > 7 && t < 9.3;
  return loud ? 0.8f : quiet ? 0.3f : 0.01f;
}

static int feed_sound(mien_session *session, size_t from, size_t until) {
  static float pcm[SECONDS * RATE];
  for (size_t i = from; i < until; i++) pcm[i] = sample(i);
  return mien_session_feed_audio(session, "caller", pcm + from, until - from, (double)from / RATE);
}

static int feed_face(mien_session *session, double at, int first, int second) {
  uint8_t row[4] = {(uint8_t)(first + 1), (uint8_t)(second + 1), 0, 0};
  mien_picture picture = {4, 1, MIEN_GREY, 4, row};
  return mien_session_feed_frame(session, "caller", &picture, at);
}

/* Sound in pieces of `chunk` samples; pictures up to `ahead` seconds before or behind it. */
static void play(mien_session *session, size_t chunk, double ahead, base_text *lines,
                 unsigned kinds) {
  int frame = 0;
  bool said[2] = {false, false};
  for (size_t at = 0; at < SECONDS * RATE; at += chunk) {
    size_t end = BASE_MIN(at + chunk, (size_t)SECONDS * RATE);
    assert_int_equal(feed_sound(session, at, end), MIEN_OK);
    double now = (double)end / RATE;
    for (; frame * 0.04 < BASE_MIN(now + ahead, SECONDS); frame++)
      assert_int_equal(feed_face(session, frame * 0.04, frame < 250 ? MIEN_JOY : MIEN_ANGER, -1),
                       MIEN_OK);
    if (now > 3.4 && !said[0])
      said[0] = feed(session, "caller", "anger said here", 1, 5.2) == MIEN_OK;
    if (now > 9.3 && !said[1]) said[1] = feed(session, "caller", "joy", 7, 11.2) == MIEN_OK;
    collect(session, kinds, lines);
  }
  for (; frame * 0.04 < SECONDS; frame++)
    assert_int_equal(feed_face(session, frame * 0.04, MIEN_ANGER, -1), MIEN_OK);
  assert_int_equal(mien_session_finish(session), MIEN_OK);
  collect(session, kinds, lines);
}

static void states_do_not_depend_on_cutting_and_interleaving(void **state) {
  mien_engine *engine = open_engine();
  base_text first = {0};
  const struct { size_t chunk; double ahead; } ways[] = {
      {1600, 0}, {320, 0}, {16000, 0}, {4567, 0.7}, {1600, -0.9}, {24000, 0.3}};
  for (size_t i = 0; i < BASE_COUNT(ways); i++) {
    mien_session *session = open_session(engine, MIEN_READ_ALL & ~MIEN_READ_WORDS, 1);
    base_text lines = {0};
    play(session, ways[i].chunk, ways[i].ahead, &lines, states_only);
    assert_false(lines.failed);
    if (!i) {
      first = lines;
      assert_true(lines.length > 5000);
    } else {
assert_string_equal(lines.data, first.data);
      base_text_clear(&lines);
    }
    mien_session_close(&session);
  }
  base_text_clear(&first);
  mien_engine_close(&engine);
  assert_int_equal(rooms_open, 0);
}

static void any_subset_of_modalities_gives_states(void **state) {
  mien_engine *engine = open_engine();
  for (unsigned subset = 1; subset < 16; subset++) {
    unsigned read = (subset & 7) | (subset & 8 ? MIEN_READ_BODY : 0);
    if (read == MIEN_READ_BODY) continue; /* there are no heads without faces */
    mien_session *session = open_session(engine, read, 1);
    mien_event event;
    double last = -1;
    size_t count = 0, moved = 0;
    for (size_t at = 0; at < SECONDS * RATE; at += 1600) {
      assert_int_equal(feed_sound(session, at, at + 1600), MIEN_OK);
      assert_int_equal(feed_face(session, (double)at / RATE, MIEN_JOY, -1), MIEN_OK);
      if (at == 5 * RATE) assert_int_equal(feed(session, "caller", "anger", 1, 5), MIEN_OK);
    }
    assert_int_equal(mien_session_finish(session), MIEN_OK);
    while (mien_session_next(session, &event) == MIEN_OK) {
      if (event.kind != MIEN_EVENT_STATE) continue;
      const mien_reading *r = &event.reading;
      float sum = 0, from = 0;
      for (int k = 0; k < MIEN_CORE; k++) sum += r->core[k];
      for (int m = 0; m < MIEN_MODALITIES; m++) from += r->from[m];
      assert_float_equal(sum, 1, 1e-4);
      assert_float_equal(from, 1, 1e-4);
      if (!(read & MIEN_READ_TEXT)) assert_true(r->from[MIEN_TEXT] == 0);
      if (!(read & MIEN_READ_VOICE)) assert_true(r->from[MIEN_VOICE] == 0);
      if (!(read & MIEN_READ_FACE)) assert_true(r->from[MIEN_FACE] == 0);
      if (!(read & MIEN_READ_BODY) || !(read & MIEN_READ_FACE)) assert_true(r->from[MIEN_BODY] == 0);
      moved += r->from[MIEN_BODY] > 0;
      for (int s = 0; s < MIEN_STATES; s++) assert_true(r->states[s] >= 0 && r->states[s] <= 1);
      for (int d = 0; d < MIEN_DIMS; d++) {
        assert_true(isfinite(r->dims[d]) && isfinite(r->trend[d]) && isfinite(r->forecast[d]));
        assert_true(r->forecast_error[d] > 0);
      }
      assert_true(r->t1 >= last && r->t0 <= r->t1);
      last = r->t1;
      count++;
    }
    assert_true(count > 0 && (moved > 0) == ((read & MIEN_READ_BODY) && (read & MIEN_READ_FACE)));
    mien_session_close(&session);
  }
  mien_engine_close(&engine);
}

static void movement_belongs_to_whose_face_it_is(void **state) {
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, MIEN_READ_FACE | MIEN_READ_BODY, 1);
  for (int i = 0; i < 110; i++) /* 4.4 s; the second face is there from 0.4 s to 2.4 s */
    assert_int_equal(feed_face(session, i * 0.04, MIEN_JOY, i >= 10 && i < 60 ? MIEN_FEAR : -1), MIEN_OK);
  assert_int_equal(mien_session_finish(session), MIEN_OK);
  mien_event event;
  int mine = 0, others = 0, nodding = 0;
  while (mien_session_next(session, &event) == MIEN_OK) {
    const mien_reading *r = &event.reading;
    if (event.kind == MIEN_EVENT_STATE) {
      nodding += r->states[MIEN_ENGAGEMENT] > 0.05f && r->from[MIEN_BODY] > 0;
      /* It weighs in, and names nothing. */
      if (!strcmp(r->who, "caller")) assert_true(r->core[MIEN_JOY] > 0.55f && r->from[MIEN_BODY] < 0.5f);
      continue;
    }
    if (r->modality != MIEN_BODY) continue;
    bool own = !strcmp(r->who, "caller");
    if (!own) assert_string_equal(r->who, "caller/face-2");
    assert_int_equal(r->track, own ? 0 : 1);
    assert_string_equal(r->cues[0].text, "1 nod"); /* events have no usual to be compared with */
    if (own) mine++;
    else others++;
  }
  assert_int_equal(mine, 5);   /* 0-1, 1-2, 2-3, 3-4, 4-4.4 */
  assert_int_equal(others, 3); /* 0.4-1, 1-2, 2-2.4 */
  assert_true(nodding > 0);
  close_all(&session, &engine);
}

static void faces_are_averaged_and_named(void **state) {
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, MIEN_READ_FACE, 0);
  for (int i = 0; i < 60; i++) /* 2.4 s; the second face is there from 0.4 s to 1.6 s */
    assert_int_equal(feed_face(session, i * 0.04, MIEN_JOY, i >= 10 && i < 40 ? MIEN_FEAR : -1),
                     MIEN_OK);
  assert_int_equal(mien_session_finish(session), MIEN_OK);
  mien_event event;
  int mine = 0, others = 0, finals = 0;
  while (mien_session_next(session, &event) == MIEN_OK) {
    bool own = !strcmp(event.reading.who, "caller");
    if (!own) assert_string_equal(event.reading.who, "caller/face-2");
    assert_true(event.reading.core[own ? MIEN_JOY : MIEN_FEAR] > 0.59f);
    if (event.reading.final) finals++;
    else if (own) mine++;
    else others++;
    if (!event.reading.final) {
      assert_true(event.reading.t1 - event.reading.t0 < 0.5);
      assert_true(isfinite(event.reading.box[2]));
    }
  }
  assert_int_equal(mine, 5);   /* 0-0.5 … 2-2.4 */
  assert_int_equal(others, 4); /* 0.4-0.5, 0.5-1, 1-1.5, 1.5-1.6 */
  assert_int_equal(finals, 2);
  mien_session_close(&session);

  mien_session_options options = MIEN_SESSION_USUAL;
  options.face_every = 0;
  options.states = 0;
  assert_int_equal(mien_session_open(&session, engine, &options, NULL), MIEN_OK);
  assert_int_equal(feed_face(session, 7, MIEN_SADNESS, -1), MIEN_OK);
  assert_int_equal(mien_session_next(session, &event), MIEN_OK);
  assert_true(event.reading.t0 == 7 && event.reading.t1 == 7 && !event.reading.final);
  assert_float_equal(event.reading.core[MIEN_SADNESS], 0.6f, 1e-6);
  assert_int_equal(event.reading.cue_count, 1);
  close_all(&session, &engine);
}

static void words_are_recognised_where_there_is_no_text(void **state) {
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, MIEN_READ_WORDS | MIEN_READ_TEXT, 0);
  float pcm[RATE] = {0};
  pcm[77] = NAN; /* must not reach the recogniser */
  for (int i = 0; i < 4; i++)
    assert_int_equal(mien_session_feed_audio(session, "caller", pcm, RATE, i), MIEN_OK);
  mien_event event;
  assert_int_equal(mien_session_next(session, &event), MIEN_OK);
  assert_int_equal(event.kind, MIEN_EVENT_TURN);
  assert_string_equal(event.text, "anger anger anger");
  assert_int_equal(event.word_count, 3);
  assert_string_equal(event.words[1].text, "anger");
  assert_true(event.words[1].t0 == 1 && event.t0 == 0 && event.t1 == 2.5);
  assert_int_equal(mien_session_next(session, &event), MIEN_OK);
  assert_int_equal(event.kind, MIEN_EVENT_READING);
  assert_true(event.reading.cues[0].t0 == 0 && event.reading.cues[0].t1 == 0.5);
  assert_int_equal(mien_session_next(session, &event), MIEN_EAGAIN);
  mien_session_finish(session);
  assert_int_equal(mien_session_next(session, &event), MIEN_OK); /* the fourth word */
  assert_int_equal(event.word_count, 1);
  mien_session_close(&session);

  session = open_session(engine, MIEN_READ_WORDS | MIEN_READ_TEXT, 0);
  assert_int_equal(feed(session, "caller", "joy is given", 0, 1), MIEN_OK);
  for (int i = 0; i < 8; i++)
    assert_int_equal(mien_session_feed_audio(session, "caller", pcm, RATE, i), MIEN_OK);
  mien_session_finish(session);
  base_text lines = {0};
  collect(session, 1 << MIEN_EVENT_TURN, &lines);
  assert_int_equal(lines.length, 0);
  base_text_clear(&lines);
  close_all(&session, &engine);
}

static void missing_words_leave_the_sound_unread(void **state) {
  mien_engine_options options = {
      .size = sizeof options, .models = folder, .speech_model = "/nowhere"};
  mien_engine *engine = NULL;
  assert_int_equal(mien_engine_open(&engine, &options, NULL), MIEN_OK);
  mien_session *session = open_session(engine, MIEN_READ_ALL, 0);
  assert_int_equal(feed_sound(session, 0, 1600), MIEN_EUNSUPPORTED);
  assert_string_equal(mien_session_error(session)->remedy, "install it");
  close_all(&session, &engine);
}

static void odd_times_are_counted(void **state) {
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, MIEN_READ_VOICE, 0);
  mien_session_health health = {.size = sizeof health};
  assert_int_equal(feed_sound(session, 0, 2 * RATE), MIEN_OK);
  assert_int_equal(feed_sound(session, RATE, 4 * RATE), MIEN_OK); /* a second is heard again */
  mien_session_health_get(session, &health);
  assert_int_equal(health.steps_back, 1);
  assert_float_equal(health.skipped_seconds, 1, 1e-6);
  assert_int_equal(feed_sound(session, 6 * RATE, 7 * RATE), MIEN_OK);
  mien_session_health_get(session, &health);
  assert_int_equal(health.gaps, 1);
  assert_float_equal(health.gap_seconds, 2, 1e-6);
  assert_int_equal(feed_sound(session, 0, RATE), MIEN_OK); /* all of it before */
  mien_session_health_get(session, &health);
  assert_float_equal(health.skipped_seconds, 2, 1e-6);

  /* The overlap changes nothing: the same readings as without it. */
  mien_session *plain = open_session(engine, MIEN_READ_VOICE, 0);
  assert_int_equal(feed_sound(plain, 0, 4 * RATE), MIEN_OK);
  assert_int_equal(feed_sound(plain, 6 * RATE, 7 * RATE), MIEN_OK);
  base_text a = {0}, b = {0};
  mien_session_finish(session);
  mien_session_finish(plain);
  collect(session, readings, &a);
  collect(plain, readings, &b);
  assert_true(a.length > 100);
  assert_string_equal(a.data, b.data);
  base_text_clear(&a);
  base_text_clear(&b);
  mien_session_close(&plain);
  close_all(&session, &engine);
}

static void hostile_input_is_refused_or_read(void **state) {
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, MIEN_READ_ALL & ~MIEN_READ_WORDS, 1);
  float bad[1600];
  for (size_t i = 0; i < BASE_COUNT(bad); i++) bad[i] = i % 2 ? NAN : INFINITY;
  assert_int_equal(mien_session_feed_audio(session, "a", bad, BASE_COUNT(bad), 0), MIEN_OK);
  mien_session_health health = {.size = sizeof health};
  assert_int_equal(mien_session_health_get(session, &health), MIEN_OK);
  assert_int_equal(health.bad_samples, 1600);
  assert_int_equal(mien_session_feed_text(session, "a", "joy\0\0\xff\xfe", 7, 0, 1), MIEN_OK);
  assert_int_equal(mien_session_feed_text(session, "a", NULL, 0, 0, 1), MIEN_OK);
  assert_int_equal(mien_session_feed_text(session, "a", NULL, 5, 0, 1), MIEN_EINVAL);
  assert_int_equal(feed(session, "a", "joy", (double)NAN, 1), MIEN_EINVAL);
  assert_int_equal(feed(session, "a", "joy", 0, (double)INFINITY), MIEN_EINVAL);
  assert_int_equal(feed(session, "a", "joy", 2, 1), MIEN_EINVAL);
  assert_int_equal(feed(session, NULL, "joy", 0, 1), MIEN_EINVAL);
  assert_int_equal(feed(session, "", "joy", 0, 1), MIEN_EINVAL);
  assert_int_equal(feed(session, "\xff", "joy", 0, 1), MIEN_EINVAL);
  char lengthy[65];
  memset(lengthy, 'x', 64);
  lengthy[64] = 0;
  assert_int_equal(feed(session, lengthy, "joy", 0, 1), MIEN_EINVAL);
  lengthy[63] = 0;
  assert_int_equal(feed(session, lengthy, "joy", 0, 1), MIEN_OK);
  assert_int_equal(mien_session_feed_audio(session, "a", bad, SIZE_MAX / 8, 0), MIEN_ELIMIT);
  assert_int_equal(mien_session_feed_audio(session, "a", NULL, 4, 0), MIEN_EINVAL);
  assert_int_equal(mien_session_feed_audio(session, "a", bad, 4, (double)INFINITY), MIEN_EINVAL);
  uint8_t pixels[64] = {0};
  const mien_picture wrong[] = {{0, 1, MIEN_GREY, 4, pixels}, {4, 16385, MIEN_GREY, 4, pixels},
                                {4, 1, 2, 8, pixels},         {4, 1, MIEN_RGB, 4, pixels},
                                {4, 1, MIEN_GREY, 4, NULL},   {-4, 1, MIEN_GREY, 4, pixels}};
  for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
    assert_int_equal(mien_session_feed_frame(session, "a", &wrong[i], 0), MIEN_EINVAL);
    assert_true(mien_session_error(session)->what[0] && mien_session_error(session)->remedy[0]);
    mien_reading reading;
    assert_int_equal(mien_face_read_aligned(engine, &wrong[i], &reading, NULL), MIEN_EINVAL);
  }
  assert_int_equal(mien_session_feed_frame(session, "a", NULL, 0), MIEN_EINVAL);
  mien_event event;
  assert_int_equal(mien_session_next(session, NULL), MIEN_EINVAL);
  assert_int_equal(mien_session_next(NULL, &event), MIEN_EINVAL);
  assert_non_null(mien_session_error(NULL));
  mien_session_close(NULL);
  mien_engine_close(NULL);
  close_all(&session, &engine);
}

/* Two people in one channel (rooms.c says who speaks): each has readings of their own stretches alone. */
static void people_in_one_channel_are_told_apart(void **state) {
  enum { LONG = 12 };
  static float pcm[LONG * RATE];
  static const char *const people[] = {"agent", "customer"};
  for (int i = 0; i < LONG * RATE; i++) {
    const int second = i / RATE;
    pcm[i] = second < 3 ? 0.3f : second < 4 ? 0.0f : second < 8 ? -0.3f : second < 9 ? 2.0f : 0.0f;
    if (pcm[i] < 0 && i % (RATE / 4)) pcm[i] = 0.8f; /* loud, in steps that begin below 0 */
  }
  for (int whole = 0; whole < 2; whole++) {
    mien_engine *engine = open_engine();
    mien_session *session = open_session(engine, MIEN_READ_VOICE, 1);
    mien_event event;
    int finals[2] = {0}, other = 0;
    const size_t piece = whole ? LONG * RATE : 1237;
    for (size_t at = 0; at < LONG * RATE;) {
      const size_t count = BASE_MIN(piece, LONG * RATE - at);
      assert_int_equal(mien_session_feed_mixed(session, people, 2, pcm + at, count, (double)at / RATE), MIEN_OK);
      at += count;
    }
    mien_session_finish(session);
    while (mien_session_next(session, &event) == MIEN_OK) {
      if (event.kind != MIEN_EVENT_READING || !event.reading.final) continue;
      const int who = strcmp(event.reading.who, people[0]) != 0;
      finals[who]++;
      other += who ? event.reading.t0 < 3.9 || event.reading.t1 > 8.1 || event.reading.core[MIEN_ANGER] < 0.5f
                   : event.reading.t1 > 3.1 || event.reading.core[MIEN_NEUTRAL] < 0.5f;
    }
    assert_true(finals[0] > 0 && finals[1] > 0);
    assert_int_equal(other, 0);
    mien_session_health health = {.size = sizeof health};
    assert_int_equal(mien_session_health_get(session, &health), MIEN_OK);
    assert_int_equal(health.gaps, 0);
    close_all(&session, &engine);
  }
}

static void a_channel_of_several_is_checked(void **state) {
  static const float pcm[RATE];
  static const char *const people[] = {"a", "b", "c"}, *const bad[] = {"a", ""};
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, MIEN_READ_VOICE, 0);
  mien_event event;
  assert_int_equal(mien_session_feed_mixed(NULL, people, 2, pcm, RATE, 0), MIEN_EINVAL);
  assert_int_equal(mien_session_feed_mixed(session, people, 1, pcm, RATE, 0), MIEN_EINVAL);
  assert_int_equal(mien_session_feed_mixed(session, people, 9, pcm, RATE, 0), MIEN_EINVAL);
  assert_int_equal(mien_session_feed_mixed(session, NULL, 2, pcm, RATE, 0), MIEN_EINVAL);
  assert_int_equal(mien_session_feed_mixed(session, bad, 2, pcm, RATE, 0), MIEN_EINVAL);
  assert_int_equal(mien_session_feed_mixed(session, people, 2, NULL, RATE, 0), MIEN_EINVAL);
  assert_int_equal(mien_session_feed_mixed(session, people, 2, pcm, RATE, (double)NAN), MIEN_EINVAL);
  assert_int_equal(mien_session_feed_mixed(session, people, 2, pcm, RATE, 0), MIEN_OK);
  assert_int_equal(mien_session_feed_mixed(session, people, 3, pcm, RATE, 1), MIEN_ELIMIT);
  assert_int_equal(mien_session_feed_mixed(session, people + 1, 2, pcm, RATE, 1), MIEN_ELIMIT);
  assert_int_equal(mien_session_feed_mixed(session, people, 2, pcm, RATE, 100), MIEN_OK); /* a jump */
  assert_int_equal(mien_session_feed_mixed(session, people, 2, pcm, RATE, 3), MIEN_OK);   /* and back */
  mien_session_finish(session);
  while (mien_session_next(session, &event) == MIEN_OK) {}
  close_all(&session, &engine);
}

static void a_thousand_participants_are_refused(void **state) {
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, MIEN_READ_TEXT, 1);
  mien_event event;
  for (int i = 0; i < 1000; i++) {
    char who[16];
    snprintf(who, sizeof who, "p%d", i);
    int code = feed(session, who, "joy", i, i + 1);
    assert_int_equal(code, i < MIEN_PARTICIPANTS ? MIEN_OK : MIEN_ELIMIT);
    while (mien_session_next(session, &event) == MIEN_OK) {}
  }
  assert_non_null(strstr(mien_session_error(session)->what, "64"));
  assert_int_equal(feed(session, "p7", "joy", 2000, 2001), MIEN_OK);
  close_all(&session, &engine);
}

static void a_full_queue_asks_to_be_emptied(void **state) {
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, MIEN_READ_TEXT, 0);
  int fed = 0, code;
  while ((code = feed(session, "a", "joy", fed, fed)) == MIEN_OK) assert_true(++fed < 5000);
  assert_int_equal(code, MIEN_EAGAIN);
  mien_event event;
  for (int i = 0; i < fed; i++) {
    assert_int_equal(mien_session_next(session, &event), MIEN_OK);
    assert_true(event.reading.t0 == i);
  }
  assert_int_equal(feed(session, "a", "joy", fed, fed), MIEN_OK);
  close_all(&session, &engine);
}

static void engines_say_what_they_lack(void **state) {
  mien_error error = {0};
  mien_engine_options options = {.size = sizeof options, .models = "/nowhere/at/all"};
  mien_engine *engine = NULL;
  assert_int_equal(mien_engine_open(&engine, &options, &error), MIEN_EIO);
  assert_null(engine);
  assert_string_equal(error.where, "/nowhere/at/all");
  options.size = 0;
  assert_int_equal(mien_engine_open(&engine, &options, &error), MIEN_EINVAL);

  char path[128];
  snprintf(path, sizeof path, "%s/damaged", folder);
  assert_int_equal(mkdir(path, 0700), 0);
  char file[256];
  snprintf(file, sizeof file, "%s/voice.mien", path);
  fclose(fopen(file, "w"));
  options = (mien_engine_options){.size = sizeof options, .models = path};
  assert_int_equal(mien_engine_open(&engine, &options, &error), MIEN_EMODEL);
  assert_int_equal(rooms_open, 0);
  remove(file);
  remove(path);

  engine = open_engine();
  assert_int_equal(mien_engine_reads(engine), MIEN_READ_ALL);
  assert_int_equal(mien_engine_reads(NULL), 0);
  mien_session_options wrong = MIEN_SESSION_USUAL;
  mien_session *session = NULL;
  wrong.read = 1 << 9;
  assert_int_equal(mien_session_open(&session, engine, &wrong, &error), MIEN_EINVAL);
  wrong = (mien_session_options)MIEN_SESSION_USUAL;
  wrong.state_every = (double)NAN;
  assert_int_equal(mien_session_open(&session, engine, &wrong, &error), MIEN_EINVAL);
  assert_int_equal(mien_session_open(&session, NULL, NULL, &error), MIEN_EINVAL);
  assert_null(session);
  mien_engine_close(&engine);
}

/* ---- Every allocation fails once ------------------------------------------------------------- */

static size_t allocations, failing; /* the failing-th fails; 0 none */
static long blocks;
static void *counted(void *context, void *old, size_t bytes) {
  if (!bytes) {
    blocks--;
    free(old);
    return NULL;
  }
  if (++allocations == failing) return NULL;
  void *made = realloc(old, bytes);
  if (made && !old) blocks++;
  return made;
}

/* Everything once; true when nothing failed. */
static bool whole_run(void) {
  mien_engine_options options = {.size = sizeof options, .models = folder};
  mien_engine *engine = NULL;
  mien_session *session = NULL;
  mien_session_options usual = MIEN_SESSION_USUAL;
  bool good = mien_engine_open(&engine, &options, NULL) == MIEN_OK;
  good = good && mien_session_open(&session, engine, &usual, NULL) == MIEN_OK;
  for (size_t at = 0; session && at < 4 * RATE; at += 8000) {
    good &= feed_sound(session, at, at + 8000) == MIEN_OK;
    good &= feed_face(session, (double)at / RATE, MIEN_JOY, MIEN_ANGER) == MIEN_OK;
  }
  if (session) good &= feed(session, "b", "anger", 3, 4) == MIEN_OK;
  if (session) mien_session_finish(session);
  mien_event event;
  int code = MIEN_EEND, tries = 0;
  while (session && tries < 100 && (code = mien_session_next(session, &event)) != MIEN_EEND)
    if (code != MIEN_OK) good = false, tries++;
  assert_int_equal(code, MIEN_EEND);
  mien_session_close(&session);
  mien_engine_close(&engine);
  return good;
}

static void every_allocation_may_fail(void **state) {
  mien_memory_set(counted, NULL);
  failing = allocations = 0;
  blocks = 0;
  assert_true(whole_run());
  size_t all = allocations;
  assert_true(all > 10);
  assert_int_equal(blocks, 0);
  for (failing = 1; failing <= all; failing++) {
    allocations = 0;
    assert_false(whole_run());
    assert_int_equal(blocks, 0);
    assert_int_equal(rooms_open, 0);
  }
  mien_memory_set(NULL, NULL);
}

static void warm_sound_allocates_nothing(void **state) {
  mien_memory_set(counted, NULL);
  failing = 0;
  mien_engine *engine = open_engine();
  mien_session *session = open_session(engine, MIEN_READ_VOICE, 1);
  size_t warm = 0;
  mien_event event;
  for (size_t at = 0; at < SECONDS * RATE; at += 320) {
    if (at == 10 * RATE) warm = allocations;
    assert_int_equal(feed_sound(session, at, at + 320), MIEN_OK);
    while (mien_session_next(session, &event) == MIEN_OK) {}
  }
  assert_true(warm > 0);
  assert_int_equal(allocations, warm);
  close_all(&session, &engine);
  mien_memory_set(NULL, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_gives_a_reading_then_a_state),
      cmocka_unit_test(cues_have_the_times_of_their_words),
      cmocka_unit_test(bulk_reads_without_cues_and_states),
      cmocka_unit_test(states_do_not_depend_on_cutting_and_interleaving),
      cmocka_unit_test(any_subset_of_modalities_gives_states),
      cmocka_unit_test(movement_belongs_to_whose_face_it_is),
      cmocka_unit_test(faces_are_averaged_and_named),
      cmocka_unit_test(words_are_recognised_where_there_is_no_text),
      cmocka_unit_test(missing_words_leave_the_sound_unread),
      cmocka_unit_test(odd_times_are_counted),
      cmocka_unit_test(hostile_input_is_refused_or_read),
      cmocka_unit_test(people_in_one_channel_are_told_apart),
      cmocka_unit_test(a_channel_of_several_is_checked),
      cmocka_unit_test(a_thousand_participants_are_refused),
      cmocka_unit_test(a_full_queue_asks_to_be_emptied),
      cmocka_unit_test(engines_say_what_they_lack),
      cmocka_unit_test(every_allocation_may_fail),
      cmocka_unit_test(warm_sound_allocates_nothing),
  };
  return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
