/* vault/: a master key, a key a subject wrapped by it, and what is sealed under a subject's key.
 *
 * It keeps nothing on disk: the caller keeps wrapped keys and sealed bytes, apart from each other. It
 * is not a ledger of erasures, and knows no tables.
 *
 * Threads: a vault is read-only once open; any thread may use it. A vault_key belongs to one thread at
 * a time. Both live in locked memory that is wiped when closed (libsodium's sodium_malloc).
 *
 * Formats: XChaCha20-Poly1305 (crypto_aead_xchacha20poly1305_ietf), a random nonce of 24 bytes first, then
 * the cipher text with its tag of 16 bytes. A wrapped key has the id of its master key, 8 bytes, before that. */
#ifndef VAULT_H
#define VAULT_H

#include "base/base.h"

enum { VAULT_KEY_BYTES = 32, VAULT_ID_BYTES = 8, VAULT_OVERHEAD = 24 + 16,
       VAULT_WRAPPED_BYTES = VAULT_ID_BYTES + VAULT_OVERHEAD + VAULT_KEY_BYTES };
#define VAULT_SEAL_MAX ((size_t)64 << 20) /* bytes sealed at once */

typedef struct vault vault;
typedef struct vault_key vault_key;

/* Opens with the master key in `path` (base64 of 32 bytes and at most white space after it). The file
 * must be a regular one of this user or root, readable by nobody else: else MIEN_EPOLICY. */
int vault_open_file(vault **opened, const char *path, mien_error *error);
/* The same from $MIEN_MASTER_KEY, which is wiped and removed, whether it was good or not. Not while
 * other threads read the environment. */
int vault_open_environment(vault **opened, mien_error *error);
void vault_close(vault **opened);
/* Which master key this is: BLAKE2b of it, 8 bytes. */
void vault_id(const vault *opened, uint8_t id[VAULT_ID_BYTES]);

/* A new random key for `subject` of `tenant`, and the same wrapped. Ownership: *key is the caller's. */
int vault_key_new(vault_key **key, uint8_t wrapped[VAULT_WRAPPED_BYTES], const vault *master, const char *tenant,
                  const char *subject, mien_error *error);
/* MIEN_EFORMAT: wrapped by another master key, for another subject or tenant, or changed. */
int vault_key_open(vault_key **key, const uint8_t wrapped[VAULT_WRAPPED_BYTES], const vault *master,
                   const char *tenant, const char *subject, mien_error *error);
void vault_key_close(vault_key **key);
/* Rotation: `wrapped` under `old` becomes wrapped under `fresh`. Sealed bytes stay as they are. On an
 * error it is left as it was. */
int vault_key_rewrap(uint8_t wrapped[VAULT_WRAPPED_BYTES], const vault *old, const vault *fresh, const char *tenant,
                     const char *subject, mien_error *error);

/* Where sealed bytes belong; bytes moved to another place do not open. Strings are not NULL. */
typedef struct vault_place {
  const char *tenant, *table, *row, *column;
} vault_place;
/* Writes bytes + VAULT_OVERHEAD to `sealed`. `plain` and `sealed` do not overlap. */
int vault_seal(uint8_t *sealed, const uint8_t *plain, size_t bytes, const vault_key *key, const vault_place *place,
               mien_error *error);
/* Writes bytes - VAULT_OVERHEAD to `plain`. MIEN_EFORMAT, and nothing of the plain text is written, when the key or the
 * place is another or a byte was changed. */
int vault_open_sealed(uint8_t *plain, const uint8_t *sealed, size_t bytes, const vault_key *key,
                      const vault_place *place, mien_error *error);

#endif
