/* vault/: a master key that a program prints: the client of a KMS or an HSM. Any thread. */
#include "vault/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { OUTPUT = 256, WORDS = 32 };

/* Reads until the program closes its output. False: it was too slow, or said too much. */
static bool listen_to(int from, char *text, size_t room, size_t *bytes, double until) {
  *bytes = 0;
  while (*bytes < room) {
    struct pollfd ready = {from, POLLIN, 0};
    double left = until - base_clock();
    int got = left > 0 ? poll(&ready, 1, (int)(1000 * left) + 1) : 0;
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    ssize_t count = read(from, text + *bytes, room - *bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0;
    *bytes += (size_t)count;
  }
  return false;
}

/* Its exit status, or -1 where it had to be killed. */
static int wait_for(pid_t child, bool finished, double until) {
  int status = 0;
  if (!finished) kill(child, SIGKILL);
  while (finished && waitpid(child, &status, WNOHANG) == 0) {
    if (base_clock() > until) {
      kill(child, SIGKILL);
      finished = false;
    }
    poll(NULL, 0, 5);
  }
  if (!finished) waitpid(child, &status, 0);
  return finished && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int start(pid_t *child, char *const argv[], int to) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none;
  sigemptyset(&none);
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, to, 1);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  int failed = posix_spawn(child, argv[0], &actions, &attributes, argv, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

int vault_open_command(vault **opened, char *const argv[], double seconds, mien_error *error) {
  int ends[2];
  char text[OUTPUT];
  size_t bytes;
  pid_t child;
  *opened = NULL;
  if (!argv[0] || argv[0][0] != '/')
    return base_error_set(error, MIEN_EINVAL, "command", "begin it with /", "the program that prints the master key needs its whole path");
  if (pipe2(ends, O_CLOEXEC)) return base_error_set(error, MIEN_EIO, argv[0], "", "%s", strerror(errno));
  int failed = start(&child, argv, ends[1]);
  close(ends[1]);
  if (failed) {
    close(ends[0]);
    return base_error_set(error, MIEN_EIO, argv[0], "is it there, and may it be run?", "%s", strerror(failed));
  }
  double until = base_clock() + seconds;
  bool finished = listen_to(ends[0], text, sizeof text, &bytes, until);
  close(ends[0]);
  int status = wait_for(child, finished, until), code;
  if (status == 0) code = vault_open_text(opened, text, bytes, argv[0], error);
  else code = base_error_set(error, MIEN_EIO, argv[0], "run it by hand: it must print base64 of 32 bytes", "%s",
                             status < 0 ? "the program took too long, said more than a key, or was killed" : "the program failed");
  sodium_memzero(text, sizeof text);
  return code;
}

int vault_open(vault **opened, const char *source, mien_error *error) {
  char words[512], *argv[WORDS + 1] = {NULL}, *rest = words;
  size_t count = 0;
  *opened = NULL;
  if (!strcmp(source, "env")) return vault_open_environment(opened, error);
  if (strncmp(source, "command:", 8)) return vault_open_file(opened, source, error);
  if (strlen(source) >= sizeof words) return base_error_set(error, MIEN_ELIMIT, "command", "write a script", "longer than %zu bytes", sizeof words);
  snprintf(words, sizeof words, "%s", source + 8);
  for (char *word; count < WORDS && (word = strsep(&rest, " "));)
    if (*word) argv[count++] = word;
  return vault_open_command(opened, argv, 10, error);
}
