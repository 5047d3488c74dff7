/* kernels_avx2.c: the kernels for AVX2 with FMA; this whole file is compiled for them and runs only
 * where kernels.c found them. Ends that do not fill a vector are masked or copied aside, so each number
 * is computed by the same operations wherever it lies. */
#include <immintrin.h>

#include "nn/kernels.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

/* The first `count` of 8 lanes; all of them from 8 up, none from 0 down. */
INLINE __m256i first_lanes(ptrdiff_t count) {
  static const int32_t lanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256((const __m256i *)(lanes + 8 - BASE_CLAMP(count, 0, 8)));
}

INLINE __m256 load(const float *x, ptrdiff_t count) {
  return count >= 8 ? _mm256_loadu_ps(x) : _mm256_maskload_ps(x, first_lanes(count));
}

INLINE void store(float *y, ptrdiff_t count, __m256 value) {
  if (count >= 8) _mm256_storeu_ps(y, value);
  else _mm256_maskstore_ps(y, first_lanes(count), value);
}

INLINE float sum_of(__m256 x) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

/* ---- Packed products. A tile is R rows by P panels of two vectors, all its sums in registers: R and P
 * are constants where tile is called, R * P at most 6. */

INLINE void tile(const nn_gemm *g, int row, int panel, const int R, const int P) {
  size_t depth = (size_t)g->part_count * (size_t)g->part_length, step = g->step;
  const float *w = g->w + (size_t)panel * depth * NN_PANEL;
  __m256 sum[12];
  UNROLL for (int p = 0; p < 2 * P; p++) {
    int first = panel * NN_PANEL + 8 * p;
    __m256 bias = g->bias && g->out > first ? load(g->bias + first, g->out - first) : _mm256_setzero_ps();
    UNROLL for (int r = 0; r < R; r++) sum[r * 2 * P + p] = bias;
  }
  for (int part = 0; part < g->part_count; part++) {
    const float *x0 = g->parts[part] + (size_t)row * step, *x3 = x0 + 3 * step;
    for (int k = 0; k < g->part_length; k++, w += NN_PANEL, x0++, x3++) {
      __m256 weights[8];
      UNROLL for (int p = 0; p < 2 * P; p++)
        weights[p] = _mm256_loadu_ps(w + (size_t)(p / 2) * depth * NN_PANEL + 8 * (p % 2));
      UNROLL for (int r = 0; r < R; r++) {
        __m256 value = _mm256_broadcast_ss((r < 3 ? x0 : x3) + (size_t)(r % 3) * step);
        UNROLL for (int p = 0; p < 2 * P; p++)
          sum[r * 2 * P + p] = _mm256_fmadd_ps(value, weights[p], sum[r * 2 * P + p]);
      }
    }
  }
  UNROLL for (int p = 0; p < 2 * P; p++) {
    int first = panel * NN_PANEL + 8 * p;
    if (g->out <= first) break;
    UNROLL for (int r = 0; r < R; r++)
      store(g->y + (size_t)(row + r) * (size_t)g->out + first, g->out - first, sum[r * 2 * P + p]);
  }
}

static void tile_6x1(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 6, 1); }
static void tile_4x1(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 4, 1); }
static void tile_2x2(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 2, 2); }
static void tile_2x1(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 2, 1); }
static void tile_1x4(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 1, 4); }
static void tile_1x1(const nn_gemm *g, int row, int panel) { tile(g, row, panel, 1, 1); }

/* Widest first, for the rows that are left and then for the panels that are left. */
static const struct {
  int rows, panels;
  void (*run)(const nn_gemm *, int row, int panel);
} tiles[] = {{6, 1, tile_6x1}, {4, 1, tile_4x1}, {2, 2, tile_2x2},
             {2, 1, tile_2x1}, {1, 4, tile_1x4}, {1, 1, tile_1x1}};

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

