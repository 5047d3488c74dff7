/* send.h: calls to other people's servers, many at once, on libcurl.
 *
 * A call ends within `timeout`, whatever the other side does; no redirect is followed, no proxy of the environment used,
 * and nothing of the answer but its status is looked at. The address that a name was resolved to is looked at when the
 * socket is made, so that the one checked is the one called (address.h).
 *
 * Threads: of one, but serve_sender_wake. */
#ifndef SERVE_SEND_H
#define SERVE_SEND_H

#include "base/base.h"

enum { SEND_HEADERS = 16, SEND_AT_ONCE = 32 };

typedef struct serve_outgoing {
  const char *method, *url;
  bool anywhere;                      /* its host is named by the operator */
  const char *headers[SEND_HEADERS];  /* "name: value" */
  size_t header_count;
  const char *body;
  size_t bytes;
  const char *ca;                     /* PEM file of authorities; "" or NULL: those of the system */
  double timeout;                     /* seconds */
} serve_outgoing;

/* `status`: of the answer, 0 none; then `what` says why, in a few words. `retry_after`: seconds, as the answer asks; 0. */
typedef void (*serve_sent)(void *context, void *call, int status, const char *what, double retry_after);

typedef struct serve_sender serve_sender;
int serve_sender_open(serve_sender **sender, serve_sent sent, void *context, mien_error *error);
void serve_sender_close(serve_sender **sender); /* what is on its way is given up without `sent` */
/* Copies what it needs. `call` is for `sent`. */
int serve_sender_add(serve_sender *sender, const serve_outgoing *outgoing, void *call, mien_error *error);
size_t serve_sender_count(const serve_sender *sender); /* on their way */
/* Goes on with all of them, and waits until something happens, somebody wakes it, or `seconds` have passed. */
void serve_sender_turn(serve_sender *sender, double seconds);
void serve_sender_wake(serve_sender *sender);

#endif
