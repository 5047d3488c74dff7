/* jobs.c: the jobs that are known, their queue and its threads. */
#include "serve/jobs/jobs.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "serve/jobs/jobs_parts.h"
#include "serve/server.h"

enum { NICE = 10 };

/* ---- One job ---- */

serve_job *serve_job_hold(serve_job *job) {
  atomic_fetch_add(&job->held, 1);
  return job;
}

void job_free(serve_job *job) {
  if (job->file >= 0) close(job->file);
  if (job->transcript >= 0) close(job->transcript);
  base_text_clear(&job->text_of_lines);
  base_free(job->lines);
  base_free(job->words);
  json_decref(job->about);
  pthread_cond_destroy(&job->moved);
  pthread_mutex_destroy(&job->lock);
  base_free(job);
}

void serve_job_release(serve_job **held) {
  serve_job *job = *held;
  *held = NULL;
  if (job && atomic_fetch_sub(&job->held, 1) == 1) job_free(job);
}

const char *serve_job_id(const serve_job *job) { return job->id; }
const char *serve_job_session(const serve_job *job) { return job->session; }
const char *serve_job_name(const serve_job *job) { return job->name; }

const char *serve_job_batch_of(const serve_job *job) { return job->batch; }
const json_t *serve_job_about(const serve_job *job) { return job->about; }
const char *serve_job_words(const serve_job *job) { return job->words; }

void serve_job_error(serve_job *job, mien_error *error) {
  pthread_mutex_lock(&job->lock);
  *error = job->error;
  pthread_mutex_unlock(&job->lock);
}

int serve_job_state(serve_job *job) {
  pthread_mutex_lock(&job->lock);
  int state = job->state;
  pthread_mutex_unlock(&job->lock);
  return state;
}

void job_note(serve_job *job, const char *format, ...) {
  va_list list;
  va_start(list, format);
  pthread_mutex_lock(&job->lock);
  if (job->note_count < JOB_NOTES) vsnprintf(job->notes[job->note_count++], sizeof job->notes[0], format, list);
  pthread_mutex_unlock(&job->lock);
  va_end(list);
}

void job_end(serve_job *job, int state) {
  pthread_mutex_lock(&job->lock);
  job->ended = base_now();
  if (state == SERVE_JOB_INTERRUPTED) base_error_set(&job->error, MIEN_EAGAIN, "job", "send the recording again", "the service was stopped while it was read");
  for (;;) { /* it may be cancelled while the store is written */
    if (job->cancelled) state = SERVE_JOB_CANCELLED;
    if (state == SERVE_JOB_CANCELLED) job_lines_drop(job), job->results = 0;
    pthread_mutex_unlock(&job->lock);
    job_change(job, state);
    pthread_mutex_lock(&job->lock);
    if (state == SERVE_JOB_CANCELLED || !job->cancelled) break;
  }
  job->state = state;
  if (state == SERVE_JOB_DONE) job->progress = 1;
  pthread_mutex_unlock(&job->lock);
  serve_metrics_job(&job->server->metrics, state - SERVE_JOB_DONE);
  struct serve_jobs *jobs = job->server->jobs;
  pthread_mutex_lock(&jobs->lock);
  jobs->waiting--;
  pthread_mutex_unlock(&jobs->lock);
}

/* ---- The threads ---- */

static void run(serve_job *job) {
  pthread_mutex_lock(&job->lock);
  bool go = !job->cancelled && !job->interrupted;
  job->started = base_now();
  pthread_mutex_unlock(&job->lock);
  if (go) job_change(job, SERVE_JOB_RUNNING);
  pthread_mutex_lock(&job->lock);
  job->state = SERVE_JOB_RUNNING;
  pthread_mutex_unlock(&job->lock);
  int state = job_read(job);
  if (job->file >= 0) close(job->file); /* with it the recording is gone */
  if (job->transcript >= 0) close(job->transcript);
  job->file = job->transcript = -1;
  job_end(job, state);
}

static void *work(void *context) {
  struct serve_jobs *jobs = context;
  setpriority(PRIO_PROCESS, 0, NICE); /* of this thread alone, on Linux */
  pthread_mutex_lock(&jobs->lock);
  for (;;) {
    while (!jobs->first && !jobs->closing) pthread_cond_wait(&jobs->work, &jobs->lock);
    serve_job *job = jobs->first;
    if (jobs->closing) break;
    jobs->first = job->queued;
    if (!jobs->first) jobs->end = &jobs->first;
    pthread_mutex_unlock(&jobs->lock);
    run(job);
    serve_job_release(&job);
    pthread_mutex_lock(&jobs->lock);
  }
  pthread_mutex_unlock(&jobs->lock);
  return NULL;
}

