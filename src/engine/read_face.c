/* read_face.c: a participant's pictures to readings of faces: the mean of each face over
 * `face_every` seconds, and whose face it is. */
#include "engine/engine.h"

#include <stdio.h>

#include "explain/explain.h"

/* One face since the last reading of it. */
typedef struct face_sum {
  mien_reading last;    /* of the latest picture: box, track, and what is not averaged       */
  double t0, weight;    /* first picture; sum of the pictures' weights                        */
  double core[MIEN_CORE], dims[MIEN_DIMS], extra[MIEN_EXTRA], confidence, quality, area;
  double dims_weight[MIEN_DIMS], extra_weight[MIEN_EXTRA];
  int pictures, abstaining, in_set[MIEN_CORE];
  const char *abstain;  /* a reason of one that abstained */
  mien_cue cues[FACE_CUES]; /* value, z, weight: sums */
  int cue_pictures[FACE_CUES];
  size_t cue_count;
} face_sum;

struct engine_faces {
  face_sum sums[FACE_TRACKS];
  size_t count;
  double until;     /* when the sums are to be given; NAN: nothing is summed     */
  int primary;      /* the track that is the participant's own face; -1 none     */
  int others[FACE_TRACKS]; /* track of "who/face-2", "who/face-3" …; -1 free      */
};

void engine_faces_free(engine_faces *faces) { base_free(faces); }

/* ---- Summing --------------------------------------------------------------------------------- */

static face_sum *sum_of(engine_faces *faces, int track) {
  for (size_t i = 0; i < faces->count; i++)
    if (faces->sums[i].last.track == track) return &faces->sums[i];
  if (faces->count == FACE_TRACKS) return NULL;
  face_sum *sum = &faces->sums[faces->count++];
  memset(sum, 0, sizeof *sum);
  return sum;
}

/* A state of the face is averaged; a movement, which has a span, is what it was last. */
static void sum_cue(face_sum *sum, const mien_cue *cue) {
  bool movement = explain_is_movement(cue);
  for (size_t i = 0; i < sum->cue_count; i++) {
    if (strcmp(sum->cues[i].kind, cue->kind)) continue;
    if (movement && sum->cues[i].t0 != cue->t0) continue;
    if (movement) {
      sum->cues[i] = *cue;
      return;
    }
    sum->cues[i].value += cue->value;
    sum->cues[i].z += cue->z;
    sum->cues[i].weight += cue->weight;
    sum->cues[i].t1 = cue->t1;
    sum->cue_pictures[i]++;
    return;
  }
  if (sum->cue_count == FACE_CUES) return;
  sum->cues[sum->cue_count] = *cue;
  sum->cue_pictures[sum->cue_count++] = 1;
}

/* A picture counts by its quality, one that abstains a tenth of that. */
static void sum_reading(face_sum *sum, const mien_reading *reading) {
  double quality =
      isfinite(reading->quality) ? (double)BASE_CLAMP(reading->quality, 0.01f, 1.0f) : 1;
  double weight = reading->abstain ? quality / 10 : quality;
  if (!sum->pictures) sum->t0 = reading->t0;
  sum->last = *reading;
  sum->last.cues = NULL;
  sum->last.cue_count = 0;
  sum->pictures++;
  sum->weight += weight;
  for (int k = 0; k < MIEN_CORE; k++) {
    sum->core[k] += weight * (double)reading->core[k];
    sum->in_set[k] += reading->set >> k & 1;
  }
  for (int d = 0; d < MIEN_DIMS; d++) {
    if (!isfinite(reading->dims[d])) continue;
    sum->dims[d] += weight * (double)reading->dims[d];
    sum->dims_weight[d] += weight;
  }
  for (int k = 0; k < MIEN_EXTRA; k++) {
    if (!isfinite(reading->extra[k])) continue;
    sum->extra[k] += weight * (double)reading->extra[k];
    sum->extra_weight[k] += weight;
  }
  sum->confidence += weight * (double)reading->confidence;
  sum->quality += quality;
  sum->area += (double)reading->box[2] * (double)reading->box[3];
  if (reading->abstain) {
    sum->abstaining++;
    sum->abstain = reading->abstain;
  }
  for (size_t i = 0; i < reading->cue_count; i++) sum_cue(sum, &reading->cues[i]);
}

