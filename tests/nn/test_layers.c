/* Every layer, with every table of kernels and every type of weight, against its formula written out
 * in double precision. Inputs, outputs and scratch end at a guarded page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "guard.h"
#include "nn/nn.h"

static const int acts[] = {NN_NONE, NN_RELU, NN_SILU, NN_GELU, NN_SIGMOID, NN_TANH, NN_HARDSWISH};

static double activated(int act, double x) {
  switch (act) {
    case NN_RELU: return x > 0 ? x : 0;
    case NN_SILU: return x / (1 + exp(-x));
    case NN_GELU: return 0.5 * x * (1 + erf(x / sqrt(2)));
    case NN_SIGMOID: return 1 / (1 + exp(-x));
    case NN_TANH: return tanh(x);
    case NN_HARDSWISH: return x * fmin(fmax(x + 3, 0), 6) / 6;
    default: return x;
  }
}

static nn_tensor random_tensor(int type, int rank, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  nn_tensor w = {.name = "w", .type = type, .rank = rank, .dims = {a, b, c, d}};
  size_t count = nn_tensor_elements(&w);
  if (type == NN_I8) {
    w.data = guard_int8(count);
    float *scales = guard_floats(a);
    for (uint32_t i = 0; i < a; i++) scales[i] = fabsf(scales[i]) * 0.02f + 0.001f;
    w.scales = scales;
  } else {
    w.data = guard_floats(count);
  }
  return w;
}

static double weight(const nn_tensor *w, size_t index) {
  if (w->type != NN_I8) return ((const float *)w->data)[index];
  return (double)((const int8_t *)w->data)[index] *
         (double)w->scales[index / (nn_tensor_elements(w) / w->dims[0])];
}

/* int8 inputs lose up to half a step of largest/127 each; that bounds the error of a sum. */
typedef struct expected {
  double value, slack;
} expected;

static void check(const char *what, int act, expected e, float got) {
  double wanted = activated(act, e.value), allowed = 1.2 * e.slack + 2e-5 * (1 + fabs(e.value));
  if (!(fabs(wanted - (double)got) <= allowed))
    fail_msg("%s with %s: %g, but must be %g within %g", what, nn_kernels_name(), (double)got, wanted,
             allowed);
}

/* The forms in which weights are tried: plain, packed, int8 packed as float. */
enum { PLAIN_F32, PLAIN_I8, PACKED_F32, PACKED_I8, WIDENED_I8, FORMS };
static bool quantises(int form) { return form == PLAIN_I8 || form == PACKED_I8; }
static const nn_tensor *formed(int form, const nn_tensor *w, nn_tensor *packed) {
  if (form < PACKED_F32) return w;
  assert_int_equal(nn_pack(packed, w, form == PACKED_I8 ? NN_I8 : NN_F32), MIEN_OK);
  return packed;
}
static int type_of(int form) { return form == PLAIN_F32 || form == PACKED_F32 ? NN_F32 : NN_I8; }

static void linear(int form) {
  int rows = guard_between(1, 40), in = guard_between(1, 150), out = guard_between(1, 150);
  nn_tensor w = random_tensor(type_of(form), 2, (uint32_t)out, (uint32_t)in, 1, 1), packed = {0};
  nn_tensor b = random_tensor(NN_F32, 1, (uint32_t)out, 1, 1, 1);
  const nn_tensor *bias = guard_bits() % 2 ? &b : NULL;
  int act = acts[guard_bits() % BASE_COUNT(acts)];
  float *x = guard_floats((size_t)(rows * in)), *y = guard_alloc((size_t)(rows * out), sizeof *y);
  const nn_tensor *used = formed(form, &w, &packed);
  float *scratch = guard_alloc(nn_linear_scratch(used, rows), sizeof *scratch);
  nn_linear(used, bias, act, x, rows, y, scratch);
  for (int r = 0; r < rows; r++)
    for (int o = 0; o < out; o++) {
      expected e = {bias ? (double)((const float *)b.data)[o] : 0, 0};
      double largest = 0, weights = 0;
      for (int k = 0; k < in; k++) {
        e.value += (double)x[r * in + k] * weight(&w, (size_t)(o * in + k));
        largest = fmax(largest, fabs((double)x[r * in + k]));
        weights += fabs(weight(&w, (size_t)(o * in + k)));
      }
      if (quantises(form)) e.slack = weights * largest / 254;
      check("linear", act, e, y[r * out + o]);
    }
  /* a row alone gives the same bits */
  float *alone = guard_alloc((size_t)out, sizeof *alone);
  nn_linear(used, bias, act, x + (rows - 1) * in, 1, alone, scratch);
  assert_memory_equal(alone, y + (rows - 1) * out, (size_t)out * sizeof *alone);
  nn_pack_clear(&packed);
}

