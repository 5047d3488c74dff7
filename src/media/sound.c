/* sound.c: decoded frames to blocks at 16 kHz, with the time of each. Gaps in the file's clock start
 * a new block at the new time; steps back are taken as a shift of the clock. */
#include "media/sound.h"

#include <stdio.h>
#include <libavutil/opt.h>

static const double clock_slack = 0.1;     /* seconds a timestamp may stray from the sample count */
static const double gap_max = 24 * 3600.0; /* longer jumps are a broken clock */
static const float loudest = 1e4f;         /* beyond this a float sample is no sound */

/* ---- Which channels become one. */

/* Why the two channels are one recording, or NULL: they are two people. Reads up to 20 s of sound
 * (of five minutes at most). `r` is the correlation of the two at the same instant. */
static int compare_channels(const media_source *source, const char **mixed, bool *mirrored) {
  static const float active = 1e-5f; /* mean square of a block: -50 dBFS */
  *mixed = NULL;
  *mirrored = false;
  media_warnings unheard = {.name = source->name};
  media_sound *sound = base_alloc(1, sizeof *sound);
  if (!sound) return MIEN_ENOMEM;
  const char *ignored;
  int code = media_sound_open(sound, source, MEDIA_CHANNELS_SPLIT, &ignored, &unheard, NULL);
  double left = 0, right = 0, both = 0, apart = 0, blocks = 0;
  for (int i = 0; !code && i < 3000 && blocks < 200; i++) {
    code = media_sound_next(sound, NULL);
    if (code || sound->channels != 2) break;
    double l = 0, r = 0, lr = 0, d = 0;
    for (size_t k = 0; k < sound->filled; k++) {
      double a = sound->block[0][k], b = sound->block[1][k];
      l += a * a, r += b * b, lr += a * b, d += (a - b) * (a - b);
    }
    apart += d;
    if (BASE_MAX(l, r) < active * (double)sound->filled) continue;
    left += l, right += r, both += lr, blocks++;
    if (blocks >= 40 && fabs(both) < 0.2 * sqrt(left * right)) break;
  }
  double alike = left > 0 && right > 0 ? both / sqrt(left * right) : 0;
  if (apart <= 1e-6 * (left + right)) *mixed = "the two channels are identical: they are one recording";
  else if (alike > 0.5) *mixed = "the two channels sound alike: they are one recording in stereo, not two people";
  else if (alike < -0.5) {
    *mixed = "the second channel mirrors the first: only the first is read";
    *mirrored = true;
  }
  media_sound_clear(sound);
  base_free(sound);
  return code == MIEN_ENOMEM ? code : MIEN_OK;
}

int media_sound_open(media_sound *sound, const media_source *source, int channels,
                     const char **mixed, media_warnings *warnings, mien_error *error) {
  *sound = (media_sound){.anchor = NAN, .not_number_at = NAN};
  *mixed = NULL;
  int code = media_track_open(&sound->track, source, AVMEDIA_TYPE_AUDIO, 1, warnings, error);
  if (code) return code;
  int count = sound->track.decoder->ch_layout.nb_channels;
  if (count < 1 || count > 64 || sound->track.decoder->sample_rate < 1000 ||
      sound->track.decoder->sample_rate > 768000) {
    code = base_error_set(error, MIEN_EUNSUPPORTED, source->name,
                          "export the sound again, for example as 16-bit WAV at 16 kHz",
                          "the sound has %d channels at %d Hz", count,
                          sound->track.decoder->sample_rate);
    media_sound_clear(sound);
    return code;
  }
  sound->channels = count;
  if (count == 1) return MIEN_OK;
  if (channels == MEDIA_CHANNELS_MIX) {
    *mixed = "mixed, as asked";
  } else if (channels == MEDIA_CHANNELS_SPLIT) {
    if (count > MEDIA_CHANNELS_MAX)
      media_warn(warnings, MIEN_ELIMIT, NAN, "split the file before",
                 "the sound has %d channels, the first %d are read", count, MEDIA_CHANNELS_MAX);
    sound->channels = BASE_MIN(count, MEDIA_CHANNELS_MAX);
  } else if (count > 2) {
    *mixed = "more than two channels: they are one recording";
  } else {
    code = compare_channels(source, mixed, &sound->mirrored);
    if (code) {
      media_sound_clear(sound);
      return base_error_set(error, code, source->name, "close other programs", "out of memory");
    }
  }
  if (*mixed) sound->channels = 1;
  return MIEN_OK;
}

