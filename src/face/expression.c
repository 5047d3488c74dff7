/* expression.c: opens the expression network, runs it, and turns classes into a reading. */
#include "face/expression.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
  SIDE = FACE_EXPRESSION_SIDE,
  CLASSES = FACE_EXPRESSION_CLASSES,
  FER2013 = FACE_EXPRESSION_FER2013,
  BLOCKS = 24 /* at most */,
  CHANNELS = 512 /* at most */
};

#define CONTRAST_FLOOR 10.0f /* grey levels added to the deviation, as in training */
#define CONTRAST_LEAST 2.0f  /* grey levels: below, nothing can be made out */

/* One class of FER+: its core label, and where emotion terms lie in pleasure, arousal and dominance
 * (Russell & Mehrabian 1977, rounded to 0.05; contempt is their "scornful"). */
static const struct {
  const char *name;
  int core;
  float dims[MIEN_DIMS];
} classes_of[CLASSES] = {
    {"neutral", MIEN_NEUTRAL, {0.00f, 0.00f, 0.00f}},
    {"happiness", MIEN_JOY, {0.80f, 0.50f, 0.45f}},
    {"surprise", MIEN_SURPRISE, {0.40f, 0.65f, -0.15f}},
    {"sadness", MIEN_SADNESS, {-0.65f, -0.25f, -0.35f}},
    {"anger", MIEN_ANGER, {-0.50f, 0.60f, 0.25f}},
    {"disgust", MIEN_DISGUST, {-0.60f, 0.35f, 0.10f}},
    {"fear", MIEN_FEAR, {-0.65f, 0.60f, -0.45f}},
    {"contempt", MIEN_DISGUST, {-0.35f, 0.35f, 0.30f}},
};
enum { CLASS_CONTEMPT = 7 };

typedef struct conv_layer { /* with its batch normalisation folded in; padding is width / 2 */
  nn_tensor weight;         /* [out][width][width][in], packed */
  nn_tensor bias;           /* [out] F32, in the file */
} conv_layer;

typedef struct residual_block { /* residual block (He et al. 2016): relu(b(relu(a(x))) + skip(x)) */
  conv_layer a, b, skip;        /* skip.weight.data NULL: x itself */
  int stride;                   /* of a and skip, 1 or 2 */
} residual_block;

struct face_expression {
  conv_layer stem; /* 5x5, stride 2 */
  residual_block blocks[BLOCKS];
  int block_count;
  nn_tensor pool;                 /* [places of the last map][channels]: where each channel counts */
  nn_tensor out_weight, out_bias; /* [8 + 7][channels] packed, [8 + 7] */
  nn_calibration calibration;
  size_t map;     /* floats of the largest feature map */
  size_t scratch; /* floats of one layer's scratch, at most */
};

/* ---- Opening --------------------------------------------------------------------------------- */

/* Takes a tensor of weights, of any storage type, and packs it. */
static int take(const nn_file *file, const char *name, int rank, const uint32_t *dims,
                nn_tensor *packed, mien_error *error) {
  int type = NN_F32;
  for (size_t i = 0; i < nn_file_count(file); i++)
    if (!strcmp(nn_file_tensor_at(file, i)->name, name)) type = nn_file_tensor_at(file, i)->type;
  const nn_tensor *found = nn_file_tensor(file, name, type, rank, dims, error);
  if (!found) return MIEN_EMODEL;
  int code = nn_pack(packed, found, type == NN_I8 ? NN_I8 : NN_F32);
  return code ? base_error_set(error, code, name, "", "no memory for the expression network")
              : MIEN_OK;
}

static int take_bias(const nn_file *file, const char *name, uint32_t count, nn_tensor *bias,
                     mien_error *error) {
  const nn_tensor *found = nn_file_tensor(file, name, NN_F32, 1, &count, error);
  if (!found) return MIEN_EMODEL;
  *bias = *found;
  return MIEN_OK;
}

