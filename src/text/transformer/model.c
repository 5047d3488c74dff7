/* model.c: opens an imported encoder, checking every shape once so that reading need not. */
#include <stdio.h>

#include "text/transformer/transformer.h"

const char *const transformer_activation_names[TRANSFORMER_ACTIVATIONS] = {"gelu", "gelu-tanh", "relu",
                                                                           "silu", "tanh"};

static int refuse(mien_error *error, const char *what) {
  return base_error_set(error, MIEN_EMODEL, "the imported text model", "import it again", "%s", what);
}

static int size_of(const nn_file *file, const char *path, size_t high, size_t *size, mien_error *error) {
  double number = 0;
  int code = nn_file_number(file, path, &number, error);
  if (!code && !(number >= 1 && number <= (double)high && number == floor(number)))
    code = base_error_set(error, MIEN_EMODEL, path, "import the model again", "a size is out of range");
  *size = code ? 0 : (size_t)number;
  return code;
}

static int activation(const nn_file *file, const char *path, int *which, mien_error *error) {
  char name[16];
  int code = nn_file_string(file, path, name, sizeof name, error);
  for (*which = 0; !code && *which < TRANSFORMER_ACTIVATIONS; ++*which)
    if (!strcmp(transformer_activation_names[*which], name)) return MIEN_OK;
  return code ? code : refuse(error, "it has an activation that this program does not know");
}

static int sizes(transformer_model *m, const nn_file *file, mien_error *error) {
  double version = 0, multi = 0, epsilon = 0;
  int code = nn_file_number(file, "feature_version", &version, error);
  if (!code && version != TRANSFORMER_VERSION)
    return refuse(error, "it was imported by another version of Mien");
  if (!code) code = size_of(file, "network.embed", TRANSFORMER_WIDTH, &m->embed, error);
  if (!code) code = size_of(file, "network.width", TRANSFORMER_WIDTH, &m->width, error);
  if (!code) code = size_of(file, "network.heads", TRANSFORMER_WIDTH, &m->heads, error);
  if (!code) code = size_of(file, "network.inner", TRANSFORMER_INNER, &m->inner, error);
  if (!code) code = size_of(file, "network.layers", TRANSFORMER_LAYERS, &m->layer_count, error);
  if (!code) code = size_of(file, "network.positions", TRANSFORMER_POSITIONS, &m->positions, error);
  if (!code) code = size_of(file, "network.labels", TRANSFORMER_LABELS, &m->labels, error);
  if (!code) code = nn_file_number(file, "network.multi", &multi, error);
  if (!code) code = nn_file_number(file, "network.epsilon", &epsilon, error);
  if (!code) code = activation(file, "network.activation", &m->activation, error);
  if (!code) code = activation(file, "network.head_activation", &m->head_activation, error);
  if (code) return code;
  if (m->width % m->heads || !(epsilon > 0 && epsilon < 1))
    return refuse(error, "its network's sizes are out of range");
  m->multi = multi != 0;
  m->epsilon = (float)epsilon;
  return MIEN_OK;
}

/* A tensor of the file, its shape checked; type -1: any. The first failure sticks in *code. */
static const nn_tensor *get(const nn_file *file, const char *name, int type, size_t d0, size_t d1,
                            int *code, mien_error *error) {
  if (*code) return NULL;
  const uint32_t dims[2] = {(uint32_t)d0, (uint32_t)d1};
  for (size_t i = 0; type < 0 && i < nn_file_count(file); i++)
    if (!strcmp(nn_file_tensor_at(file, i)->name, name)) type = nn_file_tensor_at(file, i)->type;
  const nn_tensor *tensor =
      nn_file_tensor(file, name, type < 0 ? NN_F32 : type, d1 ? 2 : 1, dims, error);
  if (!tensor) *code = MIEN_EMODEL;
  return tensor;
}

static void linear(transformer_linear *to, const nn_file *file, const char *name, size_t out, size_t in,
                   int *code, mien_error *error) {
  char path[64];
  snprintf(path, sizeof path, "%s.weight", name);
  const nn_tensor *weight = get(file, path, -1, out, in, code, error);
  snprintf(path, sizeof path, "%s.bias", name);
  to->bias = get(file, path, NN_F32, out, 0, code, error);
  if (!*code) *code = nn_pack(&to->weight, weight, weight->type == NN_I8 ? NN_I8 : NN_F32);
}

