/* voice_codec.h: a voice through a coding and back, by FFmpeg's own encoders. Only for this room. */
#ifndef EVAL_VOICE_CODEC_H
#define EVAL_VOICE_CODEC_H

#include <stddef.h>

typedef struct voice_codec {
  const char *encoder; /* FFmpeg's name */
  int rate;            /* Hz that it is given */
  int bits;            /* bits a second; 0: its own */
} voice_codec;

/* In place, 16 kHz; what the coding adds before is cut off again as far as it says so, the end is filled up with
 * silence. MIEN_OK; MIEN_EUNSUPPORTED: this FFmpeg has no such encoder; MIEN_ENOMEM. */
int voice_codec_go(const voice_codec *codec, float *pcm, size_t count);

#endif
