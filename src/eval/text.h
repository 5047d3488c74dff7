/* text.h: a text model, open, for the sets of texts. Only for this room. */
#ifndef EVAL_TEXT_H
#define EVAL_TEXT_H

#include "eval/parts.h"
#include "text/text.h"

typedef struct eval_text {
  nn_file *file, *beside; /* beside: the bulk model, for the deep one to hear */
  text_model *model;
  text_reader *reader;
} eval_text;

/* The file of a model by its short name: "deep" is text-deep.mien. */
bool eval_text_there(const eval_context *context, const char *name);

/* Opens the model that context->text names; without one, the deep model where it is there, else the
 * bulk model. Close also after a failure. */
int eval_text_open(eval_context *context, eval_text *text, mien_error *error);
void eval_text_close(eval_text *text);

void eval_text_read(const eval_text *text, const char *utf8, mien_reading *reading);

/* The heads after some text or other: which are NAN, the model does not have. */
const text_heads *eval_text_probe(const eval_text *text);

/* Linear heads over the hidden layer that only the evaluation knows of: a tensor F32 [rows][hidden + 1],
 * the last column the bias. NULL: the model has none of that name and shape. */
const nn_tensor *eval_text_head(const eval_text *text, const char *name, uint32_t rows);
/* One row's logit of the text read last. */
double eval_text_logit(const eval_text *text, const nn_tensor *head, int row);
/* The heads of benchmarks that a research model was trained on (train/text_deep_research.py): MELD in
 * core order, TweetEval's emotions, its irony. */
enum { EVAL_MELD = 0, EVAL_TWEET = EVAL_MELD + MIEN_CORE, EVAL_IRONY = EVAL_TWEET + 4,
       EVAL_BENCHMARKS };
#define EVAL_BENCHMARK_HEADS "benchmark.heads"
/* The largest of the rows first … first + count - 1, counted from the first. */
int eval_text_top(const eval_text *text, const nn_tensor *head, int first, int count);

/* The core label of each of the 28 fine ones, as GoEmotions groups them. */
extern const int eval_core_of_fine[MIEN_FINE];

/* The text with every run of white space as one space and none at its ends, as training sees it:
 * allocated; NULL when memory is out. */
char *eval_cleaned(const char *utf8);
/* CRC-32 (ISO 3309) of the cleaned text: by it, sets without a split are split. */
uint32_t eval_checksum(const char *cleaned);

/* A mask of labels `count` wide as one label's items, for its own F1: bit `label` becomes bit 0. */
void eval_only_label(const eval_multi *items, size_t count, int label, eval_multi *own);
/* The F1 of guessing a label for every item, beside which a figure has to be seen. */
double eval_f1_of_always(const eval_multi *items, size_t count);

#endif
