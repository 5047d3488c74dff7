/* metrics.h: how well labels, confidences and sets agree with the truth. Pure functions.
 *
 * Every metric takes an array of items and `pick`, the items that count (with repeats), so that the
 * bootstrap is one loop around any of them. A metric that has nothing to average is NAN. */
#ifndef EVAL_METRICS_H
#define EVAL_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EVAL_CLASSES = 32 /* at most */, EVAL_BINS = 15, EVAL_RESAMPLES = 1000 };

/* One label an item. */
typedef struct eval_item {
  int truth, guess; /* 0…EVAL_CLASSES-1; a guess of -1 is always wrong */
  float confidence; /* of the guess, 0…1 */
  unsigned set;     /* bit k: label k is in the prediction set */
  bool abstained;
} eval_item;

/* Any number of labels an item. */
typedef struct eval_multi {
  uint32_t truth, guess; /* bit k: label k */
} eval_multi;

typedef struct eval_pair {
  float truth, guess;
} eval_pair;

typedef double (*eval_metric)(const void *items, const uint32_t *pick, size_t count);

/* Over eval_item. */
double eval_accuracy(const void *items, const uint32_t *pick, size_t count);
double eval_uar(const void *items, const uint32_t *pick, size_t count); /* mean recall of the classes
                                                                           that occur in the truth   */
double eval_macro_f1(const void *items, const uint32_t *pick, size_t count); /* of the same classes  */
double eval_weighted_f1(const void *items, const uint32_t *pick, size_t count); /* by their number
                                                                                   in the truth     */
double eval_ece(const void *items, const uint32_t *pick, size_t count); /* 15 bins of equal width
                                                                           (Guo et al. 2017)        */
double eval_coverage(const void *items, const uint32_t *pick, size_t count);
double eval_set_size(const void *items, const uint32_t *pick, size_t count);
double eval_abstained(const void *items, const uint32_t *pick, size_t count);
double eval_accuracy_kept(const void *items, const uint32_t *pick, size_t count); /* not abstained */
/* Over eval_multi: labels that nobody gave among the items are left out. */
double eval_multi_f1(const void *items, const uint32_t *pick, size_t count);
/* Over eval_pair: Pearson's correlation. */
double eval_pearson(const void *items, const uint32_t *pick, size_t count);
/* Over eval_pair: mean of `guess` (for rates and errors). */
double eval_mean(const void *items, const uint32_t *pick, size_t count);
/* Over eval_pair: the sum of `guess` by the sum of `truth`. */
double eval_ratio(const void *items, const uint32_t *pick, size_t count);

/* The value with its 95 % interval: percentiles of EVAL_RESAMPLES resamples of the items with
 * replacement (Efron 1979), from a fixed seed. All NAN when count is 0. */
typedef struct eval_value {
  double value, low, high;
} eval_value;
eval_value eval_interval(eval_metric metric, const void *items, size_t count);

/* The mean of a metric over several lists of items (languages): each is resampled by itself. */
eval_value eval_interval_of_mean(eval_metric metric, const void *const *lists, const size_t *counts,
                                 size_t list_count);

#endif
