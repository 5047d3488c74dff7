/* fuzz_import.c: what `mien model import` and its models are made of, from anywhere. The first byte says
 * what the others are: 's' a model.safetensors, 't' a tokenizer.json and 'c' a config.json of a folder
 * whose other files are sound, 'm' the model file of an imported encoder (its seal put right). What is
 * not refused reads a text. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nn/format.h"
#include "nn/safetensors.h"
#include "text/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { ROWS = 600, WIDTH = 4, PLACES = 16, LABELS = 2 };
#define REQUIRE(what) do { if (!(what)) abort(); } while (0)

static char folder[128];

static const char *in_folder(const char *name) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static void save(const char *name, const void *data, size_t bytes) {
  FILE *file = fopen(in_folder(name), "wb");
  REQUIRE(file && (!bytes || fwrite(data, 1, bytes, file) == bytes) && !fclose(file));
}

/* The tensors of a BERT of one layer. */
static void save_weights(void) {
  static const struct {
    const char *name;
    int rows, columns; /* columns 0: a vector */
  } tensors[] = {
#define BERT "bert.encoder.layer.0."
#define LINEAR(name) {name ".weight", WIDTH, WIDTH}, {name ".bias", WIDTH, 0}
#define NORM(name) {name ".weight", WIDTH, 0}, {name ".bias", WIDTH, 0}
      {"bert.embeddings.word_embeddings.weight", ROWS, WIDTH},
      {"bert.embeddings.position_embeddings.weight", PLACES, WIDTH},
      {"bert.embeddings.token_type_embeddings.weight", 2, WIDTH},
      NORM("bert.embeddings.LayerNorm"), LINEAR(BERT "attention.self.query"),
      LINEAR(BERT "attention.self.key"), LINEAR(BERT "attention.self.value"),
      LINEAR(BERT "attention.output.dense"), NORM(BERT "attention.output.LayerNorm"),
      LINEAR(BERT "intermediate.dense"), LINEAR(BERT "output.dense"), NORM(BERT "output.LayerNorm"),
      LINEAR("bert.pooler.dense"), {"classifier.weight", LABELS, WIDTH}, {"classifier.bias", LABELS, 0}};
  base_text out = {0}, header = {0};
  size_t end = 0;
  for (size_t i = 0; i < BASE_COUNT(tensors); i++) {
    size_t count = (size_t)tensors[i].rows * (size_t)BASE_MAX(tensors[i].columns, 1);
    base_text_printf(&header, "%c\"%s\":{\"dtype\":\"F32\",\"shape\":[%d", i ? ',' : '{', tensors[i].name,
                     tensors[i].rows);
    if (tensors[i].columns) base_text_printf(&header, ",%d", tensors[i].columns);
    base_text_printf(&header, "],\"data_offsets\":[%zu,%zu]}", end, end + 4 * count);
    end += 4 * count;
  }
  base_text_puts(&header, "}");
  uint64_t length = header.length;
  base_text_add(&out, (const char *)&length, sizeof length);
  base_text_add(&out, header.data, header.length);
  for (size_t i = 0; i < end / 4; i++) {
    float value = (float)(i * 7 % 13) / 10 - .5f;
    base_text_add(&out, (const char *)&value, sizeof value);
  }
  save("model.safetensors", out.data, out.length);
  base_text_clear(&out);
  base_text_clear(&header);
}

static const char config[] =
    "{\"model_type\":\"bert\",\"hidden_size\":4,\"num_hidden_layers\":1,\"num_attention_heads\":2,"
    "\"intermediate_size\":4,\"max_position_embeddings\":16,\"vocab_size\":600,"
    "\"id2label\":{\"0\":\"joy\",\"1\":\"trust\"}}";
static const char tokenizer[] =
    "{\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":null,"
    "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"vocab\":{\"[UNK]\":0,\"a\":1}}}";

static void begin(void) {
  snprintf(folder, sizeof folder, "%s/mien-fuzz-%ld", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm",
           (long)getpid());
  REQUIRE(!mkdir(folder, 0700));
  save_weights();
}

