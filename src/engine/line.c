/* line.c: a participant's line of time: readings in order of time, states at moments that do not
 * depend on how the feeds were cut and interleaved.
 *
 * A reading waits until every source that is being fed has passed its end (a watermark, as in
 * Akidau et al. 2015). A source that lags more than LINE_LAG behind the others is not waited for; a
 * reading that comes after its moment has gone by counts from the moment it comes. A state is given
 * at the end of each final reading, and, when something new was read, at the next multiple of
 * `state_every`. */
#include "engine/engine.h"

#include "explain/explain.h"
#include "follow/dynamics.h"
#include "follow/states.h"
#include "follow/track.h"
#include "fuse/fuse.h"

#define LINE_LAG 2.0         /* s: as mien.h says */
#define LINE_VOICE_DELAY 1.0 /* s: an utterance's reading comes up to this after its end */
#define LINE_GONE 30.0       /* s: turns of text this far past the sound do not wait for it */
#define LINE_FACE 2.0        /* s: memory of the mean of a face's readings */
#define LINE_INTERIM 0.35f   /* evidence of an interim reading: the next says much the same */
#define LINE_SETTLE 0.5      /* s: final readings this near together make one state */
#define LINE_FINE 8.0        /* s: decay of what a turn's words say, in the states */

enum { LINE_PENDING = 64, LINE_FIRST = 4 /* that there is room for at first */, LINE_CUES = EXPLAIN_STATE_CUES };

/* What a reading means for the states. */
typedef struct line_item {
  fuse_part part;
  int final;
  double t0, t1;
  float fine[MIEN_FINE], extra[MIEN_EXTRA], flags[MIEN_FLAGS];
  float loudness, pitch, rate, pause, smile, brows_lowered, eyes_closed, lips_pressed; /* sd */
  float restless, leaning_in, nodding; /* as in follow/states.h */
  float repeat;
  mien_cue cues[LINE_CUES];
  size_t cue_count;
} line_item;

struct engine_line {
  line_item *pending; /* by t1, then modality, then as they came; at most LINE_PENDING */
  size_t pending_count, pending_room;
  line_item now[MIEN_FUSED]; /* the latest of each modality */
  bool has[MIEN_FUSED], fresh[MIEN_FUSED];
  double at;      /* of what was taken last; -INFINITY before */
  double said_at; /* of the last state; NAN before            */
  double since;   /* start of what is new since then          */
  float repeat;   /* of the turn whose reading comes next     */
  follow_track track;
  follow_dynamics dynamics;
};

void engine_line_free(engine_line *line) {
  if (line) base_free(line->pending);
  base_free(line);
}

static bool line_grow(engine_line *line) {
  if (line->pending_count < line->pending_room) return true;
  size_t room = line->pending_room ? 2 * line->pending_room : LINE_FIRST;
  line_item *grown = base_resize(line->pending, room, sizeof *grown);
  if (!grown) return false;
  line->pending = grown;
  line->pending_room = room;
  return true;
}

static engine_line *line_of(mien_session *session, engine_participant *participant) {
  if (participant->line) return participant->line;
  engine_line *line = base_alloc(1, sizeof *line);
  if (!line) {
    engine_out_of_memory(session);
    return NULL;
  }
  line->at = -(double)INFINITY;
  line->said_at = (double)NAN;
  line->since = (double)INFINITY;
  line->repeat = NAN;
  follow_track_init(&line->track);
  return participant->line = line;
}

bool engine_line_usual(const engine_participant *participant, double usual[MIEN_DIMS], double seconds[MIEN_DIMS]) {
  const engine_line *line = participant->line;
  for (int d = 0; d < MIEN_DIMS && line; d++) {
    usual[d] = line->track.dims[d].usual;
    seconds[d] = line->track.dims[d].usual_seconds;
  }
  return line != NULL;
}

int engine_line_usual_set(mien_session *session, engine_participant *participant, const double usual[MIEN_DIMS], const double seconds[MIEN_DIMS]) {
  engine_line *line = line_of(session, participant);
  if (!line) return session->error.code;
  for (int d = 0; d < MIEN_DIMS; d++) follow_course_usual(&line->track.dims[d], usual[d], seconds[d]);
  return MIEN_OK;
}

int engine_line_turn(mien_session *session, engine_participant *participant, const char *utf8,
                     size_t bytes) {
  engine_line *line = line_of(session, participant);
  if (!line) return session->error.code;
  line->repeat = follow_dynamics_turn(&line->dynamics, utf8, bytes);
  return MIEN_OK;
}

/* ---- Readings in ----------------------------------------------------------------------------- */

static float z_of(const mien_reading *reading, const char *kind) {
  for (size_t i = 0; i < reading->cue_count; i++)
    if (!strcmp(reading->cues[i].kind, kind)) return reading->cues[i].z;
  return NAN;
}

