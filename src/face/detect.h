/* detect.h: the face detector: a grey plane to boxes with scores.
 *
 * A fully convolutional net without anchors (after FCOS, Tian et al. 2019): four levels with strides
 * 8 to 64, each for one octave of face sizes, a top-down path between them, and greedy suppression
 * of boxes that overlap a better one. train/face_detect.py makes its weights.
 * What it is not: it does not follow faces; each call stands for itself.
 *
 * Threads: a face_detector is read-only and shared; a face_detector_work belongs to one thread. */
#ifndef FACE_DETECT_H
#define FACE_DETECT_H

#include "face/image.h"
#include "nn/nn.h"

#define FACE_DETECT_SIDE 448 /* pictures are brought down to this many pixels on the longer side */
#define FACE_DETECT_MOST 64  /* boxes of one picture                                             */

typedef struct face_box {
  float x0, y0, x1, y1; /* pixels of the plane that was given */
  float score;          /* 0…1 */
} face_box;

typedef struct face_detector face_detector;
int face_detector_open(face_detector **detector, const nn_file *file, mien_error *error);
void face_detector_close(face_detector **detector);
float face_detector_threshold(const face_detector *detector); /* the score that means a face */

/* Scratch, grown to the largest picture seen; at most about 16 MB. Zero it before first use. */
typedef struct face_detector_work {
  float *memory;
  size_t floats;
} face_detector_work;
void face_detector_work_clear(face_detector_work *work);

/* boxes[FACE_DETECT_MOST], best first, all with a score of at least `floor`. */
int face_detect(const face_detector *detector, face_detector_work *work, const face_plane *plane,
                float floor, face_box *boxes, int *count);

/* Intersection over union. */
float face_box_iou(const face_box *a, const face_box *b);

#endif
