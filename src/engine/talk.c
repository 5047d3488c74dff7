/* talk.c: where the talk of a session is going: each turn of words, whoever said it, goes to follow/'s
 * forecast in the order in which it was fed. */
#include "engine/engine.h"

static void outlook_of(const follow_forecast *forecast, mien_outlook *to) {
  memcpy(to->next, forecast->next, sizeof to->next);
  to->label = forecast->guess;
  to->valence = forecast->read;
  to->valence_error = forecast->read_error;
  to->end = forecast->end;
  to->end_error = forecast->end_error;
  to->rise = forecast->rise;
  to->rise_low = forecast->rise_low;
  to->rise_high = forecast->rise_high;
  to->turns = FOLLOW_HORIZON;
  to->seconds = (float)forecast->seconds;
  to->warning = forecast->warning;
}

static int index_of(const mien_session *session, const engine_participant *participant) {
  for (size_t i = 0; i < session->participant_count; i++)
    if (session->participants[i] == participant) return (int)i;
  return MIEN_PARTICIPANTS - 1;
}

int engine_talk_turn(mien_session *session, const engine_participant *participant, const mien_reading *reading, const float *hidden,
                     size_t hidden_count) {
  if (!session->talk) {
    session->talk = base_alloc(1, sizeof *session->talk);
    if (!session->talk) return engine_out_of_memory(session);
    follow_talk_init(&session->talk->talk);
  }
  engine_talk *talk = session->talk;
  follow_talk_turn(&talk->talk, index_of(session, participant), reading->t1, reading, hidden, hidden_count);
  if (talk->count == ENGINE_SAID)
    memmove(talk->said, talk->said + 1, --talk->count * sizeof *talk->said);
  size_t place = talk->count++;
  for (; place && talk->said[place - 1].until > reading->t1; place--) talk->said[place] = talk->said[place - 1];
  talk->said[place].until = reading->t1;
  talk->said[place].talk = talk->talk;
  return MIEN_OK;
}

void engine_talk_outlook(const mien_session *session, const engine_participant *participant, double at,
                         mien_reading *state) {
  const engine_talk *talk = session->talk;
  follow_forecast forecast;
  if (!talk || state->abstain) return;
  for (size_t i = talk->count; i-- > 0;) {
    if (talk->said[i].until > at) continue;
    if (follow_talk_forecast(&talk->said[i].talk, index_of(session, participant), &forecast))
      outlook_of(&forecast, &state->outlook);
    return;
  }
}
