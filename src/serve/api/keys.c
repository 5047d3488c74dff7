/* keys.c: keys over HTTP: made, shown, revoked. A key is shown once, when it is made. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/http/route.h"
#include "serve/kept/keep.h"
#include "serve/server.h"
#include "serve/who/keyring.h"

static store *store_of_request(serve_request *request) {
  if (request->server->keep) return request->server->keep->store;
  serve_answer_problem_text(request, 501, "Not supported", "keys need a store, and store.url is off");
  return NULL;
}

static void finish(serve_request *request, int code, int status, json_t *body, const mien_error *error) {
  if (code == MIEN_EEMPTY || (code == MIEN_EINVAL && !body && request->params[0])) serve_answer_problem(request, 404, "Not found", error);
  else if (code) serve_answer_error(request, error);
  else serve_answer_json(request, status, body);
  json_decref(body);
}

static int read_asked(serve_request *request, json_t *body, serve_keyring_key *key, mien_error *error) {
  const char *label = json_string_value(json_object_get(body, "label"));
  json_t *list = json_object_get(body, "scopes"), *until = json_object_get(body, "expires");
  key->until = json_is_number(until) ? json_number_value(until) : INFINITY;
  for (size_t i = 0; i < json_array_size(list); i++) {
    unsigned scope = serve_scope_named(json_string_value(json_array_get(list, i)));
    if (!scope) return base_error_set(error, MIEN_EINVAL, "scopes", "read, stream, consent, review, privacy, admin", "one of them is none");
    key->scopes |= scope;
  }
  if (!key->scopes) return base_error_set(error, MIEN_EINVAL, "scopes", "send {\"label\",\"scopes\":[…],\"expires\"}", "a key needs a scope");
  if (label && strlen(label) >= sizeof key->label) return base_error_set(error, MIEN_EINVAL, "label", "", "it may have 63 bytes");
  if (until && !json_is_null(until) && !(json_is_number(until) && key->until > (double)time(NULL)))
    return base_error_set(error, MIEN_EINVAL, "expires", "", "it must be a time to come, in seconds since 1970");
  if (key->scopes & ~request->scopes)
    return base_error_set(error, MIEN_EPOLICY, "scopes", "ask somebody who has them", "nobody gives what they have not themselves");
  snprintf(key->label, sizeof key->label, "%s", label ? label : "");
  return MIEN_OK;
}

void serve_api_key_make(serve_request *request) {
  serve_keyring_key key = {0};
  char id[STORE_ID] = "", secret[SERVE_KEY_TEXT + 1];
  mien_error error = {0};
  store *s = store_of_request(request);
  json_t *asked = s ? serve_request_json(request) : NULL, *body = NULL;
  if (!asked) return;
  snprintf(key.tenant, sizeof key.tenant, "%s", request->tenant);
  int code = read_asked(request, asked, &key, &error);
  json_decref(asked);
  if (!code) code = serve_keyring_make(s, request->server->keys, &key, id, secret, &error);
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "key", id, &error);
  if (code && *id) serve_keyring_revoke(s, request->server->keys, key.tenant, id, NULL);
  if (!code) code = serve_keyring_get(s, key.tenant, id, &body, &error);
  if (body) json_object_set_new(body, "secret", json_string(secret));
  sodium_memzero(secret, sizeof secret);
  snprintf(request->location, sizeof request->location, "/v1/keys/%s", id);
  finish(request, code, 201, body, &error);
}

void serve_api_keys(serve_request *request) {
  char before[STORE_CURSOR] = "";
  mien_error error = {0};
  store *s = store_of_request(request);
  if (!s) return;
  json_t *list = json_array();
  serve_request_query(request, "before", before, sizeof before);
  int code = serve_keyring_list(s, request->tenant, before, serve_request_limit(request, 100), list, &error);
  finish(request, code, 200, json_pack("{s:o,s:s*}", "keys", list, "before", *before ? before : NULL), &error);
}

void serve_api_key(serve_request *request) {
  mien_error error = {0};
  json_t *body = NULL;
  store *s = store_of_request(request);
  if (!s) return;
  int code = serve_keyring_get(s, request->tenant, request->params[0], &body, &error);
  finish(request, code, 200, body, &error);
}

void serve_api_key_revoke(serve_request *request) {
  mien_error error = {0};
  store *s = store_of_request(request);
  if (!s) return;
  int code = serve_keyring_revoke(s, request->server->keys, request->tenant, request->params[0], &error);
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "revoke", request->params[0], &error);
  for (serve_link *link = code ? NULL : request->server->links; link; link = link->next)
    if (!strcmp(link->upgrade.key, request->params[0])) serve_link_end(link, 1008, "the key was revoked");
  finish(request, code, 200, json_pack("{s:s,s:b}", "key", request->params[0], "revoked", true), &error);
}
