/* pocketsphinx.c: words by PocketSphinx 5prealpha (Huggins-Daines et al. 2006) with an n-gram model.
 *
 * A decoder takes 100 MB, so all recognisers with the same model share one, behind a lock, and give
 * it whole utterances. Each utterance is decoded from a clean start (its own cepstral mean, fresh
 * noise estimate), so the words do not depend on what others said before. We find the utterances
 * ourselves (endpoint.c) and switch the library's own silence removal off, because that takes frames
 * out without keeping their times. */
#include "words/endpoint.h"
#include "words/words.h"

#include <pocketsphinx.h>
#include <pthread.h>
#include <sphinxbase/ngram_model.h>
#include <sphinxbase/err.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEBIAN_MODEL "/usr/share/pocketsphinx/model/en-us"
static const double gap = 0.5; /* seconds of missing sound that end an utterance */

enum { UTTERANCE = 16 * 16000 /* samples; endpoint.c ends it before */, WORD_BYTES = 48,
       LEAD = ENDPOINT_LEAD * ENDPOINT_FRAME };

typedef struct shared { /* one for each model folder in use */
  struct shared *next;
  char *model;
  int users;
  pthread_mutex_t lock; /* around a decoding */
  ps_decoder_t *decoder;
  cmd_ln_t *config;
} shared;

static shared *all_shared;
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;

typedef struct heard {
  words_word word;
  char text[WORD_BYTES];
} heard;

typedef struct sphinx {
  shared *shared;
  endpoint endpoint;
  int16_t sound[UTTERANCE];       /* of the utterance; before it, the last LEAD samples */
  size_t kept;
  int16_t frame[ENDPOINT_FRAME];
  size_t filled;
  double origin;                  /* seconds: time of sample 0 */
  long long samples;              /* since then, whole frames */
  heard *words;                   /* of utterances that have ended */
  size_t count, given, room;
} sphinx;

static int missing(mien_error *error, const char *where) {
  return base_error_set(error, MIEN_EUNSUPPORTED, where,
                        "apt install pocketsphinx-en-us, or give a transcript, or turn words off",
                        "the speech model is not there");
}

/* ---- The shared decoder. */

static void free_shared(shared *d) {
  if (d->decoder) ps_free(d->decoder);
  if (d->config) cmd_ln_free_r(d->config);
  pthread_mutex_destroy(&d->lock);
  base_free(d->model);
  base_free(d);
}

/* The dictionary without the words that the language model does not know or hardly ever expects: 37
 * of 134 thousand, 40 MB less, and no word wrong for it on the sample. In memory, as a descriptor;
 * -1 when that cannot be had, which only costs memory. */
static int thin_dictionary(const char *dictionary, const char *language) {
  static const double rarest = -6.5; /* log10 of the probability of a word by itself */
  int fd = memfd_create("words", MFD_CLOEXEC);
  FILE *from = fopen(dictionary, "r"), *to = fd < 0 ? NULL : fdopen(dup(fd), "w");
  logmath_t *log = logmath_init(1.0001, 0, 0);
  ngram_model_t *model = from && to && log ? ngram_model_read(NULL, language, NGRAM_AUTO, log) : NULL;
  char line[512], word[512];
  int kept = 0;
  while (model && fgets(line, sizeof line, from)) {
    size_t bytes = strcspn(line, " \t(\n");
    memcpy(word, line, bytes);
    word[bytes] = 0;
    if (ngram_wid(model, word) == ngram_unknown_wid(model) ||
        logmath_log_to_log10(log, ngram_score(model, word, NULL)) < rarest)
      continue;
    fputs(line, to);
    kept++;
  }
  ngram_model_free(model);
  if (log) logmath_free(log);
  if (from) fclose(from);
  bool good = to && fclose(to) == 0 && kept > 1000;
  if (good || fd < 0) return fd;
  close(fd);
  return -1;
}

