/* swing.h: a head that swings: bouts of nods (pitch) and shakes (yaw) in a run of angles.
 *
 * The angle's turning points are found with hysteresis; a swing is the way from one to the next. It
 * counts when it takes 0.08 to 0.8 s, when the head hardly turns about the other axis meanwhile, and
 * when the picture of the head moved along (the displacement that optical flow saw): landmarks that
 * tremble or a jaw that drops turn no head, and a camera that shakes turns none either. (Turning
 * points after Kawato & Ohya 2000.)
 * What it is not: one detector holds one axis. Threads: one at a time; nothing is allocated. */
#ifndef BODY_SWING_H
#define BODY_SWING_H

#include "base/base.h"

enum { BODY_SWING_SAMPLES = 192 };

typedef struct body_swing {
  struct body_swing_sample {
    double at;                /* s                                                       */
    float angle, other;       /* degrees, of this axis and of the other                  */
    float along;              /* heads: displacement that a swing of this axis goes with */
  } samples[BODY_SWING_SAMPLES];
  int count;
  float noise;                /* degrees, 1 sigma of the angle; below 0 at first         */
  float recent;               /* the same, lately                                        */
} body_swing;

typedef struct body_swings {
  int count;                  /* swings; two are one nod */
  float size;                 /* degrees, mean           */
  double t0, t1;
} body_swings;

void body_swing_init(body_swing *swing);
/* True when a bout has ended with at least `least` swings: `found` is filled. */
bool body_swing_add(body_swing *swing, double at, float angle, float other, float along, int least,
                    body_swings *found);
/* What is left, at the end. */
bool body_swing_end(body_swing *swing, int least, body_swings *found);

#endif
