/* respond.c: the scorer of strategies of respond/ on ESConv's test conversations (Liu et al. 2021), beside those
 * that are most frequent.
 *
 * An item is a supporter's first utterance after the seeker has spoken, and what was said before is given, with the
 * strategies that the supporter took until then. A hit: the strategy that people labelled is among the scorer's first
 * three. "Most frequent" takes the three that are most frequent in these very items, which favours it. The file holds
 * windows of five utterances; windows that overlap are put together to the conversation they were cut from. Resamples
 * are of whole conversations. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/parts.h"
#include "respond/score.h"

enum { OTHERS = RESPOND_LEARNED, LABELS, FIRST = 3, PART = 4096 /* utterances of a conversation at most */ };
enum { KNOWN, UNKNOWN, WAYS }; /* are the strategies before given? */

typedef struct said {
  bool supporter;
  int label; /* 0…OTHERS; -1: the seeker's */
  char *text;
} said;

typedef struct item {
  int truth;
  int rank[WAYS], rank_of_seven[WAYS]; /* of the truth among the scorer's, 0…; of seven: -1 where the truth is "Others" */
} item;

typedef struct talk { /* what is resampled */
  const item *items;
  size_t count;
} talk;

static bool frequent[2][LABELS]; /* among the FIRST most frequent: of eight, of seven */
static int way;
static bool seven, most, top; /* what is counted */

static double hits(const void *items, const uint32_t *pick, size_t count) {
  const talk *talks = items;
  double hit = 0, n = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < talks[pick[i]].count; k++) {
      const item *one = &talks[pick[i]].items[k];
      int rank = seven ? one->rank_of_seven[way] : one->rank[way];
      if (rank < 0) continue;
      n++;
      hit += most ? frequent[seven][one->truth] : rank < (top ? 1 : FIRST);
    }
  return n > 0 ? hit / n : (double)NAN;
}

static double gain(const void *items, const uint32_t *pick, size_t count) {
  most = false;
  double mine = hits(items, pick, count);
  most = true;
  double usual = hits(items, pick, count);
  most = false;
  return mine - usual;
}

static int label_of(const char *name, size_t bytes) {
  static const char *const names[LABELS] = {"Questions", "Restatement or Paraphrasing", "Reflection of feelings",
                                            "Affirmation and Reassurance", "Providing Suggestions", "Information",
                                            "Self-disclosure", "Other"};
  for (int k = 0; k < LABELS; k++)
    if (strlen(names[k]) == bytes && !memcmp(names[k], name, bytes)) return k;
  return -1;
}

/* One utterance of a window: "0.0 1 4 [Information] What was said". False: it is not one. */
static bool take(char *part, size_t *at, said *one) {
  char *end;
  strtod(part, &end);
  long who = strtol(end, &end, 10), number = strtol(end, &end, 10);
  if (who < 0 || who > 1 || number < 0 || number >= PART) return false;
  while (*end == ' ') end++;
  *one = (said){who == 1, -1, end};
  *at = (size_t)number;
  if (one->supporter) {
    char *close = *end == '[' ? strchr(end, ']') : NULL;
    if (!close || (one->label = label_of(end + 1, (size_t)(close - end - 1))) < 0) return false;
    for (end = close + 1; *end == ' ';) end++;
    one->text = end;
  }
  for (size_t n = strlen(one->text); n && one->text[n - 1] == ' ';) one->text[--n] = 0;
  return true;
}

typedef struct run {
  const eval_context *context;
  respond_scorer *scorer;
  said *talk; /* [PART], by number; text NULL: not there */
  size_t length;
  item *items;
  talk *talks;
  size_t count, capacity, talk_count, talk_capacity;
} run;

static void ranks(const float spoken[RESPOND_STRATEGIES], int truth, int *rank, int *rank_of_seven) {
  float p[LABELS];
  memcpy(p, spoken, RESPOND_LEARNED * sizeof *p);
  p[OTHERS] = spoken[OTHERS] + logf(RESPOND_STRATEGIES - RESPOND_LEARNED); /* they share it equally */
  *rank = *rank_of_seven = 0;
  for (int k = 0; k < LABELS; k++) {
    bool before = k != truth && (p[k] > p[truth] || (p[k] == p[truth] && k < truth));
    *rank += before;
    if (k < OTHERS) *rank_of_seven += before;
  }
  if (truth == OTHERS) *rank_of_seven = -1;
}

/* The items of the conversation that was put together. */
static int score(run *r, mien_error *error) {
  respond_turn turns[WAYS][RESPOND_TURNS];
  size_t count = 0, first = r->count;
  bool seeker = false;
  int code = MIEN_OK;
  for (size_t i = 0; i < r->length && !code; i++) {
    const said *one = &r->talk[i];
    if (!one->text) continue;
    if (one->supporter && seeker) {
      if (!base_grow(&r->items, r->count, &r->capacity, sizeof *r->items)) return MIEN_ENOMEM;
      item *add = &r->items[r->count++];
      add->truth = one->label;
      for (int w = 0; w < WAYS && !code; w++) {
        float log_probability[RESPOND_STRATEGIES];
        code = respond_score(r->scorer, turns[w], count, log_probability, error);
        if (!code) ranks(log_probability, add->truth, &add->rank[w], &add->rank_of_seven[w]);
      }
    }
    seeker = !one->supporter;
    if (count == RESPOND_TURNS) {
      for (int w = 0; w < WAYS; w++) memmove(turns[w], turns[w] + 1, (count - 1) * sizeof *turns[w]);
      count--;
    }
    for (int w = 0; w < WAYS; w++)
      turns[w][count] = (respond_turn){one->supporter ? "supporter" : "seeker", one->text,
                                       one->supporter && w == KNOWN && one->label < OTHERS ? one->label : -1};
    count++;
  }
  memset(r->talk, 0, PART * sizeof *r->talk);
  r->length = 0;
  if (code || r->count == first) return code;
  if (!base_grow(&r->talks, r->talk_count, &r->talk_capacity, sizeof *r->talks)) return MIEN_ENOMEM;
  r->talks[r->talk_count++] = (talk){NULL, r->count - first}; /* where they lie is known when all are there */
  return MIEN_OK;
}

