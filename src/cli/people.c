/* people.c: `mien people`: what went on between the people of one conversation, from what `mien read --json` wrote. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/people.h"
#include "cli/terminal.h"

static const char *agreed_list, *language, *out_path;
static int as_json, summary;

static const cli_option options[] = {
    {"json", OPTION_FLAG, NULL, &as_json, "the figures as JSON", 0, 0},
    {"summary", OPTION_FLAG, NULL, &summary, "a summary in plain words for the people themselves: only with --agreed", 0, 0},
    {"agreed", OPTION_TEXT, "LIST", &agreed_list, "names of those who agreed to a summary, apart by commas; it must be everybody", 0, 0},
    {"language", OPTION_TEXT, "CODE", &language, "of the summary: en zh es de fr ar (default en)", 0, 0},
    {"out", OPTION_TEXT, "FILE", &out_path, "write there, not to standard output", 0, 0},
    {0},
};
static const cli_usage usage = {
    "people", "FILE",
    "What goes on between the people of one conversation, out of what `mien read --json` wrote: how each\n"
    "moves, who moves whom, who takes the floor, and named cues (criticism, contempt, defensiveness,\n"
    "withdrawal, repair), each with what it rests on. Figures have 90 % intervals, and are left out where\n"
    "there is too little to say them from.\n",
    options, "  mien read call.opus --json > call.jsonl\n  mien people call.jsonl\n  mien people call.jsonl --summary --agreed customer,agent\n"};

enum { NAMES = 64, LINE_MOST = 8 << 20 };

static void tell_figure(base_text *to, const char *name, mien_figure f) {
  if (!isfinite(f.value)) return;
  base_text_printf(to, "  %-13s %+.2f", name, f.value);
  if (isfinite(f.low)) base_text_printf(to, "  (%+.2f … %+.2f)", f.low, f.high);
  base_text_puts(to, "\n");
}

static void tell_person(base_text *to, const mien_person *p) {
  base_text_printf(to, "%s: %d turns read, %d pleasant, %d unpleasant", p->who, p->turns, p->pleasant, p->unpleasant);
  if (isfinite(p->talk)) base_text_printf(to, ", %.0f s of talk", p->talk);
  base_text_puts(to, "\n");
  tell_figure(to, "valence", p->mean);
  tell_figure(to, "variability", p->variability);
  tell_figure(to, "instability", p->instability);
  tell_figure(to, "inertia", p->inertia);
  tell_figure(to, "trend", p->trend);
  if (p->dips) { /* a dip: see mien_people.h */
    base_text_printf(to, "  recovery      %d of %d dips", p->recovered, p->dips);
    if (isfinite(p->recovery.value)) base_text_printf(to, ", in %.1f turns of their own", p->recovery.value);
    if (isfinite(p->recovery_seconds)) base_text_printf(to, ", %.0f s", p->recovery_seconds);
    base_text_puts(to, "\n");
  }
}

static void tell_pair(base_text *to, const mien_people *people, int from, int with) {
  mien_pair p;
  if (mien_people_pair(people, from, with, &p) || !p.answers) return;
  base_text_printf(to, "%s → %s: %d answers", p.from, p.to, p.answers);
  if (isfinite(p.gap)) base_text_printf(to, ", after %.1f s", p.gap);
  if (p.interruptions) base_text_printf(to, ", %d times cut in", p.interruptions);
  base_text_puts(to, mien_people_influence(people, from, with) == 1 ? "; moves them more than the other way round\n" : "\n");
  tell_figure(to, "contagion", p.contagion);
  tell_figure(to, "synchrony", p.synchrony);
  tell_figure(to, "escalation", p.escalation);
  tell_figure(to, "de-escalation", p.deescalation);
}

void cli_people_tell(const mien_people *people, base_text *to) {
  int count = mien_people_count(people), manners = mien_people_manners(people);
  for (int i = 0; i < count; i++) {
    mien_person p;
    if (!mien_people_person(people, i, &p)) tell_person(to, &p);
  }
  for (int a = 0; a < count; a++)
    for (int b = 0; b < count; b++)
      if (a != b) tell_pair(to, people, a, b);
  if (manners > 0) base_text_puts(to, "cues of how they treat one another:\n");
  for (int i = 0; i < manners; i++) {
    mien_manner m;
    if (mien_people_manner(people, i, &m)) continue;
    if (isfinite(m.t0)) base_text_printf(to, "  %4.0f s  ", m.t0);
    else base_text_puts(to, "          ");
    base_text_printf(to, "%-13s %.2f  %s%s%s  %s%s\n", mien_manner_name(m.manner), m.strength, m.who, m.toward ? " → " : "", m.toward ? m.toward : "", m.by,
                     m.received == 1 ? "; received" : "");
  }
}

