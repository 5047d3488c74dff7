/* fuzz_wire.c: what a client of the service sends: an "open", sound of any coding in any pieces, a JPEG, and a signed
 * upgrade. The first byte picks. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/doors/audiohook_sign.h"
#include "serve/doors/picture.h"
#include "serve/doors/sound.h"
#include "serve/live/open.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void opening(const uint8_t *text, size_t bytes) {
  json_t *what = json_loadb((const char *)text, bytes, JSON_REJECT_DUPLICATES, NULL);
  serve_asked asked;
  mien_error error = {0};
  if (!json_is_object(what)) {
    json_decref(what);
    return;
  }
  int code = serve_open_read(what, &asked, &error);
  if (code && !error.what[0]) abort();
  for (size_t i = 0; !code && i < asked.live.stream_count; i++)
    for (int c = 0; c < asked.streams[i].format.channels; c++)
      if (asked.streams[i].people[c] >= (int)asked.live.person_count) abort();
  json_decref(what);
}

typedef struct heard {
  double until[SERVE_CHANNELS];
  size_t samples;
  float sum;
} heard;

static int hear(void *context, int channel, const float *pcm, size_t count, double at) {
  heard *h = context;
  if (channel < 0 || channel >= SERVE_CHANNELS || !count) abort();
  h->samples += count;
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += pcm[i];
  h->sum = sum; /* so that each is read */
  h->until[channel] = at + (double)count / SERVE_RATE;
  return MIEN_OK;
}

static void sound(const uint8_t *bytes, size_t count) {
  if (count < 8) return;
  serve_sound_format format = {bytes[0] % (SERVE_CODINGS + 1), 8000 + bytes[1] * 400, bytes[2] % 4};
  serve_sound *s;
  mien_error error = {0};
  heard h = {0};
  if (serve_sound_open(&s, &format, &error)) {
    if (!error.what[0] || s) abort();
    return;
  }
  for (size_t at = 8, piece = bytes[3] + 1; at < count; at += piece)
    serve_sound_feed(s, bytes + at, count - at < piece ? count - at : piece, bytes[4] & 1 ? NAN : (double)at * bytes[5] / 1000, hear, &h);
  serve_sound_finish(s, hear, &h);
  if (h.samples > (count + 64) * 16 * SERVE_CHANNELS) abort();
  serve_sound_close(&s);
}

static void picture(const uint8_t *bytes, size_t count) {
  static serve_jpeg *jpeg;
  mien_picture got;
  if (!jpeg && serve_jpeg_open(&jpeg)) abort();
  if (serve_jpeg_read(jpeg, bytes, count, &got)) return;
  uint8_t ends[2] = {0};
  for (int y = 0; y < got.height; y++) { /* each row can be read to its end */
    memcpy(&ends[0], &got.data[(size_t)y * got.stride], 1);
    memcpy(&ends[1], &got.data[(size_t)y * got.stride + (size_t)got.width - 1], 1);
  }
  if (got.height < 1 || got.width < 1) abort();
}

static void signature(const uint8_t *bytes, size_t count) {
  audiohook_request request = {0};
  static const char *const names[] = {"@request-target", "host", "audiohook-organization-id", "audiohook-session-id", "audiohook-correlation-id", "x-api-key"};
  for (int i = 0; i < 6; i++) {
    request.headers[i].name = names[i];
    snprintf(request.headers[i].value, sizeof request.headers[i].value, "%d", i);
  }
  request.count = 6;
  size_t half = count / 2;
  snprintf(request.input, sizeof request.input, "%.*s", (int)half, (const char *)bytes);
  snprintf(request.signature, sizeof request.signature, "%.*s", (int)(count - half), (const char *)bytes + half);
  if (audiohook_signed(&request, "key", (const uint8_t *)"secret", 6, 1e9)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (bytes < 1 || sodium_init() < 0) return 0;
  if (data[0] % 4 == 0) opening(data + 1, bytes - 1);
  else if (data[0] % 4 == 1) sound(data + 1, bytes - 1);
  else if (data[0] % 4 == 2) picture(data + 1, bytes - 1);
  else signature(data + 1, bytes - 1);
  return 0;
}
