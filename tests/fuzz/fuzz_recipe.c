/* fuzz_recipe.c: recipes, and what events say filled into them: the recipe, a byte of 0, then what every name of the event is. Where
 * it is filled in, the body is JSON, and neither address nor headers have a control character. */
#include <stdlib.h>
#include <string.h>

#include "serve/actions/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void look(const recipe_call *call) {
  json_t *body = json_loadb(call->body.data, call->body.length, JSON_REJECT_DUPLICATES, NULL);
  if (!json_is_object(body)) abort();
  json_decref(body);
  if (strncmp(call->url.data, "https://", 8)) abort();
  for (const char *c = call->url.data; *c; c++)
    if ((unsigned char)*c <= ' ' || *c == 127) abort();
  for (size_t i = 0; i < call->header_count; i++)
    for (const char *c = call->headers[i].data; *c; c++)
      if ((unsigned char)*c < ' ') abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  static const char *const names[] = {"rule", "title", "severity", "who", "role", "at", "session", "seq", "reference", "id", "time", "type"};
  serve_recipe *recipe;
  mien_error error = {0};
  const uint8_t *end = bytes ? memchr(data, 0, bytes) : NULL;
  size_t length = end ? (size_t)(end - data) : bytes;
  if (serve_recipe_read(&recipe, (const char *)data, length, "fuzz.yaml", &error)) {
    if (!*error.what || recipe) abort();
    return 0;
  }
  json_t *event = json_object(), *given = end ? json_stringn((const char *)end + 1, bytes - length - 1) : NULL;
  if (!given || strlen(json_string_value(given)) != json_string_length(given)) {
    json_decref(given);
    given = json_string("a");
  }
  for (size_t i = 0; i < BASE_COUNT(names); i++) json_object_set(event, names[i], given);
  json_t *all = json_pack("{s:o,s:{s:s,s:s},s:{s:s,s:s},s:{s:s}}", "event", event, "value", "team", "a", "domain", "b", "secret", "key", "c", "token", "d", "delivery", "id", "e");
  recipe_call call;
  int code = serve_recipe_make(recipe, all, "", &call, &error);
  if (!code) look(&call);
  else if (!*error.what) abort();
  recipe_call_clear(&call);
  json_decref(given);
  json_decref(all);
  serve_recipe_close(&recipe);
  return 0;
}
