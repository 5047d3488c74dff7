/* crisis.c: words of crisis in a text, of any length. See phrase.h. Any thread; what was folded is wiped. */
#include <string.h>

#include "text/phrase.h"

enum { STEP = 4096, OVER = 256 /* bytes of a piece; of the one before, that no phrase is missed between them */, ROOM = 2 * (STEP + OVER + 4) };

static bool stands_in(const char *folded, size_t bytes) {
  for (size_t i = 0; text_crisis_phrases[i]; i++) {
    char phrase[256];
    const char *from = phrase;
    size_t length = text_phrase_fold(text_crisis_phrases[i], strlen(text_crisis_phrases[i]), phrase, sizeof phrase);
    length = text_phrase_trim(&from, length);
    if (length && memmem(folded, bytes, from, length)) return true;
  }
  return false;
}

bool text_crisis(const char *text, size_t bytes) {
  char folded[ROOM];
  bool found = false;
  for (size_t at = 0; at < bytes && !found; at += STEP) {
    size_t from = at > OVER ? at - OVER : 0, length = BASE_MIN(bytes, at + STEP) - from;
    for (int i = 0; i < 3 && from && ((unsigned char)text[from] & 0xC0) == 0x80; i++) from--, length++;
    size_t count = text_phrase_fold(text + from, length, folded, sizeof folded);
    found = count && stands_in(folded, count);
    memset(folded, 0, count);
  }
  return found;
}
