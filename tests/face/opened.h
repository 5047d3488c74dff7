/* opened.h: the shipped models, opened for the tests of a file, drawn pictures to feed them, and what is
 * true of every reading whatever was fed. */
#ifndef OPENED_H
#define OPENED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drawing.h"
#include "face/face.h"

static nn_file *files[3];
static face_model *model;

static inline int open_models(void **state) {
  static const char *names[3] = {"face-detect", "face-landmarks", "face-expression"};
  const char *root = getenv("MIEN_SOURCE_ROOT");
  mien_error error = {0};
  for (int k = 0; k < 3; k++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/models/%s.mien", root != NULL ? root : ".", names[k]);
    if (nn_file_open(&files[k], path, &error) != MIEN_OK) {
      fprintf(stderr, "%s: %s\n", path, error.what);
      return 1;
    }
  }
  return face_model_open(&model, files[0], files[1], files[2], &error);
}

static inline int close_models(void **state) {
  face_model_close(&model);
  assert_null(model);
  for (int k = 0; k < 3; k++) nn_file_close(&files[k]);
  return 0;
}

static inline mien_picture picture_of(const drawing *d) {
  return (mien_picture){d->width, d->height, MIEN_GREY, (size_t)d->width, d->grey};
}

static inline drawing blank(int width, int height) {
  drawing d = {malloc((size_t)width * (size_t)height), width, height};
  draw_ground(&d, 90, 120);
  return d;
}

/* Whether the box lies where the face was drawn, and is about as large. */
static inline bool near_face(const mien_reading *r, const drawn_face *f) {
  double x = r->box[0] + r->box[2] / 2, y = r->box[1] + r->box[3] / 2;
  return hypot(x - f->x, y - f->y - .15 * f->size) < .5 * f->size && r->box[2] > .9 * f->size &&
         r->box[2] < 2.4 * f->size;
}

/* Nothing is made up, and every number is finite. */
static inline void sound(const mien_reading *r) {
  float sum = 0;
  for (int k = 0; k < MIEN_CORE; k++) sum += r->core[k];
  assert_true(fabsf(sum - 1) < 1e-3f || (r->abstain != NULL && !(sum > 0)));
  for (int k = 0; k < 4; k++) assert_true(isfinite(r->box[k]));
  assert_true(r->quality >= 0 && r->quality <= 1 && r->cue_count <= FACE_CUES);
  for (size_t k = 0; k < r->cue_count; k++) {
    assert_true(isfinite(r->cues[k].value) && r->cues[k].t0 <= r->cues[k].t1);
    assert_true(r->cues[k].kind[0] && memchr(r->cues[k].text, 0, sizeof r->cues[k].text));
  }
}

#endif
