/* kernels_avx512.c: the kernels for AVX-512 (F, BW, DQ, VL) with VNNI; this whole file is compiled for
 * them and runs only where kernels.c found them. Ends that do not fill a vector are masked, so each
 * number is computed by the same operations wherever it lies. */
#include <immintrin.h>

#include "nn/kernels.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

/* The first `count` of 16 lanes; all of them from 16 up. */
INLINE __mmask16 first_lanes(size_t count) {
  return count >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << count) - 1);
}

/* ---- Packed products. A tile is R rows by P panels, all its sums in registers: R and P are
 * constants where tile is called, R * P at most 24, so that 8 registers are left for operands. */

INLINE void tile(const nn_gemm *g, int row, int panel, const int R, const int P) {
  size_t depth = (size_t)g->part_count * (size_t)g->part_length, step = g->step;
  const float *w = g->w + (size_t)panel * depth * NN_PANEL;
  __m512 sum[24];
  UNROLL for (int p = 0; p < P; p++) {
    int first = (panel + p) * NN_PANEL;
    __m512 bias = g->bias ? _mm512_maskz_loadu_ps(first_lanes((size_t)(g->out - first)), g->bias + first)
                          : _mm512_setzero_ps();
    UNROLL for (int r = 0; r < R; r++) sum[r * P + p] = bias;
  }
  for (int part = 0; part < g->part_count; part++) {
    const float *x0 = g->parts[part] + (size_t)row * step, *x4 = x0 + 4 * step, *x8 = x4 + 4 * step;
    for (int k = 0; k < g->part_length; k++, w += NN_PANEL, x0++, x4++, x8++) {
      __m512 weights[8];
      UNROLL for (int p = 0; p < P; p++) weights[p] = _mm512_loadu_ps(w + (size_t)p * depth * NN_PANEL);
      UNROLL for (int r = 0; r < R; r++) {
        const float *x = r < 4 ? x0 : r < 8 ? x4 : x8;
        __m512 value = _mm512_set1_ps(x[(size_t)(r % 4) * step]);
        UNROLL for (int p = 0; p < P; p++)
          sum[r * P + p] = _mm512_fmadd_ps(value, weights[p], sum[r * P + p]);
      }
    }
  }
  UNROLL for (int p = 0; p < P; p++) {
    int first = (panel + p) * NN_PANEL;
    __mmask16 lanes = first_lanes((size_t)(g->out - first));
    float *y = g->y + (size_t)row * (size_t)g->out + first;
    UNROLL for (int r = 0; r < R; r++)
      _mm512_mask_storeu_ps(y + (size_t)r * (size_t)g->out, lanes, sum[r * P + p]);
  }
}

static void tile_12x2(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 12, 2); }
static void tile_12x1(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 12, 1); }
static void tile_6x4(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 6, 4); }
static void tile_6x2(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 6, 2); }
static void tile_6x1(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 6, 1); }
static void tile_2x8(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 2, 8); }
static void tile_2x4(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 2, 4); }
static void tile_2x1(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 2, 1); }
static void tile_1x8(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 1, 8); }
static void tile_1x4(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 1, 4); }
static void tile_1x1(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 1, 1); }

/* Widest first, for the rows that are left and then for the panels that are left. */
static const struct {
  int rows, panels;
  void (*run)(const nn_gemm *, int row, int panel);
} tiles[] = {{12, 2, tile_12x2}, {12, 1, tile_12x1}, {6, 4, tile_6x4}, {6, 2, tile_6x2},
             {6, 1, tile_6x1},   {2, 8, tile_2x8},   {2, 4, tile_2x4}, {2, 1, tile_2x1},
             {1, 8, tile_1x8},   {1, 4, tile_1x4},   {1, 1, tile_1x1}};

