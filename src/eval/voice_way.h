/* voice_way.h: what happens to a voice between the mouth and the machine, done to clean samples. Only
 * for this room. The same seed gives the same samples. */
#ifndef EVAL_VOICE_WAY_H
#define EVAL_VOICE_WAY_H

#include <stddef.h>
#include <stdint.h>

enum { WAY_QUIET, WAY_WHITE, WAY_WORLD /* recorded noise */ };
enum { WAY_WIDE, WAY_BAND /* 300–3400 Hz, 8 kHz */, WAY_ULAW, WAY_ALAW /* the same, G.711 */ };

typedef struct voice_way {
  const char *name;
  int noise;   /* WAY_QUIET … */
  float ratio; /* dB of speech over noise */
  int line;    /* WAY_WIDE … */
  float gain;  /* dB, after the rest; what goes over full scale is cut */
} voice_way;

/* In place. `noise`: recorded samples for WAY_WORLD, taken round and round from a place that the seed
 * picks; else unused. */
void voice_way_go(const voice_way *way, float *pcm, size_t count, uint64_t seed, const float *noise,
                  size_t noise_count);

#endif
