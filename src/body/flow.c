#include "body/flow.h"

#include <stdlib.h>

enum { REACH = 7, /* half-size pixels each way */ AREA = BODY_BLOCK * BODY_BLOCK };
#define TEXTURE 40.0f /* sum of squared gradients of a block across its weakest direction, grey^2 */
#define STILL 0.12f   /* pixels: less is no motion */

/* ---- The small copy -------------------------------------------------------------------------- */

/* Adds a row to the sums of columns; in runs of 16, so that it is vectorised. */
static void add_row(uint16_t *restrict sums, const uint8_t *restrict row, int width) {
  int x = 0;
  for (; x + 16 <= width; x += 16)
    for (int i = 0; i < 16; i++) sums[x + i] = (uint16_t)(sums[x + i] + row[x + i]);
  for (; x < width; x++) sums[x] = (uint16_t)(sums[x] + row[x]);
}

static void halve(const body_small *small, uint8_t *half) {
  int width = small->width / 2, height = small->height / 2;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const uint8_t *p = &small->pixels[2 * y * small->width + 2 * x];
      half[y * width + x] = (uint8_t)((p[0] + p[1] + p[small->width] + p[small->width + 1] + 2) / 4);
    }
}

float body_small_make(const body_picture *picture, body_small *small) {
  int longest = BASE_MAX(picture->width, picture->height);
  float scale = longest > BODY_SIDE ? (float)BODY_SIDE / (float)longest : 1;
  small->width = BASE_CLAMP((int)lroundf(scale * (float)picture->width), 1, BODY_SIDE);
  small->height = BASE_CLAMP((int)lroundf(scale * (float)picture->height), 1, BODY_SIDE);
  enum { STRIP = 2048 }; /* columns summed at once */
  uint16_t sums[STRIP]; /* of at most 103 rows: 16384 pixels over BODY_SIDE */
  int edges[BODY_SIDE + 1]; /* small pixel x covers the columns edges[x] … edges[x + 1] */
  for (int x = 0; x <= small->width; x++) edges[x] = (int)((int64_t)x * picture->width / small->width);
  for (int y = 0; y < small->height; y++) {
    int y0 = (int)((int64_t)y * picture->height / small->height);
    int y1 = (int)((int64_t)(y + 1) * picture->height / small->height);
    for (int x = 0, last; x < small->width; x = last) { /* as many small pixels as fit in a strip */
      int left = edges[x];
      for (last = x + 1; last < small->width && edges[last + 1] - left <= STRIP;) last++;
      memset(sums, 0, (size_t)(edges[last] - left) * sizeof *sums);
      for (int row = y0; row < y1; row++)
        add_row(sums, picture->grey + (size_t)row * (size_t)picture->width + left, edges[last] - left);
      for (int i = x; i < last; i++) {
        uint32_t sum = 0, count = (uint32_t)((edges[i + 1] - edges[i]) * (y1 - y0));
        for (int c = edges[i]; c < edges[i + 1]; c++) sum += sums[c - left];
        small->pixels[y * small->width + i] = (uint8_t)((sum + count / 2) / count);
      }
    }
  }
  halve(small, small->half);
  return scale;
}

float body_small_difference(const body_small *a, const body_small *b) {
  int sum = 0, count = a->width * a->height;
  for (int i = 0; i < count; i++) sum += abs(a->pixels[i] - b->pixels[i]);
  return (float)sum / (float)count;
}

/* ---- One block ------------------------------------------------------------------------------- */

/* The block at `p`, its rows one after another. */
static void pack(const uint8_t *p, int stride, uint8_t packed[AREA]) {
  for (int y = 0; y < BODY_BLOCK; y++) memcpy(packed + y * BODY_BLOCK, p + y * stride, BODY_BLOCK);
}

/* Sum of absolute differences; the loop of 16 becomes one instruction where there is one. */
static int sad(const uint8_t packed[AREA], const uint8_t *p, int stride) {
  uint8_t other[AREA];
  int sum = 0;
  pack(p, stride, other);
  for (int i = 0; i < AREA; i++) sum += abs(packed[i] - other[i]);
  return sum;
}

/* Where the block `own`, at (x, y), was: (x + *dx, y + *dy) of `before`, within `reach` of where *dx,
 * *dy begin. Returns its difference. */
