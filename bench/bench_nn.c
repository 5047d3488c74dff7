/* bench_nn.c: how fast the kernels are on shapes that Mien's models have, for every table that this
 * processor can run, in GFLOP/s (a multiplication and an addition are two) and as ratio to the C
 * reference of the same run:
 *
 *     bench_nn [SECONDS for each figure: 0.1]
 *
 * One thread. Bandwidth-bound rows (bag, activations) are given in millions of numbers a second. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "nn/nn.h"

/* This thread's own time, so that other work on the machine does not count. */
static double clock_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

typedef struct bench {
  const char *name;
  int type;        /* NN_F32 plain, NN_F32_PACKED, NN_I8, NN_I8_PACKED */
  int kind;
  int a, b, c, d, e; /* by kind, below */
} bench;

enum { CONV2D /* size, in, out, kernel, stride */, CONV1D /* frames, in, out, width */,
       LINEAR /* rows, in, out */, DEPTHWISE /* size, channels, kernel */, GRU /* hidden */,
       BAG /* table rows, columns, count */, ACTIVATE /* count, act */ };

static const bench benches[] = {
    {"conv2d 48x48 1->32 3x3", NN_F32_PACKED, CONV2D, 48, 1, 32, 3, 1},
    {"conv2d 48x48 32->32 3x3", NN_F32_PACKED, CONV2D, 48, 32, 32, 3, 1},
    {"conv2d 24x24 64->64 3x3", NN_F32_PACKED, CONV2D, 24, 64, 64, 3, 1},
    {"conv2d 24x24 64->64 3x3 plain", NN_F32, CONV2D, 24, 64, 64, 3, 1},
    {"conv2d 24x24 64->64 3x3 int8", NN_I8_PACKED, CONV2D, 24, 64, 64, 3, 1},
    {"conv2d 12x12 128->128 3x3", NN_F32_PACKED, CONV2D, 12, 128, 128, 3, 1},
    {"conv2d 6x6 128->128 3x3", NN_F32_PACKED, CONV2D, 6, 128, 128, 3, 1},
    {"conv2d 320x320 3->16 3x3 /2", NN_F32_PACKED, CONV2D, 320, 3, 16, 3, 2},
    {"conv2d 80x80 16->24 1x1", NN_F32_PACKED, CONV2D, 80, 16, 24, 1, 1},
    {"conv1d 100 frames 64->64 5", NN_F32_PACKED, CONV1D, 100, 64, 64, 5, 0},
    {"conv1d 24 frames 64->128 3", NN_F32_PACKED, CONV1D, 24, 64, 128, 3, 0},
    {"conv1d 24 frames 64->128 3 int8", NN_I8_PACKED, CONV1D, 24, 64, 128, 3, 0},
    {"conv1d 1 frame 64->64 5", NN_F32_PACKED, CONV1D, 1, 64, 64, 5, 0},
    {"linear 1x256->128", NN_F32_PACKED, LINEAR, 1, 256, 128, 0, 0},
    {"linear 1x256->128 plain", NN_F32, LINEAR, 1, 256, 128, 0, 0},
    {"linear 1x256->128 int8", NN_I8_PACKED, LINEAR, 1, 256, 128, 0, 0},
    {"linear 64x256->256", NN_F32_PACKED, LINEAR, 64, 256, 256, 0, 0},
    {"linear 64x256->256 int8", NN_I8_PACKED, LINEAR, 64, 256, 256, 0, 0},
    {"gru step 128", NN_F32_PACKED, GRU, 128, 0, 0, 0, 0},
    {"depthwise 40x40x64 3x3", NN_F32, DEPTHWISE, 40, 64, 3, 0, 0},
    {"bag of 60, 200k x 64 int8", NN_I8, BAG, 200000, 64, 60, 0, 0},
    {"bag of 5, 20k x 64 int8", NN_I8, BAG, 20000, 64, 5, 0, 0},
    {"bag of 1, 20k x 64 int8", NN_I8, BAG, 20000, 64, 1, 0, 0},
    {"silu 4096", NN_F32, ACTIVATE, 4096, NN_SILU, 0, 0, 0},
    {"gelu 4096", NN_F32, ACTIVATE, 4096, NN_GELU, 0, 0, 0},
};

static float *floats(size_t count) {
  float *x = base_alloc_aligned(count * sizeof *x);
  if (!x) exit(1);
  for (size_t i = 0; i < count; i++) x[i] = (float)rand() / (float)RAND_MAX - 0.5f;
  return x;
}

typedef struct work {
  nn_tensor w, wi;
  float *x, *y, *scratch;
  uint32_t *rows;
} work;

