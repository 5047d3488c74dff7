/* forward.c: the forward pass of an imported encoder, all positions of a text at a time. Linear maps
 * run on int8 or float weights as they are in the file; attention is in float. */
#include "text/transformer/transformer.h"

int transformer_buffers_open(transformer_buffers *b, const transformer_model *m) {
  size_t P = m->positions, H = m->width, E = m->embed, F = m->inner, D = H / m->heads, scratch = 1;
  const nn_tensor *one = &m->layers[0].qkv.weight; /* its fellows of the other layers are as large */
  nn_tensor plain = {.type = NN_F32, .rank = 2, .dims = {(uint32_t)P, (uint32_t)D, 1, 1}};
  const nn_tensor *all[] = {one, &m->layers[0].out.weight, &m->layers[0].up.weight,
                            &m->layers[0].down.weight, &m->dense.weight, &m->final.weight,
                            m->project.weight.data ? &m->project.weight : one, &plain};
  for (size_t i = 0; i < BASE_COUNT(all); i++)
    scratch = BASE_MAX(scratch, nn_linear_scratch(all[i], (int)P));
  size_t copy = m->activation == TRANSFORMER_GELU_TANH ? P * F : 1;
  if (m->head_activation == TRANSFORMER_GELU_TANH) copy = BASE_MAX(copy, H);
  size_t sizes[] = {P * H, P * E, P * 3 * H, P * H, P * F, copy, P * D, P * D, P * D, P * P,
                    BASE_MAX(P * H, E), scratch};
  float **parts[] = {&b->x, &b->embedded, &b->qkv, &b->context, &b->inner, &b->inner_copy, &b->queries,
                     &b->keys, &b->values, &b->weights, &b->mixed, &b->scratch};
  size_t total = 0;
  for (size_t i = 0; i < BASE_COUNT(sizes); i++) total += (sizes[i] + 15) / 16 * 16;
  float *block = base_alloc_aligned(total * sizeof *block);
  if (!block) return MIEN_ENOMEM;
  for (size_t i = 0; i < BASE_COUNT(sizes); block += (sizes[i] + 15) / 16 * 16, i++) *parts[i] = block;
  return MIEN_OK;
}

void transformer_buffers_clear(transformer_buffers *b) {
  base_free_aligned(b->x);
  *b = (transformer_buffers){0};
}

/* GELU by its tanh form (Hendrycks and Gimpel 2016); `copy` as long as x. */
static void gelu_tanh(float *x, size_t count, float *copy) {
  for (size_t i = 0; i < count; i++)
    copy[i] = 0.79788456f /* sqrt(2/pi) */ * (x[i] + 0.044715f * x[i] * x[i] * x[i]);
  nn_activate(NN_TANH, copy, count);
  for (size_t i = 0; i < count; i++) x[i] *= 0.5f * (1 + copy[i]);
}

static void apply(const transformer_linear *map, int act, const float *x, size_t rows, float *y,
                  float *copy, float *scratch) {
  static const int kinds[TRANSFORMER_ACTIVATIONS] = {
      [TRANSFORMER_GELU] = NN_GELU, [TRANSFORMER_GELU_TANH] = NN_NONE, [TRANSFORMER_RELU] = NN_RELU,
      [TRANSFORMER_SILU] = NN_SILU, [TRANSFORMER_TANH] = NN_TANH};
  nn_linear(&map->weight, map->bias, act < 0 ? NN_NONE : kinds[act], x, (int)rows, y, scratch);
  if (act == TRANSFORMER_GELU_TANH) gelu_tanh(y, rows * map->weight.dims[0], copy);
}

/* softmax of a row. For z <= 0, exp z = s / (1 - s) with s = sigmoid z, at most a half: the sigmoid
 * is a kernel, and nothing cancels. */
static void softmax(float *row, size_t count, float scale) {
  float largest = -INFINITY, sum = 0;
  for (size_t i = 0; i < count; i++) largest = BASE_MAX(largest, row[i]);
  for (size_t i = 0; i < count; i++) row[i] = (row[i] - largest) * scale;
  nn_activate(NN_SIGMOID, row, count);
  for (size_t i = 0; i < count; i++) row[i] /= 1 - row[i];
  for (size_t i = 0; i < count; i++) sum += row[i];
  for (size_t i = 0; i < count; i++) row[i] /= sum;
}

