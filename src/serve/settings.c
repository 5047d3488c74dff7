/* settings.c: the usual values, the file's, and the environment's. */
#include "serve/settings.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "serve/actions/endpoints.h"
#include "yaml/tree.h"

enum { TEXT, INTEGER, BYTES, TIME };

static const struct {
  const char *section, *name; /* section "": at the top */
  int kind;
  size_t at, room;
  double low, high;
  bool live; /* may change while the service runs */
} all[] = {
#define SETTING(section, name, kind, field, low, high) \
  {section, name, kind, offsetof(serve_settings, field), sizeof ((serve_settings *)0)->field, low, high, false}
#define LIVE(section, name, kind, field, low, high) \
  {section, name, kind, offsetof(serve_settings, field), sizeof ((serve_settings *)0)->field, low, high, true}
    SETTING("listen", "address", TEXT, address, 0, 0),
    SETTING("listen", "port", INTEGER, port, 0, 65535),
    SETTING("tls", "certificate", TEXT, certificate, 0, 0),
    SETTING("tls", "private_key", TEXT, private_key, 0, 0),
    SETTING("", "data", TEXT, data, 0, 0),
    SETTING("", "policies", TEXT, policies, 0, 0),
    SETTING("", "threads", INTEGER, threads, 0, 64),
    SETTING("limits", "connections", INTEGER, connections, 1, 100000),
    LIVE("limits", "conversations", INTEGER, conversations, 1, 100000),
    LIVE("limits", "body", BYTES, body, 1024, 1 << 30),
    LIVE("limits", "key_rate", INTEGER, key_rate, 0, 1000000),
    LIVE("limits", "address_rate", INTEGER, address_rate, 0, 1000000),
    SETTING("times", "header", TIME, header_timeout, 1, 600),
    SETTING("times", "idle", TIME, idle_timeout, 1, 3600),
    LIVE("times", "linger", TIME, linger, 0, 3600),
    LIVE("times", "pause", TIME, pause, 0, 86400),
    LIVE("times", "drain", TIME, drain, 0, 3600),
    LIVE("doors", "profile", TEXT, profile, 0, 0),
    SETTING("doors", "audiosocket_port", INTEGER, audiosocket_port, 0, 65535),
    SETTING("doors", "audiohook_key", TEXT, audiohook_key, 0, 0),
    SETTING("doors", "audiohook_secret_file", TEXT, audiohook_secret, 0, 0),
    SETTING("doors", "audiohook_tenant", TEXT, audiohook_tenant, 0, 0),
    SETTING("store", "url", TEXT, store, 0, 0),
    SETTING("store", "keys", TEXT, store_keys, 0, 0),
    SETTING("store", "retention", TIME, retention, 0, 1e9),
    SETTING("store", "texts", INTEGER, keep_texts, 0, 1),
    SETTING("guard", "statements", TEXT, statements, 0, 0),
    SETTING("guard", "statement_key", TEXT, statement_key, 0, 0),
    SETTING("oidc", "issuer", TEXT, oidc_issuer, 0, 0),
    SETTING("oidc", "client_id", TEXT, oidc_client, 0, 0),
    SETTING("oidc", "client_secret_file", TEXT, oidc_secret, 0, 0),
    SETTING("oidc", "address", TEXT, oidc_address, 0, 0),
    SETTING("oidc", "scope", TEXT, oidc_scope, 0, 0),
    SETTING("oidc", "role_claim", TEXT, oidc_role_claim, 0, 0),
    SETTING("oidc", "roles", TEXT, oidc_roles, 0, 0),
    SETTING("oidc", "tenant", TEXT, oidc_tenant, 0, 0),
    SETTING("oidc", "hosts", TEXT, oidc_hosts, 0, 0),
    SETTING("oidc", "ca", TEXT, oidc_ca, 0, 0),
    SETTING("rules", "files", TEXT, rules, 0, 0),
    SETTING("rules", "editable", INTEGER, rules_editable, 0, 1),
    SETTING("rules", "dry", INTEGER, rules_dry, 0, 1),
    SETTING("webhooks", "hosts", TEXT, webhook_hosts, 0, 0),
    SETTING("webhooks", "ca", TEXT, webhook_ca, 0, 0),
    SETTING("webhooks", "timeout", TIME, webhook_timeout, 0.1, 60),
    SETTING("webhooks", "retry", TIME, webhook_retry, 0.01, 3600),
    SETTING("webhooks", "attempts", INTEGER, webhook_attempts, 1, 20),
    SETTING("respond", "library", TEXT, respond_library, 0, 0),
    SETTING("respond", "scorer", TEXT, respond_scorer, 0, 0),
    SETTING("respond", "endpoint", TEXT, respond_endpoint, 0, 0),
    SETTING("respond", "model", TEXT, respond_model, 0, 0),
    SETTING("respond", "key", TEXT, respond_key, 0, 0),
    SETTING("respond", "hosts", TEXT, respond_hosts, 0, 0),
    SETTING("respond", "ca", TEXT, respond_ca, 0, 0),
    SETTING("respond", "timeout", TIME, respond_timeout, 0.5, 60),
    SETTING("jobs", "folder", TEXT, jobs_folder, 0, 0),
    SETTING("jobs", "threads", INTEGER, jobs_threads, 1, 16),
    SETTING("jobs", "waiting", INTEGER, jobs_waiting, 1, 1000),
    SETTING("jobs", "upload", BYTES, jobs_upload, 1024, 2047.0 * (1 << 20)),
    SETTING("jobs", "retention", TIME, jobs_retention, 1, 30 * 86400.0),
    SETTING("vault", "key", TEXT, vault_key, 0, 0),
    SETTING("vault", "old_key", TEXT, vault_old_key, 0, 0),
#undef SETTING
#undef LIVE
};

