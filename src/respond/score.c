/* score.c: the scorer of strategies: see score.h. train/respond.py is the same in Python.
 *
 *     p[8] = softmax(dense · x + bias)
 *
 * of x [RESPOND_DENSE] in features.h; the last of the eight is ESConv's "Others". */
#include "respond/score.h"

#include "nn/nn.h"
#include "respond/features.h"
#include "respond/model.h"

enum { LABELS = RESPOND_LEARNED + 1 };

struct respond_scorer {
  nn_file *file;
  respond_reader *reader;
  nn_tensor dense; /* packed: [LABELS][RESPOND_DENSE] */
  const nn_tensor *bias;
  float x[RESPOND_DENSE];
};

const char *respond_strategy_name(int strategy) {
  static const char *const names[RESPOND_STRATEGIES] = {"clarify", "restate", "reflect",   "reassure",  "suggest",   "inform",
                                                        "share",   "act",     "apologise", "slow_down", "celebrate", "escalate"};
  return strategy >= 0 && strategy < RESPOND_STRATEGIES ? names[strategy] : NULL;
}

int respond_strategy_of(const char *name) {
  for (int s = 0; s < RESPOND_STRATEGIES; s++)
    if (!strcmp(name, respond_strategy_name(s))) return s;
  return -1;
}

void respond_scorer_close(respond_scorer **scorer) {
  if (!*scorer) return;
  nn_pack_clear(&(*scorer)->dense);
  respond_reader_close(&(*scorer)->reader);
  nn_file_close(&(*scorer)->file);
  base_free(*scorer);
  *scorer = NULL;
}

int respond_scorer_open(respond_scorer **scorer, const char *path, mien_error *error) {
  respond_scorer *opened = *scorer = base_alloc(1, sizeof *opened);
  if (!opened) return base_error_set(error, MIEN_ENOMEM, path, "", "no memory for the scorer");
  const nn_tensor *dense = NULL;
  int code = respond_model_open(&opened->file, &opened->reader, path, error);
  if (!code) {
    dense = nn_file_tensor(opened->file, "score.dense", NN_F16, 2, (const uint32_t[]){LABELS, RESPOND_DENSE}, error);
    if (dense) opened->bias = nn_file_tensor(opened->file, "score.bias", NN_F32, 1, (const uint32_t[]){LABELS}, error);
    if (!opened->bias) code = MIEN_EMODEL;
  }
  if (!code && (code = nn_pack(&opened->dense, dense, NN_F32))) base_error_set(error, code, path, "", "no memory for the scorer");
  if (code) respond_scorer_close(scorer);
  return code;
}

static int turns_check(const respond_turn *turns, size_t count, mien_error *error) {
  const char *remedy = "give the turns oldest first, each with who spoke and what was said";
  if (!turns || !count) return base_error_set(error, MIEN_EINVAL, "turns", remedy, "there is no turn to answer");
  for (size_t i = 0; i < count; i++) {
    if (!turns[i].who || !turns[i].text)
      return base_error_set(error, MIEN_EINVAL, "turns", remedy, "turn %zu has no %s", i, turns[i].who ? "text" : "speaker");
    if (turns[i].strategy < -1 || turns[i].strategy >= RESPOND_STRATEGIES)
      return base_error_set(error, MIEN_EINVAL, "turns", "-1 where it is not known", "turn %zu has the strategy %d, of 0…%d", i,
                            turns[i].strategy, RESPOND_STRATEGIES - 1);
  }
  return MIEN_OK;
}

int respond_score(respond_scorer *scorer, const respond_turn *turns, size_t count, float log_probability[RESPOND_STRATEGIES],
                  mien_error *error) {
  int code = turns_check(turns, count, error);
  if (code) return code;
  if (count > RESPOND_TURNS) turns += count - RESPOND_TURNS, count = RESPOND_TURNS;
  float logits[LABELS], scratch[1];
  respond_features(scorer->reader, turns, count, scorer->x);
  nn_linear(&scorer->dense, scorer->bias, NN_NONE, scorer->x, 1, logits, scratch);
  nn_softmax(logits, LABELS);
  float rest = logits[RESPOND_LEARNED] / (RESPOND_STRATEGIES - RESPOND_LEARNED);
  for (int s = 0; s < RESPOND_STRATEGIES; s++)
    log_probability[s] = logf(BASE_MAX(s < RESPOND_LEARNED ? logits[s] : rest, 1e-12f));
  return MIEN_OK;
}
