/* eval_face.c: FER+. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/eval.h"
#include "cli/terminal.h"
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
  while (!code && !(code = media_next(reader, &item, error)) && item.kind != MEDIA_PICTURE) {}
  if (!code && (item.picture.width != SIDE || item.picture.height != SIDE))
    code = base_error_set(error, MIEN_EFORMAT, path, "give the set as it was published",
                          "is not 48x48 pixels");
  for (int y = 0; !code && y < SIDE; y++)
    for (int x = 0; x < SIDE; x++) crop[y * SIDE + x] = item.picture.data[(size_t)y * item.picture.stride + (size_t)x];
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
  for (int k = 0; k < CLASSES + 2; k++) tied += votes[k] == votes[top];
  return votes[top] && tied == 1 && top < CLASSES ? top : -1;
}

static int columns_of(const eval_table *table, int columns[CLASSES + 2], mien_error *error) {
  for (int k = 0; k < CLASSES + 2; k++) {
    const char *name = k < CLASSES ? face_expression_class_name(k) : k == CLASSES ? "unknown" : "NF";
    columns[k] = eval_table_column(table, name, "face/ferplus/labels.csv", error);
    if (columns[k] < 0) return MIEN_EFORMAT;
  }
  return MIEN_OK;
}

typedef struct scored { /* growing lists of equal length */
  eval_item *classes, *core;
  size_t count, missing;
} scored;

static int score_rows(eval_context *context, const eval_table *table, const face_expression *expression,
                      float *scratch, scored *out, mien_error *error) {
  static const int core_of[CLASSES] = {MIEN_NEUTRAL, MIEN_JOY, MIEN_SURPRISE, MIEN_SADNESS,
                                       MIEN_ANGER, MIEN_DISGUST, MIEN_FEAR, MIEN_DISGUST};
  const char *path = "face/ferplus/labels.csv";
  int columns[CLASSES + 2], code = columns_of(table, columns, error);
  int file = eval_table_column(table, "file", path, error);
  int split = eval_table_column(table, "split", path, error);
  int leaks = eval_table_column(table, "leaks_from_train", path, error);
  if (code || file < 0 || split < 0 || leaks < 0) return MIEN_EFORMAT;
  for (size_t row = 1; row < table->rows; row++) {
    if (strcmp(eval_table_cell(table, row, (size_t)split), "test") ||
        !strcmp(eval_table_cell(table, row, (size_t)leaks), "1"))
      continue;
    int truth = majority(table, row, columns);
    if (truth < 0) continue;
    float crop[SIDE * SIDE], classes[CLASSES];
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
    face_expression_classes(expression, crop, scratch, classes);
    face_expression_read(expression, crop, scratch, &reading);
    int guess = 0;
    for (int k = 1; k < CLASSES; k++)
      if (classes[k] > classes[guess]) guess = k;
    out->classes[out->count] = (eval_item){.truth = truth, .guess = guess};
    out->core[out->count++] = eval_item_of(&reading, core_of[truth]);
    cli_progress("FER+", (double)row, (double)table->rows);
  }
  if (out->count) return MIEN_OK;
  return base_error_set(error, MIEN_EEMPTY, path, "give the folder of the labelled sets by --data DIR",
                        "no picture of the test split could be read");
}

static void report(eval_context *context, const scored *s) {
  eval_report *to = &context->report;
  eval_set(to, "FER+ test, 8 classes");
  size_t first = to->count;
  eval_add_labels(to, "", s->classes, s->count);
  if (to->count > first) eval_floor(&to->rows[first], 0.82, NAN);
  for (int k = 0; k < CLASSES; k++) { /* the recall of each class by itself */
    eval_item *own = malloc((s->count + 1) * sizeof *own);
    size_t count = 0;
    for (size_t i = 0; own && i < s->count; i++)
      if (s->classes[i].truth == k) own[count++] = s->classes[i];
    eval_add(to, face_expression_class_name(k), "recall", eval_interval(eval_accuracy, own, count), count);
    free(own);
  }
  eval_note(to, "majority of ten raters, single votes dropped; without ties, without faces mostly voted "
                "unknown or not a face, and without %s", "the rows that also are in train");
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
    out.classes = malloc(table.rows * sizeof *out.classes);
    out.core = malloc(table.rows * sizeof *out.core);
    if (!scratch || !out.classes || !out.core)
      code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  }
  if (!code) code = score_rows(context, &table, expression, scratch, &out, error);
  if (!code) report(context, &out);
  base_free_aligned(scratch);
  free(out.classes);
  free(out.core);
  face_expression_close(&expression);
  nn_file_close(&file);
  eval_table_close(&table);
  return code;
}
