/* seal.c: keys agreed on, messages opened and sealed. */
#include "serve/doors/seal.h"

enum { TEXT = 1, BINARY = 2, NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES };

void serve_seal_pair(const uint8_t *install, uint8_t public_key[SERVE_SEAL_KEY], uint8_t secret[crypto_kx_SECRETKEYBYTES]) {
  static const char purpose[] = "mien: messages";
  uint8_t seed[crypto_kx_SEEDBYTES];
  crypto_generichash(seed, sizeof seed, (const uint8_t *)purpose, sizeof purpose - 1, install, 32);
  crypto_kx_seed_keypair(public_key, secret, seed);
  sodium_memzero(seed, sizeof seed);
}

/* Two agreed keys as one. */
static void together(uint8_t to[crypto_kx_SESSIONKEYBYTES], const uint8_t *lasting, const uint8_t *fleeting) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, NULL, 0, crypto_kx_SESSIONKEYBYTES);
  crypto_generichash_update(&state, lasting, crypto_kx_SESSIONKEYBYTES);
  crypto_generichash_update(&state, fleeting, crypto_kx_SESSIONKEYBYTES);
  crypto_generichash_final(&state, to, crypto_kx_SESSIONKEYBYTES);
}

int serve_seal_open(serve_seal **seal, const uint8_t public_key[SERVE_SEAL_KEY], const uint8_t secret[crypto_kx_SECRETKEYBYTES],
                    const uint8_t client[SERVE_SEAL_KEY], uint8_t own[SERVE_SEAL_KEY]) {
  uint8_t fleeting[crypto_kx_SECRETKEYBYTES], in[2][crypto_kx_SESSIONKEYBYTES], out[2][crypto_kx_SESSIONKEYBYTES];
  serve_seal *s = *seal = base_alloc(1, sizeof *s);
  if (!s) return MIEN_ENOMEM;
  crypto_kx_keypair(own, fleeting);
  int bad = crypto_kx_server_session_keys(in[0], out[0], public_key, secret, client) |
            crypto_kx_server_session_keys(in[1], out[1], own, fleeting, client);
  together(s->in, in[0], in[1]);
  together(s->out, out[0], out[1]);
  sodium_memzero(fleeting, sizeof fleeting);
  sodium_memzero(in, sizeof in);
  sodium_memzero(out, sizeof out);
  if (bad) serve_seal_close(seal);
  return bad ? MIEN_EINVAL : MIEN_OK;
}

void serve_seal_close(serve_seal **seal) {
  if (*seal) sodium_memzero(*seal, sizeof **seal);
  base_free(*seal);
  *seal = NULL;
}

static void nonce_make(uint64_t number, uint8_t nonce[NONCE]) {
  memset(nonce, 0, NONCE);
  for (int i = 0; i < 8; i++) nonce[i] = (uint8_t)(number >> (8 * i));
}

void serve_seal_put(serve_seal *s, bool binary, const void *bytes, size_t count, uint8_t *to) {
  uint8_t nonce[NONCE];
  nonce_make(s->given++, nonce);
  to[0] = binary ? BINARY : TEXT;
  memcpy(to + 1, bytes, count);
  crypto_aead_xchacha20poly1305_ietf_encrypt(to, NULL, to, count + 1, NULL, 0, NULL, nonce, s->out);
}

bool serve_seal_take(serve_seal *s, uint8_t *bytes, size_t *count, bool *binary) {
  uint8_t nonce[NONCE];
  if (*count < SERVE_SEAL_MORE) return false;
  nonce_make(s->taken, nonce);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes, NULL, NULL, bytes, *count, NULL, 0, nonce, s->in)) return false;
  if (bytes[0] != TEXT && bytes[0] != BINARY) return false;
  s->taken++;
  *binary = bytes[0] == BINARY;
  *count -= SERVE_SEAL_MORE;
  memmove(bytes, bytes + 1, *count);
  return true;
}
