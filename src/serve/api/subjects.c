/* subjects.c: what is kept: the list of sessions, all of a subject, and its end. Every look is in the audit. */
#include <stdio.h>

#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/kept/adaptings.h"
#include "serve/kept/keep.h"
#include "serve/server.h"

static int tenant_of(serve_request *request, store_tenant *t, mien_error *error) {
  if (request->server->keep) return store_of(t, request->server->keep->store, request->tenant, error);
  return base_error_set(error, MIEN_EEMPTY, "store.url", "", "nothing is kept here");
}

/* By the caller's own name for them, or their reference; the audit gets the opaque id. */
static int subject_of(serve_request *request, store_tenant *t, store_subject *subject, mien_error *error) {
  char name[GUARD_ID], ref[STORE_ID];
  int code = tenant_of(request, t, error);
  guard_ledger_subject(request->server->ledger, request->tenant, request->params[0], name);
  if (!code) code = store_subject_ref(t, name, ref, error);
  return code ? code : store_subject_find(t, ref, subject, error);
}

static void answer(serve_request *request, int code, const mien_error *error) {
  if (code == MIEN_EEMPTY) serve_answer_problem(request, 404, "Not found", error);
  else if (code) serve_answer_error(request, error);
  else request->status = 200, request->type = "application/json";
}

void serve_api_subject(serve_request *request) {
  store_tenant t;
  store_subject subject;
  mien_error error = {0};
  int code = subject_of(request, &t, &subject, &error);
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "export", subject.id, &error);
  if (!code) code = store_subject_export(&t, subject.id, &request->answer, &error);
  answer(request, code, &error);
}

void serve_api_subject_erase(serve_request *request) {
  store_tenant t;
  store_subject subject;
  mien_error error = {0};
  char name[GUARD_ID];
  size_t policies = 0; /* of adapt/ */
  guard_ledger_subject(request->server->ledger, request->tenant, request->params[0], name);
  int code = serve_adaptings_forget(request->server->adaptings, request->tenant, name, &policies, &error);
  if (!code) code = subject_of(request, &t, &subject, &error);
  if (code == MIEN_EEMPTY && policies && !serve_audit_did(request->server, request->tenant, request->key, "erase", "policies", &error)) {
    base_text_printf(&request->answer, "{\"policies\":%zu}", policies); /* nothing else is kept of them */
    request->status = 200, request->type = "application/json";
    return;
  }
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "erase", subject.id, &error);
  if (!code) code = store_subject_erase(&t, subject.id, "request", &request->answer, &error);
  answer(request, code, &error);
}

void serve_api_certificate(serve_request *request) {
  store_tenant t;
  mien_error error = {0};
  int code = tenant_of(request, &t, &error);
  if (!code) code = store_certificate(&t, request->params[0], &request->answer, &error);
  answer(request, code == MIEN_EINVAL ? MIEN_EEMPTY : code, &error);
}

static int add(void *context, const store_session *n) {
  json_t *one = json_pack("{s:s,s:s,s:s,s:s,s:f,s:o,s:f,s:I}", "session", n->id, "purpose", n->purpose, "context", n->context, "jurisdiction",
                          n->jurisdiction, "opened", n->opened, "closed", isnan(n->closed) ? json_null() : json_real(n->closed), "keep_until",
                          n->keep_until, "results", (json_int_t)n->results);
  return json_array_append_new(context, one) ? MIEN_ENOMEM : MIEN_OK;
}

void serve_api_kept(serve_request *request) {
  store_tenant t;
  char before[STORE_CURSOR] = "";
  mien_error error = {0};
  json_t *list = json_array();
  serve_request_query(request, "before", before, sizeof before);
  int code = tenant_of(request, &t, &error);
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "kept", "", &error);
  if (!code) code = store_session_list(&t, before, serve_request_limit(request, 100), add, list, &error);
  if (code) {
    json_decref(list);
    answer(request, code, &error);
    return;
  }
  json_t *body = json_pack("{s:o,s:s*}", "sessions", list, "before", *before ? before : NULL);
  serve_answer_json(request, 200, body);
  json_decref(body);
}
