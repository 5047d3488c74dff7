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

#endif
