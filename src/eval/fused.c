/* fused.c: fuse/ against people, on CREMA-D's ratings (Cao et al. 2014).
 *
 * About ten people each rated the sound alone, the picture alone and both together of 7,442 clips.
 * Three drawn votes for the sound stand for a voice's reading and three for the picture for a
 * face's; pooled by fuse/, they are to give what the majority says who saw and heard. The actors
 * 1076–1091 are scored; fuse/ was fitted on the others (train/fuse.py). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/parts.h"
#include "fuse/fuse.h"

enum { VOTES = 6, RATERS = 3, FIT_ACTORS_TO = 1060, TEST_ACTORS_FROM = 1076 };
enum { SOUND, PICTURE, BOTH, CHANNELS };
static const char *const vote_names[VOTES] = {"N", "H", "S", "A", "F", "D"};
static const int core_of_vote[VOTES] = {MIEN_NEUTRAL, MIEN_JOY,  MIEN_SADNESS,
                                        MIEN_ANGER,   MIEN_FEAR, MIEN_DISGUST};

typedef struct clip {
  char name[24];
  int actor, channels; /* bit: has votes for the channel */
  int votes[CHANNELS][VOTES], drawn[CHANNELS][VOTES];
} clip;

static uint32_t next_random(uint64_t *state) { /* xorshift64* (Vigna 2016) */
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return (uint32_t)((*state * 0x2545F4914F6CDD1DULL) >> 32);
}

/* RATERS of the votes, without replacement. */
static void draw_votes(const int votes[VOTES], int drawn[VOTES], uint64_t *state) {
  int left[VOTES], all = 0;
  for (int k = 0; k < VOTES; k++)
    all += left[k] = votes[k], drawn[k] = 0;
  for (int r = 0; r < RATERS && all > 0; r++, all--) {
    int at = (int)(next_random(state) % (uint32_t)all), k = 0;
    while (at >= left[k])
      at -= left[k++];
    left[k]--;
    drawn[k]++;
  }
}

/* How the votes of one channel become a reading: smoothed towards the prior, to a power. */
typedef struct reader {
  double prior[VOTES], strength, power;
} reader;

static void reading_of(const reader *r, const int votes[VOTES], double p[VOTES]) {
  double all = 0;
  for (int k = 0; k < VOTES; k++) all += p[k] = pow(votes[k] + r->strength * r->prior[k], r->power);
  for (int k = 0; k < VOTES; k++) p[k] /= all;
}

/* Of the votes left, the most; of equals all, as bits. */
static int majority(const int votes[VOTES], const int less[VOTES]) {
  int most = -1, bits = 0;
  for (int k = 0; k < VOTES; k++) {
    int own = votes[k] - (less ? less[k] : 0);
    if (own > most) most = own, bits = 0;
    if (own == most) bits |= 1 << k;
  }
  return bits;
}

/* The strength and the power under which three votes best predict what the majority of the others
 * says, on the actors that fuse/ was fitted on: as calibrated as a machine's reading. */
static reader reader_fit(const clip *clips, size_t count, int channel) {
  reader best = {.strength = 1, .power = 1}, one;
  double all = 0, least = INFINITY;
  for (size_t i = 0; i < count; i++)
    for (int k = 0; k < VOTES && clips[i].actor <= FIT_ACTORS_TO; k++)
      best.prior[k] += clips[i].votes[channel][k], all += clips[i].votes[channel][k];
  for (int k = 0; k < VOTES; k++)
    best.prior[k] = all > 0 ? BASE_MAX(best.prior[k] / all, 1e-6) : 1.0 / VOTES;
  one = best;
  for (one.strength = 0.4; one.strength < 6.1; one.strength += 0.4)
    for (one.power = 0.6; one.power < 3.05; one.power += 0.2) {
      double loss = 0, p[VOTES];
      for (size_t i = 0; i < count; i++) {
        if (clips[i].actor > FIT_ACTORS_TO) continue;
        int truth = majority(clips[i].votes[channel], clips[i].drawn[channel]);
        reading_of(&one, clips[i].drawn[channel], p);
        for (int k = 0; k < VOTES; k++)
          if (truth >> k & 1) loss -= log(p[k]) / __builtin_popcount((unsigned)truth);
      }
      if (loss < least) least = loss, best = one;
    }
  return best;
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const clip *)a)->name, ((const clip *)b)->name);
}

