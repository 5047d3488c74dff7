/* adapt.c: policies that choose and learn, over HTTP (mien_adapt.h, docs/adapt.md). All of it in the thread beside the
 * loop. Every decision, outcome and look is in the audit. */
#include <stdio.h>
#include <stdlib.h>

#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/http/aside.h"
#include "serve/kept/adaptings.h"
#include "serve/server.h"

static void answer(serve_request *request, int code, int status, char **json, const mien_error *error) {
  if (code == MIEN_EEMPTY) serve_answer_problem(request, 404, "Not found", error);
  else if (code == MIEN_EPOLICY) serve_answer_problem(request, 409, "Nothing is allowed", error);
  else if (code) serve_answer_error(request, error);
  if (!code) {
    base_text_reset(&request->answer);
    base_text_puts(&request->answer, *json ? *json : "{}");
    request->status = request->answer.failed ? 500 : status;
    request->type = "application/json";
  }
  if (*json) mien_adapt_free(json);
}

/* What is done with a policy while it is held; `asked` is the body. */
typedef int (*deed)(serve_request *request, mien_adapt *policy, const json_t *asked, char **json, mien_error *error);

static void with_policy(serve_request *request, const char *what, deed act) {
  mien_error error = {0};
  mien_adapt *policy;
  char *json = NULL;
  json_t *asked = request->method == SERVE_POST ? json_loadb(request->body.data ? request->body.data : "{}", request->body.data ? request->body.length : 2, 0, NULL) : NULL;
  int code = serve_audit_did(request->server, request->tenant, request->key, what, request->params[0], &error);
  if (!code) code = serve_adapting_hold(request->server->adaptings, request->tenant, request->params[0], &policy, &error);
  if (!code) {
    code = act(request, policy, asked, &json, &error);
    serve_adapting_release(request->server->adaptings);
    if (code == MIEN_EEMPTY) error.code = code = MIEN_EINVAL; /* the policy is there; what was asked of it is not */
  }
  json_decref(asked);
  answer(request, code, 200, &json, &error);
}

/* ---- All of them ---- */

static void make(serve_request *request) {
  mien_error error = {0};
  char id[ADAPTING_ID] = "", *json = NULL;
  json_t *asked = json_loadb(request->body.data, request->body.length, JSON_REJECT_DUPLICATES, NULL);
  const json_t *policy = json_object_get(asked, "policy"), *subject = json_object_get(asked, "subject");
  const char *ready = mien_adapt_ready(json_string_value(policy));
  char *own = json_is_object(policy) ? json_dumps(policy, JSON_COMPACT) : NULL;
  const char *described = ready ? ready : own;
  const char *whose = json_string_value(subject);
  char ref[GUARD_ID];
  int code = MIEN_OK;
  if (!described) code = base_error_set(&error, MIEN_EINVAL, "policy", "give {\"policy\":{…}} as on docs/adapt.md, or {\"policy\":\"game\"}", "there is no description");
  if (!code && subject && (!whose || !*whose || strlen(whose) > 63)) code = base_error_set(&error, MIEN_EINVAL, "subject", "", "a subject is an id of 1 to 63 bytes");
  if (whose) guard_ledger_subject(request->server->ledger, request->tenant, whose, ref);
  if (!code) code = serve_adapting_make(request->server->adaptings, request->tenant, whose ? ref : NULL, described, strlen(described), id, &error);
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "adapt_make", id, &error);
  base_text text = {0};
  base_text_printf(&text, "{\"id\":\"%s\"}", id);
  json = text.data;
  snprintf(request->location, sizeof request->location, "/v1/adapt/%s", id);
  if (code) *request->location = 0;
  free(own);
  json_decref(asked);
  answer(request, code, 201, &json, &error);
}

static int add(void *context, const char *id) {
  base_text *text = context;
  base_text_printf(text, "%s\"%s\"", text->data[text->length - 1] == '[' ? "" : ",", id);
  return text->failed ? MIEN_ENOMEM : MIEN_OK;
}

