/* who.h: who calls: a key, its tenant and its scopes. */
#ifndef SERVE_WHO_H
#define SERVE_WHO_H

#include "serve/http/request.h"

enum { SERVE_BY_ACCOUNT, SERVE_BY_KEY, SERVE_BY_PROVIDER /* oidc.h */ };

typedef struct serve_who {
  char tenant[64], key[64]; /* the key's id, never the key */
  unsigned scopes;
  int by; /* SERVE_BY_…; who logged in with a key is so no longer than that is valid */
} serve_who;

/* A key as it was given to its holder. */
bool serve_who_by_key(struct serve_server *server, const char *key, serve_who *who);
/* "Bearer KEY" of the header, or access_token=KEY of the query (for browsers' WebSocket). */
bool serve_who_is(struct serve_server *server, const char *authorization, const char *query, serve_who *who);
/* By the cookie of who is logged in; `csrf` NULL: a request that changes nothing. SERVE_NOBODY… (accounts.h). */
int serve_who_logged_in(struct serve_server *server, const char *cookie, const char *csrf, serve_who *who);
/* Ends the connections of those who are logged out, or whose key is no longer valid; once a second. */
void serve_who_sweep(struct serve_server *server);
/* The value of a cookie, "mien_session" that logging in sets; "" where there is none. */
void serve_who_cookie(struct lws *wsi, const char *name, char *to, size_t room);
/* Fills the request's tenant, key and scopes; answers 401, 403 or 429 and returns false where `scope` is not the caller's. */
bool serve_who_may(serve_request *request, unsigned scope);

#endif
