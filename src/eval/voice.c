/* voice.c: RAVDESS, EmoDB, nEMO, CREMA-D, TESS, by the split of splits/voice.csv. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/parts.h"
#include "media/media.h"
#include "voice/voice.h"

/* Classes as the sets name them: the seven core labels, then calm and boredom unfolded. */
enum { CALM = MIEN_CORE, BOREDOM, CLASSES };

typedef struct protocol {
  const char *dataset, *split, *title;
  unsigned classes; /* bit: the set has this class */
  double uar;       /* the floor */
} protocol;

#define BIT(k) (1u << (k))
#define ALL_CORE ((1u << MIEN_CORE) - 1)

typedef struct clip {
  int truth; /* CLASSES */
  bool female, heard;
  eval_item closed, core; /* among the set's classes; among the core labels */
} clip;

static int class_of_name(const char *name) {
  if (!strcmp(name, "calm")) return CALM;
  if (!strcmp(name, "boredom")) return BOREDOM;
  return eval_core_of_name(name);
}

/* Reads a file to its end. Of several utterances the longest speaks for the clip. */
static int read_clip(const voice_model *model, const char *path, mien_reading *longest, bool *heard,
                     mien_error *error) {
  media_options options;
  media_options_init(&options);
  options.pictures = false;
  options.channels = MEDIA_CHANNELS_MIX;
  media_reader *reader = NULL;
  voice_stream *stream = NULL;
  media_item item;
  mien_reading reading;
  *heard = false;
  int code = media_open(&reader, path, &options, error);
  if (!code && (code = voice_stream_open(&stream, model)))
    base_error_set(error, code, path, "", "no memory for the voice");
  for (bool more = true; !code && more;) {
    code = media_next(reader, &item, error);
    if (code == MIEN_EEND)
      more = false, code = voice_stream_finish(stream);
    else if (!code && item.kind == MEDIA_AUDIO)
      code = voice_stream_feed(stream, item.pcm, item.count, item.at);
    while (!code && voice_stream_next(stream, &reading) == MIEN_OK) {
      if (!reading.final || (*heard && reading.t1 - reading.t0 <= longest->t1 - longest->t0))
        continue;
      *longest = reading;
      longest->cues = NULL;
      *heard = true;
    }
  }
  voice_stream_close(&stream);
  media_close(&reader);
  return code;
}

/* The guess among the classes that the set has; calm and boredom are taken out of neutral. */
static eval_item closed_item(const mien_reading *reading, unsigned classes, int truth) {
  float score[CLASSES];
  int top = -1;
  for (int k = 0; k < MIEN_CORE; k++)
    score[k] = reading->core[k];
  score[CALM] = isfinite(reading->extra[MIEN_CALM]) ? reading->extra[MIEN_CALM] : 0;
  score[BOREDOM] = isfinite(reading->extra[MIEN_BOREDOM]) ? reading->extra[MIEN_BOREDOM] : 0;
  score[MIEN_NEUTRAL] -= score[CALM] + score[BOREDOM];
  for (int k = 0; k < CLASSES; k++)
    if (classes & BIT(k) && (top < 0 || score[k] > score[top])) top = k;
  return (eval_item){.truth = truth, .guess = top};
}

static void report(eval_context *context, const protocol *p, const clip *clips, size_t count,
                   size_t missing) {
  eval_report *to = &context->report;
  eval_item *items = malloc((count + 1) * sizeof *items);
  if (!items) return;
  eval_set(to, "%s", p->title);
  for (size_t i = 0; i < count; i++)
    items[i] = clips[i].closed;
  size_t first = to->count;
  eval_add_labels(to, "", items, count);
  if (to->count > first + 1) eval_floor(&to->rows[first + 1], p->uar, NAN);
  for (int female = 1; female >= 0; female--) {
    size_t own = 0;
    for (size_t i = 0; i < count; i++)
      if (clips[i].female == (bool)female) items[own++] = clips[i].closed;
    eval_add(to, female ? "women" : "men", "UAR", eval_interval(eval_uar, items, own), own);
  }
  for (int k = 0; k < CLASSES; k++) {
    size_t own = 0;
    for (size_t i = 0; i < count; i++)
      if (clips[i].truth == k) items[own++] = clips[i].closed;
    const char *name = k == CALM ? "calm" : k == BOREDOM ? "boredom" : mien_core_name(k);
    if (own) eval_add(to, name, "recall", eval_interval(eval_accuracy, items, own), own);
  }
  size_t unheard = 0;
  for (size_t i = 0; i < count; i++)
    unheard += !clips[i].heard;
  eval_set(to, "%s, core labels", p->title);
  for (size_t i = 0; i < count; i++)
    items[i] = clips[i].core;
  eval_add_labels(to, "", items, count);
  eval_add_calibration(to, "", items, count, false);
  if (unheard) eval_note(to, "in %zu clips no speech was found: counted as wrong", unheard);
  if (missing) eval_note(to, "%zu clips could not be read", missing);
  free(items);
}

