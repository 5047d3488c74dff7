/* suggestions.c: POST /v1/suggestions: how one might answer a participant of a live conversation, or a state that is
 * given (mien_respond.h). Nothing of it is kept; each look is in the audit. */
#include <stdlib.h>

#include "serve/api/api.h"
#include "serve/calls/drafts.h"
#include "serve/kept/kept.h"
#include "serve/live/conversation.h"
#include "serve/live/glance.h"
#include "serve/live/responses.h"
#include "serve/server.h"

static int wrong(mien_error *error, const char *where, const char *remedy, const char *what) { return base_error_set(error, MIEN_EINVAL, where, remedy, "%s", what); }

/* Who is to be answered: by name, or the only one who is no agent. -1: why in `error`. */
static int whom(const serve_conversation *c, const json_t *who, mien_error *error) {
  int found = -1;
  if (who) {
    found = json_is_string(who) ? serve_live_person(c->live, json_string_value(who)) : -1;
    if (found < 0) wrong(error, "who", "", "it is no participant of this conversation");
    return found;
  }
  for (size_t i = 0; i < c->person_count; i++) {
    if (!strcmp(c->people[i].role, "agent")) continue;
    if (found >= 0) return wrong(error, "who", "name the one who is to be answered", "several take part"), -1;
    found = (int)i;
  }
  if (found < 0) wrong(error, "who", "", "nobody takes part who is to be answered");
  return found;
}

static json_t *state_json(const mien_reading *state) {
  size_t bytes = mien_reading_json(state, NULL, 0) + 1;
  char *line = base_alloc(bytes, 1);
  if (!line) return NULL;
  mien_reading_json(state, line, bytes);
  json_t *json = json_loads(line, 0, NULL);
  base_free(line);
  return json;
}

/* What the conversation knows goes into the question; what only it may say must not be given. */
static int of_conversation(serve_request *request, serve_conversation *c, json_t *question, mien_error *error) {
  static const char *const own[] = {"state", "role", "purpose", "neutral", "crisis"};
  for (size_t i = 0; i < BASE_COUNT(own); i++)
    if (json_object_get(question, own[i])) return wrong(error, own[i], "leave it away beside `session`", "it is the conversation's own");
  int person = whom(c, json_object_get(question, "who"), error);
  if (person < 0) return MIEN_EINVAL;
  size_t i = (size_t)person;
  if (!strcmp(c->people[i].role, "agent")) return base_error_set(error, MIEN_EPOLICY, "who", "", "of whoever takes part as agent no state is told");
  if (c->allowed.people[i].mode == GUARD_NOTHING || !serve_live_may(c->live, i))
    return base_error_set(error, MIEN_EPOLICY, "who", "", "nothing may be read of this participant");
  mien_reading state;
  char abstain[64];
  bool crisis, known = serve_glance_state_of(c, i, &state, abstain, &crisis);
  if (known) {
    state.who = c->people[i].who;
    state.abstain = *abstain ? abstain : NULL;
    json_object_set_new(question, "state", state_json(&state));
  }
  json_object_set_new(question, "role", json_string(c->people[i].role));
  json_object_set_new(question, "purpose", json_string(c->purpose));
  json_object_set_new(question, "neutral", json_boolean(c->allowed.people[i].mode != GUARD_FULL));
  json_object_set_new(question, "crisis", json_boolean(crisis));
  return MIEN_OK;
}

void serve_api_suggestions(serve_request *request) {
  mien_error error = {0};
  json_t *body = serve_request_json(request);
  if (!body) return;
  const json_t *session = json_object_get(body, "session");
  serve_conversation *c = session ? serve_conversation_find(request->server, request->tenant, json_is_string(session) ? json_string_value(session) : "") : NULL;
  if (session && (!c || c->finished)) {
    serve_answer_problem_text(request, 404, "Not found", "no live conversation of this id is open");
    json_decref(body);
    return;
  }
  char *asked = NULL, *answer = NULL;
  const json_t *drafts = json_object_get(body, "draft");
  bool draft = json_is_true(drafts), unclear = drafts && !json_is_boolean(drafts);
  int code = unclear ? wrong(&error, "draft", "", "it has to be true or false") : c ? of_conversation(request, c, body, &error) : MIEN_OK;
  json_object_del(body, "session");
  json_object_del(body, "draft");
  if (c) json_object_del(body, "who");
  if (!code && !(asked = json_dumps(body, JSON_COMPACT))) code = base_error_set(&error, MIEN_ENOMEM, "suggestions", "", "out of memory");
  if (!code) code = mien_respond_suggest_json(request->server->responses->library, asked, strlen(asked), &answer, &error);
  if (code) {
    serve_answer_error(request, &error);
  } else if (!serve_kept_look(request, draft ? "drafts" : "suggestions", c ? c->id : "")) {
    ; /* answered */
  } else if (draft) {
    serve_draft_answer(request, body, answer);
  } else {
    base_text_reset(&request->answer);
    base_text_puts(&request->answer, answer);
    request->type = "application/json";
    request->status = request->answer.failed ? 500 : 200;
  }
  free(asked);
  mien_respond_free(&answer);
  json_decref(body);
}
