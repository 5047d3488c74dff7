/* talk.c: MELD test (Poria et al. 2019), the emotion of each turn of a talk: with the turns said
 * before it and by whom, and without them. The core labels are MELD's; a research model has a head
 * of its own for them, which is then scored. */
#include <stdlib.h>
#include <string.h>

#include "eval/text.h"

enum { TURNS = 3 /* before the one that is read: as many as in training */ };
enum { DIALOGUE, SPEAKER, UTTERANCE, EMOTION, COLUMNS };

typedef struct meld {
  eval_table table;
  int columns[COLUMNS];
} meld;

static const char *cell(const meld *m, size_t row, int column) {
  return eval_table_cell(&m->table, row, (size_t)m->columns[column]);
}

/* The turns of the same dialogue right before `row`, oldest first. */
static size_t turns_before(const meld *m, size_t row, text_turn before[TURNS]) {
  size_t first = row, count = 0;
  while (first > 1 && row - first < TURNS &&
         !strcmp(cell(m, first - 1, DIALOGUE), cell(m, row, DIALOGUE)))
    first--;
  for (size_t r = first; r < row; r++) {
    const char *said = cell(m, r, UTTERANCE);
    before[count++] =
        (text_turn){said, strlen(said), !strcmp(cell(m, r, SPEAKER), cell(m, row, SPEAKER))};
  }
  return count;
}

static size_t score(eval_context *context, const eval_text *text, const meld *m, bool with_turns,
                    eval_item *items) {
  const nn_tensor *head = eval_text_head(text, EVAL_BENCHMARK_HEADS, EVAL_BENCHMARKS);
  size_t count = 0;
  for (size_t row = 1; row < m->table.rows; row++) {
    mien_reading reading;
    text_turn before[TURNS];
    const char *said = cell(m, row, UTTERANCE);
    int truth = eval_core_of_name(cell(m, row, EMOTION));
    if (truth < 0) continue;
    size_t turns = with_turns ? turns_before(m, row, before) : 0;
    base_reading_init(&reading, MIEN_TEXT);
    text_read_after(text->reader, before, turns, said, strlen(said), &reading);
    items[count] = eval_item_of(&reading, truth);
    if (head) items[count].guess = eval_text_top(text, head, EVAL_MELD, MIEN_CORE);
    count++;
    eval_progress(context, "MELD", (double)row, (double)m->table.rows);
  }
  return count;
}

static void report(eval_report *to, const char *part, const char *goal, const eval_item *items,
                   size_t count) {
  eval_row *row =
      eval_add(to, part, "weighted F1", eval_interval(eval_weighted_f1, items, count), count);
  if (!strcmp(part, "with turns before"))
    eval_goal_set(row, (eval_goal){goal, NAN, 0.58, 0.62});
  else
    row->goal = goal;
  eval_add_labels(to, part, items, count);
}

int eval_meld(eval_context *context, mien_error *error) {
  static const char *const names[COLUMNS] = {"Dialogue_ID", "Speaker", "Utterance", "Emotion"};
  const char *part = "text/research/meld/MELD/test_sent_emo.csv";
  eval_text text = {0};
  meld m = {0};
  eval_item *items = NULL;
  int code = eval_open_table(context, &m.table, part, ',', error);
  for (int c = 0; !code && c < COLUMNS; c++)
    if ((m.columns[c] = eval_table_column(&m.table, names[c], part, error)) < 0)
      code = MIEN_EFORMAT;
  if (!code) code = eval_text_open(context, &text, error);
  if (!code && !(items = malloc(m.table.rows * sizeof *items)))
    code = base_error_set(error, MIEN_ENOMEM, part, "", "no memory for the scores");
  if (!code) {
    eval_report *to = &context->report;
    eval_set(to, "MELD test, 7 classes");
    size_t count = score(context, &text, &m, false, items);
    report(to, "each turn alone", "MELD without context, weighted F1", items, count);
    if (text_reader_reads_turns(text.reader)) {
      count = score(context, &text, &m, true, items);
      report(to, "with turns before", "MELD with context, weighted F1", items, count);
    } else {
      eval_note(to, "this model reads each turn by itself");
    }
  }
  free(items);
  eval_text_close(&text);
  eval_table_close(&m.table);
  return code;
}
