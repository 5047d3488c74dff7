/* characters.c: classes and folding of single characters, on utf8proc's Unicode tables. */
#include "text/tokens.h"

#include <utf8proc.h>

static bool between(uint32_t c, uint32_t low, uint32_t high) { return c - low <= high - low; }

/* Thai, Lao, Tibetan, Burmese, Khmer, Han, kana. */
static bool unspaced(uint32_t c) {
  return between(c, 0x0e00, 0x0fff) || between(c, 0x1000, 0x109f) || between(c, 0x1780, 0x17ff) ||
         between(c, 0x2e80, 0x2fdf) || between(c, 0x3005, 0x3007) || between(c, 0x3040, 0x30ff) ||
         between(c, 0x31f0, 0x31ff) || between(c, 0x3400, 0x4dbf) || between(c, 0x4e00, 0x9fff) ||
         between(c, 0xf900, 0xfaff) || between(c, 0xff66, 0xff9f) || between(c, 0x20000, 0x323af);
}

int text_character_class(uint32_t c) {
  if (c < 0x80) {
    if (between(c | 0x20, 'a', 'z')) return TEXT_IS_LETTER;
    if (between(c, '0', '9')) return TEXT_IS_DIGIT;
    return c <= ' ' || c == 0x7f ? TEXT_IS_SPACE : TEXT_IS_MARK;
  }
  if (c == 0xfffd) return TEXT_IS_SPACE;
  if (between(c, 0x1f1e6, 0x1f1ff)) return TEXT_IS_FLAG;
  if (between(c, 0x1f3fb, 0x1f3ff) || between(c, 0xfe00, 0xfe0f) || c == 0x20e3)
    return TEXT_IS_NOTHING; /* skin tones, variation selectors, keycap */
  const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)c);
  if (property->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC && c > 0x2030)
    return c == 0x2122 || c == 0x2139 ? TEXT_IS_SPACE : TEXT_IS_PICTURE;
  switch (property->category) {
  case UTF8PROC_CATEGORY_LU:
  case UTF8PROC_CATEGORY_LL:
  case UTF8PROC_CATEGORY_LT:
  case UTF8PROC_CATEGORY_LM:
  case UTF8PROC_CATEGORY_LO:
  case UTF8PROC_CATEGORY_MN:
  case UTF8PROC_CATEGORY_MC:
  case UTF8PROC_CATEGORY_NL:
    return unspaced(c) ? TEXT_IS_UNSPACED : TEXT_IS_LETTER;
  case UTF8PROC_CATEGORY_ND:
    return TEXT_IS_DIGIT;
  case UTF8PROC_CATEGORY_CF:
  case UTF8PROC_CATEGORY_ME:
    return TEXT_IS_NOTHING;
  case UTF8PROC_CATEGORY_PC:
  case UTF8PROC_CATEGORY_PD:
  case UTF8PROC_CATEGORY_PS:
  case UTF8PROC_CATEGORY_PE:
  case UTF8PROC_CATEGORY_PI:
  case UTF8PROC_CATEGORY_PF:
  case UTF8PROC_CATEGORY_PO:
    return TEXT_IS_MARK;
  case UTF8PROC_CATEGORY_SM:
  case UTF8PROC_CATEGORY_SC:
  case UTF8PROC_CATEGORY_SK:
  case UTF8PROC_CATEGORY_SO:
    return between(c, 0x2600, 0x27bf) ? TEXT_IS_PICTURE : TEXT_IS_MARK;
  default:
    return TEXT_IS_SPACE;
  }
}

bool text_character_is_upper(uint32_t c) {
  if (c < 0x80) return between(c, 'A', 'Z');
  return utf8proc_get_property((utf8proc_int32_t)c)->category == UTF8PROC_CATEGORY_LU;
}

uint32_t text_character_mark(uint32_t c) {
  if (between(c, 0xff01, 0xff5e)) return c - 0xff01 + '!'; /* full-width ASCII */
  switch (c) {
  case 0x2018: case 0x2019: case 0x02bc: case 0x201b: case 0x00b4: case 0x2032:
    return '\'';
  case 0x201c: case 0x201d: case 0x201e: case 0x201f: case 0x00ab: case 0x00bb: case 0x300c:
  case 0x300d: case 0x300e: case 0x300f:
    return '"';
  case 0x3002: case 0xff61: case 0x0964: case 0x0965: case 0x06d4: case 0x1362: case 0x104b:
    return '.'; /* CJK, danda, Urdu, Ethiopic, Burmese */
  case 0x3001: case 0xff64: case 0x060c: case 0x1363:
    return ',';
  case 0x061f: case 0x037e: case 0x2047: case 0x1367:
    return '?';
  case 0x203c: case 0x01c3:
    return '!';
  default:
    return c;
  }
}

size_t text_character_fold(uint32_t c, uint32_t to[8]) {
  if (c < 0x80) return to[0] = between(c, 'A', 'Z') ? c | 0x20 : c, 1;
  utf8proc_int32_t decomposed[32];
  int class = 0;
  utf8proc_ssize_t count = utf8proc_decompose_char(
      (utf8proc_int32_t)c, decomposed, (utf8proc_ssize_t)BASE_COUNT(decomposed),
      UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, &class);
  if (count < 0 || count > (utf8proc_ssize_t)BASE_COUNT(decomposed)) return to[0] = c, 1;
  size_t written = 0;
  for (utf8proc_ssize_t i = 0; i < count && written < 8; i++)
    if (decomposed[i] > ' ') to[written++] = (uint32_t)decomposed[i];
  return written;
}

size_t text_characters_compose(uint32_t *characters, size_t count) {
  utf8proc_ssize_t composed = utf8proc_normalize_utf32(
      (utf8proc_int32_t *)characters, (utf8proc_ssize_t)count, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  return composed < 0 ? count : (size_t)composed;
}
