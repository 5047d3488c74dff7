/* keys.c: `mien keys`: the keys of those who call the service, on its store. For the operator, beside a service that
 * runs or not; in its audit like what an administrator does over the network (/v1/keys). */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "serve/audit/operator.h"
#include "serve/kept/keep.h"
#include "serve/who/keyring.h"

static const char *file, *data, *tenant, *scopes, *label = "";
static double days;

static const cli_option options[] = {
    {"settings", OPTION_TEXT, "FILE", &file, "settings of the service (docs/serve.md)", 0, 0},
    {"data", OPTION_TEXT, "DIR", &data, "its folder (mien-data)", 0, 0},
    {"tenant", OPTION_TEXT, "NAME", &tenant, "add: whose data it opens (default); list, revoke: this tenant alone", 0, 0},
    {"scopes", OPTION_TEXT, "LIST", &scopes, "add: of read,stream,consent,review,privacy,admin", 0, 0},
    {"days", OPTION_NUMBER, "N", &days, "add: it ends after that many", 0, 36500},
    {"label", OPTION_TEXT, "TEXT", &label, "add: what it is for; no name of a person", 0, 0},
    {NULL, 0, NULL, NULL, NULL, 0, 0},
};
static const cli_usage usage = {
    "keys", "add|list|revoke [ID]",
    "add: makes a key and prints it, once; the service keeps its hash. list: all keys but those of the file DIR/keys.\n"
    "revoke: takes one away. A service that runs takes notice when it is reloaded (SIGHUP). Both are in its audit.\n",
    options, "  mien keys add --tenant acme --scopes stream,consent --days 90 --label dialler\n  mien keys revoke a_0123456789abcdef0123456789abcdef\n"};

static int complain(const mien_error *error) { return cli_complain_of("keys", error); }

/* 0: one of them is none. */
static unsigned scopes_of(const char *list) {
  unsigned all = 0;
  char one[16];
  while (*list) {
    size_t length = strcspn(list, ",");
    snprintf(one, sizeof one, "%.*s", (int)BASE_MIN(length, sizeof one - 1), list);
    unsigned scope = serve_scope_named(one);
    if (!scope) return 0;
    all |= scope;
    list += length + (list[length] == ',');
  }
  return all;
}

static int add(store *s, const char *folder, mien_error *error) {
  char id[STORE_ID] = "", secret[SERVE_KEY_TEXT + 1];
  serve_keyring_key key = {.scopes = scopes_of(scopes), .until = days > 0 ? (double)time(NULL) + days * 86400 : INFINITY};
  snprintf(key.tenant, sizeof key.tenant, "%s", tenant ? tenant : "default");
  snprintf(key.label, sizeof key.label, "%s", label);
  int code = serve_keyring_make(s, NULL, &key, id, secret, error);
  if (!code && (code = serve_operator_did(folder, key.tenant, "key", id, error))) serve_keyring_revoke(s, NULL, key.tenant, id, NULL);
  if (!code) printf("%s %s\n", id, secret);
  sodium_memzero(secret, sizeof secret);
  return code;
}

static int revoke(store *s, const char *folder, const char *id, mien_error *error) {
  json_t *key;
  int code = serve_keyring_get(s, tenant ? tenant : "", id, &key, error);
  if (!code) code = serve_operator_did(folder, json_string_value(json_object_get(key, "tenant")), "revoke", id, error);
  if (!code) code = serve_keyring_revoke(s, NULL, "", id, error);
  json_decref(key);
  return code;
}

static int list(store *s, mien_error *error) {
  char before[STORE_CURSOR] = "";
  int code;
  do {
    json_t *keys = json_array(), *one;
    size_t i;
    code = serve_keyring_list(s, tenant ? tenant : "", before, STORE_PAGE, keys, error);
    json_array_foreach(keys, i, one) {
      char *text = json_dumps(one, JSON_COMPACT);
      if (text) puts(text);
      free(text);
    }
    json_decref(keys);
  } while (!code && *before);
  return code;
}

int cli_keys(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  const char *what = argc > 1 ? argv[1] : "";
  bool adds = argc == 2 && !strcmp(what, "add"), lists = argc == 2 && !strcmp(what, "list"), revokes = argc == 3 && !strcmp(what, "revoke");
  if (!adds && !lists && !revokes) return cli_options_wrong(&usage, "say what to do: add, list, or revoke and the key's id");
  if (adds && (!scopes || !scopes_of(scopes))) return cli_options_wrong(&usage, "--scopes takes some of read,stream,consent,review,privacy,admin");
  if (adds && ((tenant && (!*tenant || strlen(tenant) > 63 || *tenant == '_')) || strlen(label) > 63))
    return cli_options_wrong(&usage, "tenant and label have at most 63 bytes, and a tenant's name does not begin with _");
  serve_settings settings;
  serve_keep keep = {0};
  mien_error error = {0};
  serve_settings_init(&settings);
  code = serve_settings_read(&settings, file, &error);
  if (data) snprintf(settings.data, sizeof settings.data, "%s", data);
  if (!code && !strcmp(settings.store, "off")) code = base_error_set(&error, MIEN_EUNSUPPORTED, "store.url", "", "keys need a store, and it is off");
  if (!code) code = serve_keep_of(&keep, &settings, &error);
  if (!code) code = adds ? add(keep.store, settings.data, &error) : lists ? list(keep.store, &error) : revoke(keep.store, settings.data, argv[2], &error);
  serve_keep_clear(&keep);
  serve_settings_clear(&settings);
  return code ? complain(&error) : CLI_DONE;
}
