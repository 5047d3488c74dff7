/* face.c: FER+, as published and disturbed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/disturb.h"
#include "eval/parts.h"
#include "face/model.h"
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

static const eval_disturbance disturbances[] = {
    {.name = "as published"},
    {.name = "dark, gamma 2", .gamma = 2},
    {.name = "dark, gamma 3", .gamma = 3},
    {.name = "bright, gamma 0.5", .gamma = 0.5f},
    {.name = "noise, 10 levels", .noise = 10},
    {.name = "24 pixels", .mosaic = 2},
    {.name = "16 pixels", .mosaic = 3},
    {.name = "blurred, 3x3, 2 times", .blur = 2},
    {.name = "blurred, 3x3, 4 times", .blur = 4},
    {.name = "shifted 3 pixels", .x = 3, .y = -2},
    {.name = "10 % larger", .scale = 0.909f},
    {.name = "15 % smaller", .scale = 1.176f},
    {.name = "turned 10 degrees", .turn = 10},
    {.name = "turned 20 degrees", .turn = 20},
    {.name = "turned 30 degrees", .turn = 30},
    {.name = "eyes covered", .cover = {0.1f, 0.2f, 0.9f, 0.45f}},
    {.name = "mouth covered", .cover = {0.2f, 0.68f, 0.8f, 1}},
    {.name = "one half covered", .cover = {0, 0, 0.5f, 1}},
};
enum { DISTURBANCES = sizeof disturbances / sizeof *disturbances };

typedef struct scored { /* growing lists of equal length */
  eval_item *classes[DISTURBANCES], *core, *older;
  size_t count, older_count, missing;
} scored;

typedef struct reader { /* a crop as `mien face --aligned` reads it */
  face_landmarks *landmarks;
  face_expression *expression;
  float *scratch, upright[SIDE * SIDE];
} reader;

static const float *upright_of(reader *r, const float *crop) {
  return face_crop_upright(r->landmarks, crop, r->scratch, r->upright) ? r->upright : crop;
}

static int top_of(const float *values, int count) {
  int top = 0;
  for (int k = 1; k < count; k++)
    if (values[k] > values[top]) top = k;
  return top;
}

static int fer2013_label(const char *name) {
  static const char *const names[] = {"neutral", "happy", "sad", "angry", "fear", "disgust", "surprise"};
  for (int k = 0; k < FACE_EXPRESSION_FER2013; k++)
    if (!strcmp(name, names[k])) return k;
  return -1;
}

static int score_rows(eval_context *context, const eval_table *table, reader *r, scored *out,
                      mien_error *error) {
  static const int core_of[CLASSES] = {MIEN_NEUTRAL, MIEN_JOY,     MIEN_SURPRISE, MIEN_SADNESS,
                                       MIEN_ANGER,   MIEN_DISGUST, MIEN_FEAR,     MIEN_DISGUST};
  const char *path = "face/ferplus/labels.csv";
  int columns[CLASSES + 2];
  if (columns_of(table, columns, error)) return MIEN_EFORMAT;
  int file = eval_table_column(table, "file", path, error);
  int split = eval_table_column(table, "split", path, error);
  int leaks = eval_table_column(table, "leaks_from_train", path, error);
  int older = eval_table_column(table, "fer2013_label", path, error);
  if (file < 0 || split < 0 || leaks < 0 || older < 0) return MIEN_EFORMAT;
  for (size_t row = 1; row < table->rows; row++) {
    if (strcmp(eval_table_cell(table, row, (size_t)split), "test") ||
        !strcmp(eval_table_cell(table, row, (size_t)leaks), "1"))
      continue;
    int truth = majority(table, row, columns);
    if (truth < 0) continue;
    static const float whole[4] = {0, 0, SIDE, SIDE};
    float crop[SIDE * SIDE], worse[SIDE * SIDE], work[SIDE * SIDE];
    float classes[CLASSES], fer2013[FACE_EXPRESSION_FER2013];
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
      eval_disturb(&disturbances[d], crop, SIDE, SIDE, whole, work, worse);
      face_expression_classes(r->expression, worse, upright_of(r, worse), r->scratch, classes, fer2013);
      out->classes[d][out->count] = (eval_item){.truth = truth, .guess = top_of(classes, CLASSES)};
      int label = fer2013_label(eval_table_cell(table, row, (size_t)older));
      if (d == 0 && label >= 0)
        out->older[out->older_count++] =
            (eval_item){.truth = label, .guess = top_of(fer2013, FACE_EXPRESSION_FER2013)};
    }
    face_expression_read(r->expression, crop, upright_of(r, crop), r->scratch, &reading);
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
  if (to->count > first + 1) {
    eval_floor(&to->rows[first], 0.850, NAN);
    eval_floor(&to->rows[first + 1], 0.62, NAN);
  }
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
  eval_set(to, "FER+ test, the labels of FER2013, 7 classes");
  eval_floor(eval_add(to, "", "accuracy", eval_interval(eval_accuracy, s->older, s->older_count),
                      s->older_count),
             0.68, NAN);
  eval_note(to, "the same pictures and the label that FER2013's one rater gave them, by a second head");
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
  nn_file *files[2] = {NULL, NULL};
  reader r = {0};
  eval_table table = {0};
  scored out = {0};
  int code = eval_open_table(context, &table, "face/ferplus/labels.csv", ',', error);
  if (!code) code = eval_open_model(context, "face-expression", &files[0], error);
  if (!code) code = eval_open_model(context, "face-landmarks", &files[1], error);
  if (!code) code = face_expression_open(&r.expression, files[0], error);
  if (!code) code = face_landmarks_open(&r.landmarks, files[1], error);
  if (!code) {
    size_t floats = BASE_MAX(face_expression_scratch(r.expression), face_landmarks_scratch(r.landmarks));
    r.scratch = base_alloc_aligned(floats * sizeof *r.scratch);
    out.core = malloc(table.rows * sizeof *out.core);
    out.older = malloc(table.rows * sizeof *out.older);
    bool enough = r.scratch && out.core && out.older;
    for (int d = 0; d < DISTURBANCES; d++)
      if (!(out.classes[d] = malloc(table.rows * sizeof *out.classes[d]))) enough = false;
    if (!enough) code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  }
  if (!code) code = score_rows(context, &table, &r, &out, error);
  if (!code && !context->kept) report(context, &out);
  base_free_aligned(r.scratch);
  for (int d = 0; d < DISTURBANCES; d++)
    free(out.classes[d]);
  free(out.core);
  free(out.older);
  face_landmarks_close(&r.landmarks);
  face_expression_close(&r.expression);
  nn_file_close(&files[1]);
  nn_file_close(&files[0]);
  eval_table_close(&table);
  return code;
}
