/* frames.c: choose frames by time, scale and convert them once, turn them by the file's metadata. */
#include "media/frames.h"
#include "media/quiet.h"

#include <libavutil/display.h>
#include <libavutil/pixdesc.h>

enum { SIDE_MAX = 16384 /* of mien_picture */ };

/* The nearest of the eight turns and mirrors. FFmpeg's matrix maps a pixel by (x y 1)·M. */
static void read_turn(int turn[4], const int32_t *matrix) {
  static const int as_is[4] = {1, 0, 0, 1};
  memcpy(turn, as_is, sizeof as_is);
  if (!matrix) return;
  int a = (matrix[0] > 0) - (matrix[0] < 0), b = (matrix[1] > 0) - (matrix[1] < 0);
  int c = (matrix[3] > 0) - (matrix[3] < 0), d = (matrix[4] > 0) - (matrix[4] < 0);
  bool straight = llabs((long long)matrix[0]) + llabs((long long)matrix[4]) >=
                  llabs((long long)matrix[1]) + llabs((long long)matrix[3]);
  if (straight ? !a || !d : !b || !c) return;
  turn[0] = straight ? a : 0, turn[1] = straight ? 0 : c;
  turn[2] = straight ? 0 : b, turn[3] = straight ? d : 0;
}

int media_frames_open(media_frames *frames, const media_source *source,
                      const media_options *options, media_warnings *warnings, mien_error *error) {
  *frames = (media_frames){.format = options->format,
                           .max_side = options->max_side > 0 && options->max_side < SIDE_MAX
                                           ? options->max_side
                                           : SIDE_MAX,
                           .max_fps = options->max_fps,
                           .due = -INFINITY};
  int code = media_track_open(&frames->track, source, AVMEDIA_TYPE_VIDEO, options->threads, warnings,
                              error);
  if (code) return code;
  const char *container = frames->track.input.format->iformat->name;
  frames->still = strstr(container, "_pipe") != NULL;
  read_turn(frames->turn, (const int32_t *)av_stream_get_side_data(frames->track.stream,
                                                          AV_PKT_DATA_DISPLAYMATRIX, NULL));
  return MIEN_OK;
}

/* The size that the held frame is given at, before it is turned. */
static void fit(media_frames *frames, int *width, int *height) {
  const AVFrame *frame = frames->track.frame;
  AVRational pixel = av_guess_sample_aspect_ratio(frames->track.input.format, frames->track.stream,
                                                  (AVFrame *)frame);
  double w = frame->width, h = frame->height, aspect = pixel.num > 0 && pixel.den > 0 ? av_q2d(pixel) : 1;
  if (aspect > 0.2 && aspect < 5) w *= aspect; /* anything else is a damaged header */
  frames->scale = BASE_MIN(1, frames->max_side / BASE_MAX(w, h));
  *width = (int)BASE_CLAMP(lround(w * frames->scale), 1, SIDE_MAX);
  *height = (int)BASE_CLAMP(lround(h * frames->scale), 1, SIDE_MAX);
}

int media_frames_next(media_frames *frames) {
  for (;;) {
    int code = media_track_next(&frames->track);
    if (code) return code;
    const AVFrame *frame = frames->track.frame;
    if (frame->width < 1 || frame->height < 1) continue;
    double at = frames->track.time;
    if (!isfinite(at)) at = frames->track.frames == 1 ? 0 : frames->at + 1 / 25.0;
    at = BASE_MAX(at, 0);
    if (frames->track.frames > 1 && at < frames->at) at = frames->at;
    /* A frame is wanted when it is the nearest to the next point of a regular grid. */
    double every = frames->max_fps > 0 ? 1 / frames->max_fps : 0;
    if (every > 0) {
      double fps = av_q2d(frames->track.stream->avg_frame_rate);
      double slack = fps > 0 ? 0.5 / fps : 1e-3;
      if (at < frames->due - BASE_MIN(slack, every / 2)) continue;
      frames->due = BASE_MAX((isinf(frames->due) ? at : frames->due) + every, at + every / 2);
    }
    frames->at = at;
    const AVFrameSideData *side = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
    if (side && side->size >= 9 * sizeof(int32_t))
      read_turn(frames->turn, (const int32_t *)(const void *)side->data);
    fit(frames, &frames->width, &frames->height);
    if (!frames->turn[0]) {
      int width = frames->width;
      frames->width = frames->height;
      frames->height = width;
    }
    return MIEN_OK;
  }
}

static int make_room(uint8_t **buffer, size_t *have, size_t need) {
  if (*have >= need) return MIEN_OK;
  base_free_aligned(*buffer);
  *have = 0;
  *buffer = base_alloc_aligned(need + 64); /* swscale writes whole vectors */
  if (!*buffer) return MIEN_ENOMEM;
  *have = need;
  return MIEN_OK;
}

