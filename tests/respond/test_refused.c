/* test_refused.c: every refusal of a library names its file, its entry and what is wrong; the one inside is whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../failing.h"
#include "respond/respond.h"

#define REASONS "{\"why\":{\"w\":{\"source\":\"S\",\"words\":{\"en\":\"because\"}}},\"avoid\":{\"a\":{\"source\":\"S\",\"words\":{\"en\":\"no\"}}}}"
#define FILE_OF(strategy, entries) "{\"strategy\":\"" strategy "\",\"title\":{\"en\":\"T\"},\"source\":\"S\",\"entries\":[" entries "]}"
#define CLARIFY FILE_OF("clarify", "{\"id\":\"clarify.a\",\"words\":{\"en\":\"What?\"},\"why\":\"w\"}")
#define ESCALATE FILE_OF("escalate", "{\"id\":\"escalate.a\",\"when\":{\"crisis\":true},\"words\":{\"en\":\"Stay.\"},\"why\":\"w\"}")
#define REFLECT(entry) FILE_OF("reflect", "{\"id\":\"reflect.a\"," entry "}")
#define WORDS "\"words\":{\"en\":\"Hm.\"},\"why\":\"w\""

static void refused(void **state) {
  static const struct {
    const char *reflect, *where, *what;
  } rows[] = {
      {"{", "reflect.json, line", "not JSON"},
      {"[]", "reflect.json", "object"},
      {"{\"strategie\":1}", "reflect.json", "'strategie' is not known"},
      {FILE_OF("clarify", ""), "reflect.json", "has to be 'reflect'"},
      {"{\"strategy\":\"reflect\",\"title\":{},\"source\":\"S\",\"entries\":[]}", "reflect.json", "title is missing in English"},
      {"{\"strategy\":\"reflect\",\"title\":{\"en\":\"T\",\"it\":\"T\"},\"source\":\"S\",\"entries\":[]}", "reflect.json", "'it' is not known"},
      {"{\"strategy\":\"reflect\",\"title\":{\"en\":\"T\"},\"entries\":[]}", "reflect.json", "source has to be"},
      {FILE_OF("reflect", ""), "reflect.json", "at least one"},
      {FILE_OF("reflect", "{\"id\":\"clarify.b\"," WORDS "}"), "reflect.json, entry 1", "has to be reflect."},
      {FILE_OF("reflect", "{\"id\":\"reflect.B\"," WORDS "}"), "reflect.json, entry 1", "a-z"},
      {FILE_OF("reflect", "{\"id\":\"reflect.b\"," WORDS "},{\"id\":\"reflect.b\"," WORDS "}"), "reflect.json, entry 'reflect.b'", "there twice"},
      {REFLECT("\"word\":1," WORDS), "reflect.json, entry 1", "'word' is not known"},
      {REFLECT("\"when\":[]," WORDS), "entry 'reflect.a'", "object"},
      {REFLECT("\"when\":{\"mood\":[]}," WORDS), "entry 'reflect.a'", "'mood' is not known"},
      {REFLECT("\"when\":{\"core\":[\"rage\"]}," WORDS), "entry 'reflect.a'", "'rage' in core"},
      {REFLECT("\"when\":{\"core\":[]}," WORDS), "entry 'reflect.a'", "list of 1"},
      {REFLECT("\"when\":{\"states\":[\"rage\"]}," WORDS), "entry 'reflect.a'", "'rage' in states"},
      {REFLECT("\"when\":{\"moves\":[\"up\"]}," WORDS), "entry 'reflect.a'", "'up' in moves"},
      {REFLECT("\"when\":{\"place\":[7]}," WORDS), "entry 'reflect.a'", "in place"},
      {REFLECT("\"when\":{\"crisis\":1}," WORDS), "entry 'reflect.a'", "true or false"},
      {REFLECT("\"roles\":[\"A Boss\"]," WORDS), "entry 'reflect.a'", "'A Boss' in roles"},
      {REFLECT("\"purposes\":\"game\"," WORDS), "entry 'reflect.a'", "purposes"},
      {REFLECT("\"why\":\"w\""), "entry 'reflect.a'", "words has to be"},
      {REFLECT("\"words\":{\"de\":\"Hm.\"},\"why\":\"w\""), "entry 'reflect.a'", "missing in English"},
      {REFLECT("\"words\":{\"en\":\"\"},\"why\":\"w\""), "entry 'reflect.a'", "words.en"},
      {REFLECT("\"words\":{\"en\":\"a\\nb\"},\"why\":\"w\""), "entry 'reflect.a'", "control character"},
      {REFLECT("\"words\":{\"en\":\"a [b\"},\"why\":\"w\""), "entry 'reflect.a'", "bracket"},
      {REFLECT("\"words\":{\"en\":\"a] [b\"},\"why\":\"w\""), "entry 'reflect.a'", "bracket"},
      {REFLECT("\"words\":{\"en\":{\"formal\":\"a\"}},\"why\":\"w\""), "entry 'reflect.a'", "words.en"},
      {REFLECT("\"words\":{\"en\":{\"formal\":\"a\",\"informal\":\"b\",\"rude\":\"c\"}},\"why\":\"w\""), "entry 'reflect.a'", "'rude' is not known"},
      {REFLECT("\"words\":{\"en\":\"Hm.\"},\"why\":\"x\""), "entry 'reflect.a'", "'x', its why, is not in reasons.json"},
      {REFLECT("\"avoid\":\"w\"," WORDS), "entry 'reflect.a'", "its avoid"},
  };
  for (size_t i = 0; i < BASE_COUNT(rows); i++) {
    respond_file files[] = {{"reasons.json", REASONS}, {"clarify.json", CLARIFY}, {"escalate.json", ESCALATE}, {"reflect.json", rows[i].reflect}, {0}};
    mien_respond *respond;
    mien_error error = {0};
    assert_int_equal(respond_library_read(&respond, files, &error), MIEN_EFORMAT);
    assert_null(respond);
    if (!strstr(error.what, rows[i].what) || !strstr(error.where, rows[i].where) || !*error.remedy)
      fail_msg("row %zu: '%s' (%s); %s", i, error.what, error.where, error.remedy);
  }
}

static void whole(void **state) {
  static const struct {
    respond_file files[5];
    const char *where, *what;
  } rows[] = {
      {{{"clarify.json", CLARIFY}, {"escalate.json", ESCALATE}}, "reasons.json", "no reasons.json"},
      {{{"reasons.json", "{}"}}, "reasons.json", "object of reasons"},
      {{{"reasons.json", "{\"why\":{\"w\":{\"words\":{\"en\":\"x\"}}},\"avoid\":{}}"}}, "why 'w'", "source"},
      {{{"reasons.json", REASONS}, {"escalate.json", ESCALATE}}, "clarify.json", "nothing is known"},
      {{{"reasons.json", REASONS}, {"clarify.json", CLARIFY}}, "escalate.json", "words of crisis"},
      {{{"reasons.json", REASONS}, {"clarify.json", CLARIFY}, {"escalate.json", FILE_OF("escalate", "{\"id\":\"escalate.a\"," WORDS "}")}}, "escalate.json", "words of crisis"},
      {{{"reasons.json", REASONS}, {"sing.json", CLARIFY}}, "sing.json", "no strategy"},
      {{{"reasons.json", REASONS}, {"reasons.json", REASONS}}, "reasons.json", "twice"},
  };
  for (size_t i = 0; i < BASE_COUNT(rows); i++) {
    mien_respond *respond;
    mien_error error = {0};
    assert_int_equal(respond_library_read(&respond, rows[i].files, &error), MIEN_EFORMAT);
    assert_null(respond);
    if (!strstr(error.what, rows[i].what) || !strstr(error.where, rows[i].where)) fail_msg("row %zu: '%s' (%s)", i, error.what, error.where);
  }
}

static void put(const char *folder, const char *name, const char *bytes, size_t count) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, count, file), count);
  assert_int_equal(fclose(file), 0);
}

/* The same from a folder; what is not JSON by its name is left alone. */
static void folder(void **state) {
  char path[] = "/tmp/mien-respond-XXXXXX", huge[512];
  mien_respond *respond;
  mien_error error = {0};
  assert_non_null(mkdtemp(path));
  put(path, "reasons.json", REASONS, strlen(REASONS)), put(path, "clarify.json", CLARIFY, strlen(CLARIFY));
  put(path, "escalate.json", ESCALATE, strlen(ESCALATE)), put(path, "README", "x", 1);
  if (mien_respond_open(&respond, path, &error)) fail_msg("%s (%s)", error.what, error.where);
  assert_int_equal(respond->entry_count, 2);
  mien_respond_close(&respond);
  put(path, "mine.json", "{}", 2);
  assert_int_equal(mien_respond_open(&respond, path, &error), MIEN_EFORMAT);
  assert_non_null(strstr(error.where, "mine.json"));
  snprintf(huge, sizeof huge, "%s/mine.json", path);
  unlink(huge);
  snprintf(huge, sizeof huge, "%s/reflect.json", path);
  put(path, "reflect.json", "{}", 2);
  assert_int_equal(truncate(huge, RESPOND_FILE + 1), 0);
  assert_int_equal(mien_respond_open(&respond, path, &error), MIEN_ELIMIT);
  static const char *const names[] = {"reasons.json", "clarify.json", "escalate.json", "README", "reflect.json"};
  for (size_t i = 0; i < BASE_COUNT(names); i++) snprintf(huge, sizeof huge, "%s/%s", path, names[i]), unlink(huge);
  rmdir(path);
  assert_int_equal(mien_respond_open(&respond, path, &error), MIEN_EIO);
}

static int open_close(void *context) {
  mien_respond *respond;
  mien_error error = {0};
  char *answer;
  int code = mien_respond_open(&respond, NULL, &error);
  if (!code) code = mien_respond_suggest_json(respond, "{}", 2, &answer, &error);
  if (!code) mien_respond_free(&answer);
  mien_respond_close(&respond);
  return code;
}

static void memory(void **state) { assert_true(failing_every(open_close, NULL) > 5); }

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(refused), cmocka_unit_test(whole), cmocka_unit_test(folder), cmocka_unit_test(memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
