/* webhooks.c: webhooks over HTTP: added, listed, rotated, taken away; their deliveries, and sending those again. */
#include <stdio.h>
#include <stdlib.h>

#include "serve/actions/webhooks.h"
#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/server.h"

static int begin(serve_request *request, const char *what, mien_error *error) {
  if (!request->server->webhooks) return base_error_set(error, MIEN_EEMPTY, "store.url", "", "webhooks need the store, which is off here");
  return serve_audit_did(request->server, request->tenant, request->key, what, request->params[0] ? request->params[0] : "", error);
}

void serve_api_webhooks(serve_request *request) {
  serve_answer_made(request, 200, MIEN_OK, json_pack("{s:o}", "webhooks", serve_webhooks_describe(request->server->webhooks, request->tenant, NULL)), NULL);
}

void serve_api_webhook_add(serve_request *request) {
  mien_error error = {0};
  json_t *asked = serve_request_json(request), *told = NULL;
  if (!asked) return;
  int code = begin(request, "webhook added", &error);
  if (!code) code = serve_webhook_add(request->server->webhooks, request->tenant, asked, &told, &error);
  json_decref(asked);
  if (!code) snprintf(request->location, sizeof request->location, "/v1/webhooks/%s", json_string_value(json_object_get(told, "webhook")));
  serve_answer_made(request, 201, code, told, &error);
}

void serve_api_webhook(serve_request *request) {
  json_t *list = serve_webhooks_describe(request->server->webhooks, request->tenant, request->params[0]);
  mien_error error = {0};
  int code = json_array_size(list) ? MIEN_OK : base_error_set(&error, MIEN_EEMPTY, "webhook", "", "there is no webhook of this id");
  serve_answer_made(request, 200, code, json_incref(json_array_get(list, 0)), &error);
  json_decref(list);
}

void serve_api_webhook_drop(serve_request *request) {
  mien_error error = {0};
  int code = begin(request, "webhook dropped", &error);
  if (!code) code = serve_webhook_drop(request->server->webhooks, request->tenant, request->params[0], &error);
  serve_answer_made(request, 200, code, code ? NULL : json_pack("{s:s}", "dropped", request->params[0]), &error);
}

void serve_api_webhook_rotate(serve_request *request) {
  mien_error error = {0};
  json_t *asked = serve_request_json(request), *told = NULL, *overlap = json_object_get(asked, "overlap");
  if (!asked) return;
  double seconds = overlap ? json_number_value(overlap) : WEBHOOKS_OVERLAP;
  int code = begin(request, "webhook rotated", &error);
  if (!code && overlap && (!json_is_number(overlap) || !(seconds >= 0 && seconds <= 30 * 86400.0)))
    code = base_error_set(&error, MIEN_EINVAL, "overlap", "send seconds, at most 30 days of them", "'overlap' is no length of time");
  if (!code) code = serve_webhook_rotate(request->server->webhooks, request->tenant, request->params[0], seconds, &told, &error);
  json_decref(asked);
  serve_answer_made(request, 200, code, told, &error);
}

void serve_api_webhook_deliveries(serve_request *request) {
  mien_error error = {0};
  char before[STORE_CURSOR] = "", state[16] = "waiting";
  json_t *list = json_array();
  serve_request_query(request, "before", before, sizeof before);
  serve_request_query(request, "state", state, sizeof state);
  int code = serve_webhook_deliveries(request->server->webhooks, request->tenant, request->params[0], state, before, serve_request_limit(request, 100), list, &error);
  serve_answer_made(request, 200, code, json_pack("{s:o,s:s*}", "deliveries", list, "before", *before ? before : NULL), &error);
}

void serve_api_webhook_replay(serve_request *request) {
  mien_error error = {0};
  size_t count = 0;
  json_t *asked = serve_request_json(request);
  if (!asked) return;
  const char *delivery = json_string_value(json_object_get(asked, "delivery"));
  int code = begin(request, "webhook replayed", &error);
  if (!code) code = serve_webhook_replay(request->server->webhooks, request->tenant, request->params[0], delivery ? delivery : "", &count, &error);
  json_decref(asked);
  serve_answer_made(request, 200, code, json_pack("{s:I}", "replayed", (json_int_t)count), &error);
}
