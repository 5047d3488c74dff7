/* text/: what emotion a text expresses, read from its bytes alone.
 *
 * What it is: normalisation, tokens, and a small network over them (the bulk model: one model for
 * all its languages, as fast as fastText), giving fine, core, dims, and the tokens that spoke for
 * the top label. What it is not: a language identifier, a sarcasm detector (flags.sarcasm stays
 * unknown), or a judge of what somebody feels.
 *
 * Owns: a model borrows its nn_file, which must outlive it; a reader borrows its model. A reading's
 * cues point into the reader and are valid until its next call.
 * Threads: a model is read-only and shared; a reader is scratch memory for one thread (about
 * 900 KiB, all of it taken in text_reader_open: reading a text allocates nothing). */
#ifndef TEXT_H
#define TEXT_H

#include "base/base.h"
#include "nn/nn.h"

enum {
  TEXT_TOKENS = 512,  /* tokens read of one text: of a longer one, the first; `quality` then says
                         which share of the bytes was read                                      */
  TEXT_CUES = 16,     /* cues given at most                                                     */
  TEXT_BRIGHTER = 6,  /* anger disgust fear joy sadness surprise, as BRIGHTER orders them       */
  TEXT_LANGUAGE = 8,  /* bytes of a language code with its ending 0                             */
};

typedef struct text_model text_model;
typedef struct text_reader text_reader;

/* MIEN_EMODEL: not a text model, or not of this program's feature version. */
int text_model_open(text_model **model, const nn_file *file, mien_error *error);
/* The deep model was tuned to hear the bulk model as well: gives it that model's file, which must outlive
 * it, before a reader is opened. Without, it reads by itself, less well. Other models: nothing happens. */
int text_model_join(text_model *model, const nn_file *bulk, mien_error *error);
void text_model_close(text_model **model);

int text_reader_open(text_reader **reader, const text_model *model);
void text_reader_close(text_reader **reader);

/* Cues cost about a tenth of the time; 0 switches them off. */
void text_reader_cues(text_reader *reader, bool wanted);

/* Reads one text. Content never makes it fail: invalid UTF-8 is read as U+FFFD, NUL bytes as
 * spaces, and what cannot be read abstains with the reason. The times of the reading and of its
 * cues are left unknown (NAN); a cue's `at` and `length` are bytes of `utf8`. */
int text_read(text_reader *reader, const char *utf8, size_t bytes, mien_reading *reading);

/* A turn that was said before the text to be read, and whether the same person said it. */
typedef struct text_turn {
  const char *utf8;
  size_t bytes;
  bool same;
} text_turn;

/* Reads one text as the answer to others, oldest first; a model that reads texts one by one (the
 * bulk model) ignores them. Everything else is as in text_read. */
int text_read_after(text_reader *reader, const text_turn *before, size_t count, const char *utf8,
                    size_t bytes, mien_reading *reading);

bool text_reader_reads_turns(const text_reader *reader); /* does it look at `before`? */

/* Reads many texts, each by itself, and gives their readings in order; what a reading points to is good
 * until `take` returns. The readings are, to the bit, those of text_read. A model that gains from it
 * (the deep one) takes up to TEXT_BATCH texts through the network together. */
enum { TEXT_BATCH = 64 };
int text_read_batch(text_reader *reader, const mien_text *texts, size_t count, mien_take_fn take, void *context);

/* ---- For evaluation: what the heads said of the last text ------------------------------------ */

enum { TEXT_PLUTCHIK = 8 /* anger anticipation disgust fear joy sadness surprise trust */,
       TEXT_SENTIMENT = 3 /* negative neutral positive */ };

/* What a model says beyond the reading; NAN where it has no such head, or it was not trained. */
typedef struct text_heads {
  float plutchik[TEXT_PLUTCHIK];  /* independent probabilities */
  float sentiment[TEXT_SENTIMENT];
  float sarcasm, stress;
  float intensity[TEXT_BRIGHTER]; /* 0…3 */
  char language[TEXT_LANGUAGE];   /* the most probable one; "": no head */
  float language_probability;
} text_heads;
const text_heads *text_reader_heads(const text_reader *reader);

/* The hidden layer that the heads are linear in, [*count]; all zeros where there was no word. NULL,
 * and *count 0: the model has none to show. */
const float *text_reader_hidden(const text_reader *reader, size_t *count);

/* What each part of a text (a token, in order) said for or against the top core label, up to scale:
 * only its order and sign mean something. Reads the text again. Gives how many parts there are, at
 * most `capacity`, or an error's number; MIEN_EUNSUPPORTED: the model cannot tell. */
typedef struct text_contribution {
  size_t at, length; /* bytes of the text */
  float share;       /* > 0: for the top label */
  float attention;   /* its share of attention, 0…1; NAN: the model has none */
} text_contribution;
int text_reader_contributions(text_reader *reader, const char *utf8, size_t bytes,
                              text_contribution *list, size_t capacity);

/* Independent probabilities of BRIGHTER's six labels, and the decisions (bit k: label k is
 * expressed) at the thresholds that were tuned on `language`'s dev set; NULL, or a language without
 * a table ("eng" has one, BRIGHTER's file names are the codes): the thresholds of all languages. */
void text_reader_brighter(const text_reader *reader, const char *language,
                          float probabilities[TEXT_BRIGHTER], unsigned *expressed);
const char *text_brighter_name(int label); /* "anger" … ; NULL out of range */

/* Thresholds of the 28 fine labels, tuned on GoEmotions dev: label k is expressed when
 * reading.fine[k] >= thresholds[k]. If none is, the most probable one is to be taken. */
const float *text_model_fine_thresholds(const text_model *model);

#endif
