/* once.c: see once.h. */
#include "serve/http/once.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "serve/kept/keep.h"
#include "serve/server.h"

enum { KEPT_FOR = 86400 /* s */, OPEN_FOR = 120 /* s, where the process died meanwhile */, ANSWER_MAX = 256 << 10 };

static void hash_of(char hex[33], const void *bytes, size_t count) {
  uint8_t hash[16];
  crypto_generichash(hash, sizeof hash, bytes, count, NULL, 0);
  sodium_bin2hex(hex, 33, hash, sizeof hash);
}

static void etag_of(serve_request *request) {
  char hex[33];
  hash_of(hex, request->answer.data ? request->answer.data : "", request->answer.length);
  snprintf(request->etag, sizeof request->etag, "\"%s\"", hex);
}

/* One of a list, as `"a", W/"b"`, or *. */
static bool among(const char *list, const char *etag) { return !strcmp(list, "*") || strstr(list, etag); }

/* ---- Idempotency-Key ---- */

static bool tenant_of(serve_request *request, store_tenant *t) {
  return request->server->keep && !store_of(t, request->server->keep->store, request->tenant, NULL);
}

static void fingerprint_of(serve_request *request, char hex[33]) {
  base_text all = {0};
  base_text_printf(&all, "%d %s?%s\n", request->method, request->path, request->query);
  base_text_add(&all, request->body.data ? request->body.data : "", request->body.length);
  hash_of(hex, all.data ? all.data : "", all.length);
  base_text_clear(&all);
}

typedef struct earlier {
  json_t *answer; /* {"of","status","type","location","body"} */
  bool done;
} earlier;

static int take(void *context, const store_item *item) {
  earlier *e = context;
  e->answer = json_loadb(item->payload, item->bytes, 0, NULL);
  e->done = !strcmp(item->state, "done");
  return MIEN_OK;
}

/* The answer of a session that was opened, but for who is in it, and those as they are now. */
static void add_people(serve_request *request, json_t *opened) {
  json_t *now = json_loadb(request->answer.data, request->answer.length, 0, NULL);
  json_object_set(opened, "participants", json_object_get(now, "participants"));
  serve_answer_json(request, 200, opened);
  json_decref(now);
}

static void answer_again(serve_request *request, const earlier *e, const char *fingerprint, void (*again)(serve_request *request)) {
  const char *of = json_string_value(json_object_get(e->answer, "of")), *location = json_string_value(json_object_get(e->answer, "location"));
  json_t *body = json_object_get(e->answer, "body");
  if (!of || strcmp(of, fingerprint)) {
    serve_answer_problem_text(request, 422, "Idempotency-Key was used for another request", "send another key with another request");
  } else if (!e->done) {
    serve_answer_problem_text(request, 409, "Still being answered", "the first request of this key is not answered yet");
    request->retry_after = 1;
  } else {
    const char *id = location ? strrchr(location, '/') : NULL;
    if (id) request->params[0] = id + 1;
    if (!json_is_string(body)) {
      again(request);
      if (request->status == 200 && body) add_people(request, body);
      if (request->status != 200) return;
    } else {
      base_text_reset(&request->answer);
      base_text_add(&request->answer, json_string_value(body), json_string_length(body));
      request->type = "application/json";
    }
    request->status = (int)json_integer_value(json_object_get(e->answer, "status"));
    if (location) snprintf(request->location, sizeof request->location, "%s", location);
    request->replayed = true;
  }
}

bool serve_once_begin(serve_request *request, void (*again)(serve_request *request)) {
  char name[220], of[33], payload[64];
  store_tenant t;
  mien_error error = {0};
  if (!*request->idempotency) return true;
  if (!tenant_of(request, &t)) {
    serve_answer_problem_text(request, 501, "Not supported", "Idempotency-Key needs a store, and store.url is off");
    return false;
  }
  if (strlen(request->idempotency) >= sizeof request->idempotency - 1) {
    serve_answer_problem_text(request, 400, "Idempotency-Key too long", "it may have 126 bytes");
    return false;
  }
  snprintf(name, sizeof name, "%s %s", request->key, request->idempotency);
  fingerprint_of(request, of);
  snprintf(payload, sizeof payload, "{\"of\":\"%s\"}", of);
  store_item item = {.state = "open", .name = name, .at = (double)time(NULL), .payload = payload, .bytes = strlen(payload)};
  item.due = item.at + OPEN_FOR;
  int code = store_item_put(&t, STORE_IDEMPOTENCY, &item, &error);
  earlier e = {0};
  if (!code) memcpy(request->once, item.id, sizeof request->once);
  else if (code == MIEN_EINVAL && !store_item_named(&t, STORE_IDEMPOTENCY, name, take, &e, &error) && e.answer) answer_again(request, &e, of, again);
  else serve_answer_error(request, &error);
  json_decref(e.answer);
  return !code;
}

static void keep_answer(serve_request *request) {
  store_tenant t;
  char of[33];
  if (!tenant_of(request, &t)) return;
  bool good = request->status / 100 == 2 && request->answer.length <= ANSWER_MAX, session = !strcmp(request->path, "/v1/sessions");
  bool person = session || !strcmp(request->path, "/v1/consents") || !strncmp(request->path, "/v1/cases/", 10) || !strcmp(request->path, "/v1/jobs");
  fingerprint_of(request, of);
  json_t *answer = json_pack("{s:s,s:i,s:s*}", "of", of, "status", request->status, "location", *request->location ? request->location : NULL);
  if (answer && !person) json_object_set_new(answer, "body", json_stringn(request->answer.data ? request->answer.data : "", request->answer.length));
  json_t *opened = session ? json_loadb(request->answer.data ? request->answer.data : "", request->answer.length, 0, NULL) : NULL;
  if (answer && opened) {
    json_object_del(opened, "participants");
    json_object_set(answer, "body", opened);
  }
  json_decref(opened);
  char *text = good && answer ? json_dumps(answer, JSON_COMPACT) : NULL;
  store_item item = {.version = 1, .state = "done", .due = (double)time(NULL) + KEPT_FOR, .payload = text, .bytes = text ? strlen(text) : 0};
  memcpy(item.id, request->once, sizeof item.id);
  if (!text || store_item_change(&t, STORE_IDEMPOTENCY, &item, NULL)) store_item_erase(&t, STORE_IDEMPOTENCY, request->once, NULL);
  free(text);
  json_decref(answer);
}

void serve_once_end(serve_request *request) {
  if (*request->once) keep_answer(request);
  *request->once = 0;
  bool has = *request->etag;
  if (request->status != 200 || request->streaming || !(request->method & (SERVE_GET | SERVE_HEAD))) return;
  if (!has) etag_of(request);
  if (!*request->match || !among(request->match, request->etag)) return;
  base_text_reset(&request->answer);
  request->status = 304;
}

bool serve_once_matches(serve_request *request, void (*get)(serve_request *request)) {
  if (!*request->if_match) return true;
  int method = request->method;
  request->method = SERVE_GET;
  if (get) get(request);
  request->method = method;
  if (request->status == 200) etag_of(request);
  bool same = request->status == 200 && among(request->if_match, request->etag);
  request->status = 0;
  *request->etag = 0;
  base_text_reset(&request->answer);
  if (!same) serve_answer_problem_text(request, 412, "Changed meanwhile", "what is there now is not what If-Match says");
  return same;
}
