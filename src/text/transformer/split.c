/* split.c: the steps that cut a text into parts. */
#include <utf8proc.h>

#include "text/transformer/steps.h"

static void bert(const uint32_t *from, size_t count, transformer_line *to) {
  for (size_t i = 0; i < count; i++) {
    bool alone = transformer_is_punctuation(from[i]);
    if (alone || transformer_is_space(from[i])) transformer_end(to);
    if (!transformer_is_space(from[i])) transformer_push(to, from[i]);
    if (alone) transformer_end(to);
  }
}

static void whitespace(const uint32_t *from, size_t count, transformer_line *to) {
  for (size_t i = 0; i < count; i++) {
    if (transformer_is_space(from[i])) transformer_end(to);
    else transformer_push(to, from[i]);
  }
}

enum { SPACE, LETTER, NUMBER, OTHER };

/* \s, \p{L}, \p{N}, and the rest. */
static int class_of(uint32_t c) {
  if (transformer_is_space(c)) return SPACE;
  switch (utf8proc_category((utf8proc_int32_t)c)) {
  case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT:
  case UTF8PROC_CATEGORY_LM: case UTF8PROC_CATEGORY_LO:
    return LETTER;
  case UTF8PROC_CATEGORY_ND: case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_NO:
    return NUMBER;
  default:
    return OTHER;
  }
}

/* \w: letters, marks, decimal digits, letter-like numbers, connectors, and the joiners. */
static bool is_word(uint32_t c) {
  switch (utf8proc_category((utf8proc_int32_t)c)) {
  case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME:
  case UTF8PROC_CATEGORY_ND: case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_PC:
    return true;
  default:
    return class_of(c) == LETTER || c == 0x200c || c == 0x200d;
  }
}

static void words(const uint32_t *from, size_t count, transformer_line *to) {
  for (size_t i = 0; i < count; i++) {
    bool space = transformer_is_space(from[i]);
    if (space || (i && is_word(from[i]) != is_word(from[i - 1]))) transformer_end(to);
    if (!space) transformer_push(to, from[i]);
  }
}

/* The endings 's 't 're 've 'm 'll 'd; 0: none. */
static size_t contraction(const uint32_t *from, size_t count) {
  static const char *const endings[] = {"s", "t", "re", "ve", "m", "ll", "d"};
  for (size_t i = 0; from[0] == '\'' && i < BASE_COUNT(endings); i++) {
    size_t length = strlen(endings[i]), same = 0;
    while (same < length && same + 1 < count && from[same + 1] == (uint8_t)endings[i][same]) same++;
    if (same == length) return length + 1;
  }
  return 0;
}

/* How much the expression of GPT-2 takes at the start (Radford et al. 2019):
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ */
static size_t gpt2_match(const uint32_t *from, size_t count) {
  size_t taken = contraction(from, count);
  if (taken) return taken;
  size_t begin = from[0] == ' ' && count > 1 ? 1 : 0;
  int class = class_of(from[begin]);
  if (class != SPACE) {
    taken = begin + 1;
    while (taken < count && class_of(from[taken]) == class) taken++;
    return taken;
  }
  while (taken < count && class_of(from[taken]) == SPACE) taken++;
  return taken < count && taken > 1 ? taken - 1 : taken; /* the last goes with the word after it */
}

static void gpt2(const uint32_t *from, size_t count, transformer_line *to) {
  while (count) {
    size_t taken = gpt2_match(from, count);
    for (size_t i = 0; i < taken; i++) transformer_push(to, from[i]);
    transformer_end(to);
    from += taken;
    count -= taken;
  }
}

void transformer_split(const transformer_step *step, const uint32_t *from, size_t count,
                       transformer_line *to) {
  switch (step->what) {
  case STEP_BERT: bert(from, count, to); break;
  case STEP_WHITESPACE: whitespace(from, count, to); break;
  case STEP_WORDS: words(from, count, to); break;
  case STEP_GPT2: gpt2(from, count, to); break;
  case STEP_CUT:
    for (size_t i = 0; i < count; i++) {
      if (from[i] == step->to[0]) transformer_end(to);
      transformer_push(to, from[i]);
    }
    break;
  default: break;
  }
}
