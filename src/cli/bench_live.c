/* bench_live.c: what one live stream costs, as a share of one core: sound fed in blocks of 0.1 s, a turn of
 * text each 5 s, pictures at 15 a second, all readings, states and cues taken. */
#include <stdio.h>
#include <stdlib.h>

#include "body/body.h"
#include "cli/bench.h"
#include "cli/reader.h"
#include "follow/forecast.h"
#include "follow/track.h"
#include "mien_respond.h"
#include "rules/rules.h"

enum { SECONDS = 30, BLOCK = 1600, RATE = 16000, TURN = 5, FPS = 15, WIDE = BENCH_WIDE, HIGH = BENCH_HIGH };

typedef struct live {
  float *sound;
  uint8_t *pictures; /* a second of them, gone round */
  char *turns[SECONDS / TURN];
} live;

/* ---- What is fed ---- */

static void live_close(live *l) {
  base_free(l->sound);
  base_free(l->pictures);
  for (int i = 0; i < SECONDS / TURN; i++) free(l->turns[i]);
}

static bool live_open(const bench *b, live *l) {
  char path[BENCH_PATH];
  bench_path(b, path, "live.txt");
  *l = (live){.sound = bench_sound(b), .pictures = base_alloc(FPS, WIDE * HIGH)};
  for (int k = 0; l->pictures && k < FPS; k++) bench_person(l->pictures + (size_t)k * WIDE * HIGH, (double)k / FPS);
  FILE *file = isnan(bench_write_texts(b, path, SECONDS / TURN, false)) ? NULL : fopen(path, "r");
  bool ok = file && l->sound && l->pictures;
  for (int i = 0; ok && i < SECONDS / TURN; i++) {
    size_t room = 0;
    ok = getline(&l->turns[i], &room, file) > 1;
  }
  if (file) fclose(file);
  return ok;
}

/* ---- What it costs ---- */

static int count_event(void *context, const mien_event *event) {
  size_t *counts = context;
  if (event->kind == MIEN_EVENT_READING) counts[event->reading.modality]++;
  return MIEN_OK;
}

/* Processor seconds of SECONDS of a stream; NAN where one of the modalities gave no reading. */
static double stream_seconds(const bench *b, const live *l, unsigned read) {
  mien_session_options what = MIEN_SESSION_USUAL;
  what.read = read;
  mien_session *session = NULL;
  size_t counts[MIEN_MODALITIES] = {0};
  mien_error error = {0};
  if ((mien_engine_reads(b->engine) & read) != read) return NAN;
  if (mien_session_open(&session, b->engine, &what, &error) != MIEN_OK) return NAN;
  double start = bench_cpu();
  int code = MIEN_OK;
  for (int block = 0; code == MIEN_OK && block < SECONDS * 10; block++) {
    double at = block / 10.0;
    if (read & MIEN_READ_VOICE)
      code = mien_session_feed_audio(session, "caller", l->sound + (size_t)block * BLOCK, BLOCK, at);
    for (int k = (block * FPS + 9) / 10; code == MIEN_OK && read & MIEN_READ_FACE && k < ((block + 1) * FPS + 9) / 10; k++) {
      mien_picture picture = {WIDE, HIGH, MIEN_GREY, WIDE, l->pictures + (size_t)(k % FPS) * WIDE * HIGH};
      code = mien_session_feed_frame(session, "caller", &picture, (double)k / FPS);
    }
    if (code == MIEN_OK && read & MIEN_READ_TEXT && block % (10 * TURN) == 10 * TURN - 1) {
      const char *turn = l->turns[block / (10 * TURN)];
      code = mien_session_feed_text(session, "caller", turn, strlen(turn), at - 3, at);
    }
    cli_drain(session, count_event, counts);
  }
  mien_session_finish(session);
  cli_drain(session, count_event, counts);
  double took = bench_cpu() - start;
  mien_session_close(&session);
  bool all = code == MIEN_OK && !(read & MIEN_READ_VOICE && !counts[MIEN_VOICE]) &&
             !(read & MIEN_READ_TEXT && !counts[MIEN_TEXT]) && !(read & MIEN_READ_FACE && !counts[MIEN_FACE]) &&
             !(read & MIEN_READ_BODY && !counts[MIEN_BODY]);
  return all ? took : NAN;
}

