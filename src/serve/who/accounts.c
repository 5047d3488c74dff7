/* accounts.c: accounts in the store. Who is logged in: logins.c. */
#include "serve/who/accounts.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "serve/http/route.h"
#include "serve/kept/keep.h"
#include "serve/server.h"
#include "serve/who/totp.h"

/* OWASP's second choice for Argon2id and more: 32 MiB, 3 passes (RFC 9106 names them m and t). */
#define PASSES 3
#define MEMORY ((size_t)32 << 20)

enum { PASSWORD_MIN = 12, PASSWORD_MAX = 128 };

unsigned serve_role_scopes(const char *role) {
  static const struct {
    const char *name;
    unsigned scopes;
  } roles[] = {{"agent", SERVE_SCOPE_READ | SERVE_SCOPE_STREAM}, {"supervisor", SERVE_SCOPE_READ | SERVE_SCOPE_STREAM | SERVE_SCOPE_REVIEW},
               {"analyst", SERVE_SCOPE_READ}, {"privacy_officer", SERVE_SCOPE_CONSENT | SERVE_SCOPE_PRIVACY},
               {"administrator", SERVE_SCOPE_ALL & ~SERVE_SCOPE_PRIVACY}};
  for (size_t i = 0; role && i < BASE_COUNT(roles); i++)
    if (!strcmp(roles[i].name, role)) return roles[i].scopes | SERVE_SCOPE_USER;
  return 0;
}

/* ---- The record: {"name","password","totp","waiting","last"}; its state is the role. ---- */

typedef struct account {
  store_item item;
  json_t *kept;
} account;

static int take(void *context, const store_item *item) {
  account *a = context;
  a->item = *item;
  a->kept = json_loadb(item->payload, item->bytes, 0, NULL);
  return a->kept ? MIEN_OK : MIEN_EFORMAT;
}

static const char *text_of(const account *a, const char *name) {
  const char *text = json_string_value(json_object_get(a->kept, name));
  return text ? text : "";
}

static int save(const store_tenant *t, account *a, mien_error *error) {
  char *text = json_dumps(a->kept, JSON_COMPACT);
  a->item.payload = text;
  a->item.bytes = text ? strlen(text) : 0;
  a->item.name = NULL;
  int code = text ? store_item_change(t, STORE_USERS, &a->item, error) : base_error_set(error, MIEN_ENOMEM, "user", "", "out of memory");
  if (text) sodium_memzero(text, strlen(text));
  free(text);
  return code;
}

static int set_password(json_t *kept, const char *password, mien_error *error) {
  char hash[crypto_pwhash_STRBYTES];
  size_t bytes = password ? strlen(password) : 0;
  if (bytes < PASSWORD_MIN || bytes > PASSWORD_MAX)
    return base_error_set(error, MIEN_EINVAL, "password", "", "a password has %d to %d bytes", PASSWORD_MIN, PASSWORD_MAX);
  if (crypto_pwhash_str_alg(hash, password, bytes, PASSES, MEMORY, crypto_pwhash_ALG_ARGON2ID13))
    return base_error_set(error, MIEN_ENOMEM, "password", "", "out of memory");
  return json_object_set_new(kept, "password", json_string(hash)) ? MIEN_ENOMEM : MIEN_OK;
}

int serve_account_make(const store_tenant *t, const char *name, const char *password, const char *role, char *id, mien_error *error) {
  if (!name || !*name || strlen(name) > 63) return base_error_set(error, MIEN_EINVAL, "name", "", "a name has 1 to 63 bytes");
  if (!serve_role_scopes(role))
    return base_error_set(error, MIEN_EINVAL, "role", "agent, supervisor, analyst, privacy_officer or administrator", "there is no such role");
  json_t *kept = json_pack("{s:s}", "name", name);
  int code = set_password(kept, password, error);
  char *text = code ? NULL : json_dumps(kept, JSON_COMPACT);
  store_item item = {.name = name, .at = (double)time(NULL), .due = INFINITY, .payload = text, .bytes = text ? strlen(text) : 0};
  snprintf(item.state, sizeof item.state, "%s", role);
  if (!code) code = store_item_put(t, STORE_USERS, &item, error);
  if (!code) memcpy(id, item.id, STORE_ID);
  free(text);
  json_decref(kept);
  return code;
}

