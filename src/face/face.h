/* face/: from pictures to what faces express.
 *
 * What it is: finds faces, follows them over pictures, places 68 points on each, measures head pose
 * and action cues (brows, eyes, mouth), and has the expression network read a crop framed as FER+
 * frames faces. What it is not: it decodes no media (media/), smooths nothing over time (fuse/,
 * follow/) and recognises nobody: a track number says "the same face as a moment ago", no more, and
 * nothing about a face outlives its track.
 *
 * Owns: a face_model borrows its three files, which must outlive it; a face_tracker borrows its
 * model. Cues of a reading live in the tracker until its next feed or finish.
 * Threads: a face_model is read-only and shared; a face_tracker belongs to one thread at a time.
 * Memory: bounded by FACE_TRACKS and FACE_DETECT_SIDE whatever is fed; nothing is allocated by
 * feed, next or finish once a picture of that size was seen. */
#ifndef FACE_H
#define FACE_H

#include "base/base.h"
#include "nn/nn.h"

#define FACE_TRACKS 16       /* faces followed at once                                          */
#define FACE_POINTS 68       /* iBUG 300-W order (Sagonas et al. 2013)                          */
#define FACE_CUES 32         /* most cues of one reading                                        */
#define FACE_SMALLEST 16     /* pixels: a face whose longer side is below is not read           */

typedef struct face_model face_model;
typedef struct face_tracker face_tracker;

/* Any of the files may be NULL: without `detect` or `landmarks` there is no tracker, without
 * `expression` readings have no core. MIEN_EMODEL when one does not fit this program. */
int face_model_open(face_model **model, const nn_file *detect, const nn_file *landmarks,
                    const nn_file *expression, mien_error *error);
void face_model_close(face_model **model);

int face_tracker_open(face_tracker **tracker, const face_model *model);
void face_tracker_close(face_tracker **tracker);

/* Reads one picture taken at `at` seconds (times must not step back; a gap of more than
 * FACE_GAP seconds ends all tracks). Detection runs on the first picture, every 0.2 s, and whenever
 * a face was lost; between, faces are followed by their points. MIEN_EINVAL for a picture outside
 * mien.h's limits. The readings of the picture before are dropped. */
int face_tracker_feed(face_tracker *tracker, const mien_picture *picture, double at);
#define FACE_GAP 1.0

/* One reading for each face of the fed picture, larger faces first: box, track, core, dims, cues,
 * quality; then MIEN_EAGAIN. t0 is the picture's time, t1 the same. `abstain` says why a reading
 * should not be used: "face too small", "face turned away", "picture too dark", "picture blurred",
 * or the expression network's reason. After finish: one summary a track (final = 1), t0…t1 the span
 * it was seen, core and dims averaged over its readings by quality, and MIEN_EEND after the last. */
int face_tracker_next(face_tracker *tracker, mien_reading *reading);

/* The grey plane that the last picture was brought down to, rows without gaps, and the heads that were
 * placed in it, for who measures more of them; returns how many. Good until the next feed. */
typedef struct face_seen {
  int track;
  float box[4];           /* x0, y0, x1, y1, pixels of the plane                              */
  float scale;            /* pixels of the plane between the eyes, as if it faced the camera  */
  float yaw, pitch, roll; /* degrees: towards the picture's right, up, clockwise              */
} face_seen;
int face_tracker_seen(const face_tracker *tracker, const uint8_t **grey, int *width, int *height,
                      face_seen seen[FACE_TRACKS]);

/* No more pictures: ends all tracks. Summaries of tracks that ended earlier come with the next of
 * the feed that ended them. */
int face_tracker_finish(face_tracker *tracker);

/* A picture that is one face crop already: exactly one reading, whatever is in it. Scaled by area to
 * 48x48 grey and read as it is. May be called from any thread. */
int face_read_aligned(const face_model *model, const mien_picture *picture, mien_reading *reading,
                      mien_error *error);

#endif
