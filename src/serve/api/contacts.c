/* contacts.c: earlier conversations of those who take part in one: of the same purpose, and of whose consent covers
 * keeping alone, for nothing else is there. */
#include <stdio.h>

#include "serve/api/api.h"
#include "serve/kept/keep.h"
#include "serve/kept/kept.h"
#include "serve/server.h"

enum { CONTACTS = 20, EVENTS = 100 };

typedef struct asking {
  const store_tenant *t;
  const char *session, *purpose, *who, *subject;
  size_t limit;
  json_t *list;
  mien_error *error;
} asking;

typedef struct events {
  const char *subject;
  int count;
  json_t *last;
} events;

static int take_event(void *context, const store_record *record) {
  events *e = context;
  if (strcmp(record->subject, e->subject)) return MIEN_OK;
  json_t *told = json_loadb(record->payload, record->bytes, 0, NULL), *event = json_object_get(told, "event");
  json_decref(e->last);
  e->last = json_pack("{s:O*,s:O*,s:O*,s:O*}", "rule", json_object_get(event, "rule"), "title", json_object_get(event, "title"), "severity",
                      json_object_get(event, "severity"), "at", json_object_get(event, "at"));
  e->count++;
  json_decref(told);
  return MIEN_OK;
}

static int take_session(void *context, const store_session *n) {
  asking *a = context;
  if (!strcmp(n->id, a->session) || strcmp(n->purpose, a->purpose) || json_array_size(a->list) == a->limit) return MIEN_OK;
  events e = {.subject = a->subject};
  int code = store_record_list(a->t, n->id, STORE_EVENT, 0, EVENTS, take_event, &e, a->error);
  json_t *one = json_pack("{s:s,s:f,s:o,s:s,s:s,s:s,s:i,s:o}", "session", n->id, "opened", n->opened, "closed", isnan(n->closed) ? json_null() : json_real(n->closed),
                          "purpose", n->purpose, "context", n->context, "who", a->who, "events", e.count, "last", e.last ? e.last : json_null());
  json_array_append_new(a->list, one);
  return code;
}

/* Who of this conversation is kept: of one that is open, or of one that was kept. */
static int people_of(serve_request *request, const store_tenant *t, store_session *n, mien_error *error) {
  const serve_conversation *c = serve_conversation_find(request->server, request->tenant, request->params[0]);
  if (!c) return store_session_get(t, request->params[0], n, error);
  snprintf(n->purpose, sizeof n->purpose, "%s", c->purpose);
  for (size_t i = 0; i < c->person_count; i++) {
    if (!*c->subjects[i] || !atomic_load(&c->keep[i])) continue;
    size_t at = n->person_count++;
    snprintf(n->people[at].who, STORE_NAME, "%s", c->people[i].who);
    memcpy(n->people[at].subject, c->subjects[i], STORE_ID);
  }
  return MIEN_OK;
}

void serve_api_contacts(serve_request *request) {
  store_tenant t;
  store_session n = {0};
  mien_error error = {0};
  struct serve_keep *keep = request->server->keep;
  if (!serve_kept_look(request, "contacts", request->params[0])) return;
  int code = keep ? store_of(&t, keep->store, request->tenant, &error) : MIEN_EEMPTY;
  if (!code) code = people_of(request, &t, &n, &error);
  if (code == MIEN_EEMPTY || code == MIEN_EINVAL) {
    serve_answer_problem_text(request, 404, "Not found", "no conversation of this id is open or kept");
    return;
  }
  json_t *list = json_array();
  const size_t each = BASE_MIN(serve_request_limit(request, 5), (size_t)CONTACTS);
  for (size_t i = 0; i < n.person_count && !code; i++) {
    asking a = {&t, request->params[0], n.purpose, n.people[i].who, n.people[i].subject, json_array_size(list) + each, list, &error};
    code = store_session_last(&t, a.subject, 4 * CONTACTS, take_session, &a, &error);
  }
  json_t *body = json_pack("{s:o}", "contacts", list);
  if (code) serve_answer_error(request, &error);
  else serve_answer_json(request, 200, body);
  json_decref(body);
}
