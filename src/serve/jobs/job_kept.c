/* job_kept.c: what the store has of a job, without names of people and files; and what a job says of itself. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "serve/jobs/jobs_parts.h"
#include "serve/kept/keep.h"
#include "serve/server.h"

static const char *const names[] = {"queued", "running", "done", "failed", "cancelled", "interrupted"};
const char *serve_job_state_name(int state) { return names[state]; }

/* ---- In the store: {"session","purpose","context","jurisdiction","started","ended","results","error"} ---- */

static json_t *time_json(double at) { return isfinite(at) ? json_real(at) : json_null(); }

static json_t *error_json(const mien_error *error) {
  if (!error->code) return json_null();
  json_t *body = json_pack("{s:s,s:s,s:s}", "error", mien_error_name(error->code), "what", error->what, "where", error->where);
  if (*error->remedy) json_object_set_new(body, "remedy", json_string(error->remedy));
  return body;
}

/* The text of what is kept; to be freed. */
static char *kept_of(serve_job *job) {
  json_t *body = json_pack("{s:s,s:s,s:s,s:s,s:o,s:o,s:I,s:o}", "session", job->session, "purpose", job->purpose, "context", job->context,
                           "jurisdiction", job->jurisdiction, "started", time_json(job->started), "ended", time_json(job->ended), "results",
                           (json_int_t)job->results, "error", error_json(&job->error));
  if (body && *job->batch) json_object_set_new(body, "batch", json_string(job->batch));
  if (body && job->about) json_object_set(body, "about", job->about);
  char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
  json_decref(body);
  return text;
}

static bool tenant_of(serve_job *job, store_tenant *t) {
  struct serve_server *server = job->server;
  return server->keep && !store_of(t, server->keep->store, job->tenant, NULL);
}

int job_put(serve_job *job, mien_error *error) {
  store_tenant t;
  if (!tenant_of(job, &t)) {
    uint8_t random[16];
    randombytes_buf(random, sizeof random);
    memcpy(job->id, "j_", 2);
    sodium_bin2hex(job->id + 2, 33, random, sizeof random);
    return MIEN_OK;
  }
  char *text = kept_of(job);
  store_item item = {.at = job->made, .due = job->expires, .payload = text, .bytes = text ? strlen(text) : 0};
  snprintf(item.state, sizeof item.state, "%s", names[job->state]);
  int code = text ? store_item_put(&t, STORE_JOBS, &item, error) : base_error_set(error, MIEN_ENOMEM, "job", "", "out of memory");
  memcpy(job->id, item.id, sizeof job->id);
  job->version = item.version;
  free(text);
  return code;
}

/* What fails here is not lost: at the next start the job is said to be interrupted. */
void job_change(serve_job *job, int state) {
  store_tenant t;
  pthread_mutex_lock(&job->lock);
  char *text = kept_of(job);
  pthread_mutex_unlock(&job->lock);
  store_item item = {.version = job->version, .due = job->expires, .payload = text, .bytes = text ? strlen(text) : 0};
  memcpy(item.id, job->id, sizeof item.id);
  snprintf(item.state, sizeof item.state, "%s", names[state]);
  if (text && tenant_of(job, &t) && !store_item_change(&t, STORE_JOBS, &item, NULL)) job->version = item.version;
  free(text);
}

