/* kernels_c.c: the kernels in portable C. The reference that the faster tables are tested against,
 * and what runs where there is nothing faster. */
#include "nn/kernels.h"

/* R rows against one panel; R is a constant where this is called, so that the sums stay in registers. */
static inline __attribute__((always_inline)) void tile(const nn_gemm *g, int row, int panel,
                                                       const int R) {
  size_t depth = (size_t)g->part_count * (size_t)g->part_length;
  const float *w = g->w + (size_t)panel * depth * NN_PANEL;
  int first = panel * NN_PANEL, width = BASE_MIN(g->out - first, (int)NN_PANEL);
  float sum[2][NN_PANEL];
  for (int r = 0; r < R; r++)
    for (int o = 0; o < NN_PANEL; o++) sum[r][o] = g->bias && o < width ? g->bias[first + o] : 0;
  for (int p = 0; p < g->part_count; p++) {
    const float *x = g->parts[p] + (size_t)row * g->step;
    for (int k = 0; k < g->part_length; k++, w += NN_PANEL)
      for (int r = 0; r < R; r++) {
        float value = x[(size_t)r * g->step + (size_t)k];
        for (int o = 0; o < NN_PANEL; o++) sum[r][o] += value * w[o];
      }
  }
  for (int r = 0; r < R; r++)
    memcpy(g->y + (size_t)(row + r) * (size_t)g->out + first, sum[r], (size_t)width * sizeof(float));
}

static void gemm(const nn_gemm *g) {
  for (int panel = 0; panel < nn_panels(g->out); panel++) {
    int row = 0;
    for (; row + 2 <= g->rows; row += 2) tile(g, row, panel, 2);
    if (row < g->rows) tile(g, row, panel, 1);
  }
}