void serve_settings_init(serve_settings *s) {
  *s = (serve_settings){.port = 7610, .audiosocket_port = -1, .connections = 2000, .conversations = 1000, .body = 8 << 20,
                        .key_rate = 1000, .address_rate = 2000, .header_timeout = 10, .idle_timeout = 60, .linger = 60, .pause = 1800, .drain = 20, .webhook_timeout = 15, .webhook_retry = 5, .webhook_attempts = 10, .respond_timeout = 8,
                        .jobs_threads = 1, .jobs_waiting = 100, .jobs_upload = 500 << 20, .jobs_retention = 86400};
  snprintf(s->address, sizeof s->address, "127.0.0.1");
  snprintf(s->data, sizeof s->data, "mien-data");
  snprintf(s->audiohook_tenant, sizeof s->audiohook_tenant, "default");
}

void serve_settings_clear(serve_settings *s) {
  json_decref(s->profiles);
  json_decref(s->endpoints);
  s->profiles = s->endpoints = NULL;
}

/* Puts a word in its place; what would be right, where it is wrong. */
static const char *put(serve_settings *s, size_t i, const yaml_node *node) {
  static char expected[96];
  char *to = (char *)s + all[i].at;
  double number = 0;
  const char *unit = "";
  if (node->kind != YAML_WORD) return "a single value";
  if (all[i].kind == TEXT) {
    snprintf(expected, sizeof expected, "a text of at most %zu bytes", all[i].room - 1);
    return strlen(node->word) < all[i].room ? snprintf(to, all[i].room, "%s", node->word), NULL : expected;
  }
  bool is = all[i].kind == TIME ? yaml_duration(node, &number) : yaml_number(node, &number);
  if (all[i].kind == BYTES && !is) {
    char *end;
    number = strtod(node->word, &end);
    is = end != node->word && (!strcmp(end, " MB") || !strcmp(end, "MB") || !strcmp(end, " kB") || !strcmp(end, "kB"));
    number *= strchr(end, 'M') ? 1 << 20 : 1 << 10;
  }
  if (all[i].kind == TIME) unit = ", as 30 s or 5 min";
  if (all[i].kind == BYTES) unit = " bytes, as 8 MB";
  snprintf(expected, sizeof expected, "%g to %g%s", all[i].low, all[i].high, unit);
  if (!is || number < all[i].low || number > all[i].high || (all[i].kind == INTEGER && number != floor(number))) return expected;
  if (all[i].kind == TIME) memcpy(to, &number, sizeof number);
  else memcpy(to, &(int){(int)number}, sizeof(int));
  return NULL;
}

static int take_section(serve_settings *s, const yaml_tree *tree, const char *section, const yaml_node *map, mien_error *error) {
  if (map->kind != YAML_MAP) return yaml_wrong(tree, map, error, "", "'%s' must be a map", section);
  for (const yaml_node *node = map->first; node; node = node->next) {
    size_t i = 0;
    while (i < BASE_COUNT(all) && (strcmp(all[i].section, section) || strcmp(all[i].name, node->key))) i++;
    if (!*section && i == BASE_COUNT(all)) continue; /* a section of its own, or unknown: looked at by the caller */
    if (i == BASE_COUNT(all))
      return yaml_wrong(tree, node, error, "docs/serve.md lists all settings", "'%s' has no setting '%.40s'", section, node->key);
    const char *expected = put(s, i, node);
    if (expected) return yaml_wrong(tree, node, error, "", "'%s' must be %s", node->key, expected);
  }
  return MIEN_OK;
}

