/* kernels_neon.c: the kernels for 64-bit ARM, whose every processor has NEON. Ends that do not fill a
 * vector are copied aside, so each number is computed by the same operations wherever it lies. */
#include <arm_neon.h>

#include "nn/kernels.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

/* Four numbers, those from `count` on as zeros and never touched; count may be 0 or less. */
INLINE float32x4_t load(const float *x, ptrdiff_t count) {
  if (count >= 4) return vld1q_f32(x);
  float four[4] = {0};
  for (ptrdiff_t i = 0; i < count; i++) four[i] = x[i];
  return vld1q_f32(four);
}

INLINE void store(float *y, ptrdiff_t count, float32x4_t value) {
  if (count >= 4) {
    vst1q_f32(y, value);
    return;
  }
  float four[4];
  vst1q_f32(four, value);
  for (ptrdiff_t i = 0; i < count; i++) y[i] = four[i];
}

/* ---- Packed products: R rows by one panel of four vectors, all sums in registers. */

INLINE void tile(const nn_gemm *g, int row, int panel, const int R) {
  size_t depth = (size_t)g->part_count * (size_t)g->part_length, step = g->step;
  const float *w = g->w + (size_t)panel * depth * NN_PANEL;
  int first = panel * NN_PANEL;
  float32x4_t sum[6][4];
  UNROLL for (int v = 0; v < 4; v++) {
    float32x4_t bias = g->bias ? load(g->bias + first + 4 * v, g->out - first - 4 * v) : vdupq_n_f32(0);
    UNROLL for (int r = 0; r < R; r++) sum[r][v] = bias;
  }
  for (int p = 0; p < g->part_count; p++) {
    const float *x = g->parts[p] + (size_t)row * step;
    for (int k = 0; k < g->part_length; k++, w += NN_PANEL, x++) {
      float32x4_t weights[4];
      UNROLL for (int v = 0; v < 4; v++) weights[v] = vld1q_f32(w + 4 * v);
      UNROLL for (int r = 0; r < R; r++) {
        float32x4_t value = vld1q_dup_f32(x + (size_t)r * step);
        UNROLL for (int v = 0; v < 4; v++) sum[r][v] = vfmaq_f32(sum[r][v], value, weights[v]);
      }
    }
  }
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int v = 0; v < 4; v++)
      store(g->y + (size_t)(row + r) * (size_t)g->out + first + 4 * v, g->out - first - 4 * v, sum[r][v]);
}

static void tile_6(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 6); }
static void tile_4(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 4); }
static void tile_2(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 2); }
static void tile_1(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 1); }

static void gemm(const nn_gemm *g) {
  for (int row = 0; row < g->rows;) {
    int left = g->rows - row, count = left >= 6 ? 6 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
    for (int panel = 0; panel < nn_panels(g->out); panel++)
      (count == 6 ? tile_6 : count == 4 ? tile_4 : count == 2 ? tile_2 : tile_1)(g, row, panel);
    row += count;
  }
}

/* ---- The same on bytes: products in 16 bits, added in pairs to 32. */

INLINE void tile_i8(const nn_gemm_i8 *g, int row, int panel, const int R) {
  size_t depth = (size_t)g->part_count * (size_t)g->part_length, step = g->step;
  const int8_t *w = g->w + (size_t)panel * depth * NN_PANEL;
  int first = panel * NN_PANEL;
  int32x4_t sum[4][4];
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int v = 0; v < 4; v++) sum[r][v] = vdupq_n_s32(0);
  for (int p = 0; p < g->part_count; p++) {
    const uint8_t *x = g->parts[p] + (size_t)row * step;
    for (int k = 0; k < g->part_length; k += 4, w += 4 * NN_PANEL, x += 4) {
      UNROLL for (int r = 0; r < R; r++) {
        uint32_t four;
        memcpy(&four, x + (size_t)r * step, sizeof four);
        int8x8_t value = vreinterpret_s8_u32(vdup_n_u32(four ^ 0x80808080u)); /* - 128 */
        UNROLL for (int v = 0; v < 4; v++) {
          int8x16_t weights = vld1q_s8(w + 16 * v); /* four outputs of four */
          int32x4_t low = vpaddlq_s16(vmull_s8(value, vget_low_s8(weights)));
          int32x4_t high = vpaddlq_s16(vmull_s8(value, vget_high_s8(weights)));
          sum[r][v] = vaddq_s32(sum[r][v], vpaddq_s32(low, high));
        }
      }
    }
  }
  UNROLL for (int r = 0; r < R; r++) {
    float row_scale = g->row_scales[(row + r) * g->row_scale_step];
    UNROLL for (int v = 0; v < 4; v++) {
      ptrdiff_t left = g->out - first - 4 * v;
      float32x4_t scale = vmulq_n_f32(vld1q_f32(g->scales + first + 4 * v), row_scale);
      float32x4_t bias = g->bias ? load(g->bias + first + 4 * v, left) : vdupq_n_f32(0);
      store(g->y + (size_t)(row + r) * (size_t)g->out + first + 4 * v, left,
            vfmaq_f32(bias, vcvtq_f32_s32(sum[r][v]), scale));
    }
  }
}