/* The second factor, where there is one. */
static bool code_right(const store_tenant *t, account *a, const char *field, const char *code, mien_error *error) {
  uint8_t secret[TOTP_SECRET];
  size_t bytes = 0;
  const char *hex = text_of(a, field);
  uint64_t last = (uint64_t)json_integer_value(json_object_get(a->kept, "last"));
  if (sodium_hex2bin(secret, sizeof secret, hex, strlen(hex), NULL, &bytes, NULL) || bytes != sizeof secret) return false;
  bool right = totp_right(secret, code, (double)time(NULL), &last);
  sodium_memzero(secret, sizeof secret);
  if (!right) return false;
  json_object_set_new(a->kept, "last", json_integer((json_int_t)last));
  if (strcmp(field, "totp")) { /* it is confirmed */
    json_object_set(a->kept, "totp", json_object_get(a->kept, field));
    json_object_del(a->kept, field);
  }
  return save(t, a, error) == MIEN_OK; /* of two at the same moment one counts */
}

int serve_account_check(const store_tenant *t, const serve_login *login, char *id, char *role, bool *second, mien_error *error) {
  static char nobody[crypto_pwhash_STRBYTES]; /* so that a name that is not there takes as long; of one thread */
  account a = {0};
  mien_error none = {0};
  *second = false;
  if (!*nobody && crypto_pwhash_str_alg(nobody, "nobody has this one", 19, PASSES, MEMORY, crypto_pwhash_ALG_ARGON2ID13))
    return base_error_set(error, MIEN_ENOMEM, "password", "", "out of memory");
  int code = t ? store_item_named(t, STORE_USERS, login->name, take, &a, &none) : MIEN_EEMPTY;
  bool there = !code;
  size_t bytes = strlen(login->password);
  bool right = crypto_pwhash_str_verify(there ? text_of(&a, "password") : nobody, login->password, BASE_MIN(bytes, (size_t)PASSWORD_MAX + 1)) == 0 && there;
  if (right && *text_of(&a, "totp")) {
    *second = !*login->code;
    right = !*second && code_right(t, &a, "totp", login->code, error);
  }
  if (right) {
    memcpy(id, a.item.id, STORE_ID);
    snprintf(role, 32, "%.31s", a.item.state);
  }
  json_decref(a.kept);
  if (code && code != MIEN_EEMPTY) return *error = none, code;
  return right ? MIEN_OK : base_error_set(error, MIEN_EPOLICY, "login", "", "name, password or code is wrong");
}

int serve_account_password(const store_tenant *t, const char *id, const char *password, bool reset, mien_error *error) {
  account a = {0};
  int code = store_item_get(t, STORE_USERS, id, take, &a, error);
  if (!code) code = set_password(a.kept, password, error);
  if (!code && reset) {
    json_object_del(a.kept, "totp");
    json_object_del(a.kept, "waiting");
  }
  if (!code) code = save(t, &a, error);
  json_decref(a.kept);
  return code;
}

int serve_account_totp(const store_tenant *t, const char *id, char *text, mien_error *error) {
  uint8_t secret[TOTP_SECRET];
  char hex[2 * TOTP_SECRET + 1];
  account a = {0};
  int code = store_item_get(t, STORE_USERS, id, take, &a, error);
  randombytes_buf(secret, sizeof secret);
  sodium_bin2hex(hex, sizeof hex, secret, sizeof secret);
  totp_base32(text, secret);
  if (!code) json_object_set_new(a.kept, "waiting", json_string(hex));
  if (!code) code = save(t, &a, error);
  sodium_memzero(secret, sizeof secret);
  sodium_memzero(hex, sizeof hex);
  json_decref(a.kept);
  return code;
}

int serve_account_confirm(const store_tenant *t, const char *id, const char *text, mien_error *error) {
  account a = {0};
  int code = store_item_get(t, STORE_USERS, id, take, &a, error);
  if (!code && !code_right(t, &a, "waiting", text, error)) code = base_error_set(error, MIEN_EINVAL, "code", "ask for a new secret where none waits", "the code is wrong");
  json_decref(a.kept);
  return code;
}

json_t *serve_account_describe(const store_item *item) {
  account a = {0};
  take(&a, item);
  json_t *body = json_pack("{s:s,s:s,s:s,s:f,s:b}", "user", item->id, "name", text_of(&a, "name"), "role", item->state, "made", item->at,
                           "second_factor", *text_of(&a, "totp") != 0);
  json_decref(a.kept);
  return body;
}

static int describe(void *context, const store_item *item) { return (*(json_t **)context = serve_account_describe(item)) ? MIEN_OK : MIEN_ENOMEM; }

int serve_account_get(const store_tenant *t, const char *id, json_t **body, mien_error *error) {
  return store_item_get(t, STORE_USERS, id, describe, body, error);
}

int serve_accounts_tenant(struct serve_server *server, const char *tenant, store_tenant *t, mien_error *error) {
  if (server->keep) return store_of(t, server->keep->store, tenant, error);
  return base_error_set(error, MIEN_EUNSUPPORTED, "store.url", "", "accounts need a store, and it is off");
}
