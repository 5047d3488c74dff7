/* login.c: logging in and out, and what people change of their own account. Passwords are checked aside (aside.h). */
#include <sodium.h>
#include <stdio.h>

#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/http/aside.h"
#include "serve/http/json.h"
#include "serve/http/limit.h"
#include "serve/http/route.h"
#include "serve/kept/keep.h"
#include "serve/server.h"
#include "serve/who/accounts.h"
#include "serve/who/keyring.h"
#include "serve/who/login.h"
#include "serve/who/totp.h"

#define TRIES_RATE 0.1 /* tries a second of one name: 5 at once, then one each 40 s */
enum { TRY_COST = 4 };

static void forget_body(serve_request *request) { /* it holds a password */
  if (request->body.data) sodium_memzero(request->body.data, request->body.capacity);
  base_text_clear(&request->body);
}

static void cookie(serve_request *request, const char *value, int seconds) {
  snprintf(request->set_cookie, sizeof request->set_cookie, "mien_session=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s", value, seconds,
           *request->server->settings.certificate ? "; Secure" : "");
}

void serve_login_enter(serve_request *request, const serve_who *who, const char *role) {
  char value[SERVE_COOKIE_ROOM], csrf[SERVE_COOKIE_ROOM];
  mien_error error = {0};
  int code = serve_audit_did(request->server, who->tenant, who->key, "login", who->key, &error);
  if (!code) code = serve_accounts_enter(request->server->accounts, who, value, csrf, &error);
  if (code) {
    serve_answer_error(request, &error);
    return;
  }
  cookie(request, value, 43200);
  json_t *body = json_pack("{s:s,s:s,s:o,s:s}", "user", who->key, "role", role, "scopes", serve_scopes_json(who->scopes), "csrf", csrf);
  serve_answer_json(request, 200, body);
  json_decref(body);
  sodium_memzero(value, sizeof value);
  sodium_memzero(csrf, sizeof csrf);
}

/* {"key"}: the holder of a key uses the web app with the key's scopes; the cookie ends with the key's being revoked. */
static void enter_by_key(serve_request *request, const char *key) {
  serve_who who;
  if (!serve_who_by_key(request->server, key, &who)) {
    if (serve_limit_wrong(request)) serve_answer_problem_text(request, 401, "Not logged in", "no such key is valid");
    return;
  }
  snprintf(request->tenant, sizeof request->tenant, "%s", who.tenant);
  who.scopes |= SERVE_SCOPE_USER;
  serve_login_enter(request, &who, "key");
}

static void check(serve_request *request) {
  store_tenant t;
  char id[STORE_ID] = "", role[32] = "", ref[STORE_ID] = "";
  bool second = false;
  mien_error error = {0};
  json_t *body = json_loadb(request->body.data, request->body.length, 0, NULL);
  serve_login login = {serve_text_of(body, "name"), serve_text_of(body, "password"), serve_text_of(body, "code")};
  bool known = *request->tenant && !serve_accounts_tenant(request->server, request->tenant, &t, &error);
  int code = serve_account_check(known ? &t : NULL, &login, id, role, &second, &error);
  if (code && known && !store_subject_ref(&t, login.name, ref, NULL)) serve_audit_did(request->server, request->tenant, "", second ? "login_code" : "login_failed", ref, NULL);
  json_decref(body);
  forget_body(request);
  if (!code) {
    serve_who who = {.scopes = serve_role_scopes(role), .by = SERVE_BY_ACCOUNT};
    snprintf(who.tenant, sizeof who.tenant, "%s", request->tenant);
    snprintf(who.key, sizeof who.key, "%s", id);
    serve_login_enter(request, &who, role);
  }
  else if (second) serve_answer_problem_text(request, 401, "Second factor needed", "send 'code' as well: six digits of the authenticator");
  else if (code == MIEN_EPOLICY) serve_answer_problem(request, 401, "Not logged in", &error);
  else serve_answer_error(request, &error);
}

void serve_api_login(serve_request *request) {
  char name[140];
  json_t *body = serve_request_json(request);
  if (!body) return;
  if (*serve_text_of(body, "key")) {
    enter_by_key(request, serve_text_of(body, "key"));
    json_decref(body);
    forget_body(request);
    return;
  }
  const char *tenant = *serve_text_of(body, "tenant") ? serve_text_of(body, "tenant") : "default", *who = serve_text_of(body, "name");
  bool fits = *who && strlen(who) < 64 && *serve_text_of(body, "password") && strlen(tenant) < 64;
  snprintf(name, sizeof name, "%s/%s", tenant, who);
  if (fits && serve_keys_tenant(request->server->keys, tenant)) snprintf(request->tenant, sizeof request->tenant, "%s", tenant);
  json_decref(body);
  double wait = fits ? serve_limits_take(request->server->limits, 'l', name, TRIES_RATE, TRY_COST, base_clock(), NULL) : 0;
  if (!fits) {
    serve_answer_problem_text(request, 422, "Not possible as asked", "send {\"tenant\",\"name\",\"password\",\"code\"}; name and tenant have at most 63 bytes");
  } else if (wait > 0) {
    serve_answer_problem_text(request, 429, "Too many tries", "somebody has tried to log in under this name too often");
    request->retry_after = (int)ceil(wait);
  } else {
    serve_aside_run(request, check);
  }
}

