/* health.c: is it alive, is it ready, what are its figures, which key are messages sealed to. */
#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/doors/seal.h"
#include "serve/jobs/jobs.h"
#include "serve/server.h"

static void answer(serve_request *request, int status, const char *word) {
  json_t *body = json_pack("{s:s,s:s}", "status", word, "version", MIEN_VERSION);
  serve_answer_json(request, status, body);
  json_decref(body);
}

void serve_api_health(serve_request *request) { answer(request, 200, "alive"); }

void serve_api_ready(serve_request *request) {
  struct serve_server *server = request->server;
  bool full = server->conversation_count >= (size_t)server->settings.conversations;
  if (atomic_load(&server->stopping)) answer(request, 503, "stopping");
  else answer(request, full ? 503 : 200, full ? "full" : "ready");
}

void serve_api_seal(serve_request *request) {
  char key[sodium_base64_ENCODED_LEN(SERVE_SEAL_KEY, sodium_base64_VARIANT_ORIGINAL)];
  sodium_bin2base64(key, sizeof key, request->server->seal_public, SERVE_SEAL_KEY, sodium_base64_VARIANT_ORIGINAL);
  json_t *body = json_pack("{s:s,s:s}", "key", key, "kind", "X25519, crypto_kx, XChaCha20-Poly1305");
  serve_answer_json(request, 200, body);
  json_decref(body);
}

void serve_api_reload(serve_request *request) {
  mien_error error = {0};
  if (serve_audit_did(request->server, request->tenant, request->key, "reload", "", &error)) {
    serve_answer_error(request, &error);
    return;
  }
  serve_reload(request->server);
  answer(request, 202, "reloading");
}

void serve_api_metrics(serve_request *request) {
  base_text_reset(&request->answer);
  serve_metrics_write(&request->server->metrics, request->server->conversation_count, serve_jobs_waiting(request->server), &request->answer);
  request->type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
  request->status = request->answer.failed ? 500 : 200;
}
