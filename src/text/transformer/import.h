/* import.h: the parts of an import, inside text/transformer/ only: each reads one thing of the
 * checkpoint into the plan, import_weights.c writes the model file out of it. */
#ifndef TRANSFORMER_IMPORT_H
#define TRANSFORMER_IMPORT_H

#include <jansson.h>

#include "nn/safetensors.h"
#include "nn/write.h"
#include "text/import.h"
#include "text/transformer/transformer.h"

enum {
  IMPORT_CONFIG_BYTES = 1 << 20,    /* of config.json and the other small files */
  IMPORT_TOKENS_BYTES = 64 << 20,   /* of tokenizer.json and of the vocabulary's files */
};

enum { IMPORT_BERT, IMPORT_ROBERTA, IMPORT_DISTILBERT, IMPORT_ELECTRA };

typedef struct import_words { /* a vocabulary to be written: NAME.text, NAME.lengths, NAME.ids */
  base_text text, lengths, ids;
  size_t count;
} import_words;

typedef struct import_plan {
  const char *folder;
  /* config.json */
  int family;        /* IMPORT_… */
  const char *type;  /* "roberta" */
  size_t embed, width, heads, inner, layers, positions, offset, labels, vocabulary;
  double epsilon;
  int activation, head_activation;
  bool multi;
  /* labels */
  char (*names)[TRANSFORMER_LABEL_BYTES]; /* [labels] */
  int core[TRANSFORMER_LABELS], fine[TRANSFORMER_LABELS];
  /* the tokeniser */
  int model;
  import_words pieces, added[2];
  base_text scores, merges, charsmap, continuing;
  size_t word_characters;
  uint32_t unknown;
  transformer_step normal[TRANSFORMER_STEPS], split[TRANSFORMER_STEPS];
  size_t normal_count, split_count;
  uint32_t first[TRANSFORMER_AROUND], last[TRANSFORMER_AROUND];
  size_t first_count, last_count;
  uint32_t largest; /* number of any token */
} import_plan;

/* A file of the folder as JSON. MIEN_EEND: it is not there (no error is set). */
int import_json(const import_plan *plan, const char *name, size_t limit, json_t **json, mien_error *error);
/* The same as bytes; ends in 0. */
int import_bytes(const import_plan *plan, const char *name, size_t limit, base_text *bytes,
                 mien_error *error);
int import_out_of_memory(mien_error *error);
/* "config.json": WHAT; `where` is the file's name in the folder. */
int import_refuse(mien_error *error, const char *where, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* config.json, and the labels' names in it or in the file `labels`. */
int import_config(import_plan *plan, const char *labels, mien_error *error);
/* What each name counts for, into plan->core and plan->fine; refused where that is no core label. */
int import_labels(import_plan *plan, mien_error *error);

/* tokenizer.json, or vocab.txt, or vocab.json and merges.txt. */
int import_tokens(import_plan *plan, mien_error *error);
/* import_steps.c: its "normalizer" and "pre_tokenizer", and its "post_processor". */
int import_normaliser(import_plan *plan, const json_t *json, mien_error *error);
int import_pre_tokeniser(import_plan *plan, const json_t *json, mien_error *error);
int import_post_processor(import_plan *plan, const json_t *json, mien_error *error);
int import_add_step(transformer_step *steps, size_t *count, int what, const char *from, const char *to,
                    mien_error *error);
/* Does the last pre-tokeniser give bytes? */
bool import_is_byte_level(const import_plan *plan);

/* Writes the model file with these metadata. */
int import_write(const import_plan *plan, const text_import *what, const char *meta, size_t meta_bytes,
                 mien_error *error);

#endif
