/* person.h: one head over time, and the body below it: posture, movement, and their cues.
 *
 * What it is not: it looks at no pixels but through flow.h and cover.h.
 * Threads: one at a time; nothing is allocated. */
#ifndef BODY_PERSON_H
#define BODY_PERSON_H

#include "body/cover.h"
#include "body/flow.h"
#include "body/swing.h"

/* Something held: since when, and against what is usual. */
typedef struct body_hold {
  float usual;       /* of the value; a slow mean, which what is held hardly moves */
  double known;      /* s that it was learned from                                 */
  double since;      /* NAN: not held                                              */
  float held;        /* mean of the value's distance while held                    */
  int way;           /* -1, 0, 1                                                   */
} body_hold;

typedef struct body_person {
  int track;
  double begun, seen;       /* s: of the reading to come, and when it was seen last     */
  body_head head;           /* the last one, pixels of the small copy                   */
  float along_x, along_y;   /* heads: where the flow has carried the head               */
  body_swing pitch, yaw;
  body_swings nods, shakes; /* since the last reading; count 0: none                    */
  body_hold tilt, lean;
  body_cover cover;
  bool beside;              /* something moves beside the head                          */
  double covered_from, covered_to; /* since the last reading; NAN not                   */
  float covered_share;

  double squares, seconds;  /* of what moves below the head, since the last reading     */
  double gesture_from, gesture_to; /* when it did; NAN not                              */
  double measured;          /* s that movement was measured, all in all                 */
  double moved_at;          /* s: the last movement of any kind                         */
  float moving;             /* share of the last 10 s                                   */
  float visible;            /* share of the upper body's place that is in the picture   */
} body_person;

void body_person_init(body_person *person, const body_head *head, double at);
/* The head in this picture; coordinates of the small copy. */
void body_person_see(body_person *person, const body_head *head, const body_small *small, double at);
/* The blocks that belong to a person; `own` is [flow->down][flow->across]. */
enum { BODY_HEAD = 1, BODY_BELOW = 2, BODY_BESIDE = 4 };
void body_person_regions(const body_person *person, const body_flow *flow, uint8_t *own);
/* What moved over the last `passed` seconds; the flow's camera is known. Before body_person_see. */
void body_person_move(body_person *person, const body_flow *flow, const uint8_t *own, double passed,
                      double at);
/* What was measured since `begun`, which the caller moves on; `ended`: it has gone. */
void body_person_read(body_person *person, bool ended, mien_reading *reading,
                      mien_cue cues[BODY_CUES]);

#endif