static void tile_i8_4(const nn_gemm_i8 *g, int row, int panel) { tile_i8(g, row, panel, 4); }
static void tile_i8_1(const nn_gemm_i8 *g, int row, int panel) { tile_i8(g, row, panel, 1); }

static void gemm_i8(const nn_gemm_i8 *g) {
  for (int row = 0; row < g->rows;) {
    int count = g->rows - row >= 4 ? 4 : 1;
    for (int panel = 0; panel < nn_panels(g->out); panel++)
      (count == 4 ? tile_i8_4 : tile_i8_1)(g, row, panel);
    row += count;
  }
}

/* ---- Plain products: dot products of four outputs at a time. */

INLINE void dots(const nn_gemm *g, int row, int o, const int N) {
  ptrdiff_t length = g->part_length;
  size_t depth = (size_t)g->part_count * (size_t)length;
  const float *w = g->w + (size_t)o * depth;
  float32x4_t sum[4];
  UNROLL for (int i = 0; i < N; i++) sum[i] = vdupq_n_f32(0);
  for (int p = 0; p < g->part_count; p++, w += length) {
    const float *x = g->parts[p] + (size_t)row * g->step;
    for (ptrdiff_t k = 0; k < length; k += 4) {
      float32x4_t value = load(x + k, length - k);
      UNROLL for (int i = 0; i < N; i++)
        sum[i] = vfmaq_f32(sum[i], value, load(w + (size_t)i * depth + k, length - k));
    }
  }
  float *y = g->y + (size_t)row * (size_t)g->out + o;
  UNROLL for (int i = 0; i < N; i++) y[i] = vaddvq_f32(sum[i]) + (g->bias ? g->bias[o + i] : 0);
}

static void gemm_plain(const nn_gemm *g) {
  for (int row = 0; row < g->rows; row++) {
    int o = 0;
    for (; o + 4 <= g->out; o += 4) dots(g, row, o, 4);
    for (; o < g->out; o++) dots(g, row, o, 1);
  }
}

static void dots_i8(const int8_t *x, const int8_t *w, int count, int out, int32_t *sums) {
  for (int o = 0; o < out; o++, w += count) {
    int32x4_t sum = vdupq_n_s32(0);
    int k = 0;
    for (; k + 8 <= count; k += 8) sum = vpadalq_s16(sum, vmull_s8(vld1_s8(x + k), vld1_s8(w + k)));
    int32_t total = vaddvq_s32(sum);
    for (; k < count; k++) total += x[k] * w[k];
    sums[o] = total;
  }
}

/* ---- Quantising. */

static float absmax(const float *x, size_t count) {
  float32x4_t largest = vdupq_n_f32(0);
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 4, x += 4)
    largest = vmaxnmq_f32(largest, vabsq_f32(load(x, left)));
  return vmaxvq_f32(largest);
}

static void quantize(const float *x, size_t count, float inverse, uint8_t *q) {
  float32x4_t low = vdupq_n_f32(-127), high = vdupq_n_f32(127);
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 4, x += 4, q += 4) {
    float32x4_t value = vminnmq_f32(vmaxnmq_f32(vmulq_n_f32(load(x, left), inverse), low), high);
    int32_t four[4];
    vst1q_s32(four, vcvtnq_s32_f32(value)); /* halves to even */
    for (int i = 0; i < (left < 4 ? (int)left : 4); i++) q[i] = (uint8_t)(four[i] + 128);
  }
}

/* ---- Depthwise: four channels of N positions at a time. */

