/* linear.c: matrix products, with float or int8 weights, and the GRU step. Any thread. */
#include "nn/kernels.h"

enum { BLOCK = 48 }; /* rows that are quantised at a time */

static size_t padded_depth(const nn_tensor *w) {
  nn_shape shape = nn_shape_of(w);
  return (size_t)shape.parts * (size_t)nn_packed_length(shape.length);
}

/* int8: BLOCK scales, BLOCK quantised rows and a little past their end, and the sums of a plain row */
size_t nn_rows_scratch(const nn_tensor *w) {
  if (w->type != NN_I8 && w->type != NN_I8_PACKED) return 0;
  return BLOCK + (BLOCK * padded_depth(w) + 64) / sizeof(float) + w->dims[0];
}

void nn_row_i8_plain(const nn_tensor *w, const nn_tensor *b, uint8_t *x, float x_scale, int32_t *sums,
                     float *y) {
  nn_shape shape = nn_shape_of(w);
  int depth = shape.parts * shape.length;
  for (int k = 0; k < depth; k++) x[k] ^= 0x80; /* + 128 as two's complement */
  nn_kernels_now()->dots_i8((const int8_t *)x, w->data, depth, shape.out, sums);
  const float *bias = nn_values(b);
  for (int o = 0; o < shape.out; o++)
    y[o] = (float)sums[o] * (x_scale * w->scales[o]) + (bias ? bias[o] : 0);
}

/* Each row has its own scale, so that a row's result does not depend on the others. */
static void rows_i8(const nn_tensor *w, const nn_tensor *b, const float *const *parts, int part_count,
                    int part_length, size_t step, int rows, float *y, float *scratch) {
  const nn_kernels *kernels = nn_kernels_now();
  bool packed = w->type == NN_I8_PACKED;
  int pieces = nn_shape_of(w).parts; /* packed rows are filled up piece by piece */
  size_t piece = (size_t)part_count * (size_t)part_length / (size_t)pieces;
  size_t padded = packed ? (size_t)nn_packed_length((int)piece) : piece, depth = padded * (size_t)pieces;
  float *scales = scratch;
  int32_t *sums = (int32_t *)(scratch + BLOCK);
  uint8_t *bytes = (uint8_t *)(sums + w->dims[0]);
  const uint8_t *ones[1] = {bytes};
  nn_gemm_i8 gemm = {.parts = ones, .step = depth, .row_scales = scales, .row_scale_step = 1,
                     .bias = nn_values(b)};
  if (packed) {
    nn_use_i8(&gemm, w);
    gemm.part_length *= gemm.part_count; /* the rows are gathered below */
    gemm.part_count = 1;
  }
  for (int first = 0; first < rows; first += BLOCK) {
    int count = BASE_MIN(rows - first, (int)BLOCK);
    for (int r = 0; r < count; r++) {
      size_t at = (size_t)(first + r) * step;
      float largest = 0;
      for (int p = 0; p < part_count; p++)
        largest = BASE_MAX(largest, kernels->absmax(parts[p] + at, (size_t)part_length));
      scales[r] = largest / 127;
      float inverse = largest > 0 ? 127 / largest : 0;
      uint8_t *q = bytes + (size_t)r * depth;
      for (int k = 0; k < pieces; k++, q += padded) {
        /* one part may hold all pieces in a row (conv1d), or each its own */
        const float *x = part_count == 1 ? parts[0] + at + (size_t)k * piece : parts[k] + at;
        kernels->quantize(x, piece, inverse, q);
        memset(q + piece, 128, padded - piece);
      }
      if (!packed)
        nn_row_i8_plain(w, b, bytes + (size_t)r * depth, scales[r], sums,
                        y + (size_t)(first + r) * w->dims[0]);
    }
    if (packed) {
      gemm.rows = count;
      gemm.y = y + (size_t)first * w->dims[0];
      kernels->gemm_i8(&gemm);
    }
  }
}

void nn_rows(const nn_tensor *w, const nn_tensor *b, int act, const float *const *parts,
             int part_count, int part_length, size_t step, int rows, float *y, float *scratch) {
  const nn_kernels *kernels = nn_kernels_now();
  if (w->type == NN_I8 || w->type == NN_I8_PACKED) {
    rows_i8(w, b, parts, part_count, part_length, step, rows, y, scratch);
  } else {
    nn_gemm gemm = {.parts = parts, .part_count = part_count, .part_length = part_length,
                    .step = step, .rows = rows, .w = w->data, .bias = nn_values(b),
                    .out = (int)w->dims[0], .y = y};
    (w->type == NN_F32_PACKED ? kernels->gemm : kernels->gemm_plain)(&gemm);
  }
  if (act != NN_NONE) kernels->activate(act, y, (size_t)rows * w->dims[0]);
}

size_t nn_linear_scratch(const nn_tensor *w, int rows) { return nn_rows_scratch(w); }

void nn_linear(const nn_tensor *w, const nn_tensor *b, int act, const float *x, int rows, float *y,
               float *scratch) {
  int in = (int)w->dims[1];
  nn_rows(w, b, act, &x, 1, in, (size_t)in, rows, y, scratch);
}

size_t nn_gru_scratch(const nn_tensor *wi, const nn_tensor *wh) {
  size_t inside = nn_rows_scratch(wh);
  if (wi) inside = BASE_MAX(inside, nn_rows_scratch(wi));
  return 2 * (size_t)wh->dims[0] + inside;
}

void nn_gru_step(const nn_tensor *wi, const nn_tensor *wh, const nn_tensor *bi, const nn_tensor *bh,
                 const float *x, const float *xi, float *h, float *scratch) {
  const nn_kernels *kernels = nn_kernels_now();
  size_t hidden = wh->dims[1];
  float *gates = scratch, *recurrent = scratch + 3 * hidden, *inside = recurrent + 3 * hidden;
  nn_linear(wh, bh, NN_NONE, h, 1, recurrent, inside);
  if (xi) memcpy(gates, xi, 3 * hidden * sizeof(float));
  else nn_linear(wi, bi, NN_NONE, x, 1, gates, inside);
  kernels->add(recurrent, gates, 2 * hidden); /* reset, update */
  kernels->activate(NN_SIGMOID, gates, 2 * hidden);
  const float *reset = gates, *update = gates + hidden;
  float *fresh = gates + 2 * hidden;
  for (size_t i = 0; i < hidden; i++) fresh[i] += reset[i] * recurrent[2 * hidden + i];
  kernels->activate(NN_TANH, fresh, hidden);
  for (size_t i = 0; i < hidden; i++) h[i] = fresh[i] + update[i] * (h[i] - fresh[i]);
}
