/* pack.c: weights laid out for the kernels, once, when a model is opened. The layouts are in
 * kernels.h and the same for every table, so that a packed tensor outlives a change of table. */
#include "nn/kernels.h"

nn_shape nn_shape_of(const nn_tensor *w) {
  nn_shape shape = {(int)w->dims[0], w->rank > 2 ? (int)w->dims[1] : 1, 0};
  shape.length = (int)(w->rank == 2   ? w->dims[1]
                       : w->rank == 3 ? w->dims[2]
                                      : w->dims[2] * w->dims[3]);
  return shape;
}

static void *pack_f32(const nn_tensor *w) {
  nn_shape shape = nn_shape_of(w);
  size_t out = (size_t)shape.out, panels = (size_t)nn_panels(shape.out);
  size_t depth = (size_t)shape.parts * (size_t)shape.length;
  float *plain = base_alloc(depth * out, sizeof *plain);
  float *packed = plain ? base_alloc_aligned(panels * NN_PANEL * depth * sizeof *packed) : NULL;
  if (packed) {
    nn_tensor_floats(w, plain);
    for (size_t o = 0; o < out; o++)
      for (size_t k = 0; k < depth; k++)
        packed[(o / NN_PANEL * depth + k) * NN_PANEL + o % NN_PANEL] = plain[o * depth + k];
  }
  base_free(plain);
  return packed;
}

/* One block: scales [panels*16], sums [panels*16], then the weights. */
static void *pack_i8(const nn_tensor *w) {
  nn_shape shape = nn_shape_of(w);
  size_t out = (size_t)shape.out, outs = (size_t)nn_panels(shape.out) * NN_PANEL;
  size_t parts = (size_t)shape.parts, length = (size_t)shape.length;
  size_t padded = (size_t)nn_packed_length(shape.length), depth = parts * padded;
  char *block = base_alloc_aligned(outs * (sizeof(float) + sizeof(int32_t) + depth));
  if (!block) return NULL;
  float *scales = (float *)block;
  int32_t *sums = (int32_t *)(block + outs * sizeof(float));
  int8_t *packed = (int8_t *)(block + outs * (sizeof(float) + sizeof(int32_t)));
  const int8_t *from = w->data;
  for (size_t o = 0; o < out; o++) {
    scales[o] = w->scales[o];
    for (size_t p = 0; p < parts; p++)
      for (size_t i = 0; i < length; i++) {
        size_t k = p * padded + i;
        int8_t value = *from++;
        sums[o] += value;
        packed[(o / NN_PANEL * depth + k / 4 * 4) * NN_PANEL + o % NN_PANEL * 4 + k % 4] = value;
      }
  }
  return block;
}

int nn_pack(nn_tensor *packed, const nn_tensor *w, int as) {
  bool fits = w->rank >= 2 && (as == NN_F32 || (as == NN_I8 && w->type == NN_I8));
  if (!fits || w->type > NN_F16) return MIEN_EINVAL;
  void *data = as == NN_I8 ? pack_i8(w) : pack_f32(w);
  if (!data) return MIEN_ENOMEM;
  *packed = *w;
  packed->type = as == NN_I8 ? NN_I8_PACKED : NN_F32_PACKED;
  packed->data = data;
  packed->scales = as == NN_I8 ? data : NULL;
  return MIEN_OK;
}

void nn_pack_clear(nn_tensor *packed) {
  if (packed->type == NN_F32_PACKED || packed->type == NN_I8_PACKED)
    base_free_aligned((void *)(uintptr_t)packed->data);
  memset(packed, 0, sizeof *packed);
}

void nn_use_i8(nn_gemm_i8 *gemm, const nn_tensor *packed) {
  nn_shape shape = nn_shape_of(packed);
  size_t outs = (size_t)nn_panels(shape.out) * NN_PANEL;
  const char *block = packed->data;
  gemm->scales = packed->scales;
  gemm->sums = (const int32_t *)(block + outs * sizeof(float));
  gemm->w = (const int8_t *)(block + outs * (sizeof(float) + sizeof(int32_t)));
  gemm->out = shape.out;
  gemm->part_count = shape.parts;
  gemm->part_length = nn_packed_length(shape.length);
}
