/* fuse.c: the pool of fuse.h. */
#include "fuse/fuse.h"

#include "fuse/learned.h"

enum { PARTS = MIEN_FUSED }; /* text voice face body */

static const float weights[PARTS] = {FUSE_WEIGHT_TEXT, FUSE_WEIGHT_VOICE, FUSE_WEIGHT_FACE, 0.25f};
#define OTHERS {FUSE_FACTOR_OTHERS, FUSE_FACTOR_OTHERS, FUSE_FACTOR_OTHERS, FUSE_FACTOR_OTHERS, \
                FUSE_FACTOR_OTHERS, FUSE_FACTOR_OTHERS, FUSE_FACTOR_OTHERS}
static const float factors[PARTS][MIEN_CORE] = {OTHERS, FUSE_FACTORS_VOICE, FUSE_FACTORS_FACE, OTHERS};
static const float usual[PARTS] = {FUSE_FACTOR_OTHERS, FUSE_FACTOR_VOICE, FUSE_FACTOR_FACE, FUSE_FACTOR_OTHERS};
static const float bias[MIEN_CORE] = FUSE_BIAS;
static const double taus[PARTS] = {8.0, 4.0, 2.0, 4.0}; /* seconds */

/* 1-sigma errors of valence, arousal, dominance, chosen: a voice tells arousal better than valence,
 * a face and words valence better than arousal (Russell, Bachorowski & Fernandez-Dols 2003). */
static const float errors[PARTS][MIEN_DIMS] = {
    {0.25f, 0.35f, 0.35f}, {0.45f, 0.25f, 0.35f}, {0.30f, 0.40f, 0.45f}, {0.50f, 0.40f, 0.45f}};
#define ERROR_OF_CORE 1.5f  /* times the error where dims are only core's place */
#define ABSTAINING 0.25f    /* share of its weight that an abstaining reading keeps */

static const float places[MIEN_CORE][MIEN_DIMS] = {
    {0.00f, 0.00f, 0.00f},    /* neutral */
    {0.76f, 0.48f, 0.35f},    /* joy */
    {-0.63f, -0.27f, -0.33f}, /* sadness */
    {-0.51f, 0.59f, 0.25f},   /* anger */
    {-0.64f, 0.60f, -0.43f},  /* fear */
    {-0.60f, 0.35f, 0.11f},   /* disgust */
    {0.40f, 0.67f, -0.13f},   /* surprise */
};

void fuse_place(const float core[MIEN_CORE], float dims[MIEN_DIMS]) {
  for (int d = 0; d < MIEN_DIMS; d++) {
    dims[d] = 0;
    for (int k = 0; k < MIEN_CORE; k++) dims[d] += core[k] * places[k][d];
  }
}

float fuse_divergence(const float p[MIEN_CORE], const float q[MIEN_CORE]) {
  double bits = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    double m = 0.5 * ((double)p[k] + (double)q[k]);
    if (p[k] > 0) bits += 0.5 * (double)p[k] * log2((double)p[k] / m);
    if (q[k] > 0) bits += 0.5 * (double)q[k] * log2((double)q[k] / m);
  }
  return (float)BASE_CLAMP(bits, 0.0, 1.0);
}

static float largest(const float core[MIEN_CORE]) {
  float most = core[0];
  for (int k = 1; k < MIEN_CORE; k++) most = BASE_MAX(most, core[k]);
  return most;
}

static float reliability_of(const fuse_part *part) {
  if (!(part->age >= 0 && part->age <= FUSE_WINDOW)) return 0;
  bool abstains = part->abstains && !part->dims_only;
  float quality = isfinite(part->quality) ? BASE_CLAMP(part->quality, 0.0f, 1.0f) : 1.0f;
  return weights[part->modality] * BASE_MAX(quality, 0.05f) * expf((float)(-part->age / taus[part->modality])) *
         (abstains ? ABSTAINING : 1.0f);
}

/* The pool of those parts whose r is above 0 (of none: even); returns how much several speak, 0…1. */
static float pool_core(const fuse_part *const parts[PARTS], const float r[PARTS],
                       float core[MIEN_CORE]) {
  float sum = 0, squares = 0;
  for (int k = 0; k < MIEN_CORE; k++) core[k] = 1.0f / MIEN_CORE;
  for (int m = 0; m < PARTS; m++) {
    sum += r[m];
    squares += r[m] * r[m];
  }
  if (!(sum > 0)) return 0;
  float several = BASE_CLAMP(sum * sum / squares, 1.0f, 2.0f) - 1;
  float seen = r[MIEN_VOICE] + r[MIEN_FACE], both = 0;
  if (seen > 0)
    both = seen * seen / (r[MIEN_VOICE] * r[MIEN_VOICE] + r[MIEN_FACE] * r[MIEN_FACE]) - 1;
  both = BASE_MIN(both, 1.0f) * seen / sum;
  float share = several > 0 ? BASE_MIN(both / several, 1.0f) : 0; /* of what several say, theirs */
  float leak = FUSE_LEAK * several, top = -INFINITY, total = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    core[k] = both * bias[k];
    for (int m = 0; m < PARTS; m++) {
      if (!(r[m] > 0)) continue;
      float q = (1 - leak) * parts[m]->core[k] + leak / MIEN_CORE;
      float own = usual[m] + share * (factors[m][k] - usual[m]);
      float factor = 1 + several * (own - 1);
      core[k] += r[m] / sum * factor * logf(BASE_MAX(q, 1e-9f));
    }
    top = BASE_MAX(top, core[k]);
  }
  for (int k = 0; k < MIEN_CORE; k++) total += core[k] = expf(core[k] - top);
  for (int k = 0; k < MIEN_CORE; k++) core[k] /= total;
  return several;
}

