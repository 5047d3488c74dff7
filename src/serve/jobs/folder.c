/* folder.c: files that callers name, in the operator's folder: FOLDER/TENANT/PATH, each step opened by itself from the one
 * before it, so that no link, no ".." and no change meanwhile leads out of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/jobs/upload.h"

static int refused(mien_error *error, const char *what) {
  return base_error_set(error, MIEN_EPOLICY, "path", "name a file below the folder of jobs, as \"2026/call.opus\"", "%s", what);
}

static bool plain(const char *step, size_t length) {
  return length && !(length == 1 && *step == '.') && !(length == 2 && step[0] == '.' && step[1] == '.');
}

int serve_folder_open(const char *folder, const char *tenant, const char *path, mien_error *error) {
  char whole[1024], *step = whole;
  struct stat about;
  if (!*folder) return base_error_set(error, MIEN_EPOLICY, "path", "upload the recording, or set `jobs.folder`", "this service reads no files by their path");
  if (strchr(tenant, '/') || !plain(tenant, strlen(tenant))) return refused(error, "this tenant's name is no name of a folder");
  if (snprintf(whole, sizeof whole, "%s/%s", tenant, path) >= (int)sizeof whole) return refused(error, "the path is too long");
  int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (at < 0) return base_error_set(error, MIEN_EIO, "jobs.folder", "does it exist, and may the service read it?", "%s", strerror(errno));
  for (bool last = false; !last;) {
    size_t length = strcspn(step, "/");
    last = !step[length];
    step[length] = 0;
    if (!plain(step, length)) return close(at), refused(error, "the path leads out of the folder, or has an empty step");
    int next = openat(at, step, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (last ? 0 : O_DIRECTORY));
    int why = errno;
    close(at);
    if (next < 0 && (why == ELOOP || why == ENOTDIR)) return refused(error, "a step of the path is a link, or no folder");
    if (next < 0) return base_error_set(error, MIEN_EINVAL, "path", "is it below the tenant's own folder?", "the file cannot be opened: %s", strerror(why));
    at = next;
    step += length + 1;
  }
  if (fstat(at, &about) || !S_ISREG(about.st_mode)) return close(at), refused(error, "it is no regular file");
  return at;
}
