/* cries.c: does an infant cry? Clips of infants that training has not heard (Donate-a-Cry, one app in five), the cries
 * of ESC-10's fold 5, and what is no cry: the other noises of that fold, and the test speakers. A clip counts as a cry
 * where the stream tells of one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/voice.h"

enum { APP = 36 /* bytes of a clip's name that say which app sent it */, EVERY = 4 /* of the speakers' clips */ };

static const voice_protocol sets[] = {
    {"ravdess_speech", "test", "RAVDESS", EVAL_RAVDESS_CLASSES, NAN, NAN, NAN, NAN},
    {"emodb", "test", "EmoDB", EVAL_EMODB_CLASSES, NAN, NAN, NAN, NAN},
    {"nemo", "test", "nEMO", EVAL_NEMO_CLASSES, NAN, NAN, NAN, NAN}};

/* As split_of in train/voice_cry.py. */
static bool of_test(const char *file) {
  unsigned sum = 0;
  for (int i = 0; i < APP && file[i]; i++) sum += (unsigned char)file[i];
  return sum % 5 == 0;
}

static bool cries(const voice_model *model, const float *pcm, size_t count) {
  voice_stream *stream;
  mien_reading reading;
  bool told = false;
  if (voice_stream_open(&stream, model)) return false;
  voice_stream_feed(stream, pcm, count, 0.0);
  voice_stream_finish(stream);
  while (voice_stream_next(stream, &reading) == MIEN_OK) told |= isfinite(reading.flags[MIEN_DISTRESS]);
  voice_stream_close(&stream);
  return told;
}

typedef struct tally {
  eval_pair *clips; /* of one, whether a cry was told of */
  size_t count, room;
} tally;

static int add(tally *t, bool told) {
  if (t->count == t->room) {
    size_t room = 2 * t->room + 64;
    eval_pair *more = realloc(t->clips, room * sizeof *more);
    if (!more) return MIEN_ENOMEM;
    t->clips = more;
    t->room = room;
  }
  t->clips[t->count++] = (eval_pair){1.0f, told};
  return MIEN_OK;
}

/* The clips of a folder's list that `wanted` takes: those of `cry`, or those that are none. */
static int listed(eval_context *context, const voice_model *model, const char *folder, bool esc, bool cry, tally *t, mien_error *error) {
  char list[64];
  eval_table table = {0};
  snprintf(list, sizeof list, "voice/%s/labels.csv", folder);
  int code = eval_open_table(context, &table, list, ',', error), column = -1;
  if (!code && (column = eval_table_column(&table, "file", list, error)) < 0) code = MIEN_EFORMAT;
  for (size_t row = 1; !code && row < table.rows; row++) {
    const char *file = eval_table_cell(&table, row, (size_t)column), *ending = strrchr(file, '.'), *fold = strchr(file, '-');
    float *pcm;
    size_t count;
    mien_error trouble;
    if (esc ? !fold || strncmp(fold, "-5-", 3) || !strncmp(file, "baby_cry", 8) != cry : !of_test(file)) continue;
    char *path = eval_path(context, "voice/%s/%.*s.opus", folder, (int)(ending ? ending - file : (ptrdiff_t)strlen(file)), file);
    if (path && !eval_voice_load(path, &pcm, &count, &trouble)) {
      code = add(t, cries(model, pcm, count));
      free(pcm);
    }
    free(path);
  }
  eval_table_close(&table);
  return code;
}

static int spoken(eval_context *context, const voice_model *model, tally *t, mien_error *error) {
  int code = MIEN_OK;
  size_t seen = 0, missing = 0;
  for (size_t s = 0; !code && s < BASE_COUNT(sets); s++) {
    voice_rows rows;
    voice_row row;
    if ((code = eval_voice_rows_open(context, &rows, error))) break;
    while (!code && eval_voice_rows_next(&rows, &sets[s], &row)) {
      float *pcm;
      size_t count;
      if (strcmp(row.split, sets[s].split) || seen++ % EVERY) continue;
      if (eval_voice_load_row(context, &sets[s], &row, &pcm, &count, &missing)) continue;
      code = add(t, cries(model, pcm, count));
      free(pcm);
    }
    eval_table_close(&rows.table);
  }
  return code;
}

static void report(eval_context *context, const char *name, const char *metric, tally *t) {
  if (t->count) eval_add(&context->report, name, metric, eval_interval(eval_ratio, t->clips, t->count), t->count)->percent = true;
  free(t->clips);
  *t = (tally){0};
}

int eval_cries(eval_context *context, mien_error *error) {
  nn_file *file = NULL;
  voice_model *model = NULL;
  tally t = {0};
  int code = eval_open_model(context, "voice", &file, error);
  if (!code) code = voice_model_open(&model, file, error);
  if (!code) eval_set(&context->report, "An infant's cry");
  if (!code) code = listed(context, model, "donateacry", false, true, &t, error);
  if (!code) report(context, "Donate-a-Cry, new infants", "found", &t);
  if (!code) code = listed(context, model, "noise_esc10", true, true, &t, error);
  if (!code) report(context, "ESC-10, fold 5, cries", "found", &t);
  if (!code) code = listed(context, model, "noise_esc10", true, false, &t, error);
  if (!code) report(context, "ESC-10, fold 5, the rest", "taken for a cry", &t);
  if (!code) code = spoken(context, model, &t, error);
  if (!code) report(context, "test speakers", "taken for a cry", &t);
  if (code == MIEN_ENOMEM) base_error_set(error, code, "", "", "no memory for the scores");
  free(t.clips);
  voice_model_close(&model);
  nn_file_close(&file);
  return code;
}
