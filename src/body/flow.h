/* flow.h: how the small copy of a picture moved against an earlier one.
 *
 * Pictures are brought down to at most BODY_SIDE pixels by exact area means. Each block of 8 x 8 of
 * them is matched (sum of absolute differences; a full search over +-14 pixels at half size, then
 * +-1 around the best), and then moved by two steps of Lucas & Kanade 1981, which give the fraction
 * of a pixel, with the error of that.
 * What it is not: it knows of no heads but those it is told to leave out of the camera's motion.
 * Threads: plain functions over the caller's memory; nothing is allocated. */
#ifndef BODY_FLOW_H
#define BODY_FLOW_H

#include "body/body.h"

enum {
  BODY_SIDE = 160,                          /* pixels of the small copy's longer side */
  BODY_BLOCK = 8,                           /* pixels                                 */
  BODY_ACROSS = BODY_SIDE / BODY_BLOCK,     /* blocks, at most                        */
  BODY_BLOCKS = BODY_ACROSS * BODY_ACROSS,
};

typedef struct body_small {
  int width, height; /* multiples of 8 are compared; what is left at the edges is not */
  uint8_t pixels[BODY_SIDE * BODY_SIDE];             /* [height][width]               */
  uint8_t half[(BODY_SIDE / 2) * (BODY_SIDE / 2)];   /* [height / 2][width / 2]       */
} body_small;

/* Small pixels for one of the picture: at most 1. */
float body_small_make(const body_picture *picture, body_small *small);
/* Mean absolute difference, grey levels; both of one size. */
float body_small_difference(const body_small *a, const body_small *b);

typedef struct body_block {
  float x, y;    /* pixels of the small copy that it moved by                             */
  float sigma;   /* pixels: error of each, 1 sigma                                        */
  bool known;    /* it has texture, and what it shows was found in the picture before     */
  bool changed;  /* it is not what was there before, moved or not                         */
} body_block;

typedef struct body_flow {
  int across, down;            /* blocks */
  body_block blocks[BODY_BLOCKS]; /* [down][across] */
  float noise;                 /* mean absolute difference of what is still, grey levels  */
  float camera_x, camera_y;    /* what the background moved by                            */
  float unsure;                /* pixels: how far off a block's motion against it may be  */
} body_flow;

/* `flow->noise` is carried on from one pair of pictures to the next; below 0 at first. */
void body_flow_measure(body_flow *flow, const body_small *before, const body_small *now);
/* The motion that most blocks share which `inside` (of [down][across]) does not mark; of all of
 * them where those have too little texture; 0 where no motion is shared. */
void body_flow_camera(body_flow *flow, const uint8_t *inside);
/* The median of the known blocks where `marks` has `bit`, less the camera's; false: fewer than
 * `least` are known. */
bool body_flow_median(const body_flow *flow, const uint8_t *marks, uint8_t bit, int least, float *x,
                      float *y);
/* Squared pixels that a block moved by, less the camera's motion and (x, y); 0 for one that is not
 * known and for what is within its error. */
float body_flow_squares(const body_flow *flow, const body_block *block, float x, float y);

#endif
