/* job_results.c: the lines that a job has given: kept in memory until it expires, taken away where a consent ends. */
#include <stdio.h>

#include "serve/jobs/jobs_parts.h"
#include "serve/kept/keep.h"
#include "serve/server.h"

static int person_of(const serve_job *job, const mien_event *event) {
  const char *who = event->kind == MIEN_EVENT_TURN ? event->who : event->reading.who;
  int person = serve_live_person(job->conversation->live, who);
  const char *slash = who ? strrchr(who, '/') : NULL; /* "customer/face-2" */
  char head[SERVE_NAME];
  if (person >= 0 || !slash) return person;
  snprintf(head, sizeof head, "%.*s", (int)BASE_MIN(slash - who, SERVE_NAME - 1), who);
  return serve_live_person(job->conversation->live, head);
}

/* With the lock held. */
static bool add(serve_job *job, const job_line *line, const char *json) {
  if (job->text_of_lines.length + line->bytes > JOB_RESULTS) return false;
  if (job->line_count == job->line_room) {
    size_t room = job->line_room ? 2 * job->line_room : 256;
    job_line *grown = base_resize(job->lines, room, sizeof *grown);
    if (!grown) return false;
    job->lines = grown;
    job->line_room = room;
  }
  size_t at = job->text_of_lines.length;
  base_text_add(&job->text_of_lines, json, line->bytes);
  if (job->text_of_lines.failed) return false;
  job->lines[job->line_count] = *line;
  job->lines[job->line_count++].at = at;
  return true;
}

/* What a line about nobody alone rests on is there while it is of everybody who was read at all. */
static bool stands(const job_line *line, const unsigned *read, const unsigned *had, size_t people) {
  if (!line->rests) return true;
  if (line->person >= 0) return (size_t)line->person < people && !(line->rests & ~(read[line->person] | MIEN_READ_WORDS));
  for (size_t i = 0; i < people; i++)
    if (had[i] & ~read[i]) return false;
  return true;
}

/* By what may be read now: the masks are set before lines are taken away (serve_jobs_decide), so that what was on its way when a
 * consent ended is either taken away or not added. */
static bool stands_now(const serve_job *job, const job_line *line) {
  const serve_conversation *c = job->conversation;
  unsigned read[SERVE_PEOPLE];
  for (size_t i = 0; i < c->person_count; i++) read[i] = serve_live_may(c->live, i);
  return stands(line, read, job->had, c->person_count);
}

void serve_job_result(serve_job *job, const mien_event *event, const serve_result *result) {
  job_line line = {.seq = result->seq, .bytes = result->bytes, .person = -1};
  pthread_mutex_lock(&job->lock);
  if (result->kind == SERVE_FINISHED) {
    job->finished = true;
  } else if (!job->cancelled && !job->gone) {
    if (event) {
      line.person = (int8_t)person_of(job, event);
      line.rests = (uint8_t)serve_keep_rests(event);
    } else if (result->kind == SERVE_EVENT) {
      line.rests = MIEN_READ_ALL; /* of a rule: it may rest on anybody */
    }
    bool kept = stands_now(job, &line);
    if (kept && result->kind == SERVE_READING && event && (result->final || event->reading.modality == MIEN_FACE)) job->finals[event->reading.modality]++;
    if (kept && !job->full && add(job, &line, result->json)) job->results++, job->edition++;
    else if (kept) job->full = true;
  }
  pthread_cond_broadcast(&job->moved);
  pthread_mutex_unlock(&job->lock);
}

void serve_job_moved(serve_job *job) {
  pthread_mutex_lock(&job->lock);
  pthread_cond_broadcast(&job->moved);
  pthread_mutex_unlock(&job->lock);
}

void job_lines_drop(serve_job *job) {
  base_text_clear(&job->text_of_lines);
  base_free(job->lines);
  job->lines = NULL;
  job->line_count = job->line_room = 0;
  job->gone = true;
  job->edition++;
}

void job_lines_permit(serve_job *job, const unsigned *read, size_t people) {
  size_t kept = 0, end = 0;
  for (size_t i = 0; i < job->line_count; i++) {
    job_line line = job->lines[i];
    if (!stands(&line, read, job->had, people)) continue;
    memmove(job->text_of_lines.data + end, job->text_of_lines.data + line.at, line.bytes);
    line.at = end;
    end += line.bytes;
    job->lines[kept++] = line;
  }
  if (kept == job->line_count) return;
  memset(job->text_of_lines.data + end, 0, job->text_of_lines.length - end);
  job->text_of_lines.length = end;
  job->line_count = kept;
  job->results = kept;
  job->edition++;
}

int serve_job_lines(serve_job *job, uint64_t after, size_t limit, const char *between, base_text *out, uint64_t *last) {
  int count = 0;
  size_t i = 0;
  pthread_mutex_lock(&job->lock);
  if (job->gone) count = SERVE_JOB_GONE;
  while (i < job->line_count && job->lines[i].seq <= after) i++;
  for (; !job->gone && i < job->line_count && (size_t)count < limit; i++, count++) {
    if (count) base_text_puts(out, between);
    base_text_add(out, job->text_of_lines.data + job->lines[i].at, job->lines[i].bytes);
    *last = job->lines[i].seq;
  }
  pthread_mutex_unlock(&job->lock);
  return count;
}

uint64_t serve_job_final(serve_job *job, int modality) {
  pthread_mutex_lock(&job->lock);
  uint64_t count = job->gone ? 0 : job->finals[modality];
  pthread_mutex_unlock(&job->lock);
  return count;
}

void serve_job_pictures(serve_job *job, double *fps, double *scale) {
  pthread_mutex_lock(&job->lock);
  *fps = job->fps;
  *scale = job->scale;
  pthread_mutex_unlock(&job->lock);
}

uint64_t serve_job_edition(serve_job *job) {
  pthread_mutex_lock(&job->lock);
  uint64_t edition = job->edition;
  pthread_mutex_unlock(&job->lock);
  return edition;
}
