/* jobs_parts.h: what jobs.c and job_*.c share of a job. Of these files alone. */
#ifndef SERVE_JOBS_PARTS_H
#define SERVE_JOBS_PARTS_H

#include <pthread.h>

#include "serve/jobs/jobs.h"

enum { JOBS_THREADS = 16, JOBS_KNOWN = 10000, JOB_NOTES = 8, JOB_RESULTS = 64 << 20 /* bytes of one */ };
#define JOBS_RESULTS ((size_t)256 << 20) /* bytes of all that have ended */

typedef struct job_line {
  uint64_t seq;
  size_t at, bytes;
  int8_t person;     /* whom it is about; -1 nobody alone */
  uint8_t rests;     /* MIEN_READ_…: what it was read from; 0 nothing of a person's */
} job_line;

struct serve_job {
  atomic_int held;
  struct serve_server *server;
  char id[STORE_ID], tenant[64], session[STORE_ID];
  char purpose[64], context[64], jurisdiction[32];
  char batch[40];              /* serve_job_more */
  json_t *about;
  char *words;                 /* the only turn */
  char name[256];              /* as the caller calls the recording */
  int file, transcript;        /* open files; -1 none. Of the thread that reads it, once that runs */
  int channels;                /* that the caller named; 1: all of it is one's */
  bool text;                   /* the recording is a transcript by itself */
  int camera;                  /* whose face the pictures show; -1 nobody's */
  double made, expires;        /* seconds since 1970 */
  int64_t version;             /* in the store */
  serve_conversation *conversation; /* as long as the job is known; NULL: it is of an earlier run */
  unsigned had[SERVE_PEOPLE];  /* MIEN_READ_…: what might be read of them when it began */
  bool joined;                 /* of the loop: the conversation waits for the job's end */
  double looked;               /* of the loop, as looked_by */
  char looked_by[64];

  pthread_mutex_t lock;
  pthread_cond_t moved;
  int state;                   /* SERVE_JOB_… */
  bool cancelled, interrupted; /* it is to end */
  bool finished;               /* its last result is there */
  double started, ended;       /* seconds since 1970; NAN not yet */
  double fps, scale;           /* of its pictures; 0 not known */
  uint64_t finals[MIEN_MODALITIES]; /* readings that are the last word, and all of faces */
  double seconds, progress;    /* of the recording, NAN not known; 0…1 */
  mien_error error;            /* why it failed */
  char notes[JOB_NOTES][256];  /* about the recording, for a person */
  size_t note_count;
  base_text text_of_lines;
  job_line *lines;
  size_t line_count, line_room;
  uint64_t results, edition;
  bool gone, full;             /* the lines are not there any more; there was no room for all of them */

  serve_job *next;             /* of the loop: the list, the newest first */
  serve_job *queued;           /* under the queue's lock */
};

struct serve_jobs {
  struct serve_server *server;
  serve_job *all;
  size_t count;
  pthread_mutex_t lock;
  pthread_cond_t work;
  serve_job *first, **end;     /* the queue, which holds what is in it */
  size_t waiting;              /* queued or running */
  bool stopping, closing;
  int thread_count;
  pthread_t threads[JOBS_THREADS];
};

/* jobs.c */
void job_free(serve_job *job);
void job_end(serve_job *job, int state);           /* for good, in the store first; of who has the job */
void job_note(serve_job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));
void jobs_add(struct serve_server *server, serve_job *job); /* to list and queue */

/* job_kept.c; without a store they do nothing */
int job_put(serve_job *job, mien_error *error);    /* in the store, for the first time; gives it its id */
void job_change(serve_job *job, int state);        /* of who has the job */
int job_load_all(struct serve_server *server, mien_error *error); /* to the list */
int job_erase(serve_job *job, bool session, mien_error *error); /* and what is kept of its conversation */
int job_erase_session(serve_job *job, mien_error *error);

/* job_read.c, in a thread of the queue: the whole recording. SERVE_JOB_DONE…, with `error` set where it failed. */
int job_read(serve_job *job);

/* job_results.c; with the job's lock held */
void job_lines_drop(serve_job *job);                /* all of them */
void job_lines_permit(serve_job *job, const unsigned *read, size_t people); /* those that rest on something else */

#endif
