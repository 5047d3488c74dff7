/* voice.c: RAVDESS, EmoDB, nEMO, CREMA-D, TESS, by the split of splits/voice.csv. */
#include "eval/voice.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/media.h"

static const char list[] = "splits/voice.csv";

/* ---- The list of clips ------------------------------------------------------------------------ */

enum { DATASET, FILE_NAME, SPEAKER, GENDER, EMOTION, SPLIT, COLUMNS };

static int class_of_name(const char *name) {
  if (!strcmp(name, "calm")) return EVAL_CALM;
  if (!strcmp(name, "boredom")) return EVAL_BOREDOM;
  return eval_core_of_name(name);
}

int eval_voice_rows_open(const eval_context *context, voice_rows *rows, mien_error *error) {
  static const char *const names[] = {"dataset", "file", "speaker", "gender", "emotion", "split"};
  *rows = (voice_rows){0};
  int code = eval_open_table(context, &rows->table, list, ',', error);
  for (int c = 0; !code && c < COLUMNS; c++)
    if ((rows->columns[c] = eval_table_column(&rows->table, names[c], list, error)) < 0)
      code = MIEN_EFORMAT;
  return code;
}

bool eval_voice_rows_next(voice_rows *rows, const voice_protocol *p, voice_row *row) {
  while (++rows->row < rows->table.rows) {
    const char *cell[COLUMNS];
    for (int c = 0; c < COLUMNS; c++)
      cell[c] = eval_table_cell(&rows->table, rows->row, (size_t)rows->columns[c]);
    int truth = class_of_name(cell[EMOTION]);
    if (strcmp(cell[DATASET], p->dataset) || truth < 0 || !(p->classes & EVAL_BIT(truth))) continue;
    *row = (voice_row){cell[FILE_NAME], cell[SPEAKER], cell[SPLIT], *cell[GENDER] == 'F', truth};
    return true;
  }
  return false;
}

/* ---- A clip ------------------------------------------------------------------------------------ */

int eval_voice_load(const char *path, float **pcm, size_t *count, mien_error *error) {
  media_options options;
  media_options_init(&options);
  options.pictures = false;
  options.channels = MEDIA_CHANNELS_MIX;
  media_reader *reader = NULL;
  media_item item;
  size_t capacity = 0;
  *pcm = NULL;
  *count = 0;
  int code = media_open(&reader, path, &options, error);
  while (!code && !(code = media_next(reader, &item, error))) {
    if (item.kind != MEDIA_AUDIO) continue;
    if (*count + item.count > capacity) {
      capacity = 2 * capacity + 8 * MEDIA_RATE;
      float *more = realloc(*pcm, capacity * sizeof *more);
      if (!more) {
        code = base_error_set(error, MIEN_ENOMEM, path, "", "no memory for the sound");
        break;
      }
      *pcm = more;
    }
    memcpy(*pcm + *count, item.pcm, item.count * sizeof *item.pcm);
    *count += item.count;
  }
  media_close(&reader);
  if (code == MIEN_EEND) return MIEN_OK;
  free(*pcm);
  *pcm = NULL;
  return code;
}

int eval_voice_load_row(eval_context *context, const voice_protocol *p, const voice_row *row,
                        float **pcm, size_t *count, size_t *missing) {
  mien_error trouble = {0};
  char *path = eval_path(context, "voice/%s/%s", p->dataset, row->file);
  int code = path ? eval_voice_load(path, pcm, count, &trouble) : MIEN_ENOMEM;
  free(path);
  if (code && !(*missing)++) eval_note(&context->report, "cannot be read: %s", trouble.where);
  return code;
}

int eval_voice_read(const voice_model *model, const float *pcm, size_t count, mien_reading *longest,
                    bool *heard) {
  voice_stream *stream;
  mien_reading reading;
  *heard = false;
  base_reading_init(longest, MIEN_VOICE);
  int code = voice_stream_open(&stream, model);
  if (!code) code = voice_stream_feed(stream, pcm, count, 0.0);
  if (!code) code = voice_stream_finish(stream);
  while (!code && voice_stream_next(stream, &reading) == MIEN_OK) {
    if (isfinite(reading.flags[MIEN_DISTRESS])) continue; /* a cry is no utterance */
    if (!reading.final || (*heard && reading.t1 - reading.t0 <= longest->t1 - longest->t0)) continue;
    *longest = reading;
    longest->cues = NULL;
    *heard = true;
  }
  voice_stream_close(&stream);
  return code;
}