static void list(serve_request *request) {
  mien_error error = {0};
  base_text text = {0};
  base_text_puts(&text, "{\"policies\":[");
  int code = text.failed ? base_error_set(&error, MIEN_ENOMEM, "adapt", "", "out of memory")
                         : serve_adaptings_list(request->server->adaptings, request->tenant, add, &text, &error);
  base_text_puts(&text, "]}");
  char *json = text.data;
  answer(request, code, 200, &json, &error);
}

static void drop(serve_request *request) {
  mien_error error = {0};
  char *json = NULL;
  int code = serve_audit_did(request->server, request->tenant, request->key, "adapt_erase", request->params[0], &error);
  if (!code) code = serve_adapting_erase(request->server->adaptings, request->tenant, request->params[0], &error);
  answer(request, code, 200, &json, &error);
}

static void give_log(serve_request *request) {
  mien_error error = {0};
  char *json = NULL;
  base_text log = {0};
  int code = serve_audit_did(request->server, request->tenant, request->key, "adapt_log", request->params[0], &error);
  if (!code) code = serve_adapting_log(request->server->adaptings, request->tenant, request->params[0], &log, &error);
  if (code) {
    answer(request, code, 200, &json, &error);
  } else {
    base_text_reset(&request->answer);
    base_text_add(&request->answer, log.data, log.length);
    request->status = request->answer.failed ? 500 : 200;
    request->type = "application/jsonl";
  }
  base_text_clear(&log);
}

/* ---- One ---- */

static int describe(serve_request *request, mien_adapt *policy, const json_t *asked, char **json, mien_error *error) {
  return mien_adapt_describe(policy, json, error);
}

static int decide(serve_request *request, mien_adapt *policy, const json_t *asked, char **json, mien_error *error) {
  mien_adapt_choice choice;
  int code = mien_adapt_decide_json(policy, request->body.data, request->body.length, &choice, error);
  return code ? code : mien_adapt_choice_json(&choice, json, error);
}

static int wrong(mien_error *error, const char *what) { return base_error_set(error, MIEN_EINVAL, "the body", "docs/openapi.yaml has the form", "%s", what); }

static int outcome(serve_request *request, mien_adapt *policy, const json_t *asked, char **json, mien_error *error) {
  const json_t *decision = json_object_get(asked, "decision"), *reward = json_object_get(asked, "reward");
  if (!json_is_integer(decision) || json_integer_value(decision) < 1 || !json_is_number(reward)) return wrong(error, "an outcome has a decision, from 1 up, and a reward");
  int code = mien_adapt_outcome(policy, (uint64_t)json_integer_value(decision), json_number_value(reward), error);
  return code ? code : mien_adapt_explain(policy, (uint64_t)json_integer_value(decision), json, error);
}

static int explain(serve_request *request, mien_adapt *policy, const json_t *asked, char **json, mien_error *error) {
  char *end;
  uint64_t decision = strtoull(request->params[1], &end, 10);
  return *end ? wrong(error, "a decision is a number") : mien_adapt_explain(policy, decision, json, error);
}

static int freeze(serve_request *request, mien_adapt *policy, const json_t *asked, char **json, mien_error *error) {
  const json_t *on = json_object_get(asked, "frozen");
  if (!json_is_boolean(on)) return wrong(error, "say {\"frozen\":true} or {\"frozen\":false}");
  int code = mien_adapt_freeze(policy, json_is_true(on), error);
  return code ? code : mien_adapt_describe(policy, json, error);
}

static int let_go(serve_request *request, mien_adapt *policy, const json_t *asked, char **json, mien_error *error) {
  int code = mien_adapt_release(policy, error);
  return code ? code : mien_adapt_describe(policy, json, error);
}

static int back(serve_request *request, mien_adapt *policy, const json_t *asked, char **json, mien_error *error) {
  const json_t *to = json_object_get(asked, "to");
  if (!json_is_integer(to) || json_integer_value(to) < 0) return wrong(error, "say {\"to\":N}: a decision, or 0 for the beginning");
  int code = mien_adapt_rollback(policy, (uint64_t)json_integer_value(to), error);
  return code ? code : mien_adapt_describe(policy, json, error);
}

