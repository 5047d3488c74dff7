/* drafts.c: see drafts.h. */
#include "serve/calls/drafts.h"

#include <sodium.h>
#include <stdlib.h>

#include "respond/draft.h"
#include "respond/respond.h"
#include "serve/actions/endpoints.h"
#include "serve/calls/address.h"
#include "serve/calls/fetch.h"
#include "serve/http/aside.h"
#include "serve/http/json.h"
#include "serve/live/responses.h"
#include "serve/live/texts.h"
#include "serve/server.h"

enum { WORKERS = 4 /* that wait for the endpoint at a time */, KEY = 4096 };
#define SHORTEST 0.1 /* seconds that have to be left for a call to be made */

typedef struct serve_drafts {
  serve_aside *workers[WORKERS];
  unsigned next;
  char key[KEY]; /* wiped when it is closed */
} serve_drafts;

typedef struct drafting {
  json_t *question, *answer;
  serve_responses *responses;
} drafting;

/* ---- Open, close ---- */

static int check_settings(const serve_settings *s, mien_error *error) {
  mien_error why = {0};
  if (!*s->respond_model) return base_error_set(error, MIEN_EINVAL, "respond.model", "name the model as the endpoint calls it", "drafts have no model");
  if (serve_url_check(s->respond_endpoint, s->respond_hosts, NULL, &why))
    return base_error_set(error, MIEN_EINVAL, "respond.endpoint", "https://HOST/v1/chat/completions; a host of this machine or network, or without https, is to be named in respond.hosts", "%s", why.what);
  return MIEN_OK;
}

int serve_drafts_open(serve_server *server, mien_error *error) {
  const serve_settings *s = &server->settings;
  if (!*s->respond_endpoint) return MIEN_OK;
  int code = check_settings(s, error);
  if (code) return code;
  serve_drafts *d = server->drafts = base_alloc(1, sizeof *d);
  if (!d) return base_error_set(error, MIEN_ENOMEM, "drafts", "", "out of memory");
  sodium_mlock(d->key, sizeof d->key);
  if (*s->respond_key) code = serve_secret_read(s->respond_key, d->key, sizeof d->key, error);
  for (int i = 0; i < WORKERS && !code; i++) code = serve_aside_open(&d->workers[i], error);
  return code;
}

void serve_drafts_close(serve_server *server) {
  serve_drafts *d = server->drafts;
  if (!d) return;
  for (int i = 0; i < WORKERS; i++) serve_aside_close(&d->workers[i]);
  sodium_munlock(d->key, sizeof d->key);
  base_free(d);
  server->drafts = NULL;
}

/* ---- The answer ---- */

static void finish(serve_request *request, const drafting *d, const char *draft, const char *refused, const char *what) {
  const json_t *first = json_array_get(json_object_get(d->answer, "suggestions"), 0);
  json_t *is = draft ? json_pack("{s:s,s:s,s:s,s:s,s:s}", "text", draft, "strategy", serve_text_of(first, "strategy"), "id", serve_text_of(first, "id"), "language", serve_text_of(first, "language"),
                                 "model", request->server->settings.respond_model)
                     : json_pack("{s:n,s:s,s:s}", "text", "refused", refused, "what", what);
  if (!is || json_object_set_new(d->answer, "draft", is)) serve_answer_error(request, &(mien_error){.code = MIEN_ENOMEM, .what = "out of memory"});
  else serve_answer_json(request, 200, d->answer);
}

static void drafting_free(drafting *d) {
  json_decref(d->question);
  json_decref(d->answer);
  serve_responses_release(&d->responses);
  base_free(d);
}

/* ---- Mien's own reading of a draft ---- */

typedef struct waiting {
  pthread_mutex_t lock;
  pthread_cond_t ready;
  bool done;
} waiting;

