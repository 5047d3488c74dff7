/* jobs.c: recordings over HTTP: sent (as the body, as a part of multipart/form-data, or by their path), listed, looked
 * at, their results, and taken away. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/http/aside.h"
#include "serve/jobs/jobs.h"
#include "serve/kept/keep.h"
#include "serve/kept/kept.h"
#include "serve/server.h"

enum { PAGE = 100, RESULTS = 1000, UPLOADS = 32 /* at once */ };

static void answer(serve_request *request, int status, json_t *body) {
  if (body) serve_answer_json(request, status, body);
  else serve_answer_error(request, &(mien_error){.code = MIEN_ENOMEM, .what = "out of memory"});
  json_decref(body);
}

static serve_job *of_path(serve_request *request) {
  serve_job *job = serve_job_find(request->server, request->tenant, request->params[0]);
  if (!job) serve_answer_problem_text(request, 404, "Not found", "there is no job of this id");
  return job;
}

/* ---- Sent ---- */

void serve_api_upload(serve_request *request) {
  struct serve_server *server = request->server;
  char folder[300], name[256];
  mien_error error = {0};
  if (!strncasecmp(request->content_type, "application/json", 16)) return;
  int code = serve_jobs_room(server, &error);
  if (!code && server->uploads >= UPLOADS) code = base_error_set(&error, MIEN_EAGAIN, "upload", "try again later", "too many recordings are being sent");
  snprintf(folder, sizeof folder, "%s/jobs", server->settings.data);
  if (!serve_request_query(request, "name", name, sizeof name)) *name = 0;
  if (!code) code = serve_upload_open(&request->upload, folder, request->content_type, name, (uint64_t)server->settings.jobs_upload, &error);
  if (code) serve_answer_error(request, &error);
  else server->uploads++;
}

/* What is asked of an upload: the part "job", or `job` in the address, JSON both; and a few words in the address. */
static json_t *asked_of(serve_request *request) {
  static const char *const words[] = {"profile", "name", "subject", "consent"};
  const serve_upload_field *field = serve_upload_field_of(request->upload, "job");
  char text[SERVE_QUERY];
  const char *in_address = field ? NULL : serve_request_query(request, "job", text, sizeof text);
  json_error_t where;
  json_t *asked = json_object();
  if (field || in_address) {
    json_decref(asked);
    asked = field ? json_loadb(field->text.data ? field->text.data : "", field->text.length, JSON_REJECT_DUPLICATES, &where)
                  : json_loads(in_address, JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(asked)) {
      serve_answer_problem_text(request, 400, "Not JSON", "'job' must be a JSON object%s%s", asked ? "" : ": ", asked ? "" : where.text);
      json_decref(asked);
      return NULL;
    }
  }
  for (size_t i = 0; i < BASE_COUNT(words); i++) {
    const char *value = serve_request_query(request, words[i], text, sizeof text);
    if (value && !json_object_get(asked, words[i])) json_object_set_new(asked, words[i], json_string(value));
  }
  return asked;
}

void serve_api_job_make(serve_request *request) {
  mien_error error = {0};
  size_t count = 0;
  json_t *asked = request->upload ? asked_of(request) : serve_request_json(request);
  if (!asked) return;
  serve_upload_file *files = request->upload ? serve_upload_files(request->upload, &count) : NULL;
  serve_job *job = serve_job_make(request->server, request->tenant, request->key, asked, files, count, NULL, &error);
  json_decref(asked);
  if (!job) {
    serve_answer_error(request, &error);
    return;
  }
  snprintf(request->location, sizeof request->location, "/v1/jobs/%s", serve_job_id(job));
  answer(request, 202, serve_job_describe(job));
}

/* ---- Looked at ---- */

void serve_api_jobs(serve_request *request) {
  char before[STORE_CURSOR] = "";
  size_t limit = serve_request_limit(request, PAGE);
  serve_request_query(request, "before", before, sizeof before);
  serve_job **all = base_alloc(limit, sizeof(serve_job *));
  json_t *list = all ? json_array() : NULL;
  bool may = serve_kept_look(request, "jobs", "");
  size_t count = all && may ? serve_job_list(request->server, request->tenant, before, limit, all) : 0;
  for (size_t i = 0; i < count; i++) json_array_append_new(list, serve_job_describe(all[i]));
  base_free(all);
  if (!may) json_decref(list);
  else answer(request, 200, json_pack("{s:o,s:s*}", "jobs", list, "before", *before ? before : NULL));
}

