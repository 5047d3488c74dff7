/* kernels.h: the compute kernels that the layers are written on, as one table for each instruction
 * set. Inside nn/ (and its tests and bench) only.
 *
 * kernels_c.c is the reference, plain and always there; the others replace the whole table. Each
 * output number is summed in one fixed order, whatever the number of rows in the call: so a frame at
 * a time gives bit for bit what all frames at once give. Between tables, float results agree within
 * 1e-5 of the sum of magnitudes; integer sums agree exactly. Kernels read and write only what is
 * said here. Any thread. */
#ifndef NN_KERNELS_H
#define NN_KERNELS_H

#include "nn/nn.h"

enum { NN_PANEL = 16 }; /* outputs in one panel of packed weights */

/* y[r][o] = bias[o] + sum over p, k of parts[p][r*step + k] * w[o][p][k]: a row of the input lies in
 * `part_count` pieces of `part_length` numbers. Linear: one part. Convolutions: a part for each row
 * of the kernel, r counting positions. */
typedef struct nn_gemm {
  const float *const *parts;
  int part_count, part_length;
  size_t step;       /* of the input, from one row to the next, in numbers */
  int rows;
  const float *w;    /* packed: [panel][p][k][NN_PANEL], the last panel filled up with zeros;
                        plain: [out][p][k] */
  const float *bias; /* [out] or NULL */
  int out;
  float *y;          /* [rows][out] */
} nn_gemm;

/* The same on bytes: y = row_scale * scale[o] * sum((x - 128) * w) + bias[o], the sum exact. */
typedef struct nn_gemm_i8 {
  const uint8_t *const *parts; /* quantised number + 128; 3 bytes past the end of a row are read */
  int part_count, part_length; /* part_length a multiple of 4: see nn_packed_length */
  size_t step;
  int rows;
  const int8_t *w;          /* packed: [panel][p][k/4][NN_PANEL][4], filled up with zeros */
  const int32_t *sums;      /* [panels*NN_PANEL] sum of w[o] */
  const float *scales;      /* [panels*NN_PANEL] */
  const float *row_scales;  /* of the input, of row r: row_scales[r * row_scale_step] */
  int row_scale_step;       /* 1, or 0: one for all */
  const float *bias;
  int out;
  float *y;
} nn_gemm_i8;

/* One strip of a depthwise convolution without borders:
 * y[i][c] = bias[c] + sum over p, k of x[p*x_part + i*step + k*x_tap + c] * w[p*w_part + k*channels + c] */
typedef struct nn_depthwise {
  const float *x, *w, *bias;
  int parts, taps, channels, positions;
  size_t x_part, x_tap, step, w_part; /* in numbers */
  float *y;
} nn_depthwise;

typedef struct nn_kernels {
  const char *name;
  void (*gemm)(const nn_gemm *);       /* packed weights */
  void (*gemm_plain)(const nn_gemm *); /* plain weights */
  void (*gemm_i8)(const nn_gemm_i8 *); /* packed weights */
  /* sums[o] = sum over k of x[k] * w[o*count + k], exact; o in 0…out-1 */
  void (*dots_i8)(const int8_t *x, const int8_t *w, int count, int out, int32_t *sums);
  float (*absmax)(const float *x, size_t count); /* largest magnitude; 0 for none */
  /* q = round to even (x * inverse), to -127…127, plus 128 */
  void (*quantize)(const float *x, size_t count, float inverse, uint8_t *q);
  void (*depthwise)(const nn_depthwise *);
  void (*sru)(const nn_sru *);
  void (*activate)(int act, float *x, size_t count);
  void (*layernorm)(const float *gain, const float *bias, const float *x, int columns,
                    float epsilon, float *y); /* one row */
  void (*add)(const float *x, float *y, size_t count);
  void (*maximum)(const float *x, float *y, size_t count); /* y = x > y ? x : y */
  float (*dot)(const float *x, const float *y, size_t count);
  void (*axpy)(float a, const float *x, float *y, size_t count); /* y += a * x */
  void (*axpy_i8)(float a, const int8_t *x, float *y, size_t count);
  /* bfloat16 is the upper half of a float32: rounded to even; and y = (b + a) + c, a or c NULL: without */
  void (*narrow_bf16)(const float *x, uint16_t *y, size_t count);
  void (*sum_bf16)(const uint16_t *a, const uint16_t *b, const uint16_t *c, float *y, size_t count);
  void (*bag_i8)(const int8_t *table, const float *scales, int columns, const uint32_t *rows,
                 const float *weights, int count, float *y);
} nn_kernels;

extern const nn_kernels nn_kernels_c;
extern const nn_kernels nn_kernels_avx2;
extern const nn_kernels nn_kernels_avx512;
extern const nn_kernels nn_kernels_neon;

const nn_kernels *nn_kernels_now(void);

/* A weight tensor as its GEMM sees it: linear [out][in] has one part, conv1d [out][width][in] and
 * conv2d [out][kh][kw][in] have a part for each row of the kernel. */
typedef struct nn_shape {
  int out, parts, length;
} nn_shape;
nn_shape nn_shape_of(const nn_tensor *w);

/* Runs float weights (plain or packed), or int8 weights with each row of the input quantised by
 * itself; then the activation. Scratch for int8: nn_rows_scratch floats. */
void nn_rows(const nn_tensor *w, const nn_tensor *b, int act, const float *const *parts,
             int part_count, int part_length, size_t step, int rows, float *y, float *scratch);
size_t nn_rows_scratch(const nn_tensor *w);
/* One row of int8 plain weights; x quantised (+128), `part_length` bytes packed without gaps. */
void nn_row_i8_plain(const nn_tensor *w, const nn_tensor *b, uint8_t *x, float x_scale, int32_t *sums,
                     float *y);
void nn_use_i8(nn_gemm_i8 *gemm, const nn_tensor *packed); /* w, sums, scales, lengths */
static inline const float *nn_values(const nn_tensor *tensor) { return tensor ? tensor->data : NULL; }

/* Sizes of packed weights. */
static inline int nn_panels(int out) { return (out + NN_PANEL - 1) / NN_PANEL; }
static inline int nn_packed_length(int part_length) { return (part_length + 3) & ~3; }

#endif
