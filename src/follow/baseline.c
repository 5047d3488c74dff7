/* baseline.c: see baseline.h. */
#include "follow/baseline.h"

/* Means and spreads of adult speakers and faces, in the units of the cues: `within` from one
 * utterance to the next of one person, `between` the means of people. Chosen from the usual ranges
 * of the literature (F0: Baken & Orlikoff 2000; jitter, shimmer, HNR: Teixeira et al. 2013; rate:
 * Goldman-Eisler 1968; blinks: Bentivoglio et al. 1997), not fitted. */
static const struct {
  const char *kind;
  float mean, within, between;
} population[] = {
#include "follow/population.h"
};

static const follow_trait *find(const follow_baseline *baseline, const char *kind) {
  for (size_t i = 0; i < baseline->count; i++)
    if (!strcmp(baseline->traits[i].kind, kind)) return &baseline->traits[i];
  return NULL;
}

static follow_trait prior_of(const char *kind) {
  follow_trait trait = {0};
  strncpy(trait.kind, kind, sizeof trait.kind - 1);
  for (size_t i = 0; i < BASE_COUNT(population); i++) {
    if (strcmp(population[i].kind, kind)) continue;
    trait.prior_mean = population[i].mean;
    trait.within = population[i].within;
    trait.between = population[i].between;
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

float follow_baseline_z(const follow_baseline *baseline, const char *kind, float value) {
  const follow_trait *known = find(baseline, kind);
  follow_trait fresh;
  if (!known) {
    fresh = prior_of(kind);
    known = &fresh;
  }
  float mean, variance;
  if (!isfinite(value) || !predict(known, &mean, &variance)) return NAN;
  return (value - mean) / sqrtf(variance);
}

void follow_baseline_learn(follow_baseline *baseline, const char *kind, float value, float weight) {
  if (!isfinite(value) || !(weight > 0)) return;
  follow_trait *trait = (follow_trait *)find(baseline, kind);
  if (!trait) {
    if (baseline->count == FOLLOW_TRAITS) return;
    trait = &baseline->traits[baseline->count++];
    *trait = prior_of(kind);
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
