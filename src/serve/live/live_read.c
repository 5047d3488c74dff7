/* live_read.c: a worker's turn with one conversation: its waiting items to the engine, what the engine says
 * to results. */
#include <stdio.h>

#include "guard/guard.h"
#include "media/media.h"
#include "serve/live/live_parts.h"

enum { SLICE = 64 << 10 /* bytes of items read in one turn */ };

void live_engine_close(serve_live *live) {
  mien_session_close(&live->session);
  serve_jpeg_close(&live->jpeg);
  for (size_t i = 0; i < live->stream_count; i++) serve_sound_close(&live->streams[i].sound);
  base_text_clear(&live->line);
}

/* ---- Results ---- */

static void trouble(serve_live *live, const mien_error *error) {
  base_json json;
  base_text_reset(&live->line);
  base_json_init(&json, &live->line);
  base_json_open(&json, NULL, '{');
  base_json_string(&json, "error", mien_error_name(error->code));
  base_json_string(&json, "what", error->what);
  base_json_string(&json, "where", error->where);
  base_json_string(&json, "remedy", error->remedy);
  base_json_close(&json, '}');
  if (!live->line.failed) live_keep(live, NULL, SERVE_TROUBLE, live->line.data, live->line.length, live->fed_at);
}

/* The participant that a reading is of: "who", or the "who" of "who/face-2". */
static int person_of(const serve_live *live, const char *who) {
  int person = serve_live_person(live, who);
  const char *slash = who ? strrchr(who, '/') : NULL;
  if (person >= 0 || !slash) return person;
  char head[SERVE_NAME];
  snprintf(head, sizeof head, "%.*s", (int)BASE_MIN(slash - who, SERVE_NAME - 1), who);
  return serve_live_person(live, head);
}

static void give_reading(serve_live *live, mien_event *event) {
  mien_cue cues[32];
  int person = person_of(live, event->reading.who);
  if (person >= 0 && atomic_load(&live->people[person].observe)) {
    if (event->kind == MIEN_EVENT_STATE) return; /* a state is nothing but emotion */
    guard_observe(&event->reading, cues, BASE_COUNT(cues));
  }
  base_text *line = &live->line;
  base_text_reset(line);
  size_t bytes = mien_reading_json(&event->reading, line->data, line->capacity);
  if (bytes + 1 > line->capacity) {
    char *grown = base_resize(line->data, bytes + 1024, 1);
    if (!grown) return;
    line->data = grown;
    line->capacity = bytes + 1024;
    mien_reading_json(&event->reading, line->data, line->capacity);
  }
  live_keep(live, event, event->kind == MIEN_EVENT_STATE ? SERVE_STATE : SERVE_READING, line->data, bytes,
            event->reading.t1);
}

/* `from`: MIEN_VOICE recognised words, MIEN_TEXT those that a client gave. */
static void give_turn(serve_live *live, mien_event *event, int from) {
  base_json json;
  event->reading.modality = from;
  base_text_reset(&live->line);
  base_json_init(&json, &live->line);
  base_json_open(&json, NULL, '{');
  base_json_string(&json, "who", event->who);
  base_json_number(&json, "t0", event->t0, 3);
  base_json_number(&json, "t1", event->t1, 3);
  base_json_string(&json, "text", event->text);
  base_json_close(&json, '}');
  if (!live->line.failed) live_keep(live, event, SERVE_TURN, live->line.data, live->line.length, event->t1);
}

static void drain(serve_live *live) {
  mien_event event;
  int code;
  while ((code = mien_session_next(live->session, &event)) == MIEN_OK) {
    if (event.kind == MIEN_EVENT_TURN) give_turn(live, &event, MIEN_VOICE);
    else give_reading(live, &event);
  }
  if (code != MIEN_EAGAIN && code != MIEN_EEND) trouble(live, mien_session_error(live->session));
}

/* After a feed. True: the queue was full and the same must be fed again. */
static bool fed(serve_live *live, int code) {
  if (code != MIEN_OK && code != MIEN_EAGAIN) trouble(live, mien_session_error(live->session));
  drain(live);
  return code == MIEN_EAGAIN;
}

/* ---- Items ---- */

typedef struct hearing {
  serve_live *live;
  const serve_stream *stream;
} hearing;

/* A channel of several people: nothing of it is read unless all of them may be. */
static int hear_several(serve_live *live, unsigned several, const float *pcm, size_t count, double at) {
  const char *who[SERVE_PEOPLE];
  size_t people = 0;
  if (!live_all_heard(live, several)) return MIEN_OK;
  for (size_t i = 0; i < live->person_count; i++)
    if (several >> i & 1) who[people++] = live->people[i].is.who;
  while (fed(live, mien_session_feed_mixed(live->session, who, people, pcm, count, at))) {}
  return MIEN_OK;
}

static int hear(void *context, int channel, const float *pcm, size_t count, double at) {
  hearing *h = context;
  if (h->stream->several[channel]) return hear_several(h->live, h->stream->several[channel], pcm, count, at);
  int person = h->stream->people[channel];
  if (person < 0 || !(atomic_load(&h->live->people[person].read) & (MIEN_READ_VOICE | MIEN_READ_WORDS))) return MIEN_OK;
  const char *who = h->live->people[person].is.who;
  while (fed(h->live, mien_session_feed_audio(h->live->session, who, pcm, count, at))) {}
  return MIEN_OK;
}

static void read_sound(serve_live *live, const live_item *item) {
  const serve_stream *stream = &live->streams[item->index].is;
  mien_error error = {0};
  if (!live->streams[item->index].sound &&
      serve_sound_open(&live->streams[item->index].sound, &stream->format, &error) != MIEN_OK) {
    trouble(live, &error);
    return;
  }
  serve_sound *sound = live->streams[item->index].sound;
  serve_sound_feed(sound, item->data, item->bytes, item->at, hear, &(hearing){live, stream});
  double heard = serve_sound_until(sound);
  live_heard(live, heard);
  pthread_mutex_lock(&live->lock);
  live->streams[item->index].heard = heard;
  pthread_mutex_unlock(&live->lock);
}

