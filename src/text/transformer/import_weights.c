/* import_weights.c: the tensors of model.safetensors, each by its family's name, checked, quantised and
 * written in our order; after them the tokeniser's tables. */
#include "text/transformer/import.h"

static const char weights_file[] = "model.safetensors";
static const char again[] = "download or save the checkpoint again";

enum { SOURCES = 3 /* query, key, value become one */, BLOCK = 1 << 18 /* numbers at a time */ };
enum { MATRIX, VECTOR, POSITIONS, BYTES };

typedef struct entry { /* one tensor to be written */
  nn_part part;
  int kind;
  const nn_safetensor *from[SOURCES];
  size_t from_count;
  const base_text *bytes;
} entry;

typedef struct job {
  const import_plan *plan;
  const nn_safetensors *file;
  entry *entries;
  nn_part *parts;
  size_t count, capacity;
  int weights; /* NN_I8 … */
  int code;    /* the first failure sticks */
  mien_error *error;
} job;

/* "[768, 768]" */
static const char *shape_text(char text[96], size_t rank, const uint64_t *dims) {
  int used = snprintf(text, 96, "[");
  for (size_t i = 0; i < rank && used < 80; i++)
    used += snprintf(text + used, 96 - (size_t)used, "%s%llu", i ? ", " : "", (unsigned long long)dims[i]);
  snprintf(text + used, 96 - (size_t)used, "]");
  return text;
}

static const nn_safetensor *find(job *j, const char *name, size_t d0, size_t d1) {
  if (j->code) return NULL;
  const nn_safetensor *tensor = nn_safetensors_find(j->file, name);
  size_t length = strlen(name);
  char old[160]; /* LayerNorm.weight and .bias were once LayerNorm.gamma and .beta */
  if (!tensor && length > 16 && strstr(name, "LayerNorm.")) {
    bool gain = !strcmp(name + length - 6, "weight");
    snprintf(old, sizeof old, "%.*s%s", (int)(length - (gain ? 6 : 4)), name, gain ? "gamma" : "beta");
    tensor = nn_safetensors_find(j->file, old);
  }
  const uint64_t wanted[2] = {d0, d1};
  size_t rank = d1 ? 2 : 1;
  if (!tensor) {
    j->code = import_refuse(j->error, weights_file, "give a checkpoint with its sequence-classification head",
                            "there is no tensor '%.140s'", name);
  } else if (tensor->rank != (int)rank || memcmp(tensor->dims, wanted, rank * sizeof *wanted)) {
    char has[96], wants[96];
    j->code = import_refuse(j->error, weights_file, "take config.json and the weights from one checkpoint",
                            "tensor '%.100s' has shape %s, expected %s", name,
                            shape_text(has, (size_t)tensor->rank, tensor->dims),
                            shape_text(wants, rank, wanted));
  } else if (!nn_safetensor_is_float(tensor)) {
    j->code = import_refuse(j->error, weights_file, "save the checkpoint with F32, F16 or BF16 weights",
                            "tensor '%.100s' is of dtype %s; F32, F16 and BF16 are read", name, tensor->dtype);
  }
  return j->code ? NULL : tensor;
}

static entry *add(job *j, int kind, int type, const char *name, size_t d0, size_t d1) {
  if (j->code) return NULL;
  if (j->count == j->capacity) {
    j->code = import_refuse(j->error, weights_file, "import a smaller model", "more than %zu tensors", j->capacity);
    return NULL;
  }
  entry *made = &j->entries[j->count++];
  *made = (entry){.kind = kind};
  made->part = (nn_part){.type = type, .rank = d1 ? 2 : 1, .dims = {(uint32_t)d0, (uint32_t)d1}};
  snprintf(made->part.name, sizeof made->part.name, "%s", name);
  return made;
}

/* `to`.weight [out][in] and `to`.bias [out] out of `count` linear maps of the checkpoint, one below the
 * other. */
