/* webhooks.h: whom events are told by calling them: endpoints of the settings and those that were added over HTTP, and
 * the deliveries that are on their way to them.
 *
 * A delivery is put into the store before it is sent, and called again until the other side takes it (2xx), later and
 * later, until it is dead; a dead one is kept for a while and may be sent again. So it comes at least once; who gets it
 * knows it again by its webhook-id. It carries one CloudEvent (1.0, structured JSON) and signatures after Standard
 * Webhooks.
 *
 * A delivery about a person whose consent covers keeping is sealed under their key. Of anybody else it is there until it
 * was taken, for a day at most.
 *
 * Threads: a lock of its own; `make` and `turn` are of the thread of actions, the rest of any. */
#ifndef SERVE_WEBHOOKS_H
#define SERVE_WEBHOOKS_H

#include <jansson.h>

#include "serve/actions/actions.h"
#include "serve/actions/recipe.h"
#include "serve/actions/webhook_sign.h"
#include "serve/calls/address.h"

struct serve_server;

enum { WEBHOOKS_A_TENANT = 100, WEBHOOKS_AT_ONCE = 4 /* calls to one endpoint */, WEBHOOKS_TRIES = 12 /* remembered */ };
#define WEBHOOKS_KEEP (7 * 86400.0)    /* seconds that what was taken, or is dead, is listed */
#define WEBHOOKS_OVERLAP 86400.0       /* seconds that the old secret signs as well after a rotation */

typedef struct serve_endpoint {
  struct serve_endpoint *next;
  char id[STORE_ID];        /* "w_…", or its name in the settings */
  char tenant[64];
  bool own;                 /* of the settings */
  bool disabled;            /* its server said 410 */
  char url[SERVE_URL];
  char secrets[2][WEBHOOK_SECRET]; /* the first signs; so does the second, until `until` */
  double until, made;       /* seconds since 1970 */
  serve_recipe *recipe;     /* of the settings alone; then `url` is its name. NULL: a webhook */
  json_t *values, *secret_values; /* that the recipe asks for */
  char base[SERVE_URL];     /* in place of the recipe's scheme and host; "" none */
  json_t *rules, *actions;  /* names that it wants; NULL: all */
  int64_t version;
  double look;              /* base_clock() when it may have something due */
  size_t calling;
} serve_endpoint;

typedef struct serve_webhooks serve_webhooks;

int serve_webhooks_open(struct serve_server *server, mien_error *error);
void serve_webhooks_close(struct serve_server *server);

bool serve_webhooks_any(const serve_webhooks *webhooks); /* there is an endpoint of somebody; does not wait */
/* Puts a delivery into the store for each endpoint that wants it. */
int serve_webhooks_make(serve_webhooks *webhooks, const store_tenant *t, const serve_action *action, mien_error *error);
/* Sends what is due, and waits at most `seconds` for something to do. */
void serve_webhooks_turn(serve_webhooks *webhooks, double seconds);
void serve_webhooks_wake(serve_webhooks *webhooks);

/* ---- For who calls over HTTP. MIEN_EEMPTY: there is none of this id. ---- */

/* `told`: as serve_webhook_describe, and "secret" (v1) or "public_key" (v1a). */
int serve_webhook_add(serve_webhooks *webhooks, const char *tenant, const json_t *asked, json_t **told, mien_error *error);
int serve_webhook_drop(serve_webhooks *webhooks, const char *tenant, const char *id, mien_error *error);
int serve_webhook_rotate(serve_webhooks *webhooks, const char *tenant, const char *id, double overlap, json_t **told, mien_error *error);
/* All of a tenant, or that of `id`: [{…}] without secrets. */
json_t *serve_webhooks_describe(serve_webhooks *webhooks, const char *tenant, const char *id);
/* Those of a tenant that use this recipe: [{"webhook","values","secrets":[names of those that are there]}]. */
json_t *serve_webhooks_of_recipe(serve_webhooks *webhooks, const char *tenant, const char *recipe);
/* `state`: "waiting", "delivered", "dead". */
int serve_webhook_deliveries(serve_webhooks *webhooks, const char *tenant, const char *id, const char *state, char before[STORE_CURSOR], size_t limit,
                             json_t *list, mien_error *error);
/* Sends again: one delivery, or ("") all that are dead. `count`: how many. */
int serve_webhook_replay(serve_webhooks *webhooks, const char *tenant, const char *id, const char *delivery, size_t *count, mien_error *error);

#endif