static void gemm(const nn_gemm *g) {
  int panels = nn_panels(g->out);
  size_t t = 0;
  for (int row = 0; row < g->rows;) {
    while (tiles[t].rows > g->rows - row) t++;
    size_t u = t;
    for (int panel = 0; panel < panels; panel += tiles[u].panels) {
      while (tiles[u].panels > panels - panel) u++;
      tiles[u].run(g, row, panel);
    }
    row += tiles[t].rows;
  }
}

/* ---- The same on bytes: four products at a time (VPDPBUSD), unsigned input by signed weights. */

INLINE void tile_i8(const nn_gemm_i8 *g, int row, int panel, const int R, const int P) {
  size_t depth = (size_t)g->part_count * (size_t)g->part_length, step = g->step;
  const int8_t *w = g->w + (size_t)panel * depth * NN_PANEL;
  __m512i sum[24];
  UNROLL for (int i = 0; i < R * P; i++) sum[i] = _mm512_setzero_si512();
  for (int part = 0; part < g->part_count; part++) {
    const uint8_t *x0 = g->parts[part] + (size_t)row * step, *x4 = x0 + 4 * step, *x8 = x4 + 4 * step;
    for (int k = 0; k < g->part_length; k += 4, w += 4 * NN_PANEL, x0 += 4, x4 += 4, x8 += 4) {
      __m512i weights[8];
      UNROLL for (int p = 0; p < P; p++)
        weights[p] = _mm512_loadu_si512(w + (size_t)p * depth * NN_PANEL);
      UNROLL for (int r = 0; r < R; r++) {
        const uint8_t *x = r < 4 ? x0 : r < 8 ? x4 : x8;
        int four;
        memcpy(&four, x + (size_t)(r % 4) * step, sizeof four);
        __m512i value = _mm512_set1_epi32(four);
        UNROLL for (int p = 0; p < P; p++)
          sum[r * P + p] = _mm512_dpbusd_epi32(sum[r * P + p], value, weights[p]);
      }
    }
  }
  UNROLL for (int p = 0; p < P; p++) {
    int first = (panel + p) * NN_PANEL;
    __mmask16 lanes = first_lanes((size_t)(g->out - first));
    /* the input was 128 too large everywhere */
    __m512i excess = _mm512_slli_epi32(_mm512_loadu_si512(g->sums + first), 7);
    __m512 scale = _mm512_loadu_ps(g->scales + first);
    __m512 bias = g->bias ? _mm512_maskz_loadu_ps(lanes, g->bias + first) : _mm512_setzero_ps();
    UNROLL for (int r = 0; r < R; r++) {
      __m512 row_scale = _mm512_set1_ps(g->row_scales[(row + r) * g->row_scale_step]);
      __m512 value = _mm512_cvtepi32_ps(_mm512_sub_epi32(sum[r * P + p], excess));
      value = _mm512_fmadd_ps(value, _mm512_mul_ps(row_scale, scale), bias);
      _mm512_mask_storeu_ps(g->y + (size_t)(row + r) * (size_t)g->out + first, lanes, value);
    }
  }
}

static void tile_i8_12x2(const nn_gemm_i8 *g, int row, int panel) { tile_i8(g, row, panel, 12, 2); }
static void tile_i8_12x1(const nn_gemm_i8 *g, int row, int panel) { tile_i8(g, row, panel, 12, 1); }
static void tile_i8_6x4(const nn_gemm_i8 *g, int row, int panel) { tile_i8(g, row, panel, 6, 4); }
static void tile_i8_6x1(const nn_gemm_i8 *g, int row, int panel) { tile_i8(g, row, panel, 6, 1); }
static void tile_i8_3x8(const nn_gemm_i8 *g, int row, int panel) { tile_i8(g, row, panel, 3, 8); }
static void tile_i8_3x1(const nn_gemm_i8 *g, int row, int panel) { tile_i8(g, row, panel, 3, 1); }
static void tile_i8_2x8(const nn_gemm_i8 *g, int row, int panel) { tile_i8(g, row, panel, 2, 8); }
static void tile_i8_2x1(const nn_gemm_i8 *g, int row, int panel) { tile_i8(g, row, panel, 2, 1); }
static void tile_i8_1x8(const nn_gemm_i8 *g, int row, int panel) { tile_i8(g, row, panel, 1, 8); }
static void tile_i8_1x1(const nn_gemm_i8 *g, int row, int panel) { tile_i8(g, row, panel, 1, 1); }