static void conv1d(int form) {
  int time_out = guard_between(1, 30), in = guard_between(1, 40), out = guard_between(1, 70);
  int width = guard_between(1, 5), stride = guard_between(1, 3), dilation = guard_between(1, 3);
  int time_in = (time_out - 1) * stride + (width - 1) * dilation + 1;
  nn_tensor w = random_tensor(type_of(form), 3, (uint32_t)out, (uint32_t)width, (uint32_t)in, 1);
  nn_tensor b = random_tensor(NN_F32, 1, (uint32_t)out, 1, 1, 1), packed = {0};
  int act = acts[guard_bits() % BASE_COUNT(acts)];
  float *x = guard_floats((size_t)(time_in * in));
  float *y = guard_alloc((size_t)(time_out * out), sizeof *y);
  const nn_tensor *used = formed(form, &w, &packed);
  float *scratch = guard_alloc(nn_conv1d_scratch(used, time_out), sizeof *scratch);
  nn_conv1d(used, &b, act, x, time_out, stride, dilation, y, scratch);
  for (int t = 0; t < time_out; t++)
    for (int o = 0; o < out; o++) {
      expected e = {(double)((const float *)b.data)[o], 0};
      double largest = 0, weights = 0;
      for (int k = 0; k < width; k++)
        for (int c = 0; c < in; c++) {
          double value = (double)x[(t * stride + k * dilation) * in + c];
          double v = weight(&w, (size_t)((o * width + k) * in + c));
          e.value += value * v;
          largest = fmax(largest, fabs(value));
          weights += fabs(v);
        }
      if (quantises(form)) e.slack = weights * largest / 254;
      check("conv1d", act, e, y[t * out + o]);
    }
  float *alone = guard_alloc((size_t)out, sizeof *alone);
  nn_conv1d(used, &b, act, x + (time_out - 1) * stride * in, 1, stride, dilation, alone, scratch);
  assert_memory_equal(alone, y + (time_out - 1) * out, (size_t)out * sizeof *alone);
  nn_pack_clear(&packed);
}

