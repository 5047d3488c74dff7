/* file.c: a file in place of another. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/base.h"

bool base_file_replace(const char *path, const void *bytes, size_t count) {
  char fresh[4096];
  const char *at = bytes;
  if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", path) >= sizeof fresh) return errno = ENAMETOOLONG, false;
  int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool ok = file >= 0;
  for (size_t done = 0; ok && done < count;) {
    ssize_t n = write(file, at + done, count - done);
    ok = n > 0;
    done += n > 0 ? (size_t)n : 0;
  }
  ok = ok && !fsync(file);
  if (file >= 0) ok = !close(file) && ok;
  return ok && !rename(fresh, path);
}
