/* statement.c: `mien statement`: makes the operator's key, and signs and checks statements of medical or safety reasons. */
#include <sodium.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "guard/statement.h"
#include "vault/vault.h"

static const char *key_file, *public_key;

static const cli_option options[] = {
    {"key", OPTION_TEXT, "FILE", &key_file, "sign: the operator's secret key", 0, 0},
    {"public", OPTION_TEXT, "KEY", &public_key, "check: the operator's public key", 0, 0},
    {NULL, 0, NULL, NULL, NULL, 0, 0},
};
static const cli_usage usage = {
    "statement", "key|sign|check FILE",
    "key: makes a secret key in FILE, and prints the public one for the settings (guard.statement_key).\n"
    "sign: prints the statement in FILE, signed. check: is a signed statement the operator's? docs/policies.md shows one.\n",
    options, "  mien statement key operator.key\n  mien statement sign --key operator.key safety.txt > statements/safety.json\n"};

static int take(const char *path, char *to, size_t room, size_t *bytes, mien_error *error) {
  FILE *file = fopen(path, "re");
  *bytes = file ? fread(to, 1, room, file) : 0;
  int code = !file || ferror(file) ? base_error_set(error, MIEN_EIO, path, "", "the file could not be read") : MIEN_OK;
  if (file) fclose(file);
  if (!code && *bytes == room) code = base_error_set(error, MIEN_ELIMIT, path, "", "the file is longer than %zu bytes", room - 1);
  return code;
}

static int bytes_of(const char *text, size_t length, uint8_t key[32], const char *where, mien_error *error) {
  size_t bytes = 0;
  return sodium_base642bin(key, 32, text, length, "\n", &bytes, NULL, sodium_base64_VARIANT_ORIGINAL) || bytes != 32
             ? base_error_set(error, MIEN_EINVAL, where, "make one: mien statement key FILE", "a key is base64 of 32 bytes") : MIEN_OK;
}

static int seed_of(const char *path, uint8_t seed[GUARD_STATEMENT_SEED], mien_error *error) {
  char text[128];
  size_t bytes;
  int code = take(path, text, sizeof text, &bytes, error);
  if (!code) code = bytes_of(text, bytes, seed, path, error);
  sodium_memzero(text, sizeof text);
  return code;
}

static int make(const char *path, mien_error *error) {
  uint8_t seed[GUARD_STATEMENT_SEED], key[GUARD_STATEMENT_KEY];
  char coded[sodium_base64_ENCODED_LEN(GUARD_STATEMENT_KEY, sodium_base64_VARIANT_ORIGINAL)];
  int code = vault_make_file(path, error);
  if (!code) code = seed_of(path, seed, error);
  if (!code) {
    guard_statement_public(seed, key);
    puts(sodium_bin2base64(coded, sizeof coded, key, sizeof key, sodium_base64_VARIANT_ORIGINAL));
  }
  sodium_memzero(seed, sizeof seed);
  return code;
}

static int sign(const char *path, mien_error *error) {
  uint8_t seed[GUARD_STATEMENT_SEED];
  char text[GUARD_STATEMENT_MAX + 1];
  size_t bytes;
  base_text json = {0};
  int code = seed_of(key_file, seed, error);
  if (!code) code = take(path, text, sizeof text, &bytes, error);
  if (!code) code = guard_statement_sign(text, bytes, seed, &json, error);
  if (!code) puts(json.data);
  sodium_memzero(seed, sizeof seed);
  base_text_clear(&json);
  return code;
}

static int check(const char *path, mien_error *error) {
  uint8_t key[GUARD_STATEMENT_KEY];
  char text[GUARD_STATEMENT_MAX + 1];
  size_t bytes;
  guard_statement read;
  int code = bytes_of(public_key, strlen(public_key), key, "--public", error);
  if (!code) code = take(path, text, sizeof text, &bytes, error);
  if (!code) code = guard_statement_read(text, bytes, key, &read, error);
  if (!code) printf("%s %s: tenant %s, purpose %s, context %s, in %s; signed by %s: %s\n", read.id, read.kind == GUARD_MEDICAL ? "medical" : "safety",
                    read.tenant, read.purpose, read.context, read.jurisdiction, read.signed_by, read.reason);
  return code;
}

int cli_statement(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  const char *what = argc == 3 ? argv[1] : "";
  bool makes = !strcmp(what, "key"), signs = !strcmp(what, "sign"), checks = !strcmp(what, "check");
  if (!makes && !signs && !checks) return cli_options_wrong(&usage, "say what to do: key, sign or check, and a file");
  if (signs && !key_file) return cli_options_wrong(&usage, "sign takes --key FILE");
  if (checks && !public_key) return cli_options_wrong(&usage, "check takes --public KEY");
  mien_error error = {0};
  code = makes ? make(argv[2], &error) : signs ? sign(argv[2], &error) : check(argv[2], &error);
  return code ? cli_complain_of("statement", &error) : CLI_DONE;
}
