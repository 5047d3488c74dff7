/* systemd.c: the two interfaces of systemd that a service needs. */
#include "serve/systemd.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST = 3 /* SD_LISTEN_FDS_START */ };

int serve_systemd_socket(void) {
  const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
  const int ours = pid && count && strtol(pid, NULL, 10) == (long)getpid() && strtol(count, NULL, 10) >= 1;
  int listens = 0;
  socklen_t bytes = sizeof listens;
  unsetenv("LISTEN_PID");
  unsetenv("LISTEN_FDS");
  unsetenv("LISTEN_FDNAMES");
  if (!ours || getsockopt(FIRST, SOL_SOCKET, SO_ACCEPTCONN, &listens, &bytes) || !listens) return -1;
  fcntl(FIRST, F_SETFD, FD_CLOEXEC);
  fcntl(FIRST, F_SETFL, fcntl(FIRST, F_GETFL) | O_NONBLOCK);
  return FIRST;
}

void serve_systemd_say(const char *state) {
  const char *path = getenv("NOTIFY_SOCKET");
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  if (!path || (*path != '/' && *path != '@') || strlen(path) >= sizeof to.sun_path) return;
  memcpy(to.sun_path, path, strlen(path));
  if (*path == '@') to.sun_path[0] = 0; /* an abstract name */
  int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0) return;
  sendto(s, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
  close(s);
}
