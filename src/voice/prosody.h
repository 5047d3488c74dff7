/* prosody: what an utterance sounds like, in numbers with units.
 *
 * It is given every frame of an utterance with whether there is speech in it, and can be asked at
 * any time. Cues (a value is NAN where too little was heard):
 *   pitch           Hz    median F0
 *   pitch_range     st    from the 5th to the 95th percentile of F0
 *   pitch_slope     st/s  regression of F0 over the time of the utterance
 *   loudness        dB    mean level of the speech, relative to full scale
 *   loudness_range  dB    standard deviation of the level over the speech
 *   rate            1/s   syllable nuclei a second of speech (de Jong and Wempe 2009)
 *   pause           s     silences of 0.2 s and more inside the utterance, together
 *   jitter          %     see pulse.h
 *   shimmer         %     see pulse.h
 *   harmonics       dB    mean harmonics-to-noise ratio where voiced (Boersma 1993)
 *   tilt            dB    fall of the spectrum, dB an octave, 0.1–5 kHz, where voiced
 *   alpha           dB    energy under 1 kHz over that of 1–5 kHz, where voiced
 *   voiced          %     share of the speech that is voiced                                    */
#ifndef VOICE_PROSODY_H
#define VOICE_PROSODY_H

#include "voice/model.h"
#include "voice/pulse.h"

enum { VOICE_LONGEST = 1600 }; /* frames of an utterance at most */

typedef struct voice_prosody {
  voice_pulse pulse;
  int frames;                      /* of the utterance                    */
  int speech, voiced, bad;         /* frames, frames, samples             */
  float pitch[VOICE_LONGEST];      /* semitones of each voiced frame      */
  float pitch_at[VOICE_LONGEST];   /* its time, seconds                   */
  float level[VOICE_LONGEST];      /* dB of each speech frame             */
  double energy, harmonics, tilt, alpha;
  int silence, pause;              /* frames: running, and all that count */
  /* Syllable nuclei: the smoothed level, the peak that is going up or the valley going down. */
  float recent[3], loudest, peak, valley;
  bool rising, peak_voiced;
  int nuclei;
} voice_prosody;

void voice_prosody_restart(voice_prosody *prosody); /* at the start of an utterance */
void voice_prosody_feed(voice_prosody *prosody, const float frame[VOICE_FEATURES], bool speech,
                        int bad);
void voice_prosody_read(voice_prosody *prosody, float cues[VOICE_CUES]);
float voice_prosody_level(const voice_prosody *prosody); /* mean level of the speech, dB */

/* Fills kind, text, unit and value of a cue that is known. */
void voice_prosody_name(int cue, float value, mien_cue *to);

#endif
