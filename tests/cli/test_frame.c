/* The frame of every command: options, ordered jobs, widths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/base.h"
#include "cli/cli.h"
#include "cli/jobs.h"
#include "cli/options.h"
#include "cli/terminal.h"

static int flag, jobs;
static double fps;
static const char *out;
static const cli_option options[] = {
    {"flag", OPTION_FLAG, NULL, &flag, "a flag", 0, 0},
    {"jobs", OPTION_INTEGER, "N", &jobs, "threads", 1, 64},
    {"fps", OPTION_NUMBER, "N", &fps, "a number", 0, 0},
    {"out", OPTION_TEXT, "FILE", &out, "a text", 0, 0},
    {0},
};
static const cli_usage usage = {"test", "FILE…", "About.\n", options, NULL};

static int parse(int count, ...) {
  static char *argv[16];
  va_list list;
  va_start(list, count);
  argv[0] = "test";
  for (int i = 1; i <= count; i++) argv[i] = va_arg(list, char *);
  argv[count + 1] = NULL;
  va_end(list);
  int argc = count + 1, result = cli_options_read(&usage, &argc, argv);
  if (result != OPTIONS_GO) return result;
  return 100 + argc - 1; /* operands left */
}

static void options_stand_anywhere(void **state) {
  assert_int_equal(parse(6, "a", "--jobs", "3", "b", "--flag", "-"), 103);
  assert_int_equal(jobs, 3);
  assert_int_equal(flag, 1);
  assert_int_equal(parse(4, "--fps=2.5", "--out=x=y", "--", "--flag"), 101);
  assert_true(fps == 2.5);
  assert_string_equal(out, "x=y");
}

static void wrong_usage_is_told(void **state) {
  assert_int_equal(parse(1, "--nothing"), CLI_USAGE);
  assert_int_equal(parse(1, "-x"), CLI_USAGE);
  assert_int_equal(parse(2, "--jobs", "0"), CLI_USAGE);
  assert_int_equal(parse(2, "--jobs", "2.5"), CLI_USAGE);
  assert_int_equal(parse(2, "--jobs", "many"), CLI_USAGE);
  assert_int_equal(parse(2, "--fps", "nan"), CLI_USAGE);
  assert_int_equal(parse(1, "--jobs"), CLI_USAGE);
  assert_int_equal(parse(1, "--flag=1"), CLI_USAGE);
}

/* Numbers are squared by threads of unlike speed and must come out in order. */
typedef struct work {
  int next, last, given, stop_after, worked;
} work;
typedef struct item {
  int number, square;
} item;

static int take(void *context, void *to) {
  work *w = context;
  if (w->next >= w->last) return 0;
  ((item *)to)->number = w->next++;
  return 1;
}
static void square(void *context, int thread, void *from) {
  item *i = from;
  if (i->number % 3 == 0) usleep(200);
  i->square = i->number * i->number;
}
static int give(void *context, void *from) {
  work *w = context;
  item *i = from;
  assert_int_equal(i->number, w->given);
  assert_int_equal(i->square, i->number * i->number);
  w->given++;
  return w->given != w->stop_after;
}

static void jobs_keep_the_order(void **state) {
  for (int threads = 1; threads <= 9; threads += 4) {
    work w = {.last = 500};
    assert_int_equal(cli_jobs_run(&(cli_jobs){threads, sizeof(item), take, square, give, NULL, &w}), MIEN_OK);
    assert_int_equal(w.given, 500);
  }
  work w = {.last = 500, .stop_after = 20};
  assert_int_equal(cli_jobs_run(&(cli_jobs){4, sizeof(item), take, square, give, NULL, &w}), MIEN_OK);
  assert_int_equal(w.given, 20);
  work none = {0};
  assert_int_equal(cli_jobs_run(&(cli_jobs){4, sizeof(item), take, square, give, NULL, &none}), MIEN_OK);
}

static void widths(void **state) {
  assert_int_equal(cli_columns("abc", 3), 3);
  assert_int_equal(cli_columns("é", 2), 1);
  assert_int_equal(cli_columns("日本", 6), 4);
  assert_int_equal(cli_columns("e\xcc\x81", 3), 1); /* a combining accent */
  assert_int_equal(cli_fit("one two three", 13, 9), 8);
  assert_int_equal(cli_fit("one", 3, 9), 3);
  assert_int_equal(cli_fit("unbreakable", 11, 4), 4);
  assert_int_equal(cli_fit("日本", 6, 3), 3);
  assert_int_equal(cli_fit("日", 3, 1), 3); /* always moves on */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(options_stand_anywhere),
      cmocka_unit_test(wrong_usage_is_told),
      cmocka_unit_test(jobs_keep_the_order),
      cmocka_unit_test(widths),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
