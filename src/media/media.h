/* media/: a recording or a picture, to 16 kHz samples and to frames, in time order.
 *
 * What it is: any file that FFmpeg reads, streamed: memory does not grow with the length. Sound
 * comes as mono float per channel, pictures as grey or RGB, turned upright, at their true aspect.
 * What it is not: a player, a recorder, a network client. A file is read through our own reader
 * and nothing else: no protocol of FFmpeg is used and every further file that a playlist, a
 * manifest or an external track might ask for is refused.
 *
 * Owns: a media_reader owns the file, its decoders and every pointer in the items it gives; those
 * are valid until its next call. Threads: a reader is used by one thread at a time; two readers
 * share nothing but FFmpeg's log callback, which is set once for the process and prints nothing.
 *
 * Order: sound and pictures are read through two demuxers, so they are given in the order of their
 * times however badly the file interleaves them, without keeping more than one block of each. */
#ifndef MEDIA_MEDIA_H
#define MEDIA_MEDIA_H

#include "base/base.h"

enum { MEDIA_RATE = 16000, MEDIA_CHANNELS_MAX = 8, MEDIA_BLOCK = 1600 /* samples, 0.1 s */ };

/* AUTO: the two channels of a call are two people; channels that are alike, and layouts of more
 * than two, are one recording and are mixed. MIX: always one. SPLIT: each channel by itself. */
enum { MEDIA_CHANNELS_AUTO, MEDIA_CHANNELS_MIX, MEDIA_CHANNELS_SPLIT };

typedef struct media_options {
  size_t size;     /* sizeof(media_options) */
  bool audio;      /* read sound */
  bool pictures;   /* read pictures */
  int channels;    /* MEDIA_CHANNELS_… */
  int format;      /* MIEN_GREY or MIEN_RGB */
  int max_side;    /* longer side of a picture, pixels; larger ones are scaled down. 0: no limit */
  double max_fps;  /* pictures a second at most; INFINITY: all */
  int threads;     /* of the picture decoder; more are faster and take more memory */
} media_options;
/* Everything on, AUTO, RGB, no limits, one thread. */
void media_options_init(media_options *options);

typedef struct media_info {
  const char *name;      /* as given to open */
  const char *format;    /* container, as FFmpeg names it: "wav", "mov,mp4,m4a,3gp,3g2,mj2" */
  double duration;       /* seconds, as the file says; NAN where it does not */
  int channels;          /* channels given: 0 without sound */
  int source_channels, source_rate;
  const char *mixed;     /* why several channels became one, for a person; NULL where they did not */
  const char *audio_codec, *picture_codec; /* NULL where there is none */
  bool pictures;         /* pictures are given */
  bool still;            /* one picture rather than a video */
  int width, height;     /* of the pictures as given; 0 without */
  double scale;          /* of the pictures as given to those in the file, 0…1; 1 without */
  int rotation;          /* degrees clockwise that pictures are turned by: 0, 90, 180, 270 */
  double fps;            /* of the source; NAN unknown */
} media_info;

enum { MEDIA_AUDIO, MEDIA_PICTURE, MEDIA_WARNING };
typedef struct media_item {
  int kind;
  double at;            /* seconds: first sample, or when the picture is shown */
  int channel;          /* AUDIO: 0…info.channels-1; all channels of a block follow one another */
  const float *pcm;     /* AUDIO: -1…1, finite */
  size_t count;         /* AUDIO: samples, 1…MEDIA_BLOCK */
  mien_picture picture; /* PICTURE */
  const mien_error *warning; /* WARNING: the reading goes on */
} media_item;

typedef struct media_reader media_reader;

/* MIEN_OK when at least one of sound and pictures can be read. */
int media_open(media_reader **reader, const char *path, const media_options *options,
               mien_error *error);
/* The same from memory, which must outlive the reader. `name` is for messages and for guessing the
 * format by its ending. */
int media_open_memory(media_reader **reader, const void *data, size_t bytes, const char *name,
                      const media_options *options, mien_error *error);
const media_info *media_describe(const media_reader *reader);
/* MIEN_OK with an item; MIEN_EEND after the last; other errors end the reading. Damage inside the
 * file is a WARNING item, not an error. */
int media_next(media_reader *reader, media_item *item, mien_error *error);
void media_close(media_reader **reader);

#endif
