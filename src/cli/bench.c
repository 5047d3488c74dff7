/* bench.c: `mien bench`: measures, prints the table, writes docs/speed.md. */
#include "cli/bench.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/jobs.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reader.h"
#include "cli/terminal.h"
#include "nn/nn.h"

static const char *texts, *models, *sample = "samples/call.opus", *write_path;
static int quick, repeats = 3;

static const cli_option options[] = {
    {"texts", OPTION_TEXT, "FILE", &texts,
     "texts to read, one a line, or in the first column of a table\n(samples/call.vtt)", 0, 0},
    {"sample", OPTION_TEXT, "FILE", &sample, "the recording to read (samples/call.opus)", 0, 0},
    {"quick", OPTION_FLAG, NULL, &quick, "leave the 30-minute video out", 0, 0},
    {"repeats", OPTION_INTEGER, "N", &repeats, "runs of which the best counts (3)", 1, 100},
    {"write", OPTION_TEXT, "FILE", &write_path, "write the table as a page: docs/speed.md", 0, 0},
    CLI_OPTION_MODELS(&models),
    {0},
};

static const cli_usage usage = {
    "bench", "[PART…]",
    "Measures speed and memory: text, voice, face, nets, live, media, memory, size, serve; all of them without PART.\n"
    "Times are processor time of one thread, the best of several runs, beside a named reference that\n"
    "runs on the same input in the same minute: fastText, FFmpeg and ONNX Runtime where they are installed.\n"
    "Run it at the root of the source tree.\n",
    options,
    "  mien bench text voice --quick\n"
    "  mien bench --write docs/speed.md\n"};

static const struct {
  const char *name;
  void (*run)(bench *b);
} parts[] = {
    {"text", bench_text},     {"voice", bench_voice}, {"face", bench_face},
    {"nets", bench_nets},     {"live", bench_live},   {"media", bench_media},
    {"memory", bench_memory}, {"size", bench_size},   {"serve", bench_serve},
};

bench_row *bench_add(bench *b, const char *part, const char *what, const char *unit, double value) {
  bench_row *row = &b->rows[b->count < BENCH_ROWS_MAX - 1 ? b->count++ : b->count];
  *row = (bench_row){.value = value, .against = NAN, .at_most = NAN};
  snprintf(row->part, sizeof row->part, "%s", part);
  snprintf(row->what, sizeof row->what, "%s", what);
  snprintf(row->unit, sizeof row->unit, "%s", unit);
  return row;
}

void bench_against(bench_row *row, double against, const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(row->reference, sizeof row->reference, format, list);
  va_end(list);
  row->against = against;
}

/* ---- The table ---- */

static void number(char *to, size_t size, double value, const char *unit) {
  if (!isfinite(value)) snprintf(to, size, "–");
  else snprintf(to, size, value >= 100 ? "%.0f %s" : value >= 1 ? "%.2f %s" : "%.3f %s", value, unit);
}

static void cells(const bench_row *row, char c[4][64]) {
  number(c[0], 64, row->value, row->unit);
  number(c[1], 64, row->against, row->unit);
  number(c[2], 64, row->value / row->against, "×");
  if (isnan(row->at_most)) *c[3] = 0;
  else {
    number(c[3], 48, row->at_most, row->unit);
    strcat(c[3], row->value <= row->at_most ? " ✓" : " ✗");
  }
}

static void print_table(const bench *b, base_text *out) {
  for (size_t i = 0; i < b->count; i++) {
    const bench_row *row = &b->rows[i];
    char c[4][64];
    cells(row, c);
    base_text_printf(out, "%-7s %-52s %s", row->part, row->what, c[0]);
    if (*row->note) base_text_printf(out, "  (%s)", row->note);
    if (*row->reference)
      base_text_printf(out, "\n        %s: %s; ratio %s", row->reference, c[1], c[2]);
    if (*c[3]) base_text_printf(out, "\n        at most: %s", c[3]);
    base_text_puts(out, "\n");
  }
}

/* "Intel(R) Xeon(R) …", from the first line of /proc/cpuinfo that names it. */
static void processor(char *to, size_t size) {
  FILE *file = fopen("/proc/cpuinfo", "r");
  char line[256];
  snprintf(to, size, "unknown processor");
  while (file && fgets(line, sizeof line, file)) {
    if (strncmp(line, "model name", 10)) continue;
    char *name = strchr(line, ':');
    if (name) snprintf(to, size, "%.*s", (int)strcspn(name + 2, "\n"), name + 2);
    break;
  }
  if (file) fclose(file);
}