static nn_tensor weights(int type, int rank, int a, int b, int c, int d) {
  nn_tensor plain = {.name = "w", .type = NN_F32, .rank = rank,
                     .dims = {(uint32_t)a, (uint32_t)b, (uint32_t)c, (uint32_t)d}};
  size_t count = nn_tensor_elements(&plain);
  if (type == NN_I8 || type == NN_I8_PACKED) {
    int8_t *data = base_alloc_aligned(count);
    if (!data) exit(1);
    for (size_t i = 0; i < count; i++) data[i] = (int8_t)rand();
    plain.type = NN_I8;
    plain.data = data;
    plain.scales = floats((size_t)a);
  } else {
    plain.data = floats(count);
  }
  nn_tensor packed;
  if (type == NN_F32 || type == NN_I8) return plain;
  if (nn_pack(&packed, &plain, type == NN_I8_PACKED ? NN_I8 : NN_F32)) exit(1);
  return packed;
}

/* Makes what the row needs; returns the operations of one turn. */
static double prepare(const bench *b, work *w) {
  *w = (work){.x = floats(1 << 20), .y = floats(1 << 21), .scratch = floats(1 << 20)};
  switch (b->kind) {
    case CONV2D: {
      w->w = weights(b->type, 4, b->c, b->d, b->d, b->b);
      double side = (b->a + 2 * (b->d / 2) - b->d) / b->e + 1;
      return 2 * side * side * b->b * b->c * b->d * b->d;
    }
    case CONV1D: w->w = weights(b->type, 3, b->c, b->d, b->b, 1); return 2.0 * b->a * b->b * b->c * b->d;
    case LINEAR: w->w = weights(b->type, 2, b->c, b->b, 1, 1); return 2.0 * b->a * b->b * b->c;
    case DEPTHWISE: w->w = weights(b->type, 3, b->c, b->c, b->b, 1); return 2.0 * b->a * b->a * b->b * b->c * b->c;
    case GRU:
      w->w = weights(b->type, 2, 3 * b->a, b->a, 1, 1);
      w->wi = weights(b->type, 2, 3 * b->a, b->a, 1, 1);
      return 2.0 * 2 * 3 * b->a * b->a;
    case BAG:
      w->w = weights(b->type, 2, b->a, b->b, 1, 1);
      w->rows = base_alloc(1 << 16, sizeof *w->rows);
      for (int i = 0; w->rows && i < 1 << 16; i++) w->rows[i] = (uint32_t)(rand() % b->a);
      return (double)b->b * b->c * 1e3; /* so that GFLOP/s reads as millions a second */
    default: return b->a * 1e3;
  }
}

static void turn(const bench *b, work *w, int i) {
  switch (b->kind) {
    case CONV2D: nn_conv2d(&w->w, NULL, NN_RELU, w->x, b->a, b->a, b->e, b->d / 2, w->y, w->scratch); break;
    case CONV1D: nn_conv1d(&w->w, NULL, NN_RELU, w->x, b->a, 1, 1, w->y, w->scratch); break;
    case LINEAR: nn_linear(&w->w, NULL, NN_RELU, w->x, b->a, w->y, w->scratch); break;
    case DEPTHWISE: nn_depthwise2d(&w->w, NULL, NN_RELU, w->x, b->a, b->a, 1, b->c / 2, w->y); break;
    case GRU: nn_gru_step(&w->wi, &w->w, NULL, NULL, w->x, NULL, w->y, w->scratch); break;
    case BAG: nn_bag_i8(&w->w, w->rows + i * 64 % 65000, NULL, b->c, w->y); break;
    default: nn_activate(b->b, w->x, (size_t)b->a); break;
  }
}

int main(int argc, char **argv) {
  double seconds = argc > 1 ? atof(argv[1]) : 0.1;
  int best = nn_kernels_best();
  printf("%-32s", "GFLOP/s (ratio to c)");
  for (int table = 0; table <= best; table++)
    if (nn_kernels_use(table) == MIEN_OK) printf("%18s", nn_kernels_name());
  putchar('\n');
  for (size_t i = 0; i < BASE_COUNT(benches); i++) {
    work w;
    double operations = prepare(&benches[i], &w), reference = 0;
    printf("%-32s", benches[i].name);
    for (int table = 0; table <= best; table++) {
      if (nn_kernels_use(table)) continue;
      int count = 0;
      turn(&benches[i], &w, 0);
      double start = clock_now(), now = start;
      while (now < start + seconds) {
        for (int k = 0; k < 16; k++) turn(&benches[i], &w, ++count);
        now = clock_now();
      }
      double speed = operations * count / (now - start) * 1e-9;
      if (table == 0) reference = speed;
      printf("%10.1f (%4.1f)", speed, speed / reference);
      fflush(stdout);
    }
    putchar('\n'); /* what was allocated lives to the end: a few megabytes */
  }
  return 0;
}
