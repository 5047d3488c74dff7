/* speech: is someone speaking, 50 times a second. A small recurrent network over the frames,
 * trained to tell speech from noise, music and cries (train/voice_speech.py). */
#ifndef VOICE_SPEECH_H
#define VOICE_SPEECH_H

#include "voice/model.h"

typedef struct voice_speech {
  const voice_model *model;
  float *scratch;
  float rows[5][VOICE_FEATURES]; /* what the convolution sees, the newest last */
  float state[VOICE_SPEECH_WIDTH];
  float level;
  float chance; /* 0…1, of the latest step */
  int64_t frames;
} voice_speech;

int voice_speech_open(voice_speech *speech, const voice_model *model);
void voice_speech_close(voice_speech *speech);
void voice_speech_restart(voice_speech *speech);
/* The chance that this frame is speech, 0…1; it changes with every second frame. */
float voice_speech_read(voice_speech *speech, const float frame[VOICE_FEATURES]);

#endif
