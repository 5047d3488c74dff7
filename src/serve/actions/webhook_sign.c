/* webhook_sign.c: see webhook_sign.h. */
#include "serve/actions/webhook_sign.h"

#include <sodium.h>
#include <stdio.h>

enum { KEY = 64, LEAST = 24 };

static const char *const prefixes[] = {"whsec_", "whsk_"};

/* The key's bytes; 0: none. `ed25519` tells which. */
static size_t key_of(const char *secret, uint8_t key[KEY], bool *ed25519) {
  for (size_t i = 0; i < BASE_COUNT(prefixes); i++) {
    size_t length = strlen(prefixes[i]), count;
    if (strncmp(secret, prefixes[i], length)) continue;
    *ed25519 = i == 1;
    const char *end;
    if (sodium_base642bin(key, KEY, secret + length, strlen(secret + length), NULL, &count, &end, sodium_base64_VARIANT_ORIGINAL) || *end) return 0;
    return count >= LEAST && (!*ed25519 || count == crypto_sign_SECRETKEYBYTES) ? count : 0;
  }
  return 0;
}

bool webhook_secret_right(const char *secret) {
  uint8_t key[KEY];
  bool ed25519;
  size_t count = strlen(secret) < WEBHOOK_SECRET ? key_of(secret, key, &ed25519) : 0;
  sodium_memzero(key, sizeof key);
  return count > 0;
}

static void write_key(char *to, const char *prefix, const uint8_t *key, size_t count) {
  size_t length = (size_t)snprintf(to, WEBHOOK_SECRET, "%s", prefix);
  sodium_bin2base64(to + length, WEBHOOK_SECRET - length, key, count, sodium_base64_VARIANT_ORIGINAL);
}

void webhook_secret_make(char secret[WEBHOOK_SECRET], bool ed25519) {
  uint8_t key[crypto_sign_SECRETKEYBYTES], open[crypto_sign_PUBLICKEYBYTES];
  if (ed25519) crypto_sign_keypair(open, key);
  else randombytes_buf(key, 32);
  write_key(secret, prefixes[ed25519], key, ed25519 ? sizeof key : 32);
  sodium_memzero(key, sizeof key);
}

void webhook_public_key(const char *secret, char text[WEBHOOK_SECRET]) {
  uint8_t key[KEY], open[crypto_sign_PUBLICKEYBYTES];
  bool ed25519 = false;
  *text = 0;
  if (key_of(secret, key, &ed25519) && ed25519 && !crypto_sign_ed25519_sk_to_pk(open, key)) write_key(text, "whpk_", open, sizeof open);
  sodium_memzero(key, sizeof key);
}

bool webhook_sign(const char *secret, const char *id, long long timestamp, const char *body, size_t bytes, char signature[WEBHOOK_SIGNATURE]) {
  uint8_t key[KEY], made[crypto_sign_BYTES];
  char head[160];
  bool ed25519 = false;
  size_t count = key_of(secret, key, &ed25519);
  size_t length = (size_t)snprintf(head, sizeof head, "%s.%lld.", id, timestamp);
  if (!count || length >= sizeof head) return false;
  if (ed25519) {
    base_text whole = {0}; /* Ed25519 (not its pre-hashed form) needs it in one piece */
    base_text_add(&whole, head, length);
    base_text_add(&whole, body, bytes);
    bool ok = !whole.failed && !crypto_sign_detached(made, NULL, (const uint8_t *)whole.data, whole.length, key);
    base_text_clear(&whole);
    if (!ok) count = 0;
  } else {
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, count);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)head, length);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)body, bytes);
    crypto_auth_hmacsha256_final(&state, made);
  }
  sodium_memzero(key, sizeof key);
  length = (size_t)snprintf(signature, WEBHOOK_SIGNATURE, "%s,", ed25519 ? "v1a" : "v1");
  sodium_bin2base64(signature + length, WEBHOOK_SIGNATURE - length, made, ed25519 ? sizeof made : crypto_auth_hmacsha256_BYTES, sodium_base64_VARIANT_ORIGINAL);
  return count > 0;
}
