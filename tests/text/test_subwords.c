/* test_subwords.c: cuts of tokens, as Python's (subwords.txt, by make_subwords.py) and as worked out by
 * hand from the scores in make_subwords.py; and vocabularies that are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../failing.h"
#include "text/subwords.h"

static text_tokens tokens;

typedef struct opened {
  uint8_t *data; /* the whole file: tests may damage it before opening again */
  size_t bytes;
  nn_file *file;
  uint8_t *text, *lengths, *scores;
  size_t count;
  text_subwords *subwords;
} opened;

static const char *path_of(const char *name) {
  static char path[1024];
  const char *root = getenv("MIEN_SOURCE_ROOT");
  snprintf(path, sizeof path, "%s/tests/text/%s", root ? root : ".", name);
  return path;
}

static uint8_t *data_of(const opened *o, const char *name) {
  const nn_tensor *tensor = nn_file_tensor(o->file, name, NN_I8, 2, NULL, NULL);
  assert_non_null(tensor);
  return o->data + ((const uint8_t *)tensor->data - o->data); /* the same, to be written to */
}

static int file_in(void **state) {
  opened *o = calloc(1, sizeof *o);
  FILE *in = fopen(path_of("subwords.mien"), "rb");
  assert_non_null(in);
  o->data = aligned_alloc(64, 1 << 16);
  o->bytes = fread(o->data, 1, 1 << 16, in);
  fclose(in);
  assert_int_equal(nn_file_open_inside(&o->file, o->data, o->bytes, "subwords.mien", NULL), MIEN_OK);
  o->text = data_of(o, "vocabulary.text");
  o->lengths = data_of(o, "vocabulary.lengths");
  o->scores = data_of(o, "vocabulary.scores");
  o->count = nn_file_tensor(o->file, "vocabulary.lengths", NN_I8, 2, NULL, NULL)->dims[1];
  assert_int_equal(text_subwords_open(&o->subwords, o->file, NULL), MIEN_OK);
  *state = o;
  return 0;
}

static int file_out(void **state) {
  opened *o = *state;
  text_subwords_close(&o->subwords);
  assert_null(o->subwords);
  nn_file_close(&o->file);
  free(o->data);
  free(o);
  return 0;
}

static size_t at_of(const opened *o, size_t piece) {
  size_t at = 0;
  for (size_t i = 0; i < piece; i++) at += o->lengths[i];
  return at;
}

/* The pieces of a text parted by '|', its tokens by spaces, bytes as "\xx". */
static const char *cut(const opened *o, const char *text) {
  static char out[8192];
  size_t at = 0;
  text_tokenise(&tokens, text, strlen(text), TEXT_RUNS);
  for (size_t i = 0; i < tokens.count; i++) {
    uint16_t ids[TEXT_SUBWORD_TOKEN];
    size_t count = text_subwords_cut(o->subwords, &tokens, i, ids, NULL, TEXT_SUBWORD_TOKEN, NULL);
    assert_in_range(count, 1, TEXT_SUBWORD_TOKEN);
    for (size_t k = 0; k < count; k++) {
      if (i || k) out[at++] = k ? '|' : ' ';
      assert_in_range(ids[k], TEXT_SUBWORD_BYTES, text_subwords_count(o->subwords) - 1);
      if (ids[k] < TEXT_SUBWORD_FIRST) {
        at += (size_t)sprintf(out + at, "\\%02x", ids[k] - TEXT_SUBWORD_BYTES);
        continue;
      }
      size_t piece = ids[k] - TEXT_SUBWORD_FIRST;
      memcpy(out + at, o->text + at_of(o, piece), o->lengths[piece]);
      at += o->lengths[piece];
    }
  }
  out[at] = 0;
  return out;
}