static const struct {
  int rows, panels;
  void (*run)(const nn_gemm_i8 *, int row, int panel);
} tiles_i8[] = {{12, 2, tile_i8_12x2}, {12, 1, tile_i8_12x1}, {6, 4, tile_i8_6x4}, {6, 1, tile_i8_6x1},
                {3, 8, tile_i8_3x8},   {3, 1, tile_i8_3x1},   {2, 8, tile_i8_2x8}, {2, 1, tile_i8_2x1},
                {1, 8, tile_i8_1x8},   {1, 1, tile_i8_1x1}};

static void gemm_i8(const nn_gemm_i8 *g) {
  int panels = nn_panels(g->out);
  size_t t = 0;
  for (int row = 0; row < g->rows;) {
    while (tiles_i8[t].rows > g->rows - row) t++;
    size_t u = t;
    for (int panel = 0; panel < panels; panel += tiles_i8[u].panels) {
      while (tiles_i8[u].panels > panels - panel) u++;
      tiles_i8[u].run(g, row, panel);
    }
    row += tiles_i8[t].rows;
  }
}

/* ---- Plain products: dot products of four outputs at a time. */

INLINE void dots(const nn_gemm *g, int row, int o, const int N) {
  size_t length = (size_t)g->part_length, depth = (size_t)g->part_count * length;
  const float *w = g->w + (size_t)o * depth;
  __m512 sum[4];
  UNROLL for (int i = 0; i < N; i++) sum[i] = _mm512_setzero_ps();
  for (int part = 0; part < g->part_count; part++, w += length) {
    const float *x = g->parts[part] + (size_t)row * g->step;
    for (size_t k = 0; k < length; k += 16) {
      __mmask16 lanes = first_lanes(length - k);
      __m512 value = _mm512_maskz_loadu_ps(lanes, x + k);
      UNROLL for (int i = 0; i < N; i++)
        sum[i] = _mm512_fmadd_ps(value, _mm512_maskz_loadu_ps(lanes, w + (size_t)i * depth + k), sum[i]);
    }
  }
  float *y = g->y + (size_t)row * (size_t)g->out + o;
  UNROLL for (int i = 0; i < N; i++) y[i] = _mm512_reduce_add_ps(sum[i]) + (g->bias ? g->bias[o + i] : 0);
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
    __m512i sum = _mm512_setzero_si512();
    for (int k = 0; k < count; k += 32) {
      __mmask32 lanes = count - k >= 32 ? 0xffffffffu : (1u << (count - k)) - 1;
      __m512i a = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(lanes, x + k));
      __m512i b = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(lanes, w + k));
      sum = _mm512_dpwssd_epi32(sum, a, b);
    }
    sums[o] = _mm512_reduce_add_epi32(sum);
  }
}

/* ---- Quantising. */

static float absmax(const float *x, size_t count) {
  __m512 largest = _mm512_setzero_ps();
  for (size_t i = 0; i < count; i += 16)
    largest = _mm512_max_ps(_mm512_abs_ps(_mm512_maskz_loadu_ps(first_lanes(count - i), x + i)), largest);
  return _mm512_reduce_max_ps(largest);
}

static void quantize(const float *x, size_t count, float inverse, uint8_t *q) {
  __m512 scale = _mm512_set1_ps(inverse), low = _mm512_set1_ps(-127), high = _mm512_set1_ps(127);
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 lanes = first_lanes(count - i);
    __m512 value = _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, x + i), scale);
    __m512i whole = _mm512_cvtps_epi32(_mm512_min_ps(_mm512_max_ps(value, low), high));
    _mm512_mask_cvtepi32_storeu_epi8(q + i, lanes, _mm512_add_epi32(whole, _mm512_set1_epi32(128)));
  }
}