void serve_api_logout(serve_request *request) {
  mien_error error = {0};
  serve_accounts_leave(request->server->accounts, request->cookie);
  if (serve_audit_did(request->server, request->tenant, request->key, "logout", request->key, &error)) {
    serve_answer_error(request, &error);
    return;
  }
  cookie(request, "", 0);
  json_t *body = json_pack("{s:b}", "logged_out", true);
  serve_answer_json(request, 200, body);
  json_decref(body);
}

static void own(serve_request *request) {
  store_tenant t;
  mien_error error = {0};
  json_t *body = NULL;
  char csrf[SERVE_COOKIE_ROOM];
  int code = MIEN_OK;
  if (request->by != SERVE_BY_ACCOUNT) {
    body = json_pack("{s:s,s:s,s:s}", "user", request->key, "name", request->key, "role", request->by == SERVE_BY_KEY ? "key" : "oidc");
  } else {
    code = serve_accounts_tenant(request->server, request->tenant, &t, &error);
    if (!code) code = serve_account_get(&t, request->key, &body, &error);
  }
  if (body) {
    serve_accounts_csrf(request->cookie, csrf);
    json_object_set_new(body, "scopes", serve_scopes_json(request->scopes));
    json_object_set_new(body, "tenant", json_string(request->tenant));
    json_object_set_new(body, "csrf", json_string(csrf));
  }
  if (code) serve_answer_error(request, &error);
  else serve_answer_json(request, 200, body);
  json_decref(body);
}

void serve_api_me(serve_request *request) { serve_aside_run(request, own); }

/* {"password":OLD,"new":…}: whoever found an open screen cannot change it. */
static void change_password(serve_request *request) {
  store_tenant t;
  char id[STORE_ID], role[32];
  bool second;
  mien_error error = {0};
  json_t *body = json_loadb(request->body.data, request->body.length, 0, NULL), *me = NULL;
  int code = serve_accounts_tenant(request->server, request->tenant, &t, &error);
  if (!code) code = serve_account_get(&t, request->key, &me, &error);
  serve_login login = {serve_text_of(me, "name"), serve_text_of(body, "password"), serve_text_of(body, "code")};
  if (!code) code = serve_account_check(&t, &login, id, role, &second, &error);
  if (!code) code = serve_account_password(&t, request->key, serve_text_of(body, "new"), false, &error);
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "password", request->key, &error);
  if (!code) serve_accounts_expel(request->server->accounts, request->key);
  json_decref(body);
  forget_body(request);
  if (code == MIEN_EPOLICY) serve_answer_problem(request, 403, "Not changed", &error);
  else if (code) serve_answer_error(request, &error);
  else serve_answer_json(request, 200, me);
  json_decref(me);
}

/* {}: a new secret. {"code":…}: it is in use from now on. */
static void second_factor(serve_request *request) {
  store_tenant t;
  char secret[TOTP_BASE32] = "", address[160];
  mien_error error = {0};
  json_t *body = json_loadb(request->body.data, request->body.length, 0, NULL), *answer;
  const char *given = serve_text_of(body, "code");
  int code = serve_accounts_tenant(request->server, request->tenant, &t, &error);
  if (!code) code = *given ? serve_account_confirm(&t, request->key, given, &error) : serve_account_totp(&t, request->key, secret, &error);
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, *given ? "second_factor" : "second_factor_asked", request->key, &error);
  snprintf(address, sizeof address, "otpauth://totp/Mien?secret=%s&issuer=Mien", secret);
  answer = *given ? json_pack("{s:b}", "second_factor", true) : json_pack("{s:s,s:s}", "secret", secret, "address", address);
  if (code) serve_answer_error(request, &error);
  else serve_answer_json(request, 200, answer);
  json_decref(answer);
  json_decref(body);
}

static void with_body(serve_request *request, void (*work)(serve_request *request)) {
  char name[140];
  json_t *body = serve_request_json(request);
  if (!body) return;
  json_decref(body);
  snprintf(name, sizeof name, "%s/%s", request->tenant, request->key);
  double wait = serve_limits_take(request->server->limits, 'm', name, TRIES_RATE, TRY_COST, base_clock(), NULL);
  if (!(wait > 0)) {
    serve_aside_run(request, work);
    return;
  }
  serve_answer_problem_text(request, 429, "Too many tries", "try again later");
  request->retry_after = (int)ceil(wait);
}

void serve_api_me_password(serve_request *request) { with_body(request, change_password); }
void serve_api_me_second(serve_request *request) { with_body(request, second_factor); }
