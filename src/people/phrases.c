/* phrases.c: patterns of words in a turn. A turn is folded to lower case and cut into words; of a long one the first PEOPLE_SPLIT
 * words are looked at. */
#include "people/parts.h"

#include <utf8proc.h>

enum { MINIMAL = 2 /* words */ };

static const struct {
  int manner;
  float strength;
  const char *words;
} phrases[] = {
#define PHRASE(manner, strength, words) {MIEN_MANNER_##manner, strength, words},
#include "people/phrases.inc"
#undef PHRASE
};

/* Words that say "you", to tell a complaint about a person from one about a thing. */
static const char *const you[] = {"you", "your", "you're", "u", "du", "dich", "dir", "dein", "deine", "sie", "ihr", "tu", "toi", "te", "ton", "vous", "tú", "ti", "usted", "você", "tuo", "lei"};

static bool in_word(int32_t code) {
  utf8proc_category_t kind = utf8proc_category(code);
  return (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_NO) || code == '\'' || code == '-';
}

size_t people_split(const char *utf8, size_t bytes, char to[PEOPLE_FOLDED], const char *words[PEOPLE_SPLIT]) {
  size_t count = 0, used = 0;
  bool inside = false;
  for (size_t at = 0; at < bytes && used + 8 < PEOPLE_FOLDED;) {
    uint32_t code = ' ';
    int length = base_utf8_next(utf8 + at, bytes - at, &code);
    if (!length) code = ' ', length = 1;
    at += (size_t)length;
    if (code == 0x2019 || code == 0x02BC) code = '\'';
    if (!in_word((int32_t)code)) {
      if (inside) to[used++] = 0;
      inside = false;
      continue;
    }
    if (!inside) {
      if (count == PEOPLE_SPLIT) break;
      words[count++] = to + used;
      inside = true;
    }
    used += (size_t)utf8proc_encode_char(utf8proc_tolower((int32_t)code), (utf8proc_uint8_t *)to + used);
  }
  to[used] = 0;
  return count;
}

bool people_matches(const char *pattern, const char *const *words, size_t count, size_t at) {
  while (*pattern) {
    size_t bytes = strcspn(pattern, " ");
    const char *rest = pattern[bytes] ? pattern + bytes + 1 : pattern + bytes;
    if (bytes == 3 && !memcmp(pattern, "…", 3)) {
      for (size_t skip = 0; skip <= 3 && at + skip < count; skip++)
        if (people_matches(rest, words, count, at + skip)) return true;
      return false;
    }
    if (at == count) return false;
    bool any = bytes == 1 && *pattern == '_';
    if (!any && (strlen(words[at]) != bytes || memcmp(words[at], pattern, bytes))) return false;
    pattern = rest;
    at++;
  }
  return true;
}

void people_read_words(const char *utf8, size_t bytes, people_words *found) {
  char folded[PEOPLE_FOLDED];
  const char *words[PEOPLE_SPLIT];
  size_t count = people_split(utf8, bytes, folded, words);
  memset(found, 0, sizeof *found);
  found->minimal = count > 0 && count <= MINIMAL;
  for (size_t w = 0; w < count && !found->addressed; w++)
    for (size_t i = 0; i < BASE_COUNT(you); i++) found->addressed |= !strcmp(words[w], you[i]);
  for (size_t p = 0; p < BASE_COUNT(phrases); p++) {
    int manner = phrases[p].manner;
    if (phrases[p].strength <= found->strength[manner]) continue;
    for (size_t w = 0; w < count; w++)
      if (people_matches(phrases[p].words, words, count, w)) {
        found->strength[manner] = phrases[p].strength;
        size_t length = strnlen(phrases[p].words, PEOPLE_WORDS - 1);
        memcpy(found->phrase[manner], phrases[p].words, length);
        found->phrase[manner][length] = 0;
        break;
      }
  }
}