/* `words`: every word stays a text, "0123" as well. */
static json_t *to_json(const yaml_node *node, bool words) {
  double number;
  bool flag;
  if (node->kind == YAML_WORD) {
    if (words) return json_string(node->word);
    if (yaml_flag(node, &flag)) return json_boolean(flag);
    if (yaml_number(node, &number)) return json_real(number);
    return json_string(node->word);
  }
  json_t *value = node->kind == YAML_MAP ? json_object() : json_array();
  for (const yaml_node *one = node->first; one; one = one->next) {
    if (node->kind == YAML_MAP) json_object_set_new(value, one->key, to_json(one, words));
    else json_array_append_new(value, to_json(one, words));
  }
  return value;
}

static int take_file(serve_settings *s, const yaml_tree *tree, mien_error *error) {
  static const char *const sections[] = {"listen", "tls", "limits", "times", "doors", "store", "rules", "vault", "webhooks", "guard", "oidc", "jobs", "respond"};
  const yaml_node *root = yaml_root(tree);
  int code = take_section(s, tree, "", root, error);
  for (const yaml_node *node = root->first; node && !code; node = node->next) {
    size_t i = 0;
    bool top = !strcmp(node->key, "data") || !strcmp(node->key, "policies") || !strcmp(node->key, "threads");
    while (i < BASE_COUNT(sections) && strcmp(sections[i], node->key)) i++;
    if (i < BASE_COUNT(sections)) code = take_section(s, tree, sections[i], node, error);
    else if (!strcmp(node->key, "profiles") && node->kind == YAML_MAP) {
      json_decref(s->profiles);
      s->profiles = to_json(node, false);
    } else if (!strcmp(node->key, "endpoints")) {
      code = serve_endpoints_check(tree, node, error);
      json_decref(s->endpoints);
      s->endpoints = code ? NULL : to_json(node, true);
    } else if (!top) code = yaml_wrong(tree, node, error, "docs/serve.md lists all settings", "there is no setting '%.40s'", node->key);
  }
  if (!code && *s->profile && !json_object_get(s->profiles, s->profile))
    code = yaml_wrong(tree, yaml_get(root, "doors") ? yaml_get(root, "doors") : root, error, "describe it under `profiles`",
                      "there is no profile '%.60s'", s->profile);
  return code;
}

static int take_environment(serve_settings *s, mien_error *error) {
  for (size_t i = 0; i < BASE_COUNT(all); i++) {
    char name[96], *c;
    snprintf(name, sizeof name, "MIEN_%s%s%s", all[i].section, *all[i].section ? "_" : "", all[i].name);
    for (c = name; *c; c++) *c = (char)toupper((unsigned char)*c);
    const char *value = getenv(name), *expected = value ? put(s, i, &(yaml_node){.kind = YAML_WORD, .word = value}) : NULL;
    if (expected) return base_error_set(error, MIEN_EFORMAT, name, "", "the environment's value must be %s", expected);
  }
  return MIEN_OK;
}

int serve_settings_read(serve_settings *s, const char *path, mien_error *error) {
  yaml_tree *tree = NULL;
  int code = path ? yaml_read_file(&tree, path, error) : MIEN_OK;
  if (tree && !code) code = take_file(s, tree, error);
  yaml_close(&tree);
  snprintf(s->file, sizeof s->file, "%s", path ? path : "");
  return code ? code : take_environment(s, error);
}

int serve_settings_again(const serve_settings *s, serve_settings *fresh, mien_error *error) {
  serve_settings_init(fresh);
  return serve_settings_read(fresh, *s->file ? s->file : NULL, error);
}

static bool differs(const serve_settings *a, const serve_settings *b, size_t i) {
  const char *x = (const char *)a + all[i].at, *y = (const char *)b + all[i].at;
  return all[i].kind == TEXT ? strcmp(x, y) : memcmp(x, y, all[i].room);
}

static void swap(json_t **a, json_t **b) {
  json_t *held = *a;
  *a = *b;
  *b = held;
}

void serve_settings_take(serve_settings *s, serve_settings *fresh, base_text *later) {
  for (size_t i = 0; i < BASE_COUNT(all); i++) {
    if (!differs(s, fresh, i)) continue;
    if (all[i].live) memcpy((char *)s + all[i].at, (const char *)fresh + all[i].at, all[i].room);
    else base_text_printf(later, "%s%s%s%s", later->length ? ", " : "", all[i].section, *all[i].section ? "." : "", all[i].name);
  }
  if (!json_equal(s->endpoints, fresh->endpoints) && (s->endpoints || fresh->endpoints)) base_text_printf(later, "%sendpoints", later->length ? ", " : "");
  swap(&s->profiles, &fresh->profiles);
}