static int take_layer(const nn_file *file, const char *name, uint32_t out, int width, uint32_t in,
                      conv_layer *to, mien_error *error) {
  char path[64];
  uint32_t dims[4] = {out, (uint32_t)width, (uint32_t)width, in};
  snprintf(path, sizeof path, "%s.weight", name);
  int code = take(file, path, 4, dims, &to->weight, error);
  if (code) return code;
  if (to->weight.dims[0] > CHANNELS)
    return base_error_set(error, MIEN_EMODEL, path, "use a model made by train/face_expression.py",
                          "%u channels are more than the %d expected", to->weight.dims[0],
                          CHANNELS);
  snprintf(path, sizeof path, "%s.bias", name);
  return take_bias(file, path, to->weight.dims[0], &to->bias, error);
}

/* Grows map and scratch to what `layer` needs on a side x side picture; gives the side after it. */
static int measure(face_expression *expression, const conv_layer *layer, int side, int stride) {
  int width = (int)layer->weight.dims[1], pad = width / 2;
  size_t scratch = nn_conv2d_scratch(&layer->weight, side, side, stride, pad);
  int after = (side + 2 * pad - width) / stride + 1;
  size_t map = (size_t)after * (size_t)after * layer->weight.dims[0];
  expression->scratch = BASE_MAX(expression->scratch, scratch);
  expression->map = BASE_MAX(expression->map, map);
  return after;
}

static int take_block(face_expression *expression, const nn_file *file, int index, uint32_t before,
                      int *side, mien_error *error) {
  residual_block *block = &expression->blocks[index];
  char name[32], skip[48];
  snprintf(name, sizeof name, "block%d.a", index);
  int code = take_layer(file, name, 0, 3, before, &block->a, error);
  if (code) return code;
  uint32_t after = block->a.weight.dims[0];
  snprintf(name, sizeof name, "block%d.b", index);
  if ((code = take_layer(file, name, after, 3, after, &block->b, error))) return code;
  if (before != after || block->stride != 1) {
    snprintf(skip, sizeof skip, "block%d.skip", index);
    code = take_layer(file, skip, after, 1, before, &block->skip, error);
    if (code) return code;
    measure(expression, &block->skip, *side, block->stride);
  }
  *side = measure(expression, &block->a, *side, block->stride);
  measure(expression, &block->b, *side, 1);
  return MIEN_OK;
}

static int check_labels(const nn_file *file, mien_error *error) {
  for (int k = 0; k < CLASSES; k++) {
    char path[32], name[32];
    snprintf(path, sizeof path, "labels.classes.%d", k);
    int code = nn_file_string(file, path, name, sizeof name, error);
    if (code) return code;
    if (strcmp(name, classes_of[k].name))
      return base_error_set(error, MIEN_EMODEL, path,
                            "use a model made by train/face_expression.py",
                            "the label is '%s', but must be '%s'", name, classes_of[k].name);
  }
  return MIEN_OK;
}

static int open_network(face_expression *expression, const nn_file *file, mien_error *error) {
  const char *remedy = "use a model made by train/face_expression.py";
  if (strcmp(nn_file_kind(file), "face-expression"))
    return base_error_set(error, MIEN_EMODEL, nn_file_kind(file), remedy,
                          "this is not a face-expression model");
  int code = check_labels(file, error);
  if (code) return code;
  double count = 0;
  float strides[BLOCKS];
  code = nn_file_number(file, "network.blocks", &count, error);
  if (code) return code;
  if (!(count >= 1 && count <= BLOCKS) || count != floor(count))
    return base_error_set(error, MIEN_EMODEL, "network.blocks", remedy,
                          "the number of blocks must be 1 to %d", BLOCKS);
  expression->block_count = (int)count;
  code = nn_file_numbers(file, "network.strides", strides, (size_t)count, error);
  if (code) return code;

  if ((code = take_layer(file, "stem", 0, 5, 1, &expression->stem, error))) return code;
  int side = measure(expression, &expression->stem, SIDE, 2);
  uint32_t channels = expression->stem.weight.dims[0];
  for (int i = 0; i < expression->block_count; i++) {
    if (strides[i] != 1 && strides[i] != 2)
      return base_error_set(error, MIEN_EMODEL, "network.strides", remedy,
                            "strides must be 1 or 2");
    expression->blocks[i].stride = (int)strides[i];
    if ((code = take_block(expression, file, i, channels, &side, error))) return code;
    channels = expression->blocks[i].a.weight.dims[0];
  }
  uint32_t places = (uint32_t)(side * side), outs = CLASSES + FER2013;
  const nn_tensor *pool =
      nn_file_tensor(file, "pool", NN_F32, 2, (uint32_t[]){places, channels}, error);
  if (!pool) return MIEN_EMODEL;
  expression->pool = *pool;
  code = take(file, "out.weight", 2, (uint32_t[]){outs, channels}, &expression->out_weight, error);
  if (code) return code;
  if ((code = take_bias(file, "out.bias", outs, &expression->out_bias, error))) return code;
  size_t scratch = nn_linear_scratch(&expression->out_weight, 1);
  expression->scratch = BASE_MAX(expression->scratch, scratch);
  return nn_calibration_read(&expression->calibration, file, error);
}

