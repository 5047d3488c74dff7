/* conversation_speakers.c: who speaks when, in a recording of one channel without a transcript. */
#include "cli/conversation.h"

#include <stdio.h>

#include "engine/engine.h"
#include "voice/speakers.h"

/* Of the silence between two spans: what an utterance begins and ends with. */
#define BEFORE 0.25 /* seconds that belong to the next span */
#define AFTER 0.75  /* seconds that belong to the last one, if the next has not begun */

struct conversation_speakers {
  voice_speakers *found;
  const voice_span *spans;
  size_t count, at;
  char names[VOICE_SPEAKERS][NAME_BYTES];
};

static int read_sound(voice_speakers *to, const char *file, mien_error *error) {
  media_options options;
  media_options_init(&options);
  options.pictures = false;
  options.channels = MEDIA_CHANNELS_MIX;
  media_reader *reader = NULL;
  media_item item;
  int result = media_open(&reader, file, &options, error);
  while (result == MIEN_OK && (result = media_next(reader, &item, error)) == MIEN_OK)
    if (item.kind == MEDIA_AUDIO) result = voice_speakers_feed(to, item.pcm, item.count);
  media_close(&reader);
  return result == MIEN_EEND ? MIEN_OK : result;
}

int conversation_speakers_find(conversation_speakers **speakers, const mien_engine *engine,
                               const char *file, int people, const conversation_names *names,
                               mien_error *error) {
  *speakers = NULL;
  if (!engine->voice) return MIEN_OK;
  conversation_speakers *s = *speakers = base_alloc(1, sizeof *s);
  int result = s ? voice_speakers_open(&s->found, engine->voice) : MIEN_ENOMEM;
  if (result == MIEN_OK) result = read_sound(s->found, file, error);
  if (result == MIEN_OK) result = voice_speakers_finish(s->found, people, &s->spans, &s->count);
  for (int i = 0; s && i < VOICE_SPEAKERS; i++) {
    char plain[NAME_BYTES];
    snprintf(plain, sizeof plain, "speaker-%d", i + 1);
    snprintf(s->names[i], NAME_BYTES, "%s", conversation_name(names, plain));
  }
  if (result != MIEN_OK) conversation_speakers_close(speakers);
  return result;
}

void conversation_speakers_close(conversation_speakers **speakers) {
  if (!*speakers) return;
  voice_speakers_close(&(*speakers)->found);
  base_free(*speakers);
  *speakers = NULL;
}

int conversation_speakers_count(const conversation_speakers *s) {
  int most = 0;
  for (size_t i = 0; i < s->count; i++) most = BASE_MAX(most, s->spans[i].speaker + 1);
  return most;
}

const char *conversation_speakers_at(conversation_speakers *s, double at) {
  while (s->at + 1 < s->count && s->spans[s->at + 1].t0 - BEFORE <= at) s->at++;
  if (s->at >= s->count) return NULL;
  const voice_span *span = &s->spans[s->at];
  if (span->speaker == VOICE_OVERLAP) return NULL; /* nobody's alone */
  return at >= span->t0 - BEFORE && at < span->t1 + AFTER ? s->names[span->speaker] : NULL;
}
