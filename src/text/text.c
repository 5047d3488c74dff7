/* text.c: text.h for every kind of model: finds the kind of a file and passes each call on to it. */
#include "text/kinds.h"

static const text_kind *const kinds[] = {&text_kind_bulk, &text_kind_deep, &text_kind_transformer};

struct text_model {
  const text_kind *kind;
  void *own; /* the kind's model */
};

struct text_reader {
  const text_kind *kind;
  void *own; /* the kind's reader */
};

static const char *const brighter_names[TEXT_BRIGHTER] = {"anger", "disgust", "fear",
                                                          "joy",   "sadness", "surprise"};

const char *text_brighter_name(int label) {
  return label >= 0 && label < TEXT_BRIGHTER ? brighter_names[label] : NULL;
}

int text_model_open(text_model **model, const nn_file *file, mien_error *error) {
  *model = NULL;
  const text_kind *kind = NULL;
  for (size_t i = 0; i < BASE_COUNT(kinds); i++)
    if (!strcmp(kinds[i]->name, nn_file_kind(file))) kind = kinds[i];
  if (!kind)
    return base_error_set(error, MIEN_EMODEL, "the text model",
                          "use a text model that was trained for this version of Mien",
                          "it is not a text model");
  text_model *opened = base_alloc(1, sizeof *opened);
  int code = opened ? kind->model_open(&opened->own, file, error)
                    : base_error_set(error, MIEN_ENOMEM, "the text model", "free some memory",
                                     "out of memory");
  if (code) {
    base_free(opened);
    return code;
  }
  opened->kind = kind;
  *model = opened;
  return MIEN_OK;
}

int text_model_join(text_model *model, const nn_file *bulk, mien_error *error) {
  return model->kind->join && bulk ? model->kind->join(model->own, bulk, error) : MIEN_OK;
}

void text_model_close(text_model **model) {
  if (!*model) return;
  (*model)->kind->model_close((*model)->own);
  base_free(*model);
  *model = NULL;
}

int text_reader_open(text_reader **reader, const text_model *model) {
  *reader = NULL;
  text_reader *opened = base_alloc(1, sizeof *opened);
  int code = opened ? model->kind->reader_open(&opened->own, model->own) : MIEN_ENOMEM;
  if (code) {
    base_free(opened);
    return code;
  }
  opened->kind = model->kind;
  *reader = opened;
  return MIEN_OK;
}

void text_reader_close(text_reader **reader) {
  if (!*reader) return;
  (*reader)->kind->reader_close((*reader)->own);
  base_free(*reader);
  *reader = NULL;
}

void text_reader_cues(text_reader *reader, bool wanted) { reader->kind->cues(reader->own, wanted); }

int text_read(text_reader *reader, const char *utf8, size_t bytes, mien_reading *reading) {
  return reader->kind->read(reader->own, utf8, bytes, reading);
}

void text_reader_brighter(const text_reader *reader, const char *language,
                          float probabilities[TEXT_BRIGHTER], unsigned *expressed) {
  reader->kind->brighter(reader->own, language, probabilities, expressed);
}

const float *text_model_fine_thresholds(const text_model *model) {
  return model->kind->fine_thresholds(model->own);
}

int text_read_after(text_reader *reader, const text_turn *before, size_t count, const char *utf8,
                    size_t bytes, mien_reading *reading) {
  if (!reader->kind->read_after) return text_read(reader, utf8, bytes, reading);
  return reader->kind->read_after(reader->own, before, count, utf8, bytes, reading);
}

bool text_reader_reads_turns(const text_reader *reader) {
  return reader->kind->read_after != NULL;
}

int text_read_batch(text_reader *reader, const mien_text *texts, size_t count, mien_take_fn take, void *context) {
  if (reader->kind->read_batch) return reader->kind->read_batch(reader->own, texts, count, take, context);
  for (size_t i = 0; i < count; i++) {
    mien_reading reading;
    int code = text_read(reader, texts[i].utf8, texts[i].bytes, &reading);
    if (code) return code;
    take(context, i, &reading);
  }
  return MIEN_OK;
}

const text_heads *text_reader_heads(const text_reader *reader) {
  static const text_heads none = {.plutchik = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN},
                                  .sentiment = {NAN, NAN, NAN},
                                  .sarcasm = NAN,
                                  .stress = NAN,
                                  .intensity = {NAN, NAN, NAN, NAN, NAN, NAN},
                                  .language_probability = NAN};
  return reader->kind->heads ? reader->kind->heads(reader->own) : &none;
}

const float *text_reader_hidden(const text_reader *reader, size_t *count) {
  *count = 0;
  return reader->kind->hidden ? reader->kind->hidden(reader->own, count) : NULL;
}

int text_reader_contributions(text_reader *reader, const char *utf8, size_t bytes,
                              text_contribution *list, size_t capacity) {
  if (!reader->kind->contributions) return MIEN_EUNSUPPORTED;
  return reader->kind->contributions(reader->own, utf8, bytes, list, capacity);
}
