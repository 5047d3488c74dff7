/* conv.c: convolutions as matrix products over windows of the input that are never copied together:
 * channels lie last, so that a window is one run of numbers for each row of the kernel. Only borders
 * cost a copy, of each picture row once, into a ring of padded rows. Any thread. */
#include "nn/kernels.h"

enum { PARTS_MAX = 32 };

static size_t padded_row(const nn_tensor *w, int width, int pad) { /* in numbers */
  return (size_t)(width + 2 * pad) * w->dims[3];
}

size_t nn_conv1d_scratch(const nn_tensor *w, int time_out) { return nn_rows_scratch(w); }

void nn_conv1d(const nn_tensor *w, const nn_tensor *b, int act, const float *x, int time_out,
               int stride, int dilation, float *y, float *scratch) {
  int width = (int)w->dims[1], in = (int)w->dims[2];
  size_t step = (size_t)stride * (size_t)in;
  if (dilation == 1 || width == 1) { /* the window is one run */
    nn_rows(w, b, act, &x, 1, width * in, step, time_out, y, scratch);
    return;
  }
  if (width > PARTS_MAX) { /* against the contract: the caller checks shapes at open */
    memset(y, 0, (size_t)time_out * w->dims[0] * sizeof *y);
    return;
  }
  const float *parts[PARTS_MAX];
  for (int k = 0; k < width; k++) parts[k] = x + (size_t)k * (size_t)dilation * (size_t)in;
  nn_rows(w, b, act, parts, width, in, step, time_out, y, scratch);
}

void nn_depthwise1d(const nn_tensor *w, const nn_tensor *b, int act, const float *x, int time_out,
                    int stride, int dilation, float *y) {
  const nn_kernels *kernels = nn_kernels_now();
  size_t channels = w->dims[1];
  nn_depthwise strip = {.x = x, .w = w->data, .bias = nn_values(b), .parts = 1,
                        .taps = (int)w->dims[0], .channels = (int)channels, .positions = time_out,
                        .x_tap = (size_t)dilation * channels, .step = (size_t)stride * channels,
                        .y = y};
  kernels->depthwise(&strip);
  if (act != NN_NONE) kernels->activate(act, y, (size_t)time_out * channels);
}

size_t nn_conv2d_scratch(const nn_tensor *w, int height, int width, int stride, int pad) {
  size_t row = padded_row(w, width, pad), kh = w->dims[1];
  if (w->type == NN_I8 || w->type == NN_I8_PACKED) {
    nn_shape shape = nn_shape_of(w);
    size_t window = (size_t)shape.parts * (size_t)shape.length;
    return (kh * (row + 4) + window + 64) / sizeof(float) + w->dims[0] + 2;
  }
  return pad ? kh * row : 0;
}

/* The rows of a picture between zeros, kh of them at a time; row i of the padded picture lies in
 * slot i % kh. `next` is the first row not yet in the ring. */
typedef struct ring {
  const float *x;
  int height, pad, kh, next;
  size_t row;    /* numbers in a row of the picture */
  size_t margin; /* zeros at each side of it        */
  size_t slot;   /* from one slot to the next       */
} ring;

static void ring_fill_f32(ring *r, int first, float *slots) {
  for (r->next = BASE_MAX(r->next, first); r->next < first + r->kh; r->next++) {
    float *to = slots + (size_t)(r->next % r->kh) * r->slot;
    int from = r->next - r->pad;
    bool inside = from >= 0 && from < r->height;
    memset(to, 0, (inside ? r->margin : r->slot) * sizeof *to);
    if (!inside) continue;
    memcpy(to + r->margin, r->x + (size_t)from * r->row, r->row * sizeof *to);
    memset(to + r->margin + r->row, 0, r->margin * sizeof *to);
  }
}

static void ring_fill_i8(ring *r, int first, uint8_t *slots, float inverse) {
  for (r->next = BASE_MAX(r->next, first); r->next < first + r->kh; r->next++) {
    uint8_t *to = slots + (size_t)(r->next % r->kh) * r->slot;
    int from = r->next - r->pad;
    memset(to, 128, r->slot); /* zero */
    if (from >= 0 && from < r->height)
      nn_kernels_now()->quantize(r->x + (size_t)from * r->row, r->row, inverse, to + r->margin);
  }
}

static void conv2d_f32(const nn_tensor *w, const nn_tensor *b, int act, ring *r, int h_out, int w_out,
                       int stride, float *y, float *scratch) {
  size_t in = w->dims[3];
  const float *parts[PARTS_MAX];
  for (int oy = 0; oy < h_out; oy++, y += (size_t)w_out * w->dims[0]) {
    int first = oy * stride;
    if (r->pad) ring_fill_f32(r, first, scratch);
    for (int k = 0; k < r->kh; k++)
      parts[k] = r->pad ? scratch + (size_t)((first + k) % r->kh) * r->slot
                        : r->x + (size_t)(first + k) * r->row;
    nn_rows(w, b, act, parts, r->kh, (int)(w->dims[2] * in), (size_t)stride * in, w_out, y, NULL);
  }
}