/* ---- The same on bytes. VPMADDUBSW adds two products in 16 bits, of an unsigned by a signed byte: the
 * magnitude of the weight (at most 128) by the input with the weight's sign (at most 127), so that the
 * sum of two, at most 32512, never saturates. */

INLINE void tile_i8(const nn_gemm_i8 *g, int row, int panel, const int R) {
  size_t depth = (size_t)g->part_count * (size_t)g->part_length, step = g->step;
  const int8_t *w = g->w + (size_t)panel * depth * NN_PANEL;
  __m256i sum[8], ones = _mm256_set1_epi16(1), flip = _mm256_set1_epi8(-128);
  UNROLL for (int i = 0; i < 2 * R; i++) sum[i] = _mm256_setzero_si256();
  for (int part = 0; part < g->part_count; part++) {
    const uint8_t *x = g->parts[part] + (size_t)row * step;
    for (int k = 0; k < g->part_length; k += 4, w += 4 * NN_PANEL, x += 4) {
      __m256i low = _mm256_loadu_si256((const __m256i *)w);
      __m256i high = _mm256_loadu_si256((const __m256i *)(w + 32));
      __m256i low_size = _mm256_abs_epi8(low), high_size = _mm256_abs_epi8(high);
      UNROLL for (int r = 0; r < R; r++) {
        int four;
        memcpy(&four, x + (size_t)r * step, sizeof four);
        __m256i value = _mm256_xor_si256(_mm256_set1_epi32(four), flip); /* - 128 */
        __m256i a = _mm256_maddubs_epi16(low_size, _mm256_sign_epi8(value, low));
        __m256i b = _mm256_maddubs_epi16(high_size, _mm256_sign_epi8(value, high));
        sum[2 * r] = _mm256_add_epi32(sum[2 * r], _mm256_madd_epi16(a, ones));
        sum[2 * r + 1] = _mm256_add_epi32(sum[2 * r + 1], _mm256_madd_epi16(b, ones));
      }
    }
  }
  UNROLL for (int p = 0; p < 2; p++) {
    int first = panel * NN_PANEL + 8 * p;
    if (g->out <= first) break;
    __m256 scale = _mm256_loadu_ps(g->scales + first);
    __m256 bias = g->bias ? load(g->bias + first, g->out - first) : _mm256_setzero_ps();
    UNROLL for (int r = 0; r < R; r++) {
      __m256 row_scale = _mm256_set1_ps(g->row_scales[(row + r) * g->row_scale_step]);
      __m256 value = _mm256_cvtepi32_ps(sum[2 * r + p]);
      value = _mm256_fmadd_ps(value, _mm256_mul_ps(row_scale, scale), bias);
      store(g->y + (size_t)(row + r) * (size_t)g->out + first, g->out - first, value);
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
  __m256 sum[4];
  UNROLL for (int i = 0; i < N; i++) sum[i] = _mm256_setzero_ps();
  for (int part = 0; part < g->part_count; part++, w += length) {
    const float *x = g->parts[part] + (size_t)row * g->step;
    ptrdiff_t k = 0;
    for (; k + 8 <= length; k += 8) {
      __m256 value = _mm256_loadu_ps(x + k);
      UNROLL for (int i = 0; i < N; i++)
        sum[i] = _mm256_fmadd_ps(value, _mm256_loadu_ps(w + (size_t)i * depth + k), sum[i]);
    }
    if (k == length) continue;
    __m256 value = load(x + k, length - k);
    UNROLL for (int i = 0; i < N; i++)
      sum[i] = _mm256_fmadd_ps(value, load(w + (size_t)i * depth + k, length - k), sum[i]);
  }
  float *y = g->y + (size_t)row * (size_t)g->out + o;
  UNROLL for (int i = 0; i < N; i++) y[i] = sum_of(sum[i]) + (g->bias ? g->bias[o + i] : 0);
}

static void gemm_plain(const nn_gemm *g) {
  for (int row = 0; row < g->rows; row++) {
    int o = 0;
    for (; o + 4 <= g->out; o += 4) dots(g, row, o, 4);
    for (; o < g->out; o++) dots(g, row, o, 1);
  }
}

INLINE __m256i widened16(const int8_t *x) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)x));
}

