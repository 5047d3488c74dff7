/* level: frames against the loudest lately, so that a recording's level does not matter.
 *
 * The level jumps up with the sound and falls by 2 dB a second; the bands and the level of a frame
 * are taken relative to it, at most 60 dB under it. train/voice_net.py (relative) does the same. */
#ifndef VOICE_LEVEL_H
#define VOICE_LEVEL_H

#include "voice/voice.h"

/* `level` (dB): -INFINITY at the start of a stream or an utterance. */
static inline void voice_level_follow(float *level, const float *frame, const float *mean,
                                      const float *scale, float *to) {
  *level = BASE_MAX(frame[VOICE_AT_LEVEL], *level - 0.02f);
  float against = BASE_MAX(*level, -90.0f);
  for (int i = 0; i < VOICE_FEATURES; i++) {
    float x = i <= VOICE_AT_LEVEL ? BASE_MAX(frame[i] - against, -60.0f) : frame[i];
    to[i] = BASE_CLAMP((x - mean[i]) * scale[i], -4.0f, 4.0f);
  }
}

#endif
