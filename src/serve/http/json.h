/* json.h: what reading JSON takes in many files. */
#ifndef SERVE_JSON_H
#define SERVE_JSON_H

#include <jansson.h>

/* The text of that name in an object; "" where there is none, or where it is none. Borrowed. */
static inline const char *serve_text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

#endif
