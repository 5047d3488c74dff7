/* settings.c: the usual values. */
#include "serve/settings.h"

#include <stdio.h>

void serve_settings_init(serve_settings *s) {
  *s = (serve_settings){.port = 7610, .audiosocket_port = -1, .connections = 2000, .conversations = 1000, .body = 8 << 20,
                        .header_timeout = 10, .idle_timeout = 60, .linger = 60, .drain = 20};
  snprintf(s->address, sizeof s->address, "127.0.0.1");
  snprintf(s->data, sizeof s->data, "mien-data");
}
