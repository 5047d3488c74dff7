/* stories.c: POST /v1/arcs and /v1/audiences: the emotional arc of a text; what many viewers express together. Nothing of
 * either is kept. Both take a while: they are computed in the thread of figures, or aside where there is none. */
#include <stdlib.h>

#include "mien_insight.h"
#include "serve/api/api.h"
#include "serve/http/aside.h"
#include "serve/kept/collections.h"
#include "serve/server.h"

enum { STATES = 2000000 };

static void done(serve_request *request) {
  json_decref(request->held);
  request->held = NULL;
}

/* `work` has the body in request->held, and lets it go. */
static void run(serve_request *request, json_t *body, void (*work)(serve_request *request)) {
  request->held = body;
  if (request->server->collections) serve_collections_aside(request, work);
  else serve_aside_run(request, work);
  if (!request->later) done(request); /* too many wait: it was answered so */
}

static void answer_text(serve_request *request, const char *json, size_t bytes) {
  base_text_reset(&request->answer);
  base_text_add(&request->answer, json, bytes);
  request->type = "application/json";
  request->status = request->answer.failed ? 500 : 200;
}

static void fail(serve_request *request, int code, const mien_error *error) {
  if (code == MIEN_EEMPTY) serve_answer_problem(request, 422, "Too little", error);
  else serve_answer_error(request, error);
}

static void arc(serve_request *request) {
  json_t *body = request->held, *text = json_object_get(body, "text"), *with = json_object_get(body, "audience");
  mien_session_options options = MIEN_SESSION_USUAL;
  mien_session *session = NULL;
  mien_arc *made = NULL;
  mien_error error = {0};
  size_t bytes = 0;
  char *other = json_is_object(with) ? json_dumps(with, JSON_COMPACT) : NULL;
  options.read = MIEN_READ_TEXT;
  options.states = options.turns = options.cues = 0;
  int code = mien_session_open(&session, request->server->engine, &options, &error);
  if (!code) code = mien_arc_open(&made, session, json_string_value(text), json_string_length(text), other, other ? strlen(other) : 0, &error);
  if (code) fail(request, code, &error);
  else {
    const char *json = mien_arc_json(made, &bytes);
    answer_text(request, json, bytes);
  }
  free(other);
  mien_arc_close(&made);
  mien_session_close(&session);
  done(request);
}

/* {"text":"…","audience":{…}|null} */
void serve_api_arcs(serve_request *request) {
  json_t *body = serve_request_json(request);
  if (!body) return;
  json_t *with = json_object_get(body, "audience");
  if (!json_is_string(json_object_get(body, "text"))) serve_answer_problem_text(request, 422, "Not possible as asked", "'text' must be the text");
  else if (with && !json_is_object(with) && !json_is_null(with)) serve_answer_problem_text(request, 422, "Not possible as asked", "'audience' must be the figures of an audience");
  else {
    run(request, body, arc);
    return;
  }
  json_decref(body);
}

/* All states of one version; `wrong` says what is not as it must be. */
static int take_version(mien_audience *a, int version, json_t *states, size_t *left, mien_error *error) {
  json_t *one;
  size_t i;
  json_array_foreach(states, i, one) {
    const char *viewer = json_string_value(json_object_get(one, "viewer"));
    json_t *at = json_object_get(one, "at"), *valence = json_object_get(one, "valence"), *arousal = json_object_get(one, "arousal");
    if (!(*left)--) return base_error_set(error, MIEN_ELIMIT, "versions", "a longer grid, with one state a step", "more than %d states", STATES);
    if (!viewer || !json_is_number(at) || !json_is_number(valence) || !json_is_number(arousal))
      return base_error_set(error, MIEN_EINVAL, "versions", "", "state %zu of version %d needs viewer, at, valence and arousal", i, version);
    int code = mien_audience_add(a, version, viewer, json_number_value(at), json_number_value(valence), json_number_value(arousal), error);
    if (code) return code;
  }
  return MIEN_OK;
}

static void figures(serve_request *request) {
  json_t *body = request->held, *versions = json_object_get(body, "versions"), *every = json_object_get(body, "every"), *seed = json_object_get(body, "seed");
  mien_audience *a = NULL;
  mien_error error = {0};
  const char *json;
  size_t bytes, left = STATES;
  int code = mien_audience_open(&a, every ? json_number_value(every) : 1, &error);
  for (size_t v = 0; !code && v < json_array_size(versions); v++) code = take_version(a, (int)v, json_array_get(versions, v), &left, &error);
  if (!code) code = mien_audience_figures(a, json_is_integer(seed) ? (uint64_t)json_integer_value(seed) : 1, 1000, &json, &bytes, &error);
  if (code) fail(request, code, &error);
  else answer_text(request, json, bytes);
  mien_audience_close(&a);
  done(request);
}

/* {"versions":[[{"viewer","at","valence","arousal"},…],[…]],"every":1,"seed":1}: the second is of those who saw another cut. */
void serve_api_audiences(serve_request *request) {
  json_t *body = serve_request_json(request);
  if (!body) return;
  json_t *versions = json_object_get(body, "versions");
  size_t count = json_array_size(versions);
  bool lists = count >= 1 && count <= 2;
  for (size_t v = 0; v < count; v++) lists &= json_is_array(json_array_get(versions, v));
  if (!lists) serve_answer_problem_text(request, 422, "Not possible as asked", "'versions' must be one or two lists of states");
  else {
    run(request, body, figures);
    return;
  }
  json_decref(body);
}
