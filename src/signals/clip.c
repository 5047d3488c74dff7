/* clip.c: recordings and pictures to points: of sound what voice/embed.h makes of all of it, of the largest face the mean of
 * the logarithms of its classes, and of its body how it moves (moves.c). One thread. */
#include <stdlib.h>

#include "engine/engine.h"
#include "media/media.h"
#include "signals/signals.h"
#include "voice/embed.h"

enum { FACE_POINT = MIEN_CORE + 1, SECONDS = 60, SIDE = 1280 /* pixels */ };

typedef struct gathering {
  mien_session *session; /* reads faces and bodies */
  float *pcm;
  size_t count, room;
  double began, until;   /* of the recording that is read, and of all before it; seconds */
  double sums[FACE_POINT];
  size_t faces;
  signals_moves moves;
  unsigned read;         /* MIEN_READ_…: the rest is not decoded */
} gathering;

int signals_clip_sound(mien_engine *engine, const float *pcm, size_t count, signals_clip *clip, mien_error *error) {
  if (!engine->voice || !voice_embed_size(engine->voice) || voice_embed_size(engine->voice) > SIGNALS_POINT)
    return base_error_set(error, MIEN_EMODEL, "voice", "use the shipped model", "this voice model makes no points");
  int code = voice_embed(engine->voice, pcm, count, clip->point[SIGNALS_VOICE], error);
  if (!code) clip->length[SIGNALS_VOICE] = voice_embed_size(engine->voice);
  return code;
}

static void see(gathering *g) {
  mien_event event;
  while (mien_session_next(g->session, &event) == MIEN_OK) {
    if (event.kind != MIEN_EVENT_READING || !event.reading.who || strcmp(event.reading.who, "face")) continue;
    if (event.reading.modality == MIEN_BODY) signals_moves_take(&g->moves, &event.reading);
    if (event.reading.modality != MIEN_FACE || event.reading.final) continue;
    for (int k = 0; k < MIEN_CORE; k++) g->sums[k] += log((double)event.reading.core[k] + 0.005);
    float contempt = event.reading.extra[MIEN_CONTEMPT];
    g->sums[MIEN_CORE] += log((isfinite(contempt) ? (double)contempt : 0) + 0.005);
    g->faces++;
  }
}

static int hear(gathering *g, const media_item *item, mien_error *error) {
  if (g->count + item->count > (size_t)SECONDS * MEDIA_RATE)
    return base_error_set(error, MIEN_ELIMIT, "sound", "cut the signal out of the recording", "an example has at most %d s", SECONDS);
  if (g->count + item->count > g->room) {
    size_t room = 2 * g->room + item->count + MEDIA_RATE;
    float *more = realloc(g->pcm, room * sizeof *more);
    if (!more) return base_error_set(error, MIEN_ENOMEM, "sound", "", "out of memory");
    g->pcm = more, g->room = room;
  }
  memcpy(g->pcm + g->count, item->pcm, item->count * sizeof *item->pcm);
  g->count += item->count;
  return MIEN_OK;
}

static int take(gathering *g, media_reader *reader, mien_error *error) {
  media_item item;
  int code;
  g->began = g->until;
  while (!(code = media_next(reader, &item, error))) {
    if (item.kind == MEDIA_AUDIO && (code = hear(g, &item, error))) return code;
    if (item.kind != MEDIA_PICTURE) continue;
    double at = g->began + item.at;
    if ((code = mien_session_feed_frame(g->session, "face", &item.picture, at))) return *error = *mien_session_error(g->session), code;
    g->until = at + 0.1; /* a picture that follows is a later one */
    see(g);
  }
  return code == MIEN_EEND ? MIEN_OK : code;
}

static media_options usual(void) {
  media_options how;
  media_options_init(&how);
  how.channels = MEDIA_CHANNELS_MIX;
  how.max_side = SIDE;
  return how;
}

static int begin(gathering *g, mien_engine *engine, mien_error *error) {
  mien_session_options what = MIEN_SESSION_USUAL;
  what.read = MIEN_READ_FACE | MIEN_READ_BODY, what.states = 0, what.face_every = 0;
  *g = (gathering){.read = MIEN_READ_ALL};
  return mien_session_open(&g->session, engine, &what, error);
}

/* What was gathered, as points; `code` is how that went. */
static int end(gathering *g, mien_engine *engine, const char *name, signals_clip *clip, int code, mien_error *error) {
  mien_error quiet = {0};
  if (!code) mien_session_finish(g->session), see(g);
  mien_session_close(&g->session);
  if (!code && g->count) code = signals_clip_sound(engine, g->pcm, g->count, clip, &quiet);
  if (code == MIEN_EEMPTY && g->faces) code = MIEN_OK;
  else if (code && quiet.code) *error = quiet;
  free(g->pcm);
  for (int k = 0; k < FACE_POINT && g->faces && !code; k++) clip->point[SIGNALS_FACE][k] = (float)(g->sums[k] / (double)g->faces);
  if (g->faces && !code) clip->length[SIGNALS_FACE] = FACE_POINT;
  if (!code && signals_moves_point(&g->moves, clip->point[SIGNALS_BODY])) clip->length[SIGNALS_BODY] = SIGNALS_MOVES;
  if (!code && !clip->length[SIGNALS_VOICE] && !clip->length[SIGNALS_FACE]) code = base_error_set(error, MIEN_EEMPTY, name, "record again, nearer, in the light", "there is no sound and no face in it");
  return code;
}

int signals_clip_read(mien_engine *engine, const char *path, signals_clip *clip, mien_error *error) {
  media_options how = usual();
  media_reader *reader = NULL;
  gathering g = {0};
  *clip = (signals_clip){0};
  int code = media_open(&reader, path, &how, error);
  if (!code) code = begin(&g, engine, error);
  if (!code) code = take(&g, reader, error);
  media_close(&reader);
  return end(&g, engine, path, clip, code, error);
}

static int take_memory(gathering *g, const void *bytes, size_t count, const char *name, mien_error *error) {
  media_options how = usual();
  media_reader *reader = NULL;
  mien_error why = {0};
  how.audio = g->read & MIEN_READ_VOICE;
  how.pictures = g->read & (MIEN_READ_FACE | MIEN_READ_BODY);
  int code = media_open_memory(&reader, bytes, count, name, &how, &why);
  if (code && !(how.audio && how.pictures)) return MIEN_OK; /* it has nothing of what may be read */
  if (code && error) *error = why;
  if (!code) code = take(g, reader, error);
  media_close(&reader);
  return code;
}

int signals_clip_memory(mien_engine *engine, const void *bytes, size_t count, const char *name, signals_clip *clip, mien_error *error) {
  gathering g;
  signals_clip read = {0};
  int code = begin(&g, engine, error);
  if (!code) code = take_memory(&g, bytes, count, name, error);
  code = end(&g, engine, name, &read, code, error);
  for (int k = 0; k < SIGNALS_MODALITIES && !code; k++) {
    if (clip->length[k] || !read.length[k]) continue;
    clip->length[k] = read.length[k];
    memcpy(clip->point[k], read.point[k], read.length[k] * sizeof read.point[k][0]);
  }
  return code;
}

int signals_clip_moment(mien_engine *engine, const signals_recording *recordings, size_t count, unsigned read, signals_clip *clip, mien_error *error) {
  gathering g;
  *clip = (signals_clip){0};
  int code = begin(&g, engine, error);
  g.read = read;
  for (size_t i = 0; i < count && !code; i++) code = take_memory(&g, recordings[i].bytes, recordings[i].count, "recording", error);
  return end(&g, engine, "recordings", clip, code, error);
}
