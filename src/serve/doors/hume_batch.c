/* hume_batch.c: the batch of Hume's Expression Measurement, for clients left behind when it was shut: files and texts sent
 * together, each a job of its own (jobs.h) by the doors' profile, so that purpose, notice and consent hold here as
 * everywhere; the key is ours. Addresses are not fetched and none is called back: who asks for that is told so. */
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/doors/hume.h"
#include "serve/http/aside.h"
#include "serve/kept/kept.h"
#include "serve/server.h"

enum { PAGE = 50, MODELS = 8 << 10 /* bytes of what is asked of them */ };

static void answer(serve_request *request, int status, json_t *body) {
  if (body) serve_answer_json(request, status, body);
  else serve_answer_error(request, &(mien_error){.code = MIEN_ENOMEM, .what = "out of memory"});
  json_decref(body);
}

/* ---- Started ---- */

static json_t *asked_of(serve_request *request) {
  const serve_upload_field *field = request->upload ? serve_upload_field_of(request->upload, "json") : NULL;
  if (!request->upload) return serve_request_json(request);
  json_t *asked = field ? json_loadb(field->text.data ? field->text.data : "", field->text.length, JSON_REJECT_DUPLICATES, NULL) : json_object();
  if (json_is_object(asked)) return asked;
  json_decref(asked);
  serve_answer_problem_text(request, 400, "Not JSON", "the part 'json' must be a JSON object");
  return NULL;
}

static const char *wrong_in(json_t *asked, size_t files) {
  json_t *models = json_object_get(asked, "models"), *texts = json_object_get(asked, "text"), *urls = json_object_get(asked, "urls"), *text;
  size_t i, sources = files + json_array_size(texts);
  if (json_array_size(urls)) return "this service fetches nothing: send the files themselves";
  if (json_string_length(json_object_get(asked, "callback_url"))) return "this service calls nobody back: ask for the job, or add a webhook";
  if (models && !json_is_null(models) && !json_is_object(models)) return "'models' must be an object";
  if (models && json_dumpb(models, NULL, 0, JSON_COMPACT) > MODELS) return "'models' is too long";
  if (texts && !json_is_null(texts) && !json_is_array(texts)) return "'text' must be a list of strings";
  json_array_foreach(texts, i, text)
    if (!json_string_length(text) || json_string_length(text) > 64 << 10 || strlen(json_string_value(text)) != json_string_length(text))
      return "each of 'text' must be a string of at most 65536 bytes";
  if (!sources) return "there is nothing to read: send files or 'text'";
  return sources > SERVE_HUME_SOURCES ? "a job takes 64 files and texts" : NULL;
}

static bool asks(json_t *asked, const char *model) {
  json_t *models = json_object_get(asked, "models");
  return !json_object_size(models) || json_object_get(models, model);
}

/* What is asked of each: all of its sound and pictures are the profile's first participant's. */
static json_t *opening(serve_request *request, json_t *asked, mien_error *error) {
  const char *name = request->server->settings.profile;
  json_t *profile = json_object_get(request->server->settings.profiles, name);
  json_t *who = json_object_get(json_array_get(json_object_get(profile, "participants"), 0), "who");
  if (who) return json_pack("{s:s,s:[O],s:O,s:b}", "profile", name, "channels", who, "camera", who, "words", asks(asked, "language"));
  base_error_set(error, MIEN_EPOLICY, "doors.profile", "name a profile with a participant in the settings", "the doors of this service open nothing by themselves");
  return NULL;
}

