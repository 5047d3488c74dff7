/* text.h: a text model, open, for the sets of texts. Only for this room. */
#ifndef EVAL_TEXT_H
#define EVAL_TEXT_H

#include "eval/parts.h"
#include "text/text.h"

typedef struct eval_text {
  nn_file *file;
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