static int search(const uint8_t *before, const uint8_t own[AREA], int width, int height, int x, int y,
                  int reach, int *dx, int *dy) {
  int best = INT32_MAX, at_x = *dx, at_y = *dy;
  int u0 = BASE_MAX(*dx - reach, -x), u1 = BASE_MIN(*dx + reach, width - BODY_BLOCK - x);
  int v0 = BASE_MAX(*dy - reach, -y), v1 = BASE_MIN(*dy + reach, height - BODY_BLOCK - y);
  for (int v = v0; v <= v1; v++)
    for (int u = u0; u <= u1; u++) {
      int difference = sad(own, &before[(y + v) * width + x + u], width) + abs(u) + abs(v);
      if (difference < best) best = difference, at_x = u, at_y = v; /* of equals the nearer */
    }
  *dx = at_x, *dy = at_y;
  return best;
}

/* Two steps of Lucas & Kanade: what the block at (x, y) of `now` was moved by, from the whole pixels
 * (*move_x, *move_y) on, with gradients of `now`; without `moved` only the error. `noise` is that of
 * body_flow. Gives the 1-sigma error; below 0: no texture beyond that of noise, or it leads away.
 * *left_over: mean absolute difference then. */
static float refine(const uint8_t *before, const uint8_t *now, int width, int height, int x, int y,
                    float noise, bool moved, float *move_x, float *move_y, float *left_over) {
  int16_t gx[AREA], gy[AREA]; /* twice the gradient */
  int32_t ixx = 0, ixy = 0, iyy = 0;
  int left_edge = x == 0, right_edge = x + BODY_BLOCK == width; /* the neighbour is the pixel itself */
  for (int j = 0; j < BODY_BLOCK; j++) {
    const uint8_t *p = &now[(y + j) * width + x];
    const uint8_t *above = y + j > 0 ? p - width : p, *below = y + j + 1 < height ? p + width : p;
    uint8_t row[BODY_BLOCK + 2];
    row[0] = p[left_edge ? 0 : -1], row[BODY_BLOCK + 1] = p[right_edge ? BODY_BLOCK - 1 : BODY_BLOCK];
    memcpy(row + 1, p, BODY_BLOCK);
    for (int i = 0; i < BODY_BLOCK; i++) {
      gx[j * BODY_BLOCK + i] = (int16_t)(row[i + 2] - row[i]);
      gy[j * BODY_BLOCK + i] = (int16_t)(below[i] - above[i]);
    }
  }
  for (int i = 0; i < AREA; i++) ixx += gx[i] * gx[i], ixy += gx[i] * gy[i], iyy += gy[i] * gy[i];
  float xx = .25f * (float)ixx, xy = .25f * (float)ixy, yy = .25f * (float)iyy;
  float trace = xx + yy, det = xx * yy - xy * xy;
  float weakest = .5f * (trace - sqrtf(BASE_MAX(trace * trace - 4 * det, 0.f)));
  /* Pixel noise of sigma adds sigma^2 / 2 a pixel; a mean absolute difference is 1.13 sigma. */
  float variance = noise * noise / 1.27f, from_noise = AREA * variance / 2;
  weakest -= from_noise;
  if (!(weakest > TEXTURE + 2 * from_noise)) return -1;
  float from_x = *move_x, from_y = *move_y;
  for (int step = 0; step < 2 && moved; step++) {
    /* before[p - move], bilinear in 64ths of a pixel; the block may not leave the picture */
    int sx = (int)lrintf(64 * BASE_CLAMP((float)x - *move_x, 0.f, (float)(width - BODY_BLOCK) - .02f));
    int sy = (int)lrintf(64 * BASE_CLAMP((float)y - *move_y, 0.f, (float)(height - BODY_BLOCK) - .02f));
    sx = BASE_MIN(sx, 64 * (width - BODY_BLOCK) - 1), sy = BASE_MIN(sy, 64 * (height - BODY_BLOCK) - 1);
    sx = BASE_MAX(sx, 0), sy = BASE_MAX(sy, 0);
    int u = sx % 64, v = sy % 64, xt = 0, yt = 0, sum = 0;
    for (int j = 0; j < BODY_BLOCK; j++) {
      const uint8_t *p = &before[(sy / 64 + j) * width + sx / 64], *q = p + width;
      const uint8_t *own = &now[(y + j) * width + x];
      for (int i = 0; i < BODY_BLOCK; i++) {
        int a = 64 * p[i] + u * (p[i + 1] - p[i]), b = 64 * q[i] + u * (q[i + 1] - q[i]);
        int t = 16 * own[i] - (64 * a + v * (b - a)) / 256; /* sixteenths of a grey level */
        xt += gx[j * BODY_BLOCK + i] * t, yt += gy[j * BODY_BLOCK + i] * t;
        sum += abs(t);
      }
    }
    *left_over = (float)sum / (16 * AREA);
    float tx = (float)xt / 32, ty = (float)yt / 32;
    *move_x -= (yy * tx - xy * ty) / det;
    *move_y -= (xx * ty - xy * tx) / det;
    if (!(fabsf(*move_x - from_x) < 1.5f && fabsf(*move_y - from_y) < 1.5f)) return -1;
  }
  return sqrtf(2 * variance / weakest);
}