static void write_page(const bench *b, base_text *out) {
  char cpu[256], when[32];
  struct utsname os = {0};
  time_t now = time(NULL);
  struct tm day;
  processor(cpu, sizeof cpu);
  uname(&os);
  strftime(when, sizeof when, "%Y-%m-%d", gmtime_r(&now, &day));
  base_text_printf(out,
      "# Speed and memory\n\n"
      "Written by `mien bench --write docs/speed.md`; run it again on your machine. Times are processor\n"
      "time of one thread, the best of %d runs; each reference ran beside it on the same input in the\n"
      "same minute. A ratio below 1 is faster, or smaller, than the reference. `bench/README.md` says\n"
      "what exactly is run.\n\n"
      "Measured %s with mien %s (kernels: %s) on %s, %d processors, %s %s.\n\n"
      "| part | what | measured | reference | its figure | ratio | at most |\n"
      "|---|---|---|---|---|---|---|\n",
      b->repeats, when, MIEN_VERSION, nn_kernels_name(), cpu, cli_jobs_processors(), os.sysname, os.machine);
  for (size_t i = 0; i < b->count; i++) {
    const bench_row *row = &b->rows[i];
    char c[4][64];
    cells(row, c);
    base_text_printf(out, "| %s | %s%s%s%s | %s | %s | %s | %s | %s |\n", row->part, row->what,
                     *row->note ? " (" : "", row->note, *row->note ? ")" : "", c[0], row->reference,
                     *row->reference ? c[1] : "", *row->reference ? c[2] : "", c[3]);
  }
}

/* ---- The command ---- */

static void remove_folder(const char *folder) {
  DIR *dir = opendir(folder);
  struct dirent *entry;
  while (dir && (entry = readdir(dir))) {
    char path[600];
    if (*entry->d_name == '.') continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    unlink(path);
  }
  if (dir) closedir(dir);
  rmdir(folder);
}

static int put(const char *path, const base_text *text) {
  cli_output output;
  mien_error error = {0};
  int result = cli_output_open(&output, path, &error);
  if (result == MIEN_OK) {
    cli_output_write(&output, text->data ? text->data : "", text->length);
    result = cli_output_close(&output, &error);
  }
  if (result != MIEN_OK) cli_complain(NULL, &error);
  return result;
}

static bool wanted(int argc, char **argv, const char *name) {
  for (int i = 1; i < argc; i++)
    if (!strcmp(argv[i], name)) return true;
  return argc < 2;
}

int cli_bench(int argc, char **argv) {
  int code = cli_options_read(&usage, &argc, argv);
  if (code != OPTIONS_GO) return code;
  for (int i = 1; i < argc; i++) {
    bool known = false;
    for (size_t p = 0; p < BASE_COUNT(parts); p++) known |= !strcmp(argv[i], parts[p].name);
    if (!known) return cli_options_wrong(&usage, "there is no part '%s'", argv[i]);
  }
  bench *b = base_alloc(1, sizeof *b);
  char program[4096];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (!b || length <= 0) {
    base_free(b);
    return CLI_NOTHING;
  }
  program[length] = 0;
  *b = (bench){.texts = texts ? texts : "samples/call.vtt", .models = models, .sample = sample,
               .program = program, .repeats = repeats, .all = !quick};
  snprintf(b->folder, sizeof b->folder, "/tmp/mien-bench-XXXXXX");
  mien_error error = {0};
  if (cli_file_check(b->sample, &error) != MIEN_OK) cli_complain(b->sample, &error);
  else if (cli_file_check(b->texts, &error) != MIEN_OK) cli_complain(b->texts, &error);
  else if (!mkdtemp(b->folder)) cli_note(b->folder, "cannot be made");
  else if (cli_engine_open(&b->engine, models, MIEN_MODEL_AUTO, NULL) == MIEN_OK) {
    if (models) setenv("MIEN_MODELS", models, 1); /* for the programs that are run */
    for (size_t p = 0; p < BASE_COUNT(parts); p++) {
      if (!wanted(argc, argv, parts[p].name)) continue;
      cli_progress(parts[p].name, (double)p, (double)BASE_COUNT(parts));
      parts[p].run(b);
    }
    cli_progress_clear();
    base_text out = {0};
    print_table(b, &out);
    code = put(NULL, &out) == MIEN_OK ? CLI_DONE : CLI_NOTHING;
    base_text_reset(&out);
    write_page(b, &out);
    if (write_path && put(write_path, &out) != MIEN_OK) code = CLI_NOTHING;
    base_text_clear(&out);
    mien_engine_close(&b->engine);
    remove_folder(b->folder);
  }
  base_free(b);
  return code == OPTIONS_GO ? CLI_NOTHING : code;
}
