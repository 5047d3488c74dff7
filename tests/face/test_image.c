/* image.c: scaling by area against a plain sum, sampling against pictures with a known formula, and
 * cues.c's blinks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "face/cues.h"
#include "face/image.h"

#define NEAR(a, b, e) assert_true(fabs((double)(a) - (double)(b)) <= (e))

static unsigned state_of_noise = 1;
static uint8_t noise(void) {
  state_of_noise = state_of_noise * 1664525u + 1013904223u;
  return (uint8_t)(state_of_noise >> 24);
}

/* Mean over the rectangle that an output pixel covers, by summing every source pixel's share. */
static double mean_of(const mien_picture *p, int width, int height, int x, int y) {
  double x0 = (double)x * p->width / width, x1 = (double)(x + 1) * p->width / width;
  double y0 = (double)y * p->height / height, y1 = (double)(y + 1) * p->height / height;
  double sum = 0, area = 0;
  for (int v = 0; v < p->height; v++)
    for (int u = 0; u < p->width; u++) {
      double w = fmin(x1, u + 1) - fmax(x0, u), h = fmin(y1, v + 1) - fmax(y0, v);
      if (w <= 0 || h <= 0) continue;
      const uint8_t *at = p->data + (size_t)v * p->stride + (size_t)u * (size_t)p->format;
      double grey = p->format == MIEN_GREY ? at[0] : .299 * at[0] + .587 * at[1] + .114 * at[2];
      sum += w * h * grey, area += w * h;
    }
  return sum / area;
}

static void test_scale(void **state) {
  const int sizes[][4] = {{1, 1, 1, 1},  {7, 5, 3, 2},  {7, 5, 7, 5},    {16, 9, 5, 9},
                          {1, 33, 1, 4}, {40, 1, 13, 1}, {5, 5, 48, 48}, {31, 17, 30, 16}};
  for (size_t k = 0; k < 2 * BASE_COUNT(sizes); k++) {
    const int *s = sizes[k / 2];
    int format = k % 2 ? MIEN_RGB : MIEN_GREY;
    size_t stride = (size_t)s[0] * (size_t)format + 3, bytes = stride * (size_t)(s[1] - 1) + stride - 3;
    uint8_t *data = malloc(bytes); /* no more than the last row needs */
    for (size_t i = 0; i < bytes; i++) data[i] = noise();
    mien_picture picture = {s[0], s[1], format, stride, data};
    assert_int_equal(face_picture_check(&picture), MIEN_OK);
    float *grey = malloc(sizeof(float) * (size_t)(s[2] * s[3]));
    float *row = malloc(sizeof(float) * (size_t)(s[0] + s[2]));
    face_scale_picture_floats(&picture, s[2], s[3], grey, row);
    for (int y = 0; y < s[3]; y++)
      for (int x = 0; x < s[2]; x++)
        NEAR(grey[y * s[2] + x], mean_of(&picture, s[2], s[3], x, y), .01);
    free(data), free(grey), free(row);
  }
}

static void test_fit(void **state) {
  int w, h;
  face_fit(640, 480, 448, &w, &h);
  assert_int_equal(w, 448), assert_int_equal(h, 336);
  face_fit(300, 448, 448, &w, &h);
  assert_int_equal(w, 300), assert_int_equal(h, 448);
  face_fit(16384, 1, 448, &w, &h);
  assert_int_equal(w, 448), assert_int_equal(h, 1);
}

static void test_check(void **state) {
  uint8_t byte = 0;
  mien_picture good = {1, 1, MIEN_RGB, 3, &byte};
  assert_int_equal(face_picture_check(&good), MIEN_OK);
  const mien_picture bad[] = {{0, 1, MIEN_GREY, 1, &byte},     {1, 16385, MIEN_GREY, 1, &byte},
                              {1, 1, 2, 3, &byte},             {2, 1, MIEN_RGB, 5, &byte},
                              {-5, 1, MIEN_GREY, 1, &byte},    {1, 1, MIEN_GREY, 1, NULL}};
  for (size_t k = 0; k < BASE_COUNT(bad); k++)
    assert_int_equal(face_picture_check(&bad[k]), MIEN_EINVAL);
  assert_int_equal(face_picture_check(NULL), MIEN_EINVAL);
}

