/* read.c: an imported encoder behind text.h: a text to its logits, and these to a reading.
 *
 * The core labels are one distribution: that of the model's labels given that exactly one is
 * expressed, softmax(logits), summed by the core label that each counts for, over those that count
 * for one. So it is for labels that exclude each other and for labels that do not (of independent
 * labels, p(only i) is proportional to the odds of i, whose logarithm is the logit); where the latter
 * have no neutral one, "none of them" is neutral, and has the logit 0. */
#include "text/transformer/transformer.h"

struct transformer_reader {
  const transformer_model *model;
  transformer_tokens tokens;
  transformer_buffers buffers;
  float logits[TRANSFORMER_LABELS], single[TRANSFORMER_LABELS + 1]; /* single: softmax, then neutral */
  bool read; /* logits are those of the last text */
};

static void reader_close(void *closing) {
  transformer_reader *reader = closing;
  transformer_tokens_clear(&reader->tokens);
  transformer_buffers_clear(&reader->buffers);
  base_free(reader);
}

static int reader_open(void **reader, const void *of) {
  const transformer_model *model = of;
  transformer_reader *opened = *reader = base_alloc(1, sizeof *opened);
  if (!opened) return MIEN_ENOMEM;
  opened->model = model;
  int code = transformer_tokens_open(&opened->tokens, model->positions);
  if (!code) code = transformer_buffers_open(&opened->buffers, model);
  if (code) reader_close(opened);
  return code;
}

/* No cue is given: what spoke for a label is not known of an imported encoder. */
static void reader_cues(void *reader, bool wanted) {}

/* False when the network's numbers are not finite. */
static bool run(transformer_reader *r) {
  const transformer_model *m = r->model;
  transformer_forward(m, &r->buffers, r->tokens.ids, r->tokens.count, r->logits);
  bool finite = true;
  for (size_t i = 0; i < m->labels; i++) finite &= isfinite(r->logits[i]) != 0;
  return finite;
}

/* Fills r->single and core; returns the share of what counts for no core label. */
static float fold(transformer_reader *r, float core[MIEN_CORE]) {
  const transformer_model *m = r->model;
  size_t count = m->labels;
  for (size_t i = 0; i < count; i++) r->single[i] = r->logits[i] / m->calibration.temperature;
  if (m->multi && !m->has_neutral) r->single[count++] = 0;
  nn_softmax(r->single, (int)count);
  float counted = 0;
  memset(core, 0, MIEN_CORE * sizeof *core);
  for (size_t i = 0; i < count; i++) {
    int to = i < m->labels ? m->core[i] : MIEN_NEUTRAL;
    if (to < 0) continue;
    core[to] += r->single[i];
    counted += r->single[i];
  }
  if (counted < 1e-6f) {
    core[MIEN_NEUTRAL] += 1e-6f; /* nothing is known: the reading abstains */
    counted += 1e-6f;
  }
  for (int k = 0; k < MIEN_CORE; k++) core[k] /= counted;
  return 1 - BASE_MIN(counted, 1.0f);
}

static float sigmoid(float logit) {
  nn_activate(NN_SIGMOID, &logit, 1);
  return logit;
}

static void fill_fine(const transformer_reader *r, float fine[MIEN_FINE]) {
  const transformer_model *m = r->model;
  for (size_t i = 0; i < m->labels; i++) {
    int to = m->fine[i];
    if (to < 0) continue;
    float p = m->multi ? sigmoid(r->logits[i]) : r->single[i];
    if (!isfinite(fine[to])) fine[to] = p;
    else fine[to] = m->multi ? BASE_MAX(fine[to], p) : BASE_MIN(fine[to] + p, 1.0f);
  }
}

static int read_text(void *reader, const char *utf8, size_t bytes, mien_reading *reading) {
  transformer_reader *r = reader;
  const transformer_model *m = r->model;
  base_reading_init(reading, MIEN_TEXT);
  reading->final = 1;
  reading->quality = 0;
  r->read = false;
  transformer_tokenise(&m->tokeniser, &r->tokens, utf8, bytes);
  if (!r->tokens.pieces) {
    reading->abstain = bytes ? "there are no words in it" : "the text is empty";
    return MIEN_OK;
  }
  if (!run(r)) {
    reading->abstain = "the model's numbers overflow on it";
    return MIEN_OK;
  }
  r->read = true;
  float core[MIEN_CORE], uncounted = fold(r, core);
  nn_calibration_apply(&m->calibration, core, reading);
  fill_fine(r, reading->fine);
  float pieces = (float)r->tokens.pieces, looked = (float)BASE_MAX(r->tokens.looked, (size_t)1);
  float kept = (float)(r->tokens.count - m->tokeniser.first_count - m->tokeniser.last_count);
  float valid = 1 - (float)r->tokens.invalid / looked;
  float seen = (float)r->tokens.looked / (float)BASE_MAX(bytes, (size_t)1) * kept / pieces;
  reading->quality = valid * seen * (1 - (float)r->tokens.unknown / pieces);
  if (uncounted > .5f) reading->abstain = "what it expresses most is not a core label";
  if (r->tokens.unknown == r->tokens.pieces) reading->abstain = "none of its words is known";
  if (valid < .7f) reading->abstain = "it is not UTF-8 text";
  return MIEN_OK;
}

static void brighter(const void *of, const char *language, float probabilities[TEXT_BRIGHTER],
                     unsigned *expressed) {
  static const int core_of[TEXT_BRIGHTER] = {MIEN_ANGER, MIEN_DISGUST, MIEN_FEAR,
                                             MIEN_JOY,   MIEN_SADNESS, MIEN_SURPRISE};
  const transformer_reader *r = of;
  *expressed = 0;
  for (int k = 0; k < TEXT_BRIGHTER; k++) {
    float p = 0;
    for (size_t i = 0; r->read && i < r->model->labels; i++) {
      if (r->model->core[i] != core_of[k]) continue;
      p = r->model->multi ? BASE_MAX(p, sigmoid(r->logits[i])) : p + r->single[i];
    }
    probabilities[k] = BASE_MIN(p, 1.0f);
    if (p >= .5f) *expressed |= 1u << k;
  }
}

static const float *fine_thresholds(const void *model) {
  return ((const transformer_model *)model)->thresholds;
}

const text_kind text_kind_transformer = {"text-transformer", transformer_open, transformer_close,
                                         reader_open,        reader_close,     reader_cues,
                                         read_text,          brighter,         fine_thresholds};

const uint32_t *transformer_reader_ids(const transformer_reader *reader, size_t *count) {
  *count = reader->tokens.count;
  return reader->tokens.ids;
}

const float *transformer_reader_logits(const transformer_reader *reader, size_t *count) {
  *count = reader->read ? reader->model->labels : 0;
  return reader->logits;
}
