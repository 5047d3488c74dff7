/* statement.c: see statement.h. */
#include "guard/statement.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STATEMENTS = 64 };

struct guard_statements {
  guard_statement all[STATEMENTS];
  size_t count;
};

static const char *const kinds[] = {"medical", "safety"};

unsigned guard_statement_kind(const char *name) {
  for (size_t i = 0; i < BASE_COUNT(kinds); i++)
    if (name && !strcmp(name, kinds[i])) return 1u << i;
  return 0;
}

static int wrong(mien_error *error, const char *where, const char *what) {
  return base_error_set(error, MIEN_EFORMAT, where, "docs/policies.md shows a statement", "%s", what);
}

/* The beginning of a day "2026-01-31", in UTC; NAN: no day. */
static double day_of(const char *text) {
  struct tm day = {0};
  char back[16];
  const char *end = text ? strptime(text, "%Y-%m-%d", &day) : NULL;
  if (!end || *end) return NAN;
  time_t at = timegm(&day);
  strftime(back, sizeof back, "%Y-%m-%d", gmtime_r(&at, &day));
  return strcmp(back, text) ? NAN : (double)at; /* the 31st of February is none */
}

static int read_text(const char *text, size_t bytes, guard_statement *s, mien_error *error) {
  static const char where[] = "statement";
  char kind[16] = "", from[16] = "", until[16] = "";
  const struct {
    const char *name;
    char *to;
    size_t room;
  } all[] = {{"kind", kind, sizeof kind}, {"tenant", s->tenant, sizeof s->tenant}, {"purpose", s->purpose, sizeof s->purpose},
             {"context", s->context, sizeof s->context}, {"jurisdiction", s->jurisdiction, sizeof s->jurisdiction},
             {"reason", s->reason, sizeof s->reason}, {"signed_by", s->signed_by, sizeof s->signed_by}, {"from", from, sizeof from},
             {"until", until, sizeof until}};
  uint8_t hash[16];
  memset(s, 0, sizeof *s);
  json_t *object = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, NULL);
  int code = json_is_object(object) && json_object_size(object) == BASE_COUNT(all) ? MIEN_OK : wrong(error, where, "it must be a JSON object with nine keys");
  for (size_t i = 0; i < BASE_COUNT(all) && !code; i++) {
    const char *value = json_string_value(json_object_get(object, all[i].name));
    if (!value || !*value || strlen(value) >= all[i].room)
      code = base_error_set(error, MIEN_EFORMAT, where, "docs/policies.md shows a statement", "'%s' must be a text of 1 to %zu bytes", all[i].name, all[i].room - 1);
    else snprintf(all[i].to, all[i].room, "%s", value);
  }
  json_decref(object);
  if (code) return code;
  s->kind = guard_statement_kind(kind);
  s->from = day_of(from);
  s->until = day_of(until) + 86400;
  if (!s->kind) return wrong(error, where, "'kind' must be medical or safety");
  if (!(s->from < s->until)) return wrong(error, where, "'from' and 'until' must be days as 2026-01-31, one not after the other");
  crypto_generichash(hash, sizeof hash, (const uint8_t *)text, bytes, NULL, 0);
  memcpy(s->id, "x_", 2);
  sodium_bin2hex(s->id + 2, 33, hash, sizeof hash);
  return MIEN_OK;
}

int guard_statement_read(const char *json, size_t bytes, const uint8_t key[GUARD_STATEMENT_KEY], guard_statement *read, mien_error *error) {
  uint8_t signature[crypto_sign_BYTES];
  size_t got = 0;
  const char *text = NULL, *signed_as = NULL;
  size_t text_bytes = 0;
  if (bytes > GUARD_STATEMENT_MAX) return wrong(error, "statement", "it is too long");
  json_t *object = json_loadb(json, bytes, JSON_REJECT_DUPLICATES, NULL);
  int code = json_unpack_ex(object, NULL, JSON_STRICT, "{s:s%,s:s}", "statement", &text, &text_bytes, "signature", &signed_as)
                 ? wrong(error, "statement", "it must be a JSON object with \"statement\" and \"signature\"") : MIEN_OK;
  if (!code && (sodium_base642bin(signature, sizeof signature, signed_as, strlen(signed_as), "", &got, NULL, sodium_base64_VARIANT_ORIGINAL) ||
                got != sizeof signature || crypto_sign_verify_detached(signature, (const uint8_t *)text, text_bytes, key)))
    code = base_error_set(error, MIEN_EPOLICY, "statement", "sign it with the operator's key: mien statement sign", "its signature is not of the operator's key");
  if (!code) code = read_text(text, text_bytes, read, error);
  json_decref(object);
  return code;
}

