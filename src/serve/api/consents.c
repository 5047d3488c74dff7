/* consents.c: consents over HTTP: recorded, looked up, withdrawn. */
#include <stdio.h>

#include "serve/api/api.h"
#include "serve/api/consents.h"
#include "serve/audit/audit.h"
#include "serve/http/aside.h"
#include "serve/kept/keep.h"
#include "serve/server.h"

const struct serve_modality serve_modalities[SERVE_MODALITIES] = {{"text", MIEN_READ_TEXT}, {"voice", MIEN_READ_VOICE}, {"face", MIEN_READ_FACE}, {"body", MIEN_READ_BODY}};

unsigned serve_modality_named(const char *name) {
  for (size_t i = 0; name && i < SERVE_MODALITIES; i++)
    if (!strcmp(name, serve_modalities[i].name)) return serve_modalities[i].bit;
  return 0;
}

json_t *serve_modalities_json(unsigned read) {
  json_t *list = json_array();
  for (size_t i = 0; i < SERVE_MODALITIES; i++)
    if (read & serve_modalities[i].bit) json_array_append_new(list, json_string(serve_modalities[i].name));
  return list;
}

json_t *serve_consent_describe(const guard_consent *c) {
  return json_pack("{s:s,s:s,s:s,s:o,s:o,s:s,s:b}", "consent", c->id, "subject", c->subject, "purpose", c->purpose, "modalities", serve_modalities_json(c->read),
                   "until", isfinite(c->until) ? json_real(c->until) : json_null(), "evidence", c->evidence, "keep", c->keep);
}

static void answer(serve_request *request, int status, const guard_consent *c) {
  json_t *body = serve_consent_describe(c);
  serve_answer_json(request, status, body);
  json_decref(body);
}

static bool take(json_t *body, const char *name, char *to, size_t room) {
  const char *value = json_string_value(json_object_get(body, name));
  if (value && strlen(value) < room) snprintf(to, room, "%s", value);
  return !value || strlen(value) < room;
}

static void grant(serve_request *request) {
  guard_consent c = {.until = INFINITY};
  mien_error error = {0};
  json_t *body = serve_request_json(request);
  if (!body) return;
  json_t *list = json_object_get(body, "modalities"), *until = json_object_get(body, "until");
  bool fits = take(body, "subject", c.subject, sizeof c.subject) && take(body, "purpose", c.purpose, sizeof c.purpose) &&
              take(body, "evidence", c.evidence, sizeof c.evidence);
  bool known = json_array_size(list) > 0;
  for (size_t i = 0; i < json_array_size(list); i++) {
    unsigned bit = serve_modality_named(json_string_value(json_array_get(list, i)));
    known &= bit != 0;
    c.read |= bit;
  }
  if (json_is_number(until)) c.until = json_number_value(until);
  c.keep = json_is_true(json_object_get(body, "keep"));
  json_decref(body);
  snprintf(c.tenant, sizeof c.tenant, "%s", request->tenant);
  int code = fits && known ? MIEN_OK : base_error_set(&error, MIEN_EINVAL, fits ? "modalities" : "consent",
                                                      "send {\"subject\",\"purpose\",\"modalities\":[\"text\",\"voice\",\"face\",\"body\"],\"until\",\"evidence\"}; texts have at most 63 bytes",
                                                      fits ? "'modalities' must list what the consent covers" : "a text is too long");
  if (!code) code = guard_ledger_grant(request->server->ledger, &c, &error);
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "grant", c.id, &error);
  if (code) {
    serve_answer_error(request, &error);
    return;
  }
  snprintf(request->location, sizeof request->location, "/v1/consents/%s", c.id);
  answer(request, 201, &c);
}

void serve_api_consent_grant(serve_request *request) { serve_aside_run(request, grant); }

void serve_api_consent(serve_request *request) {
  guard_consent c;
  if (guard_ledger_find(request->server->ledger, request->tenant, request->params[0], &c)) answer(request, 200, &c);
  else serve_answer_problem_text(request, 404, "Not found", "there is no such consent");
}

int serve_consent_withdraw(struct serve_server *server, const char *tenant, const char *id, unsigned read, const char *key, const char *what,
                           mien_error *error) {
  int code = guard_ledger_withdraw(server->ledger, tenant, id, read, error);
  serve_conversations_decide(server); /* at once, whatever the disk says */
  if (!code) code = serve_keep_withdrawn(server, tenant, id, read, error);
  return code ? code : serve_audit_did(server, tenant, key, what, id, error);
}

void serve_api_consent_withdraw(serve_request *request) {
  char name[16];
  struct serve_server *server = request->server;
  const char *modality = serve_request_query(request, "modality", name, sizeof name);
  unsigned read = modality ? serve_modality_named(modality) : MIEN_READ_ALL;
  mien_error error = {0};
  if (!read) {
    serve_answer_problem_text(request, 422, "Not possible as asked", "'modality' must be text, voice, face or body");
    return;
  }
  int code = serve_consent_withdraw(server, request->tenant, request->params[0], read, request->key, "withdraw", &error);
  if (code == MIEN_EEMPTY) serve_answer_problem(request, 404, "Not found", &error);
  else if (code) serve_answer_error(request, &error);
  else serve_api_consent(request);
}
