/* output.h: where results go: standard output or a file, through one large buffer, with every
 * failed write noticed. A reader that has closed its pipe has had what it wanted: that is no error.
 * One thread at a time. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/base.h"

typedef struct cli_output {
  FILE *file;
  const char *name; /* "standard output", or the path; borrowed */
  bool closed;      /* the reader has gone: nothing more need be made */
  int failed;       /* errno of the first write that failed; 0 none */
} cli_output;

/* `path` NULL or "-": standard output. SIGPIPE is ignored from here on. */
int cli_output_open(cli_output *output, const char *path, mien_error *error);
/* False when writing has failed (error says why) or the reader has gone (then `closed`). */
bool cli_output_write(cli_output *output, const char *data, size_t bytes);
/* Hands on what the buffer holds: a reader of live lines waits for it. */
bool cli_output_flush(cli_output *output);
/* Flushes and, but for standard output, closes. MIEN_OK also when the reader has gone; MIEN_EIO with
 * what, where and the remedy otherwise. Always leaves output->file NULL. */
int cli_output_close(cli_output *output, mien_error *error);
/* All of a text there, and nothing else. */
int cli_output_whole(const char *path, const base_text *text, mien_error *error);

#endif
