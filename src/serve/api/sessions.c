/* sessions.c: conversations over plain HTTP: open, a turn of text, results, finish. */
#include <stdio.h>

#include "serve/api/api.h"
#include "serve/kept/kept.h"
#include "serve/live/conversation.h"
#include "serve/server.h"

/* The conversation of the path, or NULL with 404 answered. */
static serve_conversation *of_path(serve_request *request) {
  serve_conversation *c = serve_conversation_find(request->server, request->tenant, request->params[0]);
  if (!c) serve_answer_problem_text(request, 404, "Not found", "no conversation of this id is open");
  if (c && c->job) serve_answer_problem_text(request, 409, "Of a job", "the job that this conversation is of feeds and ends it");
  return c && c->job ? NULL : c;
}

static void answer(serve_request *request, int status, json_t *body) {
  if (body) serve_answer_json(request, status, body);
  else serve_answer_error(request, &(mien_error){.code = MIEN_ENOMEM, .what = "out of memory"});
  json_decref(body);
}

void serve_api_session_open(serve_request *request) {
  mien_error error = {0};
  json_t *body = serve_request_json(request);
  if (body && !serve_conversation_open(request->server, request->tenant, body, request, &error)) serve_answer_error(request, &error);
  json_decref(body);
}

void serve_api_session(serve_request *request) {
  serve_conversation *c = serve_conversation_find(request->server, request->tenant, request->params[0]);
  if (c) answer(request, 200, serve_conversation_describe(c));
  else serve_kept_session(request);
}

void serve_api_session_turn(serve_request *request) {
  serve_conversation *c = of_path(request);
  json_t *body = c ? serve_request_json(request) : NULL;
  if (!body) return;
  const char *who = json_string_value(json_object_get(body, "who"));
  json_t *text = json_object_get(body, "text"), *at = json_object_get(body, "t0"), *until = json_object_get(body, "t1");
  int person = serve_live_person(c->live, who);
  mien_error error = {0};
  int code = MIEN_OK;
  uint64_t after = serve_live_last(c->live); /* before it is fed: a worker may be quicker than this answer */
  if (!json_is_string(text) || person < 0)
    code = base_error_set(&error, MIEN_EINVAL, "turn", "send {\"who\":…,\"text\":…} with `t0` and `t1` in seconds where they are known",
                          !json_is_string(text) ? "'text' must be a string" : "'who' is no participant of this conversation");
  if (!code) {
    code = serve_live_feed_text(c->live, (size_t)person, json_string_value(text), json_string_length(text),
                                json_is_number(at) ? json_number_value(at) : NAN, json_is_number(until) ? json_number_value(until) : NAN);
    if (code == MIEN_EEND) base_error_set(&error, code, "turn", "open another one", "this conversation has ended");
    else if (code) base_error_set(&error, code, "turn", "", code == MIEN_EPOLICY ? "the words of this participant may not be read" : "the turn was not taken");
  }
  json_decref(body);
  if (!code) serve_conversation_said(c);
  if (code) serve_answer_error(request, &error);
  else answer(request, 202, json_pack("{s:I}", "after", (json_int_t)after));
}

void serve_api_session_finish(serve_request *request) {
  serve_conversation *c = of_path(request);
  if (!c) return;
  serve_live_finish(c->live);
  answer(request, 202, serve_conversation_describe(c));
}

/* ?after=SEQ: what is there, as {"results":[…]}, or, of one that is open, with ?kept=1 what is kept of it; with Accept: text/event-stream or ?stream=1 as events as they come. */
void serve_api_session_results(serve_request *request) {
  serve_conversation *c = serve_conversation_find(request->server, request->tenant, request->params[0]);
  char text[24], kept[4];
  if (!c || serve_request_query(request, "kept", kept, sizeof kept)) {
    serve_kept_results(request);
    return;
  }
  if (!serve_kept_look_open(request, c)) return;
  const char *after = *request->last_event ? request->last_event : serve_request_query(request, "after", text, sizeof text);
  uint64_t seq = after ? strtoull(after, NULL, 10) : 0;
  if (serve_request_streams(request)) {
    serve_conversation_follow(request, c, seq);
    return;
  }
  base_text_reset(&request->answer);
  base_text_puts(&request->answer, "{\"results\":[");
  serve_result *result;
  for (bool first = true; (result = serve_live_after(c->live, seq)); first = false) {
    if (!first) base_text_puts(&request->answer, ",");
    base_text_add(&request->answer, result->json, result->bytes);
    seq = result->seq;
    serve_result_release(result);
  }
  base_text_printf(&request->answer, "],\"after\":%llu}", (unsigned long long)seq);
  request->status = request->answer.failed ? 500 : 200;
  request->type = "application/json";
}
