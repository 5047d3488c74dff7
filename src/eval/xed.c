/* xed.c: XED English (Öhman et al. 2020): Plutchik's eight on lines of film subtitles. The set has
 * no split: the lines whose checksum ends in 0 were never trained on (train/text_data.py). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/text.h"

enum { TENTH = 10 };

typedef struct lines {
  eval_multi *items;
  size_t count;
} lines;

/* "1, 4, 7" to a mask: number k is bit k-1; 0 is neutral. */
static uint32_t mask_of(const char *list) {
  uint32_t mask = 0;
  for (char *end; *list; list = *end ? end + 1 : end) {
    long label = strtol(list, &end, 10);
    if (end == list) break;
    if (label >= 1 && label <= TEXT_PLUTCHIK) mask |= UINT32_C(1) << (label - 1);
  }
  return mask;
}

/* Adds the held-out lines of a file; `labelled`: text and labels, else a number and a neutral text.
 */
static int add_lines(eval_context *context, const eval_text *t, const float *thresholds,
                     const char *part, bool labelled, lines *to, mien_error *error) {
  eval_table table = {0};
  int code = eval_open_table(context, &table, part, '\t', error);
  eval_multi *grown =
      code ? NULL : realloc(to->items, (to->count + table.rows) * sizeof *to->items);
  if (grown)
    to->items = grown;
  else if (!code)
    code = base_error_set(error, MIEN_ENOMEM, part, "", "no memory for the scores");
  for (size_t row = 0; !code && row < table.rows; row++) {
    mien_reading reading;
    char *text = eval_cleaned(eval_table_cell(&table, row, labelled ? 0 : 1));
    if (text && *text && eval_checksum(text) % TENTH == 0) {
      eval_multi item = {labelled ? mask_of(eval_table_cell(&table, row, 1)) : 0, 0};
      eval_text_read(t, text, &reading);
      const text_heads *heads = text_reader_heads(t->reader);
      for (int k = 0; k < TEXT_PLUTCHIK; k++)
        if (heads->plutchik[k] >= thresholds[k]) item.guess |= UINT32_C(1) << k;
      to->items[to->count++] = item;
    }
    free(text);
    eval_progress(context, "XED", (double)row, (double)table.rows);
  }
  eval_table_close(&table);
  return code;
}

int eval_xed(eval_context *context, mien_error *error) {
  static const char *const names[TEXT_PLUTCHIK] = {"anger", "anticipation", "disgust",  "fear",
                                                   "joy",   "sadness",      "surprise", "trust"};
  eval_report *to = &context->report;
  eval_text text = {0};
  float thresholds[TEXT_PLUTCHIK];
  lines held = {0};
  eval_multi *own = NULL;
  size_t labelled = 0;
  eval_set(to, "XED English, held-out lines, 8 labels");
  int code = eval_text_open(context, &text, error);
  if (!code && isnan(eval_text_probe(&text)->plutchik[0])) {
    eval_note(to, "this model has no head for Plutchik's eight");
    eval_text_close(&text);
    return MIEN_OK;
  }
  if (!code)
    code = nn_file_numbers(text.file, "thresholds.plutchik", thresholds, TEXT_PLUTCHIK, error);
  if (!code)
    code = add_lines(context, &text, thresholds, "text/open/xed/AnnotatedData/en-annotated.tsv",
                     true, &held, error);
  labelled = held.count;
  if (!code)
    code = add_lines(context, &text, thresholds, "text/open/xed/AnnotatedData/neu_en.txt", false,
                     &held, error);
  if (!code && !(own = malloc((held.count + 1) * sizeof *own)))
    code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  if (!code) {
    eval_goal_set(eval_add(to, "lines with a label", "macro-F1",
                           eval_interval(eval_multi_f1, held.items, labelled), labelled),
                  (eval_goal){"XED English (8), macro-F1", NAN, 0.50, 0.54});
    eval_add(to, "and neutral lines", "macro-F1",
             eval_interval(eval_multi_f1, held.items, held.count), held.count);
    for (int k = 0; k < TEXT_PLUTCHIK; k++) {
      eval_only_label(held.items, labelled, k, own);
      eval_add(to, names[k], "F1", eval_interval(eval_multi_f1, own, labelled), labelled);
    }
  }
  free(own);
  free(held.items);
  eval_text_close(&text);
  return code;
}
