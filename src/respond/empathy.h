/* empathy.h: how empathic a text reads to people, learned from their ratings.
 *
 * Of a reply: emotional reactions, interpretations and explorations together, as trained raters saw them in replies
 * to people who ask for support (Sharma et al. 2020). Of a text that answers nothing: the empathic concern that its
 * writer reported (Buechel et al. 2018), which a text shows far less plainly. It says how a text reads, not whether it
 * helps, and nothing of what its writer feels.
 *
 * The model is the one of score.h, opened by its path: for research only. Threads: one at a time a handle. */
#ifndef RESPOND_EMPATHY_H
#define RESPOND_EMPATHY_H

#include "base/base.h"

typedef struct respond_empathy respond_empathy;

/* As respond_scorer_open. */
int respond_empathy_open(respond_empathy **empathy, const char *path, mien_error *error);
void respond_empathy_close(respond_empathy **empathy);

/* `score`, 0…1: of a reply to `post`, where 1 is the strongest of all three mechanisms; of a text alone (post NULL or ""),
 * where 0 and 1 are the ends of a scale of concern from 1 to 7. Of the first RESPOND_TURN_BYTES of either. The two are
 * not comparable with each other. MIEN_EINVAL: there is no text, or no word in it. */
int respond_empathy_of(respond_empathy *empathy, const char *post, const char *text, float *score, mien_error *error);

#endif