int face_expression_open(face_expression **expression, const nn_file *file, mien_error *error) {
  *expression = NULL;
  face_expression *opened = base_alloc(1, sizeof *opened);
  if (!opened)
    return base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the expression network");
  opened->map = (size_t)SIDE * SIDE;
  int code = open_network(opened, file, error);
  if (code) face_expression_close(&opened);
  *expression = opened;
  return code;
}

void face_expression_close(face_expression **expression) {
  if (!*expression) return;
  nn_pack_clear(&(*expression)->stem.weight);
  for (int i = 0; i < BLOCKS; i++) {
    residual_block *block = &(*expression)->blocks[i];
    nn_pack_clear(&block->a.weight);
    nn_pack_clear(&block->b.weight);
    nn_pack_clear(&block->skip.weight);
  }
  nn_pack_clear(&(*expression)->out_weight);
  base_free(*expression);
  *expression = NULL;
}

/* ---- Running --------------------------------------------------------------------------------- */

/* The normalised crop, three feature maps, the pooled channels, then one layer's scratch. */
static size_t map_floats(const face_expression *expression) {
  return (expression->map + 15) & ~(size_t)15;
}

size_t face_expression_scratch(const face_expression *expression) {
  return SIDE * SIDE + 3 * map_floats(expression) + CHANNELS + expression->scratch;
}

/* Zero mean, unit contrast: x = (g - mean) / (deviation + CONTRAST_FLOOR). Gives the deviation, in
 * grey levels. Levels outside 0…255, and NAN, are taken as the nearest level and as black. */
static float normalise(const float *crop, float *x) {
  double sum = 0, squares = 0;
  for (int i = 0; i < SIDE * SIDE; i++) {
    x[i] = crop[i] > 0 ? BASE_MIN(crop[i], 255.0f) : 0.0f;
    sum += x[i];
    squares += (double)x[i] * x[i];
  }
  double mean = sum / (SIDE * SIDE);
  double deviation = sqrt(BASE_MAX(squares / (SIDE * SIDE) - mean * mean, 0.0));
  float scale = 1.0f / ((float)deviation + CONTRAST_FLOOR);
  for (int i = 0; i < SIDE * SIDE; i++)
    x[i] = (x[i] - (float)mean) * scale;
  return (float)deviation;
}

static void run_layer(const conv_layer *layer, int act, const float *x, int side, int stride,
                      float *y, float *scratch) {
  nn_conv2d(&layer->weight, &layer->bias, act, x, side, side, stride,
            (int)layer->weight.dims[1] / 2, y, scratch);
}

/* The convolutions: adds, for each channel, the sum of the last map of a normalised crop weighed by
 * place. `maps` has room for three maps. */