static int run(eval_context *context, const protocol *p, mien_error *error) {
  static const char *const names[] = {"dataset", "file", "gender", "emotion", "split"};
  enum { DATASET, FILE_NAME, GENDER, EMOTION, SPLIT, COLUMNS };
  const char *list = "splits/voice.csv";
  eval_table table = {0};
  nn_file *file = NULL;
  voice_model *model = NULL;
  clip *clips = NULL;
  size_t count = 0, missing = 0;
  int columns[COLUMNS], code = eval_open_table(context, &table, list, ',', error);
  for (int c = 0; !code && c < COLUMNS; c++)
    if ((columns[c] = eval_table_column(&table, names[c], list, error)) < 0) code = MIEN_EFORMAT;
  if (!code) code = eval_open_model(context, "voice", &file, error);
  if (!code) code = voice_model_open(&model, file, error);
  if (!code && !(clips = malloc(table.rows * sizeof *clips)))
    code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  for (size_t row = 1; !code && row < table.rows; row++) {
    const char *cell[COLUMNS];
    for (int c = 0; c < COLUMNS; c++)
      cell[c] = eval_table_cell(&table, row, (size_t)columns[c]);
    if (strcmp(cell[DATASET], p->dataset) || strcmp(cell[SPLIT], p->split)) continue;
    int truth = class_of_name(cell[EMOTION]);
    if (truth < 0 || !(p->classes & BIT(truth))) continue;
    mien_reading reading;
    mien_error trouble = {0};
    bool heard = false;
    base_reading_init(&reading, MIEN_VOICE);
    char *path = eval_path(context, "voice/%s/%s", p->dataset, cell[FILE_NAME]);
    if (!path || read_clip(model, path, &reading, &heard, &trouble)) {
      if (!missing++) eval_note(&context->report, "cannot be read: %s", trouble.where);
      free(path);
      continue;
    }
    free(path);
    int core = truth == CALM || truth == BOREDOM ? MIEN_NEUTRAL : truth;
    clip *c = &clips[count++];
    *c = (clip){.truth = truth, .female = *cell[GENDER] == 'F', .heard = heard};
    c->closed =
        heard ? closed_item(&reading, p->classes, truth) : (eval_item){.truth = truth, .guess = -1};
    c->core = heard ? eval_item_of(&reading, core)
                    : (eval_item){.truth = core, .guess = -1, .set = ALL_CORE, .abstained = true};
    if (heard) eval_keep(context, &reading, core);
    eval_progress(context, p->title, (double)row, (double)table.rows);
  }
  if (!code && !count)
    code = base_error_set(error, MIEN_EEMPTY, list,
                          "give the folder of the labelled sets by --data DIR",
                          "no clip of %s could be read", p->dataset);
  if (!code && !context->kept) report(context, p, clips, count, missing);
  free(clips);
  voice_model_close(&model);
  nn_file_close(&file);
  eval_table_close(&table);
  return code;
}

static const protocol ravdess = {"ravdess_speech", "test", "RAVDESS test, 8 classes",
                                 ALL_CORE | BIT(CALM), 0.58};
static const protocol emodb = {"emodb", "test", "EmoDB test, 7 classes",
                               (ALL_CORE & ~BIT(MIEN_SURPRISE)) | BIT(BOREDOM), 0.66};
static const protocol nemo = {"nemo", "test", "nEMO test, 6 classes",
                              ALL_CORE & ~BIT(MIEN_DISGUST), 0.42};
static const protocol crema = {"crema_d_partial", "test", "CREMA-D test, 2 classes",
                               BIT(MIEN_JOY) | BIT(MIEN_SADNESS), NAN};
static const protocol tess = {"tess", "cross", "TESS, never trained on, 7 classes", ALL_CORE, 0.38};

int eval_ravdess(eval_context *context, mien_error *error) { return run(context, &ravdess, error); }
int eval_emodb(eval_context *context, mien_error *error) { return run(context, &emodb, error); }
int eval_nemo(eval_context *context, mien_error *error) { return run(context, &nemo, error); }
int eval_crema(eval_context *context, mien_error *error) { return run(context, &crema, error); }
int eval_tess(eval_context *context, mien_error *error) { return run(context, &tess, error); }

/* The calibration of the modality as a whole, which its one temperature and one quantile are for. */
int eval_voices(eval_context *context, mien_error *error) {
  const protocol *const sets[] = {&ravdess, &emodb, &nemo, &crema};
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
