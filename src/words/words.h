/* words/: speech to words on this machine.
 *
 * What it is: an interface (words_backend) that a recogniser fills, and one that does:
 * PocketSphinx with Debian's English model. What it is not: a good transcript; its words carry a
 * confidence, and a transcript beside the recording is always preferred.
 *
 * Owns: a recogniser owns the words it gives, valid until its next call. PocketSphinx takes 100 MB;
 * the recognisers of a process share it, and it is freed with the last of them. Threads: a recogniser
 * is used by one thread at a time; those that share a model wait for one another while an utterance is
 * decoded. Nothing is printed; the library's own log is off. */
#ifndef WORDS_WORDS_H
#define WORDS_WORDS_H

#include "base/base.h"

typedef struct words_word {
  const char *text;  /* lower case, UTF-8; never silence or a filler */
  double t0, t1;     /* seconds, on the clock of `at` in feed */
  float confidence;  /* posterior probability, 0…1 */
  int last;          /* 1: the last word of its utterance */
} words_word;

typedef struct words_backend {
  const char *name;
  /* `model`: a folder, or NULL for the usual place. */
  int (*open)(void **state, const char *model, mien_error *error);
  int (*feed)(void *state, const float *pcm, size_t count, double at);
  int (*next)(void *state, words_word *word);
  int (*finish)(void *state);
  void (*close)(void *state);
} words_backend;
const words_backend *words_pocketsphinx(void);

typedef struct words_recogniser words_recogniser;

/* `backend` NULL: PocketSphinx. MIEN_EUNSUPPORTED with a remedy where the model is not installed. */
int words_recogniser_open(words_recogniser **recogniser, const words_backend *backend,
                          const char *model, mien_error *error);
/* 16 kHz mono, -1…1; `at`: time of the first sample. A gap of more than half a second ends the
 * utterance. */
int words_recogniser_feed(words_recogniser *recogniser, const float *pcm, size_t count, double at);
/* MIEN_OK, or MIEN_EAGAIN: words come when their utterance has ended (a pause, or 15 s). After
 * finish MIEN_EEND when all were given. */
int words_recogniser_next(words_recogniser *recogniser, words_word *word);
int words_recogniser_finish(words_recogniser *recogniser);
void words_recogniser_close(words_recogniser **recogniser);

#endif
