/* test_deep.c: the deep forward pass against torch's (deep-golden.txt, by make_deep_toy.py), and models that
 * are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../failing.h"
#include "text/deep.h"

typedef struct opened {
  nn_file *file;
  text_model *model;
  text_reader *reader;
} opened;

static const char *path_of(const char *name) {
  static char path[1024];
  const char *root = getenv("MIEN_SOURCE_ROOT");
  snprintf(path, sizeof path, "%s/tests/text/%s", root ? root : ".", name);
  return path;
}

static int open_all(void **state) {
  static opened o;
  mien_error error = {0};
  int code = nn_file_open(&o.file, path_of("deep-toy.mien"), &error);
  if (!code) code = text_model_open(&o.model, o.file, &error);
  if (!code) code = text_reader_open(&o.reader, o.model);
  if (code) print_message("%s (%s)\n", error.what, error.where);
  *state = &o;
  return code;
}

static int close_all(void **state) {
  opened *o = *state;
  text_reader_close(&o->reader);
  text_model_close(&o->model);
  nn_file_close(&o->file);
  return 0;
}

static void check(const mien_reading *r, size_t bytes) {
  float sum = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    assert_true(r->core[k] >= 0 && r->core[k] <= 1);
    sum += r->core[k];
  }
  assert_true(fabsf(sum - 1) < 1e-4f);
  for (int k = 0; k < MIEN_FINE && isfinite(r->confidence); k++) assert_true(r->fine[k] >= 0 && r->fine[k] <= 1);
  assert_true(r->quality >= 0 && r->quality <= 1);
  assert_true(r->cue_count <= TEXT_CUES);
  for (size_t i = 0; i < r->cue_count; i++) {
    const mien_cue *cue = &r->cues[i];
    assert_true(cue->at >= 0 && cue->length > 0 && (size_t)(cue->at + cue->length) <= bytes);
    assert_true(cue->weight >= -1 && cue->weight <= 1);
    assert_true(i == 0 || fabsf(cue->weight) <= fabsf(r->cues[i - 1].weight));
  }
}

static float top_difference;
static void close_to(const char *text, const char *what, int k, float got, float wanted) {
  top_difference = BASE_MAX(top_difference, fabsf(got - wanted));
  if (!(fabsf(got - wanted) <= .03f))
    fail_msg("'%.40s': %s %d is %.4f, but torch says %.4f", text, what, k, (double)got, (double)wanted);
}

static size_t split_turns(char *said, text_turn turns[8]) {
  size_t count = 0;
  for (char *turn = strtok(said, "\x1e"); turn; turn = strtok(NULL, "\x1e"))
    turns[count++] = (text_turn){turn + 1, strlen(turn + 1), *turn == '='};
  return count;
}

/* Weights are int8 on both sides; here the layers' inputs are as well. */
static void golden(void **state) {
  text_reader *reader = ((opened *)*state)->reader;
  FILE *in = fopen(path_of("deep-golden.txt"), "r");
  static char line[16384];
  int texts = 0;
  assert_non_null(in);
  for (; fgets(line, sizeof line, in); texts++) {
    char *said = strchr(line, '\t'), *at = said ? strchr(said + 1, '\t') : NULL;
    assert_non_null(at);
    *said++ = *at++ = 0;
    text_turn turns[8];
    mien_reading reading;
    float brighter[TEXT_BRIGHTER];
    unsigned expressed;
    size_t bytes = strlen(line), count = split_turns(said, turns);
    assert_int_equal(text_read_after(reader, turns, count, line, bytes, &reading), MIEN_OK);
    check(&reading, bytes);
    assert_true(reading.cue_count > 0);
    text_reader_brighter(reader, NULL, brighter, &expressed);
    const text_heads *heads = text_reader_heads(reader);
    for (int k = 0; k < MIEN_FINE; k++) close_to(line, "fine", k, reading.fine[k], strtof(at, &at));
    for (int k = 0; k < MIEN_CORE; k++) close_to(line, "core", k, reading.core[k], strtof(at, &at));
    for (int k = 0; k < TEXT_BRIGHTER; k++) {
      float wanted = strtof(at, &at);
      close_to(line, "brighter", k, brighter[k], wanted);
      if (fabsf(wanted - .5f) > .03f) assert_int_equal(expressed >> k & 1, wanted > .5f);
    }
    for (int k = 0; k < MIEN_DIMS; k++) close_to(line, "dims", k, reading.dims[k] / 2, strtof(at, &at) / 2);
    for (int k = 0; k < TEXT_PLUTCHIK; k++) close_to(line, "plutchik", k, heads->plutchik[k], strtof(at, &at));
    for (int k = 0; k < TEXT_SENTIMENT; k++) close_to(line, "sentiment", k, heads->sentiment[k], strtof(at, &at));
    close_to(line, "sarcasm", 0, reading.flags[MIEN_SARCASM], strtof(at, &at));
    assert_true(heads->sarcasm == reading.flags[MIEN_SARCASM]);
    strtof(at, &at); /* stress is not among the heads that were trained */
    assert_true(isnan(heads->stress));
    for (int k = 0; k < TEXT_BRIGHTER; k++) close_to(line, "intensity", k, heads->intensity[k] / 3, strtof(at, &at));
    static const char *const languages[] = {"eng", "deu", "zho", "tha", "spa"};
    float largest = 0;
    int top = 0;
    for (int k = 0; k < 5; k++) {
      float p = strtof(at, &at);
      if (p > largest) largest = p, top = k;
      if (!strcmp(heads->language, languages[k])) close_to(line, "language", k, heads->language_probability, p);
    }
    if (fabsf(largest - .5f) > .03f) assert_string_equal(reading.language, largest > .5f ? languages[top] : "");
  }
  fclose(in);
  assert_int_equal(texts, 15);
  print_message("largest difference %.4f\n", (double)top_difference);
}