static void dots_i8(const int8_t *x, const int8_t *w, int count, int out, int32_t *sums) {
  for (int o = 0; o < out; o++, w += count) {
    __m256i sum = _mm256_setzero_si256();
    int k = 0;
    for (; k + 16 <= count; k += 16)
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(widened16(x + k), widened16(w + k)));
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    int32_t total = _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1)));
    for (; k < count; k++) total += x[k] * w[k];
    sums[o] = total;
  }
}

/* ---- Quantising. */

static float absmax(const float *x, size_t count) {
  __m256 largest = _mm256_setzero_ps(), sign = _mm256_set1_ps(-0.0f);
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 8, x += 8)
    largest = _mm256_max_ps(_mm256_andnot_ps(sign, load(x, left)), largest);
  __m128 half = _mm_max_ps(_mm256_castps256_ps128(largest), _mm256_extractf128_ps(largest, 1));
  half = _mm_max_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
}

static void quantize(const float *x, size_t count, float inverse, uint8_t *q) {
  __m256 scale = _mm256_set1_ps(inverse), low = _mm256_set1_ps(-127), high = _mm256_set1_ps(127);
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 8, x += 8, q += 8) {
    __m256 value = _mm256_mul_ps(load(x, left), scale);
    __m256i whole = _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(value, low), high));
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
    __m128i bytes = _mm_xor_si128(_mm_packs_epi16(words, words), _mm_set1_epi8(-128)); /* + 128 */
    int64_t eight = _mm_cvtsi128_si64(bytes);
    memcpy(q, &eight, left >= 8 ? 8 : (size_t)left);
  }
}

/* ---- Depthwise: eight channels of N positions at a time. */

INLINE void depthwise_tile(const nn_depthwise *d, int i, ptrdiff_t c, const int N) {
  ptrdiff_t left = d->channels - c;
  __m256 sum[6];
  __m256 bias = d->bias ? load(d->bias + c, left) : _mm256_setzero_ps();
  UNROLL for (int n = 0; n < N; n++) sum[n] = bias;
  for (int p = 0; p < d->parts; p++) {
    const float *x = d->x + (size_t)p * d->x_part + (size_t)i * d->step + c;
    const float *w = d->w + (size_t)p * d->w_part + c;
    for (int k = 0; k < d->taps; k++, x += d->x_tap, w += d->channels) {
      __m256 weights = load(w, left);
      UNROLL for (int n = 0; n < N; n++)
        sum[n] = _mm256_fmadd_ps(load(x + (size_t)n * d->step, left), weights, sum[n]);
    }
  }
  float *y = d->y + (size_t)i * (size_t)d->channels + c;
  UNROLL for (int n = 0; n < N; n++) store(y + (size_t)n * (size_t)d->channels, left, sum[n]);
}

static void depthwise(const nn_depthwise *d) {
  int i = 0;
  for (; i + 6 <= d->positions; i += 6)
    for (ptrdiff_t c = 0; c < d->channels; c += 8) depthwise_tile(d, i, c, 6);
  for (; i + 2 <= d->positions; i += 2)
    for (ptrdiff_t c = 0; c < d->channels; c += 8) depthwise_tile(d, i, c, 2);
  for (; i < d->positions; i++)
    for (ptrdiff_t c = 0; c < d->channels; c += 8) depthwise_tile(d, i, c, 1);
}

/* ---- Activations. */

/* e^x after Cephes' expf (Moshier 1989): x = n ln 2 + r, a polynomial in r, times 2^n; 2 units in the
 * last place. Below -87.3 it stays at the smallest normal number, above 88.3 at 2.4e38. */
