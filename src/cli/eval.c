/* eval.c: the command `mien eval`, and what its sets share. */
#include "cli/eval.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "engine/engine.h"

static const struct set {
  const char *name, *kind;
  int (*run)(eval_context *context, mien_error *error);
} sets[] = {
    {"goemotions", "text", eval_goemotions},
    {"brighter", "text", eval_brighter},
    {"emobank", "text", eval_emobank},
    {"ravdess", "voice", eval_ravdess},
    {"emodb", "voice", eval_emodb},
    {"nemo", "voice", eval_nemo},
    {"crema", "voice", eval_crema},
    {"tess", "voice", eval_tess},
    {"voices", "voice", eval_voices},
    {"ferplus", "face", eval_ferplus},
    {"landmarks68", "face", eval_landmarks68},
    {"utk", "face", eval_utk},
    {"clips", "fused", eval_clips},
    {"people", "fused", eval_people},
    {"pairs", "fused", eval_pairs},
};
enum { SETS = sizeof sets / sizeof *sets };

/* ---- What the sets share --------------------------------------------------------------------- */

char *eval_path(const eval_context *context, const char *format, ...) {
  char part[512], *path;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(part, sizeof part, format, arguments);
  va_end(arguments);
  size_t bytes = strlen(context->data) + strlen(part) + 2;
  path = malloc(bytes);
  if (path) snprintf(path, bytes, "%s/%s", context->data, part);
  return path;
}

int eval_open_table(const eval_context *context, eval_table *table, const char *part,
                    char separator, mien_error *error) {
  char *path = eval_path(context, "%s", part);
  if (!path) return base_error_set(error, MIEN_ENOMEM, part, "", "no memory for the path");
  int code = eval_table_open(table, path, separator, error);
  free(path);
  return code;
}

int eval_open_model(eval_context *context, const char *name, nn_file **file, mien_error *error) {
  char path[1024], hex[65], version[32] = "?", line[256];
  int code;
  if (context->models) {
    snprintf(path, sizeof path, "%s/%s.mien", context->models, name);
    code = nn_file_open(file, path, error);
  } else {
    const engine_embedded *inside = engine_embedded_find(name);
    snprintf(path, sizeof path, "%s.mien inside the program", name);
    code = inside ? nn_file_open_memory(file, inside->start, (size_t)(inside->end - inside->start),
                                        path, error)
                  : base_error_set(error, MIEN_EMODEL, path,
                                   "give a folder that has it by --models DIR",
                                   "the model is not there");
  }
  if (code) return code;
  nn_file_sha256(*file, hex);
  nn_file_string(*file, "version", version, sizeof version, NULL);
  snprintf(line, sizeof line, "- %s, version %s, SHA-256 %.16s…, %s\n", name, version, hex,
           nn_signature_name(nn_file_signature(*file)));
  if (!context->report.models.data || !strstr(context->report.models.data, line))
    base_text_puts(&context->report.models, line);
  return MIEN_OK;
}

int eval_core_of_name(const char *name) {
  static const struct {
    const char *name;
    int core;
  } also[] = {{"happy", MIEN_JOY},        {"happiness", MIEN_JOY}, {"sad", MIEN_SADNESS},
              {"angry", MIEN_ANGER},      {"fearful", MIEN_FEAR},  {"surprised", MIEN_SURPRISE},
              {"disgusted", MIEN_DISGUST}};
  for (int k = 0; k < MIEN_CORE; k++)
    if (!strcmp(name, mien_core_name(k))) return k;
  for (size_t i = 0; i < BASE_COUNT(also); i++)
    if (!strcmp(name, also[i].name)) return also[i].core;
  return -1;
}

eval_item eval_item_of(const mien_reading *reading, int truth) {
  int top = 0;
  for (int k = 1; k < MIEN_CORE; k++)
    if (reading->core[k] > reading->core[top]) top = k;
  return (eval_item){truth, top, reading->confidence, reading->set, reading->abstain != NULL};
}

void eval_keep(eval_context *context, const mien_reading *reading, int truth) {
  eval_kept *kept = context->kept;
  if (!kept) return;
  if (kept->count == kept->capacity) {
    size_t more = kept->capacity ? 2 * kept->capacity : 1024;
    struct eval_kept_one *grown = realloc(kept->list, more * sizeof *grown);
    if (!grown) return;
    kept->list = grown;
    kept->capacity = more;
  }
  kept->list[kept->count++] = (struct eval_kept_one){*reading, truth};
}

