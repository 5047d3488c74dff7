/* Bytes as a few pictures of any size, stride and format, fed to a tracker with the shipped models.
 * Two bytes each: width and height (1…16384); then a byte of format and padding, one of how many
 * pictures; the rest fills them, over and over. Checks what face.h promises of the readings. */
#include <stdio.h>
#include <stdlib.h>

#include "face/face.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const face_model *models(void) {
  static nn_file *files[2];
  static face_model *model;
  static const char *names[2] = {"face-detect", "face-landmarks"};
  if (model != NULL) return model;
  const char *root = getenv("MIEN_SOURCE_ROOT");
  mien_error error;
  for (int k = 0; k < 2; k++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/models/%s.mien", root != NULL ? root : ".", names[k]);
    if (nn_file_open(&files[k], path, &error) != MIEN_OK) {
      fprintf(stderr, "%s: %s\n", path, error.what);
      exit(1);
    }
  }
  if (face_model_open(&model, files[0], files[1], NULL, &error) != MIEN_OK) exit(1);
  return model;
}

static int take_readings(face_tracker *tracker) {
  mien_reading reading;
  int count = 0, code;
  while ((code = face_tracker_next(tracker, &reading)) == MIEN_OK) {
    float sum = 0;
    for (int k = 0; k < MIEN_CORE; k++) sum += reading.core[k];
    if (!(fabsf(sum - 1) < 1e-3f) || reading.track < 0 || ++count > 2 * FACE_TRACKS) abort();
    if (!(reading.quality >= 0 && reading.quality <= 1)) abort();
    for (int k = 0; k < 4; k++)
      if (!isfinite(reading.box[k])) abort();
    if (reading.cue_count > FACE_CUES) abort();
    for (size_t k = 0; k < reading.cue_count; k++)
      if (!isfinite(reading.cues[k].value)) abort();
  }
  return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (bytes < 7) return 0;
  int width = 1 + (data[0] | data[1] << 8) % 16384, height = 1 + (data[2] | data[3] << 8) % 16384;
  int format = data[4] & 1 ? MIEN_RGB : MIEN_GREY, pictures = 1 + data[5] % 3;
  size_t row = (size_t)width * (size_t)format, stride = row + (data[4] >> 1);
  if (stride * (size_t)height > 1 << 21) height = 1 + (int)(((size_t)1 << 21) / stride) / 2;
  size_t size = stride * (size_t)(height - 1) + row;
  uint8_t *pixels = malloc(size);
  face_tracker *tracker = NULL;
  if (pixels == NULL || face_tracker_open(&tracker, models()) != MIEN_OK) abort();
  for (int k = 0; k < pictures; k++) {
    for (size_t i = 0; i < size; i++) pixels[i] = data[6 + (i + (size_t)k) % (bytes - 6)];
    mien_picture picture = {width, height, format, stride, pixels};
    if (face_tracker_feed(tracker, &picture, k * .1) != MIEN_OK) abort();
    if (take_readings(tracker) != MIEN_EAGAIN) abort();
  }
  if (face_tracker_finish(tracker) != MIEN_OK || take_readings(tracker) != MIEN_EEND) abort();
  face_tracker_close(&tracker);
  free(pixels);
  return 0;
}
