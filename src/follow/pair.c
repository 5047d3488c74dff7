/* pair.c: see pair.h. */
#include "follow/pair.h"

#define Z90 1.645
#define PLACE_VARIANCE 0.05
#define MARGIN 0.1 /* of valence: less is no change */

void follow_group_init(follow_group *group) { *group = (follow_group){.last = -1}; }

static void answer(follow_group *group, int from, int to, double place, double valence) {
  double x = group->people[from].place, z = group->people[to].place;
  bool unpleasant = group->people[from].value < FOLLOW_UNPLEASANT;
  group->pairs[from][to].n++;
  group->pairs[from][to].x += x;
  group->pairs[from][to].z += z;
  group->pairs[from][to].y += place;
  group->pairs[from][to].xx += x * x;
  group->pairs[from][to].zz += z * z;
  group->pairs[from][to].yy += place * place;
  group->pairs[from][to].xz += x * z;
  group->pairs[from][to].xy += x * place;
  group->pairs[from][to].zy += z * place;
  if (!unpleasant) return;
  group->pairs[from][to].unpleasant++;
  group->pairs[from][to].worse += valence < group->people[to].value - MARGIN;
  group->pairs[from][to].better += valence > group->people[to].value + MARGIN;
}

void follow_group_turn(follow_group *group, int who, double valence) {
  if (who < 0 || who >= FOLLOW_GROUP || !isfinite(valence)) {
    group->last = -1;
    return;
  }
  valence = BASE_CLAMP(valence, -1.0, 1.0);
  size_t turns = group->people[who].turns;
  double place = turns ? valence - group->people[who].mean : 0;
  if (group->last >= 0 && group->last != who && turns && group->people[group->last].turns > 1)
    answer(group, group->last, who, place, valence);
  group->people[who].turns++;
  group->people[who].mean += (valence - group->people[who].mean) / (double)group->people[who].turns;
  group->people[who].place = place;
  group->people[who].value = valence;
  group->last = who;
}

static follow_figure unknown(void) { return (follow_figure){(double)NAN, (double)NAN, (double)NAN}; }

static follow_figure share_of(size_t hits, size_t all) {
  if (all < FOLLOW_PAIR_LEAST) return unknown();
  double n = (double)all, p = (double)hits / n, q = Z90 * Z90;
  double middle = (p + q / 2 / n) / (1 + q / n), half = Z90 * sqrt(p * (1 - p) / n + q / 4 / n / n) / (1 + q / n);
  return (follow_figure){p, BASE_MAX(middle - half, 0), BASE_MIN(middle + half, 1)};
}

static follow_figure contagion_of(const follow_group *g, int from, int to) {
  double n = g->pairs[from][to].n;
  if (n < FOLLOW_PAIR_LEAST) return unknown();
  double prior = FOLLOW_PAIR_PRIOR * PLACE_VARIANCE;
  double x = g->pairs[from][to].x / n, z = g->pairs[from][to].z / n, y = g->pairs[from][to].y / n;
  double xx = g->pairs[from][to].xx - n * x * x + prior, zz = g->pairs[from][to].zz - n * z * z + prior;
  double xz = g->pairs[from][to].xz - n * x * z, xy = g->pairs[from][to].xy - n * x * y;
  double zy = g->pairs[from][to].zy - n * z * y, yy = g->pairs[from][to].yy - n * y * y;
  double determinant = xx * zz - xz * xz;
  double slope = (xy * zz - zy * xz) / determinant, own = (zy * xx - xy * xz) / determinant;
  double left = BASE_MAX(yy - slope * xy - own * zy, 0) + PLACE_VARIANCE; /* one turn's worth of doubt */
  double error = sqrt(left / BASE_MAX(n - 2, 1) * zz / determinant);
  return (follow_figure){slope, slope - Z90 * error, slope + Z90 * error};
}

static follow_figure synchrony_of(const follow_group *g, int a, int b) {
  double sums[6] = {0};
  for (int way = 0; way < 2; way++) {
    int from = way ? b : a, to = way ? a : b;
    sums[0] += g->pairs[from][to].n;
    sums[1] += g->pairs[from][to].x;
    sums[2] += g->pairs[from][to].y;
    sums[3] += g->pairs[from][to].xx;
    sums[4] += g->pairs[from][to].yy;
    sums[5] += g->pairs[from][to].xy;
  }
  double n = sums[0];
  if (n < FOLLOW_PAIR_LEAST + 1) return unknown();
  double xx = sums[3] - sums[1] * sums[1] / n, yy = sums[4] - sums[2] * sums[2] / n;
  if (!(xx > 1e-9 && yy > 1e-9)) return unknown();
  double r = BASE_CLAMP((sums[5] - sums[1] * sums[2] / n) / sqrt(xx * yy), -0.999, 0.999);
  double middle = atanh(r), half = Z90 / sqrt(n - 3);
  return (follow_figure){r, tanh(middle - half), tanh(middle + half)};
}

follow_pair_figures follow_group_pair(const follow_group *g, int from, int to) {
  if (from < 0 || to < 0 || from >= FOLLOW_GROUP || to >= FOLLOW_GROUP || from == to)
    return (follow_pair_figures){unknown(), unknown(), unknown(), unknown(), 0};
  size_t unpleasant = g->pairs[from][to].unpleasant;
  return (follow_pair_figures){contagion_of(g, from, to), synchrony_of(g, from, to),
                               share_of(g->pairs[from][to].worse, unpleasant),
                               share_of(g->pairs[from][to].better, unpleasant), (size_t)g->pairs[from][to].n};
}
