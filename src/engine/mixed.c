/* mixed.c: one channel with several people in it. Who speaks is told apart as it comes (voice/speakers.h), about
 * a second late; each step of a quarter of a second is then heard as theirs, and as silence of the others, so
 * that everybody's time goes on. Where nobody speaks everybody hears it; where two speak at once, nobody does. */
#include "engine/engine.h"

#include "voice/speakers.h"

enum { STEPS = 8, STEP = VOICE_LIVE_STEP };

struct engine_mixed {
  voice_speakers_live *live;
  engine_participant *who[VOICE_SPEAKERS]; /* the session's */
  size_t people;
  double at;     /* of kept[0]; NAN before the first */
  size_t count;  /* samples kept */
  float kept[STEPS * STEP];
};

void engine_mixed_free(engine_mixed *mixed) {
  if (mixed) voice_speakers_live_close(&mixed->live);
  base_free(mixed);
}

static int mixed_get(mien_session *session, const char *const *who, size_t people) {
  static const char where[] = "mien_session_feed_mixed";
  if (people < 2 || people > VOICE_SPEAKERS || !who)
    return engine_fail(session, MIEN_EINVAL, where, "one person's sound is fed with mien_session_feed_audio",
                       "%zu people; 2 to %d can be told apart", people, VOICE_SPEAKERS);
  engine_mixed *m = session->mixed;
  engine_participant *found[VOICE_SPEAKERS];
  for (size_t i = 0; i < people; i++) {
    engine_participant *participant = found[i] = engine_participant_get(session, who[i]);
    if (!participant) return session->error.code;
    if (m && (people != m->people || participant != m->who[i]))
      return engine_fail(session, MIEN_ELIMIT, where, "open another session for another channel",
                         "a session has one channel with several people, always the same");
  }
  if (m) return MIEN_OK;
  m = base_alloc(1, sizeof *m);
  int code = m ? voice_speakers_live_open(&m->live, session->engine->voice, (int)people) : MIEN_ENOMEM;
  if (code) {
    engine_mixed_free(m);
    return engine_out_of_memory(session);
  }
  m->people = people;
  m->at = (double)NAN;
  memcpy(m->who, found, people * sizeof *found);
  session->mixed = m;
  return MIEN_OK;
}

/* The oldest samples, at most a step of them, to whom they belong. */
static int step_give(mien_session *session, engine_mixed *m, int who) {
  static const float silence[STEP];
  const size_t count = BASE_MIN(m->count, (size_t)STEP);
  int code = MIEN_OK;
  for (size_t i = 0; i < m->people && !code; i++) {
    const bool heard = who == VOICE_NOBODY || who == (int)i;
    code = engine_hear(session, m->who[i], heard ? m->kept : silence, count, m->at);
  }
  m->count -= count;
  m->at += (double)count / VOICE_RATE;
  memmove(m->kept, m->kept + count, m->count * sizeof *m->kept);
  return code;
}

/* Everything that is kept: the sound ends here, or jumps. */
static int mixed_flush(mien_session *session, engine_mixed *m) {
  int who, code = voice_speakers_live_finish(m->live);
  if (code) return engine_out_of_memory(session);
  while (!code && m->count)
    code = step_give(session, m, voice_speakers_live_next(m->live, &who) == MIEN_OK ? who : VOICE_NOBODY);
  while (voice_speakers_live_next(m->live, &who) == MIEN_OK) {}
  return code;
}

int engine_mixed_finish(mien_session *session) {
  return session->mixed && session->mixed->count ? mixed_flush(session, session->mixed) : MIEN_OK;
}

int engine_mixed_feed(mien_session *session, const char *const *who, size_t people, const float *pcm, size_t count,
                      double at) {
  int code = mixed_get(session, who, people), speaker;
  if (code) return code;
  engine_mixed *m = session->mixed;
  const double expected = m->at + (double)m->count / VOICE_RATE;
  if (!(fabs(at - expected) <= 0.1)) { /* the first, or a jump */
    if (m->count && (code = mixed_flush(session, m))) return code;
    m->at = at;
  }
  for (size_t start = 0; start < count && !code;) {
    const size_t some = BASE_MIN(BASE_MIN(count - start, (size_t)STEP), BASE_COUNT(m->kept) - m->count);
    memcpy(m->kept + m->count, pcm + start, some * sizeof *pcm);
    m->count += some;
    start += some;
    if (voice_speakers_live_feed(m->live, pcm + start - some, some)) return engine_out_of_memory(session);
    while (!code && m->count >= STEP && voice_speakers_live_next(m->live, &speaker) == MIEN_OK)
      code = step_give(session, m, speaker);
    if (!code && m->count == BASE_COUNT(m->kept)) code = step_give(session, m, VOICE_NOBODY); /* never: it answers sooner */
  }
  return code;
}
