/* keys.c: the file of keys. A key is random and long, so that its plain hash is as good as a slow one. */
#include "serve/who/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/http/route.h"

enum { KEYS = 4096, HASH = SERVE_KEY_HASH };

typedef struct key {
  serve_who who;
  uint8_t hash[HASH];
  double until; /* seconds since 1970 */
  bool added;   /* it is not of the file */
} key;

struct serve_keys {
  size_t count;
  key all[KEYS];
};

static void hash_of(uint8_t hash[HASH], const char *text) {
  crypto_generichash(hash, HASH, (const uint8_t *)text, strlen(text), NULL, 0);
}

bool serve_keys_find(const serve_keys *keys, const char *text, serve_who *who) {
  uint8_t hash[HASH];
  const key *found = NULL;
  const double now = base_now();
  hash_of(hash, text);
  for (size_t i = 0; i < keys->count; i++)
    if (sodium_memcmp(hash, keys->all[i].hash, HASH) == 0 && now < keys->all[i].until) found = &keys->all[i];
  if (found) {
    *who = found->who;
    who->by = SERVE_BY_KEY;
  }
  return found != NULL;
}

void serve_key_make(char *text, uint8_t hash[HASH]) {
  uint8_t random[32];
  char encoded[64];
  randombytes_buf(random, sizeof random);
  sodium_bin2base64(encoded, sizeof encoded, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  snprintf(text, SERVE_KEY_TEXT + 1, "mien_%.43s", encoded);
  hash_of(hash, text);
  sodium_memzero(encoded, sizeof encoded);
  sodium_memzero(random, sizeof random);
}

int serve_keys_add(serve_keys *keys, const serve_who *who, const uint8_t hash[HASH], double until) {
  if (keys->count == KEYS) return MIEN_ELIMIT;
  key *k = &keys->all[keys->count++];
  *k = (key){.who = *who, .until = until, .added = true};
  memcpy(k->hash, hash, HASH);
  return MIEN_OK;
}

bool serve_keys_has(const serve_keys *keys, const char *id) {
  const double now = base_now();
  for (size_t i = 0; i < keys->count; i++)
    if (!strcmp(keys->all[i].who.key, id) && now < keys->all[i].until) return true;
  return false;
}

bool serve_keys_tenant(const serve_keys *keys, const char *tenant) {
  for (size_t i = 0; i < keys->count; i++)
    if (!strcmp(keys->all[i].who.tenant, tenant)) return true;
  return false;
}

void serve_keys_remove(serve_keys *keys, const char *id) {
  size_t left = 0;
  for (size_t i = 0; i < keys->count; i++)
    if (!keys->all[i].added || (id && strcmp(keys->all[i].who.key, id))) keys->all[left++] = keys->all[i];
  sodium_memzero(&keys->all[left], (keys->count - left) * sizeof *keys->all);
  keys->count = left;
}

static int read_line(serve_keys *keys, const char *line) {
  key k = {.until = INFINITY};
  char hash[2 * HASH + 1];
  size_t bytes = 0;
  if (keys->count == KEYS) return MIEN_ELIMIT;
  if (sscanf(line, "%63s %63s %u %64s", k.who.key, k.who.tenant, &k.who.scopes, hash) != 4) return MIEN_EFORMAT;
  if (sodium_hex2bin(k.hash, HASH, hash, strlen(hash), NULL, &bytes, NULL) || bytes != HASH) return MIEN_EFORMAT;
  keys->all[keys->count++] = k;
  return MIEN_OK;
}

static int write_new(const char *path, const char *text, mien_error *error) {
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool ok = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text) && fsync(file) == 0;
  if (file >= 0) close(file);
  return ok ? MIEN_OK : base_error_set(error, MIEN_EIO, path, "may this folder be written to?", "%s", strerror(errno));
}

static int make_first(serve_keys *keys, const char *data, const char *path, mien_error *error) {
  uint8_t hash[HASH];
  char text[SERVE_KEY_TEXT + 1], line[256], hex[2 * HASH + 1], first[512];
  serve_key_make(text, hash);
  sodium_bin2hex(hex, sizeof hex, hash, HASH);
  snprintf(line, sizeof line, "first default %u %s\n", (unsigned)SERVE_SCOPE_ALL, hex);
  snprintf(first, sizeof first, "%s/first.key", data);
  unlink(first);
  int code = write_new(first, text, error);
  if (!code) code = write_new(path, line, error);
  if (!code) code = read_line(keys, line);
  sodium_memzero(text, sizeof text);
  return code;
}

int serve_keys_open(serve_keys **opened, const char *data, mien_error *error) {
  char path[512], *line = NULL;
  size_t room = 0, number = 0;
  *opened = NULL;
  if (sodium_init() < 0) return base_error_set(error, MIEN_EIO, data, "", "the random source is not available");
  if (mkdir(data, 0700) && errno != EEXIST)
    return base_error_set(error, MIEN_EIO, data, "set `data` to a folder that can be made", "%s", strerror(errno));
  serve_keys *keys = base_alloc(1, sizeof *keys);
  if (!keys) return base_error_set(error, MIEN_ENOMEM, data, "", "out of memory");
  snprintf(path, sizeof path, "%s/keys", data);
  FILE *file = fopen(path, "re");
  int code = file ? MIEN_OK : errno == ENOENT ? make_first(keys, data, path, error)
                                              : base_error_set(error, MIEN_EIO, path, "", "%s", strerror(errno));
  while (file && !code && getline(&line, &room, file) > 0) {
    number++;
    if (*line == '#' || *line == '\n') continue;
    if ((code = read_line(keys, line)))
      base_error_set(error, code, path, "each line is: id tenant scopes hash", "line %zu is no key", number);
  }
  free(line);
  if (file) fclose(file);
  if (code) serve_keys_close(&keys);
  *opened = keys;
  return code;
}

void serve_keys_close(serve_keys **keys) {
  if (!*keys) return;
  sodium_memzero(*keys, sizeof **keys);
  base_free(*keys);
  *keys = NULL;
}
