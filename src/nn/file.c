/* file.c: opens model files and finds tensors in them. The checking is check.c's work, the metadata
 * meta.c's. Any thread; an open file is read-only. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nn/format.h"

static int open_checked(nn_file **file, const void *data, size_t bytes, const char *name, bool inside,
                        mien_error *error) {
  *file = NULL;
  if (!data || (uintptr_t)data % NN_ALIGN)
    return base_error_set(error, MIEN_EINVAL, name, "align it to 64 bytes",
                          "the memory of a model is not aligned");
  nn_file *opened = base_alloc(1, sizeof *opened);
  if (!opened) return base_error_set(error, MIEN_ENOMEM, name, "", "out of memory");
  opened->data = data;
  opened->bytes = bytes;
  snprintf(opened->name, sizeof opened->name, "%s", name ? name : "model");
  int code = nn_format_check(opened, inside, error);
  if (code) {
    nn_file_close(&opened);
    return code;
  }
  *file = opened;
  return MIEN_OK;
}

int nn_file_open_memory(nn_file **file, const void *data, size_t bytes, const char *name,
                        mien_error *error) {
  return open_checked(file, data, bytes, name, false, error);
}

int nn_file_open_inside(nn_file **file, const void *data, size_t bytes, const char *name,
                        mien_error *error) {
  return open_checked(file, data, bytes, name, true, error);
}

static int map(const char *path, const void **data, size_t *bytes, mien_error *error) {
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat about;
  if (file < 0 || fstat(file, &about)) {
    int code = base_error_set(error, MIEN_EIO, path, "check the path and the rights to read it",
                              "cannot open the model file: %s", strerror(errno));
    if (file >= 0) close(file);
    return code;
  }
  if (!S_ISREG(about.st_mode) || about.st_size <= 0 || about.st_size > NN_FILE_MAX) {
    close(file);
    return base_error_set(error, MIEN_EMODEL, path, "give a *.mien model file",
                          S_ISREG(about.st_mode) ? about.st_size > 0 ? "the file is larger than 1 GiB"
                                                                     : "the file is empty"
                                                 : "this is not an ordinary file");
  }
  *bytes = (size_t)about.st_size;
  void *mapping = mmap(NULL, *bytes, PROT_READ, MAP_PRIVATE, file, 0);
  int problem = errno;
  close(file);
  if (mapping == MAP_FAILED)
    return base_error_set(error, MIEN_EIO, path, "", "cannot map the model file: %s",
                          strerror(problem));
  *data = mapping;
  return MIEN_OK;
}

int nn_file_open(nn_file **file, const char *path, mien_error *error) {
  *file = NULL;
  const void *data = NULL;
  size_t bytes = 0;
  int code = map(path, &data, &bytes, error);
  if (code) return code;
  code = nn_file_open_memory(file, data, bytes, path, error);
  if (code) munmap((void *)(uintptr_t)data, bytes);
  else (*file)->mapped = true;
  return code;
}

void nn_file_close(nn_file **file) {
  if (!file || !*file) return;
  json_decref((*file)->meta);
  base_free((*file)->tensors);
  if ((*file)->mapped) munmap((void *)(uintptr_t)(*file)->data, (*file)->bytes);
  base_free(*file);
  *file = NULL;
}

const char *nn_file_kind(const nn_file *file) { return file->kind; }
const char *nn_file_meta(const nn_file *file) { return file->meta_text; }
size_t nn_file_bytes(const nn_file *file) { return file->bytes; }
int nn_file_signature(const nn_file *file) { return file->signature; }

const char *nn_signature_name(int signature) {
  switch (signature) {
    case NN_SIGNED_BY_MIEN: return "signed by Mien";
    case NN_SIGNED_BY_OTHER: return "signed by another key";
    case NN_UNCHECKED: return "not checked";
    default: return "unsigned";
  }
}

static void hex(const uint8_t bytes[32], char text[65]) {
  for (int i = 0; i < 32; i++) snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}
void nn_file_sha256(const nn_file *file, char text[65]) { hex(file->data + NN_HEADER, text); }
void nn_file_key(const nn_file *file, char text[65]) { hex(file->data + NN_HEADER + 32, text); }

size_t nn_file_count(const nn_file *file) { return file->count; }

const nn_tensor *nn_file_tensor_at(const nn_file *file, size_t index) {
  return index < file->count ? &file->tensors[index] : NULL;
}

static const char *shape_text(char text[64], int type, int rank, const uint32_t *dims) {
  static const char *const types[] = {"f32", "i8", "f16"};
  int used = snprintf(text, 64, "%s", type >= NN_F32 && type <= NN_F16 ? types[type] : "?");
  for (int i = 0; i < rank && i < 4 && used < 48; i++) {
    if (dims && dims[i]) used += snprintf(text + used, 64 - (size_t)used, "%s%u", i ? "×" : " ", dims[i]);
    else used += snprintf(text + used, 64 - (size_t)used, "%s*", i ? "×" : " ");
  }
  return text;
}

const nn_tensor *nn_file_tensor(const nn_file *file, const char *name, int type, int rank,
                                const uint32_t *dims, mien_error *error) {
  const char *remedy = "use a model file that was trained for this version of Mien";
  for (size_t i = 0; i < file->count; i++) {
    const nn_tensor *tensor = &file->tensors[i];
    if (strcmp(tensor->name, name)) continue;
    bool fits = tensor->type == type && tensor->rank == rank;
    for (int k = 0; fits && dims && k < rank; k++) fits = !dims[k] || dims[k] == tensor->dims[k];
    if (fits) return tensor;
    char has[64], wants[64];
    base_error_set(error, MIEN_EMODEL, file->name, remedy, "tensor '%s' is %s, but must be %s", name,
                   shape_text(has, tensor->type, tensor->rank, tensor->dims),
                   shape_text(wants, type, rank, dims));
    return NULL;
  }
  base_error_set(error, MIEN_EMODEL, file->name, remedy, "there is no tensor '%s'", name);
  return NULL;
}

size_t nn_tensor_elements(const nn_tensor *tensor) {
  size_t elements = 1; /* cannot overflow: the loader checked it */
  for (int i = 0; i < 4; i++) elements *= tensor->dims[i];
  return elements;
}

float nn_half(uint16_t bits) {
  uint32_t sign = (uint32_t)(bits & 0x8000) << 16, magnitude = bits & 0x7fff;
  if (magnitude < 0x0400) { /* zero and subnormals: the value is magnitude * 2^-24 */
    float value = (float)magnitude * 0x1p-24f;
    return sign ? -value : value;
  }
  union {
    uint32_t bits;
    float value;
  } wide = {.bits = sign | ((magnitude << 13) + ((magnitude < 0x7c00 ? 127u - 15u : 255u - 31u) << 23))};
  return wide.value;
}

void nn_tensor_floats(const nn_tensor *tensor, float *values) {
  size_t elements = nn_tensor_elements(tensor), row = elements / tensor->dims[0];
  if (tensor->type == NN_F32) memcpy(values, tensor->data, elements * sizeof *values);
  else if (tensor->type == NN_F16)
    for (size_t i = 0; i < elements; i++) values[i] = nn_half(((const uint16_t *)tensor->data)[i]);
  else
    for (size_t i = 0; i < elements; i++)
      values[i] = (float)((const int8_t *)tensor->data)[i] * tensor->scales[i / row];
}