/* b->context [asked][H] out of b->qkv [count][3H]; only the first `asked` positions ask. */
static void attend(const transformer_model *m, transformer_buffers *b, size_t count, size_t asked) {
  size_t H = m->width, D = H / m->heads;
  nn_tensor keys = {.type = NN_F32, .rank = 2, .dims = {(uint32_t)count, (uint32_t)D, 1, 1},
                    .data = b->keys};
  nn_tensor values = {.type = NN_F32, .rank = 2, .dims = {(uint32_t)D, (uint32_t)count, 1, 1},
                      .data = b->values};
  float scale = 1 / sqrtf((float)D);
  for (size_t head = 0; head < m->heads; head++) {
    for (size_t t = 0; t < count; t++) {
      const float *row = b->qkv + t * 3 * H + head * D;
      if (t < asked) memcpy(b->queries + t * D, row, D * sizeof *row);
      memcpy(b->keys + t * D, row + H, D * sizeof *row);
      for (size_t i = 0; i < D; i++) b->values[i * count + t] = row[2 * H + i];
    }
    nn_linear(&keys, NULL, NN_NONE, b->queries, (int)asked, b->weights, b->scratch);
    for (size_t t = 0; t < asked; t++) softmax(b->weights + t * count, count, scale);
    nn_linear(&values, NULL, NN_NONE, b->weights, (int)asked, b->queries, b->scratch);
    for (size_t t = 0; t < asked; t++)
      memcpy(b->context + t * H + head * D, b->queries + t * D, D * sizeof *b->context);
  }
}

static void embed(const transformer_model *m, transformer_buffers *b, const uint32_t *ids, size_t count) {
  size_t E = m->embed;
  float *to = m->project.weight.data ? b->embedded : b->x;
  memcpy(to, m->position_rows->data, count * E * sizeof *to);
  for (size_t t = 0; t < count; t++) {
    float *x = to + t * E;
    if (m->rows->type == NN_I8) {
      nn_bag_i8(m->rows, &ids[t], NULL, 1, x);
    } else if (m->rows->type == NN_F32) {
      nn_add((const float *)m->rows->data + (size_t)ids[t] * E, x, E);
    } else {
      nn_tensor row = *m->rows; /* one row of it, widened */
      row.dims[0] = 1;
      row.data = (const uint16_t *)m->rows->data + (size_t)ids[t] * E;
      nn_tensor_floats(&row, b->mixed);
      nn_add(b->mixed, x, E);
    }
  }
  nn_layernorm(m->embedded.gain, m->embedded.bias, to, (int)count, (int)E, m->epsilon, to);
  if (to != b->x) apply(&m->project, -1, to, count, b->x, NULL, b->scratch);
}

void transformer_forward(const transformer_model *m, transformer_buffers *b, const uint32_t *ids,
                         size_t count, float *logits) {
  size_t H = m->width;
  embed(m, b, ids, count);
  for (size_t i = 0; i < m->layer_count; i++) {
    const transformer_layer *layer = &m->layers[i];
    size_t rows = i + 1 < m->layer_count ? count : 1; /* the head reads the first position only */
    apply(&layer->qkv, -1, b->x, count, b->qkv, NULL, b->scratch);
    attend(m, b, count, rows);
    apply(&layer->out, -1, b->context, rows, b->mixed, NULL, b->scratch);
    nn_add(b->mixed, b->x, rows * H);
    nn_layernorm(layer->attended.gain, layer->attended.bias, b->x, (int)rows, (int)H, m->epsilon, b->x);
    apply(&layer->up, m->activation, b->x, rows, b->inner, b->inner_copy, b->scratch);
    apply(&layer->down, -1, b->inner, rows, b->mixed, NULL, b->scratch);
    nn_add(b->mixed, b->x, rows * H);
    nn_layernorm(layer->done.gain, layer->done.bias, b->x, (int)rows, (int)H, m->epsilon, b->x);
  }
  apply(&m->dense, m->head_activation, b->x, 1, b->mixed, b->inner_copy, b->scratch);
  apply(&m->final, -1, b->mixed, 1, logits, NULL, b->scratch);
}
