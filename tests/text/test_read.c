/* test_read.c: the forward pass against torch's (golden.txt, by make_toy.py), and what a reading
 * promises whatever it is given; with the shipped model where it is there, plain sentences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "text/text.h"

typedef struct opened {
  nn_file *file;
  text_model *model;
  text_reader *reader;
} opened;

static const char *path_of(const char *name) {
  static char path[1024];
  const char *root = getenv("MIEN_SOURCE_ROOT");
  snprintf(path, sizeof path, "%s/%s", root ? root : ".", name);
  return path;
}

static int open_all(opened *o, const char *path) {
  mien_error error = {0};
  int code = nn_file_open(&o->file, path, &error);
  if (!code) code = text_model_open(&o->model, o->file, &error);
  if (!code) code = text_reader_open(&o->reader, o->model);
  if (code) print_message("%s\n", error.what);
  return code;
}

static void close_all(opened *o) {
  text_reader_close(&o->reader);
  text_model_close(&o->model);
  nn_file_close(&o->file);
}

static void check(const mien_reading *r, size_t bytes) {
  float sum = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    assert_true(r->core[k] >= 0 && r->core[k] <= 1);
    sum += r->core[k];
  }
  assert_true(fabsf(sum - 1) < 1e-4f);
  assert_int_equal(r->modality, MIEN_TEXT);
  assert_true(r->quality >= 0 && r->quality <= 1);
  assert_true(r->cue_count <= TEXT_CUES);
  for (size_t i = 0; i < r->cue_count; i++) {
    const mien_cue *cue = &r->cues[i];
    assert_true(cue->at >= 0 && cue->length > 0 && (size_t)(cue->at + cue->length) <= bytes);
    assert_true(cue->weight >= -1 && cue->weight <= 1);
    assert_true(i == 0 || fabsf(cue->weight) <= fabsf(r->cues[i - 1].weight));
  }
}

static void golden(void **state) {
  opened o = {0};
  assert_int_equal(open_all(&o, path_of("tests/text/toy.mien")), MIEN_OK);
  FILE *in = fopen(path_of("tests/text/golden.txt"), "r");
  assert_non_null(in);
  char line[4096];
  int texts = 0;
  while (fgets(line, sizeof line, in)) {
    char *tab = strchr(line, '\t'), *at = tab + 1;
    mien_reading reading;
    float brighter[TEXT_BRIGHTER];
    unsigned expressed;
    assert_int_equal(text_read(o.reader, line, (size_t)(tab - line), &reading), MIEN_OK);
    check(&reading, (size_t)(tab - line));
    text_reader_brighter(o.reader, NULL, brighter, &expressed);
    for (int k = 0; k < MIEN_FINE; k++) assert_float_equal(reading.fine[k], strtof(at, &at), .015);
    for (int k = 0; k < MIEN_CORE; k++) assert_float_equal(reading.core[k], strtof(at, &at), .015);
    for (int k = 0; k < TEXT_BRIGHTER; k++) {
      float expected = strtof(at, &at);
      assert_float_equal(brighter[k], expected, .015);
      if (fabsf(expected - .5f) > .02f) assert_int_equal(expressed >> k & 1, expected > .5f);
    }
    for (int k = 0; k < MIEN_DIMS; k++) assert_float_equal(reading.dims[k], strtof(at, &at), .03);
    text_reader_brighter(o.reader, "eng", brighter, &expressed); /* its thresholds are all 0 */
    assert_int_equal(expressed, 0x3f);
    texts++;
  }
  assert_int_equal(texts, 6);
  fclose(in);
  close_all(&o);
}

static void odd_texts(void **state) {
  opened o = {0};
  assert_int_equal(open_all(&o, path_of("tests/text/toy.mien")), MIEN_OK);
  mien_reading r;
  text_read(o.reader, "", 0, &r);
  check(&r, 0);
  assert_non_null(r.abstain);
  text_read(o.reader, NULL, 0, &r);
  assert_non_null(r.abstain);
  text_read(o.reader, "- * /", 5, &r);
  assert_non_null(r.abstain);
  text_read(o.reader, "zzqqj", 5, &r);
  assert_string_equal(r.abstain, "none of its words is known");
  text_read(o.reader, "\xff\xfe\xfd happy \xff\xff\xff\xff", 14, &r);
  check(&r, 14);
  assert_string_equal(r.abstain, "it is not UTF-8 text");
  text_read(o.reader, "so\0sad", 6, &r);
  check(&r, 6);
  assert_true(r.quality > 0);
  size_t bytes = 10 << 20;
  char *line = malloc(bytes);
  for (size_t i = 0; i < bytes; i++) line[i] = "happy "[i % 6];
  text_read(o.reader, line, bytes, &r);
  check(&r, bytes);
  assert_true(r.quality > 0 && r.quality < .01f);
  free(line);
  close_all(&o);
}