/* ---- Depthwise: sixteen channels of N positions at a time. */

INLINE void depthwise_tile(const nn_depthwise *d, int i, size_t c, const int N) {
  __mmask16 lanes = first_lanes((size_t)d->channels - c);
  __m512 sum[8];
  __m512 bias = d->bias ? _mm512_maskz_loadu_ps(lanes, d->bias + c) : _mm512_setzero_ps();
  UNROLL for (int n = 0; n < N; n++) sum[n] = bias;
  for (int p = 0; p < d->parts; p++) {
    const float *x = d->x + (size_t)p * d->x_part + (size_t)i * d->step + c;
    const float *w = d->w + (size_t)p * d->w_part + c;
    for (int k = 0; k < d->taps; k++, x += d->x_tap, w += d->channels) {
      __m512 weights = _mm512_maskz_loadu_ps(lanes, w);
      UNROLL for (int n = 0; n < N; n++)
        sum[n] = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, x + (size_t)n * d->step), weights, sum[n]);
    }
  }
  float *y = d->y + (size_t)i * (size_t)d->channels + c;
  UNROLL for (int n = 0; n < N; n++)
    _mm512_mask_storeu_ps(y + (size_t)n * (size_t)d->channels, lanes, sum[n]);
}

static void depthwise(const nn_depthwise *d) {
  int i = 0;
  for (; i + 8 <= d->positions; i += 8)
    for (size_t c = 0; c < (size_t)d->channels; c += 16) depthwise_tile(d, i, c, 8);
  for (; i + 2 <= d->positions; i += 2)
    for (size_t c = 0; c < (size_t)d->channels; c += 16) depthwise_tile(d, i, c, 2);
  for (; i < d->positions; i++)
    for (size_t c = 0; c < (size_t)d->channels; c += 16) depthwise_tile(d, i, c, 1);
}

/* ---- Activations. */

/* e^x after Cephes' expf (Moshier 1989): x = n ln 2 + r, a polynomial in r, times 2^n; 2 units in the
 * last place. Below -87.3 it stays at the smallest normal number, above 88.3 at 2.4e38. */
INLINE __m512 exponential(__m512 x) {
  x = _mm512_min_ps(_mm512_max_ps(x, _mm512_set1_ps(-87.3f)), _mm512_set1_ps(88.3f));
  __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)),
                                  _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
  __m512 p = _mm512_set1_ps(1.9875691500e-4f);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.3981999507e-3f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(8.3334519073e-3f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(4.1665795894e-2f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.6666665459e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.0000001201e-1f));
  p = _mm512_fmadd_ps(p, _mm512_mul_ps(r, r), _mm512_add_ps(r, _mm512_set1_ps(1)));
  return _mm512_scalef_ps(p, n);
}

INLINE __m512 sigmoid(__m512 x) {
  __m512 one = _mm512_set1_ps(1);
  return _mm512_div_ps(one, _mm512_add_ps(one, exponential(_mm512_sub_ps(_mm512_setzero_ps(), x))));
}

/* 1 + erf(x / sqrt 2), by Abramowitz and Stegun 1964, 7.1.26; its error is below 1.5e-7. */
INLINE __m512 one_plus_erf(__m512 x) {
  __m512 one = _mm512_set1_ps(1), z = _mm512_mul_ps(_mm512_abs_ps(x), _mm512_set1_ps(0.70710678f));
  __m512 t = _mm512_div_ps(one, _mm512_fmadd_ps(z, _mm512_set1_ps(0.3275911f), one));
  __m512 p = _mm512_set1_ps(1.061405429f);
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(-1.453152027f));
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(1.421413741f));
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(-0.284496736f));
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(0.254829592f));
  __m512 rest = _mm512_mul_ps(_mm512_mul_ps(p, t), exponential(_mm512_fnmadd_ps(z, z, _mm512_setzero_ps())));
  __mmask16 negative = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
  return _mm512_mask_mov_ps(_mm512_sub_ps(_mm512_set1_ps(2), rest), negative, rest);
}

