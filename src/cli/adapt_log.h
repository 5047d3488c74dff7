/* adapt_log.h: a policy's log in a file: read, locked against others, and written on. One thread. */
#ifndef CLI_ADAPT_LOG_H
#define CLI_ADAPT_LOG_H

#include "mien_adapt.h"

typedef struct adapt_log {
  int file;
  const char *path; /* borrowed */
  mien_adapt *policy;
} adapt_log;

/* The whole file, or MIEN_ELIMIT from `most` bytes on. The caller frees *bytes. */
int cli_file_whole(const char *path, size_t most, char **bytes, size_t *count, mien_error *error);
/* A new log with this policy; there must be no such file. */
int adapt_log_new(adapt_log *log, const char *path, const char *json, size_t bytes, mien_error *error);
/* The policy of a log. `writes`: it is locked until close, and a line that was cut off at its end is taken away. */
int adapt_log_open(adapt_log *log, const char *path, int writes, mien_error *error);
void adapt_log_close(adapt_log *log);

enum { ADAPT_LOG_MOST = 256 << 20 };

#endif
