/* Every table of kernels against the C reference, entry by entry, on random inputs of every small size:
 * integers exactly, floats closely. All buffers end at a guarded page; what lies before an output must
 * stay as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "guard.h"
#include "nn/kernels.h"

enum { SIZES = 150 };

static const nn_kernels *const c = &nn_kernels_c, *fast;

/* An output buffer with 64 guarded bytes before it that must not change. */
static void *output(size_t count, size_t size) { return (char *)guard_alloc(count * size + 64, 1) + 64; }
static void before_is_untouched(const void *out) {
  for (int i = 1; i <= 64; i++) assert_int_equal(((const uint8_t *)out)[-i], 0xa5);
}

static void close_to(const char *what, float got, float wanted, float magnitude) {
  if (!(fabsf(got - wanted) <= 1e-5f * (magnitude + 1e-3f)))
    fail_msg("%s of %s: %.8g, but the reference gives %.8g", what, fast->name, (double)got,
             (double)wanted);
}

static void for_every_table(void (*one)(int size)) {
  for (int table = NN_KERNELS_C + 1; table < NN_KERNELS_COUNT; table++) {
    if (nn_kernels_use(table) != MIEN_OK) continue;
    fast = nn_kernels_now();
    for (int size = 0; size < SIZES; size++) {
      guard_seed = (uint64_t)size;
      one(size);
      guard_clear();
    }
  }
  nn_kernels_use(nn_kernels_best());
}

static void elementwise(int size) {
  size_t n = (size_t)size;
  float *x = guard_floats(n), *y = guard_floats(n), *wanted = guard_floats(n), *got = output(n, 4);
  int8_t *bytes = guard_int8(n);
  void (*const both[])(const float *, float *, size_t) = {c->add, fast->add, c->maximum, fast->maximum};
  for (int i = 0; i < 4; i += 2) {
    memcpy(wanted, y, n * 4);
    memcpy(got, y, n * 4);
    both[i](x, wanted, n);
    both[i + 1](x, got, n);
    assert_memory_equal(got, wanted, n * 4);
  }
  memcpy(wanted, y, n * 4);
  memcpy(got, y, n * 4);
  c->axpy_i8(0.37f, bytes, wanted, n);
  fast->axpy_i8(0.37f, bytes, got, n);
  for (size_t i = 0; i < n; i++) close_to("axpy_i8", got[i], wanted[i], 48);
  memcpy(wanted, y, n * 4);
  memcpy(got, y, n * 4);
  c->axpy(0.37f, x, wanted, n);
  fast->axpy(0.37f, x, got, n);
  for (size_t i = 0; i < n; i++) close_to("axpy", got[i], wanted[i], 2);
  close_to("dot", fast->dot(x, y, n), c->dot(x, y, n), (float)size);
  assert_true(fast->absmax(x, n) == c->absmax(x, n));
  before_is_untouched(got);
}

/* Narrowing rounds to even, exactly; so do sums of what was narrowed. */
static void halves(int size) {
  size_t n = (size_t)size;
  uint16_t *three[3], *wanted = output(n, 2), *got = output(n, 2);
  for (int k = 0; k < 3; k++) {
    float *x = guard_floats(n);
    for (size_t i = 0; i < n; i++) {
      uint32_t bits = guard_bits();
      if (bits % 3 == 0) bits = (bits & 0x7fff0000) | 0x8000;       /* just between two */
      if ((bits & 0x7f800000) != 0x7f800000) memcpy(&x[i], &bits, 4); /* not the infinite ones */
    }
    c->narrow_bf16(x, wanted, n);
    fast->narrow_bf16(x, got, n);
    assert_memory_equal(got, wanted, n * 2);
    before_is_untouched(got);
    for (size_t i = 0; i < n; i++) {
      float back;
      uint32_t bits = (uint32_t)wanted[i] << 16;
      memcpy(&back, &bits, 4);
      assert_true(!(fabsf(back - x[i]) > fabsf(x[i]) / 256 + 1e-38f));
    }
    float *small = guard_floats(n);
    c->narrow_bf16(small, three[k] = output(n, 2), n);
  }
  float *sums = output(n, 4), *same = output(n, 4);
  for (int without = 0; without < 4; without++) {
    const uint16_t *a = without & 1 ? NULL : three[0], *last = without & 2 ? NULL : three[2];
    c->sum_bf16(a, three[1], last, sums, n);
    fast->sum_bf16(a, three[1], last, same, n);
    assert_memory_equal(same, sums, n * 4);
    before_is_untouched(same);
  }
}

