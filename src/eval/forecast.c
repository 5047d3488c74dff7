/* forecast.c: the forecast of follow/ on test dialogues that nothing was trained on, beside "as now" and the
 * best simple rule.
 *
 * Moments: after each turn, from the third on, when Mien gives a forecast. Truth is what people said of
 * the turns to come. Who takes the next turn is known, as
 * a line tells it before a word is said. "As now" takes this turn's reading for the next's, "as before" that
 * of the same person's last turn. A rise: this turn expresses neither anger
 * nor disgust, and one of the next three does; the rules beside it are seven, and the one that does
 * best on these very moments is taken, which favours it. Resamples are of whole dialogues. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/talks.h"

enum { NEXT_GUESS, NEXT_NOW, NEXT_OWN, NEXT_PEOPLE, NEXT_USUAL };
/* Places of the core labels in valence, as in fuse/. */
static const float places[MIEN_CORE] = {0, 0.76f, -0.63f, -0.51f, -0.64f, -0.60f, 0.40f};

typedef struct moment {
  int next, guess, now, own, label; /* core: of the next turn; of the forecast; as read now; as of the next speaker; as people say now */
  float value, value_now, value_own, value_guess, read, read_guess, end, end_guess; /* valence */
  int rises;                   /* 1, 0, -1: not asked */
  float score, rules[TALKS_RULES];
} moment;

/* One dialogue: its moments. What is resampled. */
typedef struct dialogue {
  const moment *moments;
  size_t count;
  int lead;      /* turns from the first warning to the first rise; 0: not warned; -1: there was none */
  int warnings, right; /* of the forecast; how many a rise followed */
} dialogue;

/* Which of the guesses, and which rule (-1: the forecast), a metric is about. */
static int which, which_rule;

static double next_f1(const void *items, const uint32_t *pick, size_t count) {
  const dialogue *all = items;
  double hit[MIEN_CORE] = {0}, said[MIEN_CORE] = {0}, there[MIEN_CORE] = {0}, sum = 0, classes = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t m = 0; m < all[pick[i]].count; m++) {
      const moment *one = &all[pick[i]].moments[m];
      int guess = which == NEXT_GUESS ? one->guess : which == NEXT_NOW ? one->now : which == NEXT_OWN ? one->own
                : which == NEXT_PEOPLE ? one->label : MIEN_NEUTRAL;
      there[one->next]++;
      said[guess]++;
      hit[guess] += guess == one->next;
    }
  for (int k = 0; k < MIEN_CORE; k++)
    if (there[k] > 0) sum += 2 * hit[k] / (there[k] + said[k]), classes++;
  return classes > 0 ? sum / classes : (double)NAN;
}

static double next_gain(const void *items, const uint32_t *pick, size_t count) {
  which = NEXT_GUESS;
  double mine = next_f1(items, pick, count);
  which = NEXT_NOW;
  return mine - next_f1(items, pick, count);
}

static double next_gain_better(const void *items, const uint32_t *pick, size_t count) {
  double over_now = next_gain(items, pick, count);
  which = NEXT_GUESS;
  double mine = next_f1(items, pick, count);
  which = NEXT_OWN;
  return fmin(over_now, mine - next_f1(items, pick, count));
}

enum { VALUE_GUESS, VALUE_NOW, VALUE_OWN, READ_GUESS, READ_NOW, END_GUESS, END_NOW };
static double correlation(const void *items, const uint32_t *pick, size_t count, int of) {
  const dialogue *all = items;
  double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t m = 0; m < all[pick[i]].count; m++) {
      const moment *one = &all[pick[i]].moments[m];
      double guess = (double)(of == VALUE_GUESS ? one->value_guess : of == READ_GUESS ? one->read_guess
                              : of == VALUE_OWN ? one->value_own : of == END_GUESS ? one->end_guess : one->value_now);
      double truth = (double)(of == READ_GUESS || of == READ_NOW ? one->read : of == END_GUESS || of == END_NOW ? one->end : one->value);
      n++, x += guess, y += truth, xx += guess * guess, yy += truth * truth, xy += guess * truth;
    }
  return n > 1 ? (xy - x * y / n) / sqrt((xx - x * x / n) * (yy - y * y / n)) : (double)NAN;
}
static double value_guess(const void *a, const uint32_t *b, size_t c) { return correlation(a, b, c, VALUE_GUESS); }
static double value_now(const void *a, const uint32_t *b, size_t c) { return correlation(a, b, c, VALUE_NOW); }
static double value_own(const void *a, const uint32_t *b, size_t c) { return correlation(a, b, c, VALUE_OWN); }
static double value_gain(const void *a, const uint32_t *b, size_t c) { return value_guess(a, b, c) - value_now(a, b, c); }
static double read_guess(const void *a, const uint32_t *b, size_t c) { return correlation(a, b, c, READ_GUESS); }
static double read_now(const void *a, const uint32_t *b, size_t c) { return correlation(a, b, c, READ_NOW); }
static double end_guess(const void *a, const uint32_t *b, size_t c) { return correlation(a, b, c, END_GUESS); }
static double end_now(const void *a, const uint32_t *b, size_t c) { return correlation(a, b, c, END_NOW); }
static double end_gain(const void *a, const uint32_t *b, size_t c) { return end_guess(a, b, c) - end_now(a, b, c); }
static double read_gain(const void *a, const uint32_t *b, size_t c) { return read_guess(a, b, c) - read_now(a, b, c); }