static void linear(job *j, const char *to, int type, const char *const *from, size_t count, size_t out,
                   size_t in) {
  for (int bias = 0; bias < 2; bias++) {
    char name[256];
    snprintf(name, sizeof name, "%s.%s", to, bias ? "bias" : "weight");
    entry *made = bias ? add(j, VECTOR, NN_F32, name, out, 0) : add(j, MATRIX, type, name, out, in);
    for (size_t i = 0; made && i < count; i++) {
      snprintf(name, sizeof name, "%s.%s", from[i], bias ? "bias" : "weight");
      made->from[made->from_count++] = find(j, name, out / count, bias ? 0 : in);
    }
  }
}

static void norm(job *j, const char *to, const char *from, size_t width) {
  for (int bias = 0; bias < 2; bias++) {
    char name[256];
    snprintf(name, sizeof name, "%s.%s", to, bias ? "bias" : "gain");
    entry *made = add(j, VECTOR, NN_F32, name, width, 0);
    snprintf(name, sizeof name, "%s.%s", from, bias ? "bias" : "weight");
    if (made) made->from[made->from_count++] = find(j, name, width, 0);
  }
}

/* Where the families keep things; layers after "%s.%zu.". */
static const struct names {
  const char *prefix, *layers, *query, *key, *value, *out, *attended, *up, *down, *done, *dense, *final;
} all_names[] = {
    [IMPORT_BERT] = {"bert", "bert.encoder.layer", "attention.self.query", "attention.self.key",
                     "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
                     "intermediate.dense", "output.dense", "output.LayerNorm", "bert.pooler.dense",
                     "classifier"},
    [IMPORT_ROBERTA] = {"roberta", "roberta.encoder.layer", "attention.self.query", "attention.self.key",
                        "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
                        "intermediate.dense", "output.dense", "output.LayerNorm", "classifier.dense",
                        "classifier.out_proj"},
    [IMPORT_ELECTRA] = {"electra", "electra.encoder.layer", "attention.self.query", "attention.self.key",
                        "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
                        "intermediate.dense", "output.dense", "output.LayerNorm", "classifier.dense",
                        "classifier.out_proj"},
    [IMPORT_DISTILBERT] = {"distilbert", "distilbert.transformer.layer", "attention.q_lin", "attention.k_lin",
                           "attention.v_lin", "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2",
                           "output_layer_norm", "pre_classifier", "classifier"},
};

static void embeddings(job *j, const struct names *n) {
  const import_plan *p = j->plan;
  char name[256];
  entry *rows = add(j, MATRIX, j->weights, "embed.rows", p->vocabulary, p->embed);
  snprintf(name, sizeof name, "%s.embeddings.word_embeddings.weight", n->prefix);
  if (rows) rows->from[rows->from_count++] = find(j, name, p->vocabulary, p->embed);
  entry *positions = add(j, POSITIONS, NN_F32, "embed.positions", p->positions, p->embed);
  snprintf(name, sizeof name, "%s.embeddings.position_embeddings.weight", n->prefix);
  /* there may be more rows than are used; only their width has to be right */
  const nn_safetensor *there = nn_safetensors_find(j->file, name);
  size_t have = there && there->rank == 2 ? (size_t)BASE_MIN(there->dims[0], UINT64_C(1) << 24) : 0;
  if (positions)
    positions->from[positions->from_count++] =
        find(j, name, BASE_MAX(have, p->positions + p->offset), p->embed);
  snprintf(name, sizeof name, "%s.embeddings.token_type_embeddings.weight", n->prefix);
  there = nn_safetensors_find(j->file, name);
  have = there && there->rank == 2 ? (size_t)BASE_MIN(there->dims[0], UINT64_C(1) << 24) : 1;
  if (positions && (there || p->family != IMPORT_DISTILBERT))
    positions->from[positions->from_count++] = find(j, name, BASE_MAX(have, (size_t)1), p->embed);
  snprintf(name, sizeof name, "%s.embeddings.LayerNorm", n->prefix);
  norm(j, "embed.norm", name, p->embed);
  if (p->embed != p->width) {
    snprintf(name, sizeof name, "%s.embeddings_project", n->prefix);
    const char *from[] = {name};
    linear(j, "embed.project", j->weights, from, 1, p->width, p->embed);
  }
}

