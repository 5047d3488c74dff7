/* baseline.c: see baseline.h. */
#include "follow/baseline.h"

enum { LINEAR, SEMITONES /* above 55 Hz */, LOG };

/* On each cue's scale: mean, sd of one person's utterances, sd of people's means. */
static const struct {
  const char *kind;
  int scale;
  float mean, within, between;
} population[] = {
#include "follow/population.h"
};

/* A z that came with a cue is of people, not of one: how its variance splits. */
#define WITHIN_SHARE 0.6f
#define BETWEEN_SHARE 0.8f

static float scaled(const mien_cue *cue) {
  for (size_t i = 0; i < BASE_COUNT(population); i++) {
    if (strcmp(population[i].kind, cue->kind)) continue;
    if (population[i].scale == SEMITONES) return 12 * log2f(cue->value / 55.0f);
    if (population[i].scale == LOG) return logf(BASE_MAX(cue->value, 0.01f));
  }
  return cue->value;
}

static const follow_trait *find(const follow_baseline *baseline, const char *kind) {
  for (size_t i = 0; i < baseline->count; i++)
    if (!strcmp(baseline->traits[i].kind, kind)) return &baseline->traits[i];
  return NULL;
}

static follow_trait prior_of(const mien_cue *cue) {
  follow_trait trait = {0};
  memcpy(trait.kind, cue->kind, sizeof trait.kind);
  for (size_t i = 0; i < BASE_COUNT(population); i++) {
    if (strcmp(population[i].kind, cue->kind)) continue;
    trait.prior_mean = population[i].mean;
    trait.within = population[i].within;
    trait.between = population[i].between;
    return trait;
  }
  if (isfinite(cue->z) && fabsf(cue->z) > 0.05f && cue->value / cue->z > 0) { /* about 0 */
    trait.within = WITHIN_SHARE * cue->value / cue->z;
    trait.between = BETWEEN_SHARE * cue->value / cue->z;
  }
  return trait;
}

/* Mean, and variance of one more observation about it; false while nothing is known. */
static bool predict(const follow_trait *trait, float *mean, float *variance) {
  float n = trait->weight, within = trait->within * trait->within;
  if (!(within > 0)) { /* no population: the person alone, once there is enough */
    if (n < 5) return false;
    *mean = trait->mean;
    *variance = trait->squares / (n - 1) * (1 + 1 / n);
    return *variance > 1e-12f;
  }
  float own = (FOLLOW_SPREAD * within + trait->squares) / (FOLLOW_SPREAD + n);
  float worth = within / (trait->between * trait->between);
  *mean = (worth * trait->prior_mean + n * trait->mean) / (worth + n);
  *variance = own * (1 + 1 / (worth + n));
  return true;
}

float follow_baseline_z(const follow_baseline *baseline, const mien_cue *cue) {
  const follow_trait *known = find(baseline, cue->kind);
  follow_trait fresh;
  if (!known) {
    fresh = prior_of(cue);
    known = &fresh;
  }
  float mean, variance, value = scaled(cue);
  if (!isfinite(value)) return NAN;
  if (!predict(known, &mean, &variance)) return cue->z;
  return (value - mean) / sqrtf(variance);
}

bool follow_baseline_knows(const follow_baseline *baseline, const mien_cue *cue) {
  const follow_trait *known = find(baseline, cue->kind);
  return known && known->weight >= 2;
}

void follow_baseline_learn(follow_baseline *baseline, const mien_cue *cue, float weight) {
  float value = scaled(cue);
  if (!isfinite(value) || !(weight > 0)) return;
  follow_trait *trait = (follow_trait *)find(baseline, cue->kind);
  if (!trait) {
    if (baseline->count == FOLLOW_TRAITS) return;
    trait = &baseline->traits[baseline->count++];
    *trait = prior_of(cue);
  }
  float mean, variance;
  if (predict(trait, &mean, &variance)) {
    float far = 3 * sqrtf(variance);
    value = BASE_CLAMP(value, mean - far, mean + far);
  }
  weight = BASE_MIN(weight, 1.0f);
  /* West 1979: weighted mean and squares, one observation at a time. */
  float total = trait->weight + weight, step = value - trait->mean;
  trait->mean += step * weight / total;
  trait->squares += weight * step * (value - trait->mean);
  trait->weight = total;
  if (total > FOLLOW_MEMORY) {
    trait->squares *= FOLLOW_MEMORY / total;
    trait->weight = FOLLOW_MEMORY;
  }
}
