/* nn/: model files, and the layers that the models are made of.
 *
 * What it is: a bounds-checked, mapped model file; a table of compute kernels (portable C, AVX2,
 * AVX-512 with VNNI, later NEON) chosen once by CPU feature; layers as plain functions over float
 * arrays, written on that table; calibration of a model's outputs. What it is not: a graph. Every
 * model's forward pass is written out in its own room, calling these functions in order.
 *
 * Owns: an nn_file owns its mapping; tensors point into it. Threads: an nn_file is read-only after
 * open and shared; layers keep no state of their own, so any thread may call them. */
#ifndef NN_H
#define NN_H

#include "base/base.h"

/* ---- Model files (*.mien; layout in docs/model-format.md) ---------------------------------- */

enum { NN_F32 = 0, NN_I8 = 1 /* int8 with a float32 scale for each row (dims[0]) */,
       NN_F16 = 2 /* storage only */,
       NN_F32_PACKED = 3, NN_I8_PACKED = 4 /* in memory only: made by nn_pack */ };

typedef struct nn_tensor {
  const char *name;
  int type;            /* NN_F32, NN_I8, NN_F16; NN_…_PACKED */
  int rank;            /* 1…4 */
  uint32_t dims[4];    /* outermost first; unused ones are 1 */
  const void *data;    /* 64-byte aligned, little-endian, row-major */
  const float *scales; /* I8: dims[0] scales, value = data * scale; else NULL */
} nn_tensor;

typedef struct nn_file nn_file;

/* Checks magic, version, every offset and size, the SHA-256, the signature where there is one, and
 * that all weights are finite. `error` names the byte and the reason. The memory given to open_memory
 * must outlive the file and be 64-byte aligned; open maps the path. */
int nn_file_open(nn_file **file, const char *path, mien_error *error);
int nn_file_open_memory(nn_file **file, const void *data, size_t bytes, const char *name,
                        mien_error *error);
/* For the models inside the program, which are as sound as the program itself: everything is checked
 * but the hash, the signature and the weights, so that only the pages in use are read. The signature
 * is NN_UNCHECKED. */
int nn_file_open_inside(nn_file **file, const void *data, size_t bytes, const char *name,
                        mien_error *error);
void nn_file_close(nn_file **file);

const char *nn_file_kind(const nn_file *file); /* "text" "voice" "face-detect" …         */
const char *nn_file_meta(const nn_file *file); /* the JSON document: labels, calibration,
                                                  feature version, provenance, scores    */
size_t nn_file_bytes(const nn_file *file);
void nn_file_sha256(const nn_file *file, char hex[65]);
/* Who signed it. A bad signature is not a state: such a file is refused at open. */
enum { NN_UNSIGNED, NN_SIGNED_BY_MIEN, NN_SIGNED_BY_OTHER, NN_UNCHECKED };
int nn_file_signature(const nn_file *file);
const char *nn_signature_name(int signature); /* "unsigned" "signed by Mien" "signed by another key"
                                                 "not checked" */
void nn_file_key(const nn_file *file, char hex[65]); /* the key it is signed with; zeros: none */

size_t nn_file_count(const nn_file *file);
const nn_tensor *nn_file_tensor_at(const nn_file *file, size_t index);
/* Finds a tensor and checks its type and shape; dims[i] == 0 accepts any size. NULL sets error. */
const nn_tensor *nn_file_tensor(const nn_file *file, const char *name, int type, int rank,
                                const uint32_t *dims, mien_error *error);
size_t nn_tensor_elements(const nn_tensor *tensor);
/* All of a tensor as floats: copied, dequantised or widened. For use at open, not in a loop. */
void nn_tensor_floats(const nn_tensor *tensor, float *values);

/* Numbers and lists out of the metadata, by path "calibration.core.temperature"; a
 * number picks out of a list: "labels.core.3". */
int nn_file_number(const nn_file *file, const char *path, double *value, mien_error *error);
int nn_file_numbers(const nn_file *file, const char *path, float *values, size_t count,
                    mien_error *error);
int nn_file_string(const nn_file *file, const char *path, char *value, size_t capacity,
                   mien_error *error);

