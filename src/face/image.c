#include "face/image.h"

int face_picture_check(const mien_picture *picture) {
  if (picture == NULL || picture->data == NULL) return MIEN_EINVAL;
  if (picture->width < 1 || picture->width > 16384) return MIEN_EINVAL;
  if (picture->height < 1 || picture->height > 16384) return MIEN_EINVAL;
  if (picture->format != MIEN_GREY && picture->format != MIEN_RGB) return MIEN_EINVAL;
  if (picture->stride < (size_t)picture->width * (size_t)picture->format) return MIEN_EINVAL;
  return MIEN_OK;
}

void face_fit(int width, int height, int longest, int *fit_width, int *fit_height) {
  int side = BASE_MAX(width, height);
  *fit_width = width, *fit_height = height;
  if (side <= longest) return;
  *fit_width = BASE_MAX(1, (int)(((int64_t)width * longest + side / 2) / side));
  *fit_height = BASE_MAX(1, (int)(((int64_t)height * longest + side / 2) / side));
}

/* sum[width] += weight * grey of one row. BT.601: 0.299 R + 0.587 G + 0.114 B. */
static void add_row(const uint8_t *restrict row, int format, int width, float weight,
                    float *restrict sum) {
  if (format == MIEN_GREY) {
    for (int x = 0; x < width; x++) sum[x] += weight * row[x];
  } else {
    float r = .299f * weight, g = .587f * weight, b = .114f * weight;
    for (int x = 0; x < width; x++)
      sum[x] += r * row[3 * x] + g * row[3 * x + 1] + b * row[3 * x + 2];
  }
}

/* mean[out] of sum[in] over equal spans; spans may be narrower than a source pixel. */
static void shrink_row(const float *restrict sum, int in, int out, float scale,
                       float *restrict mean) {
  if (in == out) {
    for (int x = 0; x < out; x++) mean[x] = sum[x] * scale;
    return;
  }
  double span = (double)in / out;
  for (int x = 0; x < out; x++) {
    double from = x * span, to = BASE_MIN((x + 1) * span, (double)in);
    int first = (int)from, last = BASE_MIN((int)to, in - 1);
    double total = 0;
    if (first == last) {
      total = sum[first] * (to - from);
    } else {
      total = sum[first] * (first + 1 - from) + sum[last] * (to - last);
      for (int k = first + 1; k < last; k++) total += sum[k];
    }
    mean[x] = (float)(total / (to - from)) * scale;
  }
}

/* Either output may be NULL. */
static void scale(const mien_picture *picture, int width, int height, uint8_t *bytes,
                  float *floats, float *row) {
  float *sum = row, *mean = row + picture->width;
  double span = (double)picture->height / height;
  for (int y = 0; y < height; y++) {
    double from = y * span, to = BASE_MIN((y + 1) * span, (double)picture->height);
    int first = (int)from, last = BASE_MIN((int)to, picture->height - 1);
    memset(sum, 0, sizeof(float) * (size_t)picture->width);
    for (int k = first; k <= last; k++) {
      double covered = BASE_MIN(to, k + 1.0) - BASE_MAX(from, (double)k);
      if (covered > 0)
        add_row(picture->data + (size_t)k * picture->stride, picture->format, picture->width,
                (float)covered, sum);
    }
    shrink_row(sum, picture->width, width, (float)(1 / (to - from)), mean);
    if (floats != NULL) memcpy(floats + (size_t)y * width, mean, sizeof(float) * (size_t)width);
    if (bytes != NULL)
      for (int x = 0; x < width; x++)
        bytes[(size_t)y * width + x] = (uint8_t)BASE_CLAMP(mean[x] + .5f, 0.f, 255.f);
  }
}

void face_scale_grey(const mien_picture *picture, int width, int height, uint8_t *grey,
                     float *row) {
  scale(picture, width, height, grey, NULL, row);
}

void face_scale_picture_floats(const mien_picture *picture, int width, int height, float *grey,
                               float *row) {
  scale(picture, width, height, NULL, grey, row);
}

void face_scale_floats(const face_plane *plane, int width, int height, float *grey, float *row) {
  mien_picture picture = {plane->width, plane->height, MIEN_GREY, (size_t)plane->width,
                          plane->pixels};
  scale(&picture, width, height, NULL, grey, row);
}

static float blend(float a, float b, float c, float d, float fx, float fy) {
  float upper = a + fx * (b - a), lower = c + fx * (d - c);
  return upper + fy * (lower - upper);
}

