/* vocabulary.c: see vocabulary.h. */
#include "text/transformer/vocabulary.h"

#include <stdio.h>

static const char *const remedy = "import the model again";

static uint32_t place(const transformer_vocabulary *v, uint64_t hash) {
  hash ^= hash >> 32;
  return (uint32_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 32) & v->mask;
}

static bool same(const transformer_vocabulary *v, uint32_t number, const char *prefix,
                 size_t prefix_bytes, const char *text, size_t bytes) {
  size_t length;
  const char *piece = transformer_piece(v, number, &length);
  return length == prefix_bytes + bytes && !memcmp(piece, prefix, prefix_bytes) &&
         !memcmp(piece + prefix_bytes, text, bytes);
}

uint32_t transformer_vocabulary_find(const transformer_vocabulary *v, uint64_t hash, const char *prefix,
                                     size_t prefix_bytes, const char *text, size_t bytes) {
  if (!v->slots) return TRANSFORMER_NONE;
  for (uint32_t slot = place(v, hash); v->slots[slot]; slot = (slot + 1) & v->mask)
    if (same(v, v->slots[slot] - 1, prefix, prefix_bytes, text, bytes)) return v->slots[slot] - 1;
  return TRANSFORMER_NONE;
}

uint32_t transformer_vocabulary_longest(const transformer_vocabulary *v, const char *prefix,
                                        size_t prefix_bytes, const char *text, size_t bytes,
                                        size_t *length) {
  uint32_t best = TRANSFORMER_NONE;
  uint64_t hash = TRANSFORMER_HASH;
  if (!v->slots) return best;
  for (size_t i = 0; i < prefix_bytes; i++) hash = transformer_hash(hash, (uint8_t)prefix[i]);
  for (size_t i = 0; i < bytes && prefix_bytes + i < v->longest; i++) {
    hash = transformer_hash(hash, (uint8_t)text[i]);
    if (i + 1 < bytes && ((uint8_t)text[i + 1] & 0xc0) == 0x80) continue; /* inside a character */
    uint32_t found = transformer_vocabulary_find(v, hash, prefix, prefix_bytes, text, i + 1);
    if (found == TRANSFORMER_NONE) continue;
    best = found;
    *length = i + 1;
  }
  return best;
}

static int refuse(mien_error *error, const char *name, const char *what) {
  return base_error_set(error, MIEN_EMODEL, name, remedy, "%s", what);
}

/* Places every piece that can be found. */
static void fill(transformer_vocabulary *v, const uint8_t *lengths) {
  for (uint32_t i = 0; i < v->count; i++) {
    if (lengths[2 * i + 1] & 0x80) continue;
    size_t bytes;
    const char *piece = transformer_piece(v, i, &bytes);
    uint64_t hash = TRANSFORMER_HASH;
    for (size_t k = 0; k < bytes; k++) hash = transformer_hash(hash, (uint8_t)piece[k]);
    uint32_t slot = place(v, hash);
    while (v->slots[slot] && !same(v, v->slots[slot] - 1, piece, 0, piece, bytes))
      slot = (slot + 1) & v->mask;
    v->slots[slot] = i + 1;
    v->longest = BASE_MAX(v->longest, bytes);
  }
}

int transformer_vocabulary_open(transformer_vocabulary *v, const nn_file *file, const char *name,
                                bool absent, mien_error *error) {
  char text_name[64], lengths_name[64];
  snprintf(text_name, sizeof text_name, "%s.text", name);
  snprintf(lengths_name, sizeof lengths_name, "%s.lengths", name);
  *v = (transformer_vocabulary){0};
  if (absent) {
    bool there = false;
    for (size_t i = 0; i < nn_file_count(file); i++)
      there |= !strcmp(nn_file_tensor_at(file, i)->name, text_name);
    if (!there) return MIEN_OK;
  }
  const uint32_t dims[2] = {1, 0};
  const nn_tensor *text = nn_file_tensor(file, text_name, NN_I8, 2, dims, error);
  const nn_tensor *sizes = text ? nn_file_tensor(file, lengths_name, NN_I8, 2, dims, error) : NULL;
  if (!sizes) return MIEN_EMODEL;
  if (sizes->dims[1] % 2 || sizes->dims[1] / 2 > TRANSFORMER_PIECES)
    return refuse(error, lengths_name, "the vocabulary has an odd or too large number of pieces");
  const uint8_t *lengths = sizes->data;
  v->count = sizes->dims[1] / 2;
  v->text = text->data;
  uint32_t slots = 16;
  while (slots < 2 * v->count) slots *= 2;
  v->mask = slots - 1;
  v->ends = base_alloc(v->count, sizeof *v->ends);
  v->slots = base_alloc(slots, sizeof *v->slots);
  if (!v->ends || !v->slots)
    return base_error_set(error, MIEN_ENOMEM, name, "free some memory", "out of memory");
  uint32_t end = 0;
  for (uint32_t i = 0; i < v->count; i++) {
    uint32_t bytes = (uint32_t)lengths[2 * i] | (uint32_t)(lengths[2 * i + 1] & 0x7f) << 8;
    if (bytes == 0 || bytes > TRANSFORMER_PIECE_BYTES || bytes > text->dims[1] - end)
      return refuse(error, lengths_name, "a piece of the vocabulary is empty, too long or past the end");
    v->ends[i] = end += bytes;
  }
  if (end != text->dims[1]) return refuse(error, text_name, "bytes follow the last piece");
  fill(v, lengths);
  return MIEN_OK;
}

void transformer_vocabulary_clear(transformer_vocabulary *v) {
  base_free(v->ends);
  base_free(v->slots);
  *v = (transformer_vocabulary){0};
}
