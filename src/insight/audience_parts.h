/* audience_parts.h: what audience.c, moments.c and audience_figures.c share. */
#ifndef INSIGHT_AUDIENCE_PARTS_H
#define INSIGHT_AUDIENCE_PARTS_H

#include "insight/audience.h"
#include "insight/table.h"

enum { SIGNALS = 2 /* valence, arousal */, CLUSTERS = 200 };

typedef struct viewer {
  int version;
  float *values[SIGNALS]; /* means of each bin */
  uint16_t *seen;         /* states in it */
  size_t bins, room;
} viewer;

struct audience {
  double every;
  insight_table names;    /* "0NAME" */
  viewer *viewers;
  size_t count, cells;
};

typedef struct matrix {
  float *values;          /* viewers × bins; NAN: nothing */
  size_t viewers, bins;
} matrix;
int audience_matrix(const audience *a, int signal, bool centred, matrix *m); /* free m->values */

typedef struct moment {
  size_t first, last, peak; /* bins */
  double mass;              /* sum of t; its sign is the direction */
  double mean, low, high;   /* of the viewers' means in it; 95 % */
  size_t viewers;
  double p, q;
  int signal;
} moment;

/* Clusters of the curves' mean (other NULL) or of the difference of the viewers with group 0 from those with 1. `group`:
 * of each viewer, -1 left out. At most `room`, with p of `permutations` random signs or deals. 0, or MIEN_ENOMEM. */
int moments_find(const matrix *m, const int8_t *group, bool two, int permutations, uint64_t seed, moment *moments, size_t room, size_t *count);
double moments_t(double df); /* the two-sided 5 % point of Student's t */

#endif
