/* cues.c: which tokens spoke for the top core label, and which against it.
 *
 * The network's last part is linear in what was pooled, apart from the relu of `hidden`, whose open
 * gates are known by now. So the gradient of log p(top) by the pooled vector is a sum of rows of
 * `hidden`; what a token's column gave to each pooling, times that gradient, is its share (class
 * activation mapping, Zhou et al. 2016). A column sees two tokens to each side: a share belongs to
 * the token in its place. Shares are divided by the sum of their magnitudes. */
#include "text/model.h"

static const float WEAKEST = 0.02f; /* shares below say nothing */

/* Gradient of log p(top) by the pooled vector. */
static void gradient(const text_bulk_reader *r, const float core[MIEN_CORE], int top, float *to) {
  const text_bulk *model = r->model;
  size_t H = model->depth;
  const float *heads = (const float *)model->heads_rows->data + MIEN_FINE * H;
  uint32_t rows[TEXT_WIDTH_MAX];
  float weights[TEXT_WIDTH_MAX];
  int open = 0;
  for (size_t h = 0; h < H; h++) {
    if (r->hidden[h] <= 0) continue;
    float weight = heads[(size_t)top * H + h];
    for (size_t k = 0; k < MIEN_CORE; k++) weight -= core[k] * heads[k * H + h];
    rows[open] = (uint32_t)h;
    weights[open++] = weight;
  }
  memset(to, 0, (2 * model->channels + model->width) * sizeof *to);
  nn_bag_i8(model->hidden_rows, rows, weights, open, to);
}

static void shares(text_bulk_reader *r, const float *slope) {
  const text_bulk *model = r->model;
  size_t D = model->width, C = model->channels, A = model->slices, T = r->tokens.count, S = C / A;
  const float *attended = slope, *largest = slope + C, *mean = slope + 2 * C;
  const float *maximum = r->pooled + C;
  float at_maximum[TEXT_WIDTH_MAX];
  for (size_t t = 0; t < T; t++) {
    const float *y = r->y + t * C;
    float share = nn_dot(mean, r->x + (t + 1) * D, D) / (float)T;
    for (size_t a = 0; a < A; a++)
      share += r->weights[a * T + t] * nn_dot(attended + a * S, y + a * S, S);
    for (size_t i = 0; i < C; i++) at_maximum[i] = y[i] == maximum[i] ? y[i] : 0;
    r->spoken[t] = share + nn_dot(largest, at_maximum, C);
  }
}

static const char *kind_of(int kind, unsigned marks) {
  if (kind == TEXT_EMOJI) return "emoji";
  if (kind == TEXT_EMOTICON) return "emoticon";
  if (kind == TEXT_PUNCTUATION) return "punctuation";
  if (marks & TEXT_NEGATION) return "negation";
  if (marks & TEXT_SHOUTED) return "shouting";
  if (marks & TEXT_LONG) return "elongation";
  return "word";
}

/* The bytes as written, cut at a character. */
static void copy_text(char *to, size_t capacity, const char *text, size_t bytes) {
  if (bytes >= capacity) {
    bytes = capacity - 1;
    while (bytes && ((unsigned char)text[bytes] & 0xc0) == 0x80) bytes--;
  }
  memcpy(to, text, bytes);
  to[bytes] = 0;
}

size_t text_cues_order(const float *shares, size_t count, uint16_t order[TEXT_CUES], float *sum) {
  size_t kept = 0;
  *sum = 0;
  for (size_t t = 0; t < count; t++) *sum += fabsf(shares[t]);
  if (!(*sum > 0)) return 0;
  for (size_t t = 0; t < count; t++) { /* insertion into the strongest so far */
    float size = fabsf(shares[t]);
    if (size < WEAKEST * *sum) continue;
    size_t place = kept < TEXT_CUES ? kept++ : TEXT_CUES;
    for (; place && fabsf(shares[order[place - 1]]) < size; place--)
      if (place < TEXT_CUES) order[place] = order[place - 1];
    if (place < TEXT_CUES) order[place] = (uint16_t)t;
  }
  return kept;
}

void text_cue_fill(mien_cue *cue, const char *text, size_t at, size_t length, int kind, unsigned marks, int toward,
                   float weight) {
  *cue = (mien_cue){.t0 = NAN, .t1 = NAN, .value = NAN, .z = NAN, .toward = toward, .weight = weight,
                    .at = (int)at, .length = (int)length};
  strcpy(cue->kind, kind_of(kind, marks));
  copy_text(cue->text, sizeof cue->text, text + at, length);
}

size_t text_cues(text_bulk_reader *r, const char *text, const float core[MIEN_CORE], int top) {
  float slope[3 * TEXT_WIDTH_MAX], sum;
  uint16_t order[TEXT_CUES];
  gradient(r, core, top, slope);
  shares(r, slope);
  size_t count = text_cues_order(r->spoken, r->tokens.count, order, &sum);
  for (size_t i = 0; i < count; i++) {
    const text_token *token = &r->tokens.items[order[i]];
    text_cue_fill(&r->cues[i], text, token->at, token->length, token->kind, token->marks, top,
                  r->spoken[order[i]] / sum);
  }
  return count;
}
