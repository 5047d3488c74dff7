/* records.h: texts out of a file: a line each, a field of JSON lines, or a column of CSV.
 *
 * CSV is RFC 4180: quoted fields may hold commas, doubled quotes and newlines; the first record
 * names the columns; .tsv and a first line with tabs mean tabs. Whatever a record holds, it comes
 * out as valid UTF-8 without NULs, at most RECORDS_BYTES_MAX long; what was mended is counted.
 * Memory does not grow with the file. One thread. */
#ifndef CLI_RECORDS_H
#define CLI_RECORDS_H

#include "base/base.h"

enum { RECORDS_BYTES_MAX = 1 << 20 };
enum { RECORDS_LINES, RECORDS_JSONL, RECORDS_CSV };

typedef struct records records;

typedef struct record {
  const char *text; /* valid UTF-8, ends in 0; valid until the next call */
  size_t bytes;
  size_t number;    /* 1 for the first record */
  size_t line;      /* of the file, from 1, where the record begins */
  const char *id;   /* the record's own "id" field or column, else NULL */
  bool id_number;   /* it was written as a whole number, not as a string */
  const char *lost; /* NULL, or why there is no text: "no field 'text'" */
} record;

/* What had to be mended, with the line where it was first met. */
typedef struct records_mended {
  size_t not_utf8, not_utf8_line, nul, nul_line, cut, cut_line, lost, lost_line;
  char lost_why[160];
} records_mended;

/* `path` "-": standard input. `field` NULL: lines. Otherwise the ending of the name, or the first
 * character, tells JSON lines from CSV. A CSV without that column is MIEN_EFORMAT, with its columns
 * named. */
int records_open(records **records_, const char *path, const char *field, mien_error *error);
int records_next(records *records_, record *record_, mien_error *error); /* MIEN_OK, EEND, E… */
/* Something was read from the file already: the next record may come without waiting. */
bool records_waiting(const records *records_);
/* Bytes taken so far, and in all; `whole` 0 where that is not known. */
void records_progress(const records *records_, double *done, double *whole);
const records_mended *records_mends(const records *records_);
void records_close(records **records_);

#endif