static void by_hand(void **state) {
  const opened *o = *state;
  assert_int_equal(text_subwords_count(o->subwords), TEXT_SUBWORD_FIRST + o->count);
  assert_string_equal(cut(o, "I am so happy!!"), "▁i ▁am ▁so ▁happy !!");
  assert_string_equal(cut(o, "good"), "▁go|od");           /* the whole costs more than its parts  */
  assert_string_equal(cut(o, "qrs"), "▁q|rs");             /* of equal cuts, the longest last piece */
  assert_string_equal(cut(o, "unhappiness"), "▁un|\\68|a|\\70|\\70|\\69|ness");
  assert_string_equal(cut(o, ""), "");
}

static void elongation(void **state) {
  const opened *o = *state;
  assert_string_equal(cut(o, "soooo"), "▁so");      /* not ▁so|o  */
  assert_string_equal(cut(o, "gooood"), "▁go|od");  /* "▁god" would be in bytes */
  assert_string_equal(cut(o, "woow"), "▁w|oo|w");   /* no mark */
  assert_string_equal(cut(o, "wooow"), "▁w|oo|w");  /* ▁w|o|w costs the same: as it stands */
  assert_string_equal(cut(o, "rrrs"), "▁|rs");      /* cheaper than ▁|r|rs */
  assert_string_equal(cut(o, "啊啊啊啊"), "啊");
}

static void scripts(void **state) {
  const opened *o = *state;
  assert_string_equal(cut(o, "天气真好"), "天气|真好");
  assert_string_equal(cut(o, "今天"), "\\e4|\\bb|\\8a|天"); /* no U+2581, a character in bytes */
  assert_string_equal(cut(o, "สวัสดี"), "สวัส|ดี");
  assert_string_equal(cut(o, "안녕하세요 안"), "▁|안녕|하세요 ▁안");
  assert_string_equal(cut(o, "ж"), "▁|\\d0|\\b6");
  assert_string_equal(cut(o, "e\xcc\x81t"), "▁é|t"); /* composed */
}

static void pictures(void **state) {
  const opened *o = *state;
  assert_string_equal(cut(o, "😢😢 ❤️ 👍🏽"), "😢 ❤ \\f0|\\9f|\\91|\\8d");
  assert_string_equal(cut(o, ":-))) <333 @you"), ":) <3 <user>");
}

static void as_python(void **state) {
  const opened *o = *state;
  FILE *in = fopen(path_of("subwords.txt"), "r");
  assert_non_null(in);
  char line[8192];
  int texts = 0;
  size_t longest = 0;
  while (fgets(line, sizeof line, in)) {
    char *tab = strchr(line, '\t'), *at = tab + 1;
    text_tokenise(&tokens, line, (size_t)(tab - line), TEXT_RUNS);
    for (size_t i = 0; i < tokens.count; i++) {
      uint16_t ids[TEXT_SUBWORD_TOKEN];
      size_t count = text_subwords_cut(o->subwords, &tokens, i, ids, NULL, TEXT_SUBWORD_TOKEN, NULL);
      for (size_t k = 0; k < count; k++) assert_int_equal(ids[k], strtoul(at, &at, 10));
      longest = BASE_MAX(longest, count);
    }
    assert_string_equal(at, "\n");
    texts++;
  }
  fclose(in);
  assert_int_equal(texts, 26);
  assert_true(longest > 100); /* 32 characters of four bytes */
}

/* What does not fit is not written, and is counted; the score is that of all. */
static void capacity(void **state) {
  const opened *o = *state;
  uint16_t all[TEXT_SUBWORD_TOKEN], some[4] = {7, 7, 7, 7};
  int32_t score = 0, again = 0;
  text_tokenise(&tokens, "quz", 3, TEXT_RUNS); /* ▁q, and two bytes */
  assert_int_equal(text_subwords_cut(o->subwords, &tokens, 0, all, NULL, TEXT_SUBWORD_TOKEN, &score), 3);
  assert_int_equal(score, -3000 - 2 * 16000);
  assert_int_equal(text_subwords_cut(o->subwords, &tokens, 0, some, NULL, 2, &again), 3);
  assert_memory_equal(some, all, 2 * sizeof *some);
  assert_int_equal(some[2], 7);
  assert_int_equal(again, score);
  assert_int_equal(text_subwords_cut(o->subwords, &tokens, 0, NULL, NULL, 0, NULL), 3);
}

