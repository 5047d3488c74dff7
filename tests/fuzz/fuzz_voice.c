/* Bytes as a stream of sound: each piece is a byte of what it is, a byte of how long it is, and for
 * the literal ones the samples themselves. Checks what voice.h promises of every reading. */
#include <stdio.h>
#include <stdlib.h>

#include "voice/voice.h"

static nn_file *file;
static voice_model *model;

static void open_model(void) {
  char path[512];
  const char *root = getenv("MIEN_SOURCE_ROOT");
  snprintf(path, sizeof path, "%s/models/voice.mien", root ? root : ".");
  if (nn_file_open(&file, path, NULL) || voice_model_open(&model, file, NULL)) {
    fprintf(stderr, "fuzz_voice: cannot open %s\n", path);
    exit(1);
  }
}

static void check(voice_stream *stream) {
  mien_reading r;
  while (voice_stream_next(stream, &r) == MIEN_OK) {
    float sum = 0;
    for (int k = 0; k < MIEN_CORE; k++) sum += r.core[k];
    if (!(fabsf(sum - 1) < 1e-3f) || !isfinite(r.t0) || !isfinite(r.t1) || r.t1 < r.t0 ||
        !isfinite(r.quality) || !isfinite(r.confidence))
      abort();
    for (size_t i = 0; i < r.cue_count; i++)
      if (!isfinite(r.cues[i].value) || !isfinite(r.cues[i].weight)) abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  static float x[4096];
  voice_stream *stream;
  size_t total = 0;
  double at = 0, phase = 0;
  if (!model) open_model();
  if (voice_stream_open(&stream, model)) abort();
  for (size_t i = 0; i + 2 <= bytes && total < 16000 * 8;) {
    int what = data[i++];
    size_t count = (size_t)data[i++] * 16 + 1;
    for (size_t k = 0; k < count; k++) {
      switch (what % 8) {
        case 0: x[k] = 0; break;
        case 1: { /* the bytes themselves, as floats of any kind */
          float value = 0;
          if (i + 4 <= bytes) memcpy(&value, data + i, 4), i += 4;
          x[k] = value;
          break;
        }
        case 2: x[k] = (float)(i < bytes ? data[i++] - 128 : 0) / 128; break;
        default: /* something voiced, of a pitch and loudness the byte says */
          phase += (60 + what * 2) / 16000.0;
          phase -= floor(phase);
          x[k] = (float)((0.5 - phase) * (what % 7) * 0.2 * (1 + sin((double)(total + k) / 900)));
      }
    }
    total += count;
    if (what == 253) at = NAN;
    if (what == 254) at += 3;
    if (what == 255) at = -1e300;
    if (voice_stream_feed(stream, x, count, at)) abort();
    if (isfinite(at)) at += (double)count / 16000;
    if (what & 64) check(stream);
    if (what == 252 && voice_stream_finish(stream)) abort();
  }
  if (voice_stream_finish(stream)) abort();
  check(stream);
  voice_stream_close(&stream);
  return 0;
}
