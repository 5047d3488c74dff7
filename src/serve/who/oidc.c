/* oidc.c: see oidc.h. */
#include "serve/who/oidc.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "serve/audit/audit.h"
#include "serve/calls/address.h"
#include "serve/calls/fetch.h"
#include "serve/http/aside.h"
#include "serve/http/json.h"
#include "serve/server.h"
#include "serve/who/accounts.h"
#include "serve/who/login.h"
#include "serve/who/oidc_token.h"

enum { WAITING = 256, WORD = 64, ANEW = 3600 /* s: discovery and keys are asked for again */, KEYS_ANEW = 2 /* s, at most so often */ };
#define WITHIN 600.0
#define TIMEOUT 5.0

typedef struct waiting {
  char state[WORD], nonce[WORD], verifier[WORD], binding[WORD];
  double begun; /* base_clock(); 0: free */
} waiting;

struct serve_oidc {
  serve_aside *aside;
  char secret[512], hosts[SERVE_TEXT * 2];
  pthread_mutex_t lock; /* of `all` */
  waiting all[WAITING];
  /* Of the thread aside. */
  json_t *about, *keys;
  double about_at, keys_at;
};

/* So many bytes of `from`, as many as fit. */
static void copy_part(char *to, size_t room, const char *from, size_t bytes) {
  bytes = BASE_MIN(bytes, room - 1);
  memcpy(to, from, bytes);
  to[bytes] = 0;
}

/* ---- Opening ---- */

static int read_secret(const char *path, char *to, size_t room, mien_error *error) {
  struct stat about;
  FILE *file = fopen(path, "re");
  bool ok = file && !fstat(fileno(file), &about) && fgets(to, (int)room, file);
  if (file) fclose(file);
  if (!ok) return base_error_set(error, MIEN_EIO, path, "put the client's secret there, in one line", "the secret of OpenID Connect could not be read");
  if (about.st_mode & 077) return base_error_set(error, MIEN_EIO, path, "chmod 600 it", "others may read the secret of OpenID Connect");
  to[strcspn(to, "\r\n")] = 0;
  return MIEN_OK;
}

static int check_roles(const char *roles, mien_error *error) {
  for (const char *at = roles; *at; at += strcspn(at, ","), at += *at == ',') {
    char pair[SERVE_TEXT], *ours;
    copy_part(pair, sizeof pair, at, strcspn(at, ","));
    ours = strchr(pair, '=');
    if (!ours || ours == pair || !serve_role_scopes(ours + 1))
      return base_error_set(error, MIEN_EINVAL, "oidc.roles", "write THEIRS=agent,THEIRS=supervisor …", "'%.80s' gives no role", pair);
  }
  return *roles ? MIEN_OK : base_error_set(error, MIEN_EINVAL, "oidc.roles", "write THEIRS=agent,THEIRS=supervisor …", "nobody would have a role");
}

int serve_oidc_open(struct serve_server *server, mien_error *error) {
  const serve_settings *s = &server->settings;
  if (!*s->oidc_issuer) return MIEN_OK;
  serve_oidc *o = server->oidc = base_alloc(1, sizeof *o);
  if (!o) return base_error_set(error, MIEN_ENOMEM, "oidc", "", "out of memory");
  pthread_mutex_init(&o->lock, NULL);
  const char *host = strstr(s->oidc_issuer, "://");
  if (!host || !*s->oidc_client || !*s->oidc_address)
    return base_error_set(error, MIEN_EINVAL, "oidc", "docs/serve.md says what each is", "issuer (an address), client_id and address are needed together");
  host += 3;
  snprintf(o->hosts, sizeof o->hosts, "%.*s%s%s", (int)strcspn(host, "/"), host, *s->oidc_hosts ? "," : "", s->oidc_hosts);
  int code = check_roles(s->oidc_roles, error);
  if (!code && *s->oidc_secret) code = read_secret(s->oidc_secret, o->secret, sizeof o->secret, error);
  return code ? code : serve_aside_open(&o->aside, error);
}

void serve_oidc_close(struct serve_server *server) {
  serve_oidc *o = server->oidc;
  if (!o) return;
  serve_aside_close(&o->aside);
  json_decref(o->about);
  json_decref(o->keys);
  pthread_mutex_destroy(&o->lock);
  sodium_memzero(o, sizeof *o);
  base_free(o);
  server->oidc = NULL;
}

