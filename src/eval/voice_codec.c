/* voice_codec.c: sound to packets and back. */
#include "eval/voice_codec.h"

#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

#include "base/base.h"

enum { RATE = 16000 };

typedef struct coder {
  AVCodecContext *encoder, *decoder;
  AVPacket *packet;
  AVFrame *in, *out;
  SwrContext *back; /* made for the first frame that is decoded */
  float *pcm;       /* 16 kHz, what came back */
  size_t room, filled;
} coder;

/* Mono at `from` to mono at `to`; the samples written, or -1. */
static long resample(const float *x, size_t count, int from, int to, float *y, size_t room) {
  AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
  SwrContext *swr = NULL;
  if (swr_alloc_set_opts2(&swr, &mono, AV_SAMPLE_FMT_FLT, to, &mono, AV_SAMPLE_FMT_FLT, from, 0, NULL) < 0 || swr_init(swr) < 0) {
    swr_free(&swr);
    return -1;
  }
  const uint8_t *in[1] = {(const uint8_t *)x};
  uint8_t *out[1] = {(uint8_t *)y};
  long got = swr_convert(swr, out, (int)room, in, (int)count);
  if (got >= 0 && (size_t)got < room) {
    out[0] = (uint8_t *)(y + got);
    got += swr_convert(swr, out, (int)(room - (size_t)got), NULL, 0);
  }
  swr_free(&swr);
  return got;
}

static void close_coder(coder *c) {
  avcodec_free_context(&c->encoder);
  avcodec_free_context(&c->decoder);
  av_packet_free(&c->packet);
  av_frame_free(&c->in);
  av_frame_free(&c->out);
  swr_free(&c->back);
}

static int open_coder(coder *c, const voice_codec *codec) {
  const AVCodec *encoder = avcodec_find_encoder_by_name(codec->encoder);
  const AVCodec *decoder = encoder ? avcodec_find_decoder(encoder->id) : NULL;
  if (!encoder || !decoder) return MIEN_EUNSUPPORTED;
  c->encoder = avcodec_alloc_context3(encoder);
  c->decoder = avcodec_alloc_context3(decoder);
  c->packet = av_packet_alloc();
  c->in = av_frame_alloc();
  c->out = av_frame_alloc();
  if (!c->encoder || !c->decoder || !c->packet || !c->in || !c->out) return MIEN_ENOMEM;
  c->encoder->sample_rate = codec->rate;
  c->encoder->bit_rate = codec->bits;
  c->encoder->sample_fmt = encoder->sample_fmts ? encoder->sample_fmts[0] : AV_SAMPLE_FMT_S16;
  c->encoder->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  av_channel_layout_default(&c->encoder->ch_layout, 1);
  av_opt_set(c->encoder->priv_data, "application", "voip", 0);
  if (avcodec_open2(c->encoder, encoder, NULL) < 0) return MIEN_EUNSUPPORTED;
  AVCodecParameters *parameters = avcodec_parameters_alloc();
  bool ready = parameters && avcodec_parameters_from_context(parameters, c->encoder) >= 0 &&
               avcodec_parameters_to_context(c->decoder, parameters) >= 0 && avcodec_open2(c->decoder, decoder, NULL) >= 0;
  avcodec_parameters_free(&parameters);
  return ready ? MIEN_OK : MIEN_EUNSUPPORTED;
}

/* A decoded frame to 16 kHz, behind what is there. */
static int take_frame(coder *c) {
  if (!c->back) {
    AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
    if (swr_alloc_set_opts2(&c->back, &mono, AV_SAMPLE_FMT_FLT, RATE, &c->out->ch_layout, c->out->format, c->out->sample_rate, 0, NULL) < 0 ||
        swr_init(c->back) < 0)
      return MIEN_ENOMEM;
  }
  uint8_t *to[1] = {(uint8_t *)(c->pcm + c->filled)};
  int got = swr_convert(c->back, to, (int)(c->room - c->filled), (const uint8_t **)c->out->extended_data, c->out->nb_samples);
  if (got < 0) return MIEN_ENOMEM;
  c->filled += (size_t)got;
  return MIEN_OK;
}

/* A frame (NULL: the end) through the encoder and the decoder. */
static int push(coder *c, const AVFrame *frame) {
  int code = avcodec_send_frame(c->encoder, frame) < 0 ? MIEN_EUNSUPPORTED : MIEN_OK;
  while (!code && avcodec_receive_packet(c->encoder, c->packet) >= 0) {
    if (avcodec_send_packet(c->decoder, c->packet) < 0) code = MIEN_EUNSUPPORTED;
    av_packet_unref(c->packet);
    while (!code && avcodec_receive_frame(c->decoder, c->out) >= 0) code = take_frame(c);
  }
  return code;
}

static int fill(coder *c, const float *x, size_t count) {
  c->in->nb_samples = (int)count;
  c->in->format = c->encoder->sample_fmt;
  c->in->sample_rate = c->encoder->sample_rate;
  av_channel_layout_copy(&c->in->ch_layout, &c->encoder->ch_layout);
  if (av_frame_get_buffer(c->in, 0) < 0) return MIEN_ENOMEM;
  for (size_t i = 0; i < count; i++) {
    float v = BASE_CLAMP(x[i], -1.0f, 1.0f);
    if (c->in->format == AV_SAMPLE_FMT_FLT || c->in->format == AV_SAMPLE_FMT_FLTP) ((float *)c->in->data[0])[i] = v;
    else if (c->in->format == AV_SAMPLE_FMT_S32P) ((int32_t *)c->in->data[0])[i] = (int32_t)lrintf(v * 2147480000.0f);
    else ((int16_t *)c->in->data[0])[i] = (int16_t)lrintf(v * 32767.0f);
  }
  return MIEN_OK;
}

int voice_codec_go(const voice_codec *codec, float *pcm, size_t count) {
  coder c = {0};
  size_t room = count * (size_t)codec->rate / RATE + 4096;
  float *x = base_alloc(room, sizeof *x);
  c.room = count + 2 * RATE;
  c.pcm = base_alloc(c.room, sizeof *c.pcm);
  long given = x && c.pcm ? resample(pcm, count, RATE, codec->rate, x, room) : -1;
  int code = given < 0 ? MIEN_ENOMEM : open_coder(&c, codec);
  size_t step = !code && c.encoder->frame_size ? (size_t)c.encoder->frame_size : 320;
  for (size_t at = 0; !code && at < (size_t)given; at += step) {
    size_t some = BASE_MIN(step, (size_t)given - at);
    float last[8192] = {0};
    if (step > BASE_COUNT(last)) code = MIEN_EUNSUPPORTED;
    else memcpy(last, x + at, some * sizeof *last);
    if (!code) code = fill(&c, last, step);
    if (!code) code = push(&c, c.in);
    av_frame_unref(c.in);
  }
  if (!code) code = push(&c, NULL);
  size_t skip = !code ? (size_t)((double)c.encoder->initial_padding * RATE / codec->rate) : 0;
  skip = BASE_MIN(skip, c.filled);
  for (size_t i = 0; !code && i < count; i++) pcm[i] = skip + i < c.filled ? c.pcm[skip + i] : 0.0f;
  close_coder(&c);
  base_free(x);
  base_free(c.pcm);
  return code;
}
