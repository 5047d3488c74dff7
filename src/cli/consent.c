/* consent.c: `mien consent`: the ledger of consents, looked at beside a service that runs, and a withdrawal while none runs
 * (one that runs takes it over the network: DELETE /v1/consents/{id}). */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "serve/api/consents.h"
#include "serve/audit/audit.h"
#include "serve/audit/operator.h"
#include "serve/kept/keep.h"

static const char *file, *data, *tenant = "default", *subject, *modality;

static const cli_option options[] = {
    {"settings", OPTION_TEXT, "FILE", &file, "settings of the service (docs/serve.md)", 0, 0},
    {"data", OPTION_TEXT, "DIR", &data, "its folder (mien-data)", 0, 0},
    {"tenant", OPTION_TEXT, "NAME", &tenant, "whose consents (default)", 0, 0},
    {"subject", OPTION_TEXT, "NAME", &subject, "list: of this subject alone", 0, 0},
    {"modality", OPTION_TEXT, "NAME", &modality, "withdraw: text, voice, face or body alone", 0, 0},
    {NULL, 0, NULL, NULL, NULL, 0, 0},
};
static const cli_usage usage = {
    "consent", "list|verify|withdraw [ID]",
    "list: every consent as it stands now, a JSON object a line. verify: is each record of the ledger as it was\n"
    "written? withdraw: takes a consent back, and takes away what was kept under it; the service must not run.\n",
    options, "  mien consent list --subject c-1\n  mien consent withdraw c_0123456789abcdef0123456789abcdef --modality voice\n"};

static int complain(const mien_error *error) { return cli_complain_of("consent", error); }

/* ---- list: from the file, whose chain was checked before; the service may write to it meanwhile ---- */

static json_t *state_of(json_t *grant) {
  json_object_set_new(grant, "modalities", serve_modalities_json((unsigned)json_integer_value(json_object_get(grant, "read"))));
  json_object_set(grant, "consent", json_object_get(grant, "id"));
  json_object_del(grant, "id");
  json_object_del(grant, "read");
  json_object_del(grant, "type");
  return grant;
}

static void take(json_t *all, json_t *line) {
  json_t *record = json_object_get(line, "record"), *known;
  const char *type = json_string_value(json_object_get(record, "type")), *id = json_string_value(json_object_get(record, "id"));
  if (!type || !id || !json_equal(json_object_get(record, "tenant"), json_object_get(all, ""))) return;
  if (!strcmp(type, "grant")) {
    json_object_set(record, "granted", json_object_get(line, "at"));
    json_object_set(all, id, record);
  } else if ((known = json_object_get(all, id))) {
    json_int_t gone = json_integer_value(json_object_get(record, "read"));
    json_object_set_new(known, "read", json_integer(json_integer_value(json_object_get(known, "read")) & ~gone));
    json_object_set(known, "withdrawn", json_object_get(line, "at"));
  }
}

static int list(const char *path, const uint8_t key[GUARD_HASH], mien_error *error) {
  char *text = NULL, ref[GUARD_ID] = "";
  size_t room = 0;
  const char *id;
  json_t *all = json_object(), *one;
  FILE *from = fopen(path, "re");
  if (subject) guard_subject_ref(key, tenant, subject, ref);
  if (!from) return json_decref(all), base_error_set(error, MIEN_EIO, path, "", "the ledger could not be read");
  json_object_set_new(all, "", json_string(tenant)); /* what `take` asks for; no consent is called so */
  for (ssize_t bytes; (bytes = getline(&text, &room, from)) > 0;) {
    json_t *line = json_loadb(text, (size_t)bytes, 0, NULL);
    take(all, line);
    json_decref(line);
  }
  json_object_foreach(all, id, one) {
    const char *of = json_string_value(json_object_get(one, "subject"));
    if (!*id || (subject && (!of || strcmp(of, ref)))) continue;
    char *line = json_dumps(state_of(one), JSON_COMPACT | JSON_SORT_KEYS);
    if (line) puts(line);
    free(line);
  }
  free(text);
  fclose(from);
  json_decref(all);
  return MIEN_OK;
}

/* ---- withdraw ---- */

static int take_away(const serve_settings *settings, guard_ledger *ledger, const guard_consent *c, unsigned read, mien_error *error) {
  serve_keep keep = {0};
  store_tenant t;
  store_subject who;
  char ref[STORE_ID];
  if (!c->keep || !strcmp(settings->store, "off")) return MIEN_OK;
  int code = serve_keep_of(&keep, settings, error);
  if (!code) code = store_of(&t, keep.store, tenant, error);
  if (!code) code = store_subject_ref(&t, c->subject, ref, error);
  if (!code) code = store_subject_find(&t, ref, &who, error);
  if (!code && !guard_ledger_stands(ledger, tenant, c->subject, NULL, true)) code = store_subject_erase(&t, who.id, "withdrawal", NULL, error);
  else if (!code) code = store_subject_withdraw(&t, who.id, c->purpose, read, NULL, error);
  serve_keep_clear(&keep);
  return code == MIEN_EEMPTY ? MIEN_OK : code;
}

static int withdraw(const serve_settings *settings, const char *path, const uint8_t key[GUARD_HASH], const char *id, unsigned read, mien_error *error) {
  guard_ledger *ledger = NULL;
  guard_consent c;
  int code = guard_ledger_open(&ledger, path, key, error);
  if (!code) code = guard_ledger_withdraw(ledger, tenant, id, read, error);
  if (!code) code = serve_operator_did(settings->data, tenant, "withdraw", id, error);
  if (!code && guard_ledger_find(ledger, tenant, id, &c)) code = take_away(settings, ledger, &c, read, error);
  guard_ledger_close(&ledger);
  return code;
}

int cli_consent(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  const char *what = argc > 1 ? argv[1] : "";
  bool lists = argc == 2 && !strcmp(what, "list"), verifies = argc == 2 && !strcmp(what, "verify"), takes = argc == 3 && !strcmp(what, "withdraw");
  if (!lists && !verifies && !takes) return cli_options_wrong(&usage, "say what to do: list, verify, or withdraw and the consent's id");
  unsigned read = modality ? serve_modality_named(modality) : MIEN_READ_ALL;
  if (modality && read & MIEN_READ_VOICE) read |= MIEN_READ_WORDS;
  if (!read) return cli_options_wrong(&usage, "--modality is text, voice, face or body");
  serve_settings settings;
  uint8_t key[GUARD_HASH];
  char path[512];
  uint64_t count = 0;
  mien_error error = {0};
  serve_settings_init(&settings);
  code = serve_settings_read(&settings, file, &error);
  if (data) snprintf(settings.data, sizeof settings.data, "%s", data);
  snprintf(path, sizeof path, "%s/consents", settings.data);
  if (!code) code = serve_audit_key(settings.data, false, key, &error);
  if (!code) code = guard_chain_verify(path, key, &count, &error);
  if (!code && verifies) printf("%llu records, each as it was written\n", (unsigned long long)count);
  if (!code && lists) code = list(path, key, &error);
  if (!code && takes) code = withdraw(&settings, path, key, argv[2], read, &error);
  serve_settings_clear(&settings);
  return code ? complain(&error) : CLI_DONE;
}
