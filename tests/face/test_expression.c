/* The expression network: a toy model against PyTorch's answer, odd crops, and files that do not
 * fit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>

#include "face/expression.h"

enum { PIXELS = FACE_EXPRESSION_SIDE * FACE_EXPRESSION_SIDE };

typedef struct fixture {
  nn_file *file;
  face_expression *expression;
  float *scratch, crop[PIXELS];
} fixture;

static void draw(float *crop) { /* as make_expression_toy.py does */
  for (int y = 0; y < FACE_EXPRESSION_SIDE; y++)
    for (int x = 0; x < FACE_EXPRESSION_SIDE; x++)
      crop[y * FACE_EXPRESSION_SIDE + x] = (float)((x * 7 + y * 13 + (x * y) % 17 * 5) % 256);
}

static void toy_path(char path[512]) {
  const char *root = getenv("MIEN_SOURCE_ROOT");
  snprintf(path, 512, "%s/tests/face/expression-toy.mien", root ? root : ".");
}

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  char path[512];
  mien_error error;
  toy_path(path);
  assert_int_equal(nn_file_open(&f->file, path, &error), MIEN_OK);
  assert_int_equal(face_expression_open(&f->expression, f->file, &error), MIEN_OK);
  f->scratch = base_alloc_aligned(face_expression_scratch(f->expression) * sizeof *f->scratch);
  draw(f->crop);
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  base_free_aligned(f->scratch);
  face_expression_close(&f->expression);
  assert_null(f->expression);
  nn_file_close(&f->file);
  free(f);
  return 0;
}

static void agrees_with_pytorch(void **state) {
  fixture *f = *state;
  float golden[FACE_EXPRESSION_CLASSES], classes[FACE_EXPRESSION_CLASSES];
  assert_int_equal(nn_file_numbers(f->file, "golden", golden, FACE_EXPRESSION_CLASSES, NULL),
                   MIEN_OK);
  float turned[PIXELS]; /* another view of the face: the crop upside down */
  for (int i = 0; i < PIXELS; i++)
    turned[i] = f->crop[PIXELS - 1 - i];
  for (int kernels = 0; kernels < NN_KERNELS_COUNT; kernels++) {
    if (nn_kernels_use(kernels) != MIEN_OK) continue;
    face_expression *again; /* packing depends on nothing but the file, but belongs to the table */
    assert_int_equal(face_expression_open(&again, f->file, NULL), MIEN_OK);
    float fer2013[FACE_EXPRESSION_FER2013], older[FACE_EXPRESSION_FER2013];
    assert_int_equal(nn_file_numbers(f->file, "golden_fer2013", older, FACE_EXPRESSION_FER2013, NULL),
                     MIEN_OK);
    face_expression_classes(again, f->crop, turned, f->scratch, classes, fer2013);
    for (int k = 0; k < FACE_EXPRESSION_FER2013; k++)
      assert_true(fabsf(fer2013[k] - older[k]) < 1e-3f);
    for (int k = 0; k < FACE_EXPRESSION_CLASSES; k++)
      assert_true(fabsf(classes[k] - golden[k]) < 1e-3f); /* weights are rounded to float16 */
    face_expression_close(&again);
  }
  nn_kernels_use(nn_kernels_best());
}

static void reading_is_folded(void **state) {
  fixture *f = *state;
  float classes[FACE_EXPRESSION_CLASSES];
  mien_reading reading;
  base_reading_init(&reading, MIEN_FACE);
  reading.t0 = 3;
  float fer2013[FACE_EXPRESSION_FER2013];
  face_expression_classes(f->expression, f->crop, f->crop, f->scratch, classes, fer2013);
  face_expression_read(f->expression, f->crop, f->crop, f->scratch, &reading);
  assert_float_equal(reading.core[MIEN_NEUTRAL], classes[0], 1e-6);
  assert_float_equal(reading.core[MIEN_JOY], classes[1], 1e-6);
  assert_float_equal(reading.core[MIEN_SURPRISE], classes[2], 1e-6);
  assert_float_equal(reading.core[MIEN_SADNESS], classes[3], 1e-6);
  assert_float_equal(reading.core[MIEN_ANGER], classes[4], 1e-6);
  assert_float_equal(reading.core[MIEN_DISGUST], classes[5] + classes[7], 1e-6);
  assert_float_equal(reading.core[MIEN_FEAR], classes[6], 1e-6);
  assert_float_equal(reading.extra[MIEN_CONTEMPT], classes[7], 1e-6);
  float sum = 0, top = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    sum += reading.core[k];
    top = BASE_MAX(top, reading.core[k]);
    if (reading.core[k] == top) assert_true(reading.set != 0);
  }
  assert_float_equal(sum, 1, 1e-5);
  assert_float_equal(reading.confidence, top, 1e-6);
  for (int d = 0; d < MIEN_DIMS; d++)
    assert_true(reading.dims[d] > -1 && reading.dims[d] < 1);
  float valence = 0.8f * classes[1] + 0.4f * classes[2] - 0.65f * classes[3] - 0.5f * classes[4] -
                  0.6f * classes[5] - 0.65f * classes[6] - 0.35f * classes[7];
  assert_float_equal(reading.dims[MIEN_VALENCE], valence, 1e-5);
  assert_true(reading.t0 == 3); /* what is not its business stays */
}