INLINE void depthwise_tile(const nn_depthwise *d, int i, ptrdiff_t c, const int N) {
  ptrdiff_t left = d->channels - c;
  float32x4_t sum[8];
  float32x4_t bias = d->bias ? load(d->bias + c, left) : vdupq_n_f32(0);
  UNROLL for (int n = 0; n < N; n++) sum[n] = bias;
  for (int p = 0; p < d->parts; p++) {
    const float *x = d->x + (size_t)p * d->x_part + (size_t)i * d->step + c;
    const float *w = d->w + (size_t)p * d->w_part + c;
    for (int k = 0; k < d->taps; k++, x += d->x_tap, w += d->channels) {
      float32x4_t weights = load(w, left);
      UNROLL for (int n = 0; n < N; n++)
        sum[n] = vfmaq_f32(sum[n], load(x + (size_t)n * d->step, left), weights);
    }
  }
  float *y = d->y + (size_t)i * (size_t)d->channels + c;
  UNROLL for (int n = 0; n < N; n++) store(y + (size_t)n * (size_t)d->channels, left, sum[n]);
}

static void depthwise(const nn_depthwise *d) {
  int i = 0;
  for (; i + 8 <= d->positions; i += 8)
    for (ptrdiff_t c = 0; c < d->channels; c += 4) depthwise_tile(d, i, c, 8);
  for (; i < d->positions; i++)
    for (ptrdiff_t c = 0; c < d->channels; c += 4) depthwise_tile(d, i, c, 1);
}

/* ---- Activations. */

/* e^x after Cephes' expf (Moshier 1989): x = n ln 2 + r, a polynomial in r, times 2^n; 2 units in the
 * last place. Below -87.3 it stays at the smallest normal number, above 88.3 at 2.4e38. */
INLINE float32x4_t exponential(float32x4_t x) {
  x = vminnmq_f32(vmaxnmq_f32(x, vdupq_n_f32(-87.3f)), vdupq_n_f32(88.3f));
  float32x4_t n = vrndnq_f32(vmulq_n_f32(x, 1.44269504f));
  float32x4_t r = vfmsq_f32(x, n, vdupq_n_f32(0.693359375f));
  r = vfmsq_f32(r, n, vdupq_n_f32(-2.12194440e-4f));
  float32x4_t p = vdupq_n_f32(1.9875691500e-4f);
  p = vfmaq_f32(vdupq_n_f32(1.3981999507e-3f), p, r);
  p = vfmaq_f32(vdupq_n_f32(8.3334519073e-3f), p, r);
  p = vfmaq_f32(vdupq_n_f32(4.1665795894e-2f), p, r);
  p = vfmaq_f32(vdupq_n_f32(1.6666665459e-1f), p, r);
  p = vfmaq_f32(vdupq_n_f32(5.0000001201e-1f), p, r);
  p = vfmaq_f32(vaddq_f32(r, vdupq_n_f32(1)), p, vmulq_f32(r, r));
  int32x4_t power = vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23);
  return vmulq_f32(p, vreinterpretq_f32_s32(power));
}

INLINE float32x4_t sigmoid(float32x4_t x) {
  float32x4_t one = vdupq_n_f32(1);
  return vdivq_f32(one, vaddq_f32(one, exponential(vnegq_f32(x))));
}

/* 1 + erf(x / sqrt 2), by Abramowitz and Stegun 1964, 7.1.26; its error is below 1.5e-7. */
INLINE float32x4_t one_plus_erf(float32x4_t x) {
  float32x4_t one = vdupq_n_f32(1), z = vmulq_n_f32(vabsq_f32(x), 0.70710678f);
  float32x4_t t = vdivq_f32(one, vfmaq_f32(one, z, vdupq_n_f32(0.3275911f)));
  float32x4_t p = vdupq_n_f32(1.061405429f);
  p = vfmaq_f32(vdupq_n_f32(-1.453152027f), p, t);
  p = vfmaq_f32(vdupq_n_f32(1.421413741f), p, t);
  p = vfmaq_f32(vdupq_n_f32(-0.284496736f), p, t);
  p = vfmaq_f32(vdupq_n_f32(0.254829592f), p, t);
  float32x4_t rest = vmulq_f32(vmulq_f32(p, t), exponential(vnegq_f32(vmulq_f32(z, z))));
  return vbslq_f32(vcltzq_f32(x), rest, vsubq_f32(vdupq_n_f32(2), rest));
}

INLINE float32x4_t activated(const int act, float32x4_t x) {
  float32x4_t zero = vdupq_n_f32(0), one = vdupq_n_f32(1), two = vdupq_n_f32(2);
  switch (act) {
    case NN_RELU: return vmaxnmq_f32(x, zero);
    case NN_SILU: return vmulq_f32(x, sigmoid(x));
    case NN_GELU: return vmulq_f32(vmulq_n_f32(x, 0.5f), one_plus_erf(x));
    case NN_SIGMOID: return sigmoid(x);
    case NN_TANH: /* 1 - 2 / (e^2x + 1) */
      return vsubq_f32(one, vdivq_f32(two, vaddq_f32(exponential(vaddq_f32(x, x)), one)));
    case NN_HARDSWISH: {
      float32x4_t gate = vmaxnmq_f32(vaddq_f32(x, vdupq_n_f32(3)), zero);
      return vdivq_f32(vmulq_f32(x, vminnmq_f32(gate, vdupq_n_f32(6))), vdupq_n_f32(6));
    }
    default: return x;
  }
}

