/* words.c: the recogniser in front of its backend. */
#include "words/words.h"

struct words_recogniser {
  const words_backend *backend;
  void *state;
  bool finished;
};

int words_recogniser_open(words_recogniser **to, const words_backend *backend, const char *model,
                          mien_error *error) {
  *to = NULL;
  words_recogniser *recogniser = base_alloc(1, sizeof *recogniser);
  if (!recogniser) return base_error_set(error, MIEN_ENOMEM, "", "", "out of memory");
  recogniser->backend = backend ? backend : words_pocketsphinx();
  int code = recogniser->backend->open(&recogniser->state, model, error);
  if (code) {
    base_free(recogniser);
    return code;
  }
  *to = recogniser;
  return MIEN_OK;
}

int words_recogniser_feed(words_recogniser *recogniser, const float *pcm, size_t count, double at) {
  if (recogniser->finished || !isfinite(at)) return MIEN_EINVAL;
  return recogniser->backend->feed(recogniser->state, pcm, count, at);
}

int words_recogniser_next(words_recogniser *recogniser, words_word *word) {
  int code = recogniser->backend->next(recogniser->state, word);
  return code == MIEN_EAGAIN && recogniser->finished ? MIEN_EEND : code;
}

int words_recogniser_finish(words_recogniser *recogniser) {
  if (recogniser->finished) return MIEN_OK;
  recogniser->finished = true;
  return recogniser->backend->finish(recogniser->state);
}

void words_recogniser_close(words_recogniser **to) {
  if (!*to) return;
  (*to)->backend->close((*to)->state);
  base_free(*to);
  *to = NULL;
}
