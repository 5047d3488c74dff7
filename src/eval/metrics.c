/* metrics.c: the metrics, and the bootstrap around them. */
#include "eval/metrics.h"

#include <math.h>
#include <stdlib.h>

/* Hits, misses and false alarms of each class. */
typedef struct tally {
  double hit[EVAL_CLASSES], miss[EVAL_CLASSES], alarm[EVAL_CLASSES];
} tally;

static tally tally_items(const eval_item *items, const uint32_t *pick, size_t count) {
  tally t = {{0}, {0}, {0}};
  for (size_t i = 0; i < count; i++) {
    const eval_item *item = &items[pick[i]];
    if (item->guess == item->truth) {
      t.hit[item->truth]++;
    } else {
      t.miss[item->truth]++;
      if (item->guess >= 0) t.alarm[item->guess]++;
    }
  }
  return t;
}

static double mean_of_present(const tally *t, bool f1) {
  double sum = 0;
  int present = 0;
  for (int k = 0; k < EVAL_CLASSES; k++) {
    if (t->hit[k] + t->miss[k] == 0) continue;
    present++;
    sum += f1 ? 2 * t->hit[k] / (2 * t->hit[k] + t->miss[k] + t->alarm[k])
              : t->hit[k] / (t->hit[k] + t->miss[k]);
  }
  return present ? sum / present : NAN;
}

double eval_uar(const void *items, const uint32_t *pick, size_t count) {
  tally t = tally_items(items, pick, count);
  return mean_of_present(&t, false);
}

double eval_macro_f1(const void *items, const uint32_t *pick, size_t count) {
  tally t = tally_items(items, pick, count);
  return mean_of_present(&t, true);
}

double eval_weighted_f1(const void *items, const uint32_t *pick, size_t count) {
  tally t = tally_items(items, pick, count);
  double sum = 0;
  for (int k = 0; k < EVAL_CLASSES; k++)
    if (t.hit[k] > 0)
      sum += (t.hit[k] + t.miss[k]) * 2 * t.hit[k] / (2 * t.hit[k] + t.miss[k] + t.alarm[k]);
  return count ? sum / (double)count : NAN;
}

double eval_multi_f1(const void *items, const uint32_t *pick, size_t count) {
  const eval_multi *multi = items;
  tally t = {{0}, {0}, {0}};
  for (size_t i = 0; i < count; i++) {
    uint32_t truth = multi[pick[i]].truth, guess = multi[pick[i]].guess;
    for (uint32_t left = truth | guess; left; left &= left - 1) {
      uint32_t bit = left & (~left + 1);
      int k = 0;
      while (!(bit >> k & 1))
        k++;
      if (truth & guess & bit)
        t.hit[k]++;
      else if (truth & bit)
        t.miss[k]++;
      else
        t.alarm[k]++;
    }
  }
  return mean_of_present(&t, true);
}

double eval_accuracy(const void *items, const uint32_t *pick, size_t count) {
  const eval_item *item = items;
  double right = 0;
  for (size_t i = 0; i < count; i++)
    right += item[pick[i]].truth == item[pick[i]].guess;
  return count ? right / (double)count : NAN;
}

double eval_accuracy_kept(const void *items, const uint32_t *pick, size_t count) {
  const eval_item *item = items;
  double right = 0, kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (item[pick[i]].abstained) continue;
    kept++;
    right += item[pick[i]].truth == item[pick[i]].guess;
  }
  return kept > 0 ? right / kept : NAN;
}

double eval_abstained(const void *items, const uint32_t *pick, size_t count) {
  const eval_item *item = items;
  double abstained = 0;
  for (size_t i = 0; i < count; i++)
    abstained += item[pick[i]].abstained;
  return count ? abstained / (double)count : NAN;
}

double eval_coverage(const void *items, const uint32_t *pick, size_t count) {
  const eval_item *item = items;
  double covered = 0;
  for (size_t i = 0; i < count; i++)
    covered += item[pick[i]].set >> item[pick[i]].truth & 1;
  return count ? covered / (double)count : NAN;
}

