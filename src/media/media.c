/* media.c: the reader: one track of sound, one of pictures, always the earlier of the two. */
#include "media/media.h"
#include "media/frames.h"
#include "media/quiet.h"
#include "media/sound.h"

struct media_reader {
  media_source source;
  char *name;
  media_info info;
  media_options options;
  media_warnings warnings;
  media_sound sound;
  media_frames frames;
  bool has_sound, has_frames;     /* open */
  bool sound_ready, frame_ready;  /* a block, a frame is held */
  int channel;                    /* of the block, the next to give */
  double ends;                    /* seconds: the latest time given */
  bool reported;
};

void media_options_init(media_options *options) {
  *options = (media_options){.size = sizeof *options,
                             .audio = true,
                             .pictures = true,
                             .channels = MEDIA_CHANNELS_AUTO,
                             .format = MIEN_RGB,
                             .max_fps = INFINITY,
                             .threads = 1};
}

static int advance_sound(media_reader *reader, mien_error *error) {
  int code = media_sound_next(&reader->sound, error);
  reader->sound_ready = code == MIEN_OK;
  reader->channel = 0;
  return code == MIEN_EEND ? MIEN_OK : code;
}

static int advance_frames(media_reader *reader, mien_error *error) {
  int code = media_frames_next(&reader->frames);
  reader->frame_ready = code == MIEN_OK;
  if (code == MIEN_ENOMEM)
    return base_error_set(error, code, reader->name, "ask for smaller pictures", "out of memory");
  return MIEN_OK;
}

/* Opens what is asked for and holds the first block and frame, so that a file of which nothing can
 * be decoded is an error here and not a silence later. MIEN_EEND: the file never had it. */
static int open_sound(media_reader *reader, mien_error *missing) {
  int code = media_sound_open(&reader->sound, &reader->source, reader->options.channels,
                              &reader->info.mixed, &reader->warnings, missing);
  if (code) return code;
  reader->has_sound = true;
  code = advance_sound(reader, missing);
  if (code) return code;
  if (reader->sound_ready) return MIEN_OK;
  if (reader->sound.track.damaged)
    return base_error_set(missing, MIEN_EFORMAT, reader->name, "copy or record the file again",
                          "the sound is damaged: no piece of it can be decoded");
  return base_error_set(missing, MIEN_EEMPTY, reader->name, "record the file again",
                        "the sound has no samples");
}

static int open_frames(media_reader *reader, mien_error *missing) {
  int code = media_frames_open(&reader->frames, &reader->source, &reader->options,
                               &reader->warnings, missing);
  if (code) return code;
  reader->has_frames = true;
  code = advance_frames(reader, missing);
  if (code) return code;
  if (reader->frame_ready) return MIEN_OK;
  return base_error_set(missing, MIEN_EFORMAT, reader->name, "copy or record the file again",
                        "no picture in the file can be decoded%s%s", *media_quiet_text() ? ": " : "",
                        media_quiet_text());
}

static void describe(media_reader *reader) {
  media_info *info = &reader->info;
  const AVFormatContext *format = (reader->has_sound ? &reader->sound.track : &reader->frames.track)
                                      ->input.format;
  info->name = reader->name;
  info->format = format->iformat->name;
  info->duration = format->duration > 0 ? (double)format->duration / AV_TIME_BASE : (double)NAN;
  info->fps = NAN;
  info->scale = 1;
  if (reader->has_sound) {
    const AVCodecContext *decoder = reader->sound.track.decoder;
    info->channels = reader->sound.channels;
    info->source_channels = decoder->ch_layout.nb_channels;
    info->source_rate = decoder->sample_rate;
    info->audio_codec = avcodec_get_name(decoder->codec_id);
  }
  if (reader->has_frames) {
    double fps = av_q2d(reader->frames.track.stream->avg_frame_rate);
    info->pictures = true;
    info->still = reader->frames.still;
    info->width = reader->frames.width;
    info->height = reader->frames.height;
    info->scale = reader->frames.scale;
    info->rotation = media_frames_rotation(&reader->frames);
    info->picture_codec = avcodec_get_name(reader->frames.track.decoder->codec_id);
    if (fps > 0 && !info->still) info->fps = fps;
    if (info->still) info->duration = NAN;
  }
}

