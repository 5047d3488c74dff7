/* explain/: from readings and states back to what was measured, in words for a person.
 *
 * What it is: phrases for cues, their ranking, the cues of a state out of those of its readings,
 * and one plain line. What it is not: it measures nothing and changes no reading. It says what a
 * reading rests on, never why somebody feels something.
 *
 * Owns nothing, allocates nothing. Threads: any. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "base/base.h"

enum { EXPLAIN_STATE_CUES = 8 };

/* For a measured cue that is half a standard deviation and more off: cue->text becomes "pitch 2.1
 * sd above this person's usual" (while that is not their `own` yet: "above what is usual"); others
 * keep the text they came with. One without a weight (NAN; an action of the face) gets one for how
 * well it goes with the top label of `core`, the reading it belongs to. Cues of words are left as
 * they are. */
void explain_measured(mien_cue *cue, const float core[MIEN_CORE], bool own);
/* Whether the cue is a movement with an onset and an offset ("au12", "micro_expression"), not the state
 * of a moment: it has its text and comes with `z` against the person's own rest. */
bool explain_is_movement(const mien_cue *cue);

/* Strongest first by |weight|, those that are not finite last; equal ones in their order. */
void explain_rank(mien_cue *cues, size_t count);

/* The cues of a state: of those of its readings, each weighted by what its modality weighs in the
 * state, the EXPLAIN_STATE_CUES strongest; those toward the state's top label before equals.
 * `part_cues[m]` may be NULL. Returns how many. */
size_t explain_merge(const mien_cue *const part_cues[MIEN_MODALITIES],
                     const size_t part_counts[MIEN_MODALITIES], const float from[MIEN_MODALITIES],
                     const float core[MIEN_CORE], mien_cue merged[EXPLAIN_STATE_CUES]);

/* One line: "anger is expressed (74 % sure): the word "useless"; pitch 2.1 sd above this person's
 * usual". Returns the bytes it takes; what does not fit in `capacity` is not written. */
size_t explain_line(const mien_reading *reading, char *to, size_t capacity);

#endif