static void was_read(serve_texts_job *job) {
  waiting *w = job->context;
  pthread_mutex_lock(&w->lock);
  w->done = true;
  pthread_cond_signal(&w->ready);
  pthread_mutex_unlock(&w->lock);
}

static int read_tone(void *context, const char *draft, respond_draft_tone *tone) {
  serve_server *server = context;
  mien_text text = {draft, strlen(draft)};
  waiting w = {.done = false};
  serve_texts_job job = {.texts = &text, .count = 1, .done = was_read, .context = &w};
  pthread_mutex_init(&w.lock, NULL);
  pthread_cond_init(&w.ready, NULL);
  int code = serve_texts_read(server->texts, &job);
  pthread_mutex_lock(&w.lock);
  while (!code && !w.done) pthread_cond_wait(&w.ready, &w.lock);
  pthread_mutex_unlock(&w.lock);
  pthread_cond_destroy(&w.ready);
  pthread_mutex_destroy(&w.lock);
  json_t *reading = !code && !job.code ? json_loadb(job.json.data ? job.json.data : "", job.json.length, 0, NULL) : NULL;
  for (int k = 0; k < MIEN_CORE; k++) {
    const json_t *value = json_object_get(json_object_get(reading, "core"), mien_core_name(k));
    tone->core[k] = json_is_number(value) ? (float)json_number_value(value) : NAN;
  }
  tone->gratitude = (float)json_number_value(json_object_get(json_object_get(reading, "fine"), "gratitude"));
  base_text_clear(&job.json);
  code = reading ? MIEN_OK : MIEN_EAGAIN;
  json_decref(reading);
  return code;
}

/* ---- The question to the model ---- */

typedef struct ground {
  respond_draft_ask ask;
  mien_reading state;
  mien_cue cues[RESPOND_DRAFT_CUES];
  respond_draft_turn turns[RESPOND_DRAFT_TURNS];
} ground;

/* As much of it as there is room for, without half a letter at its end. */
static void cut(char *to, size_t room, const char *text) {
  size_t bytes = strlen(text);
  if (bytes >= room) {
    bytes = room - 1;
    while (bytes && ((unsigned char)text[bytes] & 0xc0) == 0x80) bytes--;
  }
  memcpy(to, text, bytes);
  to[bytes] = 0;
}

static void take_cues(ground *g, const json_t *cues) {
  size_t i;
  const json_t *one;
  json_array_foreach(cues, i, one) {
    const json_t *weight = json_object_get(one, "weight");
    int toward = respond_named(serve_text_of(one, "toward"), mien_core_name);
    if (g->state.cue_count == RESPOND_DRAFT_CUES) return;
    if (toward < 0 || !json_is_number(weight) || !(json_number_value(weight) > 0)) continue;
    mien_cue *cue = &g->cues[g->state.cue_count++];
    *cue = (mien_cue){.weight = (float)json_number_value(weight), .toward = toward};
    cut(cue->kind, sizeof cue->kind, serve_text_of(one, "kind"));
    cut(cue->text, sizeof cue->text, serve_text_of(one, "text"));
  }
  g->state.cues = g->cues;
}

static void take(ground *g, const serve_settings *s, const drafting *d) {
  const json_t *first = json_array_get(json_object_get(d->answer, "suggestions"), 0), *turns = json_object_get(d->question, "turns"), *state = json_object_get(d->question, "state");
  size_t count = json_array_size(turns), from = count > RESPOND_DRAFT_TURNS ? count - RESPOND_DRAFT_TURNS : 0;
  const char *last = serve_text_of(json_array_get(turns, count ? count - 1 : 0), "who"), *role = serve_text_of(d->question, "role"), *purpose = serve_text_of(d->question, "purpose"), *avoid = serve_text_of(first, "avoid");
  g->ask = (respond_draft_ask){.model = s->respond_model, .strategy = serve_text_of(first, "strategy"), .meaning = serve_text_of(first, "title"), .wording = serve_text_of(first, "words"),
                               .avoid = *avoid ? avoid : NULL, .language = serve_text_of(first, "language"), .formal = !strcmp(serve_text_of(first, "register"), "formal"),
                               .escalates = !strcmp(serve_text_of(first, "strategy"), "escalate"), .role = *role ? role : NULL, .purpose = *purpose ? purpose : NULL,
                               .turns = g->turns, .turn_count = count - from};
  for (size_t i = from; i < count; i++)
    g->turns[i - from] = (respond_draft_turn){!strcmp(serve_text_of(json_array_get(turns, i), "who"), last), serve_text_of(json_array_get(turns, i), "text")};
  if (json_is_true(json_object_get(d->question, "neutral")) || !json_is_object(state) || respond_state_read(state, &g->state, NULL)) return;
  take_cues(g, json_object_get(state, "cues"));
  g->ask.state = &g->state;
}

