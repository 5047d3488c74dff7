/* vault.c: `mien vault`: a new master key; keys of subjects wrapped anew. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "store/store.h"

static const char *key, *old, *keys = "mien-data/keys.store";

static const cli_option options[] = {
    {"key", OPTION_TEXT, "KEY", &key, "the master key: a file, env, or command:PROGRAM ARGUMENT…", 0, 0},
    {"old", OPTION_TEXT, "KEY", &old, "rotate: the one before", 0, 0},
    {"keys", OPTION_TEXT, "FILE", &keys, "rotate: the file of wrapped keys (mien-data/keys.store)", 0, 0},
    {NULL, 0, NULL, NULL, NULL, 0, 0},
};
static const cli_usage usage = {
    "vault", "new|rotate",
    "new: writes a new master key to the file KEY, for its user alone. rotate: wraps every subject's key, which the\n"
    "old master key wrapped, with KEY; what is sealed stays as it is. A service whose settings name both (vault.key and\n"
    "vault.old_key) may run meanwhile.\n",
    options, "  mien vault new --key /etc/mien/master-2.key\n  mien vault rotate --key /etc/mien/master-2.key --old /etc/mien/master-1.key\n"};

static int complain(const mien_error *error) {
  fprintf(stderr, "mien vault: %s (%s)%s%s\n", error->what, error->where, *error->remedy ? "; " : "", error->remedy);
  return CLI_NOTHING;
}

static int rotate(void) {
  vault *masters[2] = {NULL};
  mien_error error = {0};
  uint64_t done = 0;
  int code = vault_open(&masters[0], key, &error);
  if (!code) code = vault_open(&masters[1], old, &error);
  if (!code) code = store_keys_rotate(keys, (const vault *const[]){masters[0], masters[1]}, 2, &done, &error);
  vault_close(&masters[0]);
  vault_close(&masters[1]);
  if (code) return complain(&error);
  printf("%llu keys wrapped anew\n", (unsigned long long)done);
  return CLI_DONE;
}

int cli_vault(int argc, char **argv) {
  mien_error error = {0};
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  bool fresh = argc == 2 && !strcmp(argv[1], "new"), turn = argc == 2 && !strcmp(argv[1], "rotate");
  if (!fresh && !turn) return cli_options_wrong(&usage, "say what to do: new or rotate");
  if (!key) return cli_options_wrong(&usage, "name the master key with --key");
  if (fresh) return vault_make_file(key, &error) ? complain(&error) : CLI_DONE;
  return old ? rotate() : cli_options_wrong(&usage, "name the master key before with --old");
}
