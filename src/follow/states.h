/* states.h: frustration, confusion, boredom, engagement, excitement, stress, satisfaction and
 * disappointment, each by a formula over what was read. docs/states.md has the formulas; a test
 * holds the two together.
 *
 * Evidence x_i for a state adds up as a noisy or (Pearl 1988), evidence y_j against it takes away:
 *
 *   state = (1 - prod_i (1 - w_i x_i)) * prod_j (1 - v_j y_j),    w, v in 0…1; x, y in 0…1
 *
 * so each is within 0…1, rises in what speaks for it, falls in what speaks against it, and does
 * without what is not known. The weights are chosen, not fitted: no set with labels for these states
 * may train the default model.
 *
 * Owns nothing. Threads: any. */
#ifndef FOLLOW_STATES_H
#define FOLLOW_STATES_H

#include "base/base.h"

/* What the formulas stand on. Any number may be NAN: not known. */
typedef struct follow_evidence {
  float core[MIEN_CORE], dims[MIEN_DIMS], trend[MIEN_DIMS]; /* smoothed; trend per second       */
  float fine[MIEN_FINE], extra[MIEN_EXTRA], flags[MIEN_FLAGS];
  /* sd above this person's usual */
  float loudness, pitch, rate, pause, smile, brows_lowered, eyes_closed, lips_pressed;
  float restless;   /* sd above this person's usual */
  float leaning_in; /* %: the head is that much larger in the picture than usual */
  float nodding;    /* degrees, of the nods of the last second or two            */
  float repeat;  /* 0…1: the turn says again what this person said before        */
  float rising;  /* sd a turn: how much louder this person's turns have become   */
} follow_evidence;

/* The inputs of the formulas, each 0…1, made of the evidence: 28 fine labels, then these. */
enum {
  FOLLOW_ANGER = MIEN_FINE, /* core labels, as they are */
  FOLLOW_DISGUST, FOLLOW_FEAR, FOLLOW_JOY, FOLLOW_SADNESS, FOLLOW_SURPRISE,
  FOLLOW_CALM, FOLLOW_BORED, FOLLOW_CONTEMPT,            /* extra */
  FOLLOW_PLEASANT, FOLLOW_UNPLEASANT, FOLLOW_ACTIVE, FOLLOW_FLAT, /* valence, arousal: each half */
  FOLLOW_EAGER, FOLLOW_TENSE,          /* sqrt(pleasant active), sqrt(unpleasant active) */
  FOLLOW_IMPROVING, FOLLOW_WORSENING,  /* valence's trend; 0.03 a second is 1 */
  FOLLOW_LOUD, FOLLOW_QUIET, FOLLOW_HIGH, FOLLOW_FAST, FOLLOW_SLOW, FOLLOW_PAUSING,
  FOLLOW_SMILING, FOLLOW_FROWNING, FOLLOW_EYES_CLOSED, FOLLOW_LIPS_PRESSED, /* 0.5 sd 0, 2.5 sd 1 */
  FOLLOW_REPEATING, FOLLOW_LOUDER, FOLLOW_SARCASTIC, FOLLOW_DISTRESSED,
  FOLLOW_RESTLESS, FOLLOW_LEANING_IN, FOLLOW_NODDING, /* 0.5 sd 0, 2.5 sd 1; 20 % is 1; 10 degrees are 1 */
  FOLLOW_INPUTS
};
const char *follow_input_name(int input); /* "fine.annoyance" "core.anger" "loud" …; NULL outside */

typedef struct follow_term {
  int state, input;
  float weight; /* above 0: w, for; below: -v, against */
} follow_term;
const follow_term *follow_terms(size_t *count);

void follow_inputs(const follow_evidence *evidence, float inputs[FOLLOW_INPUTS]);
void follow_states(const float inputs[FOLLOW_INPUTS], float states[MIEN_STATES]);

#endif