/* Quantised by the largest magnitude of the whole picture. */
static void conv2d_i8(const nn_tensor *w, const nn_tensor *b, int act, ring *r, int h_out, int w_out,
                      int stride, float *y, float *scratch) {
  const nn_kernels *kernels = nn_kernels_now();
  size_t in = w->dims[3], out = w->dims[0], part = w->dims[2] * in;
  float largest = kernels->absmax(r->x, (size_t)r->height * r->row), scale = largest / 127;
  float inverse = largest > 0 ? 127 / largest : 0;
  int32_t *sums = (int32_t *)scratch;
  r->slot += 4; /* the packed kernel reads up to 3 bytes past a part */
  uint8_t *slots = (uint8_t *)(sums + out), *window = slots + (size_t)r->kh * r->slot;
  const uint8_t *parts[PARTS_MAX];
  nn_gemm_i8 gemm = {.parts = parts, .step = (size_t)stride * in, .rows = w_out,
                     .row_scales = &scale, .bias = nn_values(b)};
  if (w->type == NN_I8_PACKED) nn_use_i8(&gemm, w);
  for (int oy = 0; oy < h_out; oy++, y += (size_t)w_out * out) {
    int first = oy * stride;
    ring_fill_i8(r, first, slots, inverse);
    for (int k = 0; k < r->kh; k++) parts[k] = slots + (size_t)((first + k) % r->kh) * r->slot;
    gemm.y = y;
    if (w->type == NN_I8_PACKED) {
      kernels->gemm_i8(&gemm);
    } else {
      for (int ox = 0; ox < w_out; ox++) {
        for (int k = 0; k < r->kh; k++)
          memcpy(window + (size_t)k * part, parts[k] + (size_t)ox * gemm.step, part);
        nn_row_i8_plain(w, b, window, scale, sums, y + (size_t)ox * out);
      }
    }
    if (act != NN_NONE) kernels->activate(act, y, (size_t)w_out * out);
  }
}

void nn_conv2d(const nn_tensor *w, const nn_tensor *b, int act, const float *x, int height, int width,
               int stride, int pad, float *y, float *scratch) {
  int kh = (int)w->dims[1], kw = (int)w->dims[2];
  if (height + 2 * pad < kh || width + 2 * pad < kw) return;
  int h_out = (height + 2 * pad - kh) / stride + 1, w_out = (width + 2 * pad - kw) / stride + 1;
  if (kh > PARTS_MAX) { /* against the contract: the caller checks shapes at open */
    memset(y, 0, (size_t)h_out * (size_t)w_out * w->dims[0] * sizeof *y);
    return;
  }
  ring r = {.x = x, .height = height, .pad = pad, .kh = kh, .row = (size_t)width * w->dims[3],
            .margin = (size_t)pad * w->dims[3], .slot = padded_row(w, width, pad)};
  bool i8 = w->type == NN_I8 || w->type == NN_I8_PACKED;
  (i8 ? conv2d_i8 : conv2d_f32)(w, b, act, &r, h_out, w_out, stride, y, scratch);
}

/* Each output row has a middle whose windows lie wholly inside, done in one strip, and a few
 * positions at each side, whose windows are cut. */
void nn_depthwise2d(const nn_tensor *w, const nn_tensor *b, int act, const float *x, int height,
                    int width, int stride, int pad, float *y) {
  const nn_kernels *kernels = nn_kernels_now();
  int kh = (int)w->dims[0], kw = (int)w->dims[1];
  if (height + 2 * pad < kh || width + 2 * pad < kw) return;
  size_t channels = w->dims[2];
  int h_out = (height + 2 * pad - kh) / stride + 1, w_out = (width + 2 * pad - kw) / stride + 1;
  nn_depthwise strip = {.bias = nn_values(b), .channels = (int)channels, .x_tap = channels,
                        .x_part = (size_t)width * channels, .step = (size_t)stride * channels,
                        .w_part = (size_t)kw * channels};
  for (int oy = 0; oy < h_out; oy++) {
    int iy = oy * stride - pad, ky = BASE_MAX(-iy, 0);
    strip.parts = BASE_MAX(BASE_MIN(kh, height - iy) - ky, 0);
    for (int ox = 0; ox < w_out; ox += strip.positions) {
      int ix = ox * stride - pad, kx = BASE_MAX(-ix, 0);
      strip.taps = BASE_MAX(BASE_MIN(kw, width - ix) - kx, 0);
      strip.positions = strip.taps == kw ? (width - kw - ix) / stride + 1 : 1;
      bool any = strip.taps && strip.parts; /* else the window is all padding */
      strip.x = any ? x + ((size_t)(iy + ky) * (size_t)width + (size_t)(ix + kx)) * channels : x;
      strip.w = any ? (const float *)w->data + ((size_t)ky * (size_t)kw + (size_t)kx) * channels
                    : w->data;
      strip.y = y + ((size_t)oy * (size_t)w_out + (size_t)ox) * channels;
      kernels->depthwise(&strip);
    }
  }
  if (act != NN_NONE) kernels->activate(act, y, (size_t)h_out * (size_t)w_out * channels);
}

void nn_maxpool2d(const float *x, int height, int width, int channels, int size, int stride,
                  float *y) {
  const nn_kernels *kernels = nn_kernels_now();
  size_t c = (size_t)channels;
  for (int top = 0; top + size <= height; top += stride)
    for (int left = 0; left + size <= width; left += stride, y += c) {
      const float *window = x + ((size_t)top * (size_t)width + (size_t)left) * c;
      memcpy(y, window, c * sizeof *y);
      for (int i = 1; i < size * size; i++)
        kernels->maximum(window + ((size_t)(i / size) * (size_t)width + (size_t)(i % size)) * c, y, c);
    }
}
