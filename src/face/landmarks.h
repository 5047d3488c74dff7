/* landmarks.h: 68 points of a face, and how much a crop looks like a face at all.
 *
 * Two small convolutional networks over 64x64 grey crops, regressing all points at once. The coarse
 * one takes the square around a detector's box (face_box_crop), whatever way up the face is; the fine
 * one the upright square that points ask for (face_points_crop): those of the coarse one, or those of
 * the picture before. train/face_landmarks.py makes both.
 * What it is not: it finds no faces and keeps nothing between calls.
 *
 * Threads: face_landmarks is read-only and shared; each thread has its own scratch. */
#ifndef FACE_LANDMARKS_H
#define FACE_LANDMARKS_H

#include "face/image.h"
#include "face/shape.h"
#include "nn/nn.h"

#define FACE_LANDMARKS_SIDE 64

typedef struct face_landmarks face_landmarks;
int face_landmarks_open(face_landmarks **landmarks, const nn_file *file, mien_error *error);
void face_landmarks_close(face_landmarks **landmarks);
/* The mean head and the population's measures, which the file brings with the points. */
const face_head *face_landmarks_head(const face_landmarks *landmarks);

size_t face_landmarks_scratch(const face_landmarks *landmarks); /* floats, 64-byte aligned */

/* Points in pixels of the plane, and the probability that the crop showed a face. */
enum { FACE_COARSE, FACE_FINE };
void face_landmarks_read(const face_landmarks *landmarks, int which, const face_plane *plane,
                         const face_crop *crop, float *scratch, face_point points[FACE_POINTS],
                         float *face);
/* Both networks, coarse and fine, from a box x0 y0 x1 y1; false where that leads nowhere. */
bool face_landmarks_settle(const face_landmarks *landmarks, const face_plane *plane,
                           const float box[4], float *scratch, face_point points[FACE_POINTS],
                           float *face);

#endif
