/* test_import.c: checkpoints of every family, made by make_checkpoint.py, imported and read, against its
 * plain Python: token numbers exactly, logits and core labels within a tolerance; and damaged ones, each
 * refused with what is wrong.
 *
 *     test_text_import FOLDER
 *     test_text_import --tokens MODEL.mien     token numbers of each line (tokenizers.mjs compares them) */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "../failing.h"
#include "text/import.h"
#include "text/transformer/transformer.h"

static const char *root;

static void path_in(char path[4096], const char *kind, const char *name, const char *file) {
  assert_true(snprintf(path, 4096, "%s/%s/%s/%s", root, kind, name, file) < 4096);
}

static int not_hidden(const struct dirent *entry) { return entry->d_name[0] != '.'; }

/* Calls `each` with the name of every folder in FOLDER/kind; returns how many. */
static int every(const char *kind, void (*each)(const char *name)) {
  char path[4096];
  struct dirent **names;
  snprintf(path, sizeof path, "%s/%s", root, kind);
  int count = scandir(path, &names, not_hidden, alphasort);
  assert_true(count > 0);
  for (int i = 0; i < count; i++) {
    each(names[i]->d_name);
    free(names[i]);
  }
  free(names);
  return count;
}

static int import(const char *kind, const char *name, int weights, const char *out, mien_error *error) {
  char folder[4096], labels[4096];
  path_in(folder, kind, name, "");
  path_in(labels, kind, name, "labels.txt");
  text_import what = {.folder = folder, .out = out, .weights = weights,
                      .labels = access(labels, R_OK) ? NULL : labels};
  base_text told = {0};
  int code = text_import_run(&what, &told, error);
  if (!code) assert_non_null(strstr(told.data, "labels"));
  base_text_clear(&told);
  return code;
}

/* Numbers up to a tab or the end. */
static size_t numbers(char **at, double *to, size_t capacity) {
  size_t count = 0;
  while (**at && **at != '\t' && **at != '\n') {
    assert_true(count < capacity);
    char *end;
    to[count++] = strtod(*at, &end);
    assert_true(end > *at);
    *at = end;
  }
  *at += **at == '\t';
  return count;
}

static size_t unhex(char **at, char *to) {
  size_t count = 0;
  for (; **at != '\t'; *at += 2) {
    unsigned byte;
    assert_int_equal(sscanf(*at, "%2x", &byte), 1);
    to[count++] = (char)byte;
  }
  ++*at;
  return count;
}

static int imported_as;
static double tolerance, worst;

static void compare(const char *name) {
  char out[4096], expected[4096], text[8192];
  static char line[1 << 16];
  double ids[512], logits[TRANSFORMER_LABELS], core[MIEN_CORE];
  mien_error error = {0};
  snprintf(out, sizeof out, "%s/%s-%d.mien", root, name, imported_as);
  path_in(expected, "good", name, "expected.txt");
  if (import("good", name, imported_as, out, &error)) fail_msg("%s: %s (%s)", name, error.what, error.where);
  nn_file *file = NULL;
  void *model = NULL, *reader = NULL;
  assert_int_equal(nn_file_open(&file, out, &error), MIEN_OK);
  assert_int_equal(nn_file_signature(file), NN_UNSIGNED);
  assert_int_equal(text_kind_transformer.model_open(&model, file, &error), MIEN_OK);
  assert_int_equal(text_kind_transformer.reader_open(&reader, model), MIEN_OK);
  bool multi = ((const transformer_model *)model)->multi;
  FILE *in = fopen(expected, "r");
  assert_non_null(in);
  int texts = 0;
  for (; fgets(line, sizeof line, in); texts++) {
    char *at = line;
    size_t bytes = unhex(&at, text), id_count = numbers(&at, ids, 512);
    size_t label_count = numbers(&at, logits, TRANSFORMER_LABELS);
    assert_int_equal(numbers(&at, core, MIEN_CORE), id_count ? MIEN_CORE : 0);
    mien_reading reading;
    assert_int_equal(text_kind_transformer.read(reader, text, bytes, &reading), MIEN_OK);
    if (!id_count) {
      assert_non_null(reading.abstain);
      continue;
    }
    size_t count;
    const uint32_t *got = transformer_reader_ids(reader, &count);
    for (size_t i = 0; i < BASE_MIN(count, id_count); i++)
      if (got[i] != (uint32_t)ids[i])
        fail_msg("%s, text %d '%.*s': token %zu is %u, not %.0f", name, texts, (int)bytes, text, i, got[i],
                 ids[i]);
    assert_int_equal(count, id_count);
    const float *values = transformer_reader_logits(reader, &count);
    assert_int_equal(count, label_count);
    for (size_t i = 0; i < count; i++) {
      worst = BASE_MAX(worst, fabs((double)values[i] - logits[i]));
      if (!(fabs((double)values[i] - logits[i]) <= tolerance))
        fail_msg("%s, text %d: logit %zu is %g, not %g", name, texts, i, (double)values[i], logits[i]);
      int fine = ((const transformer_model *)model)->fine[i];
      if (multi && fine >= 0) assert_float_equal(reading.fine[fine], 1 / (1 + exp(-logits[i])), tolerance);
    }
    for (int k = 0; k < MIEN_CORE; k++) assert_float_equal(reading.core[k], core[k], tolerance);
    assert_true(reading.quality >= 0 && reading.quality <= 1);
  }
  assert_true(texts > 20);
  fclose(in);
  text_kind_transformer.reader_close(reader);
  text_kind_transformer.model_close(model);
  nn_file_close(&file);
}

