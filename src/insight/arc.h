/* arc.h: the emotional arc of a story: the valence that its text expresses, from beginning to end.
 *
 * Sentences are read by the text model, each by itself; their valence is averaged over a window that moves through the
 * words (Reagan et al. 2016: 10,000 words of a book; here a tenth of the text, 100 to 10,000), at 100 places. Turning
 * points are the extremes whose prominence is over a quarter of the range and twice the interval's half. The nearest of six
 * classic arcs is the one that correlates most with the curve; how sure that is, by resampling sentences within
 * twentieths of the text. One thread. Memory: twice the text. */
#ifndef INSIGHT_ARC_H
#define INSIGHT_ARC_H

#include "base/base.h"

enum { ARC_POINTS = 100, ARC_SENTENCES_LEAST = 10 };
#define ARC_BYTES ((size_t)64 << 20)

enum { ARC_RISE, ARC_FALL, ARC_FALL_RISE, ARC_RISE_FALL, ARC_RISE_FALL_RISE, ARC_FALL_RISE_FALL, ARCS };
const char *arc_name(int arc); /* "rags to riches" …; NULL out of range */

/* Sentences of `text` (valid UTF-8, or bad bytes read as U+FFFD): `each` is given them in order; 60 words at most. */
typedef int (*arc_sentence)(void *context, const char *text, size_t bytes, size_t words);
int arc_sentences(const char *text, size_t bytes, arc_sentence each, void *context);

typedef struct arc_line {
  float valence; /* of a sentence, -1…1; NAN: not clear */
  uint32_t words;
} arc_line;

typedef struct arc_curve {
  double mean[ARC_POINTS], low[ARC_POINTS], high[ARC_POINTS]; /* 95 %; at (i + 0.5) / ARC_POINTS of the words */
  double window;             /* words */
  double words;
  double r[ARCS], share[ARCS]; /* correlation with each classic arc; share of resamples in which it was the nearest */
  int nearest;
  struct {
    int at;                  /* point */
    int up;                  /* 1: a peak; 0: a valley */
    double prominence;
  } turns[20];
  int turn_count;
} arc_curve;

/* MIEN_EEMPTY: fewer than ARC_SENTENCES_LEAST sentences. */
int arc_of(const arc_line *lines, size_t count, uint64_t seed, arc_curve *curve, mien_error *error);

/* Reads a whole text and writes the figures as JSON (docs/uses/stories.md). `audience` (may be NULL): the JSON of
 * audience_figures, to compare with. */
int arc_figures(const char *text, size_t bytes, mien_session *session, const char *audience, size_t audience_bytes, base_text *json, mien_error *error);
int arc_page(const char *figures, size_t bytes, const char *title, base_text *html, mien_error *error);

#endif