static int open_tracks(media_reader *reader, mien_error *error) {
  const media_options *options = &reader->options;
  mien_error no_sound, no_frames;
  int sound = options->audio ? open_sound(reader, &no_sound) : MIEN_EEND;
  if (sound && reader->has_sound) media_sound_clear(&reader->sound);
  if (sound) reader->has_sound = false;
  int frames = options->pictures && sound != MIEN_EPOLICY ? open_frames(reader, &no_frames) : MIEN_EEND;
  if (frames && reader->has_frames) media_frames_clear(&reader->frames);
  if (frames) reader->has_frames = false;
  bool none = !reader->has_sound && !reader->has_frames;
  if (none && sound == MIEN_EEND && frames == MIEN_EEND)
    return base_error_set(error, MIEN_EEMPTY, reader->name, "give a file that has some",
                          "the file has no %s in it",
                          !options->pictures ? "sound"
                          : !options->audio  ? "pictures"
                                             : "sound and no pictures");
  const mien_error *cause = sound != MIEN_EEND ? &no_sound : &no_frames;
  if (none || sound == MIEN_ENOMEM || frames == MIEN_ENOMEM) {
    if (frames == MIEN_ENOMEM) cause = &no_frames;
    if (error) *error = *cause;
    return cause->code;
  }
  if (sound && sound != MIEN_EEND)
    media_warn(&reader->warnings, sound, NAN, no_sound.remedy, "%s", no_sound.what);
  if (frames && frames != MIEN_EEND)
    media_warn(&reader->warnings, frames, NAN, no_frames.remedy, "%s", no_frames.what);
  describe(reader);
  return MIEN_OK;
}

static int open_reader(media_reader **to, const char *path, const void *data, size_t bytes,
                       const media_options *options, mien_error *error) {
  *to = NULL;
  if (!path || !options || options->size != sizeof *options || (!options->audio && !options->pictures) ||
      (options->format != MIEN_GREY && options->format != MIEN_RGB) || options->max_side < 0 ||
      !(options->max_fps > 0))
    return base_error_set(error, MIEN_EINVAL, path ? path : "", "start from media_options_init",
                          "the options of media_open are out of range");
  media_reader *reader = base_alloc(1, sizeof *reader);
  if (!reader) return base_error_set(error, MIEN_ENOMEM, path, "", "out of memory");
  reader->options = *options;
  reader->source.fd = -1;
  reader->name = base_strdup(path);
  reader->warnings.name = reader->name;
  int code = MIEN_ENOMEM;
  if (!reader->name) base_error_set(error, code, path, "", "out of memory");
  else if (data) code = media_source_memory(&reader->source, data, bytes, reader->name, error);
  else code = media_source_open(&reader->source, reader->name, error);
  if (!code) code = open_tracks(reader, error);
  if (code) media_close(&reader);
  *to = reader;
  return code;
}

int media_open(media_reader **reader, const char *path, const media_options *options,
               mien_error *error) {
  return open_reader(reader, path, NULL, 0, options, error);
}

int media_open_memory(media_reader **reader, const void *data, size_t bytes, const char *name,
                      const media_options *options, mien_error *error) {
  return open_reader(reader, name, data ? data : "", data ? bytes : 0, options, error);
}

const media_info *media_describe(const media_reader *reader) {
  return &reader->info;
}

static int give_warning(media_reader *reader, media_item *item) {
  media_warnings *warnings = &reader->warnings;
  *item = (media_item){.kind = MEDIA_WARNING,
                       .at = reader->ends,
                       .warning = &warnings->list[warnings->given++]};
  if (warnings->given == warnings->count) warnings->given = warnings->count = 0;
  return MIEN_OK;
}

