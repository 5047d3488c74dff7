/* serve.c: `mien serve`: the engine as a service. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "serve/serve.h"

static const char *models, *address, *data, *file;
static int port = -1, jobs;
static serve_server *running;

static const cli_option options[] = {
    {"settings", OPTION_TEXT, "FILE", &file, "settings (docs/serve.md); what is said here goes before them", 0, 0},
    {"address", OPTION_TEXT, "ADDRESS", &address, "listen there (127.0.0.1); unix:PATH for a socket file", 0, 0},
    {"port", OPTION_INTEGER, "N", &port, "listen on this port (7610); 0: any that is free", 0, 65535},
    {"data", OPTION_TEXT, "DIR", &data, "keys and the store (mien-data)", 0, 0},
    {"models", OPTION_TEXT, "DIR", &models, "models in place of those inside the program", 0, 0},
    {"jobs", OPTION_INTEGER, "N", &jobs, "threads that read; 0: one a processor", 0, 64},
    {NULL, 0, NULL, NULL, NULL, 0, 0},
};
static const cli_usage usage = {
    "serve", "",
    "Reads conversations that come over the network, live, by HTTP and WebSocket. The first start makes a\n"
    "key, in DIR/first.key; every request carries it: Authorization: Bearer KEY.\n",
    options,
    "  mien serve\n"
    "  curl -H \"Authorization: Bearer $(cat mien-data/first.key)\" -d '{\"texts\":[\"Thank you!\"]}' localhost:7610/v1/texts\n"};

static void stop(int signal_number) { serve_stop(running); }

static void reload(int signal_number) { serve_reload(running); }

static int complain(const mien_error *error) { return cli_complain_of("serve", error); }

int cli_serve(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc > 1) return cli_options_wrong(&usage, "'%s' is not an option", argv[1]);
  serve_settings settings;
  serve_settings_init(&settings);
  mien_error error = {0};
  if (serve_settings_read(&settings, file, &error) != MIEN_OK) {
    complain(&error);
    return CLI_USAGE;
  }
  if (address) snprintf(settings.address, sizeof settings.address, "%s", address);
  if (data) snprintf(settings.data, sizeof settings.data, "%s", data);
  if (port >= 0) settings.port = port;
  if (jobs) settings.threads = jobs;
  mallopt(M_TRIM_THRESHOLD, 64 << 20); /* else threads give pages back and take them again all the time */
  mallopt(M_TOP_PAD, 1 << 20);
  mien_engine *engine = NULL;
  mien_engine_options what = {.size = sizeof what, .models = models};
  if (mien_engine_open(&engine, &what, &error) != MIEN_OK) return complain(&error);
  if (serve_open(&running, engine, &settings, &error) != MIEN_OK) {
    mien_engine_close(&engine);
    return complain(&error);
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, stop);
  signal(SIGTERM, stop);
  signal(SIGHUP, reload);
  fprintf(stderr, "mien serve: listening on %s port %d\n", settings.address, serve_port(running));
  if (serve_audiosocket_port(running) >= 0)
    fprintf(stderr, "mien serve: AudioSocket on port %d\n", serve_audiosocket_port(running));
  code = serve_run(running);
  serve_close(&running);
  serve_settings_clear(&settings);
  mien_engine_close(&engine);
  return code == MIEN_OK ? CLI_DONE : CLI_NOTHING;
}
