/* sarcasm.c: iSarcasmEval English (Abu Farha et al. 2022), sarcasm as its authors meant it,
 * cross-validated: the set came without its test part.
 *
 * A model that ships five more sarcasm heads is scored by them: fold k is the texts whose checksum
 * (CRC-32 of the cleaned text) leaves k when divided by 5, and head k, weights and threshold, was
 * fitted on the other folds alone. No text of the set may have trained what is below the heads.
 *   tensor    sarcasm.folds            F32 [5][hidden + 1], the last column the bias
 *   metadata  thresholds.sarcasm_folds [5] probabilities; where missing, thresholds.sarcasm for all
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/text.h"

enum { FOLDS = 5 };

typedef struct folds {
  const nn_tensor *heads;
  float thresholds[FOLDS];
  eval_multi *items[FOLDS];
  size_t counts[FOLDS];
} folds;

/* False: the model has none. */
static bool find_folds(const eval_text *text, folds *f) {
  if (!(f->heads = eval_text_head(text, "sarcasm.folds", FOLDS))) return false;
  if (!nn_file_numbers(text->file, "thresholds.sarcasm_folds", f->thresholds, FOLDS, NULL))
    return true;
  double threshold;
  if (nn_file_number(text->file, "thresholds.sarcasm", &threshold, NULL)) return false;
  for (int k = 0; k < FOLDS; k++)
    f->thresholds[k] = (float)threshold;
  return true;
}

static bool is_sarcastic(const eval_text *text, const folds *f, int fold) {
  return 1 / (1 + exp(-eval_text_logit(text, f->heads, fold))) >= f->thresholds[fold];
}

static int score(eval_context *context, const eval_text *text, folds *f, mien_error *error) {
  const char *part = "text/open/isarcasmeval/train/train.En.csv";
  eval_table table = {0};
  int tweet = 0, sarcastic = 0;
  int code = eval_open_table(context, &table, part, ',', error);
  if (!code && ((tweet = eval_table_column(&table, "tweet", part, error)) < 0 ||
                (sarcastic = eval_table_column(&table, "sarcastic", part, error)) < 0))
    code = MIEN_EFORMAT;
  for (int k = 0; !code && k < FOLDS; k++)
    if (!(f->items[k] = malloc(table.rows * sizeof *f->items[k])))
      code = base_error_set(error, MIEN_ENOMEM, part, "", "no memory for the scores");
  for (size_t row = 1; !code && row < table.rows; row++) {
    mien_reading reading;
    char *cleaned = eval_cleaned(eval_table_cell(&table, row, (size_t)tweet));
    if (cleaned && *cleaned) {
      int fold = (int)(eval_checksum(cleaned) % FOLDS);
      eval_text_read(text, cleaned, &reading);
      f->items[fold][f->counts[fold]++] = (eval_multi){
          atoi(eval_table_cell(&table, row, (size_t)sarcastic)) == 1, is_sarcastic(text, f, fold)};
    }
    free(cleaned);
    eval_progress(context, "iSarcasmEval", (double)row, (double)table.rows);
  }
  eval_table_close(&table);
  return code;
}

int eval_isarcasm(eval_context *context, mien_error *error) {
  eval_report *to = &context->report;
  eval_text text = {0};
  folds f = {0};
  eval_set(to, "iSarcasmEval English, 5 folds");
  int code = eval_text_open(context, &text, error);
  if (!code && !find_folds(&text, &f)) {
    eval_note(to, "this model has no folds");
    eval_text_close(&text);
    return MIEN_OK;
  }
  if (!code) code = score(context, &text, &f, error);
  if (!code) {
    size_t all = 0;
    double always = 0;
    const void *items[FOLDS];
    for (int k = 0; k < FOLDS; k++) {
      items[k] = f.items[k];
      all += f.counts[k];
      always += eval_f1_of_always(f.items[k], f.counts[k]) / FOLDS;
    }
    eval_goal_set(eval_add(to, "mean of the folds", "F1 of the sarcastic",
                           eval_interval_of_mean(eval_multi_f1, items, f.counts, FOLDS), all),
                  (eval_goal){"iSarcasmEval, F1 of the sarcastic", NAN, 0.40, 0.50});
    eval_note(to, "calling every text sarcastic has an F1 of %.3f", always);
  }
  for (int k = 0; k < FOLDS; k++)
    free(f.items[k]);
  eval_text_close(&text);
  return code;
}
