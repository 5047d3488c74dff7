/* text.c: GoEmotions, BRIGHTER, EmoBank. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/parts.h"
#include "text/text.h"

/* GoEmotions' grouping (Demszky et al. 2020, Ekman's six) with neutral: core label of each of the
 * 28, in mien_fine_name's order. */
static const int core_of_fine[MIEN_FINE] = {MIEN_JOY /* admiration */,
                                            MIEN_JOY /* amusement */,
                                            MIEN_ANGER /* anger */,
                                            MIEN_ANGER /* annoyance */,
                                            MIEN_JOY /* approval */,
                                            MIEN_JOY /* caring */,
                                            MIEN_SURPRISE /* confusion */,
                                            MIEN_SURPRISE /* curiosity */,
                                            MIEN_JOY /* desire */,
                                            MIEN_SADNESS /* disappointment */,
                                            MIEN_ANGER /* disapproval */,
                                            MIEN_DISGUST /* disgust */,
                                            MIEN_SADNESS /* embarrassment */,
                                            MIEN_JOY /* excitement */,
                                            MIEN_FEAR /* fear */,
                                            MIEN_JOY /* gratitude */,
                                            MIEN_SADNESS /* grief */,
                                            MIEN_JOY /* joy */,
                                            MIEN_JOY /* love */,
                                            MIEN_FEAR /* nervousness */,
                                            MIEN_JOY /* optimism */,
                                            MIEN_JOY /* pride */,
                                            MIEN_SURPRISE /* realization */,
                                            MIEN_JOY /* relief */,
                                            MIEN_SADNESS /* remorse */,
                                            MIEN_SADNESS /* sadness */,
                                            MIEN_SURPRISE /* surprise */,
                                            MIEN_NEUTRAL /* neutral */};

typedef struct room { /* the text model, open */
  nn_file *file;
  text_model *model;
  text_reader *reader;
} room;

static int room_open(eval_context *context, room *r, mien_error *error) {
  *r = (room){0};
  int code = eval_open_model(context, "text", &r->file, error);
  if (!code) code = text_model_open(&r->model, r->file, error);
  if (!code && (code = text_reader_open(&r->reader, r->model)))
    base_error_set(error, code, "", "", "no memory for the text model");
  if (!code) text_reader_cues(r->reader, false);
  return code;
}

static void room_close(room *r) {
  text_reader_close(&r->reader);
  text_model_close(&r->model);
  nn_file_close(&r->file);
}

static void read_one(room *r, const char *text, mien_reading *reading) {
  base_reading_init(reading, MIEN_TEXT);
  text_read(r->reader, text, strlen(text), reading);
}

/* ---- GoEmotions ------------------------------------------------------------------------------ */

/* "3,17" to a mask; labels outside 0…27 are ignored. */
static uint32_t mask_of(const char *list, int *labels) {
  uint32_t mask = 0;
  *labels = 0;
  for (char *end; *list; list = *end ? end + 1 : end) {
    long label = strtol(list, &end, 10);
    if (end == list) break;
    if (label >= 0 && label < MIEN_FINE) mask |= UINT32_C(1) << label, ++*labels;
  }
  return mask;
}

static void goemotions_labels(eval_report *to, const eval_multi *fine, size_t count) {
  eval_multi *own = malloc((count + 1) * sizeof *own);
  for (int k = 0; own && k < MIEN_FINE; k++) {
    size_t positive = 0;
    for (size_t i = 0; i < count; i++) {
      own[i] = (eval_multi){fine[i].truth >> k & 1, fine[i].guess >> k & 1};
      positive += own[i].truth;
    }
    eval_add(to, mien_fine_name(k), "F1", eval_interval(eval_multi_f1, own, count), positive);
  }
  free(own);
}

