/* pool.c: the workers, and whose turn it is. First come, first served: a conversation that has more to
 * read than a slice goes to the end of the line. */
#include <stdio.h>

#include "serve/live_parts.h"

enum { THREADS = 64 };

struct serve_pool {
  serve_pool_options options;
  pthread_mutex_t lock;
  pthread_cond_t work;
  serve_live *first, **end;
  bool closing;
  int thread_count;
  pthread_t threads[THREADS];
};

/* Under the pool's lock. The line holds the conversation. */
static void line_up(serve_pool *pool, serve_live *live) {
  live->waiting = true;
  live->next = NULL;
  *pool->end = serve_live_hold(live);
  pool->end = &live->next;
  pthread_cond_signal(&pool->work);
}

void live_schedule(serve_live *live) {
  serve_pool *pool = live->pool;
  pthread_mutex_lock(&pool->lock);
  if (live->running) live->again = true;
  else if (!live->waiting) line_up(pool, live);
  pthread_mutex_unlock(&pool->lock);
}

void live_wake(serve_live *live) {
  const serve_pool_options *options = &live->pool->options;
  if (options->wake) options->wake(options->context, live);
}

void live_seen(serve_live *live, const mien_event *event, const serve_result *result) {
  const serve_pool_options *options = &live->pool->options;
  if (options->seen) options->seen(options->context, live, event, result);
}

void live_said(serve_live *live, size_t person, double t0, double t1, const char *utf8, size_t bytes) {
  const serve_pool_options *options = &live->pool->options;
  if (options->said) options->said(options->context, live, person, t0, t1, utf8, bytes);
}

void live_heard(serve_live *live, double until) {
  const serve_pool_options *options = &live->pool->options;
  if (options->heard) options->heard(options->context, live, until);
}

mien_engine *live_engine(const serve_live *live) { return live->pool->options.engine; }

static void *work(void *context) {
  serve_pool *pool = context;
  pthread_mutex_lock(&pool->lock);
  while (!pool->closing) {
    serve_live *live = pool->first;
    if (!live) {
      pthread_cond_wait(&pool->work, &pool->lock);
      continue;
    }
    pool->first = live->next;
    if (!pool->first) pool->end = &pool->first;
    live->waiting = false;
    live->running = true;
    live->again = false;
    pthread_mutex_unlock(&pool->lock);
    uint64_t last = serve_live_last(live);
    bool pressed = !serve_live_ready(live); /* somebody may wait for room */
    bool more = live_read(live);
    if (pressed || serve_live_last(live) != last) live_wake(live);
    pthread_mutex_lock(&pool->lock);
    live->running = false;
    if (more || live->again) line_up(pool, live);
    pthread_mutex_unlock(&pool->lock);
    serve_live_release(&live);
    pthread_mutex_lock(&pool->lock);
  }
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

int serve_pool_open(serve_pool **opened, const serve_pool_options *options, mien_error *error) {
  *opened = NULL;
  if (options->threads < 1 || options->threads > THREADS)
    return base_error_set(error, MIEN_EINVAL, "threads", "give 1 to 64", "%d worker threads", options->threads);
  serve_pool *pool = base_alloc(1, sizeof *pool);
  if (!pool) return base_error_set(error, MIEN_ENOMEM, "threads", "", "out of memory");
  pool->options = *options;
  pool->end = &pool->first;
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->work, NULL);
  for (int i = 0; i < options->threads; i++) {
    if (pthread_create(&pool->threads[i], NULL, work, pool)) {
      serve_pool_close(&pool);
      return base_error_set(error, MIEN_ENOMEM, "threads", "set fewer worker threads", "thread %d could not be started", i + 1);
    }
    pool->thread_count++;
  }
  *opened = pool;
  return MIEN_OK;
}

void serve_pool_close(serve_pool **closed) {
  serve_pool *pool = *closed;
  if (!pool) return;
  pthread_mutex_lock(&pool->lock);
  pool->closing = true;
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->lock);
  for (int i = 0; i < pool->thread_count; i++) pthread_join(pool->threads[i], NULL);
  while (pool->first) {
    serve_live *live = pool->first;
    pool->first = live->next;
    serve_live_release(&live);
  }
  pthread_cond_destroy(&pool->work);
  pthread_mutex_destroy(&pool->lock);
  base_free(pool);
  *closed = NULL;
}
