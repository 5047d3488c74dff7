/* read_words.c: a participant's sound to words, words to turns, turns to readings of text. */
#include "engine/engine.h"

/* The turn that is being heard. */
struct engine_heard {
  words_recogniser *recogniser;
  char text[ENGINE_TURN_BYTES]; /* words with a space between, UTF-8 */
  size_t bytes;
  engine_words words;
  float confidence; /* sum over the words */
};

void engine_heard_free(engine_heard *heard) {
  if (!heard) return;
  words_recogniser_close(&heard->recogniser);
  base_free(heard);
}

/* The TURN event. Its text is the words with spaces; each word is kept again, ended by 0. */
static int give_turn(mien_session *session, engine_participant *participant) {
  const engine_heard *heard = participant->heard;
  engine_slot *slot = engine_queue_add(&session->queue);
  if (!slot) return engine_out_of_memory(session);
  if (!slot->turn) slot->turn = base_alloc(1, sizeof *slot->turn);
  if (!slot->turn) {
    engine_queue_undo(&session->queue);
    return engine_out_of_memory(session);
  }
  engine_turn *turn = slot->turn;
  memcpy(turn->text, heard->text, heard->bytes + 1);
  memcpy(turn->split, heard->text, heard->bytes + 1);
  const engine_words *words = &heard->words;
  for (size_t i = 0; i < words->count; i++) {
    int at = words->words[i].at;
    turn->words[i] = (mien_word){turn->split + at, words->words[i].t0, words->words[i].t1};
    if (at) turn->split[at - 1] = 0;
  }
  memcpy(slot->who, participant->name, sizeof slot->who);
  slot->event = (mien_event){.kind = MIEN_EVENT_TURN,
                             .who = slot->who,
                             .t0 = words->words[0].t0,
                             .t1 = words->words[words->count - 1].t1,
                             .text = turn->text,
                             .words = turn->words,
                             .word_count = words->count};
  base_reading_init(&slot->event.reading, MIEN_TEXT);
  slot->event.reading.who = slot->who;
  return MIEN_OK;
}

static int end_turn(mien_session *session, engine_participant *participant) {
  engine_heard *heard = participant->heard;
  engine_words *words = &heard->words;
  if (!words->count) return MIEN_OK;
  int code = give_turn(session, participant);
  if (!code && (session->options.read & MIEN_READ_TEXT) && session->engine->text)
    code = engine_read_text(session, participant, heard->text, heard->bytes, words->words[0].t0,
                            words->words[words->count - 1].t1, words,
                            heard->confidence / (float)words->count);
  words->count = heard->bytes = 0;
  heard->confidence = 0;
  return code;
}

static int drain(mien_session *session, engine_participant *participant) {
  engine_heard *heard = participant->heard;
  words_word word;
  int code;
  while ((code = words_recogniser_next(heard->recogniser, &word)) == MIEN_OK) {
    size_t bytes = strnlen(word.text, 256);
    engine_words *words = &heard->words;
    if (words->count == ENGINE_TURN_WORDS || heard->bytes + bytes + 2 > sizeof heard->text)
      if ((code = end_turn(session, participant))) return code;
    if (heard->bytes) heard->text[heard->bytes++] = ' ';
    words->words[words->count].at = (int)heard->bytes;
    words->words[words->count].t0 = word.t0;
    words->words[words->count++].t1 = word.t1;
    heard->confidence += BASE_CLAMP(word.confidence, 0.0f, 1.0f);
    memcpy(heard->text + heard->bytes, word.text, bytes);
    heard->bytes += bytes;
    heard->text[heard->bytes] = 0;
    if (word.last && (code = end_turn(session, participant))) return code;
  }
  return code == MIEN_EAGAIN || code == MIEN_EEND
             ? MIEN_OK
             : engine_fail(session, code, "words", "", "the words could not be recognised: %s",
                           mien_error_message(code));
}

int engine_read_words_ready(mien_session *session, engine_participant *participant) {
  if (!participant->heard) {
    participant->heard = base_alloc(1, sizeof *participant->heard);
    if (!participant->heard) return engine_out_of_memory(session);
  }
  if (participant->heard->recogniser) return MIEN_OK;
  return words_recogniser_open(&participant->heard->recogniser, NULL, session->engine->speech_model,
                               &session->error);
}

int engine_read_words(mien_session *session, engine_participant *participant, const float *pcm,
                      size_t count, double at) {
  int code = words_recogniser_feed(participant->heard->recogniser, pcm, count, at);
  if (code)
    return engine_fail(session, code, "words", "",
                       "the sound could not be given to the recogniser");
  return drain(session, participant);
}

int engine_read_words_finish(mien_session *session, engine_participant *participant) {
  engine_heard *heard = participant->heard;
  if (!heard || !heard->recogniser) return MIEN_OK;
  int code = words_recogniser_finish(heard->recogniser);
  if (code) return engine_fail(session, code, "words", "", "the recogniser could not finish");
  code = drain(session, participant);
  return code ? code : end_turn(session, participant);
}
