/* states.c: the formulas of docs/states.md. */
#include "follow/states.h"

#include "base/labels.h"

static const follow_term terms[] = {
#define FOR(state, input, weight) {MIEN_##state, input, weight},
#define AGAINST(state, input, weight) {MIEN_##state, input, -(weight)},
#include "follow/terms.h"
};

const follow_term *follow_terms(size_t *count) {
  *count = BASE_COUNT(terms);
  return terms;
}

static const char *const names[FOLLOW_INPUTS - MIEN_FINE] = {
    "core.anger", "core.disgust", "core.fear", "core.joy", "core.sadness", "core.surprise",
    "extra.calm", "extra.boredom", "extra.contempt", "pleasant", "unpleasant", "active", "flat",
    "eager", "tense", "improving", "worsening", "loud", "quiet", "high", "fast", "slow", "pausing",
    "smiling", "frowning", "eyes closed", "lips pressed", "repeating", "louder", "sarcastic",
    "distressed", "restless", "leaning in", "nodding"};

const char *follow_input_name(int input) {
  if (input < 0 || input >= FOLLOW_INPUTS) return NULL;
  return input < MIEN_FINE ? mien_fine_name(input) : names[input - MIEN_FINE];
}

static float part(float value) { return isfinite(value) ? BASE_CLAMP(value, 0.0f, 1.0f) : 0; }

/* 0 up to 0.5 sd above the usual, 1 from 2.5 sd. */
static float above(float z) { return part((z - 0.5f) / 2.0f); }

void follow_inputs(const follow_evidence *e, float inputs[FOLLOW_INPUTS]) {
  for (int i = 0; i < MIEN_FINE; i++) inputs[i] = part(e->fine[i]);
  inputs[FOLLOW_ANGER] = part(e->core[MIEN_ANGER]);
  inputs[FOLLOW_DISGUST] = part(e->core[MIEN_DISGUST]);
  inputs[FOLLOW_FEAR] = part(e->core[MIEN_FEAR]);
  inputs[FOLLOW_JOY] = part(e->core[MIEN_JOY]);
  inputs[FOLLOW_SADNESS] = part(e->core[MIEN_SADNESS]);
  inputs[FOLLOW_SURPRISE] = part(e->core[MIEN_SURPRISE]);
  inputs[FOLLOW_CALM] = part(e->extra[MIEN_CALM]);
  inputs[FOLLOW_BORED] = part(e->extra[MIEN_BOREDOM]);
  inputs[FOLLOW_CONTEMPT] = part(e->extra[MIEN_CONTEMPT]);
  inputs[FOLLOW_PLEASANT] = part(e->dims[MIEN_VALENCE]);
  inputs[FOLLOW_UNPLEASANT] = part(-e->dims[MIEN_VALENCE]);
  inputs[FOLLOW_ACTIVE] = part(e->dims[MIEN_AROUSAL]);
  inputs[FOLLOW_FLAT] = part(-e->dims[MIEN_AROUSAL]);
  inputs[FOLLOW_EAGER] = sqrtf(inputs[FOLLOW_PLEASANT] * inputs[FOLLOW_ACTIVE]);
  inputs[FOLLOW_TENSE] = sqrtf(inputs[FOLLOW_UNPLEASANT] * inputs[FOLLOW_ACTIVE]);
  inputs[FOLLOW_IMPROVING] = part(e->trend[MIEN_VALENCE] / 0.03f);
  inputs[FOLLOW_WORSENING] = part(-e->trend[MIEN_VALENCE] / 0.03f);
  inputs[FOLLOW_LOUD] = above(e->loudness);
  inputs[FOLLOW_QUIET] = above(-e->loudness);
  inputs[FOLLOW_HIGH] = above(e->pitch);
  inputs[FOLLOW_FAST] = above(e->rate);
  inputs[FOLLOW_SLOW] = above(-e->rate);
  inputs[FOLLOW_PAUSING] = above(e->pause);
  inputs[FOLLOW_SMILING] = above(e->smile);
  inputs[FOLLOW_FROWNING] = above(e->brows_lowered);
  inputs[FOLLOW_EYES_CLOSED] = above(e->eyes_closed);
  inputs[FOLLOW_LIPS_PRESSED] = above(e->lips_pressed);
  inputs[FOLLOW_RESTLESS] = above(e->restless);
  inputs[FOLLOW_LEANING_IN] = part(e->leaning_in / 20);
  inputs[FOLLOW_NODDING] = part(e->nodding / 10);
  inputs[FOLLOW_REPEATING] = part(e->repeat);
  inputs[FOLLOW_LOUDER] = part(e->rising);
  inputs[FOLLOW_SARCASTIC] = part(e->flags[MIEN_SARCASM]);
  inputs[FOLLOW_DISTRESSED] = part(e->flags[MIEN_DISTRESS]);
}

void follow_states(const float inputs[FOLLOW_INPUTS], float states[MIEN_STATES]) {
  float without[MIEN_STATES], left[MIEN_STATES];
  for (int s = 0; s < MIEN_STATES; s++) without[s] = left[s] = 1;
  for (size_t i = 0; i < BASE_COUNT(terms); i++) {
    float *factor = terms[i].weight > 0 ? without : left;
    factor[terms[i].state] *= 1 - fabsf(terms[i].weight) * inputs[terms[i].input];
  }
  for (int s = 0; s < MIEN_STATES; s++) states[s] = (1 - without[s]) * left[s];
}