typedef struct scored {
  float score;
  int rises;
} scored;
static int by_score(const void *a, const void *b) {
  float x = ((const scored *)a)->score, y = ((const scored *)b)->score;
  return x < y ? 1 : x > y ? -1 : 0;
}

/* Area under precision and recall (average precision); equal scores count together. */
static double area(const void *items, const uint32_t *pick, size_t count) {
  const dialogue *all = items;
  size_t most = 0, n = 0;
  for (size_t i = 0; i < count; i++) most += all[pick[i]].count;
  scored *list = malloc(BASE_MAX(most, 1u) * sizeof *list);
  if (!list) return (double)NAN;
  for (size_t i = 0; i < count; i++)
    for (size_t m = 0; m < all[pick[i]].count; m++) {
      const moment *one = &all[pick[i]].moments[m];
      if (one->rises < 0) continue;
      list[n++] = (scored){which_rule < 0 ? one->score : one->rules[which_rule], one->rises};
    }
  qsort(list, n, sizeof *list, by_score);
  double hits = 0, sum = 0;
  for (size_t i = 0; i < n;) {
    double fresh = 0;
    size_t end = i;
    for (; end < n && list[end].score == list[i].score; end++) fresh += list[end].rises;
    hits += fresh;
    sum += fresh * hits / (double)end;
    i = end;
  }
  free(list);
  return hits > 0 ? sum / hits : (double)NAN;
}

static int best_rule; /* on the moments themselves */
static double area_ratio(const void *items, const uint32_t *pick, size_t count) {
  which_rule = -1;
  double mine = area(items, pick, count);
  which_rule = best_rule;
  return mine / area(items, pick, count);
}

static double rate(const void *items, const uint32_t *pick, size_t count) {
  const dialogue *all = items;
  double n = 0, rises = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t m = 0; m < all[pick[i]].count; m++)
      if (all[pick[i]].moments[m].rises >= 0) n++, rises += all[pick[i]].moments[m].rises;
  return n > 0 ? rises / n : (double)NAN;
}

/* Of the dialogues with a rise: share that was warned of, and how many turns before. */
static double warned(const void *items, const uint32_t *pick, size_t count) {
  const dialogue *all = items;
  double n = 0, sum = 0;
  for (size_t i = 0; i < count; i++)
    if (all[pick[i]].lead >= 0) n++, sum += all[pick[i]].lead > 0;
  return n > 0 ? sum / n : (double)NAN;
}
static double lead_time(const void *items, const uint32_t *pick, size_t count) {
  const dialogue *all = items;
  double n = 0, sum = 0;
  for (size_t i = 0; i < count; i++)
    if (all[pick[i]].lead > 0) n++, sum += all[pick[i]].lead;
  return n > 0 ? sum / n : (double)NAN;
}
static double right_warnings(const void *items, const uint32_t *pick, size_t count) {
  const dialogue *all = items;
  double n = 0, sum = 0;
  for (size_t i = 0; i < count; i++) n += all[pick[i]].warnings, sum += all[pick[i]].right;
  return n > 0 ? sum / n : (double)NAN;
}

static bool bad(const talks_turn *turn) { return turn->label == MIEN_ANGER || turn->label == MIEN_DISGUST; }

/* Moments of each dialogue; `list` has room for every turn. */
static size_t moments_of(const talks *of, dialogue *dialogues, moment *list) {
  size_t found = 0, at = 0;
  for (size_t t = 0; t < of->count;) {
    size_t end = t + 1, onset = 0, first_warning = 0;
    while (end < of->count && !of->turns[end].first) end++;
    dialogue *d = &dialogues[found++];
    *d = (dialogue){.moments = list + at, .lead = -1};
    for (size_t i = t; i < end; i++) {
      const talks_turn *now = &of->turns[i];
      if (bad(now) && !onset && i >= t + FOLLOW_TALK_LEAST) {
        onset = i;
        d->lead = first_warning ? (int)(i - first_warning) : 0;
      }
      if (!now->given || i + 1 == end) continue;
      moment *m = &list[at++];
      const talks_turn *next = now + 1;
      *m = (moment){.next = next->label, .guess = now->guess, .now = now->now, .own = now->own_label, .label = now->label,
                    .value = places[next->label], .value_now = now->valence_now, .value_own = now->own_valence, .value_guess = now->valence_next,
                    .read = next->valence_now, .read_guess = now->read_next, .end = places[of->turns[end - 1].label], .end_guess = now->end, .rises = bad(now) ? -1 : 0, .score = now->rise};
      memcpy(m->rules, now->rules, sizeof m->rules);
      for (size_t k = i + 1; k < end && k <= i + FOLLOW_HORIZON && m->rises >= 0; k++)
        if (bad(&of->turns[k])) m->rises = 1;
      d->count++;
      if (m->rises < 0 || !now->warning) continue;
      if (!first_warning) first_warning = i;
      d->warnings++;
      d->right += m->rises;
    }
    t = end;
  }
  return found;
}

