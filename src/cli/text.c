/* text.c: `mien text`: a text a line in, a reading a line out, in order, on all processors. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/jobs.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reader.h"
#include "cli/records.h"
#include "cli/terminal.h"

enum { BATCH_TEXTS = 256, BATCH_BYTES = 1 << 16, THREADS_MAX = 64, MANY_BYTES = 1 << 20 };

static const char *field, *models, *model, *out_path;
static int echo, threads, no_cues;

static const cli_option options[] = {
    {"field", OPTION_TEXT, "NAME", &field,
     "the input is CSV, TSV or JSON lines; read this column or key", 0, 0},
    {"echo", OPTION_FLAG, NULL, &echo, "put the text into each line as well", 0, 0},
    {"no-cues", OPTION_FLAG, NULL, &no_cues, "leave the cues out: faster, shorter lines", 0, 0},
    {"jobs", OPTION_INTEGER, "N", &threads, "threads (as many as there are processors)", 1, THREADS_MAX},
    {"out", OPTION_TEXT, "FILE", &out_path, "write there, not to standard output", 0, 0},
    CLI_OPTION_MODEL(&model, "(usual) is deep where there is one, and bulk for files\nof more than 1 MB"),
    CLI_OPTION_MODELS(&models),
    {0},
};

static const cli_usage usage = {
    "text", "[FILE|-]",
    "Reads what emotion each text expresses: a text a line, or one field of CSV (RFC 4180) or JSON\n"
    "lines. Writes one line of JSON for each, in order, with `id`: the record's own, or its number\n"
    "from 1. Without FILE, or with -, it reads standard input.\n\n"
    "Bytes that are not UTF-8 and NULs are read as U+FFFD; texts longer than 1 MB are cut; each is\n"
    "reported with its line. An empty line gives a reading that abstains.\n",
    options,
    "  mien text reviews.txt > readings.jsonl\n"
    "  mien text --field review reviews.csv\n"
    "  echo 'Thank you so much!' | mien text --echo\n"};

/* One text of a batch; its bytes stand in the batch's texts. */
typedef struct item {
  size_t at, bytes, number;
  char id[72];  /* the record's own; empty: its number */
  bool id_number, lost;
  char lost_why[160];
} item;

typedef struct batch {
  item items[BATCH_TEXTS];
  size_t count, written; /* written: those that have their line */
  mien_text list[BATCH_TEXTS];
  size_t places[BATCH_TEXTS];
  base_text texts, out;
  bool flush;    /* nothing more is there to be read for now: hand the lines on */
  int result;
  mien_error error;
} batch;

typedef struct run {
  records *input;
  cli_output output;
  mien_engine *engine;
  mien_session *sessions[THREADS_MAX];
  size_t usable;
  int result;
  mien_error error;
} run;

static int fail(run *r, int result, const mien_error *error) {
  if (r->result == MIEN_OK) {
    r->result = result;
    r->error = *error;
  }
  return 0;
}

static int take(void *context, void *to) {
  run *r = context;
  batch *b = to;
  b->count = 0;
  base_text_reset(&b->texts);
  do {
    record one;
    mien_error error = {0};
    int result = records_next(r->input, &one, &error);
    if (result == MIEN_EEND) break;
    if (result != MIEN_OK) {
      fail(r, result, &error);
      break;
    }
    item *i = &b->items[b->count++];
    *i = (item){.at = b->texts.length, .bytes = one.bytes, .number = one.number,
                .id_number = one.id_number, .lost = one.lost != NULL};
    if (one.id) snprintf(i->id, sizeof i->id, "%s", one.id);
    if (one.lost) snprintf(i->lost_why, sizeof i->lost_why, "%s", one.lost);
    else if (one.bytes) r->usable++;
    base_text_add(&b->texts, one.text, one.bytes);
  } while (b->count < BATCH_TEXTS && b->texts.length < BATCH_BYTES && records_waiting(r->input));
  b->flush = !records_waiting(r->input);
  double done, whole;
  records_progress(r->input, &done, &whole);
  cli_progress("texts", done, whole);
  return b->count > 0;
}

/* {"id":…,"text":…, and then the reading's own keys. */
static void write_line(batch *b, const item *i, const char *text, const mien_reading *reading) {
  base_json json;
  base_json_init(&json, &b->out);
  base_json_open(&json, NULL, '{');
  if (!*i->id) base_json_integer(&json, "id", (long long)i->number);
  else if (i->id_number) base_json_integer(&json, "id", strtoll(i->id, NULL, 10));
  else base_json_string(&json, "id", i->id);
  if (echo) base_json_bytes(&json, "text", text, i->bytes);
  cli_reading_rest(&b->out, reading);
}

/* The items up to `end` that had no text. */
static void write_lost(batch *b, size_t end) {
  for (; b->written < end; b->written++) {
    const item *i = &b->items[b->written];
    mien_reading reading;
    base_reading_init(&reading, MIEN_TEXT);
    reading.t0 = reading.t1 = NAN;
    reading.final = 1;
    reading.abstain = i->lost_why;
    write_line(b, i, b->texts.data ? b->texts.data + i->at : "", &reading);
  }
}

/* Reading `index` is that of text `index`, which is item b->places[index]. */
static void take_reading(void *context, size_t index, const mien_reading *reading) {
  batch *b = context;
  size_t place = b->places[index];
  write_lost(b, place);
  write_line(b, &b->items[place], b->list[index].utf8, reading);
  b->written++;
}