void guard_statement_public(const uint8_t seed[GUARD_STATEMENT_SEED], uint8_t key[GUARD_STATEMENT_KEY]) {
  uint8_t secret[crypto_sign_SECRETKEYBYTES];
  crypto_sign_seed_keypair(key, secret, seed);
  sodium_memzero(secret, sizeof secret);
}

int guard_statement_sign(const char *text, size_t bytes, const uint8_t seed[GUARD_STATEMENT_SEED], base_text *json, mien_error *error) {
  uint8_t key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES], signature[crypto_sign_BYTES];
  char coded[sodium_base64_ENCODED_LEN(crypto_sign_BYTES, sodium_base64_VARIANT_ORIGINAL)];
  guard_statement read;
  int code = bytes > GUARD_STATEMENT_MAX / 2 ? wrong(error, "statement", "it is too long") : read_text(text, bytes, &read, error);
  if (code) return code;
  crypto_sign_seed_keypair(key, secret, seed);
  crypto_sign_detached(signature, NULL, (const uint8_t *)text, bytes, secret);
  sodium_memzero(secret, sizeof secret);
  sodium_bin2base64(coded, sizeof coded, signature, sizeof signature, sodium_base64_VARIANT_ORIGINAL);
  json_t *object = json_pack("{s:s%,s:s}", "statement", text, bytes, "signature", coded);
  char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;
  if (line) base_text_puts(json, line);
  if (!line || json->failed) code = base_error_set(error, MIEN_ENOMEM, "statement", "", "out of memory");
  free(line);
  json_decref(object);
  return code;
}

/* ---- A folder of them ---- */

static int add(guard_statements *s, const char *path, const uint8_t key[GUARD_STATEMENT_KEY], mien_error *error) {
  char text[GUARD_STATEMENT_MAX + 1];
  FILE *file = fopen(path, "re");
  size_t bytes = file ? fread(text, 1, sizeof text, file) : 0;
  int code = !file || ferror(file) ? base_error_set(error, MIEN_EIO, path, "", "%s", strerror(errno)) : MIEN_OK;
  if (file) fclose(file);
  if (!code && s->count == STATEMENTS) code = base_error_set(error, MIEN_ELIMIT, path, "take away those that have run out", "more than %d statements", STATEMENTS);
  if (!code && (code = guard_statement_read(text, bytes, key, &s->all[s->count], error)) && error) snprintf(error->where, sizeof error->where, "%.200s", path);
  s->count += !code;
  return code;
}

int guard_statements_open(guard_statements **opened, const char *dir, const uint8_t key[GUARD_STATEMENT_KEY], mien_error *error) {
  char path[1024];
  guard_statements *s = *opened = base_alloc(1, sizeof *s);
  if (!s) return base_error_set(error, MIEN_ENOMEM, "statements", "", "out of memory");
  DIR *folder = opendir(dir);
  int code = folder ? MIEN_OK : base_error_set(error, MIEN_EIO, dir, "make the folder, or name another", "%s", strerror(errno));
  for (struct dirent *one; !code && (one = readdir(folder));) {
    const char *end = strrchr(one->d_name, '.');
    if (*one->d_name == '.' || !end || strcmp(end, ".json")) continue;
    snprintf(path, sizeof path, "%.700s/%s", dir, one->d_name);
    code = add(s, path, key, error);
  }
  if (folder) closedir(folder);
  if (code) guard_statements_close(opened);
  return code;
}

void guard_statements_close(guard_statements **statements) {
  base_free(*statements);
  *statements = NULL;
}

const guard_statement *guard_statement_find(const guard_statements *s, const char *tenant, const char *id) {
  for (size_t i = 0; s && id && *id && i < s->count; i++)
    if (!strcmp(s->all[i].id, id) && !strcmp(s->all[i].tenant, tenant)) return &s->all[i];
  return NULL;
}