static void conv2d(int form) {
  int in = guard_between(1, 20), out = guard_between(1, 70), kh = guard_between(1, 4);
  int kw = guard_between(1, 4), stride = guard_between(1, 3), pad = guard_between(0, 2);
  int height = guard_between(kh, 12), width = guard_between(kw, 30);
  int h_out = (height + 2 * pad - kh) / stride + 1, w_out = (width + 2 * pad - kw) / stride + 1;
  nn_tensor w = random_tensor(type_of(form), 4, (uint32_t)out, (uint32_t)kh, (uint32_t)kw, (uint32_t)in);
  nn_tensor b = random_tensor(NN_F32, 1, (uint32_t)out, 1, 1, 1), packed = {0};
  int act = acts[guard_bits() % BASE_COUNT(acts)];
  float *x = guard_floats((size_t)(height * width * in));
  float *y = guard_alloc((size_t)(h_out * w_out * out), sizeof *y);
  const nn_tensor *used = formed(form, &w, &packed);
  float *scratch = guard_alloc(nn_conv2d_scratch(used, height, width, stride, pad), sizeof *scratch);
  nn_conv2d(used, &b, act, x, height, width, stride, pad, y, scratch);
  for (int oy = 0; oy < h_out; oy++)
    for (int ox = 0; ox < w_out; ox++)
      for (int o = 0; o < out; o++) {
        expected e = {(double)((const float *)b.data)[o], 0};
        for (int i = 0; i < kh * kw; i++) {
          int iy = oy * stride - pad + i / kw, ix = ox * stride - pad + i % kw;
          if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
          for (int c = 0; c < in; c++) {
            double v = weight(&w, (size_t)((o * kh * kw + i) * in + c));
            e.value += (double)x[(iy * width + ix) * in + c] * v;
            if (quantises(form)) e.slack += fabs(v) / 254; /* inputs are at most 1 */
          }
        }
        check("conv2d", act, e, y[(oy * w_out + ox) * out + o]);
      }
  nn_pack_clear(&packed);
}

static void depthwise(int form) {
  int channels = guard_between(1, 80), kh = guard_between(1, 4), kw = guard_between(1, 5);
  int stride = guard_between(1, 2), pad = guard_between(0, 2), dilation = guard_between(1, 3);
  int height = guard_between(kh, 9), width = guard_between(kw, 15);
  int h_out = (height + 2 * pad - kh) / stride + 1, w_out = (width + 2 * pad - kw) / stride + 1;
  nn_tensor w = random_tensor(NN_F32, 3, (uint32_t)kh, (uint32_t)kw, (uint32_t)channels, 1);
  nn_tensor b = random_tensor(NN_F32, 1, (uint32_t)channels, 1, 1, 1);
  const float *weights = w.data, *bias = b.data;
  int act = acts[guard_bits() % BASE_COUNT(acts)];
  float *x = guard_floats((size_t)(height * width * channels));
  float *y = guard_alloc((size_t)(h_out * w_out * channels), sizeof *y);
  nn_depthwise2d(&w, &b, act, x, height, width, stride, pad, y);
  for (int i = 0; i < h_out * w_out * channels; i++) {
    int c = i % channels, oy = i / channels / w_out, ox = i / channels % w_out;
    expected e = {(double)bias[c], 0};
    for (int k = 0; k < kh * kw; k++) {
      int iy = oy * stride - pad + k / kw, ix = ox * stride - pad + k % kw;
      if (iy >= 0 && iy < height && ix >= 0 && ix < width)
        e.value += (double)x[(iy * width + ix) * channels + c] * (double)weights[k * channels + c];
    }
    check("depthwise2d", act, e, y[i]);
  }
  int time_out = guard_between(1, 20), time_in = (time_out - 1) * stride + (kw - 1) * dilation + 1;
  nn_tensor line = random_tensor(NN_F32, 2, (uint32_t)kw, (uint32_t)channels, 1, 1);
  x = guard_floats((size_t)(time_in * channels));
  y = guard_alloc((size_t)(time_out * channels), sizeof *y);
  nn_depthwise1d(&line, &b, act, x, time_out, stride, dilation, y);
  for (int i = 0; i < time_out * channels; i++) {
    int c = i % channels, t = i / channels;
    expected e = {(double)bias[c], 0};
    for (int k = 0; k < kw; k++)
      e.value += (double)x[(t * stride + k * dilation) * channels + c] *
                 (double)((const float *)line.data)[k * channels + c];
    check("depthwise1d", act, e, y[i]);
  }
}