/* A reader keeps nothing of the texts before. */
static void same_again(void **state) {
  opened o = {0};
  assert_int_equal(open_all(&o, path_of("tests/text/toy.mien")), MIEN_OK);
  mien_reading a, b;
  text_read(o.reader, "so sad", 6, &a);
  text_read(o.reader, "i am happy happy happy good so not am", 37, &b);
  text_read(o.reader, "so sad", 6, &b);
  assert_memory_equal(a.core, b.core, sizeof a.core);
  assert_memory_equal(a.fine, b.fine, sizeof a.fine);
  text_reader_cues(o.reader, false);
  text_read(o.reader, "so sad", 6, &b);
  assert_memory_equal(a.core, b.core, sizeof a.core);
  assert_int_equal(b.cue_count, 0);
  close_all(&o);
}

/* What is given for evaluation: every token's share, of which the cues are the strongest. */
static void beyond(void **state) {
  static const char text[] = "i am so happy , happy not sad";
  opened o = {0};
  assert_int_equal(open_all(&o, path_of("tests/text/toy.mien")), MIEN_OK);
  text_contribution list[TEXT_TOKENS];
  mien_reading r, plain;
  text_reader_cues(o.reader, false);
  int count = text_reader_contributions(o.reader, text, strlen(text), list, TEXT_TOKENS);
  assert_int_equal(count, 8);
  text_read(o.reader, text, strlen(text), &plain);
  assert_int_equal(plain.cue_count, 0); /* as it was set before */
  text_reader_cues(o.reader, true);
  text_read(o.reader, text, strlen(text), &r);
  assert_true(r.cue_count > 1);
  float size = 0, attention = 0;
  for (int t = 0; t < count; t++) {
    assert_true(list[t].length > 0 && list[t].at + list[t].length <= strlen(text));
    assert_true(!t || list[t].at >= list[t - 1].at + list[t - 1].length);
    size += fabsf(list[t].share);
    attention += list[t].attention;
  }
  assert_true(fabsf(attention - 1) < 1e-5f);
  for (size_t c = 0; c < r.cue_count; c++) {
    int found = 0;
    for (int t = 0; t < count; t++)
      if ((int)list[t].at == r.cues[c].at) {
        found++;
        assert_true(fabsf(list[t].share / size - r.cues[c].weight) < 1e-6f);
      }
    assert_int_equal(found, 1);
  }
  assert_int_equal(text_reader_contributions(o.reader, text, strlen(text), list, 3), 3);
  assert_int_equal(text_reader_contributions(o.reader, "", 0, list, TEXT_TOKENS), 0);

  size_t depth;
  const float *hidden = text_reader_hidden(o.reader, &depth);
  assert_true(depth > 0);
  for (size_t i = 0; i < depth; i++) assert_true(hidden[i] == 0);
  const text_turn before = {"so sad", 6, true};
  assert_int_equal(text_read_after(o.reader, &before, 1, text, strlen(text), &plain), MIEN_OK);
  assert_memory_equal(plain.core, r.core, sizeof r.core); /* read one by one */
  assert_false(text_reader_reads_turns(o.reader));
  const text_heads *heads = text_reader_heads(o.reader);
  assert_true(isnan(heads->sarcasm) && isnan(heads->plutchik[7]) && !heads->language[0]);
  close_all(&o);
}

/* Trained on features of another version: refused with the reason. */
static void other_features(void **state) {
  mien_error error = {0};
  nn_file *file = NULL;
  text_model *model = NULL;
  assert_int_equal(nn_file_open(&file, path_of("tests/text/later.mien"), &error), MIEN_OK);
  assert_int_equal(text_model_open(&model, file, &error), MIEN_EMODEL);
  assert_null(model);
  assert_string_equal(error.what, "it was trained on other features");
  nn_file_close(&file);
}

static void shipped(void **state) {
  opened o = {0};
  FILE *there = fopen(path_of("models/text.mien"), "rb");
  if (!there) {
    print_message("skipped: models/text.mien is not there\n");
    skip();
  }
  fclose(there);
  assert_int_equal(open_all(&o, path_of("models/text.mien")), MIEN_OK);
  static const struct { const char *text; int core; } sentences[] = {
      {"I have called five times and nobody helps me, this is ridiculous!", MIEN_ANGER},
      {"thank you so much, that is such a relief", MIEN_JOY},
      {"I love it, this is wonderful 😍", MIEN_JOY},
      {"I am so sad, I miss her and I cried all night", MIEN_SADNESS},
      {"I am scared, this is terrifying", MIEN_FEAR},
      {"eww that is disgusting and gross", MIEN_DISGUST},
      {"wow, I did not expect that at all!", MIEN_SURPRISE},
      {"The meeting is on Tuesday in room 4.", MIEN_NEUTRAL},
  };
  for (size_t i = 0; i < BASE_COUNT(sentences); i++) {
    mien_reading r;
    int top = 0;
    text_read(o.reader, sentences[i].text, strlen(sentences[i].text), &r);
    check(&r, strlen(sentences[i].text));
    for (int k = 1; k < MIEN_CORE; k++)
      if (r.core[k] > r.core[top]) top = k;
    if (top != sentences[i].core)
      print_message("%s: %s\n", sentences[i].text, mien_core_name(top));
    assert_int_equal(top, sentences[i].core);
    assert_true(r.cue_count > 0);
  }
  close_all(&o);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(golden),      cmocka_unit_test(odd_texts), cmocka_unit_test(same_again),
      cmocka_unit_test(other_features), cmocka_unit_test(beyond),
      cmocka_unit_test(shipped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
