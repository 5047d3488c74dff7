/* Metrics and tables of `mien eval`, against values worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "eval/metrics.h"
#include "eval/table.h"
#include "eval/text.h"
#include "eval/voice_way.h"

static const uint32_t each[] = {0, 1, 2, 3, 4, 5, 6, 7};
#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-6)

/* Class 0: 3 of 4 right; class 1: 1 of 2; class 2: 0 of 1. Guesses of 0: 4, of 1: 2, of 2: 1. */
static const eval_item items[] = {
    {0, 0, 0.95f, 1, false},     {0, 0, 0.92f, 3, false}, {0, 0, 0.55f, 3, true},
    {0, 1, 0.55f, 2, true},      {1, 1, 0.95f, 2, false}, {1, 0, 0.30f, 7, true},
    {2, 2 - 3, 0.30f, 4, false},
};

static void labels(void **state) {
  NEAR(eval_accuracy(items, each, 7), 4.0 / 7);
  NEAR(eval_uar(items, each, 7), (3.0 / 4 + 1.0 / 2 + 0) / 3);
  /* F1: class 0: hit 3, miss 1, alarm 1 -> 6/8; class 1: hit 1, miss 1, alarm 1 -> 2/4; class 2: 0
   */
  NEAR(eval_macro_f1(items, each, 7), (0.75 + 0.5 + 0) / 3);
  NEAR(eval_weighted_f1(items, each, 7), (4 * 0.75 + 2 * 0.5 + 0) / 7);
  assert_true(isnan(eval_weighted_f1(items, each, 0)));
  NEAR(eval_abstained(items, each, 7), 3.0 / 7);
  NEAR(eval_accuracy_kept(items, each, 7), 3.0 / 4);
  NEAR(eval_accuracy(items, (uint32_t[]){6, 6, 0}, 3), 1.0 / 3); /* repeats count */
  NEAR(eval_uar(items, each, 4), 3.0 / 4);                       /* absent classes do not */
  assert_true(isnan(eval_accuracy(items, each, 0)));
  assert_true(isnan(eval_uar(items, each, 0)));
}

static void calibration(void **state) {
  /* bins of 1/15: .95 and .92 -> bins 14 and 13; .55 -> 8; .30 -> 4
   * bin 14: 2 right, confidence 1.90 -> .10; bin 13: right, .92 -> .08; bin 8: 1 of 2 right, 1.10
   * -> .10; bin 4: none of 2 right, .60 -> .60 */
  NEAR(eval_ece(items, each, 7), (0.10 + 0.08 + 0.10 + 0.60) / 7);
  /* sets {0} {0,1} {0,1} {1} {1} {0,1,2} {2}: all but the fourth hold the truth */
  NEAR(eval_coverage(items, each, 7), 6.0 / 7);
  NEAR(eval_set_size(items, each, 7), (1 + 2 + 2 + 1 + 1 + 3 + 1) / 7.0);
  const eval_item sure = {1, 1, 1.0f, 2, false};
  NEAR(eval_ece(&sure, each, 1), 0); /* a confidence of 1 falls into the last bin */
}

static void several_labels(void **state) {
  const eval_multi multi[] = {{1, 1}, {1 | 2, 2}, {4, 1}, {0, 0}, {2, 2 | 8}};
  /* label 0: hit 1, miss 1, alarm 1 -> 2/4; label 1: hit 2 -> 1; label 2: hit 0, miss 1 -> 0;
   * label 3: nobody gave it */
  NEAR(eval_multi_f1(multi, each, 5), (0.5 + 1 + 0) / 3);
  const eval_multi last = {UINT32_C(1) << 31, UINT32_C(1) << 31};
  NEAR(eval_multi_f1(&last, each, 1), 1);
  eval_multi own[5]; /* label 1 by itself: hit 2 */
  eval_only_label(multi, 5, 1, own);
  NEAR(eval_multi_f1(own, each, 5), 1);
  NEAR(eval_f1_of_always(own, 5), 2 * 2.0 / (2 + 5));
  eval_only_label(multi, 5, 0, own);
  NEAR(eval_multi_f1(own, each, 5), 0.5);
}

static void pairs(void **state) {
  const eval_pair line[] = {{1, 2}, {2, 4}, {3, 6}}, cross[] = {{-1, 1}, {0, 0}, {1, 1}},
                  some[] = {{1, 1}, {2, 3}, {3, 2}};
  NEAR(eval_pearson(line, each, 3), 1);
  NEAR(eval_pearson(cross, each, 3), 0);
  NEAR(eval_pearson(some, each, 3), 0.5);
  NEAR(eval_mean(line, each, 3), 4);
  NEAR(eval_ratio(some, each, 2), 4.0 / 3); /* of sums, not a mean of ratios */
  assert_true(isnan(eval_ratio(cross, (uint32_t[]){1}, 1)));
  assert_true(isnan(eval_pearson(line, (uint32_t[]){0, 0}, 2))); /* no spread */
}

