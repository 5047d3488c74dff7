/* keyring.c: see keyring.h. */
#include "serve/who/keyring.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "serve/http/route.h"

static const char owner[] = "_service"; /* the tenant of the store that the ring is kept under; no caller's */

static const struct {
  const char *name;
  unsigned scope;
} scopes[] = {{"read", SERVE_SCOPE_READ}, {"stream", SERVE_SCOPE_STREAM}, {"consent", SERVE_SCOPE_CONSENT},
              {"review", SERVE_SCOPE_REVIEW}, {"privacy", SERVE_SCOPE_PRIVACY}, {"admin", SERVE_SCOPE_ADMIN}};

unsigned serve_scope_named(const char *name) {
  for (size_t i = 0; name && i < BASE_COUNT(scopes); i++)
    if (!strcmp(scopes[i].name, name)) return scopes[i].scope;
  return 0;
}

json_t *serve_scopes_json(unsigned all) {
  json_t *list = json_array();
  for (size_t i = 0; i < BASE_COUNT(scopes); i++)
    if (all & scopes[i].scope) json_array_append_new(list, json_string(scopes[i].name));
  return list;
}

/* ---- What is kept of a key: {"label","scopes","until","hash"}; its state is its tenant. ---- */

static json_t *describe(const store_item *item) {
  json_t *kept = json_loadb(item->payload, item->bytes, 0, NULL), *until = json_object_get(kept, "until");
  json_t *body = json_pack("{s:s,s:s,s:s,s:o,s:f,s:o}", "key", item->id, "tenant", item->state, "label", json_string_value(json_object_get(kept, "label")),
                           "scopes", serve_scopes_json((unsigned)json_integer_value(json_object_get(kept, "scopes"))), "made", item->at, "expires",
                           json_is_number(until) ? json_incref(until) : json_null());
  json_decref(kept);
  return body;
}

static int load_one(void *context, const store_item *item) {
  serve_who who = {0};
  uint8_t hash[SERVE_KEY_HASH];
  size_t bytes = 0;
  json_t *kept = json_loadb(item->payload, item->bytes, 0, NULL), *until = json_object_get(kept, "until");
  const char *hex = json_string_value(json_object_get(kept, "hash"));
  int code = MIEN_OK;
  snprintf(who.key, sizeof who.key, "%s", item->id);
  snprintf(who.tenant, sizeof who.tenant, "%s", item->state);
  who.scopes = (unsigned)json_integer_value(json_object_get(kept, "scopes")) & SERVE_SCOPE_ALL;
  if (hex && !sodium_hex2bin(hash, sizeof hash, hex, strlen(hex), NULL, &bytes, NULL) && bytes == sizeof hash)
    code = serve_keys_add(context, &who, hash, json_is_number(until) ? json_number_value(until) : INFINITY);
  json_decref(kept);
  return code;
}

static int ignore(void *context, const store_item *item) { return MIEN_OK; }

int serve_keyring_load(store *s, serve_keys *keys, mien_error *error) {
  store_tenant t;
  char before[STORE_CURSOR] = "";
  int code = store_of(&t, s, owner, error);
  if (!code) code = store_item_list(&t, STORE_API_KEYS, "", "", before, 1, ignore, NULL, error); /* is it there? */
  *before = 0;
  if (!code) serve_keys_remove(keys, NULL);
  do
    if (!code) code = store_item_list(&t, STORE_API_KEYS, "", "", before, STORE_PAGE, load_one, keys, error);
  while (!code && *before);
  return code;
}

int serve_keyring_make(store *s, serve_keys *keys, const serve_keyring_key *key, char *id, char *secret, mien_error *error) {
  store_tenant t;
  uint8_t hash[SERVE_KEY_HASH];
  char hex[2 * SERVE_KEY_HASH + 1];
  serve_key_make(secret, hash);
  sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
  json_t *kept = json_pack("{s:s,s:i,s:o,s:s}", "label", key->label, "scopes", (int)key->scopes, "until",
                           isfinite(key->until) ? json_real(key->until) : json_null(), "hash", hex);
  char *text = kept ? json_dumps(kept, JSON_COMPACT) : NULL;
  store_item item = {.name = hex, .at = (double)time(NULL), .due = INFINITY, .payload = text, .bytes = text ? strlen(text) : 0};
  snprintf(item.state, sizeof item.state, "%s", key->tenant);
  int code = text ? store_of(&t, s, owner, error) : base_error_set(error, MIEN_EINVAL, "label", "", "it is not UTF-8");
  if (!code) code = store_item_put(&t, STORE_API_KEYS, &item, error);
  if (!code) memcpy(id, item.id, STORE_ID);
  if (!code && keys) code = load_one(keys, &item);
  if (code) sodium_memzero(secret, SERVE_KEY_TEXT + 1);
  free(text);
  json_decref(kept);
  return code;
}

static int take(void *context, const store_item *item) { return (*(json_t **)context = describe(item)) ? MIEN_OK : MIEN_ENOMEM; }

int serve_keyring_get(store *s, const char *tenant, const char *id, json_t **body, mien_error *error) {
  store_tenant t;
  *body = NULL;
  int code = store_of(&t, s, owner, error);
  if (!code) code = store_item_get(&t, STORE_API_KEYS, id, take, body, error);
  if (code || !*tenant || !strcmp(json_string_value(json_object_get(*body, "tenant")), tenant)) return code;
  json_decref(*body);
  *body = NULL;
  return base_error_set(error, MIEN_EEMPTY, "key", "", "there is no such key");
}

static int add(void *context, const store_item *item) { return json_array_append_new(context, describe(item)) ? MIEN_ENOMEM : MIEN_OK; }

int serve_keyring_list(store *s, const char *tenant, char before[STORE_CURSOR], size_t limit, json_t *list, mien_error *error) {
  store_tenant t;
  int code = store_of(&t, s, owner, error);
  return code ? code : store_item_list(&t, STORE_API_KEYS, tenant, "", before, limit, add, list, error);
}

int serve_keyring_revoke(store *s, serve_keys *keys, const char *tenant, const char *id, mien_error *error) {
  store_tenant t;
  json_t *body;
  int code = serve_keyring_get(s, tenant, id, &body, error);
  if (!code) code = store_of(&t, s, owner, error);
  if (!code) code = store_item_erase(&t, STORE_API_KEYS, id, error);
  if (!code && keys) serve_keys_remove(keys, id);
  json_decref(body);
  return code;
}
