/* read_text.c: a turn of text, given or recognised, to its reading. */
#include "engine/engine.h"

void engine_words_find(engine_words *found, const char *utf8, size_t bytes, const mien_word *words,
                       size_t word_count) {
  size_t from = 0;
  found->count = 0;
  for (size_t i = 0; i < word_count && found->count < ENGINE_TURN_WORDS; i++) {
    size_t length = words[i].text ? strlen(words[i].text) : 0;
    const char *place = length ? memmem(utf8 + from, bytes - from, words[i].text, length) : NULL;
    if (!place) continue;
    from = (size_t)(place - utf8);
    found->words[found->count].at = (int)BASE_MIN(from, (size_t)INT32_MAX);
    found->words[found->count].t0 = words[i].t0;
    found->words[found->count++].t1 = words[i].t1;
    from += length;
  }
}

/* Gives a cue the times of the word that it is in; they are in the order of the text. */
static void give_times(mien_cue *cue, const engine_words *words) {
  for (size_t i = 0; i < words->count && words->words[i].at <= cue->at; i++) {
    cue->t0 = words->words[i].t0;
    cue->t1 = words->words[i].t1;
  }
}

static int reader_ready(mien_session *session) {
  if (session->reader) return MIEN_OK;
  int code = text_reader_open(&session->reader, session->engine->text);
  if (code) return engine_fail(session, code, "text", "", "the text reader could not be opened");
  text_reader_cues(session->reader, session->options.cues);
  return MIEN_OK;
}

int engine_read_text(mien_session *session, engine_participant *participant, const char *utf8,
                     size_t bytes, double at, double until, const engine_words *words,
                     float quality) {
  int code = reader_ready(session);
  if (code) return code;
  mien_reading reading;
  code = text_read(session->reader, utf8, bytes, &reading);
  if (code) return engine_fail(session, code, "text", "", "the text could not be read");
  reading.t0 = at;
  reading.t1 = until;
  reading.final = 1;
  if (quality < 1) reading.quality = quality * (isfinite(reading.quality) ? reading.quality : 1);
  if (session->options.states) {
    code = engine_line_turn(session, participant, utf8, bytes);
    if (code) return code;
  }
  mien_cue timed[TEXT_CUES];
  reading.cue_count = BASE_MIN(reading.cue_count, (size_t)TEXT_CUES);
  if (words) {
    for (size_t i = 0; i < reading.cue_count; i++) {
      timed[i] = reading.cues[i];
      give_times(&timed[i], words);
    }
    reading.cues = timed;
  }
  code = engine_give_reading(session, participant, &reading);
  return code ? code : engine_line_advance(session, participant, 0);
}
