/* model.c: see model.h. */
#include "respond/model.h"

int respond_model_open(nn_file **file, respond_reader **reader, const char *path, mien_error *error) {
  const char *remedy = "give respond-research.mien, or train one (train/respond.py)";
  char beside[65];
  double version = 0;
  if (!path || !*path) return base_error_set(error, MIEN_EINVAL, "path", remedy, "no model is named");
  int code = nn_file_open(file, path, error);
  if (!code && strcmp(nn_file_kind(*file), "respond"))
    code = base_error_set(error, MIEN_EMODEL, path, remedy, "this is a model of the kind '%s', not 'respond'", nn_file_kind(*file));
  if (!code) code = nn_file_number(*file, "feature_version", &version, error);
  if (!code && version != RESPOND_FEATURES)
    code = base_error_set(error, MIEN_EMODEL, path, "train it again with this program",
                          "it was trained on features of version %g, and this program makes version %d", version, RESPOND_FEATURES);
  if (!code) code = nn_file_string(*file, "beside", beside, sizeof beside, error);
  return code ? code : respond_reader_open(reader, beside, error);
}

int respond_model_rows(const nn_file *file, const char *name, uint32_t width, float **rows, mien_error *error) {
  const nn_tensor *table = nn_file_tensor(file, name, NN_F16, 2, (const uint32_t[]){RESPOND_BUCKETS, width}, error);
  if (!table) return MIEN_EMODEL;
  if (!(*rows = base_alloc(RESPOND_BUCKETS * (size_t)width, sizeof **rows)))
    return base_error_set(error, MIEN_ENOMEM, name, "", "no memory for the scorer");
  nn_tensor_floats(table, *rows);
  return MIEN_OK;
}
