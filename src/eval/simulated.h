/* simulated.h: simulated players, learners, viewers and customers, for policies of adapt/.
 *
 * Each has hidden parts that its seed draws and that no decision changes, so that the expected reward of every option
 * at every moment is known, and with it the regret. What the policy sees are noisy values, as readings would give
 * them. The worlds are chosen, after what is said of flow (Csikszentmihalyi 1990), of confusion and boredom in learning
 * (D'Mello & Graesser 2012), of mood and choice (Knobloch & Zillmann 2002); none is fitted to people, and none has the
 * form of the reward model.
 *
 * Owns nothing. Threads: any, one a run. */
#ifndef EVAL_SIMULATED_H
#define EVAL_SIMULATED_H

#include "adapt/adapt.h"

enum { SIMULATED_VALUES = 8 };

typedef struct simulated_world {
  adapt_random random;
  int at;                       /* decisions so far */
  double skill, growth, width, form;             /* game */
  int condition;                                 /* learning, message */
  double effect[5][5];                           /* learning, message: reward by condition and option */
  double mood[2], usual[2], taste[3], wish;      /* content */
  double shown[SIMULATED_VALUES];                /* the values of the policy, in its order */
  double expected[MIEN_ADAPT_OPTIONS];           /* reward of each option now, 0…1 */
} simulated_world;

typedef struct simulated_run {
  double chosen, best, fixed, baseline; /* sums of expected rewards: of what was chosen, of the best option each time,
                                           of the best fixed option, of the baseline in the same situations */
  double worst;                         /* least of chosen - (1 - harm) baseline, at any time */
  size_t explored;
  int broken;                           /* choices that a bound forbids */
} simulated_run;

/* Plays the ready-made policy `name` (or `description`, where not NULL) against its world for `decisions`. `outcomes`
 * tells what is reported: 0 what came of it, 1 its opposite from half-time on, 2 nothing. */
int simulated_play(const char *name, const char *description, uint64_t seed, int decisions, int outcomes, mien_adapt_write_fn write, void *context,
                   simulated_run *run, mien_adapt **kept, mien_error *error);

#endif