static void put_estimate(base_json *out, const char *name, mien_adapt_estimate e) {
  base_json_open(out, name, '{');
  base_json_number(out, "value", e.value, 4), base_json_number(out, "low", e.low, 4), base_json_number(out, "high", e.high, 4);
  base_json_close(out, '}');
}

/* {"policy":…}: what this one would have earned on the decisions of the policy at the address. */
static void evaluate(serve_request *request) {
  mien_error error = {0};
  mien_adapt *other = NULL;
  char *json = NULL;
  base_text log = {0}, text = {0};
  mien_adapt_evaluation e = {.size = sizeof e};
  json_t *asked = json_loadb(request->body.data, request->body.length, 0, NULL);
  const json_t *policy = json_object_get(asked, "policy");
  const char *ready = mien_adapt_ready(json_string_value(policy));
  char *own = json_is_object(policy) ? json_dumps(policy, JSON_COMPACT) : NULL;
  const char *described = ready ? ready : own ? own : "";
  int code = serve_audit_did(request->server, request->tenant, request->key, "adapt_evaluate", request->params[0], &error);
  if (!code) code = serve_adapting_log(request->server->adaptings, request->tenant, request->params[0], &log, &error);
  bool found = !code;
  if (!code) code = mien_adapt_open(&other, described, strlen(described), NULL, NULL, &error);
  if (!code) code = mien_adapt_evaluate(log.data, log.length, other, &e, &error);
  if (found && code == MIEN_EEMPTY) error.code = code = MIEN_EINVAL;
  if (!code) {
    base_json out;
    base_json_init(&out, &text);
    base_json_open(&out, NULL, '{');
    base_json_integer(&out, "decisions", (long long)e.decisions);
    base_json_number(&out, "effective", e.effective, 1);
    put_estimate(&out, "logged", e.logged), put_estimate(&out, "ips", e.ips), put_estimate(&out, "snips", e.snips), put_estimate(&out, "robust", e.robust), put_estimate(&out, "gain", e.gain);
    base_json_integer(&out, "verdict", e.verdict);
    base_json_close(&out, '}');
    json = text.data;
  }
  mien_adapt_close(&other);
  base_text_clear(&log);
  free(own);
  json_decref(asked);
  answer(request, code, 200, &json, &error);
}

#define ONE(name, what, act)                                                          \
  static void name##_aside(serve_request *request) { with_policy(request, what, act); } \
  void serve_api_adapt_##name(serve_request *request) { serve_aside_run(request, name##_aside); }
/* The same for what has a body: whether it is JSON is told at once. */
#define ONE_ASKED(name, what, act)                                                    \
  static void name##_aside(serve_request *request) { with_policy(request, what, act); } \
  void serve_api_adapt_##name(serve_request *request) { asked_first(request, name##_aside); }

static void asked_first(serve_request *request, void (*work)(serve_request *request)) {
  json_t *body = serve_request_json(request);
  if (body) serve_aside_run(request, work);
  json_decref(body);
}

ONE(get, "adapt", describe)
ONE(explain, "adapt_explain", explain)
ONE(release, "adapt_release", let_go)
ONE_ASKED(decide, "adapt_decide", decide)
ONE_ASKED(outcome, "adapt_outcome", outcome)
ONE_ASKED(freeze, "adapt_freeze", freeze)
ONE_ASKED(rollback, "adapt_rollback", back)

void serve_api_adapt_make(serve_request *request) { asked_first(request, make); }
void serve_api_adapt_evaluate(serve_request *request) { asked_first(request, evaluate); }
void serve_api_adapt_list(serve_request *request) { serve_aside_run(request, list); }
void serve_api_adapt_drop(serve_request *request) { serve_aside_run(request, drop); }
void serve_api_adapt_log(serve_request *request) { serve_aside_run(request, give_log); }
