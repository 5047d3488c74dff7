/* tokens.h: a text as tokens: what the network reads, and where each stands in the bytes given.
 *
 * Normalisation: Unicode NFKC with case folding, a token at a time (utf8proc); invisible characters
 * (format controls, variation selectors, skin tones, tags) removed; curly quotes, full-width and
 * other scripts' sentence marks folded to ASCII.
 * Tokens: words (apostrophes stay inside), numbers (digits of longer numbers become 0), sentence
 * marks (a run is one token), emoji (one token a picture, ♀ ♂ and skin tone folded away),
 * emoticons in one spelling each, masks ("<user>" "<url>" "<mail>" "<name>"…). Hashtags are split
 * at capitals. Scripts written without spaces give overlapping pairs of characters, or runs of them.
 * Marks say what normalisation took away: elongation, shouting, and the scope of a negation.
 *
 * Nothing is allocated; one text_tokens is about 100 KiB. Used by one thread at a time. */
#ifndef TEXT_TOKENS_H
#define TEXT_TOKENS_H

#include "text/text.h"

enum {
  TEXT_TOKEN_CHARACTERS = 32, /* of a longer word, the first */
};

enum { TEXT_WORD, TEXT_NUMBER, TEXT_PUNCTUATION, TEXT_EMOJI, TEXT_EMOTICON, TEXT_MASK };

enum {
  TEXT_NEGATED = 1, /* within three words after a negation                          */
  TEXT_SHOUTED = 2, /* all capitals, two letters or more                            */
  TEXT_LONG = 4,    /* "sooo" "hahaha" ":)))" "😂😂😂": repetition was cut to two or one */
  TEXT_MARKS = 3,   /* how many marks there are                                     */
  TEXT_NEGATION = 8 /* the token is itself a negation (not read by the network)     */
};

typedef struct text_token {
  uint32_t first, count; /* its characters                                    */
  uint32_t at, length;   /* bytes of the text                                 */
  uint8_t kind, marks;   /* TEXT_WORD …; TEXT_NEGATED | …                     */
} text_token;

typedef struct text_tokens {
  text_token items[TEXT_TOKENS];
  size_t count;
  uint32_t characters[TEXT_TOKENS * TEXT_TOKEN_CHARACTERS];
  size_t character_count;
  size_t read;    /* bytes looked at: all, unless TEXT_TOKENS were found before the end */
  size_t invalid; /* bytes that are not UTF-8                                           */
} text_tokens;

/* What becomes of scripts without spaces: overlapping pairs of characters (for n-grams), or runs of up
 * to TEXT_TOKEN_CHARACTERS characters (for subwords). */
enum { TEXT_PAIRS, TEXT_RUNS };
void text_tokenise(text_tokens *tokens, const char *utf8, size_t bytes, int unspaced);

/* ---- Characters (characters.c) --------------------------------------------------------------- */

enum {
  TEXT_IS_SPACE,    /* white space, controls, NUL, unassigned, U+FFFD */
  TEXT_IS_LETTER,   /* letters and their marks                        */
  TEXT_IS_UNSPACED, /* letters of scripts without spaces              */
  TEXT_IS_DIGIT,
  TEXT_IS_PICTURE,  /* emoji                                          */
  TEXT_IS_FLAG,     /* regional indicators, two make a flag           */
  TEXT_IS_MARK,     /* punctuation and symbols                        */
  TEXT_IS_NOTHING,  /* invisible                                      */
};
int text_character_class(uint32_t character);
bool text_character_is_upper(uint32_t character);
/* The sentence mark or quote that stands for it (ASCII), or the character itself. */
uint32_t text_character_mark(uint32_t character);
/* Its compatibility decomposition, case folded; returns how many were written, at most 8. */
size_t text_character_fold(uint32_t character, uint32_t to[8]);
/* Composes in place; returns the new count. */
size_t text_characters_compose(uint32_t *characters, size_t count);

/* ---- Emoticons (emoticons.c) ------------------------------------------------------------------ */

/* Matches an emoticon at the start of `text`. `after_word`: a letter or digit stands right before
 * it. Returns its bytes (0: none), its one spelling (ASCII, at most 7), and whether a part of it
 * was repeated. */
size_t text_emoticon(const char *text, size_t bytes, bool after_word, char spelling[8],
                     bool *repeated);

/* ---- Negations (negations.c) ------------------------------------------------------------------ */
bool text_is_negation(const uint32_t *word, size_t count);

#endif
