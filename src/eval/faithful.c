/* faithful.c: do a text's contributions name the words that the reading rests on?
 *
 * Deletion: words are taken out, the one said to speak most for the top core label first, and the
 * probability of that label is followed; insertion: words are put in, in the same order, into
 * nothing (Petsiuk et al. 2018, of pictures). The same in random orders, mean of 5, and in the
 * order of attention where the model has it. What is compared is the mean drop over the whole
 * curve, from one word gone to one word left (the area over it; Samek et al. 2017); beside it the
 * same while up to half of the words go, as in ERASER (DeYoung et al. 2020), which sees less of
 * what all orders end in.
 *
 * A word is what stands between white space; its contribution is the sum of those of the tokens
 * that begin in it. 500 texts of GoEmotions test, the first of 5 to 40 words that are not read as
 * neutral. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/text.h"

enum { TEXTS = 500, FEWEST = 5, MOST = 40, SHUFFLES = 5, LONGEST = 2048 /* bytes */ };
enum { OWN, ATTENTION, RANDOM, ORDERS };
enum { WHOLE, HALF, INSERTED, AREAS };

typedef struct words {
  struct {
    size_t at, length;
    float share, attention;
  } list[MOST];
  int count;
} words;

/* The words of a cleaned text; their number, MOST + 1 where there are more. */
static int split(const char *text, words *w) {
  w->count = 0;
  for (size_t at = 0; text[at];) {
    size_t length = strcspn(text + at, " ");
    if (length) {
      if (w->count == MOST) return MOST + 1;
      w->list[w->count].at = at;
      w->list[w->count].length = length;
      w->list[w->count].share = w->list[w->count].attention = 0;
      w->count++;
    }
    at += length + (text[at + length] == ' ');
  }
  return w->count;
}

/* Each word's share and attention, from the tokens that begin in it. */
static int weigh(const eval_text *t, const char *text, words *w) {
  static text_contribution list[TEXT_TOKENS];
  int count = text_reader_contributions(t->reader, text, strlen(text), list, TEXT_TOKENS);
  for (int i = 0, k = 0; i < count; i++) {
    while (k + 1 < w->count && list[i].at >= w->list[k + 1].at)
      k++;
    w->list[k].share += list[i].share;
    w->list[k].attention += list[i].attention;
  }
  return count;
}

/* What is left of a text in every step of every order, read together. */
typedef struct steps {
  mien_text items[2 * (2 + SHUFFLES) * (MOST - 1)];
  double probability[2 * (2 + SHUFFLES) * (MOST - 1)]; /* of core label `label` */
  size_t count, used;
  int label;
  char bytes[2 * (2 + SHUFFLES) * (MOST - 1) * LONGEST];
} steps;

static void add_step(steps *s, const char *text, const words *w, const bool *kept) {
  char *left = s->bytes + s->used;
  size_t used = 0;
  for (int k = 0; k < w->count; k++) {
    if (!kept[k]) continue;
    if (used) left[used++] = ' ';
    memcpy(left + used, text + w->list[k].at, w->list[k].length);
    used += w->list[k].length;
  }
  s->items[s->count++] = (mien_text){left, used};
  s->used += used;
}

static void take_step(void *context, size_t index, const mien_reading *reading) {
  steps *s = context;
  s->probability[index] = reading->core[s->label];
}

/* Adds the steps of one order of the words, most important first: words out and words in, by turns.
 */
static void add_steps(steps *s, const char *text, const words *w, const int order[MOST]) {
  bool kept[MOST], put[MOST] = {false};
  for (int k = 0; k < w->count; k++)
    kept[k] = true;
  for (int k = 0; k + 1 < w->count; k++) {
    kept[order[k]] = false;
    put[order[k]] = true;
    add_step(s, text, w, kept);
    add_step(s, text, w, put);
  }
}

/* The areas of the order-th of the orders that were added. */
static void areas_of(const steps *s, int order, int count, double full, double areas[AREAS]) {
  int half = (count + 1) / 2, steps_of_one = 2 * (count - 1);
  const double *probability = s->probability + order * steps_of_one;
  areas[HALF] = areas[WHOLE] = areas[INSERTED] = 0;
  for (int k = 0; k + 1 < count; k++) {
    double drop = full - probability[2 * k];
    if (k < half) areas[HALF] += drop / half;
    areas[WHOLE] += drop / (count - 1);
    areas[INSERTED] += probability[2 * k + 1] / (count - 1);
  }
}

static void sort(const words *w, bool by_attention, int order[MOST]) {
  for (int k = 0; k < w->count; k++) { /* insertion: of equals the first stays first */
    float weight = by_attention ? w->list[k].attention : w->list[k].share;
    int place = k;
    for (; place; place--) {
      float before =
          by_attention ? w->list[order[place - 1]].attention : w->list[order[place - 1]].share;
      if (before >= weight) break;
      order[place] = order[place - 1];
    }
    order[place] = k;
  }
}

static void shuffle(int order[MOST], int count, uint64_t *state) { /* xorshift64* (Vigna 2016) */
  for (int k = 0; k < count; k++)
    order[k] = k;
  for (int k = count - 1; k > 0; k--) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    int other = (int)(((*state * 0x2545F4914F6CDD1DULL) >> 32) % (uint64_t)(k + 1));
    int own = order[k];
    order[k] = order[other];
    order[other] = own;
  }
}