INLINE __m256 exponential(__m256 x) {
  x = _mm256_min_ps(_mm256_max_ps(x, _mm256_set1_ps(-87.3f)), _mm256_set1_ps(88.3f));
  __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)),
                             _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375f), x);
  r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4f), r);
  __m256 p = _mm256_set1_ps(1.9875691500e-4f);
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.3981999507e-3f));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(8.3334519073e-3f));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(4.1665795894e-2f));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.6666665459e-1f));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(5.0000001201e-1f));
  p = _mm256_fmadd_ps(p, _mm256_mul_ps(r, r), _mm256_add_ps(r, _mm256_set1_ps(1)));
  __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
  return _mm256_mul_ps(p, _mm256_castsi256_ps(power));
}

INLINE __m256 sigmoid(__m256 x) {
  __m256 one = _mm256_set1_ps(1);
  return _mm256_div_ps(one, _mm256_add_ps(one, exponential(_mm256_sub_ps(_mm256_setzero_ps(), x))));
}

/* 1 + erf(x / sqrt 2), by Abramowitz and Stegun 1964, 7.1.26; its error is below 1.5e-7. */
INLINE __m256 one_plus_erf(__m256 x) {
  __m256 one = _mm256_set1_ps(1), zero = _mm256_setzero_ps();
  __m256 z = _mm256_mul_ps(_mm256_andnot_ps(_mm256_set1_ps(-0.0f), x), _mm256_set1_ps(0.70710678f));
  __m256 t = _mm256_div_ps(one, _mm256_fmadd_ps(z, _mm256_set1_ps(0.3275911f), one));
  __m256 p = _mm256_set1_ps(1.061405429f);
  p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(-1.453152027f));
  p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(1.421413741f));
  p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(-0.284496736f));
  p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(0.254829592f));
  __m256 rest = _mm256_mul_ps(_mm256_mul_ps(p, t), exponential(_mm256_fnmadd_ps(z, z, zero)));
  return _mm256_blendv_ps(_mm256_sub_ps(_mm256_set1_ps(2), rest), rest,
                          _mm256_cmp_ps(x, zero, _CMP_LT_OQ));
}

INLINE __m256 activated(const int act, __m256 x) {
  __m256 zero = _mm256_setzero_ps(), one = _mm256_set1_ps(1), two = _mm256_set1_ps(2);
  switch (act) {
    case NN_RELU: return _mm256_max_ps(x, zero);
    case NN_SILU: return _mm256_mul_ps(x, sigmoid(x));
    case NN_GELU: return _mm256_mul_ps(_mm256_mul_ps(x, _mm256_set1_ps(0.5f)), one_plus_erf(x));
    case NN_SIGMOID: return sigmoid(x);
    case NN_TANH: /* 1 - 2 / (e^2x + 1) */
      return _mm256_sub_ps(one, _mm256_div_ps(two, _mm256_add_ps(exponential(_mm256_add_ps(x, x)), one)));
    case NN_HARDSWISH: {
      __m256 gate = _mm256_max_ps(_mm256_add_ps(x, _mm256_set1_ps(3)), zero);
      gate = _mm256_min_ps(gate, _mm256_set1_ps(6));
      return _mm256_div_ps(_mm256_mul_ps(x, gate), _mm256_set1_ps(6));
    }
    default: return x;
  }
}

