/* voice_folds.c: cross-validation over speakers. A folder (--folds DIR) holds the models fold-0.mien,
 * fold-1.mien … that train/voice_folds.py makes; each names in its metadata ("held_out") the speakers
 * that nothing of it has heard, and reads their clips alone. */
#include "eval/voice.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS = 32 /* at most */ };

static const voice_protocol protocols[] = {
    {"ravdess_speech", "", "RAVDESS, actors left out, 8 classes", EVAL_RAVDESS_CLASSES, 0.662, NAN,
     0.722, NAN},
    {"emodb", "", "EmoDB, speakers left out, 7 classes", EVAL_EMODB_CLASSES, NAN, 0.78, NAN, 0.86},
    {"nemo", "", "nEMO, speakers left out, 6 classes", EVAL_NEMO_CLASSES, NAN, 0.52, NAN, 0.68}};

/* Whether `name` is one of the comma-separated names of `list`. */
static bool listed(const char *list, const char *name) {
  const size_t length = strlen(name);
  for (const char *at = list; at; at = strchr(at, ','), at += at != NULL)
    if (!strncmp(at, name, length) && (at[length] == ',' || !at[length])) return length > 0;
  return false;
}

typedef struct scores { /* of a protocol */
  voice_clip *clips;
  size_t count, missing;
} scores;

/* Adds the clips of one model's held-out speakers. */
static int fold_read(eval_context *context, const char *path, scores all[], mien_error *error) {
  char held_out[2048];
  nn_file *file = NULL;
  voice_model *model = NULL;
  int code = nn_file_open(&file, path, error);
  if (!code) code = nn_file_string(file, "held_out", held_out, sizeof held_out, error);
  if (!code) code = voice_model_open(&model, file, error);
  for (size_t p = 0; !code && p < BASE_COUNT(protocols); p++) {
    voice_rows rows;
    voice_row row;
    scores *s = &all[p];
    if ((code = eval_voice_rows_open(context, &rows, error))) break;
    if (!s->clips && !(s->clips = malloc(rows.table.rows * sizeof *s->clips)))
      code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
    while (!code && eval_voice_rows_next(&rows, &protocols[p], &row)) {
      float *pcm;
      size_t samples;
      mien_reading reading;
      bool heard;
      if (!listed(held_out, row.speaker)) continue;
      if (s->count == rows.table.rows) {
        code = base_error_set(error, MIEN_EFORMAT, path, "make the models again",
                              "a speaker is held out by two of the models");
        break;
      }
      if (eval_voice_load_row(context, &protocols[p], &row, &pcm, &samples, &s->missing)) continue;
      code = eval_voice_read(model, pcm, samples, &reading, &heard);
      free(pcm);
      if (code) base_error_set(error, code, row.file, "", "no memory for the voice");
      s->clips[s->count++] = eval_voice_clip(&protocols[p], &row, &reading, heard);
      eval_progress(context, protocols[p].title, (double)rows.row, (double)rows.table.rows);
    }
    eval_table_close(&rows.table);
  }
  voice_model_close(&model);
  nn_file_close(&file);
  return code;
}

int eval_voice_folds(eval_context *context, mien_error *error) {
  scores all[BASE_COUNT(protocols)] = {{0}};
  int code = MIEN_OK, folds = 0;
  if (!context->folds) {
    eval_note(&context->report, "not scored: the cross-validation of voices needs --folds DIR");
    return MIEN_OK;
  }
  for (; !code && folds < FOLDS; folds++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/fold-%d.mien", context->folds, folds);
    FILE *there = fopen(path, "rb");
    if (!there) break;
    fclose(there);
    code = fold_read(context, path, all, error);
  }
  if (!code && !folds)
    code = base_error_set(error, MIEN_EIO, context->folds, "make them with train/voice_folds.py",
                          "there is no fold-0.mien");
  for (size_t p = 0; p < BASE_COUNT(protocols); p++) {
    if (!code && all[p].count) {
      eval_voice_report(context, &protocols[p], all[p].clips, all[p].count, all[p].missing);
      eval_set(&context->report, "%s", protocols[p].title);
      eval_note(&context->report, "%d models, each scored on the speakers it has not heard", folds);
    }
    free(all[p].clips);
  }
  return code;
}
