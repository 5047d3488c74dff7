/* fuse/: what several readings of one person at one moment say together.
 *
 * What it is: a pool of calibrated distributions, with any of the modalities missing; the place in
 * valence, arousal and dominance; how far words and manner disagree. What it is not: it has no
 * memory (follow/) and no clock: the caller says how old each reading is.
 *
 * The pool (train/fuse.py fits and explains it, learned.h has the numbers):
 *
 *   p(k) ~ exp( sum_m r_m / sum(r) * g_m(k) log q_m(k) + both * bias(k) )
 *   several = min(n - 1, 1),  n = (sum r)^2 / sum r^2,  g_m(k) = 1 + several * (f_m(k) - 1)
 *   f_m(k) = usual_m + both / several * (factor_m(k) - usual_m)
 *   r_m = weight_m * quality_m * exp(-age_m / tau_m) * (abstains ? 0.25 : 1)
 *
 * a log-linear pool (Genest & Zidek 1986) in which each modality has a say by class: people trust a
 * voice about neutral and anger, a face about joy, when they have both (beside words alone, the mean
 * over classes serves a voice better). n is how many speak (Kish 1965); with one alone its
 * distribution comes out as it went in. `both` is the same of voice and face, times their share: the
 * bias is what they mean together (joy that is only half seen is none).
 *
 * Learned from people's votes: the weights of voice and face, their factors, the bias, the quantile,
 * what counts as disagreement. Chosen: the weight and factor of text, tau, the share of an abstaining
 * reading, the errors of the dims (fuse.c). docs/experiments-fusion.md has what else was tried.
 *
 * Time. A reading counts from its t1 for FUSE_WINDOW seconds, its weight falling by 1/e every tau:
 * words 8 s (a turn and the answer to it), voice 4 s (its readings come each second of speech),
 * face 2 s (most expressions last 0.5 to 4 s, Ekman 2003). After 12 s the slowest, text, is at 0.22
 * of its weight, and what was said is an exchange ago.
 *
 * Owns nothing, allocates nothing. Threads: any. */
#ifndef FUSE_H
#define FUSE_H

#include "base/base.h"

#define FUSE_WINDOW 12.0 /* seconds */

/* What one modality says now. */
typedef struct fuse_part {
  int modality;
  float core[MIEN_CORE]; /* calibrated, sums to 1                                              */
  float dims[MIEN_DIMS]; /* NAN unknown: then core's place is taken                            */
  float confidence;      /* calibrated; NAN: the largest of core                               */
  float quality;         /* 0…1; NAN: 1                                                        */
  bool abstains;
  bool dims_only;        /* core says nothing and is left out: a body's movement names no label    */
  double age;            /* seconds since it was said, 0…FUSE_WINDOW; older ones are left out  */
} fuse_part;

typedef struct fuse_result {
  float core[MIEN_CORE];
  float dims[MIEN_DIMS], variance[MIEN_DIMS]; /* -1…1; squared 1-sigma error                   */
  float from[MIEN_MODALITIES];                /* weights, sum to 1                             */
  float masking;        /* 0…1; NAN unless there are words and voice or face                   */
  float incongruity;    /* 0…1: positive words in a flat or negative manner; NAN as masking      */
  float several;        /* 0…1: 0 one modality alone, 1 two equal ones and more               */
  float reliability;    /* sum of r of those that name labels; about 1 for one fresh voice      */
  bool abstains;        /* every part does                                                     */
} fuse_result;

/* At most one part of each modality is used (the last given). MIEN_EEMPTY: none in the window. */
int fuse_pool(const fuse_part *parts, size_t count, fuse_result *result);

/* confidence, set and abstain of a reading from its core, as calibrated for pooled ones. Readings
 * that agree are never surer together than people were right when they were surest. */
void fuse_calibrate(mien_reading *reading, const fuse_result *result);

/* Where the core labels lie in valence, arousal, dominance, weighted by `core` (means of the words
 * for them, after Russell & Mehrabian 1977). */
void fuse_place(const float core[MIEN_CORE], float dims[MIEN_DIMS]);

/* The flag of sarcasm once the manner is known: what the words alone say (NAN: nothing), raised by
 * incongruity and never lowered. It changes no label. */
float fuse_sarcasm(float words, float incongruity);

/* Jensen-Shannon divergence (Lin 1991) of two distributions, bits, 0…1. */
float fuse_divergence(const float p[MIEN_CORE], const float q[MIEN_CORE]);

#endif