static int open_shared(shared **to, const char *model, mien_error *error) {
  char acoustic[512], language[512], dictionary[512]; /* the folder's layout is Debian's */
  snprintf(acoustic, sizeof acoustic, "%s/en-us", model);
  snprintf(language, sizeof language, "%s/en-us.lm.bin", model);
  snprintf(dictionary, sizeof dictionary, "%s/cmudict-en-us.dict", model);
  if (access(acoustic, R_OK)) return missing(error, acoustic);
  if (access(language, R_OK)) return missing(error, language);
  if (access(dictionary, R_OK)) return missing(error, dictionary);
  shared *d = base_alloc(1, sizeof *d);
  if (d) d->model = base_strdup(model);
  if (!d || !d->model) {
    base_free(d);
    return base_error_set(error, MIEN_ENOMEM, model, "", "out of memory");
  }
  pthread_mutex_init(&d->lock, NULL);
  int thin = thin_dictionary(dictionary, language);
  if (thin >= 0) snprintf(dictionary, sizeof dictionary, "/proc/self/fd/%d", thin);
  d->config = cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", acoustic, "-lm", language, "-dict",
                          dictionary, "-logfn", "/dev/null", "-remove_silence", "no", "-cmn", "batch",
                          /* half the time of the defaults for 1 % more wrong words */
                          "-maxhmmpf", "3000", "-maxwpf", "10", NULL);
  if (d->config) d->decoder = ps_init(d->config);
  if (thin >= 0) close(thin);
  if (!d->decoder) {
    free_shared(d);
    return base_error_set(error, MIEN_EMODEL, model,
                          "apt install --reinstall pocketsphinx-en-us", "the speech model is damaged");
  }
  *to = d;
  return MIEN_OK;
}

static int take_shared(shared **to, const char *model, mien_error *error) {
  int code = MIEN_OK;
  pthread_mutex_lock(&all_lock);
  err_set_logfp(NULL);
  shared *d = all_shared;
  while (d && strcmp(d->model, model)) d = d->next;
  if (!d) {
    code = open_shared(&d, model, error);
    if (!code) {
      d->next = all_shared;
      all_shared = d;
    }
  }
  if (!code) d->users++;
  *to = code ? NULL : d;
  pthread_mutex_unlock(&all_lock);
  return code;
}

static void give_shared(shared *d) {
  pthread_mutex_lock(&all_lock);
  if (--d->users == 0) {
    shared **link = &all_shared;
    while (*link != d) link = &(*link)->next;
    *link = d->next;
    free_shared(d);
  }
  pthread_mutex_unlock(&all_lock);
}

/* ---- A recogniser. */

static void sphinx_close(void *state) {
  sphinx *s = state;
  give_shared(s->shared);
  base_free(s->words);
  base_free(s);
}

static int sphinx_open(void **state, const char *model, mien_error *error) {
  if (!model) model = DEBIAN_MODEL;
  sphinx *s = base_alloc(1, sizeof *s);
  if (!s) return base_error_set(error, MIEN_ENOMEM, model, "", "out of memory");
  int code = take_shared(&s->shared, model, error);
  if (code) {
    base_free(s);
    return code;
  }
  endpoint_init(&s->endpoint);
  s->origin = NAN;
  *state = s;
  return MIEN_OK;
}

/* "read(2)" is the second way to say "read"; "<sil>" and "[NOISE]" are no words. */
static bool add_word(sphinx *s, const char *text, double t0, double t1, double confidence) {
  if (*text == '<' || *text == '[' || *text == '+' || !*text) return true;
  if (s->count == s->room) {
    size_t room = BASE_MAX(s->room * 2, 64);
    heard *more = base_resize(s->words, room, sizeof *more);
    if (!more) return false;
    s->words = more;
    s->room = room;
  }
  heard *h = &s->words[s->count++];
  size_t bytes = strcspn(text, "(");
  if (bytes >= sizeof h->text) bytes = sizeof h->text - 1;
  memcpy(h->text, text, bytes);
  h->text[bytes] = 0;
  h->word = (words_word){.t0 = t0, .t1 = t1, .confidence = (float)BASE_CLAMP(confidence, 0, 1)};
  return true;
}