static void layer(job *j, const struct names *n, size_t index) {
  const import_plan *p = j->plan;
  size_t H = p->width, F = p->inner;
  const char *const within[] = {n->query, n->key, n->value, n->out, n->attended, n->up, n->down, n->done};
  char from[BASE_COUNT(within)][128], to[64];
  const char *at[BASE_COUNT(within)];
  for (size_t i = 0; i < BASE_COUNT(within); i++) {
    snprintf(from[i], sizeof from[i], "%s.%zu.%s", n->layers, index, within[i]);
    at[i] = from[i];
  }
#define NAMED(part) (snprintf(to, sizeof to, "layer%zu." part, index), to)
  linear(j, NAMED("qkv"), j->weights, at, 3, 3 * H, H);
  linear(j, NAMED("out"), j->weights, at + 3, 1, H, H);
  norm(j, NAMED("norm1"), at[4], H);
  linear(j, NAMED("up"), j->weights, at + 5, 1, F, H);
  linear(j, NAMED("down"), j->weights, at + 6, 1, H, F);
  norm(j, NAMED("norm2"), at[7], H);
#undef NAMED
}

static void table(job *j, const char *name, const base_text *bytes) {
  if (!bytes->length) return;
  entry *made = add(j, BYTES, NN_I8, name, 1, bytes->length);
  if (made) made->bytes = bytes;
}

static void words(job *j, const char *name, const import_words *from) {
  char path[64];
  snprintf(path, sizeof path, "%s.text", name);
  table(j, path, &from->text);
  snprintf(path, sizeof path, "%s.lengths", name);
  table(j, path, &from->lengths);
  snprintf(path, sizeof path, "%s.ids", name);
  table(j, path, &from->ids);
}

static void plan_all(job *j) {
  const import_plan *p = j->plan;
  const struct names *n = &all_names[p->family];
  embeddings(j, n);
  for (size_t i = 0; i < p->layers; i++) layer(j, n, i);
  linear(j, "head.dense", NN_F32, &n->dense, 1, p->width, p->width); /* one row a text: no need to cut */
  linear(j, "head.final", NN_F32, &n->final, 1, p->labels, p->width);
  words(j, "vocabulary", &p->pieces);
  words(j, "added", &p->added[0]);
  words(j, "added.normal", &p->added[1]);
  table(j, "vocabulary.scores", &p->scores);
  table(j, "merges", &p->merges);
  table(j, "charsmap", &p->charsmap);
}

/* ---- Writing ---------------------------------------------------------------------------------------- */

static int not_finite(const nn_safetensor *tensor, mien_error *error) {
  return import_refuse(error, weights_file, again, "tensor '%.140s' holds a number that is not finite",
                       tensor->name);
}

/* Rows of a matrix as the type of the part; the scales of int8 rows are kept for after them. */
static int put_rows(nn_writer *writer, const nn_safetensor *from, int type, float *floats, void *out,
                    float *scales, mien_error *error) {
  uint64_t columns = from->dims[1], at_once = BASE_MAX(BLOCK / columns, UINT64_C(1));
  int code = MIEN_OK;
  for (uint64_t row = 0; row < from->dims[0] && !code; row += at_once) {
    size_t rows = (size_t)BASE_MIN(at_once, from->dims[0] - row), count = rows * (size_t)columns;
    if (!nn_safetensor_floats(from, row * columns, count, floats)) return not_finite(from, error);
    if (type == NN_I8) {
      for (size_t i = 0; i < rows; i++)
        scales[row + i] = nn_quantize_row(floats + i * columns, (size_t)columns,
                                          (int8_t *)out + i * columns);
      code = nn_writer_add(writer, out, count, error);
    } else if (type == NN_F16) {
      uint16_t *halves = out;
      for (size_t i = 0; i < count; i++) {
        halves[i] = nn_to_half(floats[i]);
        if ((halves[i] & 0x7c00) == 0x7c00)
          return import_refuse(error, weights_file, "give --weights int8 or float32",
                               "tensor '%.140s' has numbers too large for float16", from->name);
      }
      code = nn_writer_add(writer, halves, count * sizeof *halves, error);
    } else {
      code = nn_writer_add(writer, floats, count * sizeof *floats, error);
    }
  }
  return code;
}