/* ---- Models that are refused --------------------------------------------------------------------- */

typedef struct damaged { /* the file in memory, to be written to */
  char *data;
  size_t bytes;
} damaged;

static damaged load(void) {
  damaged d = {aligned_alloc(64, 1 << 16), 0};
  FILE *in = fopen(path_of("deep-toy.mien"), "rb");
  assert_non_null(in);
  d.bytes = fread(d.data, 1, 1 << 16, in);
  fclose(in);
  return d;
}

/* With `from` in the table or the metadata changed to `to`, of the same length: refused, with the reason. */
static void refused(const char *from, const char *to, const char *where, const char *what) {
  damaged d = load();
  mien_error error = {0};
  nn_file *file = NULL;
  text_model *model = NULL;
  char *place = memmem(d.data, d.bytes, from, strlen(from));
  assert_non_null(place);
  assert_int_equal(strlen(from), strlen(to));
  memcpy(place, to, strlen(to));
  assert_int_equal(nn_file_open_inside(&file, d.data, d.bytes, "toy", &error), MIEN_OK);
  assert_int_equal(text_model_open(&model, file, &error), MIEN_EMODEL);
  assert_null(model);
  if (where) assert_string_equal(error.where, where);
  assert_string_equal(error.what, what);
  nn_file_close(&file);
  free(d.data);
}

static void damaged_models(void **state) {
  refused("\"feature_version\":1", "\"feature_version\":2", "feature_version", "it was trained on other features");
  refused("\"width\":11", "\"width\":12", "toy", "tensor 'embed.rows' is i8 312×11, but must be i8 312×12");
  refused("\"width\":11", "\"width\":-1", "network.width", "it is -1, but must be a whole number from 1 to 512");
  refused("\"channels\":9", "\"channels\":6", "toy", "tensor 'layer0.weight' is i8 72×3×11, but must be i8 48×3×11");
  refused("\"layers\":3", "\"layers\":4", "toy", "there is no tensor 'layer3.weight'");
  refused("\"layers\":3", "\"layers\":9", "network.layers", "it is 9, but must be a whole number from 1 to 8");
  refused("\"slices\":3", "\"slices\":4", "network.slices", "they do not part the channels evenly");
  refused("\"hidden\":10", "\"hidden\":11", "toy", "tensor 'hidden.weight' is i8 10×47, but must be i8 11×47");
  refused("\"core\",\"brighter\"", "\"fine\",\"brighter\"", "heads.trained", "the core labels are not trained");
  refused("\"plutchik\",\"sent", "\"plutchix\",\"sent", "heads.trained.4", "there is no such head");
  refused("\"language_floor\":0.21", "\"language_floor\":1.21", "unknown.language_floor",
          "it is 1.21, but must be from 0 to 1");
  refused("layer1.recur", "layer7.recur", "toy", "there is no tensor 'layer1.recur'");
  refused("\"abstain_size\":8", "\"abstain_size\":9", NULL, "the calibration is out of range");
}

static int open_close(void *context) {
  text_model *model = NULL;
  text_reader *reader = NULL;
  mien_error error = {0};
  int code = text_model_open(&model, context, &error);
  if (code) assert_string_equal(error.what, "out of memory");
  if (!code) code = text_reader_open(&reader, model);
  text_reader_close(&reader);
  text_model_close(&model);
  return code;
}

static void failing_memory(void **state) {
  assert_true(failing_every(open_close, ((opened *)*state)->file) > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(golden),
      cmocka_unit_test(damaged_models),
      cmocka_unit_test(failing_memory),
  };
  return cmocka_run_group_tests(tests, open_all, close_all);
}
