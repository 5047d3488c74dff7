/* track.h: one stream of a file as decoded frames. */
#ifndef MEDIA_TRACK_H
#define MEDIA_TRACK_H

#include <libavcodec/avcodec.h>

#include "media/input.h"

typedef struct media_track {
  media_input input;
  AVStream *stream;
  AVCodecContext *decoder;
  AVPacket *packet;
  AVFrame *frame;            /* the last decoded one */
  media_warnings *warnings;
  double origin;             /* seconds that the file's clock shows at our 0 */
  double time;               /* of `frame`, seconds; NAN unknown */
  double last;               /* latest time seen */
  unsigned long long frames; /* decoded */
  unsigned long damaged;     /* packets that could not be decoded */
  double damaged_at;         /* seconds, the first of them */
  int failures;              /* read errors one after the other */
  bool draining, ended;
} media_track;

/* MIEN_EEND, without an error, where the file has nothing of this kind (cover art does not count). */
int media_track_open(media_track *track, const media_source *source, enum AVMediaType kind,
                     int threads, media_warnings *warnings, mien_error *error);
/* MIEN_OK with `frame` and `time`, MIEN_EEND, or MIEN_ENOMEM. Damage is counted and skipped. */
int media_track_next(media_track *track);
/* One warning about all the damage met. Call at the end. */
void media_track_report(const media_track *track, const char *of);
void media_track_clear(media_track *track);

#endif
