/* optout.c: links for people to withdraw their own consent: made by who may record consents, used by anybody who has
 * one. The page is plain HTML without scripts; mail programs that look at links change nothing by it (GET shows, POST does). */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "serve/api/api.h"
#include "serve/api/consents.h"
#include "serve/audit/audit.h"
#include "serve/http/limit.h"
#include "serve/server.h"
#include "serve/who/optout.h"

#define LINK_DAYS 400.0 /* usual */

static const char *const names[] = {"text", "voice", "face", "body"};

void serve_api_consent_link(serve_request *request) {
  guard_consent c;
  char token[SERVE_OPTOUT], address[SERVE_OPTOUT + 16], days[16];
  mien_error error = {0};
  if (!guard_ledger_find(request->server->ledger, request->tenant, request->params[0], &c)) {
    serve_answer_problem_text(request, 404, "Not found", "there is no such consent");
    return;
  }
  double lasts = serve_request_query(request, "days", days, sizeof days) ? strtod(days, NULL) : LINK_DAYS;
  if (!(lasts >= 1 && lasts <= 3660)) {
    serve_answer_problem_text(request, 422, "Not possible as asked", "'days' must be 1 to 3660");
    return;
  }
  serve_optout about = {.until = (double)time(NULL) + floor(lasts * 86400)};
  snprintf(about.tenant, sizeof about.tenant, "%s", request->tenant);
  snprintf(about.consent, sizeof about.consent, "%s", c.id);
  serve_optout_write(token, &about, request->server->optout_key);
  if (serve_audit_did(request->server, request->tenant, request->key, "link", c.id, &error)) {
    serve_answer_error(request, &error);
    return;
  }
  snprintf(address, sizeof address, "/optout?t=%s", token);
  json_t *body = json_pack("{s:s,s:s,s:s,s:f}", "consent", c.id, "token", token, "link", address, "until", about.until);
  serve_answer_json(request, 201, body);
  json_decref(body);
}

/* ---- The person's side ---- */

static void escape(base_text *out, const char *text) {
  for (; *text; text++) {
    if (*text == '<') base_text_puts(out, "&lt;");
    else if (*text == '>') base_text_puts(out, "&gt;");
    else if (*text == '&') base_text_puts(out, "&amp;");
    else if (*text == '"') base_text_puts(out, "&quot;");
    else base_text_add(out, *text == '_' ? " " : text, 1);
  }
}

static void begin_page(serve_request *request, int status, const char *title) {
  base_text_reset(&request->answer);
  base_text_printf(&request->answer, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
                   "<meta name=\"referrer\" content=\"no-referrer\"><meta name=\"robots\" content=\"noindex\"><title>%s</title></head><body><main><h1>%s</h1>\n", title, title);
  request->status = status;
  request->type = "text/html; charset=utf-8";
}

static void end_page(serve_request *request) { base_text_puts(&request->answer, "</main></body></html>\n"); }

/* The consent that the token is of; false: answered. */
static bool of_token(serve_request *request, const char *token, serve_optout *about, guard_consent *c) {
  bool fits = token && serve_optout_read(about, token, strlen(token), (double)time(NULL), request->server->optout_key) &&
              guard_ledger_find(request->server->ledger, about->tenant, about->consent, c);
  if (fits || (*request->peer && !serve_limit_wrong(request))) return fits;
  begin_page(request, 400, "This link does not work");
  base_text_puts(&request->answer, "<p>It is not complete, or its time is over. Ask those who sent it to you; they have to take your withdrawal by any other way as well.</p>");
  end_page(request);
  return false;
}

static void form(serve_request *request, const char *token, const guard_consent *c) {
  base_text *out = &request->answer;
  base_text_puts(out, "<p>You allowed that your emotion is read for: <strong>");
  escape(out, c->purpose);
  base_text_puts(out, "</strong>. You may take that back now, for all or for a part. It counts at once, also for a conversation that is going on, and costs you nothing.</p>"
                      "<form method=\"post\" action=\"/optout\"><input type=\"hidden\" name=\"t\" value=\"");
  base_text_puts(out, token); /* letters, digits, - _ . alone, or its MAC would not fit */
  base_text_puts(out, "\"><fieldset><legend>No longer read</legend>");
  for (size_t i = 0; i < BASE_COUNT(names); i++)
    if (c->read & serve_modality_named(names[i]))
      base_text_printf(out, "<p><label><input type=\"checkbox\" name=\"modality\" value=\"%s\" checked> my %s</label></p>", names[i], names[i]);
  base_text_puts(out, "</fieldset><p><button>Withdraw</button></p></form>");
}

void serve_api_optout(serve_request *request) {
  serve_optout about;
  guard_consent c;
  char token[SERVE_OPTOUT];
  if (!of_token(request, serve_request_query(request, "t", token, sizeof token), &about, &c)) return;
  begin_page(request, 200, "Withdraw your consent");
  if (c.read) form(request, token, &c);
  else base_text_puts(&request->answer, "<p>It is withdrawn already. Nothing is read any more.</p>");
  end_page(request);
}

/* `name`'s next value in a form's body from *at on; values here need no decoding. */
static bool field(const char **at, const char *name, char *to, size_t room) {
  size_t length = strlen(name);
  while (*at && **at) {
    const char *here = *at;
    size_t part = strcspn(here, "&");
    *at = here + part + (here[part] == '&');
    if (part > length && !strncmp(here, name, length) && here[length] == '=' && part - length - 1 < room) {
      snprintf(to, room, "%.*s", (int)(part - length - 1), here + length + 1);
      return true;
    }
  }
  return false;
}

/* t=TOKEN, in the body or the address, and modality=…, once for each; none: all. */
void serve_api_optout_do(serve_request *request) {
  serve_optout about;
  guard_consent c;
  char token[SERVE_OPTOUT], name[16];
  mien_error error = {0};
  unsigned read = 0;
  const char *body = request->body.data ? request->body.data : "", *at = body;
  bool has = field(&at, "t", token, sizeof token) || serve_request_query(request, "t", token, sizeof token);
  if (!of_token(request, has ? token : NULL, &about, &c)) return;
  for (at = body; field(&at, "modality", name, sizeof name);) read |= serve_modality_named(name);
  bool part = strstr(body, "modality=") != NULL;
  if (part && !read) {
    begin_page(request, 422, "Nothing was chosen that can be withdrawn");
    end_page(request);
    return;
  }
  int code = serve_consent_withdraw(request->server, about.tenant, about.consent, part ? read : MIEN_READ_ALL, "person", "optout", &error);
  if (code) {
    serve_answer_error(request, &error);
    return;
  }
  bool left = guard_ledger_find(request->server->ledger, about.tenant, about.consent, &c) && c.read;
  begin_page(request, 200, "Withdrawn");
  base_text_puts(&request->answer, left ? "<p>What you chose is no longer read. What was kept of it is taken away.</p>"
                                        : "<p>Nothing is read any more. What was kept under this consent is taken away.</p>");
  end_page(request);
}
