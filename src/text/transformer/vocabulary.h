/* vocabulary.h: pieces by their bytes, and the longest one at a place. Read-only once open; any
 * thread. Inside text/transformer/ only.
 *
 * In a model file a vocabulary NAME is two tensors: NAME.text, the bytes of all pieces one after
 * another, and NAME.lengths, two bytes for each, little-endian: its length (1…32767), and 0x8000 set
 * where a text can never give it (the control tokens). A piece's number is its place. */
#ifndef TRANSFORMER_VOCABULARY_H
#define TRANSFORMER_VOCABULARY_H

#include "nn/nn.h"

enum {
  TRANSFORMER_PIECES = 1 << 20,     /* at most */
  TRANSFORMER_PIECE_BYTES = 1024,   /* of one piece at most */
  TRANSFORMER_HIDDEN = 0x8000,
};
#define TRANSFORMER_NONE UINT32_MAX

typedef struct transformer_vocabulary {
  const char *text;
  uint32_t *ends;  /* [count]: where each piece ends in `text` */
  uint32_t *slots; /* [mask + 1]: number + 1, 0 empty; open addressing */
  uint32_t count, mask;
  size_t longest;  /* bytes of the longest piece that can be found */
} transformer_vocabulary;

/* Of two equal pieces the later is found. `absent`: it may be missing, and is then empty. */
int transformer_vocabulary_open(transformer_vocabulary *vocabulary, const nn_file *file,
                                const char *name, bool absent, mien_error *error);
void transformer_vocabulary_clear(transformer_vocabulary *vocabulary);

/* The hash of nothing, and of what came before with one byte more (FNV-1a). */
#define TRANSFORMER_HASH UINT64_C(0xcbf29ce484222325)
static inline uint64_t transformer_hash(uint64_t hash, uint8_t byte) {
  return (hash ^ byte) * UINT64_C(0x100000001b3);
}

static inline const char *transformer_piece(const transformer_vocabulary *v, uint32_t number,
                                            size_t *bytes) {
  uint32_t begin = number ? v->ends[number - 1] : 0;
  *bytes = v->ends[number] - begin;
  return v->text + begin;
}

/* The piece that is `prefix` and then `text`, whose hash is given; TRANSFORMER_NONE. */
uint32_t transformer_vocabulary_find(const transformer_vocabulary *vocabulary, uint64_t hash,
                                     const char *prefix, size_t prefix_bytes, const char *text,
                                     size_t bytes);
/* The longest piece that `text` begins with, ending between characters; *length is its bytes. */
uint32_t transformer_vocabulary_longest(const transformer_vocabulary *vocabulary, const char *prefix,
                                        size_t prefix_bytes, const char *text, size_t bytes,
                                        size_t *length);

#endif