/* Where 16 x 16 pixels were, by their half-size copy: one of the `guesses` if it fits as well as what
 * is still, else the best of all. */
static void search_far(const body_small *before, const body_small *now, int x, int y, float noise,
                       int guesses[][2], int count, int far[2]) {
  int width = now->width / 2, height = now->height / 2;
  far[0] = far[1] = 0;
  if (width < BODY_BLOCK || height < BODY_BLOCK) return;
  x = BASE_MIN(x / 2, width - BODY_BLOCK), y = BASE_MIN(y / 2, height - BODY_BLOCK);
  uint8_t own[AREA];
  pack(&now->half[y * width + x], width, own);
  int enough = (int)((noise + 1) * AREA), best = INT32_MAX;
  for (int g = 0; g < count && best > enough; g++) {
    int u = guesses[g][0] / 2, v = guesses[g][1] / 2;
    int difference = search(before->half, own, width, height, x, y, 1, &u, &v);
    if (difference < best) best = difference, far[0] = u, far[1] = v;
  }
  if (best > enough) {
    far[0] = far[1] = 0;
    search(before->half, own, width, height, x, y, REACH, &far[0], &far[1]);
  }
  far[0] *= 2, far[1] *= 2;
}

static void measure(const body_flow *flow, const body_small *before, const body_small *now, int x, int y,
                    int same, const int far[2], body_block *block, float *left_over) {
  int width = now->width, height = now->height, u = 0, v = 0;
  float noise = flow->noise * AREA;
  *left_over = (float)same / AREA;
  if (block->changed) {
    uint8_t own[AREA];
    pack(&now->pixels[y * width + x], width, own);
    int far_u = far[0], far_v = far[1], beside = INT32_MAX;
    int difference = search(before->pixels, own, width, height, x, y, 1, &u, &v);
    if (far_u || far_v) beside = search(before->pixels, own, width, height, x, y, 1, &far_u, &far_v);
    if (beside < difference) difference = beside, u = far_u, v = far_v;
    if ((float)difference > .6f * (float)same + noise) return; /* not found again */
  }
  block->x = (float)-u, block->y = (float)-v;
  block->sigma = refine(before->pixels, now->pixels, width, height, x, y, flow->noise,
                        (float)same > 1.15f * noise, &block->x, &block->y, left_over);
  block->known = block->sigma >= 0;
}

/* ---- The field ------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* A fifth of the picture is still, or found again, most of the time: the noise is what that differs
 * by, followed down at once and up slowly. */
static void learn_noise(body_flow *flow, float *differences, int count) {
  qsort(differences, (size_t)count, sizeof *differences, by_value);
  float quiet = BASE_CLAMP(differences[count / 5], .2f, 8.f);
  if (flow->noise < 0) flow->noise = BASE_MIN(quiet, 2.f);
  else flow->noise += (quiet - flow->noise) * (quiet < flow->noise ? .3f : .05f);
}

