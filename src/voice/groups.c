/* groups.c: the arithmetic of groups. */
#include "voice/groups.h"

float voice_similarity(const float *a, const float *b) {
  float sum = 0.0f;
  for (int i = 0; i < VOICE_EMBEDDING; i++) sum += a[i] * b[i];
  return sum;
}

int voice_group_nearest(const voice_group *groups, int count, const float *point, float *similarity) {
  int best = -1;
  *similarity = -2.0f;
  for (int g = 0; g < count; g++) {
    float near = voice_similarity(groups[g].center, point);
    if (near > *similarity) *similarity = near, best = g;
  }
  return best;
}

void voice_group_add(voice_group *g, const float *point, float weight) {
  float square = 1e-12f;
  for (int i = 0; i < VOICE_EMBEDDING; i++) {
    g->center[i] = (g->center[i] * g->weight + point[i] * weight) / (g->weight + weight);
    square += g->center[i] * g->center[i];
  }
  g->weight += weight;
  for (int i = 0; i < VOICE_EMBEDDING; i++) g->center[i] /= sqrtf(square);
}

float voice_groups_nearest(const voice_group *groups, int count, int *a, int *b) {
  float most = -2.0f;
  for (int i = 0; i < count; i++)
    for (int j = i + 1; j < count; j++) {
      float near = voice_similarity(groups[i].center, groups[j].center) +
                   0.3f / sqrtf(BASE_MIN(groups[i].weight, groups[j].weight));
      if (near > most) most = near, *a = i, *b = j;
    }
  return most;
}
