/* baseline.h: what is usual for this person, cue by cue.
 *
 * Each kind of cue is taken as normal around a mean of the person's own (pitch in semitones, jitter
 * and shimmer in logarithms, which is how they spread). A conjugate prior of the
 * population (Gelman et al. 2013, ch. 3) stands in until the person has been heard: the mean is
 * worth (within / between)^2 observations and the spread FOLLOW_SPREAD of them, so that the first
 * words of a low voice are not "low", and the twentieth are judged by the person alone. What is more
 * than 3 sd off counts as 3 sd (Huber 1964), what was said with feeling counts less, and the last
 * FOLLOW_MEMORY observations' worth is kept, so that the usual may drift. A cue that this room has no
 * population for but that comes with a z of its own (face/ knows the faces it was made from) brings
 * its population with it; any other has no z before its fifth observation.
 *
 * Owns nothing; the caller's memory. Threads: one at a time. */
#ifndef FOLLOW_BASELINE_H
#define FOLLOW_BASELINE_H

#include "base/base.h"

enum { FOLLOW_TRAITS = 40 };  /* kinds of cue of one person; further ones get no z */
#define FOLLOW_SPREAD 4.0f
#define FOLLOW_MEMORY 120.0f

typedef struct follow_trait {
  char kind[24];
  float mean, squares; /* on the cue's scale; weighted, squares about the mean */
  float weight;        /* observations' worth */
  float prior_mean, within, between; /* of the population; within 0: not known */
} follow_trait;

typedef struct follow_baseline {
  follow_trait traits[FOLLOW_TRAITS];
  size_t count;
} follow_baseline;

/* Standard deviations that cue->value lies above this person's usual; NAN while that is not known.
 * cue->z: against a population, or NAN. */
float follow_baseline_z(const follow_baseline *baseline, const mien_cue *cue);

/* Whether the person has been observed enough (two observations' worth) for that to be their usual,
 * rather than people's. */
bool follow_baseline_knows(const follow_baseline *baseline, const mien_cue *cue);

/* `weight` 0…1: how much an observation counts. Values that are not finite are left out. */
void follow_baseline_learn(follow_baseline *baseline, const mien_cue *cue, float weight);

#endif
