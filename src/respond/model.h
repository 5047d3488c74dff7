/* model.h: the file that the scorers of this room are read from. Only for this room. */
#ifndef RESPOND_MODEL_H
#define RESPOND_MODEL_H

#include "nn/nn.h"
#include "respond/features.h"

/* Opens `path`, checks its kind ("respond") and feature version, and opens the reader that it was trained beside. */
int respond_model_open(nn_file **file, respond_reader **reader, const char *path, mien_error *error);
/* The rows of a bag's table, F16 [RESPOND_BUCKETS][width], widened: the caller frees them with base_free. */
int respond_model_rows(const nn_file *file, const char *name, uint32_t width, float **rows, mien_error *error);

#endif
