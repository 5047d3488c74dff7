/* tokens.h: a text as the numbers that an imported encoder was trained on: WordPiece (Wu et al.
 * 2016), byte-level BPE (Sennrich et al. 2016, Radford et al. 2019) or unigram pieces (Kudo 2018),
 * the same as the tokenizers library gives them, with these differences: a text never gives a control
 * token, whatever it says; of a text longer than `look` bytes the first are read; BPE and unigram cut
 * a part without a place to cut at TRANSFORMER_PART bytes.
 *
 * A tokeniser is read-only and shared; a transformer_tokens is one thread's memory, all of it taken at
 * open: reading allocates nothing. */
#ifndef TRANSFORMER_TOKENS_H
#define TRANSFORMER_TOKENS_H

#include "text/transformer/steps.h"
#include "text/transformer/vocabulary.h"

enum {
  TRANSFORMER_PART = 8192,       /* bytes of a part that BPE and unigram see at once */
  TRANSFORMER_LOOK = 32,         /* bytes of the text looked at for each position    */
  TRANSFORMER_AROUND = 4,        /* control tokens before and after, at most         */
  TRANSFORMER_CONTINUING = 16,   /* bytes of "##" and the ending 0                   */
};

enum { TRANSFORMER_WORDPIECE, TRANSFORMER_BPE, TRANSFORMER_UNIGRAM, TRANSFORMER_MODELS };
extern const char *const transformer_model_names[TRANSFORMER_MODELS];

typedef struct transformer_merge { /* BPE: left right -> made; `rank` says which comes first */
  uint32_t left, right, made, rank;
} transformer_merge;

typedef struct transformer_tokeniser {
  int model;
  transformer_vocabulary pieces;
  uint32_t unknown;                /* TRANSFORMER_NONE: what is unknown is left out */
  char continuing[TRANSFORMER_CONTINUING]; /* WordPiece: before pieces inside a word */
  size_t continuing_bytes, word_characters; /* longer words are unknown */
  const uint8_t *scores;           /* unigram: [pieces] little-endian doubles */
  double unknown_score;
  transformer_merge *merges;       /* BPE: [merge_mask + 1], open addressing; rank NONE: empty */
  uint32_t merge_mask, bytes[256]; /* BPE: the piece of each byte, or NONE */
  transformer_vocabulary added[2]; /* found before the normal steps, and after */
  const uint8_t *added_ids[2];     /* four bytes each, little-endian */
  transformer_step normal[TRANSFORMER_STEPS], split[TRANSFORMER_STEPS];
  size_t normal_count, split_count;
  transformer_charsmap charsmap;
  bool has_charsmap;
  uint32_t first[TRANSFORMER_AROUND], last[TRANSFORMER_AROUND];
  size_t first_count, last_count;
} transformer_tokeniser;

/* Reads it from the file and checks every number; pieces are below `rows`. */
int transformer_tokeniser_open(transformer_tokeniser *tokeniser, const nn_file *file, uint32_t rows,
                               mien_error *error);
void transformer_tokeniser_clear(transformer_tokeniser *tokeniser);

typedef struct transformer_tokens {
  uint32_t *ids; /* [count], the control tokens with them */
  size_t count, positions;
  size_t pieces;  /* of the text, those that had no place as well */
  size_t unknown; /* of these */
  size_t look, looked, invalid; /* bytes: at most, of this text, of it not UTF-8 */
  uint32_t *raw;
  transformer_line lines[4];
  char *part;     /* [TRANSFORMER_PART + 4] */
  void *work;     /* BPE and unigram, of one part */
} transformer_tokens;

int transformer_tokens_open(transformer_tokens *tokens, size_t positions);
void transformer_tokens_clear(transformer_tokens *tokens);
void transformer_tokenise(const transformer_tokeniser *tokeniser, transformer_tokens *tokens,
                          const char *utf8, size_t bytes);

/* ---- The three models: of a part's bytes, pushes its pieces ----------------------------------- */

size_t transformer_work_bytes(void);
void transformer_push_piece(const transformer_tokeniser *tokeniser, transformer_tokens *tokens,
                            uint32_t piece);
void transformer_wordpiece(const transformer_tokeniser *tokeniser, transformer_tokens *tokens,
                           const char *part, size_t bytes, size_t characters);
void transformer_bpe(const transformer_tokeniser *tokeniser, transformer_tokens *tokens,
                     const char *part, size_t bytes);
void transformer_unigram(const transformer_tokeniser *tokeniser, transformer_tokens *tokens,
                         const char *part, size_t bytes);

#endif
