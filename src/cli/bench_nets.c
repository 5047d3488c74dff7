/* bench_nets.c: the networks of voice and face beside ONNX Runtime running the same, on the same numbers.
 *
 * Ours is what a session runs: voice_encoder_feed and _read on the frames of one utterance, and
 * face_expression_classes on one crop; normalising is in our time, not in theirs. Theirs is bench/onnx/net.js
 * on what train/nets_onnx.py writes. Both take the same input, and the note says how far their answers are
 * apart. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/bench.h"
#include "face/expression.h"
#include "voice/encode.h"
#include "voice/level.h"

enum { FRAMES = 400 /* 4 s */, RUNS = 200, LOGITS = 16 };
#define RUNTIME "bench/onnx/node_modules/onnxruntime-node"

typedef struct compared {
  const char *name, *what, *model; /* "voice" … */
  char input[BENCH_PATH], dims[32];
  double best;                     /* ours, processor microseconds a run */
  float answer[LOGITS];            /* ours: probabilities */
  int answers;
  float temperature;               /* of ours */
} compared;

static const char *absent(void) {
  if (!bench_have("node")) return "nodejs is not installed";
  if (access(RUNTIME "/package.json", R_OK))
    return "ONNX Runtime is not installed: npm install --ignore-scripts in bench/onnx";
  return NULL;
}

static bool write_floats(const char *path, const float *values, size_t count) {
  FILE *file = fopen(path, "wb");
  bool ok = file && fwrite(values, sizeof *values, count, file) == count;
  return file && !fclose(file) && ok;
}

/* One run of theirs: processor microseconds, and how far the probabilities are from ours. */
static double theirs(const bench *b, const compared *c, const char *form, double *apart, char version[24]) {
  char net[BENCH_PATH], said[BENCH_PATH], runs[16], file_name[48];
  snprintf(file_name, sizeof file_name, "%s-%s.onnx", c->name, form);
  bench_path(b, net, file_name);
  bench_path(b, said, "net.said");
  snprintf(runs, sizeof runs, "%d", RUNS);
  char *run[] = {"node", "bench/onnx/net.js", net, (char *)c->input, (char *)c->dims, runs, NULL};
  if (access(net, R_OK) || isnan(bench_run(run, said).seconds)) return NAN;
  char line[2048] = "", *at = NULL;
  double processor = NAN, sum = 0, logits[LOGITS];
  FILE *file = fopen(said, "r");
  if (file && fgets(line, sizeof line, file) &&
      sscanf(line, "{\"processor\":%lf,\"version\":\"%23[^\"]", &processor, version) == 2)
    at = strstr(line, "\"logits\":[");
  if (file) fclose(file);
  if (!at) return NAN;
  at += strlen("\"logits\":[");
  for (int k = 0; k < c->answers; k++) {
    logits[k] = exp(strtod(at, &at) / (double)c->temperature);
    sum += logits[k];
    if (*at == ',') at++;
  }
  *apart = 0;
  for (int k = 0; k < c->answers; k++) *apart = fmax(*apart, fabs(logits[k] / sum - (double)c->answer[k]));
  return processor;
}

static void add_rows(bench *b, const compared *c, const char *why) {
  static const char *const forms[2] = {"float32", "int8"};
  if (!why) {
    char model[BENCH_PATH];
    snprintf(model, sizeof model, "%s/%s.mien", b->models ? b->models : "models", c->model);
    char *write[] = {"/usr/bin/python3", "train/nets_onnx.py", model, (char *)b->folder, NULL}; /* Debian's */
    if (isnan(bench_run(write, NULL).seconds)) why = "python3-onnx is not installed, or train/nets_onnx.py failed";
  }
  for (int k = 0; k < 2; k++) {
    double best = NAN, apart = NAN;
    char version[24] = "";
    for (int r = 0; r < b->repeats && !why; r++) best = fmin(best, theirs(b, c, forms[k], &apart, version));
    if (k && isnan(best)) continue; /* its weights are not int8 */
    bench_row *row = bench_add(b, c->name, c->what, "µs", c->best);
    if (why) snprintf(row->note, sizeof row->note, "%s", why);
    else snprintf(row->note, sizeof row->note, "its probabilities differ from ours by %.3f at most", apart);
    row->at_most = best;
    bench_against(row, best, "ONNX Runtime %s, the same network, %s", version, forms[k]);
    if (why) break;
  }
}

/* ---- Voice ---- */

