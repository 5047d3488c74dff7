/* signals_clip.h: recordings and pictures to points of signals/. One thread. */
#ifndef CLI_SIGNALS_CLIP_H
#define CLI_SIGNALS_CLIP_H

#include "signals/signals.h"

typedef struct signals_clip {
  float points[SIGNALS_MODALITIES][SIGNALS_POINT];
  size_t length[SIGNALS_MODALITIES]; /* 0: the file has none of this */
} signals_clip;

/* Of a recording its sound, of pictures the largest face, of a video both. MIEN_EEMPTY: neither. */
int signals_clip_read(mien_engine *engine, const char *path, signals_clip *clip, mien_error *error);
/* Of samples at 16 kHz, mono. */
int signals_clip_sound(mien_engine *engine, const float *pcm, size_t count, signals_clip *clip, mien_error *error);

#endif
