/* read.c: the bulk forward pass over one text, and the reading made of it. */
#include "text/model.h"

static void reader_close(void *closing) {
  text_bulk_reader *reader = closing;
  base_free_aligned(reader->x);
  base_free(reader);
}

static int reader_open(void **reader, const void *of) {
  const text_bulk *model = of;
  size_t D = model->width, C = model->channels, T = TEXT_TOKENS;
  text_bulk_reader *opened = *reader = base_alloc(1, sizeof *opened);
  if (!opened) return MIEN_ENOMEM;
  size_t scratch = BASE_MAX(nn_conv1d_scratch(&model->conv1, TEXT_TOKENS),
                            nn_conv1d_scratch(&model->conv2, TEXT_TOKENS));
  scratch = BASE_MAX(scratch, nn_linear_scratch(&model->hidden, 1));
  scratch = BASE_MAX(scratch, nn_linear_scratch(&model->heads, 1));
  size_t sizes[] = {(T + 2) * D, (T + 2) * C, T * C, model->slices * T, T, scratch + 1};
  float **parts[] = {&opened->x, &opened->c, &opened->y, &opened->weights, &opened->spoken,
                     &opened->scratch};
  size_t total = 0;
  for (size_t i = 0; i < BASE_COUNT(sizes); i++) total += (sizes[i] + 15) / 16 * 16;
  float *block = base_alloc_aligned(total * sizeof *block);
  opened->x = block; /* the first part owns the block */
  if (!block) {
    reader_close(opened);
    return MIEN_ENOMEM;
  }
  for (size_t i = 0; i < BASE_COUNT(sizes); block += (sizes[i] + 15) / 16 * 16, i++)
    *parts[i] = block;
  opened->model = model;
  opened->cues_wanted = true;
  return MIEN_OK;
}

static void reader_cues(void *reader, bool wanted) {
  ((text_bulk_reader *)reader)->cues_wanted = wanted;
}

/* x[1 … T]: the vectors of the tokens. */
static void embed(text_bulk_reader *r) {
  const text_bulk *model = r->model;
  size_t D = model->width;
  const float *marks = model->marks->data;
  r->known = 0;
  memset(r->x, 0, (r->tokens.count + 2) * D * sizeof *r->x);
  for (size_t t = 0; t < r->tokens.count; t++) {
    const text_token *token = &r->tokens.items[t];
    const uint32_t *characters = r->tokens.characters + token->first;
    float *x = r->x + (t + 1) * D;
    uint32_t row = text_bulk_row(model, text_token_hash(characters, token->count));
    if (row != UINT32_MAX) {
      nn_bag_i8(model->rows, &row, NULL, 1, x);
      r->known++;
    } else {
      uint64_t hashes[TEXT_PIECES];
      uint32_t rows[TEXT_PIECES];
      float shares[TEXT_PIECES];
      int found = 0;
      size_t count = text_token_pieces(characters, token->count, hashes);
      for (size_t i = 0; i < count; i++) {
        rows[found] = text_bulk_row(model, hashes[i]);
        found += rows[found] != UINT32_MAX;
      }
      for (int i = 0; i < found; i++) shares[i] = 1.0f / (float)found;
      if (found) nn_bag_i8(model->rows, rows, shares, found, x);
      r->known += found > 0;
    }
    for (int k = 0; k < TEXT_MARKS; k++)
      if (token->marks >> k & 1) nn_add(marks + (size_t)k * D, x, D);
  }
}

/* pooled [C + C + D] out of y and x. */
static void pool(text_bulk_reader *r) {
  const text_bulk *model = r->model;
  size_t D = model->width, C = model->channels, A = model->slices, T = r->tokens.count, S = C / A;
  float *attended = r->pooled, *largest = r->pooled + C, *mean = r->pooled + 2 * C;
  memset(attended, 0, C * sizeof *attended);
  const float *attend = model->attend->data;
  for (size_t a = 0; a < A; a++) {
    float *weights = r->weights + a * T;
    for (size_t t = 0; t < T; t++) weights[t] = nn_dot(attend + a * C, r->y + t * C, C);
    nn_softmax(weights, (int)T);
    for (size_t t = 0; t < T; t++)
      for (size_t i = a * S; i < (a + 1) * S; i++) attended[i] += weights[t] * r->y[t * C + i];
  }
  memcpy(largest, r->y, C * sizeof *largest);
  for (size_t t = 1; t < T; t++)
    for (size_t i = 0; i < C; i++) largest[i] = BASE_MAX(largest[i], r->y[t * C + i]);
  nn_mean_rows(r->x + D, (int)T, (int)D, mean);
}

