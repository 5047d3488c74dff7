/* read_body.c: the heads that face/ found in a participant's picture, and the picture, to readings of
 * how the people in it move. They belong to whom the face belongs to. */
#include "engine/engine.h"

static int failed(mien_session *session, int code) {
  if (code == MIEN_ENOMEM) return engine_out_of_memory(session);
  return engine_fail(session, code, "body", "", "the picture could not be read: %s",
                     mien_error_message(code));
}

static int drain(mien_session *session, engine_participant *participant) {
  mien_reading reading;
  int code;
  while ((code = body_stream_next(participant->body, &reading)) == MIEN_OK)
    if ((code = engine_face_give(session, participant, &reading))) return code;
  return code == MIEN_EAGAIN || code == MIEN_EEND ? MIEN_OK : failed(session, code);
}

int engine_read_body(mien_session *session, engine_participant *participant, double at) {
  if (!(session->options.read & MIEN_READ_BODY)) return MIEN_OK;
  int code = participant->body ? MIEN_OK : body_stream_open(&participant->body);
  if (code) return failed(session, code);
  face_seen seen[FACE_TRACKS];
  body_head heads[FACE_TRACKS];
  body_picture picture;
  int count = face_tracker_seen(participant->tracker, &picture.grey, &picture.width, &picture.height, seen);
  for (int i = 0; i < count; i++)
    heads[i] = (body_head){.track = seen[i].track,
                           .x0 = seen[i].box[0],
                           .y0 = seen[i].box[1],
                           .x1 = seen[i].box[2],
                           .y1 = seen[i].box[3],
                           .scale = seen[i].scale,
                           .yaw = seen[i].yaw,
                           .pitch = seen[i].pitch,
                           .roll = seen[i].roll};
  code = body_stream_feed(participant->body, &picture, heads, count, at);
  return code ? failed(session, code) : drain(session, participant);
}

int engine_read_body_finish(mien_session *session, engine_participant *participant) {
  if (!participant->body) return MIEN_OK;
  int code = body_stream_finish(participant->body);
  return code ? failed(session, code) : drain(session, participant);
}
