/* model.h: what a face_model holds; for the files of this room only. */
#ifndef FACE_MODEL_H
#define FACE_MODEL_H

#include "face/detect.h"
#include "face/expression.h"
#include "face/face.h"
#include "face/landmarks.h"

struct face_model {
  face_detector *detector;     /* each may be NULL */
  face_landmarks *landmarks;
  face_expression *expression;
};

/* The 48x48 crop of a face once more, upright and as FER+ would have framed it, by the points in it;
 * false where those see no face. Scratch: that of the landmarks. */
bool face_crop_upright(const face_landmarks *landmarks, const float *crop, float *scratch,
                       float *upright);

#endif
