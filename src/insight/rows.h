/* rows.h: texts with their columns out of CSV (RFC 4180; comma, semicolon or tab, told from the first line) or JSON
 * lines, fed in pieces of any size. What cannot be read is left out, counted, and named by its line: broken quoting
 * costs the record it stands in, not the file. Memory: one record (1 MB at most) and a piece. One thread. */
#ifndef INSIGHT_ROWS_H
#define INSIGHT_ROWS_H

#include "insight/insight.h"

enum { ROWS_RECORD = 1 << 20, ROWS_COLUMNS = 512, ROWS_NOTES = 20 };

typedef struct insight_columns { /* names; NULL: the usual ones ("text" "review" "comment" …), whatever their case; "": none */
  const char *text, *time, *facet[INSIGHT_FACETS];
} insight_columns;

typedef struct insight_note {
  size_t line; /* from 1 */
  char what[160];
} insight_note;

typedef struct insight_health {
  size_t rows, lost, mended, timeless; /* given, left out; with bytes that are not UTF-8; with a time that is none */
  insight_note notes[ROWS_NOTES];      /* the first of them */
  size_t note_count;
} insight_health;

typedef struct insight_rows insight_rows;
typedef int (*insight_row_fn)(void *context, const insight_row *row, mien_error *error);

int insight_rows_open(insight_rows **opened, const insight_columns *columns, insight_row_fn each, void *context, mien_error *error);
/* MIEN_EFORMAT: no column of texts (its columns are named), or UTF-16; or what `each` answered. */
int insight_rows_feed(insight_rows *rows, const char *bytes, size_t count, mien_error *error);
int insight_rows_finish(insight_rows *rows, mien_error *error);
const insight_health *insight_rows_health(const insight_rows *rows);
void insight_rows_close(insight_rows **closed);

/* "2026-03-01", "2026-03-01T12:30:00Z", "2026-03-01 12:30+02:00", or seconds or milliseconds since 1970; NAN: none of
 * these. Without an offset: UTC. */
double insight_time(const char *text);

#endif
