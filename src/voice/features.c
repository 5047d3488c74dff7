/* features.c: the frames alone, for training. */
#include "voice/frames.h"

struct voice_features {
  voice_frames frames;
  voice_frame_fn write;
  void *context;
};

int voice_features_open(voice_features **features, voice_frame_fn write, void *context) {
  *features = base_alloc(1, sizeof **features);
  if (!*features) return MIEN_ENOMEM;
  (*features)->write = write;
  (*features)->context = context;
  int code = voice_frames_open(&(*features)->frames);
  if (code) voice_features_close(features);
  return code;
}

void voice_features_close(voice_features **features) {
  if (!*features) return;
  voice_frames_close(&(*features)->frames);
  base_free(*features);
  *features = NULL;
}

void voice_features_feed(voice_features *f, const float *pcm, size_t count) {
  for (size_t at = 0; at < count;) {
    const float *ready;
    int bad;
    at += voice_frames_feed(&f->frames, pcm + at, count - at, &ready, &bad);
    if (ready) f->write(f->context, ready);
  }
}

void voice_features_finish(voice_features *f) {
  static const float silence[VOICE_HOP * VOICE_PITCH_DELAY];
  voice_features_feed(f, silence, BASE_COUNT(silence));
  voice_frames_restart(&f->frames);
}