/* ---- Kernels: the table, and forcing it (tests and `mien bench`) ----------------------------- */

enum { NN_KERNELS_C, NN_KERNELS_AVX2, NN_KERNELS_AVX512, NN_KERNELS_NEON, NN_KERNELS_COUNT };
int nn_kernels_best(void);           /* what this processor can run           */
int nn_kernels_use(int which);       /* MIEN_EUNSUPPORTED if it cannot        */
const char *nn_kernels_name(void);   /* "c" "avx2" "avx512" "neon"            */

/* ---- Layers. All float32, row-major; outputs may not overlap inputs unless said. -------------
 * `scratch` sizes are in floats and given by the matching nn_…_scratch function. */

enum { NN_NONE, NN_RELU, NN_SILU, NN_GELU, NN_SIGMOID, NN_TANH, NN_HARDSWISH };

/* Packed weights: the fast form of the weights of linear, conv1d, conv2d and gru (not of the depthwise
 * ones), made once when a model is opened and given to the same functions in the plain tensor's place:
 *     nn_pack(&model->conv1, nn_file_tensor(file, "conv1.weight", …), NN_F32);    … nn_pack_clear
 * Several times as fast as plain weights, whatever the shape: use it for everything that runs often.
 * `as` is what is computed in: NN_F32 (from any type: int8 and f16 weights are small on disk and
 * then widened here), or NN_I8 (only from int8, a quarter of the memory; inputs are quantised).
 * Every output is summed in one order whatever `rows` or `time_out` is: a frame at a time gives bit
 * for bit what all frames at once give. Ownership: the packed tensor owns its memory. */
int nn_pack(nn_tensor *packed, const nn_tensor *w, int as); /* MIEN_ENOMEM, MIEN_EINVAL */
void nn_pack_clear(nn_tensor *packed);

/* y[rows][out] = act(x[rows][in] · wᵀ + b); w: [out][in] F32 or I8; b: F32 [out] or NULL.
 * I8: x is quantised a row at a time (symmetric int8), sums are exact int32. */
void nn_linear(const nn_tensor *w, const nn_tensor *b, int act, const float *x, int rows,
               float *y, float *scratch);
size_t nn_linear_scratch(const nn_tensor *w, int rows);

/* 1-D convolution over time, channels last: x[time][in] -> y[time_out][out], w: [out][width][in].
 * Reads x[t*stride + k*dilation]; the caller pads (causal: width-1 rows of history before x).
 * I8: each window is quantised by itself. With dilation > 1 the width is at most 32. */
void nn_conv1d(const nn_tensor *w, const nn_tensor *b, int act, const float *x, int time_out,
               int stride, int dilation, float *y, float *scratch);
size_t nn_conv1d_scratch(const nn_tensor *w, int time_out);
/* Depthwise: w: F32 [width][channels]. */
void nn_depthwise1d(const nn_tensor *w, const nn_tensor *b, int act, const float *x, int time_out,
                    int stride, int dilation, float *y);

/* 2-D convolution, channels last: x[height][width][in] -> y[h_out][w_out][out],
 * w: [out][kh][kw][in], zero padding `pad` on every side. h_out = (height+2*pad-kh)/stride+1.
 * kh at most 32. I8: the picture is quantised with one scale. */
void nn_conv2d(const nn_tensor *w, const nn_tensor *b, int act, const float *x, int height,
               int width, int stride, int pad, float *y, float *scratch);
size_t nn_conv2d_scratch(const nn_tensor *w, int height, int width, int stride, int pad);
/* Depthwise 2-D: w: F32 [kh][kw][channels]. */
void nn_depthwise2d(const nn_tensor *w, const nn_tensor *b, int act, const float *x, int height,
                    int width, int stride, int pad, float *y);
/* Max pooling, channels last, without padding. Average over all positions: nn_mean_rows. */
void nn_maxpool2d(const float *x, int height, int width, int channels, int size, int stride,
                  float *y);
void nn_mean_rows(const float *x, int rows, int columns, float *y);

