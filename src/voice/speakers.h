/* speakers: who speaks when in one channel with several people in it (diarisation).
 *
 * What it is: the sound is taken in whole; in every quarter of a second with speech the voice is put
 * into a space where speakers are apart (linear discriminant analysis of the means and deviations of
 * the tracks of functionals.h, trained on the speakers of the voice sets); these points are grouped
 * as they come, the groups joined at the end, and each quarter second given to the nearest group, a
 * change costing something. What it is not: it knows nobody, keeps nothing of a voice when it is
 * closed, and does not separate people who talk at once: such a moment goes to one of them.
 *
 * Memory: about 1 kB a quarter of a second, at most 4 hours. One thread at a time. */
#ifndef VOICE_SPEAKERS_H
#define VOICE_SPEAKERS_H

#include "voice/voice.h"

enum { VOICE_SPEAKERS = 8 /* told apart, at most */ };

typedef struct voice_span {
  double t0, t1; /* seconds */
  int speaker;   /* 0…, in the order in which they first speak */
} voice_span;

typedef struct voice_speakers voice_speakers;

int voice_speakers_open(voice_speakers **speakers, const voice_model *model);
void voice_speakers_close(voice_speakers **speakers);
/* Samples at 16 kHz mono, one behind the other. What is past 4 hours is not looked at. */
int voice_speakers_feed(voice_speakers *speakers, const float *pcm, size_t count);
/* Ends the recording. `people`: how many there are, 1…VOICE_SPEAKERS; 0: not known. Spans come in
 * order, do not overlap, and are valid until close. */
int voice_speakers_finish(voice_speakers *speakers, int people, const voice_span **spans, size_t *count);

#endif