INLINE __m512 activated(const int act, __m512 x) {
  __m512 zero = _mm512_setzero_ps(), one = _mm512_set1_ps(1), two = _mm512_set1_ps(2);
  switch (act) {
    case NN_RELU: return _mm512_max_ps(x, zero);
    case NN_SILU: return _mm512_mul_ps(x, sigmoid(x));
    case NN_GELU: return _mm512_mul_ps(_mm512_mul_ps(x, _mm512_set1_ps(0.5f)), one_plus_erf(x));
    case NN_SIGMOID: return sigmoid(x);
    case NN_TANH: /* 1 - 2 / (e^2x + 1) */
      return _mm512_sub_ps(one, _mm512_div_ps(two, _mm512_add_ps(exponential(_mm512_add_ps(x, x)), one)));
    case NN_HARDSWISH: {
      __m512 gate = _mm512_max_ps(_mm512_add_ps(x, _mm512_set1_ps(3)), zero);
      gate = _mm512_min_ps(gate, _mm512_set1_ps(6));
      return _mm512_div_ps(_mm512_mul_ps(x, gate), _mm512_set1_ps(6));
    }
    default: return x;
  }
}

INLINE void activate_all(const int act, float *x, size_t count) {
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 lanes = first_lanes(count - i);
    _mm512_mask_storeu_ps(x + i, lanes, activated(act, _mm512_maskz_loadu_ps(lanes, x + i)));
  }
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
  ptrdiff_t channels = s->channels;
  __mmask16 last = first_lanes((size_t)(channels - first - 16 * (N - 1)));
  __m512 c[4], vf[4], vr[4], bf[4], br[4];
  UNROLL for (int n = 0; n < N; n++) {
    ptrdiff_t at = first + 16 * n;
    __mmask16 lanes = n == N - 1 ? last : (__mmask16)0xffff;
    vf[n] = _mm512_maskz_loadu_ps(lanes, s->v + at);
    vr[n] = _mm512_maskz_loadu_ps(lanes, s->v + channels + at);
    bf[n] = _mm512_maskz_loadu_ps(lanes, s->b + at);
    br[n] = _mm512_maskz_loadu_ps(lanes, s->b + channels + at);
    c[n] = _mm512_setzero_ps();
  }
  const float *u = s->u + first, *skip = s->skip + first;
  float *h = s->h + first;
  for (int t = 0; t < s->steps; t++) {
    UNROLL for (int n = 0; n < N; n++) {
      __mmask16 lanes = n == N - 1 ? last : (__mmask16)0xffff;
      __m512 uc = _mm512_maskz_loadu_ps(lanes, u + 16 * n);
      __m512 uf = _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, u + channels + 16 * n), bf[n]);
      __m512 ur = _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, u + 2 * channels + 16 * n), br[n]);
      __m512 past = _mm512_maskz_loadu_ps(lanes, skip + 16 * n);
      __m512 f = sigmoid(_mm512_fmadd_ps(vf[n], c[n], uf)), r = sigmoid(_mm512_fmadd_ps(vr[n], c[n], ur));
      c[n] = _mm512_fmadd_ps(f, _mm512_sub_ps(c[n], uc), uc);
      _mm512_mask_storeu_ps(h + 16 * n, lanes, _mm512_fmadd_ps(r, _mm512_sub_ps(c[n], past), past));
    }
    if (t + 1 < s->steps) u += s->u_step, skip += s->skip_step, h += s->h_step;
  }
}

