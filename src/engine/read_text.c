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

static int reader_ready(mien_session *session, text_reader **reader) {
  *reader = engine_reader_borrow(session->engine, session->options.cues);
  if (!*reader) return engine_out_of_memory(session);
  if (session->said || !session->options.turns || !text_reader_reads_turns(*reader)) return MIEN_OK;
  session->said = base_alloc(ENGINE_SAID, sizeof *session->said);
  if (session->said) return MIEN_OK;
  engine_reader_return(session->engine, reader);
  return engine_out_of_memory(session);
}

/* The turns that began and ended before this one did, oldest first: which these are does not depend on
 * how the sound of several people was interleaved. */
static size_t turns_before(const mien_session *session, const engine_participant *participant, double at,
                           double until, text_turn turns[ENGINE_SAID]) {
  size_t count = 0, most = (size_t)session->options.turns;
  for (size_t i = 0; i < session->said_count; i++) {
    const engine_said *said = &session->said[i];
    if (said->at > at || said->until > until) continue;
    turns[count++] = (text_turn){said->text, said->bytes, said->who == participant};
  }
  if (count > most) memmove(turns, turns + count - most, most * sizeof *turns);
  return BASE_MIN(count, most);
}

/* Remembers a turn, in order of their ends. */
static void remember(mien_session *session, const engine_participant *participant, const char *utf8, size_t bytes,
                     double at, double until) {
  engine_said *all = session->said;
  if (!all) return;
  if (session->said_count == ENGINE_SAID) memmove(all, all + 1, --session->said_count * sizeof *all);
  size_t place = session->said_count++;
  for (; place && all[place - 1].until > until; place--) all[place] = all[place - 1];
  engine_said *said = &all[place];
  said->who = participant;
  said->at = at;
  said->until = until;
  said->bytes = BASE_MIN(bytes, sizeof said->text);
  if (said->bytes) memcpy(said->text, utf8 + bytes - said->bytes, said->bytes);
}

int mien_session_read_texts(mien_session *session, const mien_text *texts, size_t count, mien_take_fn take,
                            void *context) {
  static const char where[] = "mien_session_read_texts";
  if (!session) return MIEN_EINVAL;
  if ((!texts && count) || !take) return engine_fail(session, MIEN_EINVAL, where, "", "an argument is missing");
  for (size_t i = 0; i < count; i++)
    if (!texts[i].utf8 && texts[i].bytes)
      return engine_fail(session, MIEN_EINVAL, where, "", "text %zu is missing", i);
  if (!(session->options.read & MIEN_READ_TEXT))
    return engine_fail(session, MIEN_EINVAL, where, "open it with MIEN_READ_TEXT", "this session reads no text");
  if (!session->engine->text) return engine_no_model(session, where, "text");
  text_reader *reader;
  int code = reader_ready(session, &reader);
  if (!code && (code = text_read_batch(reader, texts, count, take, context)))
    engine_fail(session, code, where, "", "the texts could not be read");
  engine_reader_return(session->engine, &reader);
  return code;
}

/* What is read with a reader that was borrowed. */
static int read_with(text_reader *reader, mien_session *session, engine_participant *participant, const char *utf8,
                     size_t bytes, double at, double until, const engine_words *words, float quality) {
  mien_reading reading;
  text_turn turns[ENGINE_SAID];
  size_t before = turns_before(session, participant, at, until, turns);
  int code = text_read_after(reader, turns, before, utf8, bytes, &reading);
  if (code) return engine_fail(session, code, "text", "", "the text could not be read");
  remember(session, participant, utf8, bytes, at, until);
  reading.t0 = at;
  reading.t1 = until;
  reading.final = 1;
  if (quality < 1) reading.quality = quality * (isfinite(reading.quality) ? reading.quality : 1);
  if (session->options.states) {
    code = engine_line_turn(session, participant, utf8, bytes);
    if (!code) {
      size_t depth;
      const float *hidden = text_reader_hidden(reader, &depth);
      code = engine_talk_turn(session, participant, &reading, hidden, depth);
    }
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

int engine_read_text(mien_session *session, engine_participant *participant, const char *utf8,
                     size_t bytes, double at, double until, const engine_words *words,
                     float quality) {
  text_reader *reader;
  int code = reader_ready(session, &reader);
  if (!code) code = read_with(reader, session, participant, utf8, bytes, at, until, words, quality);
  engine_reader_return(session->engine, &reader);
  return code;
}