double eval_set_size(const void *items, const uint32_t *pick, size_t count) {
  const eval_item *item = items;
  double labels = 0;
  for (size_t i = 0; i < count; i++)
    for (unsigned set = item[pick[i]].set; set; set &= set - 1)
      labels++;
  return count ? labels / (double)count : NAN;
}

double eval_ece(const void *items, const uint32_t *pick, size_t count) {
  const eval_item *item = items;
  double confidence[EVAL_BINS] = {0}, right[EVAL_BINS] = {0}, gap = 0;
  for (size_t i = 0; i < count; i++) {
    const eval_item *one = &item[pick[i]];
    int bin = (int)(one->confidence * EVAL_BINS);
    bin = bin < 0 ? 0 : bin >= EVAL_BINS ? EVAL_BINS - 1 : bin;
    confidence[bin] += one->confidence;
    right[bin] += one->truth == one->guess;
  }
  for (int b = 0; b < EVAL_BINS; b++)
    gap += fabs(confidence[b] - right[b]);
  return count ? gap / (double)count : NAN;
}

double eval_mean(const void *items, const uint32_t *pick, size_t count) {
  const eval_pair *pair = items;
  double sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += pair[pick[i]].guess;
  return count ? sum / (double)count : NAN;
}

double eval_ratio(const void *items, const uint32_t *pick, size_t count) {
  const eval_pair *pair = items;
  double own = 0, other = 0;
  for (size_t i = 0; i < count; i++)
    own += pair[pick[i]].guess, other += pair[pick[i]].truth;
  return fabs(other) > 1e-12 ? own / other : NAN;
}

double eval_pearson(const void *items, const uint32_t *pick, size_t count) {
  const eval_pair *pair = items;
  double x = 0, y = 0, xx = 0, yy = 0, xy = 0, n = (double)count;
  for (size_t i = 0; i < count; i++) {
    double a = pair[pick[i]].truth, b = pair[pick[i]].guess;
    x += a, y += b, xx += a * a, yy += b * b, xy += a * b;
  }
  double spread = (xx - x * x / n) * (yy - y * y / n);
  return count > 1 && spread > 1e-12 ? (xy - x * y / n) / sqrt(spread) : NAN;
}

/* ---- Bootstrap ------------------------------------------------------------------------------- */

static uint32_t draw(uint64_t *state, size_t below) { /* xorshift64* (Marsaglia 2003, Vigna 2016) */
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return (uint32_t)(((*state * 0x2545F4914F6CDD1DULL) >> 32) * below >> 32);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

eval_value eval_interval_of_mean(eval_metric metric, const void *const *lists, const size_t *counts,
                                 size_t list_count) {
  eval_value result = {NAN, NAN, NAN};
  double sampled[EVAL_RESAMPLES + 1];
  size_t most = 0, kept = 0;
  for (size_t l = 0; l < list_count; l++)
    most = counts[l] > most ? counts[l] : most;
  uint32_t *pick = most ? malloc(most * sizeof *pick) : NULL;
  if (!pick) return result;
  uint64_t state = 20240229;                  /* any seed will do; the same each time */
  for (int r = 0; r <= EVAL_RESAMPLES; r++) { /* the last round takes every item once */
    double sum = 0;
    size_t known = 0;
    for (size_t l = 0; l < list_count; l++) {
      for (size_t i = 0; i < counts[l]; i++)
        pick[i] = r == EVAL_RESAMPLES ? (uint32_t)i : draw(&state, counts[l]);
      double value = metric(lists[l], pick, counts[l]);
      if (isfinite(value)) sum += value, known++;
    }
    double mean = known ? sum / (double)known : NAN;
    if (r == EVAL_RESAMPLES)
      result.value = mean;
    else if (isfinite(mean))
      sampled[kept++] = mean;
  }
  free(pick);
  if (kept) {
    qsort(sampled, kept, sizeof *sampled, ascending);
    result.low = sampled[(size_t)(0.025 * (double)(kept - 1) + 0.5)];
    result.high = sampled[(size_t)(0.975 * (double)(kept - 1) + 0.5)];
  }
  return result;
}

eval_value eval_interval(eval_metric metric, const void *items, size_t count) {
  return eval_interval_of_mean(metric, &items, &count, 1);
}
