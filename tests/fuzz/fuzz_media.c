/* Bytes as a recording: opened and read for a while. Checks what media.h promises of the items. */
#include <stdlib.h>

#include "media/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (bytes > 1 << 20) return 0;
  media_options options;
  media_options_init(&options);
  options.max_side = 64;
  options.format = bytes % 2 ? MIEN_GREY : MIEN_RGB;
  options.channels = (int)(bytes % 3);
  media_reader *reader;
  mien_error error;
  if (media_open_memory(&reader, data, bytes, "fuzz", &options, &error)) return 0;
  media_item item;
  double last = 0, sum = 0;
  for (int i = 0; i < 200 && media_next(reader, &item, &error) == MIEN_OK; i++) {
    if (item.kind == MEDIA_WARNING) continue;
    if (!(item.at >= last)) abort();
    last = item.at;
    if (item.kind == MEDIA_AUDIO) {
      if (item.count < 1 || item.count > MEDIA_BLOCK) abort();
      for (size_t k = 0; k < item.count; k++) {
        if (!(fabsf(item.pcm[k]) <= 1)) abort();
      }
    } else {
      const mien_picture *p = &item.picture;
      if (p->width < 1 || p->height < 1 || p->width > 64 || p->height > 64) abort();
      for (int y = 0; y < p->height; y++) sum += p->data[(size_t)y * p->stride + p->stride - 1];
    }
  }
  if (sum < 0) abort();
  media_close(&reader);
  return 0;
}
