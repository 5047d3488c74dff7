/* normal.c: the steps that change characters, on utf8proc's Unicode tables. */
#include <utf8proc.h>

#include "text/transformer/steps.h"

const char *const transformer_step_names[STEP_COUNT] = {
#define TRANSFORMER_X(name, text) text,
    TRANSFORMER_STEP_LIST(TRANSFORMER_X)
#undef TRANSFORMER_X
};

static bool between(uint32_t c, uint32_t low, uint32_t high) { return c - low <= high - low; }

static int category(uint32_t c) { return utf8proc_category((utf8proc_int32_t)c); }

bool transformer_is_space(uint32_t c) {
  return between(c, 9, 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         between(c, 0x2000, 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

bool transformer_is_punctuation(uint32_t c) {
  if (c < 0x80)
    return between(c, '!', '/') || between(c, ':', '@') || between(c, '[', '`') || between(c, '{', '~');
  return between((uint32_t)category(c), UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO);
}

size_t transformer_encode(uint32_t c, char utf8[4]) {
  if (c < 0x80) return utf8[0] = (char)c, 1;
  size_t bytes = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  for (size_t i = bytes - 1; i; i--, c >>= 6) utf8[i] = (char)(0x80 | (c & 0x3f));
  utf8[0] = (char)(lead[bytes] | c);
  return bytes;
}

/* Controls (Cc), formats (Cf) and private use (Co); tab and line ends are white space. */
static bool is_control(uint32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  int kind = category(c);
  return kind == UTF8PROC_CATEGORY_CC || kind == UTF8PROC_CATEGORY_CF || kind == UTF8PROC_CATEGORY_CO;
}

/* The blocks that BERT's tokeniser calls Chinese; the fifth begins later than Unicode's block, as
 * the tokenizers library has it. */
static bool is_chinese(uint32_t c) {
  return between(c, 0x4e00, 0x9fff) || between(c, 0x3400, 0x4dbf) || between(c, 0x20000, 0x2a6df) ||
         between(c, 0x2a700, 0x2b73f) || between(c, 0x2b740, 0x2b81f) ||
         between(c, 0x2b920, 0x2ceaf) || between(c, 0xf900, 0xfaff) || between(c, 0x2f800, 0x2fa1f);
}

static void push_all(transformer_line *to, const uint32_t *characters, size_t count) {
  for (size_t i = 0; i < count; i++) transformer_push(to, characters[i]);
}

static void clean(const uint32_t *from, size_t count, transformer_line *to) {
  for (size_t i = 0; i < count; i++) {
    if (from[i] == 0 || from[i] == 0xfffd || is_control(from[i])) continue;
    transformer_push(to, transformer_is_space(from[i]) ? ' ' : from[i]);
  }
}

static void chinese(const uint32_t *from, size_t count, transformer_line *to) {
  for (size_t i = 0; i < count; i++) {
    bool alone = is_chinese(from[i]);
    if (alone) transformer_push(to, ' ');
    transformer_push(to, from[i]);
    if (alone) transformer_push(to, ' ');
  }
}

static void lower(const uint32_t *from, size_t count, transformer_line *to) {
  for (size_t i = 0; i < count; i++) {
    if (from[i] == 0x130) { /* the one letter whose lower case is two characters */
      transformer_push(to, 'i');
      transformer_push(to, 0x307);
    } else {
      transformer_push(to, (uint32_t)utf8proc_tolower((utf8proc_int32_t)from[i]));
    }
  }
}

/* Decomposes, and puts marks into their canonical order (Unicode 3.11). */
static void decompose(const uint32_t *from, size_t count, bool compatible, transformer_line *to) {
  size_t begin = to->count;
  for (size_t i = 0; i < count; i++) {
    utf8proc_int32_t parts[32];
    int class = 0;
    utf8proc_ssize_t found = utf8proc_decompose_char(
        (utf8proc_int32_t)from[i], parts, (utf8proc_ssize_t)BASE_COUNT(parts),
        compatible ? UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT : UTF8PROC_DECOMPOSE, &class);
    if (found < 0 || found > (utf8proc_ssize_t)BASE_COUNT(parts)) {
      transformer_push(to, from[i]);
      continue;
    }
    for (utf8proc_ssize_t k = 0; k < found; k++) {
      int order = utf8proc_get_property(parts[k])->combining_class;
      size_t at = to->count;
      transformer_push(to, (uint32_t)parts[k]);
      if (!order || to->count == at) continue;
      for (; at > begin; at--) {
        uint32_t before = to->characters[at - 1];
        if (utf8proc_get_property((utf8proc_int32_t)before)->combining_class <= order) break;
        to->characters[at] = before;
      }
      to->characters[at] = (uint32_t)parts[k];
    }
  }
}

static void compose(transformer_line *to, size_t begin) {
  utf8proc_ssize_t count =
      utf8proc_normalize_utf32((utf8proc_int32_t *)to->characters + begin,
                               (utf8proc_ssize_t)(to->count - begin), UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  if (count >= 0) to->count = begin + (size_t)count;
}

/* Leaves out marks after `begin`: Mn, or with `all` Mc and Me as well. */
static void drop_marks(transformer_line *to, size_t begin, bool all) {
  size_t kept = begin;
  for (size_t i = begin; i < to->count; i++) {
    int kind = category(to->characters[i]);
    bool mark = kind == UTF8PROC_CATEGORY_MN ||
                (all && (kind == UTF8PROC_CATEGORY_MC || kind == UTF8PROC_CATEGORY_ME));
    if (!mark) to->characters[kept++] = to->characters[i];
  }
  to->count = kept;
}

static void spaces(const transformer_step *step, const uint32_t *from, size_t count,
                   transformer_line *to) {
  for (size_t i = 0; i < count;) {
    size_t run = 0;
    while (i + run < count && from[i + run] == ' ') run++;
    if (run >= 2) push_all(to, step->to, step->to_count);
    else transformer_push(to, from[i]);
    i += BASE_MAX(run, (size_t)1);
  }
}

static void replace(const transformer_step *step, const uint32_t *from, size_t count,
                    transformer_line *to) {
  for (size_t i = 0; i < count;) {
    bool here = step->from_count && step->from_count <= count - i &&
                !memcmp(from + i, step->from, step->from_count * sizeof *from);
    if (here) push_all(to, step->to, step->to_count);
    else transformer_push(to, from[i]);
    i += here ? step->from_count : 1;
  }
}

/* Spaces become step->to, which may be put before the part. */
static void mark(const transformer_step *step, const uint32_t *from, size_t count, bool before,
                 transformer_line *to) {
  if (before && count && from[0] != ' ' && from[0] != step->to[0]) transformer_push(to, step->to[0]);
  for (size_t i = 0; i < count; i++) transformer_push(to, from[i] == ' ' ? step->to[0] : from[i]);
}

/* ---- SentencePiece's table -------------------------------------------------------------------- */

bool transformer_charsmap_open(transformer_charsmap *map, const void *data, size_t bytes) {
  const uint8_t *from = data;
  if (bytes < 4) return false;
  size_t trie = (size_t)from[0] | (size_t)from[1] << 8 | (size_t)from[2] << 16 | (size_t)from[3] << 24;
  if (trie % 4 || trie == 0 || trie > bytes - 4) return false;
  *map = (transformer_charsmap){from + 4, trie / 4, (const char *)from + 4 + trie, bytes - 4 - trie};
  return true;
}

/* A double-array trie (Aoe 1989) as Darts-clone lays it out: of a unit, bits 0–7 and 31 are its
 * label, bit 8 says that its value stands at its offset, bits 10–30 are the offset, times 256 if bit
 * 9 is set. A value is a place among the strings. */
static uint32_t unit_at(const transformer_charsmap *map, size_t at) {
  const uint8_t *unit = map->trie + 4 * at;
  return (uint32_t)unit[0] | (uint32_t)unit[1] << 8 | (uint32_t)unit[2] << 16 | (uint32_t)unit[3] << 24;
}

static size_t offset_of(uint32_t unit) { return (size_t)(unit >> 10) << ((unit >> 9 & 1) * 8); }

const char *transformer_charsmap_find(const transformer_charsmap *map, const char *utf8, size_t bytes,
                                      size_t *length) {
  size_t at = offset_of(unit_at(map, 0));
  for (size_t i = 0; i < bytes && utf8[i]; i++) {
    at ^= (uint8_t)utf8[i];
    if (at >= map->units) return NULL;
    uint32_t unit = unit_at(map, at);
    if ((unit & 0x800000ffu) != (uint8_t)utf8[i]) return NULL;
    at ^= offset_of(unit);
    if (at >= map->units) return NULL;
    if (!(unit >> 8 & 1)) continue;
    size_t value = unit_at(map, at) & 0x7fffffffu;
    if (value >= map->string_bytes) return NULL;
    *length = strnlen(map->strings + value, map->string_bytes - value);
    return map->strings + value;
  }
  return NULL;
}

static bool push_mapped(const transformer_charsmap *map, const char *utf8, size_t bytes,
                        transformer_line *to) {
  size_t length = 0;
  const char *text = transformer_charsmap_find(map, utf8, bytes, &length);
  if (!text) return false;
  for (size_t i = 0; i < length;) {
    uint32_t c = 0xfffd;
    int step = base_utf8_next(text + i, length - i, &c);
    transformer_push(to, step ? c : 0xfffd);
    i += step ? (size_t)step : 1;
  }
  return true;
}

/* A whole grapheme of less than six bytes is looked for first, then its characters one by one; so
 * the tokenizers library reads the table. */
static void charsmap(const transformer_charsmap *map, const uint32_t *from, size_t count,
                     transformer_line *to) {
  for (size_t i = 0; i < count;) {
    char utf8[8];
    size_t bytes = transformer_encode(from[i], utf8), end = i + 1;
    utf8proc_int32_t state = 0;
    bool short_enough = true;
    while (end < count && !utf8proc_grapheme_break_stateful((utf8proc_int32_t)from[end - 1],
                                                           (utf8proc_int32_t)from[end], &state)) {
      char next[4];
      size_t more = transformer_encode(from[end], next);
      if (bytes + more < 6) memcpy(utf8 + bytes, next, more);
      else short_enough = false;
      bytes = short_enough ? bytes + more : 6;
      end++;
    }
    if (!(short_enough && push_mapped(map, utf8, bytes, to)))
      for (size_t k = i; k < end; k++) {
        bytes = transformer_encode(from[k], utf8);
        if (!push_mapped(map, utf8, bytes, to)) transformer_push(to, from[k]);
      }
    i = end;
  }
}

/* ---- One step ---------------------------------------------------------------------------------- */

static void run_part(const transformer_step *step, const transformer_charsmap *map, bool first,
                     const uint32_t *from, size_t count, transformer_line *to) {
  size_t begin = to->count;
  switch (step->what) {
  case STEP_CLEAN: clean(from, count, to); break;
  case STEP_CHINESE: chinese(from, count, to); break;
  case STEP_ACCENTS:
    decompose(from, count, false, to);
    drop_marks(to, begin, false);
    break;
  case STEP_MARKS:
    push_all(to, from, count);
    drop_marks(to, begin, true);
    break;
  case STEP_LOWER: lower(from, count, to); break;
  case STEP_NFD: case STEP_NFKD: decompose(from, count, step->what == STEP_NFKD, to); break;
  case STEP_NFC: case STEP_NFKC:
    decompose(from, count, step->what == STEP_NFKC, to);
    compose(to, begin);
    break;
  case STEP_STRIP_LEFT:
    while (count && transformer_is_space(*from)) from++, count--;
    push_all(to, from, count);
    break;
  case STEP_STRIP_RIGHT:
    while (count && transformer_is_space(from[count - 1])) count--;
    push_all(to, from, count);
    break;
  case STEP_SPACES: spaces(step, from, count, to); break;
  case STEP_REPLACE: replace(step, from, count, to); break;
  case STEP_PREPEND:
    if (count) push_all(to, step->to, step->to_count);
    push_all(to, from, count);
    break;
  case STEP_CHARSMAP:
    if (map) charsmap(map, from, count, to);
    else push_all(to, from, count);
    break;
  case STEP_MARK: mark(step, from, count, true, to); break;
  case STEP_MARK_FIRST: mark(step, from, count, first, to); break;
  case STEP_MARK_NEVER: mark(step, from, count, false, to); break;
  case STEP_SPACE:
    if (count && from[0] != ' ') transformer_push(to, ' ');
    push_all(to, from, count);
    break;
  default: transformer_split(step, from, count, to); break;
  }
  transformer_end(to);
}

void transformer_step_run(const transformer_step *step, const transformer_charsmap *map, bool first,
                          const transformer_line *from, transformer_line *to) {
  to->count = to->parts = 0;
  size_t begin = 0;
  for (size_t i = 0; i < from->parts; begin = from->ends[i++])
    run_part(step, map, first && i == 0, from->characters + begin, from->ends[i] - begin, to);
}