static float value_of(const mien_reading *reading, const char *kind) {
  for (size_t i = 0; i < reading->cue_count; i++)
    if (!strcmp(reading->cues[i].kind, kind)) return reading->cues[i].value;
  return NAN;
}

static void item_fill(line_item *item, const mien_reading *reading, float repeat) {
  bool body = reading->modality == MIEN_BODY; /* it makes no state by itself */
  *item = (line_item){.final = reading->final && !body, .t0 = reading->t0, .t1 = reading->t1};
  item->part.modality = reading->modality;
  memcpy(item->part.core, reading->core, sizeof item->part.core);
  memcpy(item->part.dims, reading->dims, sizeof item->part.dims);
  item->part.confidence = reading->confidence;
  item->part.quality = reading->quality;
  item->part.abstains = reading->abstain != NULL;
  item->part.dims_only = body;
  memcpy(item->fine, reading->fine, sizeof item->fine);
  memcpy(item->extra, reading->extra, sizeof item->extra);
  memcpy(item->flags, reading->flags, sizeof item->flags);
  item->loudness = z_of(reading, "loudness");
  item->pitch = z_of(reading, "pitch");
  item->rate = z_of(reading, "rate");
  item->pause = z_of(reading, "pause");
  item->smile = z_of(reading, "smile");
  item->brows_lowered = z_of(reading, "brows_lowered");
  item->eyes_closed = z_of(reading, "eyes_closed");
  item->lips_pressed = z_of(reading, "lips_pressed");
  item->restless = z_of(reading, "restlessness");
  item->leaning_in = value_of(reading, "lean_in");
  item->nodding = value_of(reading, "nod");
  item->repeat = repeat;
  item->cue_count = BASE_MIN(reading->cue_count, (size_t)LINE_CUES); /* ranked already */
  if (item->cue_count) memcpy(item->cues, reading->cues, item->cue_count * sizeof *item->cues);
}

static bool comes_before(const line_item *a, const line_item *b) {
  if (a->t1 != b->t1) return a->t1 < b->t1;
  return a->part.modality < b->part.modality;
}

static int advance_until(mien_session *session, engine_participant *participant, double until);

int engine_line_add(mien_session *session, engine_participant *participant,
                    const mien_reading *reading) {
  engine_line *line = line_of(session, participant);
  if (!line) return session->error.code;
  if (reading->modality < 0 || reading->modality >= MIEN_FUSED || !isfinite(reading->t1))
    return MIEN_OK;
  if (line->pending_count == LINE_PENDING) {
    int code = advance_until(session, participant, line->pending[LINE_PENDING / 2].t1);
    if (code) return code;
    /* Interim readings wait for the next multiple of state_every: take them without. */
    if (line->pending_count == LINE_PENDING)
      code = advance_until(session, participant, (double)INFINITY);
    if (code) return code;
  }
  if (!line_grow(line)) return engine_out_of_memory(session);
  size_t at = line->pending_count++;
  line_item item;
  item_fill(&item, reading, reading->modality == MIEN_TEXT ? line->repeat : NAN);
  for (; at > 0 && comes_before(&item, &line->pending[at - 1]); at--)
    line->pending[at] = line->pending[at - 1];
  line->pending[at] = item;
  return MIEN_OK;
}

/* ---- States out ------------------------------------------------------------------------------ */

/* A face reading joins the mean of those before it, so that one odd half second is not the face. */
static void join_face(line_item *mean, const line_item *item) {
  double passed = item->t1 - mean->t1;
  if (!(passed >= 0 && passed <= FUSE_WINDOW)) {
    *mean = *item;
    return;
  }
  fuse_part before = mean->part;
  float share = 1 - expf((float)(-BASE_MAX(passed, 0.04) / LINE_FACE));
  if (item->part.abstains && !before.abstains) share *= 0.25f;
  *mean = *item;
  for (int k = 0; k < MIEN_CORE; k++)
    mean->part.core[k] = before.core[k] + share * (item->part.core[k] - before.core[k]);
  for (int d = 0; d < MIEN_DIMS; d++)
    if (isfinite(before.dims[d]) && isfinite(item->part.dims[d]))
      mean->part.dims[d] = before.dims[d] + share * (item->part.dims[d] - before.dims[d]);
  if (isfinite(before.confidence) && isfinite(item->part.confidence))
    mean->part.confidence = before.confidence + share * (item->part.confidence - before.confidence);
}

static void take(engine_line *line, const line_item *item) {
  int m = item->part.modality;
  if (m == MIEN_FACE && line->has[m]) join_face(&line->now[m], item);
  else line->now[m] = *item;
  line->has[m] = line->fresh[m] = true;
  line->at = BASE_MAX(line->at, item->t1);
  line->since = BASE_MIN(line->since, item->t0);
  if (m == MIEN_VOICE && item->final) follow_dynamics_level(&line->dynamics, item->loudness);
  if (m != MIEN_FACE && item->final) follow_track_turn(&line->track, line->at);
}

