/* signals_clip.c: see signals_clip.h. */
#include "cli/signals_clip.h"

#include <stdlib.h>

#include "engine/engine.h"
#include "media/media.h"
#include "voice/embed.h"

enum { FACE_POINT = MIEN_CORE + 1, SECONDS = 60 };

typedef struct seen {
  double sums[FACE_POINT];
  size_t count;
} seen;

int signals_clip_sound(mien_engine *engine, const float *pcm, size_t count, signals_clip *clip, mien_error *error) {
  if (!engine->voice || !voice_embed_size(engine->voice) || voice_embed_size(engine->voice) > SIGNALS_POINT)
    return base_error_set(error, MIEN_EMODEL, "voice", "use the shipped model", "this voice model makes no points");
  int code = voice_embed(engine->voice, pcm, count, clip->points[SIGNALS_VOICE], error);
  if (!code) clip->length[SIGNALS_VOICE] = voice_embed_size(engine->voice);
  return code;
}

static void see(mien_session *session, seen *s) {
  mien_event event;
  while (mien_session_next(session, &event) == MIEN_OK) {
    if (event.kind != MIEN_EVENT_READING || event.reading.modality != MIEN_FACE || event.reading.final || strcmp(event.reading.who, "face")) continue;
    for (int k = 0; k < MIEN_CORE; k++) s->sums[k] += log((double)event.reading.core[k] + 0.005);
    float contempt = event.reading.extra[MIEN_CONTEMPT];
    s->sums[MIEN_CORE] += log((isfinite(contempt) ? (double)contempt : 0) + 0.005);
    s->count++;
  }
}

typedef struct sound {
  float *pcm;
  size_t count, room;
} sound;

static int hear(sound *s, const media_item *item, mien_error *error) {
  if (s->count + item->count > (size_t)SECONDS * MEDIA_RATE)
    return base_error_set(error, MIEN_ELIMIT, "sound", "cut the signal out of the recording", "an example has at most %d s", SECONDS);
  if (s->count + item->count > s->room) {
    size_t room = 2 * s->room + item->count + MEDIA_RATE;
    float *more = realloc(s->pcm, room * sizeof *more);
    if (!more) return base_error_set(error, MIEN_ENOMEM, "sound", "", "out of memory");
    s->pcm = more, s->room = room;
  }
  memcpy(s->pcm + s->count, item->pcm, item->count * sizeof *item->pcm);
  s->count += item->count;
  return MIEN_OK;
}

static int read_media(media_reader *reader, mien_session *session, sound *heard, seen *faces, mien_error *error) {
  media_item item;
  int code;
  while (!(code = media_next(reader, &item, error))) {
    if (item.kind == MEDIA_AUDIO && (code = hear(heard, &item, error))) return code;
    if (item.kind != MEDIA_PICTURE) continue;
    if ((code = mien_session_feed_frame(session, "face", &item.picture, item.at))) return *error = *mien_session_error(session), code;
    see(session, faces);
  }
  if (code != MIEN_EEND) return code;
  mien_session_finish(session);
  see(session, faces);
  return MIEN_OK;
}

int signals_clip_read(mien_engine *engine, const char *path, signals_clip *clip, mien_error *error) {
  media_options how;
  media_reader *reader = NULL;
  mien_session *session = NULL;
  mien_session_options what = MIEN_SESSION_USUAL;
  sound heard = {0};
  seen faces = {0};
  *clip = (signals_clip){0};
  media_options_init(&how);
  how.channels = MEDIA_CHANNELS_MIX;
  what.read = MIEN_READ_FACE, what.states = 0, what.cues = 0, what.face_every = 0;
  int code = media_open(&reader, path, &how, error);
  if (!code) code = mien_session_open(&session, engine, &what, error);
  if (!code) code = read_media(reader, session, &heard, &faces, error);
  mien_session_close(&session);
  media_close(&reader);
  mien_error quiet = {0};
  if (!code && heard.count) code = signals_clip_sound(engine, heard.pcm, heard.count, clip, &quiet);
  if (code == MIEN_EEMPTY && faces.count) code = MIEN_OK;
  else if (code && quiet.code) *error = quiet;
  free(heard.pcm);
  for (int k = 0; k < FACE_POINT && faces.count; k++) clip->points[SIGNALS_FACE][k] = (float)(faces.sums[k] / (double)faces.count);
  if (faces.count) clip->length[SIGNALS_FACE] = FACE_POINT;
  if (!code && !clip->length[SIGNALS_VOICE] && !clip->length[SIGNALS_FACE]) code = base_error_set(error, MIEN_EEMPTY, path, "record again, nearer, in the light", "there is no sound and no face in it");
  return code;
}