static int load(void *context, const store_tenant *t, const store_item *item) {
  struct serve_server *server = context;
  serve_job *job = base_alloc(1, sizeof *job);
  json_t *kept = json_loadb(item->payload, item->bytes, 0, NULL), *started = json_object_get(kept, "started"), *ended = json_object_get(kept, "ended"),
         *why = json_object_get(kept, "error");
  if (!job || !kept) return base_free(job), json_decref(kept), MIEN_ENOMEM;
  *job = (serve_job){.server = server, .file = -1, .transcript = -1, .camera = -1, .made = item->at, .expires = item->due, .version = item->version,
                     .seconds = NAN, .gone = true, .state = SERVE_JOB_INTERRUPTED};
  atomic_init(&job->held, 1);
  pthread_mutex_init(&job->lock, NULL);
  pthread_cond_init(&job->moved, NULL);
  memcpy(job->id, item->id, sizeof job->id);
  snprintf(job->tenant, sizeof job->tenant, "%s", t->name);
  static const struct {
    const char *name;
    size_t at, room;
  } texts[] = {{"session", offsetof(serve_job, session), sizeof job->session}, {"purpose", offsetof(serve_job, purpose), sizeof job->purpose},
               {"context", offsetof(serve_job, context), sizeof job->context}, {"jurisdiction", offsetof(serve_job, jurisdiction), sizeof job->jurisdiction}, {"batch", offsetof(serve_job, batch), sizeof job->batch}};
  for (size_t i = 0; i < BASE_COUNT(texts); i++) {
    const char *text = json_string_value(json_object_get(kept, texts[i].name));
    snprintf((char *)job + texts[i].at, texts[i].room, "%s", text ? text : "");
  }
  job->started = json_is_number(started) ? json_number_value(started) : NAN;
  job->ended = json_is_number(ended) ? json_number_value(ended) : NAN;
  job->about = json_incref(json_object_get(kept, "about"));
  job->results = (uint64_t)json_integer_value(json_object_get(kept, "results"));
  for (int state = SERVE_JOB_DONE; state <= SERVE_JOB_INTERRUPTED; state++)
    if (!strcmp(item->state, names[state])) job->state = state;
  if (json_is_object(why)) {
    const char *what = json_string_value(json_object_get(why, "what")), *where = json_string_value(json_object_get(why, "where"));
    base_error_set(&job->error, MIEN_EFORMAT, where ? where : "", "", "%s", what ? what : "");
  }
  bool cut = job->state == SERVE_JOB_INTERRUPTED && strcmp(item->state, names[SERVE_JOB_INTERRUPTED]);
  if (cut) {
    job->ended = base_now();
    base_error_set(&job->error, MIEN_EAGAIN, "job", "send the recording again", "the service was stopped while it was read");
    serve_metrics_job(&server->metrics, SERVE_JOB_INTERRUPTED - SERVE_JOB_DONE);
  }
  job->progress = job->state == SERVE_JOB_DONE;
  json_decref(kept);
  if (cut) job_change(job, SERVE_JOB_INTERRUPTED);
  serve_job **at = &server->jobs->all;
  while (*at && (*at)->made > job->made) at = &(*at)->next;
  job->next = *at;
  *at = job;
  server->jobs->count++;
  return MIEN_OK;
}

/* Those of each state, due or not: a time that no job's is after. */
int job_load_all(struct serve_server *server, mien_error *error) {
  int code = MIEN_OK;
  for (size_t state = BASE_COUNT(names); server->keep && !code && state--;) /* those that become interrupted come after those that are */
    code = store_item_due(server->keep->store, STORE_JOBS, names[state], 4e9, JOBS_KNOWN, load, server, error);
  return code;
}

int job_erase_session(serve_job *job, mien_error *error) {
  store_tenant t;
  int code = *job->session && tenant_of(job, &t) ? store_session_erase(&t, job->session, error) : MIEN_OK;
  return code == MIEN_EEMPTY ? MIEN_OK : code;
}

int job_erase(serve_job *job, bool session, mien_error *error) {
  store_tenant t;
  int code = session ? job_erase_session(job, error) : MIEN_OK;
  if (!code && tenant_of(job, &t)) code = store_item_erase(&t, STORE_JOBS, job->id, error);
  return code == MIEN_EEMPTY ? MIEN_OK : code;
}

json_t *serve_job_describe(serve_job *job) {
  json_t *notes = json_array();
  pthread_mutex_lock(&job->lock);
  for (size_t i = 0; i < job->note_count; i++) json_array_append_new(notes, json_string(job->notes[i]));
  const char *state = names[job->cancelled ? SERVE_JOB_CANCELLED : job->state]; /* nothing more of it will be read */
  json_t *body = json_pack("{s:s,s:s,s:f,s:s,s:s,s:s,s:s,s:f,s:o,s:o,s:o,s:o,s:I,s:o,s:o}", "job", job->id, "state", state, "progress",
                           job->progress, "session", job->session, "purpose", job->purpose, "context", job->context, "jurisdiction",
                           job->jurisdiction, "made", job->made, "started", time_json(job->started), "ended", time_json(job->ended), "expires",
                           time_json(job->expires), "seconds", time_json(job->seconds), "results", (json_int_t)job->results, "notes", notes, "error",
                           error_json(&job->error));
  if (body && *job->name) json_object_set_new(body, "name", json_string(job->name));
  pthread_mutex_unlock(&job->lock);
  if (body && job->conversation) json_object_set_new(body, "participants", serve_conversation_people(job->conversation));
  return body;
}
