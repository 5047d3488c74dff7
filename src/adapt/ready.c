/* ready.c: the ready-made descriptions, inside the library (ready/ and embed.sh). Any thread. */
#include "adapt/adapt.h"

extern const char adapt_ready_game[], adapt_ready_learning[], adapt_ready_content[], adapt_ready_message[];

static const struct {
  const char *name, *json;
} ready[] = {{"game", adapt_ready_game}, {"learning", adapt_ready_learning}, {"content", adapt_ready_content}, {"message", adapt_ready_message}};

const char *mien_adapt_ready_name(size_t index) { return index < BASE_COUNT(ready) ? ready[index].name : NULL; }

const char *mien_adapt_ready(const char *name) {
  for (size_t i = 0; name && i < BASE_COUNT(ready); i++)
    if (!strcmp(name, ready[i].name)) return ready[i].json;
  return NULL;
}
