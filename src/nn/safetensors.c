/* safetensors.c: takes a *.safetensors file apart, trusting no byte of it. Any thread. */
#include "nn/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nn/format.h"

#define FILE_MAX (UINT64_C(4) << 30)
#define COPY_AGAIN "download or save the checkpoint again"

struct nn_safetensors {
  const uint8_t *data;
  size_t bytes;
  bool mapped; /* `data` is ours to unmap */
  char name[256];
  json_t *header;
  nn_safetensor *tensors; /* sorted by name */
  size_t count;
};

static const struct {
  const char *name;
  unsigned bytes;
} dtypes[] = {{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8}, {"I64", 8}, {"I32", 4}, {"I16", 2},
              {"I8", 1},  {"U8", 1},  {"BOOL", 1}, {"U16", 2}, {"U32", 4}, {"U64", 8},
              {"F8_E4M3", 1}, {"F8_E5M2", 1}};

static int refuse(const nn_safetensors *file, mien_error *error, const char *remedy, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
static int refuse(const nn_safetensors *file, mien_error *error, const char *remedy, const char *format,
                  ...) {
  char what[sizeof error->what];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  return base_error_set(error, MIEN_EFORMAT, file->name, remedy, "%s", what);
}

/* A whole number that is not negative. */
static bool whole(const json_t *value, uint64_t *number) {
  if (!json_is_integer(value) || json_integer_value(value) < 0) return false;
  *number = (uint64_t)json_integer_value(value);
  return true;
}

static int take_tensor(nn_safetensors *file, const char *name, const json_t *entry, uint64_t data_bytes,
                       mien_error *error) {
  nn_safetensor *tensor = &file->tensors[file->count];
  const json_t *shape = json_object_get(entry, "shape");
  const json_t *place = json_object_get(entry, "data_offsets");
  const char *dtype = json_string_value(json_object_get(entry, "dtype"));
  unsigned size = 0;
  for (size_t i = 0; dtype && i < BASE_COUNT(dtypes); i++)
    if (!strcmp(dtypes[i].name, dtype)) {
      size = dtypes[i].bytes;
      tensor->dtype = dtypes[i].name;
    }
  if (!size)
    return refuse(file, error, "save the checkpoint with F32, F16 or BF16 weights",
                  "tensor '%.120s' has dtype '%.20s', which is unknown", name, dtype ? dtype : "?");
  if (!json_is_array(shape) || json_array_size(shape) > NN_SAFETENSORS_RANK)
    return refuse(file, error, COPY_AGAIN, "tensor '%.120s' has no shape of at most 8 numbers", name);
  tensor->name = name;
  tensor->rank = (int)json_array_size(shape);
  tensor->elements = 1;
  for (int i = 0; i < tensor->rank; i++)
    if (!whole(json_array_get(shape, (size_t)i), &tensor->dims[i]) ||
        __builtin_mul_overflow(tensor->elements, tensor->dims[i], &tensor->elements))
      return refuse(file, error, COPY_AGAIN, "tensor '%.120s' has a shape that is out of range", name);
  uint64_t begin, end, bytes;
  if (json_array_size(place) != 2 || !whole(json_array_get(place, 0), &begin) ||
      !whole(json_array_get(place, 1), &end) || begin > end || end > data_bytes)
    return refuse(file, error, COPY_AGAIN,
                  "tensor '%.120s' ends past the end of the file, or its place is not two numbers", name);
  if (__builtin_mul_overflow(tensor->elements, (uint64_t)size, &bytes) || bytes != end - begin)
    return refuse(file, error, COPY_AGAIN, "tensor '%.120s': its shape and its size do not agree", name);
  tensor->at = begin;
  tensor->bytes = bytes;
  file->count++;
  return MIEN_OK;
}

static int by_place(const void *a, const void *b) {
  const nn_safetensor *x = a, *y = b;
  if (x->at != y->at) return x->at < y->at ? -1 : 1;
  return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const nn_safetensor *)a)->name, ((const nn_safetensor *)b)->name);
}