static void interval(void **state) {
  enum { N = 400 };
  static eval_item many[N];
  for (int i = 0; i < N; i++)
    many[i] = (eval_item){i % 2, i % 4 < 2 ? i % 2 : 1 - i % 2, 0.5f, 3, false};
  eval_value value = eval_interval(eval_accuracy, many, N),
             again = eval_interval(eval_accuracy, many, N);
  NEAR(value.value, 0.5);
  /* the binomial's 95 % interval: .5 ± 1.96 sqrt(.25 / 400) = .451 … .549 */
  assert_true(fabs(value.low - 0.451) < 0.012 && fabs(value.high - 0.549) < 0.012);
  assert_memory_equal(&value, &again, sizeof value);
  assert_true(isnan(eval_interval(eval_accuracy, many, 0).value));
  const void *lists[] = {many, items};
  value = eval_interval_of_mean(eval_accuracy, lists, (size_t[]){N, 7}, 2);
  NEAR(value.value, (0.5 + 4.0 / 7) / 2);
  assert_true(value.low < value.value && value.value < value.high);
}

/* As Python has them: " ".join(text.split()), zlib.crc32. */
static void splits(void **state) {
  static const char *const texts[][2] = {{"  a \t b\r\n", "a b"},
                                         {"a\u00a0\u3000b\u2009", "a b"},
                                         {"\x1f", ""},
                                         {"a\u200bb", "a\u200bb"},
                                         {"a\xff b", "a\xff b"}};
  for (size_t i = 0; i < BASE_COUNT(texts); i++) {
    char *cleaned = eval_cleaned(texts[i][0]);
    assert_string_equal(cleaned, texts[i][1]);
    free(cleaned);
  }
  assert_int_equal(eval_checksum("123456789"), 0xCBF43926);
  assert_int_equal(eval_checksum(""), 0);
}

static void grouping(void **state) {
  for (int k = 0; k < MIEN_FINE; k++) { /* a fine label of a core label's name is in it */
    int core = eval_core_of_name(mien_fine_name(k));
    assert_true(core < 0 || core == eval_core_of_fine[k]);
  }
  assert_int_equal(eval_core_of_fine[MIEN_FINE - 1], MIEN_NEUTRAL);
}

static void models_once(void **state) {
  eval_report report = {0};
  eval_note_models(&report, NULL);
  eval_note_models(&report, "- a\n");
  eval_note_models(&report, "- b\n- a\n- c\n");
  assert_string_equal(report.models.data, "- a\n- b\n- c\n");
  eval_report_clear(&report);
}

static int table_of(eval_table *table, const char *text, size_t bytes, char separator,
                    mien_error *error) {
  char path[] = "/tmp/mien-eval-XXXXXX";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  assert_int_equal(write(descriptor, text, bytes), bytes);
  close(descriptor);
  int code = eval_table_open(table, path, separator, error);
  unlink(path);
  return code;
}

static void tables(void **state) {
  eval_table table;
  mien_error error = {0};
  const char csv[] =
      "\xEF\xBB\xBFid,text,label\r\n1,\"a, \"\"b\"\"\nc\",x\r\n2,plain\r\n3,d,e,too many";
  assert_int_equal(table_of(&table, csv, sizeof csv - 1, ',', &error), MIEN_OK);
  assert_int_equal(table.rows, 4);
  assert_int_equal(table.columns, 3);
  assert_string_equal(eval_table_cell(&table, 0, 2), "label");
  assert_string_equal(eval_table_cell(&table, 1, 1), "a, \"b\"\nc");
  assert_string_equal(eval_table_cell(&table, 1, 2), "x");
  assert_string_equal(eval_table_cell(&table, 2, 1), "plain");
  assert_string_equal(eval_table_cell(&table, 2, 2), "");
  assert_string_equal(eval_table_cell(&table, 3, 2), "e");
  assert_string_equal(eval_table_cell(&table, 9, 9), "");
  assert_int_equal(eval_table_column(&table, "text", "f.csv", &error), 1);
  assert_int_equal(eval_table_column(&table, "none", "f.csv", &error), -1);
  assert_non_null(strstr(error.what, "none"));
  eval_table_close(&table);

  const char tsv[] = "\"quoted\" as it is\t1,2\tx\n\t\t\n";
  assert_int_equal(table_of(&table, tsv, sizeof tsv - 1, '\t', &error), MIEN_OK);
  assert_int_equal(table.rows, 2);
  assert_string_equal(eval_table_cell(&table, 0, 0), "\"quoted\" as it is");
  assert_string_equal(eval_table_cell(&table, 1, 2), "");
  eval_table_close(&table);

  assert_int_equal(table_of(&table, "", 0, ',', &error), MIEN_EEMPTY);
  assert_int_equal(table_of(&table, "a\0b", 3, ',', &error), MIEN_EFORMAT);
  assert_int_equal(table_of(&table, "a,\"never closed", 15, ',', &error), MIEN_OK);
  assert_string_equal(eval_table_cell(&table, 0, 1), "never closed");
  eval_table_close(&table);
  assert_int_equal(eval_table_open(&table, "/nowhere/at/all.csv", ',', &error), MIEN_EIO);
  assert_non_null(strstr(error.where, "/nowhere/at/all.csv"));
}

