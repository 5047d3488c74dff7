/* eval.c: the command `mien eval`: options in, reports out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "eval/eval.h"

static bool wanted(const eval_entry *set, int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    if (!strcmp(argv[i], "all") || !strcmp(argv[i], set->name) || !strcmp(argv[i], set->kind))
      return true;
  return false;
}

static bool known(const char *name) {
  const eval_entry *set;
  for (size_t s = 0; (set = eval_entry_at(s)); s++)
    if (!strcmp(name, set->name) || !strcmp(name, set->kind)) return true;
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
  const char *data = getenv("MIEN_DATA"), *models = getenv("MIEN_MODELS"), *write = NULL,
             *choice = NULL, *folds = NULL;
  int json = 0, faithful = 0;
  const cli_option options[] = {
      {"data", OPTION_TEXT, "DIR", &data,
       "the labelled sets: text/, voice/, face/, clips/, splits/\n"
       "(MIEN_DATA, else ../data-cache)",
       0, 0},
      {"models", OPTION_TEXT, "DIR", &models,
       "*.mien files in place of those inside the program (MIEN_MODELS)", 0, 0},
      {"model", OPTION_TEXT, "NAME", &choice,
       "of the text models bulk, deep or research (each that is there)", 0, 0},
      {"faithful", OPTION_FLAG, NULL, &faithful,
       "the set of that name as well: do the contributions of words name those\n"
       "that a reading rests on?",
       0, 0},
      {"folds", OPTION_TEXT, "DIR", &folds,
       "for voice-folds: models that each left some speakers out\n(train/voice_folds.py)", 0, 0},
      {"json", OPTION_FLAG, NULL, &json, "one JSON line a figure", 0, 0},
      {"write", OPTION_TEXT, "FILE", &write, "write the report as Markdown to FILE as well", 0, 0},
      {NULL, 0, NULL, NULL, NULL, 0, 0}};
  char about[1200];
  int at = snprintf(
      about, sizeof about,
      "Scores the models on labelled sets, with 95 %% bootstrap intervals. SET is all, a kind or\n"
      "a name:");
  const eval_entry *set;
  for (size_t s = 0; (set = eval_entry_at(s)); s++) {
    bool first = !s || strcmp(set->kind, eval_entry_at(s - 1)->kind);
    at += snprintf(about + at, sizeof about - (size_t)at, "%s%s %s", first ? "\n  " : "",
                   first ? set->kind : "", set->name);
  }
  snprintf(about + at, sizeof about - (size_t)at, "\n");
  const cli_usage usage = {"eval", "SET…", about, options,
                           "  mien eval all --data ../data-cache --write docs/accuracy.md\n"
                           "  mien eval face --json\n"
                           "  mien eval text --model bulk\n"};
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc < 2 && !faithful) return cli_options_wrong(&usage, "no set is named");
  bool model_known = choice == NULL;
  for (size_t m = 0; eval_text_model_at(m) && !model_known; m++)
    model_known = !strcmp(choice, eval_text_model_at(m));
  if (!model_known) return cli_options_wrong(&usage, "there is no text model '%s'", choice);
  char command[256] = "mien eval"; /* for the report: without the folders of this machine */
  for (int i = 1; i < argc; i++) {
    if (!known(argv[i])) return cli_options_wrong(&usage, "there is no set '%s'", argv[i]);
    snprintf(command + strlen(command), sizeof command - strlen(command), " %s", argv[i]);
  }
  if (faithful)
    snprintf(command + strlen(command), sizeof command - strlen(command), " --faithful");
  if (choice)
    snprintf(command + strlen(command), sizeof command - strlen(command), " --model %s", choice);

  eval_context context = {.data = data && *data ? data : "../data-cache",
                          .models = models && *models ? models : NULL,
                          .progress = cli_progress,
                          .choice = choice,
                          .folds = folds};
  struct stat status;
  bool simulated = argc == 2 && !faithful && (!strcmp(argv[1], "follow") || !strcmp(argv[1], "adapt")); /* needs no data */
  if (!simulated && (stat(context.data, &status) || !S_ISDIR(status.st_mode))) {
    mien_error error = {0};
    base_error_set(&error, MIEN_EIO, context.data,
                   "give the folder of the labelled sets by --data DIR", "there is no such folder");
    cli_complain(context.data, &error);
    return CLI_NOTHING;
  }
  int failed = 0;
  for (size_t s = 0; (set = eval_entry_at(s)); s++) {
    if (!wanted(set, argc, argv) && !(faithful && !strcmp(set->name, "faithful"))) continue;
    mien_error error = {0};
    if (!eval_run(&context, set, &error)) continue;
    cli_progress_clear();
    cli_complain(set->name, &error); /* one set less; the others still count */
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