static bool measure_voice(const bench *b, const nn_file *file, compared *c) {
  voice_model *model;
  voice_encoder *encoder = base_alloc_aligned(sizeof *encoder);
  float(*frames)[VOICE_FEATURES] = base_alloc(FRAMES, sizeof *frames);
  float(*seen)[VOICE_FEATURES] = base_alloc(FRAMES, sizeof *seen);
  mien_error error;
  bool ok = encoder && frames && seen && voice_model_open(&model, file, &error) == MIEN_OK;
  if (ok) {
    const voice_network *network = &model->networks[0];
    voice_encoder_init(encoder, network, 1);
    ok = (encoder->work = voice_work_borrow(model)) != NULL;
    unsigned seed = 1;
    float level = -INFINITY, dims[MIEN_DIMS];
    for (int t = 0; t < FRAMES; t++) { /* speech-like levels, in dB; what they are does not matter */
      for (int i = 0; i < VOICE_FEATURES; i++) {
        seed = seed * 1664525u + 1013904223u;
        frames[t][i] = i < 65 ? -55 + 25 * (float)sin(t * .05 + i * .2) + (float)(seed >> 28) : (float)(seed >> 8) / 16777216;
      }
      voice_level_follow(&level, frames[t], network->mean, network->scale, seen[t]);
    }
    for (int r = 0; ok && r < b->repeats; r++) {
      double start = bench_cpu();
      for (int n = 0; n < RUNS; n++) {
        voice_encoder_restart(encoder);
        for (int t = 0; t < FRAMES; t++) voice_encoder_feed(encoder, frames[t]);
        voice_encoder_read(encoder, 0, c->answer, dims);
      }
      c->best = fmin(c->best, (bench_cpu() - start) / RUNS * 1e6);
    }
    c->answers = VOICE_CLASSES;
    nn_softmax(c->answer, VOICE_CLASSES);
    snprintf(c->dims, sizeof c->dims, "%d,%d", FRAMES, VOICE_FEATURES);
    ok = ok && write_floats(c->input, seen[0], FRAMES * VOICE_FEATURES);
    voice_work_return(model, &encoder->work);
    voice_model_close(&model);
  }
  base_free_aligned(encoder);
  base_free(frames);
  base_free(seen);
  return ok;
}

/* ---- Face ---- */

enum { SIDE = FACE_EXPRESSION_SIDE, PIXELS = SIDE * SIDE };

/* As expression.c does it: zero mean, over the deviation and 10 grey levels. */
static void normalise(const float crop[PIXELS], float x[2 * PIXELS]) {
  double sum = 0, squares = 0;
  for (int i = 0; i < PIXELS; i++) sum += (double)crop[i], squares += (double)crop[i] * (double)crop[i];
  double mean = sum / PIXELS, deviation = sqrt(squares / PIXELS - mean * mean);
  for (int i = 0; i < PIXELS; i++) {
    x[i] = (float)(((double)crop[i] - mean) / (deviation + 10));
    x[PIXELS + i / SIDE * SIDE + SIDE - 1 - i % SIDE] = x[i];
  }
}

static bool measure_face(const bench *b, const nn_file *file, compared *c) {
  static float crop[PIXELS], x[2 * PIXELS];
  face_expression *expression;
  nn_calibration calibration;
  float fer2013[FACE_EXPRESSION_FER2013];
  mien_error error;
  if (face_expression_open(&expression, file, &error) != MIEN_OK) return false;
  float *scratch = base_alloc_aligned(face_expression_scratch(expression) * sizeof *scratch);
  for (int i = 0; i < PIXELS; i++)
    crop[i] = (float)(120 + 60 * sin(i % SIDE * .21) * cos(i / SIDE * .17) + i * 7919 % 31);
  normalise(crop, x);
  for (int r = 0; scratch && r < b->repeats; r++) {
    double start = bench_cpu();
    for (int n = 0; n < RUNS; n++) face_expression_classes(expression, crop, crop, scratch, c->answer, fer2013);
    c->best = fmin(c->best, (bench_cpu() - start) / RUNS * 1e6);
  }
  c->answers = FACE_EXPRESSION_CLASSES;
  bool ok = scratch && nn_calibration_read(&calibration, file, &error) == MIEN_OK;
  if (ok) c->temperature = calibration.temperature;
  snprintf(c->dims, sizeof c->dims, "2,1,%d,%d", SIDE, SIDE);
  ok = ok && write_floats(c->input, x, 2 * PIXELS);
  base_free_aligned(scratch);
  face_expression_close(&expression);
  return ok;
}

void bench_nets(bench *b) {
  struct {
    compared c;
    bool (*measure)(const bench *b, const nn_file *file, compared *c);
  } nets[] = {{{.name = "voice", .model = "voice", .what = "the network, one utterance of 4 s, as it comes"}, measure_voice},
              {{.name = "face", .model = "face-expression", .what = "the expression network, one crop and its mirror image"}, measure_face}};
  const char *why = absent();
  for (size_t i = 0; i < BASE_COUNT(nets); i++) {
    compared *c = &nets[i].c;
    char model[BENCH_PATH], input_name[32];
    nn_file *file;
    mien_error error;
    snprintf(input_name, sizeof input_name, "%s.f32", c->name);
    bench_path(b, c->input, input_name);
    c->best = NAN, c->temperature = 1;
    snprintf(model, sizeof model, "%s/%s.mien", b->models ? b->models : "models", c->model);
    bool ok = nn_file_open(&file, model, &error) == MIEN_OK;
    if (ok) {
      ok = nets[i].measure(b, file, c);
      nn_file_close(&file);
    }
    if (ok) add_rows(b, c, why);
    else bench_missing(b, c->name, c->what, "there is no model");
  }
}
