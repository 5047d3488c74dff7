/* encode: the network over one utterance: causal convolutions (two halve the rate, to 25 steps a
 * second), a GRU, attentive statistics pooling (Okabe et al. 2018) kept as running sums, and the
 * head. What it was given cannot be taken back; a reading may be asked for at any time. */
#ifndef VOICE_ENCODE_H
#define VOICE_ENCODE_H

#include "voice/model.h"

enum { VOICE_BLOCK = 128 }; /* frames worked on at once */

typedef struct voice_encoder {
  const voice_network *network;
  float *scratch;
  int waiting; /* frames in `frames` after the history                             */
  float level;
  /* Each starts with the rows that the next convolution still looks back to. */
  float frames[4 + VOICE_BLOCK][VOICE_FEATURES];
  float front[4 + VOICE_BLOCK / 2][VOICE_FRONT];
  float deep0[2 + VOICE_BLOCK / 4][VOICE_WIDTH];
  float deep1[4 + VOICE_BLOCK / 4][VOICE_WIDTH];
  float steps[VOICE_BLOCK / 4][VOICE_STEP];     /* convolution and GRU side by side */
  float gates[VOICE_BLOCK / 4][3 * VOICE_WIDTH]; /* the GRU's input half             */
  float out[VOICE_BLOCK / 4][VOICE_WIDTH];
  float look[VOICE_BLOCK / 4][VOICE_LOOK];
  float attention[VOICE_BLOCK / 4][VOICE_HEADS];
  float state[VOICE_WIDTH];
  /* Running softmax: the largest logit so far, the sum of exp(logit - largest), and the weighted
   * sums of each head's share of the channels and of their squares. */
  float largest[VOICE_HEADS], weight[VOICE_HEADS], sum[VOICE_STEP], square[VOICE_STEP];
} voice_encoder;

int voice_encoder_open(voice_encoder *encoder, const voice_network *network);
void voice_encoder_close(voice_encoder *encoder);
void voice_encoder_restart(voice_encoder *encoder); /* at the start of an utterance */
void voice_encoder_feed(voice_encoder *encoder, const float frame[VOICE_FEATURES]);
/* What was heard so far, but for up to 3 frames: class logits without the cues, dims -1…1. */
void voice_encoder_read(voice_encoder *encoder, float logits[VOICE_CLASSES],
                        float dims[MIEN_DIMS]);

#endif