static void gru(int form) {
  int in = guard_between(1, 60), hidden = guard_between(1, 50);
  nn_tensor wi = random_tensor(type_of(form), 2, (uint32_t)(3 * hidden), (uint32_t)in, 1, 1);
  nn_tensor wh = random_tensor(type_of(form), 2, (uint32_t)(3 * hidden), (uint32_t)hidden, 1, 1);
  nn_tensor bi = random_tensor(NN_F32, 1, (uint32_t)(3 * hidden), 1, 1, 1), packed_i = {0};
  nn_tensor bh = random_tensor(NN_F32, 1, (uint32_t)(3 * hidden), 1, 1, 1), packed_h = {0};
  const nn_tensor *i_used = formed(form, &wi, &packed_i), *h_used = formed(form, &wh, &packed_h);
  float *x = guard_floats((size_t)in), *h = guard_floats((size_t)hidden);
  float *h2 = guard_alloc((size_t)hidden, sizeof *h2), *xi = guard_alloc((size_t)(3 * hidden), 4);
  double *wanted = guard_alloc((size_t)hidden, sizeof *wanted);
  double slack = 0;
  for (int i = 0; i < hidden; i++) {
    double gate[3], recurrent[3];
    for (int g = 0; g < 3; g++) {
      size_t row = (size_t)(g * hidden + i);
      gate[g] = (double)((const float *)bi.data)[row];
      recurrent[g] = (double)((const float *)bh.data)[row];
      double weights = 0;
      for (int k = 0; k < in; k++) gate[g] += (double)x[k] * weight(&wi, row * (size_t)in + (size_t)k);
      for (int k = 0; k < hidden; k++)
        recurrent[g] += (double)h[k] * weight(&wh, row * (size_t)hidden + (size_t)k);
      for (int k = 0; k < in; k++) weights += fabs(weight(&wi, row * (size_t)in + (size_t)k));
      for (int k = 0; k < hidden; k++) weights += fabs(weight(&wh, row * (size_t)hidden + (size_t)k));
      slack = fmax(slack, weights / 254);
    }
    double reset = activated(NN_SIGMOID, gate[0] + recurrent[0]);
    double update = activated(NN_SIGMOID, gate[1] + recurrent[1]);
    wanted[i] = (1 - update) * tanh(gate[2] + reset * recurrent[2]) + update * (double)h[i];
  }
  float *scratch = guard_alloc(nn_gru_scratch(i_used, h_used), sizeof *scratch);
  memcpy(h2, h, (size_t)hidden * sizeof *h);
  nn_gru_step(i_used, h_used, &bi, &bh, x, NULL, h, scratch);
  for (int i = 0; i < hidden; i++)
    check("gru", NN_NONE, (expected){wanted[i], quantises(form) ? 2 * slack : 1e-5}, h[i]);
  nn_linear(i_used, &bi, NN_NONE, x, 1, xi, scratch);
  nn_gru_step(NULL, h_used, NULL, &bh, NULL, xi, h2, scratch);
  assert_memory_equal(h, h2, (size_t)hidden * sizeof *h);
  nn_pack_clear(&packed_i);
  nn_pack_clear(&packed_h);
}

static void sru(int form) {
  int n = guard_between(1, 70), steps = guard_between(1, 6);
  size_t channels = (size_t)n, whole = (size_t)steps * channels;
  float *u = guard_floats(3 * whole), *skip = guard_floats(whole), *v = guard_floats(2 * channels);
  float *b = guard_floats(2 * channels), *forth = guard_alloc(whole, 4), *back = guard_alloc(whole, 4);
  nn_sru run = {u, skip, v, b, forth, n, steps, 3 * n, n, n};
  nn_sru_run(&run);
  size_t end = (size_t)steps - 1;
  nn_sru from_the_end = {u + end * 3 * channels, skip + end * channels, v, b, back + end * channels,
                         n, steps, -3 * n, -n, -n};
  nn_sru_run(&from_the_end);
  for (int way = 0; way < 2; way++)
    for (size_t i = 0; i < channels; i++) {
      double c = 0;
      for (int s = 0; s < steps; s++) {
        size_t t = way ? end - (size_t)s : (size_t)s, at = t * channels + i;
        const float *now = u + t * 3 * channels + i;
        double f = activated(NN_SIGMOID, (double)now[channels] + (double)v[i] * c + (double)b[i]);
        double r = activated(NN_SIGMOID, (double)now[2 * channels] + (double)v[channels + i] * c +
                                             (double)b[channels + i]);
        c = f * c + (1 - f) * (double)now[0];
        check("sru", NN_NONE, (expected){r * c + (1 - r) * (double)skip[at], 1e-5}, (way ? back : forth)[at]);
      }
    }
}

