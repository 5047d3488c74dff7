/* random.c: the draws of a decision, from the policy's seed and the decision's number alone. Any thread. */
#include "adapt/adapt.h"

static uint64_t next(adapt_random *random) {
  uint64_t z = random->state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

double adapt_uniform(adapt_random *random) { return (double)(next(random) >> 11) * 0x1p-53; }

double adapt_normal(adapt_random *random) {
  double u = 1 - adapt_uniform(random), v = adapt_uniform(random);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}
