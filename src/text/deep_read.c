/* deep_read.c: texts through the deep network, and the readings made of what its heads say. */
#include "text/deep.h"
#include "text/model.h"

static const float UNSAID = -30; /* logit of a label of which nothing was said */
enum { WORDED = 16 /* characters of words that a language can be told from */ };

static void reader_close(void *closing) {
  text_deep_reader *reader = closing;
  text_deep_run_clear(&reader->run);
  if (reader->beside) text_kind_bulk.reader_close(reader->beside);
  base_free(reader);
}

static int reader_open(void **reader, const void *model) {
  text_deep_reader *opened = *reader = base_alloc(1, sizeof *opened);
  if (!opened) return MIEN_ENOMEM;
  opened->model = model;
  opened->cues_wanted = true;
  const text_deep *deep = model;
  int code = text_deep_run_init(&opened->run, deep);
  void *beside = NULL;
  if (!code && deep->beside) code = text_kind_bulk.reader_open(&beside, deep->beside);
  if (code) {
    reader_close(opened);
    return code;
  }
  if (beside) text_kind_bulk.cues(beside, false);
  opened->beside = beside;
  return MIEN_OK;
}

static void reader_cues(void *reader, bool wanted) { ((text_deep_reader *)reader)->cues_wanted = wanted; }

/* ---- Texts through the network ------------------------------------------------------------------ */

/* Runs what waits, and adds it to what was said of the texts. */
static void flush(text_deep_reader *r) {
  const text_deep *model = r->model;
  text_deep_run_all(&r->run);
  for (size_t w = 0; w < r->run.window_count; w++) {
    text_deep_said *said = &r->said[r->owners[w].said];
    const float *heads = r->run.heads + w * model->head_count, *hidden = r->run.hidden + w * model->depth;
    for (size_t i = 0; i < model->head_count; i++) said->heads[i] += r->owners[w].share * heads[i];
    for (size_t i = 0; i < model->depth; i++) said->hidden[i] += r->owners[w].share * hidden[i];
  }
  text_deep_run_begin(&r->run);
}

/* Asks the bulk model of a text. */
static void ask_beside(text_deep_reader *r, text_deep_said *said, const char *utf8, size_t bytes) {
  if (!r->beside) return;
  mien_reading reading;
  text_kind_bulk.read(r->beside, utf8, bytes, &reading);
  const text_bulk_reader *bulk = r->beside;
  said->advised = bulk->tokens.count && bulk->known;
  memcpy(said->beside, bulk->heads, sizeof said->beside);
}

static void mix(float *heads, const float *beside, size_t count, float share) {
  for (size_t i = 0; i < count; i++) heads[i] += share * (beside[i] - heads[i]);
}

/* When all windows of a text are through: the network's say and the bulk model's. */
static void settle(const text_deep *model, text_deep_said *said) {
  if (!said->advised || said->heads[TEXT_DEEP_AT_CORE] <= UNSAID) return;
  mix(said->heads + TEXT_DEEP_AT_FINE, said->beside + TEXT_DEEP_AT_FINE, MIEN_FINE, model->beside_fine);
  mix(said->heads + TEXT_DEEP_AT_CORE, said->beside + TEXT_DEEP_AT_CORE, MIEN_CORE, model->beside_core);
  mix(said->heads + TEXT_DEEP_AT_BRIGHTER, said->beside + TEXT_DEEP_AT_BRIGHTER, TEXT_BRIGHTER,
      model->beside_brighter);
  mix(said->heads + TEXT_DEEP_AT_DIMS, said->beside + TEXT_DEEP_AT_DIMS, MIEN_DIMS, model->beside_dims);
}

/* Cuts a text and has its windows wait; what was said of it will be r->said[place]. */
static void take(text_deep_reader *r, size_t place, const text_turn *before, size_t count, const char *utf8,
                 size_t bytes) {
  text_deep_text *text = &r->text;
  text_deep_said *said = &r->said[place];
  text_deep_text_read(text, r->model->subwords, &r->tokens, before, count, utf8, bytes);
  memset(said, 0, sizeof *said);
  ask_beside(r, said, utf8, bytes);
  said->problem = text_deep_text_problem(text, r->model);
  said->score = (float)text->word_score / 1000 / (float)BASE_MAX(text->word_characters, (size_t)1);
  said->worded = text->word_characters >= WORDED;
  float valid = 1 - (float)text->invalid / (float)BASE_MAX(text->scanned, (size_t)1);
  float seen = bytes ? (float)text->read / (float)bytes : 1;
  float known = text->pieces ? 1 - (float)text->in_bytes / (float)text->pieces : 0;
  said->quality = valid * seen * known;
  for (size_t w = 0; w < text->window_count; w++) {
    if (!text_deep_text_add(text, w, &r->run)) {
      flush(r);
      text_deep_text_add(text, w, &r->run);
    }
    r->owners[r->run.window_count - 1].said = (uint16_t)place;
    r->owners[r->run.window_count - 1].share = (float)text->counts[w] / (float)text->pieces;
  }
  if (!text->window_count) /* the heads' say of no text: nothing */
    for (size_t i = 0; i < TEXT_DEEP_HEADS_MAX; i++) said->heads[i] = UNSAID;
}

