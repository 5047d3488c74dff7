/* signals.c: dictionaries of one person's own signals over HTTP: begun, shown examples, learned, told by. All in their
 * own thread (dictionaries.h). Each look and each use is in the audit; recordings are gone with the request. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "serve/api/api.h"
#include "serve/api/consents.h"
#include "serve/audit/audit.h"
#include "serve/kept/dictionaries.h"
#include "serve/server.h"

enum { RECORDINGS = 64 /* of one moment */ };

static bool possible(serve_request *request) {
  if (request->server->dictionaries) return true;
  serve_answer_problem_text(request, 404, "Not found", "dictionaries of signals need the store, which is off here");
  return false;
}

static void aside(serve_request *request, void (*work)(serve_request *request)) {
  if (possible(request)) serve_dictionaries_aside(request, work);
}

/* The same for what has a body: whether it is JSON is told at once. */
static void asked_first(serve_request *request, void (*work)(serve_request *request)) {
  json_t *body = possible(request) ? serve_request_json(request) : NULL;
  if (body) serve_dictionaries_aside(request, work);
  json_decref(body);
}

/* ---- All of them ---- */

static int take(const json_t *body, const char *name, const char *usual, char *to, size_t room, mien_error *error) {
  const json_t *value = json_object_get(body, name);
  const char *text = value ? json_string_value(value) : usual;
  if (!text || (!usual && !*text) || strlen(text) >= room) return base_error_set(error, MIEN_EINVAL, name, "docs/openapi.yaml has the form", "'%s' must be a text of 1 to %zu bytes", name, room - 1);
  snprintf(to, room, "%s", text);
  return MIEN_OK;
}

static void make(serve_request *request) {
  mien_error error = {0};
  serve_dictionary d = {0};
  unsigned read;
  json_t *body = json_loadb(request->body.data, request->body.length, 0, NULL), *told = NULL;
  snprintf(d.tenant, sizeof d.tenant, "%s", request->tenant);
  d.about.notice_given = json_is_true(json_object_get(body, "notice_given"));
  int code = take(body, "subject", NULL, d.about.subject, sizeof d.about.subject, &error);
  if (!code) code = take(body, "consent", NULL, d.about.consent, sizeof d.about.consent, &error);
  if (!code) code = take(body, "jurisdiction", NULL, d.about.jurisdiction, sizeof d.about.jurisdiction, &error);
  if (!code) code = take(body, "name", "", d.about.name, sizeof d.about.name, &error);
  if (!code) code = take(body, "purpose", "self", d.about.purpose, sizeof d.about.purpose, &error);
  if (!code) code = take(body, "context", "home", d.about.context, sizeof d.about.context, &error);
  if (!code) code = take(body, "role", "self", d.about.role, sizeof d.about.role, &error);
  if (!code && (code = serve_dictionary_decide(request->server, &d, &read, &error)) == MIEN_EPOLICY)
    serve_audit_refused(request->server, request->tenant, d.about.purpose, d.about.context, d.about.jurisdiction, &error);
  if (!code) code = signals_open(&d.signals, "person", d.about.consent, &error); /* the name is in the head alone */
  if (!code) code = serve_dictionary_put(request->server, &d, &error);
  if (code) signals_close(&d.signals);
  else {
    told = serve_dictionary_describe(&d);
    snprintf(request->location, sizeof request->location, "/v1/signals/%s", d.id);
    if ((code = serve_audit_did(request->server, request->tenant, request->key, "signals_make", d.id, &error))) serve_dictionary_erase(request->server, request->tenant, d.id, NULL);
  }
  json_decref(body);
  if (code) *request->location = 0, json_decref(told), told = NULL;
  serve_answer_made(request, 201, code, told, &error);
}

static void list(serve_request *request) {
  mien_error error = {0};
  json_t *all = json_array();
  int code = serve_audit_did(request->server, request->tenant, request->key, "signals", "", &error);
  if (!code) code = serve_dictionaries_list(request->server, request->tenant, all, &error);
  serve_answer_made(request, 200, code, json_pack("{s:o}", "dictionaries", all), &error);
}

/* ---- One ---- */

static int begin(serve_request *request, const char *what, serve_dictionary **d, unsigned *read, mien_error *error) {
  int code = serve_dictionary_get(request->server, request->tenant, request->params[0], d, error);
  double until = code ? 0 : (*d)->until;
  if (!code) code = serve_dictionary_decide(request->server, *d, read, error);
  if (!code) (*d)->until = until; /* looking at it keeps it no longer */
  return code ? code : serve_audit_did(request->server, request->tenant, request->key, what, request->params[0], error);
}

