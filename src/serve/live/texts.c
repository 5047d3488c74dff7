/* texts.c: one thread that reads whatever waits, at once. */
#include "serve/live/texts.h"

#include <pthread.h>

enum { BATCH = 256 /* texts read at once */, WAITING = 20000 /* texts at most */ };

struct serve_texts {
  mien_engine *engine;
  mien_session *plain, *cued; /* without cues, with cues */
  pthread_t thread;
  bool running, closing;
  pthread_mutex_t lock;
  pthread_cond_t work;
  serve_texts_job *first, **end;
  size_t waiting;
};

typedef struct batch {
  mien_text texts[BATCH];
  serve_texts_job *jobs[BATCH];
} batch;

static void add_reading(serve_texts_job *job, const mien_reading *reading) {
  base_text *out = &job->json;
  if (out->length) base_text_add(out, ",", 1);
  for (int tries = 0; tries < 2 && !out->failed; tries++) {
    size_t bytes = mien_reading_json(reading, out->data + out->length, out->capacity - out->length);
    if (out->capacity && bytes < out->capacity - out->length) {
      out->length += bytes;
      return;
    }
    size_t room = out->length + bytes + 64;
    char *grown = base_resize(out->data, BASE_MAX(room, 2 * out->capacity), 1);
    if (!grown) {
      out->failed = true;
      return;
    }
    out->data = grown;
    out->capacity = BASE_MAX(room, 2 * out->capacity);
  }
}

static void take(void *context, size_t index, const mien_reading *reading) {
  batch *b = context;
  add_reading(b->jobs[index], reading);
}

/* Reads all texts of `jobs` that ask for cues, or all that do not. */
static void read_those(mien_session *session, serve_texts_job *jobs, bool cues, batch *b) {
  size_t filled = 0;
  for (serve_texts_job *job = jobs; job; job = job->next) {
    if (job->cues != cues) continue;
    for (size_t i = 0; i < job->count; i++) {
      b->texts[filled] = job->texts[i];
      b->jobs[filled++] = job;
      if (filled < BATCH) continue;
      int code = mien_session_read_texts(session, b->texts, filled, take, b);
      for (size_t k = 0; code && k < filled; k++) b->jobs[k]->code = code;
      filled = 0;
    }
  }
  int code = filled ? mien_session_read_texts(session, b->texts, filled, take, b) : MIEN_OK;
  for (size_t k = 0; code && k < filled; k++) b->jobs[k]->code = code;
}

static void *work(void *context) {
  serve_texts *t = context;
  batch *b = base_alloc(1, sizeof *b);
  pthread_mutex_lock(&t->lock);
  for (;;) {
    while (!t->first && !t->closing) pthread_cond_wait(&t->work, &t->lock);
    serve_texts_job *jobs = t->first;
    if (!jobs) break;
    t->first = NULL;
    t->end = &t->first;
    t->waiting = 0;
    pthread_mutex_unlock(&t->lock);
    if (b) {
      read_those(t->plain, jobs, false, b);
      read_those(t->cued, jobs, true, b);
    }
    for (serve_texts_job *next; jobs; jobs = next) {
      next = jobs->next;
      if (!b || jobs->json.failed) jobs->code = MIEN_ENOMEM;
      jobs->done(jobs);
    }
    pthread_mutex_lock(&t->lock);
  }
  pthread_mutex_unlock(&t->lock);
  base_free(b);
  return NULL;
}

int serve_texts_open(serve_texts **opened, mien_engine *engine, mien_error *error) {
  serve_texts *t = base_alloc(1, sizeof *t);
  *opened = t;
  if (!t) return base_error_set(error, MIEN_ENOMEM, "texts", "", "out of memory");
  t->engine = engine;
  t->end = &t->first;
  pthread_mutex_init(&t->lock, NULL);
  pthread_cond_init(&t->work, NULL);
  mien_session_options options = MIEN_SESSION_USUAL;
  options.read = MIEN_READ_TEXT;
  options.states = options.turns = 0;
  options.cues = 0;
  int code = mien_session_open(&t->plain, engine, &options, error);
  options.cues = 1;
  if (!code) code = mien_session_open(&t->cued, engine, &options, error);
  if (!code && pthread_create(&t->thread, NULL, work, t))
    code = base_error_set(error, MIEN_ENOMEM, "texts", "", "the reader's thread could not be started");
  t->running = !code;
  if (code) serve_texts_close(opened);
  return code;
}

void serve_texts_close(serve_texts **closed) {
  serve_texts *t = *closed;
  if (!t) return;
  pthread_mutex_lock(&t->lock);
  t->closing = true;
  pthread_cond_signal(&t->work);
  pthread_mutex_unlock(&t->lock);
  if (t->running) pthread_join(t->thread, NULL);
  mien_session_close(&t->plain);
  mien_session_close(&t->cued);
  pthread_cond_destroy(&t->work);
  pthread_mutex_destroy(&t->lock);
  base_free(t);
  *closed = NULL;
}

int serve_texts_read(serve_texts *t, serve_texts_job *job) {
  job->next = NULL;
  job->code = MIEN_OK;
  pthread_mutex_lock(&t->lock);
  int code = t->closing ? MIEN_EEND : t->waiting + job->count > WAITING ? MIEN_EAGAIN : MIEN_OK;
  if (!code) {
    *t->end = job;
    t->end = &job->next;
    t->waiting += job->count;
    pthread_cond_signal(&t->work);
  }
  pthread_mutex_unlock(&t->lock);
  return code;
}