/* What each order lost and gained of one text. 1; 0: it is not one of those that count; or an
 * error's number. */
static int measure(const eval_text *t, const char *text, steps *s, uint64_t *state,
                   double areas[ORDERS][AREAS], bool *attends) {
  words w;
  mien_reading reading;
  int order[MOST], at = 0;
  if (split(text, &w) < FEWEST || w.count > MOST || strlen(text) >= LONGEST) return 0;
  eval_text_read(t, text, &reading);
  int label = eval_item_of(&reading, 0).guess;
  if (label == MIEN_NEUTRAL) return 0;
  double full = reading.core[label];
  int code = weigh(t, text, &w);
  if (code < 0) return code;
  *attends = isfinite(w.list[0].attention);
  s->count = s->used = 0;
  s->label = label;
  sort(&w, false, order);
  add_steps(s, text, &w, order);
  if (*attends) {
    sort(&w, true, order);
    add_steps(s, text, &w, order);
  }
  for (int n = 0; n < SHUFFLES; n++) {
    shuffle(order, w.count, state);
    add_steps(s, text, &w, order);
  }
  if ((code = text_read_batch(t->reader, s->items, s->count, take_step, s))) return code;
  areas_of(s, at++, w.count, full, areas[OWN]);
  if (*attends) areas_of(s, at++, w.count, full, areas[ATTENTION]);
  memset(areas[RANDOM], 0, sizeof areas[RANDOM]);
  for (int n = 0; n < SHUFFLES; n++) {
    double one[AREAS];
    areas_of(s, at++, w.count, full, one);
    for (int a = 0; a < AREAS; a++)
      areas[RANDOM][a] += one[a] / SHUFFLES;
  }
  return 1;
}

static const char *const order_names[ORDERS] = {"contributions", "attention", "random"};
static const char *const area_names[AREAS] = {
    "drop, words taken out", "drop, up to half of them out", "probability, words put in"};

static void report(eval_report *to, const double (*areas)[ORDERS][AREAS], size_t count,
                   bool attends) {
  eval_pair *pairs = malloc((count + 1) * sizeof *pairs);
  if (!pairs) return;
  eval_set(to, "Faithfulness of the contributions, GoEmotions test");
  for (int order = 0; order < ORDERS; order++)
    for (int area = 0; area < AREAS; area++) {
      if (order == ATTENTION && !attends) continue;
      for (size_t i = 0; i < count; i++)
        pairs[i].guess = (float)areas[i][order][area];
      eval_add(to, order_names[order], area_names[area], eval_interval(eval_mean, pairs, count),
               count);
    }
  for (int against = RANDOM; against >= ATTENTION; against--)
    for (int area = 0; area < AREAS; area++) {
      if (against == ATTENTION && !attends) continue;
      char part[48];
      for (size_t i = 0; i < count; i++)
        pairs[i] = (eval_pair){(float)areas[i][against][area], (float)areas[i][OWN][area]};
      snprintf(part, sizeof part, "ratio to %s", order_names[against]);
      eval_row *row =
          eval_add(to, part, area_names[area], eval_interval(eval_ratio, pairs, count), count);
      if (against == RANDOM && area == WHOLE)
        eval_goal_set(row,
                      (eval_goal){"contributions: area over the deletion curve, against random "
                                  "order",
                                  NAN, 2, 3});
    }
  eval_note(to,
            "the first %zu texts of %d to %d words that are not read as neutral; random order is "
            "the mean of %d; how it is measured is in src/eval/faithful.c",
            count, FEWEST, MOST, SHUFFLES);
  free(pairs);
}

int eval_faithful(eval_context *context, mien_error *error) {
  eval_table table = {0};
  eval_text text = {0};
  double(*areas)[ORDERS][AREAS] = NULL;
  steps *s = NULL;
  size_t count = 0;
  uint64_t state = 20251125; /* any seed will do; the same each time */
  bool attends = false;
  int code =
      eval_open_table(context, &table, "text/open/goemotions/original/test.tsv", '\t', error);
  if (!code) code = eval_text_open(context, &text, error);
  if (!code && (!(areas = calloc(TEXTS, sizeof *areas)) || !(s = malloc(sizeof *s))))
    code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  for (size_t row = 0; !code && row < table.rows && count < TEXTS; row++) {
    char *cleaned = eval_cleaned(eval_table_cell(&table, row, 0));
    int taken = cleaned ? measure(&text, cleaned, s, &state, areas[count], &attends) : 0;
    free(cleaned);
    if (taken < 0) code = base_error_set(error, taken, "", "", "this model tells no contributions");
    count += taken > 0;
    eval_progress(context, "faithfulness", (double)count, TEXTS);
  }
  if (!code && !count)
    code = base_error_set(error, MIEN_EEMPTY, "text/open/goemotions/original/test.tsv",
                          "give the folder of the labelled sets by --data DIR",
                          "no text of it counts");
  if (!code) report(&context->report, (const double(*)[ORDERS][AREAS])areas, count, attends);
  free(s);
  free(areas);
  eval_text_close(&text);
  eval_table_close(&table);
  return code;
}