static int scale(media_frames *frames, int width, int height, size_t stride) {
  const AVFrame *frame = frames->track.frame;
  enum AVPixelFormat to = frames->format == MIEN_GREY ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_RGB24;
  bool smaller = width < frame->width || height < frame->height;
  frames->scaler = sws_getCachedContext(frames->scaler, frame->width, frame->height,
                                        (enum AVPixelFormat)frame->format, width, height, to,
                                        smaller ? SWS_AREA : SWS_BICUBIC, NULL, NULL, NULL);
  if (!frames->scaler) return MIEN_EUNSUPPORTED;
  int space = frame->colorspace == AVCOL_SPC_BT709        ? SWS_CS_ITU709
              : frame->colorspace == AVCOL_SPC_BT2020_NCL ? SWS_CS_BT2020
                                                          : SWS_CS_ITU601;
  int *from_table, *to_table, from_full, to_full, brightness, contrast, saturation;
  if (sws_getColorspaceDetails(frames->scaler, &from_table, &from_full, &to_table, &to_full,
                               &brightness, &contrast, &saturation) >= 0)
    sws_setColorspaceDetails(frames->scaler, sws_getCoefficients(space),
                             from_full || frame->color_range == AVCOL_RANGE_JPEG,
                             sws_getCoefficients(SWS_CS_ITU601), 1, brightness, contrast, saturation);
  uint8_t *const planes[4] = {frames->scaled};
  const int strides[4] = {(int)stride};
  int rows = sws_scale(frames->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0,
                       frame->height, planes, strides);
  return rows > 0 ? MIEN_OK : MIEN_EUNSUPPORTED;
}

/* scaled (width × height) to upright. Walks the result row by row. */
static void turn_picture(media_frames *frames, int width, int height) {
  const int *t = frames->turn;
  size_t pixel = (size_t)frames->format;
  /* where pixel (x', y') of the result comes from: the transpose of an orthogonal matrix */
  ptrdiff_t x0 = t[0] + t[2] < 0 ? width - 1 : 0, y0 = t[1] + t[3] < 0 ? height - 1 : 0;
  ptrdiff_t row = (ptrdiff_t)pixel * width;
  ptrdiff_t right = t[0] * (ptrdiff_t)pixel + t[1] * row, down = t[2] * (ptrdiff_t)pixel + t[3] * row;
  const uint8_t *start = frames->scaled + y0 * row + x0 * (ptrdiff_t)pixel;
  uint8_t *to = frames->upright;
  for (int y = 0; y < frames->height; y++)
    for (int x = 0; x < frames->width; x++, to += pixel)
      memcpy(to, start + y * down + x * right, pixel);
}

int media_frames_picture(media_frames *frames, mien_picture *picture, mien_error *error) {
  const int *t = frames->turn;
  const char *name = frames->track.input.source->name;
  int width = t[0] ? frames->width : frames->height, height = t[0] ? frames->height : frames->width;
  size_t stride = (size_t)width * (size_t)frames->format;
  int code = make_room(&frames->scaled, &frames->scaled_bytes, stride * (size_t)height);
  bool turned = t[0] != 1 || t[3] != 1;
  if (!code && turned) code = make_room(&frames->upright, &frames->upright_bytes, stride * (size_t)height);
  if (code)
    return base_error_set(error, code, name, "ask for smaller pictures", "out of memory");
  if (scale(frames, width, height, stride)) {
    const char *pixels = av_get_pix_fmt_name((enum AVPixelFormat)frames->track.frame->format);
    frames->refused++;
    return base_error_set(error, MIEN_EUNSUPPORTED, name, "convert it, for example to JPEG",
                          "pictures of the pixel format %s cannot be converted",
                          pixels ? pixels : "(unknown)");
  }
  if (turned) turn_picture(frames, width, height);
  *picture = (mien_picture){.width = frames->width,
                            .height = frames->height,
                            .format = frames->format,
                            .stride = (size_t)frames->width * (size_t)frames->format,
                            .data = turned ? frames->upright : frames->scaled};
  return MIEN_OK;
}

int media_frames_rotation(const media_frames *frames) {
  const int *t = frames->turn;
  return t[0] < 0 ? 180 : t[0] > 0 ? 0 : t[2] > 0 ? 90 : 270;
}

void media_frames_report(const media_frames *frames) {
  media_track_report(&frames->track, frames->still ? "picture" : "video");
}

void media_frames_clear(media_frames *frames) {
  sws_freeContext(frames->scaler);
  frames->scaler = NULL;
  base_free_aligned(frames->scaled);
  base_free_aligned(frames->upright);
  frames->scaled = frames->upright = NULL;
  media_track_clear(&frames->track);
}
