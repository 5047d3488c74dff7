/* image.h: pictures to grey planes, and upright patches out of them.
 *
 * What it is: conversion to grey, exact area scaling, and sampling along a similarity (turn, scale,
 * shift). What it is not: it decodes nothing and looks for nothing.
 * Threads: plain functions over the caller's memory. */
#ifndef FACE_IMAGE_H
#define FACE_IMAGE_H

#include "base/base.h"

/* A grey plane, rows one after another without gaps. */
typedef struct face_plane {
  int width, height;
  const uint8_t *pixels;
} face_plane;

/* MIEN_EINVAL where a picture is outside of mien.h's limits: 1…16384 pixels each way, grey or RGB,
 * a stride that holds a row. */
int face_picture_check(const mien_picture *picture);

/* The size of a picture brought down, never up, to `longest` pixels on its longer side. */
void face_fit(int width, int height, int longest, int *fit_width, int *fit_height);

/* Grey by ITU-R BT.601 luma, scaled to width x height: every pixel is the mean of the area that it
 * covers. `row` is scratch of picture->width + width floats. Sizes that fall short of one source
 * pixel repeat it. */
void face_scale_grey(const mien_picture *picture, int width, int height, uint8_t *grey, float *row);
void face_scale_picture_floats(const mien_picture *picture, int width, int height, float *grey,
                               float *row);
void face_scale_floats(const face_plane *plane, int width, int height, float *grey, float *row);

/* A square seen in a plane: pixel (x, y) of the patch, -1…1 each way from its middle, lies at
 * centre + side/2 * (turn by `angle`) * (x, y). Angles run from the x towards the y axis. */
typedef struct face_crop {
  float x, y;  /* centre, pixels      */
  float side;  /* pixels              */
  float angle; /* radians             */
} face_crop;

/* patch[size][size], 0…255: bilinear, averaged over as many samples a pixel as the scale asks for
 * (at most 8 each way). Outside the plane it is 128, or the plane's edge goes on. */
enum { FACE_GREY, FACE_EDGE };
void face_sample(const face_plane *plane, const face_crop *crop, int outside, int size,
                 float *patch);

/* What the light is like in a patch: mean (0…255), standard deviation (0…255), and sharpness: the
 * root mean square of its Laplacian over the standard deviation (higher is sharper). */
typedef struct face_light {
  float mean, deviation, sharpness;
} face_light;
void face_light_measure(const float *patch, int size, face_light *light);
float face_light_quality(const face_light *light);         /* 0…1: 1 as in FER+'s pictures     */
const char *face_light_complaint(const face_light *light); /* why it cannot be read; NULL: it can */

#endif
