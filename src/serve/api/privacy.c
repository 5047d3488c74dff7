/* privacy.c: what those need who answer for other people's data: the ledger of consents with its proofs, the audit, whether both
 * are as they were written, and the policies. Files are read aside (aside.h). Every look is in the audit. */
#include <stdio.h>
#include <stdlib.h>

#include "serve/api/api.h"
#include "serve/api/consents.h"
#include "serve/audit/audit.h"
#include "serve/audit/trail.h"
#include "serve/audit/writer.h"
#include "serve/http/aside.h"
#include "serve/server.h"

static void finish(serve_request *request, int code, json_t *body, const mien_error *error) {
  if (code == MIEN_EEMPTY) serve_answer_problem(request, 404, "Not found", error);
  else if (code) serve_answer_error(request, error->code ? error : &(mien_error){.code = code, .what = "out of memory"});
  else if (!body) serve_answer_error(request, &(mien_error){.code = MIEN_ENOMEM, .what = "out of memory"});
  else serve_answer_json(request, 200, body);
  json_decref(body);
}

/* `before` of the query: UINT64_MAX where there is none; false: it is no number, answered. */
static bool cursor(serve_request *request, uint64_t *before) {
  char digits[24], *end = digits;
  *before = UINT64_MAX;
  if (!serve_request_query(request, "before", digits, sizeof digits)) return true;
  *before = strtoull(digits, &end, 10);
  if (*digits >= '0' && *digits <= '9' && !*end) return true;
  serve_answer_problem_text(request, 422, "Not possible as asked", "'before' must be what the page before said");
  return false;
}

static json_t *next(uint64_t before) { return before ? json_sprintf("%llu", (unsigned long long)before) : NULL; }

/* ---- Consents ---- */

static int add_consent(void *context, const guard_consent *consent) {
  json_t *one = serve_consent_describe(consent);
  json_object_set_new(one, "proof", json_sprintf("/v1/consents/%s/proof", consent->id));
  return json_array_append_new(context, one) ? MIEN_ENOMEM : MIEN_OK;
}

/* ?subject=NAME&before=&limit=: {"consents":[…],"before":…}, the newest first. */
void serve_api_consents(serve_request *request) {
  char subject[GUARD_NAME] = "", ref[GUARD_ID] = "";
  uint64_t before;
  mien_error error = {0};
  if (!cursor(request, &before)) return;
  if (serve_request_query(request, "subject", subject, sizeof subject)) guard_ledger_subject(request->server->ledger, request->tenant, subject, ref);
  json_t *list = json_array();
  int code = serve_audit_did(request->server, request->tenant, request->key, "consents", ref, &error);
  if (!code) code = guard_ledger_list(request->server->ledger, request->tenant, subject, &before, serve_request_limit(request, 100), add_consent, list);
  finish(request, code, json_pack("{s:o,s:o*}", "consents", list, "before", next(before)), &error);
}

typedef struct proof {
  const char *tenant, *id;
  json_t *records;
} proof;

static int add_proof(void *context, const guard_chain_line *line) {
  proof *p = context;
  json_t *record = json_loadb(line->record, line->bytes, 0, NULL);
  const char *tenant = json_string_value(json_object_get(record, "tenant")), *id = json_string_value(json_object_get(record, "id"));
  int code = MIEN_OK;
  if (tenant && id && !strcmp(tenant, p->tenant) && !strcmp(id, p->id))
    code = json_array_append_new(p->records, json_pack("{s:I,s:s,s:s,s:O}", "seq", (json_int_t)line->seq, "at", line->at, "hash", line->hash, "record", record)) ? MIEN_ENOMEM : MIEN_OK;
  json_decref(record);
  return code;
}

static void prove(serve_request *request) {
  mien_error error = {0};
  uint64_t count = 0;
  proof p = {request->tenant, request->params[0], json_array()};
  int code = guard_chain_check(guard_ledger_chain(request->server->ledger), add_proof, &p, &count, &error);
  bool sound = code != MIEN_EFORMAT;
  json_t *body = json_pack("{s:s,s:b,s:o,s:s*}", "consent", p.id, "sound", sound, "records", p.records, "trouble", sound ? NULL : error.what);
  finish(request, sound ? code : MIEN_OK, body, &error);
}

