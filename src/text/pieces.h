/* pieces.h: a token as the pieces that have a vector: itself, and its character n-grams.
 *
 * After Bojanowski et al. (2017): a word is framed by '<' and '>'; its pieces are the n-grams of 3
 * to 5 characters, or of 2 to 4 from U+0900 on, where a character says more (Indic, Ethiopic,
 * Hangul…). A pair of characters of a script without spaces has its single characters. Numbers,
 * marks, emoji and masks have none. All of it follows from the token's characters alone. */
#ifndef TEXT_PIECES_H
#define TEXT_PIECES_H

#include "text/tokens.h"

enum { TEXT_PIECES = 3 * (TEXT_TOKEN_CHARACTERS + 2) };

/* FNV-1a's step (Fowler, Noll, Vo 1991) on whole characters, then the finaliser of SplitMix64. */
uint64_t text_token_hash(const uint32_t *characters, size_t count);
/* Returns how many hashes were written. */
size_t text_token_pieces(const uint32_t *characters, size_t count, uint64_t hashes[TEXT_PIECES]);

#endif
