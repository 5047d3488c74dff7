/* input.h: a file or memory, and a demuxer over it that can reach nothing else. */
#ifndef MEDIA_INPUT_H
#define MEDIA_INPUT_H

#include <libavformat/avformat.h>

#include "base/base.h"

/* Bytes that any number of demuxers read, each at its own place. */
typedef struct media_source {
  const char *name;      /* for messages */
  int fd;                /* -1 when in memory */
  const uint8_t *memory;
  int64_t size;          /* bytes, > 0 */
} media_source;

/* `name` must outlive the source. */
int media_source_open(media_source *source, const char *name, mien_error *error);
int media_source_memory(media_source *source, const void *data, size_t bytes, const char *name,
                        mien_error *error);
void media_source_clear(media_source *source);

typedef struct media_input {
  const media_source *source;
  int64_t at; /* next byte */
  AVIOContext *io;
  AVFormatContext *format;
} media_input;

/* Finds the format, refuses those that lead to other files, reads the headers. The input must stay
 * where it is in memory until cleared. */
int media_input_open(media_input *input, const media_source *source, mien_error *error);
void media_input_clear(media_input *input);
/* Bytes from input->at on, which moves; AVERROR_EOF at the end. */
int media_input_bytes(media_input *input, uint8_t *to, int count);

/* Warnings on their way to the caller. Past the room for them, they are only counted. */
enum { MEDIA_WARNINGS_MAX = 16 };
typedef struct media_warnings {
  const char *name; /* of the file */
  mien_error list[MEDIA_WARNINGS_MAX];
  size_t count, given, lost;
} media_warnings;
/* `at` in seconds; NAN for none. */
void media_warn(media_warnings *warnings, int code, double at, const char *remedy,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

/* An error of FFmpeg as one of ours: what it logged, or else what its number means. */
int media_error(mien_error *error, int averror, const char *where, const char *remedy,
                const char *what);

#endif
