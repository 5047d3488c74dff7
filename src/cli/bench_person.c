/* bench_person.c: a person who talks, nods and moves a hand before a wall: drawn, so that a face is found and
 * followed, and nobody's picture is needed. */
#include "cli/bench.h"

static void blend(uint8_t *grey, double cx, double cy, double rx, double ry, double bend, int light, double strength) {
  for (int y = (int)BASE_MAX(cy - 1.3 * ry - rx * fabs(bend), 0); y < BASE_MIN(cy + 1.3 * ry + rx * fabs(bend), BENCH_HIGH); y++)
    for (int x = (int)BASE_MAX(cx - 1.3 * rx, 0); x < BASE_MIN(cx + 1.3 * rx, BENCH_WIDE); x++) {
      double u = (x - cx) / rx, v = (y - cy + bend * rx * u * u) / ry, far = 8 * (1 - hypot(u, v));
      uint8_t *p = &grey[y * BENCH_WIDE + x];
      *p = (uint8_t)(*p + (light - *p) * strength / (1 + exp(-far)) + 0.5);
    }
}

void bench_person(uint8_t *grey, double at) {
  double turn = 6.2831853 * at, x = 320 + 6 * sin(turn), y = 190 + 5 * cos(turn), s = 85;
  for (int j = 0; j < BENCH_HIGH; j++)
    for (int i = 0; i < BENCH_WIDE; i++)
      grey[j * BENCH_WIDE + i] = (uint8_t)(90 + 30 * j / BENCH_HIGH + 10 * sin(i * .11) * cos(j * .13) + (i * 7919 + j * 104729 + (int)(at * 997)) % 5);
  blend(grey, 320, 190 + 1.9 * s, 1.6 * s, .9 * s, 0, 60, 1);
  blend(grey, x, y + .95 * s, .42 * s, .55 * s, 0, 150, 1);
  blend(grey, x, y - .15 * s, .92 * s, 1.15 * s, 0, 45, 1);
  blend(grey, x, y + .08 * s, .74 * s, s, 0, 178, 1);
  for (int side = -1; side <= 1; side += 2) {
    blend(grey, x + side * .33 * s, y - .22 * s, .2 * s, .12 * s, 0, 120, .45);
    blend(grey, x + side * .33 * s, y - .2 * s, .15 * s, .07 * s, 0, 225, .8);
    blend(grey, x + side * .33 * s, y - .2 * s, .065 * s, .07 * s, 0, 35, 1);
    blend(grey, x + side * .33 * s, y - .42 * s, .22 * s, .05 * s, 0, 60, .85);
    blend(grey, x + side * .12 * s, y + .26 * s, .06 * s, .04 * s, 0, 100, .6);
  }
  blend(grey, x, y + .2 * s, .12 * s, .1 * s, 0, 205, .3);
  blend(grey, x, y + .54 * s, .3 * s, (.07 + .05 * sin(3 * turn)) * s, .1, 80, .85);
  blend(grey, 320 + 60 * sin(turn), 400, .4 * s, .4 * s, 0, 170, 1);
}