static void work(void *context, int thread, void *from) {
  run *r = context;
  batch *b = from;
  size_t count = 0;
  base_text_reset(&b->out);
  b->written = 0;
  b->result = b->texts.failed ? MIEN_ENOMEM : MIEN_OK;
  for (size_t n = 0; n < b->count; n++) {
    if (b->items[n].lost) continue;
    b->places[count] = n;
    b->list[count++] = (mien_text){b->texts.data ? b->texts.data + b->items[n].at : "", b->items[n].bytes};
  }
  if (!b->result) b->result = mien_session_read_texts(r->sessions[thread], b->list, count, take_reading, b);
  if (b->result) b->error = *mien_session_error(r->sessions[thread]);
  else write_lost(b, b->count);
  if (b->out.failed) b->result = MIEN_ENOMEM;
}

static int give(void *context, void *from) {
  run *r = context;
  batch *b = from;
  if (b->out.length && !cli_output_write(&r->output, b->out.data, b->out.length)) return 0;
  if (b->flush && !cli_output_flush(&r->output)) return 0;
  return b->result == MIEN_OK || fail(r, b->result, &b->error);
}

static void clear(void *context, void *from) {
  batch *b = from;
  base_text_clear(&b->texts);
  base_text_clear(&b->out);
}

/* Of itself, a large file goes to the bulk model, if there is one. */
static int open_engine(run *r, int chosen) {
  double done, whole;
  records_progress(r->input, &done, &whole);
  bool large = chosen == MIEN_MODEL_AUTO && whole > MANY_BYTES;
  int result = cli_engine_open(&r->engine, models, large ? MIEN_MODEL_BULK : chosen, cli_model_file(model));
  if (result != MIEN_OK || !large || mien_engine_reads(r->engine) & MIEN_READ_TEXT) return result;
  mien_engine_close(&r->engine);
  return cli_engine_open(&r->engine, models, chosen, cli_model_file(model));
}

static int open_sessions(run *r, int count) {
  mien_session_options what = MIEN_SESSION_USUAL;
  what.read = MIEN_READ_TEXT;
  what.states = 0;
  what.cues = !no_cues;
  for (int i = 0; i < count; i++) {
    int result = mien_session_open(&r->sessions[i], r->engine, &what, &r->error);
    if (result != MIEN_OK) return result;
  }
  return MIEN_OK;
}

static void say(const char *path, size_t count, size_t line, const char *what) {
  if (count == 1) cli_note(path, "line %zu %s", line, what);
  else if (count) cli_note(path, "%zu lines, the first of them line %zu, %s", count, line, what);
}

static void say_mended(const char *path, const records_mended *m) {
  say(path, m->not_utf8, m->not_utf8_line,
      "not UTF-8: bad bytes were read as U+FFFD; `iconv -f LATIN1 -t UTF-8` may mend that");
  say(path, m->nul, m->nul_line, "with NUL bytes: they were read as U+FFFD");
  say(path, m->cut, m->cut_line, "longer than 1 MB: only that much was read; split it");
  if (m->lost)
    cli_note(path, "%zu record%s without a text, the first at line %zu: %s", m->lost,
             m->lost == 1 ? "" : "s", m->lost_line, m->lost_why);
}

int cli_text(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  if (argc > 2) return cli_options_wrong(&usage, "one file at a time: '%s' is one too many", argv[2]);
  int chosen = cli_model_named(model);
  if (chosen < 0) return cli_options_wrong(&usage, "--model is bulk, deep, auto or a .mien file, not '%s'", model);
  const char *path = argc > 1 ? argv[1] : "-", *name = strcmp(path, "-") ? path : "standard input";
  if (!threads) threads = cli_jobs_processors();

  run r = {0};
  int result = records_open(&r.input, path, field, &r.error);
  if (result == MIEN_OK) {
    result = open_engine(&r, chosen); /* complains by itself */
    if (result == MIEN_OK) result = open_sessions(&r, threads);
    else code = CLI_NOTHING;
  }
  if (result == MIEN_OK) result = cli_output_open(&r.output, out_path, &r.error);
  if (result == MIEN_OK) {
    cli_jobs jobs = {threads, sizeof(batch), take, work, give, clear, &r};
    result = cli_jobs_run(&jobs);
    cli_progress_clear();
    if (r.result != MIEN_OK) result = r.result;
    say_mended(name, records_mends(r.input));
    mien_error error = {0};
    if (cli_output_close(&r.output, &error) != MIEN_OK) {
      cli_complain(NULL, &error);
      code = CLI_NOTHING;
    } else if (result == MIEN_OK && !r.usable && !r.output.closed) {
      base_error_set(&r.error, result = MIEN_EEMPTY, "", "give it a text a line",
                     "there is no text in it");
    }
  }
  if (result != MIEN_OK && code != CLI_NOTHING) {
    if (!r.error.code) base_error_set(&r.error, result, "", "", "%s", mien_error_message(result));
    cli_complain(name, &r.error);
  }
  for (int i = 0; i < threads; i++) mien_session_close(&r.sessions[i]);
  mien_engine_close(&r.engine);
  records_close(&r.input);
  return result == MIEN_OK && code == OPTIONS_GO ? CLI_DONE : CLI_NOTHING;
}
