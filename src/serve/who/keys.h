/* keys.h: the keys of callers. A key is "mien_" and 43 characters of base64; what is kept is its id, its hash,
 * its tenant and its scopes. Finding takes the same time for every key of the right length. */
#ifndef SERVE_KEYS_H
#define SERVE_KEYS_H

#include "serve/who/who.h"

enum { SERVE_KEY_TEXT = 48, SERVE_KEY_HASH = 32 };

typedef struct serve_keys serve_keys;

/* From the file of keys in the folder `data`, one a line: id, tenant, scopes, hash. Where there is none, one
 * key of all scopes for the tenant "default" is made, and written in clear to `data`/first.key (mode 0600). */
int serve_keys_open(serve_keys **keys, const char *data, mien_error *error);
void serve_keys_close(serve_keys **keys);
bool serve_keys_find(const serve_keys *keys, const char *key, serve_who *who);
/* A new random key (SERVE_KEY_TEXT + 1 bytes) and its hash. */
void serve_key_make(char *text, uint8_t hash[SERVE_KEY_HASH]);
/* One that is not in the file (keyring.h); valid before `until`, seconds since 1970. MIEN_ELIMIT: 4096 are there. */
int serve_keys_add(serve_keys *keys, const serve_who *who, const uint8_t hash[SERVE_KEY_HASH], double until);
bool serve_keys_has(const serve_keys *keys, const char *id); /* and it has not expired */
bool serve_keys_tenant(const serve_keys *keys, const char *tenant); /* one of them has this tenant */
void serve_keys_remove(serve_keys *keys, const char *id); /* NULL: all that were added */

#endif