static void read_pcm(serve_live *live, const live_item *item) {
  const float *pcm = (const float *)(const void *)item->data; /* as it was fed: aligned with the item */
  size_t count = item->bytes / sizeof *pcm;
  hear(&(hearing){live, &live->streams[item->index].is}, 0, pcm, count, item->at);
  live_heard(live, item->at + (double)count / SERVE_RATE);
}

static void read_picture(serve_live *live, const live_item *item) {
  int width;
  if (!(atomic_load(&live->people[item->index].read) & (MIEN_READ_FACE | MIEN_READ_BODY))) return;
  memcpy(&width, item->data, sizeof width);
  mien_picture picture = {width, (int)((item->bytes - sizeof width) / (size_t)width), MIEN_GREY, (size_t)width, item->data + sizeof width};
  while (fed(live, mien_session_feed_frame(live->session, live->people[item->index].is.who, &picture, item->at))) {}
}

static void read_text(serve_live *live, const live_item *item) {
  if (!(atomic_load(&live->people[item->index].read) & MIEN_READ_TEXT)) return;
  const char *who = live->people[item->index].is.who;
  give_turn(live, &(mien_event){.kind = MIEN_EVENT_TURN, .who = who, .t0 = item->at, .t1 = item->until, .text = (const char *)item->data}, MIEN_TEXT);
  while (fed(live, mien_session_feed_text(live->session, who, (const char *)item->data, item->bytes, item->at,
                                          item->until))) {}
}

static void read_jpeg(serve_live *live, const live_item *item) {
  if (!(atomic_load(&live->people[item->index].read) & (MIEN_READ_FACE | MIEN_READ_BODY))) return;
  mien_picture picture;
  int code = live->jpeg ? MIEN_OK : serve_jpeg_open(&live->jpeg);
  if (!code) code = serve_jpeg_read(live->jpeg, item->data, item->bytes, &picture);
  if (code) {
    mien_error error = {0};
    base_error_set(&error, code, "picture", "send JPEG of at most 2 MB and 2048 pixels a side",
                   "a picture could not be read: %s", mien_error_message(code));
    trouble(live, &error);
    return;
  }
  while (fed(live, mien_session_feed_frame(live->session, live->people[item->index].is.who, &picture, item->at))) {}
}

static void read_file(serve_live *live, const live_item *item) {
  media_options options;
  media_reader *reader = NULL;
  media_item got;
  mien_error error = {0};
  const char *who = live->people[item->index].is.who;
  media_options_init(&options);
  options.channels = MEDIA_CHANNELS_MIX;
  options.format = MIEN_GREY;
  options.max_side = 1280;
  int code = media_open_memory(&reader, item->data, item->bytes, "the data", &options, &error);
  while (!code && (code = media_next(reader, &got, &error)) == MIEN_OK) {
    unsigned may = atomic_load(&live->people[item->index].read);
    if (got.kind == MEDIA_AUDIO && may & (MIEN_READ_VOICE | MIEN_READ_WORDS))
      while (fed(live, mien_session_feed_audio(live->session, who, got.pcm, got.count, item->at + got.at))) {}
    if (got.kind == MEDIA_PICTURE && may & (MIEN_READ_FACE | MIEN_READ_BODY))
      while (fed(live, mien_session_feed_frame(live->session, who, &got.picture, item->at + got.at))) {}
  }
  media_close(&reader);
  if (code != MIEN_EEND) trouble(live, &error);
}

static void finish(serve_live *live) {
  for (size_t i = 0; i < live->stream_count; i++)
    if (live->streams[i].sound)
      serve_sound_finish(live->streams[i].sound, hear, &(hearing){live, &live->streams[i].is});
  if (live->session) {
    mien_session_finish(live->session);
    drain(live);
    live_session(live, true);
  }
  live_engine_close(live);
  live_keep(live, NULL, SERVE_FINISHED, "{}", 2, NAN);
}

static void read_item(serve_live *live, const live_item *item) {
  live->fed_at = item->at;
  pthread_mutex_lock(&live->lock);
  live->caused = item->came;
  pthread_mutex_unlock(&live->lock);
  if (item->kind == LIVE_FINISH) {
    finish(live);
    return;
  }
  mien_error error = {0};
  if (!live->session) {
    if (mien_session_open(&live->session, live_engine(live), &live->session_options, &error) != MIEN_OK) {
      trouble(live, &error);
      return;
    }
    live_session(live, false);
  }
  if (item->kind == LIVE_SOUND) read_sound(live, item);
  else if (item->kind == LIVE_TEXT) read_text(live, item);
  else if (item->kind == LIVE_FILE) read_file(live, item);
  else if (item->kind == LIVE_PCM) read_pcm(live, item);
  else if (item->kind == LIVE_PICTURE) read_picture(live, item);
  else read_jpeg(live, item);
}

bool live_read(serve_live *live) {
  size_t slice = live->background ? 1 : SLICE;
  for (size_t read = 0; read < slice;) {
    pthread_mutex_lock(&live->lock);
    live_item *item = live->inbox;
    if (item) {
      live->inbox = item->next;
      if (!live->inbox) live->inbox_end = &live->inbox;
      live->inbox_bytes -= item->bytes + sizeof *item;
    }
    pthread_mutex_unlock(&live->lock);
    if (!item) return false;
    read_item(live, item);
    read += item->bytes + 1024;
    base_free(item);
  }
  return true;
}
