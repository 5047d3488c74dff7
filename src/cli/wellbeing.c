/* wellbeing.c: `mien wellbeing`: a person's own diary, day by day. It stays on this machine. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/figures.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reader.h"
#include "cli/terminal.h"
#include "mien_wellbeing.h"

static const char *country, *models, *model;
static int agreed, as_json, offset;

static const cli_option options[] = {
    {"i-agree", OPTION_FLAG, NULL, &agreed, "this diary is mine, and I want it read", 0, 0},
    {"country", OPTION_TEXT, "CODE", &country, "two letters, for whom to call: de, us, gb …", 0, 0},
    {"offset", OPTION_INTEGER, "MINUTES", &offset, "my days are so far ahead of UTC (0)", -840, 840},
    {"json", OPTION_FLAG, NULL, &as_json, "as JSON", 0, 0},
    CLI_OPTION_MODEL(&model, "(usual) is deep where there is one"),
    CLI_OPTION_MODELS(&models),
    {0},
};
static const cli_usage usage = {
    "wellbeing", "DIARY",
    "For you alone: the mood that your diary expresses, day by day, against what is usual for you; changes that\n"
    "last; and people who help. An entry a line: 2026-03-01, a tab, and what you wrote; or JSON,\n"
    "{\"at\":\"2026-03-01T20:15:00Z\",\"text\":\"…\"}, with \"valence\":-1…1 in place of the text where you gave your mood\n"
    "yourself. It is no diagnosis, nothing leaves this machine, and nothing is kept.\n",
    options, "  mien wellbeing diary.txt --i-agree --country de\n"};

enum { ENTRIES = 50000, LINE_MOST = 1 << 20 };

typedef struct diary {
  mien_wellbeing *own;
  mien_text *texts;
  double *at;
  size_t count, unread;
  mien_error *error;
  int code;
} diary;

/* "2026-03-01" or "2026-03-01T20:15:00Z"; a day alone is its noon on the person's own clock. NAN: neither. */
static double time_of(const char *text) {
  int year, month, day, hour = 12, minute = 0, second = 0, used = 0;
  bool whole = sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &used) == 6;
  if (!whole && sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3) return (double)NAN;
  if (whole && text[used] == 'Z') used++;
  if (!whole) hour = 12, minute = second = 0;
  struct tm broken = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute, .tm_sec = second};
  if (text[used] || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return (double)NAN;
  return (double)timegm(&broken) - (whole ? 0 : offset * 60.0);
}

static int wrong(diary *d, size_t number, const char *what) {
  d->code = base_error_set(d->error, MIEN_EFORMAT, "", "a line is a day, a tab and what was written, or JSON", "line %zu: %s", number, what);
  return d->code;
}

/* Keeps a text for reading; takes it over. */
static int keep(diary *d, double at, char *text) {
  if (d->count == ENTRIES) {
    free(text);
    return d->code = base_error_set(d->error, MIEN_ELIMIT, "", "leave out the oldest", "more than %d entries", ENTRIES);
  }
  mien_wellbeing_text(d->own, at, text, strlen(text));
  d->texts[d->count] = (mien_text){text, strlen(text)};
  d->at[d->count++] = at;
  return MIEN_OK;
}

static int take_json(diary *d, size_t number, const char *line) {
  json_t *one = json_loads(line, 0, NULL), *valence = json_object_get(one, "valence");
  const char *day = json_string_value(json_object_get(one, "at")), *text = json_string_value(json_object_get(one, "text"));
  double at = day ? time_of(day) : (double)NAN;
  int code = MIEN_OK;
  if (!one) code = wrong(d, number, "no JSON object");
  else if (isnan(at)) code = wrong(d, number, "no \"at\" that is a day or a time of UTC");
  else if (!text && !json_is_number(valence)) code = wrong(d, number, "neither \"text\" nor \"valence\"");
  else if (json_is_number(valence)) {
    code = d->code = mien_wellbeing_add(d->own, at, json_number_value(valence), d->error);
    if (!code && text) mien_wellbeing_text(d->own, at, text, strlen(text));
  } else {
    char *copy = strdup(text);
    code = copy ? keep(d, at, copy) : (d->code = base_error_set(d->error, MIEN_ENOMEM, "", "", "out of memory"));
  }
  json_decref(one);
  return code;
}

