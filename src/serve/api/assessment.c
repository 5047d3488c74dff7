/* assessment.c: the facts of a data-protection impact assessment (GDPR, Article 35(7)) as this installation stands: what is read for
 * what, by which policies and models, how long it is kept, who gets it, and which safeguards are on; and the cards of the models. What
 * it is not: an assessment of need and proportion; those who are responsible write that beside it. The words are the web app's. */
#include <stdio.h>
#include <time.h>

#include "engine/engine.h"
#include "serve/actions/webhooks.h"
#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/server.h"

/* ---- Models ---- */

/* What its maker wrote into the file, without what only the program needs. */
static json_t *card(const nn_file *file) {
  static const char *const told[] = {"name", "version", "labels", "languages", "provenance", "scores", "limits"};
  char hash[65];
  json_t *meta = json_loads(nn_file_meta(file), 0, NULL), *one;
  nn_file_sha256(file, hash);
  one = json_pack("{s:s,s:I,s:s,s:s}", "kind", nn_file_kind(file), "bytes", (json_int_t)nn_file_bytes(file), "sha256", hash, "signature",
                  nn_signature_name(nn_file_signature(file)));
  for (size_t i = 0; i < BASE_COUNT(told); i++)
    if (json_object_get(meta, told[i])) json_object_set(one, told[i], json_object_get(meta, told[i]));
  json_decref(meta);
  return one;
}

static json_t *models(serve_request *request) {
  json_t *list = json_array();
  const nn_file *file;
  for (size_t i = 0; (file = engine_model_at(request->server->engine, i)); i++) json_array_append_new(list, card(file));
  return list;
}

/* {"models":[…]}: those that are read with, by their files: whence they come, what may be done with them, their scores. */
void serve_api_models(serve_request *request) {
  json_t *body = json_pack("{s:o}", "models", models(request));
  serve_answer_json(request, 200, body);
  json_decref(body);
}

/* ---- The assessment ---- */

static int add_purpose(void *context, const guard_consent *c) {
  json_t *one = json_object_get(context, c->purpose);
  bool stands = c->read && c->until > (double)time(NULL);
  if (!one && json_object_size(context) < 256) json_object_set_new(context, c->purpose, one = json_pack("{s:i,s:i,s:i}", "granted", 0, "standing", 0, "kept", 0));
  if (!one) return MIEN_OK;
  json_integer_set(json_object_get(one, "granted"), json_integer_value(json_object_get(one, "granted")) + 1);
  if (stands) json_integer_set(json_object_get(one, "standing"), json_integer_value(json_object_get(one, "standing")) + 1);
  if (stands && c->keep) json_integer_set(json_object_get(one, "kept"), json_integer_value(json_object_get(one, "kept")) + 1);
  return MIEN_OK;
}

static json_t *purposes(serve_request *request) {
  json_t *all = json_object();
  uint64_t before = UINT64_MAX;
  guard_ledger_list(request->server->ledger, request->tenant, "", &before, SIZE_MAX, add_purpose, all);
  return all;
}

static json_t *profiles(const struct serve_server *server) {
  json_t *list = json_array(), *is;
  const char *name;
  json_object_foreach(server->settings.profiles, name, is) {
    const char *place = json_string_value(json_object_get(is, "jurisdiction"));
    json_array_append_new(list, json_pack("{s:s,s:O?,s:O?,s:O?,s:s}", "profile", name, "purpose", json_object_get(is, "purpose"), "context",
                                          json_object_get(is, "context"), "jurisdiction", json_object_get(is, "jurisdiction"), "policy",
                                          guard_pack_of(server->packs, place ? place : "")));
  }
  return list;
}

/* Whom events are sent to, by host alone: addresses may hold secrets. */
static json_t *recipients(serve_request *request) {
  json_t *hooks = request->server->webhooks ? serve_webhooks_describe(request->server->webhooks, request->tenant, NULL) : json_array(), *list = json_array(), *one;
  size_t i;
  json_array_foreach(hooks, i, one) {
    const char *url = json_string_value(json_object_get(one, "url")), *host = url ? strstr(url, "://") : NULL;
    if (host) json_array_append_new(list, json_sprintf("%.*s", (int)strcspn(host + 3, "/?#"), host + 3));
  }
  json_decref(hooks);
  const char *name;
  json_object_foreach(request->server->settings.endpoints, name, one) json_array_append_new(list, json_string(name));
  return list;
}

static json_t *retention(const struct serve_server *server) {
  const serve_settings *s = &server->settings;
  return json_pack("{s:b,s:b,s:o,s:f,s:b,s:f}", "kept", server->keep != NULL, "words", s->keep_texts, "most",
                   s->retention > 0 ? json_real(s->retention) : json_null(), "jobs", s->jobs_retention, "recordings", 0, "linger", s->linger);
}

static json_t *safeguards(const struct serve_server *server) {
  const serve_settings *s = &server->settings;
  bool local = !strncmp(s->address, "127.", 4) || !strcmp(s->address, "::1") || !strncmp(s->address, "unix:", 5) || !strcmp(s->address, "localhost");
  return json_pack("{s:b,s:b,s:b,s:b,s:b,s:b,s:b,s:b}", "default_deny", 1, "consent_ledger", 1, "audit_chain", 1, "notice", 1, "human_decides", 1, "sealed_store",
                   server->keep != NULL, "transport", local || *s->certificate, "abstains", 1);
}

/* GET: as JSON, for the web app to print. */
void serve_api_assessment(serve_request *request) {
  struct serve_server *server = request->server;
  mien_error error = {0};
  base_text text = {0};
  base_json json;
  if (serve_audit_did(server, request->tenant, request->key, "assessment", "", &error)) {
    serve_answer_error(request, &error);
    return;
  }
  base_json_init(&json, &text);
  guard_packs_describe(server->packs, &json, NULL);
  json_t *policies = text.failed ? NULL : json_loadb(text.data, text.length, 0, NULL);
  base_text_clear(&text);
  json_t *body = json_pack("{s:f,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "made", (double)time(NULL), "version", MIEN_VERSION, "tenant", request->tenant, "purposes",
                           purposes(request), "profiles", profiles(server), "recipients", recipients(request), "retention", retention(server), "safeguards",
                           safeguards(server), "policies", policies, "models", models(request));
  if (body) serve_answer_json(request, 200, body);
  else serve_answer_error(request, &(mien_error){.code = MIEN_ENOMEM, .what = "out of memory"});
  json_decref(body);
}
