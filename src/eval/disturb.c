#include "eval/disturb.h"

#include <math.h>
#include <string.h>

typedef struct turn_of {
  float c, s; /* cosine and sine times scale */
} turn_of;

static turn_of turn_in(const eval_disturbance *d) {
  float angle = d->turn * 3.14159265f / 180, scale = d->scale > 0 ? d->scale : 1;
  return (turn_of){cosf(angle) * scale, sinf(angle) * scale};
}

void eval_disturb_point(const eval_disturbance *d, int width, int height, float *x, float *y) {
  turn_of t = turn_in(d);
  float size = t.c * t.c + t.s * t.s;
  float across = *x - (float)width / 2 - d->x, down = *y - (float)height / 2 - d->y;
  *x = (float)width / 2 + (t.c * across + t.s * down) / size;
  *y = (float)height / 2 + (t.c * down - t.s * across) / size;
}

static void move(const eval_disturbance *d, const float *from, int width, int height, float *to) {
  turn_of t = turn_in(d);
  float middle_x = (float)(width - 1) / 2, middle_y = (float)(height - 1) / 2;
  for (int i = 0; i < height * width; i++) {
    float across = (float)(i % width) - middle_x, down = (float)(i / width) - middle_y;
    float x = BASE_CLAMP(middle_x + t.c * across - t.s * down + d->x, 0, (float)(width - 1));
    float y = BASE_CLAMP(middle_y + t.s * across + t.c * down + d->y, 0, (float)(height - 1));
    int x0 = (int)x, y0 = (int)y;
    int x1 = BASE_MIN(x0 + 1, width - 1), y1 = BASE_MIN(y0 + 1, height - 1);
    float u = x - (float)x0, v = y - (float)y0;
    const float *upper = from + (size_t)y0 * (size_t)width;
    const float *lower = from + (size_t)y1 * (size_t)width;
    to[i] = (1 - v) * ((1 - u) * upper[x0] + u * upper[x1]) +
            v * ((1 - u) * lower[x0] + u * lower[x1]);
  }
}

static void blur(int width, int height, float *work, float *to) {
  memcpy(work, to, (size_t)width * (size_t)height * sizeof *to);
  for (int i = 0; i < height * width; i++) {
    to[i] = 0;
    for (int n = 0; n < 9; n++) {
      int x = BASE_CLAMP(i % width + n % 3 - 1, 0, width - 1);
      int y = BASE_CLAMP(i / width + n / 3 - 1, 0, height - 1);
      to[i] += work[(size_t)y * (size_t)width + (size_t)x] / 9;
    }
  }
}

static void mosaic(int size, int width, int height, float *to) {
  for (int y = 0; y < height; y += size)
    for (int x = 0; x < width; x += size) {
      int high = BASE_MIN(size, height - y), wide = BASE_MIN(size, width - x);
      float sum = 0, *corner = to + (size_t)y * (size_t)width + (size_t)x;
      for (int i = 0; i < high * wide; i++)
        sum += corner[(size_t)(i / wide) * (size_t)width + (size_t)(i % wide)];
      for (int i = 0; i < high * wide; i++)
        corner[(size_t)(i / wide) * (size_t)width + (size_t)(i % wide)] = sum / (float)(high * wide);
    }
}

static void cover(const eval_disturbance *d, int width, int height, const float box[4], float *to) {
  float wide = box[2] - box[0], high = box[3] - box[1];
  int x0 = (int)BASE_CLAMP(box[0] + d->cover[0] * wide, 0, (float)width);
  int x1 = (int)BASE_CLAMP(box[0] + d->cover[2] * wide, 0, (float)width);
  int y0 = (int)BASE_CLAMP(box[1] + d->cover[1] * high, 0, (float)height);
  int y1 = (int)BASE_CLAMP(box[1] + d->cover[3] * high, 0, (float)height);
  for (int y = y0; y < y1; y++)
    for (int x = x0; x < x1; x++)
      to[(size_t)y * (size_t)width + (size_t)x] = 100;
}

void eval_disturb(const eval_disturbance *d, const float *from, int width, int height,
                  const float box[4], float *work, float *to) {
  move(d, from, width, height, to);
  for (int pass = 0; pass < d->blur; pass++) blur(width, height, work, to);
  if (d->mosaic > 1) mosaic(d->mosaic, width, height, to);
  if (d->cover[2] > d->cover[0]) cover(d, width, height, box, to);
  uint32_t state = 1;
  for (int i = 0; i < width * height; i++) {
    float noise = 0; /* of twelve uniform numbers: nearly normal, sigma 1 */
    for (int n = 0; n < 12 && d->noise > 0; n++) {
      state = state * 1664525 + 1013904223;
      noise += (float)(state >> 8) / (float)(1 << 24) - 0.5f;
    }
    float grey = BASE_CLAMP(to[i], 0.0f, 255.0f);
    if (d->gamma > 0) grey = 255 * powf(grey / 255, d->gamma);
    grey += d->noise * noise;
    to[i] = roundf(BASE_CLAMP(grey, 0.0f, 255.0f)); /* a picture has 8 bits */
  }
}
