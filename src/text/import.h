/* import.h: a checkpoint folder of the BERT family, as Hugging Face lays it out, to a model file of
 * ours (docs/import.md says what is read, what is refused, and what differs).
 *
 * Nothing of the folder is trusted: files are bounded, every tensor's type, shape and place is
 * checked, and what is not understood is refused rather than guessed. One thread; it allocates. */
#ifndef TEXT_IMPORT_H
#define TEXT_IMPORT_H

#include "text/text.h"

typedef struct text_import {
  const char *folder; /* config.json, model.safetensors, tokenizer.json or the vocabulary's files */
  const char *out;    /* the model file to be written */
  const char *labels; /* a file of the labels' names, one a line; NULL: those of config.json */
  const char *name;   /* of the model; NULL: the folder's */
  const char *licence; /* NULL: "unknown: the user's" */
  const char *key;    /* a file with a signing key; NULL: unsigned */
  int weights;        /* NN_I8, NN_F16 or NN_F32: how linear maps and the table of rows are kept */
} text_import;

/* `told`: some lines about what was read, for a person. */
int text_import_run(const text_import *what, base_text *told, mien_error *error);

#endif
