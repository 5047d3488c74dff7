/* disturb.h: what a picture may suffer on its way, so that reports can say how models hold up.
 *
 * What it is not: training's augmentation. Threads: plain functions over the caller's memory. */
#ifndef EVAL_DISTURB_H
#define EVAL_DISTURB_H

#include "base/base.h"

typedef struct eval_disturbance {
  const char *name;
  float turn, scale, x, y; /* degrees, factor, pixels: where a pixel is taken from; scale 0: 1 */
  int blur;                /* passes of a 3x3 mean                                            */
  int mosaic;              /* pixels each way that become one; 0: none                        */
  float gamma;             /* 0: 1                                                            */
  float noise;             /* grey levels, 1 sigma                                            */
  float cover[4];          /* x0 y0 x1 y1 that are hidden by grey, shares of `box`            */
} eval_disturbance;

/* Grey levels from[height][width], 0…255, to to[height][width], rounded to whole levels; the edge of
 * the picture goes on outside. `box` (x0 y0 x1 y1, pixels of `to`) is where the face is; `work` holds
 * as many floats as the picture. */
void eval_disturb(const eval_disturbance *d, const float *from, int width, int height,
                  const float box[4], float *work, float *to);
/* Where the point (x, y) of `from` lies in `to`; pixels of width x height, corners at whole numbers. */
void eval_disturb_point(const eval_disturbance *d, int width, int height, float *x, float *y);

#endif
