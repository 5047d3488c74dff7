/* pair.h: what goes on between the people of a talk, turn by turn: who moves whom, do they go together,
 * is unpleasantness answered by more of it or by less.
 *
 * A turn's place is its valence against this person's own mean so far. Of a and b, each time b answers a:
 *
 *   contagion    slope of b's place on a's, what b's own last place says taken out first (partial
 *                least squares of two; drawn to 0 by FOLLOW_PAIR_PRIOR turns' worth). Above 0: b goes where
 *                a was (Hatfield, Cacioppo & Rapson 1993; actor-partner models: Kenny, Kashy & Cook 2006).
 *   synchrony    correlation of the two places, both directions together
 *   escalation   share of a's unpleasant turns that b answers more unpleasantly than b was (negative
 *                reciprocity: Gottman, Markman & Notarius 1977; Gottman & Levenson 1992)
 *   deescalation share of them that b answers more pleasantly than b was
 *
 * Every figure has a 90 % interval (slope: its standard error; correlation: Fisher 1921; share: Wilson
 * 1927), and is NAN before FOLLOW_PAIR_LEAST answers.
 *
 * Owns nothing; fixed in size. Threads: one at a time. */
#ifndef FOLLOW_PAIR_H
#define FOLLOW_PAIR_H

#include "base/base.h"

enum { FOLLOW_GROUP = 8 /* people; further ones are not followed together */, FOLLOW_PAIR_LEAST = 4 };
#define FOLLOW_PAIR_PRIOR 4.0 /* turns of variance 0.05 */
#define FOLLOW_UNPLEASANT (-0.15) /* valence below which a turn is unpleasant */

typedef struct follow_group {
  struct {
    double mean, place; /* valence; of the last turn against the mean */
    double value;       /* of the last turn */
    size_t turns;
  } people[FOLLOW_GROUP];
  struct { /* [from][to]: sums over the answers of `to` to `from`; x from's place, z to's last, y to's */
    double n, x, z, y, xx, zz, yy, xz, xy, zy;
    size_t unpleasant, worse, better;
  } pairs[FOLLOW_GROUP][FOLLOW_GROUP];
  int last; /* who spoke last; -1 */
} follow_group;

typedef struct follow_figure { /* with its 90 % interval; NAN: too little */
  double value, low, high;
} follow_figure;

typedef struct follow_pair_figures {
  follow_figure contagion, synchrony, escalation, deescalation;
  size_t answers;
} follow_pair_figures;

void follow_group_init(follow_group *group);
/* A turn by `who` (others than 0…FOLLOW_GROUP - 1 are left out), its valence -1…1. */
void follow_group_turn(follow_group *group, int who, double valence);
/* What `from` does to `to`. */
follow_pair_figures follow_group_pair(const follow_group *group, int from, int to);

#endif
