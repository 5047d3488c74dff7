/* settings.h: what an operator decides. One YAML file, each value also by environment. */
#ifndef SERVE_SETTINGS_H
#define SERVE_SETTINGS_H

#include "base/base.h"

enum { SERVE_TEXT = 256 };

typedef struct serve_settings {
  char address[64];            /* "127.0.0.1", "::", … or "unix:/run/mien.sock" */
  int port;                    /* 0: any that is free */
  char certificate[SERVE_TEXT], private_key[SERVE_TEXT]; /* PEM; "" none: plain HTTP; "self": made in `data` */
  int audiosocket_port;        /* Asterisk's door; -1: closed, 0: any that is free */
  char data[SERVE_TEXT];       /* folder of the store, keys and certificate; made with mode 0700 */
  char policies[SERVE_TEXT];   /* folder of packs beside those inside; "" none */
  int threads;                 /* that read; 0: one a processor */
  int connections;             /* at most */
  int conversations;           /* at most */
  size_t body;                 /* bytes of a request at most */
  double header_timeout, idle_timeout; /* seconds until a request is complete; without any traffic */
  double linger;               /* seconds that a conversation waits for its client to rejoin */
  double drain;                /* seconds that a stop waits for what is being read */
  int rate;                    /* requests a second and key, in bursts of twice as many; 0: no limit */
} serve_settings;

void serve_settings_init(serve_settings *settings);

#endif
