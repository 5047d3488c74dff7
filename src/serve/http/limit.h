/* limit.h: how much one caller may ask: a token bucket for each key, for each address, and for the wrong keys that come
 * from an address. Of the loop's thread.
 *
 * What it is not: a protection against more connections than the machine bears (settings.connections is). The table has
 * a fixed size; where it is crowded, the bucket that is fullest makes room, so that forgetting never punishes. */
#ifndef SERVE_LIMIT_H
#define SERVE_LIMIT_H

#include "serve/http/request.h"
#include "serve/who/who.h"

typedef struct serve_limits serve_limits;

int serve_limits_open(serve_limits **limits, mien_error *error);
void serve_limits_close(serve_limits **limits);

/* Takes `cost` tokens from the bucket of `name`, which gets `rate` of them a second and holds 2 `rate`, at least 20. 0, or after
 * how many seconds there are enough. `left` (may be NULL): tokens that are there. rate 0: no limit. */
double serve_limits_take(serve_limits *limits, char kind, const char *name, double rate, double cost, double now, double *left);

/* For a request: 429 is answered, and false returned, where its address (before it is known who calls) or its key has
 * asked too much. */
bool serve_limit_address(serve_request *request);
bool serve_limit_key(serve_request *request);
bool serve_limit_upgrade(struct serve_server *server, const serve_who *who); /* the same for a WebSocket */
/* A wrong key came: false where this address has sent many, with 429 answered. Who has a good key is not kept out. */
bool serve_limit_wrong(serve_request *request);

#endif
