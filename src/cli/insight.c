/* insight.c: `mien insight`: what many texts express: over time, by group, about what. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "cli/cli.h"
#include "cli/figures.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reader.h"
#include "cli/terminal.h"
#include "insight/rows.h"

static const char *columns, *from, *to, *segment, *product, *language, *aspect, *emotion, *by, *bin, *csv_path, *html_path, *out_path, *models, *model;
static int as_json, floor_size = INSIGHT_FLOOR, no_examples;

static const cli_option options[] = {
    {"columns", OPTION_TEXT, "LIST", &columns, "which column is what: text=review,time=date,segment=country", 0, 0},
    {"by", OPTION_TEXT, "WHAT", &by, "compare by segment, product, language or period", 0, 0},
    {"bin", OPTION_TEXT, "WHAT", &bin, "hour, day, week or month (as the time span asks for)", 0, 0},
    {"from", OPTION_TEXT, "TIME", &from, "from then on alone: 2026-03-01", 0, 0},
    {"to", OPTION_TEXT, "TIME", &to, "until before then", 0, 0},
    {"segment", OPTION_TEXT, "VALUE", &segment, "of this segment alone", 0, 0},
    {"product", OPTION_TEXT, "VALUE", &product, "of this product alone", 0, 0},
    {"language", OPTION_TEXT, "VALUE", &language, "of this language alone", 0, 0},
    {"aspect", OPTION_TEXT, "WORD", &aspect, "texts that name it alone", 0, 0},
    {"emotion", OPTION_TEXT, "LABEL", &emotion, "texts that express it alone: anger", 0, 0},
    {"floor", OPTION_INTEGER, "N", &floor_size, "groups of fewer texts are hidden (5)", 2, 100000},
    {"no-examples", OPTION_FLAG, NULL, &no_examples, "no texts, figures alone", 0, 0},
    {"json", OPTION_FLAG, NULL, &as_json, "the figures as JSON on standard output", 0, 0},
    {"csv", OPTION_TEXT, "FILE", &csv_path, "the figures as CSV as well", 0, 0},
    {"html", OPTION_TEXT, "FILE", &html_path, "a page to print as well", 0, 0},
    {"out", OPTION_TEXT, "FILE", &out_path, "write there, not to standard output", 0, 0},
    CLI_OPTION_MODEL(&model, "(usual) is bulk for more than 5,000 texts"),
    CLI_OPTION_MODELS(&models),
    {0},
};

static const cli_usage usage = {
    "insight", "FILE…",
    "What many texts express: reviews, answers, comments, in CSV (comma, semicolon or tab) or JSON lines,\n"
    "with columns for time, segment, product and language where there are any: volume and emotion over\n"
    "time, spikes with the words that went with them, what is written about, groups compared.\n"
    "A line that cannot be read is named and left out. Groups of fewer than 5 texts are hidden.\n",
    options,
    "  mien insight reviews.csv --by product --html report.html\n"
    "  mien insight survey.jsonl --from 2026-03-01 --json\n"};

static int add_row(void *context, const insight_row *row, mien_error *error) { return insight_add(context, row, error); }

static int read_file(insight *in, const char *path, const insight_columns *names, mien_error *error) {
  static char buffer[1 << 18];
  insight_rows *rows;
  FILE *file = strcmp(path, "-") ? fopen(path, "rb") : stdin;
  if (!file) return base_error_set(error, MIEN_EIO, "", "check the name", "cannot open: %s", strerror(errno));
  int code = insight_rows_open(&rows, names, add_row, in, error);
  for (size_t got; !code && (got = fread(buffer, 1, sizeof buffer, file));) code = insight_rows_feed(rows, buffer, got, error);
  if (!code && ferror(file)) code = base_error_set(error, MIEN_EIO, "", "check that it is a file and can be read", "cannot read: %s", strerror(errno));
  if (!code) code = insight_rows_finish(rows, error);
  if (rows) {
    const insight_health *h = insight_rows_health(rows);
    for (size_t i = 0; i < h->note_count; i++) cli_note(path, "line %zu: %s", h->notes[i].line, h->notes[i].what);
    if (h->lost) cli_note(path, "%zu record%s left out, %zu read", h->lost, h->lost == 1 ? "" : "s", h->rows);
    if (h->mended) cli_note(path, "%zu cells were not UTF-8: bad bytes were read as U+FFFD", h->mended);
    if (h->timeless) cli_note(path, "%zu texts have a time that could not be read: they are in no bin", h->timeless);
  }
  insight_rows_close(&rows);
  if (file != stdin) fclose(file);
  return code;
}

/* "text=review,time=date": the names go into `copy`. False: it is none. */
static bool take_columns(const char *list, char copy[512], insight_columns *names) {
  if (strlen(list) >= 512) return false;
  memcpy(copy, list, strlen(list) + 1);
  for (char *next, *part = copy; part && *part; part = next) {
    if ((next = strchr(part, ','))) *next++ = 0;
    char *name = strchr(part, '=');
    if (!name || !name[1]) return false;
    *name++ = 0;
    const char **place = !strcmp(part, "text") ? &names->text : !strcmp(part, "time") ? &names->time : NULL;
    for (int f = 0; f < INSIGHT_FACETS; f++)
      if (!strcmp(part, insight_facet_name(f))) place = &names->facet[f];
    if (!place) return false;
    *place = name;
  }
  return true;
}

