/* frames.c: cuts the samples into hops and puts each frame together. */
#include "voice/frames.h"

#define CLIPPED 0.999f      /* full scale, as far as 16-bit sound is concerned  */
#define HIGH_PASS 0.992f    /* pole of the DC blocker: -3 dB at 20 Hz           */

void voice_frames_init(voice_frames *f) {
  memset(f, 0, sizeof *f);
  voice_spectrum_init(&f->spectrum);
}

int voice_frames_open(voice_frames *f) {
  voice_frames_init(f);
  int code = voice_fft_open(&f->fft);
  if (code) return code;
  voice_frames_restart(f);
  return MIEN_OK;
}

void voice_frames_close(voice_frames *f) { voice_fft_close(&f->fft); }

void voice_frames_restart(voice_frames *f) {
  voice_pitch_init(&f->pitch, f->fft);
  memset(f->signal, 0, sizeof f->signal);
  f->filled = VOICE_HISTORY; /* silence came before */
  f->samples = f->count = f->made = 0;
  f->pending = 0;
  f->high_pass_in = f->high_pass_out = 0.0f;
  memset(f->bad, 0, sizeof f->bad);
}

static float harmonics_to_noise(float strength) { /* Boersma (1993), equation 4 */
  float r = BASE_CLAMP(strength, 1e-4f, 0.9999f);
  return BASE_CLAMP(10.0f * log10f(r / (1.0f - r)), -10.0f, 40.0f);
}

static void frame_make(voice_frames *f) {
  const int places = VOICE_PITCH_DELAY + 1;
  const float *end = f->signal + f->filled;
  float *now = f->waiting[f->made % places];
  voice_spectrum_read(&f->spectrum, f->fft, end - VOICE_WINDOW, now);
  float rise = 0.0f;
  if (f->made >= 2) {
    const float *before = f->waiting[(f->made - 2) % places];
    for (int b = 0; b < VOICE_MEL; b++) rise += BASE_MAX(0.0f, now[b] - before[b]);
  }
  now[VOICE_AT_FLUX] = rise / VOICE_MEL;
  voice_pitch_result pitch = voice_pitch_read(&f->pitch, f->fft, end - VOICE_PITCH_WINDOW);
  f->made++;
  if (f->made <= VOICE_PITCH_DELAY) return;
  float *then = f->waiting[(f->made - 1 - VOICE_PITCH_DELAY) % places];
  then[VOICE_AT_F0] = pitch.f0 > 0.0f ? 12.0f * log2f(pitch.f0 / VOICE_F0_REFERENCE) : 0.0f;
  then[VOICE_AT_VOICING] = pitch.strength;
  then[VOICE_AT_HNR] = pitch.f0 > 0.0f ? harmonics_to_noise(pitch.strength) : -10.0f;
}

size_t voice_frames_feed(voice_frames *f, const float *pcm, size_t count, const float **ready,
                         int *bad) {
  const int places = VOICE_PITCH_DELAY + 1;
  size_t taken = 0;
  *ready = NULL;
  while (taken < count) {
    if (f->filled == VOICE_SIGNAL) {
      memmove(f->signal, f->signal + VOICE_SIGNAL - VOICE_HISTORY,
              VOICE_HISTORY * sizeof *f->signal);
      f->filled = VOICE_HISTORY;
    }
    if (f->pending == 0) f->bad[f->made % places] = 0;
    float x = pcm[taken++];
    if (!isfinite(x)) x = 0.0f, f->bad[f->made % places]++;
    else if (fabsf(x) >= CLIPPED) x = BASE_CLAMP(x, -1.0f, 1.0f), f->bad[f->made % places]++;
    f->high_pass_out = x - f->high_pass_in + HIGH_PASS * f->high_pass_out;
    f->high_pass_in = x;
    if (fabsf(f->high_pass_out) < 1e-15f) f->high_pass_out = 0.0f; /* no denormals in silence */
    f->signal[f->filled++] = f->high_pass_out;
    f->samples++;
    if (++f->pending < VOICE_HOP) continue;
    f->pending = 0;
    frame_make(f);
    if (f->made <= VOICE_PITCH_DELAY) continue;
    *bad = f->bad[f->count % places];
    *ready = f->waiting[f->count++ % places];
    return taken;
  }
  return taken;
}
