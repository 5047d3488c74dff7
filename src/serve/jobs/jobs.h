/* jobs.h: recordings that are read from beginning to end: uploaded, or in the operator's folder.
 *
 * What it is: a queue, and threads of their own, at a lower priority, that decode one recording each and feed it to a
 * conversation (conversation.h) as its only client: so that guard/, rules, what is kept and the workers are those of live
 * calls. Workers read recordings while no live conversation waits (pool.c). What it is not: it knows no request and no
 * shape of the wire (api/jobs.c, doors/hume_batch.c).
 *
 * States: queued, running, then for good done, failed, cancelled, or interrupted (the service stopped meanwhile). A job
 * is in the store from its beginning to its end, without names of people or files; its results are in memory until it
 * expires (settings.jobs_retention), and kept under each subject's key where their consent says so (keep.h). Lines that
 * rest on a consent which was withdrawn are taken away at once.
 *
 * Threads: of the loop's but where it says otherwise. Ownership: hold and release; the list holds each job. */
#ifndef SERVE_JOBS_H
#define SERVE_JOBS_H

#include <jansson.h>

#include "serve/jobs/upload.h"
#include "serve/live/conversation.h"

struct serve_server;
typedef struct serve_job serve_job;

enum { SERVE_JOB_QUEUED, SERVE_JOB_RUNNING, SERVE_JOB_DONE, SERVE_JOB_FAILED, SERVE_JOB_CANCELLED, SERVE_JOB_INTERRUPTED };
const char *serve_job_state_name(int state);

int serve_jobs_open(struct serve_server *server, mien_error *error); /* those that were cut off are interrupted from now on */
void serve_jobs_interrupt(struct serve_server *server);  /* the service stops: takes none, ends what is read */
void serve_jobs_stop(struct serve_server *server);       /* after it no thread of theirs runs */
void serve_jobs_close(struct serve_server *server);      /* after the conversations were cleared */
void serve_jobs_sweep(struct serve_server *server);      /* each second */
void serve_jobs_decide(struct serve_server *server);     /* a consent changed */
size_t serve_jobs_waiting(struct serve_server *server);  /* queued or running */
/* MIEN_EAGAIN: so many wait that no other upload is taken. */
int serve_jobs_room(struct serve_server *server, mien_error *error);

/* One of several that were sent together (hume_batch.c), or a text instead of a recording. */
typedef struct serve_job_more {
  const char *batch;   /* what they have in common */
  const json_t *about; /* of this one, for whoever asks later: nothing personal */
  const char *words;   /* UTF-8, one turn of the first participant; NULL: there is a file */
} serve_job_more;

/* `what`: the "open" of docs/asyncapi.yaml without `audio`, and `channels`, `camera`, `profile`, `name`, `path`
 * (docs/openapi.yaml). `files` are the uploaded ones, the recording first, then a transcript, where there is one; what is
 * taken of them is no longer theirs. `key`: who asks. `more`: NULL, or what else it is. The job is held by the list; NULL: refused, why in `error`. */
serve_job *serve_job_make(struct serve_server *server, const char *tenant, const char *key, json_t *what, serve_upload_file *files,
                          size_t file_count, const serve_job_more *more, mien_error *error);
serve_job *serve_job_find(struct serve_server *server, const char *tenant, const char *id);
/* Those of the tenant, the newest first, from `before` on, which becomes where the next page begins, "" at the end. */
size_t serve_job_list(struct serve_server *server, const char *tenant, char before[STORE_CURSOR], size_t limit, serve_job **list);
/* Those of a batch in the order in which they were made, at most `room`; batch NULL: those of any. */
size_t serve_job_batch(struct serve_server *server, const char *tenant, const char *batch, serve_job **list, size_t room);
/* Ends it and takes its results away; one that has ended is forgotten. */
int serve_job_drop(serve_job *job, mien_error *error);

serve_job *serve_job_hold(serve_job *job); /* any thread, as release */
void serve_job_release(serve_job **job);
const char *serve_job_id(const serve_job *job);
const char *serve_job_session(const serve_job *job);
const char *serve_job_name(const serve_job *job); /* of the recording, as the caller named it; "" not known any more */
const char *serve_job_batch_of(const serve_job *job);  /* "" none */
const json_t *serve_job_about(const serve_job *job);   /* as it was given; NULL */
const char *serve_job_words(const serve_job *job);     /* the same; NULL: none, or not there any more */
void serve_job_error(serve_job *job, mien_error *error); /* code 0: none */
/* How many of its readings are the last word on a span (of faces: all), of one modality; pictures a second and their scale to those given, 0 unknown. */
uint64_t serve_job_final(serve_job *job, int modality);
void serve_job_pictures(serve_job *job, double *fps, double *scale);
int serve_job_state(serve_job *job);
json_t *serve_job_describe(serve_job *job); /* new reference */
bool serve_job_look(serve_job *job, const char *key); /* true: this look is to be written to the audit (once a minute and key) */

/* ---- Results; any thread ---- */

enum { SERVE_JOB_GONE = -1 }; /* the results were in memory alone, and are not there any more */
/* Adds lines after `seq`, at most `limit`, with `between` them; `after` becomes the last line's number. How many, or
 * SERVE_JOB_GONE. */
int serve_job_lines(serve_job *job, uint64_t after, size_t limit, const char *between, base_text *out, uint64_t *last);
uint64_t serve_job_edition(serve_job *job); /* changes with each change of its lines */

/* In a worker. */
void serve_job_result(serve_job *job, const mien_event *event, const serve_result *result);
void serve_job_moved(serve_job *job); /* there is room in its inbox */

#endif
