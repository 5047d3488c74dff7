/* seal.c: a file of one person's under a passphrase: XChaCha20-Poly1305 under its Argon2id hash. Begins with eight letters that
 * say what it is; they, the salt and the nonce are authenticated as well. Any thread. */
#include <sodium.h>

#include "signals/signals.h"

enum { SALT = crypto_pwhash_SALTBYTES, NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
       KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES, HEAD = SIGNALS_MAGIC + SALT + NONCE };

static bool key_of(uint8_t key[KEY], const char *passphrase, const uint8_t salt[SALT]) {
  return sodium_init() >= 0 && !crypto_pwhash(key, KEY, passphrase, strlen(passphrase), salt, crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13);
}

int signals_seal(const char *magic, base_text *plain, const char *passphrase, base_text *to, mien_error *error) {
  uint8_t head[HEAD], key[KEY], *sealed = base_alloc(plain->length + TAG, 1);
  int code = MIEN_OK;
  memcpy(head, magic, SIGNALS_MAGIC);
  randombytes_buf(head + SIGNALS_MAGIC, SALT + NONCE);
  if (!sealed || !key_of(key, passphrase, head + SIGNALS_MAGIC)) {
    code = base_error_set(error, MIEN_ENOMEM, "seal", "", "out of memory");
  } else {
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, (const uint8_t *)plain->data, plain->length, head, HEAD, NULL, head + SIGNALS_MAGIC + SALT, key);
    base_text_add(to, (const char *)head, HEAD);
    base_text_add(to, (const char *)sealed, plain->length + TAG);
  }
  sodium_memzero(key, sizeof key);
  sodium_memzero(plain->data, plain->length);
  base_free(sealed);
  return code;
}

bool signals_sealed(const char *magic, const char *bytes, size_t count) { return count >= SIGNALS_MAGIC && !memcmp(bytes, magic, SIGNALS_MAGIC); }

int signals_unseal(const char *where, const char *bytes, size_t count, const char *passphrase, char **plain, size_t *length, mien_error *error) {
  const uint8_t *head = (const uint8_t *)bytes;
  uint8_t key[KEY];
  unsigned long long opened = 0;
  *plain = NULL;
  if (count < HEAD + TAG) return base_error_set(error, MIEN_EFORMAT, where, "take it from a backup", "it is cut off");
  if (!passphrase) return base_error_set(error, MIEN_EPOLICY, where, "give its passphrase", "it is sealed");
  *plain = base_alloc(count, 1);
  int code = *plain && key_of(key, passphrase, head + SIGNALS_MAGIC) ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, where, "", "out of memory");
  if (!code && crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)*plain, &opened, NULL, head + HEAD, count - HEAD, head, HEAD, head + SIGNALS_MAGIC + SALT, key))
    code = base_error_set(error, MIEN_EPOLICY, where, "give the passphrase it was sealed with", "it does not open: the passphrase is wrong, or the file was changed");
  sodium_memzero(key, sizeof key);
  if (code) base_free(*plain), *plain = NULL;
  *length = (size_t)opened;
  return code;
}