static int take_ask(insight_ask *ask) {
  *ask = (insight_ask)INSIGHT_ASK;
  if (from && isnan(ask->from = insight_time(from))) return cli_options_wrong(&usage, "--from is a time: 2026-03-01, not '%s'", from);
  if (to && isnan(ask->to = insight_time(to))) return cli_options_wrong(&usage, "--to is a time: 2026-03-01, not '%s'", to);
  if (by && (ask->by = insight_by_named(by)) < 0) return cli_options_wrong(&usage, "--by is segment, product, language or period, not '%s'", by);
  if (bin && (ask->bin = insight_bin_named(bin)) < 0) return cli_options_wrong(&usage, "--bin is hour, day, week or month, not '%s'", bin);
  for (int k = 0; emotion && k < MIEN_CORE; k++)
    if (!strcmp(emotion, mien_core_name(k))) ask->emotion = k;
  if (emotion && ask->emotion < 0) return cli_options_wrong(&usage, "--emotion is neutral, joy, sadness, anger, fear, disgust or surprise, not '%s'", emotion);
  ask->facet[INSIGHT_SEGMENT] = segment;
  ask->facet[INSIGHT_PRODUCT] = product;
  ask->facet[INSIGHT_LANGUAGE] = language;
  ask->aspect = aspect;
  ask->floor = (size_t)floor_size;
  ask->examples = !no_examples;
  return OPTIONS_GO;
}

static bool progress(void *context, size_t done, size_t whole) {
  (void)context;
  cli_progress("texts", (double)done, (double)whole);
  return true;
}

/* ---- For a person ---- */

static void tell_list(base_text *say, json_t *list, const char *key, size_t most) {
  size_t i;
  json_t *one;
  json_array_foreach(list, i, one) {
    if (i == most) break;
    json_t *v = json_object_get(one, "valence"), *d = json_object_get(one, "difference");
    const char *name = json_string_value(json_object_get(one, key));
    if (json_is_true(json_object_get(one, "hidden"))) base_text_printf(say, "  %-24s too few to show\n", name ? name : "not said");
    else base_text_printf(say, "  %-24s %7.0f texts   valence %+.2f   against the rest %+.2f%s\n", name ? name : "not said", json_number_value(json_object_get(one, "texts")),
                          json_number_value(json_object_get(v, "mean")), json_number_value(json_object_get(d, "valence")), json_number_value(json_object_get(d, "q")) < 0.05 ? " *" : "");
  }
}