/* ---- What was said ------------------------------------------------------------------------------ */

static size_t guess_language(const text_deep *model, const text_deep_said *said, float *probability) {
  const float *logits = said->heads + TEXT_DEEP_AT_LANGUAGE;
  size_t top = 0;
  float sum = 0;
  for (size_t i = 1; i < model->language_count; i++)
    if (logits[i] > logits[top]) top = i;
  for (size_t i = 0; i < model->language_count; i++) sum += expf(logits[i] - logits[top]);
  *probability = 1 / sum;
  return top;
}

static int top_of(const float core[MIEN_CORE]) {
  int top = 0;
  for (int k = 1; k < MIEN_CORE; k++)
    if (core[k] > core[top]) top = k;
  return top;
}

static void make_reading(const text_deep *model, const text_deep_said *said, mien_reading *reading) {
  base_reading_init(reading, MIEN_TEXT);
  reading->final = 1;
  reading->t0 = reading->t1 = (double)NAN;
  reading->quality = said->quality;
  reading->abstain = said->problem;
  const float *heads = said->heads;
  if (heads[TEXT_DEEP_AT_CORE] <= UNSAID) { /* not a word in it */
    reading->quality = 0;
    return;
  }
  nn_calibration calibration = model->calibration;
  if (model->trained & TEXT_DEEP_HAS_LANGUAGE) {
    float probability;
    size_t language = guess_language(model, said, &probability);
    bool strange = said->worded && (probability < model->language_floor || said->score < model->floors[language]);
    if (probability > model->sure && !strange) {
      memcpy(reading->language, model->languages[language], TEXT_LANGUAGE);
      calibration.temperature = model->temperature[language];
      calibration.quantile = model->quantile[language];
    }
    if (strange && !reading->abstain) reading->abstain = "it is in no language that was learnt";
    if (!reading->abstain && *model->reads && *reading->language && strcmp(reading->language, model->reads))
      reading->abstain = "it is in a language that this model does not read";
  }
  float core[MIEN_CORE];
  bool finite = true;
  for (int k = 0; k < MIEN_CORE; k++) {
    core[k] = heads[TEXT_DEEP_AT_CORE + k] / calibration.temperature;
    finite = finite && isfinite(core[k]);
  }
  if (!finite) {
    reading->abstain = "the model has no answer to it";
    return;
  }
  nn_softmax(core, MIEN_CORE);
  nn_calibration_apply(&calibration, core, reading);
  if (model->trained & TEXT_DEEP_HAS_FINE) {
    memcpy(reading->fine, heads + TEXT_DEEP_AT_FINE, sizeof reading->fine);
    nn_activate(NN_SIGMOID, reading->fine, MIEN_FINE);
  }
  if (model->trained & TEXT_DEEP_HAS_DIMS) {
    memcpy(reading->dims, heads + TEXT_DEEP_AT_DIMS, sizeof reading->dims);
    nn_activate(NN_TANH, reading->dims, MIEN_DIMS);
  }
  if (model->trained & TEXT_DEEP_HAS_SARCASM) {
    reading->flags[MIEN_SARCASM] = heads[TEXT_DEEP_AT_SARCASM];
    nn_activate(NN_SIGMOID, &reading->flags[MIEN_SARCASM], 1);
  }
}

/* With the cues of the text that was cut last. */
static void make_cues(text_deep_reader *r, const char *utf8, mien_reading *reading) {
  if (!r->cues_wanted || !r->text.part_count || !isfinite(reading->confidence)) return;
  reading->cue_count = text_deep_cues(r, utf8, top_of(reading->core));
  reading->cues = r->cues;
}

static int read_after(void *reader, const text_turn *before, size_t count, const char *utf8, size_t bytes,
                      mien_reading *reading) {
  text_deep_reader *r = reader;
  if (r->run.kept.count > TEXT_DEEP_FEW) text_deep_kept_forget(&r->run.kept);
  r->last = 0;
  take(r, 0, before, count, utf8, bytes);
  flush(r);
  settle(r->model, &r->said[0]);
  make_reading(r->model, &r->said[0], reading);
  make_cues(r, utf8, reading);
  return MIEN_OK;
}

static int read_text(void *reader, const char *utf8, size_t bytes, mien_reading *reading) {
  return read_after(reader, NULL, 0, utf8, bytes, reading);
}