static void report(eval_report *to, const char *part, const dialogue *d, size_t n) {
  static const char *const guesses[] = {"next turn, core, macro-F1", "the same as now, as read", "as that person before, as read",
                                        "the same as now, as people say",
                                        "always the most frequent"};
  uint32_t *each = malloc(n * sizeof *each);
  if (!each) return;
  for (size_t i = 0; i < n; i++) each[i] = (uint32_t)i;
  for (int g = 0; g < 5; g++) {
    which = g;
    eval_add(to, part, guesses[g], eval_interval(next_f1, d, n), n);
  }
  eval_row *row = eval_add(to, part, "gain of macro-F1 over as now", eval_interval(next_gain, d, n), n);
  eval_floor(row, 0.03, NAN);
  row->aim = 0.08;
  eval_add(to, part, "over the better of the two", eval_interval(next_gain_better, d, n), n);
  eval_add(to, part, "next turn, valence, correlation", eval_interval(value_guess, d, n), n);
  eval_add(to, part, "valence, the same as now", eval_interval(value_now, d, n), n);
  eval_add(to, part, "valence, as that person before", eval_interval(value_own, d, n), n);
  row = eval_add(to, part, "gain of correlation over as now", eval_interval(value_gain, d, n), n);
  eval_floor(row, 0.05, NAN);
  row->aim = 0.12;
  eval_add(to, part, "valence as it will be read, correlation", eval_interval(read_guess, d, n), n);
  eval_add(to, part, "valence as read, the same as now", eval_interval(read_now, d, n), n);
  row = eval_add(to, part, "gain as read over as now", eval_interval(read_gain, d, n), n);
  row->aim = 0.12;
  eval_add(to, part, "end of the talk, valence, correlation", eval_interval(end_guess, d, n), n);
  eval_add(to, part, "end, the same as now", eval_interval(end_now, d, n), n);
  eval_add(to, part, "gain of the end over as now", eval_interval(end_gain, d, n), n);
  double most = -1;
  for (int r = 0; r < TALKS_RULES; r++) {
    which_rule = r;
    double value = area(d, each, n);
    if (value > most) most = value, best_rule = r;
  }
  which_rule = -1;
  eval_add(to, part, "rise within 3 turns, area", eval_interval(area, d, n), n);
  which_rule = best_rule;
  eval_add(to, part, "the best simple rule", eval_interval(area, d, n), n);
  row = eval_add(to, part, "area by the best rule's", eval_interval(area_ratio, d, n), n);
  eval_floor(row, 1.2, NAN);
  row->aim = 1.6;
  eval_add(to, part, "how often it rises (class frequency)", eval_interval(rate, d, n), n)->percent = true;
  eval_add(to, part, "rises warned of before", eval_interval(warned, d, n), n)->percent = true;
  eval_add(to, part, "lead of those warnings, turns", eval_interval(lead_time, d, n), n);
  eval_add(to, part, "warnings that were right", eval_interval(right_warnings, d, n), n)->percent = true;
  eval_note(to, "%s: the best simple rule is %s", part, talks_rule_names[best_rule]);
  free(each);
}

static int run(eval_context *context, const eval_text *text, talks *of, const char *part, mien_error *error) {
  moment *list = malloc(BASE_MAX(of->count, 1u) * sizeof *list);
  dialogue *dialogues = malloc(BASE_MAX(of->dialogues, 1u) * sizeof *dialogues);
  int code = list && dialogues ? MIEN_OK
                               : base_error_set(error, MIEN_ENOMEM, part, "", "no memory for the moments");
  if (!code) {
    talks_read(context, text, of);
    report(&context->report, part, dialogues, moments_of(of, dialogues, list));
  }
  free(list);
  free(dialogues);
  return code;
}

int eval_forecast(eval_context *context, mien_error *error) {
  static const struct {
    const char *name;
    int (*open)(const eval_context *, talks *, mien_error *);
  } sets[] = {{"DailyDialog test", talks_open_daily}, {"MELD test", talks_open_meld}};
  eval_text text = {0};
  int code = eval_text_open(context, &text, error);
  eval_set(&context->report, "Forecast of a talk's next turns");
  for (size_t s = 0; !code && s < BASE_COUNT(sets); s++) {
    talks of;
    code = sets[s].open(context, &of, error);
    if (!code) code = run(context, &text, &of, sets[s].name, error);
    talks_close(&of);
  }
  eval_text_close(&text);
  return code;
}