static void compare_all(int weights, double within) {
  imported_as = weights;
  tolerance = within;
  worst = 0;
  int count = every("good", compare);
  print_message("%d checkpoints, weights of type %d: logits within %.3g\n", count, weights, worst);
}

static void float32(void **state) { compare_all(NN_F32, 2e-5); }
static void float16(void **state) { compare_all(NN_F16, 5e-3); }
static void int8(void **state) { compare_all(NN_I8, .15); }

static int refused_count;

static void refused(const char *name) {
  char out[4096], path[4096], words[256], said[1024];
  mien_error error = {0};
  snprintf(out, sizeof out, "%s/refused.mien", root);
  int code = import("bad", name, NN_I8, out, &error);
  if (!code) fail_msg("%s was not refused", name);
  assert_true(code == MIEN_EFORMAT || code == MIEN_EIO);
  assert_true(access(out, F_OK) != 0);
  snprintf(said, sizeof said, "%s (%s); %s", error.what, error.where, error.remedy);
  assert_true(*error.where && *error.remedy);
  path_in(path, "bad", name, "refused.txt");
  FILE *in = fopen(path, "r");
  assert_non_null(in);
  while (fgets(words, sizeof words, in)) {
    words[strcspn(words, "\n")] = 0;
    if (!strstr(said, words)) fail_msg("%s: '%s' is not in '%s'", name, words, said);
    refused_count++;
  }
  fclose(in);
}

static void damaged(void **state) {
  int count = every("bad", refused);
  assert_true(refused_count >= count && count > 60);
}

static int import_once(void *out) {
  mien_error error = {0};
  return import("good", "xlm-roberta", NN_I8, out, &error);
}

/* Every allocation of ours fails once: refused, nothing kept, no half-written file. */
static void out_of_memory(void **state) {
  char out[4096];
  snprintf(out, sizeof out, "%s/memory.mien", root);
  assert_true(failing_every(import_once, out) > 20);
}

static void read_bytes(const char *path, char **data, size_t *bytes) {
  FILE *in = fopen(path, "rb");
  assert_non_null(in);
  *data = malloc(1 << 20);
  *bytes = fread(*data, 1, 1 << 20, in);
  fclose(in);
}

static void same_bytes(void **state) {
  char a[4096], b[4096], *one, *two;
  size_t bytes, others;
  mien_error error = {0};
  snprintf(a, sizeof a, "%s/a.mien", root);
  snprintf(b, sizeof b, "%s/b.mien", root);
  assert_int_equal(import("good", "roberta", NN_I8, a, &error), MIEN_OK);
  assert_int_equal(import("good", "roberta", NN_I8, b, &error), MIEN_OK);
  read_bytes(a, &one, &bytes);
  read_bytes(b, &two, &others);
  assert_int_equal(bytes, others);
  assert_memory_equal(one, two, bytes);
  free(one);
  free(two);
}

