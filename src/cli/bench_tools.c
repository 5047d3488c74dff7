/* bench_tools.c: programs run and timed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/bench.h"

static double seconds_of(const struct rusage *use) {
  return (double)use->ru_utime.tv_sec + (double)use->ru_utime.tv_usec * 1e-6 +
         (double)use->ru_stime.tv_sec + (double)use->ru_stime.tv_usec * 1e-6;
}

bench_cost bench_run(char *const argv[], const char *out) {
  bench_cost nothing = {NAN, NAN};
  pid_t child = fork();
  if (child < 0) return nothing;
  if (!child) {
    int null = open("/dev/null", O_RDWR);
    int to = out ? open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600) : null;
    if (null < 0 || to < 0) _exit(126);
    dup2(null, STDIN_FILENO);
    dup2(to, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execvp(argv[0], argv);
    _exit(127);
  }
  int status;
  struct rusage use;
  while (wait4(child, &status, 0, &use) < 0)
    if (errno != EINTR) return nothing;
  if (!WIFEXITED(status) || WEXITSTATUS(status)) return nothing;
  return (bench_cost){seconds_of(&use), (double)use.ru_maxrss * 1024};
}

bench_cost bench_best(const bench *b, char *const argv[]) {
  bench_cost best = bench_run(argv, NULL);
  for (int i = 1; i < b->repeats; i++) {
    bench_cost one = bench_run(argv, NULL);
    best.seconds = fmin(best.seconds, one.seconds);
    best.peak = fmax(best.peak, one.peak);
  }
  return best;
}

bool bench_have(const char *program) {
  const char *path = getenv("PATH");
  while (path && *path) {
    size_t length = strcspn(path, ":");
    char full[4096];
    if (snprintf(full, sizeof full, "%.*s/%s", (int)length, path, program) < (int)sizeof full &&
        !access(full, X_OK))
      return true;
    path += length + (path[length] == ':');
  }
  return false;
}

double bench_cpu(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
