/* moves.h: movements of one face over its track: action units, smiles, micro-expressions, glances away.
 *
 * The person's own neutral face is measured in the first seconds (median and spread of each action) and
 * followed slowly from there. A movement is a departure from it: it has an onset, an apex and an offset.
 * One of 40 to 500 ms (Ekman & Friesen 1969; Yan et al. 2013) is a micro-expression, where pictures come
 * at 25 a second or more. What it is not: a statement of what is felt, nor of a face in one picture.
 *
 * Threads: plain functions over the caller's memory; nothing is allocated. */
#ifndef FACE_MOVES_H
#define FACE_MOVES_H

#include "face/shape.h"

enum { FACE_MOVES_CUES = FACE_UNITS + 5, FACE_NEUTRAL_PICTURES = 64 };

typedef struct face_move { /* of one action */
  double onset, apex_at;   /* seconds; onset NAN: at rest                    */
  float apex;              /* largest departure so far, eyes                 */
  float yaw, pitch;        /* of the head at onset, degrees                  */
  bool entered, turned;    /* it is a movement; the head moved with it       */
  int pictures;
} face_move;

typedef struct face_moves {
  double since, last;      /* seconds */
  float first[FACE_ACTIONS][FACE_NEUTRAL_PICTURES]; /* until the neutral is known */
  int count;               /* of those */
  bool known;
  float neutral[FACE_ACTIONS], spread[FACE_ACTIONS];
  float step;              /* seconds between pictures, the longest of late     */
  face_move moves[FACE_UNITS];
  float smile_lids, smile_corners[2]; /* departures at the apex of au12: lids, right, left   */
  double parted;           /* when the lips last parted or closed; NAN: never   */
  double blinked;          /* when the eyes were last closed; NAN: never        */
  double away;             /* since when the head is turned away; NAN: it is not */
} face_moves;

void face_moves_init(face_moves *moves, double at);

/* One picture of the face: writes up to FACE_MOVES_CUES cues and returns how many. Every cue has t0 < t1.
 * A movement that has gone on for more than half a second comes with each picture, with the same kind and
 * t0 and a later t1, until its offset; a shorter one comes once, at its offset. `value` is in eyes, `z` in spreads of this person's own neutral.
 *   "au1" … "au43"       the movement of an action unit
 *   "au45"               a blink: the eyes closed for 40 to 500 ms
 *   "micro_expression"   an action unit that came and went within 500 ms; `text` names it
 *   "smile_eyes"         with au12: how far lower lids take part, at its apex so far
 *   "smile_uneven"       with au12: difference of the corners over their sum, 0…1, at its apex so far
 *   "gaze_away"          the face has been turned from the camera by 25 degrees, for a second or more */
size_t face_moves_add(face_moves *moves, const float actions[FACE_ACTIONS], const face_pose *pose,
                      double at, mien_cue *cues);

const char *face_unit_name(int unit); /* "au1" …; NULL out of range */

#endif
