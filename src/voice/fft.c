/* fft.c: the real FFT of FFmpeg's libavutil, kept behind three functions. */
#include "voice/spectrum.h"

#include <libavutil/mem.h>
#include <libavutil/tx.h>

struct voice_fft {
  AVTXContext *forward, *inverse;
  av_tx_fn run_forward, run_inverse;
  float *time; /* [2048]               */
  float *bins; /* [1025][2], re and im */
};

int voice_fft_open(voice_fft **fft) {
  *fft = base_alloc(1, sizeof **fft);
  if (!*fft) return MIEN_ENOMEM;
  voice_fft *f = *fft;
  const float one = 1.0f;
  f->time = base_alloc_aligned((2 * VOICE_FFT + 16) * sizeof(float));
  f->bins = base_alloc_aligned((4 * VOICE_BINS + 16) * sizeof(float));
  if (f->time && f->bins &&
      av_tx_init(&f->forward, &f->run_forward, AV_TX_FLOAT_RDFT, 0, VOICE_FFT, &one, 0) >= 0 &&
      av_tx_init(&f->inverse, &f->run_inverse, AV_TX_FLOAT_RDFT, 1, 2 * VOICE_FFT, &one, 0) >= 0)
    return MIEN_OK;
  voice_fft_close(fft);
  return MIEN_ENOMEM;
}

void voice_fft_close(voice_fft **fft) {
  if (!*fft) return;
  av_tx_uninit(&(*fft)->forward);
  av_tx_uninit(&(*fft)->inverse);
  base_free_aligned((*fft)->time);
  base_free_aligned((*fft)->bins);
  base_free(*fft);
  *fft = NULL;
}

void voice_fft_power(voice_fft *f, float *x, float power[VOICE_BINS]) {
  memcpy(f->time, x, VOICE_FFT * sizeof *x);
  f->run_forward(f->forward, f->bins, f->time, sizeof(float));
  for (int k = 0; k < VOICE_BINS; k++)
    power[k] = f->bins[2 * k] * f->bins[2 * k] + f->bins[2 * k + 1] * f->bins[2 * k + 1];
}

void voice_fft_correlate(voice_fft *f, const float power[VOICE_BINS], float *r) {
  memset(f->bins, 0, (4 * VOICE_BINS) * sizeof *f->bins);
  for (int k = 0; k < VOICE_BINS; k++) f->bins[2 * k] = power[k];
  f->run_inverse(f->inverse, f->time, f->bins, 2 * sizeof(float));
  memcpy(r, f->time, VOICE_LAGS * sizeof *r);
}