static void evidence_fill(const engine_line *line, const mien_reading *state,
                          follow_evidence *evidence) {
  const line_item *now = line->now;
  float *values = (float *)evidence;
  for (size_t i = 0; i < sizeof *evidence / sizeof(float); i++) values[i] = NAN;
  memcpy(evidence->core, state->core, sizeof evidence->core);
  memcpy(evidence->dims, state->dims, sizeof evidence->dims);
  memcpy(evidence->trend, state->trend, sizeof evidence->trend);
  memcpy(evidence->extra, state->extra, sizeof evidence->extra);
  memcpy(evidence->flags, state->flags, sizeof evidence->flags);
  if (state->from[MIEN_TEXT] > 0) {
    float left = expf((float)(-now[MIEN_TEXT].part.age / LINE_FINE));
    for (int i = 0; i < MIEN_FINE; i++) evidence->fine[i] = left * now[MIEN_TEXT].fine[i];
    evidence->repeat = left * now[MIEN_TEXT].repeat;
  }
  if (state->from[MIEN_VOICE] > 0) {
    evidence->loudness = now[MIEN_VOICE].loudness;
    evidence->pitch = now[MIEN_VOICE].pitch;
    evidence->rate = now[MIEN_VOICE].rate;
    evidence->pause = now[MIEN_VOICE].pause;
    evidence->rising = follow_dynamics_rising(&line->dynamics);
  }
  if (state->from[MIEN_BODY] > 0) {
    evidence->restless = now[MIEN_BODY].restless;
    evidence->leaning_in = now[MIEN_BODY].leaning_in;
    evidence->nodding = now[MIEN_BODY].nodding;
  }
  if (state->from[MIEN_FACE] > 0) {
    evidence->smile = now[MIEN_FACE].smile;
    evidence->brows_lowered = now[MIEN_FACE].brows_lowered;
    evidence->eyes_closed = now[MIEN_FACE].eyes_closed;
    evidence->lips_pressed = now[MIEN_FACE].lips_pressed;
  }
}

/* What the readings say besides core and dims. */
static void carry_over(const engine_line *line, mien_reading *state) {
  const line_item *now = line->now;
  state->quality = 0;
  for (int m = 0; m < MIEN_FUSED; m++) {
    if (!(state->from[m] > 0)) continue;
    float quality = isfinite(now[m].part.quality) ? now[m].part.quality : 1;
    state->quality += state->from[m] * quality;
    for (int k = 0; k < MIEN_EXTRA; k++)
      if (isfinite(now[m].extra[k])) state->extra[k] = now[m].extra[k];
    if (isfinite(now[m].flags[MIEN_SARCASM]))
      state->flags[MIEN_SARCASM] = now[m].flags[MIEN_SARCASM];
    float distress = now[m].flags[MIEN_DISTRESS];
    if (isfinite(distress) && !(state->flags[MIEN_DISTRESS] >= distress))
      state->flags[MIEN_DISTRESS] = distress;
  }
  if (state->from[MIEN_TEXT] > 0) memcpy(state->fine, now[MIEN_TEXT].fine, sizeof state->fine);
}

/* Words and manner are of the same moment: only then can they disagree. */
static bool said_together(const engine_line *line, const mien_reading *state) {
  const line_item *text = &line->now[MIEN_TEXT], *voice = &line->now[MIEN_VOICE];
  if (!(state->from[MIEN_TEXT] > 0)) return false;
  if (state->from[MIEN_VOICE] > 0 && text->t1 > voice->t0 && voice->t1 > text->t0) return true;
  return state->from[MIEN_FACE] > 0 && state->t1 - text->t1 < LINE_FACE;
}

