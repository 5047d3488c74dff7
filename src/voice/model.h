/* model: the weights of a voice model and the numbers that go with them. Read-only once open. */
#ifndef VOICE_MODEL_H
#define VOICE_MODEL_H

#include "voice/functionals.h"

enum { VOICE_DETECTOR_WIDTH = 32, /* of the detectors of speech and cries     */
       VOICE_FRONT = 96,        /* channels after the first convolution       */
       VOICE_WIDTH = 128,       /* channels of the rest, and of the GRU       */
       VOICE_HEADS = 4,         /* of the attentive pooling                   */
       VOICE_LOOK = 64,         /* width of what attention looks at           */
       VOICE_STEP = 2 * VOICE_WIDTH,       /* of a step: convolution and GRU  */
       VOICE_POOLED = 2 * VOICE_STEP,      /* mean and deviation              */
       VOICE_MIX = 128,
       VOICE_NETWORKS = 3,      /* at most, of a committee                    */
       VOICE_PERCEPTRONS = 4,   /* at most                                    */
       VOICE_HIDDEN0 = 256, VOICE_HIDDEN1 = 128, /* layers of a perceptron    */
       VOICE_EMBEDDING = 24,    /* of a voice, to tell speakers apart         */
       VOICE_SPEAKER_INPUT = 4 * VOICE_TRACKS,
       VOICE_OVERLAP_HIDDEN = 24 };

/* The cues of an utterance, in order; prosody.h says what each is. */
enum { VOICE_PITCH, VOICE_PITCH_RANGE, VOICE_PITCH_SLOPE, VOICE_LOUDNESS, VOICE_LOUDNESS_RANGE,
       VOICE_PACE, VOICE_PAUSE, VOICE_JITTER, VOICE_SHIMMER, VOICE_HARMONICS, VOICE_TILT,
       VOICE_ALPHA, VOICE_VOICED, VOICE_CUES };

typedef struct voice_gru {
  nn_tensor wi, wh, bi, bh;
} voice_gru;

typedef struct voice_layer {
  nn_tensor weight, bias;
} voice_layer;

/* One network of frames to emotion (encode.h). */
typedef struct voice_network {
  float mean[VOICE_FEATURES], scale[VOICE_FEATURES];
  voice_layer front[2], deep[2], look, attend, mix, classes, dims;
  voice_gru gru;
} voice_network;

/* One network of the functionals of an utterance (functionals.h) to emotion: two hidden layers. */
typedef struct voice_perceptron {
  voice_layer hidden[2], classes, dims;
} voice_perceptron;

/* Frames to the chance of something in them (detector.h): [out][5][72], GRU, one logit. */
typedef struct voice_detector {
  float mean[VOICE_FEATURES], scale[VOICE_FEATURES];
  voice_layer front, out;
  voice_gru gru;
} voice_detector;

struct voice_model {
  struct voice_lender *lender; /* work.h: the only thing of a model that changes */
  voice_detector speech, cry;
  bool hears_cries; /* `cry` is there: models made before it, and those of a cross-validation, have none */
  /* Networks that were trained apart; their answers are averaged. */
  voice_network networks[VOICE_NETWORKS];
  int network_count;
  voice_kernels kernels;
  /* The same, of the functionals, taken as clamp((x - mean) * scale, ±4). */
  float functional_mean[VOICE_FUNCTIONALS], functional_scale[VOICE_FUNCTIONALS];
  voice_perceptron perceptrons[VOICE_PERCEPTRONS];
  int perceptron_count;
  /* Who speaks (cells.c, groups.c): means and deviations of the sounding and of the voiced frames, taken as
   * clamp((x - mean) * scale, ±4), to a point; groups of points nearer than this are one speaker. */
  float speaker_mean[VOICE_SPEAKER_INPUT], speaker_scale[VOICE_SPEAKER_INPUT],
      speaker_weight[VOICE_EMBEDDING][VOICE_SPEAKER_INPUT], speaker_join;
  /* Do two talk at once (cells.c): a perceptron over the same numbers, and the logit from which it says so. */
  bool hears_overlap; /* it is there */
  float overlap_hidden[VOICE_OVERLAP_HIDDEN][VOICE_SPEAKER_INPUT], overlap_hidden_bias[VOICE_OVERLAP_HIDDEN],
      overlap_out[VOICE_OVERLAP_HIDDEN], overlap_bias, overlap_limit;
  float share; /* of the perceptrons in the answer, 0…1; the rest is the networks' */
  /* What the cues add to the logits: weight · clamp((cue - mean) * scale, ±3). Zero where a cue
   * was not known and for loudness, which depends on the recording. */
  float cue_mean[VOICE_CUES], cue_scale[VOICE_CUES], cue_weight[VOICE_CLASSES][VOICE_CUES];
  nn_calibration calibration;
  float early; /* the temperature is 1 + early times as high at 0.5 s of voiced speech as at 1.2 s */
};

#endif