/* What the ledger says of one consent, and that the chain before and after it holds. */
void serve_api_consent_proof(serve_request *request) {
  guard_consent c;
  mien_error error = {0};
  int code = guard_ledger_find(request->server->ledger, request->tenant, request->params[0], &c) ? MIEN_OK
             : base_error_set(&error, MIEN_EEMPTY, "consent", "", "there is no such consent");
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "proof", c.id, &error);
  if (code) finish(request, code, NULL, &error);
  else serve_aside_run(request, prove);
}

/* ---- The audit ---- */

static void search(serve_request *request) {
  serve_writer_flush(request->server->writer); /* what happened before it was asked is in it */
  char subject[GUARD_NAME] = "";
  serve_trail *trail = base_alloc(1, sizeof *trail);
  uint64_t before;
  mien_error error = {0};
  int code = trail ? MIEN_OK : MIEN_ENOMEM;
  if (!cursor(request, &before)) {
    base_free(trail);
    return;
  }
  json_t *list = json_array();
  if (!code) {
    serve_request_query(request, "what", trail->what, sizeof trail->what);
    serve_request_query(request, "key", trail->key, sizeof trail->key);
    serve_request_query(request, "of", trail->of, sizeof trail->of);
    serve_request_query(request, "since", trail->since, sizeof trail->since);
    serve_request_query(request, "until", trail->until, sizeof trail->until);
  }
  if (!code && serve_request_query(request, "subject", subject, sizeof subject) && *subject) code = serve_trail_of(trail, request->server, request->tenant, subject, &error);
  if (!code) code = serve_trail_read(request->server, request->tenant, trail, &before, serve_request_limit(request, 100), list, &error);
  base_free(trail);
  finish(request, code, json_pack("{s:o,s:o*}", "records", list, "before", next(before)), &error);
}

/* ?what=&key=&of=&subject=&since=&until=&before=&limit=: {"records":[…],"before":…}, the newest first. */
void serve_api_audit(serve_request *request) {
  char subject[GUARD_NAME] = "", ref[GUARD_ID] = "";
  mien_error error = {0};
  if (serve_request_query(request, "subject", subject, sizeof subject)) guard_ledger_subject(request->server->ledger, request->tenant, subject, ref);
  if (serve_audit_did(request->server, request->tenant, request->key, "audit", ref, &error)) serve_answer_error(request, &error);
  else serve_aside_run(request, search);
}

typedef struct counted {
  const char *tenant;
  json_int_t own;
} counted;

static int count(void *context, const guard_chain_line *line) {
  counted *c = context;
  json_t *record = json_loadb(line->record, line->bytes, 0, NULL);
  const char *tenant = json_string_value(json_object_get(record, "tenant"));
  c->own += tenant && !strcmp(tenant, c->tenant);
  json_decref(record);
  return MIEN_OK;
}

static json_t *checked(serve_request *request, guard_chain *chain) {
  counted c = {.tenant = request->tenant};
  uint64_t all;
  mien_error error = {0};
  int code = guard_chain_check(chain, count, &c, &all, &error);
  return json_pack("{s:b,s:I,s:s*}", "sound", code == MIEN_OK, "records", c.own, "trouble", code ? error.what : NULL);
}

static void verify(serve_request *request) {
  mien_error error = {0};
  finish(request, MIEN_OK, json_pack("{s:o,s:o}", "audit", checked(request, request->server->audit), "consents", checked(request, guard_ledger_chain(request->server->ledger))), &error);
}

/* Both chains, from their beginning: {"audit":{"sound","records","trouble"},"consents":{…}}; counts are the tenant's own. */
void serve_api_audit_verify(serve_request *request) {
  mien_error error = {0};
  if (serve_audit_did(request->server, request->tenant, request->key, "verify", "", &error)) serve_answer_error(request, &error);
  else serve_aside_run(request, verify);
}

/* ---- Policies ---- */

/* {"policies":[…]}: what may be read where, for what, of whom, with the articles, and how long it is kept. */
void serve_api_policies(serve_request *request) {
  base_json json;
  base_text_reset(&request->answer);
  base_json_init(&json, &request->answer);
  base_json_open(&json, NULL, '{');
  guard_packs_describe(request->server->packs, &json, "policies");
  base_json_close(&json, '}');
  request->status = request->answer.failed ? 500 : 200;
  request->type = "application/json";
}
