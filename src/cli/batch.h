/* batch.h: one piece of work a file: `mien voice` and `mien face`. Files are worked on by several
 * threads; lines and messages come out in the order of the files. */
#ifndef CLI_BATCH_H
#define CLI_BATCH_H

#include "base/base.h"

typedef struct cli_batch_item {
  const char *file;
  base_text out;    /* lines of JSON */
  base_text notes;  /* a line each, for cli_note */
  mien_error error; /* why nothing was found, where `result` is not MIEN_OK */
  int result;
} cli_batch_item;

void cli_batch_note(cli_batch_item *item, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

typedef struct cli_batch {
  char **files; /* operands; with `list`, the lines of that file ("-": standard input) come after */
  size_t count;
  const char *list, *out;
  int threads;  /* 0: as many as there are processors */
  const char *what; /* for the progress line: "recordings" */
  /* Called by several threads, each item by one. Lines already in `out` go out whatever the
   * result is. */
  void (*work)(void *context, cli_batch_item *item);
  void *context;
} cli_batch;
/* The exit code: CLI_DONE when something was found in at least one file. */
int cli_batch_run(const cli_batch *batch);

#endif