static void tell(base_text *say, const base_text *figures) {
  json_t *f = json_loadb(figures->data, figures->length, 0, NULL), *all = json_object_get(f, "overall"), *one, *word;
  size_t i, k;
  if (json_is_true(json_object_get(f, "hidden"))) base_text_printf(say, "fewer than %d texts: too few to show\n", floor_size);
  else {
    base_text_printf(say, "%.0f texts, %.0f read with confidence; mean valence %+.2f\n", json_number_value(json_object_get(all, "texts")), json_number_value(json_object_get(all, "read")),
                     json_number_value(json_object_get(json_object_get(all, "valence"), "mean")));
    for (int c = 0; c < MIEN_CORE; c++)
      base_text_printf(say, "%s%s %.0f %%", c ? "  " : "  ", mien_core_name(c), 100 * json_number_value(json_object_get(json_object_get(json_object_get(all, "core"), mien_core_name(c)), "share")));
    base_text_puts(say, "\n");
  }
  if (json_array_size(json_object_get(f, "spikes"))) base_text_puts(say, "\nspikes\n");
  json_array_foreach(json_object_get(f, "spikes"), i, one) {
    base_text_printf(say, "  %.16s  %-9s %5.0f texts, %.1f expected:", json_string_value(json_object_get(one, "from")), json_string_value(json_object_get(one, "what")), json_number_value(json_object_get(one, "texts")), json_number_value(json_object_get(one, "expected")));
    json_array_foreach(json_object_get(one, "words"), k, word) base_text_printf(say, " %s", json_string_value(json_object_get(word, "word")));
    base_text_puts(say, "\n");
  }
  if (json_array_size(json_object_get(f, "groups"))) base_text_printf(say, "\nby %s\n", json_string_value(json_object_get(f, "by")));
  tell_list(say, json_object_get(f, "groups"), "value", 20);
  if (json_array_size(json_object_get(f, "aspects"))) base_text_puts(say, "\nabout\n");
  tell_list(say, json_object_get(f, "aspects"), "aspect", 15);
  json_decref(f);
}

static int run(insight *in, const insight_ask *ask, const char *name, mien_error *error) {
  const cli_figures how = {insight_page, tell, name, html_path, out_path, as_json};
  mien_engine *engine = NULL;
  mien_session *session = NULL;
  base_text figures = {0}, csv = {0};
  int chosen = cli_model_named(model);
  if (chosen == MIEN_MODEL_AUTO && insight_count(in) > 5000 && !cli_model_file(model)) chosen = MIEN_MODEL_BULK;
  int code = cli_texts_open(&engine, &session, models, chosen, model, error);
  if (!code) code = insight_read(in, session, progress, NULL, error);
  cli_progress_clear();
  if (!code) code = insight_prepare(in, session, error);
  if (!code) code = insight_figures(in, ask, &figures, error);
  if (!code && csv_path && !(code = insight_csv(figures.data, figures.length, &csv, error))) code = cli_output_whole(csv_path, &csv, error);
  if (!code) code = cli_figures_give(&how, &figures, error);
  base_text_clear(&figures);
  base_text_clear(&csv);
  mien_session_close(&session);
  mien_engine_close(&engine);
  return code;
}

int cli_insight(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  insight_ask ask;
  insight_columns names = {0};
  char copy[512];
  if (code != OPTIONS_GO || (code = take_ask(&ask)) != OPTIONS_GO) return code;
  if (argc < 2) return cli_options_wrong(&usage, "which file?");
  if (columns && !take_columns(columns, copy, &names)) return cli_options_wrong(&usage, "--columns is a list: text=review,time=date,segment=country,product=…,language=…");
  if (cli_model_named(model) < 0) return cli_options_wrong(&usage, "--model is bulk, deep, auto or a .mien file, not '%s'", model);
  mien_error error = {0};
  insight *in = NULL;
  if (insight_open(&in, &error)) return cli_complain(NULL, &error), CLI_NOTHING;
  for (int i = 1; i < argc; i++) {
    mien_error one = {0};
    if (read_file(in, argv[i], &names, &one)) cli_complain(argv[i], &one);
  }
  int result = insight_count(in) ? run(in, &ask, argv[1], &error) : MIEN_EEMPTY;
  if (result && error.code) cli_complain(argv[1], &error);
  insight_close(&in);
  return result ? CLI_NOTHING : CLI_DONE;
}