/* Long, odd and empty texts: a reading or an abstention, finite, and the same again afterwards. */
static void odd_texts(void **state) {
  char out[4096];
  static const char *const names[] = {"bert", "roberta", "xlm-roberta"};
  size_t bytes = 1 << 20;
  char *text = malloc(bytes);
  for (size_t n = 0; n < BASE_COUNT(names); n++) {
    mien_error error = {0};
    nn_file *file = NULL;
    text_model *model = NULL;
    text_reader *reader = NULL;
    mien_reading first, reading;
    snprintf(out, sizeof out, "%s/odd.mien", root);
    assert_int_equal(import("good", names[n], NN_I8, out, &error), MIEN_OK);
    assert_int_equal(nn_file_open(&file, out, &error), MIEN_OK);
    assert_int_equal(text_model_open(&model, file, &error), MIEN_OK);
    assert_int_equal(text_reader_open(&reader, model), MIEN_OK);
    text_read(reader, "so happy", 8, &first);
    for (int kind = 0; kind < 8; kind++) {
      for (size_t i = 0; i < bytes; i++)
        text[i] = kind == 0   ? "happy "[i % 6]
                  : kind == 1 ? 'x'
                  : kind == 2 ? ' '
                  : kind == 3 ? (char)(i * 2654435761u >> 13)
                  : kind == 4 ? "\xcc\x81\xcc\x82"[i % 4]
                  : kind == 5 ? "\xe6\x88\x91"[i % 3]
                  : kind == 6 ? '\0'
                              : "\xef\xb7\xba"[i % 3]; /* one that NFKC makes 18 of */
      assert_int_equal(text_read(reader, text, bytes, &reading), MIEN_OK);
      float sum = 0;
      for (int k = 0; k < MIEN_CORE; k++) sum += reading.core[k];
      assert_float_equal(sum, 1, 1e-4);
      assert_true(reading.quality >= 0 && reading.quality < .1);
    }
    text_read(reader, NULL, 0, &reading);
    assert_string_equal(reading.abstain, "the text is empty");
    text_read(reader, "so happy", 8, &reading);
    assert_memory_equal(first.core, reading.core, sizeof first.core);
    text_reader_close(&reader);
    text_model_close(&model);
    nn_file_close(&file);
  }
  free(text);
}

static int print_tokens(const char *path) {
  nn_file *file = NULL;
  void *model = NULL;
  transformer_tokens tokens = {0};
  mien_error error = {0};
  int code = nn_file_open(&file, path, &error);
  if (!code) code = text_kind_transformer.model_open(&model, file, &error);
  if (!code) code = transformer_tokens_open(&tokens, ((const transformer_model *)model)->positions);
  if (code) return fprintf(stderr, "%s: %s\n", path, error.what), 1;
  char *line = NULL;
  size_t capacity = 0;
  for (ssize_t bytes; (bytes = getline(&line, &capacity, stdin)) > 0; puts("")) {
    bytes -= line[bytes - 1] == '\n';
    transformer_tokenise(&((const transformer_model *)model)->tokeniser, &tokens, line, (size_t)bytes);
    for (size_t i = 0; i < tokens.count; i++) printf(i ? " %u" : "%u", tokens.ids[i]);
  }
  free(line);
  transformer_tokens_clear(&tokens);
  text_kind_transformer.model_close(model);
  nn_file_close(&file);
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: %s FOLDER | --tokens MODEL.mien\n", argv[0]), 2;
  if (argc == 3 && !strcmp(argv[1], "--tokens")) return print_tokens(argv[2]);
  root = argv[1];
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(float32),       cmocka_unit_test(float16),    cmocka_unit_test(int8),
      cmocka_unit_test(damaged),       cmocka_unit_test(same_bytes), cmocka_unit_test(odd_texts),
      cmocka_unit_test(out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
