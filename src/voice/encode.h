/* encode: the network over one utterance: causal convolutions (two halve the rate, to 25 steps a
 * second), a GRU, attentive statistics pooling (Okabe et al. 2018) kept as running sums, and the
 * head. An encoder runs all networks of a committee over the same frames. What it was given cannot be taken back; a reading may be asked for at any time. */
#ifndef VOICE_ENCODE_H
#define VOICE_ENCODE_H

#include "voice/work.h"

/* One network's place in the utterance. */
typedef struct voice_place {
  const voice_network *network;
  /* The rows that the next convolution still looks back to. */
  float frames[4][VOICE_FEATURES], front[4][VOICE_FRONT], deep0[2][VOICE_WIDTH], deep1[4][VOICE_WIDTH];
  float state[VOICE_WIDTH];
  /* Running softmax: the largest logit so far, the sum of exp(logit - largest), and the weighted
   * sums of each head's share of the channels and of their squares. */
  float largest[VOICE_HEADS], weight[VOICE_HEADS], sum[VOICE_STEP], square[VOICE_STEP];
} voice_place;

typedef struct voice_encoder {
  voice_work *work; /* the caller's, set before each call */
  int count;
  voice_place places[VOICE_NETWORKS];
  float level;      /* before the waiting frames, dB (level.h) */
  int waiting;      /* frames that no network has seen yet     */
  float frames[VOICE_BLOCK][VOICE_FEATURES];
} voice_encoder;

size_t voice_encoder_scratch(const voice_network *network); /* floats */
void voice_encoder_init(voice_encoder *encoder, const voice_network *networks, int count); /* at most VOICE_NETWORKS */
void voice_encoder_restart(voice_encoder *encoder); /* at the start of an utterance */
void voice_encoder_feed(voice_encoder *encoder, const float frame[VOICE_FEATURES]);
/* What network `which` says to what was heard so far, but for up to 3 frames: class logits without the
 * cues, dims -1…1. */
void voice_encoder_read(voice_encoder *encoder, int which, float logits[VOICE_CLASSES],
                        float dims[MIEN_DIMS]);

#endif
