/* frames: samples in any number a call, frames of VOICE_FEATURES floats out, one every 10 ms.
 *
 * Frame n looks at the samples before 160 (n + 1) and leaves VOICE_PITCH_DELAY frames later, when
 * its pitch is decided. Nothing here knows of models. One thread at a time. */
#ifndef VOICE_FRAMES_H
#define VOICE_FRAMES_H

#include "voice/pitch.h"

enum { VOICE_HISTORY = 4096,           /* samples, always readable back from the newest */
       VOICE_SIGNAL = VOICE_HISTORY + 1024 /* moved back each 64 ms */ };

typedef struct voice_frames {
  voice_fft *fft;
  voice_spectrum spectrum;
  voice_pitch pitch;
  float signal[VOICE_SIGNAL]; /* without DC; `filled` are there, the newest last */
  int filled;
  int64_t samples;            /* taken since the start                           */
  int64_t count;              /* frames that have left                           */
  int pending;                /* samples of the next hop that are there          */
  float high_pass_in, high_pass_out;
  float waiting[VOICE_PITCH_DELAY + 1][VOICE_FEATURES];
  int64_t made;               /* frames whose spectrum is known                  */
  uint8_t bad[VOICE_PITCH_DELAY + 1]; /* samples of a hop that were clipped or not finite */
} voice_frames;

int voice_frames_open(voice_frames *frames);
/* With an FFT of the caller's, who sets `fft` before each call that takes samples or restarts. */
void voice_frames_init(voice_frames *frames);
void voice_frames_close(voice_frames *frames);
/* As new, without allocating. */
void voice_frames_restart(voice_frames *frames);
/* Takes samples until a frame is ready (*ready) or all are taken; returns how many it took. The
 * frame, and how many bad samples its hop had, are valid until the next call. */
size_t voice_frames_feed(voice_frames *frames, const float *pcm, size_t count,
                         const float **ready, int *bad);

/* The sample with that number, counted from the start of the recording, and those after it; at
 * most VOICE_HISTORY before the newest. */
static inline const float *voice_frames_signal(const voice_frames *f, int64_t sample) {
  return f->signal + (f->filled - f->samples + sample);
}

#endif
