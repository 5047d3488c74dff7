/* speakers: who speaks when in one channel with several people in it (diarisation).
 *
 * What it is: in every quarter of a second with speech the voice is put into a space where speakers are apart
 * (linear discriminant analysis of the means and deviations of the tracks of functionals.h, trained on the
 * speakers of the voice sets), and these points are grouped. A recording is taken in whole: the groups are
 * joined at the end, and each quarter second is given to the nearest group, a change costing something. A live
 * channel is told apart as it comes, a second late: small groups, joined anew with each point, and a name that
 * stays with what most of a person's groups were called. Where two people talk at once, a perceptron says so.
 * What it is not: it knows nobody, keeps nothing of a voice when it is closed, and takes no voices apart that
 * sound at once.
 *
 * Memory: about 0.5 kB a quarter of a second, at most 4 hours; live 40 kB. One thread at a time. */
#ifndef VOICE_SPEAKERS_H
#define VOICE_SPEAKERS_H

#include "voice/voice.h"

enum { VOICE_SPEAKERS = 8, /* told apart, at most                                     */
       VOICE_OVERLAP = -1, /* in place of a speaker: two or more talk at once         */
       VOICE_NOBODY = -2 };

typedef struct voice_span {
  double t0, t1; /* seconds */
  int speaker;   /* 0…, in the order in which they first speak; or VOICE_OVERLAP */
} voice_span;

/* ---- A recording ----------------------------------------------------------------------------- */

typedef struct voice_speakers voice_speakers;

int voice_speakers_open(voice_speakers **speakers, const voice_model *model);
void voice_speakers_close(voice_speakers **speakers);
/* Samples at 16 kHz mono, one behind the other. What is past 4 hours is not looked at. */
int voice_speakers_feed(voice_speakers *speakers, const float *pcm, size_t count);
/* Ends the recording. `people`: how many there are, 1…VOICE_SPEAKERS; 0: not known. Spans come in
 * order, do not overlap, and are valid until close. */
int voice_speakers_finish(voice_speakers *speakers, int people, const voice_span **spans, size_t *count);

/* ---- A live channel -------------------------------------------------------------------------- */

typedef struct voice_speakers_live voice_speakers_live;

#define VOICE_LIVE_STEP 4000  /* samples of an answer: a quarter of a second */
#define VOICE_LIVE_LATE 4     /* steps that an answer comes after its sound, about */

/* `people`: as above. MIEN_EINVAL, MIEN_ENOMEM. */
int voice_speakers_live_open(voice_speakers_live **live, const voice_model *model, int people);
void voice_speakers_live_close(voice_speakers_live **live);
int voice_speakers_live_feed(voice_speakers_live *live, const float *pcm, size_t count);
/* The sound ends, or jumps: what is left is answered. What is fed after it is a new stretch, with the same people. */
int voice_speakers_live_finish(voice_speakers_live *live);
/* Who spoke in the next step of VOICE_LIVE_STEP samples from the start of the stretch: 0…, VOICE_OVERLAP, VOICE_NOBODY. An
 * answer once given stays. MIEN_EAGAIN: not known yet. At most 128 wait; the oldest go. */
int voice_speakers_live_next(voice_speakers_live *live, int *speaker);

#endif