static void forward(text_bulk_reader *r) {
  const text_bulk *model = r->model;
  size_t C = model->channels, T = r->tokens.count;
  embed(r);
  memset(r->c, 0, C * sizeof *r->c);
  memset(r->c + (T + 1) * C, 0, C * sizeof *r->c);
  nn_conv1d(&model->conv1, model->conv1_bias, NN_RELU, r->x, (int)T, 1, 1, r->c + C, r->scratch);
  nn_conv1d(&model->conv2, model->conv2_bias, NN_RELU, r->c, (int)T, 1, 1, r->y, r->scratch);
  nn_add(r->c + C, r->y, T * C);
  pool(r);
  nn_linear(&model->hidden, model->hidden_bias, NN_RELU, r->pooled, 1, r->hidden, r->scratch);
  nn_linear(&model->heads, model->heads_bias, NN_NONE, r->hidden, 1, r->heads, r->scratch);
}

static int read_text(void *reader, const char *utf8, size_t bytes, mien_reading *reading) {
  text_bulk_reader *r = reader;
  base_reading_init(reading, MIEN_TEXT);
  reading->final = 1;
  reading->t0 = reading->t1 = (double)NAN;
  text_tokenise(&r->tokens, utf8, bytes, TEXT_PAIRS);
  size_t count = r->tokens.count, read = BASE_MAX(r->tokens.read, (size_t)1);
  if (!count) {
    memset(r->heads, 0, sizeof r->heads); /* the heads' say of no text: nothing */
    memset(r->hidden, 0, sizeof r->hidden);
    for (int k = 0; k < TEXT_BRIGHTER; k++) r->heads[MIEN_FINE + MIEN_CORE + k] = -30;
    reading->quality = 0;
    reading->abstain = bytes ? "there are no words in it" : "the text is empty";
    return MIEN_OK;
  }
  forward(r);
  const float *fine = r->heads, *logits = fine + MIEN_FINE;
  const float *dims = logits + MIEN_CORE + TEXT_BRIGHTER;
  float core[MIEN_CORE];
  for (int k = 0; k < MIEN_CORE; k++) core[k] = logits[k] / r->model->calibration.temperature;
  nn_softmax(core, MIEN_CORE);
  nn_calibration_apply(&r->model->calibration, core, reading);
  memcpy(reading->fine, fine, sizeof reading->fine);
  nn_activate(NN_SIGMOID, reading->fine, MIEN_FINE);
  memcpy(reading->dims, dims, sizeof reading->dims);
  nn_activate(NN_TANH, reading->dims, MIEN_DIMS);
  float valid = 1 - (float)r->tokens.invalid / (float)read;
  float seen = bytes ? (float)r->tokens.read / (float)bytes : 1;
  reading->quality = valid * seen * (float)r->known / (float)count;
  if (!r->known) reading->abstain = "none of its words is known";
  if (valid < 0.7f) reading->abstain = "it is not UTF-8 text";
  if (r->cues_wanted) {
    int top = 0;
    for (int k = 1; k < MIEN_CORE; k++)
      if (core[k] > core[top]) top = k;
    reading->cue_count = text_cues(r, utf8, core, top);
    reading->cues = r->cues;
  }
  return MIEN_OK;
}

static void brighter(const void *of, const char *language, float probabilities[TEXT_BRIGHTER],
                     unsigned *expressed) {
  const text_bulk_reader *reader = of;
  const text_bulk *model = reader->model;
  const float *thresholds = model->languages[0].thresholds;
  for (size_t i = 1; i < model->language_count && language; i++)
    if (!strcmp(model->languages[i].name, language)) thresholds = model->languages[i].thresholds;
  memcpy(probabilities, reader->heads + MIEN_FINE + MIEN_CORE, TEXT_BRIGHTER * sizeof(float));
  nn_activate(NN_SIGMOID, probabilities, TEXT_BRIGHTER);
  *expressed = 0;
  for (int k = 0; k < TEXT_BRIGHTER; k++)
    if (probabilities[k] >= thresholds[k]) *expressed |= 1u << k;
}

static const float *fine_thresholds(const void *model) {
  return ((const text_bulk *)model)->fine_thresholds;
}

const text_kind text_kind_bulk = {.name = "text",
                                  .model_open = text_bulk_open,
                                  .model_close = text_bulk_close,
                                  .reader_open = reader_open,
                                  .reader_close = reader_close,
                                  .cues = reader_cues,
                                  .read = read_text,
                                  .brighter = brighter,
                                  .fine_thresholds = fine_thresholds,
                                  .hidden = text_bulk_hidden,
                                  .contributions = text_bulk_contributions};
