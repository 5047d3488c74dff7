/* body/: from pictures and the heads in them to how people hold themselves and move.
 *
 * What it is: block-based optical flow over a small copy of each picture, what of it is the camera's,
 * and, for each head that the caller has found, cues: nods, shakes and tilts of the head, leaning in
 * and out, gestures, restlessness and stillness, something before the face. What it is not: it finds
 * no heads (face/ does, engine/ hands them over) and no joints, and it names no emotion. A reading's
 * core is flat and it always abstains; what it tells is arousal, from how much the upper body moves,
 * and its cues.
 *
 * Owns: the caller's body_stream holds everything; cues of a reading live in it until the next feed
 * or finish. Memory is constant (about 0.5 MB), nothing is allocated after open.
 * Threads: a stream belongs to one thread at a time. */
#ifndef BODY_H
#define BODY_H

#include "base/base.h"

enum {
  BODY_HEADS = 16, /* people followed at once            */
  BODY_CUES = 9,   /* most cues of one reading           */
};
#define BODY_EVERY 1.0 /* s: a reading stands for this long; they end at its multiples      */
#define BODY_GAP 1.0   /* s: pictures further apart than this have nothing to do with each other */
#define BODY_FORGET 0.5 /* s: a head not given for this long has gone                        */

/* 8-bit grey, rows one after another without gaps. */
typedef struct body_picture {
  int width, height; /* pixels, 1…16384 */
  const uint8_t *grey;
} body_picture;

/* A head in the picture. */
typedef struct body_head {
  int track;              /* the same number for the same head as a picture ago, 0 and up       */
  float x0, y0, x1, y1;   /* pixels: forehead to chin, cheek to cheek                           */
  float scale;            /* pixels; in proportion to the head's size, whichever way it turns   */
  float yaw, pitch, roll; /* degrees: towards the picture's right, up, clockwise                */
} body_head;

typedef struct body_stream body_stream;
int body_stream_open(body_stream **stream);
void body_stream_close(body_stream **stream);

/* A picture taken at `at` seconds and the heads in it (further ones than BODY_HEADS, and those whose
 * numbers are not finite or not ordered, are left out). A time before the last one, or a picture that
 * is larger than it may be: MIEN_EINVAL. A gap, a cut of the scene or another size of picture ends
 * what was followed. A picture whose small copy is that of the one before (frozen, doubled) counts as
 * not taken. */
int body_stream_feed(body_stream *stream, const body_picture *picture, const body_head *heads,
                     int count, double at);

/* Readings, in order of track, then MIEN_EAGAIN: for each head one each BODY_EVERY seconds, with the
 * first picture from there on, and one for the rest of its time when it has gone; each is final. Of
 * it: track, t0, t1, dims[MIEN_AROUSAL] (NAN where too little of the body shows), quality, cues, abstain. Cues:
 *
 *   nod           deg     mean size of at least two swings of the head down and up
 *   head_shake    deg     the same of three and more from side to side
 *   head_tilt     deg     held to a side, against this person's usual (clockwise is positive)
 *   lean_in       %       how much larger than usual the head is in the picture
 *   lean_out      %       how much smaller
 *   gesture       head/s  root mean square speed of what moves below the head; always there
 *                         where a quarter of the place below it is in the picture
 *   restlessness  share   of the last 10 s that head or body moved, once that long was seen
 *   stillness     s       since anything of it moved, from 3 s on
 *   hand_to_face  share   of the lower face that something which came from below covers
 *
 * After finish MIEN_EEND. */
int body_stream_next(body_stream *stream, mien_reading *reading);
int body_stream_finish(body_stream *stream);
/* Every reading that ends before this time has been given; NAN before the first picture. */
double body_stream_given_until(const body_stream *stream);

#endif
