/* cues.h: measures and head pose as cues with names, units and size; and the counting of blinks.
 *
 * What it is not: it does not know the person. `z` is against the faces of landmarks68/train;
 * follow/ keeps each person's own baseline. Threads: plain functions over the caller's memory. */
#ifndef FACE_CUES_H
#define FACE_CUES_H

#include "face/shape.h"

/* Blinks of one track. The open eye's height over width is followed quickly upwards and slowly
 * downwards; a blink is a dip below 60 % of it that ends within half a second. */
typedef struct face_blinks {
  double since, closed_at; /* seconds; closed_at NAN while the eyes are open */
  double last;
  float open;              /* height over width of the open eye */
  int count, pictures;
} face_blinks;
void face_blinks_init(face_blinks *blinks, double at);
void face_blinks_add(face_blinks *blinks, float aspect, double at);
/* Blinks a minute; NAN before 10 s, or with fewer than 10 pictures a second. */
double face_blinks_rate(const face_blinks *blinks);

/* Fills up to FACE_STATE_CUES of cues[] and returns how many. `measures` NULL: the head is turned too far. `label`
 * is the core label that the reading gives (-1 none): each measure's `weight` is its share of what all
 * of them say for or against that label, `toward` the label it speaks for most; both by the
 * regression in face_head. Turns of the head and blinks speak for none. */
enum { FACE_STATE_CUES = FACE_MEASURES + 4 };
size_t face_cues_fill(const face_head *head, const float *measures, const face_pose *pose,
                      double blink_rate, int label, double t0, double t1, mien_cue *cues);

#endif
