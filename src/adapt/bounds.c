/* bounds.c: which options may be taken at all, and which one the baseline takes. Any thread. */
#include "adapt/adapt.h"

/* What is not known holds no condition. */
static bool holds(const adapt_rule *rule, const double *given) {
  for (size_t i = 0; i < rule->count; i++) {
    double value = given[rule->when[i].at], limit = rule->when[i].limit;
    if (!isfinite(value) || (rule->when[i].above ? !(value > limit) : !(value < limit))) return false;
  }
  return true;
}

uint64_t adapt_allowed(const adapt_plan *plan, const double *given, int last) {
  uint64_t allowed = 0;
  for (size_t o = 0; o < plan->option_count; o++) {
    double step = plan->levels ? fabs(plan->options[o].level - plan->options[last].level) : 0;
    if (step == 0 || (step >= plan->least && step <= plan->most)) allowed |= (uint64_t)1 << o;
  }
  uint64_t forbidden = 0, all = plan->option_count == 64 ? UINT64_MAX : ((uint64_t)1 << plan->option_count) - 1;
  for (size_t r = 0; r < plan->forbid_count; r++)
    if (holds(&plan->forbid[r], given)) forbidden |= plan->forbid[r].options;
  /* What is forbidden goes before steps: where both leave nothing, the step gives way. */
  return allowed & ~forbidden ? allowed & ~forbidden : all & ~forbidden;
}

/* The allowed option nearest to `level`; without levels the first. */
static int nearest(const adapt_plan *plan, double level, uint64_t allowed) {
  int best = -1;
  double best_away = 0;
  for (size_t o = 0; o < plan->option_count; o++) {
    if (!(allowed >> o & 1)) continue;
    double away = plan->levels ? fabs(plan->options[o].level - level) : 0;
    if (best < 0 || away < best_away) best = (int)o, best_away = away;
  }
  return best;
}

static int best_match(const adapt_plan *plan, const double *given, uint64_t allowed) {
  double x[MIEN_ADAPT_VALUES];
  int best = -1;
  adapt_scale(plan, given, x);
  for (size_t o = 0; o < plan->option_count; o++)
    if (allowed >> o & 1 && (best < 0 || adapt_match(plan, x, (int)o) > adapt_match(plan, x, best))) best = (int)o;
  return best;
}

int adapt_baseline(const adapt_plan *plan, const double *given, int last, uint64_t allowed) {
  int option = plan->otherwise;
  double level = plan->options[last].level;
  for (size_t r = 0; r < plan->rule_count; r++) {
    if (!holds(&plan->rules[r], given)) continue;
    option = plan->rules[r].option;
    if (option == ADAPT_STEP) level += plan->rules[r].step;
    break;
  }
  if (option == ADAPT_STEP) return nearest(plan, BASE_CLAMP(level, plan->low, plan->high), allowed);
  if (option == ADAPT_MOOD) return best_match(plan, given, allowed);
  if (option == ADAPT_KEEP) option = last;
  return allowed >> option & 1 ? option : nearest(plan, plan->options[option].level, allowed);
}
