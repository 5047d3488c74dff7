/* vault/: a master key, a key a subject wrapped by it, and what is sealed under a subject's key.
 *
 * It keeps nothing on disk: the caller keeps wrapped keys and sealed bytes, apart from each other. It
 * is not a ledger of erasures, and knows no tables.
 *
 * Threads: a vault is read-only once open; any thread may use it. A vault_key is read-only as well. A
 * vault_cache locks itself. All live in locked memory that is wiped when closed (libsodium's sodium_malloc).
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
/* The same from what the program `argv` (ends with NULL; no shell) prints: a KMS's or an HSM's own client. It gets
 * no input and the environment, its errors go where this process' go; it has `seconds` before it is killed.
 * MIEN_EIO: it could not be run, failed, or was too slow. */
int vault_open_command(vault **opened, char *const argv[], double seconds, mien_error *error);
/* By one word of a settings file: "env", "command:PROGRAM ARGUMENT…" (parted by blanks; 10 s), else a file's path. */
int vault_open(vault **opened, const char *source, mien_error *error);
/* Writes a new master key to the file `path`, which must not exist, with mode 0600, and waits for the disk. */
int vault_make_file(const char *path, mien_error *error);
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
/* The one of `masters` that `wrapped` was wrapped with, NULL none. For a rotation without downtime several are open:
 * the first wraps what is new, any of them opens. */
const vault *vault_of(const vault *const *masters, size_t count, const uint8_t wrapped[VAULT_WRAPPED_BYTES]);

/* Unwrapped keys that are wanted again soon, in one block of locked memory, which is wiped when a key leaves. The one
 * that was used longest ago goes first. A key that is held stays until it is released, even when it is forgotten. */
typedef struct vault_cache vault_cache;
int vault_cache_open(vault_cache **cache, size_t keys, mien_error *error); /* 1…65536 keys */
void vault_cache_close(vault_cache **cache);                              /* nobody holds one any more */
/* NULL: not there. Release what you get. */
const vault_key *vault_cache_hold(vault_cache *cache, const char *tenant, const char *subject);
/* Puts a copy in and holds it. NULL: every place is held; go on with `key`. */
const vault_key *vault_cache_put(vault_cache *cache, const char *tenant, const char *subject, const vault_key *key);
void vault_cache_release(vault_cache *cache, const vault_key *key); /* NULL: nothing happens */
void vault_cache_forget(vault_cache *cache, const char *tenant, const char *subject);

/* A hash of `parts` that only who has the key can make (BLAKE2b-256, keyed by a key derived from it); each part counts
 * with its length. For looking something up by a name that is not kept. */
void vault_key_hash(uint8_t hash[32], const vault_key *key, const char *const *parts, size_t count);
/* Ed25519, by a seed derived from the key. */
enum { VAULT_SIGNATURE_BYTES = 64, VAULT_PUBLIC_BYTES = 32 };
void vault_key_sign(const vault_key *key, const uint8_t *bytes, size_t count, uint8_t signature[VAULT_SIGNATURE_BYTES],
                    uint8_t public_key[VAULT_PUBLIC_BYTES]);
bool vault_signature_holds(const uint8_t *bytes, size_t count, const uint8_t signature[VAULT_SIGNATURE_BYTES],
                           const uint8_t public_key[VAULT_PUBLIC_BYTES]);

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
