/* model.h: the bulk network's parts, inside text/ only.
 *
 *   token -> vector [D]: its row of the table; for a token without one, the mean of its n-grams'
 *            rows; for one with neither, zeros; plus a row for each of its marks
 *   x [T][D] -> conv1 (3 wide, relu) -> c [T][C]; y = c + relu(conv2(c)), 3 wide   [T][C]
 *   pooled   = attention over y, one weighing for each of A slices of C/A channels; maximum of y;
 *              mean of x                                                     [C + C + D]
 *   hidden   = relu(linear(pooled))                                          [H]
 *   heads    = linear(hidden): 28 fine, 7 core, 6 BRIGHTER, 3 dims           [44]
 *
 * The rows of frequent words were made from the word's own vector and its n-grams' when the model
 * was written, so that reading one costs one row. The table is a hash table of buckets of 16 rows:
 * `keys` has 16 fingerprints a bucket (a cache line), 0 for an empty place. */
#ifndef TEXT_MODEL_H
#define TEXT_MODEL_H

#include "text/kinds.h"
#include "text/pieces.h"

enum {
  TEXT_FEATURES = 1,  /* feature version: tokens.h and pieces.h as they are now */
  TEXT_BUCKET = 16,
  TEXT_HEADS = MIEN_FINE + MIEN_CORE + TEXT_BRIGHTER + MIEN_DIMS,
  TEXT_WIDTH_MAX = 256,  /* D, C and H at most */
  TEXT_SLICES_MAX = 16,  /* A at most          */
  TEXT_LANGUAGES = 64,   /* threshold tables   */
};

typedef struct text_bulk {
  uint32_t buckets;
  const uint32_t *keys;         /* [buckets][16] */
  const nn_tensor *rows;        /* I8 [buckets*16][D] */
  const nn_tensor *marks;       /* F32 [3][D] */
  nn_tensor conv1, conv2;       /* packed: [C][3][D], [C][3][C] */
  nn_tensor hidden, heads;      /* packed: [H][2C+D], [44][H] */
  const nn_tensor *conv1_bias, *conv2_bias, *hidden_bias, *heads_bias;
  const nn_tensor *attend;      /* F32 [A][C] */
  const nn_tensor *hidden_rows; /* I8 [H][2C+D], as in the file: for cues */
  const nn_tensor *heads_rows;  /* F32 [44][H] */
  size_t width, channels, slices, depth; /* D, C, A, H */
  nn_calibration calibration;
  float fine_thresholds[MIEN_FINE];
  struct { char name[TEXT_LANGUAGE]; float thresholds[TEXT_BRIGHTER]; } languages[TEXT_LANGUAGES];
  size_t language_count; /* the first is that of all languages */
} text_bulk;

typedef struct text_bulk_reader {
  const text_bulk *model;
  bool cues_wanted;
  text_tokens tokens;
  float *x;       /* [1 + T + 1][D], zeros around */
  float *c;       /* [1 + T + 1][C], zeros around */
  float *y;       /* [T][C] */
  float *weights; /* [A][T], attention */
  float *spoken;  /* [T], what each token spoke for */
  float *scratch;
  size_t known;   /* tokens that have a vector */
  float pooled[3 * TEXT_WIDTH_MAX], hidden[TEXT_WIDTH_MAX], heads[TEXT_HEADS];
  mien_cue cues[TEXT_CUES];
} text_bulk_reader;

/* The row of a piece, or UINT32_MAX. */
static inline uint32_t text_bulk_row(const text_bulk *model, uint64_t hash) {
  uint32_t bucket = (uint32_t)((hash >> 32) * model->buckets >> 32);
  uint32_t key = (uint32_t)hash ? (uint32_t)hash : 1;
  const uint32_t *keys = model->keys + (size_t)bucket * TEXT_BUCKET;
  uint32_t found = UINT32_MAX;
  for (uint32_t i = 0; i < TEXT_BUCKET; i++) found = keys[i] == key ? i : found;
  return found == UINT32_MAX ? found : bucket * TEXT_BUCKET + found;
}

int text_bulk_open(void **model, const nn_file *file, mien_error *error);
void text_bulk_close(void *model);

const float *text_bulk_hidden(const void *reader, size_t *count);
int text_bulk_contributions(void *reader, const char *utf8, size_t bytes, text_contribution *list,
                            size_t capacity);

/* Shared with the deep model. The strongest shares, at most TEXT_CUES, in their order; returns how many
 * there are, *sum the magnitudes of all. A cue of the bytes at…at+length. */
size_t text_cues_order(const float *shares, size_t count, uint16_t order[TEXT_CUES], float *sum);
void text_cue_fill(mien_cue *cue, const char *text, size_t at, size_t length, int kind, unsigned marks, int toward,
                   float weight);

/* Fills reader->cues with what spoke most for or against core label `top`; returns how many. */
size_t text_cues(text_bulk_reader *reader, const char *text, const float core[MIEN_CORE], int top);

#endif