/* A picture of the stream in body/ alone: milliseconds. */
static double body_ms(const live *l) {
  body_stream *stream;
  mien_reading reading;
  if (body_stream_open(&stream) != MIEN_OK) return NAN;
  double start = bench_cpu();
  for (int k = 0; k < SECONDS * FPS; k++) {
    double turn = 6.2831853 * (k % FPS) / FPS;
    float x = (float)(320 + 6 * sin(turn)), y = (float)(195 + 5 * cos(turn));
    body_head head = {0, x - 65, y - 85, x + 65, y + 85, 60, (float)(3 * sin(turn)), (float)(3 * cos(turn)), 0};
    body_stream_feed(stream, &(body_picture){WIDE, HIGH, l->pictures + (size_t)(k % FPS) * WIDE * HIGH}, &head, 1,
                     (double)k / FPS);
    while (body_stream_next(stream, &reading) == MIEN_OK) {}
  }
  double took = bench_cpu() - start;
  body_stream_close(&stream);
  return took / (SECONDS * FPS) * 1e3;
}

/* Following and forecasting of one state: a reading taken, the place read, a turn of words, the forecast. */
static void bench_follow(bench *b) {
  enum { STATES = 20000 };
  follow_track track;
  follow_talk talk;
  follow_forecast forecast;
  mien_reading said, state;
  float hidden[FOLLOW_HIDDEN] = {0};
  fuse_result fused = {.reliability = 1};
  double sum = 0;
  follow_track_init(&track);
  follow_talk_init(&talk);
  base_reading_init(&said, MIEN_TEXT);
  base_reading_init(&state, MIEN_FUSED);
  double start = bench_cpu();
  for (int i = 0; i < STATES; i++) {
    for (int k = 0; k < MIEN_CORE; k++) said.core[k] = fused.core[k] = k == i % MIEN_CORE ? 0.4f : 0.1f;
    for (int d = 0; d < MIEN_DIMS; d++) said.dims[d] = fused.dims[d] = 0.01f * (float)(i % 90) - 0.4f, fused.variance[d] = 0.1f;
    follow_track_update(&track, i * 1.7, &fused, 1);
    follow_track_turn(&track, i * 1.7);
    follow_track_read(&track, &state);
    hidden[i % FOLLOW_HIDDEN] += 0.1f;
    follow_talk_turn(&talk, i % 2, i * 1.7, &said, hidden, FOLLOW_HIDDEN);
    sum += follow_talk_forecast(&talk, i % 3, &forecast) ? (double)(forecast.rise + state.forecast[0]) : 0;
  }
  double each = (bench_cpu() - start) / STATES * 1e6;
  bench_row *row = bench_add(b, "live", "following and forecast, a state", "µs", isfinite(sum) ? each : (double)NAN);
  row->at_most = 10;
}

/* The same, and then what is made of the state: the shipped rules over the state and the turn, and three suggestions of how
 * to answer it, with the last four turns. */