static void sru(const nn_sru *s) {
  ptrdiff_t first = 0;
  for (; s->channels - first >= 64; first += 64) sru_strip(s, first, 4);
  for (; first < s->channels; first += 16) sru_strip(s, first, 1);
}

/* ---- The rest. */

static void layernorm(const float *gain, const float *bias, const float *x, int columns,
                      float epsilon, float *y) {
  size_t count = (size_t)columns;
  __m512 sum = _mm512_setzero_ps();
  for (size_t i = 0; i < count; i += 16)
    sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(first_lanes(count - i), x + i));
  __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / (float)columns);
  sum = _mm512_setzero_ps();
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 lanes = first_lanes(count - i);
    __m512 from = _mm512_maskz_sub_ps(lanes, _mm512_maskz_loadu_ps(lanes, x + i), mean);
    sum = _mm512_fmadd_ps(from, from, sum);
  }
  __m512 scale = _mm512_set1_ps(1 / sqrtf(_mm512_reduce_add_ps(sum) / (float)columns + epsilon));
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 lanes = first_lanes(count - i);
    __m512 value = _mm512_mul_ps(_mm512_sub_ps(_mm512_maskz_loadu_ps(lanes, x + i), mean), scale);
    value = _mm512_fmadd_ps(value, _mm512_maskz_loadu_ps(lanes, gain + i),
                            _mm512_maskz_loadu_ps(lanes, bias + i));
    _mm512_mask_storeu_ps(y + i, lanes, value);
  }
}

static void add(const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 lanes = first_lanes(count - i);
    _mm512_mask_storeu_ps(y + i, lanes, _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, x + i),
                                                      _mm512_maskz_loadu_ps(lanes, y + i)));
  }
}

static void maximum(const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 lanes = first_lanes(count - i);
    _mm512_mask_storeu_ps(y + i, lanes, _mm512_max_ps(_mm512_maskz_loadu_ps(lanes, x + i),
                                                      _mm512_maskz_loadu_ps(lanes, y + i)));
  }
}

static float dot(const float *x, const float *y, size_t count) {
  __m512 sum[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
  size_t i = 0;
  for (; i + 64 <= count; i += 64)
    UNROLL for (size_t k = 0; k < 4; k++)
      sum[k] = _mm512_fmadd_ps(_mm512_loadu_ps(x + i + 16 * k), _mm512_loadu_ps(y + i + 16 * k), sum[k]);
  for (; i < count; i += 16) {
    __mmask16 lanes = first_lanes(count - i);
    sum[0] = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, x + i), _mm512_maskz_loadu_ps(lanes, y + i), sum[0]);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sum[0], sum[1]), _mm512_add_ps(sum[2], sum[3])));
}

static void axpy(float a, const float *x, float *y, size_t count) {
  __m512 factor = _mm512_set1_ps(a);
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 lanes = first_lanes(count - i);
    __m512 sum = _mm512_fmadd_ps(factor, _mm512_maskz_loadu_ps(lanes, x + i), _mm512_maskz_loadu_ps(lanes, y + i));
    _mm512_mask_storeu_ps(y + i, lanes, sum);
  }
}

static void narrow_bf16(const float *x, uint16_t *y, size_t count) {
  __m512i half = _mm512_set1_epi32(0x7fff), one = _mm512_set1_epi32(1);
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 lanes = first_lanes(count - i);
    __m512i bits = _mm512_castps_si512(_mm512_maskz_loadu_ps(lanes, x + i));
    __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), one);
    bits = _mm512_srli_epi32(_mm512_add_epi32(_mm512_add_epi32(bits, half), odd), 16);
    _mm512_mask_cvtepi32_storeu_epi16(y + i, lanes, bits);
  }
}

INLINE __m512 bf16(__mmask16 lanes, const uint16_t *x) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lanes, x)), 16));
}

