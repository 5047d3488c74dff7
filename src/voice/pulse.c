/* pulse.c: walks the wave period by period where there is a pitch. */
#include "voice/pulse.h"

#define LEAST_LIKENESS 0.6f   /* of two periods, for them to count        */
#define MOST_PERIOD 1.3f      /* ratio of two periods, as in Praat        */
#define MOST_AMPLITUDE 1.6f   /* ratio of two amplitudes, as in Praat     */

enum { LONGEST = 250 }; /* samples of a period: over VOICE_RATE / VOICE_PITCH_LOW */

void voice_pulse_clear(voice_pulse *p) {
  p->periods = p->period_steps = p->amplitudes = p->amplitude_steps = 0.0;
  p->period_count = p->period_step_count = p->amplitude_count = p->amplitude_step_count = 0;
}

void voice_pulse_restart(voice_pulse *p) {
  p->mark = -1;
  p->period = p->amplitude = 0.0f;
  voice_pulse_clear(p);
}

/* How far after `x` (a stretch of `span` samples) the wave repeats, in samples and fractions:
 * the lag of the largest normalised correlation within -20…+25 % of `expected`. 0: it does not. */
static float repeat_find(const float *x, int span, float expected) {
  float likeness[LONGEST + LONGEST / 2];
  int low = (int)(0.8f * expected), high = (int)(1.25f * expected) + 1, best = -1;
  low = BASE_MAX(low, 2);
  float energy = nn_dot(x, x, (size_t)span), other = nn_dot(x + low, x + low, (size_t)span);
  if (!(energy > 1e-9f)) return 0.0f;
  for (int lag = low; lag <= high; lag++) {
    if (lag > low) /* the window moves on by one sample */
      other += x[lag + span - 1] * x[lag + span - 1] - x[lag - 1] * x[lag - 1];
    likeness[lag - low] =
        nn_dot(x, x + lag, (size_t)span) / sqrtf(energy * BASE_MAX(other, 1e-9f));
    if (best < 0 || likeness[lag - low] > likeness[best]) best = lag - low;
  }
  if (best <= 0 || best >= high - low || likeness[best] < LEAST_LIKENESS) return 0.0f;
  float a = likeness[best - 1], b = likeness[best], c = likeness[best + 1];
  float curve = 2.0f * b - a - c;
  return (float)(low + best) + (curve > 0.0f ? 0.5f * (c - a) / curve : 0.0f);
}

static void period_add(voice_pulse *p, float period, float amplitude) {
  p->periods += period, p->period_count++;
  p->amplitudes += amplitude, p->amplitude_count++;
  if (p->period > 0.0f) {
    float ratio = period > p->period ? period / p->period : p->period / period;
    if (ratio <= MOST_PERIOD) p->period_steps += fabsf(period - p->period), p->period_step_count++;
  }
  if (p->amplitude > 0.0f && amplitude > 0.0f) {
    float ratio = amplitude > p->amplitude ? amplitude / p->amplitude : p->amplitude / amplitude;
    if (ratio <= MOST_AMPLITUDE)
      p->amplitude_steps += fabsf(amplitude - p->amplitude), p->amplitude_step_count++;
  }
  p->period = period, p->amplitude = amplitude;
}

void voice_pulse_read(voice_pulse *p, const voice_frames *f, const float frame[VOICE_FEATURES]) {
  /* The middle of the pitch window of the frame that left last. */
  int64_t centre = f->count * VOICE_HOP - VOICE_PITCH_WINDOW / 2;
  if (frame[VOICE_AT_F0] <= 0.0f) {
    p->mark = -1;
    p->period = p->amplitude = 0.0f;
    return;
  }
  float expected = VOICE_RATE / (VOICE_F0_REFERENCE * exp2f(frame[VOICE_AT_F0] / 12.0f));
  int span = (int)(expected + 0.5f);
  if (p->mark < 0 || p->mark < centre - 3 * VOICE_HOP) {
    /* A window that begins a quarter period before the strongest sample holds one pulse whole. */
    const float *x = voice_frames_signal(f, centre - span / 2);
    int peak = 0;
    for (int i = 1; i < span; i++)
      if (fabsf(x[i]) > fabsf(x[peak])) peak = i;
    p->mark = centre - span / 2 + peak - span / 4;
    p->period = p->amplitude = 0.0f;
  }
  while (p->mark + span <= centre + VOICE_HOP / 2) {
    const float *x = voice_frames_signal(f, p->mark);
    float period = repeat_find(x, span, expected);
    if (period == 0.0f) { /* the wave breaks off: go on a period later */
      p->mark += span;
      p->period = p->amplitude = 0.0f;
      continue;
    }
    float low = x[0], high = x[0];
    for (int i = 1; i < span; i++) low = BASE_MIN(low, x[i]), high = BASE_MAX(high, x[i]);
    period_add(p, period, high - low);
    p->mark += (int64_t)(period + 0.5f);
  }
}

float voice_pulse_jitter(const voice_pulse *p) {
  if (p->period_step_count < 10) return NAN;
  return (float)(p->period_steps / p->period_step_count / (p->periods / p->period_count));
}

float voice_pulse_shimmer(const voice_pulse *p) {
  if (p->amplitude_step_count < 10 || p->amplitudes <= 0.0) return NAN;
  return (float)(p->amplitude_steps / p->amplitude_step_count /
                 (p->amplitudes / p->amplitude_count));
}