/* One step of a GRU (Cho et al. 2014, in PyTorch's form): gates in order reset, update, new.
 * wi: [3*hidden][in], wh: [3*hidden][hidden], bi, bh: [3*hidden]; h is updated in place.
 * `xi`: wi·x + bi if the caller has it already (then x and wi are not read), else NULL. */
void nn_gru_step(const nn_tensor *wi, const nn_tensor *wh, const nn_tensor *bi, const nn_tensor *bh,
                 const float *x, const float *xi, float *h, float *scratch);
size_t nn_gru_scratch(const nn_tensor *wi, const nn_tensor *wh); /* wi NULL: xi is always given */

/* Simple recurrent units (Lei et al. 2018), one direction, all steps; channel by channel, c is 0 at
 * first, c' the state before:
 *     f = sigmoid(u_f + v_f c' + b_f)     r = sigmoid(u_r + v_r c' + b_r)
 *     c = f c' + (1 - f) u_c              h = r c + (1 - r) skip
 * u, skip and h point at the first step; the …_step are numbers from one step to the next, negative
 * ones run from the last to the first. Each channel's numbers depend on that channel alone. */
typedef struct nn_sru {
  const float *u;       /* of a step: u_c, u_f, u_r, `channels` each, one after another */
  const float *skip;    /* of a step: [channels]                                        */
  const float *v, *b;   /* [2][channels]: f, r                                          */
  float *h;             /* of a step: [channels]; may not overlap u or skip             */
  int channels, steps;
  ptrdiff_t u_step, skip_step, h_step;
} nn_sru;
void nn_sru_run(const nn_sru *sru);

/* y = (x - mean) / sqrt(var + epsilon) * gain + bias, a row at a time; in place allowed. */
void nn_layernorm(const float *gain, const float *bias, const float *x, int rows, int columns,
                  float epsilon, float *y);
void nn_activate(int act, float *x, size_t count);
void nn_softmax(float *x, int count);                    /* in place, stable */
void nn_add(const float *x, float *y, size_t count);     /* y += x */
void nn_maximum(const float *x, float *y, size_t count); /* y = x > y ? x : y */
float nn_dot(const float *x, const float *y, size_t count);
void nn_axpy(float a, const float *x, float *y, size_t count); /* y += a * x */
/* Numbers kept in half the memory, as bfloat16 (the upper half of a float32, rounded to even); and
 * y = (b + a) + c of such, a or c NULL: without it. */
void nn_narrow_bf16(const float *x, uint16_t *y, size_t count);
void nn_sum_bf16(const uint16_t *a, const uint16_t *b, const uint16_t *c, float *y, size_t count);
/* y[columns] += a * row of int8 `x` (embedding bags). */
void nn_axpy_i8(float a, const int8_t *x, float *y, size_t count);
/* A whole bag: y[columns] += sum over i of weights[i] * table row rows[i]; table: I8 [n][columns], each
 * rows[i] < n; weights NULL: all 1. Faster than one axpy a row: it fetches rows ahead. */
void nn_bag_i8(const nn_tensor *table, const uint32_t *rows, const float *weights, int count, float *y);

/* ---- Calibration of core labels ----------------------------------------------------------------
 * Read from the metadata "calibration": {"temperature": T, "quantile": q, "abstain_size": n}.
 * Temperature scaling (Guo et al. 2017); prediction sets by split conformal, least ambiguous sets
 * (Sadinle et al. 2019): label k is in the set when p_k >= 1 - quantile; the top label always is. */
typedef struct nn_calibration {
  float temperature; /* > 0; p ∝ exp(logit / temperature)             */
  float quantile;    /* 0…1, of 1 - p(true label) on dev, at 90 %     */
  int abstain_size;  /* abstain when the set has this many labels     */
} nn_calibration;
int nn_calibration_read(nn_calibration *calibration, const nn_file *file, mien_error *error);
/* Fills core, confidence, set, abstain ("no label stands out") of `reading` from a distribution
 * that temperature has been applied to already. */
void nn_calibration_apply(const nn_calibration *calibration, const float core[MIEN_CORE],
                          mien_reading *reading);

#endif