/* One view alone, and both: the logits of both are the mean. */
static void views_are_averaged(void **state) {
  fixture *f = *state;
  float fer2013[FACE_EXPRESSION_FER2013], p[3][FACE_EXPRESSION_CLASSES];
  face_expression_classes(f->expression, f->crop, NULL, f->scratch, p[0], fer2013);
  face_expression_classes(f->expression, NULL, f->crop, f->scratch, p[1], fer2013);
  face_expression_classes(f->expression, f->crop, f->crop, f->scratch, p[2], fer2013);
  assert_true(fabsf(p[0][0] - p[1][0]) > 1e-5f);
  for (int k = 1; k < FACE_EXPRESSION_CLASSES; k++) {
    float mean = (logf(p[0][k] / p[0][0]) + logf(p[1][k] / p[1][0])) / 2;
    assert_float_equal(logf(p[2][k] / p[2][0]), mean, 1e-3);
  }
}

static void light_and_contrast_do_not_matter(void **state) {
  fixture *f = *state;
  float brighter[PIXELS], one[FACE_EXPRESSION_CLASSES], other[FACE_EXPRESSION_CLASSES];
  for (int i = 0; i < PIXELS; i++)
    brighter[i] = 60 + f->crop[i] * 0.7f;
  float fer2013[FACE_EXPRESSION_FER2013];
  face_expression_classes(f->expression, f->crop, f->crop, f->scratch, one, fer2013);
  face_expression_classes(f->expression, brighter, brighter, f->scratch, other, fer2013);
  for (int k = 0; k < FACE_EXPRESSION_CLASSES; k++)
    assert_true(fabsf(one[k] - other[k]) < 0.05f);
}

static void any_crop_is_read(void **state) {
  fixture *f = *state;
  const float values[] = {0, 255, 127.5f, -1e30f, 1e30f, NAN, INFINITY, -INFINITY};
  for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
    float crop[PIXELS];
    mien_reading reading;
    for (int i = 0; i < PIXELS; i++)
      crop[i] = values[v];
    base_reading_init(&reading, MIEN_FACE);
    face_expression_read(f->expression, crop, crop, f->scratch, &reading);
    for (int k = 0; k < MIEN_CORE; k++)
      assert_true(isfinite(reading.core[k]));
    for (int d = 0; d < MIEN_DIMS; d++)
      assert_true(isfinite(reading.dims[d]));
    assert_non_null(reading.abstain); /* a lens cap expresses nothing */
  }
}

/* The toy with one word of it replaced by another as long, and sealed again. */
static void refuses(const char *word, const char *other, const char *expected) {
  char path[512];
  static _Alignas(64) unsigned char bytes[1 << 17]; /* as a file is mapped */
  toy_path(path);
  FILE *in = fopen(path, "rb");
  assert_non_null(in);
  size_t count = fread(bytes, 1, sizeof bytes, in);
  fclose(in);
  assert_true(count > 1000 && count < sizeof bytes);
  unsigned char *at = memmem(bytes, count, word, strlen(word));
  assert_non_null(at);
  assert_int_equal(strlen(word), strlen(other));
  memcpy(at, other, strlen(other));
  crypto_hash_sha256_state state; /* the seal: docs/model-format.md */
  crypto_hash_sha256_init(&state);
  crypto_hash_sha256_update(&state, bytes, 64);
  crypto_hash_sha256_update(&state, bytes + 192, count - 192);
  memset(bytes + 64, 0, 128);
  crypto_hash_sha256_final(&state, bytes + 64);

  nn_file *file = NULL;
  face_expression *expression = NULL;
  mien_error error = {0};
  assert_int_equal(nn_file_open_memory(&file, bytes, count, "misfit", &error), MIEN_OK);
  assert_int_equal(face_expression_open(&expression, file, &error), MIEN_EMODEL);
  assert_null(expression);
  if (!strstr(error.what, expected) && !strstr(error.where, expected))
    fail_msg("%s (%s)", error.what, error.where);
  assert_true(error.remedy[0] != 0);
  nn_file_close(&file);
}

static void misfits_are_refused(void **state) {
  refuses("face-expression\"", "face-landmarkss\"", "not a face-expression model");
  refuses("\"happiness\"", "\"gladness!\"", "gladness!");
  refuses("\"blocks\":5", "\"blocks\":0", "blocks");
  refuses("\"blocks\":5", "\"blocks\":4", "strides");
  refuses("\"strides\":[1", "\"strides\":[3", "strides");
  refuses("\"strides\":[1,1", "\"strides\":[1,2", "block1.skip.weight");
  refuses("block0.b.weight", "block0.x.weight", "block0.b.weight");
  refuses("pool", "pond", "pool");
  refuses("out.bias", "our.bias", "out.bias");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(agrees_with_pytorch, set_up, tear_down),
      cmocka_unit_test_setup_teardown(reading_is_folded, set_up, tear_down),
      cmocka_unit_test_setup_teardown(views_are_averaged, set_up, tear_down),
      cmocka_unit_test_setup_teardown(light_and_contrast_do_not_matter, set_up, tear_down),
      cmocka_unit_test_setup_teardown(any_crop_is_read, set_up, tear_down),
      cmocka_unit_test(misfits_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