/* How often left-out examples are told rightly; null and why, where there are too few. */
static json_t *accuracy_of(signals_dictionary *d, int modality) {
  signals_check check;
  mien_error error = {0};
  if (signals_leave_one_out(d, modality, &check, &error)) return json_pack("{s:n,s:s}", "right", "why", error.what);
  json_t *mistaken = json_array();
  for (size_t i = 0; i < signals_count(d); i++)
    for (size_t j = 0; j < signals_count(d); j++)
      if (i != j && check.table[i][j])
        json_array_append_new(mistaken, json_pack("{s:s,s:s,s:I}", "signal", signals_name(d, i), "as", signals_name(d, j), "count", (json_int_t)check.table[i][j]));
  return json_pack("{s:I,s:I,s:I,s:o}", "right", (json_int_t)check.right, "count", (json_int_t)check.count, "none", (json_int_t)check.none, "mistaken", mistaken);
}

static json_t *all_of(const serve_dictionary *d, unsigned read) {
  json_t *told = serve_dictionary_describe(d);
  json_t *accuracy = json_object();
  for (int k = 0; k < SIGNALS_MODALITIES; k++) json_object_set_new(accuracy, signals_modalities[k], accuracy_of(d->signals, k));
  json_object_set_new(told, "read", serve_modalities_json(read));
  json_object_set_new(told, "accuracy", accuracy);
  return told;
}

static void look(serve_request *request) {
  mien_error error = {0};
  serve_dictionary *d;
  unsigned read;
  int code = begin(request, "signals", &d, &read, &error);
  serve_answer_made(request, 200, code, code ? NULL : all_of(d, read), &error);
}

static void drop(serve_request *request) {
  mien_error error = {0};
  serve_dictionary *d;
  int code = serve_dictionary_get(request->server, request->tenant, request->params[0], &d, &error);
  if (!code) code = serve_audit_did(request->server, request->tenant, request->key, "signals_erase", request->params[0], &error);
  if (!code) code = serve_dictionary_erase(request->server, request->tenant, request->params[0], &error);
  serve_answer_made(request, 200, code, json_pack("{s:s}", "dropped", request->params[0]), &error);
}

/* ---- What was sent of one moment ---- */

static int wrong(mien_error *error, const char *what) { return base_error_set(error, MIEN_EINVAL, "the body", "docs/openapi.yaml has the form", "%s", what); }

static int take_point(const json_t *list_, signals_clip *clip, int modality, mien_error *error) {
  if (!list_) return MIEN_OK;
  size_t length = json_array_size(list_);
  if (!json_is_array(list_) || !length || length > SIGNALS_POINT) return wrong(error, "a point is a list of 1 to 512 numbers");
  for (size_t i = 0; i < length; i++) {
    const json_t *number = json_array_get(list_, i);
    if (!json_is_number(number)) return wrong(error, "a point is a list of numbers");
    clip->point[modality][i] = (float)BASE_CLAMP(json_number_value(number), -1e6, 1e6);
  }
  clip->length[modality] = length;
  return MIEN_OK;
}

static int take_recordings(mien_engine *engine, const json_t *list_, unsigned read, signals_clip *clip, mien_error *error) {
  signals_recording recordings[RECORDINGS];
  uint8_t *bytes[RECORDINGS] = {NULL};
  size_t count = json_array_size(list_), held = 0;
  int code = json_is_array(list_) && count && count <= RECORDINGS ? MIEN_OK : wrong(error, "'recordings' is a list of 1 to 64 recordings in base64");
  for (size_t i = 0; i < count && !code; i++) {
    const json_t *one = json_array_get(list_, i);
    size_t length = json_string_length(one);
    bytes[i] = base_alloc(length + 1, 1);
    held = i + 1;
    if (!bytes[i]) code = base_error_set(error, MIEN_ENOMEM, "recordings", "", "out of memory");
    else if (!json_is_string(one) || sodium_base642bin(bytes[i], length + 1, json_string_value(one), length, NULL, &recordings[i].count, NULL, sodium_base64_VARIANT_ORIGINAL) || !recordings[i].count)
      code = wrong(error, "a recording is a file in base64: WAV, WebM, JPEG …");
    recordings[i].bytes = bytes[i];
  }
  if (!code) code = signals_clip_moment(engine, recordings, count, read, clip, error);
  for (size_t i = 0; i < held; i++) {
    if (bytes[i] && !code) sodium_memzero(bytes[i], recordings[i].count);
    base_free(bytes[i]);
  }
  return code == MIEN_EEMPTY || code == MIEN_EUNSUPPORTED ? (error->code = MIEN_EINVAL) : code;
}

