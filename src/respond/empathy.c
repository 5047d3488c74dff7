/* empathy.c: see empathy.h. train/respond.py is the same in Python.
 *
 *     score = logistic(dense · x + bias + the sum of its entries' weights over the root of their number)
 *
 * of x [RESPOND_REPLY] and the bag in features.h; one set of weights for replies, one for texts alone. */
#include "respond/empathy.h"

#include "respond/features.h"
#include "respond/model.h"

enum { REPLY, ALONE, KINDS };

struct respond_empathy {
  nn_file *file;
  respond_reader *reader;
  struct {
    nn_tensor dense; /* packed: [1][RESPOND_REPLY] */
    const nn_tensor *bias;
    float *rows;     /* [RESPOND_BUCKETS][1] */
  } kinds[KINDS];
  float x[RESPOND_REPLY];
  respond_bag bag;
};

void respond_empathy_close(respond_empathy **empathy) {
  if (!*empathy) return;
  for (int k = 0; k < KINDS; k++) {
    nn_pack_clear(&(*empathy)->kinds[k].dense);
    base_free((*empathy)->kinds[k].rows);
  }
  respond_reader_close(&(*empathy)->reader);
  nn_file_close(&(*empathy)->file);
  base_free(*empathy);
  *empathy = NULL;
}

static int kind_open(respond_empathy *empathy, int kind, const char *path, mien_error *error) {
  static const char *const names[KINDS][3] = {{"reply.dense", "reply.bias", "reply.bag"}, {"alone.dense", "alone.bias", "alone.bag"}};
  const nn_tensor *dense =
      nn_file_tensor(empathy->file, names[kind][0], NN_F16, 2, (const uint32_t[]){1, RESPOND_REPLY}, error);
  if (dense) empathy->kinds[kind].bias = nn_file_tensor(empathy->file, names[kind][1], NN_F32, 1, (const uint32_t[]){1}, error);
  if (!empathy->kinds[kind].bias) return MIEN_EMODEL;
  if (nn_pack(&empathy->kinds[kind].dense, dense, NN_F32))
    return base_error_set(error, MIEN_ENOMEM, path, "", "no memory for the scorer of empathy");
  return respond_model_rows(empathy->file, names[kind][2], 1, &empathy->kinds[kind].rows, error);
}

int respond_empathy_open(respond_empathy **empathy, const char *path, mien_error *error) {
  respond_empathy *opened = *empathy = base_alloc(1, sizeof *opened);
  if (!opened) return base_error_set(error, MIEN_ENOMEM, path, "", "no memory for the scorer of empathy");
  int code = respond_model_open(&opened->file, &opened->reader, path, error);
  for (int k = 0; k < KINDS && !code; k++) code = kind_open(opened, k, path, error);
  if (code) respond_empathy_close(empathy);
  return code;
}

int respond_empathy_of(respond_empathy *empathy, const char *post, const char *text, float *score, mien_error *error) {
  if (!text || !*text)
    return base_error_set(error, MIEN_EINVAL, "text", "give the text that is to be scored", "there is no text");
  int kind = post && *post ? REPLY : ALONE;
  float scratch[1];
  respond_reply_features(empathy->reader, post, text, empathy->x, &empathy->bag);
  if (!empathy->x[0])
    return base_error_set(error, MIEN_EINVAL, "text", "give a text with words in it", "there is not a word in the text");
  nn_linear(&empathy->kinds[kind].dense, empathy->kinds[kind].bias, NN_NONE, empathy->x, 1, score, scratch);
  const respond_bag *bag = &empathy->bag;
  float sum = 0;
  for (size_t i = 0; i < bag->count; i++) sum += empathy->kinds[kind].rows[bag->entries[i]];
  *score += bag->count ? sum / sqrtf((float)bag->count) : 0;
  nn_activate(NN_SIGMOID, score, 1);
  return MIEN_OK;
}
