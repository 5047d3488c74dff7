/* adapt_log.c: see adapt_log.h. */
#include "cli/adapt_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"

static int read_all(int file, const char *path, size_t most, char **bytes, size_t *count, mien_error *error) {
  size_t room = 1 << 16, at = 0;
  char *text = malloc(room);
  ssize_t got = 1;
  while (text && (got = read(file, text + at, room - at)) > 0) {
    at += (size_t)got;
    if (at > most) {
      free(text);
      return base_error_set(error, MIEN_ELIMIT, path, "", "the file is larger than %zu bytes", most);
    }
    if (at < room) continue;
    char *longer = realloc(text, room *= 2);
    if (!longer) free(text);
    text = longer;
  }
  if (!text) return base_error_set(error, MIEN_ENOMEM, path, "", "out of memory");
  if (got < 0) {
    free(text);
    return base_error_set(error, MIEN_EIO, path, "", "%s", strerror(errno));
  }
  *bytes = text, *count = at;
  return MIEN_OK;
}

int cli_file_whole(const char *path, size_t most, char **bytes, size_t *count, mien_error *error) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return base_error_set(error, MIEN_EIO, path, "", "%s", strerror(errno));
  int code = read_all(file, path, most, bytes, count, error);
  close(file);
  return code;
}

static int put(void *context, const char *line, size_t bytes) {
  adapt_log *log = context;
  char *whole = malloc(bytes + 1);
  if (!whole) return -1;
  memcpy(whole, line, bytes);
  whole[bytes] = '\n';
  bool ok = write(log->file, whole, bytes + 1) == (ssize_t)bytes + 1;
  free(whole);
  return ok ? 0 : -1;
}

static int locked(adapt_log *log, int flags, mien_error *error) {
  log->file = open(log->path, flags | O_CLOEXEC, 0600);
  if (log->file < 0)
    return base_error_set(error, MIEN_EIO, log->path, errno == EEXIST ? "choose another name, or go on with that policy" : "`mien adapt new` makes one", "%s", strerror(errno));
  if (!(flags & O_RDWR) || !flock(log->file, LOCK_EX)) return MIEN_OK;
  return base_error_set(error, MIEN_EIO, log->path, "", "the log could not be locked: %s", strerror(errno));
}

int adapt_log_new(adapt_log *log, const char *path, const char *json, size_t bytes, mien_error *error) {
  *log = (adapt_log){.file = -1, .path = path};
  mien_adapt *tried; /* so that no file is left behind by a wrong description */
  int code = mien_adapt_open(&tried, json, bytes, NULL, NULL, error);
  mien_adapt_close(&tried);
  if (!code) code = locked(log, O_RDWR | O_CREAT | O_EXCL | O_APPEND, error);
  if (!code) code = mien_adapt_open(&log->policy, json, bytes, put, log, error);
  if (code) adapt_log_close(log);
  return code;
}

int adapt_log_open(adapt_log *log, const char *path, int writes, mien_error *error) {
  char *bytes = NULL;
  size_t count, whole;
  *log = (adapt_log){.file = -1, .path = path};
  int code = locked(log, writes ? O_RDWR | O_APPEND : O_RDONLY, error);
  if (!code) code = read_all(log->file, path, ADAPT_LOG_MOST, &bytes, &count, error);
  if (!code) code = mien_adapt_load(&log->policy, bytes, count, writes ? put : NULL, log, &whole, error);
  if (!code && writes && whole < count && ftruncate(log->file, (off_t)whole)) code = base_error_set(error, MIEN_EIO, path, "", "%s", strerror(errno));
  free(bytes);
  if (code) adapt_log_close(log);
  return code;
}

void adapt_log_close(adapt_log *log) {
  mien_adapt_close(&log->policy);
  if (log->file >= 0) close(log->file);
  log->file = -1;
}
