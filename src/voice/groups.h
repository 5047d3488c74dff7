/* groups: points of voices (cells.h) that lie together; a group is a person, or a part of one. */
#ifndef VOICE_GROUPS_H
#define VOICE_GROUPS_H

#include "voice/model.h"

enum { VOICE_GROUPS = 48 /* at most */ };
#define VOICE_GROUP_NEW 0.35f /* similarity under which a point starts a group */

typedef struct voice_group {
  float center[VOICE_EMBEDDING], weight; /* of length 1; points that it is made of */
} voice_group;

float voice_similarity(const float *a, const float *b); /* of points of length 1: -1…1 */
/* The group nearest to a point, -1 without any, and how similar it is. */
int voice_group_nearest(const voice_group *groups, int count, const float *point, float *similarity);
void voice_group_add(voice_group *group, const float *point, float weight);
/* The two groups that are nearest, of two or more: a small one counts as nearer than it is, for its centre is
 * less sure. */
float voice_groups_nearest(const voice_group *groups, int count, int *a, int *b);

#endif