int eval_goemotions(eval_context *context, mien_error *error) {
  eval_table table = {0};
  room r = {0};
  eval_multi *fine = NULL;
  eval_item *core = NULL;
  size_t fine_count = 0, core_count = 0;
  int code =
      eval_open_table(context, &table, "text/open/goemotions/original/test.tsv", '\t', error);
  if (!code) code = room_open(context, &r, error);
  if (!code &&
      (!(fine = malloc(table.rows * sizeof *fine)) || !(core = malloc(table.rows * sizeof *core))))
    code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  for (size_t row = 0; !code && row < table.rows; row++) {
    const float *thresholds = text_model_fine_thresholds(r.model);
    mien_reading reading;
    int labels;
    uint32_t truth = mask_of(eval_table_cell(&table, row, 1), &labels), guess = 0;
    if (!labels) continue;
    read_one(&r, eval_table_cell(&table, row, 0), &reading);
    int top = 0;
    for (int k = 0; k < MIEN_FINE; k++) {
      if (reading.fine[k] >= thresholds[k]) guess |= UINT32_C(1) << k;
      if (!(reading.fine[k] <= reading.fine[top])) top = k;
    }
    if (!guess) guess = UINT32_C(1) << top;
    fine[fine_count++] = (eval_multi){truth, guess};
    if (labels == 1) {
      int label = 0;
      while (!(truth >> label & 1))
        label++;
      core[core_count++] = eval_item_of(&reading, core_of_fine[label]);
      eval_keep(context, &reading, core_of_fine[label]);
    }
    eval_progress(context, "GoEmotions", (double)row, (double)table.rows);
  }
  if (!code && !context->kept) {
    eval_report *to = &context->report;
    eval_set(to, "GoEmotions test, 28 labels");
    eval_row *row =
        eval_add(to, "", "macro-F1", eval_interval(eval_multi_f1, fine, fine_count), fine_count);
    eval_floor(row, 0.42, NAN);
    goemotions_labels(to, fine, fine_count);
    eval_note(to, "thresholds were tuned on dev and are in the model; items of a label are those "
                  "that have it");
    eval_set(to, "GoEmotions test, core labels, items with one label");
    size_t first = to->count;
    eval_add_labels(to, "", core, core_count);
    if (to->count == first + 3) {
      eval_floor(&to->rows[first], 0.65, NAN);
      eval_floor(&to->rows[first + 2], 0.57, NAN);
    }
    eval_add_calibration(to, "", core, core_count, true);
  }
  free(fine);
  free(core);
  room_close(&r);
  eval_table_close(&table);
  return code;
}

/* ---- BRIGHTER -------------------------------------------------------------------------------- */

/* Reads one language's file; `items` is the caller's to free. */
static int brighter_language(eval_context *context, room *r, const char *language,
                             eval_multi **items, size_t *count, mien_error *error) {
  char part[128];
  eval_table table = {0};
  int columns[TEXT_BRIGHTER], text;
  snprintf(part, sizeof part, "text/open/brighter_semeval2025/track_a/test/%s%s.csv", language,
           strcmp(language, "eng") ? ""
                                   : "_labelled_from_history"); /* eng.csv's labels are empty */
  *count = 0;
  int code = eval_open_table(context, &table, part, ',', error);
  if (!code && (text = eval_table_column(&table, "text", part, error)) < 0) code = MIEN_EFORMAT;
  if (!code && !(*items = malloc(table.rows * sizeof **items)))
    code = base_error_set(error, MIEN_ENOMEM, part, "", "no memory for the scores");
  for (int k = 0; !code && k < TEXT_BRIGHTER; k++)
    columns[k] = eval_table_column(&table, text_brighter_name(k), part, NULL); /* some have five */
  for (size_t row = 1; !code && row < table.rows; row++) {
    mien_reading reading;
    float probabilities[TEXT_BRIGHTER];
    unsigned expressed = 0;
    eval_multi item = {0, 0};
    bool labelled = false;
    read_one(r, eval_table_cell(&table, row, (size_t)text), &reading);
    text_reader_brighter(r->reader, language, probabilities, &expressed);
    for (int k = 0; k < TEXT_BRIGHTER; k++) {
      const char *cell = columns[k] < 0 ? "" : eval_table_cell(&table, row, (size_t)columns[k]);
      if (!*cell) continue;
      labelled = true;
      if (atof(cell) > 0) item.truth |= UINT32_C(1) << k;
      if (expressed >> k & 1) item.guess |= UINT32_C(1) << k;
    }
    if (labelled) (*items)[(*count)++] = item;
  }
  eval_table_close(&table);
  return code;
}

enum { LANGUAGES = 64 };

static int by_name(const void *a, const void *b) {
  return strcmp(a, b);
}