INLINE void activate_all(const int act, float *x, size_t count) {
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 4, x += 4)
    store(x, left, activated(act, load(x, left)));
}

static void activate(int act, float *x, size_t count) {
  switch (act) { /* so that each loop knows its own */
    case NN_RELU: activate_all(NN_RELU, x, count); break;
    case NN_SILU: activate_all(NN_SILU, x, count); break;
    case NN_GELU: activate_all(NN_GELU, x, count); break;
    case NN_SIGMOID: activate_all(NN_SIGMOID, x, count); break;
    case NN_TANH: activate_all(NN_TANH, x, count); break;
    case NN_HARDSWISH: activate_all(NN_HARDSWISH, x, count); break;
    default: break;
  }
}

/* ---- Simple recurrent units: N vectors of channels side by side, so that their chains overlap; only
 * the last of them may be cut. */

INLINE void sru_strip(const nn_sru *s, ptrdiff_t first, const int N) {
  ptrdiff_t channels = s->channels, last = channels - first - 4 * (N - 1);
  float32x4_t c[4], vf[4], vr[4], bf[4], br[4];
  UNROLL for (int n = 0; n < N; n++) {
    ptrdiff_t at = first + 4 * n, left = n == N - 1 ? last : 4;
    vf[n] = load(s->v + at, left), vr[n] = load(s->v + channels + at, left);
    bf[n] = load(s->b + at, left), br[n] = load(s->b + channels + at, left);
    c[n] = vdupq_n_f32(0);
  }
  const float *u = s->u + first, *skip = s->skip + first;
  float *h = s->h + first;
  for (int t = 0; t < s->steps; t++) {
    UNROLL for (int n = 0; n < N; n++) {
      ptrdiff_t left = n == N - 1 ? last : 4;
      float32x4_t uc = load(u + 4 * n, left), past = load(skip + 4 * n, left);
      float32x4_t uf = vaddq_f32(load(u + channels + 4 * n, left), bf[n]);
      float32x4_t ur = vaddq_f32(load(u + 2 * channels + 4 * n, left), br[n]);
      float32x4_t f = sigmoid(vfmaq_f32(uf, vf[n], c[n])), r = sigmoid(vfmaq_f32(ur, vr[n], c[n]));
      c[n] = vfmaq_f32(uc, f, vsubq_f32(c[n], uc));
      store(h + 4 * n, left, vfmaq_f32(past, r, vsubq_f32(c[n], past)));
    }
    if (t + 1 < s->steps) u += s->u_step, skip += s->skip_step, h += s->h_step;
  }
}

static void sru(const nn_sru *s) {
  ptrdiff_t first = 0;
  for (; s->channels - first >= 16; first += 16) sru_strip(s, first, 4);
  for (; first < s->channels; first += 4) sru_strip(s, first, 1);
}

/* ---- The rest. */

static void layernorm(const float *gain, const float *bias, const float *x, int columns,
                      float epsilon, float *y) {
  float32x4_t sum = vdupq_n_f32(0);
  for (ptrdiff_t i = 0; i < columns; i += 4) sum = vaddq_f32(sum, load(x + i, columns - i));
  float mean = vaddvq_f32(sum) / (float)columns, squares = 0;
  sum = vdupq_n_f32(0);
  ptrdiff_t i = 0;
  for (; i + 4 <= columns; i += 4) {
    float32x4_t from = vsubq_f32(vld1q_f32(x + i), vdupq_n_f32(mean));
    sum = vfmaq_f32(sum, from, from);
  }
  for (; i < columns; i++) squares += (x[i] - mean) * (x[i] - mean);
  float scale = 1 / sqrtf((squares + vaddvq_f32(sum)) / (float)columns + epsilon);
  for (i = 0; i < columns; i += 4) {
    ptrdiff_t left = columns - i;
    float32x4_t value = vmulq_n_f32(vsubq_f32(load(x + i, left), vdupq_n_f32(mean)), scale);
    store(y + i, left, vfmaq_f32(load(bias + i, left), value, load(gain + i, left)));
  }
}

static void add(const float *x, float *y, size_t count) {
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 4, x += 4, y += 4)
    store(y, left, vaddq_f32(load(x, left), load(y, left)));
}

