/* voice_ways.c: the voices of the test splits on their way: in noise, over the telephone, too quiet and
 * too loud. The changes are made here (voice_way.h), from fixed seeds; the noises are those of ESC-10's
 * fold 5, which training has not heard. */
#include "eval/voice.h"
#include "eval/voice_codec.h"
#include "eval/voice_way.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const voice_protocol sets[] = {
    {"ravdess_speech", "test", "RAVDESS", EVAL_RAVDESS_CLASSES, NAN, NAN, NAN, NAN},
    {"emodb", "test", "EmoDB", EVAL_EMODB_CLASSES, NAN, NAN, NAN, NAN},
    {"nemo", "test", "nEMO", EVAL_NEMO_CLASSES, NAN, NAN, NAN, NAN},
    {"tess", "cross", "TESS", EVAL_ALL_CORE, NAN, NAN, NAN, NAN}};

static const size_t every[] = {1, 1, 3, 4}; /* of a large set one clip in so many: eighteen ways take long */

static const voice_way ways[] = {
    {"as recorded", WAY_QUIET, 0, WAY_WIDE, 0},
    {"white noise at 20 dB", WAY_WHITE, 20, WAY_WIDE, 0},
    {"white noise at 10 dB", WAY_WHITE, 10, WAY_WIDE, 0},
    {"recorded noise at 20 dB", WAY_WORLD, 20, WAY_WIDE, 0},
    {"recorded noise at 10 dB", WAY_WORLD, 10, WAY_WIDE, 0},
    {"recorded noise at 5 dB", WAY_WORLD, 5, WAY_WIDE, 0},
    {"telephone band", WAY_QUIET, 0, WAY_BAND, 0},
    {"telephone, G.711 mu-law", WAY_QUIET, 0, WAY_ULAW, 0},
    {"telephone, G.711 A-law", WAY_QUIET, 0, WAY_ALAW, 0},
    {"telephone, noise at 10 dB", WAY_WORLD, 10, WAY_ULAW, 0},
    {"30 dB quieter", WAY_QUIET, 0, WAY_WIDE, -30},
    {"30 dB louder, cut", WAY_QUIET, 0, WAY_WIDE, 30}};
/* Through other codings than the telephone's, after the way of the same number: all but one are as recorded. */
static const struct {
  const char *name;
  voice_codec codec;
} codings[] = {
    {"Opus, 16 kHz, 12 kbit/s", {"libopus", 16000, 12000}},
    {"Opus, 8 kHz, 8 kbit/s", {"libopus", 8000, 8000}},
    {"GSM full rate, 13 kbit/s", {"libgsm", 8000, 13000}},
    {"G.722, 64 kbit/s", {"g722", 16000, 64000}},
    {"G.726, 32 kbit/s", {"g726", 8000, 32000}},
    {"MP3, 24 kbit/s", {"libmp3lame", 16000, 24000}}};
enum { LINES = BASE_COUNT(ways), WAYS = BASE_COUNT(ways) + BASE_COUNT(codings), LINE_AND_NOISE = 9 };

static const char *name_of(int way) { return way < (int)LINES ? ways[way].name : codings[way - (int)LINES].name; }

int eval_voice_noises(const eval_context *context, voice_noises *n, mien_error *error) {
  const char *list = "voice/noise_esc10/labels.csv";
  eval_table table = {0};
  int code = eval_open_table(context, &table, list, ',', error), column = -1;
  if (!code && (column = eval_table_column(&table, "file", list, error)) < 0) code = MIEN_EFORMAT;
  for (size_t row = 1; !code && row < table.rows; row++) {
    const char *file = eval_table_cell(&table, row, (size_t)column), *fold = strchr(file, '-');
    if (!fold || strncmp(fold, "-5-", 3)) continue;
    const char *ending = strrchr(file, '.'); /* the list has the names from before they were made smaller */
    char *path = eval_path(context, "voice/noise_esc10/%.*s.opus",
                           (int)(ending ? ending - file : (ptrdiff_t)strlen(file)), file);
    float *pcm = NULL, *more = NULL;
    size_t count = 0;
    mien_error trouble = {0};
    if (path && !eval_voice_load(path, &pcm, &count, &trouble))
      more = realloc(n->pcm, (n->count + count) * sizeof *more);
    if (more) {
      n->pcm = more;
      memcpy(n->pcm + n->count, pcm, count * sizeof *pcm);
      n->count += count;
    }
    free(pcm);
    free(path);
  }
  eval_table_close(&table);
  if (!code && !n->count)
    code = base_error_set(error, MIEN_EEMPTY, list, "give the folder of the labelled sets by --data DIR",
                          "no noise of fold 5 could be read");
  return code;
}