static int take_clip(serve_request *request, const json_t *body, unsigned read, signals_clip *clip, mien_error *error) {
  const json_t *recordings = json_object_get(body, "recordings");
  bool points = false, any = false;
  for (int k = 0; k < SIGNALS_MODALITIES; k++) points |= json_object_get(body, signals_modalities[k]) != NULL;
  *clip = (signals_clip){0};
  if (!recordings == !points) return wrong(error, "send 'recordings', or the points 'voice', 'face' and 'body' that were made of one");
  int code = recordings ? take_recordings(request->server->engine, recordings, read, clip, error) : MIEN_OK;
  for (int k = 0; k < SIGNALS_MODALITIES; k++) {
    if (!code && !recordings) code = take_point(json_object_get(body, signals_modalities[k]), clip, k, error);
    if (!(read & signals_reads[k])) clip->length[k] = 0;
    any |= clip->length[k] > 0;
  }
  if (!code && !any) code = base_error_set(error, MIEN_EPOLICY, "consent", "record a consent that covers it", "what was sent may not be read");
  return code;
}

static void show(serve_request *request) {
  mien_error error = {0};
  serve_dictionary *d;
  signals_clip clip;
  unsigned read = 0;
  json_t *body = json_loadb(request->body.data, request->body.length, 0, NULL), *told = NULL;
  const char *signal = json_string_value(json_object_get(body, "signal"));
  int code = begin(request, "signals_example", &d, &read, &error);
  if (!code && !signal) code = wrong(&error, "'signal' is the name of what is shown");
  if (!code) code = take_clip(request, body, read, &clip, &error);
  if (!code && d->signals->example_count + SIGNALS_MODALITIES > DICTIONARIES_EXAMPLES) code = base_error_set(&error, MIEN_ELIMIT, "examples", "forget a signal first", "a dictionary has at most %d examples here", DICTIONARIES_EXAMPLES);
  if (!code && (code = mien_signals_add(d->signals, signal, &clip, &error)) == MIEN_EEMPTY) error.code = code = MIEN_EINVAL;
  if (!code) code = serve_dictionary_decide(request->server, d, &read, &error); /* from now on it is kept so long */
  if (!code) code = serve_dictionary_change(request->server, d, &error);
  if (!code) {
    told = serve_dictionary_describe(d);
    unsigned has = 0;
    for (int k = 0; k < SIGNALS_MODALITIES; k++) has |= clip.length[k] ? signals_reads[k] : 0;
    json_object_set_new(told, "has", serve_modalities_json(has));
  }
  sodium_memzero(&clip, sizeof clip);
  json_decref(body);
  serve_answer_made(request, 201, code, told, &error);
}

static void forget(serve_request *request) {
  mien_error error = {0};
  serve_dictionary *d;
  unsigned read;
  int code = begin(request, "signals_forget", &d, &read, &error);
  if (!code && signals_drop(d->signals, request->params[1], &error)) code = base_error_set(&error, MIEN_EEMPTY, "signal", "", "there is no such signal");
  else if (!code) code = serve_dictionary_change(request->server, d, &error);
  serve_answer_made(request, 200, code, code ? NULL : serve_dictionary_describe(d), &error);
}

static void tell(serve_request *request) {
  mien_error error = {0};
  serve_dictionary *d;
  signals_clip clip;
  signals_told told;
  unsigned read = 0;
  json_t *body = json_loadb(request->body.data, request->body.length, 0, NULL);
  int code = begin(request, "signals_tell", &d, &read, &error);
  if (!code) code = take_clip(request, body, read, &clip, &error);
  if (!code && (code = signals_tell_clip(d->signals, &clip, &told, &error)) == MIEN_EEMPTY) {
    serve_answer_problem(request, 409, "Too few examples", &error);
  } else if (code) {
    serve_answer_made(request, 200, code, NULL, &error);
  } else {
    base_json out;
    base_json_init(&out, &request->answer);
    base_json_open(&out, NULL, '{');
    signals_told_write(&out, d->signals, &told);
    base_json_open(&out, "has", '[');
    for (int k = 0; k < SIGNALS_MODALITIES; k++)
      if (clip.length[k]) base_json_string(&out, NULL, signals_modalities[k]);
    base_json_close(&out, ']');
    base_json_close(&out, '}');
    request->status = request->answer.failed ? 500 : 200;
    request->type = "application/json";
  }
  sodium_memzero(&clip, sizeof clip);
  json_decref(body);
}

void serve_api_signals(serve_request *request) { aside(request, list); }
void serve_api_signals_make(serve_request *request) { asked_first(request, make); }
void serve_api_signals_get(serve_request *request) { aside(request, look); }
void serve_api_signals_drop(serve_request *request) { aside(request, drop); }
void serve_api_signals_add(serve_request *request) { asked_first(request, show); }
void serve_api_signals_forget(serve_request *request) { aside(request, forget); }
void serve_api_signals_tell(serve_request *request) { asked_first(request, tell); }