static void bench_whole_state(bench *b) {
  enum { STATES = 20000, TURNS = 4 };
  static const char said[] = "This is the third time that I have to explain it, and nobody has called me back. What are you going to do about it now?";
  follow_track track;
  follow_talk talk;
  follow_forecast forecast;
  mien_reading read, state;
  float hidden[FOLLOW_HIDDEN] = {0};
  fuse_result fused = {.reliability = 1};
  rules_set *set = NULL;
  rules_session *session = NULL;
  rules_event event;
  mien_respond *respond = NULL;
  mien_respond_turn turns[TURNS];
  mien_suggestion list[3];
  mien_error error = {0};
  size_t count = 0, suggested = 0;
  int code = rules_set_open(&set, NULL, &error);
  if (!code) code = rules_session_open(&session, set, NULL, 0, &error);
  if (!code) code = rules_session_join(session, "customer", "customer");
  if (!code) code = mien_respond_open(&respond, NULL, &error);
  for (size_t i = 0; i < TURNS; i++) turns[i] = (mien_respond_turn){i % 2 ? "customer" : "agent", said, -1};
  follow_track_init(&track);
  follow_talk_init(&talk);
  base_reading_init(&read, MIEN_TEXT);
  base_reading_init(&state, MIEN_FUSED);
  state.who = "customer";
  double start = bench_cpu();
  for (int i = 0; i < STATES && !code; i++) {
    double at = i * 1.7;
    for (int k = 0; k < MIEN_CORE; k++) read.core[k] = fused.core[k] = k == i % MIEN_CORE ? 0.4f : 0.1f;
    for (int d = 0; d < MIEN_DIMS; d++) read.dims[d] = fused.dims[d] = 0.01f * (float)(i % 90) - 0.4f, fused.variance[d] = 0.1f;
    follow_track_update(&track, at, &fused, 1);
    follow_track_turn(&track, at);
    follow_track_read(&track, &state);
    hidden[i % FOLLOW_HIDDEN] += 0.1f;
    follow_talk_turn(&talk, i % 2, at, &read, hidden, FOLLOW_HIDDEN);
    if (follow_talk_forecast(&talk, i % 3, &forecast)) state.outlook.rise = forecast.rise;
    state.t0 = at, state.t1 = at + 1.5;
    for (int k = 0; k < MIEN_STATES; k++) state.states[k] = 0.1f * (float)((i + k) % 10);
    rules_session_feed_reading(session, &state);
    rules_session_feed_turn(session, "customer", at, at + 1.5, said, sizeof said - 1);
    while (!rules_session_next(session, &event)) {}
    mien_respond_ask ask = {.size = sizeof ask, .state = &state, .turns = turns, .turn_count = TURNS, .role = "customer", .purpose = "customer_service"};
    code = mien_respond_suggest(respond, &ask, list, BASE_COUNT(list), &count, NULL, &error);
    suggested += count;
  }
  double each = (bench_cpu() - start) / STATES * 1e6;
  if (code || !suggested) bench_missing(b, "live", "following, forecast, rules and suggestions, a state", "it failed");
  else bench_add(b, "live", "following, forecast, rules and suggestions, a state", "µs", each)->at_most = 50;
  mien_respond_close(&respond);
  rules_session_close(&session);
  rules_set_close(&set);
}

void bench_live(bench *b) {
  bench_follow(b);
  bench_whole_state(b);
  static const struct {
    const char *what;
    unsigned read;
    double at_most; /* % */
  } streams[] = {
      {"one stream, voice, a share of one core", MIEN_READ_VOICE, 0.4},
      {"one stream, voice and text", MIEN_READ_VOICE | MIEN_READ_TEXT, NAN},
      {"one stream, voice, text and face at 15 a second", MIEN_READ_VOICE | MIEN_READ_TEXT | MIEN_READ_FACE, NAN},
      {"the same and body", MIEN_READ_VOICE | MIEN_READ_TEXT | MIEN_READ_FACE | MIEN_READ_BODY, NAN},
  };
  live l;
  if (!live_open(b, &l)) {
    bench_missing(b, "live", "one stream", "the sample or the texts could not be read");
    live_close(&l);
    return;
  }
  for (size_t i = 0; i < BASE_COUNT(streams); i++) {
    double best = NAN;
    for (int r = 0; r < b->repeats; r++) best = fmin(best, stream_seconds(b, &l, streams[i].read));
    bench_row *row = isnan(best) ? bench_missing(b, "live", streams[i].what, "there is no model, or no face was found")
                                 : bench_add(b, "live", streams[i].what, "%", 100 * best / SECONDS);
    row->at_most = streams[i].at_most;
  }
  double best = NAN;
  for (int r = 0; r < b->repeats; r++) best = fmin(best, body_ms(&l));
  bench_add(b, "live", "movement in a 640x480 picture, one person", "ms", best)->at_most = 0.5;
  live_close(&l);
}
