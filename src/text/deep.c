/* deep.c: opens a deep text model, checking every shape and number once so that reading need not. */
#include "text/deep.h"

#include <stdio.h>

static int refuse(mien_error *error, const char *where, const char *what) {
  return base_error_set(error, MIEN_EMODEL, where, "use a text model that was trained for this version of Mien",
                        "%s", what);
}

static int no_memory(mien_error *error) {
  return base_error_set(error, MIEN_ENOMEM, "the text model", "free some memory", "out of memory");
}

/* A whole number of the metadata from 1 to `most`; the first failure sticks in *code. */
static size_t size_of(const nn_file *file, const char *path, size_t most, int *code, mien_error *error) {
  double value = 0;
  if (!*code) *code = nn_file_number(file, path, &value, error);
  if (*code) return 0;
  if (value >= 1 && value <= (double)most && value == floor(value)) return (size_t)value;
  char what[128];
  snprintf(what, sizeof what, "it is %g, but must be a whole number from 1 to %zu", value, most);
  *code = refuse(error, path, what);
  return 0;
}

/* A number of the metadata that must lie in low…high. */
static float number_of(const nn_file *file, const char *path, double low, double high, int *code, mien_error *error) {
  double value = 0;
  if (!*code) *code = nn_file_number(file, path, &value, error);
  if (*code) return 0;
  if (value >= low && value <= high) return (float)value;
  char what[128];
  snprintf(what, sizeof what, "it is %g, but must be from %g to %g", value, low, high);
  *code = refuse(error, path, what);
  return 0;
}

/* A number of the metadata from 0 to 1; 0 where it is not given. */
static float share_of(const nn_file *file, const char *path) {
  double value = 0;
  return !nn_file_number(file, path, &value, NULL) && value >= 0 && value <= 1 ? (float)value : 0;
}

/* A tensor, its shape checked; d1, d2 0: of fewer dimensions. The first failure sticks in *code. */
static const nn_tensor *tensor_of(const nn_file *file, const char *name, int type, size_t d0, size_t d1, size_t d2,
                                  int *code, mien_error *error) {
  if (*code) return NULL;
  const uint32_t dims[4] = {(uint32_t)d0, (uint32_t)d1, (uint32_t)d2};
  const nn_tensor *tensor = nn_file_tensor(file, name, type, d2 ? 3 : d1 ? 2 : 1, dims, error);
  if (!tensor) *code = MIEN_EMODEL;
  return tensor;
}

static const float *floats_of(const nn_file *file, const char *name, size_t d0, size_t d1, int *code,
                              mien_error *error) {
  const nn_tensor *tensor = tensor_of(file, name, NN_F32, d0, d1, 0, code, error);
  return tensor ? tensor->data : NULL;
}

/* ---- The network ------------------------------------------------------------------------------- */

static int sizes(text_deep *model, const nn_file *file, mien_error *error) {
  int code = MIEN_OK;
  size_t version = size_of(file, "feature_version", 1 << 20, &code, error);
  if (!code && version != TEXT_DEEP_FEATURES)
    return refuse(error, "feature_version", "it was trained on other features");
  model->width = size_of(file, "network.width", TEXT_DEEP_WIDTH_MAX, &code, error);
  model->channels = size_of(file, "network.channels", TEXT_DEEP_WIDTH_MAX, &code, error);
  model->layer_count = size_of(file, "network.layers", TEXT_DEEP_LAYERS_MAX, &code, error);
  model->slices = size_of(file, "network.slices", TEXT_DEEP_SLICES_MAX, &code, error);
  model->depth = size_of(file, "network.hidden", TEXT_DEEP_WIDTH_MAX, &code, error);
  if (!code && 2 * model->channels % model->slices)
    return refuse(error, "network.slices", "they do not part the channels evenly");
  return code;
}

typedef struct stretch { /* rows of a tensor of int8, from column `from` on */
  size_t row, from;
} stretch;

/* Packs stretches of `rows` rows and `columns` columns of an int8 tensor, one after another. */
static int pack_rows(nn_tensor *packed, const nn_tensor *w, const stretch *stretches, size_t count, size_t rows,
                     size_t columns) {
  size_t whole = nn_tensor_elements(w) / w->dims[0], all = count * rows;
  int8_t *data = base_alloc(all, columns);
  float *scales = base_alloc(all, sizeof *scales);
  int code = data && scales ? MIEN_OK : MIEN_ENOMEM;
  for (size_t i = 0; i < all && !code; i++) {
    size_t row = stretches[i / rows].row + i % rows;
    memcpy(data + i * columns, (const int8_t *)w->data + row * whole + stretches[i / rows].from, columns);
    scales[i] = w->scales[row];
  }
  nn_tensor chosen = {.name = w->name, .type = NN_I8, .rank = 2, .dims = {(uint32_t)all, (uint32_t)columns, 1, 1}};
  chosen.data = data;
  chosen.scales = scales;
  if (!code) code = nn_pack(packed, &chosen, NN_I8);
  base_free(data);
  base_free(scales);
  return code;
}