/* ---- The provider: aside ---- */

static int fetch_json(const serve_oidc *o, const serve_settings *s, const char *url, const char *form, json_t **json, mien_error *error) {
  base_text body = {0};
  serve_fetch f = {.url = url, .hosts = o->hosts, .form = form, .ca = s->oidc_ca, .timeout = TIMEOUT};
  if (form && *o->secret) f.user = s->oidc_client, f.password = o->secret;
  int code = serve_fetch_run(&f, &body, error);
  *json = code ? NULL : json_loadb(body.data ? body.data : "", body.length, JSON_REJECT_DUPLICATES, NULL);
  if (!code && !json_is_object(*json)) {
    json_decref(*json);
    *json = NULL;
    code = base_error_set(error, MIEN_EIO, url, "", "the provider's answer is no JSON object");
  }
  if (body.data) sodium_memzero(body.data, body.capacity);
  base_text_clear(&body);
  return code;
}

static int discover(serve_oidc *o, const serve_settings *s, mien_error *error) {
  char url[SERVE_TEXT + 64];
  json_t *about;
  double now = base_clock();
  if (o->about && now - o->about_at < ANEW) return MIEN_OK;
  size_t bytes = strlen(s->oidc_issuer);
  snprintf(url, sizeof url, "%.*s/.well-known/openid-configuration", (int)(bytes - (s->oidc_issuer[bytes - 1] == '/')), s->oidc_issuer);
  int code = fetch_json(o, s, url, NULL, &about, error);
  if (code) return code;
  if (strcmp(serve_text_of(about, "issuer"), s->oidc_issuer) || !*serve_text_of(about, "authorization_endpoint") || !*serve_text_of(about, "token_endpoint") || !*serve_text_of(about, "jwks_uri")) {
    json_decref(about);
    return base_error_set(error, MIEN_EIO, url, "is oidc.issuer exactly as the provider calls itself?", "the provider's description is of another issuer, or lacks an endpoint");
  }
  json_decref(o->about);
  o->about = about;
  o->about_at = now;
  return MIEN_OK;
}

static int keys_anew(serve_oidc *o, const serve_settings *s, mien_error *error) {
  json_t *keys;
  int code = fetch_json(o, s, serve_text_of(o->about, "jwks_uri"), NULL, &keys, error);
  o->keys_at = base_clock();
  if (code) return code;
  json_decref(o->keys);
  o->keys = keys;
  return MIEN_OK;
}

/* ---- Beginning ---- */

