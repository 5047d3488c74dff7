/* embed: a whole clip of sound as one point: what the last hidden layers of the perceptrons (perceptron.h) make of its
 * functionals. Whatever is in it counts, speech or not: it is for sounds that a person makes who does not speak. Two
 * clips near each other sound alike in manner. What it is not: it names no label and tells no speakers apart.
 *
 * Allocates while it runs, and keeps nothing. Threads: any; the model is only read. */
#ifndef VOICE_EMBED_H
#define VOICE_EMBED_H

#include "voice/voice.h"

#define VOICE_EMBED_MOST 512 /* floats of a point, at most */
size_t voice_embed_size(const voice_model *model); /* 0: the model has no perceptrons */
/* Samples at 16 kHz, mono. MIEN_EEMPTY: less than 0.2 s of it is above -60 dB. `to` has voice_embed_size floats. */
int voice_embed(const voice_model *model, const float *pcm, size_t count, float *to, mien_error *error);

#endif