static int check(nn_safetensors *file, mien_error *error) {
  uint64_t header = 0;
  if (file->bytes > FILE_MAX)
    return refuse(file, error, "use a smaller model", "the file is larger than 4 GB");
  if (file->bytes < sizeof header)
    return refuse(file, error, COPY_AGAIN, "the file ends inside its first eight bytes");
  memcpy(&header, file->data, sizeof header);
  if (header > NN_SAFETENSORS_HEADER || header < 2)
    return refuse(file, error, "give a model.safetensors file",
                  "this is not a safetensors file: its header would have %llu bytes",
                  (unsigned long long)header);
  if (header > file->bytes - sizeof header)
    return refuse(file, error, COPY_AGAIN, "the file is cut short: it ends inside its header");
  const char *text = (const char *)file->data + sizeof header;
  json_error_t problem;
  file->header = *text == '{' ? json_loadb(text, (size_t)header, JSON_REJECT_DUPLICATES, &problem) : NULL;
  if (!file->header) {
    if (*text == '{' && json_error_code(&problem) == json_error_out_of_memory)
      return base_error_set(error, MIEN_ENOMEM, file->name, "free some memory", "out of memory");
    return refuse(file, error, COPY_AGAIN, "its header is not JSON: %.120s",
                  *text == '{' ? problem.text : "it does not begin with {");
  }
  if (!json_is_object(file->header) || json_object_size(file->header) > NN_SAFETENSORS_COUNT)
    return refuse(file, error, COPY_AGAIN, "its header is not an object of at most 65,536 tensors");
  file->tensors = base_alloc(json_object_size(file->header) + 1, sizeof *file->tensors);
  if (!file->tensors)
    return base_error_set(error, MIEN_ENOMEM, file->name, "free some memory", "out of memory");
  const uint8_t *data = file->data + sizeof header + header;
  uint64_t data_bytes = file->bytes - sizeof header - header, end = 0;
  const char *name;
  json_t *entry;
  json_object_foreach(file->header, name, entry) {
    if (!strcmp(name, "__metadata__")) continue;
    int code = take_tensor(file, name, entry, data_bytes, error);
    if (code) return code;
  }
  qsort(file->tensors, file->count, sizeof *file->tensors, by_place);
  for (size_t i = 0; i < file->count; i++) {
    nn_safetensor *tensor = &file->tensors[i];
    if (tensor->at != end)
      return refuse(file, error, COPY_AGAIN, "tensor '%.120s' does not begin where the one before it ends",
                    tensor->name);
    end += tensor->bytes;
    tensor->data = data + tensor->at;
  }
  if (end != data_bytes)
    return refuse(file, error, COPY_AGAIN, "%llu bytes follow the last tensor",
                  (unsigned long long)(data_bytes - end));
  qsort(file->tensors, file->count, sizeof *file->tensors, by_name);
  return MIEN_OK;
}

int nn_safetensors_open_memory(nn_safetensors **file, const void *data, size_t bytes, const char *name,
                               mien_error *error) {
  *file = NULL;
  nn_safetensors *opened = base_alloc(1, sizeof *opened);
  if (!opened) return base_error_set(error, MIEN_ENOMEM, name, "free some memory", "out of memory");
  opened->data = data;
  opened->bytes = bytes;
  snprintf(opened->name, sizeof opened->name, "%s", name);
  int code = check(opened, error);
  if (code) nn_safetensors_close(&opened);
  *file = opened;
  return code;
}

int nn_safetensors_open(nn_safetensors **file, const char *path, mien_error *error) {
  *file = NULL;
  int handle = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat about;
  if (handle < 0 || fstat(handle, &about)) {
    int code = base_error_set(error, MIEN_EIO, path, "check the path and the rights to read it",
                              "cannot open the weights: %s", strerror(errno));
    if (handle >= 0) close(handle);
    return code;
  }
  if (!S_ISREG(about.st_mode) || about.st_size <= 0 || (uint64_t)about.st_size > FILE_MAX) {
    close(handle);
    return base_error_set(error, MIEN_EFORMAT, path, "give a model.safetensors file",
                          !S_ISREG(about.st_mode) ? "this is not an ordinary file"
                          : about.st_size > 0     ? "the file is larger than 4 GB"
                                                  : "the file is empty");
  }
  size_t bytes = (size_t)about.st_size;
  void *data = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, handle, 0);
  int problem = errno;
  close(handle);
  if (data == MAP_FAILED)
    return base_error_set(error, MIEN_EIO, path, "", "cannot map the weights: %s", strerror(problem));
  int code = nn_safetensors_open_memory(file, data, bytes, path, error);
  if (code) munmap(data, bytes);
  else (*file)->mapped = true;
  return code;
}

void nn_safetensors_close(nn_safetensors **file) {
  if (!file || !*file) return;
  json_decref((*file)->header);
  base_free((*file)->tensors);
  if ((*file)->mapped) munmap((void *)(uintptr_t)(*file)->data, (*file)->bytes);
  base_free(*file);
  *file = NULL;
}

size_t nn_safetensors_count(const nn_safetensors *file) { return file->count; }

const nn_safetensor *nn_safetensors_at(const nn_safetensors *file, size_t index) {
  return index < file->count ? &file->tensors[index] : NULL;
}

const nn_safetensor *nn_safetensors_find(const nn_safetensors *file, const char *name) {
  nn_safetensor key = {.name = name};
  return bsearch(&key, file->tensors, file->count, sizeof key, by_name);
}

bool nn_safetensor_is_float(const nn_safetensor *tensor) {
  return !strcmp(tensor->dtype, "F32") || !strcmp(tensor->dtype, "F16") || !strcmp(tensor->dtype, "BF16");
}

bool nn_safetensor_floats(const nn_safetensor *tensor, uint64_t first, size_t count, float *values) {
  bool wide = !strcmp(tensor->dtype, "F32"), brain = !strcmp(tensor->dtype, "BF16");
  if (wide) {
    memcpy(values, tensor->data + first * sizeof *values, count * sizeof *values);
  } else {
    const uint8_t *from = tensor->data + first * 2;
    for (size_t i = 0; i < count; i++, from += 2) {
      uint32_t bits = (uint32_t)from[0] | (uint32_t)from[1] << 8, high = bits << 16;
      if (brain) memcpy(&values[i], &high, sizeof high); /* the upper half of a float */
      else values[i] = nn_half((uint16_t)bits);
    }
  }
  bool finite = true;
  for (size_t i = 0; i < count; i++) finite &= isfinite(values[i]) != 0;
  return finite;
}