/* Inverse-variance weighting (Cochran 1954); an old or poor reading has a larger variance. */
static void pool_dims(const fuse_part *const parts[PARTS], const float r[PARTS],
                      fuse_result *result) {
  for (int d = 0; d < MIEN_DIMS; d++) {
    float precision = 0, sum = 0;
    for (int m = 0; m < PARTS; m++) {
      if (!(r[m] > 0)) continue;
      float place[MIEN_DIMS], value = parts[m]->dims[d], error = errors[m][d];
      if (!isfinite(value)) {
        if (parts[m]->dims_only) continue;
        fuse_place(parts[m]->core, place);
        value = place[d];
        error *= ERROR_OF_CORE;
      }
      float p = r[m] / weights[m] / (error * error);
      precision += p;
      sum += p * value;
    }
    result->dims[d] = precision > 0 ? BASE_CLAMP(sum / precision, -1.0f, 1.0f) : 0;
    result->variance[d] = precision > 0 ? 1 / precision : 1;
  }
}

/* Words against manner. 0.5 where 95 of 100 congruent voices and faces lie nearer together; nothing
 * where one of the two is unsure of itself (its largest share 0.3 and less; from 0.6 on, all). */
static float masking_of(const fuse_part *const parts[PARTS], const float r[PARTS],
                        float manner[MIEN_CORE]) {
  float without_text[PARTS];
  memcpy(without_text, r, sizeof without_text);
  without_text[MIEN_TEXT] = 0;
  if (!(r[MIEN_TEXT] > 0) || !(r[MIEN_VOICE] + r[MIEN_FACE] + r[MIEN_BODY] > 0)) return NAN;
  pool_core(parts, without_text, manner);
  float apart = fuse_divergence(parts[MIEN_TEXT]->core, manner);
  float surest = BASE_MIN(largest(parts[MIEN_TEXT]->core), largest(manner));
  float sure = BASE_CLAMP((surest - 0.3f) / 0.3f, 0.0f, 1.0f);
  return sure / (1 + expf(-(apart - FUSE_APART) / (FUSE_FAR - FUSE_APART)));
}

/* Positive words, said flatly or negatively, marks sarcasm (Rockwell 2000; Castro et al. 2019), where
 * that is further apart than congruent channels are (`masking`). A flat manner counts half: people say
 * kind words calmly as well. Chosen: that half, and SARCASM_MOST. */
static float incongruity_of(const float text[MIEN_CORE], const float manner[MIEN_CORE], float masking) {
  float negative = manner[MIEN_SADNESS] + manner[MIEN_ANGER] + manner[MIEN_FEAR] + manner[MIEN_DISGUST];
  return masking * text[MIEN_JOY] * BASE_MIN(negative + 0.5f * manner[MIEN_NEUTRAL], 1.0f);
}

#define SARCASM_MOST 0.7f /* of what is left, that a full incongruity adds */

float fuse_sarcasm(float words, float incongruity) {
  if (!isfinite(incongruity)) return words;
  float known = isfinite(words) ? BASE_CLAMP(words, 0.0f, 1.0f) : 0;
  return 1 - (1 - known) * (1 - SARCASM_MOST * BASE_CLAMP(incongruity, 0.0f, 1.0f));
}

int fuse_pool(const fuse_part *parts, size_t count, fuse_result *result) {
  const fuse_part *last[PARTS] = {NULL};
  float r[PARTS] = {0};
  memset(result, 0, sizeof *result);
  for (size_t i = 0; i < count; i++) {
    if (parts[i].modality < 0 || parts[i].modality >= PARTS) continue;
    last[parts[i].modality] = &parts[i];
    r[parts[i].modality] = reliability_of(&parts[i]);
  }
  result->abstains = true;
  float all = 0, named[PARTS]; /* r of those that name labels */
  for (int m = 0; m < PARTS; m++) {
    all += r[m];
    named[m] = last[m] && last[m]->dims_only ? 0 : r[m];
    result->reliability += named[m];
    if (named[m] > 0 && !last[m]->abstains) result->abstains = false;
  }
  if (!(all > 0)) return MIEN_EEMPTY;
  for (int m = 0; m < PARTS; m++) result->from[m] = r[m] / all;
  result->several = pool_core(last, named, result->core);
  pool_dims(last, r, result);
  float manner[MIEN_CORE];
  result->masking = masking_of(last, named, manner);
  result->incongruity =
      isfinite(result->masking) ? incongruity_of(last[MIEN_TEXT]->core, manner, result->masking) : NAN;
  return MIEN_OK;
}

void fuse_calibrate(mien_reading *reading, const fuse_result *result) {
  int size = 0, top = 0;
  reading->set = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    if (reading->core[k] > reading->core[top]) top = k;
    if (reading->core[k] >= 1 - FUSE_QUANTILE) reading->set |= 1u << k;
  }
  reading->set |= 1u << top;
  for (int k = 0; k < MIEN_CORE; k++) size += reading->set >> k & 1;
  float most = 1 - result->several * (1 - FUSE_SUREST);
  reading->confidence = BASE_MIN(reading->core[top], most);
  reading->abstain = result->abstains ? "no modality is sure"
                     : size > 4       ? "no label stands out"
                                      : NULL;
}