int cli_people_json(const char *file, const mien_people *people, base_text *to) {
  size_t bytes = mien_people_json(people, NULL, 0);
  char *json = base_alloc(bytes + 1, 1);
  if (!json || !bytes) return base_free(json), MIEN_ENOMEM;
  mien_people_json(people, json, bytes + 1);
  base_json line;
  base_json_init(&line, to);
  base_json_open(&line, NULL, '{');
  base_json_string(&line, "file", file);
  base_json_raw(&line, "between", json, bytes);
  base_json_close(&line, '}');
  base_text_puts(to, "\n");
  base_free(json);
  return to->failed ? MIEN_ENOMEM : MIEN_OK;
}

static int take_file(mien_people *people, const char *path, mien_error *error) {
  FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
  char *line = NULL, where[64];
  size_t room = 0, number = 0;
  int code = file ? MIEN_OK : base_error_set(error, MIEN_EIO, path, "check the name", "the file cannot be opened");
  for (ssize_t bytes; !code && (bytes = getline(&line, &room, file)) >= 0;) {
    number++;
    while (bytes && (line[bytes - 1] == '\n' || line[bytes - 1] == '\r')) bytes--;
    if (!bytes) continue;
    if (bytes > LINE_MOST) code = base_error_set(error, MIEN_ELIMIT, path, "", "line %zu is longer than %d bytes", number, LINE_MOST);
    else code = mien_people_line(people, line, (size_t)bytes, error);
    snprintf(where, sizeof where, "line %zu", number);
    if (code == MIEN_EFORMAT) snprintf(error->where, sizeof error->where, "%s", where);
  }
  free(line);
  if (file && file != stdin) fclose(file);
  return code;
}

static int tell_summary(const mien_people *people, base_text *say, mien_error *error) {
  const char *names[NAMES];
  char *list = base_strdup(agreed_list ? agreed_list : ""), *rest = list;
  size_t count = 0, bytes = 0;
  if (!list) return base_error_set(error, MIEN_ENOMEM, "", "", "out of memory");
  for (char *one; count < NAMES && (one = strsep(&rest, ","));)
    if (*one) names[count++] = one;
  int code = mien_people_summary_in(people, language, names, count, NULL, 0, &bytes, error);
  char *text = code ? NULL : base_alloc(bytes + 1, 1);
  if (!code && !text) code = base_error_set(error, MIEN_ENOMEM, "", "", "out of memory");
  if (!code) code = mien_people_summary_in(people, language, names, count, text, bytes + 1, NULL, error);
  if (!code) base_text_puts(say, text);
  base_free(text);
  base_free(list);
  return code;
}

int cli_people(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc != 2) return cli_options_wrong(&usage, "which conversation? one file of what `mien read --json` wrote, or -");
  if (agreed_list && !summary) return cli_options_wrong(&usage, "--agreed goes with --summary");
  if (language && !summary) return cli_options_wrong(&usage, "--language goes with --summary");
  mien_error error = {0};
  mien_people *people = NULL;
  base_text say = {0};
  cli_output output = {0};
  code = mien_people_open(&people, &error);
  if (!code) code = take_file(people, argv[1], &error);
  if (!code && !mien_people_count(people)) code = base_error_set(&error, MIEN_EEMPTY, "", "give what `mien read --json` wrote", "nobody says anything in it");
  if (!code && summary) code = tell_summary(people, &say, &error);
  else if (!code && as_json) code = cli_people_json(argv[1], people, &say);
  else if (!code) cli_people_tell(people, &say);
  if (!code) code = cli_output_open(&output, out_path, &error);
  if (!code) {
    cli_output_write(&output, say.data ? say.data : "", say.length);
    code = cli_output_close(&output, &error);
  }
  if (code) cli_complain(argv[1], &error);
  base_text_clear(&say);
  mien_people_close(&people);
  return code == MIEN_EPOLICY ? CLI_POLICY : code ? CLI_NOTHING : CLI_DONE;
}
