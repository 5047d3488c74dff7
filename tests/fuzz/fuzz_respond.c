/* fuzz_respond.c: questions of how to answer, and libraries of sentences. The first byte picks. A library is its files one
 * after another: a name, a newline, JSON, and a byte of 1. */
#include <stdlib.h>
#include <string.h>

#include "respond/respond.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void ask(const mien_respond *respond, const char *text, size_t bytes) {
  mien_error error = {0};
  char *answer;
  if (mien_respond_suggest_json(respond, text, bytes, &answer, &error)) {
    if (answer || !*error.what) abort();
    return;
  }
  json_t *json = json_loads(answer, 0, NULL);
  const json_t *list = json_object_get(json, "suggestions"), *first = json_array_get(list, 0);
  if (!json || json_array_size(list) > MIEN_RESPOND_MOST) abort();
  const char *strategy = json_string_value(json_object_get(first, "strategy"));
  if (json_is_true(json_object_get(json, "crisis")) && (!strategy || strcmp(strategy, "escalate"))) abort();
  if (json_is_false(json_object_get(json, "crisis")) && json_is_true(json_object_get(json, "unsure")) && strategy && strcmp(strategy, "clarify")) abort();
  json_decref(json);
  mien_respond_free(&answer);
}

static void library(char *text) {
  respond_file files[16] = {0};
  size_t count = 0;
  mien_respond *respond;
  mien_error error = {0};
  for (char *at = text, *next; *at && count < BASE_COUNT(files) - 1; at = next) {
    char *end = strchr(at, 1), *line = strchr(at, '\n');
    next = end ? end + 1 : at + strlen(at);
    if (end) *end = 0;
    if (!line || (end && line > end)) continue;
    *line = 0;
    files[count++] = (respond_file){at, line + 1};
  }
  if (respond_library_read(&respond, files, &error)) {
    if (respond || !*error.what || !*error.where) abort();
    return;
  }
  static const char *const questions[] = {"{}", "{\"state\":{\"core\":{\"anger\":1}},\"most\":12}", "{\"turns\":[{\"who\":\"a\",\"text\":\"I want to die\"}]}"};
  for (size_t i = 0; i < BASE_COUNT(questions); i++) ask(respond, questions[i], strlen(questions[i]));
  mien_respond_close(&respond);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  mien_error error = {0};
  if (!bytes) return 0;
  char *text = calloc(bytes, 1);
  if (!text) abort();
  memcpy(text, data + 1, bytes - 1);
  if (data[0] % 2) {
    library(text);
  } else {
    mien_respond *respond;
    if (mien_respond_open(&respond, NULL, &error)) abort();
    ask(respond, text, bytes - 1);
    mien_respond_close(&respond);
  }
  free(text);
  return 0;
}