static int take_line(diary *d, size_t number, char *line) {
  if (*line == '{') return take_json(d, number, line);
  char *tab = strchr(line, '\t');
  if (!tab) return wrong(d, number, "no tab after the day");
  *tab = 0;
  double at = time_of(line);
  if (isnan(at)) return wrong(d, number, "it does not begin with a day, as 2026-03-01");
  char *copy = strdup(tab + 1);
  return copy ? keep(d, at, copy) : (d->code = base_error_set(d->error, MIEN_ENOMEM, "", "", "out of memory"));
}

static int take_file(diary *d, const char *path) {
  FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
  char *line = NULL;
  size_t room = 0, number = 0;
  if (!file) return d->code = base_error_set(d->error, MIEN_EIO, "", "check the name", "the file cannot be opened");
  for (ssize_t bytes; !d->code && (bytes = getline(&line, &room, file)) >= 0;) {
    number++;
    while (bytes && (line[bytes - 1] == '\n' || line[bytes - 1] == '\r')) line[--bytes] = 0;
    if (bytes > LINE_MOST) wrong(d, number, "longer than 1 MB");
    else if (bytes) take_line(d, number, line);
  }
  free(line);
  if (file != stdin) fclose(file);
  return d->code;
}

static void take_reading(void *context, size_t index, const mien_reading *reading) {
  diary *d = context;
  if (reading->abstain || !isfinite(reading->dims[MIEN_VALENCE])) d->unread++;
  else if (!d->code) d->code = mien_wellbeing_add(d->own, d->at[index], (double)reading->dims[MIEN_VALENCE], d->error);
}

static int read_texts(diary *d) {
  mien_engine *engine = NULL;
  mien_session *session = NULL;
  if (!d->count) return MIEN_OK;
  int code = cli_texts_open(&engine, &session, models, cli_model_named(model), model, d->error);
  if (!code) code = mien_session_read_texts(session, d->texts, d->count, take_reading, d);
  if (!code) code = d->code;
  mien_session_close(&session);
  mien_engine_close(&engine);
  return code;
}

static int say(const diary *d) {
  size_t (*how)(const mien_wellbeing *, char *, size_t) = as_json ? mien_wellbeing_json : mien_wellbeing_tell;
  size_t bytes = how(d->own, NULL, 0);
  char *text = base_alloc(bytes + 1, 1);
  if (!text || !bytes) return base_free(text), MIEN_ENOMEM;
  how(d->own, text, bytes + 1);
  fputs(text, stdout);
  if (as_json) putchar('\n');
  else if (d->unread) printf("%zu of %zu entries could not be read with confidence, and do not count.\n", d->unread, d->count);
  base_free(text);
  return MIEN_OK;
}

int cli_wellbeing(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc != 2) return cli_options_wrong(&usage, "which diary? one file, or -");
  if (cli_model_named(model) < 0) return cli_options_wrong(&usage, "--model is bulk, deep, auto or a .mien file, not '%s'", model);
  mien_error error = {0};
  diary d = {.error = &error};
  mien_wellbeing_options own = {sizeof own, agreed, country, offset};
  code = mien_wellbeing_open(&d.own, &own, &error);
  if (!code && (!(d.texts = calloc(ENTRIES, sizeof *d.texts)) || !(d.at = calloc(ENTRIES, sizeof *d.at)))) code = base_error_set(&error, MIEN_ENOMEM, "", "", "out of memory");
  if (!code) code = take_file(&d, argv[1]);
  if (!code) code = read_texts(&d);
  if (!code) code = say(&d);
  if (code == MIEN_EPOLICY) snprintf(error.remedy, sizeof error.remedy, "if the diary is yours and you want it read, say so with --i-agree");
  if (code && error.code) cli_complain(argv[1], &error);
  for (size_t i = 0; i < d.count; i++) free((char *)d.texts[i].utf8);
  free(d.texts);
  free(d.at);
  mien_wellbeing_close(&d.own);
  return code == MIEN_EPOLICY ? CLI_POLICY : code ? CLI_NOTHING : CLI_DONE;
}