static void quantising_is_exact(int size) {
  size_t n = (size_t)size;
  float *x = guard_floats(n);
  uint8_t *wanted = output(n, 1), *got = output(n, 1);
  for (size_t i = 0; i < n; i++) /* halves round to even; what is too large is held */
    if (guard_bits() % 2) x[i] = (float)guard_between(-300, 300) * 0.5f / 127;
  c->quantize(x, n, 127, wanted);
  fast->quantize(x, n, 127, got);
  assert_memory_equal(got, wanted, n);
  before_is_untouched(got);
}

static void activations(int size) {
  size_t n = (size_t)size;
  static const float hard[] = {0, -0.0f, 1e-30f, -1e-30f, 88, -88, 200, -200, 3e38f, -3e38f, INFINITY,
                               -INFINITY, 0.5f, -3, 3};
  for (int act = NN_RELU; act <= NN_HARDSWISH; act++) {
    float *x = guard_floats(n), *wanted = guard_floats(n), *got = output(n, 4);
    for (size_t i = 0; i < n; i++)
      x[i] = size % 5 == 4 ? hard[guard_bits() % BASE_COUNT(hard)] : x[i] * (float)(1 << size % 7);
    memcpy(wanted, x, n * 4);
    memcpy(got, x, n * 4);
    c->activate(act, wanted, n);
    fast->activate(act, got, n);
    for (size_t i = 0; i < n; i++) /* within 1e-6 of what went in, or of 1 */
      /* an infinity times a gate of 0 is not a number in the reference; any value may come out */
      if (!isnan(wanted[i]) && !(isinf(wanted[i]) && got[i] == wanted[i]))
        close_to("activation", got[i], wanted[i], 0.1f * (1 + fabsf(x[i])));
    before_is_untouched(got);
  }
}

static void normalising(int size) {
  if (!size) return;
  size_t n = (size_t)size;
  float *x = guard_floats(n), *gain = guard_floats(n), *bias = guard_floats(n);
  float *wanted = guard_floats(n), *got = output(n, 4);
  c->layernorm(gain, bias, x, size, 1e-5f, wanted);
  fast->layernorm(gain, bias, x, size, 1e-5f, got);
  for (size_t i = 0; i < n; i++) close_to("layernorm", got[i], wanted[i], 4);
  before_is_untouched(got);
  fast->layernorm(gain, bias, x, size, 1e-5f, x); /* in place */
  assert_memory_equal(got, x, n * 4);
}

/* One direction of `size` channels; odd strides, forwards and back. */
static void recurrences(int size) {
  static const int lengths[] = {0, 1, 2, 7};
  int steps = lengths[size % 4];
  if (!size || !steps) return;
  size_t n = (size_t)size, last = (size_t)steps - 1;
  size_t u_step = 3 * n + (size_t)guard_between(0, 3), step = n + (size_t)guard_between(0, 2);
  float *u = guard_floats(last * u_step + 3 * n), *skip = guard_floats(last * step + n);
  float *v = guard_floats(2 * n), *b = guard_floats(2 * n);
  size_t count = last * step + n;
  float *wanted = output(count, 4), *got = output(count, 4);
  for (size_t i = 0; i < last * u_step + 3 * n; i++) u[i] *= size % 5 == 4 ? 60 : 3; /* shut gates */
  for (int back = 0; back < 2; back++) {
    size_t at = back ? last : 0;
    ptrdiff_t sign = back ? -1 : 1;
    nn_sru s = {.u = u + at * u_step, .skip = skip + at * step, .v = v, .b = b, .h = wanted + at * step,
                .channels = size, .steps = steps, .u_step = sign * (ptrdiff_t)u_step,
                .skip_step = sign * (ptrdiff_t)step, .h_step = sign * (ptrdiff_t)step};
    c->sru(&s);
    s.h = got + at * step;
    fast->sru(&s);
    for (size_t i = 0; i < count; i++)
      if (i % step < n) close_to("sru", got[i], wanted[i], size % 5 == 4 ? 60 : 4);
      else assert_memory_equal(got + i, wanted + i, 4); /* between the steps nothing is written */
    before_is_untouched(got);
  }
}

static void products(int size) {
  int out = size % 70 + 1, rows = size % 31 + 1, part_count = size % 3 + 1, length = (size * 7) % 37 + 1;
  size_t panels = (size_t)nn_panels(out), depth = (size_t)(part_count * length);
  size_t step = (size_t)guard_between(1, length + 3), y_count = (size_t)(rows * out);
  const float *parts[3];
  for (int p = 0; p < part_count; p++) parts[p] = guard_floats((size_t)(rows - 1) * step + (size_t)length);
  float *bias = guard_floats((size_t)out), *wanted = output(y_count, 4), *got = output(y_count, 4);
  nn_gemm g = {.parts = parts, .part_count = part_count, .part_length = length, .step = step,
               .rows = rows, .bias = size % 4 ? bias : NULL, .out = out, .y = wanted};
  g.w = guard_floats(panels * NN_PANEL * depth);
  c->gemm(&g);
  g.y = got;
  fast->gemm(&g);
  for (size_t i = 0; i < y_count; i++) close_to("gemm", got[i], wanted[i], (float)depth);
  before_is_untouched(got);
  g.w = guard_floats((size_t)out * depth);
  fast->gemm_plain(&g);
  g.y = wanted;
  c->gemm_plain(&g);
  for (size_t i = 0; i < y_count; i++) close_to("gemm_plain", got[i], wanted[i], (float)depth);
  before_is_untouched(got);
}