/* Rows of one clip and channel to clips with all three channels; *clips is the caller's to free. */
static int load(eval_context *context, clip **clips, size_t *count, mien_error *error) {
  const char *part = "text/open/crema_d_ratings/tabulatedVotes.csv";
  eval_table table = {0};
  int columns[VOTES], name, code = eval_open_table(context, &table, part, ',', error);
  *count = 0;
  if (!code && (name = eval_table_column(&table, "fileName", part, error)) < 0) code = MIEN_EFORMAT;
  for (int k = 0; !code && k < VOTES; k++)
    if ((columns[k] = eval_table_column(&table, vote_names[k], part, error)) < 0)
      code = MIEN_EFORMAT;
  if (!code && !(*clips = calloc(table.rows, sizeof **clips)))
    code = base_error_set(error, MIEN_ENOMEM, part, "", "no memory for the ratings");
  size_t rows = 0;
  for (size_t row = 1; !code && row < table.rows;
       row++) { /* column 0: channel 1…3, then a number */
    int channel = eval_table_cell(&table, row, 0)[0] - '1';
    if (channel < 0 || channel >= CHANNELS) continue;
    clip *c = &(*clips)[rows++];
    snprintf(c->name, sizeof c->name, "%s", eval_table_cell(&table, row, (size_t)name));
    c->actor = atoi(c->name);
    for (int k = 0; k < VOTES; k++) {
      int votes = atoi(eval_table_cell(&table, row, (size_t)columns[k]));
      c->votes[channel][k] = BASE_CLAMP(votes, 0, 1000);
      if (c->votes[channel][k]) c->channels |= 1 << channel;
    }
  }
  eval_table_close(&table);
  if (code) return code;
  qsort(*clips, rows, sizeof **clips, by_name);
  size_t merged = 0;
  for (size_t i = 0; i < rows; i++) {
    clip *last = merged ? &(*clips)[merged - 1] : NULL, *own = &(*clips)[i];
    if (!last || strcmp(last->name, own->name)) {
      (*clips)[merged++] = *own;
      continue;
    }
    last->channels |= own->channels;
    for (int c = 0; c < CHANNELS; c++)
      for (int k = 0; k < VOTES; k++)
        last->votes[c][k] += own->votes[c][k];
  }
  for (size_t i = 0; i < merged; i++)
    if ((*clips)[i].channels == (1 << CHANNELS) - 1) (*clips)[(*count)++] = (*clips)[i];
  return *count ? MIEN_OK
                : base_error_set(error, MIEN_EEMPTY, part, "", "no clip has all three ratings");
}

static fuse_part part_of(int modality, const double p[VOTES]) {
  fuse_part part = {.modality = modality, .confidence = NAN, .quality = NAN};
  for (int d = 0; d < MIEN_DIMS; d++)
    part.dims[d] = NAN;
  for (int k = 0; k < VOTES; k++)
    part.core[core_of_vote[k]] = (float)p[k];
  return part;
}

static eval_item item_of_parts(const fuse_part *parts, size_t count, int truth) {
  fuse_result result;
  mien_reading reading;
  base_reading_init(&reading, MIEN_FUSED);
  fuse_pool(parts, count, &result);
  memcpy(reading.core, result.core, sizeof reading.core);
  fuse_calibrate(&reading, &result);
  return eval_item_of(&reading, truth);
}

/* "1001_IEO_NEU_XX": NEU, what the actor was asked to show, as a place in vote_names; -1 unknown. */
static int acted(const char *name) {
  static const char *const codes[VOTES] = {"NEU", "HAP", "SAD", "ANG", "FEA", "DIS"};
  for (int k = 0; k < VOTES; k++)
    if (strlen(name) >= 12 && !strncmp(name + 9, codes[k], 3)) return k;
  return -1;
}

/* How often one rater names what was acted: the measure of people beside the machine's. */
static void report_people(eval_report *to, const clip *clips, size_t count) {
  static const char *const parts[CHANNELS] = {"heard alone", "seen alone", "heard and seen"};
  eval_pair *pairs = malloc((count + 1) * sizeof *pairs);
  eval_set(to, "CREMA-D: one person naming what was acted, of six");
  for (int c = 0; pairs && c < CHANNELS; c++) {
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
      int truth = acted(clips[i].name), all = 0;
      if (truth < 0) continue;
      for (int k = 0; k < VOTES; k++) all += clips[i].votes[c][k];
      pairs[used++] = (eval_pair){1, (float)clips[i].votes[c][truth] / (float)all};
    }
    eval_add(to, parts[c], "accuracy of people", eval_interval(eval_mean, pairs, used), used);
  }
  free(pairs);
}

