/* prosody.c: running sums over an utterance, and the cues out of them. */
#include "voice/prosody.h"

#include <stdio.h>
#include <stdlib.h>

#define PAUSE 20     /* frames, 0.2 s: shorter gaps belong to the sounds                         */
#define DIP 2.0f     /* dB between nuclei (de Jong and Wempe 2009)                               */
#define UNDER 25.0f  /* dB: a nucleus is at most this far under the loudest                      */

void voice_prosody_restart(voice_prosody *p) {
  voice_pulse_clear(&p->pulse);
  p->frames = p->speech = p->voiced = p->bad = p->silence = p->pause = p->nuclei = 0;
  p->energy = p->harmonics = p->tilt = p->alpha = 0.0;
  for (size_t i = 0; i < BASE_COUNT(p->recent); i++) p->recent[i] = VOICE_FLOOR_DB;
  p->loudest = p->peak = p->valley = VOICE_FLOOR_DB;
  p->rising = p->peak_voiced = false;
}

/* Counts a nucleus when the level has fallen by DIP from a voiced peak that rose by DIP. */
static void nuclei_feed(voice_prosody *p, float level, bool voiced) {
  p->recent[0] = p->recent[1], p->recent[1] = p->recent[2], p->recent[2] = level;
  float now = (p->recent[0] + p->recent[1] + p->recent[2]) / 3.0f;
  p->loudest = BASE_MAX(p->loudest, now);
  if (p->rising) {
    if (now > p->peak) p->peak = now, p->peak_voiced = voiced;
    else p->peak_voiced |= voiced && now > p->peak - 1.0f;
    if (now > p->peak - DIP) return;
    if (p->peak_voiced && p->peak > p->loudest - UNDER) p->nuclei++;
    p->rising = false;
    p->valley = now;
  } else {
    p->valley = BASE_MIN(p->valley, now);
    if (now < p->valley + DIP) return;
    p->rising = true;
    p->peak = now;
    p->peak_voiced = voiced;
  }
}

void voice_prosody_feed(voice_prosody *p, const float frame[VOICE_FEATURES], bool speech,
                        int bad) {
  if (p->frames >= VOICE_LONGEST) return;
  bool voiced = speech && frame[VOICE_AT_F0] > 0.0f;
  p->frames++;
  nuclei_feed(p, frame[VOICE_AT_LEVEL], voiced);
  if (!speech) {
    p->silence++;
    return;
  }
  if (p->speech && p->silence >= PAUSE) p->pause += p->silence;
  p->silence = 0;
  p->bad += bad;
  p->level[p->speech++] = frame[VOICE_AT_LEVEL];
  p->energy += pow(10.0, frame[VOICE_AT_LEVEL] / 10.0);
  if (!voiced) return;
  p->pitch_at[p->voiced] = (float)p->frames * VOICE_HOP / VOICE_RATE;
  p->pitch[p->voiced++] = frame[VOICE_AT_F0];
  p->harmonics += frame[VOICE_AT_HNR];
  p->tilt += frame[VOICE_AT_SLOPE];
  p->alpha += frame[VOICE_AT_ALPHA];
}

