/* bench_deep.c: the deep text model beside ONNX Runtime running the same network, float32 and int8.
 *
 * Ours is text_read_batch: texts in, readings out, without cues. Theirs is bench/onnx/run.js on ids that
 * were cut before, the network written by train/text_onnx.py; cutting and readings are not in its time. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/bench.h"
#include "text/text.h"

enum { TEXTS = 5427 /* as many as the test set of GoEmotions has */ };
static const char what[] = "deep model, a text to its reading, batches, no cues";
#define RUNTIME "bench/onnx/node_modules/onnxruntime-node"

typedef struct deep {
  nn_file *file;
  text_model *model;
  text_reader *reader;
  char *data;
  mien_text items[TEXTS];
  float fine[TEXTS][MIEN_FINE]; /* of the last run */
} deep;

static void deep_close(deep *d) {
  text_reader_close(&d->reader);
  text_model_close(&d->model);
  nn_file_close(&d->file);
  free(d->data);
  base_free(d);
}

/* The texts of a file of lines. */
static bool load(deep *d, const char *path, size_t bytes) {
  FILE *file = fopen(path, "rb");
  d->data = malloc(bytes + TEXTS);
  bool ok = file && d->data && fread(d->data, 1, bytes + TEXTS, file) == bytes + TEXTS;
  if (file) fclose(file);
  char *at = d->data;
  for (size_t i = 0; i < TEXTS && ok; i++) {
    char *end = memchr(at, '\n', (size_t)(d->data + bytes + TEXTS - at));
    ok = end != NULL;
    if (ok) d->items[i] = (mien_text){at, (size_t)(end - at)}, at = end + 1;
  }
  return ok;
}

static deep *deep_open(char *model, const char *texts, double bytes) {
  deep *d = base_alloc(1, sizeof *d);
  mien_error error;
  if (d && !isnan(bytes) && load(d, texts, (size_t)bytes) && !nn_file_open(&d->file, model, &error) &&
      !text_model_open(&d->model, d->file, &error) && !text_reader_open(&d->reader, d->model)) {
    text_reader_cues(d->reader, false);
    return d;
  }
  if (d) deep_close(d);
  return NULL;
}

static void keep(void *context, size_t index, const mien_reading *reading) {
  memcpy(((deep *)context)->fine[index], reading->fine, sizeof reading->fine);
}

static double ours(deep *d) {
  double start = bench_cpu();
  if (text_read_batch(d->reader, d->items, TEXTS, keep, d)) return NAN;
  return (bench_cpu() - start) / TEXTS * 1e6;
}

typedef struct runtime { /* one of the two forms */
  char model[BENCH_PATH], heads[BENCH_PATH], said[BENCH_PATH];
  char version[24];
  double best; /* processor microseconds a text */
} runtime;

static double theirs(runtime *r, char *ids) {
  char *run[] = {"node", "bench/onnx/run.js", r->model, ids, "--repeats", "1", "--heads", r->heads, NULL};
  if (isnan(bench_run(run, r->said).seconds)) return NAN;
  double processor = NAN;
  FILE *file = fopen(r->said, "r");
  if (file && fscanf(file, "{\"texts\":%*u,\"processor\":%lf,\"clock\":%*f,\"version\":\"%23[^\"]", &processor,
                     r->version) < 1)
    processor = NAN;
  if (file) fclose(file);
  return processor;
}

/* The largest difference between our fine probabilities and theirs. */
static double difference(const deep *d, const runtime *r) {
  FILE *file = fopen(r->heads, "r");
  char *line = NULL;
  size_t capacity = 0, compared = 0;
  double most = 0;
  for (size_t i = 0; file && i < TEXTS && getline(&line, &capacity, file) > 0; i++) {
    char *at = line;
    if (*at == '\n' || !isfinite(d->fine[i][0])) continue;
    for (int k = 0; k < MIEN_FINE; k++)
      most = fmax(most, fabs(1 / (1 + exp(-strtod(at, &at))) - (double)d->fine[i][k]));
    compared++;
  }
  free(line);
  if (file) fclose(file);
  return compared ? most : NAN;
}

static const char *absent(void) {
  if (!bench_have("node")) return "nodejs is not installed";
  if (access(RUNTIME "/package.json", R_OK))
    return "ONNX Runtime is not installed: npm install --ignore-scripts in bench/onnx";
  return NULL;
}

/* Both forms, and the ids. Returns what is missing, or NULL. */
static const char *prepare(const bench *b, char *model, char *texts, char *ids, runtime forms[2]) {
  static const char *const names[2] = {"float32", "int8"};
  const char *why = absent();
  if (why) return why;
  char *write[] = {"/usr/bin/python3", "train/text_onnx.py", model, (char *)b->folder, NULL}; /* Debian's */
  if (isnan(bench_run(write, NULL).seconds)) return "python3-onnx is not installed, or train/text_onnx.py failed";
  char *cut[] = {(char *)b->program, "features", "text", "--subwords", model, texts, NULL};
  if (isnan(bench_run(cut, ids).seconds)) return "mien features text failed";
  for (int i = 0; i < 2; i++) {
    char name[32];
    forms[i] = (runtime){.best = NAN};
    snprintf(name, sizeof name, "%s.onnx", names[i]);
    bench_path(b, forms[i].model, name);
    snprintf(name, sizeof name, "%s.heads", names[i]);
    bench_path(b, forms[i].heads, name);
    snprintf(name, sizeof name, "%s.said", names[i]);
    bench_path(b, forms[i].said, name);
  }
  return NULL;
}

void bench_deep(bench *b) {
  char texts[BENCH_PATH], ids[BENCH_PATH], model[BENCH_PATH];
  bench_path(b, texts, "deep.txt");
  bench_path(b, ids, "deep.ids");
  snprintf(model, sizeof model, "%s/text-deep.mien", b->models ? b->models : "models");
  double bytes = bench_write_texts(b, texts, TEXTS, false);
  deep *d = deep_open(model, texts, bytes);
  if (!d) {
    bench_missing(b, "text", what, "there is no deep text model, or no texts");
    return;
  }
  runtime forms[2];
  const char *why = prepare(b, model, texts, ids, forms);
  double best = NAN;
  ours(d); /* warms up, as theirs does */
  for (int i = 0; i < b->repeats; i++) {
    best = fmin(best, ours(d));
    for (int k = 0; k < 2 && !why; k++) forms[k].best = fmin(forms[k].best, theirs(&forms[k], ids));
  }
  for (int k = 0; k < 2; k++) {
    bench_row *row = bench_add(b, "text", what, "µs/text", best);
    const char *name = k ? "int8" : "float32";
    if (why) snprintf(row->note, sizeof row->note, "%s", why);
    else
      snprintf(row->note, sizeof row->note, "its probabilities differ from ours by %.3f at most",
               difference(d, &forms[k]));
    row->at_most = why ? NAN : forms[k].best;
    bench_against(row, why ? NAN : forms[k].best, "ONNX Runtime %s, the network alone, %s", why ? "" : forms[k].version,
                  name);
  }
  deep_close(d);
}
