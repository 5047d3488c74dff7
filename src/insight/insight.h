/* insight/: what many people express: collections of feedback (this header, rows.h), audiences on one clock
 * (audience.h), and the arc of a story (arc.h).
 *
 * What it is: texts with a time, a segment, a product and a language, each read by the text model; figures over
 * groups of them, with intervals; what people write about (aspects); when it rises beyond chance (spikes) and the
 * words that went with it. What it is not: it knows no person and no network, and keeps nothing: the caller does.
 *
 * Groups smaller than the floor are hidden, with their numbers, words and examples; where what is hidden together
 * is still fewer, the smallest group that is shown is hidden as well, so that it cannot be had by subtraction; for the
 * same reason nothing is shown where a filter leaves out fewer than the floor.
 *
 * Ownership: who opens closes; strings that are given are copied, those that come back are borrowed until the next
 * row is added. Threads: one at a time. Memory: about 150 bytes a text and twice its length. */
#ifndef INSIGHT_H
#define INSIGHT_H

#include "base/base.h"

enum { INSIGHT_FLOOR = 5 /* texts in a group that is shown, at the least; usual */, INSIGHT_ROWS = 2000000,
       INSIGHT_TEXT = 64 << 10 /* bytes of one text */, INSIGHT_VALUE = 120 /* bytes of a facet's value */,
       INSIGHT_VALUES = 10000 /* of one facet; those beyond are "(other)" */ };
#define INSIGHT_BYTES ((size_t)1 << 30) /* of all texts */

enum { INSIGHT_SEGMENT, INSIGHT_PRODUCT, INSIGHT_LANGUAGE, INSIGHT_FACETS };
const char *insight_facet_name(int facet); /* "segment" "product" "language"; NULL out of range */

typedef struct insight insight;

typedef struct insight_row {
  const char *text;  /* valid UTF-8 */
  size_t bytes;
  double time;       /* seconds since 1970, UTC; NAN unknown */
  const char *facet[INSIGHT_FACETS]; /* "" or NULL: not said */
} insight_row;

int insight_open(insight **opened, mien_error *error);
void insight_close(insight **closed);
/* MIEN_ELIMIT: over INSIGHT_ROWS or INSIGHT_BYTES; longer texts and values are cut at a character. */
int insight_add(insight *in, const insight_row *row, mien_error *error);
size_t insight_count(const insight *in);

/* What the text model says of row `index`; a reading that abstains counts as not clear. */
void insight_set(insight *in, size_t index, const mien_reading *reading);
/* Reads every row that has no reading yet, in batches. `progress` (may be NULL) is told how many are done, and stops it
 * by false: MIEN_EEND. */
typedef bool (*insight_progress)(void *context, size_t done, size_t whole);
int insight_read(insight *in, mien_session *session, insight_progress progress, void *context, mien_error *error);

/* A row with its reading as one JSON array, for who keeps collections; and back. */
void insight_row_write(const insight *in, size_t index, base_text *json);
int insight_row_restore(insight *in, const char *json, size_t bytes, mien_error *error);

/* ---- Figures ------------------------------------------------------------------------------------------- */

enum { INSIGHT_BY_NONE = -1, INSIGHT_BY_SEGMENT, INSIGHT_BY_PRODUCT, INSIGHT_BY_LANGUAGE, INSIGHT_BY_PERIOD, INSIGHT_BYS };
enum { INSIGHT_BIN_AUTO, INSIGHT_BIN_HOUR, INSIGHT_BIN_DAY, INSIGHT_BIN_WEEK, INSIGHT_BIN_MONTH, INSIGHT_BINS };
int insight_by_named(const char *name);  /* INSIGHT_BY_…; -2 unknown */
int insight_bin_named(const char *name); /* INSIGHT_BIN_…; -1 unknown */
const char *insight_bin_name(int bin);

typedef struct insight_ask {
  double from, to;       /* seconds since 1970, from <= time < to; NAN: open */
  const char *facet[INSIGHT_FACETS]; /* this value alone; NULL any */
  const char *aspect;    /* texts that name it alone; NULL any */
  int emotion;           /* texts whose top core label it is; -1 any */
  int by;                /* INSIGHT_BY_…: the groups that are compared */
  int bin;               /* INSIGHT_BIN_… */
  size_t floor;          /* 0: INSIGHT_FLOOR; never under 2 */
  bool examples;         /* of spikes and aspects; long numbers and addresses of e-mail in them are masked */
} insight_ask;
#define INSIGHT_ASK {NAN, NAN, {NULL, NULL, NULL}, NULL, -1, INSIGHT_BY_NONE, INSIGHT_BIN_AUTO, 0, true}

/* What the texts are about, once after all rows are read: words and phrases (normalised pointwise mutual information,
 * Bouma 2009) that the text model (`session`; may be NULL) does not itself read as opinions. */
int insight_prepare(insight *in, mien_session *session, mien_error *error);
/* The figures as one JSON object (docs/uses/market.md). Prepares first, without a session, where that was not done. */
int insight_figures(insight *in, const insight_ask *ask, base_text *json, mien_error *error);
/* The same figures (that JSON) as CSV, and as one printable page that needs nothing else. */
int insight_csv(const char *figures, size_t bytes, base_text *csv, mien_error *error);
int insight_page(const char *figures, size_t bytes, const char *title, base_text *html, mien_error *error);

#endif
