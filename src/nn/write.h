/* write.h: writes a *.mien file (docs/model-format.md), the counterpart of train/mien_file.py for
 * models that are made here. What is in it is said first, then the numbers are given in order, a
 * piece at a time, so that a large model needs little memory. The same contents give the same bytes.
 *
 * The file appears under its name only when it is whole: until then it is FILE.partial. One thread. */
#ifndef NN_WRITE_H
#define NN_WRITE_H

#include "nn/nn.h"

typedef struct nn_part { /* a tensor to be written */
  char name[64];    /* 1 to 63 of A–Z a–z 0–9 . _ - / */
  int type, rank;   /* NN_F32, NN_I8, NN_F16; 1…4 */
  uint32_t dims[4]; /* none 0; those beyond the rank are not looked at */
} nn_part;

typedef struct nn_writer nn_writer;

/* `meta`: the metadata, a JSON object with "kind". `key`: a file that holds the signing key (64 hex
 * digits, as train/mien_file.py makes it); NULL: unsigned. Refused: more than 1 GiB or 1024 tensors. */
int nn_writer_open(nn_writer **writer, const char *path, const char *meta, size_t meta_bytes,
                   const nn_part *parts, size_t count, const char *key, mien_error *error);
/* The next bytes of the numbers: of each tensor in order its data, then, if it is I8, its dims[0]
 * float32 scales. The gaps between them are not given. */
int nn_writer_add(nn_writer *writer, const void *data, size_t bytes, mien_error *error);
/* `keep`: all was given; seals the file and gives it its name. Else the partial file is removed. */
int nn_writer_close(nn_writer **writer, bool keep, mien_error *error);

uint16_t nn_to_half(float value); /* nearest binary16, ties to even; too large: infinity */
/* Symmetric int8, value = q * scale, scale = largest magnitude / 127; a row of zeros has scale 1. */
float nn_quantize_row(const float *values, size_t count, int8_t *q);

#endif
