/* test_public.c: mien_insight.h: a story and an audience by the public calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mien_insight.h"

static void an_audience(void **state) {
  mien_audience *a = NULL;
  mien_error error = {0};
  const char *json;
  size_t bytes;
  char viewer[16];
  assert_int_equal(mien_audience_open(&a, 0, &error), MIEN_EINVAL);
  assert_null(a);
  assert_int_equal(mien_audience_open(&a, 1, &error), MIEN_OK);
  for (int v = 0; v < 12; v++)
    for (int t = 0; t < 60; t++) {
      snprintf(viewer, sizeof viewer, "viewer %d", v);
      assert_int_equal(mien_audience_add(a, 0, viewer, t, (t >= 30 && t < 40 ? 0.8 : 0) + 0.01 * ((v * 7 + t * 13) % 11 - 5), 0.01 * ((v + t) % 7), &error), MIEN_OK);
      if (v != 3 || t != 59) continue;
      assert_int_equal(mien_audience_figures(a, 1, 200, &json, &bytes, &error), MIEN_EEMPTY); /* four are too few */
      assert_null(json);
    }
  assert_int_equal(mien_audience_figures(a, 1, 5, &json, &bytes, &error), MIEN_EINVAL);
  assert_int_equal(mien_audience_figures(a, 1, 200, &json, &bytes, &error), MIEN_OK);
  assert_int_equal(strlen(json), bytes);
  assert_non_null(strstr(json, "\"direction\":\"up\""));
  assert_null(strstr(json, "viewer 3")); /* nobody alone */
  assert_int_equal(mien_audience_add(a, 2, "x", 0, 0, 0, &error), MIEN_EINVAL);
  assert_int_equal(mien_audience_add(a, 0, "", 0, 0, 0, &error), MIEN_EINVAL);
  mien_audience_close(&a);
  mien_audience_close(&a);
}

static void a_story(void **state) {
  static char text[20000];
  mien_engine_options how = {.size = sizeof how, .text_model = MIEN_MODEL_BULK};
  mien_session_options options = MIEN_SESSION_USUAL;
  mien_engine *engine = NULL;
  mien_session *session = NULL;
  mien_arc *arc = NULL;
  mien_error error = {0};
  size_t bytes;
  for (int i = 0; i < 120; i++) strcat(text, i < 60 ? "It was a terrible and sad day. " : "What a lovely and happy day it was! ");
  assert_int_equal(mien_engine_open(&engine, &how, &error), MIEN_OK);
  options.read = MIEN_READ_TEXT, options.states = 0;
  assert_int_equal(mien_session_open(&session, engine, &options, &error), MIEN_OK);
  assert_int_equal(mien_arc_open(&arc, session, "Short.", 6, NULL, 0, &error), MIEN_EEMPTY);
  assert_null(arc);
  assert_int_equal(mien_arc_open(&arc, NULL, text, strlen(text), NULL, 0, &error), MIEN_EINVAL);
  assert_int_equal(mien_arc_open(&arc, session, text, strlen(text), NULL, 0, &error), MIEN_OK);
  assert_non_null(strstr(mien_arc_json(arc, &bytes), "\"arc\":\"rags to riches\""));
  assert_int_equal(strlen(mien_arc_json(arc, NULL)), bytes);
  mien_arc_close(&arc);
  mien_arc_close(&arc);
  mien_session_close(&session);
  mien_engine_close(&engine);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(an_audience), cmocka_unit_test(a_story)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
