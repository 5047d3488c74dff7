/* pitch.c: candidates from the autocorrelation, and the cheapest path through them. */
#include "voice/pitch.h"

/* The costs of Boersma (1993), for a step of 10 ms. */
#define SILENCE 0.03f
#define VOICING 0.45f
#define OCTAVE_COST 0.01f
#define OCTAVE_JUMP_COST 0.35f
#define VOICED_UNVOICED_COST 0.14f

#define LAG_LOW ((int)(2 * VOICE_RATE / VOICE_PITCH_HIGH)) /* half samples */
#define LAG_HIGH ((int)(2 * VOICE_RATE / VOICE_PITCH_LOW) + 1)
#define PI 3.14159265358979323846

void voice_pitch_init(voice_pitch *p, voice_fft *fft) {
  memset(p, 0, sizeof *p);
  float padded[VOICE_FFT] = {0}, power[VOICE_BINS], r[VOICE_LAGS];
  for (int i = 0; i < VOICE_PITCH_WINDOW; i++)
    padded[i] = p->window[i] =
        (float)(0.5 - 0.5 * cos(2.0 * PI * (i + 0.5) / VOICE_PITCH_WINDOW));
  voice_fft_power(fft, padded, power);
  voice_fft_correlate(fft, power, r);
  for (int lag = 0; lag < VOICE_LAGS; lag++)
    p->correction[lag] = r[lag] > 1e-3f * r[0] ? r[0] / r[lag] : 0.0f;
}

/* Adds a candidate, in place of the weakest when all places are taken. */
static void candidate_add(voice_pitch_frame *frame, float f0, float strength) {
  int at = frame->count;
  if (at < VOICE_CANDIDATES) {
    frame->count++;
  } else {
    at = 1;
    for (int c = 2; c < VOICE_CANDIDATES; c++)
      if (frame->strength[c] < frame->strength[at]) at = c;
    if (frame->strength[at] >= strength) return;
  }
  frame->f0[at] = f0;
  frame->octave[at] = log2f(f0);
  frame->strength[at] = strength;
}

static void candidates_find(voice_pitch *p, voice_fft *fft, const float *x,
                            voice_pitch_frame *frame) {
  float padded[VOICE_FFT] = {0}, power[VOICE_BINS], r[VOICE_LAGS];
  float mean = 0.0f, peak = 0.0f;
  for (int i = 0; i < VOICE_PITCH_WINDOW; i++) mean += x[i];
  mean /= VOICE_PITCH_WINDOW;
  for (int i = 0; i < VOICE_PITCH_WINDOW; i++) {
    peak = BASE_MAX(peak, fabsf(x[i] - mean));
    padded[i] = (x[i] - mean) * p->window[i];
  }
  p->peak = BASE_MAX(peak, p->peak * 0.99931f);
  frame->count = 1;
  frame->f0[0] = frame->octave[0] = 0.0f;
  /* Unvoiced is likely where it is quiet against the loudest lately (equation 23). */
  float loud = p->peak > 1e-6f ? peak / p->peak : 0.0f;
  frame->strength[0] = VOICING + BASE_MAX(0.0f, 2.0f - loud * (1.0f + VOICING) / SILENCE);

  voice_fft_power(fft, padded, power);
  voice_fft_correlate(fft, power, r);
  if (!(r[0] > 1e-6f)) return;
  float scale = 1.0f / r[0];
  for (int lag = LAG_LOW - 1; lag <= LAG_HIGH + 1; lag++) r[lag] *= scale * p->correction[lag];
  for (int lag = LAG_LOW; lag <= LAG_HIGH; lag++) {
    if (r[lag] < 0.5f * VOICING || r[lag] <= r[lag - 1] || r[lag] < r[lag + 1]) continue;
    float curve = 2.0f * r[lag] - r[lag - 1] - r[lag + 1];
    float shift = curve > 0.0f ? 0.5f * (r[lag + 1] - r[lag - 1]) / curve : 0.0f;
    float top = r[lag] + 0.25f * (r[lag + 1] - r[lag - 1]) * shift;
    float f0 = 2 * VOICE_RATE / ((float)lag + shift);
    if (f0 < VOICE_PITCH_LOW || f0 > VOICE_PITCH_HIGH) continue;
    candidate_add(frame, f0, top > 1.0f ? 1.0f / top : top);
  }
}

/* What a candidate is worth by itself (equation 24): high pitches are favoured a little. */
static float local_score(const voice_pitch_frame *frame, int c) {
  if (c == 0) return frame->strength[0];
  return frame->strength[c] + OCTAVE_COST * (frame->octave[c] - log2f(VOICE_PITCH_LOW));
}

static float step_cost(const voice_pitch_frame *a, int i, const voice_pitch_frame *b, int k) {
  if (i == 0 && k == 0) return 0.0f;
  if (i == 0 || k == 0) return VOICED_UNVOICED_COST;
  return OCTAVE_JUMP_COST * fabsf(a->octave[i] - b->octave[k]);
}

voice_pitch_result voice_pitch_read(voice_pitch *p, voice_fft *fft, const float *x) {
  const int places = VOICE_PITCH_DELAY + 1;
  voice_pitch_frame *now = &p->frames[p->seen % places];
  const voice_pitch_frame *before = p->seen ? &p->frames[(p->seen - 1) % places] : NULL;
  candidates_find(p, fft, x, now);
  int best = 0;
  for (int k = 0; k < now->count; k++) {
    float top = 0.0f;
    now->from[k] = 0;
    for (int i = 0; before && i < before->count; i++) {
      float total = before->total[i] - step_cost(before, i, now, k);
      if (i == 0 || total > top) top = total, now->from[k] = (int8_t)i;
    }
    now->total[k] = top + local_score(now, k);
    if (now->total[k] > now->total[best]) best = k;
  }
  float top = now->total[best]; /* keeps the sums small however long the stream */
  for (int k = 0; k < now->count; k++) now->total[k] -= top;

  int64_t back = BASE_MIN(p->seen, VOICE_PITCH_DELAY);
  for (int64_t i = 0; i < back; i++) best = p->frames[(p->seen - i) % places].from[best];
  const voice_pitch_frame *then = &p->frames[(p->seen - back) % places];
  p->seen++;
  voice_pitch_result result = {then->f0[best], best ? then->strength[best] : 0.0f};
  for (int c = 1; !best && c < then->count; c++)
    result.strength = BASE_MAX(result.strength, then->strength[c]);
  return result;
}
