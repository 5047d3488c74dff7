/* vault/: subjects' keys, and sealing under them. Any thread; a key belongs to one at a time. */
#include "vault/parts.h"

#include <sodium.h>

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };

void vault_bind(uint8_t out[32], const char *kind, const char *const *parts, size_t count) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, NULL, 0, 32);
  crypto_generichash_update(&state, (const uint8_t *)kind, strlen(kind) + 1);
  for (size_t i = 0; i < count; i++) {
    uint64_t length = strlen(parts[i]);
    uint8_t bytes[8];
    for (int b = 0; b < 8; b++) bytes[b] = (uint8_t)(length >> (8 * b));
    crypto_generichash_update(&state, bytes, sizeof bytes);
    crypto_generichash_update(&state, (const uint8_t *)parts[i], length);
  }
  crypto_generichash_final(&state, out, 32);
}

static void seal(uint8_t *out, const uint8_t *plain, size_t bytes, const uint8_t *key, const uint8_t bound[32]) {
  randombytes_buf(out, NONCE);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, NULL, plain, bytes, bound, 32, NULL, out, key);
}

static int unseal(uint8_t *plain, const uint8_t *sealed, size_t bytes, const uint8_t *key, const uint8_t bound[32]) {
  return crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed + NONCE, bytes - NONCE, bound, 32,
                                                    sealed, key);
}

static void wrap(uint8_t *wrapped, const vault_key *key, const vault *master, const char *tenant, const char *subject) {
  uint8_t bound[32];
  vault_bind(bound, "key", (const char *[]){tenant, subject}, 2);
  memcpy(wrapped, master->id, VAULT_ID_BYTES);
  seal(wrapped + VAULT_ID_BYTES, key->key, sizeof key->key, master->key, bound);
}

static int key_alloc(vault_key **key, mien_error *error) {
  *key = sodium_malloc(sizeof **key);
  if (*key) return MIEN_OK;
  return base_error_set(error, MIEN_ENOMEM, "vault", "raise the limit of locked memory (ulimit -l)", "no locked memory");
}

int vault_key_new(vault_key **key, uint8_t wrapped[VAULT_WRAPPED_BYTES], const vault *master, const char *tenant,
                  const char *subject, mien_error *error) {
  int code = key_alloc(key, error);
  if (code) return code;
  randombytes_buf((*key)->key, VAULT_KEY_BYTES);
  wrap(wrapped, *key, master, tenant, subject);
  return MIEN_OK;
}

int vault_key_open(vault_key **key, const uint8_t wrapped[VAULT_WRAPPED_BYTES], const vault *master,
                   const char *tenant, const char *subject, mien_error *error) {
  uint8_t bound[32];
  int code = key_alloc(key, error);
  if (code) return code;
  vault_bind(bound, "key", (const char *[]){tenant, subject}, 2);
  if (!memcmp(wrapped, master->id, VAULT_ID_BYTES) &&
      !unseal((*key)->key, wrapped + VAULT_ID_BYTES, VAULT_WRAPPED_BYTES - VAULT_ID_BYTES, master->key, bound))
    return MIEN_OK;
  vault_key_close(key);
  return base_error_set(error, MIEN_EFORMAT, "wrapped key", "open the master key it was wrapped with",
                        "does not open for this subject with this master key");
}

void vault_key_close(vault_key **key) {
  if (!key) return;
  sodium_free(*key);
  *key = NULL;
}

int vault_key_rewrap(uint8_t wrapped[VAULT_WRAPPED_BYTES], const vault *old, const vault *fresh, const char *tenant,
                     const char *subject, mien_error *error) {
  vault_key *key;
  int code = vault_key_open(&key, wrapped, old, tenant, subject, error);
  if (code) return code;
  wrap(wrapped, key, fresh, tenant, subject);
  vault_key_close(&key);
  return MIEN_OK;
}

static void bind_place(uint8_t bound[32], const vault_place *place) {
  vault_bind(bound, "sealed", (const char *[]){place->tenant, place->table, place->row, place->column}, 4);
}

int vault_seal(uint8_t *sealed, const uint8_t *plain, size_t bytes, const vault_key *key, const vault_place *place,
               mien_error *error) {
  uint8_t bound[32];
  if (bytes > VAULT_SEAL_MAX)
    return base_error_set(error, MIEN_ELIMIT, place->table, "seal it in parts", "%zu bytes to seal at once", bytes);
  bind_place(bound, place);
  seal(sealed, plain, bytes, key->key, bound);
  return MIEN_OK;
}

int vault_open_sealed(uint8_t *plain, const uint8_t *sealed, size_t bytes, const vault_key *key,
                      const vault_place *place, mien_error *error) {
  uint8_t bound[32];
  bind_place(bound, place);
  if (bytes >= VAULT_OVERHEAD && bytes <= VAULT_SEAL_MAX + VAULT_OVERHEAD &&
      !unseal(plain, sealed, bytes, key->key, bound))
    return MIEN_OK;
  return base_error_set(error, MIEN_EFORMAT, place->table, "", "sealed bytes do not open with this key at this place");
}

/* ---- What else a key does: each use with a key of its own, derived from it. */

static void derive(uint8_t derived[32], const vault_key *key, const char *use) {
  crypto_generichash(derived, 32, (const uint8_t *)use, strlen(use), key->key, sizeof key->key);
}

void vault_key_hash(uint8_t hash[32], const vault_key *key, const char *const *parts, size_t count) {
  uint8_t derived[32], bound[32];
  derive(derived, key, "mien hash");
  vault_bind(bound, "hash", parts, count);
  crypto_generichash(hash, 32, bound, sizeof bound, derived, sizeof derived);
  sodium_memzero(derived, sizeof derived);
}

void vault_key_sign(const vault_key *key, const uint8_t *bytes, size_t count, uint8_t signature[VAULT_SIGNATURE_BYTES],
                    uint8_t public_key[VAULT_PUBLIC_BYTES]) {
  uint8_t seed[32], secret[crypto_sign_ed25519_SECRETKEYBYTES];
  derive(seed, key, "mien sign");
  crypto_sign_ed25519_seed_keypair(public_key, secret, seed);
  crypto_sign_ed25519_detached(signature, NULL, bytes, count, secret);
  sodium_memzero(seed, sizeof seed);
  sodium_memzero(secret, sizeof secret);
}

bool vault_signature_holds(const uint8_t *bytes, size_t count, const uint8_t signature[VAULT_SIGNATURE_BYTES],
                           const uint8_t public_key[VAULT_PUBLIC_BYTES]) {
  return crypto_sign_ed25519_verify_detached(signature, bytes, count, public_key) == 0;
}
