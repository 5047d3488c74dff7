/* arc.c: `mien arc`: the emotional arc of a story. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "cli/cli.h"
#include "cli/figures.h"
#include "cli/options.h"
#include "cli/reader.h"
#include "cli/terminal.h"
#include "insight/arc.h"

static const char *with, *html_path, *out_path, *models, *model;
static int as_json;

static const cli_option options[] = {
    {"audience", OPTION_TEXT, "FILE", &with, "what `mien audience --json` wrote, to go along with", 0, 0},
    {"json", OPTION_FLAG, NULL, &as_json, "the figures as JSON on standard output", 0, 0},
    {"html", OPTION_TEXT, "FILE", &html_path, "a page to print as well", 0, 0},
    {"out", OPTION_TEXT, "FILE", &out_path, "write there, not to standard output", 0, 0},
    CLI_OPTION_MODEL(&model, "(usual) is bulk"),
    CLI_OPTION_MODELS(&models),
    {0},
};
static const cli_usage usage = {
    "arc", "FILE",
    "The emotional arc of a script or a book in plain text: the valence that its sentences express, from\n"
    "beginning to end, its turning points with a sentence of each, and which of six classic arcs is nearest.\n",
    options, "  mien arc story.txt --html arc.html\n  mien arc script.txt --audience audience.json\n"};

static int read_whole(const char *path, base_text *text, size_t most, mien_error *error) {
  static char buffer[1 << 16];
  FILE *file = strcmp(path, "-") ? fopen(path, "rbe") : stdin;
  if (!file) return base_error_set(error, MIEN_EIO, "", "check the name", "cannot open: %s", strerror(errno));
  for (size_t got; text->length <= most && (got = fread(buffer, 1, sizeof buffer, file));) base_text_add(text, buffer, got);
  int code = ferror(file) ? base_error_set(error, MIEN_EIO, "", "check that it is a file and can be read", "cannot read: %s", strerror(errno)) : MIEN_OK;
  if (file != stdin) fclose(file);
  if (!code && text->failed) code = base_error_set(error, MIEN_ENOMEM, "", "", "out of memory");
  return code;
}

static double number_of(json_t *of, const char *key) { return json_number_value(json_object_get(of, key)); }

static void tell(base_text *say, const base_text *figures) {
  json_t *f = json_loadb(figures->data, figures->length, 0, NULL), *one, *with_ = json_object_get(f, "audience");
  size_t i;
  base_text_printf(say, "%.0f words in %.0f sentences, a window of %.0f words\nnearest classic arc: %s (in %.0f %% of resamples)\n", number_of(f, "words"), number_of(f, "sentences"),
                   number_of(f, "window"), json_string_value(json_object_get(f, "arc")), 100 * number_of(f, "share"));
  base_text_puts(say, json_array_size(json_object_get(f, "turns")) ? "turning points:\n" : "no turning point beyond chance\n");
  json_array_foreach(json_object_get(f, "turns"), i, one) {
    const char *sentence = json_string_value(json_object_get(one, "sentence"));
    base_text_printf(say, "  %3.0f %%  %-6s  %+.2f  %s\n", 100 * number_of(one, "at"), json_string_value(json_object_get(one, "kind")), number_of(one, "valence"), sentence ? sentence : "");
  }
  if (with_) base_text_printf(say, "with the audience's valence: r %.2f, p %.3f (%.0f viewers)\n", number_of(with_, "r"), number_of(with_, "p"), number_of(with_, "viewers"));
  json_decref(f);
}

static int run(const base_text *text, const base_text *audience, const char *name, mien_error *error) {
  const cli_figures how = {arc_page, tell, name, html_path, out_path, as_json};
  mien_engine *engine = NULL;
  mien_session *session = NULL;
  base_text figures = {0};
  int chosen = cli_model_named(model);
  if (chosen == MIEN_MODEL_AUTO && !cli_model_file(model)) chosen = MIEN_MODEL_BULK;
  int code = cli_texts_open(&engine, &session, models, chosen, model, error);
  if (!code) code = arc_figures(text->data ? text->data : "", text->length, session, audience->data, audience->length, &figures, error);
  if (!code) code = cli_figures_give(&how, &figures, error);
  base_text_clear(&figures);
  mien_session_close(&session);
  mien_engine_close(&engine);
  return code;
}

int cli_arc(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc != 2) return cli_options_wrong(&usage, "which text? one file");
  if (cli_model_named(model) < 0) return cli_options_wrong(&usage, "--model is bulk, deep, auto or a .mien file, not '%s'", model);
  base_text text = {0}, audience = {0};
  mien_error error = {0};
  const char *at = argv[1];
  code = read_whole(at, &text, ARC_BYTES, &error);
  if (!code && with) code = read_whole(at = with, &audience, ARC_BYTES, &error);
  if (!code) code = run(&text, &audience, at = argv[1], &error);
  if (code && error.code) cli_complain(at, &error);
  base_text_clear(&text);
  base_text_clear(&audience);
  return code ? CLI_NOTHING : CLI_DONE;
}
