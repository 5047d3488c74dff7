/* kinds.h: the kinds of text model that stand behind text.h; inside text/ only.
 *
 * A model file says its kind; text.c finds it here and passes every call of text.h on to it. A kind
 * has its own model and its own reader, made and freed by its functions; what each function promises
 * is what text.h says of the call of that name. */
#ifndef TEXT_KINDS_H
#define TEXT_KINDS_H

#include "text/text.h"

typedef struct text_kind {
  const char *name; /* as the model file says it */
  int (*model_open)(void **model, const nn_file *file, mien_error *error);
  void (*model_close)(void *model);
  int (*reader_open)(void **reader, const void *model);
  void (*reader_close)(void *reader);
  void (*cues)(void *reader, bool wanted);
  int (*read)(void *reader, const char *utf8, size_t bytes, mien_reading *reading);
  void (*brighter)(const void *reader, const char *language, float probabilities[TEXT_BRIGHTER],
                   unsigned *expressed);
  const float *(*fine_thresholds)(const void *model);
  /* NULL where a kind has no such thing; text.h says what the caller then gets. */
  int (*read_after)(void *reader, const text_turn *before, size_t count, const char *utf8,
                    size_t bytes, mien_reading *reading);
  int (*read_batch)(void *reader, const mien_text *texts, size_t count, mien_take_fn take, void *context);
  const text_heads *(*heads)(const void *reader);
  const float *(*hidden)(const void *reader, size_t *count);
  int (*join)(void *model, const nn_file *bulk, mien_error *error);
  int (*contributions)(void *reader, const char *utf8, size_t bytes, text_contribution *list,
                       size_t capacity);
} text_kind;

extern const text_kind text_kind_bulk;        /* "text": model.c, read.c, cues.c    */
extern const text_kind text_kind_deep;        /* "text-deep": deep.c, deep_….c      */
extern const text_kind text_kind_transformer; /* "text-transformer": transformer/   */

#endif