INLINE void activate_all(const int act, float *x, size_t count) {
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 8, x += 8)
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
  ptrdiff_t channels = s->channels, last = channels - first - 8 * (N - 1);
  __m256 c[2], vf[2], vr[2], bf[2], br[2];
  UNROLL for (int n = 0; n < N; n++) {
    ptrdiff_t at = first + 8 * n, left = n == N - 1 ? last : 8;
    vf[n] = load(s->v + at, left), vr[n] = load(s->v + channels + at, left);
    bf[n] = load(s->b + at, left), br[n] = load(s->b + channels + at, left);
    c[n] = _mm256_setzero_ps();
  }
  const float *u = s->u + first, *skip = s->skip + first;
  float *h = s->h + first;
  for (int t = 0; t < s->steps; t++) {
    UNROLL for (int n = 0; n < N; n++) {
      ptrdiff_t left = n == N - 1 ? last : 8;
      __m256 uc = load(u + 8 * n, left), past = load(skip + 8 * n, left);
      __m256 uf = _mm256_add_ps(load(u + channels + 8 * n, left), bf[n]);
      __m256 ur = _mm256_add_ps(load(u + 2 * channels + 8 * n, left), br[n]);
      __m256 f = sigmoid(_mm256_fmadd_ps(vf[n], c[n], uf)), r = sigmoid(_mm256_fmadd_ps(vr[n], c[n], ur));
      c[n] = _mm256_fmadd_ps(f, _mm256_sub_ps(c[n], uc), uc);
      store(h + 8 * n, left, _mm256_fmadd_ps(r, _mm256_sub_ps(c[n], past), past));
    }
    if (t + 1 < s->steps) u += s->u_step, skip += s->skip_step, h += s->h_step;
  }
}

static void sru(const nn_sru *s) {
  ptrdiff_t first = 0;
  for (; s->channels - first >= 16; first += 16) sru_strip(s, first, 2);
  for (; first < s->channels; first += 8) sru_strip(s, first, 1);
}

/* ---- The rest. */

static void layernorm(const float *gain, const float *bias, const float *x, int columns,
                      float epsilon, float *y) {
  __m256 sum = _mm256_setzero_ps();
  for (ptrdiff_t i = 0; i < columns; i += 8) sum = _mm256_add_ps(sum, load(x + i, columns - i));
  __m256 mean = _mm256_set1_ps(sum_of(sum) / (float)columns);
  sum = _mm256_setzero_ps();
  for (ptrdiff_t i = 0; i < columns; i += 8) {
    __m256 from = _mm256_sub_ps(load(x + i, columns - i), mean);
    from = _mm256_and_ps(from, _mm256_castsi256_ps(first_lanes(columns - i)));
    sum = _mm256_fmadd_ps(from, from, sum);
  }
  __m256 scale = _mm256_set1_ps(1 / sqrtf(sum_of(sum) / (float)columns + epsilon));
  for (ptrdiff_t i = 0; i < columns; i += 8) {
    ptrdiff_t left = columns - i;
    __m256 value = _mm256_mul_ps(_mm256_sub_ps(load(x + i, left), mean), scale);
    store(y + i, left, _mm256_fmadd_ps(value, load(gain + i, left), load(bias + i, left)));
  }
}

static void add(const float *x, float *y, size_t count) {
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 8, x += 8, y += 8)
    store(y, left, _mm256_add_ps(load(x, left), load(y, left)));
}

static void maximum(const float *x, float *y, size_t count) {
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 8, x += 8, y += 8)
    store(y, left, _mm256_max_ps(load(x, left), load(y, left)));
}

static float dot(const float *x, const float *y, size_t count) {
  __m256 sum[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
  ptrdiff_t left = (ptrdiff_t)count;
  for (; left >= 32; left -= 32, x += 32, y += 32)
    UNROLL for (int k = 0; k < 4; k++)
      sum[k] = _mm256_fmadd_ps(_mm256_loadu_ps(x + 8 * k), _mm256_loadu_ps(y + 8 * k), sum[k]);
  for (; left > 0; left -= 8, x += 8, y += 8) sum[0] = _mm256_fmadd_ps(load(x, left), load(y, left), sum[0]);
  return sum_of(_mm256_add_ps(_mm256_add_ps(sum[0], sum[1]), _mm256_add_ps(sum[2], sum[3])));
}

static void axpy(float a, const float *x, float *y, size_t count) {
  __m256 factor = _mm256_set1_ps(a);
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 8, x += 8, y += 8)
    store(y, left, _mm256_fmadd_ps(factor, load(x, left), load(y, left)));
}

