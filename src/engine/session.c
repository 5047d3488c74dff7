/* session.c: the public calls on a session: checks what comes in, hands it on, gives events out. */
#include "engine/engine.h"

#include <stdio.h>

int engine_fail(mien_session *session, int code, const char *where, const char *remedy,
                const char *what_format, ...) {
  char what[sizeof session->error.what];
  va_list arguments;
  va_start(arguments, what_format);
  vsnprintf(what, sizeof what, what_format, arguments);
  va_end(arguments);
  return base_error_set(&session->error, code, where, remedy, "%s", what);
}

int engine_out_of_memory(mien_session *session) {
  return engine_fail(session, MIEN_ENOMEM, "", "free some memory and feed on", "out of memory");
}

/* ---- Opening and closing --------------------------------------------------------------------- */

static int options_check(const mien_session_options *options, mien_error *error) {
  const char *remedy = "start from MIEN_SESSION_USUAL and change what you need";
  if (options->read & ~(unsigned)MIEN_READ_ALL)
    return base_error_set(error, MIEN_EINVAL, "mien_session_options.read", remedy,
                          "unknown bits in 0x%x", options->read);
  if (!(options->state_every >= 0.1 && options->state_every <= 60) && options->states)
    return base_error_set(error, MIEN_EINVAL, "mien_session_options.state_every", remedy,
                          "states every %g s; 0.1 to 60 can be had", options->state_every);
  if (!(options->face_every >= 0 && options->face_every <= 60))
    return base_error_set(error, MIEN_EINVAL, "mien_session_options.face_every", remedy,
                          "face readings every %g s; 0 to 60 can be had", options->face_every);
  if (options->turns < 0 || options->turns > 3)
    return base_error_set(error, MIEN_EINVAL, "mien_session_options.turns", remedy,
                          "%d turns before a text; 0 to 3 can be had", options->turns);
  return MIEN_OK;
}

int mien_session_open(mien_session **session, mien_engine *engine,
                      const mien_session_options *options, mien_error *error) {
  if (!session) return MIEN_EINVAL;
  *session = NULL;
  if (!engine)
    return base_error_set(error, MIEN_EINVAL, "mien_session_open", "open an engine first",
                          "there is no engine");
  mien_session_options chosen = MIEN_SESSION_USUAL;
  if (options) {
    if (options->size < offsetof(mien_session_options, read))
      return base_error_set(error, MIEN_EINVAL, "mien_session_options.size",
                            "set it to sizeof(mien_session_options)", "the size is not set");
    memcpy(&chosen, options, BASE_MIN(options->size, sizeof chosen));
    chosen.size = sizeof chosen;
  }
  int code = options_check(&chosen, error);
  if (code) return code;
  mien_session *made = base_alloc(1, sizeof *made);
  if (!made)
    return base_error_set(error, MIEN_ENOMEM, "mien_session_open", "", "out of memory");
  made->engine = engine;
  made->options = chosen;
  *session = made;
  return MIEN_OK;
}

void mien_session_close(mien_session **session) {
  if (!session || !*session) return;
  mien_session *closing = *session;
  *session = NULL;
  for (size_t i = 0; i < closing->participant_count; i++)
    engine_participant_free(closing->participants[i]);
  engine_mixed_free(closing->mixed);
  base_free(closing->said);
  base_free(closing->talk);
  engine_queue_clear(&closing->queue);
  base_free(closing);
}

const mien_error *mien_session_error(const mien_session *session) {
  static const mien_error none = {MIEN_EINVAL, "there is no session", "", "open a session first"};
  return session ? &session->error : &none;
}

int mien_session_health_get(const mien_session *session, mien_session_health *health) {
  if (!session || !health || health->size < sizeof health->size) return MIEN_EINVAL;
  size_t size = BASE_MIN(health->size, sizeof *health);
  memcpy(health, &session->health, size);
  health->size = size;
  return MIEN_OK;
}

/* ---- Feeding --------------------------------------------------------------------------------- */

/* What every feed begins with. */
static int begin(mien_session *session, const char *where, double at) {
  engine_queue_release(&session->queue);
  if (session->finishing)
    return engine_fail(session, MIEN_EINVAL, where, "open a new session",
                       "the session is finished");
  if (!isfinite(at) || fabs(at) > 1e9)
    return engine_fail(session, MIEN_EINVAL, where, "give the time in seconds",
                       "the time is not a number of seconds");
  if (session->queue.count > ENGINE_QUEUE - ENGINE_RESERVE)
    return engine_fail(session, MIEN_EAGAIN, where, "take events with mien_session_next first",
                       "%zu events are waiting", session->queue.count);
  return MIEN_OK;
}

int engine_no_model(mien_session *session, const char *where, const char *what) {
  return engine_fail(session, MIEN_EMODEL, where,
                     "give a folder of models that has it (options.models, --models DIR), or leave "
                     "this modality out (options.read)",
                     "this engine has no model for %s", what);
}

