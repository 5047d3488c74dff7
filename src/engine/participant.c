/* participant.c: who is there. */
#include "engine/engine.h"

static bool is_name(const char *who) {
  if (!who) return false;
  size_t bytes = strnlen(who, 64);
  return bytes > 0 && bytes < 64 && base_utf8_check(who, bytes) == bytes;
}

engine_participant *engine_participant_find(const mien_session *session, const char *name) {
  if (session->last && !strcmp(session->last->name, name)) return session->last;
  for (size_t i = 0; i < session->participant_count; i++)
    if (!strcmp(session->participants[i]->name, name)) return session->participants[i];
  return NULL;
}

engine_participant *engine_participant_make(mien_session *session, const char *name) {
  if (session->participant_count == MIEN_PARTICIPANTS) {
    engine_fail(session, MIEN_ELIMIT, "participants", "open another session for further people",
                "a session has at most %d participants", MIEN_PARTICIPANTS);
    return NULL;
  }
  engine_participant *made = base_alloc(1, sizeof *made);
  if (!made) {
    engine_out_of_memory(session);
    return NULL;
  }
  memcpy(made->name, name, BASE_MIN(strlen(name), sizeof made->name - 1));
  made->heard_until = made->said_until = made->seen_until = (double)NAN;
  session->participants[session->participant_count++] = made;
  return made;
}

engine_participant *engine_participant_get(mien_session *session, const char *who) {
  if (!is_name(who)) {
    engine_fail(session, MIEN_EINVAL, "who", "name the participant, for example \"customer\"",
                "a participant's name is 1 to 63 bytes of UTF-8");
    return NULL;
  }
  engine_participant *participant = engine_participant_find(session, who);
  if (!participant) participant = engine_participant_make(session, who);
  if (participant) session->last = participant;
  return participant;
}

void engine_participant_free(engine_participant *participant) {
  if (!participant) return;
  voice_stream_close(&participant->voice);
  face_tracker_close(&participant->tracker);
  engine_faces_free(participant->faces);
  body_stream_close(&participant->body);
  engine_heard_free(participant->heard);
  engine_line_free(participant->line);
  base_free(participant->baseline);
  base_free(participant);
}