static int give_state(mien_session *session, engine_participant *participant, double at,
                      int final) {
  engine_line *line = participant->line;
  fuse_part parts[MIEN_FUSED];
  fuse_result fused;
  size_t count = 0;
  for (int m = 0; m < MIEN_FUSED; m++) {
    if (!line->has[m]) continue;
    line->now[m].part.age = BASE_MAX(at - line->now[m].t1, 0);
    if (line->now[m].part.age > FUSE_WINDOW) line->has[m] = false;
    else parts[count++] = line->now[m].part;
  }
  if (fuse_pool(parts, count, &fused)) return MIEN_OK;
  engine_slot *slot = engine_queue_add(&session->queue);
  if (!slot) return engine_out_of_memory(session);

  float fresh = 0;
  for (int m = 0; m < MIEN_FUSED; m++)
    if (line->fresh[m]) fresh += fused.from[m] * (line->now[m].final ? 1 : LINE_INTERIM);
  follow_track_update(&line->track, at, &fused, BASE_MIN(fresh, 1.0f));

  memcpy(slot->who, participant->name, sizeof slot->who);
  slot->event = (mien_event){.kind = MIEN_EVENT_STATE};
  mien_reading *state = &slot->event.reading;
  base_reading_init(state, MIEN_FUSED);
  state->who = slot->who;
  state->final = final;
  state->t0 = slot->event.t0 = BASE_MIN(fmax(line->since, line->said_at), at);
  state->t1 = slot->event.t1 = at;
  follow_track_read(&line->track, state);
  fuse_calibrate(state, &fused);
  engine_talk_outlook(session, participant, at, state);
  memcpy(state->from, fused.from, sizeof state->from);
  carry_over(line, state);
  if (said_together(line, state)) {
    state->flags[MIEN_MASKING] = fused.masking;
    state->flags[MIEN_SARCASM] = fuse_sarcasm(state->flags[MIEN_SARCASM], fused.incongruity);
  }

  follow_evidence evidence;
  float inputs[FOLLOW_INPUTS];
  evidence_fill(line, state, &evidence);
  follow_inputs(&evidence, inputs);
  follow_states(inputs, state->states);

  if (session->options.cues) {
    const mien_cue *cues[MIEN_MODALITIES] = {NULL};
    size_t counts[MIEN_MODALITIES] = {0};
    for (int m = 0; m < MIEN_FUSED; m++) {
      cues[m] = line->now[m].cues;
      counts[m] = line->now[m].cue_count;
    }
    state->cues = slot->cues;
    state->cue_count = explain_merge(cues, counts, state->from, state->core, slot->cues);
  }
  line->said_at = at;
  line->since = (double)INFINITY;
  memset(line->fresh, 0, sizeof line->fresh);
  return MIEN_OK;
}

/* When the next state is due: at the first final reading, with those that end within LINE_SETTLE of
 * it (words and voice of one turn), or at the next multiple of state_every after the first reading
 * that waits; the recording's end if `all`. */
static double due(const engine_line *line, double every, bool all, int *final) {
  double first = BASE_MAX(line->pending[0].t1, line->at);
  double tick = BASE_MAX(ceil(first / every - 1e-9) * every, first);
  if (all) tick = BASE_MIN(tick, BASE_MAX(line->pending[line->pending_count - 1].t1, line->at));
  double last = (double)INFINITY;
  *final = 0;
  for (size_t i = 0; i < line->pending_count; i++) {
    double end = BASE_MAX(line->pending[i].t1, line->at);
    if (end > (*final ? last : tick)) break;
    if (!line->pending[i].final) continue;
    if (!*final) last = end + LINE_SETTLE;
    *final = 1;
    tick = end;
  }
  return tick;
}

/* Gives every state that is due up to `until`; INFINITY: all that is left. */
static int advance_until(mien_session *session, engine_participant *participant, double until) {
  engine_line *line = participant->line;
  double settle = participant->voice || participant->faces ? LINE_SETTLE : 0;
  while (line->pending_count) {
    int final;
    double at = due(line, session->options.state_every, isinf(until), &final);
    if (final ? at + settle > until : at > until) break;
    size_t taken = 0;
    while (taken < line->pending_count && line->pending[taken].t1 <= at)
      take(line, &line->pending[taken++]);
    line->pending_count -= taken;
    memmove(line->pending, line->pending + taken, line->pending_count * sizeof *line->pending);
    line->at = BASE_MAX(line->at, at);
    int code = give_state(session, participant, at, final);
    if (code) return code;
  }
  return MIEN_OK;
}

/* Every reading that ends before this time has come. NAN compares false everywhere below. */
static double watermark(const mien_session *session, const engine_participant *participant) {
  double sound =
      participant->voice ? floor(participant->heard_until * 10 + 1e-6) / 10 : (double)NAN;
  double sight = participant->faces ? participant->seen_until : (double)NAN;
  double front = fmax(sound, sight); /* the one that is a number */
  if (isnan(front) || participant->said_until > front + LINE_GONE) {
    const engine_line *line = participant->line;
    return line->pending_count ? line->pending[line->pending_count - 1].t1 : 0;
  }
  double until = front;
  if (sound > front - LINE_LAG) until = BASE_MIN(until, sound - LINE_VOICE_DELAY);
  if (sight > front - LINE_LAG)
    until = BASE_MIN(until, engine_faces_given_until(participant, session->options.face_every));
  return until;
}

int engine_line_advance(mien_session *session, engine_participant *participant, int all) {
  if (!participant->line) return MIEN_OK;
  return advance_until(session, participant,
                       all ? (double)INFINITY : watermark(session, participant));
}
