/* brighter.c: BRIGHTER's track A (Muhammad et al. 2025) in 28 languages: its six labels, and how
 * far the core labels' confidence can be believed in each language. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/text.h"

enum { LANGUAGES = 64, ENOUGH = 500 /* items for a language's calibration to be told */ };

/* BRIGHTER's labels in text_brighter_name's order. */
static const int core_of[TEXT_BRIGHTER] = {MIEN_ANGER, MIEN_DISGUST, MIEN_FEAR,
                                           MIEN_JOY,   MIEN_SADNESS, MIEN_SURPRISE};

typedef struct language {
  char name[TEXT_LANGUAGE];
  eval_multi *labels;
  size_t count;
  eval_item *core; /* texts with one label, which is their core label, or with none: neutral */
  size_t core_count;
  eval_pair *told; /* guess 1: the model named the language */
  size_t told_count;
} language;

static int read_language(eval_context *context, const eval_text *t, language *l,
                         mien_error *error) {
  char part[128];
  eval_table table = {0};
  int columns[TEXT_BRIGHTER], text = 0;
  snprintf(part, sizeof part, "text/open/brighter_semeval2025/track_a/test/%s%s.csv", l->name,
           strcmp(l->name, "eng") ? "" : "_labelled_from_history"); /* eng.csv's labels are empty */
  int code = eval_open_table(context, &table, part, ',', error);
  if (!code && (text = eval_table_column(&table, "text", part, error)) < 0) code = MIEN_EFORMAT;
  if (!code && (!(l->labels = malloc(table.rows * sizeof *l->labels)) ||
                !(l->core = malloc(table.rows * sizeof *l->core)) ||
                !(l->told = malloc(table.rows * sizeof *l->told))))
    code = base_error_set(error, MIEN_ENOMEM, part, "", "no memory for the scores");
  for (int k = 0; !code && k < TEXT_BRIGHTER; k++)
    columns[k] = eval_table_column(&table, text_brighter_name(k), part, NULL); /* some have five */
  for (size_t row = 1; !code && row < table.rows; row++) {
    mien_reading reading;
    float probabilities[TEXT_BRIGHTER];
    unsigned expressed = 0;
    eval_multi item = {0, 0};
    int given = 0, core = MIEN_NEUTRAL;
    bool labelled = false;
    eval_text_read(t, eval_table_cell(&table, row, (size_t)text), &reading);
    text_reader_brighter(t->reader, l->name, probabilities, &expressed);
    for (int k = 0; k < TEXT_BRIGHTER; k++) {
      const char *cell = columns[k] < 0 ? "" : eval_table_cell(&table, row, (size_t)columns[k]);
      if (!*cell) continue;
      labelled = true;
      if (atof(cell) > 0) item.truth |= UINT32_C(1) << k, core = core_of[k], given++;
      if (expressed >> k & 1) item.guess |= UINT32_C(1) << k;
    }
    if (!labelled) continue;
    l->labels[l->count++] = item;
    if (given < 2) l->core[l->core_count++] = eval_item_of(&reading, core);
    const text_heads *heads = text_reader_heads(t->reader);
    if (heads->language[0])
      l->told[l->told_count++] = (eval_pair){0, (float)!strcmp(heads->language, l->name)};
  }
  eval_table_close(&table);
  return code;
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const language *)a)->name, ((const language *)b)->name);
}

/* The languages of the test folder, sorted; of a model that reads one language, that one. */
static int list_languages(const eval_context *context, const eval_text *t, language list[LANGUAGES],
                          mien_error *error) {
  char reads[TEXT_LANGUAGE];
  if (!nn_file_string(t->file, "reads", reads, sizeof reads, NULL)) {
    snprintf(list->name, sizeof list->name, "%s", reads);
    return 1;
  }
  char *path = eval_path(context, "text/open/brighter_semeval2025/track_a/test");
  DIR *folder = path ? opendir(path) : NULL;
  int count = 0;
  for (struct dirent *entry; folder && count < LANGUAGES && (entry = readdir(folder));) {
    size_t length = strlen(entry->d_name);
    if (length < 5 || length > 11 || strcmp(entry->d_name + length - 4, ".csv")) continue;
    snprintf(list[count++].name, sizeof list->name, "%.*s", (int)(length - 4), entry->d_name);
  }
  if (folder) closedir(folder);
  if (!count)
    base_error_set(error, MIEN_EIO, path ? path : "",
                   "give the folder of the labelled sets by --data DIR", "there are no test files");
  free(path);
  qsort(list, (size_t)count, sizeof *list, by_name);
  return count;
}

