/* format.h: the bytes of a *.mien file, as docs/model-format.md lays them down, and the open file
 * made of them. Inside nn/ only. */
#ifndef NN_FORMAT_H
#define NN_FORMAT_H

#include <jansson.h>

#include "nn/nn.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "model files are little-endian and used where they lie: this machine needs a reader that swaps"
#endif

#define NN_MAGIC "MIEN\r\n\x1a\n" /* 8 bytes; a text-mode copy breaks it and is noticed */
#define NN_SIGNED_PREFIX "mien model 1\n" /* what is signed: this, then the SHA-256 */

enum {
  NN_VERSION = 1,
  NN_ALIGN = 64,
  NN_HEADER = 64,       /* bytes 0…63: magic, version, counts, offsets */
  NN_SEAL = 128,        /* bytes 64…191: SHA-256, public key, signature */
  NN_TABLE = 192,       /* the tensor table starts here */
  NN_ENTRY = 128,       /* bytes of one entry of the table */
  NN_NAME = 64,         /* of which the name, ended by 0 */
  NN_TENSORS_MAX = 1024,
  NN_META_MAX = 1 << 20,
  NN_FILE_MAX = 1 << 30,
};

typedef struct nn_header {
  char magic[8];
  uint32_t version, tensors;
  uint64_t file_bytes, meta_at, meta_bytes, data_at, zero[2];
} nn_header;

typedef struct nn_seal {
  uint8_t sha256[32], key[32], signature[64]; /* an all-zero key: unsigned */
} nn_seal;

typedef struct nn_entry {
  char name[NN_NAME];
  uint32_t type, rank, dims[4];
  uint64_t data_at, data_bytes, scales_at, scales_bytes, zero;
} nn_entry;

_Static_assert(sizeof(nn_header) == NN_HEADER && sizeof(nn_seal) == NN_SEAL &&
               sizeof(nn_entry) == NN_ENTRY, "the structures are the bytes of the file");

struct nn_file {
  const uint8_t *data;
  size_t bytes;
  bool mapped; /* `data` is ours to unmap */
  char name[256];
  json_t *meta;
  const char *meta_text; /* in `data` */
  const char *kind;      /* in `meta` */
  int signature;
  size_t count;
  nn_tensor *tensors;
};

/* Checks the whole of data/bytes and fills the rest of `file`; `inside`: as nn_file_open_inside. */
int nn_format_check(nn_file *file, bool inside, mien_error *error);

/* IEEE 754 binary16 to binary32, exact; infinities and NaNs stay so. */
float nn_half(uint16_t bits);

#endif
