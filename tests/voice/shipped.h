/* shipped.h: the voice model that ships, for a group of tests. */
#ifndef TEST_SHIPPED_H
#define TEST_SHIPPED_H

#include <stdio.h>
#include <stdlib.h>

#include "voice/voice.h"

static nn_file *file;
static voice_model *model;

static int shipped_open(void) {
  char path[512];
  mien_error error = {0};
  const char *root = getenv("MIEN_SOURCE_ROOT");
  snprintf(path, sizeof path, "%s/models/voice.mien", root ? root : ".");
  if (!nn_file_open(&file, path, &error) && !voice_model_open(&model, file, &error)) return 0;
  printf("%s: %s\n", path, error.what);
  return -1;
}

static int shipped_close(void **state) {
  voice_model_close(&model);
  nn_file_close(&file);
  return 0;
}

#endif