/* positions[t] = row offset + t of the position table, and row 0 of the token types. */
static int put_positions(nn_writer *writer, const entry *e, const import_plan *p, float *floats,
                         float *type, mien_error *error) {
  memset(type, 0, p->embed * sizeof *type);
  if (e->from_count > 1 && !nn_safetensor_floats(e->from[1], 0, p->embed, type))
    return not_finite(e->from[1], error);
  int code = MIEN_OK;
  for (size_t t = 0; t < p->positions && !code; t++) {
    if (!nn_safetensor_floats(e->from[0], (t + p->offset) * p->embed, p->embed, floats))
      return not_finite(e->from[0], error);
    for (size_t i = 0; i < p->embed; i++) floats[i] += type[i];
    code = nn_writer_add(writer, floats, p->embed * sizeof *floats, error);
  }
  return code;
}

static int put_entry(nn_writer *writer, const entry *e, const import_plan *p, float *floats, void *out,
                     float *scales, mien_error *error) {
  static const float one = 1;
  int code = MIEN_OK;
  uint64_t row = 0;
  switch (e->kind) {
  case BYTES:
    code = nn_writer_add(writer, e->bytes->data, e->bytes->length, error);
    return code ? code : nn_writer_add(writer, &one, sizeof one, error);
  case POSITIONS: return put_positions(writer, e, p, floats, out, error);
  case VECTOR:
    for (size_t i = 0; i < e->from_count && !code; i++) {
      if (!nn_safetensor_floats(e->from[i], 0, (size_t)e->from[i]->elements, floats))
        return not_finite(e->from[i], error);
      code = nn_writer_add(writer, floats, (size_t)e->from[i]->elements * sizeof *floats, error);
    }
    return code;
  default:
    for (size_t i = 0; i < e->from_count && !code; row += e->from[i++]->dims[0])
      code = put_rows(writer, e->from[i], e->part.type, floats, out, scales + row, error);
    if (!code && e->part.type == NN_I8)
      code = nn_writer_add(writer, scales, (size_t)row * sizeof *scales, error);
    return code;
  }
}

int import_write(const import_plan *plan, const text_import *what, const char *meta, size_t meta_bytes,
                 mien_error *error) {
  base_text path = {0};
  nn_safetensors *file = NULL;
  nn_writer *writer = NULL;
  job j = {.plan = plan, .capacity = 12 * plan->layers + 32, .weights = what->weights, .error = error};
  size_t most = BASE_MAX(BLOCK, (size_t)BASE_MAX(TRANSFORMER_WIDTH, TRANSFORMER_INNER)), rows = plan->vocabulary;
  rows = BASE_MAX(BASE_MAX(rows, 3 * plan->width), plan->inner);
  base_text_printf(&path, "%s/%s", plan->folder, weights_file);
  j.entries = base_alloc(j.capacity, sizeof *j.entries);
  j.parts = base_alloc(j.capacity, sizeof *j.parts);
  float *floats = base_alloc(most, sizeof *floats), *scales = base_alloc(rows, sizeof *scales);
  void *out = base_alloc(most, sizeof(float));
  int code = path.failed || !j.entries || !j.parts || !floats || !scales || !out
                 ? import_out_of_memory(error)
                 : nn_safetensors_open(&file, path.data, error);
  if (code == MIEN_EIO)
    base_error_set(error, code, path.data,
                   "save the checkpoint as one file: model.save_pretrained(…, max_shard_size=\"4GB\")",
                   "the weights cannot be opened: there has to be a model.safetensors");
  if (!code) {
    j.file = file;
    plan_all(&j);
    code = j.code;
  }
  for (size_t i = 0; i < j.count; i++) j.parts[i] = j.entries[i].part;
  if (!code)
    code = nn_writer_open(&writer, what->out, meta, meta_bytes, j.parts, j.count, what->key, error);
  for (size_t i = 0; i < j.count && !code; i++)
    code = put_entry(writer, &j.entries[i], plan, floats, out, scales, error);
  if (!code) code = nn_writer_close(&writer, true, error);
  else nn_writer_close(&writer, false, NULL);
  nn_safetensors_close(&file);
  base_free(j.entries);
  base_free(j.parts);
  base_free(floats);
  base_free(scales);
  base_free(out);
  base_text_clear(&path);
  return code;
}
