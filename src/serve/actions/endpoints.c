/* endpoints.c: see endpoints.h. */
#include "serve/actions/endpoints.h"
#include "serve/http/json.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAMES = 64 };

int serve_secret_read(const char *reference, char *to, size_t room, mien_error *error) {
  bool from_file = !strncmp(reference, "file:", 5), from_environment = !strncmp(reference, "env:", 4);
  size_t length = 0;
  *to = 0;
  if (from_environment) {
    const char *value = getenv(reference + 4);
    if (!value) return base_error_set(error, MIEN_EINVAL, reference, "set it where the service is started", "the environment has no such variable");
    length = strlen(value);
    if (length < room) memcpy(to, value, length + 1);
  } else if (from_file) {
    FILE *file = fopen(reference + 5, "rbe");
    if (!file) return base_error_set(error, MIEN_EIO, reference, "", "the secret could not be read: %s", strerror(errno));
    length = fread(to, 1, room, file);
    fclose(file);
    if (length < room) to[length] = 0;
  } else return base_error_set(error, MIEN_EINVAL, "secret", "write env:NAME or file:PATH", "a secret is named by where it is, not written down");
  if (length >= room) return base_error_set(error, MIEN_ELIMIT, reference, "", "a secret has at most %zu bytes", room - 1);
  to[strcspn(to, "\r\n")] = 0;
  return *to ? MIEN_OK : base_error_set(error, MIEN_EINVAL, reference, "", "the secret is empty");
}

/* ---- The settings ---- */

