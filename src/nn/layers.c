/* layers.c: the layers that are one kernel, or none. Any thread. */
#include "nn/kernels.h"

void nn_mean_rows(const float *x, int rows, int columns, float *y) {
  size_t count = (size_t)columns;
  memset(y, 0, count * sizeof *y);
  for (int r = 0; r < rows; r++) nn_kernels_now()->add(x + (size_t)r * count, y, count);
  for (size_t i = 0; rows > 0 && i < count; i++) y[i] /= (float)rows;
}

void nn_sru_run(const nn_sru *sru) { nn_kernels_now()->sru(sru); }

void nn_layernorm(const float *gain, const float *bias, const float *x, int rows, int columns,
                  float epsilon, float *y) {
  const nn_kernels *kernels = nn_kernels_now();
  for (int r = 0; r < rows; r++, x += columns, y += columns)
    kernels->layernorm(gain, bias, x, columns, epsilon, y);
}

void nn_activate(int act, float *x, size_t count) {
  if (act != NN_NONE) nn_kernels_now()->activate(act, x, count);
}

void nn_softmax(float *x, int count) {
  float largest = -INFINITY, sum = 0;
  for (int i = 0; i < count; i++) largest = BASE_MAX(largest, x[i]);
  for (int i = 0; i < count; i++) sum += x[i] = expf(x[i] - largest);
  for (int i = 0; i < count; i++) x[i] /= sum;
}

void nn_maximum(const float *x, float *y, size_t count) { nn_kernels_now()->maximum(x, y, count); }

void nn_add(const float *x, float *y, size_t count) { nn_kernels_now()->add(x, y, count); }

float nn_dot(const float *x, const float *y, size_t count) {
  return nn_kernels_now()->dot(x, y, count);
}

void nn_axpy(float a, const float *x, float *y, size_t count) { nn_kernels_now()->axpy(a, x, y, count); }

void nn_narrow_bf16(const float *x, uint16_t *y, size_t count) { nn_kernels_now()->narrow_bf16(x, y, count); }

void nn_sum_bf16(const uint16_t *a, const uint16_t *b, const uint16_t *c, float *y, size_t count) {
  nn_kernels_now()->sum_bf16(a, b, c, y, count);
}

void nn_axpy_i8(float a, const int8_t *x, float *y, size_t count) {
  nn_kernels_now()->axpy_i8(a, x, y, count);
}

void nn_bag_i8(const nn_tensor *table, const uint32_t *rows, const float *weights, int count,
               float *y) {
  nn_kernels_now()->bag_i8(table->data, table->scales, (int)table->dims[1], rows, weights, count, y);
}
