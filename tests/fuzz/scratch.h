/* scratch.h: the fuzzed bytes as a file, for what reads only files. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* The path of a file with these contents; the same file each time for the same ending. */
static inline const char *scratch_file(const char *ending, const uint8_t *data, size_t bytes) {
  static char path[128];
  snprintf(path, sizeof path, "%s/mien-fuzz-%ld%s", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm",
           (long)getpid(), ending);
  FILE *file = fopen(path, "wb");
  if (!file || (bytes && fwrite(data, 1, bytes, file) != bytes) || fclose(file)) abort();
  return path;
}

#endif
