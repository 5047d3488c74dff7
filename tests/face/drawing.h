/* drawing.h: a drawn face for the tests: soft ellipses of grey, so that no photograph is needed. */
#ifndef DRAWING_H
#define DRAWING_H

#include <math.h>
#include <stdint.h>

typedef struct drawing {
  uint8_t *grey; /* [height][width] */
  int width, height;
} drawing;

typedef struct drawn_face {
  double x, y;   /* middle, pixels                      */
  double size;   /* half its height without hair, pixels */
  double smile;  /* 0 straight … 1                      */
  double open;   /* mouth: 0 … 1                        */
  double lids;   /* 0 open … 1 closed                   */
  double brows;  /* higher by this share of `size`      */
} drawn_face;

static inline void draw_ground(const drawing *d, double top, double bottom) {
  for (int y = 0; y < d->height; y++)
    for (int x = 0; x < d->width; x++)
      d->grey[y * d->width + x] = (uint8_t)(top + (bottom - top) * y / d->height);
}

/* An ellipse around (a, b) of the face's own axes, bent upwards at its ends by `bend`. */
static inline void draw_spot(const drawing *d, const drawn_face *f, double a, double b, double rx,
                             double ry, double bend, double edge, double strength, double grey) {
  for (int y = 0; y < d->height; y++)
    for (int x = 0; x < d->width; x++) {
      double u = (x - f->x) / f->size - a, v = (y - f->y) / f->size - b;
      v += bend * u * u / (rx * rx);
      double far = (1 - hypot(u / rx, v / ry)) * edge;
      if (far < -12) continue;
      uint8_t *p = &d->grey[y * d->width + x];
      *p = (uint8_t)(*p + (grey - *p) * strength / (1 + exp(-far)) + .5);
    }
}

static inline void draw_face(const drawing *d, const drawn_face *f) {
  draw_spot(d, f, 0, 1.9, 1.6, .9, 0, 8, 1, 60);     /* shoulders */
  draw_spot(d, f, 0, .95, .42, .55, 0, 8, 1, 150);   /* neck */
  draw_spot(d, f, 0, -.15, .92, 1.15, 0, 8, 1, 45);  /* hair */
  draw_spot(d, f, 0, .08, .74, 1, 0, 14, 1, 178);    /* skin */
  for (int s = -1; s <= 1; s += 2) {
    double lid = .07 * (1 - .9 * f->lids);
    draw_spot(d, f, s * .33, -.22, .2, .12, 0, 6, .45, 120);
    draw_spot(d, f, s * .33, -.2, .15, lid, 0, 6, .8, 225);
    draw_spot(d, f, s * .33, -.2, .065, lid, 0, 8, 1, 35);
    draw_spot(d, f, s * .33, -.42 - f->brows, .22, .05, 0, 5, .85, 60);
    draw_spot(d, f, s * .12, .26, .06, .04, 0, 5, .6, 100); /* nostrils */
  }
  draw_spot(d, f, .09, .08, .05, .3, 0, 4, .3, 130);
  draw_spot(d, f, 0, .2, .12, .1, 0, 4, .3, 205);
  double wide = .27 + .1 * f->smile - .05 * f->open, bend = .13 * f->smile;
  double lips = .52 + .08 * f->open + .4 * bend;
  draw_spot(d, f, 0, lips, wide, .085 + .2 * f->open, bend, 6, .8, 110);
  draw_spot(d, f, 0, lips, wide * .9, .02 + .19 * f->open, bend, 6, .85, 45);
}

#endif
