/* jobs.c: a ring of items between one taker, many workers and one giver. Whichever thread finishes
 * the oldest item gives it out, and with it all finished ones behind it. */
#include "cli/jobs.h"

#include <pthread.h>
#include <sched.h>

#include "base/base.h"

enum { FREE, WORKING, DONE };

typedef struct ring {
  const cli_jobs *jobs;
  pthread_mutex_t lock;
  pthread_cond_t moved; /* an item became free, or the end was reached */
  unsigned char *items, *states;
  size_t count;       /* slots */
  size_t taken, given; /* items so far; item n lives in slot n % count */
  bool giving, ended, stopped;
  int threads; /* numbers handed out */
} ring;

static void *slot(ring *r, size_t n) { return r->items + (n % r->count) * r->jobs->item_size; }

/* Gives out finished items in order; called with the lock held, which is let go meanwhile. */
static void give_ready(ring *r) {
  if (r->giving) return;
  r->giving = true;
  while (r->given < r->taken && r->states[r->given % r->count] == DONE) {
    size_t n = r->given;
    bool wanted = !r->stopped;
    pthread_mutex_unlock(&r->lock);
    if (wanted && !r->jobs->give(r->jobs->context, slot(r, n))) wanted = false;
    pthread_mutex_lock(&r->lock);
    if (!wanted) r->stopped = r->ended = true;
    r->states[n % r->count] = FREE;
    r->given++;
    pthread_cond_broadcast(&r->moved);
  }
  r->giving = false;
}

static void *worker(void *context) {
  ring *r = context;
  pthread_mutex_lock(&r->lock);
  int thread = r->threads++;
  for (;;) {
    while (!r->ended && r->taken - r->given >= r->count) pthread_cond_wait(&r->moved, &r->lock);
    if (r->ended) break;
    size_t n = r->taken;
    if (!r->jobs->take(r->jobs->context, slot(r, n))) { /* under the lock: in order */
      r->ended = true;
      pthread_cond_broadcast(&r->moved);
      break;
    }
    r->taken++;
    r->states[n % r->count] = WORKING;
    pthread_mutex_unlock(&r->lock);
    r->jobs->work(r->jobs->context, thread, slot(r, n));
    pthread_mutex_lock(&r->lock);
    r->states[n % r->count] = DONE;
    give_ready(r);
  }
  pthread_mutex_unlock(&r->lock);
  return NULL;
}

int cli_jobs_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set)) return 1;
  return BASE_CLAMP(CPU_COUNT(&set), 1, 64);
}

int cli_jobs_run(const cli_jobs *jobs) {
  int threads = BASE_CLAMP(jobs->threads, 1, 64), started = 0;
  ring r = {.jobs = jobs, .count = (size_t)threads * 2};
  pthread_t ids[64];
  r.items = base_alloc(r.count, jobs->item_size);
  r.states = base_alloc(r.count, 1);
  int result = r.items && r.states ? MIEN_OK : MIEN_ENOMEM;
  if (result == MIEN_OK) {
    pthread_mutex_init(&r.lock, NULL);
    pthread_cond_init(&r.moved, NULL);
    while (started < threads - 1 && !pthread_create(&ids[started], NULL, worker, &r)) started++;
    worker(&r); /* this thread works, too: fewer threads than asked for are enough */
    for (int i = 0; i < started; i++) pthread_join(ids[i], NULL);
    if (jobs->clear)
      for (size_t i = 0; i < r.count; i++) jobs->clear(jobs->context, slot(&r, i));
    pthread_cond_destroy(&r.moved);
    pthread_mutex_destroy(&r.lock);
  }
  base_free(r.items);
  base_free(r.states);
  return result;
}
