/* A toy network of every kind of layer gives, after each layer, what PyTorch gave for it
 * (train/nn_golden.py wrote both into toy.mien), with every table of kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "nn/nn.h"

static nn_file *file;

static const nn_tensor *tensor(const char *layer, const char *part) {
  char name[64];
  snprintf(name, sizeof name, "%s%s%s", layer, *part ? "." : "", part);
  for (size_t i = 0; i < nn_file_count(file); i++)
    if (!strcmp(nn_file_tensor_at(file, i)->name, name)) return nn_file_tensor_at(file, i);
  fail_msg("toy.mien has no %s", name);
  return NULL;
}

static void compare(const char *layer, const float *got) {
  const nn_tensor *expected = tensor(layer, "expected");
  for (size_t i = 0; i < nn_tensor_elements(expected); i++) {
    float wanted = ((const float *)expected->data)[i];
    if (!(fabsf(got[i] - wanted) <= 2e-6f * (1 + fabsf(wanted))))
      fail_msg("%s[%zu] with %s: %.8g, but PyTorch gave %.8g", layer, i, nn_kernels_name(),
               (double)got[i], (double)wanted);
  }
}

static const float *values(const char *layer, const char *part) { return tensor(layer, part)->data; }

static void run(bool pack) {
  float a[9 * 7 * 6], b[9 * 7 * 6], pooled[12 * 6], rows[12 * 6], c[8 * 8], h[5] = {0}, states[8 * 5];
  float y[7], scratch[4096];
  nn_tensor conv = *tensor("conv", "weight"), over_time = *tensor("time", "weight");
  nn_tensor head = *tensor("head", "weight"), packed;
  assert_int_equal(nn_pack(&packed, &head, NN_F32), MIEN_OK); /* PyTorch knew no int8 inputs */
  head = packed;
  if (pack) {
    assert_int_equal(nn_pack(&packed, &conv, NN_F32), MIEN_OK);
    conv = packed;
    assert_int_equal(nn_pack(&packed, &over_time, NN_F32), MIEN_OK);
    over_time = packed;
  }
  nn_conv2d(&conv, tensor("conv", "bias"), NN_SILU, values("input", ""), 9, 7, 1, 1, a, scratch);
  compare("conv", a);
  nn_depthwise2d(tensor("depthwise", "weight"), tensor("depthwise", "bias"), NN_GELU, a, 9, 7, 1, 1, b);
  compare("depthwise", b);
  nn_maxpool2d(b, 9, 7, 6, 2, 2, pooled);
  nn_layernorm(values("norm", "gain"), values("norm", "bias"), pooled, 12, 6, 1e-5f, rows);
  compare("norm", rows);
  nn_conv1d(&over_time, tensor("time", "bias"), NN_HARDSWISH, rows, 8, 1, 2, c, scratch);
  compare("time", c);
  for (int t = 0; t < 8; t++) {
    nn_gru_step(tensor("gru", "wi"), tensor("gru", "wh"), tensor("gru", "bi"), tensor("gru", "bh"),
                c + 8 * t, NULL, h, scratch);
    memcpy(states + 5 * t, h, sizeof h);
  }
  compare("gru", states);
  nn_linear(&head, tensor("head", "bias"), NN_NONE, h, 1, y, scratch);
  nn_softmax(y, 7);
  compare("head", y);
  nn_pack_clear(&head);
  if (pack) nn_pack_clear(&conv);
  if (pack) nn_pack_clear(&over_time);
}

static void agrees_with_pytorch(void **state) {
  char path[4096];
  mien_error error = {0};
  const char *root = getenv("MIEN_SOURCE_ROOT");
  snprintf(path, sizeof path, "%s/tests/nn/toy.mien", root ? root : ".");
  if (nn_file_open(&file, path, &error)) fail_msg("%s: %s", error.where, error.what);
  for (int table = 0; table < NN_KERNELS_COUNT; table++) {
    if (nn_kernels_use(table)) continue;
    run(false);
    run(true);
  }
  nn_kernels_use(nn_kernels_best());
  nn_file_close(&file);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_pytorch)};
  return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
