/* file.c: a dictionary as JSON, plain or sealed. What is read is untrusted. One thread. */
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>

#include "signals/signals.h"

#define MAGIC "MIENSIG1"
enum { MAGIC_BYTES = 8, SALT = crypto_pwhash_SALTBYTES, NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
       TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES, KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES, HEAD = MAGIC_BYTES + SALT + NONCE };

static bool key_of(uint8_t key[KEY], const char *passphrase, const uint8_t salt[SALT]) {
  return sodium_init() >= 0 && !crypto_pwhash(key, KEY, passphrase, strlen(passphrase), salt, crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13);
}

static int seal(base_text *plain, const char *passphrase, base_text *to, mien_error *error) {
  uint8_t head[HEAD], key[KEY], *sealed = base_alloc(plain->length + TAG, 1);
  int code = MIEN_OK;
  memcpy(head, MAGIC, MAGIC_BYTES);
  randombytes_buf(head + MAGIC_BYTES, SALT + NONCE);
  if (!sealed || !key_of(key, passphrase, head + MAGIC_BYTES)) {
    code = base_error_set(error, MIEN_ENOMEM, "signals", "", "out of memory");
  } else {
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, (const uint8_t *)plain->data, plain->length, head, HEAD, NULL, head + MAGIC_BYTES + SALT, key);
    base_text_add(to, (const char *)head, HEAD);
    base_text_add(to, (const char *)sealed, plain->length + TAG);
  }
  sodium_memzero(key, sizeof key);
  sodium_memzero(plain->data, plain->length);
  base_free(sealed);
  return code;
}

int signals_write(const signals_dictionary *d, const char *passphrase, base_text *to, mien_error *error) {
  base_text text = {0};
  base_json out;
  base_json_init(&out, &text);
  base_json_open(&out, NULL, '{');
  base_json_integer(&out, "signals", 1);
  base_json_string(&out, "person", d->person);
  base_json_string(&out, "consent", d->consent);
  base_json_open(&out, "examples", '[');
  for (size_t e = 0; e < d->example_count; e++) {
    const signals_example *one = &d->examples[e];
    base_json_open(&out, NULL, '{');
    base_json_string(&out, "signal", d->names[one->signal]);
    base_json_string(&out, "modality", signals_modalities[one->modality]);
    base_json_open(&out, "point", '[');
    for (size_t i = 0; i < d->length[one->modality]; i++) base_json_number(&out, NULL, (double)one->point[i], 5);
    base_json_close(&out, ']');
    base_json_close(&out, '}');
  }
  base_json_close(&out, ']');
  base_json_close(&out, '}');
  int code = text.failed ? MIEN_ENOMEM : MIEN_OK;
  if (!code && passphrase) code = seal(&text, passphrase, to, error);
  else if (!code) base_text_add(to, text.data, text.length);
  base_text_clear(&text);
  return code || to->failed ? base_error_set(error, MIEN_ENOMEM, "signals", "", "out of memory") : MIEN_OK;
}

static int wrong(mien_error *error, const char *what) { return base_error_set(error, MIEN_EFORMAT, "signals", "it is no dictionary of signals, or a damaged one", "%s", what); }

static int read_example(signals_dictionary *d, const json_t *one, mien_error *error) {
  float point[SIGNALS_POINT];
  const char *signal = json_string_value(json_object_get(one, "signal")), *modality = json_string_value(json_object_get(one, "modality"));
  const json_t *numbers = json_object_get(one, "point");
  int which = 0;
  while (modality && which < SIGNALS_MODALITIES && strcmp(modality, signals_modalities[which])) which++;
  if (!signal || !modality || which == SIGNALS_MODALITIES || json_array_size(numbers) > SIGNALS_POINT) return wrong(error, "an example has a signal, a modality and a point");
  for (size_t i = 0; i < json_array_size(numbers); i++) {
    const json_t *number = json_array_get(numbers, i);
    if (!json_is_number(number)) return wrong(error, "a point is a list of numbers");
    point[i] = (float)json_number_value(number);
  }
  return signals_add(d, signal, which, point, json_array_size(numbers), error);
}

static int read_plain(signals_dictionary **dictionary, const char *bytes, size_t count, mien_error *error) {
  json_t *root = json_loadb(bytes, count, JSON_REJECT_DUPLICATES, NULL), *one;
  const char *person = json_string_value(json_object_get(root, "person")), *consent = json_string_value(json_object_get(root, "consent"));
  const json_t *examples = json_object_get(root, "examples");
  size_t i;
  int code = json_integer_value(json_object_get(root, "signals")) == 1 && json_is_array(examples) ? MIEN_OK : wrong(error, "it does not begin as one");
  if (!code) code = signals_open(dictionary, person, consent, error);
  if (!code) {
    json_array_foreach(examples, i, one) if (!code) code = read_example(*dictionary, one, error);
  }
  json_decref(root);
  if (code) signals_close(dictionary);
  return code;
}

int signals_read(signals_dictionary **dictionary, const char *bytes, size_t count, const char *passphrase, mien_error *error) {
  *dictionary = NULL;
  if (count < MAGIC_BYTES || memcmp(bytes, MAGIC, MAGIC_BYTES)) return read_plain(dictionary, bytes, count, error);
  const uint8_t *head = (const uint8_t *)bytes;
  uint8_t key[KEY];
  if (count < HEAD + TAG) return wrong(error, "it is cut off");
  if (!passphrase) return base_error_set(error, MIEN_EPOLICY, "signals", "give its passphrase", "the dictionary is sealed");
  char *plain = base_alloc(count, 1);
  unsigned long long length = 0;
  int code = plain && key_of(key, passphrase, head + MAGIC_BYTES) ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, "signals", "", "out of memory");
  if (!code && crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)plain, &length, NULL, head + HEAD, count - HEAD, head, HEAD, head + MAGIC_BYTES + SALT, key))
    code = base_error_set(error, MIEN_EPOLICY, "signals", "give the passphrase it was sealed with", "it does not open: the passphrase is wrong, or the file was changed");
  if (!code) code = read_plain(dictionary, plain, (size_t)length, error);
  sodium_memzero(key, sizeof key);
  if (plain) sodium_memzero(plain, count);
  base_free(plain);
  return code;
}
