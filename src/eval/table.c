/* table.c: reads CSV and TSV. */
#include "eval/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

#define LARGEST ((size_t)256 << 20)

static char *slurp(const char *path, size_t *bytes, mien_error *error) {
  const char *remedy = "give the folder of the labelled sets by --data DIR";
  FILE *file = fopen(path, "rb");
  char *text = NULL;
  long size;
  if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET)) {
    base_error_set(error, MIEN_EIO, path, remedy, "cannot be read: %s", strerror(errno));
  } else if ((size_t)size > LARGEST) {
    base_error_set(error, MIEN_ELIMIT, path, remedy, "is larger than 256 MiB");
  } else if (!(text = malloc((size_t)size + 1))) {
    base_error_set(error, MIEN_ENOMEM, path, "", "no memory for the file");
  } else if (fread(text, 1, (size_t)size, file) != (size_t)size) {
    base_error_set(error, MIEN_EIO, path, remedy, "cannot be read: %s", strerror(errno));
    free(text);
    text = NULL;
  } else {
    text[size] = 0;
    *bytes = (size_t)size;
  }
  if (file) fclose(file);
  return text;
}

/* Takes one cell at `at`, in place; gives what ended it: the separator, '\n', or 0 at the end. */
static char take_cell(char **at, char separator, char **cell) {
  char *from = *at, *to = *at;
  *cell = to;
  if (separator == ',' && *from == '"') {
    for (from++; *from; from++) {
      if (*from == '"' && from[1] == '"')
        from++;
      else if (*from == '"')
        break;
      *to++ = *from;
    }
    if (*from) from++;
  }
  while (*from && *from != separator && *from != '\n')
    *to++ = *from++;
  char ended = *from;
  *at = from + (ended != 0);
  if (to > *cell && ended != separator && to[-1] == '\r') to--;
  *to = 0;
  return ended;
}

static int add(eval_table *table, size_t *capacity, size_t count, char *cell) {
  if (count == *capacity) {
    size_t more = *capacity ? *capacity * 2 : 1024;
    char **grown = realloc(table->cells, more * sizeof *grown);
    if (!grown) return MIEN_ENOMEM;
    table->cells = grown;
    *capacity = more;
  }
  table->cells[count] = cell;
  return MIEN_OK;
}

int eval_table_open(eval_table *table, const char *path, char separator, mien_error *error) {
  static char nothing[1];
  *table = (eval_table){0};
  size_t bytes = 0, capacity = 0;
  table->text = slurp(path, &bytes, error);
  if (!table->text) return error->code;
  if (strlen(table->text) != bytes) {
    eval_table_close(table);
    return base_error_set(error, MIEN_EFORMAT, path, "give a text file", "has NUL bytes");
  }
  char *at = table->text;
  if (!strncmp(at, "\xEF\xBB\xBF", 3)) at += 3;
  while (*at) {
    char *cell, ended;
    size_t column = 0;
    do {
      ended = take_cell(&at, separator, &cell);
      if (table->rows && column >= table->columns) continue;
      if (add(table, &capacity, table->rows * table->columns + column, cell)) goto fail;
      column++;
    } while (ended == separator && ended);
    if (!table->rows) table->columns = column;
    for (; column < table->columns; column++)
      if (add(table, &capacity, table->rows * table->columns + column, nothing)) goto fail;
    table->rows++;
  }
  if (table->rows) return MIEN_OK;
  eval_table_close(table);
  return base_error_set(error, MIEN_EEMPTY, path, "", "has no row");

fail:
  eval_table_close(table);
  return base_error_set(error, MIEN_ENOMEM, path, "", "no memory for the table");
}

void eval_table_close(eval_table *table) {
  free(table->cells);
  free(table->text);
  *table = (eval_table){0};
}

const char *eval_table_cell(const eval_table *table, size_t row, size_t column) {
  return row < table->rows && column < table->columns ? table->cells[row * table->columns + column]
                                                      : "";
}

int eval_table_column(const eval_table *table, const char *name, const char *path,
                      mien_error *error) {
  for (size_t column = 0; column < table->columns; column++)
    if (!strcmp(eval_table_cell(table, 0, column), name)) return (int)column;
  base_error_set(error, MIEN_EFORMAT, path, "give the file as its set's makers published it",
                 "has no column '%s'", name);
  return -1;
}