/* On a plane whose grey is 2x + y/2, samples along any turn lie on that slope. */
static void test_sample(void **state) {
  enum { W = 100, H = 80, SIZE = 16 };
  static uint8_t pixels[W * H];
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++) pixels[y * W + x] = (uint8_t)(2 * x + y / 2);
  for (int y = 0; y < H; y += 2) /* even rows and the odd ones after them are alike: mean over both */
    memcpy(pixels + (y + 1) * W, pixels + y * W, W);
  face_plane plane = {W, H, pixels};
  float patch[SIZE * SIZE];
  const face_crop crops[] = {{50, 40, 16, 0}, {50, 40, 30, .7f}, {50, 40, 47, 3.1f}, {45, 44, 9, -1.2f}};
  for (size_t k = 0; k < BASE_COUNT(crops); k++) {
    const face_crop *c = &crops[k];
    face_sample(&plane, c, FACE_GREY, SIZE, patch);
    for (int y = 0; y < SIZE; y++)
      for (int x = 0; x < SIZE; x++) {
        double u = ((x + .5) / SIZE - .5) * c->side, v = ((y + .5) / SIZE - .5) * c->side;
        double px = c->x + cos(c->angle) * u - sin(c->angle) * v;
        double py = c->y + sin(c->angle) * u + cos(c->angle) * v;
        NEAR(patch[y * SIZE + x], 2 * (px - .5) + (py - 1) / 2, .51);
      }
  }
  face_crop far = {1e6f, -1e6f, 50, 0}, huge = {50, 40, 5000, 0};
  face_sample(&plane, &far, FACE_GREY, SIZE, patch);
  for (int i = 0; i < SIZE * SIZE; i++) NEAR(patch[i], 128, 0);
  face_sample(&plane, &huge, FACE_GREY, SIZE, patch);
  NEAR(patch[0], 128, 0);
}

static void test_light(void **state) {
  enum { SIZE = 48 };
  float patch[SIZE * SIZE];
  face_light light;
  for (int i = 0; i < SIZE * SIZE; i++) patch[i] = 5;
  face_light_measure(patch, SIZE, &light);
  NEAR(light.mean, 5, 1e-3), NEAR(light.deviation, 0, 1e-3);
  assert_string_equal(face_light_complaint(&light), "picture too dark");
  for (int i = 0; i < SIZE * SIZE; i++) patch[i] = 100 + 40 * sinf((float)(i % SIZE) * .05f);
  face_light_measure(patch, SIZE, &light);
  assert_string_equal(face_light_complaint(&light), "picture blurred");
  float smooth = light.sharpness;
  for (int i = 0; i < SIZE * SIZE; i++) patch[i] = (float)noise();
  face_light_measure(patch, SIZE, &light);
  assert_true(light.sharpness > 4 * smooth);
  assert_null(face_light_complaint(&light));
  assert_true(face_light_quality(&light) > .99f);
}

static void test_blinks(void **state) {
  face_blinks blinks;
  face_blinks_init(&blinks, 0);
  for (int k = 0; k <= 25 * 20; k++) { /* 20 s; closed for 0.12 s every 4 s, once for 2 s */
    double at = k / 25.;
    bool closed = fmod(at, 4) > 3.8 && fmod(at, 4) < 3.93;
    closed |= at > 9 && at < 11;
    face_blinks_add(&blinks, closed ? .1f : .3f, at);
    if (at < 9.9) assert_true(isnan(face_blinks_rate(&blinks)));
  }
  NEAR(face_blinks_rate(&blinks), 15, .01);
  face_blinks_init(&blinks, 0);
  for (int k = 0; k <= 40; k++) face_blinks_add(&blinks, .3f, k * .5);
  assert_true(isnan(face_blinks_rate(&blinks))); /* too few pictures a second to see them */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_scale),  cmocka_unit_test(test_fit),   cmocka_unit_test(test_check),
      cmocka_unit_test(test_sample), cmocka_unit_test(test_light), cmocka_unit_test(test_blinks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
