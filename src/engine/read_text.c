/* read_text.c: a turn of text, given or recognised, to its reading. */
#include "engine/engine.h"

/* The word that covers byte `at` of the turn; they are in its order. */
static const mien_word *word_at(const engine_words *words, int at) {
  const mien_word *found = NULL;
  for (size_t i = 0; i < words->count && words->starts[i] <= at; i++) found = &words->words[i];
  return found;
}

static int reader_ready(mien_session *session) {
  if (session->reader) return MIEN_OK;
  int code = text_reader_open(&session->reader, session->engine->text);
  if (code) return engine_fail(session, code, "text", "", "the text reader could not be opened");
  text_reader_cues(session->reader, session->options.cues);
  return MIEN_OK;
}

int engine_read_text(mien_session *session, engine_participant *participant, const char *utf8,
                     size_t bytes, double at, double until, const engine_words *words) {
  int code = reader_ready(session);
  if (code) return code;
  mien_reading reading;
  code = text_read(session->reader, utf8, bytes, &reading);
  if (code) return engine_fail(session, code, "text", "", "the text could not be read");
  reading.t0 = at;
  reading.t1 = until;
  reading.final = 1;
  if (session->options.states) {
    code = engine_line_turn(session, participant, utf8, bytes);
    if (code) return code;
  }
  mien_cue timed[TEXT_CUES];
  reading.cue_count = BASE_MIN(reading.cue_count, (size_t)TEXT_CUES);
  if (words) {
    for (size_t i = 0; i < reading.cue_count; i++) {
      timed[i] = reading.cues[i];
      const mien_word *word = timed[i].at >= 0 ? word_at(words, timed[i].at) : NULL;
      if (!word) continue;
      timed[i].t0 = word->t0;
      timed[i].t1 = word->t1;
    }
    reading.cues = timed;
  }
  code = engine_give_reading(session, participant, &reading);
  return code ? code : engine_line_advance(session, participant, 0);
}
