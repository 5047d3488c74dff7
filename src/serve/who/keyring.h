/* keyring.h: keys of callers that are made, listed and revoked while the service runs: in the store, by their hash; in
 * memory with those of the file (keys.h). Of one thread.
 *
 * They belong to the service, not to a tenant's own data: the tenant's name is what they are listed by. */
#ifndef SERVE_KEYRING_H
#define SERVE_KEYRING_H

#include <jansson.h>

#include "serve/who/keys.h"
#include "store/store.h"

typedef struct serve_keyring_key {
  char tenant[64], label[64];
  unsigned scopes;  /* SERVE_SCOPE_… */
  double until;     /* seconds since 1970; INFINITY: until revoked */
} serve_keyring_key;

/* "read", "stream", "consent", "review", "privacy", "admin"; 0: none of that name. */
unsigned serve_scope_named(const char *name);
json_t *serve_scopes_json(unsigned scopes);

/* All keys of the store to `keys`, in place of those that came from there before. */
int serve_keyring_load(store *s, serve_keys *keys, mien_error *error);
/* `secret` (SERVE_KEY_TEXT + 1 bytes) is the key itself, given once; `id` (STORE_ID bytes). `keys` may be NULL. */
int serve_keyring_make(store *s, serve_keys *keys, const serve_keyring_key *key, char *id, char *secret, mien_error *error);
/* {"key","tenant","label","scopes","made","expires"} of one of the tenant, or MIEN_EEMPTY. */
int serve_keyring_get(store *s, const char *tenant, const char *id, json_t **body, mien_error *error);
/* Of the tenant ("": all), the newest first; `before` as in store.h. */
int serve_keyring_list(store *s, const char *tenant, char before[STORE_CURSOR], size_t limit, json_t *list, mien_error *error);
int serve_keyring_revoke(store *s, serve_keys *keys, const char *tenant, const char *id, mien_error *error);

#endif