static int collect_words(sphinx *s, ps_decoder_t *decoder, double begin) {
  logmath_t *log = ps_get_logmath(decoder);
  int start = -1; /* the library counts frames from an origin of its own */
  for (ps_seg_t *segment = ps_seg_iter(decoder); segment; segment = ps_seg_next(segment)) {
    int first, last;
    int32 acoustic, language, backoff;
    ps_seg_frames(segment, &first, &last);
    if (start < 0) start = first;
    double confidence = logmath_exp(log, ps_seg_prob(segment, &acoustic, &language, &backoff));
    if (!add_word(s, ps_seg_word(segment), begin + (first - start) * 0.01,
                  begin + (last + 1 - start) * 0.01, confidence)) {
      ps_seg_free(segment);
      return MIEN_ENOMEM;
    }
  }
  return MIEN_OK;
}

/* Decodes what was kept. An utterance too short to decode has no words. */
static int end_utterance(sphinx *s) {
  ps_decoder_t *decoder = s->shared->decoder;
  double begin = s->origin + (double)(s->samples - (long long)s->kept) / 16000;
  size_t before = s->count;
  int code = MIEN_OK;
  pthread_mutex_lock(&s->shared->lock);
  if (ps_start_stream(decoder) >= 0 && ps_start_utt(decoder) >= 0) {
    int frames = ps_process_raw(decoder, s->sound, s->kept, FALSE, TRUE);
    if (ps_end_utt(decoder) >= 0 && frames > 0) code = collect_words(s, decoder, begin);
  }
  pthread_mutex_unlock(&s->shared->lock);
  s->kept = 0;
  if (s->count > before) s->words[s->count - 1].word.last = 1;
  return code;
}

static int take_frame(sphinx *s) {
  int now = endpoint_step(&s->endpoint, s->frame), code = MIEN_OK;
  if (now == ENDPOINT_ENDS || s->kept + ENDPOINT_FRAME > UTTERANCE) code = end_utterance(s);
  if (!s->endpoint.speaking && s->kept == LEAD) {
    s->kept -= ENDPOINT_FRAME;
    memmove(s->sound, s->sound + ENDPOINT_FRAME, s->kept * sizeof *s->sound);
  }
  memcpy(s->sound + s->kept, s->frame, sizeof s->frame);
  s->kept += ENDPOINT_FRAME;
  s->samples += ENDPOINT_FRAME;
  s->filled = 0;
  return code;
}

static int sphinx_finish(void *state) {
  sphinx *s = state;
  int code = s->endpoint.speaking ? end_utterance(s) : MIEN_OK;
  s->endpoint.speaking = false;
  s->endpoint.recent = 0;
  s->kept = 0;
  return code;
}

static int sphinx_feed(void *state, const float *pcm, size_t count, double at) {
  sphinx *s = state;
  double expected = s->origin + (double)(s->samples + (long long)s->filled) / 16000;
  int code = MIEN_OK;
  if (!(fabs(at - expected) < gap)) { /* the first sound, or sound is missing */
    code = sphinx_finish(s);
    s->origin = at;
    s->samples = 0;
    s->filled = 0;
  }
  for (size_t i = 0; i < count && !code; i++) {
    float x = pcm[i] * 32767;
    s->frame[s->filled++] = (int16_t)(x >= 32767 ? 32767 : x <= -32767 ? -32767 : x == x ? lrintf(x) : 0);
    if (s->filled == ENDPOINT_FRAME) code = take_frame(s);
  }
  return code;
}

static int sphinx_next(void *state, words_word *word) {
  sphinx *s = state;
  if (s->given == s->count) {
    s->given = s->count = 0;
    return MIEN_EAGAIN;
  }
  heard *h = &s->words[s->given++];
  *word = h->word;
  word->text = h->text;
  return MIEN_OK;
}

const words_backend *words_pocketsphinx(void) {
  static const words_backend backend = {"pocketsphinx", sphinx_open, sphinx_feed,
                                        sphinx_next,    sphinx_finish, sphinx_close};
  return &backend;
}
