/* output.c: a buffered output with every failed write noticed. */
#include "cli/output.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/base.h"

enum { BUFFER = 1 << 18 };

static int failed(const char *name, int number, mien_error *error) {
  const char *remedy = number == ENOSPC || number == EDQUOT ? "make room on the disk"
                       : number == EACCES || number == EROFS || number == EPERM
                           ? "choose a place that you may write to with --out"
                       : number == ENOENT ? "make the folder first" : "choose another output";
  return base_error_set(error, MIEN_EIO, name, remedy, "cannot write: %s", strerror(number));
}

int cli_output_open(cli_output *output, const char *path, mien_error *error) {
  signal(SIGPIPE, SIG_IGN);
  bool standard = !path || !strcmp(path, "-");
  *output = (cli_output){.name = standard ? "standard output" : path};
  output->file = standard ? stdout : fopen(path, "wb");
  if (!output->file) return failed(output->name, errno, error);
  setvbuf(output->file, NULL, _IOFBF, BUFFER);
  return MIEN_OK;
}

static bool note_failure(cli_output *output, int number) {
  if (number == EPIPE) output->closed = true;
  else if (!output->failed) output->failed = number ? number : EIO;
  return false;
}

bool cli_output_write(cli_output *output, const char *data, size_t bytes) {
  if (output->closed || output->failed) return false;
  errno = 0;
  return fwrite(data, 1, bytes, output->file) == bytes || note_failure(output, errno);
}

bool cli_output_flush(cli_output *output) {
  if (output->closed || output->failed) return false;
  errno = 0;
  return !fflush(output->file) || note_failure(output, errno);
}

int cli_output_close(cli_output *output, mien_error *error) {
  FILE *file = output->file;
  if (!file) return MIEN_OK;
  cli_output_flush(output);
  errno = 0;
  if (file != stdout && fclose(file)) note_failure(output, errno);
  output->file = NULL;
  if (output->closed || !output->failed) return MIEN_OK;
  return failed(output->name, output->failed, error);
}

int cli_output_whole(const char *path, const base_text *text, mien_error *error) {
  cli_output out;
  int code = cli_output_open(&out, path, error);
  if (code) return code;
  cli_output_write(&out, text->data ? text->data : "", text->length);
  return cli_output_close(&out, error);
}
