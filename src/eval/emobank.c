/* emobank.c: EmoBank test (Buechel and Hahn 2017): valence, arousal, dominance against readers'
 * ratings. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/text.h"

int eval_emobank(eval_context *context, mien_error *error) {
  const char *part = "text/open/emobank/emobank.csv";
  static const char *const names[MIEN_DIMS] = {"V", "A", "D"};
  static const eval_goal goals[MIEN_DIMS] = {{"EmoBank valence, Pearson's r", NAN, 0.70, 0.78},
                                             {"EmoBank arousal, Pearson's r", NAN, 0.45, 0.55},
                                             {"EmoBank dominance, Pearson's r", NAN, 0.40, 0.48}};
  eval_table table = {0};
  eval_text t = {0};
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
  if (!code) code = eval_text_open(context, &t, error);
  for (size_t row = 1; !code && row < table.rows; row++) {
    mien_reading reading;
    if (strcmp(eval_table_cell(&table, row, (size_t)split), "test")) continue;
    eval_text_read(&t, eval_table_cell(&table, row, (size_t)text), &reading);
    for (int d = 0; d < MIEN_DIMS; d++)
      pairs[d][count] = (eval_pair){(float)atof(eval_table_cell(&table, row, (size_t)columns[d])),
                                    isfinite(reading.dims[d]) ? reading.dims[d] : 0};
    count++;
  }
  if (!code) {
    eval_set(&context->report, "EmoBank test");
    for (int d = 0; d < MIEN_DIMS; d++)
      eval_goal_set(eval_add(&context->report, mien_dim_name(d), "Pearson's r",
                             eval_interval(eval_pearson, pairs[d], count), count),
                    goals[d]);
  }
  for (int d = 0; d < MIEN_DIMS; d++)
    free(pairs[d]);
  eval_text_close(&t);
  eval_table_close(&table);
  return code;
}
