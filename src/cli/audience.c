/* audience.c: `mien audience`: the reactions of many viewers of one work, lined up on its clock. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "cli/cli.h"
#include "cli/figures.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "insight/audience.h"

static const char *against, *html_path, *out_path;
static double every = 1;
static int as_json, permutations = 1000, seed = 1;

static const cli_option options[] = {
    {"against", OPTION_TEXT, "FILE", &against, "viewers of another version, to compare with", 0, 0},
    {"every", OPTION_NUMBER, "S", &every, "seconds of a bin (1)", 0.1, 60},
    {"permutations", OPTION_INTEGER, "N", &permutations, "how often chance is tried (1000)", 100, 10000},
    {"seed", OPTION_INTEGER, "N", &seed, "of chance (1)", 0, 2147483647},
    {"json", OPTION_FLAG, NULL, &as_json, "the figures as JSON on standard output", 0, 0},
    {"html", OPTION_TEXT, "FILE", &html_path, "a page to print as well", 0, 0},
    {"out", OPTION_TEXT, "FILE", &out_path, "write there, not to standard output", 0, 0},
    {0},
};
static const cli_usage usage = {
    "audience", "FILE…",
    "What many viewers of one film, advert, game or lecture express, lined up on its clock: the moments that\n"
    "move them beyond chance, and how much they move together. Each FILE is what `mien read --json` wrote of\n"
    "one viewer or of many. With fewer than 5 viewers nothing is said.\n",
    options, "  mien audience viewers/*.jsonl --html audience.html\n  mien audience cut-a.jsonl --against cut-b.jsonl\n"};

static int read_file(audience *a, int version, const char *path, mien_error *error) {
  char *line = NULL;
  size_t room = 0, taken = 0;
  int code = MIEN_OK;
  FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
  if (!file) return base_error_set(error, MIEN_EIO, "", "check the name", "cannot open: %s", strerror(errno));
  for (ssize_t bytes; !code && (bytes = getline(&line, &room, file)) > 0;) {
    taken += audience_line(a, version, path, line, (size_t)bytes, error);
    code = error->code;
  }
  if (!code && ferror(file)) code = base_error_set(error, MIEN_EIO, "", "check that it is a file and can be read", "cannot read: %s", strerror(errno));
  if (!code && !taken) code = base_error_set(error, MIEN_EEMPTY, "", "give what `mien read --json` wrote", "no state of a viewer is in it");
  free(line);
  if (file != stdin) fclose(file);
  return code;
}

/* ---- For a person ---- */

static double number_of(json_t *of, const char *key) { return json_number_value(json_object_get(of, key)); }

static void tell_moments(base_text *say, json_t *list) {
  size_t i;
  json_t *one;
  json_array_foreach(list, i, one) {
    int from = (int)number_of(one, "from"), to = (int)number_of(one, "to");
    base_text_printf(say, "  %2d:%02d–%d:%02d  %-7s %-4s %+.2f (%+.2f…%+.2f)  q %.3f\n", from / 60, from % 60, to / 60, to % 60, json_string_value(json_object_get(one, "signal")),
                     json_string_value(json_object_get(one, "direction")), number_of(one, "mean"), number_of(one, "low"), number_of(one, "high"), number_of(one, "q"));
  }
  if (!json_array_size(list)) base_text_puts(say, "  none beyond chance\n");
}

static void tell(base_text *say, const base_text *figures) {
  json_t *f = json_loadb(figures->data, figures->length, 0, NULL), *versions = json_object_get(f, "versions"), *one;
  size_t i;
  json_array_foreach(versions, i, one) {
    if (json_array_size(versions) > 1) base_text_printf(say, "%sversion %c: ", i ? "\n" : "", (int)('A' + i));
    base_text_printf(say, "%.0f viewers; they go together by %.2f (valence), %.2f (arousal)\nmoments that move them:\n", number_of(one, "viewers"),
                     number_of(json_object_get(one, "valence"), "synchrony"), number_of(json_object_get(one, "arousal"), "synchrony"));
    tell_moments(say, json_object_get(one, "moments"));
  }
  if (json_array_size(versions) > 1) {
    base_text_puts(say, "\nA less B:\n");
    tell_moments(say, json_object_get(f, "differences"));
  }
  json_decref(f);
}

static int run(audience *a, const char *name, mien_error *error) {
  const cli_figures how = {audience_page, tell, name, html_path, out_path, as_json};
  audience_ask ask = {(uint64_t)seed, permutations, 0.05};
  base_text figures = {0};
  int code = audience_figures(a, &ask, &figures, error);
  if (!code) code = cli_figures_give(&how, &figures, error);
  base_text_clear(&figures);
  return code;
}

int cli_audience(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc < 2) return cli_options_wrong(&usage, "which files?");
  mien_error error = {0};
  audience *a = NULL;
  code = audience_open(&a, every, &error);
  for (int i = 1; i < argc && !code; i++) {
    mien_error one = {0};
    if (read_file(a, 0, argv[i], &one)) cli_complain(argv[i], &one);
  }
  if (!code && against) code = read_file(a, 1, against, &error);
  if (!code) code = run(a, argv[1], &error);
  if (code) cli_complain(argv[1], &error);
  audience_close(&a);
  return code ? CLI_NOTHING : CLI_DONE;
}