/* The power of a tone of that many hertz in samples at 16 kHz, after the first tenth. */
static double tone(const float *x, int count, double hertz) {
  double re = 0, im = 0;
  for (int i = count / 10; i < count; i++) {
    re += x[i] * cos(2 * 3.14159265358979 * hertz * i / 16000);
    im += x[i] * sin(2 * 3.14159265358979 * hertz * i / 16000);
  }
  return (re * re + im * im) / (0.81 * count * count) * 4;
}

static void ways_of_a_voice(void **state) {
  enum { COUNT = 16000 };
  static float clean[COUNT], x[COUNT], y[COUNT], recorded[500];
  for (int i = 0; i < COUNT; i++)
    for (int k = 0; k < 3; k++) /* 100, 1000 and 5000 Hz, each of 0.1 */
      clean[i] += 0.1f * (float)sin(2 * 3.14159265358979 * (int[]){100, 1000, 5000}[k] * i / 16000);
  for (int i = 0; i < 500; i++) recorded[i] = (float)(i * 7919 % 1000) / 500 - 1;

  for (int kind = WAY_WHITE; kind <= WAY_WORLD; kind++) { /* noise: as much as is asked for */
    voice_way way = {"", kind, 10, WAY_WIDE, 0};
    double noise = 0;
    memcpy(x, clean, sizeof x);
    voice_way_go(&way, x, COUNT, 3, recorded, 500);
    for (int i = 0; i < COUNT; i++) noise += (x[i] - clean[i]) * (x[i] - clean[i]) / COUNT;
    assert_true(fabs(10 * log10(0.015 / noise) - 10) < 0.3);
    memcpy(y, clean, sizeof y);
    voice_way_go(&way, y, COUNT, 3, recorded, 500);
    assert_memory_equal(x, y, sizeof x); /* the same seed, the same samples */
    voice_way_go(&way, memcpy(y, clean, sizeof y), COUNT, 4, recorded, 500);
    assert_memory_not_equal(x, y, sizeof x);
  }
  for (int line = WAY_BAND; line <= WAY_ALAW; line++) { /* the band passes 1 kHz alone */
    voice_way way = {"", WAY_QUIET, 0, line, 0};
    memcpy(x, clean, sizeof x);
    voice_way_go(&way, x, COUNT, 1, NULL, 0);
    double kept = tone(x, COUNT, 1000);
    assert_true(kept > 0.01);
    assert_true(tone(x, COUNT, 100) < kept * 1e-3);
    assert_true(tone(x, COUNT, 5000) < kept * 1e-3);
    assert_true(tone(x, COUNT, 3000) < kept * 1e-3); /* 5 kHz folded at 8 kHz */
  }
  voice_way loud = {"", WAY_QUIET, 0, WAY_WIDE, 30}, quiet = {"", WAY_QUIET, 0, WAY_WIDE, -30};
  voice_way_go(&loud, memcpy(x, clean, sizeof x), COUNT, 1, NULL, 0);
  float most = 0;
  for (int i = 0; i < COUNT; i++) most = fmaxf(most, fabsf(x[i]));
  assert_true(most == 1.0f);
  voice_way_go(&quiet, memcpy(x, clean, sizeof x), COUNT, 1, NULL, 0);
  assert_true(fabs(x[5] - clean[5] * pow(10, -1.5)) < 1e-6);
  voice_way_go(&quiet, x, 0, 1, NULL, 0); /* no samples, no harm */
}

static void a_simulated_course_is_followed(void **state) {
  eval_context context = {.data = "", .models = NULL};
  mien_error error = {0};
  assert_int_equal(eval_follow(&context, &error), MIEN_OK);
  size_t floors = 0;
  for (size_t i = 0; i < context.report.count; i++) {
    const eval_row *row = &context.report.rows[i];
    if (isnan(row->at_least) && isnan(row->at_most)) continue;
    if (!eval_met(row)) fail_msg("%s, %s: %f", row->part, row->measure, row->value.value);
    floors++;
  }
  assert_int_equal(floors, 6); /* three kinds of course, error and coverage */
  eval_report_clear(&context.report);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels), cmocka_unit_test(calibration), cmocka_unit_test(several_labels),
      cmocka_unit_test(pairs),  cmocka_unit_test(interval),    cmocka_unit_test(tables),
      cmocka_unit_test(splits), cmocka_unit_test(grouping),    cmocka_unit_test(models_once),
      cmocka_unit_test(ways_of_a_voice), cmocka_unit_test(a_simulated_course_is_followed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
