/* test_rows.c: files of texts: columns, quoting, times, pieces of any size. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "insight/rows.h"

typedef struct seen {
  base_text all; /* "text|time|segment|product|language;" of each row */
  size_t count;
} seen;

static int take(void *context, const insight_row *row, mien_error *error) {
  seen *s = context;
  (void)error;
  assert_int_equal(base_utf8_check(row->text, row->bytes), row->bytes);
  base_text_printf(&s->all, "%.*s|%.0f|%s|%s|%s;", (int)row->bytes, row->text, row->time, row->facet[0], row->facet[1], row->facet[2]);
  s->count++;
  return MIEN_OK;
}

static insight_health health;
static mien_error error;

/* The same in one piece and in pieces of `piece` bytes. */
static int read_in(seen *s, const char *bytes, size_t count, size_t piece) {
  insight_rows *rows;
  memset(&error, 0, sizeof error);
  base_text_reset(&s->all);
  s->count = 0;
  assert_int_equal(insight_rows_open(&rows, NULL, take, s, &error), MIEN_OK);
  int code = MIEN_OK;
  for (size_t at = 0; at < count && !code; at += piece) code = insight_rows_feed(rows, bytes + at, BASE_MIN(piece, count - at), &error);
  if (!code) code = insight_rows_finish(rows, &error);
  health = *insight_rows_health(rows);
  insight_rows_close(&rows);
  return code;
}

static void expect(const char *bytes, const char *rows) {
  seen s = {{0}, 0};
  for (size_t piece = 1; piece < 80; piece += 6) {
    assert_int_equal(read_in(&s, bytes, strlen(bytes), piece), MIEN_OK);
    assert_string_equal(s.all.data, rows);
  }
  base_text_clear(&s.all);
}

static void columns_are_found(void **state) {
  (void)state;
  expect("Date,Review,Country,Product,lang,Segment\n2026-03-01,good,x,A,eng,young\n", "good|1772323200|young|A|eng;");
  expect("text;time\r\n\"a; \"\"b\"\"\nc\";1772323200\r\n", "a; \"b\"\nc|1772323200|||;");
  expect("text\tlang\nhi\tde\n\n\nyo\tfr", "hi|nan|||de;yo|nan|||fr;");
  expect("{\"text\":\"a\\u0000b\",\"time\":1772323200000,\"segment\":\"s\"}\n{\"comment\":\"c\"}\n", "a\xef\xbf\xbd" "b|1772323200|s||;c|nan|||;");
}

static void broken_quoting_costs_its_record(void **state) {
  (void)state;
  expect("text,time\nfine,1\n\"open,2\nalso fine,3\n", "fine|nan|||;also fine|nan|||;");
  assert_int_equal(health.lost, 1);
  assert_int_equal(health.notes[1].line, 3);
  assert_non_null(strstr(health.notes[1].what, "never closed"));
  expect("text,time\n\"said \"no\" twice\",2026-01-01\nb,2026-01-01\n", "b|1767225600|||;");
  assert_int_equal(health.notes[0].line, 2);
  expect("text,time\na,b,c\n\"x\"\nb,2026-01-01\n", "b|1767225600|||;");
  assert_int_equal(health.lost, 2);
}

static void wrong_files_are_refused(void **state) {
  (void)state;
  seen s = {{0}, 0};
  assert_int_equal(read_in(&s, "a,b\n1,2\n", 8, 3), MIEN_EFORMAT);
  assert_non_null(strstr(error.what, "'a', 'b'"));
  assert_int_equal(read_in(&s, "", 0, 1), MIEN_EEMPTY);
  assert_int_equal(read_in(&s, "text\n", 5, 1), MIEN_EEMPTY);
  assert_int_equal(read_in(&s, "[{\"text\":\"a\"}]", 14, 14), MIEN_EFORMAT);
  assert_int_equal(read_in(&s, "\xff\xfet\0e\0x\0t\0\n\0", 12, 12), MIEN_EFORMAT);
  assert_int_equal(read_in(&s, "text\n\xff\xfe\n", 8, 1), MIEN_OK);
  assert_int_equal(health.mended, 1);
  base_text_clear(&s.all);
}

/* 300,000 rows, each tenth with a quote that is never closed, in a few seconds. */
static void large_files_take_little_time(void **state) {
  (void)state;
  base_text file = {0};
  seen s = {{0}, 0};
  base_text_puts(&file, "text,time,segment\n");
  for (int i = 0; i < 300000; i++) base_text_printf(&file, i % 10 ? "a text that says little %d,2026-01-01,s%d\n" : "\"a text\" that %d says little,2026-01-01,s%d\n", i, i % 7);
  double began = base_clock();
  assert_int_equal(read_in(&s, file.data, file.length, 65536), MIEN_OK);
  assert_int_equal(s.count, 270000);
  assert_int_equal(health.lost, 30000);
  assert_int_equal(health.note_count, ROWS_NOTES);
  assert_true(base_clock() - began < 20);
  base_text_clear(&file);
  base_text_clear(&s.all);
}

static void times_are_understood(void **state) {
  (void)state;
  assert_float_equal(insight_time("1970-01-01"), 0, 0);
  assert_float_equal(insight_time("2000-02-29T12:30:15Z"), 951827415, 0);
  assert_float_equal(insight_time("2026-03-01 01:00:00+01:00"), 1772323200, 0);
  assert_float_equal(insight_time("2026-03-01T00:00:00.123"), 1772323200, 0);
  assert_float_equal(insight_time("1772323200"), 1772323200, 0);
  assert_float_equal(insight_time("1772323200000"), 1772323200, 0);
  static const char *const wrong[] = {"", "2026-13-01", "2026-02-30", "01/02/2026", "yesterday", "2026-01-01T25:00", "1e9", "99999999999999999999"};
  for (size_t i = 0; i < BASE_COUNT(wrong); i++) assert_true(isnan(insight_time(wrong[i])));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(columns_are_found), cmocka_unit_test(broken_quoting_costs_its_record), cmocka_unit_test(wrong_files_are_refused),
                                     cmocka_unit_test(large_files_take_little_time), cmocka_unit_test(times_are_understood)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
