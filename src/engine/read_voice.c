/* read_voice.c: a participant's sound to readings of the voice. */
#include "engine/engine.h"

static int failed(mien_session *session, int code) {
  if (code == MIEN_ENOMEM) return engine_out_of_memory(session);
  return engine_fail(session, code, "voice", "", "the voice could not be read: %s",
                     mien_error_message(code));
}

static int drain(mien_session *session, engine_participant *participant) {
  mien_reading reading;
  int code;
  while ((code = voice_stream_next(participant->voice, &reading)) == MIEN_OK)
    if ((code = engine_give_reading(session, participant, &reading))) return code;
  return code == MIEN_EAGAIN || code == MIEN_EEND ? MIEN_OK : failed(session, code);
}

int engine_read_voice(mien_session *session, engine_participant *participant, const float *pcm,
                      size_t count, double at) {
  int code = MIEN_OK;
  if (!participant->voice) code = voice_stream_open(&participant->voice, session->engine->voice);
  if (!code) code = voice_stream_feed(participant->voice, pcm, count, at);
  return code ? failed(session, code) : drain(session, participant);
}

int engine_read_voice_finish(mien_session *session, engine_participant *participant) {
  if (!participant->voice) return MIEN_OK;
  int code = voice_stream_finish(participant->voice);
  return code ? failed(session, code) : drain(session, participant);
}