/* ---- The command ----------------------------------------------------------------------------- */

static bool wanted(const struct set *set, int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    if (!strcmp(argv[i], "all") || !strcmp(argv[i], set->name) || !strcmp(argv[i], set->kind))
      return true;
  return false;
}

static bool known(const char *name) {
  for (int s = 0; s < SETS; s++)
    if (!strcmp(name, sets[s].name) || !strcmp(name, sets[s].kind)) return true;
  return !strcmp(name, "all");
}

/* Writes `text` to `path`; NULL: standard output. */
static int write_out(const char *path, const base_text *text) {
  cli_output output;
  mien_error error = {0};
  int code = text->failed ? MIEN_ENOMEM : cli_output_open(&output, path, &error);
  if (!code) {
    cli_output_write(&output, text->data ? text->data : "", text->length);
    code = cli_output_close(&output, &error);
  }
  if (code) cli_complain(path, &error);
  return code;
}

int cli_eval(int argc, char **argv) {
  const char *data = getenv("MIEN_DATA"), *models = getenv("MIEN_MODELS"), *write = NULL;
  int json = 0;
  const cli_option options[] = {
      {"data", OPTION_TEXT, "DIR", &data,
       "the labelled sets: text/, voice/, face/, clips/, splits/\n"
       "(MIEN_DATA, else ../data-cache)",
       0, 0},
      {"models", OPTION_TEXT, "DIR", &models,
       "*.mien files in place of those inside the program (MIEN_MODELS)", 0, 0},
      {"json", OPTION_FLAG, NULL, &json, "one JSON line a figure", 0, 0},
      {"write", OPTION_TEXT, "FILE", &write, "write the report as Markdown to FILE as well", 0, 0},
      {NULL, 0, NULL, NULL, NULL, 0, 0}};
  char about[1024];
  int at = snprintf(
      about, sizeof about,
      "Scores the models on labelled sets, with 95 %% bootstrap intervals. SET is all, a kind or\n"
      "a name:");
  for (int s = 0; s < SETS; s++)
    at += snprintf(about + at, sizeof about - (size_t)at, "%s%s %s",
                   !s || strcmp(sets[s].kind, sets[s - 1].kind) ? "\n  " : "",
                   !s || strcmp(sets[s].kind, sets[s - 1].kind) ? sets[s].kind : "", sets[s].name);
  snprintf(about + at, sizeof about - (size_t)at, "\n");
  const cli_usage usage = {"eval", "SET…", about, options,
                           "  mien eval all --data ../data-cache --write docs/accuracy.md\n"
                           "  mien eval face --json\n"};
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc < 2) return cli_options_wrong(&usage, "no set is named");
  char command[256] = "mien eval"; /* for the report: without the folders of this machine */
  for (int i = 1; i < argc; i++) {
    if (!known(argv[i])) return cli_options_wrong(&usage, "there is no set '%s'", argv[i]);
    snprintf(command + strlen(command), sizeof command - strlen(command), " %s", argv[i]);
  }

  eval_context context = {.data = data && *data ? data : "../data-cache",
                          .models = models && *models ? models : NULL};
  struct stat status;
  if (stat(context.data, &status) || !S_ISDIR(status.st_mode)) {
    mien_error error = {0};
    base_error_set(&error, MIEN_EIO, context.data,
                   "give the folder of the labelled sets by --data DIR", "there is no such folder");
    cli_complain(context.data, &error);
    return CLI_NOTHING;
  }
  int failed = 0;
  for (int s = 0; s < SETS; s++) {
    if (!wanted(&sets[s], argc, argv)) continue;
    mien_error error = {0};
    snprintf(context.report.set, sizeof context.report.set, "%s", sets[s].name);
    if (!sets[s].run(&context, &error)) continue;
    cli_progress_clear();
    cli_complain(sets[s].name, &error); /* one set less; the others still count */
    eval_note(&context.report, "not scored: %s (%s)", error.what, error.where);
    failed++;
  }
  cli_progress_clear();
  base_text text = {0};
  if (json)
    eval_report_json(&context.report, &text);
  else
    eval_report_table(&context.report, &text);
  code = write_out(NULL, &text);
  if (!code && write) {
    base_text_reset(&text);
    eval_report_markdown(&context.report, command, &text);
    code = write_out(write, &text);
  }
  base_text_clear(&text);
  bool nothing = context.report.count == 0;
  eval_report_clear(&context.report);
  return code || failed || nothing ? CLI_NOTHING : CLI_DONE;
}
