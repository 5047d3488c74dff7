/* give.c: a reading onto the queue, compared with the baseline, and onto the line of time. */
#include "engine/engine.h"

#include "explain/explain.h"
#include "follow/baseline.h"

/* What is said with feeling is less usual for a person, and what was poorly heard says less of
 * them: it teaches the baseline a quarter as much. */
static float lesson(const mien_reading *reading) {
  if (reading->abstain) return 0.25f;
  float quality = isfinite(reading->quality) ? BASE_CLAMP(reading->quality, 0.0f, 1.0f) : 1;
  return 0.25f + 0.75f * quality * BASE_CLAMP(reading->core[MIEN_NEUTRAL], 0.0f, 1.0f);
}

/* Events of the body have no usual size: only how much somebody moves does. */
static bool has_usual(const mien_reading *reading, const mien_cue *cue) {
  return reading->modality != MIEN_BODY || !strcmp(cue->kind, "gesture") || !strcmp(cue->kind, "restlessness");
}

/* Fills z and the phrase of each measured cue, and learns. Interim readings of an utterance are
 * compared but not learned: its final one stands for it. A face reading of half a second teaches as
 * a tenth of an utterance does, since its neighbours are much like it; one of the body a quarter. */
static int compare(mien_session *session, engine_participant *participant,
                   const mien_reading *reading, mien_cue *cues, size_t count) {
  if (reading->modality == MIEN_TEXT || !count) return MIEN_OK;
  if (!participant->baseline) {
    participant->baseline = base_alloc(1, sizeof *participant->baseline);
    if (!participant->baseline) return engine_out_of_memory(session);
  }
  bool voice = reading->modality == MIEN_VOICE;
  float weight = voice ? (reading->final ? lesson(reading) : 0)
                 : reading->modality == MIEN_BODY ? lesson(reading)
                 : reading->final                 ? 0
                                                  : 0.1f * lesson(reading);
  for (size_t i = 0; i < count; i++) {
    if (!has_usual(reading, &cues[i])) continue;
    if (explain_is_movement(&cues[i])) { /* against this person's own already */
      explain_measured(&cues[i], reading->core, true);
      continue;
    }
    float z = follow_baseline_z(participant->baseline, &cues[i]);
    bool own = follow_baseline_knows(participant->baseline, &cues[i]);
    follow_baseline_learn(participant->baseline, &cues[i], weight);
    cues[i].z = z;
    explain_measured(&cues[i], reading->core, own);
  }
  return MIEN_OK;
}

static bool is_distribution(const float core[MIEN_CORE]) {
  float sum = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    if (!(core[k] >= 0)) return false;
    sum += core[k];
  }
  return sum > 0.98f && sum < 1.02f;
}

int engine_give_reading(mien_session *session, engine_participant *participant,
                        const mien_reading *reading) {
  engine_slot *slot = engine_queue_add(&session->queue);
  if (!slot) return engine_out_of_memory(session);
  mien_reading *given = &slot->event.reading;
  slot->event.kind = MIEN_EVENT_READING;
  slot->event.who = NULL;
  slot->event.text = NULL;
  slot->event.words = NULL;
  slot->event.word_count = 0;
  *given = *reading;
  memcpy(slot->who, participant->name, sizeof slot->who);
  given->who = slot->who;
  given->cues = slot->cues;
  given->cue_count = BASE_MIN(reading->cue_count, (size_t)ENGINE_CUES);
  slot->event.t0 = given->t0;
  slot->event.t1 = given->t1;
  if (given->cue_count) memcpy(slot->cues, reading->cues, given->cue_count * sizeof *slot->cues);
  int code = compare(session, participant, reading, slot->cues, given->cue_count);
  explain_rank(slot->cues, given->cue_count);
  /* A track's summary repeats what its readings said. */
  bool summary = reading->modality == MIEN_FACE && reading->final;
  if (!code && session->options.states && !summary && is_distribution(reading->core))
    code = engine_line_add(session, participant, given);
  if (!session->options.cues) given->cue_count = 0;
  return code;
}