/* Grey at (x, y), where the middle of the first pixel is (0, 0). */
static float sample(const face_plane *plane, float x, float y, int outside) {
  if (outside == FACE_EDGE) {
    x = BASE_CLAMP(x, 0.f, (float)(plane->width - 1));
    y = BASE_CLAMP(y, 0.f, (float)(plane->height - 1));
  }
  if (!(x > -1 && y > -1 && x < plane->width && y < plane->height)) return 128;
  int left = (int)floorf(x), top = (int)floorf(y);
  float corner[4];
  for (int k = 0; k < 4; k++) {
    int cx = left + (k & 1), cy = top + (k >> 1);
    bool within = cx >= 0 && cy >= 0 && cx < plane->width && cy < plane->height;
    corner[k] = within ? plane->pixels[(size_t)cy * plane->width + cx] : 128;
  }
  return blend(corner[0], corner[1], corner[2], corner[3], x - left, y - top);
}

/* The same where all four neighbours are known to lie within. */
static float sample_within(const face_plane *plane, float x, float y) {
  int left = (int)x, top = (int)y;
  const uint8_t *p = plane->pixels + (size_t)top * plane->width + left, *q = p + plane->width;
  return blend(p[0], p[1], q[0], q[1], x - left, y - top);
}

void face_sample(const face_plane *plane, const face_crop *crop, int outside, int size,
                 float *patch) {
  float step = crop->side / size; /* source pixels for each pixel of the patch */
  int taps = BASE_CLAMP((int)ceilf(step / 1.5f), 1, 8);
  float c = cosf(crop->angle) * step / taps, s = sinf(crop->angle) * step / taps;
  float middle = .5f * (float)(size * taps - 1), share = 1.f / (float)(taps * taps);
  float x0 = crop->x - .5f, y0 = crop->y - .5f;
  float reach = (fabsf(c) + fabsf(s)) * middle + 1;
  bool within = x0 - reach > 0 && y0 - reach > 0 && x0 + reach < plane->width - 1 &&
                y0 + reach < plane->height - 1;
  for (int y = 0; y < size; y++)
    for (int x = 0; x < size; x++) {
      float sum = 0;
      for (int b = 0; b < taps; b++)
        for (int a = 0; a < taps; a++) {
          float u = (float)(x * taps + a) - middle, v = (float)(y * taps + b) - middle;
          float px = x0 + c * u - s * v, py = y0 + s * u + c * v;
          sum += within ? sample_within(plane, px, py) : sample(plane, px, py, outside);
        }
      patch[y * size + x] = sum * share;
    }
}

void face_light_measure(const float *patch, int size, face_light *light) {
  double sum = 0, squares = 0, edges = 0;
  int count = size * size, inner = 0;
  for (int k = 0; k < count; k++) sum += patch[k], squares += (double)patch[k] * patch[k];
  for (int y = 1; y + 1 < size; y++)
    for (int x = 1; x + 1 < size; x++, inner++) {
      const float *p = patch + y * size + x;
      double edge = 4.0 * p[0] - p[-1] - p[1] - p[-size] - p[size];
      edges += edge * edge;
    }
  double mean = sum / count, variance = BASE_MAX(squares / count - mean * mean, 0.0);
  light->mean = (float)mean;
  light->deviation = (float)sqrt(variance);
  light->sharpness =
      inner > 0 && variance > 1 ? (float)(sqrt(edges / inner) / sqrt(variance)) : 0;
}

/* Of FER+'s training pictures 99.8 % have at least this mean, deviation and sharpness; their quality is
 * 1. Far below that a picture cannot be read: a blur of 1.5 pixels at 48x48 has a sharpness of 0.14. */
static const float MEAN = 40, DEVIATION = 20, SHARPNESS = .35f;

float face_light_quality(const face_light *light) {
  float lit = BASE_CLAMP(light->mean / MEAN, 0.f, 1.f);
  float contrast = BASE_CLAMP(light->deviation / DEVIATION, 0.f, 1.f);
  float sharp = BASE_CLAMP(light->sharpness / SHARPNESS, 0.f, 1.f);
  return sqrtf(lit * contrast * sharp);
}

const char *face_light_complaint(const face_light *light) {
  if (light->mean < MEAN / 2 && light->deviation < DEVIATION / 2) return "picture too dark";
  if (light->deviation < DEVIATION / 4) return "picture without contrast";
  if (light->sharpness < .14f) return "picture blurred";
  return NULL;
}
