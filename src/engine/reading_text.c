/* reading_text.c: a reading as a line for a person. Any thread. */
#include "engine/engine.h"

#include "explain/explain.h"

size_t mien_reading_explain(const mien_reading *reading, char *to, size_t capacity) {
  if (reading) return explain_line(reading, to, capacity);
  if (to && capacity) to[0] = 0;
  return 0;
}