/* ---- Resampling. */

static int set_resampler(media_sound *sound, mien_error *error) {
  const AVFrame *frame = sound->track.frame;
  const char *name = sound->track.input.source->name;
  int in = frame->ch_layout.nb_channels;
  int status = av_channel_layout_copy(&sound->layout, &frame->ch_layout);
  sound->format = (enum AVSampleFormat)frame->format;
  sound->rate = frame->sample_rate;
  swr_free(&sound->resampler);
  if (in < 1 || in > 64 || sound->rate < 1000 || sound->rate > 768000)
    return base_error_set(error, MIEN_EUNSUPPORTED, name, "export the sound again",
                          "the sound changes to %d channels at %d Hz", in, sound->rate);
  /* A known layout is mixed as FFmpeg does it (centre at full, sides lower); of an unknown one, the
   * mean. Split channels are taken as they are. */
  bool custom = sound->channels > 1 || sound->mirrored ||
                frame->ch_layout.order != AV_CHANNEL_ORDER_NATIVE;
  AVChannelLayout from = {.order = AV_CHANNEL_ORDER_UNSPEC, .nb_channels = in};
  AVChannelLayout to = {.order = AV_CHANNEL_ORDER_UNSPEC, .nb_channels = sound->channels};
  if (!custom) {
    from = sound->layout;
    to = (AVChannelLayout)AV_CHANNEL_LAYOUT_MONO;
  }
  if (status >= 0)
    status = swr_alloc_set_opts2(&sound->resampler, &to, AV_SAMPLE_FMT_FLTP, MEDIA_RATE, &from,
                                 sound->format, sound->rate, 0, NULL);
  if (status >= 0 && custom) {
    double matrix[MEDIA_CHANNELS_MAX * 64] = {0};
    for (int i = 0; i < in; i++) {
      if (sound->channels > 1) matrix[BASE_MIN(i, sound->channels - 1) * in + i] = i < sound->channels;
      else matrix[i] = sound->mirrored ? i == 0 : 1.0 / in;
    }
    status = swr_set_matrix(sound->resampler, matrix, in);
  }
  if (status >= 0) status = swr_init(sound->resampler);
  if (status < 0)
    return media_error(error, status, name, "export the sound again", "the sound cannot be resampled");
  return MIEN_OK;
}

/* Replaces what is no number by silence; returns how many. */
static unsigned long long silence_floats(float *samples, size_t count) {
  unsigned long long bad = 0;
  for (size_t i = 0; i < count; i++)
    if (!(fabsf(samples[i]) < loudest)) samples[i] = 0, bad++;
  return bad;
}

static unsigned long long silence_doubles(double *samples, size_t count) {
  unsigned long long bad = 0;
  for (size_t i = 0; i < count; i++)
    if (!(fabs(samples[i]) < (double)loudest)) samples[i] = 0, bad++;
  return bad;
}

static int clean_frame(media_sound *sound) {
  AVFrame *frame = sound->track.frame;
  enum AVSampleFormat packed = av_get_packed_sample_fmt((enum AVSampleFormat)frame->format);
  if (packed != AV_SAMPLE_FMT_FLT && packed != AV_SAMPLE_FMT_DBL) return MIEN_OK;
  if (av_frame_make_writable(frame) < 0) return MIEN_ENOMEM;
  bool planar = av_sample_fmt_is_planar((enum AVSampleFormat)frame->format);
  int channels = frame->ch_layout.nb_channels, planes = planar ? channels : 1;
  size_t count = (size_t)frame->nb_samples * (size_t)(planar ? 1 : channels);
  unsigned long long bad = 0;
  for (int p = 0; p < planes; p++) {
    void *data = frame->extended_data[p];
    bad += packed == AV_SAMPLE_FMT_FLT ? silence_floats(data, count) : silence_doubles(data, count);
  }
  if (bad && !sound->not_numbers) sound->not_number_at = sound->track.last;
  sound->not_numbers += bad;
  return MIEN_OK;
}