/* Bytes that a RIFF header promises and the file lacks; 0 for none and for other formats. */
static long long riff_lacks(const media_reader *reader) {
  uint8_t head[8];
  media_input input = {.source = &reader->source};
  if (media_input_bytes(&input, head, sizeof head) != sizeof head || memcmp(head, "RIFF", 4)) return 0;
  uint32_t size = head[4] | head[5] << 8 | head[6] << 16 | (uint32_t)head[7] << 24;
  if (size >= UINT32_MAX - 64) return 0; /* written while streaming: unknown */
  return BASE_MAX((long long)size + 8 - reader->source.size, 0);
}

/* Damage met on the way, and whether the file ends before its header says. */
static void report_end(media_reader *reader) {
  reader->reported = true;
  if (reader->has_sound) media_sound_report(&reader->sound);
  if (reader->has_frames) media_frames_report(&reader->frames);
  const AVFormatContext *format = (reader->has_sound ? &reader->sound.track : &reader->frames.track)
                                      ->input.format;
  double promised = reader->info.duration;
  if (format->duration_estimation_method != AVFMT_DURATION_FROM_BITRATE &&
      reader->ends < promised - BASE_MAX(0.5, 0.02 * promised))
    media_warn(&reader->warnings, MIEN_EFORMAT, reader->ends, "copy the file again",
               "the file ends here, though its header promises %.2f s: it was cut off", promised);
  else if (riff_lacks(reader))
    media_warn(&reader->warnings, MIEN_EFORMAT, reader->ends, "copy the file again",
               "the file ends here, %lld bytes before its header says: it was cut off",
               riff_lacks(reader));
}

static int give_frame(media_reader *reader, media_item *item, mien_error *error) {
  *item = (media_item){.kind = MEDIA_PICTURE, .at = reader->frames.at};
  mien_error reason;
  int code = media_frames_picture(&reader->frames, &item->picture, &reason);
  reader->ends = BASE_MAX(reader->ends, item->at + (reader->info.fps > 0 ? 1 / reader->info.fps : 0));
  if (code == MIEN_ENOMEM) {
    if (error) *error = reason;
    return code;
  }
  if (code && reader->frames.refused == 1)
    media_warn(&reader->warnings, code, item->at, reason.remedy, "%s", reason.what);
  return code ? MIEN_EAGAIN : MIEN_OK;
}

int media_next(media_reader *reader, media_item *item, mien_error *error) {
  for (;;) {
    if (reader->warnings.count) return give_warning(reader, item);
    int code = MIEN_OK;
    if (reader->sound_ready && reader->channel == reader->info.channels)
      code = advance_sound(reader, error);
    else if (reader->has_frames && !reader->frame_ready && !reader->frames.track.ended)
      code = advance_frames(reader, error);
    if (code) return code;
    if (reader->warnings.count) continue;
    if (!reader->sound_ready && !reader->frame_ready) {
      if (reader->reported) return MIEN_EEND;
      report_end(reader);
      continue;
    }
    double at = reader->sound_ready ? media_sound_time(&reader->sound) : INFINITY;
    if (reader->frame_ready && reader->channel == 0 && reader->frames.at < at) {
      reader->frame_ready = false;
      code = give_frame(reader, item, error);
      if (code == MIEN_EAGAIN) continue;
      return code;
    }
    size_t count = reader->sound.filled;
    *item = (media_item){.kind = MEDIA_AUDIO,
                         .at = at,
                         .channel = reader->channel,
                         .pcm = reader->sound.block[reader->channel],
                         .count = count};
    reader->channel++;
    reader->ends = BASE_MAX(reader->ends, at + (double)count / MEDIA_RATE);
    return MIEN_OK;
  }
}

void media_close(media_reader **to) {
  media_reader *reader = *to;
  if (!reader) return;
  if (reader->has_sound) media_sound_clear(&reader->sound);
  if (reader->has_frames) media_frames_clear(&reader->frames);
  media_source_clear(&reader->source);
  base_free(reader->name);
  base_free(reader);
  *to = NULL;
}