/* The guess among the classes that the set has; calm and boredom are taken out of neutral. */
static eval_item closed_item(const mien_reading *reading, unsigned classes, int truth) {
  float score[EVAL_VOICE_CLASSES];
  int top = -1;
  for (int k = 0; k < MIEN_CORE; k++) score[k] = reading->core[k];
  score[EVAL_CALM] = isfinite(reading->extra[MIEN_CALM]) ? reading->extra[MIEN_CALM] : 0;
  score[EVAL_BOREDOM] = isfinite(reading->extra[MIEN_BOREDOM]) ? reading->extra[MIEN_BOREDOM] : 0;
  score[MIEN_NEUTRAL] -= score[EVAL_CALM] + score[EVAL_BOREDOM];
  for (int k = 0; k < EVAL_VOICE_CLASSES; k++)
    if (classes & EVAL_BIT(k) && (top < 0 || score[k] > score[top])) top = k;
  return (eval_item){.truth = truth, .guess = top};
}

voice_clip eval_voice_clip(const voice_protocol *p, const voice_row *row,
                           const mien_reading *reading, bool heard) {
  int truth = row->truth, core = truth >= MIEN_CORE ? MIEN_NEUTRAL : truth;
  voice_clip c = {.truth = truth, .female = row->female, .heard = heard};
  c.closed = heard ? closed_item(reading, p->classes, truth)
                   : (eval_item){.truth = truth, .guess = -1};
  c.core = heard ? eval_item_of(reading, core)
                 : (eval_item){.truth = core, .guess = -1, .set = EVAL_ALL_CORE, .abstained = true};
  return c;
}

/* ---- A set ------------------------------------------------------------------------------------- */

void eval_voice_report(eval_context *context, const voice_protocol *p, const voice_clip *clips,
                       size_t count, size_t missing) {
  eval_report *to = &context->report;
  eval_item *items = malloc((count + 1) * sizeof *items);
  if (!items) return;
  eval_set(to, "%s", p->title);
  for (size_t i = 0; i < count; i++) items[i] = clips[i].closed;
  size_t first = to->count;
  eval_add_labels(to, "", items, count);
  if (to->count > first + 1) {
    eval_floor(&to->rows[first], p->accuracy, NAN);
    eval_floor(&to->rows[first + 1], p->uar, NAN);
    to->rows[first].aim = p->accuracy_aim;
    to->rows[first + 1].aim = p->uar_aim;
  }
  for (int female = 1; female >= 0; female--) {
    size_t own = 0;
    for (size_t i = 0; i < count; i++)
      if (clips[i].female == (bool)female) items[own++] = clips[i].closed;
    eval_add(to, female ? "women" : "men", "UAR", eval_interval(eval_uar, items, own), own);
  }
  for (int k = 0; k < EVAL_VOICE_CLASSES; k++) {
    size_t own = 0;
    for (size_t i = 0; i < count; i++)
      if (clips[i].truth == k) items[own++] = clips[i].closed;
    const char *name = k == EVAL_CALM ? "calm" : k == EVAL_BOREDOM ? "boredom" : mien_core_name(k);
    if (own) eval_add(to, name, "recall", eval_interval(eval_accuracy, items, own), own);
  }
  size_t unheard = 0;
  for (size_t i = 0; i < count; i++) unheard += !clips[i].heard;
  eval_set(to, "%s, core labels", p->title);
  for (size_t i = 0; i < count; i++) items[i] = clips[i].core;
  eval_add_labels(to, "", items, count);
  eval_add_calibration(to, "", items, count, false);
  if (unheard) eval_note(to, "in %zu clips no speech was found: counted as wrong", unheard);
  if (missing) eval_note(to, "%zu clips could not be read", missing);
  free(items);
}

