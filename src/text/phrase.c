/* phrase.c: phrases in texts. Any thread. */
#include "text/phrase.h"

#include <utf8proc.h>

static bool no_blanks(uint32_t c) {
  return (c >= 0x0e00 && c <= 0x0eff) || (c >= 0x1000 && c <= 0x109f) || (c >= 0x1780 && c <= 0x17ff) ||
         (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) || (c >= 0x20000 && c <= 0x3ffff);
}

static bool part_of_word(uint32_t c) {
  switch (utf8proc_category((utf8proc_int32_t)c)) {
  case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
  case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ND: return true;
  default: return false;
  }
}

size_t text_phrase_fold(const char *text, size_t bytes, char *to, size_t room) {
  size_t used = 0;
  if (room < 2) return 0;
  to[used++] = ' ';
  for (size_t at = 0; at < bytes;) {
    uint32_t c;
    int length = base_utf8_next(text + at, bytes - at, &c);
    at += length ? (size_t)length : 1;
    if (length && (c == '\'' || c == 0x2019 || c == 0x02bc || c == 0x00ad || c == 0x200b)) continue;
    if (!length || !part_of_word(c)) {
      if (to[used - 1] != ' ' && used < room) to[used++] = ' ';
      continue;
    }
    utf8proc_uint8_t small[4];
    utf8proc_ssize_t n = utf8proc_encode_char(utf8proc_tolower((utf8proc_int32_t)c), small);
    if (n <= 0 || used + (size_t)n + 1 > room) break;
    memcpy(to + used, small, (size_t)n);
    used += (size_t)n;
  }
  if (to[used - 1] != ' ' && used < room) to[used++] = ' ';
  return used > 1 ? used : 0;
}

bool text_phrase_whole(const char *folded, size_t bytes) {
  for (size_t at = 0; at < bytes;) {
    uint32_t c;
    int length = base_utf8_next(folded + at, bytes - at, &c);
    if (!length || no_blanks(c)) return false;
    at += (size_t)length;
  }
  return true;
}

size_t text_phrase_trim(const char **phrase, size_t bytes) {
  if (bytes < 2 || text_phrase_whole(*phrase, bytes)) return bytes;
  ++*phrase;
  return bytes - 2;
}

size_t text_phrase_count(const char *folded, size_t bytes) {
  size_t blanks = 0;
  for (size_t i = 0; i < bytes; i++) blanks += folded[i] == ' ';
  return blanks ? blanks - 1 : 0;
}
