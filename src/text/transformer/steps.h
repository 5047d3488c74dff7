/* steps.h: what happens to a text before it is cut into pieces, as a list of small steps: the
 * normalisers and pre-tokenisers of a checkpoint's tokenizer.json, taken apart (docs/import.md has
 * the table). Inside text/transformer/ only.
 *
 * A line is characters in parts. A step reads one line and writes another; parts that become empty
 * go, what does not fit is left out. Steps keep nothing; any thread. */
#ifndef TRANSFORMER_STEPS_H
#define TRANSFORMER_STEPS_H

#include "base/base.h"

#define TRANSFORMER_STEP_LIST(X)                                                                   \
  X(CLEAN, "clean")           /* no controls and U+FFFD; white space becomes a space */            \
  X(CHINESE, "chinese")       /* a space before and after every Han character */                   \
  X(ACCENTS, "accents")       /* NFD, then without non-spacing marks (Mn) */                       \
  X(MARKS, "marks")           /* without marks (Mn, Mc, Me) */                                     \
  X(LOWER, "lower")           /* lower case, character by character */                             \
  X(NFC, "nfc")               /* the Unicode normal forms */                                       \
  X(NFD, "nfd")                                                                                    \
  X(NFKC, "nfkc")                                                                                  \
  X(NFKD, "nfkd")                                                                                  \
  X(STRIP_LEFT, "strip-left") /* white space at the ends */                                        \
  X(STRIP_RIGHT, "strip-right")                                                                    \
  X(SPACES, "spaces")         /* two spaces or more become `to` */                                 \
  X(REPLACE, "replace")       /* each `from` becomes `to` */                                       \
  X(PREPEND, "prepend")       /* `to` before what is not empty */                                  \
  X(CHARSMAP, "charsmap")     /* SentencePiece's table (charsmap.h) */                             \
  X(BERT, "bert")             /* cut at white space, which goes; punctuation by itself */          \
  X(WHITESPACE, "whitespace") /* cut at white space, which goes */                                 \
  X(WORDS, "words")           /* runs of word characters, and of others; white space goes */       \
  X(MARK, "mark")             /* spaces become `to`; it is put before each part without */         \
  X(MARK_FIRST, "mark-first") /* the same, put before the text's first part only */                \
  X(MARK_NEVER, "mark-never") /* the same, not put before */                                       \
  X(CUT, "cut")               /* cut before each `to` */                                           \
  X(SPACE, "space")           /* a space before each part that does not begin with one */          \
  X(GPT2, "gpt2")             /* cut as GPT-2's expression does */

enum {
#define TRANSFORMER_X(name, text) STEP_##name,
  TRANSFORMER_STEP_LIST(TRANSFORMER_X)
#undef TRANSFORMER_X
  STEP_COUNT
};

enum { TRANSFORMER_STEPS = 16 /* in one list */, TRANSFORMER_STEP_CHARACTERS = 8 };

typedef struct transformer_charsmap {
  const uint8_t *trie; /* units of four bytes, little-endian */
  size_t units;
  const char *strings;
  size_t string_bytes;
} transformer_charsmap;

typedef struct transformer_step {
  int what; /* STEP_… */
  uint32_t from[TRANSFORMER_STEP_CHARACTERS], to[TRANSFORMER_STEP_CHARACTERS];
  size_t from_count, to_count;
} transformer_step;

typedef struct transformer_line {
  uint32_t *characters, *ends; /* `ends` of parts; both [capacity] */
  size_t count, parts, capacity;
} transformer_line;

extern const char *const transformer_step_names[STEP_COUNT];

/* `first`: the line begins where the text does. `map` NULL: there is none. */
void transformer_step_run(const transformer_step *step, const transformer_charsmap *map, bool first,
                          const transformer_line *from, transformer_line *to);

/* The table in the bytes of a `precompiled_charsmap`: four bytes, the length of the trie; the trie;
 * the strings, each ended by 0. False when they are not one. */
bool transformer_charsmap_open(transformer_charsmap *map, const void *data, size_t bytes);
/* What `utf8` becomes by its shortest entry that it begins with, or NULL: it stays. */
const char *transformer_charsmap_find(const transformer_charsmap *map, const char *utf8, size_t bytes,
                                      size_t *length);

/* ---- Characters ------------------------------------------------------------------------------ */

bool transformer_is_space(uint32_t character); /* Unicode's White_Space */
bool transformer_is_punctuation(uint32_t character); /* ASCII's, or category P */
size_t transformer_encode(uint32_t character, char utf8[4]);

static inline void transformer_push(transformer_line *line, uint32_t character) {
  if (line->count < line->capacity) line->characters[line->count++] = character;
}
/* Ends a part, if anything is in it. */
static inline void transformer_end(transformer_line *line) {
  size_t begin = line->parts ? line->ends[line->parts - 1] : 0;
  if (line->count > begin) line->ends[line->parts++] = (uint32_t)line->count;
}

/* split.c: the steps that cut. */
void transformer_split(const transformer_step *step, const uint32_t *characters, size_t count,
                       transformer_line *to);

#endif