/* One of the labels in `bits`, which are equals. */
static int any_of(int bits, uint64_t *state) {
  int left = (int)(next_random(state) % (uint32_t)__builtin_popcount((unsigned)bits)), k = 0;
  for (;; k++)
    if (bits >> k & 1 && left-- == 0) return k;
}

/* The pool of what was heard and seen, against each alone; `drawn`: of three votes each. */
static int report_pool(eval_report *to, const clip *clips, size_t count, const reader readers[2],
                       bool drawn, mien_error *error) {
  eval_item *items[CHANNELS] = {NULL};
  size_t scored = 0;
  uint64_t state = 21;
  int code = MIEN_OK;
  for (int c = 0; c < CHANNELS; c++)
    if (!(items[c] = malloc((count + 1) * sizeof *items[c])))
      code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
  for (size_t i = 0; !code && i < count; i++) {
    if (clips[i].actor < TEST_ACTORS_FROM) continue;
    int truth = core_of_vote[any_of(majority(clips[i].votes[BOTH], NULL), &state)];
    fuse_part parts[2];
    for (int c = SOUND; c <= PICTURE; c++) {
      double p[VOTES];
      reading_of(&readers[c], drawn ? clips[i].drawn[c] : clips[i].votes[c], p);
      parts[c] = part_of(c == SOUND ? MIEN_VOICE : MIEN_FACE, p);
      items[c][scored] = item_of_parts(&parts[c], 1, truth);
    }
    items[BOTH][scored++] = item_of_parts(parts, 2, truth);
  }
  if (!code) {
    eval_set(to, drawn ? "CREMA-D's raters: three who heard and three who saw, pooled"
                       : "CREMA-D's raters: all who heard and all who saw, pooled");
    eval_add(to, "heard alone", "accuracy", eval_interval(eval_accuracy, items[SOUND], scored), scored);
    eval_value seen = eval_interval(eval_accuracy, items[PICTURE], scored);
    eval_add(to, "seen alone", "accuracy", seen, scored);
    eval_row *row =
        eval_add(to, "pooled", "accuracy", eval_interval(eval_accuracy, items[BOTH], scored), scored);
    eval_floor(row, seen.value + 0.03, NAN);
    eval_add(to, "pooled", "UAR", eval_interval(eval_uar, items[BOTH], scored), scored);
    eval_add_calibration(to, "pooled", items[BOTH], scored, drawn);
    eval_note(to, "truth: the majority of those who saw and heard, of equals one at random; actors "
                  "1076–1091, which fuse/ was not fitted on; it knows no surprise; the floor is seen "
                  "alone and 3 points");
  }
  for (int c = 0; c < CHANNELS; c++) free(items[c]);
  return code;
}

/* What people reach themselves: three of those who saw and heard, against the majority of the others. */
static void report_ceiling(eval_report *to, const clip *clips, size_t count) {
  eval_pair *pairs = malloc((count + 1) * sizeof *pairs);
  size_t used = 0;
  uint64_t state = 22;
  for (size_t i = 0; pairs && i < count; i++) {
    if (clips[i].actor < TEST_ACTORS_FROM) continue;
    int guess = any_of(majority(clips[i].drawn[BOTH], NULL), &state);
    int truth = any_of(majority(clips[i].votes[BOTH], clips[i].drawn[BOTH]), &state);
    pairs[used++] = (eval_pair){1, guess == truth};
  }
  if (pairs) {
    eval_set(to, "CREMA-D's raters: three who saw and heard");
    eval_add(to, "against the others", "accuracy of people",
             eval_interval(eval_mean, pairs, used), used);
  }
  free(pairs);
}

int eval_people(eval_context *context, mien_error *error) {
  clip *clips = NULL;
  size_t count;
  int code = load(context, &clips, &count, error);
  if (!code) {
    reader readers[2];
    uint64_t state = 20;
    for (size_t i = 0; i < count; i++)
      for (int c = SOUND; c < CHANNELS; c++) draw_votes(clips[i].votes[c], clips[i].drawn[c], &state);
    for (int c = SOUND; c <= PICTURE; c++) readers[c] = reader_fit(clips, count, c);
    report_people(&context->report, clips, count);
    report_ceiling(&context->report, clips, count);
    code = report_pool(&context->report, clips, count, readers, true, error);
    if (!code) code = report_pool(&context->report, clips, count, readers, false, error);
  }
  free(clips);
  return code;
}