static void pool(const face_expression *expression, const float *crop, float *maps, float *pooled,
                 float *work) {
  size_t map = map_floats(expression);
  float *x = maps, *middle = x + map, *y = middle + map;
  run_layer(&expression->stem, NN_RELU, crop, SIDE, 2, x, work);
  int side = SIDE / 2;
  uint32_t channels = expression->stem.weight.dims[0];
  for (int i = 0; i < expression->block_count; i++) {
    const residual_block *block = &expression->blocks[i];
    bool skip = block->skip.weight.data != NULL;
    int after = (side - 1) / block->stride + 1;
    channels = block->a.weight.dims[0];
    size_t size = (size_t)after * (size_t)after * channels;
    run_layer(&block->a, NN_RELU, x, side, block->stride, middle, work);
    run_layer(&block->b, NN_NONE, middle, after, 1, y, work);
    if (skip) run_layer(&block->skip, NN_NONE, x, side, block->stride, middle, work);
    nn_add(skip ? middle : x, y, size);
    nn_activate(NN_RELU, y, size);
    float *swap = x;
    x = y;
    y = swap;
    side = after;
  }
  const float *weight = expression->pool.data;
  for (int place = 0; place < side * side; place++)
    for (uint32_t c = 0; c < channels; c++)
      pooled[c] += weight[(size_t)place * channels + c] * x[(size_t)place * channels + c];
}

static void turn_over(float *crop) { /* left to right */
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE / 2; x++) {
      float *left = &crop[y * SIDE + x], *right = &crop[y * SIDE + SIDE - 1 - x], swap = *left;
      *left = *right;
      *right = swap;
    }
}

/* Probabilities of FER+'s classes and of FER2013's; gives the deviation of the crop, in grey levels. */
static float run(const face_expression *expression, const float *crop, const float *mirrored,
                 float *scratch, float classes[CLASSES], float fer2013[FER2013]) {
  float *x = scratch, *maps = x + SIDE * SIDE, *pooled = maps + 3 * map_floats(expression);
  float *work = pooled + CHANNELS, out[CLASSES + FER2013];
  int channels = (int)expression->out_weight.dims[1];
  float deviation = 0;
  for (int c = 0; c < channels; c++)
    pooled[c] = 0;
  if (mirrored) {
    deviation = normalise(mirrored, x);
    turn_over(x);
    pool(expression, x, maps, pooled, work);
  }
  if (crop) {
    deviation = normalise(crop, x);
    pool(expression, x, maps, pooled, work);
  }
  for (int c = 0; c < channels && crop && mirrored; c++)
    pooled[c] /= 2; /* the last layer is linear: the mean of its inputs will do */
  nn_linear(&expression->out_weight, &expression->out_bias, NN_NONE, pooled, 1, out, work);
  for (int k = 0; k < CLASSES; k++)
    classes[k] = out[k] / expression->calibration.temperature;
  nn_softmax(classes, CLASSES);
  memcpy(fer2013, out + CLASSES, FER2013 * sizeof *fer2013);
  nn_softmax(fer2013, FER2013);
  return deviation;
}

const char *face_expression_class_name(int index) {
  return index >= 0 && index < CLASSES ? classes_of[index].name : NULL;
}

void face_expression_classes(const face_expression *expression, const float *crop,
                             const float *mirrored, float *scratch,
                             float classes[FACE_EXPRESSION_CLASSES],
                             float fer2013[FACE_EXPRESSION_FER2013]) {
  run(expression, crop, mirrored, scratch, classes, fer2013);
}

void face_expression_read(const face_expression *expression, const float *crop,
                          const float *mirrored, float *scratch, mien_reading *reading) {
  float probability[CLASSES], fer2013[FER2013], core[MIEN_CORE] = {0};
  float deviation = run(expression, crop, mirrored, scratch, probability, fer2013);
  for (int d = 0; d < MIEN_DIMS; d++)
    reading->dims[d] = 0;
  for (int k = 0; k < CLASSES; k++) {
    core[classes_of[k].core] += probability[k];
    for (int d = 0; d < MIEN_DIMS; d++)
      reading->dims[d] += probability[k] * classes_of[k].dims[d];
  }
  nn_calibration_apply(&expression->calibration, core, reading);
  reading->extra[MIEN_CONTEMPT] = probability[CLASS_CONTEMPT];
  if (deviation < CONTRAST_LEAST) reading->abstain = "picture without contrast";
}