static float dot(const float *x, const float *y, size_t count) {
  float sum[8] = {0};
  size_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (size_t k = 0; k < 8; k++) sum[k] += x[i + k] * y[i + k];
  for (size_t k = 0; i < count; i++, k++) sum[k] += x[i] * y[i];
  return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

static void gemm_plain(const nn_gemm *g) {
  for (int r = 0; r < g->rows; r++) {
    const float *w = g->w;
    for (int o = 0; o < g->out; o++) {
      float sum = 0;
      for (int p = 0; p < g->part_count; p++, w += g->part_length)
        sum += dot(g->parts[p] + (size_t)r * g->step, w, (size_t)g->part_length);
      g->y[(size_t)r * (size_t)g->out + (size_t)o] = sum + (g->bias ? g->bias[o] : 0);
    }
  }
}

static void gemm_i8(const nn_gemm_i8 *g) {
  size_t depth = (size_t)g->part_count * (size_t)g->part_length;
  for (int panel = 0; panel < nn_panels(g->out); panel++) {
    int first = panel * NN_PANEL, width = BASE_MIN(g->out - first, (int)NN_PANEL);
    for (int r = 0; r < g->rows; r++) {
      const int8_t *w = g->w + (size_t)panel * depth * NN_PANEL;
      int32_t sum[NN_PANEL] = {0};
      for (int p = 0; p < g->part_count; p++) {
        const uint8_t *x = g->parts[p] + (size_t)r * g->step;
        for (int k = 0; k < g->part_length; k += 4, w += 4 * NN_PANEL)
          for (int o = 0; o < NN_PANEL; o++)
            for (int i = 0; i < 4; i++) sum[o] += (x[k + i] - 128) * w[4 * o + i];
      }
      float row_scale = g->row_scales[r * g->row_scale_step];
      float *y = g->y + (size_t)r * (size_t)g->out + first;
      for (int o = 0; o < width; o++)
        y[o] = (float)sum[o] * (row_scale * g->scales[first + o]) +
               (g->bias ? g->bias[first + o] : 0);
    }
  }
}

static void dots_i8(const int8_t *x, const int8_t *w, int count, int out, int32_t *sums) {
  for (int o = 0; o < out; o++, w += count) {
    int32_t sum = 0;
    for (int k = 0; k < count; k++) sum += x[k] * w[k];
    sums[o] = sum;
  }
}

static float absmax(const float *x, size_t count) {
  float largest = 0;
  for (size_t i = 0; i < count; i++) largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
  return largest;
}

static void quantize(const float *x, size_t count, float inverse, uint8_t *q) {
  for (size_t i = 0; i < count; i++)
    q[i] = (uint8_t)((int)rintf(BASE_CLAMP(x[i] * inverse, -127.0f, 127.0f)) + 128);
}

static void depthwise(const nn_depthwise *d) {
  size_t channels = (size_t)d->channels;
  for (int i = 0; i < d->positions; i++) {
    float *y = d->y + (size_t)i * channels;
    for (size_t c = 0; c < channels; c++) y[c] = d->bias ? d->bias[c] : 0;
    for (int p = 0; p < d->parts; p++)
      for (int k = 0; k < d->taps; k++) {
        const float *x = d->x + (size_t)p * d->x_part + (size_t)i * d->step + (size_t)k * d->x_tap;
        const float *w = d->w + (size_t)p * d->w_part + (size_t)k * channels;
        for (size_t c = 0; c < channels; c++) y[c] += x[c] * w[c];
      }
  }
}

static float activated(int act, float x) {
  switch (act) {
    case NN_RELU: return x > 0 ? x : 0;
    case NN_SILU: return x / (1 + expf(-x));                         /* Elfwing et al. 2018 */
    case NN_GELU: return 0.5f * x * (1 + erff(x * 0.70710678f));     /* Hendrycks, Gimpel 2016 */
    case NN_SIGMOID: return 1 / (1 + expf(-x));
    case NN_TANH: return tanhf(x);
    case NN_HARDSWISH: return x * BASE_CLAMP(x + 3, 0.0f, 6.0f) / 6; /* Howard et al. 2019 */
    default: return x;
  }
}

static void activate(int act, float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = activated(act, x[i]);
}

static void sru(const nn_sru *s) {
  size_t channels = (size_t)s->channels;
  for (size_t i = 0; i < channels; i++) {
    const float *u = s->u + i, *skip = s->skip + i;
    float vf = s->v[i], vr = s->v[channels + i], bf = s->b[i], br = s->b[channels + i], c = 0;
    for (int t = 0; t < s->steps; t++) {
      const float *at = u + (ptrdiff_t)t * s->u_step;
      float f = 1 / (1 + expf(-(at[channels] + vf * c + bf)));
      float r = 1 / (1 + expf(-(at[2 * channels] + vr * c + br)));
      float past = skip[(ptrdiff_t)t * s->skip_step];
      c = f * c + (1 - f) * at[0];
      s->h[(ptrdiff_t)t * s->h_step + (ptrdiff_t)i] = r * c + (1 - r) * past;
    }
  }
}

/* Ba, Kiros and Hinton 2016; the variance is of the population, as in PyTorch. */
static void layernorm(const float *gain, const float *bias, const float *x, int columns,
                      float epsilon, float *y) {
  float mean = 0, variance = 0;
  for (int i = 0; i < columns; i++) mean += x[i];
  mean /= (float)columns;
  for (int i = 0; i < columns; i++) variance += (x[i] - mean) * (x[i] - mean);
  float scale = 1 / sqrtf(variance / (float)columns + epsilon);
  for (int i = 0; i < columns; i++) y[i] = (x[i] - mean) * scale * gain[i] + bias[i];
}

static void add(const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] += x[i];
}

static void maximum(const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] > y[i] ? x[i] : y[i];
}

static void axpy(float a, const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] += a * x[i];
}

static void narrow_bf16(const float *x, uint16_t *y, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &x[i], sizeof bits);
    y[i] = (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }
}

static float widened(const uint16_t *x) {
  uint32_t bits = (uint32_t)*x << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void sum_bf16(const uint16_t *a, const uint16_t *b, const uint16_t *c, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) {
    y[i] = widened(b + i);
    if (a) y[i] += widened(a + i);
    if (c) y[i] += widened(c + i);
  }
}

static void axpy_i8(float a, const int8_t *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] += a * (float)x[i];
}

static void bag_i8(const int8_t *table, const float *scales, int columns, const uint32_t *rows,
                   const float *weights, int count, float *y) {
  for (int i = 0; i < count; i++)
    axpy_i8(scales[rows[i]] * (weights ? weights[i] : 1),
            table + (size_t)rows[i] * (size_t)columns, y, (size_t)columns);
}

const nn_kernels nn_kernels_c = {
    .name = "c", .gemm = gemm, .gemm_plain = gemm_plain, .gemm_i8 = gemm_i8, .dots_i8 = dots_i8,
    .absmax = absmax, .quantize = quantize, .depthwise = depthwise, .sru = sru,
    .activate = activate, .layernorm = layernorm, .add = add, .maximum = maximum, .dot = dot, .axpy = axpy,
    .axpy_i8 = axpy_i8, .narrow_bf16 = narrow_bf16, .sum_bf16 = sum_bf16, .bag_i8 = bag_i8};