void serve_api_job(serve_request *request) {
  serve_job *job = of_path(request);
  if (job) answer(request, 200, serve_job_describe(job));
}

/* The results of a job of an earlier run, or of one whose lines had to make room: as they are kept of its session. */
static void kept_results(serve_request *request, serve_job *job) {
  store_tenant t;
  store_session n;
  struct serve_server *server = request->server;
  if (server->keep && !store_of(&t, server->keep->store, request->tenant, NULL) && !store_session_get(&t, serve_job_session(job), &n, NULL)) {
    request->params[0] = serve_job_session(job);
    serve_kept_results(request);
  } else {
    serve_answer_problem_text(request, 410, "Gone", "the results of this job were in memory, and are not there any more");
  }
}

static bool lines_wanted(const serve_request *request) {
  char format[16];
  return strstr(request->accept, "application/x-ndjson") ||
         (serve_request_query(request, "format", format, sizeof format) && !strcmp(format, "ndjson"));
}

static uint64_t after_of(const serve_request *request) {
  char text[24];
  const char *after = serve_request_query(request, "after", text, sizeof text);
  return after ? strtoull(after, NULL, 10) : 0;
}

static void gone(serve_request *request) {
  serve_answer_problem_text(request, 410, "Gone", "the results of this job are not there any more");
}

/* Aside: all lines may be many megabytes. */
static void answer_lines(serve_request *request) {
  serve_job *job = request->held;
  uint64_t last = 0;
  int count = serve_job_lines(job, after_of(request), SIZE_MAX >> 1, "\n", &request->answer, &last);
  if (count > 0) base_text_puts(&request->answer, "\n");
  request->type = "application/x-ndjson";
  request->status = request->answer.failed ? 503 : 200;
  if (count < 0) gone(request);
  serve_job_release(&job);
}

void serve_api_job_results(serve_request *request) {
  serve_job *job = of_path(request);
  uint64_t last = after_of(request), probe = last;
  base_text *out = &request->answer;
  if (!job || (serve_job_look(job, request->key) && !serve_kept_look(request, "results", serve_job_id(job)))) return;
  if (serve_job_lines(job, last, 0, "", out, &probe) == SERVE_JOB_GONE) {
    kept_results(request, job);
    return;
  }
  if (lines_wanted(request)) {
    snprintf(request->etag, sizeof request->etag, "\"%s-%llu-%llu\"", serve_job_id(job), (unsigned long long)serve_job_edition(job), (unsigned long long)last);
    request->held = serve_job_hold(job);
    serve_aside_run(request, answer_lines);
    if (!request->later) serve_job_release(&job);
    return;
  }
  base_text_reset(out);
  base_text_printf(out, "{\"job\":\"%s\",\"state\":\"%s\",\"results\":[", serve_job_id(job), serve_job_state_name(serve_job_state(job)));
  int count = serve_job_lines(job, last, serve_request_limit(request, RESULTS), ",", out, &last);
  base_text_printf(out, "],\"after\":%llu}", (unsigned long long)last);
  request->status = out->failed ? 503 : 200;
  request->type = "application/json";
  if (count < 0) gone(request);
}

/* ---- Taken away ---- */

void serve_api_job_drop(serve_request *request) {
  serve_job *job = of_path(request);
  mien_error error = {0};
  if (!job || !serve_kept_look(request, "job dropped", serve_job_id(job))) return;
  job = serve_job_hold(job);
  bool ended = serve_job_state(job) >= SERVE_JOB_DONE;
  int code = serve_job_drop(job, &error);
  if (code) serve_answer_error(request, &error);
  else if (ended) answer(request, 200, json_pack("{s:s}", "forgotten", serve_job_id(job)));
  else answer(request, 202, serve_job_describe(job));
  serve_job_release(&job);
}
