/* frames.h: the pictures of a file, upright, at their true aspect, as grey or RGB. */
#ifndef MEDIA_FRAMES_H
#define MEDIA_FRAMES_H

#include <libswscale/swscale.h>

#include "media/media.h"
#include "media/track.h"

typedef struct media_frames {
  media_track track;
  struct SwsContext *scaler;
  int format, max_side;        /* as in the options */
  double max_fps;
  bool still;                  /* one picture */
  int turn[4];                 /* file to upright: x' = turn[0]x + turn[1]y, y' = turn[2]x + turn[3]y */
  int width, height;           /* upright, as given */
  double scale;                /* of the picture as given to the one in the file, 0…1 */
  uint8_t *scaled, *upright;   /* `upright` only where the picture is turned; rows are not padded */
  size_t scaled_bytes, upright_bytes;
  double at;                   /* seconds, of the frame that is held */
  double due;                  /* earliest time of the next one */
  unsigned long refused;       /* pictures that could not be converted */
} media_frames;

int media_frames_open(media_frames *frames, const media_source *source,
                      const media_options *options, media_warnings *warnings, mien_error *error);
/* Holds the next wanted frame, its time in `at`. MIEN_EEND, MIEN_ENOMEM. */
int media_frames_next(media_frames *frames);
/* The held frame as a picture; valid until the next call. */
int media_frames_picture(media_frames *frames, mien_picture *picture, mien_error *error);
/* Degrees clockwise that pictures are turned by. */
int media_frames_rotation(const media_frames *frames);
void media_frames_report(const media_frames *frames);
void media_frames_clear(media_frames *frames);

#endif
