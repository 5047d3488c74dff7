/* scene.h: drawn people who move as they are told, for the tests of body/: a textured wall, a head
 * with eyes and a mouth, a body in a patterned shirt, and a hand; all of smooth functions, so that
 * moving by a part of a pixel draws what a camera would see. */
#ifndef SCENE_H
#define SCENE_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "body/body.h"

typedef struct scene_person {
  double x, y;             /* middle of the head, pixels                                */
  double size;             /* half the height of its box, pixels                        */
  double pitch, yaw, roll; /* degrees; the face moves along as a head on a neck does    */
  double mouth;            /* 0 closed … 1 open                                         */
  double hand_x, hand_y;   /* in sizes from the middle of the head; hand_r 0: no hand   */
  double hand_r;           /* in sizes */
  double sway;             /* pixels, of the body */
} scene_person;

typedef struct scene {
  int width, height;
  scene_person people[2];
  int count;
  double camera_x, camera_y; /* pixels that everything is shifted by   */
  double noise;              /* grey levels, 1 sigma                   */
  double angles;             /* degrees, 1 sigma, of the heads' angles */
  double light;              /* factor; 0: 1                           */
  unsigned seed, wall;       /* wall: another one is another place     */
} scene;

static inline double scene_random(unsigned *seed) { /* about normal, sd 1 */
  *seed = *seed * 1664525u + 1013904223u;
  unsigned a = *seed ^ *seed >> 15;
  return ((int)((a & 255) + (a >> 8 & 255) + (a >> 16 & 255) + (a >> 24)) - 510) / 147.8;
}

static inline double scene_hash(int x, int y, unsigned salt) {
  unsigned h = (unsigned)x * 73856093u ^ (unsigned)y * 19349663u ^ salt * 83492791u;
  h ^= h >> 13, h *= 0x5bd1e995u, h ^= h >> 15;
  return (h & 0xffff) / 65535. - .5;
}

/* Smooth noise, -0.5…0.5, with cells of one unit. */
static inline double scene_texture(double x, double y, unsigned salt) {
  int i = (int)floor(x), j = (int)floor(y);
  double u = x - i, v = y - j;
  u = u * u * (3 - 2 * u), v = v * v * (3 - 2 * v);
  double a = scene_hash(i, j, salt), b = scene_hash(i + 1, j, salt);
  double c = scene_hash(i, j + 1, salt), d = scene_hash(i + 1, j + 1, salt);
  return a + u * (b - a) + v * (c - a) + u * v * (a - b - c + d);
}

/* 1 inside an ellipse around 0, 0 outside, a soft edge between. */
static inline double scene_ellipse(double x, double y, double rx, double ry, double edge) {
  x /= rx, y /= ry;
  double far = x * x + y * y;
  if (far > 4 || far < .04) return far < 1;
  far = (1 - sqrt(far)) * edge;
  return far > 4 ? 1 : far < -4 ? 0 : .5 + far * (48 - far * far) / 256; /* smooth, 0…1 */
}

static inline void scene_over(double *grey, double part, double value) {
  *grey += part * (value - *grey);
}

/* Where the face is, once the head has turned about its neck. */
static inline void scene_face(const scene_person *p, double *x, double *y) {
  *x = p->x + .8 * p->size * sin(p->yaw * .0174533);
  *y = p->y - .8 * p->size * sin(p->pitch * .0174533);
}

static inline void scene_draw_person(const scene_person *p, unsigned salt, double x, double y,
                                     double *grey) {
  double face_x, face_y, hand = 0, arm = 0;
  scene_face(p, &face_x, &face_y);
  double u = (x - p->x - p->sway) / p->size, v = (y - p->y) / p->size;
  double body = scene_ellipse(u, v - 3.6, 2.1, 2.4, 20);
  if (body > 0) scene_over(grey, body, 90 + 90 * scene_texture(u * 5, v * 5, salt + 1));
  double turn = p->roll * .0174533, dx = (x - face_x) / p->size, dy = (y - face_y) / p->size;
  u = dx * cos(turn) + dy * sin(turn), v = -dx * sin(turn) + dy * cos(turn);
  scene_over(grey, scene_ellipse(u, v + .15, .95, 1.25, 14), 50);
  if (p->hand_r > 0) {
    double hx = (x - p->x) / p->size - p->hand_x, hy = (y - p->y) / p->size - p->hand_y;
    hand = scene_ellipse(hx, hy, p->hand_r, p->hand_r, 10);
    if (hand > 0) arm = 180 + 60 * scene_texture(hx * 6, hy * 6, salt + 3);
  }
  if (fabs(u) > 1.2 || fabs(v + .1) > 1.5) { /* beside the head */
    scene_over(grey, hand, arm);
    return;
  }
  double skin = 175 + 40 * scene_texture(u * 4, v * 4, salt + 2);
  scene_over(grey, scene_ellipse(u, v, .8, 1.02, 14), skin);
  for (int side = -1; side <= 1; side += 2) {
    scene_over(grey, scene_ellipse(u - side * .34, v + .25, .17, .1, 6), 40);
    scene_over(grey, scene_ellipse(u - side * .34, v + .48, .22, .05, 6), 70);
  }
  scene_over(grey, .5 * scene_ellipse(u, v - .1, .1, .25, 5), 130);
  scene_over(grey, scene_ellipse(u, v - .52, .3, .06 + .2 * p->mouth, 6), 80);
  scene_over(grey, hand, arm);
}

/* Fills grey[height][width]. */
static inline void scene_draw(scene *s, uint8_t *grey) {
  static double wall[640 * 480], is[4] = {-1}; /* as drawn last */
  double light = s->light > 0 ? s->light : 1, now[4] = {s->wall, s->width, s->camera_x, s->camera_y};
  if (memcmp(is, now, sizeof is))
    for (int i = 0; i < s->width * s->height; i++)
      wall[i] = 110 + 70 * scene_texture((i % s->width - s->camera_x) / 14, (i / s->width - s->camera_y) / 14, 7 + s->wall);
  memcpy(is, now, sizeof is);
  for (int y = 0; y < s->height; y++)
    for (int x = 0; x < s->width; x++) {
      double px = x - s->camera_x, py = y - s->camera_y;
      double value = wall[y * s->width + x];
      for (int k = 0; k < s->count; k++)
        scene_draw_person(&s->people[k], 100u * (unsigned)(k + 1), px, py, &value);
      value = value * light + (s->noise > 0 ? s->noise * scene_random(&s->seed) : 0);
      grey[y * s->width + x] = (uint8_t)BASE_CLAMP(value + .5, 0., 255.);
    }
}

/* The heads as a tracker would give them. */
static inline int scene_heads(scene *s, body_head heads[2]) {
  for (int k = 0; k < s->count; k++) {
    const scene_person *p = &s->people[k];
    double x, y, jitter = s->angles / 3 / 100 * p->size;
    scene_face(p, &x, &y);
    x += s->camera_x + jitter * scene_random(&s->seed);
    y += s->camera_y + jitter * scene_random(&s->seed);
    heads[k] = (body_head){k,
                           (float)(x - .8 * p->size), (float)(y - p->size),
                           (float)(x + .8 * p->size), (float)(y + p->size),
                           (float)(p->size * (1 + s->angles / 200 * scene_random(&s->seed))),
                           (float)(p->yaw + s->angles * scene_random(&s->seed)),
                           (float)(p->pitch + s->angles * scene_random(&s->seed)),
                           (float)(p->roll + s->angles * scene_random(&s->seed))};
  }
  return s->count;
}

#endif
