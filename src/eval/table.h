/* table.h: labelled sets as tables: CSV (RFC 4180, quotes and line breaks inside them) and TSV
 * (no quotes), read whole. */
#ifndef EVAL_TABLE_H
#define EVAL_TABLE_H

#include <stddef.h>

#include "mien.h"

typedef struct eval_table {
  char *text;   /* the file; cells point into it */
  char **cells; /* [rows][columns], row 0 is the header where there is one */
  size_t rows, columns;
} eval_table;

/* separator ',' reads quotes, '\t' does not. Short rows are filled with "", long ones cut. Files
 * over 256 MiB, without a row or with NUL bytes are refused; `error` names the file. */
int eval_table_open(eval_table *table, const char *path, char separator, mien_error *error);
void eval_table_close(eval_table *table);

const char *eval_table_cell(const eval_table *table, size_t row, size_t column);
/* The column of that name in row 0; -1 where there is none, with `error` filled in. */
int eval_table_column(const eval_table *table, const char *name, const char *path, mien_error *error);

#endif
