/* powerloss.c: a disk that loses what was not synced, for test_power.py: loaded before the C library (LD_PRELOAD), it copies a
 * file of $POWERLOSS_FROM to $POWERLOSS_TO whenever it is synced, and nothing else. What is in TO after the program was killed is
 * what a power failure leaves in the worst case: each file as it was when it was last synced. Renaming and removing count at
 * once, as on a file system that orders them. */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The place in TO of a path in FROM; false: it is elsewhere. */
static int shadow_of(const char *path, char to[PATH_MAX]) {
  const char *from = getenv("POWERLOSS_FROM"), *into = getenv("POWERLOSS_TO");
  size_t n = from ? strlen(from) : 0;
  return n && into && !strncmp(path, from, n) && path[n] == '/' && snprintf(to, PATH_MAX, "%s%s", into, path + n) < PATH_MAX;
}

static void copy(int file) {
  char link[64], path[PATH_MAX], to[PATH_MAX], fresh[PATH_MAX + 8], bytes[65536];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n <= 0) return;
  path[n] = 0;
  struct stat is;
  if (!shadow_of(path, to) || fstat(file, &is) || !S_ISREG(is.st_mode)) return;
  int in = open(path, O_RDONLY | O_CLOEXEC);
  snprintf(fresh, sizeof fresh, "%s.part", to);
  int out = in < 0 ? -1 : open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, is.st_mode & 0777);
  while (out >= 0 && (n = read(in, bytes, sizeof bytes)) > 0)
    if (write(out, bytes, (size_t)n) != n) abort();
  if (in >= 0) close(in);
  if (out >= 0) close(out), rename(fresh, to);
}

/* The next function of this name; a union, since C has no conversion from an object's address to a function's. */
typedef union function {
  void *object;
  int (*of_file)(int);
  int (*of_path)(const char *);
  int (*of_two)(const char *, const char *);
} function;

static function real(const char *name) { return (function){.object = dlsym(RTLD_NEXT, name)}; }

__attribute__((visibility("default"))) int fsync(int file) {
  int code = real("fsync").of_file(file);
  pthread_mutex_lock(&lock);
  if (!code) copy(file);
  pthread_mutex_unlock(&lock);
  return code;
}

__attribute__((visibility("default"))) int fdatasync(int file) {
  int code = real("fdatasync").of_file(file);
  pthread_mutex_lock(&lock);
  if (!code) copy(file);
  pthread_mutex_unlock(&lock);
  return code;
}

__attribute__((visibility("default"))) int rename(const char *from, const char *to) {
  char a[PATH_MAX], b[PATH_MAX];
  int code = real("rename").of_two(from, to);
  if (!code && shadow_of(from, a) && shadow_of(to, b)) renameat(AT_FDCWD, a, AT_FDCWD, b);
  return code;
}

__attribute__((visibility("default"))) int unlink(const char *path) {
  char to[PATH_MAX];
  int code = real("unlink").of_path(path);
  if (!code && shadow_of(path, to)) unlinkat(AT_FDCWD, to, 0);
  return code;
}
