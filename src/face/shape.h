/* shape.h: what 68 points say: box, crop, head pose, and measures of brows, eyes and mouth.
 *
 * What it is: geometry in closed form. What it is not: it reads no pixels and smooths nothing.
 * Threads: plain functions; a face_head is read-only.
 *
 * Axes: x to the right of the picture, y down, z away from the camera. Lengths of a face are in
 * "eyes": the distance between the middles of both eyes of the mean head. */
#ifndef FACE_SHAPE_H
#define FACE_SHAPE_H

#include "face/face.h"
#include "face/image.h"

typedef struct face_point {
  float x, y;
} face_point;

/* x0, y0, x1, y1: the points' own box, its top raised by 15 % of its height (the forehead). The
 * detector is trained to give this box. */
void face_points_box(const face_point points[FACE_POINTS], float box[4]);

/* The squares that the landmark networks want to see: of a box, 1.3 times its longer side; of
 * points, 1.15 times the longer side of their box once they are turned so that the eyes are level. */
face_crop face_box_crop(const float box[4]);
face_crop face_points_crop(const face_point points[FACE_POINTS]);
face_point face_crop_to_plane(const face_crop *crop, float x, float y); /* x, y: -1…1 */

/* Measures of one face, taken after head pose was undone, in eyes. Each grows with what its name
 * says. */
enum {
  FACE_BROWS_LOWERED,   /* -(height of the inner brows over the eyes + half the gap between them) */
  FACE_BROWS_RAISED,    /* height of the brows over the eyes                                      */
  FACE_SMILE,           /* corners of the mouth over the lips' middle + half the mouth's width    */
  FACE_SMILE_ASYMMETRY, /* how much higher one corner is than the other, without sign             */
  FACE_LIPS_PRESSED,    /* -(thickness of both lips)                                              */
  FACE_MOUTH_OPEN,      /* gap between the lips                                                   */
  FACE_EYES_CLOSED,     /* -(height over width of the eyes; Soukupova & Cech 2016)                */
  FACE_MEASURES
};

/* The mean head and the measures of a population (landmarks68/train), from the model file. */
typedef struct face_head {
  float points[FACE_POINTS][3];   /* eyes; centred; facing the camera as the population does */
  float inverse[3][3];            /* of the sum of points * points'                          */
  float median[FACE_MEASURES], deviation[FACE_MEASURES];
  float fer_shift[2], fer_scale;  /* FER+ framing: middle and side against face_points_crop   */
  float toward[MIEN_CORE][FACE_MEASURES]; /* what a deviation more of a measure does to the log-odds
                                             that FER+'s raters vote a label (ridge regression) */
} face_head;
bool face_head_prepare(face_head *head); /* fills `inverse`; false where the points are flat */
int face_head_read(face_head *head, const nn_file *file, mien_error *error);

typedef struct face_pose {
  float yaw, pitch, roll;   /* degrees: towards the picture's right, up, clockwise              */
  float scale;              /* pixels an eye                                                    */
  face_point centre;        /* pixels: where the mean head's origin lies                        */
  float rotation[2][3];     /* first two rows                                                   */
} face_pose;

/* Weak perspective, least squares; the nearest rotation by the symmetric square root. False where
 * the points span no plane. */
bool face_pose_fit(const face_head *head, const face_point points[FACE_POINTS], face_pose *pose);

/* Measures of the face as if it looked straight at the camera: each point is turned back with the
 * depth that the mean head has there. False where the head is turned too far for that. */
bool face_measure(const face_head *head, const face_point points[FACE_POINTS],
                  const face_pose *pose, float measures[FACE_MEASURES]);

/* Action units (Ekman & Friesen 1978) as far as 68 points show them, in eyes, after head pose was
 * undone. Each grows with its action; where it starts from is the person's own face (moves.h). The
 * names are those of what moves: points cannot tell the muscles apart, and AU23 is within AU24. */
enum {
  FACE_AU1,          /* inner brows over the line through the corners of the eye      */
  FACE_AU2,          /* outer brows, the same                                         */
  FACE_AU4,          /* -(inner brows + half the gap between them)                    */
  FACE_AU6,          /* lower lids towards that line: what raised cheeks do           */
  FACE_AU12,         /* corners of the mouth towards the nose + half the mouth's width */
  FACE_AU15,         /* corners under the middle of the lips                          */
  FACE_AU17,         /* chin towards the lower lip                                    */
  FACE_AU20,         /* mouth's width without the lift of its corners                 */
  FACE_AU24,         /* -(thickness of both lips)                                     */
  FACE_AU25,         /* gap between the lips                                          */
  FACE_AU26,         /* chin from the nose                                            */
  FACE_AU43,         /* -(height over width of the eyes)                              */
  FACE_UNITS,
  FACE_CORNER_RIGHT = FACE_UNITS, FACE_CORNER_LEFT, /* each corner of the mouth towards the nose */
  FACE_ACTIONS
};
bool face_actions_measure(const face_head *head, const face_point points[FACE_POINTS],
                          const face_pose *pose, float actions[FACE_ACTIONS]);

/* The square that FER+ would have cut out of the picture around these points, upright. */
face_crop face_fer_crop(const face_head *head, const face_point points[FACE_POINTS]);

#endif
