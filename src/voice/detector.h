/* detector: is someone speaking, does an infant cry, 50 times a second. Small recurrent networks over the
 * frames, trained to tell speech from noise, music and cries (train/voice_speech.py), and cries from all else
 * (train/voice_cry.py). */
#ifndef VOICE_DETECTOR_H
#define VOICE_DETECTOR_H

#include "voice/model.h"

typedef struct voice_listener {
  const voice_detector *detector;
  float *scratch;
  float rows[5][VOICE_FEATURES]; /* what the convolution sees, the newest last */
  float state[VOICE_DETECTOR_WIDTH];
  float level;
  float chance; /* 0…1, of the latest step */
  int64_t frames;
} voice_listener;

size_t voice_listener_scratch(const voice_detector *detector); /* floats */
int voice_listener_open(voice_listener *listener, const voice_detector *detector);
/* With the caller's scratch, set before each reading. */
void voice_listener_init(voice_listener *listener, const voice_detector *detector);
void voice_listener_close(voice_listener *listener);
void voice_listener_restart(voice_listener *listener);
/* The chance of this frame, 0…1; it changes with every second frame. */
float voice_listener_read(voice_listener *listener, const float frame[VOICE_FEATURES]);

#endif
