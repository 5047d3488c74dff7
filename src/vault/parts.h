/* What the files of vault/ share; not for other rooms. */
#ifndef VAULT_PARTS_H
#define VAULT_PARTS_H

#include "vault/vault.h"

struct vault {
  uint8_t key[VAULT_KEY_BYTES], id[VAULT_ID_BYTES];
};
struct vault_key {
  uint8_t key[VAULT_KEY_BYTES];
};

/* master.c: a vault of the base64 in `text`. */
int vault_open_text(vault **opened, const char *text, size_t bytes, const char *where, mien_error *error);
/* seal.c: BLAKE2b over the parts, each with its length before it, so that ("ab","c") is not ("a","bc"). */
void vault_bind(uint8_t out[32], const char *kind, const char *const *parts, size_t count);

#endif
