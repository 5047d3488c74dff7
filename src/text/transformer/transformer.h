/* transformer.h: an imported encoder of the BERT family: its parts, and its forward pass over one
 * text. Inside text/ only. The kind in the model file is "text-transformer".
 *
 *   x[t]   = rows[id_t] + positions[t]             [T][E]   positions: with token type 0 added
 *   h      = layernorm(x); where E is not H: h = project · h          [T][H]
 *   layer  : q k v = QKV · h; a = heads of softmax(q·k / sqrt(H/heads)) v; h = layernorm(h + O · a)
 *            h = layernorm(h + down · act(up · h))         (post-norm: Devlin et al. 2019)
 *   logits = final · act(dense · h[0])             [L]      BERT: pooler and classifier; RoBERTa,
 *            ELECTRA, DistilBERT: the two layers of their head
 *
 * The model borrows its nn_file. Read-only once open; a reader is one thread's memory. */
#ifndef TRANSFORMER_H
#define TRANSFORMER_H

#include "text/kinds.h"
#include "text/transformer/tokens.h"

enum {
  TRANSFORMER_VERSION = 1,     /* feature version: the steps and shapes as they are now */
  TRANSFORMER_POSITIONS = 512, /* at most; of a longer text the first */
  TRANSFORMER_WIDTH = 4096,    /* E and H at most */
  TRANSFORMER_INNER = 16384,   /* F at most */
  TRANSFORMER_LAYERS = 48,
  TRANSFORMER_LABELS = 256,
  TRANSFORMER_LABEL_BYTES = 64,
};

/* Of the layers; those of nn.h, and GELU's approximation by tanh. */
enum { TRANSFORMER_GELU, TRANSFORMER_GELU_TANH, TRANSFORMER_RELU, TRANSFORMER_SILU, TRANSFORMER_TANH,
       TRANSFORMER_ACTIVATIONS };
extern const char *const transformer_activation_names[TRANSFORMER_ACTIVATIONS];

typedef struct transformer_linear {
  nn_tensor weight; /* packed */
  const nn_tensor *bias;
} transformer_linear;

typedef struct transformer_norm {
  const float *gain, *bias;
} transformer_norm;

typedef struct transformer_layer {
  transformer_linear qkv, out, up, down; /* [3H][H] [H][H] [F][H] [H][F] */
  transformer_norm attended, done;
} transformer_layer;

typedef struct transformer_model {
  size_t embed, width, heads, inner, layer_count, positions, labels; /* E H . F . P L */
  int activation, head_activation;
  float epsilon;
  bool multi; /* labels are independent of each other */
  const nn_tensor *rows, *position_rows; /* [V][E] of any type; F32 [P][E] */
  transformer_norm embedded;
  transformer_linear project; /* weight.data NULL: E = H */
  transformer_layer *layers;
  transformer_linear dense, final; /* [H][H] [L][H] */
  transformer_tokeniser tokeniser;
  int core[TRANSFORMER_LABELS], fine[TRANSFORMER_LABELS]; /* the label of ours; -1: none */
  bool has_neutral;
  nn_calibration calibration;
  float thresholds[MIEN_FINE];
} transformer_model;

int transformer_open(void **model, const nn_file *file, mien_error *error);
void transformer_close(void *model);

typedef struct transformer_buffers { /* [P]… of floats; one block, owned by `x` */
  float *x, *embedded; /* [P][H], [P][E] */
  float *qkv, *context;      /* [P][3H], [P][H] */
  float *inner, *inner_copy; /* [P][F] */
  float *queries, *keys, *values, *weights; /* of one head: [P][H/heads] ×2, [H/heads][P], [P][P] */
  float *mixed, *scratch;    /* [P][H] */
} transformer_buffers;

int transformer_buffers_open(transformer_buffers *buffers, const transformer_model *model);
void transformer_buffers_clear(transformer_buffers *buffers);
/* logits [L] of `count` ids, 1…P of them. */
void transformer_forward(const transformer_model *model, transformer_buffers *buffers,
                         const uint32_t *ids, size_t count, float *logits);

extern const text_kind text_kind_transformer; /* read.c */

/* ---- For tests: what a reader of this kind made of the last text. ------------------------------ */
typedef struct transformer_reader transformer_reader;
const uint32_t *transformer_reader_ids(const transformer_reader *reader, size_t *count);
const float *transformer_reader_logits(const transformer_reader *reader, size_t *count); /* 0: none */

#endif
