/* track.c: demux one stream, decode it. A damaged packet costs itself, not the file. */
#include "media/track.h"
#include "media/quiet.h"

#include <libavutil/opt.h>

enum { FAILURES_MAX = 64 /* read errors in a row before the rest is given up */ };
static const int64_t pixels_max = 120000000; /* a 100-megapixel camera; larger ones are refused */

static int choose_stream(AVFormatContext *format, enum AVMediaType kind) {
  int best = av_find_best_stream(format, kind, -1, -1, NULL, 0);
  if (best >= 0 && !(format->streams[best]->disposition & AV_DISPOSITION_ATTACHED_PIC)) return best;
  for (unsigned i = 0; i < format->nb_streams; i++) /* damaged, or cover art: is there another? */
    if (format->streams[i]->codecpar->codec_type == kind &&
        !(format->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC))
      return (int)i;
  return AVERROR_STREAM_NOT_FOUND;
}

static int open_decoder(media_track *track, int threads, mien_error *error) {
  const char *name = track->input.source->name;
  const AVCodecParameters *from = track->stream->codecpar;
  const char *kind = av_get_media_type_string(from->codec_type);
  const AVCodec *codec = avcodec_find_decoder(from->codec_id);
  if (!codec)
    return base_error_set(error, MIEN_EUNSUPPORTED, name, "convert it, for example with ffmpeg -i",
                          "the %s is coded as %s, which this FFmpeg cannot decode", kind,
                          avcodec_get_name(from->codec_id));
  track->decoder = avcodec_alloc_context3(codec);
  track->packet = av_packet_alloc();
  track->frame = av_frame_alloc();
  int status = AVERROR(ENOMEM);
  if (!track->decoder || !track->packet || !track->frame) goto fail;
  status = avcodec_parameters_to_context(track->decoder, from);
  if (status < 0) goto fail;
  track->decoder->pkt_timebase = track->stream->time_base;
  track->decoder->thread_count = BASE_CLAMP(threads, 1, 16);
  track->decoder->max_pixels = pixels_max;
  if (from->codec_type == AVMEDIA_TYPE_AUDIO && from->ch_layout.nb_channels < 1)
    return base_error_set(error, MIEN_EFORMAT, name, "export the sound again",
                          "the header gives the sound no channels");
  status = avcodec_open2(track->decoder, codec, NULL);
  if (status < 0) goto fail;
  return MIEN_OK;
fail:
  return media_error(error, status, name, "check that it plays; convert it, for example with "
                                          "ffmpeg -i",
                     from->codec_type == AVMEDIA_TYPE_AUDIO ? "the sound cannot be decoded"
                                                            : "the pictures cannot be decoded");
}

int media_track_open(media_track *track, const media_source *source, enum AVMediaType kind,
                     int threads, media_warnings *warnings, mien_error *error) {
  *track = (media_track){.warnings = warnings, .time = NAN, .last = NAN, .damaged_at = NAN};
  int code = media_input_open(&track->input, source, error);
  if (code) return code;
  AVFormatContext *format = track->input.format;
  int chosen = choose_stream(format, kind);
  if (chosen < 0) {
    code = MIEN_EEND;
  } else {
    track->stream = format->streams[chosen];
    for (unsigned i = 0; i < format->nb_streams; i++)
      if ((int)i != chosen) format->streams[i]->discard = AVDISCARD_ALL;
    if (format->start_time != AV_NOPTS_VALUE)
      track->origin = (double)format->start_time / AV_TIME_BASE;
    code = open_decoder(track, threads, error);
  }
  if (code) media_track_clear(track);
  return code;
}

static void note_damage(media_track *track) {
  if (!track->damaged++) track->damaged_at = track->last;
}

/* Gives the decoder one more packet, or tells it that there are no more. */
static int send_packet(media_track *track) {
  while (!track->draining) {
    int status = av_read_frame(track->input.format, track->packet);
    if (status == AVERROR(ENOMEM)) return MIEN_ENOMEM;
    if (status < 0) {
      bool over = status == AVERROR_EOF || avio_feof(track->input.io);
      if (!over) note_damage(track);
      if (over || ++track->failures >= FAILURES_MAX) track->draining = true;
      continue;
    }
    track->failures = 0;
    if (track->packet->stream_index != track->stream->index) {
      av_packet_unref(track->packet);
      continue;
    }
    status = avcodec_send_packet(track->decoder, track->packet);
    av_packet_unref(track->packet);
    if (status == AVERROR(ENOMEM)) return MIEN_ENOMEM;
    if (status < 0) note_damage(track);
    return MIEN_OK;
  }
  avcodec_send_packet(track->decoder, NULL);
  return MIEN_OK;
}

int media_track_next(media_track *track) {
  media_quiet_reset();
  while (!track->ended) {
    int status = avcodec_receive_frame(track->decoder, track->frame);
    if (status == 0) {
      bool still = strstr(track->input.format->iformat->name, "_pipe") != NULL;
      if (track->frame->decode_error_flags || (track->frame->flags & AV_FRAME_FLAG_CORRUPT) ||
          (still && media_quiet_errors())) /* a JPEG that ends early is patched with a mere log line */
        note_damage(track);
      int64_t stamp = track->frame->best_effort_timestamp;
      track->time = stamp == AV_NOPTS_VALUE
                        ? NAN
                        : (double)stamp * av_q2d(track->stream->time_base) - track->origin;
      if (isfinite(track->time) && !(track->time <= track->last)) track->last = track->time;
      track->frames++;
      return MIEN_OK;
    }
    if (status == AVERROR(ENOMEM)) return MIEN_ENOMEM;
    if (status == AVERROR_EOF || (track->draining && status != AVERROR(EAGAIN))) {
      track->ended = true;
      break;
    }
    if (status != AVERROR(EAGAIN)) note_damage(track);
    int code = send_packet(track);
    if (code) return code;
  }
  return MIEN_EEND;
}

void media_track_report(const media_track *track, const char *of) {
  if (track->damaged)
    media_warn(track->warnings, MIEN_EFORMAT, track->damaged_at, "copy or record the file again",
               "the %s is damaged: %lu piece%s of it could not be decoded properly%s", of, track->damaged,
               track->damaged == 1 ? "" : "s", isfinite(track->damaged_at) ? ", the first here" : "");
}

void media_track_clear(media_track *track) {
  av_frame_free(&track->frame);
  av_packet_free(&track->packet);
  avcodec_free_context(&track->decoder);
  media_input_clear(&track->input);
  track->stream = NULL;
}