static int feed_turn(mien_session *session, const char *where, const char *who, const char *utf8,
                     size_t bytes, double at, double until, const mien_word *words,
                     size_t word_count) {
  if (!session) return MIEN_EINVAL;
  int code = begin(session, where, at);
  if (code) return code;
  if (!isfinite(until) || until < at)
    return engine_fail(session, MIEN_EINVAL, where,
                       "give the end of the turn, at or after its start",
                       "the turn ends (%g s) before it starts (%g s)", until, at);
  if ((!utf8 && bytes) || (!words && word_count))
    return engine_fail(session, MIEN_EINVAL, where, "", "there is no text");
  if (!(session->options.read & MIEN_READ_TEXT)) return MIEN_OK;
  if (!session->engine->text) return engine_no_model(session, where, "text");
  engine_participant *participant = engine_participant_get(session, who);
  if (!participant) return session->error.code;
  participant->has_text = 1;
  if (at < participant->said_until - 1.0 && ++session->health.steps_back == 1)
    engine_log(session->engine, 1, "a turn steps back in time, to %.3f s", at);
  participant->said_until = until;
  if (!word_count) return engine_read_text(session, participant, utf8, bytes, at, until, NULL, 1);
  engine_words found;
  engine_words_find(&found, utf8, bytes, words, word_count);
  return engine_read_text(session, participant, utf8, bytes, at, until, &found, 1);
}

int mien_session_feed_text(mien_session *session, const char *who, const char *utf8, size_t bytes,
                           double at, double until) {
  return feed_turn(session, "mien_session_feed_text", who, utf8, bytes, at, until, NULL, 0);
}

int mien_session_feed_words(mien_session *session, const char *who, const char *utf8, size_t bytes,
                            double at, double until, const mien_word *words, size_t word_count) {
  return feed_turn(session, "mien_session_feed_words", who, utf8, bytes, at, until, words,
                   word_count);
}

/* Skips what was heard before, counts gaps; returns how many samples to skip. */
static size_t place_in_time(mien_session *session, engine_participant *participant, size_t count,
                            double at) {
  double jump = at - participant->heard_until; /* NAN at first */
  if (jump > 0.1) {
    session->health.gaps++;
    session->health.gap_seconds += jump;
    engine_log(session->engine, 2, "sound: %.3f s are missing before %.3f s", jump, at);
  }
  if (!(jump < -0.005)) return 0; /* half a frame of jitter in the caller's clock */
  size_t skip = (size_t)BASE_MIN(round(-jump * VOICE_RATE), (double)count);
  session->health.skipped_seconds += (double)skip / VOICE_RATE;
  if (jump < -0.05) {
    session->health.steps_back++;
    engine_log(session->engine, 1, "sound steps back by %.3f s, to %.3f s: skipped", -jump, at);
  }
  return skip;
}

/* Samples from `at` to the next multiple of 0.1 s: sound is heard in the same slices however it was
 * cut, so that events come in the same order. */
static size_t until_slice(double at) {
  long long sample = llround(at * VOICE_RATE);
  long long into = ((sample % ENGINE_SLICE) + ENGINE_SLICE) % ENGINE_SLICE;
  return (size_t)(ENGINE_SLICE - into);
}

static int hear(mien_session *session, engine_participant *participant, const float *pcm,
                size_t count, double at) {
  unsigned read = session->options.read;
  float clean[ENGINE_SLICE];
  size_t bad = 0;
  for (size_t i = 0; i < count; i++) {
    bool good = isfinite(pcm[i]);
    clean[i] = good ? pcm[i] : 0;
    bad += !good;
  }
  if (bad && !session->health.bad_samples)
    engine_log(session->engine, 1, "sound has samples that are not numbers, at %.3f s", at);
  session->health.bad_samples += bad;
  int code = MIEN_OK;
  if (read & MIEN_READ_VOICE) code = engine_read_voice(session, participant, pcm, count, at);
  if (!code && (read & MIEN_READ_WORDS) && !participant->has_text)
    code = engine_read_words(session, participant, clean, count, at);
  return code;
}

int engine_hear(mien_session *session, engine_participant *participant, const float *pcm, size_t count, double at) {
  int code;
  if ((session->options.read & MIEN_READ_WORDS) && !participant->has_text &&
      (code = engine_read_words_ready(session, participant)))
    return code;
  size_t slice, skip = place_in_time(session, participant, count, at);
  if (skip == count) return MIEN_OK;
  if (skip) at = participant->heard_until;
  code = MIEN_OK;
  for (size_t start = skip; start < count && !code; start += slice) {
    slice = BASE_MIN(count - start, until_slice(at));
    code = hear(session, participant, pcm + start, slice, at);
    at += (double)slice / VOICE_RATE;
    participant->heard_until = at;
    if (!code) code = engine_line_advance(session, participant, 0);
  }
  return code;
}