/* Where the new frame begins on our clock; true when it does not continue the last one. */
static bool starts_anew(media_sound *sound, double *begin) {
  const AVFrame *frame = sound->track.frame;
  double expected = sound->anchor + (double)sound->taken / sound->rate;
  bool first = !sound->resampler;
  if (first) expected = 0;
  double time = sound->track.time + sound->shift;
  *begin = isfinite(time) && (!first || time > 0) ? time : expected;
  if (first) return true;
  double ahead = *begin - expected;
  if (ahead < -clock_slack || ahead > gap_max) {
    sound->shift -= ahead;
    if (!sound->stepped)
      media_warn(sound->track.warnings, MIEN_EFORMAT, expected, "",
                 "the clock of the sound jumps by %.1f s: it is taken as continuous", ahead);
    sound->stepped = true;
    *begin = expected;
    ahead = 0;
  }
  if (ahead <= clock_slack) *begin = expected;
  return ahead > clock_slack || frame->format != (int)sound->format ||
         frame->sample_rate != sound->rate ||
         av_channel_layout_compare(&frame->ch_layout, &sound->layout);
}

/* Resamples into what is left of the block. `frame` NULL: the tail of what went before. */
static int convert(media_sound *sound, const AVFrame *frame, bool flush) {
  if (!sound->resampler) return 0;
  uint8_t *to[MEDIA_CHANNELS_MAX];
  for (int c = 0; c < sound->channels; c++) to[c] = (uint8_t *)(sound->block[c] + sound->filled);
  const uint8_t *nothing[64] = {0};
  const uint8_t **from = frame ? (const uint8_t **)frame->extended_data : flush ? NULL : nothing;
  int got = swr_convert(sound->resampler, to, MEDIA_BLOCK - (int)sound->filled, from,
                        frame ? frame->nb_samples : 0);
  if (got > 0) sound->filled += (size_t)got;
  return got;
}

static void clamp_block(media_sound *sound) {
  for (int c = 0; c < sound->channels; c++)
    for (size_t i = 0; i < sound->filled; i++) {
      float x = sound->block[c][i];
      sound->block[c][i] = x > 1 ? 1 : x < -1 ? -1 : x == x ? x : 0;
    }
}

static void drain(media_sound *sound) {
  while (sound->filled < MEDIA_BLOCK && convert(sound, NULL, true) > 0) continue;
}

int media_sound_next(media_sound *sound, mien_error *error) {
  sound->emitted += (long long)sound->filled;
  sound->filled = 0;
  int code = MIEN_OK;
  while (sound->filled < MEDIA_BLOCK) {
    if (!sound->held) {
      if (convert(sound, NULL, false) > 0) continue; /* what the resampler still holds */
      code = media_track_next(&sound->track);
      if (!code) code = clean_frame(sound);
      if (code) break;
      sound->anew = starts_anew(sound, &sound->begin);
      sound->held = true;
    }
    if (sound->anew) {
      drain(sound);
      if (sound->filled) break; /* what went before is a block of its own */
      code = set_resampler(sound, error);
      if (code) return code;
      sound->anchor = sound->begin;
      sound->emitted = sound->taken = 0;
      sound->anew = false;
    }
    sound->held = false;
    sound->taken += sound->track.frame->nb_samples;
    if (convert(sound, sound->track.frame, false) < 0)
      media_warn(sound->track.warnings, MIEN_EFORMAT, sound->track.last, "",
                 "a piece of the sound could not be resampled");
  }
  if (code == MIEN_EEND) drain(sound);
  clamp_block(sound);
  if (sound->filled) return MIEN_OK;
  if (code == MIEN_ENOMEM)
    base_error_set(error, code, sound->track.input.source->name, "close other programs",
                   "out of memory");
  return code;
}

double media_sound_time(const media_sound *sound) {
  return sound->anchor + (double)sound->emitted / MEDIA_RATE;
}

void media_sound_report(const media_sound *sound) {
  media_track_report(&sound->track, "sound");
  if (sound->not_numbers)
    media_warn(sound->track.warnings, MIEN_EFORMAT, sound->not_number_at, "export the sound again",
               "%llu samples are not numbers and were taken as silence, here is the first",
               sound->not_numbers);
}

void media_sound_clear(media_sound *sound) {
  swr_free(&sound->resampler);
  av_channel_layout_uninit(&sound->layout);
  media_track_clear(&sound->track);
}
