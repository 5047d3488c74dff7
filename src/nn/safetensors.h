/* safetensors.h: tensors out of a *.safetensors file, as Hugging Face writes them: eight bytes that
 * give the length of a JSON header, the header ({"name": {"dtype", "shape", "data_offsets"}, …}),
 * then the numbers, little-endian and row-major. Read only to be written again as a model file of
 * ours; nothing is computed on it.
 *
 * Owns: the file owns its mapping, tensors point into it. Threads: read-only once open. */
#ifndef NN_SAFETENSORS_H
#define NN_SAFETENSORS_H

#include "nn/nn.h"

enum {
  NN_SAFETENSORS_RANK = 8,
  NN_SAFETENSORS_COUNT = 1 << 16,  /* tensors at most */
  NN_SAFETENSORS_HEADER = 1 << 22, /* bytes of JSON at most */
};

typedef struct nn_safetensor {
  const char *name;  /* valid as long as the file is open */
  const char *dtype; /* "F32" "BF16" "I64" … */
  int rank;          /* 0…8 */
  uint64_t dims[NN_SAFETENSORS_RANK]; /* outermost first */
  uint64_t elements;
  uint64_t at, bytes;                 /* after the header */
  const uint8_t *data;                /* not aligned */
} nn_safetensor;

typedef struct nn_safetensors nn_safetensors;

/* Checks the header wholly: every dtype, shape, size and place; no two tensors may overlap and no
 * byte be left over. `error` names the tensor and the reason. At most 4 GB. The memory given to
 * open_memory must outlive the file. */
int nn_safetensors_open(nn_safetensors **file, const char *path, mien_error *error);
int nn_safetensors_open_memory(nn_safetensors **file, const void *data, size_t bytes,
                               const char *name, mien_error *error);
void nn_safetensors_close(nn_safetensors **file);

size_t nn_safetensors_count(const nn_safetensors *file);
const nn_safetensor *nn_safetensors_at(const nn_safetensors *file, size_t index);
const nn_safetensor *nn_safetensors_find(const nn_safetensors *file, const char *name);

/* Is it F32, F16 or BF16? */
bool nn_safetensor_is_float(const nn_safetensor *tensor);
/* `count` numbers from element `first` on as floats; first + count <= elements, and is_float. False
 * when one of them is not finite. */
bool nn_safetensor_floats(const nn_safetensor *tensor, uint64_t first, size_t count, float *values);

#endif
