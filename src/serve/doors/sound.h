/* sound.h: the sound of one live stream, as it comes over the wire, to mono at 16 kHz.
 *
 * A stream has one coding, rate and number of channels for its whole life; each channel comes out by
 * itself. Times follow the samples; where the sender's clock strays from them by more than 0.1 s the
 * stream starts anew at the sender's time. One thread at a time. */
#ifndef SERVE_SOUND_H
#define SERVE_SOUND_H

#include "base/base.h"

enum { SERVE_S16LE, SERVE_F32LE, SERVE_MULAW, SERVE_ALAW, SERVE_CODINGS };
enum { SERVE_CHANNELS = 2, SERVE_RATE = 16000 };

typedef struct serve_sound_format {
  int coding;   /* SERVE_S16LE…          */
  int rate;     /* Hz, 8000…96000        */
  int channels; /* 1…SERVE_CHANNELS, interleaved */
} serve_sound_format;

/* "pcm_s16le" "pcm_f32le" "mulaw" "alaw"; -1 for another name. */
int serve_coding_named(const char *name);
const char *serve_coding_name(int coding);
size_t serve_coding_bytes(int coding); /* of one sample */
/* MIEN_OK, or MIEN_EUNSUPPORTED with what would be accepted. */
int serve_sound_format_check(const serve_sound_format *format, const char *where, mien_error *error);

typedef struct serve_sound serve_sound;

int serve_sound_open(serve_sound **sound, const serve_sound_format *format, mien_error *error);
void serve_sound_close(serve_sound **sound);

/* `at`: seconds of the first sample, NAN: it follows the last. A cut sample at the end is dropped.
 * `take` is given each channel's samples and the time of the first; stops at its first error. */
typedef int (*serve_sound_take)(void *context, int channel, const float *pcm, size_t count, double at);
int serve_sound_feed(serve_sound *sound, const uint8_t *bytes, size_t count, double at,
                     serve_sound_take take, void *context);
/* Seconds of the end of what was fed; NAN before the first. */
double serve_sound_until(const serve_sound *sound);
/* What the resampler still holds. */
int serve_sound_finish(serve_sound *sound, serve_sound_take take, void *context);

#endif
