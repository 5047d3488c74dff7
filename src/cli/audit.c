/* audit.c: `mien audit`: is what was recorded as it was written? */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "serve/audit/audit.h"
#include "serve/audit/operator.h"

static const char *data = "mien-data";

static const cli_option options[] = {
    {"data", OPTION_TEXT, "DIR", &data, "the service's folder (mien-data)", 0, 0},
    {NULL, 0, NULL, NULL, NULL, 0, 0},
};
static const cli_usage usage = {
    "audit", "verify",
    "Checks the chains of records of a service: its audit, and its ledger of consents. Each record holds the hash of\n"
    "the one before it, keyed with the installation's key, so that a record that was changed, taken out, put in\n"
    "elsewhere, or cut off at the end is found. Exit 1 if one is.\n",
    options, "  mien audit verify --data /var/lib/mien\n"};

static int complain(const mien_error *error) {
  fprintf(stderr, "mien audit: %s (%s); %s\n", error->what, error->where, error->remedy);
  return CLI_NOTHING;
}

int cli_audit(int argc, char **argv) {
  static const char *const chains[] = {"audit", "consents"};
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc != 2 || strcmp(argv[1], "verify")) return cli_options_wrong(&usage, "say what to do: verify");
  uint8_t key[GUARD_HASH];
  mien_error error = {0};
  int exit_code = CLI_DONE;
  if (serve_audit_key(data, false, key, &error)) return complain(&error);
  for (size_t i = 0; i < BASE_COUNT(chains); i++) {
    char path[1024];
    uint64_t count = 0;
    snprintf(path, sizeof path, "%s/%s", data, chains[i]);
    if (guard_chain_verify(path, key, &count, &error) != MIEN_OK) exit_code = complain(&error);
    else printf("%s: %llu records, each as it was written\n", chains[i], (unsigned long long)count);
  }
  uint64_t waiting = serve_operator_waiting(data);
  if (waiting) printf("audit.waiting: %llu records of the operator's commands, not in the chain yet: the service takes them when it runs\n", (unsigned long long)waiting);
  return exit_code;
}