static void sum_bf16(const uint16_t *a, const uint16_t *b, const uint16_t *c, float *y, size_t count) {
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 lanes = first_lanes(count - i);
    __m512 sum = bf16(lanes, b + i);
    if (a) sum = _mm512_add_ps(sum, bf16(lanes, a + i));
    if (c) sum = _mm512_add_ps(sum, bf16(lanes, c + i));
    _mm512_mask_storeu_ps(y + i, lanes, sum);
  }
}

INLINE __m512 widened(__mmask16 lanes, const int8_t *x) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(lanes, x)));
}

static void axpy_i8(float a, const int8_t *x, float *y, size_t count) {
  __m512 factor = _mm512_set1_ps(a);
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 lanes = first_lanes(count - i);
    __m512 sum = _mm512_fmadd_ps(factor, widened(lanes, x + i), _mm512_maskz_loadu_ps(lanes, y + i));
    _mm512_mask_storeu_ps(y + i, lanes, sum);
  }
}

/* Up to 64 columns at a time stay in registers over the whole bag. */
INLINE void bag_strip(const int8_t *table, const float *scales, size_t columns, size_t first,
                      const uint32_t *rows, const float *weights, int count, float *y, const int N) {
  __mmask16 last = first_lanes(columns - first - 16 * (size_t)(N - 1));
  __m512 sum[4];
  UNROLL for (int n = 0; n < N; n++)
    sum[n] = _mm512_maskz_loadu_ps(n == N - 1 ? last : (__mmask16)0xffff, y + first + 16 * n);
  for (int i = 0; i < count; i++) {
    const int8_t *x = table + (size_t)rows[i] * columns + first;
    __m512 factor = _mm512_set1_ps(scales[rows[i]] * (weights ? weights[i] : 1));
    UNROLL for (int n = 0; n < N; n++)
      sum[n] = _mm512_fmadd_ps(factor, widened(n == N - 1 ? last : (__mmask16)0xffff, x + 16 * n), sum[n]);
  }
  UNROLL for (int n = 0; n < N; n++)
    _mm512_mask_storeu_ps(y + first + 16 * n, n == N - 1 ? last : (__mmask16)0xffff, sum[n]);
}

static void bag_i8(const int8_t *table, const float *scales, int columns, const uint32_t *rows,
                   const float *weights, int count, float *y) {
  size_t width = (size_t)columns, first = 0;
  for (int i = 0; i < count; i++) { /* the rows of a hashed table are far apart: fetch all at once */
    const char *row = (const char *)table + (size_t)rows[i] * width;
    _mm_prefetch((const char *)(scales + rows[i]), _MM_HINT_T0);
    for (size_t at = 0; at < width; at += 64) _mm_prefetch(row + at, _MM_HINT_T0);
    _mm_prefetch(row + width - 1, _MM_HINT_T0);
  }
  for (; width - first >= 64; first += 64)
    bag_strip(table, scales, width, first, rows, weights, count, y, 4);
  size_t left = (width - first + 15) / 16;
  if (left == 4) bag_strip(table, scales, width, first, rows, weights, count, y, 4);
  if (left == 3) bag_strip(table, scales, width, first, rows, weights, count, y, 3);
  if (left == 2) bag_strip(table, scales, width, first, rows, weights, count, y, 2);
  if (left == 1) bag_strip(table, scales, width, first, rows, weights, count, y, 1);
}

const nn_kernels nn_kernels_avx512 = {
    .name = "avx512", .gemm = gemm, .gemm_plain = gemm_plain, .gemm_i8 = gemm_i8, .dots_i8 = dots_i8,
    .absmax = absmax, .quantize = quantize, .depthwise = depthwise, .sru = sru,
    .activate = activate, .layernorm = layernorm, .add = add, .maximum = maximum, .dot = dot, .axpy = axpy,
    .axpy_i8 = axpy_i8, .narrow_bf16 = narrow_bf16, .sum_bf16 = sum_bf16, .bag_i8 = bag_i8};
