/* systemd.h: what a service manager of systemd's kind says by environment, and is told: sockets that it opened
 * (sd_listen_fds(3)) and states of the service (sd_notify(3)). Needs no library; without such a manager nothing is
 * there and nothing is said. */
#ifndef SERVE_SYSTEMD_H
#define SERVE_SYSTEMD_H

/* The first listening socket that was handed over, not to be inherited further, or -1. Takes the environment's word
 * once: later calls give -1. */
int serve_systemd_socket(void);
/* "READY=1", "RELOADING=1", "STOPPING=1"; lines may be put together. */
void serve_systemd_say(const char *state);

#endif