/* The mean; `cues` is memory for them. One picture alone comes out as it went in. */
static void sum_mean(face_sum *sum, mien_reading *reading, mien_cue cues[FACE_CUES]) {
  *reading = sum->last;
  reading->t0 = sum->t0;
  int top = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    reading->core[k] = (float)(sum->core[k] / sum->weight);
    if (reading->core[k] > reading->core[top]) top = k;
  }
  reading->set = 1u << top;
  for (int k = 0; k < MIEN_CORE; k++)
    if (2 * sum->in_set[k] > sum->pictures) reading->set |= 1u << k;
  for (int d = 0; d < MIEN_DIMS; d++)
    reading->dims[d] = sum->dims_weight[d] > 0 ? (float)(sum->dims[d] / sum->dims_weight[d]) : NAN;
  for (int k = 0; k < MIEN_EXTRA; k++)
    reading->extra[k] =
        sum->extra_weight[k] > 0 ? (float)(sum->extra[k] / sum->extra_weight[k]) : NAN;
  reading->confidence = (float)(sum->confidence / sum->weight);
  reading->quality = (float)(sum->quality / sum->pictures);
  reading->abstain = 2 * sum->abstaining > sum->pictures ? sum->abstain : NULL;
  for (size_t i = 0; i < sum->cue_count; i++) {
    cues[i] = sum->cues[i];
    cues[i].value /= (float)sum->cue_pictures[i];
    cues[i].z /= (float)sum->cue_pictures[i];
    cues[i].weight /= (float)sum->cue_pictures[i];
  }
  reading->cues = cues;
  reading->cue_count = sum->cue_count;
}

/* ---- Whose face ------------------------------------------------------------------------------ */

/* "who" for the primary face, "who/face-N" for others; NULL: no participant is left for it. */
static int owner_of(mien_session *session, engine_participant *participant, int track,
                    engine_participant **owner) {
  engine_faces *faces = participant->faces;
  *owner = participant;
  if (track == faces->primary) return MIEN_OK;
  *owner = NULL;
  int place = -1;
  for (int i = FACE_TRACKS - 1; i >= 0; i--)
    if (faces->others[i] == -1) place = i;
  for (int i = 0; i < FACE_TRACKS; i++)
    if (faces->others[i] == track) place = i;
  if (place < 0) return MIEN_OK;
  faces->others[place] = track;
  char name[ENGINE_NAME];
  snprintf(name, sizeof name, "%.63s/face-%d", participant->name, place + 2);
  *owner = engine_participant_find(session, name);
  if (*owner || session->participant_count == MIEN_PARTICIPANTS) return MIEN_OK;
  *owner = engine_participant_make(session, name);
  return *owner ? MIEN_OK : session->error.code;
}

/* The largest of those that are summed becomes the participant's own, until it is gone. */
static void choose_primary(engine_faces *faces) {
  if (faces->primary != -1 || !faces->count) return;
  const face_sum *largest = &faces->sums[0];
  for (size_t i = 1; i < faces->count; i++)
    if (faces->sums[i].area > largest->area) largest = &faces->sums[i];
  faces->primary = largest->last.track;
  for (int i = 0; i < FACE_TRACKS; i++)
    if (faces->others[i] == faces->primary) faces->others[i] = -1;
}

int engine_face_give(mien_session *session, engine_participant *participant,
                     const mien_reading *reading) {
  engine_participant *owner;
  int code = owner_of(session, participant, reading->track, &owner);
  if (code) return code;
  if (owner) {
    code = engine_give_reading(session, owner, reading);
    if (!code && owner != participant) code = engine_line_advance(session, owner, 0);
    return code;
  }
  if (!session->health.lost++)
    engine_log(session->engine, 1, "more faces than participants: some readings are left out");
  return MIEN_OK;
}

static int give_sum(mien_session *session, engine_participant *participant, size_t index) {
  engine_faces *faces = participant->faces;
  mien_reading reading;
  mien_cue cues[FACE_CUES];
  choose_primary(faces);
  sum_mean(&faces->sums[index], &reading, cues);
  memmove(&faces->sums[index], &faces->sums[index + 1],
          (--faces->count - index) * sizeof *faces->sums);
  return engine_face_give(session, participant, &reading);
}