static void report_labels(eval_report *to, const language *list, int languages) {
  const void *items[LANGUAGES], *told[LANGUAGES];
  size_t counts[LANGUAGES], told_counts[LANGUAGES], all = 0, all_told = 0;
  char part[32];
  for (int l = 0; l < languages; l++) {
    items[l] = list[l].labels, told[l] = list[l].told;
    all += counts[l] = list[l].count;
    all_told += told_counts[l] = list[l].told_count;
  }
  eval_set(to, "BRIGHTER track A test");
  snprintf(part, sizeof part, "mean of %d", languages);
  eval_row *row = NULL;
  if (languages > 1) {
    row = eval_add(to, part, "macro-F1",
                   eval_interval_of_mean(eval_multi_f1, items, counts, (size_t)languages), all);
    eval_goal_set(row, (eval_goal){"BRIGHTER, mean of the languages, macro-F1", 0.38, 0.44, 0.50});
  }
  for (int l = 0; l < languages; l++) {
    row = eval_add(to, list[l].name, "macro-F1",
                   eval_interval(eval_multi_f1, list[l].labels, list[l].count), list[l].count);
    if (!strcmp(list[l].name, "eng"))
      eval_goal_set(row, (eval_goal){"BRIGHTER English, macro-F1", 0.50, 0.58, 0.65});
  }
  if (!all_told) return;
  eval_add(to, part, "the language is named",
           eval_interval_of_mean(eval_mean, told, told_counts, (size_t)languages), all_told)
      ->percent = true;
}

/* Each language's calibration, and the worst of them for the table of the text models. */
static void report_calibration(eval_report *to, const language *list, int languages) {
  size_t worst_error = SIZE_MAX, worst_coverage = SIZE_MAX;
  bool floors = strcmp(to->model, "bulk") != 0; /* the bulk model was never asked for it */
  eval_set(to, "BRIGHTER track A test, core labels, by language");
  for (int l = 0; l < languages; l++) {
    if (list[l].core_count < ENOUGH) continue;
    eval_add(to, list[l].name, "accuracy",
             eval_interval(eval_accuracy, list[l].core, list[l].core_count), list[l].core_count);
    size_t first = to->count;
    eval_add_confidence(to, list[l].name, list[l].core, list[l].core_count, floors);
    if (to->count < first + 2) return;
    const eval_row *rows = to->rows;
    if (worst_error == SIZE_MAX || rows[first].value.value > rows[worst_error].value.value)
      worst_error = first;
    if (worst_coverage == SIZE_MAX ||
        fabs(rows[first + 1].value.value - 0.9) > fabs(rows[worst_coverage].value.value - 0.9))
      worst_coverage = first + 1;
  }
  if (worst_error != SIZE_MAX) {
    to->rows[worst_error].goal = "calibration error, the language where it is largest";
    to->rows[worst_coverage].goal = "coverage of 90 % sets, the language farthest from it";
  }
  eval_note(to,
            "texts with one label, which is their core label, and texts with none, which are "
            "neutral; languages with at least %d of them",
            ENOUGH);
}

int eval_brighter(eval_context *context, mien_error *error) {
  language *list = calloc(LANGUAGES, sizeof *list);
  eval_text text = {0};
  int languages = 0, code = MIEN_OK;
  if (!list)
    code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  if (!code) code = eval_text_open(context, &text, error);
  if (!code && !(languages = list_languages(context, &text, list, error))) code = MIEN_EIO;
  for (int l = 0; !code && l < languages; l++) {
    eval_progress(context, "BRIGHTER", l, languages);
    code = read_language(context, &text, &list[l], error);
  }
  if (!code) {
    report_labels(&context->report, list, languages);
    report_calibration(&context->report, list, languages);
  }
  for (int l = 0; l < languages; l++)
    free(list[l].labels), free(list[l].core), free(list[l].told);
  free(list);
  eval_text_close(&text);
  return code;
}
