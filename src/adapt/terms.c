/* terms.c: what the expected reward of an option in a situation is linear in. In this order, x being the values:
 *
 *   1, x                       the same for every option: how good things are anyway
 *   step (1, x), step^2, level, level^2     where options have levels; step: from the last, in largest steps
 *   feature (1, x)             for each feature of the options; the numbers of an embedding by themselves: taste
 *   match, lift                where options have moods: adapt_match; how much more pleasant than the person
 *   1 for each option          and x, where options have neither levels, features nor moods
 *   advice                     1 for the option that the baseline would take: what its makers know counts for something
 *
 * Any thread. */
#include "adapt/adapt.h"

enum { LEVEL_TERMS = 3, MOOD_TERMS = 2 };
/* 1 sigma of the weights, in reward for a full swing of the term. Chosen: a full swing of one value seldom moves a
 * reward by more than twice that. */
#define PRIOR 0.35
#define PRIOR_MATCH 0.5 /* the options' place is why they are offered */
#define MATCH 0.3        /* and its mean */
#define ADVICE 0.1
#define PRIOR_ADVICE 0.15
#define PRIOR_OWN 0.15  /* what is left of an option that is told of otherwise */

static size_t cross(const adapt_plan *plan) { return 1 + plan->value_count; }

static size_t own_at(const adapt_plan *plan) {
  return cross(plan) * (1 + plan->levels + plan->crossed) + plan->feature_count - plan->crossed + (plan->levels ? LEVEL_TERMS : 0) + (plan->moods ? MOOD_TERMS : 0);
}

size_t adapt_terms_count(const adapt_plan *plan) {
  return own_at(plan) + plan->option_count * (plan->own == ADAPT_OWN_ALL ? cross(plan) : 1) + 1;
}

void adapt_scale(const adapt_plan *plan, const double *given, double *x) {
  for (size_t i = 0; i < plan->value_count; i++) {
    const adapt_value *value = &plan->values[i];
    double v = BASE_CLAMP(given[i], value->low, value->high);
    if (!isfinite(given[i])) x[i] = 0;
    else if (value->low == 0) x[i] = v / value->high;
    else x[i] = (2 * v - value->low - value->high) / (value->high - value->low);
  }
}

static double *put_cross(const adapt_plan *plan, const double *x, double by, double *to) {
  *to++ = by;
  for (size_t i = 0; i < plan->value_count; i++) *to++ = by * x[i];
  return to;
}

/* The match of an option's mood m with the person's place p, in valence and arousal: 1 / (1 + |m - target|^2), where the
 * target is p itself (congruent), or for the share `lifting` p moved half the way to a pleasant mood (0.8, 0.3).
 * Mood-congruent choice and mood repair: Knobloch & Zillmann (2002), Saarikallio & Erkkilä (2007); half: chosen. */
double adapt_match(const adapt_plan *plan, const double *x, int option) {
  static const double pleasant[2] = {0.8, 0.3};
  double lifting = plan->lifting < 0 ? 0 : x[plan->lifting], away = 0;
  const double person[2] = {plan->valence < 0 ? 0 : x[plan->valence], plan->arousal < 0 ? 0 : x[plan->arousal]};
  for (int d = 0; d < 2 && plan->moods; d++) {
    double target = person[d] + lifting * 0.5 * (pleasant[d] - person[d]);
    away += (plan->options[option].mood[d] - target) * (plan->options[option].mood[d] - target);
  }
  return plan->moods ? 1 / (1 + away) : 0;
}

void adapt_terms(const adapt_plan *plan, const double *x, int last, int baseline, int option, double *terms) {
  const adapt_option *o = &plan->options[option];
  double *to = put_cross(plan, x, 1, terms);
  if (plan->levels) {
    double span = BASE_MAX(plan->high - plan->low, 1e-9), most = BASE_MIN(plan->most, span);
    double step = (o->level - plan->options[last].level) / most, level = 2 * (o->level - plan->low) / span - 1;
    to = put_cross(plan, x, step, to);
    *to++ = step * step, *to++ = level, *to++ = level * level;
  }
  for (size_t f = 0; f < plan->crossed; f++) to = put_cross(plan, x, o->features[f], to);
  for (size_t f = plan->crossed; f < plan->feature_count; f++) *to++ = o->features[f];
  if (plan->moods) *to++ = adapt_match(plan, x, option), *to++ = o->mood[0] - (plan->valence < 0 ? 0 : x[plan->valence]);
  size_t each = plan->own == ADAPT_OWN_ALL ? cross(plan) : 1;
  memset(to, 0, plan->option_count * each * sizeof *to);
  terms[plan->terms - 1] = option == baseline;
  to += (size_t)option * each;
  *to++ = 1;
  if (each > 1) memcpy(to, x, plan->value_count * sizeof *to);
}

/* What a term is: its place within its block of `cross`, or the option alone. */
int adapt_term_value(const adapt_plan *plan, size_t term) {
  size_t c = cross(plan), own = own_at(plan);
  if (term < c) return -2;
  if (term == plan->terms - 1) return -1;
  if (term >= own) return plan->own == ADAPT_OWN_ALL ? (int)((term - own) % c) - 1 : -1;
  term -= c;
  if (plan->levels) {
    if (term < c) return (int)term - 1;
    if (term < c + LEVEL_TERMS) return -1;
    term -= c + LEVEL_TERMS;
  }
  if (term < c * plan->crossed) return (int)(term % c) - 1;
  return term < c * plan->crossed + plan->feature_count - plan->crossed ? -1 : plan->valence;
}

double adapt_term_mean(const adapt_plan *plan, size_t term) {
  if (term == plan->terms - 1) return ADVICE;
  return plan->moods && term == own_at(plan) - MOOD_TERMS ? MATCH : 0;
}

double adapt_term_prior(const adapt_plan *plan, size_t term) {
  size_t own = own_at(plan);
  if (term == plan->terms - 1) return PRIOR_ADVICE;
  if (term >= own) return plan->own == ADAPT_OWN_ALL ? PRIOR : PRIOR_OWN;
  return plan->moods && term >= own - MOOD_TERMS ? PRIOR_MATCH : PRIOR;
}
