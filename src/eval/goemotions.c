/* goemotions.c: GoEmotions test (Demszky et al. 2020): the 28 labels, the core labels, and how far
 * the confidence can be believed. */
#include <stdlib.h>
#include <string.h>

#include "eval/text.h"

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

static void of_each_label(eval_report *to, const eval_multi *fine, size_t count) {
  eval_multi *own = malloc((count + 1) * sizeof *own);
  for (int k = 0; own && k < MIEN_FINE; k++) {
    size_t positive = 0;
    eval_only_label(fine, count, k, own);
    for (size_t i = 0; i < count; i++)
      positive += own[i].truth;
    eval_add(to, mien_fine_name(k), "F1", eval_interval(eval_multi_f1, own, count), positive);
  }
  free(own);
}

int eval_goemotions(eval_context *context, mien_error *error) {
  eval_table table = {0};
  eval_text text = {0};
  eval_multi *fine = NULL;
  eval_item *core = NULL;
  size_t fine_count = 0, core_count = 0;
  int code =
      eval_open_table(context, &table, "text/open/goemotions/original/test.tsv", '\t', error);
  if (!code) code = eval_text_open(context, &text, error);
  if (!code &&
      (!(fine = malloc(table.rows * sizeof *fine)) || !(core = malloc(table.rows * sizeof *core))))
    code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  for (size_t row = 0; !code && row < table.rows; row++) {
    const float *thresholds = text_model_fine_thresholds(text.model);
    mien_reading reading;
    int labels;
    uint32_t truth = mask_of(eval_table_cell(&table, row, 1), &labels), guess = 0;
    if (!labels) continue;
    eval_text_read(&text, eval_table_cell(&table, row, 0), &reading);
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
      core[core_count++] = eval_item_of(&reading, eval_core_of_fine[label]);
      eval_keep(context, &reading, eval_core_of_fine[label]);
    }
    eval_progress(context, "GoEmotions", (double)row, (double)table.rows);
  }
  if (!code && !context->kept) {
    eval_report *to = &context->report;
    eval_set(to, "GoEmotions test, 28 labels");
    eval_row *row =
        eval_add(to, "", "macro-F1", eval_interval(eval_multi_f1, fine, fine_count), fine_count);
    eval_goal_set(row, (eval_goal){"GoEmotions 28, macro-F1", 0.42, 0.51, 0.56});
    of_each_label(to, fine, fine_count);
    eval_note(to, "thresholds were tuned on dev and are in the model; items of a label are those "
                  "that have it");
    eval_set(to, "GoEmotions test, core labels, items with one label");
    size_t first = to->count;
    eval_add_labels(to, "", core, core_count);
    eval_add_calibration(to, "", core, core_count, true);
    if (to->count == first + 8) {
      eval_goal_set(&to->rows[first],
                    (eval_goal){"GoEmotions core (7), accuracy", 0.65, 0.70, 0.73});
      eval_goal_set(&to->rows[first + 2],
                    (eval_goal){"GoEmotions core (7), macro-F1", 0.57, 0.64, 0.69});
      to->rows[first + 3].goal = "GoEmotions core, calibration error";
      to->rows[first + 4].goal = "GoEmotions core, coverage of 90 % sets";
    }
  }
  free(fine);
  free(core);
  eval_text_close(&text);
  eval_table_close(&table);
  return code;
}
