/* fuzz_table.c: labelled sets, CSV and TSV read whole. The first byte picks the separator. */
#include <string.h>

#include "eval/table.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (bytes < 1) return 0;
  const char *path = scratch_file(".csv", data + 1, bytes - 1);
  eval_table table;
  mien_error error = {0};
  int code = eval_table_open(&table, path, data[0] % 2 ? ',' : '\t', &error);
  unlink(path);
  if (code) {
    if (!error.what[0]) abort();
    return 0;
  }
  size_t characters = 0;
  for (size_t row = 0; row < table.rows; row++)
    for (size_t column = 0; column < table.columns; column++)
      characters += strlen(eval_table_cell(&table, row, column));
  if (characters > bytes) abort(); /* cells never overlap */
  eval_table_column(&table, "text", path, &error);
  eval_table_close(&table);
  return 0;
}