static bool name_right(const char *name) {
  size_t length = strlen(name);
  return length && length < 32 && name[0] != '_' && strncmp(name, "w_", 2) && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

int serve_endpoints_check(const yaml_tree *tree, const yaml_node *map, mien_error *error) {
  static const char *const known[] = {"url", "secret", "old_secret", "tenant", "rules", "actions", "recipe", "base", "values", "secrets", NULL};
  if (map->kind != YAML_MAP) return yaml_wrong(tree, map, error, "", "'endpoints' must be a map of names");
  for (const yaml_node *one = map->first; one; one = one->next) {
    if (!name_right(one->key)) return yaml_wrong(tree, one, error, "small letters, digits, _ and -, at most 31", "'%.40s' is no name of an endpoint", one->key);
    const yaml_node *unknown = yaml_unknown(one, known);
    if (one->kind != YAML_MAP || unknown)
      return yaml_wrong(tree, unknown ? unknown : one, error, "an endpoint has url, secret, old_secret or recipe, values, secrets, base; and tenant, rules, actions", "'%.40s' is not known", unknown ? unknown->key : one->key);
    for (const yaml_node *value = one->first; value; value = value->next) {
      bool list = !strcmp(value->key, "rules") || !strcmp(value->key, "actions");
      bool texts = !strcmp(value->key, "values") || !strcmp(value->key, "secrets");
      if (texts && value->kind != YAML_MAP) return yaml_wrong(tree, value, error, "", "'%s' must be a map of names", value->key);
      for (const yaml_node *each = texts ? value->first : NULL; each; each = each->next)
        if (each->kind != YAML_WORD) return yaml_wrong(tree, each, error, "", "'%s' must be a text", each->key);
      if (texts) continue;
      if (list ? value->kind != YAML_LIST : value->kind != YAML_WORD)
        return yaml_wrong(tree, value, error, "", "'%s' must be %s", value->key, list ? "a list of names" : "a single value");
      for (const yaml_node *each = list ? value->first : NULL; each; each = each->next)
        if (each->kind != YAML_WORD) return yaml_wrong(tree, each, error, "", "'%s' must be a list of names", value->key);
    }
    bool recipe = yaml_get(one, "recipe");
    if (recipe && yaml_get(one, "url")) return yaml_wrong(tree, one, error, "make two endpoints of it", "an endpoint has an url or a recipe");
    for (size_t i = 0; i < 2 && !recipe; i++)
      if (!yaml_get(one, known[i])) return yaml_wrong(tree, one, error, "", "the endpoint has no '%s'", known[i]);
  }
  return MIEN_OK;
}

static int read_secret(const json_t *is, const char *name, char to[WEBHOOK_SECRET], mien_error *error) {
  int code = serve_secret_read(serve_text_of(is, name), to, WEBHOOK_SECRET, error);
  if (code || webhook_secret_right(to)) return code;
  return base_error_set(error, MIEN_EINVAL, name, "write whsec_ and 24 to 64 random bytes in base64 where it points to", "the secret is no secret of a webhook");
}

static int read_secrets(serve_endpoint *e, const json_t *is, mien_error *error) {
  const char *key;
  json_t *value;
  int code = MIEN_OK;
  e->secret_values = json_object();
  json_object_foreach(json_object_get(is, "secrets"), key, value) {
    char secret[4096];
    if (!code) code = serve_secret_read(json_is_string(value) ? json_string_value(value) : "", secret, sizeof secret, error);
    if (!code) json_object_set_new(e->secret_values, key, json_string(secret));
    sodium_memzero(secret, sizeof secret);
  }
  return code;
}

/* Filled in once for an event of nobody, so that what cannot work is told at the start. */
static int try_recipe(const serve_endpoint *e, const char *hosts, mien_error *error) {
  recipe_call call;
  json_t *names = json_pack("{s:{s:s,s:s,s:s,s:s,s:s,s:f,s:s,s:i,s:s,s:s,s:s,s:s},s:O,s:O,s:{s:s}}", "event", "rule", "a", "title", "a", "severity", "info", "who", "a", "role", "a", "at", 0.0,
                            "session", "a", "seq", 1, "reference", "a", "id", "a", "time", "a", "type", "a", "value", e->values, "secret", e->secret_values, "delivery", "id", "a");
  int code = serve_recipe_make(e->recipe, names, e->base, &call, error);
  if (!code) code = serve_url_check(call.url.data, hosts, NULL, error);
  recipe_call_clear(&call);
  json_decref(names);
  return code;
}

static int take_recipe(serve_endpoint *e, const json_t *is, const char *hosts, mien_error *error) {
  snprintf(e->base, sizeof e->base, "%s", serve_text_of(is, "base"));
  size_t end = strlen(e->base);
  if (end && e->base[end - 1] == '/') e->base[end - 1] = 0;
  e->values = json_object_get(is, "values") ? json_incref(json_object_get(is, "values")) : json_object();
  int code = serve_recipe_open(&e->recipe, serve_text_of(is, "recipe"), error);
  if (!code) code = serve_recipe_given(e->recipe, "values", e->values, error);
  if (!code) code = read_secrets(e, is, error);
  if (!code) code = serve_recipe_given(e->recipe, "secrets", e->secret_values, error);
  if (!code) code = try_recipe(e, hosts, error);
  if (!code) snprintf(e->url, sizeof e->url, "%s", serve_text_of(is, "recipe"));
  return code;
}

int serve_endpoint_take(serve_endpoint *e, const char *name, const json_t *is, const char *hosts, mien_error *error) {
  const char *tenant = serve_text_of(is, "tenant");
  snprintf(e->id, sizeof e->id, "%s", name);
  snprintf(e->tenant, sizeof e->tenant, "%s", *tenant ? tenant : "default");
  bool recipe = *serve_text_of(is, "recipe");
  int code = recipe ? take_recipe(e, is, hosts, error) : serve_url_check(serve_text_of(is, "url"), hosts, NULL, error);
  if (!code && !recipe) snprintf(e->url, sizeof e->url, "%s", serve_text_of(is, "url"));
  if (!code && !recipe) code = read_secret(is, "secret", e->secrets[0], error);
  if (!code && !recipe && *serve_text_of(is, "old_secret")) code = read_secret(is, "old_secret", e->secrets[1], error);
  e->until = INFINITY;
  e->rules = json_incref(json_object_get(is, "rules"));
  e->actions = json_incref(json_object_get(is, "actions"));
  return code;
}

/* ---- A caller ---- */

static int names_check(const json_t *asked, const char *field, json_t **to, mien_error *error) {
  json_t *list = json_object_get(asked, field);
  if (!list) return MIEN_OK;
  bool right = json_is_array(list) && json_array_size(list) && json_array_size(list) <= NAMES;
  for (size_t i = 0; right && i < json_array_size(list); i++) right = json_is_string(json_array_get(list, i)) && json_string_length(json_array_get(list, i)) < RULES_NAME;
  if (!right) return base_error_set(error, MIEN_EINVAL, field, "send 1 to 64 names, or leave it out for all", "'%s' must be a list of names", field);
  *to = json_incref(list);
  return MIEN_OK;
}

int serve_endpoint_asked(serve_endpoint *e, const json_t *asked, const char *hosts, mien_error *error) {
  static const char *const known[] = {"url", "secret", "signature", "rules", "actions"};
  const char *name, *signature = serve_text_of(asked, "signature"), *secret = serve_text_of(asked, "secret");
  json_t *value;
  json_object_foreach((json_t *)asked, name, value) {
    size_t i = 0;
    while (i < BASE_COUNT(known) && strcmp(known[i], name)) i++;
    if (i == BASE_COUNT(known)) return base_error_set(error, MIEN_EINVAL, "webhook", "send url, secret, signature, rules, actions", "'%.40s' is not known", name);
    if (i < 3 && (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value)))
      return base_error_set(error, MIEN_EINVAL, known[i], "", "'%s' must be a text", known[i]);
  }
  int code = serve_url_check(serve_text_of(asked, "url"), hosts, NULL, error);
  if (!code && *signature && strcmp(signature, "v1") && strcmp(signature, "v1a"))
    code = base_error_set(error, MIEN_EINVAL, "signature", "send v1 (HMAC-SHA256) or v1a (Ed25519)", "there is no such signature");
  bool ed25519 = !strcmp(signature, "v1a");
  if (!code && *secret && (ed25519 || strncmp(secret, "whsec_", 6) || !webhook_secret_right(secret)))
    code = base_error_set(error, MIEN_EINVAL, "secret", "leave it out, or send whsec_ and 24 to 64 random bytes in base64", "this is no secret of a webhook");
  if (!code) code = names_check(asked, "rules", &e->rules, error);
  if (!code) code = names_check(asked, "actions", &e->actions, error);
  if (code) return code;
  snprintf(e->url, sizeof e->url, "%s", serve_text_of(asked, "url"));
  if (*secret) snprintf(e->secrets[0], WEBHOOK_SECRET, "%s", secret);
  else webhook_secret_make(e->secrets[0], ed25519);
  return MIEN_OK;
}
