/* subwords.h: a token as pieces of a vocabulary: what the deep model reads.
 *
 * A unigram model after Kudo (2018), "Subword regularization": every piece has a score, and a token is
 * cut where the sum of the scores is largest; train/text_subwords.py makes the vocabulary and gives the
 * same ids. Scores are whole thousandths; of equal cuts the one whose last piece is longest wins, and
 * so on backwards. A character without a piece is spelled in bytes. Words of scripts with spaces begin
 * with U+2581. A token with TEXT_LONG is also tried with its doubled letters single.
 *
 * Read from a model file (docs/model-format.md), n pieces:
 *     vocabulary.text    I8 [1][bytes]   their UTF-8, one after another
 *     vocabulary.lengths I8 [1][n]       bytes of each, 1…64
 *     vocabulary.scores  I8 [1][2n]      int16, little-endian, below 0
 *
 * Threads: read-only after open, shared. Cutting allocates nothing. */
#ifndef TEXT_SUBWORDS_H
#define TEXT_SUBWORDS_H

#include "text/tokens.h"

enum {
  TEXT_SUBWORD_MASK,  /* stands for a hidden piece (training only)                 */
  TEXT_SUBWORD_SELF,  /* before a turn said by who says the turn that is read      */
  TEXT_SUBWORD_OTHER, /* before a turn said by another                             */
  TEXT_SUBWORD_CUT,   /* between the turns before and the turn that is read        */
  TEXT_SUBWORD_BYTES, /* the first of the 256 bytes                                */
  TEXT_SUBWORD_FIRST = TEXT_SUBWORD_BYTES + 256, /* the first piece of the vocabulary */

  TEXT_SUBWORD_SPACE = 0x2581, /* the character that words of scripts with spaces begin with */
  TEXT_SUBWORD_PIECES = 65536 - TEXT_SUBWORD_FIRST, /* pieces of a vocabulary at most: ids have 16 bits */
  TEXT_SUBWORD_LENGTH = 64,                         /* bytes of a piece at most                         */
  TEXT_SUBWORD_TOKEN = 3 + 4 * TEXT_TOKEN_CHARACTERS /* ids of a token at most: U+2581, and all in bytes */
};

typedef struct text_subwords text_subwords;

/* A word that begins with TEXT_SUBWORD_SPACE when it is cut. */
static inline bool text_token_is_spaced(const text_tokens *tokens, const text_token *token) {
  return token->kind == TEXT_WORD && text_character_class(tokens->characters[token->first]) != TEXT_IS_UNSPACED;
}

/* Builds the lookup. MIEN_EMODEL: the tensors are missing or do not agree with each other, or a piece is
 * empty, too long, not UTF-8 or there twice; `error` names the piece. Borrows nothing of the file. */
int text_subwords_open(text_subwords **subwords, const nn_file *file, mien_error *error);
void text_subwords_close(text_subwords **subwords);

/* Ids in use: those of all pieces are below. */
uint32_t text_subwords_count(const text_subwords *subwords);

/* The pieces of token `index`, which came of text_tokenise(…, TEXT_RUNS). Returns how many there are, at
 * most TEXT_SUBWORD_TOKEN; the first `capacity` of them are written, and in `lengths` (may be NULL) the
 * bytes of each, 1…64. `score` (may be NULL): the sum of the pieces' scores, thousandths; -16000 for each
 * byte. */
size_t text_subwords_cut(const text_subwords *subwords, const text_tokens *tokens, size_t index, uint16_t *ids,
                         uint8_t *lengths, size_t capacity, int32_t *score);

#endif
