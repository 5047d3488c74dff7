/* usual.c: `mien usual`: what is usual for one person: learned from recordings, shown. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/conversation.h"
#include "cli/options.h"
#include "cli/reader.h"
#include "cli/terminal.h"
#include "cli/usual_file.h"

enum { USUAL_BYTES = 32 << 10 };

static const char *who = "speaker", *consent, *models;
static int seal_it;

static const cli_option options[] = {
    {"who", OPTION_TEXT, "NAME", &who, "who it is in the recordings: speaker (usual), left, right, or a name of the transcript", 0, 0},
    {"consent", OPTION_TEXT, "TEXT", &consent, "a new FILE: who agreed for this person, and when", 0, 0},
    {"seal", OPTION_FLAG, NULL, &seal_it, "a new FILE: sealed under the passphrase in MIEN_USUAL_PASSPHRASE", 0, 0},
    CLI_OPTION_MODELS(&models),
    {0},
};
static const cli_usage usage = {
    "usual", "FILE [RECORDING…]",
    "What is usual for one person: how high, loud and fast they speak, their face at rest, and the mean of what they\n"
    "express; numbers, no words, no sounds, no moments. With RECORDINGs it is learned from them, on top of what FILE\n"
    "knows; without, it is shown. `mien read --usual NAME=FILE` compares with it from the first word.\n",
    options,
    "  mien usual kim.usual monday.wav tuesday.wav --consent 'kim, 2026-03-01'\n"
    "  mien usual kim.usual\n"
    "  mien read call.opus --who left=kim --usual kim=kim.usual\n"};

static int complain(const mien_error *error) {
  cli_complain_of("usual", error);
  return error->code == MIEN_EPOLICY ? CLI_POLICY : CLI_NOTHING;
}

/* ---- Learning ---- */

typedef struct learning {
  usual_file *usual;
  char *json; /* after this recording; NULL: nothing was measured */
  bool met;
} learning;

static int take_event(void *context, const mien_event *event) {
  learning *l = context;
  l->met |= event->kind == MIEN_EVENT_READING && event->reading.who && !strcmp(event->reading.who, who);
  return MIEN_OK;
}

static int take_session(void *context, mien_session *session, bool over) {
  learning *l = context;
  if (!over) return l->usual->json ? mien_session_usual_set(session, who, l->usual->json, strlen(l->usual->json)) : MIEN_OK;
  char *json = malloc(USUAL_BYTES);
  size_t bytes = json ? mien_session_usual(session, who, json, USUAL_BYTES) : 0;
  if (bytes && bytes < USUAL_BYTES) l->json = json;
  else free(json);
  return MIEN_OK;
}

static bool learn_one(mien_engine *engine, usual_file *u, const char *file) {
  static const conversation_names names;
  learning l = {.usual = u};
  conversation_about about;
  conversation_options how = {.words = true, .names = &names, .max_fps = 10, .max_side = 640, .speakers = 1};
  conversation_sink sink = {.event = take_event, .context = &l, .session = take_session};
  mien_error error = {0};
  int code = conversation_read(engine, file, &how, &sink, &about, &error);
  cli_progress_clear();
  if (!code && (!l.met || !l.json))
    code = base_error_set(&error, MIEN_EEMPTY, file, "name them with --who; `mien read` shows who takes part", "nothing of '%s' was measured in it", who);
  if (code) {
    free(l.json);
    cli_complain(file, &error);
    return false;
  }
  free(u->json);
  u->json = l.json;
  u->recordings++;
  return true;
}

static int learn(usual_file *u, const char *path, char **files, int count) {
  mien_engine *engine = NULL;
  mien_error error = {0};
  int learned = 0;
  if (cli_engine_open(&engine, models, MIEN_MODEL_AUTO, NULL)) return CLI_NOTHING;
  for (int i = 0; i < count; i++) learned += learn_one(engine, u, files[i]);
  mien_engine_close(&engine);
  if (!learned) return CLI_NOTHING;
  if (usual_file_write(u, path, &error)) return complain(&error);
  printf("learned from %d recording%s, %d in all\n", learned, learned == 1 ? "" : "s", u->recordings);
  return CLI_DONE;
}

/* ---- Showing ---- */

static int show(const usual_file *u) {
  json_t *root = json_loads(u->json, 0, NULL), *one;
  size_t i;
  printf("consent: %s; learned from %d recording%s\n", u->consent, u->recordings, u->recordings == 1 ? "" : "s");
  json_array_foreach(json_object_get(root, "traits"), i, one) {
    double weight = json_number_value(json_object_get(one, "weight")), squares = json_number_value(json_object_get(one, "squares"));
    const char *kind = json_string_value(json_object_get(one, "kind"));
    printf("  %-16s %9.3f ± %.3f, seen %.0f times\n", kind && !kind[strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789_")] ? kind : "?", json_number_value(json_object_get(one, "mean")), weight > 0 ? sqrt(squares / weight) : 0, weight);
  }
  json_array_foreach(json_object_get(root, "dims"), i, one)
    printf("  %-16s %+9.3f, over %.0f s\n", mien_dim_name((int)i) ? mien_dim_name((int)i) : "?", json_number_value(json_object_get(one, "usual")), json_number_value(json_object_get(one, "seconds")));
  json_decref(root);
  return CLI_DONE;
}

int cli_usual(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc < 2) return cli_options_wrong(&usage, "name the file of what is usual");
  usual_file u = {0};
  mien_error error = {0};
  bool new = access(argv[1], F_OK) != 0;
  if (new && argc == 2) return cli_options_wrong(&usage, "there is no file '%s': name recordings to learn it from", argv[1]);
  if (!new && (consent || seal_it)) return cli_options_wrong(&usage, "--consent and --seal go with a new file, and '%s' is there", argv[1]);
  if (new && (!consent || !*consent || strlen(consent) >= sizeof u.consent)) {
    base_error_set(&error, MIEN_EPOLICY, argv[1], "--consent 'who, when'", "what is usual for a person is personal, and not kept without their consent");
    return complain(&error);
  }
  if (new) snprintf(u.consent, sizeof u.consent, "%s", consent);
  u.sealed = seal_it;
  code = !new && usual_file_read(&u, argv[1], &error) ? complain(&error) : argc > 2 ? learn(&u, argv[1], argv + 2, argc - 2) : show(&u);
  usual_file_clear(&u);
  return code;
}