/* What feeds of sound begin with. `*drop`: there is nothing to read. */
static int begin_sound(mien_session *session, const char *where, const float *pcm, size_t count, double at, bool *drop) {
  const unsigned read = session->options.read & (MIEN_READ_VOICE | MIEN_READ_WORDS);
  *drop = !read || !count;
  int code = begin(session, where, at);
  if (code) return code;
  if (!pcm && count) return engine_fail(session, MIEN_EINVAL, where, "", "there are no samples");
  if (count > ENGINE_AUDIO_LIMIT)
    return engine_fail(session, MIEN_ELIMIT, where, "feed it in pieces",
                       "%zu samples in one call; 60 s (960000) is the limit", count);
  if (!*drop && (read & MIEN_READ_VOICE) && !session->engine->voice) return engine_no_model(session, where, "voice");
  return MIEN_OK;
}

int mien_session_feed_audio(mien_session *session, const char *who, const float *pcm, size_t count,
                            double at) {
  bool drop;
  if (!session) return MIEN_EINVAL;
  int code = begin_sound(session, "mien_session_feed_audio", pcm, count, at, &drop);
  if (code || drop) return code;
  engine_participant *participant = engine_participant_get(session, who);
  return participant ? engine_hear(session, participant, pcm, count, at) : session->error.code;
}

int mien_session_feed_mixed(mien_session *session, const char *const *who, size_t people, const float *pcm,
                            size_t count, double at) {
  static const char where[] = "mien_session_feed_mixed";
  bool drop;
  if (!session) return MIEN_EINVAL;
  int code = begin_sound(session, where, pcm, count, at, &drop);
  if (code || drop) return code;
  if (!session->engine->voice) return engine_no_model(session, where, "voice");
  return engine_mixed_feed(session, who, people, pcm, count, at);
}

int engine_picture_check(const mien_picture *picture, const char *where, mien_error *error) {
  const char *remedy = "give 8-bit grey or RGB rows, 1 to 16384 pixels on a side";
  if (!picture || !picture->data)
    return base_error_set(error, MIEN_EINVAL, where, remedy, "there is no picture");
  if (picture->width < 1 || picture->width > 16384 || picture->height < 1 ||
      picture->height > 16384)
    return base_error_set(error, MIEN_EINVAL, where, remedy, "a picture of %d x %d pixels",
                          picture->width, picture->height);
  if (picture->format != MIEN_GREY && picture->format != MIEN_RGB)
    return base_error_set(error, MIEN_EINVAL, where, remedy, "unknown picture format %d",
                          picture->format);
  if (picture->stride < (size_t)picture->width * (size_t)picture->format)
    return base_error_set(error, MIEN_EINVAL, where, remedy, "rows of %zu bytes are too short",
                          picture->stride);
  return MIEN_OK;
}

int mien_session_feed_frame(mien_session *session, const char *who, const mien_picture *picture,
                            double at) {
  static const char where[] = "mien_session_feed_frame";
  if (!session) return MIEN_EINVAL;
  int code = begin(session, where, at);
  if (code) return code;
  if ((code = engine_picture_check(picture, where, &session->error))) return code;
  if (!(session->options.read & MIEN_READ_FACE)) return MIEN_OK;
  if (!engine_reads_faces(session->engine)) return engine_no_model(session, where, "faces");
  engine_participant *participant = engine_participant_get(session, who);
  if (!participant) return session->error.code;
  if (at < participant->seen_until) {
    if (++session->health.steps_back == 1)
      engine_log(session->engine, 1, "a picture steps back in time, to %.3f s: skipped", at);
    return MIEN_OK;
  }
  code = engine_read_face(session, participant, picture, at);
  participant->seen_until = at;
  return code ? code : engine_line_advance(session, participant, 0);
}

/* ---- Taking ---------------------------------------------------------------------------------- */

int mien_session_finish(mien_session *session) {
  if (!session) return MIEN_EINVAL;
  engine_queue_release(&session->queue);
  session->finishing = 1;
  return MIEN_OK;
}

static int finish_participant(mien_session *session, engine_participant *participant) {
  int code = engine_read_words_finish(session, participant);
  int other = engine_read_voice_finish(session, participant);
  if (!code) code = other;
  other = engine_read_face_finish(session, participant);
  if (!code) code = other;
  other = engine_line_advance(session, participant, 1);
  return code ? code : other;
}

int mien_session_next(mien_session *session, mien_event *event) {
  if (!session || !event) return MIEN_EINVAL;
  engine_slot *slot = engine_queue_take(&session->queue);
  if (!slot && session->finishing && session->mixed && !session->finished) {
    int code = engine_mixed_finish(session);
    if (code) return code;
    slot = engine_queue_take(&session->queue);
  }
  /* Participants are flushed one at a time, so that the queue holds what they give. Those of
   * further faces are made during the flush of the one they belong to, and are flushed after it. */
  while (!slot && session->finishing && session->finished < session->participant_count) {
    int code = finish_participant(session, session->participants[session->finished++]);
    if (code) return code;
    slot = engine_queue_take(&session->queue);
  }
  if (!slot) return session->finishing ? MIEN_EEND : MIEN_EAGAIN;
  *event = slot->event;
  return MIEN_OK;
}
