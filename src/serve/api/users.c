/* users.c: accounts, as an administrator makes, lists, resets and removes them. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/http/aside.h"
#include "serve/kept/keep.h"
#include "serve/server.h"
#include "serve/who/accounts.h"

static void finish(serve_request *request, int code, int status, json_t *body, const mien_error *error) {
  if (code == MIEN_EEMPTY) serve_answer_problem_text(request, 404, "Not found", "there is no such user");
  else if (code) serve_answer_error(request, error);
  else serve_answer_json(request, status, body);
  json_decref(body);
}

static void make(serve_request *request) {
  store_tenant t;
  char id[STORE_ID] = "";
  mien_error error = {0};
  json_t *asked = json_loadb(request->body.data, request->body.length, 0, NULL), *body = NULL;
  int code = serve_accounts_tenant(request->server, request->tenant, &t, &error);
  if (!code) code = serve_account_make(&t, json_string_value(json_object_get(asked, "name")), json_string_value(json_object_get(asked, "password")),
                                       json_string_value(json_object_get(asked, "role")), id, &error);
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "user", id, &error);
  if (!code) code = serve_account_get(&t, id, &body, &error);
  if (code && *id) store_item_erase(&t, STORE_USERS, id, NULL);
  snprintf(request->location, sizeof request->location, "/v1/users/%s", id);
  json_decref(asked);
  sodium_memzero(request->body.data, request->body.length);
  finish(request, code, 201, body, &error);
}

/* {"password":…}: for who has forgotten theirs or lost their second factor, which is taken away. */
static void reset(serve_request *request) {
  store_tenant t;
  mien_error error = {0};
  json_t *asked = json_loadb(request->body.data, request->body.length, 0, NULL), *body = NULL;
  int code = serve_accounts_tenant(request->server, request->tenant, &t, &error);
  if (!code) code = serve_account_password(&t, request->params[0], json_string_value(json_object_get(asked, "password")), true, &error);
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "user_reset", request->params[0], &error);
  if (!code) serve_accounts_expel(request->server->accounts, request->params[0]);
  if (!code) code = serve_account_get(&t, request->params[0], &body, &error);
  json_decref(asked);
  sodium_memzero(request->body.data, request->body.length);
  finish(request, code, 200, body, &error);
}

static void with_body(serve_request *request, void (*work)(serve_request *request)) {
  json_t *body = serve_request_json(request);
  if (body) serve_aside_run(request, work);
  json_decref(body);
}

void serve_api_user_make(serve_request *request) { with_body(request, make); }
void serve_api_user_reset(serve_request *request) { with_body(request, reset); }

void serve_api_user(serve_request *request) {
  store_tenant t;
  mien_error error = {0};
  json_t *body = NULL;
  int code = serve_accounts_tenant(request->server, request->tenant, &t, &error);
  if (!code) code = serve_account_get(&t, request->params[0], &body, &error);
  finish(request, code, 200, body, &error);
}

void serve_api_user_drop(serve_request *request) {
  store_tenant t;
  mien_error error = {0};
  int code = serve_accounts_tenant(request->server, request->tenant, &t, &error);
  if (!code) code = store_item_erase(&t, STORE_USERS, request->params[0], &error);
  if (!code) serve_accounts_expel(request->server->accounts, request->params[0]);
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "user_drop", request->params[0], &error);
  finish(request, code, 200, json_pack("{s:s,s:b}", "user", request->params[0], "dropped", true), &error);
}

static int add(void *context, const store_item *item) { return json_array_append_new(context, serve_account_describe(item)) ? MIEN_ENOMEM : MIEN_OK; }

void serve_api_users(serve_request *request) {
  store_tenant t;
  char before[STORE_CURSOR] = "";
  mien_error error = {0};
  json_t *list = json_array();
  serve_request_query(request, "before", before, sizeof before);
  int code = serve_accounts_tenant(request->server, request->tenant, &t, &error);
  if (!code) code = store_item_list(&t, STORE_USERS, "", "", before, serve_request_limit(request, 100), add, list, &error);
  finish(request, code, 200, json_pack("{s:o,s:s*}", "users", list, "before", *before ? before : NULL), &error);
}