/* The languages of the test folder, sorted. */
static int list_languages(const eval_context *context, char names[LANGUAGES][8],
                          mien_error *error) {
  char *path = eval_path(context, "text/open/brighter_semeval2025/track_a/test");
  DIR *folder = path ? opendir(path) : NULL;
  int count = 0;
  for (struct dirent *entry; folder && count < LANGUAGES && (entry = readdir(folder));) {
    size_t length = strlen(entry->d_name);
    if (length < 5 || length > 11 || strcmp(entry->d_name + length - 4, ".csv")) continue;
    snprintf(names[count++], sizeof names[0], "%.*s", (int)(length - 4), entry->d_name);
  }
  if (folder) closedir(folder);
  if (!count)
    base_error_set(error, MIEN_EIO, path ? path : "",
                   "give the folder of the labelled sets by --data DIR", "there are no test files");
  free(path);
  qsort(names, (size_t)count, sizeof names[0], by_name);
  return count;
}

int eval_brighter(eval_context *context, mien_error *error) {
  char names[LANGUAGES][8];
  eval_multi *items[LANGUAGES] = {NULL};
  size_t counts[LANGUAGES] = {0}, all = 0;
  room r = {0};
  int languages = list_languages(context, names, error), code = languages ? MIEN_OK : MIEN_EIO;
  if (!code) code = room_open(context, &r, error);
  for (int l = 0; !code && l < languages; l++) {
    eval_progress(context, "BRIGHTER", l, languages);
    code = brighter_language(context, &r, names[l], &items[l], &counts[l], error);
    all += counts[l];
  }
  if (!code) {
    eval_report *to = &context->report;
    char part[32];
    eval_set(to, "BRIGHTER track A test");
    snprintf(part, sizeof part, "mean of %d", languages);
    eval_row *row = eval_add(
        to, part, "macro-F1",
        eval_interval_of_mean(eval_multi_f1, (const void *const *)items, counts, (size_t)languages),
        all);
    eval_floor(row, 0.38, NAN);
    for (int l = 0; l < languages; l++) {
      row = eval_add(to, names[l], "macro-F1", eval_interval(eval_multi_f1, items[l], counts[l]),
                     counts[l]);
      if (!strcmp(names[l], "eng")) eval_floor(row, 0.50, NAN);
    }
  }
  for (int l = 0; l < languages; l++)
    free(items[l]);
  room_close(&r);
  return code;
}

/* ---- EmoBank --------------------------------------------------------------------------------- */

int eval_emobank(eval_context *context, mien_error *error) {
  const char *part = "text/open/emobank/emobank.csv";
  static const char *const names[MIEN_DIMS] = {"V", "A", "D"};
  eval_table table = {0};
  room r = {0};
  eval_pair *pairs[MIEN_DIMS] = {NULL};
  size_t count = 0;
  int split = 0, text = 0, columns[MIEN_DIMS];
  int code = eval_open_table(context, &table, part, ',', error);
  if (!code && ((split = eval_table_column(&table, "split", part, error)) < 0 ||
                (text = eval_table_column(&table, "text", part, error)) < 0))
    code = MIEN_EFORMAT;
  for (int d = 0; !code && d < MIEN_DIMS; d++) {
    if ((columns[d] = eval_table_column(&table, names[d], part, error)) < 0)
      code = MIEN_EFORMAT;
    else if (!(pairs[d] = malloc(table.rows * sizeof *pairs[d])))
      code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  }
  if (!code) code = room_open(context, &r, error);
  for (size_t row = 1; !code && row < table.rows; row++) {
    mien_reading reading;
    if (strcmp(eval_table_cell(&table, row, (size_t)split), "test")) continue;
    read_one(&r, eval_table_cell(&table, row, (size_t)text), &reading);
    for (int d = 0; d < MIEN_DIMS; d++)
      pairs[d][count] = (eval_pair){(float)atof(eval_table_cell(&table, row, (size_t)columns[d])),
                                    isfinite(reading.dims[d]) ? reading.dims[d] : 0};
    count++;
  }
  if (!code) {
    eval_set(&context->report, "EmoBank test");
    for (int d = 0; d < MIEN_DIMS; d++)
      eval_add(&context->report, mien_dim_name(d), "Pearson's r",
               eval_interval(eval_pearson, pairs[d], count), count);
  }
  for (int d = 0; d < MIEN_DIMS; d++)
    free(pairs[d]);
  room_close(&r);
  eval_table_close(&table);
  return code;
}
