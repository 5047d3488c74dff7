/* rules.c: the rules over HTTP, and the events of a conversation. */
#include <stdio.h>
#include <stdlib.h>

#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/kept/keep.h"
#include "serve/kept/kept.h"
#include "serve/live/rulebook.h"
#include "serve/server.h"

static void answer(serve_request *request, json_t *body) {
  if (body) serve_answer_json(request, 200, body);
  else serve_answer_error(request, &(mien_error){.code = MIEN_ENOMEM, .what = "out of memory"});
  json_decref(body);
}

void serve_api_rules(serve_request *request) {
  serve_rulebook *book = serve_rules_hold(request->server->rules);
  answer(request, serve_rulebook_describe(book));
  serve_rulebook_release(&book);
}

void serve_api_rules_files(serve_request *request) {
  serve_rulebook *book = serve_rules_hold(request->server->rules);
  answer(request, serve_rulebook_files(book));
  serve_rulebook_release(&book);
}

/* Whether a file of rules is right; nothing changes. */
void serve_api_rules_check(serve_request *request) {
  rules_set *set;
  mien_error error = {0};
  if (rules_set_read(&set, request->body.data ? request->body.data : "", request->body.length, "the body", &error) != MIEN_OK) {
    serve_answer_error(request, &error);
    return;
  }
  answer(request, serve_rules_describe(set, "the body"));
  rules_set_close(&set);
}

static void put(serve_request *request, const char *yaml, size_t bytes) {
  mien_error error = {0};
  int code = serve_audit_did(request->server, request->tenant, request->key, "rules", yaml ? "put" : "settings", &error);
  if (!code) code = serve_rules_put(request->server, yaml, bytes, &error);
  if (code) serve_answer_error(request, &error);
  else serve_api_rules(request);
}

void serve_api_rules_put(serve_request *request) { put(request, request->body.data ? request->body.data : "", request->body.length); }
void serve_api_rules_drop(serve_request *request) { put(request, NULL, 0); }

/* ---- Events of a conversation ---- */

typedef struct page {
  base_text *to;
  size_t count, limit;
  uint64_t after;
} page;

static void add(page *p, uint64_t seq, const char *json, size_t bytes) {
  if (p->count++) base_text_puts(p->to, ",");
  base_text_add(p->to, json, bytes);
  p->after = seq;
}

static int add_kept(void *context, const store_record *record) {
  add(context, record->seq, record->payload, record->bytes);
  return MIEN_OK;
}

/* Those that wait for the client of an open conversation; kept ones are there even when they were acknowledged. */
static void of_open(page *p, serve_conversation *c) {
  serve_result *result;
  for (uint64_t seq = p->after; p->count < p->limit && (result = serve_live_after(c->live, seq));) {
    seq = result->seq;
    if (result->kind == SERVE_EVENT) add(p, seq, result->json, result->bytes);
    serve_result_release(result);
  }
}

static int of_kept(page *p, serve_request *request, mien_error *error) {
  store_tenant t;
  store_session session;
  struct serve_keep *keep = request->server->keep;
  int code = keep ? store_of(&t, keep->store, request->tenant, error) : base_error_set(error, MIEN_EEMPTY, "", "", "no conversation of this id is open, and nothing is kept here");
  if (!code) code = store_session_get(&t, request->params[0], &session, error);
  if (!code) code = store_record_list(&t, request->params[0], STORE_EVENT, p->after, p->limit, add_kept, p, error);
  return code;
}

/* ?after=SEQ&limit=N: {"events":[…],"after":SEQ}; with Accept: text/event-stream or ?stream=1 as server-sent events as they come. */
void serve_api_session_events(serve_request *request) {
  char text[24];
  mien_error error = {0};
  serve_conversation *c = serve_conversation_find(request->server, request->tenant, request->params[0]);
  const char *after = *request->last_event ? request->last_event : serve_request_query(request, "after", text, sizeof text);
  if (c ? !serve_kept_look_open(request, c) : request->server->keep && !serve_kept_look(request, "events", request->params[0])) return;
  page p = {.to = &request->answer, .limit = 100, .after = after ? strtoull(after, NULL, 10) : 0};
  if (c && serve_request_streams(request)) {
    request->events_alone = true;
    serve_conversation_follow(request, c, p.after);
    return;
  }
  if (serve_request_query(request, "limit", text, sizeof text)) p.limit = (size_t)BASE_CLAMP(strtol(text, NULL, 10), 1L, 1000L);
  base_text_reset(p.to);
  base_text_puts(p.to, "{\"events\":[");
  int code = MIEN_OK;
  if (!c || c->kept) code = of_kept(&p, request, &error);
  if (c && !code) of_open(&p, c);
  base_text_printf(p.to, "],\"after\":%llu}", (unsigned long long)p.after);
  request->status = p.to->failed ? 500 : 200;
  request->type = "application/json";
  if (code == MIEN_EEMPTY) serve_answer_problem(request, 404, "Not found", &error);
  else if (code) serve_answer_error(request, &error);
}