static int read_batch(void *reader, const mien_text *texts, size_t count, mien_take_fn take_reading, void *context) {
  text_deep_reader *r = reader;
  for (size_t first = 0; first < count; first += TEXT_BATCH) {
    size_t some = BASE_MIN(count - first, (size_t)TEXT_BATCH);
    for (size_t i = 0; i < some; i++) take(r, i, NULL, 0, texts[first + i].utf8, texts[first + i].bytes);
    flush(r);
    r->last = some - 1;
    for (size_t i = 0; i < some; i++) settle(r->model, &r->said[i]);
    for (size_t i = 0; i < some; i++) {
      const mien_text *item = &texts[first + i];
      mien_reading reading;
      make_reading(r->model, &r->said[i], &reading);
      if (r->cues_wanted) {
        text_deep_text_read(&r->text, r->model->subwords, &r->tokens, NULL, 0, item->utf8, item->bytes);
        make_cues(r, item->utf8, &reading);
      }
      take_reading(context, first + i, &reading);
    }
  }
  return MIEN_OK;
}

/* ---- Beyond the reading ------------------------------------------------------------------------- */

static void brighter(const void *reader, const char *language, float probabilities[TEXT_BRIGHTER],
                     unsigned *expressed) {
  const text_deep_reader *r = reader;
  const text_deep *model = r->model;
  const float *thresholds = model->brighter[0].thresholds;
  for (size_t i = 1; i < model->brighter_count && language; i++)
    if (!strcmp(model->brighter[i].name, language)) thresholds = model->brighter[i].thresholds;
  memcpy(probabilities, r->said[r->last].heads + TEXT_DEEP_AT_BRIGHTER, TEXT_BRIGHTER * sizeof(float));
  nn_activate(NN_SIGMOID, probabilities, TEXT_BRIGHTER);
  *expressed = 0;
  for (int k = 0; k < TEXT_BRIGHTER; k++)
    if (probabilities[k] >= thresholds[k]) *expressed |= 1u << k;
}

static const float *fine_thresholds(const void *model) { return ((const text_deep *)model)->fine_thresholds; }

/* A head's numbers after its function, or NAN. */
static void show(const text_deep_reader *r, unsigned head, size_t at, int act, float *to, size_t count) {
  for (size_t i = 0; i < count; i++) to[i] = r->model->trained & head ? r->said[r->last].heads[at + i] : NAN;
  if (!(r->model->trained & head)) return;
  if (act == NN_NONE) nn_softmax(to, (int)count);
  else nn_activate(act, to, count);
}

static const text_heads *heads(const void *reader) {
  text_deep_reader *r = (text_deep_reader *)(uintptr_t)reader;
  text_heads *to = &r->shown;
  show(r, TEXT_DEEP_HAS_PLUTCHIK, TEXT_DEEP_AT_PLUTCHIK, NN_SIGMOID, to->plutchik, TEXT_PLUTCHIK);
  show(r, TEXT_DEEP_HAS_SENTIMENT, TEXT_DEEP_AT_SENTIMENT, NN_NONE, to->sentiment, TEXT_SENTIMENT);
  show(r, TEXT_DEEP_HAS_SARCASM, TEXT_DEEP_AT_SARCASM, NN_SIGMOID, &to->sarcasm, 1);
  show(r, TEXT_DEEP_HAS_STRESS, TEXT_DEEP_AT_STRESS, NN_SIGMOID, &to->stress, 1);
  show(r, TEXT_DEEP_HAS_INTENSITY, TEXT_DEEP_AT_INTENSITY, NN_SIGMOID, to->intensity, TEXT_BRIGHTER);
  for (int k = 0; k < TEXT_BRIGHTER; k++) to->intensity[k] *= 3;
  to->language[0] = 0;
  to->language_probability = NAN;
  if (r->model->trained & TEXT_DEEP_HAS_LANGUAGE)
    memcpy(to->language, r->model->languages[guess_language(r->model, &r->said[r->last], &to->language_probability)],
           TEXT_LANGUAGE);
  return to;
}

static const float *hidden(const void *reader, size_t *count) {
  const text_deep_reader *r = reader;
  *count = r->model->depth;
  return r->said[r->last].hidden;
}

const text_kind text_kind_deep = {.name = "text-deep",
                                  .join = text_deep_join,
                                  .model_open = text_deep_open,
                                  .model_close = text_deep_close,
                                  .reader_open = reader_open,
                                  .reader_close = reader_close,
                                  .cues = reader_cues,
                                  .read = read_text,
                                  .brighter = brighter,
                                  .fine_thresholds = fine_thresholds,
                                  .read_after = read_after,
                                  .read_batch = read_batch,
                                  .heads = heads,
                                  .hidden = hidden,
                                  .contributions = text_deep_contributions};