static void small_ones(int form) {
  int rows = guard_between(1, 9), columns = guard_between(1, 100), size = guard_between(1, 3);
  float *x = guard_floats((size_t)(rows * columns)), *y = guard_alloc((size_t)(rows * columns), 4);
  float *gain = guard_floats((size_t)columns), *bias = guard_floats((size_t)columns);
  nn_layernorm(gain, bias, x, rows, columns, 1e-3f, y);
  for (int r = 0; r < rows; r++) {
    double mean = 0, variance = 0;
    for (int i = 0; i < columns; i++) mean += (double)x[r * columns + i] / columns;
    for (int i = 0; i < columns; i++)
      variance += pow((double)x[r * columns + i] - mean, 2) / columns;
    for (int i = 0; i < columns; i++) {
      double value = ((double)x[r * columns + i] - mean) / sqrt(variance + 1e-3);
      check("layernorm", NN_NONE, (expected){value * (double)gain[i] + (double)bias[i], 1e-5},
            y[r * columns + i]);
    }
  }
  float *means = guard_alloc((size_t)columns, 4);
  nn_mean_rows(x, rows, columns, means);
  double mean = 0;
  for (int r = 0; r < rows; r++) mean += (double)x[r * columns + columns - 1] / rows;
  check("mean_rows", NN_NONE, (expected){mean, 0}, means[columns - 1]);

  int height = guard_between(size, 7), width = guard_between(size, 7), stride = guard_between(1, 2);
  x = guard_floats((size_t)(height * width * columns));
  int h_out = (height - size) / stride + 1, w_out = (width - size) / stride + 1;
  y = guard_alloc((size_t)(h_out * w_out * columns), 4);
  nn_maxpool2d(x, height, width, columns, size, stride, y);
  for (int i = 0; i < h_out * w_out * columns; i++) {
    int c = i % columns, oy = i / columns / w_out, ox = i / columns % w_out;
    float wanted = -2;
    for (int k = 0; k < size * size; k++)
      wanted = fmaxf(wanted, x[((oy * stride + k / size) * width + ox * stride + k % size) * columns + c]);
    assert_true(wanted == y[i]);
  }

  float *p = guard_floats((size_t)columns);
  for (int i = 0; i < columns; i++) p[i] *= 90; /* would overflow without care */
  double sum = 0, first = (double)p[0];
  for (int i = 0; i < columns; i++) sum += exp((double)p[i] - first);
  nn_softmax(p, columns);
  check("softmax", NN_NONE, (expected){1 / sum, 0}, p[0]);

  int count = guard_between(0, 20), table_rows = 37;
  nn_tensor table = random_tensor(NN_I8, 2, (uint32_t)table_rows, (uint32_t)columns, 1, 1);
  uint32_t *ids = guard_alloc((size_t)count, sizeof *ids);
  for (int i = 0; i < count; i++) ids[i] = guard_bits() % (uint32_t)table_rows;
  float *weights = guard_floats((size_t)count), *bag = guard_floats((size_t)columns);
  const float *used = guard_bits() % 2 ? weights : NULL;
  double *wanted = guard_alloc((size_t)columns, sizeof *wanted);
  for (int c = 0; c < columns; c++) {
    wanted[c] = (double)bag[c];
    for (int i = 0; i < count; i++)
      wanted[c] += (used ? (double)used[i] : 1) * weight(&table, ids[i] * (size_t)columns + (size_t)c);
  }
  nn_bag_i8(&table, ids, used, count, bag);
  for (int c = 0; c < columns; c++) check("bag", NN_NONE, (expected){wanted[c], 0}, bag[c]);
}

