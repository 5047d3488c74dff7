/* spectrum: power spectra and log-mel bands of one 25 ms window.
 *
 * It keeps the FFT and its tables and no signal: the same samples always give the same bands.
 * One thread at a time (it owns its scratch). */
#ifndef VOICE_SPECTRUM_H
#define VOICE_SPECTRUM_H

#include "voice/voice.h"

enum { VOICE_WINDOW = 400,                    /* samples, 25 ms            */
       VOICE_FFT = 1024,                      /* zero-padded: 15.6 Hz bins */
       VOICE_BINS = VOICE_FFT / 2 + 1,
       VOICE_LAGS = 512 };                    /* half samples: down to 62.5 Hz */

#define VOICE_FLOOR_DB (-100.0f)

/* The real FFT (FFmpeg's av_tx): 1,024 samples forward, 2,048 back. */
typedef struct voice_fft voice_fft;
int voice_fft_open(voice_fft **fft);
void voice_fft_close(voice_fft **fft);
/* x[1024] is overwritten; power[513] = |X|². */
void voice_fft_power(voice_fft *fft, float *x, float power[VOICE_BINS]);
/* r[VOICE_LAGS]: circular autocorrelation of the signal with that power spectrum, up to a factor, at
 * every half sample: the spectrum is filled up with zeros, which interpolates without error. */
void voice_fft_correlate(voice_fft *fft, const float power[VOICE_BINS], float *r);

typedef struct voice_spectrum {
  float window[VOICE_WINDOW];      /* Hann, scaled so that a full-scale sine has power 1        */
  float rising[VOICE_BINS];        /* weight of a bin in the band `band[bin]`; the rest of it,  */
  int16_t band[VOICE_BINS];        /*   1 - rising, goes to the band before. -1: out of range   */
  float slope_weight[VOICE_MEL];   /* regression of dB on log2 frequency, 0.1–5 kHz             */
  float slope_offset;
  int low_from, low_to, high_to;   /* bins of 50 Hz, 1 kHz, 5 kHz */
  int peak_split;                  /* bin of 2 kHz                */
} voice_spectrum;

void voice_spectrum_init(voice_spectrum *spectrum);
/* x[VOICE_WINDOW]: the newest sample last. Fills the bands, level, alpha, Hammarberg and slope of
 * `frame`, and leaves the rest of it alone. */
void voice_spectrum_read(const voice_spectrum *spectrum, voice_fft *fft, const float *x,
                         float frame[VOICE_FEATURES]);

#endif