/* With scales that are powers of two and no bias the results are the integer sums, and must be equal. */
static void integer_products_are_exact(int size) {
  int out = size % 70 + 1, rows = size % 31 + 1, part_count = size % 3 + 1;
  int length = nn_packed_length((size * 7) % 37 + 1), w_count = size % 53;
  size_t outs = (size_t)nn_panels(out) * NN_PANEL, depth = (size_t)(part_count * length);
  size_t step = (size_t)guard_between(1, length + 3), y_count = (size_t)(rows * out);
  const uint8_t *parts[3];
  for (int p = 0; p < part_count; p++) {
    uint8_t *x = guard_alloc((size_t)(rows - 1) * step + (size_t)length, 1);
    for (size_t i = 0; i < (size_t)(rows - 1) * step + (size_t)length; i++)
      x[i] = size % 2 ? (uint8_t)(guard_bits() % 255 + 1) : guard_bits() % 2 ? 255 : 1; /* extremes */
    parts[p] = x;
  }
  int8_t *w = guard_int8(outs * depth);
  for (size_t i = 0; size % 2 == 0 && i < outs * depth; i++) w[i] = guard_bits() % 2 ? -128 : 127;
  int32_t *sums = guard_alloc(outs, sizeof *sums);
  float *scales = guard_alloc(outs, sizeof *scales), *row_scales = guard_alloc((size_t)rows, 4);
  for (size_t o = 0; o < outs; o++) {
    sums[o] = 0;
    scales[o] = 0.5f;
    for (size_t k = 0; k < depth; k++)
      sums[o] += w[(o / NN_PANEL * depth + k / 4 * 4) * NN_PANEL + o % NN_PANEL * 4 + k % 4];
  }
  for (int r = 0; r < rows; r++) row_scales[r] = (float)(1 << r % 3);
  float *wanted = output(y_count, 4), *got = output(y_count, 4);
  nn_gemm_i8 g = {.parts = parts, .part_count = part_count, .part_length = length, .step = step,
                  .rows = rows, .w = w, .sums = sums, .scales = scales, .row_scales = row_scales,
                  .row_scale_step = size % 2, .out = out, .y = wanted};
  c->gemm_i8(&g);
  g.y = got;
  fast->gemm_i8(&g);
  assert_memory_equal(got, wanted, y_count * 4);
  before_is_untouched(got);

  int8_t *x = guard_int8((size_t)w_count);
  w = guard_int8((size_t)(w_count * out));
  int32_t *wanted_sums = output((size_t)out, 4), *got_sums = output((size_t)out, 4);
  c->dots_i8(x, w, w_count, out, wanted_sums);
  fast->dots_i8(x, w, w_count, out, got_sums);
  assert_memory_equal(got_sums, wanted_sums, (size_t)out * 4);
  before_is_untouched(got_sums);
}

static void elementwise_agrees(void **state) { for_every_table(elementwise); }
static void halves_agree(void **state) { for_every_table(halves); }
static void quantising_agrees(void **state) { for_every_table(quantising_is_exact); }
static void activations_agree(void **state) { for_every_table(activations); }
static void normalising_agrees(void **state) { for_every_table(normalising); }
static void recurrences_agree(void **state) { for_every_table(recurrences); }
static void products_agree(void **state) { for_every_table(products); }
static void integer_products_agree(void **state) { for_every_table(integer_products_are_exact); }

static void tables_are_forced(void **state) {
  assert_int_equal(nn_kernels_use(NN_KERNELS_C), MIEN_OK);
  assert_string_equal(nn_kernels_name(), "c");
  assert_int_equal(nn_kernels_use(NN_KERNELS_COUNT), MIEN_EUNSUPPORTED);
  assert_int_equal(nn_kernels_use(-1), MIEN_EUNSUPPORTED);
  assert_string_equal(nn_kernels_name(), "c");
  assert_int_equal(nn_kernels_use(nn_kernels_best()), MIEN_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(elementwise_agrees), cmocka_unit_test(quantising_agrees),
      cmocka_unit_test(activations_agree),  cmocka_unit_test(normalising_agrees),
      cmocka_unit_test(products_agree),     cmocka_unit_test(integer_products_agree),
      cmocka_unit_test(recurrences_agree),  cmocka_unit_test(halves_agree),
      cmocka_unit_test(tables_are_forced),
  };
  return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
