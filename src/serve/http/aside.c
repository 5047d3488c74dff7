/* aside.c: see aside.h. */
#include "serve/http/aside.h"

#include <pthread.h>

#include "serve/server.h"

enum { WAITING = 64 };

typedef struct piece {
  serve_request *request;
  void (*work)(serve_request *request);
} piece;

struct serve_aside {
  pthread_t thread;
  bool running, closing;
  pthread_mutex_t lock;
  pthread_cond_t more;
  piece ring[WAITING];
  size_t first, count;
};

static void *work(void *context) {
  serve_aside *a = context;
  pthread_mutex_lock(&a->lock);
  for (;;) {
    while (!a->count && !a->closing) pthread_cond_wait(&a->more, &a->lock);
    if (!a->count) break;
    piece p = a->ring[a->first];
    a->first = (a->first + 1) % WAITING;
    a->count--;
    pthread_mutex_unlock(&a->lock);
    p.work(p.request);
    serve_request_done(p.request);
    pthread_mutex_lock(&a->lock);
  }
  pthread_mutex_unlock(&a->lock);
  return NULL;
}

int serve_aside_open(serve_aside **opened, mien_error *error) {
  serve_aside *a = *opened = base_alloc(1, sizeof *a);
  if (!a) return base_error_set(error, MIEN_ENOMEM, "aside", "", "out of memory");
  pthread_mutex_init(&a->lock, NULL);
  pthread_cond_init(&a->more, NULL);
  a->running = !pthread_create(&a->thread, NULL, work, a);
  return a->running ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, "aside", "", "a thread could not be started");
}

void serve_aside_close(serve_aside **closed) {
  serve_aside *a = *closed;
  if (!a) return;
  pthread_mutex_lock(&a->lock);
  a->closing = true;
  pthread_cond_signal(&a->more);
  pthread_mutex_unlock(&a->lock);
  if (a->running) pthread_join(a->thread, NULL);
  pthread_cond_destroy(&a->more);
  pthread_mutex_destroy(&a->lock);
  base_free(a);
  *closed = NULL;
}

void serve_aside_run(serve_request *request, void (*work_)(serve_request *request)) { serve_aside_run_in(request->server->aside, request, work_); }

void serve_aside_run_in(serve_aside *a, serve_request *request, void (*work_)(serve_request *request)) {
  pthread_mutex_lock(&a->lock);
  bool room = a->count < WAITING && !a->closing;
  if (room) {
    request->later = true;
    a->ring[(a->first + a->count++) % WAITING] = (piece){request, work_};
    pthread_cond_signal(&a->more);
  }
  pthread_mutex_unlock(&a->lock);
  if (room) return;
  serve_answer_problem_text(request, 503, "Busy", "too many wait for this");
  request->retry_after = 2;
}
