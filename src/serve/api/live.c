/* live.c: the live conversations at a glance, and how often people agreed with what each rule made of them. */
#include <stdio.h>

#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/kept/keep.h"
#include "serve/kept/kept.h"
#include "serve/live/board.h"
#include "serve/live/rulebook.h"
#include "serve/server.h"
#include "serve/who/team.h"

/* As they are now; with Accept: text/event-stream or ?stream=1 as they change. */
void serve_api_live(serve_request *request) {
  if (!serve_request_query(request, "session", request->only, sizeof request->only)) *request->only = 0;
  if (!serve_kept_look(request, "live", request->only)) return;
  if (serve_request_streams(request)) serve_board_begin(request);
  else serve_board_now(request, serve_request_limit(request, 1000));
}

/* ---- The panel beside a call ---- */

void serve_api_panel(serve_request *request) {
  serve_team team;
  const serve_conversation *c = serve_conversation_find(request->server, request->tenant, request->params[0]);
  serve_team_read(request->server, request->tenant, &team);
  if (!team.agent_view) {
    serve_answer_error(request, &(mien_error){.code = MIEN_EPOLICY, .what = "the panel beside the call is off for this team", .remedy = "an administrator turns it on (settings, or PUT /v1/team)"});
    return;
  }
  if (!c || c->job || c->finished) {
    serve_answer_problem_text(request, 404, "Not found", "no live conversation of this id is open");
    return;
  }
  if (!serve_kept_look(request, "panel", c->id)) return;
  snprintf(request->only, sizeof request->only, "%s", c->id);
  request->panel = true;
  request->cues = team.cue;
  if (serve_request_streams(request)) serve_board_begin(request);
  else serve_board_now(request, 1);
}

static void tell_team(serve_request *request, const serve_team *team) {
  json_t *body = serve_team_describe(team);
  if (body) serve_answer_json(request, 200, body);
  else serve_answer_error(request, &(mien_error){.code = MIEN_ENOMEM, .what = "out of memory"});
  json_decref(body);
}

void serve_api_team(serve_request *request) {
  serve_team team;
  serve_team_read(request->server, request->tenant, &team);
  tell_team(request, &team);
}

void serve_api_team_put(serve_request *request) {
  serve_team team;
  mien_error error = {0};
  json_t *asked = serve_request_json(request);
  if (!asked) return;
  int code = serve_audit_did(request->server, request->tenant, request->key, "team", "put", &error);
  if (!code) code = serve_team_put(request->server, request->tenant, asked, &team, &error);
  json_decref(asked);
  if (!code) serve_board_end_panels(request->server, request->tenant); /* they begin again, as it is now, or are refused */
  if (code) serve_answer_error(request, &error);
  else tell_team(request, &team);
}

/* ---- Rules and people ---- */

enum { COUNTED = 2000 /* of the newest cases */ };

typedef struct counting {
  json_t *rules; /* by name */
  size_t cases;
} counting;

static void add_to(json_t *counts, const char *name) {
  json_object_set_new(counts, name, json_integer(json_integer_value(json_object_get(counts, name)) + 1));
}

static json_t *counts_of(json_t *rules, const char *rule) {
  json_t *counts = json_object_get(rules, rule);
  if (!counts) json_object_set_new(rules, rule, counts = json_pack("{s:s,s:i,s:i,s:i,s:i}", "rule", rule, "open", 0, "accepted", 0, "rejected", 0, "corrected", 0));
  return counts;
}

static int count_case(void *context, const store_item *item) {
  counting *c = context;
  json_t *payload = json_loadb(item->payload, item->bytes, 0, NULL), *event = json_object_get(payload, "event");
  const char *rule = json_string_value(json_object_get(event, "rule"));
  if (rule) add_to(counts_of(c->rules, rule), item->state);
  c->cases++;
  json_decref(payload);
  return MIEN_OK;
}

static int count_cases(serve_request *request, counting *c, bool *all, mien_error *error) {
  store_tenant t;
  char before[STORE_CURSOR] = "";
  *all = true;
  if (!request->server->keep) return MIEN_OK; /* no cases are made */
  int code = store_of(&t, request->server->keep->store, request->tenant, error);
  do {
    if (!code) code = store_item_list(&t, STORE_CASES, "", "", before, STORE_PAGE, count_case, c, error);
  } while (!code && *before && c->cases < COUNTED);
  *all = !*before;
  return code;
}

/* {"rules":[{"rule","title","severity","fired","open","accepted","rejected","corrected","agreed"}],…}: of the rules in force, and
 * of those that left cases behind. */
void serve_api_rules_counts(serve_request *request) {
  mien_error error = {0};
  counting c = {json_object(), 0};
  bool all;
  if (!serve_kept_look(request, "counts", "")) {
    json_decref(c.rules);
    return;
  }
  serve_rulebook *book = serve_rules_hold(request->server->rules);
  json_t *described = serve_rulebook_describe(book), *rule, *list = json_array();
  serve_rulebook_release(&book);
  int code = count_cases(request, &c, &all, &error);
  size_t at;
  json_array_foreach(json_object_get(described, "rules"), at, rule) {
    json_t *counts = counts_of(c.rules, json_string_value(json_object_get(rule, "rule")));
    for (size_t k = 0; k < 3; k++) json_object_set(counts, (const char *[]){"title", "severity", "fired"}[k], json_object_get(rule, (const char *[]){"title", "severity", "fired"}[k]));
  }
  const char *name;
  json_object_foreach(c.rules, name, rule) {
    json_int_t accepted = json_integer_value(json_object_get(rule, "accepted"));
    json_int_t decided = accepted + json_integer_value(json_object_get(rule, "rejected")) + json_integer_value(json_object_get(rule, "corrected"));
    json_object_set_new(rule, "agreed", decided ? json_real((double)accepted / (double)decided) : json_null());
    json_array_append(list, rule);
  }
  json_t *body = json_pack("{s:o,s:I,s:b}", "rules", list, "cases", (json_int_t)c.cases, "all", all);
  if (code) serve_answer_error(request, &error);
  else serve_answer_json(request, 200, body);
  json_decref(body);
  json_decref(described);
  json_decref(c.rules);
}