static void report(eval_context *context, const voice_protocol *p, voice_clip *const clips[WAYS],
                   size_t count) {
  eval_report *to = &context->report;
  eval_item *items = malloc((count + 1) * sizeof *items);
  if (!items) return;
  eval_set(to, "%s on its way to the machine", p->title);
  double clean = NAN;
  for (int w = 0; w < (int)WAYS; w++) {
    for (size_t i = 0; i < count; i++) items[i] = clips[w][i].closed;
    eval_value value = eval_interval(eval_uar, items, count);
    if (w == 0) clean = value.value;
    eval_row *row = eval_add(to, name_of(w), "UAR", value, count);
    if (w == LINE_AND_NOISE && row) eval_floor(row, clean - 0.08, NAN), row->aim = clean - 0.05;
  }
  for (int female = 1; female >= 0; female--) {
    size_t own = 0;
    for (size_t i = 0; i < count; i++)
      if (clips[LINE_AND_NOISE][i].female == (bool)female) items[own++] = clips[LINE_AND_NOISE][i].closed;
    if (own)
      eval_add(to, female ? "women, telephone and noise" : "men, telephone and noise", "UAR",
               eval_interval(eval_uar, items, own), own);
  }
  eval_set(to, "%s on its way, core labels", p->title);
  for (int w = 0; w < (int)WAYS; w++) {
    for (size_t i = 0; i < count; i++) items[i] = clips[w][i].core;
    eval_add(to, name_of(w), "abstained", eval_interval(eval_abstained, items, count), count);
    eval_add_confidence(to, name_of(w), items, count, false);
  }
  free(items);
}

static int run(eval_context *context, const voice_protocol *p, size_t one_in, const voice_model *model,
               const voice_noises *n, mien_error *error) {
  voice_rows rows;
  voice_row row;
  voice_clip *clips[WAYS] = {0};
  float *changed = NULL;
  size_t count = 0, missing = 0, seen = 0;
  int code = eval_voice_rows_open(context, &rows, error);
  for (int w = 0; !code && w < (int)WAYS; w++)
    if (!(clips[w] = malloc(rows.table.rows * sizeof *clips[w]))) code = MIEN_ENOMEM;
  while (!code && eval_voice_rows_next(&rows, p, &row)) {
    float *pcm;
    size_t samples;
    if (strcmp(row.split, p->split) || seen++ % one_in) continue;
    if (eval_voice_load_row(context, p, &row, &pcm, &samples, &missing)) continue;
    float *more = realloc(changed, (samples + 1) * sizeof *more);
    if (more) changed = more;
    else code = MIEN_ENOMEM;
    for (int w = 0; !code && w < (int)WAYS; w++) {
      mien_reading reading;
      bool heard;
      memcpy(changed, pcm, samples * sizeof *pcm);
      if (w < (int)LINES) voice_way_go(&ways[w], changed, samples, rows.row, n->pcm, n->count);
      else code = voice_codec_go(&codings[w - (int)LINES].codec, changed, samples);
      if (code == MIEN_EUNSUPPORTED)
        base_error_set(error, code, name_of(w), "install Debian's FFmpeg", "this FFmpeg has no encoder for it");
      if (code) break;
      code = eval_voice_read(model, changed, samples, &reading, &heard);
      clips[w][count] = eval_voice_clip(p, &row, &reading, heard);
    }
    count++;
    free(pcm);
    eval_progress(context, p->title, (double)rows.row, (double)rows.table.rows);
  }
  if (code == MIEN_ENOMEM) base_error_set(error, code, "", "", "no memory for the voices");
  if (!code && count) report(context, p, clips, count);
  if (one_in > 1 && count) eval_note(&context->report, "one clip in %zu of the set", one_in);
  if (missing) eval_note(&context->report, "%zu clips could not be read", missing);
  for (int w = 0; w < (int)WAYS; w++) free(clips[w]);
  free(changed);
  eval_table_close(&rows.table);
  return code;
}

int eval_voice_ways(eval_context *context, mien_error *error) {
  nn_file *file = NULL;
  voice_model *model = NULL;
  voice_noises n = {0};
  int code = eval_open_model(context, "voice", &file, error);
  if (!code) code = voice_model_open(&model, file, error);
  if (!code) code = eval_voice_noises(context, &n, error);
  for (size_t s = 0; !code && s < BASE_COUNT(sets); s++)
    code = run(context, &sets[s], every[s], model, &n, error);
  free(n.pcm);
  voice_model_close(&model);
  nn_file_close(&file);
  return code;
}