static void end(void) {
  static const char *const names[] = {"model.safetensors", "config.json", "tokenizer.json", "out.mien"};
  for (size_t i = 0; i < BASE_COUNT(names); i++) unlink(in_folder(names[i]));
  rmdir(folder);
}

static void read_with(const nn_file *file) {
  static const char text[] = "I'm so  happy, un\xcc\x81" "happily 123 \xe6\x88\x91 @user\n\xf0\x9f\x98\x80 <s>";
  text_model *model = NULL;
  text_reader *reader = NULL;
  mien_error error = {0};
  if (text_model_open(&model, file, &error)) {
    REQUIRE(!model && error.what[0]);
    return;
  }
  REQUIRE(text_reader_open(&reader, model) == MIEN_OK);
  mien_reading reading;
  REQUIRE(text_read(reader, text, sizeof text - 1, &reading) == MIEN_OK);
  float sum = 0;
  for (int k = 0; k < MIEN_CORE; k++) sum += reading.core[k];
  REQUIRE(sum > .999f && sum < 1.001f && reading.quality >= 0 && reading.quality <= 1);
  text_reader_close(&reader);
  text_model_close(&model);
}

static void safetensors(const uint8_t *data, size_t bytes) {
  nn_safetensors *file = NULL;
  mien_error error = {0};
  static float values[1 << 16];
  if (nn_safetensors_open_memory(&file, data, bytes, "fuzzed", &error)) {
    REQUIRE(!file && error.what[0]);
    return;
  }
  for (size_t i = 0; i < nn_safetensors_count(file); i++) {
    const nn_safetensor *tensor = nn_safetensors_at(file, i);
    REQUIRE(nn_safetensors_find(file, tensor->name));
    if (nn_safetensor_is_float(tensor) && tensor->elements <= BASE_COUNT(values))
      nn_safetensor_floats(tensor, 0, (size_t)tensor->elements, values);
  }
  nn_safetensors_close(&file);
}

static void import(const char *name, const uint8_t *data, size_t bytes) {
  save("config.json", config, sizeof config - 1);
  save("tokenizer.json", tokenizer, sizeof tokenizer - 1);
  save(name, data, bytes);
  char out[256];
  snprintf(out, sizeof out, "%s", in_folder("out.mien"));
  text_import what = {.folder = folder, .out = out, .weights = NN_I8};
  base_text told = {0};
  mien_error error = {0};
  nn_file *file = NULL;
  if (text_import_run(&what, &told, &error)) {
    REQUIRE(error.what[0] && error.where[0]);
  } else {
    REQUIRE(nn_file_open(&file, out, &error) == MIEN_OK);
    read_with(file);
    nn_file_close(&file);
  }
  base_text_clear(&told);
}

static void model(const uint8_t *data, size_t bytes) {
  uint8_t *copy = aligned_alloc(NN_ALIGN, (bytes + NN_ALIGN) / NN_ALIGN * NN_ALIGN);
  nn_file *file = NULL;
  mien_error error = {0};
  if (!copy || bytes < NN_TABLE) {
    free(copy);
    return;
  }
  memcpy(copy, data, bytes);
  memset(copy + NN_HEADER, 0, NN_SEAL);
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  crypto_hash_sha256_update(&state, copy, NN_HEADER);
  crypto_hash_sha256_update(&state, copy + NN_TABLE, bytes - NN_TABLE);
  crypto_hash_sha256_final(&state, copy + NN_HEADER);
  if (!nn_file_open_memory(&file, copy, bytes, "fuzzed", &error)) {
    read_with(file);
    nn_file_close(&file);
  }
  free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (!folder[0]) {
    begin();
    atexit(end);
  }
  if (!bytes) return 0;
  switch (data[0]) {
  case 's': safetensors(data + 1, bytes - 1); break;
  case 't': import("tokenizer.json", data + 1, bytes - 1); break;
  case 'c': import("config.json", data + 1, bytes - 1); break;
  case 'm': model(data + 1, bytes - 1); break;
  default: break;
  }
  return 0;
}
