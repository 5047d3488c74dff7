/* test_arc.c: stories whose arc is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "insight/arc.h"

enum { LINES = 600 };
static uint64_t state = 1;
static double noise(void) {
  double sum = 0;
  for (int i = 0; i < 12; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    sum += (double)(state >> 33) / 2147483648.0;
  }
  return sum - 6;
}

static void story(arc_line *lines, int arc, double height) {
  for (int i = 0; i < LINES; i++) {
    double x = (i + 0.5) / LINES, shape = 0;
    if (arc == ARC_RISE) shape = 2 * x - 1;
    if (arc == ARC_FALL) shape = 1 - 2 * x;
    if (arc == ARC_FALL_RISE) shape = cos(6.2832 * x);
    if (arc == ARC_RISE_FALL) shape = -cos(6.2832 * x);
    if (arc == ARC_RISE_FALL_RISE) shape = -cos(9.4248 * x);
    if (arc == ARC_FALL_RISE_FALL) shape = cos(9.4248 * x);
    lines[i] = (arc_line){(float)BASE_CLAMP(height * shape + 0.3 * noise(), -1.0, 1.0), 12};
  }
}

static void each_of_six(void **unused) {
  static arc_line lines[LINES];
  arc_curve c;
  for (int arc = 0; arc < ARCS; arc++) {
    story(lines, arc, 0.5);
    assert_int_equal(arc_of(lines, LINES, 1, &c, NULL), MIEN_OK);
    if (c.nearest != arc || c.share[arc] < 0.9 || c.r[arc] < 0.8) fail_msg("%s was taken for %s (%.2f of resamples)", arc_name(arc), arc_name(c.nearest), c.share[c.nearest]);
    assert_true(fabs(c.words - 12 * LINES) < 0.5);
    for (int p = 0; p < ARC_POINTS; p++) assert_true(c.low[p] <= c.mean[p] && c.mean[p] <= c.high[p]);
  }
  story(lines, ARC_FALL_RISE, 0.5);
  assert_int_equal(arc_of(lines, LINES, 1, &c, NULL), MIEN_OK);
  int deepest = -1;
  for (int i = 0; i < c.turn_count; i++)
    if (!c.turns[i].up) deepest = c.turns[i].at;
  assert_in_range(deepest, 40, 60);
}

/* Sentences that go nowhere: the nearest arc is not sure, and it has few turning points. */
static void flat(void **unused) {
  static arc_line lines[LINES];
  arc_curve c;
  int sure = 0, turns = 0;
  for (int i = 0; i < 40; i++) {
    story(lines, ARCS, 0);
    assert_int_equal(arc_of(lines, LINES, 1, &c, NULL), MIEN_OK);
    sure += c.share[c.nearest] > 0.9;
    turns += c.turn_count;
  }
  printf("flat stories: %d of 40 sure of an arc, %d turning points\n", sure, turns);
  assert_true(sure <= 20);
}

static void wrong(void **unused) {
  arc_line lines[ARC_SENTENCES_LEAST] = {{0}};
  arc_curve c;
  mien_error error = {0};
  assert_int_equal(arc_of(lines, 3, 1, &c, &error), MIEN_EEMPTY);
  for (size_t i = 0; i < BASE_COUNT(lines); i++) lines[i] = (arc_line){NAN, 5};
  int code = arc_of(lines, BASE_COUNT(lines), 1, &c, &error);
  assert_true(code == MIEN_EEMPTY || (!code && c.turn_count == 0));
  assert_null(arc_name(-1));
  assert_null(arc_name(ARCS));
}

static int count(void *context, const char *text, size_t bytes, size_t words) {
  ++*(int *)context;
  assert_true(bytes > 0 && words > 0 && words <= 60);
  return MIEN_OK;
}

static void sentences(void **unused) {
  static const struct {
    const char *text;
    int count;
  } cases[] = {{"", 0}, {" \n\n ", 0}, {"One. Two! Three?", 3}, {"No end", 1}, {"Mid\xff bad.", 1}};
  for (size_t i = 0; i < BASE_COUNT(cases); i++) {
    int got = 0;
    assert_int_equal(arc_sentences(cases[i].text, strlen(cases[i].text), count, &got), MIEN_OK);
    if (got != cases[i].count) fail_msg("%zu: %d sentences", i, got);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_of_six), cmocka_unit_test(flat), cmocka_unit_test(wrong), cmocka_unit_test(sentences)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
