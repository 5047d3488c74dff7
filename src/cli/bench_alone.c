/* bench_alone.c: the engine alone, beside which bench_serve.c puts the service. */
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "cli/bench_alone.h"
#include "cli/reader.h"

enum { THREADS = 64 };

typedef struct feeding {
  const client *sound;
  mien_session **sessions;
  size_t calls;
  int seconds;
  double begun; /* base_clock() */
  size_t first, apart; /* of the thread: the first of its calls, and how far to the next */
  bool failed;
} feeding;

static int ignore_event(void *context, const mien_event *event) { return MIEN_OK; }

/* What bench_client.c says in this step, to the engine. */
static int feed(mien_session *session, const client *l, size_t index, size_t tick) {
  static const char turn[] = CLIENT_SAID;
  float pcm[CLIENT_BLOCK];
  const int16_t *block = l->sound + 2 * client_block(l, index, tick);
  double at = (double)tick / CLIENT_TICK;
  int code = MIEN_OK;
  for (int channel = 0; channel < 2 && !code; channel++) {
    for (int i = 0; i < CLIENT_BLOCK; i++) pcm[i] = (float)block[2 * i + channel] / 32768.0f;
    code = mien_session_feed_audio(session, channel ? "b" : "a", pcm, CLIENT_BLOCK, at);
    cli_drain(session, ignore_event, NULL);
  }
  if (!code && client_turn(index, tick)) {
    code = mien_session_feed_text(session, "a", turn, sizeof turn - 1, at, at);
    cli_drain(session, ignore_event, NULL);
  }
  return code;
}

static void until(double due) {
  double wait = due - base_clock();
  if (wait > 0) nanosleep(&(struct timespec){(time_t)wait, (long)((wait - floor(wait)) * 1e9)}, NULL);
}

/* The calls one after another within each tick, as the client has them; those of this thread. */
static void *work(void *context) {
  feeding *f = context;
  for (size_t tick = 0; tick < (size_t)f->seconds * CLIENT_TICK; tick++)
    for (size_t i = f->first; i < f->calls && !f->failed; i += f->apart) {
      until(f->begun + ((double)tick + (double)i / (double)f->calls) / CLIENT_TICK);
      f->failed = feed(f->sessions[i], f->sound, i, tick) != MIEN_OK;
    }
  return NULL;
}

double bench_alone(const bench *b, const client *sound, size_t calls, int seconds) {
  size_t processors = (size_t)BASE_CLAMP(sysconf(_SC_NPROCESSORS_ONLN), 1, THREADS), started = 0;
  mien_session_options what = MIEN_SESSION_USUAL;
  mien_session **sessions = base_alloc(calls, sizeof *sessions);
  feeding all[THREADS];
  pthread_t threads[THREADS];
  bool fine = sessions;
  what.read = MIEN_READ_TEXT | MIEN_READ_VOICE;
  for (size_t i = 0; fine && i < calls; i++) fine = mien_session_open(&sessions[i], b->engine, &what, NULL) == MIEN_OK;
  double took = bench_cpu(), begun = base_clock();
  for (; fine && started < processors; started += fine) {
    all[started] = (feeding){sound, sessions, calls, seconds, begun, started, processors, false};
    fine = !pthread_create(&threads[started], NULL, work, &all[started]);
  }
  for (size_t i = 0; i < started; i++) {
    pthread_join(threads[i], NULL);
    fine &= !all[i].failed;
  }
  took = bench_cpu() - took;
  for (size_t i = 0; sessions && i < calls; i++) mien_session_close(&sessions[i]);
  base_free(sessions);
  return fine ? took : NAN;
}