/* 122 random bits, as RFC 9562 (2024) writes them: version 4. */
static void make_id(char id[37]) {
  uint8_t r[16];
  randombytes_buf(r, sizeof r);
  r[6] = (uint8_t)((r[6] & 0x0f) | 0x40);
  r[8] = (uint8_t)((r[8] & 0x3f) | 0x80);
  char hex[33];
  sodium_bin2hex(hex, sizeof hex, r, sizeof r);
  snprintf(id, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static int start_one(serve_request *request, const char *batch, json_t *asked, json_t *what, serve_upload_file *file, const char *words, mien_error *error) {
  json_t *models = json_object_get(asked, "models"), *own = json_deep_copy(what);
  json_t *about = json_pack("{s:s}", "type", words ? "text" : "file");
  json_object_set_new(about, "models", json_is_object(models) ? json_incref(models) : json_object());
  if (file) {
    json_object_set_new(about, "md5sum", json_string(file->md5));
    json_object_set_new(about, "content_type", json_string(file->type));
    snprintf(file->field, sizeof file->field, "file");
  }
  serve_job_more more = {batch, about, words};
  serve_job *job = own && about ? serve_job_make(request->server, request->tenant, request->key, own, file, file != NULL, &more, error) : NULL;
  json_decref(own);
  json_decref(about);
  return job ? MIEN_OK : error->code ? error->code : base_error_set(error, MIEN_ENOMEM, "job", "", "out of memory");
}

static void take_back(serve_request *request, const char *batch) {
  serve_job *jobs[SERVE_HUME_SOURCES];
  size_t count = serve_job_batch(request->server, request->tenant, batch, jobs, SERVE_HUME_SOURCES);
  for (size_t i = 0; i < count; i++) serve_job_drop(jobs[i], NULL);
}

void serve_api_hume_start(serve_request *request) {
  size_t file_count = 0, i;
  char batch[37];
  mien_error error = {0};
  json_t *asked = asked_of(request), *text;
  if (!asked) return;
  serve_upload_file *files = request->upload ? serve_upload_files(request->upload, &file_count) : NULL;
  const char *wrong = wrong_in(asked, file_count);
  json_t *what = wrong ? NULL : opening(request, asked, &error);
  int code = wrong ? MIEN_EINVAL : what ? MIEN_OK : error.code;
  make_id(batch);
  for (i = 0; i < file_count && !code; i++) code = start_one(request, batch, asked, what, &files[i], NULL, &error);
  json_array_foreach(json_object_get(asked, "text"), i, text)
    if (!code) code = start_one(request, batch, asked, what, NULL, json_string_value(text), &error);
  json_decref(what);
  json_decref(asked);
  if (code) take_back(request, batch);
  if (wrong) serve_answer_problem_text(request, 400, "Not possible as asked", "%s", wrong);
  else if (code) serve_answer_error(request, &error);
  if (code) return;
  snprintf(request->location, sizeof request->location, "/v0/batch/jobs/%s", batch);
  answer(request, 200, json_pack("{s:s}", "job_id", batch));
}

/* ---- Looked at ---- */

static double milliseconds(json_t *described, const char *name) { return json_number_value(json_object_get(described, name)) * 1000; }

/* Of all the jobs of a batch: what they are together. */
static json_t *state_of(serve_job **jobs, size_t count) {
  size_t ended = 0, failed = 0, begun = 0;
  double made = INFINITY, started = INFINITY, until = 0;
  uint64_t predictions = 0;
  char why[300] = "";
  for (size_t i = 0; i < count; i++) {
    json_t *d = serve_job_describe(jobs[i]);
    int state = serve_job_state(jobs[i]);
    made = fmin(made, milliseconds(d, "made"));
    if (json_is_number(json_object_get(d, "started"))) begun++, started = fmin(started, milliseconds(d, "started"));
    until = fmax(until, milliseconds(d, "ended"));
    ended += state >= SERVE_JOB_DONE;
    failed += state > SERVE_JOB_DONE;
    const char *what = json_string_value(json_object_get(json_object_get(d, "error"), "what"));
    if (state > SERVE_JOB_DONE && !*why) snprintf(why, sizeof why, "%s", what ? what : serve_job_state_name(state));
    if (serve_hume_wants(jobs[i], "face")) predictions += serve_job_final(jobs[i], MIEN_FACE);
    if (serve_hume_wants(jobs[i], "prosody")) predictions += serve_job_final(jobs[i], MIEN_VOICE);
    if (serve_hume_wants(jobs[i], "language")) predictions += serve_job_final(jobs[i], MIEN_TEXT);
    json_decref(d);
  }
  if (!isfinite(started)) started = made;
  const char *status = ended < count ? (begun ? "IN_PROGRESS" : "QUEUED") : failed == count ? "FAILED" : "COMPLETED";
  json_t *state = json_pack("{s:s,s:I}", "status", status, "created_timestamp_ms", (json_int_t)made);
  if (ended == count || begun) json_object_set_new(state, "started_timestamp_ms", json_integer((json_int_t)started));
  if (ended < count) return state;
  json_object_set_new(state, "ended_timestamp_ms", json_integer((json_int_t)until));
  if (failed == count) json_object_set_new(state, "message", json_string(why));
  else json_object_set_new(state, "num_predictions", json_integer((json_int_t)predictions)), json_object_set_new(state, "num_errors", json_integer((json_int_t)failed));
  return state;
}

static json_t *details_of(serve_job **jobs, size_t count) {
  json_t *files = json_array(), *models = json_object_get(serve_job_about(jobs[0]), "models");
  for (size_t i = 0; i < count; i++) {
    json_t *source = serve_hume_source(jobs[i]);
    if (json_object_get(source, "md5sum")) json_object_del(source, "type"), json_array_append(files, source);
    json_decref(source);
  }
  return json_pack("{s:s,s:s,s:{s:O?,s:[],s:[],s:o,s:b,s:n},s:o}", "type", "INFERENCE", "job_id", serve_job_batch_of(jobs[0]), "request", "models", models, "urls",
                   "text", "files", files, "notify", 0, "callback_url", "state", state_of(jobs, count));
}

/* The jobs of the batch of the path; 0 with 404 answered. */
static size_t of_path(serve_request *request, serve_job *jobs[SERVE_HUME_SOURCES]) {
  size_t count = serve_job_batch(request->server, request->tenant, request->params[0], jobs, SERVE_HUME_SOURCES);
  if (!count) serve_answer_problem_text(request, 404, "Not found", "there is no job of this id");
  return count;
}

void serve_api_hume_job(serve_request *request) {
  serve_job *jobs[SERVE_HUME_SOURCES];
  size_t count = of_path(request, jobs);
  if (count) answer(request, 200, details_of(jobs, count));
}

/* Whether the list is asked for this: `status=` may be said several times, or not at all. */
static bool asked_status(const serve_request *request, const char *status) {
  bool any = false;
  size_t part;
  for (const char *at = request->query; *at; at += part, at += *at == '&') {
    part = strcspn(at, "&");
    if (part < 7 || memcmp(at, "status=", 7)) continue;
    any = true;
    if (part - 7 == strlen(status) && !memcmp(at + 7, status, part - 7)) return true;
  }
  return !any;
}

static bool asked_time(const serve_request *request, double created) {
  char when[20], text[24];
  if (!serve_request_query(request, "timestamp_ms", text, sizeof text)) return true;
  bool after = serve_request_query(request, "when", when, sizeof when) && !strcmp(when, "created_after");
  double at = strtod(text, NULL);
  return after ? created > at : created < at;
}

typedef struct listed {
  double by;
  json_t *body;
} listed;

static int newest_first(const void *a, const void *b) {
  const listed *x = a, *y = b;
  return (x->by < y->by) - (x->by > y->by);
}

void serve_api_hume_jobs(serve_request *request) {
  enum { ROOM = 4096 };
  char by[12] = "created", direction[8] = "desc", key[32];
  size_t limit = serve_request_limit(request, PAGE), count = 0;
  serve_job **all = base_alloc(ROOM, sizeof *all);
  listed *list = base_alloc(ROOM, sizeof *list);
  size_t total = all && list ? serve_job_batch(request->server, request->tenant, NULL, all, ROOM) : 0;
  serve_request_query(request, "sort_by", by, sizeof by);
  serve_request_query(request, "direction", direction, sizeof direction);
  snprintf(key, sizeof key, "%s_timestamp_ms", by);
  for (size_t i = 0, n; i < total; i += n) { /* those of a batch follow one another: it is made at once */
    for (n = 1; i + n < total && !strcmp(serve_job_batch_of(all[i]), serve_job_batch_of(all[i + n])); n++) {}
    json_t *body = details_of(all + i, n), *state = json_object_get(body, "state");
    double created = json_number_value(json_object_get(state, "created_timestamp_ms"));
    const char *status = json_string_value(json_object_get(state, "status"));
    bool wanted = status && asked_status(request, status) && asked_time(request, created);
    if (wanted) list[count++] = (listed){json_number_value(json_object_get(state, key)), json_incref(body)};
    json_decref(body);
  }
  if (list) qsort(list, count, sizeof *list, newest_first);
  json_t *answered = all && list ? json_array() : NULL;
  for (size_t i = 0; i < count; i++) {
    size_t at = strcmp(direction, "asc") ? i : count - 1 - i;
    if (i < limit) json_array_append(answered, list[at].body);
  }
  for (size_t i = 0; i < count; i++) json_decref(list[i].body);
  base_free(list);
  base_free(all);
  if (serve_kept_look(request, "jobs", "")) answer(request, 200, answered);
  else json_decref(answered);
}

typedef struct held {
  serve_job *jobs[SERVE_HUME_SOURCES];
  size_t count;
} held;

static void answer_predictions(serve_request *request) {
  held *h = request->held;
  json_t *list = json_array();
  for (size_t i = 0; i < h->count; i++) {
    json_array_append_new(list, serve_hume_predictions(h->jobs[i]));
    serve_job_release(&h->jobs[i]);
  }
  base_free(h);
  answer(request, 200, list);
}

void serve_api_hume_predictions(serve_request *request) {
  serve_job *jobs[SERVE_HUME_SOURCES];
  size_t count = of_path(request, jobs), ended = 0;
  if (!count) return;
  for (size_t i = 0; i < count; i++) ended += serve_job_state(jobs[i]) >= SERVE_JOB_DONE;
  if (ended < count) serve_answer_problem_text(request, 400, "Not complete", "the job is not complete yet");
  if (ended < count || !serve_kept_look(request, "results", serve_job_batch_of(jobs[0]))) return;
  held *h = base_alloc(1, sizeof *h);
  if (!h) {
    answer(request, 503, NULL);
    return;
  }
  for (size_t i = 0; i < count; i++) h->jobs[h->count++] = serve_job_hold(jobs[i]);
  request->held = h;
  serve_aside_run(request, answer_predictions);
  if (request->later) return;
  for (size_t i = 0; i < h->count; i++) serve_job_release(&h->jobs[i]);
  base_free(h);
}
