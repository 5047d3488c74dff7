/* signals.c: personal signals, simulated: emotions that one speaker acted stand for the signals of one person. Of each
 * speaker, five clips of each of four emotions are the examples, and the rest are told apart, 20 times with other examples.
 * Speakers of the test splits and of TESS, on whom nothing was trained; SHRINK and NONE were chosen on the dev speakers. */
#include <stdio.h>
#include <stdlib.h>

#include "adapt/adapt.h"
#include "eval/voice.h"
#include "signals/signals.h"
#include "voice/embed.h"

enum { CLIPS = 40 /* of an emotion, at most */, SHOWN = 5, SIGNALS = 4, TIMES = 20, SPEAKERS = 32 };

typedef struct speaker {
  char name[48];
  size_t count[EVAL_VOICE_CLASSES];
  float *points[EVAL_VOICE_CLASSES][CLIPS];
} speaker;

typedef struct people {
  speaker *list;
  size_t count, length;
} people;

static int take_set(eval_context *context, const voice_model *model, const voice_protocol *p, people *all, mien_error *error) {
  voice_rows rows;
  voice_row row;
  size_t missing = 0;
  int code = eval_voice_rows_open(context, &rows, error);
  while (!code && eval_voice_rows_next(&rows, p, &row)) {
    if (strcmp(row.split, p->split)) continue;
    speaker *s = NULL;
    for (size_t i = 0; i < all->count; i++)
      if (!strcmp(all->list[i].name, row.speaker)) s = &all->list[i];
    if (!s && all->count == SPEAKERS) continue;
    if (!s) s = &all->list[all->count++], snprintf(s->name, sizeof s->name, "%s", row.speaker);
    if (s->count[row.truth] == CLIPS) continue;
    float *pcm, point[VOICE_EMBED_MOST];
    size_t count;
    eval_progress(context, "signals", (double)rows.row, (double)rows.table.rows);
    if (eval_voice_load_row(context, p, &row, &pcm, &count, &missing)) continue;
    mien_error quiet = {0};
    if (!voice_embed(model, pcm, count, point, &quiet)) {
      float *own = base_alloc(all->length, sizeof *own);
      if (own) memcpy(own, point, all->length * sizeof *own), s->points[row.truth][s->count[row.truth]++] = own;
    }
    free(pcm);
  }
  eval_table_close(&rows.table);
  return code;
}

/* What is not shown is told apart; of the emotions that are no signal, how many are told as none. */
static void one_time(const speaker *s, size_t length, const int emotions[SIGNALS], adapt_random *random, eval_item *items, size_t *count, size_t room, eval_pair *others, size_t *other_count) {
  static const char *const names[SIGNALS] = {"comfort", "yes", "no", "distress"};
  signals_dictionary *d;
  if (signals_open(&d, s->name, "simulated", NULL)) return;
  size_t order[SIGNALS][CLIPS];
  for (int k = 0; k < SIGNALS; k++) {
    size_t n = s->count[emotions[k]];
    for (size_t i = 0; i < n; i++) order[k][i] = i;
    for (size_t i = 0; i < SHOWN; i++) {
      size_t j = i + BASE_MIN((size_t)(adapt_uniform(random) * (double)(n - i)), n - i - 1), kept = order[k][i];
      order[k][i] = order[k][j], order[k][j] = kept;
      signals_add(d, names[k], SIGNALS_VOICE, s->points[emotions[k]][order[k][i]], length, NULL);
    }
  }
  for (int k = 0; k < SIGNALS; k++)
    for (size_t i = SHOWN; i < s->count[emotions[k]] && *count < room; i++) {
      signals_told told;
      if (signals_tell(d, SIGNALS_VOICE, s->points[emotions[k]][order[k][i]], length, &told, NULL)) continue;
      int best = 0;
      for (int j = 1; j < SIGNALS; j++)
        if (told.chances[j] > told.chances[best]) best = j;
      items[(*count)++] = (eval_item){.truth = k, .guess = best, .confidence = (float)told.chance, .abstained = told.signal < 0};
    }
  for (int e = 0; e < EVAL_VOICE_CLASSES; e++) {
    bool is_signal = false;
    for (int k = 0; k < SIGNALS; k++) is_signal |= emotions[k] == e;
    signals_told told;
    for (size_t i = 0; i < s->count[e] && !is_signal && *other_count < room; i++)
      if (!signals_tell(d, SIGNALS_VOICE, s->points[e][i], length, &told, NULL)) others[(*other_count)++] = (eval_pair){0, told.signal < 0};
  }
  signals_close(&d);
}