void body_flow_measure(body_flow *flow, const body_small *before, const body_small *now) {
  float same[BODY_BLOCKS], left_over[BODY_BLOCKS];
  int far[BODY_BLOCKS][2] = {{0}}, differences[BODY_BLOCKS], width = now->width;
  int guesses[2][2] = {{(int)lroundf(-flow->camera_x), (int)lroundf(-flow->camera_y)}, {0}};
  flow->across = width / BODY_BLOCK, flow->down = now->height / BODY_BLOCK;
  flow->camera_x = flow->camera_y = 0;
  int across = flow->across, count = across * flow->down;
  if (!count) return;
  for (int i = 0; i < count; i++) {
    int place = i / across * BODY_BLOCK * width + i % across * BODY_BLOCK;
    uint8_t own[AREA];
    pack(&now->pixels[place], width, own);
    differences[i] = sad(own, &before->pixels[place], width);
    same[i] = (float)differences[i] / AREA;
  }
  if (flow->noise < 0) learn_noise(flow, memcpy(left_over, same, sizeof same), count);
  for (int i = 0; i < count; i++)
    flow->blocks[i] = (body_block){.changed = same[i] > 2 * flow->noise + 1};
  for (int j = 0; j < flow->down; j += 2) /* four blocks at a time */
    for (int i = 0; i < across; i += 2) {
      int right = i + 1 < across, below = j + 1 < flow->down ? across : 0, at = j * across + i;
      const body_block *b = &flow->blocks[at];
      if (!(b->changed || b[right].changed || b[below].changed || b[below + right].changed)) continue;
      search_far(before, now, i * BODY_BLOCK, j * BODY_BLOCK, flow->noise, guesses, 2, far[at]);
      memcpy(guesses[1], far[at], sizeof guesses[1]); /* the next one may have moved alike */
      memcpy(far[at + right], far[at], sizeof *far);
      memcpy(far[at + below], far[at], sizeof *far);
      memcpy(far[at + below + right], far[at], sizeof *far);
    }
  for (int i = 0; i < count; i++)
    measure(flow, before, now, i % across * BODY_BLOCK, i / across * BODY_BLOCK, differences[i], far[i],
            &flow->blocks[i], &left_over[i]);
  learn_noise(flow, left_over, count);
}

/* Medians of the known blocks that have one of `bits` (0: that have none); their count. */
static int medians(const body_flow *flow, const uint8_t *marks, uint8_t bits, float *x, float *y) {
  float xs[BODY_BLOCKS], ys[BODY_BLOCKS];
  int count = 0;
  for (int i = 0; i < flow->across * flow->down; i++) {
    if (!flow->blocks[i].known || !(bits ? marks[i] & bits : !marks[i])) continue;
    xs[count] = flow->blocks[i].x, ys[count++] = flow->blocks[i].y;
  }
  *x = *y = 0;
  if (!count) return 0;
  qsort(xs, (size_t)count, sizeof *xs, by_value);
  qsort(ys, (size_t)count, sizeof *ys, by_value);
  *x = xs[count / 2], *y = ys[count / 2];
  return count;
}

void body_flow_camera(body_flow *flow, const uint8_t *inside) {
  enum { LEAST = 8 };
  static const uint8_t none[BODY_BLOCKS] = {0};
  float x, y;
  int count = medians(flow, inside, 0, &x, &y), near = 0;
  if (count < LEAST) count = medians(flow, inside = none, 0, &x, &y);
  for (int i = 0; i < flow->across * flow->down; i++)
    if (flow->blocks[i].known && !inside[i])
      near += hypotf(flow->blocks[i].x - x, flow->blocks[i].y - y) < .5f;
  bool shared = count >= LEAST && 5 * near >= 3 * count && hypotf(x, y) > STILL;
  flow->camera_x = shared ? x : 0, flow->camera_y = shared ? y : 0;
  flow->unsure = STILL + .1f * hypotf(flow->camera_x, flow->camera_y); 
}

bool body_flow_median(const body_flow *flow, const uint8_t *marks, uint8_t bit, int least, float *x,
                      float *y) {
  int count = medians(flow, marks, bit, x, y);
  *x -= flow->camera_x, *y -= flow->camera_y;
  return count >= least;
}

float body_flow_squares(const body_flow *flow, const body_block *block, float x, float y) {
  if (!block->known) return 0;
  x = block->x - flow->camera_x - x, y = block->y - flow->camera_y - y;
  float squares = x * x + y * y, error = BASE_MAX(flow->unsure, 3 * block->sigma);
  return squares > error * error ? squares : 0;
}
