/* mien_insight.h: stories and audiences: the emotional arc of a text, and what many viewers of one work express together.
 *
 * The figures come as one JSON object; docs/uses/stories.md and docs/uses/audiences.md say what is in it, how it is computed
 * and by whom. An audience of fewer than five viewers has none (MIEN_EEMPTY), and nobody alone is in any figure.
 *
 * Ownership and errors as in mien.h: what a call gives is borrowed until the next call on the same handle, and gone with it. One
 * is used by one thread at a time. Same input and seed, same figures. */
#ifndef MIEN_INSIGHT_H
#define MIEN_INSIGHT_H

#include "mien.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Stories ---- */

typedef struct mien_arc mien_arc;

/* Reads a whole text of 64 MB at most, each sentence by itself, with a session that reads text (its turns, states and
 * participants are not touched). `audience` (NULL: none): the figures of an audience of the same work, to compare with. MIEN_EEMPTY:
 * fewer than ten sentences that could be read. */
MIEN_API int mien_arc_open(mien_arc **arc, mien_session *session, const char *utf8, size_t bytes, const char *audience,
                           size_t audience_bytes, mien_error *error);
MIEN_API const char *mien_arc_json(const mien_arc *arc, size_t *bytes);
MIEN_API void mien_arc_close(mien_arc **arc);

/* ---- Audiences ---- */

typedef struct mien_audience mien_audience;

/* `every`: seconds of the grid, 0.1…60. */
MIEN_API int mien_audience_open(mien_audience **audience, double every, mien_error *error);
MIEN_API void mien_audience_close(mien_audience **audience);
/* A state of one viewer, `at` seconds on the work's own clock, values -1…1; what is not finite is left out. `version`: 0, or 1 for
 * those who saw another cut. MIEN_ELIMIT: more than 5,000 viewers, or too long. */
MIEN_API int mien_audience_add(mien_audience *audience, int version, const char *viewer, double at, double valence,
                               double arousal, mien_error *error);
/* `seed` 0…, `permutations` 100…10000 (1000 is usual): of the tests of significance. */
MIEN_API int mien_audience_figures(mien_audience *audience, uint64_t seed, int permutations, const char **json,
                                   size_t *bytes, mien_error *error);

#ifdef __cplusplus
}
#endif
#endif