static void norm(transformer_norm *to, const nn_file *file, const char *name, size_t width, int *code,
                 mien_error *error) {
  char path[64];
  snprintf(path, sizeof path, "%s.gain", name);
  const nn_tensor *gain = get(file, path, NN_F32, width, 0, code, error);
  snprintf(path, sizeof path, "%s.bias", name);
  const nn_tensor *bias = get(file, path, NN_F32, width, 0, code, error);
  if (!*code) *to = (transformer_norm){gain->data, bias->data};
}

static int tensors(transformer_model *m, const nn_file *file, mien_error *error) {
  size_t H = m->width, E = m->embed, F = m->inner;
  int code = 0;
  m->rows = get(file, "embed.rows", -1, 0, E, &code, error);
  m->position_rows = get(file, "embed.positions", NN_F32, m->positions, E, &code, error);
  norm(&m->embedded, file, "embed.norm", E, &code, error);
  if (E != H) linear(&m->project, file, "embed.project", H, E, &code, error);
  m->layers = code ? NULL : base_alloc(m->layer_count, sizeof *m->layers);
  if (!code && !m->layers) code = MIEN_ENOMEM;
  for (size_t i = 0; i < m->layer_count && !code; i++) {
    transformer_layer *layer = &m->layers[i];
    char name[32];
#define NAMED(part) (snprintf(name, sizeof name, "layer%zu." part, i), name)
    linear(&layer->qkv, file, NAMED("qkv"), 3 * H, H, &code, error);
    linear(&layer->out, file, NAMED("out"), H, H, &code, error);
    norm(&layer->attended, file, NAMED("norm1"), H, &code, error);
    linear(&layer->up, file, NAMED("up"), F, H, &code, error);
    linear(&layer->down, file, NAMED("down"), H, F, &code, error);
    norm(&layer->done, file, NAMED("norm2"), H, &code, error);
#undef NAMED
  }
  linear(&m->dense, file, "head.dense", H, H, &code, error);
  linear(&m->final, file, "head.final", m->labels, H, &code, error);
  return code;
}

static int labels(transformer_model *m, const nn_file *file, mien_error *error) {
  float numbers[TRANSFORMER_LABELS];
  int code = nn_file_numbers(file, "labels.to_core", numbers, m->labels, error);
  for (size_t i = 0; i < m->labels && !code; i++) {
    m->core[i] = numbers[i] >= 0 && numbers[i] < MIEN_CORE ? (int)numbers[i] : -1;
    m->has_neutral |= m->core[i] == MIEN_NEUTRAL;
  }
  if (!code) code = nn_file_numbers(file, "labels.to_fine", numbers, m->labels, error);
  for (size_t i = 0; i < m->labels && !code; i++)
    m->fine[i] = numbers[i] >= 0 && numbers[i] < MIEN_FINE ? (int)numbers[i] : -1;
  if (!code) code = nn_file_numbers(file, "thresholds.fine", m->thresholds, MIEN_FINE, error);
  return code ? code : nn_calibration_read(&m->calibration, file, error);
}

int transformer_open(void **model, const nn_file *file, mien_error *error) {
  transformer_model *m = *model = base_alloc(1, sizeof *m);
  if (!m)
    return base_error_set(error, MIEN_ENOMEM, "the text model", "free some memory", "out of memory");
  int code = sizes(m, file, error);
  if (!code) code = tensors(m, file, error);
  if (!code) code = transformer_tokeniser_open(&m->tokeniser, file, m->rows->dims[0], error);
  if (!code && m->tokeniser.first_count + m->tokeniser.last_count >= m->positions)
    code = refuse(error, "it has no positions left for a text");
  if (!code) code = labels(m, file, error);
  if (code == MIEN_ENOMEM)
    base_error_set(error, code, "the text model", "free some memory", "out of memory");
  if (code) transformer_close(m);
  return code;
}

void transformer_close(void *closing) {
  transformer_model *m = closing;
  nn_pack_clear(&m->project.weight);
  for (size_t i = 0; m->layers && i < m->layer_count; i++) {
    nn_pack_clear(&m->layers[i].qkv.weight);
    nn_pack_clear(&m->layers[i].out.weight);
    nn_pack_clear(&m->layers[i].up.weight);
    nn_pack_clear(&m->layers[i].down.weight);
  }
  base_free(m->layers);
  nn_pack_clear(&m->dense.weight);
  nn_pack_clear(&m->final.weight);
  transformer_tokeniser_clear(&m->tokeniser);
  base_free(m);
}
