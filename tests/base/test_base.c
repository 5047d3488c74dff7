/* base/: errors, memory, arenas, text, JSON out, UTF-8. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/base.h"

static void errors_have_names(void **state) {
  assert_string_equal(mien_error_name(MIEN_EFORMAT), "EFORMAT");
  assert_string_equal(mien_error_name(-9999), "unknown");
  mien_error error = {0};
  assert_int_equal(base_error_set(&error, MIEN_EIO, "a.wav", "try again", "byte %d", 7), MIEN_EIO);
  assert_string_equal(error.what, "byte 7");
  assert_int_equal(base_error_set(NULL, MIEN_EIO, "", "", "x"), MIEN_EIO);
}

static void json_is_well_formed(void **state) {
  base_text text = {0};
  base_json json;
  base_json_init(&json, &text);
  base_json_open(&json, NULL, '{');
  base_json_string(&json, "a\"b", "line\nend\xff\x01");
  base_json_number(&json, "nan", (double)NAN, 3);
  base_json_number(&json, "n", -0.0001, 3);
  base_json_number(&json, "ten", 10, 3);
  base_json_number(&json, "half", 0.5, 3);
  base_json_open(&json, "list", '[');
  base_json_integer(&json, NULL, 1);
  base_json_bool(&json, NULL, true);
  base_json_string(&json, NULL, NULL);
  base_json_close(&json, ']');
  base_json_close(&json, '}');
  assert_string_equal(text.data, "{\"a\\\"b\":\"line\\nend\xef\xbf\xbd\\u0001\",\"nan\":null,\"n\":0,"
                                 "\"ten\":10,\"half\":0.5,\"list\":[1,true,null]}");
  base_text_clear(&text);
}

static void arena_keeps_its_limit(void **state) {
  base_arena arena;
  base_arena_init(&arena, 1 << 20);
  char *first = base_arena_alloc(&arena, 100, 1);
  assert_non_null(first);
  assert_int_equal((uintptr_t)first % 64, 0);
  assert_null(base_arena_alloc(&arena, 1 << 20, 1));
  assert_null(base_arena_alloc(&arena, SIZE_MAX / 2, 4));
  assert_non_null(base_arena_alloc(&arena, 900 << 10, 1));
  base_arena_reset(&arena);
  assert_int_equal(arena.used, 0);
  base_arena_clear(&arena);
}

static void utf8_is_checked(void **state) {
  uint32_t code;
  assert_int_equal(base_utf8_next("\xf0\x9f\x98\x80", 4, &code), 4);
  assert_int_equal(code, 0x1f600);
  const char *bad[] = {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xe2\x82"};
  for (size_t i = 0; i < BASE_COUNT(bad); i++)
    assert_int_equal(base_utf8_check(bad[i], strlen(bad[i])), 0);
  assert_int_equal(base_utf8_check("ab\xff", 3), 2);
}

static void readings_start_unknown(void **state) {
  mien_reading reading;
  base_reading_init(&reading, MIEN_VOICE);
  assert_true(isnan(reading.fine[0]) && isnan(reading.confidence) && isnan(reading.dims[2]));
  assert_int_equal(reading.track, -1);
}

static void a_list_has_room(void **state) {
  int *list = NULL;
  size_t room = 0, count = 0;
  for (int i = 0; i < 1000; i++) {
    assert_true(base_grow(&list, count, &room, sizeof *list));
    assert_true(room > count);
    list[count++] = i;
  }
  for (int i = 0; i < 1000; i++) assert_int_equal(list[i], i);
  int *before = list;
  size_t most = SIZE_MAX / 2; /* twice as much is more than there can be */
  assert_false(base_grow(&list, most, &most, sizeof *list));
  assert_true(list == before && most == SIZE_MAX / 2);
  base_free(list);
}

static void a_file_is_replaced(void **state) {
  char folder[] = "/tmp/mien-base-XXXXXX", path[64], deep[64], got[16] = "";
  struct stat about;
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/a", folder);
  snprintf(deep, sizeof deep, "%s/none/a", folder);
  assert_true(base_file_replace(path, "first and longer", 16) && base_file_replace(path, "then", 4));
  assert_false(base_file_replace(deep, "x", 1));
  assert_int_equal(errno, ENOENT);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  assert_int_equal(fread(got, 1, sizeof got, file), 4);
  fclose(file);
  assert_string_equal(got, "then");
  assert_int_equal(stat(path, &about), 0);
  assert_int_equal(about.st_mode & 0777, 0600);
  unlink(path);
  assert_int_equal(rmdir(folder), 0); /* nothing else is left there */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(errors_have_names),     cmocka_unit_test(json_is_well_formed),
      cmocka_unit_test(arena_keeps_its_limit), cmocka_unit_test(utf8_is_checked),
      cmocka_unit_test(readings_start_unknown), cmocka_unit_test(a_list_has_room),
      cmocka_unit_test(a_file_is_replaced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
