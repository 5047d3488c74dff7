/* webhooks_parts.h: what webhooks.c and deliveries.c share. Of these files alone. */
#ifndef SERVE_WEBHOOKS_PARTS_H
#define SERVE_WEBHOOKS_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "serve/actions/webhooks.h"
#include "serve/calls/send.h"

struct serve_webhooks {
  struct serve_server *server;
  store *store;
  serve_sender *sender;
  pthread_mutex_t lock;
  serve_endpoint *all;
  atomic_size_t count;        /* of them */
  struct webhook_call *calls; /* on their way; of the thread of actions */
  double swept;               /* base_clock() */
};

/* Under the lock; NULL: none. `tenant` NULL: of any. */
serve_endpoint *webhooks_find(serve_webhooks *webhooks, const char *tenant, const char *id);
void webhooks_state(char state[STORE_NAME], const char *is, const char *endpoint); /* "waiting w_…" */
/* The server said that it is gone for good. */
void webhooks_disable(serve_webhooks *webhooks, const char *id);
/* Takes away all deliveries of an endpoint. */
int deliveries_drop(const store_tenant *t, const char *endpoint, mien_error *error);
void deliveries_close(serve_webhooks *webhooks);
/* serve_sent, for the sender. */
void deliveries_sent(void *context, void *call, int status, const char *what, double retry_after);

#endif