static void score(eval_context *context, const people *all, const char *part, bool any) {
  enum { ROOM = 200000 };
  eval_item *items = base_alloc(ROOM, sizeof *items);
  eval_pair *others = base_alloc(ROOM, sizeof *others), *means = base_alloc(SPEAKERS, sizeof *means);
  size_t count = 0, other_count = 0, people_count = 0;
  adapt_random random = {7};
  for (size_t i = 0; i < all->count && items && others && means; i++) {
    const speaker *s = &all->list[i];
    size_t before = count, usable = 0;
    int there[EVAL_VOICE_CLASSES];
    for (int e = 0; e < EVAL_VOICE_CLASSES; e++)
      if (s->count[e] > SHOWN) there[usable++] = e;
    int emotions[SIGNALS] = {s->count[EVAL_CALM] > SHOWN ? EVAL_CALM : MIEN_NEUTRAL, MIEN_JOY, MIEN_ANGER, MIEN_SADNESS};
    bool has = usable >= SIGNALS;
    for (int k = 0; k < SIGNALS; k++) has = has && (any || s->count[emotions[k]] > SHOWN);
    for (int t = 0; t < TIMES && has; t++) {
      for (int k = 0; k < SIGNALS && any; k++) { /* any four of those that are there */
        size_t j = (size_t)k + BASE_MIN((size_t)(adapt_uniform(&random) * (double)(usable - (size_t)k)), usable - (size_t)k - 1);
        int kept = there[k];
        there[k] = there[j], there[j] = kept;
        emotions[k] = there[k];
      }
      one_time(s, all->length, emotions, &random, items, &count, ROOM, others, &other_count);
    }
    if (count == before) continue;
    size_t right = 0;
    for (size_t k = before; k < count; k++) right += items[k].truth == items[k].guess;
    means[people_count++] = (eval_pair){0, (float)right / (float)(count - before)};
  }
  eval_row *row = eval_add(&context->report, part, "accuracy of 4, mean of people", eval_interval(eval_mean, means, people_count), people_count);
  if (!any && strcmp(part, "dev")) eval_floor(row, 0.75, (double)NAN), row->aim = 0.85;
  if (!any) {
    eval_add(&context->report, part, "ECE of confidence", eval_interval(eval_ece, items, count), count);
    row = eval_add(&context->report, part, "signals told as none", eval_interval(eval_abstained, items, count), count);
    row->percent = true;
    row = eval_add(&context->report, part, "other emotions told as none", eval_interval(eval_mean, others, other_count), other_count);
    row->percent = true;
  }
  base_free(items), base_free(others), base_free(means);
}

static int run(eval_context *context, bool dev, mien_error *error) {
  static const voice_protocol sets[] = {
      {"ravdess_speech", "test", "RAVDESS", EVAL_RAVDESS_CLASSES, 0, 0, 0, 0}, {"emodb", "test", "EmoDB", EVAL_EMODB_CLASSES, 0, 0, 0, 0},
      {"nemo", "test", "nEMO", EVAL_NEMO_CLASSES, 0, 0, 0, 0}, {"tess", "cross", "TESS", EVAL_ALL_CORE, 0, 0, 0, 0}};
  nn_file *file = NULL;
  voice_model *model = NULL;
  people all = {.list = base_alloc(SPEAKERS, sizeof *all.list)};
  int code = all.list ? eval_open_model(context, "voice", &file, error) : MIEN_ENOMEM;
  if (!code) code = voice_model_open(&model, file, error);
  if (!code && !(all.length = voice_embed_size(model))) code = base_error_set(error, MIEN_EMODEL, "voice", "use the shipped model", "the model has no perceptrons to make points of");
  for (size_t i = 0; i < BASE_COUNT(sets) && !code; i++) {
    voice_protocol p = sets[i];
    if (dev && !strcmp(p.split, "cross")) continue;
    if (dev) p.split = "dev";
    code = take_set(context, model, &p, &all, error);
  }
  if (!code) score(context, &all, dev ? "dev" : "calm, joy, anger, sadness", false), score(context, &all, dev ? "dev, any four" : "any four", true);
  if (!code && !dev) eval_note(&context->report, "%d clips of each signal are shown, the rest told apart, %d times; emotions that speakers acted stand for signals: no set of non-speaking people's own signals is there", SHOWN, TIMES);
  for (size_t i = 0; i < all.count; i++)
    for (int e = 0; e < EVAL_VOICE_CLASSES; e++)
      for (size_t k = 0; k < all.list[i].count[e]; k++) base_free(all.list[i].points[e][k]);
  base_free(all.list);
  voice_model_close(&model);
  nn_file_close(&file);
  return code;
}

int eval_signals(eval_context *context, mien_error *error) { return run(context, false, error); }
int eval_signals_dev(eval_context *context, mien_error *error) { return run(context, true, error); }