static void refused(const opened *o, const char *where, const char *what) {
  mien_error error = {0};
  text_subwords *subwords = (text_subwords *)1;
  assert_int_equal(text_subwords_open(&subwords, o->file, &error), MIEN_EMODEL);
  assert_null(subwords);
  assert_string_equal(error.where, where);
  assert_string_equal(error.what, what);
}

static void damaged(void **state) {
  opened *o = *state;
  uint8_t kept = o->lengths[3];
  o->lengths[3] = 0;
  refused(o, "vocabulary.lengths", "piece 3 of the vocabulary is not of 1 to 64 bytes");
  o->lengths[3] = 65;
  refused(o, "vocabulary.lengths", "piece 3 of the vocabulary is not of 1 to 64 bytes");
  o->lengths[3] = 200;
  refused(o, "vocabulary.lengths", "piece 3 of the vocabulary is not of 1 to 64 bytes");
  o->lengths[3] = 2; /* ends inside a character */
  refused(o, "vocabulary.text", "piece 3 of the vocabulary is not UTF-8");
  o->lengths[3] = kept;

  size_t last = o->count - 1;
  assert_int_equal(o->lengths[last], 64);
  o->lengths[last] = 63;
  refused(o, "vocabulary.text", "the vocabulary has more text than its lengths say");
  o->lengths[last] = 64;
  o->lengths[last - 1]++;
  refused(o, "vocabulary.text", "the vocabulary has less text than its lengths say");
  o->lengths[last - 1]--;

  assert_int_equal(o->text[0], '.');
  o->text[0] = 'r';
  refused(o, "vocabulary.text", "piece 10 of the vocabulary is there twice");
  o->text[0] = 0xff;
  refused(o, "vocabulary.text", "piece 0 of the vocabulary is not UTF-8");
  o->text[0] = '.';

  uint8_t low = o->scores[2], high = o->scores[3];
  o->scores[2] = o->scores[3] = 0;
  refused(o, "vocabulary.scores", "piece 1 of the vocabulary has a score that is not below 0");
  o->scores[3] = 0x7f;
  refused(o, "vocabulary.scores", "piece 1 of the vocabulary has a score that is not below 0");
  o->scores[2] = low;
  o->scores[3] = high;

  text_subwords_close(&o->subwords); /* and put right, it opens */
  assert_int_equal(text_subwords_open(&o->subwords, o->file, NULL), MIEN_OK);
}

/* A vocabulary that is not there, or of another shape: nn_file_tensor names the tensor. */
static void empty(void **state) {
  mien_error error = {0};
  nn_file *file;
  text_subwords *subwords;
  const char *path = path_of("toy.mien");
  assert_int_equal(nn_file_open(&file, path, &error), MIEN_OK);
  assert_int_equal(text_subwords_open(&subwords, file, &error), MIEN_EMODEL);
  assert_null(subwords);
  assert_string_equal(error.what, "there is no tensor 'vocabulary.text'");
  nn_file_close(&file);
}

static int open_close(void *context) {
  text_subwords *subwords;
  mien_error error = {0};
  int code = text_subwords_open(&subwords, context, &error);
  if (code) assert_string_equal(error.what, "out of memory");
  text_subwords_close(&subwords);
  return code;
}

static void failing_memory(void **state) {
  const opened *o = *state;
  assert_true(failing_every(open_close, o->file) >= 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(by_hand, file_in, file_out),
      cmocka_unit_test_setup_teardown(elongation, file_in, file_out),
      cmocka_unit_test_setup_teardown(scripts, file_in, file_out),
      cmocka_unit_test_setup_teardown(pictures, file_in, file_out),
      cmocka_unit_test_setup_teardown(as_python, file_in, file_out),
      cmocka_unit_test_setup_teardown(capacity, file_in, file_out),
      cmocka_unit_test_setup_teardown(damaged, file_in, file_out),
      cmocka_unit_test(empty),
      cmocka_unit_test_setup_teardown(failing_memory, file_in, file_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
