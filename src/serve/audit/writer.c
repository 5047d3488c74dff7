/* writer.c: see writer.h. */
#include "serve/audit/writer.h"

#include <pthread.h>

struct serve_writer {
  guard_chain *audit;
  pthread_t thread;
  bool running, closing;
  pthread_mutex_t lock;
  pthread_cond_t more, fewer;
  serve_write *first, **end;
  uint64_t given, written;
};

static size_t write_all(serve_writer *w, serve_write *write) {
  mien_error error = {0};
  size_t count = 0;
  for (serve_write *each = write; each; each = each->next)
    if (each->put) each->put(each);
  int code = guard_chain_settle(w->audit, guard_chain_length(w->audit), &error);
  for (serve_write *next; write; write = next, count++) {
    next = write->next;
    write->go_on(write, code, &error);
  }
  return count;
}

static void *run(void *context) {
  serve_writer *w = context;
  pthread_mutex_lock(&w->lock);
  for (;;) {
    while (!w->first && !w->closing) pthread_cond_wait(&w->more, &w->lock);
    serve_write *all = w->first;
    if (!all) break;
    w->first = NULL;
    w->end = &w->first;
    pthread_mutex_unlock(&w->lock);
    size_t count = write_all(w, all);
    pthread_mutex_lock(&w->lock);
    w->written += count;
    pthread_cond_broadcast(&w->fewer);
  }
  pthread_mutex_unlock(&w->lock);
  return NULL;
}

int serve_writer_open(serve_writer **opened, guard_chain *audit, mien_error *error) {
  serve_writer *w = *opened = base_alloc(1, sizeof *w);
  if (!w) return base_error_set(error, MIEN_ENOMEM, "writer", "", "out of memory");
  w->audit = audit;
  w->end = &w->first;
  pthread_mutex_init(&w->lock, NULL);
  pthread_cond_init(&w->more, NULL);
  pthread_cond_init(&w->fewer, NULL);
  w->running = !pthread_create(&w->thread, NULL, run, w);
  return w->running ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, "writer", "", "a thread could not be started");
}

void serve_writer_close(serve_writer **closed) {
  serve_writer *w = *closed;
  if (!w) return;
  pthread_mutex_lock(&w->lock);
  w->closing = true;
  pthread_cond_signal(&w->more);
  pthread_mutex_unlock(&w->lock);
  if (w->running) pthread_join(w->thread, NULL);
  pthread_cond_destroy(&w->fewer);
  pthread_cond_destroy(&w->more);
  pthread_mutex_destroy(&w->lock);
  base_free(w);
  *closed = NULL;
}

void serve_writer_do(serve_writer *w, serve_write *write) {
  write->next = NULL;
  pthread_mutex_lock(&w->lock);
  *w->end = write;
  w->end = &write->next;
  w->given++;
  pthread_cond_signal(&w->more);
  pthread_mutex_unlock(&w->lock);
}

void serve_writer_flush(serve_writer *w) {
  pthread_mutex_lock(&w->lock);
  uint64_t given = w->given;
  while (w->written < given) pthread_cond_wait(&w->fewer, &w->lock);
  pthread_mutex_unlock(&w->lock);
}