static void work(serve_request *request) {
  const serve_settings *s = &request->server->settings;
  serve_drafts *drafts = request->server->drafts;
  drafting *d = request->held;
  ground g = {0};
  base_text body = {0}, answer = {0}, draft = {0};
  mien_error error = {0};
  double end = request->began + s->respond_timeout, left = end - base_clock();
  const char *refused = NULL, *what = NULL;
  request->held = NULL;
  take(&g, s, d);
  if (left < SHORTEST) refused = "late", what = "too many drafts were asked for at once";
  else if (respond_draft_request(&g.ask, &body, &error)) refused = "unasked", what = error.what;
  else if (serve_fetch_run(&(serve_fetch){.url = s->respond_endpoint, .hosts = s->respond_hosts, .json = body.data, .bearer = *drafts->key ? drafts->key : NULL, .ca = s->respond_ca, .timeout = left}, &answer, &error))
    refused = base_clock() >= end - SHORTEST ? "late" : "unreachable", what = error.what;
  else if (respond_draft_answer(answer.data ? answer.data : "", answer.length, &draft, &error)) refused = "answer", what = error.what;
  else {
    respond_refusal broken = respond_draft_check(&g.ask, draft.data ? draft.data : "", d->responses->library, read_tone, request->server);
    refused = respond_refusal_name(broken), what = respond_refusal_what(broken);
  }
  finish(request, d, refused ? NULL : draft.data, refused, what);
  if (body.data) sodium_memzero(body.data, body.length);
  if (answer.data) sodium_memzero(answer.data, answer.length);
  base_text_clear(&body), base_text_clear(&answer), base_text_clear(&draft);
  drafting_free(d);
}

void serve_draft_answer(serve_request *request, const json_t *question, const char *answer) {
  serve_drafts *drafts = request->server->drafts;
  drafting *d = base_alloc(1, sizeof *d);
  if (d) d->question = json_deep_copy(question), d->answer = json_loads(answer, 0, NULL);
  if (!d || !d->question || !d->answer) {
    serve_answer_error(request, &(mien_error){.code = MIEN_ENOMEM, .what = "out of memory"});
    if (d) drafting_free(d);
    return;
  }
  const char *refused = !drafts ? "off" : json_is_true(json_object_get(d->answer, "crisis")) ? "crisis" : !json_array_size(json_object_get(d->answer, "suggestions")) ? "none" : NULL;
  const char *what = !drafts ? "the settings name no endpoint for drafts (respond.endpoint)" : !strcmp(refused ? refused : "", "crisis") ? respond_refusal_what(RESPOND_REFUSED_CRISIS) : "nothing is suggested that could be worded";
  if (!refused) {
    d->responses = serve_responses_hold(request->server->responses);
    request->held = d;
    serve_aside_run_in(drafts->workers[drafts->next++ % WORKERS], request, work);
    if (request->later) return;
    request->held = NULL, request->retry_after = 0;
    refused = "busy", what = "too many drafts are waiting";
  }
  finish(request, d, NULL, refused, what);
  drafting_free(d);
}
