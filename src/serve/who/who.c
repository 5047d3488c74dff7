/* who.c: keys. A key is "mien_" and 43 characters; the service keeps its hash alone. */
#include "serve/who/who.h"

#include <sodium.h>
#include <stdio.h>
#include <strings.h>

#include "serve/http/limit.h"
#include "serve/http/route.h"
#include "serve/server.h"
#include "serve/who/accounts.h"
#include "serve/who/keys.h"

bool serve_who_by_key(struct serve_server *server, const char *key, serve_who *who) {
  return strlen(key) == SERVE_KEY_TEXT && serve_keys_find(server->keys, key, who);
}

bool serve_who_is(struct serve_server *server, const char *authorization, const char *query, serve_who *who) {
  char key[SERVE_KEY_TEXT + 2] = ""; /* one more: a longer one must not pass for its beginning */
  if (!strncasecmp(authorization, "Bearer ", 7)) {
    snprintf(key, sizeof key, "%s", authorization + 7);
  } else {
    const char *at = strstr(query, "access_token=");
    if (at && (at == query || at[-1] == '&')) snprintf(key, sizeof key, "%.*s", (int)strcspn(at + 13, "&"), at + 13);
  }
  bool known = serve_who_by_key(server, key, who);
  sodium_memzero(key, sizeof key);
  return known;
}

void serve_who_cookie(struct lws *wsi, const char *name, char *to, size_t room) {
  size_t length = strlen(name);
  char all[1024];
  *to = 0;
  if (lws_hdr_copy(wsi, all, sizeof all, WSI_TOKEN_HTTP_COOKIE) < 0) return;
  for (const char *at = all; *at; at += strcspn(at, ";"), at += *at == ';', at += strspn(at, " "))
    if (!strncmp(at, name, length) && at[length] == '=') {
      snprintf(to, room, "%.*s", (int)strcspn(at + length + 1, ";"), at + length + 1);
      return;
    }
}

int serve_who_logged_in(struct serve_server *server, const char *cookie, const char *csrf, serve_who *who) {
  int is = serve_accounts_who(server->accounts, cookie, csrf, who);
  return is == SERVE_LOGGED_IN && who->by == SERVE_BY_KEY && !serve_keys_has(server->keys, who->key) ? SERVE_NOBODY : is;
}

/* They are logged in by this cookie, or ("") their key, by its id, is valid ("": they came without one). */
static bool still(struct serve_server *server, const char *cookie, const char *key) {
  serve_who who;
  if (*cookie) return serve_who_logged_in(server, cookie, NULL, &who) == SERVE_LOGGED_IN;
  return !*key || serve_keys_has(server->keys, key);
}

void serve_who_sweep(struct serve_server *server) {
  for (serve_link *link = server->links; link; link = link->next) {
    if (link->closing || link->door->admit) continue; /* such a door has let them in by itself, not by a key of the service */
    if (!still(server, link->upgrade.cookie, link->upgrade.key)) serve_link_end(link, 1008, "who opened this is logged out, or their key is no longer valid");
  }
  for (serve_request *r = server->streams; r; r = r->next) {
    if (r->ended || still(server, *r->authorization ? "" : r->cookie, r->key)) continue;
    r->ended = true;
    lws_callback_on_writable(r->wsi);
  }
}

bool serve_who_may(serve_request *request, unsigned scope) {
  serve_who who;
  if (scope == SERVE_SCOPE_NONE) return true;
  bool changes = !(request->method & (SERVE_GET | SERVE_HEAD));
  int login = *request->authorization || !*request->cookie ? SERVE_NOBODY
              : serve_who_logged_in(request->server, request->cookie, changes ? request->csrf : NULL, &who);
  if (login == SERVE_FORGED) {
    serve_answer_problem_text(request, 403, "Not allowed", "send the token that logging in gave: X-CSRF-Token");
    return false;
  }
  if (login == SERVE_NOBODY && !serve_who_is(request->server, request->authorization, request->query, &who)) {
    if (serve_limit_wrong(request)) serve_answer_problem_text(request, 401, "Who are you?", "send a key that is valid: Authorization: Bearer KEY");
    return false;
  }
  snprintf(request->tenant, sizeof request->tenant, "%s", who.tenant);
  snprintf(request->key, sizeof request->key, "%s", who.key);
  request->scopes = who.scopes;
  request->by = who.by;
  if (!serve_limit_key(request)) return false;
  if ((who.scopes & scope) == scope) return true;
  serve_answer_problem_text(request, 403, "Not allowed", "this caller has not the scope that is needed here");
  return false;
}
