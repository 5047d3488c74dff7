/* text.c: what the sets of texts share: the models, the grouping of labels, splits by checksum. */
#include "eval/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* GoEmotions' grouping (Demszky et al. 2020, Ekman's six) with neutral, in mien_fine_name's order.
 */
const int eval_core_of_fine[MIEN_FINE] = {
    MIEN_JOY,      /* admiration */
    MIEN_JOY,      /* amusement */
    MIEN_ANGER,    /* anger */
    MIEN_ANGER,    /* annoyance */
    MIEN_JOY,      /* approval */
    MIEN_JOY,      /* caring */
    MIEN_SURPRISE, /* confusion */
    MIEN_SURPRISE, /* curiosity */
    MIEN_JOY,      /* desire */
    MIEN_SADNESS,  /* disappointment */
    MIEN_ANGER,    /* disapproval */
    MIEN_DISGUST,  /* disgust */
    MIEN_SADNESS,  /* embarrassment */
    MIEN_JOY,      /* excitement */
    MIEN_FEAR,     /* fear */
    MIEN_JOY,      /* gratitude */
    MIEN_SADNESS,  /* grief */
    MIEN_JOY,      /* joy */
    MIEN_JOY,      /* love */
    MIEN_FEAR,     /* nervousness */
    MIEN_JOY,      /* optimism */
    MIEN_JOY,      /* pride */
    MIEN_SURPRISE, /* realization */
    MIEN_JOY,      /* relief */
    MIEN_SADNESS,  /* remorse */
    MIEN_SADNESS,  /* sadness */
    MIEN_SURPRISE, /* surprise */
    MIEN_NEUTRAL,  /* neutral */
};

/* ---- Models ---------------------------------------------------------------------------------- */

static const struct {
  const char *name, *file;
} models[] = {{"bulk", "text"}, {"deep", "text-deep"}, {"research", "text-research"}};

const char *eval_text_model_at(size_t index) {
  return index < BASE_COUNT(models) ? models[index].name : NULL;
}

static const char *file_of(const char *name) {
  for (size_t m = 0; m < BASE_COUNT(models); m++)
    if (!strcmp(models[m].name, name)) return models[m].file;
  return name;
}

bool eval_text_there(const eval_context *context, const char *name) {
  return eval_has_model(context, file_of(name));
}

int eval_text_open(eval_context *context, eval_text *text, mien_error *error) {
  const char *name = context->text                      ? context->text
                     : context->choice                  ? context->choice
                     : eval_text_there(context, "deep") ? "deep"
                                                        : "bulk";
  *text = (eval_text){0};
  int code = eval_open_model(context, file_of(name), &text->file, error);
  if (!code) code = text_model_open(&text->model, text->file, error);
  if (!code && eval_text_there(context, "bulk"))
    code = eval_open_model(context, file_of("bulk"), &text->beside, error);
  if (!code && text->beside) code = text_model_join(text->model, text->beside, error);
  if (!code && (code = text_reader_open(&text->reader, text->model)))
    base_error_set(error, code, "", "", "no memory for the text model");
  if (!code) text_reader_cues(text->reader, false);
  return code;
}

void eval_text_close(eval_text *text) {
  text_reader_close(&text->reader);
  text_model_close(&text->model);
  nn_file_close(&text->file);
  nn_file_close(&text->beside);
}

void eval_text_read(const eval_text *text, const char *utf8, mien_reading *reading) {
  base_reading_init(reading, MIEN_TEXT);
  text_read(text->reader, utf8, strlen(utf8), reading);
}

const text_heads *eval_text_probe(const eval_text *text) {
  mien_reading reading;
  eval_text_read(text, "I am so happy for you.", &reading);
  return text_reader_heads(text->reader);
}

const nn_tensor *eval_text_head(const eval_text *text, const char *name, uint32_t rows) {
  const uint32_t dims[4] = {rows, 0};
  size_t depth = 0;
  const nn_tensor *head = nn_file_tensor(text->file, name, NN_F32, 2, dims, NULL);
  eval_text_probe(text);
  if (!text_reader_hidden(text->reader, &depth)) return NULL;
  return head && head->dims[1] == depth + 1 ? head : NULL;
}

double eval_text_logit(const eval_text *text, const nn_tensor *head, int row) {
  size_t depth;
  const float *hidden = text_reader_hidden(text->reader, &depth);
  const float *weights = (const float *)head->data + (size_t)row * head->dims[1];
  double logit = weights[depth];
  for (size_t i = 0; i < depth; i++)
    logit += (double)weights[i] * hidden[i];
  return logit;
}

int eval_text_top(const eval_text *text, const nn_tensor *head, int first, int count) {
  int top = 0;
  double largest = -INFINITY;
  for (int k = 0; k < count; k++) {
    double logit = eval_text_logit(text, head, first + k);
    if (logit > largest) largest = logit, top = k;
  }
  return top;
}

int eval_disk(eval_context *context, mien_error *error) {
  eval_text text;
  int code = eval_text_open(context, &text, error);
  if (!code) {
    double size = (double)nn_file_bytes(text.file) / 1e6;
    eval_set(&context->report, "Size on disk");
    eval_row *row = eval_add(&context->report, "", "MB", (eval_value){size, NAN, NAN}, 1);
    row->goal = "size on disk, MB (of all that ship together: at most 25)";
  }
  eval_text_close(&text);
  return code;
}

/* ---- Splits ---------------------------------------------------------------------------------- */

static bool is_space(uint32_t c) { /* Unicode's White_Space and the separators 1C…1F, as Python's */
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

char *eval_cleaned(const char *utf8) {
  size_t bytes = strlen(utf8), used = 0;
  char *cleaned = malloc(bytes + 1);
  bool space = false;
  for (size_t at = 0; cleaned && at < bytes;) {
    uint32_t c;
    int length = base_utf8_next(utf8 + at, bytes - at, &c);
    size_t step = length > 0 ? (size_t)length : 1;
    if (length > 0 && is_space(c)) {
      space = true;
    } else {
      if (space && used) cleaned[used++] = ' ';
      space = false;
      memcpy(cleaned + used, utf8 + at, step);
      used += step;
    }
    at += step;
  }
  if (cleaned) cleaned[used] = 0;
  return cleaned;
}

uint32_t eval_checksum(const char *cleaned) {
  uint32_t sum = UINT32_MAX;
  for (const unsigned char *c = (const unsigned char *)cleaned; *c; c++) {
    sum ^= *c;
    for (int bit = 0; bit < 8; bit++)
      sum = sum >> 1 ^ (sum & 1 ? UINT32_C(0xEDB88320) : 0);
  }
  return ~sum;
}

/* ---- Labels ---------------------------------------------------------------------------------- */

void eval_only_label(const eval_multi *items, size_t count, int label, eval_multi *own) {
  for (size_t i = 0; i < count; i++)
    own[i] = (eval_multi){items[i].truth >> label & 1, items[i].guess >> label & 1};
}

double eval_f1_of_always(const eval_multi *items, size_t count) {
  double positive = 0;
  for (size_t i = 0; i < count; i++)
    positive += items[i].truth & 1;
  return 2 * positive / (positive + (double)count);
}
