/* words.c: a text's words, and which of them say nothing of what it is about. */
#include <stdlib.h>
#include <utf8proc.h>

#include "insight/parts.h"

enum { WORD = 48 /* bytes; longer ones are no words */ };

/* The commonest function words of six languages, in order of the bytes. */
static const char *const function_words[] = {
#include "insight/function_words.inc"
};

static int order(const void *word, const void *other) { return strcmp(word, *(const char *const *)other); }

bool insight_function_word(const char *word) {
  return bsearch(word, function_words, BASE_COUNT(function_words), sizeof *function_words, order) != NULL;
}

/* Scripts that put no spaces between words: their words are taken as pairs of characters. */
static bool unspaced(uint32_t c) {
  return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0xe00 && c <= 0xeff) ||
         (c >= 0x20000 && c <= 0x3ffff);
}

static bool of_word(uint32_t c) {
  utf8proc_category_t kind = utf8proc_category((utf8proc_int32_t)c);
  return (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_MC) || kind == UTF8PROC_CATEGORY_ND;
}

void insight_words(const char *text, size_t bytes, words_each each, void *context) {
  char word[WORD + 8], before[4] = "";
  size_t length = 0, before_length = 0;
  bool gap = true;
  for (size_t at = 0; at <= bytes;) {
    uint32_t c = ' ';
    int n = at < bytes ? base_utf8_next(text + at, bytes - at, &c) : 1;
    if (!n) n = 1, c = 0xfffd;
    bool letter = at < bytes && of_word(c), alone = letter && unspaced(c);
    if (letter && !alone && length < WORD) {
      length += (size_t)utf8proc_encode_char(utf8proc_tolower((utf8proc_int32_t)c), (utf8proc_uint8_t *)word + length);
    } else if (!letter || alone) {
      bool joins = !alone && length && (c == '\'' || c == 0x2019) && at + 1 < bytes;
      if (length && !joins) {
        if (length < WORD) each(context, word, length, gap);
        gap = length >= WORD;
        length = 0;
      }
      if (joins) length = BASE_MIN(length + 1, (size_t)WORD), word[length - 1] = '\'';
      if (!joins && !alone && c != ' ') gap = true;
    }
    if (alone) {
      char pair[8];
      memcpy(pair, before, before_length);
      memcpy(pair + before_length, text + at, (size_t)n);
      if (before_length) each(context, pair, before_length + (size_t)n, true);
      memcpy(before, text + at, (size_t)n);
      before_length = (size_t)n;
    } else {
      before_length = 0;
    }
    at += (size_t)n;
  }
}
