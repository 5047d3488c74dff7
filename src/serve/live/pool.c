/* pool.c: the workers, and whose turn it is. First come, first served: a conversation that has more to
 * read than a slice goes to the end of the line. Recordings have a line of their own: they are read while no live
 * conversation waits, and by all workers but one, so that one is always free for what is live. */
#include <stdio.h>

#include "serve/live/live_parts.h"

enum { THREADS = 64, PATIENCE = 256 /* turns that a recording waits for at most while others are live */ };

struct serve_pool {
  serve_pool_options options;
  pthread_mutex_t lock;
  pthread_cond_t work;
  struct {
    serve_live *first, **end;
  } lines[2]; /* live, recordings */
  int behind;   /* workers that read recordings now */
  int waited;   /* turns since a recording had its last */
  bool closing;
  int thread_count;
  pthread_t threads[THREADS];
};

/* Under the pool's lock. The line holds the conversation. */
static void line_up(serve_pool *pool, serve_live *live) {
  live->waiting = true;
  live->next = NULL;
  *pool->lines[live->background].end = serve_live_hold(live);
  pool->lines[live->background].end = &live->next;
  pthread_cond_signal(&pool->work);
}

void live_schedule(serve_live *live) {
  serve_pool *pool = live->pool;
  pthread_mutex_lock(&pool->lock);
  if (live->running) live->again = true;
  else if (live->begun_reading && !live->waiting) line_up(pool, live);
  pthread_mutex_unlock(&pool->lock);
}

void serve_live_begin(serve_live *live) {
  pthread_mutex_lock(&live->pool->lock);
  live->begun_reading = true;
  pthread_mutex_unlock(&live->pool->lock);
  live_schedule(live);
}

bool serve_live_idle(serve_live *live) {
  pthread_mutex_lock(&live->pool->lock);
  bool idle = !live->running && !live->waiting;
  pthread_mutex_unlock(&live->pool->lock);
  return idle;
}

void live_wake(serve_live *live) {
  const serve_pool_options *options = &live->pool->options;
  if (options->wake) options->wake(options->context, live);
}

void live_seen(serve_live *live, const mien_event *event, const serve_result *result) {
  const serve_pool_options *options = &live->pool->options;
  if (options->seen) options->seen(options->context, live, event, result);
}

void live_heard(serve_live *live, double until) {
  const serve_pool_options *options = &live->pool->options;
  if (options->heard) options->heard(options->context, live, until);
}

void live_session(serve_live *live, bool over) {
  const serve_pool_options *options = &live->pool->options;
  if (options->session) options->session(options->context, live, live->session, over);
}

mien_engine *live_engine(const serve_live *live) { return live->pool->options.engine; }

/* Under the lock: whose turn it is, taken out of its line; NULL nobody's. */
static serve_live *next_of(serve_pool *pool) {
  bool may = pool->lines[1].first && pool->behind < BASE_MAX(pool->options.threads - 1, 1);
  bool recording = may && (!pool->lines[0].first || ++pool->waited > PATIENCE);
  serve_live *live = pool->lines[recording].first;
  if (!live) return NULL;
  pool->lines[recording].first = live->next;
  if (!live->next) pool->lines[recording].end = &pool->lines[recording].first;
  if (recording) pool->waited = 0;
  pool->behind += recording;
  return live;
}

static void *work(void *context) {
  serve_pool *pool = context;
  pthread_mutex_lock(&pool->lock);
  while (!pool->closing) {
    serve_live *live = next_of(pool);
    if (!live) {
      pthread_cond_wait(&pool->work, &pool->lock);
      continue;
    }
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
    pool->behind -= live->background;
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
  for (int i = 0; i < 2; i++) pool->lines[i].end = &pool->lines[i].first;
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
  for (int i = 0; i < 2; i++)
    while (pool->lines[i].first) {
      serve_live *live = pool->lines[i].first;
      pool->lines[i].first = live->next;
      serve_live_release(&live);
    }
  pthread_cond_destroy(&pool->work);
  pthread_mutex_destroy(&pool->lock);
  base_free(pool);
  *closed = NULL;
}
