/* cases.c: cases over HTTP. Every look and every decision is in the audit. */
#include <stdio.h>
#include <stdlib.h>

#include "serve/actions/cases.h"
#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/kept/keep.h"
#include "serve/server.h"

/* A store, and a record that somebody looked. */
static int begin(serve_request *request, const char *what, const char *of, store_tenant *t, mien_error *error) {
  if (!request->server->keep) return base_error_set(error, MIEN_EEMPTY, "store.url", "", "nothing is kept here");
  int code = store_of(t, request->server->keep->store, request->tenant, error);
  return code ? code : serve_audit_did(request->server, request->tenant, request->key, what, of, error);
}

static void finish(serve_request *request, int code, json_t *body, const mien_error *error) {
  if (code != MIEN_EPOLICY) {
    serve_answer_made(request, 200, code, body, error);
    return;
  }
  serve_answer_problem(request, 409, "Changed meanwhile", error);
  json_decref(body);
}

static int add(void *context, const store_item *item) {
  return json_array_append_new(context, serve_case_describe(item)) ? MIEN_ENOMEM : MIEN_OK;
}

void serve_api_cases(serve_request *request) {
  store_tenant t;
  char before[STORE_CURSOR] = "", state[STORE_NAME] = "", session[STORE_ID] = "";
  mien_error error = {0};
  json_t *list = json_array();
  serve_request_query(request, "before", before, sizeof before);
  serve_request_query(request, "state", state, sizeof state);
  serve_request_query(request, "session", session, sizeof session);
  int code = begin(request, "cases", state, &t, &error);
  if (!code) code = store_item_list(&t, STORE_CASES, state, session, before, serve_request_limit(request, 100), add, list, &error);
  finish(request, code, json_pack("{s:o,s:s*}", "cases", list, "before", *before ? before : NULL), &error);
}

static int describe(void *context, const store_item *item) {
  *(json_t **)context = serve_case_describe(item);
  return MIEN_OK;
}

void serve_api_case(serve_request *request) {
  store_tenant t;
  mien_error error = {0};
  json_t *body = NULL;
  int code = begin(request, "case", request->params[0], &t, &error);
  if (!code) code = store_item_get(&t, STORE_CASES, request->params[0], describe, &body, &error);
  finish(request, code, body, &error);
}

void serve_api_case_decide(serve_request *request) {
  store_tenant t;
  mien_error error = {0};
  json_t *asked = serve_request_json(request), *body = NULL;
  if (!asked) return;
  int code = begin(request, "decision", request->params[0], &t, &error);
  if (!code) code = serve_case_decide(&t, request->params[0], request->key, asked, &body, &error);
  json_decref(asked);
  finish(request, code, body, &error);
}
