/* pool.c: the workers, and whose turn it is. First come, first served: a conversation that has more to
 * read than a slice goes to the end of the line. Recordings have a line of their own: they are read while no live
 * conversation waits, and by all workers but one, so that one is always free for what is live.
 *
 * To wake a worker costs more than to read a block of sound, and its caches are cold then. So one that is awake takes
 * what comes, as long as it is quick work and not too much of it; the next is woken when the line grows or the work
 * that is begun takes long, and of those that rest the one that worked last. */
#include <stdio.h>

#include "serve/live/live_parts.h"

enum {
  THREADS = 64,
  PATIENCE = 256, /* turns that a recording waits for at most while others are live */
  BEHIND = 6      /* conversations in the line for each worker with quick work before another is woken: about 4 ms */
};

typedef struct worker {
  serve_pool *pool;
  pthread_t thread;
  pthread_cond_t woken;
  bool idle;
  struct worker *below; /* idle for longer */
} worker;

struct serve_pool {
  serve_pool_options options;
  pthread_mutex_t lock;
  worker workers[THREADS], *idle;
  struct {
    serve_live *first, **end;
  } lines[2]; /* live, recordings */
  size_t length; /* of the first line */
  size_t quick;  /* workers that are awake and not at what takes long */
  int behind;   /* workers that read recordings now */
  int waited;   /* turns since a recording had its last */
  bool closing;
  int thread_count;
};

/* Under the pool's lock. */
static void wake_one(serve_pool *pool) {
  worker *w = pool->idle;
  if (!w) return;
  pool->idle = w->below;
  w->idle = false;
  pool->quick++;
  pthread_cond_signal(&w->woken);
}

/* Under the pool's lock. */
static void wake_enough(serve_pool *pool) {
  if (pool->length > BEHIND * pool->quick) wake_one(pool);
}

/* Under the pool's lock: until there is something to do. */
static void rest(worker *w) {
  w->idle = true;
  w->pool->quick--;
  w->below = w->pool->idle;
  w->pool->idle = w;
  while (w->idle) pthread_cond_wait(&w->woken, &w->pool->lock);
}

/* Under the pool's lock. The line holds the conversation. */
static void line_up(serve_pool *pool, serve_live *live) {
  live->waiting = true;
  live->next = NULL;
  *pool->lines[live->background].end = serve_live_hold(live);
  pool->lines[live->background].end = &live->next;
  pool->length += !live->background;
  if (live->background) wake_one(pool);
  else wake_enough(pool);
}

void live_lengthy(serve_live *live, bool begins) {
  serve_pool *pool = live->pool;
  pthread_mutex_lock(&pool->lock);
  if (begins) pool->quick--, wake_enough(pool);
  else pool->quick++;
  pthread_mutex_unlock(&pool->lock);
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
  else pool->length--;
  pool->behind += recording;
  return live;
}

static void *work(void *context) {
  worker *w = context;
  serve_pool *pool = w->pool;
  pthread_mutex_lock(&pool->lock);
  pool->quick++;
  while (!pool->closing) {
    serve_live *live = next_of(pool);
    if (!live) {
      rest(w);
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
  for (int i = 0; i < options->threads; i++) {
    worker *w = &pool->workers[i];
    w->pool = pool;
    pthread_cond_init(&w->woken, NULL);
    if (pthread_create(&w->thread, NULL, work, w)) {
      pthread_cond_destroy(&w->woken);
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
  while (pool->idle) wake_one(pool);
  pthread_mutex_unlock(&pool->lock);
  for (int i = 0; i < pool->thread_count; i++) {
    pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->workers[i].woken);
  }
  for (int i = 0; i < 2; i++)
    while (pool->lines[i].first) {
      serve_live *live = pool->lines[i].first;
      pool->lines[i].first = live->next;
      serve_live_release(&live);
    }
  pthread_mutex_destroy(&pool->lock);
  base_free(pool);
  *closed = NULL;
}