static void with_every_table(void (*one)(int form), int forms) {
  for (int table = 0; table < NN_KERNELS_COUNT; table++) {
    if (nn_kernels_use(table) != MIEN_OK) continue;
    for (int form = 0; form < forms; form++)
      for (int turn = 0; turn < 40; turn++) {
        guard_seed = (uint64_t)(turn * 1000 + form);
        one(form);
        guard_clear();
      }
  }
  nn_kernels_use(nn_kernels_best());
}

static void linear_is_right(void **state) { with_every_table(linear, FORMS); }
static void conv1d_is_right(void **state) { with_every_table(conv1d, FORMS); }
static void conv2d_is_right(void **state) { with_every_table(conv2d, FORMS); }
static void depthwise_is_right(void **state) { with_every_table(depthwise, 1); }
static void gru_is_right(void **state) { with_every_table(gru, FORMS); }
static void sru_is_right(void **state) { with_every_table(sru, 1); }
static void small_ones_are_right(void **state) { with_every_table(small_ones, 1); }

static void packing_refuses(void **state) {
  nn_tensor vector = random_tensor(NN_F32, 1, 5, 1, 1, 1), floats = random_tensor(NN_F32, 2, 5, 3, 1, 1);
  nn_tensor packed = {0};
  assert_int_equal(nn_pack(&packed, &vector, NN_F32), MIEN_EINVAL);
  assert_int_equal(nn_pack(&packed, &floats, NN_I8), MIEN_EINVAL);
  assert_int_equal(nn_pack(&packed, &floats, NN_F32), MIEN_OK);
  nn_tensor again = {0};
  assert_int_equal(nn_pack(&again, &packed, NN_F32), MIEN_EINVAL);
  nn_pack_clear(&packed);
  assert_null(packed.data);
  guard_clear();
}

static void sets_and_abstaining(void **state) {
  nn_calibration calibration = {.temperature = 1, .quantile = 0.8f, .abstain_size = 3};
  mien_reading reading;
  base_reading_init(&reading, MIEN_TEXT);
  float core[MIEN_CORE] = {0.1f, 0.5f, 0.25f, 0.05f, 0.05f, 0.03f, 0.02f};
  nn_calibration_apply(&calibration, core, &reading);
  assert_int_equal(reading.set, 1u << MIEN_JOY | 1u << MIEN_SADNESS);
  assert_true(reading.confidence == 0.5f && !reading.abstain);
  float flat[MIEN_CORE] = {0.1f, 0.3f, 0.25f, 0.21f, 0.05f, 0.05f, 0.04f};
  nn_calibration_apply(&calibration, flat, &reading);
  assert_int_equal(reading.set, 1u << MIEN_JOY | 1u << MIEN_SADNESS | 1u << MIEN_ANGER);
  assert_string_equal(reading.abstain, "no label stands out");
  calibration.quantile = 0; /* the top label is in the set all the same */
  reading.abstain = NULL;
  nn_calibration_apply(&calibration, flat, &reading);
  assert_int_equal(reading.set, 1u << MIEN_JOY);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(linear_is_right),     cmocka_unit_test(conv1d_is_right),
      cmocka_unit_test(conv2d_is_right),     cmocka_unit_test(depthwise_is_right),
      cmocka_unit_test(gru_is_right),        cmocka_unit_test(small_ones_are_right),
      cmocka_unit_test(sru_is_right),        cmocka_unit_test(packing_refuses),
      cmocka_unit_test(sets_and_abstaining),
  };
  return cmocka_run_group_tests_name("layers", tests, NULL, NULL);
}
