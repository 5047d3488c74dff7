/* cover.h: whether something lies before the lower face that was not there before.
 *
 * The head's box, in 12 x 12 cells, is compared with how it usually looks (a slow mean, and how much
 * each cell varies: mouths move). What counts is a patch of the lower two thirds that differs while
 * forehead and eyes look as usual, that stays, and that began with motion beside the head: a hand
 * comes from somewhere. It cannot tell a hand from a cup.
 * What it is not: a head that turns away from its usual pose is not judged.
 * Threads: one at a time; nothing is allocated. */
#ifndef BODY_COVER_H
#define BODY_COVER_H

#include "body/flow.h"

enum { BODY_CELLS = 12 };

typedef struct body_cover {
  float usual[BODY_CELLS][BODY_CELLS], varies[BODY_CELLS][BODY_CELLS]; /* contrast units */
  float yaw, pitch, roll; /* degrees, when it looked so */
  double learned;         /* s                          */
  double since, moved;    /* s: covered since; last motion beside the head; NAN never */
  float share;            /* of the lower face, now; 0 none */
  bool covered;           /* for long enough                */
} body_cover;

void body_cover_init(body_cover *cover);
/* `box`: x0, y0, x1, y1 in pixels of the small copy. `beside`: something moves beside or below the
 * head. `passed`: seconds since the last call. */
void body_cover_add(body_cover *cover, const body_small *small, const float box[4],
                    const body_head *head, bool beside, double passed, double at);

#endif