/* One window onto the conversation, or to a new one. */
static int window(run *r, char *line, size_t row, const char *part, size_t *last, mien_error *error) {
  enum { MOST = 64 };
  said list[MOST];
  size_t at[MOST], count = 0;
  for (char *next; line; line = next) {
    next = strstr(line, " EOS ");
    if (next) *next = 0, next += 5;
    if (count == MOST || !take(line, &at[count], &list[count]))
      return base_error_set(error, MIEN_EFORMAT, part, "unpack the set again", "line %zu is not a window of utterances", row + 1);
    count++;
  }
  size_t newest = at[count - 1];
  bool fresh = r->length && newest <= *last;
  for (size_t i = 0; i < count && !fresh; i++)
    fresh = r->talk[at[i]].text && (r->talk[at[i]].supporter != list[i].supporter || strcmp(r->talk[at[i]].text, list[i].text));
  int code = fresh ? score(r, error) : MIEN_OK;
  for (size_t i = 0; i < count; i++) {
    r->talk[at[i]] = list[i];
    r->length = BASE_MAX(r->length, at[i] + 1);
  }
  *last = newest;
  return code;
}

static void most_frequent(const run *r) {
  for (int s = 0; s < 2; s++) {
    size_t counts[LABELS] = {0};
    for (size_t i = 0; i < r->count; i++) counts[r->items[i].truth]++;
    if (s) counts[OTHERS] = 0;
    memset(frequent[s], 0, sizeof frequent[s]);
    for (int k = 0; k < FIRST; k++) {
      int best = -1;
      for (int l = 0; l < LABELS; l++)
        if (!frequent[s][l] && (best < 0 || counts[l] > counts[best])) best = l;
      frequent[s][best] = true;
    }
  }
}

static void report(eval_report *to, const run *r) {
  static const struct { const char *name; int way; bool seven, goal; } parts[] = {
      {"eight labels", KNOWN, false, true},
      {"seven labels", KNOWN, true, true},
      {"eight, none given", UNKNOWN, false, false},
      {"seven, none given", UNKNOWN, true, false}};
  for (size_t p = 0; p < BASE_COUNT(parts); p++) {
    size_t n = 0;
    way = parts[p].way;
    seven = parts[p].seven;
    for (size_t i = 0; i < r->count; i++) n += !seven || r->items[i].truth != OTHERS;
    most = top = false;
    eval_row *row = eval_add(to, parts[p].name, "top-3 hit rate", eval_interval(hits, r->talks, r->talk_count), n);
    row->percent = true;
    most = true;
    if (parts[p].goal) {
      row = eval_add(to, parts[p].name, "top-3 of the most frequent", eval_interval(hits, r->talks, r->talk_count), n);
      row->percent = true;
    }
    row = eval_add(to, parts[p].name, "gain over the most frequent", eval_interval(gain, r->talks, r->talk_count), n);
    row->percent = true;
    if (parts[p].goal) eval_floor(row, 0.10, NAN), row->aim = 0.20;
    most = false;
    top = true;
    row = eval_add(to, parts[p].name, "accuracy of the first", eval_interval(hits, r->talks, r->talk_count), n);
    row->percent = true;
    top = false;
  }
  eval_note(to, "%zu conversations, %zu answers to the seeker's turn; seven labels: without Others; none given: the strategies before "
            "are not known; the gain's aim is 20 points",
            r->talk_count, r->count);
}

int eval_open_respond(eval_context *context, char path[1024], mien_error *error) {
  nn_file *file = NULL;
  int code = eval_open_model(context, "respond-research", &file, error);
  nn_file_close(&file);
  snprintf(path, 1024, "%s/respond-research.mien", context->models ? context->models : ".");
  return code;
}

int eval_respond(eval_context *context, mien_error *error) {
  const char *part = "text/research/esconv/codes/dataset/testWithStrategy_short.tsv";
  char path[1024];
  eval_table table = {0};
  run r = {.context = context, .talk = calloc(PART, sizeof *r.talk)};
  eval_set(&context->report, "ESConv test, the answer's strategy");
  int code = r.talk ? eval_open_respond(context, path, error) : base_error_set(error, MIEN_ENOMEM, part, "", "out of memory");
  if (!code) code = respond_scorer_open(&r.scorer, path, error);
  if (!code) code = eval_open_table(context, &table, part, '\t', error);
  size_t last = 0;
  for (size_t row = 0; !code && row < table.rows; row++) {
    code = window(&r, (char *)eval_table_cell(&table, row, 0), row, part, &last, error);
    eval_progress(context, "respond", (double)row, (double)table.rows);
  }
  if (!code) code = score(&r, error);
  size_t at = 0;
  for (size_t i = 0; i < r.talk_count; i++) {
    r.talks[i].items = r.items + at;
    at += r.talks[i].count;
  }
  if (!code && !r.count)
    code = base_error_set(error, MIEN_EFORMAT, part, "unpack the set again", "there is no answer to a seeker's turn");
  if (code == MIEN_ENOMEM) base_error_set(error, code, part, "", "out of memory");
  if (!code) {
    most_frequent(&r);
    report(&context->report, &r);
  }
  respond_scorer_close(&r.scorer);
  eval_table_close(&table);
  base_free(r.items);
  base_free(r.talks);
  free(r.talk);
  return code;
}
