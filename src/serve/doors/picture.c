/* picture.c: JPEG to grey, by libavcodec's decoder. Damage that the decoder can mend is let pass. */
#include "serve/doors/picture.h"

#include <libavcodec/avcodec.h>
#include <libavutil/pixdesc.h>

struct serve_jpeg {
  AVCodecContext *decoder;
  AVPacket *packet;
  AVFrame *frame;
};

void serve_jpeg_close(serve_jpeg **jpeg) {
  if (!*jpeg) return;
  avcodec_free_context(&(*jpeg)->decoder);
  av_packet_free(&(*jpeg)->packet);
  av_frame_free(&(*jpeg)->frame);
  base_free(*jpeg);
  *jpeg = NULL;
}

int serve_jpeg_open(serve_jpeg **opened) {
  serve_jpeg *jpeg = base_alloc(1, sizeof *jpeg);
  const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_MJPEG);
  *opened = jpeg;
  if (!jpeg) return MIEN_ENOMEM;
  jpeg->decoder = codec ? avcodec_alloc_context3(codec) : NULL;
  jpeg->packet = av_packet_alloc();
  jpeg->frame = av_frame_alloc();
  if (jpeg->decoder && jpeg->packet && jpeg->frame) {
    jpeg->decoder->thread_count = 1;
    jpeg->decoder->max_pixels = (int64_t)SERVE_PICTURE_SIDE * SERVE_PICTURE_SIDE;
    if (avcodec_open2(jpeg->decoder, codec, NULL) == 0) return MIEN_OK;
  }
  serve_jpeg_close(opened);
  return codec ? MIEN_ENOMEM : MIEN_EUNSUPPORTED;
}

int serve_jpeg_read(serve_jpeg *jpeg, const uint8_t *bytes, size_t count, mien_picture *picture) {
  if (count > SERVE_PICTURE_BYTES) return MIEN_ELIMIT;
  if (count < 4 || bytes[0] != 0xff || bytes[1] != 0xd8) return MIEN_EFORMAT;
  av_packet_unref(jpeg->packet); /* its buffer must end in padding: the decoder reads in words */
  if (av_new_packet(jpeg->packet, (int)count) < 0) return MIEN_ENOMEM;
  memcpy(jpeg->packet->data, bytes, count);
  av_frame_unref(jpeg->frame);
  avcodec_flush_buffers(jpeg->decoder);
  int code = avcodec_send_packet(jpeg->decoder, jpeg->packet);
  if (code >= 0) code = avcodec_receive_frame(jpeg->decoder, jpeg->frame);
  av_packet_unref(jpeg->packet);
  if (code == AVERROR(ENOMEM)) return MIEN_ENOMEM;
  if (code < 0) return MIEN_EFORMAT;
  const AVFrame *frame = jpeg->frame;
  const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(frame->format);
  bool has_brightness = format && !(format->flags & AV_PIX_FMT_FLAG_RGB) && format->comp[0].depth == 8 &&
                        format->comp[0].plane == 0 && format->comp[0].step == 1;
  if (!has_brightness) return MIEN_EFORMAT;
  if (frame->width > SERVE_PICTURE_SIDE || frame->height > SERVE_PICTURE_SIDE) return MIEN_ELIMIT;
  if (frame->linesize[0] < frame->width) return MIEN_EFORMAT;
  *picture = (mien_picture){frame->width, frame->height, MIEN_GREY, (size_t)frame->linesize[0], frame->data[0]};
  return MIEN_OK;
}