void jobs_add(struct serve_server *server, serve_job *job) {
  struct serve_jobs *jobs = server->jobs;
  job->next = jobs->all;
  jobs->all = job;
  jobs->count++;
  pthread_mutex_lock(&jobs->lock);
  job->queued = NULL;
  *jobs->end = serve_job_hold(job);
  jobs->end = &job->queued;
  jobs->waiting++;
  pthread_cond_signal(&jobs->work);
  pthread_mutex_unlock(&jobs->lock);
}

/* Takes it out of the queue; false: it is not there (any more). */
static bool unqueue(serve_job *job) {
  struct serve_jobs *jobs = job->server->jobs;
  bool found = false;
  pthread_mutex_lock(&jobs->lock);
  for (serve_job **at = &jobs->first; *at && !found; at = found ? at : &(*at)->queued) {
    if (*at != job) continue;
    found = true;
    *at = job->queued;
    if (!*at) jobs->end = at;
  }
  pthread_mutex_unlock(&jobs->lock);
  return found;
}

/* ---- All of them ---- */

int serve_jobs_open(struct serve_server *server, mien_error *error) {
  struct serve_jobs *jobs = server->jobs = base_alloc(1, sizeof *jobs);
  if (!jobs) return base_error_set(error, MIEN_ENOMEM, "jobs", "", "out of memory");
  jobs->server = server;
  jobs->end = &jobs->first;
  pthread_mutex_init(&jobs->lock, NULL);
  pthread_cond_init(&jobs->work, NULL);
  int code = job_load_all(server, error);
  for (int i = 0; !code && i < server->settings.jobs_threads; i++) {
    if (pthread_create(&jobs->threads[i], NULL, work, jobs)) code = base_error_set(error, MIEN_ENOMEM, "jobs", "set fewer `jobs.threads`", "a thread could not be started");
    else jobs->thread_count++;
  }
  return code;
}

static void leave(serve_job *job) {
  if (!job->joined) return;
  serve_conversation *c = job->conversation;
  job->joined = false;
  serve_live_finish(c->live);
  if (--c->links == 0) c->alone_since = atomic_load(&c->server->stopping) ? -INFINITY : base_clock();
}

static void interrupt(serve_job *job) {
  pthread_mutex_lock(&job->lock);
  job->interrupted = true;
  pthread_cond_broadcast(&job->moved);
  pthread_mutex_unlock(&job->lock);
  if (!unqueue(job)) return;
  job_end(job, SERVE_JOB_INTERRUPTED);
  leave(job);
  serve_job *queue = job; /* the queue's hold */
  serve_job_release(&queue);
}

void serve_jobs_interrupt(struct serve_server *server) {
  server->jobs->stopping = true;
  for (serve_job *job = server->jobs->all; job; job = job->next)
    if (serve_job_state(job) < SERVE_JOB_DONE) interrupt(job);
}

void serve_jobs_stop(struct serve_server *server) {
  struct serve_jobs *jobs = server->jobs;
  if (!jobs) return;
  serve_jobs_interrupt(server);
  pthread_mutex_lock(&jobs->lock);
  jobs->closing = true;
  pthread_cond_broadcast(&jobs->work);
  pthread_mutex_unlock(&jobs->lock);
  for (int i = 0; i < jobs->thread_count; i++) pthread_join(jobs->threads[i], NULL);
  jobs->thread_count = 0;
  for (serve_job *job = jobs->all; job; job = job->next) leave(job);
}

/* Out of the list, and its conversation with it, which holds it in turn. */
static void forget(serve_job **at) {
  serve_job *job = *at;
  *at = job->next;
  job->server->jobs->count--;
  leave(job);
  serve_conversation *c = job->conversation;
  pthread_mutex_lock(&job->lock);
  job_lines_drop(job);
  pthread_mutex_unlock(&job->lock);
  serve_job_release(&job);
  if (c) serve_conversation_release(&c);
}

void serve_jobs_close(struct serve_server *server) {
  struct serve_jobs *jobs = server->jobs;
  if (!jobs) return;
  while (jobs->all) forget(&jobs->all);
  pthread_cond_destroy(&jobs->work);
  pthread_mutex_destroy(&jobs->lock);
  base_free(jobs);
  server->jobs = NULL;
}