static int ascending(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

float voice_prosody_level(const voice_prosody *p) {
  return p->speech ? (float)(10.0 * log10(p->energy / p->speech + 1e-10)) : VOICE_FLOOR_DB;
}

static void pitch_read(voice_prosody *p, float *cues) {
  const int n = p->voiced;
  float sorted[VOICE_LONGEST];
  memcpy(sorted, p->pitch, (size_t)n * sizeof *sorted);
  qsort(sorted, (size_t)n, sizeof *sorted, ascending);
  cues[VOICE_PITCH] = VOICE_F0_REFERENCE * exp2f(sorted[n / 2] / 12.0f);
  cues[VOICE_PITCH_RANGE] = sorted[(n - 1) * 95 / 100] - sorted[(n - 1) * 5 / 100];
  double time = 0.0, pitch = 0.0, both = 0.0, square = 0.0;
  for (int i = 0; i < n; i++) time += p->pitch_at[i], pitch += p->pitch[i];
  time /= n, pitch /= n;
  for (int i = 0; i < n; i++) {
    both += (p->pitch_at[i] - time) * (p->pitch[i] - pitch);
    square += (p->pitch_at[i] - time) * (p->pitch_at[i] - time);
  }
  if (square > 0.0) cues[VOICE_PITCH_SLOPE] = (float)(both / square);
}

void voice_prosody_read(voice_prosody *p, float cues[VOICE_CUES]) {
  for (int i = 0; i < VOICE_CUES; i++) cues[i] = NAN;
  if (p->speech < 10) return;
  double seconds = (double)p->speech * VOICE_HOP / VOICE_RATE, mean = 0.0, square = 0.0;
  cues[VOICE_LOUDNESS] = voice_prosody_level(p);
  for (int i = 0; i < p->speech; i++) mean += p->level[i];
  mean /= p->speech;
  for (int i = 0; i < p->speech; i++) square += (p->level[i] - mean) * (p->level[i] - mean);
  cues[VOICE_LOUDNESS_RANGE] = (float)sqrt(square / p->speech);
  cues[VOICE_PAUSE] = (float)p->pause * VOICE_HOP / VOICE_RATE;
  cues[VOICE_VOICED] = 100.0f * (float)p->voiced / (float)p->speech;
  if (p->speech >= 50) cues[VOICE_PACE] = (float)(p->nuclei / seconds);
  if (p->voiced < 10) return;
  pitch_read(p, cues);
  float jitter = voice_pulse_jitter(&p->pulse), shimmer = voice_pulse_shimmer(&p->pulse);
  cues[VOICE_JITTER] = 100.0f * jitter;
  cues[VOICE_SHIMMER] = 100.0f * shimmer;
  cues[VOICE_HARMONICS] = (float)(p->harmonics / p->voiced);
  cues[VOICE_TILT] = (float)(p->tilt / p->voiced);
  cues[VOICE_ALPHA] = (float)(p->alpha / p->voiced);
}

void voice_prosody_name(int cue, float value, mien_cue *to) {
  static const struct {
    const char *kind, *unit, *text; /* text: printf, given the value */
  } names[VOICE_CUES] = {
      [VOICE_PITCH] = {"pitch", "Hz", "pitch %.0f Hz"},
      [VOICE_PITCH_RANGE] = {"pitch_range", "st", "pitch moves over %.1f semitones"},
      [VOICE_PITCH_SLOPE] = {"pitch_slope", "st/s", "pitch goes %+.1f semitones a second"},
      [VOICE_LOUDNESS] = {"loudness", "dB", "loudness %.0f dB of full scale"},
      [VOICE_LOUDNESS_RANGE] = {"loudness_range", "dB", "loudness varies by %.1f dB"},
      [VOICE_PACE] = {"rate", "1/s", "%.1f syllables a second"},
      [VOICE_PAUSE] = {"pause", "s", "%.1f s of pauses"},
      [VOICE_JITTER] = {"jitter", "%", "jitter %.1f %%"},
      [VOICE_SHIMMER] = {"shimmer", "%", "shimmer %.1f %%"},
      [VOICE_HARMONICS] = {"harmonics", "dB", "harmonics %.0f dB over noise"},
      [VOICE_TILT] = {"tilt", "dB/oct", "spectrum goes %+.1f dB an octave"},
      [VOICE_ALPHA] = {"alpha", "dB", "%.0f dB more under 1 kHz than above"},
      [VOICE_VOICED] = {"voiced", "%", "%.0f %% of the speech voiced"},
  };
  snprintf(to->kind, sizeof to->kind, "%s", names[cue].kind);
  snprintf(to->unit, sizeof to->unit, "%s", names[cue].unit);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the table above holds them all */
  snprintf(to->text, sizeof to->text, names[cue].text, (double)value);
#pragma GCC diagnostic pop
  to->value = value;
}