static int run(eval_context *context, const voice_protocol *p, mien_error *error) {
  voice_rows rows;
  voice_row row;
  nn_file *file = NULL;
  voice_model *model = NULL;
  voice_clip *clips = NULL;
  size_t count = 0, missing = 0;
  int code = eval_voice_rows_open(context, &rows, error);
  if (!code) code = eval_open_model(context, "voice", &file, error);
  if (!code) code = voice_model_open(&model, file, error);
  if (!code && !(clips = malloc(rows.table.rows * sizeof *clips)))
    code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  while (!code && eval_voice_rows_next(&rows, p, &row)) {
    float *pcm;
    size_t samples;
    mien_reading reading;
    bool heard;
    if (strcmp(row.split, p->split)) continue;
    if (eval_voice_load_row(context, p, &row, &pcm, &samples, &missing)) continue;
    code = eval_voice_read(model, pcm, samples, &reading, &heard);
    free(pcm);
    if (code) base_error_set(error, code, row.file, "", "no memory for the voice");
    voice_clip *c = &clips[count++];
    *c = eval_voice_clip(p, &row, &reading, heard);
    if (heard) eval_keep(context, &reading, c->core.truth);
    eval_progress(context, p->title, (double)rows.row, (double)rows.table.rows);
  }
  if (!code && !count)
    code = base_error_set(error, MIEN_EEMPTY, list,
                          "give the folder of the labelled sets by --data DIR",
                          "no clip of %s could be read", p->dataset);
  if (!code && !context->kept) eval_voice_report(context, p, clips, count, missing);
  free(clips);
  voice_model_close(&model);
  nn_file_close(&file);
  eval_table_close(&rows.table);
  return code;
}

static const voice_protocol ravdess = {"ravdess_speech", "test", "RAVDESS test, 8 classes",
                                       EVAL_RAVDESS_CLASSES, NAN, 0.58, NAN, NAN};
static const voice_protocol emodb = {"emodb", "test", "EmoDB test, 7 classes", EVAL_EMODB_CLASSES,
                                     NAN, 0.66, NAN, NAN};
static const voice_protocol nemo = {"nemo", "test", "nEMO test, 6 classes", EVAL_NEMO_CLASSES,
                                    NAN, 0.42, NAN, NAN};
static const voice_protocol crema = {"crema_d_partial", "test", "CREMA-D test, 2 classes",
                                     EVAL_BIT(MIEN_JOY) | EVAL_BIT(MIEN_SADNESS),
                                     NAN, NAN, NAN, NAN};
static const voice_protocol tess = {"tess", "cross", "TESS, never trained on, 7 classes",
                                    EVAL_ALL_CORE, NAN, 0.50, NAN, 0.65};

int eval_ravdess(eval_context *context, mien_error *error) { return run(context, &ravdess, error); }
int eval_emodb(eval_context *context, mien_error *error) { return run(context, &emodb, error); }
int eval_nemo(eval_context *context, mien_error *error) { return run(context, &nemo, error); }
int eval_crema(eval_context *context, mien_error *error) { return run(context, &crema, error); }
int eval_tess(eval_context *context, mien_error *error) { return run(context, &tess, error); }

/* The calibration of the modality as a whole, which its one temperature and one quantile are for. */
int eval_voices(eval_context *context, mien_error *error) {
  const voice_protocol *const sets[] = {&ravdess, &emodb, &nemo, &crema};
  eval_kept kept = {0};
  int code = MIEN_OK;
  for (size_t s = 0; !code && s < BASE_COUNT(sets); s++) {
    eval_context own = {.data = context->data, .models = context->models,
                        .progress = context->progress, .kept = &kept};
    code = run(&own, sets[s], error);
    eval_note_models(&context->report, own.report.models.data);
    eval_report_clear(&own.report);
  }
  eval_item *items = malloc((kept.count + 1) * sizeof *items);
  if (!code && items) {
    for (size_t i = 0; i < kept.count; i++)
      items[i] = eval_item_of(&kept.list[i].reading, kept.list[i].truth);
    eval_set(&context->report, "All voices of the test splits, core labels");
    eval_add_labels(&context->report, "", items, kept.count);
    eval_add_calibration(&context->report, "", items, kept.count, true);
  }
  free(items);
  free(kept.list);
  return code;
}
