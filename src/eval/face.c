/* face.c: FER+, as published and disturbed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/parts.h"
#include "face/expression.h"
#include "media/media.h"

enum { SIDE = FACE_EXPRESSION_SIDE, CLASSES = FACE_EXPRESSION_CLASSES };

/* The picture of a file, as 48x48 grey levels. */
static int read_crop(const char *path, float *crop, mien_error *error) {
  media_options options;
  media_options_init(&options);
  options.audio = false;
  options.format = MIEN_GREY;
  media_reader *reader = NULL;
  media_item item;
  int code = media_open(&reader, path, &options, error);
  while (!code && !(code = media_next(reader, &item, error)) && item.kind != MEDIA_PICTURE) {
  }
  if (!code && (item.picture.width != SIDE || item.picture.height != SIDE))
    code = base_error_set(error, MIEN_EFORMAT, path, "give the set as it was published",
                          "is not 48x48 pixels");
  for (int y = 0; !code && y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      crop[y * SIDE + x] = item.picture.data[(size_t)y * item.picture.stride + (size_t)x];
  media_close(&reader);
  return code;
}

/* Majority label by the rules of Barsoum et al. (2016): single votes are dropped, and faces whose
 * most voted answer is "unknown" or "not a face" are left out; so are ties. -1: left out. */
static int majority(const eval_table *table, size_t row, const int columns[CLASSES + 2]) {
  int votes[CLASSES + 2], top = 0, tied = 0;
  for (int k = 0; k < CLASSES + 2; k++) {
    votes[k] = atoi(eval_table_cell(table, row, (size_t)columns[k]));
    if (votes[k] < 2) votes[k] = 0;
  }
  for (int k = 1; k < CLASSES + 2; k++)
    if (votes[k] > votes[top]) top = k;
  for (int k = 0; k < CLASSES + 2; k++)
    tied += votes[k] == votes[top];
  return votes[top] && tied == 1 && top < CLASSES ? top : -1;
}

static int columns_of(const eval_table *table, int columns[CLASSES + 2], mien_error *error) {
  for (int k = 0; k < CLASSES + 2; k++) {
    const char *name = k < CLASSES    ? face_expression_class_name(k)
                       : k == CLASSES ? "unknown"
                                      : "NF";
    columns[k] = eval_table_column(table, name, "face/ferplus/labels.csv", error);
    if (columns[k] < 0) return MIEN_EFORMAT;
  }
  return MIEN_OK;
}

/* What a crop may suffer on its way: how the network holds up is part of the report. */
static const struct disturbance {
  const char *name;
  float turn, scale, x, y; /* degrees, factor, pixels: where a pixel is taken from */
  int blur;                /* passes of a 3x3 mean */
  float gamma, noise;      /* noise: grey levels, 1 sigma */
} disturbances[] = {
    {"as published", 0, 1, 0, 0, 0, 1, 0},
    {"shifted 3 pixels", 0, 1, 3, -2, 0, 1, 0},
    {"10 % larger", 0, 0.909f, 0, 0, 0, 1, 0},
    {"15 % smaller", 0, 1.176f, 0, 0, 0, 1, 0},
    {"turned 10 degrees", 10, 1, 0, 0, 0, 1, 0},
    {"turned 20 degrees", 20, 1, 0, 0, 0, 1, 0},
    {"blurred", 0, 1, 0, 0, 2, 1, 0},
    {"dark, gamma 2", 0, 1, 0, 0, 0, 2, 0},
    {"bright, gamma 0.5", 0, 1, 0, 0, 0, 0.5f, 0},
    {"noise, 10 levels", 0, 1, 0, 0, 0, 1, 10},
};
enum { DISTURBANCES = sizeof disturbances / sizeof *disturbances };

static float pixel(const float *crop, int x, int y) { /* the edge goes on outside */
  return crop[BASE_CLAMP(y, 0, SIDE - 1) * SIDE + BASE_CLAMP(x, 0, SIDE - 1)];
}

static void disturb(const struct disturbance *d, const float *crop, float *to) {
  const float middle = (SIDE - 1) / 2.0f, angle = d->turn * 3.14159265f / 180;
  const float c = cosf(angle) * d->scale, s = sinf(angle) * d->scale;
  float soft[SIDE * SIDE];
  for (int i = 0; i < SIDE * SIDE; i++) {
    float across = (float)(i % SIDE) - middle, down = (float)(i / SIDE) - middle;
    float x = middle + c * across - s * down + d->x, y = middle + s * across + c * down + d->y;
    int x0 = (int)floorf(x), y0 = (int)floorf(y);
    float u = x - (float)x0, v = y - (float)y0;
    to[i] = (1 - v) * ((1 - u) * pixel(crop, x0, y0) + u * pixel(crop, x0 + 1, y0)) +
            v * ((1 - u) * pixel(crop, x0, y0 + 1) + u * pixel(crop, x0 + 1, y0 + 1));
  }
  for (int pass = 0; pass < d->blur; pass++) {
    for (int i = 0; i < SIDE * SIDE; i++) {
      soft[i] = 0;
      for (int n = 0; n < 9; n++)
        soft[i] += pixel(to, i % SIDE + n % 3 - 1, i / SIDE + n / 3 - 1) / 9;
    }
    memcpy(to, soft, sizeof soft);
  }
  uint32_t state = 1;
  for (int i = 0; i < SIDE * SIDE; i++) {
    float noise = 0; /* of twelve uniform numbers: nearly normal, sigma 1 */
    for (int n = 0; n < 12 && d->noise > 0; n++) {
      state = state * 1664525 + 1013904223;
      noise += (float)(state >> 8) / (float)(1 << 24) - 0.5f;
    }
    to[i] = 255 * powf(BASE_CLAMP(to[i], 0.0f, 255.0f) / 255, d->gamma) + d->noise * noise;
    to[i] = roundf(BASE_CLAMP(to[i], 0.0f, 255.0f)); /* a picture has 8 bits */
  }
}

typedef struct scored { /* growing lists of equal length */
  eval_item *classes[DISTURBANCES], *core;
  size_t count, missing;
} scored;

static int best_class(const face_expression *expression, const float *crop, float *scratch) {
  float classes[CLASSES];
  int top = 0;
  face_expression_classes(expression, crop, scratch, classes);
  for (int k = 1; k < CLASSES; k++)
    if (classes[k] > classes[top]) top = k;
  return top;
}

static int score_rows(eval_context *context, const eval_table *table,
                      const face_expression *expression, float *scratch, scored *out,
                      mien_error *error) {
  static const int core_of[CLASSES] = {MIEN_NEUTRAL, MIEN_JOY,     MIEN_SURPRISE, MIEN_SADNESS,
                                       MIEN_ANGER,   MIEN_DISGUST, MIEN_FEAR,     MIEN_DISGUST};
  const char *path = "face/ferplus/labels.csv";
  int columns[CLASSES + 2];
  if (columns_of(table, columns, error)) return MIEN_EFORMAT;
  int file = eval_table_column(table, "file", path, error);
  int split = eval_table_column(table, "split", path, error);
  int leaks = eval_table_column(table, "leaks_from_train", path, error);
  if (file < 0 || split < 0 || leaks < 0) return MIEN_EFORMAT;
  for (size_t row = 1; row < table->rows; row++) {
    if (strcmp(eval_table_cell(table, row, (size_t)split), "test") ||
        !strcmp(eval_table_cell(table, row, (size_t)leaks), "1"))
      continue;
    int truth = majority(table, row, columns);
    if (truth < 0) continue;
    float crop[SIDE * SIDE], worse[SIDE * SIDE];
    mien_error trouble = {0};
    char *picture = eval_path(context, "face/%s", eval_table_cell(table, row, (size_t)file));
    if (!picture || read_crop(picture, crop, &trouble)) {
      if (!out->missing++) eval_note(&context->report, "cannot be read: %s", trouble.where);
      free(picture);
      continue;
    }
    free(picture);
    mien_reading reading;
    base_reading_init(&reading, MIEN_FACE);
    for (int d = 0; d < (context->kept ? 1 : DISTURBANCES); d++) {
      disturb(&disturbances[d], crop, worse);
      out->classes[d][out->count] =
          (eval_item){.truth = truth, .guess = best_class(expression, worse, scratch)};
    }
    face_expression_read(expression, crop, scratch, &reading);
    eval_keep(context, &reading, core_of[truth]);
    out->core[out->count++] = eval_item_of(&reading, core_of[truth]);
    eval_progress(context, "FER+", (double)row, (double)table->rows);
  }
  if (out->count) return MIEN_OK;
  return base_error_set(error, MIEN_EEMPTY, path,
                        "give the folder of the labelled sets by --data DIR",
                        "no picture of the test split could be read");
}

static void report(eval_context *context, const scored *s) {
  eval_report *to = &context->report;
  eval_set(to, "FER+ test, 8 classes");
  size_t first = to->count;
  eval_add_labels(to, "", s->classes[0], s->count);
  if (to->count > first) eval_floor(&to->rows[first], 0.82, NAN);
  for (int k = 0; k < CLASSES; k++) { /* the recall of each class by itself */
    eval_item *own = malloc((s->count + 1) * sizeof *own);
    size_t count = 0;
    for (size_t i = 0; own && i < s->count; i++)
      if (s->classes[0][i].truth == k) own[count++] = s->classes[0][i];
    eval_add(to, face_expression_class_name(k), "recall", eval_interval(eval_accuracy, own, count),
             count);
    free(own);
  }
  eval_note(
      to,
      "majority of ten raters, single votes dropped; without ties, without faces mostly voted "
      "unknown or not a face, and without %s",
      "the rows that also are in train");
  eval_set(to, "FER+ test, 8 classes, disturbed");
  for (int d = 1; d < DISTURBANCES; d++) {
    eval_add(to, disturbances[d].name, "accuracy",
             eval_interval(eval_accuracy, s->classes[d], s->count), s->count);
    eval_add(to, disturbances[d].name, "UAR", eval_interval(eval_uar, s->classes[d], s->count),
             s->count);
  }
  eval_set(to, "FER+ test, core labels");
  eval_add_labels(to, "", s->core, s->count);
  eval_add_calibration(to, "", s->core, s->count, true);
  if (s->missing) eval_note(to, "%zu pictures could not be read", s->missing);
}

int eval_ferplus(eval_context *context, mien_error *error) {
  nn_file *file = NULL;
  face_expression *expression = NULL;
  eval_table table = {0};
  scored out = {0};
  float *scratch = NULL;
  int code = eval_open_table(context, &table, "face/ferplus/labels.csv", ',', error);
  if (!code) code = eval_open_model(context, "face-expression", &file, error);
  if (!code) code = face_expression_open(&expression, file, error);
  if (!code) {
    scratch = base_alloc_aligned(face_expression_scratch(expression) * sizeof *scratch);
    out.core = malloc(table.rows * sizeof *out.core);
    bool enough = scratch && out.core;
    for (int d = 0; d < DISTURBANCES; d++)
      if (!(out.classes[d] = malloc(table.rows * sizeof *out.classes[d]))) enough = false;
    if (!enough) code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  }
  if (!code) code = score_rows(context, &table, expression, scratch, &out, error);
  if (!code && !context->kept) report(context, &out);
  base_free_aligned(scratch);
  for (int d = 0; d < DISTURBANCES; d++)
    free(out.classes[d]);
  free(out.core);
  face_expression_close(&expression);
  nn_file_close(&file);
  eval_table_close(&table);
  return code;
}
