/* records: lines, JSON lines and CSV come out whole, valid and in order, whatever is in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/records.h"

static char path[64];

static records *open_with(const char *ending, const void *data, size_t bytes, const char *field) {
  snprintf(path, sizeof path, "/tmp/mien-records-%d%s", (int)getpid(), ending);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, bytes, file), bytes);
  assert_int_equal(fclose(file), 0);
  records *r = NULL;
  mien_error error = {0};
  assert_int_equal(records_open(&r, path, field, &error), MIEN_OK);
  unlink(path);
  return r;
}

static void expect(records *r, const char *text, size_t line) {
  record one;
  mien_error error = {0};
  assert_int_equal(records_next(r, &one, &error), MIEN_OK);
  assert_string_equal(one.text, text);
  assert_int_equal(one.bytes, strlen(text));
  assert_int_equal(one.line, line);
}

static void expect_end(records *r) {
  record one;
  assert_int_equal(records_next(r, &one, NULL), MIEN_EEND);
  records_close(&r);
  assert_null(r);
}

#define TEXT(s) s, sizeof s - 1

static void lines_one_for_one(void **state) {
  records *r = open_with(".txt", TEXT("\xef\xbb\xbfone\r\n\nthree\nlast"), NULL);
  expect(r, "one", 1);
  expect(r, "", 2);
  expect(r, "three", 3);
  expect(r, "last", 4);
  expect_end(r);
  expect_end(open_with(".txt", "", 0, NULL));
}

static void bad_bytes_are_mended_and_counted(void **state) {
  records *r = open_with(".txt", TEXT("caf\xe9\na\0b\nok\n\xed\xa0\x80\n"), NULL);
  expect(r, "caf\xef\xbf\xbd", 1);
  expect(r, "a\xef\xbf\xbd" "b", 2);
  expect(r, "ok", 3);
  expect(r, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 4); /* a surrogate */
  assert_int_equal(records_mends(r)->not_utf8, 2);
  assert_int_equal(records_mends(r)->not_utf8_line, 1);
  assert_int_equal(records_mends(r)->nul, 1);
  assert_int_equal(records_mends(r)->nul_line, 2);
  expect_end(r);
}

static void long_lines_are_cut_between_characters(void **state) {
  size_t bytes = (10 << 20) + 7; /* é is two bytes: the cut would go through one of them */
  char *data = malloc(bytes);
  data[0] = 'x';
  for (size_t i = 1; i < bytes; i++) data[i] = i & 1 ? '\xc3' : '\xa9';
  memcpy(data + bytes - 6, "\nnext\n", 6);
  records *r = open_with(".txt", data, bytes, NULL);
  record one;
  assert_int_equal(records_next(r, &one, NULL), MIEN_OK);
  assert_int_equal(one.bytes, RECORDS_BYTES_MAX - 1);
  assert_int_equal(base_utf8_check(one.text, one.bytes), one.bytes);
  assert_int_equal(records_mends(r)->not_utf8, 0);
  assert_int_equal(records_mends(r)->cut, 1);
  expect(r, "next", 2);
  expect_end(r);
  free(data);
}

static void csv_as_rfc_4180(void **state) {
  records *r = open_with(".csv", TEXT("id,\"text\",other\r\n"
                                      "7,\"a, \"\"quoted\"\"\nnewline\",x\r\n"
                                      "8,plain,\"y\r\n\"\n"
                                      "9\n"
                                      "10,,z"), "text");
  record one;
  mien_error error = {0};
  assert_int_equal(records_next(r, &one, &error), MIEN_OK);
  assert_string_equal(one.text, "a, \"quoted\"\nnewline");
  assert_string_equal(one.id, "7");
  assert_int_equal(one.line, 2);
  expect(r, "plain", 4);
  assert_int_equal(records_next(r, &one, &error), MIEN_OK); /* too few columns */
  assert_non_null(one.lost);
  assert_string_equal(one.text, "");
  assert_int_equal(one.line, 6);
  expect(r, "", 7);
  assert_int_equal(records_mends(r)->lost, 1);
  expect_end(r);

  mien_error why = {0};
  FILE *file = fopen(path, "w");
  fputs("a,b\n1,2\n", file);
  fclose(file);
  assert_int_equal(records_open(&r, path, "text", &why), MIEN_EFORMAT);
  assert_non_null(strstr(why.what, "'a', 'b'")); /* the columns there are */
  assert_null(r);
  unlink(path);
}

static void json_lines(void **state) {
  records *r = open_with(".jsonl", TEXT("{\"id\":\"x\",\"text\":\"a\\nb\"}\n"
                                        "{\"text\":5}\n"
                                        "not json\n"
                                        "{\"other\":1}\n"
                                        "{\"id\":12,\"text\":\"c\\u0000d\"}\n"), "text");
  record one;
  assert_int_equal(records_next(r, &one, NULL), MIEN_OK);
  assert_string_equal(one.text, "a\nb");
  assert_string_equal(one.id, "x");
  assert_false(one.id_number);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(records_next(r, &one, NULL), MIEN_OK);
    assert_non_null(one.lost);
  }
  assert_int_equal(records_next(r, &one, NULL), MIEN_OK);
  assert_string_equal(one.text, "c\xef\xbf\xbd" "d");
  assert_true(one.id_number);
  assert_int_equal(records_mends(r)->lost, 3);
  assert_int_equal(records_mends(r)->lost_line, 2);
  expect_end(r);
}

static void wrong_files_are_named(void **state) {
  records *r = NULL;
  mien_error error = {0};
  assert_int_equal(records_open(&r, "/nowhere/x", NULL, &error), MIEN_EIO);
  assert_non_null(strstr(error.what, "No such file"));
  assert_int_equal(records_open(&r, "/tmp", NULL, &error), MIEN_EIO);
  assert_non_null(strstr(error.what, "folder"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_one_for_one),
      cmocka_unit_test(bad_bytes_are_mended_and_counted),
      cmocka_unit_test(long_lines_are_cut_between_characters),
      cmocka_unit_test(csv_as_rfc_4180),
      cmocka_unit_test(json_lines),
      cmocka_unit_test(wrong_files_are_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
