/* recipes.c: the recipes that ship (docs/recipes.md): what each needs, which endpoints of the settings use it and whether
 * their secrets are there; and a try: a recipe is checked, and filled in for an event of nobody. No secret is shown, none is
 * asked for, none is looked up by a caller's word, and nobody is called. */
#include <stdio.h>

#include "serve/actions/recipe_embedded.h"
#include "serve/actions/webhooks.h"
#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/calls/address.h"
#include "serve/server.h"

static void answer(serve_request *request, int code, json_t *body, const mien_error *error) {
  if (code) serve_answer_error(request, error);
  else if (body) serve_answer_json(request, 200, body);
  else serve_answer_error(request, &(mien_error){.code = MIEN_ENOMEM, .what = "out of memory"});
  json_decref(body);
}

void serve_api_recipes(serve_request *request) {
  json_t *list = json_array();
  mien_error error = {0};
  int code = MIEN_OK;
  for (size_t i = 0; i < serve_recipe_count && !code; i++) {
    serve_recipe *recipe;
    if ((code = serve_recipe_open(&recipe, serve_recipes[i].name, &error))) break;
    json_t *one = serve_recipe_describe(recipe);
    json_object_set_new(one, "recipe", json_string(serve_recipes[i].name));
    json_object_set_new(one, "endpoints", serve_webhooks_of_recipe(request->server->webhooks, request->tenant, serve_recipes[i].name));
    json_array_append_new(list, one);
    serve_recipe_close(&recipe);
  }
  answer(request, code, json_pack("{s:o}", "recipes", list), &error);
}

/* ---- A try ---- */

static bool ships(const char *name) {
  for (size_t i = 0; i < serve_recipe_count; i++)
    if (!strcmp(serve_recipes[i].name, name)) return true;
  return false;
}

static int open_asked(serve_recipe **recipe, const json_t *asked, mien_error *error) {
  const json_t *yaml = json_object_get(asked, "yaml");
  const char *name = json_string_value(json_object_get(asked, "recipe"));
  *recipe = NULL;
  if (!name == !yaml || (yaml && !json_is_string(yaml))) return base_error_set(error, MIEN_EINVAL, "recipe", "", "send 'recipe', a name, or 'yaml', a text");
  if (yaml) return serve_recipe_read(recipe, json_string_value(yaml), json_string_length(yaml), "the recipe", error);
  if (!ships(name)) return base_error_set(error, MIEN_EINVAL, "recipe", "GET /v1/recipes lists them; send 'yaml' to try one of your own", "no recipe '%.60s' ships", name); /* no file is opened by a caller's word */
  return serve_recipe_open(recipe, name, error);
}

static json_t *event_of(const char *severity) {
  return json_pack("{s:s,s:s,s:s,s:s,s:s,s:f,s:s,s:i,s:s,s:s,s:s,s:s}", "rule", "a_rule", "title", "A rule", "severity", severity, "who", "customer", "role", "customer", "at", 12.5,
                   "session", "s_0", "seq", 1, "reference", "4711", "id", "s_0.1", "time", "2026-01-31T12:00:00Z", "type", "com.example.try");
}

static json_t *call_of(const recipe_call *call) {
  json_t *headers = json_array(), *body = json_loadb(call->body.data ? call->body.data : "", call->body.length, 0, NULL);
  for (size_t i = 0; i < call->header_count; i++) json_array_append_new(headers, json_string(call->headers[i].data));
  return json_pack("{s:s,s:s,s:o,s:o}", "method", call->method, "url", call->url.data, "headers", headers, "body", body ? body : json_null());
}

static int fill(serve_request *request, const serve_recipe *recipe, const json_t *asked, json_t **told, mien_error *error) {
  static const char *const severities[] = {"info", "notice", "warning", "critical"};
  const char *severity = json_string_value(json_object_get(asked, "severity")), *name;
  json_t *values = json_object_get(asked, "values"), *none = json_object(), *secrets = json_object(), *about = serve_recipe_describe(recipe), *secret;
  bool known = !severity;
  for (size_t i = 0; severity && i < BASE_COUNT(severities); i++) known = known || !strcmp(severity, severities[i]);
  json_object_foreach(json_object_get(about, "secrets"), name, secret) {
    char stands[64];
    snprintf(stands, sizeof stands, "(%s)", name);
    json_object_set_new(secrets, name, json_string(stands));
  }
  int code = known ? serve_recipe_given(recipe, "values", values ? values : none, error) : base_error_set(error, MIEN_EINVAL, "severity", "send info, notice, warning or critical", "there is no such severity");
  json_t *names = json_pack("{s:o,s:O,s:O,s:{s:s}}", "event", event_of(severity ? severity : "warning"), "value", values ? values : none, "secret", secrets, "delivery", "id", "d_0");
  recipe_call call = {0};
  if (!code) code = serve_recipe_make(recipe, names, "", &call, error);
  if (!code) code = serve_url_check(call.url.data, request->server->settings.webhook_hosts, NULL, error);
  if (!code) *told = call_of(&call);
  recipe_call_clear(&call);
  json_decref(names);
  json_decref(secrets);
  json_decref(none);
  json_decref(about);
  return code;
}

void serve_api_recipe_try(serve_request *request) {
  json_t *asked = serve_request_json(request), *told = NULL;
  serve_recipe *recipe = NULL;
  mien_error error = {0};
  if (!asked) return;
  int code = open_asked(&recipe, asked, &error);
  if (!code) code = fill(request, recipe, asked, &told, &error);
  serve_recipe_close(&recipe);
  json_decref(asked);
  answer(request, code, told, &error);
}
