/* audience.h: what many viewers of one film, advert, game or lecture express, lined up on its clock.
 *
 * Each viewer's states are put on a grid and looked at against the viewer's own mean, so that who is cheerful throughout
 * moves nothing. A moment moves people where they go up or down together beyond chance: neighbouring bins whose t is
 * beyond the two-sided 5 % point make a cluster, and its mass (sum of t) is compared with the largest mass under random
 * signs of whole viewers (Maris and Oostenveld 2007); over all clusters of both signals q is by Benjamini and Hochberg
 * (1995). Two versions are compared the same way, with viewers dealt to the versions at random.
 *
 * Fewer viewers than the floor: nothing is said. Same input and seed, same output. One thread. Memory: 8 bytes a viewer
 * and bin. */
#ifndef INSIGHT_AUDIENCE_H
#define INSIGHT_AUDIENCE_H

#include "base/base.h"

enum { AUDIENCE_FLOOR = 5, AUDIENCE_VIEWERS = 5000, AUDIENCE_BINS = 43200, AUDIENCE_VERSIONS = 2 };
#define AUDIENCE_CELLS ((size_t)40000000) /* viewers × bins */

typedef struct audience audience;

/* `every`: seconds of a bin, 0.1…60. */
int audience_open(audience **opened, double every, mien_error *error);
void audience_close(audience **closed);
/* A state of one viewer: seconds on the work's clock, -1…1 each. What is not finite, or before 0, is left out.
 * `version`: 0 or 1. MIEN_ELIMIT: too many viewers, or too long. */
int audience_add(audience *a, int version, const char *viewer, double at, double valence, double arousal, mien_error *error);
/* A line of JSON as `mien read --json` writes it: fused states are taken, of `file` and each `who`, or of "viewer".
 * False: it was none of these. */
bool audience_line(audience *a, int version, const char *file, const char *line, size_t bytes, mien_error *error);
size_t audience_viewers(const audience *a, int version);

typedef struct audience_ask {
  uint64_t seed;
  int permutations; /* 100…10000; less where it would take long */
  double q;         /* moments up to it are given: 0.05 */
} audience_ask;
#define AUDIENCE_ASK {1, 1000, 0.05}

/* The figures as one JSON object (docs/uses/audiences.md). MIEN_EEMPTY: fewer viewers than the floor in a version. */
int audience_figures(audience *a, const audience_ask *ask, base_text *json, mien_error *error);
/* They as a page with charts. */
int audience_page(const char *figures, size_t bytes, const char *title, base_text *html, mien_error *error);

#endif