static int give_sums(mien_session *session, engine_participant *participant) {
  engine_faces *faces = participant->faces;
  int code = MIEN_OK;
  choose_primary(faces);
  for (size_t i = 0; i < faces->count && !code; i++)
    if (faces->sums[i].last.track == faces->primary) code = give_sum(session, participant, i);
  while (faces->count && !code) code = give_sum(session, participant, 0);
  faces->count = 0;
  faces->until = (double)NAN;
  return code;
}

/* The summary of a track that is gone: what was summed of it comes first. */
static int give_summary(mien_session *session, engine_participant *participant,
                        const mien_reading *reading) {
  engine_faces *faces = participant->faces;
  int code = MIEN_OK, track = reading->track;
  for (size_t i = 0; i < faces->count; i++)
    if (faces->sums[i].last.track == track) {
      code = give_sum(session, participant, i);
      break;
    }
  if (!code) code = engine_face_give(session, participant, reading);
  if (faces->primary == track) faces->primary = -1;
  for (int i = 0; i < FACE_TRACKS; i++)
    if (faces->others[i] == track) faces->others[i] = -1;
  return code;
}

/* ---- Feeding --------------------------------------------------------------------------------- */

static int failed(mien_session *session, int code) {
  if (code == MIEN_ENOMEM) return engine_out_of_memory(session);
  return engine_fail(session, code, "face", "", "the picture could not be read: %s",
                     mien_error_message(code));
}

static int drain(mien_session *session, engine_participant *participant) {
  engine_faces *faces = participant->faces;
  mien_reading reading;
  int code;
  while ((code = face_tracker_next(participant->tracker, &reading)) == MIEN_OK) {
    if (reading.final) {
      if ((code = give_summary(session, participant, &reading))) return code;
      continue;
    }
    face_sum *sum = sum_of(faces, reading.track);
    if (sum) sum_reading(sum, &reading);
  }
  return code == MIEN_EAGAIN || code == MIEN_EEND ? MIEN_OK : failed(session, code);
}

static int ready(mien_session *session, engine_participant *participant) {
  if (!participant->faces) {
    engine_faces *faces = participant->faces = base_alloc(1, sizeof *faces);
    if (!faces) return engine_out_of_memory(session);
    faces->until = (double)NAN;
    faces->primary = -1;
    for (int i = 0; i < FACE_TRACKS; i++) faces->others[i] = -1;
  }
  if (participant->tracker) return MIEN_OK;
  int code = face_tracker_open(&participant->tracker, session->engine->face);
  return code ? failed(session, code) : MIEN_OK;
}

int engine_read_face(mien_session *session, engine_participant *participant,
                     const mien_picture *picture, double at) {
  int code = ready(session, participant);
  if (code) return code;
  engine_faces *faces = participant->faces;
  double every = session->options.face_every;
  if (at >= faces->until && (code = give_sums(session, participant))) return code;
  if (isnan(faces->until)) faces->until = every > 0 ? (floor(at / every) + 1) * every : at;
  code = face_tracker_feed(participant->tracker, picture, at);
  if (code) return failed(session, code);
  choose_primary(faces); /* before tracks that ended are let go: whose movement it was */
  if ((code = engine_read_body(session, participant, at))) return code;
  if ((code = drain(session, participant))) return code;
  return every > 0 ? MIEN_OK : give_sums(session, participant);
}

int engine_read_face_finish(mien_session *session, engine_participant *participant) {
  if (!participant->tracker) return MIEN_OK;
  int code = give_sums(session, participant);
  if (!code) code = engine_read_body_finish(session, participant);
  if (code) return code;
  code = face_tracker_finish(participant->tracker);
  return code ? failed(session, code) : drain(session, participant);
}

/* Everything of this participant's pictures before this time has been given. */
double engine_faces_given_until(const engine_participant *participant, double every) {
  const engine_faces *faces = participant->faces;
  double until = !faces || isnan(faces->until) ? participant->seen_until : faces->until - every;
  return participant->body ? BASE_MIN(until, body_stream_given_until(participant->body)) : until;
}