static int layer_open(text_deep *model, size_t k, const nn_file *file, mien_error *error) {
  text_deep_layer *layer = &model->layers[k];
  size_t D = model->width, H = model->channels, in = k ? 2 * H : D;
  char name[64];
  int code = MIEN_OK;
#define NAME(part) (snprintf(name, sizeof name, "layer%zu." part, k), name)
  const nn_tensor *weight = k ? tensor_of(file, NAME("weight"), NN_I8, 6 * H, in, 0, &code, error)
                              : tensor_of(file, NAME("weight"), NN_I8, 8 * H, 3, D, &code, error);
  const float *recur = floats_of(file, NAME("recur"), 4, H, &code, error);
  const float *bias = floats_of(file, NAME("bias"), 4, H, &code, error);
  layer->gain = floats_of(file, NAME("norm.gain"), in, 0, &code, error);
  layer->shift = floats_of(file, NAME("norm.bias"), in, 0, &code, error);
#undef NAME
  for (size_t d = 0; d < 2 && !code; d++) {
    layer->recur[d] = recur + d * 2 * H;
    layer->bias[d] = bias + d * 2 * H;
    const stretch rows = {d * 3 * H, 0};
    if (k && pack_rows(&layer->way[d], weight, &rows, 1, 3 * H, in)) code = no_memory(error);
  }
  if (k || code) return code;
  stretch rows[2 * 3 * 4];
  for (size_t i = 0; i < BASE_COUNT(rows); i++) {
    size_t d = i / 12, piece = i / 4 % 3, part = i % 4; /* part: c, f, r, skip */
    rows[i] = (stretch){part < 3 ? (d * 3 + part) * H : (6 + d) * H, piece * D};
  }
  return pack_rows(&model->first, weight, rows, BASE_COUNT(rows), H, D) ? no_memory(error) : MIEN_OK;
}

static int network(text_deep *model, const nn_file *file, mien_error *error) {
  int code = text_subwords_open(&model->subwords, file, error);
  if (code) return code;
  size_t D = model->width, H = model->channels, n = model->head_count, pieces = text_subwords_count(model->subwords);
  model->rows = tensor_of(file, "embed.rows", NN_I8, pieces, D, 0, &code, error);
  model->marks = floats_of(file, "marks", TEXT_MARKS, D, &code, error);
  for (size_t k = 0; k < model->layer_count && !code; k++) code = layer_open(model, k, file, error);
  model->gain = floats_of(file, "norm.gain", 2 * H, 0, &code, error);
  model->shift = floats_of(file, "norm.bias", 2 * H, 0, &code, error);
  const nn_tensor *attend = tensor_of(file, "attend.weight", NN_F32, model->slices, 2 * H, 0, &code, error);
  const nn_tensor *hidden = tensor_of(file, "hidden.weight", NN_I8, model->depth, 4 * H + D, 0, &code, error);
  model->hidden_bias = tensor_of(file, "hidden.bias", NN_F32, model->depth, 0, 0, &code, error);
  const nn_tensor *heads = tensor_of(file, "heads.weight", NN_F32, n, model->depth, 0, &code, error);
  model->heads_bias = tensor_of(file, "heads.bias", NN_F32, n, 0, 0, &code, error);
  if (code) return code;
  if (nn_pack(&model->attend, attend, NN_F32) || nn_pack(&model->hidden, hidden, NN_I8) ||
      nn_pack(&model->heads, heads, NN_F32))
    return no_memory(error);
  return MIEN_OK;
}

/* ---- Labels, calibration, thresholds ----------------------------------------------------------- */

static int code_of(const nn_file *file, const char *list, size_t index, char code[TEXT_LANGUAGE], mien_error *error) {
  char path[64];
  snprintf(path, sizeof path, "%s.%zu", list, index);
  return nn_file_string(file, path, code, TEXT_LANGUAGE, error);
}

static int heads(text_deep *model, const nn_file *file, mien_error *error) {
  static const char *const names[] = {"fine", "core", "brighter", "dims", "plutchik", "sentiment", "sarcasm",
                                      "stress", "intensity", "language"};
  int code = MIEN_OK;
  for (size_t i = 0; i <= BASE_COUNT(names) && !code; i++) {
    char path[32], name[16];
    size_t k = 0;
    snprintf(path, sizeof path, "heads.trained.%zu", i);
    if (nn_file_string(file, path, name, sizeof name, i ? NULL : error)) {
      if (!i) return MIEN_EMODEL;
      break;
    }
    while (k < BASE_COUNT(names) && strcmp(names[k], name)) k++;
    if (k == BASE_COUNT(names)) return refuse(error, path, "there is no such head");
    model->trained |= 1u << k;
  }
  if (!(model->trained & TEXT_DEEP_HAS_CORE)) return refuse(error, "heads.trained", "the core labels are not trained");
  model->language_count = size_of(file, "label_counts.languages", TEXT_DEEP_LANGUAGES, &code, error);
  for (size_t i = 0; i < model->language_count && !code; i++)
    code = code_of(file, "labels.languages", i, model->languages[i], error);
  model->head_count = TEXT_DEEP_AT_LANGUAGE + model->language_count;
  return code;
}