static void narrow_bf16(const float *x, uint16_t *y, size_t count) {
  __m256i half = _mm256_set1_epi32(0x7fff), one = _mm256_set1_epi32(1);
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 8, x += 8, y += 8) {
    __m256i bits = _mm256_castps_si256(load(x, left));
    __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), one);
    bits = _mm256_srli_epi32(_mm256_add_epi32(_mm256_add_epi32(bits, half), odd), 16);
    __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(bits), _mm256_extracti128_si256(bits, 1));
    if (left >= 8) _mm_storeu_si128((__m128i *)y, words);
    else memcpy(y, &words, 2 * (size_t)left);
  }
}

INLINE __m256 bf16(const uint16_t *x, ptrdiff_t count) {
  __m128i words = _mm_setzero_si128();
  if (count >= 8) words = _mm_loadu_si128((const __m128i *)x);
  else memcpy(&words, x, 2 * (size_t)(count & 7));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(words), 16));
}

static void sum_bf16(const uint16_t *a, const uint16_t *b, const uint16_t *c, float *y, size_t count) {
  for (size_t i = 0; i < count; i += 8) {
    ptrdiff_t left = (ptrdiff_t)(count - i);
    __m256 sum = bf16(b + i, left);
    if (a) sum = _mm256_add_ps(sum, bf16(a + i, left));
    if (c) sum = _mm256_add_ps(sum, bf16(c + i, left));
    store(y + i, left, sum);
  }
}

INLINE __m256 widened(const int8_t *x, ptrdiff_t count) {
  int64_t eight = 0;
  if (count >= 8) memcpy(&eight, x, 8);
  else memcpy(&eight, x, (size_t)(count & 7));
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_cvtsi64_si128(eight)));
}

static void axpy_i8(float a, const int8_t *x, float *y, size_t count) {
  __m256 factor = _mm256_set1_ps(a);
  for (ptrdiff_t left = (ptrdiff_t)count; left > 0; left -= 8, x += 8, y += 8)
    store(y, left, _mm256_fmadd_ps(factor, widened(x, left), load(y, left)));
}

/* Up to 64 columns at a time stay in registers over the whole bag; only the last of the N vectors may
 * be cut. */
INLINE void bag_strip(const int8_t *table, const float *scales, size_t columns, size_t first,
                      const uint32_t *rows, const float *weights, int count, float *y, const int N) {
  ptrdiff_t last = (ptrdiff_t)(columns - first) - 8 * (N - 1);
  __m256 sum[8];
  UNROLL for (int n = 0; n < N; n++) sum[n] = load(y + first + 8 * n, n == N - 1 ? last : 8);
  for (int i = 0; i < count; i++) {
    const int8_t *x = table + (size_t)rows[i] * columns + first;
    __m256 factor = _mm256_set1_ps(scales[rows[i]] * (weights ? weights[i] : 1));
    UNROLL for (int n = 0; n < N; n++)
      sum[n] = _mm256_fmadd_ps(factor, widened(x + 8 * n, n == N - 1 ? last : 8), sum[n]);
  }
  UNROLL for (int n = 0; n < N; n++) store(y + first + 8 * n, n == N - 1 ? last : 8, sum[n]);
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
    bag_strip(table, scales, width, first, rows, weights, count, y, 8);
  for (; width - first >= 16; first += 16)
    bag_strip(table, scales, width, first, rows, weights, count, y, 2);
  for (; first < width; first += 8)
    bag_strip(table, scales, width, first, rows, weights, count, y, 1);
}

const nn_kernels nn_kernels_avx2 = {
    .name = "avx2", .gemm = gemm, .gemm_plain = gemm_plain, .gemm_i8 = gemm_i8, .dots_i8 = dots_i8,
    .absmax = absmax, .quantize = quantize, .depthwise = depthwise, .sru = sru,
    .activate = activate, .layernorm = layernorm, .add = add, .maximum = maximum, .dot = dot, .axpy = axpy,
    .axpy_i8 = axpy_i8, .narrow_bf16 = narrow_bf16, .sum_bf16 = sum_bf16, .bag_i8 = bag_i8};