void serve_jobs_sweep(struct serve_server *server) {
  struct serve_jobs *jobs = server->jobs;
  size_t bytes = 0;
  double now = base_now();
  for (serve_job **at = &jobs->all; *at;) {
    serve_job *job = *at;
    bool ended = serve_job_state(job) >= SERVE_JOB_DONE;
    if (ended) leave(job);
    pthread_mutex_lock(&job->lock);
    bytes += ended ? job->text_of_lines.length : 0;
    if (bytes > JOBS_RESULTS && ended && !job->gone) job_lines_drop(job); /* the newest stay */
    pthread_mutex_unlock(&job->lock);
    if (!ended || now < job->expires) at = &job->next;
    else if (!job_erase(job, false, NULL)) forget(at);
    else at = &job->next; /* the store is gone: later */
  }
}

void serve_jobs_decide(struct serve_server *server) {
  for (serve_job *job = server->jobs->all; job; job = job->next) {
    serve_conversation *c = job->conversation;
    unsigned read[SERVE_PEOPLE];
    if (!c) continue;
    serve_conversation_decide(c);
    for (size_t i = 0; i < c->person_count; i++) read[i] = c->allowed.people[i].read;
    pthread_mutex_lock(&job->lock);
    job_lines_permit(job, read, c->person_count);
    pthread_mutex_unlock(&job->lock);
  }
}

size_t serve_jobs_waiting(struct serve_server *server) {
  pthread_mutex_lock(&server->jobs->lock);
  size_t waiting = server->jobs->waiting;
  pthread_mutex_unlock(&server->jobs->lock);
  return waiting;
}

int serve_jobs_room(struct serve_server *server, mien_error *error) {
  bool full = serve_jobs_waiting(server) >= (size_t)server->settings.jobs_waiting || server->jobs->count >= JOBS_KNOWN;
  if (!full && !server->jobs->stopping) return MIEN_OK;
  return base_error_set(error, MIEN_EAGAIN, "jobs", "try again later, or raise `jobs.waiting` in the settings", "no further recording can be taken now");
}

serve_job *serve_job_find(struct serve_server *server, const char *tenant, const char *id) {
  for (serve_job *job = server->jobs->all; job; job = job->next)
    if (!strcmp(job->id, id)) return strcmp(job->tenant, tenant) ? NULL : job;
  return NULL;
}

size_t serve_job_list(struct serve_server *server, const char *tenant, char before[STORE_CURSOR], size_t limit, serve_job **list) {
  size_t count = 0;
  bool found = !*before;
  serve_job *job = server->jobs->all;
  for (; job && count < limit; job = job->next) {
    if (strcmp(job->tenant, tenant)) continue;
    if (found) list[count++] = job;
    else found = !strcmp(job->id, before);
  }
  while (job && strcmp(job->tenant, tenant)) job = job->next;
  snprintf(before, STORE_CURSOR, "%s", job && count ? list[count - 1]->id : "");
  return count;
}

size_t serve_job_batch(struct serve_server *server, const char *tenant, const char *batch, serve_job **list, size_t room) {
  size_t count = 0;
  for (serve_job *job = server->jobs->all; job && count < room; job = job->next)
    if (!strcmp(job->tenant, tenant) && *job->batch && (!batch || !strcmp(job->batch, batch))) list[count++] = job;
  for (size_t i = 0; i < count / 2; i++) { /* the list has the newest first */
    serve_job *first = list[i];
    list[i] = list[count - 1 - i];
    list[count - 1 - i] = first;
  }
  return count;
}

int serve_job_drop(serve_job *job, mien_error *error) {
  struct serve_jobs *jobs = job->server->jobs;
  if (serve_job_state(job) >= SERVE_JOB_DONE) {
    int code = job_erase(job, true, error);
    serve_job **at = &jobs->all;
    while (*at != job) at = &(*at)->next;
    if (!code) forget(at);
    return code;
  }
  pthread_mutex_lock(&job->lock);
  job->cancelled = true;
  job_lines_drop(job);
  job->results = 0;
  pthread_cond_broadcast(&job->moved);
  pthread_mutex_unlock(&job->lock);
  serve_live *live = job->conversation->live;
  for (size_t i = 0; i < job->conversation->person_count; i++) {
    serve_live_permit(live, i, 0, true); /* what waits in its inbox */
    atomic_store(&job->conversation->keep[i], 0);
  }
  if (unqueue(job)) {
    job_end(job, SERVE_JOB_CANCELLED);
    leave(job);
    serve_job *queue = job;
    serve_job_release(&queue);
  }
  return job->conversation->kept ? job_erase_session(job, error) : MIEN_OK;
}

bool serve_job_look(serve_job *job, const char *key) {
  double now = base_clock();
  if (job->looked > 0 && now - job->looked < 60 && !strcmp(job->looked_by, key)) return false;
  job->looked = now;
  snprintf(job->looked_by, sizeof job->looked_by, "%s", key);
  return true;
}