static void maximum(const float *x, float *y, size_t count) {
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 4, x += 4, y += 4)
    store(y, left, vmaxnmq_f32(load(x, left), load(y, left)));
}

static float dot(const float *x, const float *y, size_t count) {
  float32x4_t sum[4] = {vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0)};
  ptrdiff_t left = (ptrdiff_t)count;
  for (; left >= 16; left -= 16, x += 16, y += 16)
    UNROLL for (int k = 0; k < 4; k++)
      sum[k] = vfmaq_f32(sum[k], vld1q_f32(x + 4 * k), vld1q_f32(y + 4 * k));
  for (; left > 0; left -= 4, x += 4, y += 4) sum[0] = vfmaq_f32(sum[0], load(x, left), load(y, left));
  return vaddvq_f32(vaddq_f32(vaddq_f32(sum[0], sum[1]), vaddq_f32(sum[2], sum[3])));
}

static void axpy(float a, const float *x, float *y, size_t count) {
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 4, x += 4, y += 4)
    store(y, left, vfmaq_n_f32(load(y, left), load(x, left), a));
}

static void narrow_bf16(const float *x, uint16_t *y, size_t count) {
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 4, x += 4, y += 4) {
    uint32x4_t bits = vreinterpretq_u32_f32(load(x, left));
    uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
    uint16_t four[4];
    vst1_u16(four, vshrn_n_u32(vaddq_u32(vaddq_u32(bits, vdupq_n_u32(0x7fff)), odd), 16));
    memcpy(y, four, sizeof *four * (size_t)(left < 4 ? left : 4));
  }
}

INLINE float32x4_t bf16(const uint16_t *x, ptrdiff_t count) {
  uint16_t four[4] = {0};
  memcpy(four, x, sizeof *four * (size_t)(count < 4 ? count : 4));
  return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(four), 16));
}

static void sum_bf16(const uint16_t *a, const uint16_t *b, const uint16_t *c, float *y, size_t count) {
  for (size_t i = 0; i < count; i += 4) {
    ptrdiff_t left = (ptrdiff_t)(count - i);
    float32x4_t sum = bf16(b + i, left);
    if (a) sum = vaddq_f32(sum, bf16(a + i, left));
    if (c) sum = vaddq_f32(sum, bf16(c + i, left));
    store(y + i, left, sum);
  }
}

/* Eight bytes; as many of them as `count` says, the rest zeros. */
INLINE int16x8_t widened(const int8_t *x, ptrdiff_t count) {
  if (count >= 8) return vmovl_s8(vld1_s8(x));
  int8_t eight[8] = {0};
  for (ptrdiff_t i = 0; i < count; i++) eight[i] = x[i];
  return vmovl_s8(vld1_s8(eight));
}

static void axpy_i8(float a, const int8_t *x, float *y, size_t count) {
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 8, x += 8, y += 8) {
    int16x8_t bytes = widened(x, left);
    float32x4_t low = vcvtq_f32_s32(vmovl_s16(vget_low_s16(bytes)));
    float32x4_t high = vcvtq_f32_s32(vmovl_high_s16(bytes));
    store(y, left, vfmaq_n_f32(load(y, left), low, a));
    if (left > 4) store(y + 4, left - 4, vfmaq_n_f32(load(y + 4, left - 4), high, a));
  }
}

static void bag_i8(const int8_t *table, const float *scales, int columns, const uint32_t *rows,
                   const float *weights, int count, float *y) {
  size_t width = (size_t)columns;
  for (int i = 0; i < count; i++) { /* the rows of a hashed table are far apart: fetch all at once */
    const int8_t *row = table + (size_t)rows[i] * width;
    __builtin_prefetch(scales + rows[i]);
    for (size_t at = 0; at < width; at += 64) __builtin_prefetch(row + at);
  }
  for (int i = 0; i < count; i++)
    axpy_i8(scales[rows[i]] * (weights ? weights[i] : 1), table + (size_t)rows[i] * width, y, width);
}

const nn_kernels nn_kernels_neon = {
    .name = "neon", .gemm = gemm, .gemm_plain = gemm_plain, .gemm_i8 = gemm_i8, .dots_i8 = dots_i8,
    .absmax = absmax, .quantize = quantize, .depthwise = depthwise, .sru = sru,
    .activate = activate, .layernorm = layernorm, .add = add, .maximum = maximum, .dot = dot, .axpy = axpy,
    .axpy_i8 = axpy_i8, .narrow_bf16 = narrow_bf16, .sum_bf16 = sum_bf16, .bag_i8 = bag_i8};