static void random_word(char to[WORD]) {
  uint8_t bytes[32];
  randombytes_buf(bytes, sizeof bytes);
  sodium_bin2base64(to, WORD, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static void remember(serve_oidc *o, const waiting *w) {
  waiting *place = &o->all[0]; /* a free one, or the oldest */
  pthread_mutex_lock(&o->lock);
  for (size_t i = 0; i < WAITING; i++)
    if (o->all[i].begun < place->begun) place = &o->all[i];
  *place = *w;
  pthread_mutex_unlock(&o->lock);
}

/* Once, within ten minutes, by the browser that began. */
static bool recall(serve_oidc *o, const char *state, const char *binding, waiting *w) {
  bool found = false;
  double now = base_clock();
  pthread_mutex_lock(&o->lock);
  for (size_t i = 0; i < WAITING; i++) {
    waiting *one = &o->all[i];
    if (!(one->begun > 0) || strlen(state) != strlen(one->state) || sodium_memcmp(state, one->state, strlen(state))) continue;
    found = now - one->begun < WITHIN && strlen(binding) == strlen(one->binding) && !sodium_memcmp(binding, one->binding, strlen(binding));
    *w = *one;
    sodium_memzero(one, sizeof *one);
  }
  pthread_mutex_unlock(&o->lock);
  return found;
}

static void pair(base_text *to, const char *name, const char *value) {
  base_text_printf(to, "%s%s=", to->length && !strchr("?&", to->data[to->length - 1]) ? "&" : "", name);
  serve_fetch_escape(to, value);
}

static void callback_of(const serve_settings *s, char *to, size_t room) {
  size_t bytes = strlen(s->oidc_address);
  snprintf(to, room, "%.*s/v1/login/oidc/callback", (int)(bytes - (s->oidc_address[bytes - 1] == '/')), s->oidc_address);
}

static void binding_cookie(serve_request *request, const char *value, int seconds) {
  snprintf(request->set_cookie, sizeof request->set_cookie, "mien_oidc=%s; Path=/v1/login/oidc; HttpOnly; SameSite=Lax; Max-Age=%d%s", value, seconds,
           !strncmp(request->server->settings.oidc_address, "https:", 6) ? "; Secure" : "");
}

static void begin(serve_request *request) {
  serve_oidc *o = request->server->oidc;
  const serve_settings *s = &request->server->settings;
  mien_error error = {0};
  char back[SERVE_TEXT + 64], challenge[WORD];
  uint8_t hash[crypto_hash_sha256_BYTES];
  waiting w = {.begun = base_clock()};
  base_text url = {0};
  if (discover(o, s, &error)) {
    serve_answer_problem(request, 502, "The provider did not answer", &error);
    return;
  }
  random_word(w.state), random_word(w.nonce), random_word(w.verifier), random_word(w.binding);
  crypto_hash_sha256(hash, (const uint8_t *)w.verifier, strlen(w.verifier));
  sodium_bin2base64(challenge, sizeof challenge, hash, sizeof hash, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  callback_of(s, back, sizeof back);
  const char *endpoint = serve_text_of(o->about, "authorization_endpoint");
  base_text_printf(&url, "%s%s", endpoint, strchr(endpoint, '?') ? "&" : "?");
  pair(&url, "response_type", "code"), pair(&url, "scope", *s->oidc_scope ? s->oidc_scope : "openid");
  pair(&url, "client_id", s->oidc_client), pair(&url, "redirect_uri", back), pair(&url, "state", w.state), pair(&url, "nonce", w.nonce);
  pair(&url, "code_challenge", challenge), pair(&url, "code_challenge_method", "S256");
  if (url.failed || url.length >= sizeof request->location || strpbrk(url.data, "\r\n ")) {
    serve_answer_problem_text(request, 502, "The provider did not answer", "its address for logging in is too long, or none");
  } else {
    remember(o, &w);
    binding_cookie(request, w.binding, (int)WITHIN);
    snprintf(request->location, sizeof request->location, "%s", url.data);
    serve_answer_json(request, 302, json_null());
  }
  base_text_clear(&url);
  sodium_memzero(&w, sizeof w);
}

static bool is_on(serve_request *request) {
  if (!request->server->oidc) serve_answer_problem_text(request, 501, "Not set up", "logging in by OpenID Connect is not set up here");
  return request->server->oidc;
}

void serve_api_oidc_begin(serve_request *request) {
  if (is_on(request)) serve_aside_run_in(request->server->oidc->aside, request, begin);
}

void serve_api_login_ways(serve_request *request) {
  json_t *body = json_pack("{s:b,s:b,s:b}", "password", true, "key", true, "oidc", request->server->oidc != NULL);
  serve_answer_json(request, 200, body);
  json_decref(body);
}

/* ---- The end ---- */

/* The first of the settings' pairs whose left side the claim has. */
static const char *role_of(const serve_settings *s, const json_t *claims, char *to, size_t room) {
  const json_t *claim = json_object_get(claims, *s->oidc_role_claim ? s->oidc_role_claim : "roles");
  for (const char *at = s->oidc_roles; *at; at += strcspn(at, ","), at += *at == ',') {
    char theirs[SERVE_TEXT];
    copy_part(theirs, sizeof theirs, at, strcspn(at, "="));
    const char *ours = at + strcspn(at, "=") + 1;
    bool has = json_is_string(claim) && !strcmp(json_string_value(claim), theirs);
    for (size_t i = 0; i < json_array_size(claim); i++) {
      const char *one = json_string_value(json_array_get(claim, i));
      has |= one && !strcmp(one, theirs);
    }
    if (has) return copy_part(to, room, ours, strcspn(ours, ",")), to;
  }
  return NULL;
}

static int ask_token(serve_oidc *o, const serve_settings *s, const waiting *w, const char *code_, json_t **answer, mien_error *error) {
  char back[SERVE_TEXT + 64];
  base_text form = {0};
  callback_of(s, back, sizeof back);
  pair(&form, "grant_type", "authorization_code"), pair(&form, "code", code_), pair(&form, "redirect_uri", back);
  pair(&form, "client_id", s->oidc_client), pair(&form, "code_verifier", w->verifier);
  int code = form.failed ? base_error_set(error, MIEN_ENOMEM, "oidc", "", "out of memory") : discover(o, s, error);
  if (!code) code = fetch_json(o, s, serve_text_of(o->about, "token_endpoint"), form.data, answer, error);
  if (form.data) sodium_memzero(form.data, form.capacity);
  base_text_clear(&form);
  return code;
}

/* With the keys at hand, and with new ones where none of them is the token's. */
static int check_token(serve_oidc *o, const serve_settings *s, const waiting *w, const char *token, json_t **claims, mien_error *error) {
  oidc_expected x = {s->oidc_issuer, s->oidc_client, w->nonce, (double)time(NULL)};
  int code = o->keys && base_clock() - o->keys_at < ANEW ? MIEN_OK : keys_anew(o, s, error);
  if (!code) code = oidc_token_check(token, o->keys, &x, claims, error);
  if (code != MIEN_EEMPTY || base_clock() - o->keys_at < KEYS_ANEW) return code;
  code = keys_anew(o, s, error);
  return code ? code : oidc_token_check(token, o->keys, &x, claims, error);
}

static void enter(serve_request *request, const json_t *claims) {
  const serve_settings *s = &request->server->settings;
  char role[32];
  serve_who who = {.key = "o_", .by = SERVE_BY_PROVIDER};
  uint8_t hash[16];
  crypto_generichash_state state;
  const char *issuer = serve_text_of(claims, "iss"), *subject = serve_text_of(claims, "sub");
  crypto_generichash_init(&state, NULL, 0, sizeof hash);
  crypto_generichash_update(&state, (const uint8_t *)issuer, strlen(issuer) + 1);
  crypto_generichash_update(&state, (const uint8_t *)subject, strlen(subject));
  crypto_generichash_final(&state, hash, sizeof hash);
  sodium_bin2hex(who.key + 2, sizeof who.key - 2, hash, sizeof hash);
  snprintf(who.tenant, sizeof who.tenant, "%s", *s->oidc_tenant ? s->oidc_tenant : "default");
  if (!role_of(s, claims, role, sizeof role)) {
    serve_audit_did(request->server, who.tenant, "", "login_without_role", who.key, NULL);
    serve_answer_problem_text(request, 403, "No role", "the provider gives this person no role that has one here (oidc.roles)");
    return;
  }
  who.scopes = serve_role_scopes(role);
  serve_login_enter(request, &who, role);
  if (request->status != 200) return;
  snprintf(request->location, sizeof request->location, "/");
  serve_answer_json(request, 303, json_null()); /* the page asks GET /v1/me for the rest */
}

static void finish(serve_request *request) {
  serve_oidc *o = request->server->oidc;
  const serve_settings *s = &request->server->settings;
  mien_error error = {0};
  json_t *answer = NULL, *claims = NULL;
  waiting *w = request->held;
  char given[SERVE_QUERY] = "";
  serve_request_query(request, "code", given, sizeof given);
  int code = ask_token(o, s, w, given, &answer, &error);
  if (!code) code = check_token(o, s, w, serve_text_of(answer, "id_token"), &claims, &error);
  if (!code) enter(request, claims);
  else if (code == MIEN_EPOLICY || code == MIEN_EEMPTY) serve_answer_problem(request, 401, "Not logged in", &error);
  else serve_answer_problem(request, 502, "The provider did not answer", &error);
  sodium_memzero(given, sizeof given);
  sodium_memzero(w, sizeof *w);
  base_free(w);
  request->held = NULL;
  json_decref(answer);
  json_decref(claims);
}

void serve_api_oidc_callback(serve_request *request) {
  char state[WORD] = "", given[SERVE_QUERY] = "", refused[64] = "";
  if (!is_on(request)) return;
  waiting *w = base_alloc(1, sizeof *w);
  serve_request_query(request, "state", state, sizeof state);
  serve_request_query(request, "error", refused, sizeof refused);
  bool known = w && *state && recall(request->server->oidc, state, request->binding, w);
  if (known && !*refused && serve_request_query(request, "code", given, sizeof given)) {
    request->held = w;
    serve_aside_run_in(request->server->oidc->aside, request, finish);
    if (request->later) return;
    request->held = NULL;
  } else if (known) serve_answer_problem_text(request, 401, "Not logged in", "the provider did not let this person in");
  else serve_answer_problem_text(request, 401, "Not logged in", "this login was not begun in this browser, has been used, or is over ten minutes old: begin again");
  base_free(w);
}
