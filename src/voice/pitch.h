/* pitch: F0 and voicing by the autocorrelation method of Boersma (1993), "Accurate short-term
 * analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled sound",
 * IFA Proceedings 17: 97–110; its path finder made causal by deciding VOICE_PITCH_DELAY frames
 * late. One thread at a time. */
#ifndef VOICE_PITCH_H
#define VOICE_PITCH_H

#include "voice/spectrum.h"

enum { VOICE_PITCH_WINDOW = 640, /* samples, 40 ms: 2.6 periods of the lowest pitch */
       VOICE_PITCH_DELAY = 6,    /* frames                                          */
       VOICE_CANDIDATES = 7 };   /* the first is "unvoiced"                         */

#define VOICE_PITCH_LOW 65.0f /* Hz */
#define VOICE_PITCH_HIGH 600.0f

typedef struct voice_pitch_frame {
  float f0[VOICE_CANDIDATES];       /* Hz; 0: unvoiced                             */
  float octave[VOICE_CANDIDATES];   /* log2 of it                                  */
  float strength[VOICE_CANDIDATES]; /* normalised autocorrelation at the peak, 0…1 */
  float total[VOICE_CANDIDATES];    /* score of the best path that ends here       */
  int8_t from[VOICE_CANDIDATES];    /* its candidate in the frame before           */
  int count;
} voice_pitch_frame;

typedef struct voice_pitch {
  float window[VOICE_PITCH_WINDOW];
  float correction[VOICE_LAGS]; /* 1 / autocorrelation of the window */
  voice_pitch_frame frames[VOICE_PITCH_DELAY + 1];
  float peak;   /* loudest amplitude lately, decays by half in 10 s */
  int64_t seen; /* frames fed */
} voice_pitch;

typedef struct voice_pitch_result {
  float f0;       /* Hz, 0: unvoiced                                                 */
  float strength; /* of the chosen candidate; of the best voiced one if unvoiced; 0…1 */
} voice_pitch_result;

void voice_pitch_init(voice_pitch *pitch, voice_fft *fft);
/* x[640], the newest sample last. Decides the frame VOICE_PITCH_DELAY before this one; during the
 * first frames of a stream the result means nothing. */
voice_pitch_result voice_pitch_read(voice_pitch *pitch, voice_fft *fft, const float *x);

#endif
