/* model.c: opens a bulk text model, checking every shape once so that reading need not. */
#include "text/model.h"

/* A tensor of the file, its shape checked; the first failure sticks in *code. */
static const nn_tensor *get(const nn_file *file, const char *name, int type, size_t d0, size_t d1,
                            size_t d2, int *code, mien_error *error) {
  if (*code) return NULL;
  const uint32_t dims[4] = {(uint32_t)d0, (uint32_t)d1, (uint32_t)d2};
  const nn_tensor *tensor = nn_file_tensor(file, name, type, d2 ? 3 : d1 ? 2 : 1, dims, error);
  if (!tensor) *code = MIEN_EMODEL;
  return tensor;
}

static int refuse(mien_error *error, const char *what) {
  return base_error_set(error, MIEN_EMODEL, "the text model",
                        "use a text model that was trained for this version of Mien", "%s", what);
}

static int sizes(text_bulk *model, const nn_file *file, mien_error *error) {
  double width, channels, slices, depth, version;
  int code = nn_file_number(file, "feature_version", &version, error);
  if (!code) code = nn_file_number(file, "network.width", &width, error);
  if (!code) code = nn_file_number(file, "network.channels", &channels, error);
  if (!code) code = nn_file_number(file, "network.slices", &slices, error);
  if (!code) code = nn_file_number(file, "network.hidden", &depth, error);
  if (code) return code;
  if (version != TEXT_FEATURES) return refuse(error, "it was trained on other features");
  if (!(width >= 1 && width <= TEXT_WIDTH_MAX && channels >= 1 && channels <= TEXT_WIDTH_MAX &&
        depth >= 1 && depth <= TEXT_WIDTH_MAX && slices >= 1 && slices <= TEXT_SLICES_MAX) ||
      (size_t)channels % (size_t)slices)
    return refuse(error, "its network's sizes are out of range");
  model->width = (size_t)width;
  model->channels = (size_t)channels;
  model->slices = (size_t)slices;
  model->depth = (size_t)depth;
  return MIEN_OK;
}

static int tensors(text_bulk *model, const nn_file *file, mien_error *error) {
  size_t D = model->width, C = model->channels, H = model->depth, A = model->slices;
  int code = 0;
  const nn_tensor *keys = get(file, "pieces.keys", NN_I8, 0, 4 * TEXT_BUCKET, 0, &code, error);
  if (code) return code;
  if (keys->dims[0] > UINT32_MAX / TEXT_BUCKET) return refuse(error, "its table is too large");
  model->buckets = keys->dims[0];
  model->keys = keys->data; /* bytes of little-endian numbers, aligned to 64 bytes */
  model->rows = get(file, "pieces.rows", NN_I8, (size_t)model->buckets * TEXT_BUCKET, D, 0, &code,
                    error);
  model->marks = get(file, "marks", NN_F32, TEXT_MARKS, D, 0, &code, error);
  model->attend = get(file, "attend.weight", NN_F32, A, C, 0, &code, error);
  model->conv1_bias = get(file, "conv1.bias", NN_F32, C, 0, 0, &code, error);
  model->conv2_bias = get(file, "conv2.bias", NN_F32, C, 0, 0, &code, error);
  model->hidden_bias = get(file, "hidden.bias", NN_F32, H, 0, 0, &code, error);
  model->heads_bias = get(file, "heads.bias", NN_F32, TEXT_HEADS, 0, 0, &code, error);
  const nn_tensor *conv1 = get(file, "conv1.weight", NN_I8, C, 3, D, &code, error);
  const nn_tensor *conv2 = get(file, "conv2.weight", NN_I8, C, 3, C, &code, error);
  model->hidden_rows = get(file, "hidden.weight", NN_I8, H, 2 * C + D, 0, &code, error);
  model->heads_rows = get(file, "heads.weight", NN_F32, TEXT_HEADS, H, 0, &code, error);
  if (!code) code = nn_pack(&model->conv1, conv1, NN_I8);
  if (!code) code = nn_pack(&model->conv2, conv2, NN_I8);
  if (!code) code = nn_pack(&model->hidden, model->hidden_rows, NN_I8);
  if (!code) code = nn_pack(&model->heads, model->heads_rows, NN_F32);
  if (code == MIEN_ENOMEM)
    base_error_set(error, code, "the text model", "free some memory", "out of memory");
  return code;
}

static int thresholds(text_bulk *model, const nn_file *file, mien_error *error) {
  int code = nn_file_numbers(file, "thresholds.fine", model->fine_thresholds, MIEN_FINE, error);
  double count = 0;
  if (!code) code = nn_file_number(file, "thresholds.language_count", &count, error);
  if (!code && !(count >= 1 && count <= TEXT_LANGUAGES))
    code = refuse(error, "its number of languages is out of range");
  model->language_count = code ? 0 : (size_t)count;
  for (size_t i = 0; i < model->language_count && !code; i++) {
    base_text path = {0};
    base_text_printf(&path, "thresholds.languages.%zu", i);
    if (path.failed) code = MIEN_ENOMEM;
    else
      code = nn_file_string(file, path.data, model->languages[i].name,
                            sizeof model->languages[i].name, error);
    base_text_reset(&path);
    base_text_printf(&path, "thresholds.brighter.%zu", i);
    if (path.failed) code = MIEN_ENOMEM;
    else if (!code)
      code = nn_file_numbers(file, path.data, model->languages[i].thresholds, TEXT_BRIGHTER, error);
    base_text_clear(&path);
  }
  return code;
}

int text_bulk_open(void **model, const nn_file *file, mien_error *error) {
  text_bulk *opened = *model = base_alloc(1, sizeof *opened);
  int code = opened ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, "the text model",
                                               "free some memory", "out of memory");
  if (!code) code = sizes(opened, file, error);
  if (!code) code = tensors(opened, file, error);
  if (!code) code = thresholds(opened, file, error);
  if (!code) code = nn_calibration_read(&opened->calibration, file, error);
  if (code) text_bulk_close(opened);
  return code;
}

void text_bulk_close(void *closing) {
  text_bulk *model = closing;
  if (!model) return;
  nn_pack_clear(&model->conv1);
  nn_pack_clear(&model->conv2);
  nn_pack_clear(&model->hidden);
  nn_pack_clear(&model->heads);
  base_free(model);
}
