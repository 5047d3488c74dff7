/* pulse: period-to-period perturbation of the voice, by waveform matching (Titze and Liang 1993):
 * from one period to the next, the lag at which the wave looks most like itself.
 * Jitter is the mean absolute difference of consecutive periods over the mean period; shimmer the
 * same of peak-to-peak amplitudes ("local" in Praat; Boersma 1993). */
#ifndef VOICE_PULSE_H
#define VOICE_PULSE_H

#include "voice/frames.h"

typedef struct voice_pulse {
  int64_t mark;            /* sample that the period found last ends at; -1: none       */
  float period, amplitude; /* of the period found last; 0: none                         */
  /* Sums since voice_pulse_clear. */
  double periods, period_steps, amplitudes, amplitude_steps;
  int period_count, period_step_count, amplitude_count, amplitude_step_count;
} voice_pulse;

void voice_pulse_restart(voice_pulse *pulse); /* at the start of a recording               */
void voice_pulse_clear(voice_pulse *pulse);   /* the sums, at the start of an utterance    */
/* For each frame that leaves `frames`, in order, before the next is fed. */
void voice_pulse_read(voice_pulse *pulse, const voice_frames *frames,
                      const float frame[VOICE_FEATURES]);
float voice_pulse_jitter(const voice_pulse *pulse);  /* 0…1; NAN under 10 pairs of periods */
float voice_pulse_shimmer(const voice_pulse *pulse); /* 0…1; NAN under 10 pairs            */

#endif