static size_t language_named(const text_deep *model, const char *code) {
  size_t i = 0;
  while (i < model->language_count && strcmp(model->languages[i], code)) i++;
  return i;
}

static int calibrations(text_deep *model, const nn_file *file, mien_error *error) {
  int code = nn_calibration_read(&model->calibration, file, error);
  for (size_t i = 0; i < model->language_count; i++) {
    model->temperature[i] = model->calibration.temperature;
    model->quantile[i] = model->calibration.quantile;
  }
  model->sure = number_of(file, "calibrations.sure", 0, 1, &code, error);
  double count = 0;
  if (!code) code = nn_file_number(file, "calibrations.count", &count, error);
  if (!code && !(count >= 0 && count <= TEXT_DEEP_LANGUAGES))
    code = refuse(error, "calibrations.count", "there are more languages than a model may have");
  float temperature[TEXT_DEEP_LANGUAGES], quantile[TEXT_DEEP_LANGUAGES];
  size_t n = code ? 0 : (size_t)count;
  if (!code) code = nn_file_numbers(file, "calibrations.temperature", temperature, n, error);
  if (!code) code = nn_file_numbers(file, "calibrations.quantile", quantile, n, error);
  for (size_t i = 0; i < n && !code; i++) {
    char name[TEXT_LANGUAGE];
    if ((code = code_of(file, "calibrations.languages", i, name, error))) break;
    size_t k = language_named(model, name);
    if (k == model->language_count || !(temperature[i] > 1e-3f && temperature[i] < 1e3f) ||
        !(quantile[i] >= 0 && quantile[i] <= 1))
      return refuse(error, "calibrations", "one is of a language that the model has not, or out of range");
    model->temperature[k] = temperature[i];
    model->quantile[k] = quantile[i];
  }
  model->language_floor = number_of(file, "unknown.language_floor", 0, 1, &code, error);
  model->score_floor = number_of(file, "unknown.score_floor", -1000, 0, &code, error);
  if (code || nn_file_numbers(file, "unknown.floors", model->floors, model->language_count, NULL))
    for (size_t i = 0; i < model->language_count; i++) model->floors[i] = model->score_floor;
  if (nn_file_string(file, "reads", model->reads, sizeof model->reads, NULL)) *model->reads = 0;
  model->beside_fine = share_of(file, "beside.fine");
  model->beside_core = share_of(file, "beside.core");
  model->beside_brighter = share_of(file, "beside.brighter");
  model->beside_dims = share_of(file, "beside.dims");
  return code;
}

static int thresholds(text_deep *model, const nn_file *file, mien_error *error) {
  int code = nn_file_numbers(file, "thresholds.fine", model->fine_thresholds, MIEN_FINE, error);
  if (!code) code = nn_file_numbers(file, "thresholds.plutchik", model->plutchik_thresholds, TEXT_PLUTCHIK, error);
  model->sarcasm_threshold = number_of(file, "thresholds.sarcasm", 0, 1, &code, error);
  model->brighter_count = size_of(file, "thresholds.language_count", TEXT_DEEP_LANGUAGES, &code, error);
  for (size_t i = 0; i < model->brighter_count && !code; i++) {
    char path[64];
    code = code_of(file, "thresholds.languages", i, model->brighter[i].name, error);
    snprintf(path, sizeof path, "thresholds.brighter.%zu", i);
    if (!code) code = nn_file_numbers(file, path, model->brighter[i].thresholds, TEXT_BRIGHTER, error);
  }
  return code;
}

int text_deep_open(void **model, const nn_file *file, mien_error *error) {
  *model = NULL;
  text_deep *opened = base_alloc(1, sizeof *opened);
  if (!opened) return no_memory(error);
  int code = sizes(opened, file, error);
  if (!code) code = heads(opened, file, error);
  if (!code) code = network(opened, file, error);
  if (!code) code = calibrations(opened, file, error);
  if (!code) code = thresholds(opened, file, error);
  if (code) text_deep_close(opened);
  else *model = opened;
  return code;
}

void text_deep_close(void *closing) {
  text_deep *model = closing;
  if (!model) return;
  text_subwords_close(&model->subwords);
  for (size_t k = 0; k < BASE_COUNT(model->layers); k++) {
    nn_pack_clear(&model->layers[k].way[0]);
    nn_pack_clear(&model->layers[k].way[1]);
  }
  nn_pack_clear(&model->first);
  nn_pack_clear(&model->attend);
  nn_pack_clear(&model->hidden);
  nn_pack_clear(&model->heads);
  if (model->beside) text_kind_bulk.model_close(model->beside);
  base_free(model);
}

int text_deep_join(void *joining, const nn_file *bulk, mien_error *error) {
  text_deep *model = joining;
  if (model->beside_fine + model->beside_core + model->beside_brighter + model->beside_dims <= 0) return MIEN_OK;
  if (strcmp(nn_file_kind(bulk), text_kind_bulk.name))
    return refuse(error, "the model beside the deep one", "it is not a bulk text model");
  void *beside = NULL;
  int code = text_kind_bulk.model_open(&beside, bulk, error);
  if (!code) model->beside = beside;
  return code;
}
