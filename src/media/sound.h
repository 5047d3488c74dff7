/* sound.h: the sound of a file as blocks of 16 kHz mono, a channel each. */
#ifndef MEDIA_SOUND_H
#define MEDIA_SOUND_H

#include <libswresample/swresample.h>

#include "media/media.h"
#include "media/track.h"

typedef struct media_sound {
  media_track track;
  SwrContext *resampler;
  int channels;                 /* given out */
  bool mirrored;                /* mixing would cancel: the first channel is read alone */
  enum AVSampleFormat format;   /* what the resampler is set for */
  int rate;
  AVChannelLayout layout;
  float block[MEDIA_CHANNELS_MAX][MEDIA_BLOCK];
  size_t filled;                /* samples in the block */
  double anchor;                /* seconds: time of sample 0 since the resampler was set */
  long long emitted;            /* samples at 16 kHz since then, the block not counted */
  long long taken;              /* samples of the source since then */
  double shift;                 /* seconds added to the file's times where they stepped back */
  bool held;                    /* track.frame is not resampled yet */
  bool anew;                    /* …and follows a gap or comes in a new format, at `begin` */
  double begin;
  bool stepped;                 /* the step back was reported */
  unsigned long long not_numbers;
  double not_number_at;
} media_sound;

/* `channels`: MEDIA_CHANNELS_…; with AUTO, `mixed` gets the reason where channels were mixed (a
 * constant), else NULL. */
int media_sound_open(media_sound *sound, const media_source *source, int channels,
                     const char **mixed, media_warnings *warnings, mien_error *error);
/* Fills `block`: 1…MEDIA_BLOCK samples at media_sound_time. MIEN_EEND, MIEN_ENOMEM,
 * MIEN_EUNSUPPORTED (set in error). */
int media_sound_next(media_sound *sound, mien_error *error);
double media_sound_time(const media_sound *sound);
void media_sound_report(const media_sound *sound);
void media_sound_clear(media_sound *sound);

#endif
