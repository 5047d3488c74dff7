/* empathy.c: how empathic a text reads, as respond/ scores it, beside people.
 *
 * Replies: people rated three mechanisms from 0 to 2 (Sharma et al. 2020); the truth is their sum. Essays: the concern
 * that the writers reported, 1…7 (Buechel et al. 2018). Neither set has a split: seekers' posts, and writers, whose
 * CRC-32 of the id is a multiple of 4 are the test, and training has not seen them (train/respond.py). Resamples are of
 * all replies to a post, and of all essays of a writer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/text.h"
#include "respond/empathy.h"

typedef struct group {
  eval_pair *pairs;
  size_t count, capacity;
  const char *id;
} group;

typedef struct groups {
  group *list;
  size_t count, capacity, pairs;
} groups;

static double correlation(const void *items, const uint32_t *pick, size_t count) {
  const group *all = items;
  double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < all[pick[i]].count; k++) {
      double a = (double)all[pick[i]].pairs[k].truth, b = (double)all[pick[i]].pairs[k].guess;
      n++, x += a, y += b, xx += a * a, yy += b * b, xy += a * b;
    }
  double spread = (xx - x * x / n) * (yy - y * y / n);
  return n > 1 && spread > 0 ? (xy - x * y / n) / sqrt(spread) : (double)NAN;
}

static bool is_test(const char *id) { return eval_checksum(id) % 4 == 0; }

static int add(groups *to, const char *id, float truth, float guess, mien_error *error) {
  size_t at = 0;
  while (at < to->count && strcmp(to->list[at].id, id)) at++;
  bool grown = at < to->count || base_grow(&to->list, to->count, &to->capacity, sizeof *to->list);
  if (grown && at == to->count) to->list[to->count++] = (group){.id = id};
  group *one = grown ? &to->list[at] : NULL;
  if (!one || !base_grow(&one->pairs, one->count, &one->capacity, sizeof *one->pairs))
    return base_error_set(error, MIEN_ENOMEM, id, "", "no memory for the ratings");
  one->pairs[one->count++] = (eval_pair){truth, guess};
  to->pairs++;
  return MIEN_OK;
}

static void clear(groups *all) {
  for (size_t i = 0; i < all->count; i++) base_free(all->list[i].pairs);
  base_free(all->list);
  *all = (groups){0};
}

static int columns_of(const eval_table *table, const char *part, const char *const *names, size_t count, size_t *columns,
                      mien_error *error) {
  for (size_t c = 0; c < count; c++) {
    int column = eval_table_column(table, names[c], part, error);
    if (column < 0) return MIEN_EFORMAT;
    columns[c] = (size_t)column;
  }
  return MIEN_OK;
}

static void tell(eval_context *context, const char *part, const groups *all) {
  eval_row *row = eval_add(&context->report, part, "Pearson's r", eval_interval(correlation, all->list, all->count), all->pairs);
  eval_floor(row, 0.45, NAN);
  row->aim = 0.55;
}

static int replies(eval_context *context, respond_empathy *empathy, mien_error *error) {
  static const char *const parts[3] = {"text/research/empathy_reddit/emotional-reactions-reddit.csv",
                                       "text/research/empathy_reddit/interpretations-reddit.csv",
                                       "text/research/empathy_reddit/explorations-reddit.csv"};
  static const char *const names[5] = {"sp_id", "rp_id", "seeker_post", "response_post", "level"};
  eval_table tables[3] = {{0}};
  size_t columns[5];
  groups all = {0};
  int code = MIEN_OK;
  for (int t = 0; t < 3 && !code; t++) {
    code = eval_open_table(context, &tables[t], parts[t], ',', error);
    if (!code) code = columns_of(&tables[t], parts[t], names, 5, columns, error);
    if (!code && tables[t].rows != tables[0].rows)
      code = base_error_set(error, MIEN_EFORMAT, parts[t], "unpack the set again", "it has not the rows of %s", parts[0]);
  }
  for (size_t row = 1; !code && row < tables[0].rows; row++) {
    const char *cells[4];
    int level = 0;
    for (int c = 0; c < 4; c++) cells[c] = eval_table_cell(&tables[0], row, columns[c]);
    for (int t = 0; t < 3 && !code; t++) {
      if (strcmp(eval_table_cell(&tables[t], row, columns[1]), cells[1]))
        code = base_error_set(error, MIEN_EFORMAT, parts[t], "unpack the set again", "row %zu is of another reply", row);
      level += atoi(eval_table_cell(&tables[t], row, columns[4]));
    }
    if (code || !is_test(cells[0])) continue;
    float score;
    if (respond_empathy_of(empathy, cells[2], cells[3], &score, NULL)) continue; /* not a word in it */
    code = add(&all, cells[0], (float)level, score, error);
    eval_progress(context, "empathy", (double)row, (double)tables[0].rows);
  }
  if (!code) tell(context, "replies", &all);
  clear(&all);
  for (int t = 0; t < 3; t++) eval_table_close(&tables[t]);
  return code;
}

static int essays(eval_context *context, respond_empathy *empathy, mien_error *error) {
  const char *part = "text/open/empathic_reactions/responses/data/messages.csv";
  static const char *const names[3] = {"response_id", "empathy", "essay"};
  eval_table table = {0};
  size_t columns[3];
  groups all = {0};
  int code = eval_open_table(context, &table, part, ',', error);
  if (!code) code = columns_of(&table, part, names, 3, columns, error);
  for (size_t row = 1; !code && row < table.rows; row++) {
    const char *id = eval_table_cell(&table, row, columns[0]);
    float score;
    if (!is_test(id) || respond_empathy_of(empathy, NULL, eval_table_cell(&table, row, columns[2]), &score, NULL)) continue;
    code = add(&all, id, strtof(eval_table_cell(&table, row, columns[1]), NULL), score, error);
  }
  if (!code) tell(context, "essays", &all);
  clear(&all);
  eval_table_close(&table);
  return code;
}

int eval_empathy(eval_context *context, mien_error *error) {
  char path[1024];
  respond_empathy *empathy = NULL;
  eval_set(&context->report, "Empathy of texts, as people rate it");
  int code = eval_open_respond(context, path, error);
  if (!code) code = respond_empathy_open(&empathy, path, error);
  if (!code) code = replies(context, empathy, error);
  if (!code) code = essays(context, empathy, error);
  if (!code)
    eval_note(&context->report, "replies to people who ask for support, three mechanisms summed; essays on news, the concern that their "
                                "writers reported");
  respond_empathy_close(&empathy);
  return code;
}
