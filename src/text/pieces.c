/* pieces.c: hashes of a token and of its n-grams. */
#include "text/pieces.h"

#define BASIS_TOKEN 0xcbf29ce484222325u
#define BASIS_PIECE 0x9ae16a3b2f90404fu

static uint64_t step(uint64_t hash, uint32_t c) { return (hash ^ c) * 0x100000001b3u; }

static uint64_t finish(uint64_t hash) {
  hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9u;
  hash = (hash ^ hash >> 27) * 0x94d049bb133111ebu;
  return hash ^ hash >> 31;
}

uint64_t text_token_hash(const uint32_t *characters, size_t count) {
  uint64_t hash = BASIS_TOKEN;
  for (size_t i = 0; i < count; i++) hash = step(hash, characters[i]);
  return finish(hash);
}

size_t text_token_pieces(const uint32_t *characters, size_t count, uint64_t hashes[TEXT_PIECES]) {
  if (!count || count > TEXT_TOKEN_CHARACTERS) return 0;
  int class = text_character_class(characters[0]);
  size_t written = 0;
  if (class == TEXT_IS_UNSPACED) {
    for (size_t i = 0; i < count; i++) hashes[written++] = finish(step(BASIS_PIECE, characters[i]));
    return written;
  }
  size_t letters = 0;
  for (size_t i = 0; i < count && !letters; i++)
    letters += text_character_class(characters[i]) == TEXT_IS_LETTER;
  if (!letters || characters[0] == '<') return 0;
  uint32_t framed[TEXT_TOKEN_CHARACTERS + 2];
  framed[0] = '<';
  memcpy(framed + 1, characters, count * sizeof *characters);
  framed[count + 1] = '>';
  size_t shortest = characters[0] >= 0x900 ? 2 : 3, longest = shortest + 2;
  for (size_t i = 0; i < count + 2; i++) {
    uint64_t hash = BASIS_PIECE;
    for (size_t n = 1; n <= longest && i + n <= count + 2; n++) {
      hash = step(hash, framed[i + n - 1]);
      if (n >= shortest) hashes[written++] = finish(hash);
    }
  }
  return written;
}
