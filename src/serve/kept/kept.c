/* kept.c: see kept.h; and the list of sessions, open and kept, the newest first. */
#include "serve/kept/kept.h"

#include <stdio.h>
#include <stdlib.h>

#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/kept/keep.h"
#include "serve/server.h"

enum { LOOK_EVERY = 60 /* s */, PAGE = 100, RESULTS = 1000 };

bool serve_kept_look(serve_request *request, const char *what, const char *of) {
  mien_error error = {0};
  int code = serve_audit_did(request->server, request->tenant, request->key, what, of, &error);
  if (code) serve_answer_error(request, &error);
  return !code;
}

bool serve_kept_look_open(serve_request *request, serve_conversation *c) {
  double now = base_clock();
  if (c->looked > 0 && now - c->looked < LOOK_EVERY && !strcmp(c->looked_by, request->key)) return true;
  c->looked = now;
  snprintf(c->looked_by, sizeof c->looked_by, "%s", request->key);
  return serve_kept_look(request, "results", c->id);
}

static int tenant_of(serve_request *request, store_tenant *t) {
  return request->server->keep ? store_of(t, request->server->keep->store, request->tenant, NULL) : MIEN_EEMPTY;
}

static void not_found(serve_request *request, int code, const mien_error *error) {
  if (code && code != MIEN_EEMPTY) serve_answer_error(request, error);
  else serve_answer_problem_text(request, 404, "Not found", "no conversation of this id is open or kept");
}

static json_t *describe(const store_session *n) {
  json_t *people = json_array();
  for (size_t i = 0; i < n->person_count; i++)
    json_array_append_new(people, json_pack("{s:s,s:s}", "who", n->people[i].who, "role", n->people[i].role));
  return json_pack("{s:s,s:s,s:s,s:s,s:f,s:o,s:b,s:b,s:I,s:o}", "session", n->id, "purpose", n->purpose, "context", n->context, "jurisdiction",
                   n->jurisdiction, "opened", n->opened, "closed", isnan(n->closed) ? json_null() : json_real(n->closed), "finished", true,
                   "kept", true, "results", (json_int_t)n->results, "participants", people);
}

void serve_kept_session(serve_request *request) {
  store_tenant t;
  store_session n;
  mien_error error = {0};
  int code = tenant_of(request, &t);
  if (!code) code = store_session_get(&t, request->params[0], &n, &error);
  if (code) {
    not_found(request, code, &error);
    return;
  }
  if (!serve_kept_look(request, "session", n.id)) return;
  json_t *body = describe(&n);
  serve_answer_json(request, 200, body);
  json_decref(body);
}

typedef struct results {
  base_text *out;
  uint64_t last;
  bool more;
} results;

static int add_result(void *context, const store_record *r) {
  results *all = context;
  if (all->last && all->more) base_text_puts(all->out, ",");
  all->more = true;
  all->last = r->seq;
  const char *kind = store_kind_name(r->kind);
  bool whole = r->bytes > 8 && !strncmp(r->payload, "{\"type\":", 8);
  if (whole) base_text_add(all->out, r->payload, r->bytes);
  else base_text_printf(all->out, "{\"type\":\"%s\",\"seq\":%llu,\"%s\":%.*s}", kind, (unsigned long long)r->seq, kind, (int)r->bytes, r->payload);
  return all->out->failed ? MIEN_ENOMEM : MIEN_OK;
}

void serve_kept_results(serve_request *request) {
  store_tenant t;
  store_session n;
  char text[24];
  mien_error error = {0};
  results all = {.out = &request->answer};
  int code = tenant_of(request, &t);
  if (!code) code = store_session_get(&t, request->params[0], &n, &error);
  if (!code && !serve_kept_look(request, "results", n.id)) return;
  const char *after = serve_request_query(request, "after", text, sizeof text);
  all.last = after ? strtoull(after, NULL, 10) : 0;
  base_text_reset(&request->answer);
  base_text_puts(&request->answer, "{\"results\":[");
  if (!code) code = store_record_list(&t, n.id, -1, all.last, RESULTS, add_result, &all, &error);
  if (code) {
    not_found(request, code, &error);
    return;
  }
  base_text_printf(&request->answer, "],\"after\":%llu}", (unsigned long long)all.last);
  request->status = request->answer.failed ? 500 : 200;
  request->type = "application/json";
}

/* ---- The list ---- */

typedef struct shown {
  double opened;
  char id[STORE_ID];
  json_t *body;
} shown;

typedef struct listing {
  serve_request *request;
  shown *all;
  size_t count, room;
  double from;
  char from_id[STORE_ID];
} listing;

/* The newer comes first; at the same moment the one whose id is greater, as in the store's lists. */
static int by_age(const void *a, const void *b) {
  const shown *x = a, *y = b;
  return x->opened != y->opened ? (x->opened < y->opened ? 1 : -1) : strcmp(y->id, x->id);
}

static int put(listing *l, double opened, const char *id, json_t *body) {
  shown *s = &l->all[l->count];
  if (!body || l->count == l->room) return json_decref(body), MIEN_ENOMEM;
  *s = (shown){.opened = opened, .body = body};
  snprintf(s->id, sizeof s->id, "%s", id);
  l->count++;
  return MIEN_OK;
}

static int add_kept(void *context, const store_session *n) {
  listing *l = context;
  bool open = serve_conversation_find(l->request->server, l->request->tenant, n->id) != NULL;
  return open ? MIEN_OK : put(l, n->opened, n->id, describe(n));
}

static bool older(const listing *l, const serve_conversation *c) {
  return c->opened < l->from || (c->opened == l->from && strcmp(c->id, l->from_id) < 0);
}

static int gather(listing *l, const char *before, size_t limit, bool open_alone, bool *more, mien_error *error) {
  struct serve_server *server = l->request->server;
  store_tenant t;
  char cursor[STORE_CURSOR], *id = NULL;
  int code = MIEN_OK;
  l->from = *before ? (double)strtoll(before, &id, 10) / 1e6 : INFINITY;
  if (*before && (!id || *id != '.')) return base_error_set(error, MIEN_EINVAL, "before", "send what the page before gave", "no place in the list");
  if (id) snprintf(l->from_id, sizeof l->from_id, "%s", id + 1);
  for (size_t slot = 0; slot < BASE_COUNT(server->conversations); slot++)
    for (serve_conversation *c = server->conversations[slot]; c && !code; c = c->next)
      if (!strcmp(c->tenant, l->request->tenant) && older(l, c)) code = put(l, c->opened, c->id, serve_conversation_describe(c));
  snprintf(cursor, sizeof cursor, "%s", before);
  size_t wanted = l->count + limit; /* those that are open may be kept as well: they do not count */
  if (!code && !open_alone && !tenant_of(l->request, &t)) {
    do {
      code = store_session_list(&t, cursor, limit, add_kept, l, error);
    } while (!code && *cursor && l->count < wanted && l->count + limit <= l->room);
    *more = *cursor != 0;
  }
  return code;
}

void serve_api_sessions(serve_request *request) {
  char before[STORE_CURSOR] = "", state[8] = "", next[STORE_CURSOR] = "";
  mien_error error = {0};
  bool more = false;
  serve_request_query(request, "before", before, sizeof before);
  serve_request_query(request, "state", state, sizeof state);
  const size_t limit = serve_request_limit(request, PAGE);
  listing l = {.request = request, .room = request->server->conversation_count + 4 * limit};
  if (!serve_kept_look(request, "sessions", "")) return;
  l.all = base_alloc(l.room, sizeof *l.all);
  int code = l.all ? gather(&l, before, limit, !strcmp(state, "open"), &more, &error) : base_error_set(&error, MIEN_ENOMEM, "sessions", "", "out of memory");
  if (l.all) qsort(l.all, l.count, sizeof *l.all, by_age);
  json_t *list = json_array();
  for (size_t i = 0; i < l.count; i++) {
    if (i < limit) json_array_append(list, l.all[i].body);
    json_decref(l.all[i].body);
  }
  size_t given = BASE_MIN(l.count, limit);
  if (given == limit && (l.count > limit || more)) snprintf(next, sizeof next, "%.0f.%s", l.all[given - 1].opened * 1e6, l.all[given - 1].id);
  base_free(l.all);
  json_t *body = json_pack("{s:o,s:s*}", "sessions", list, "before", *next ? next : NULL);
  if (code) serve_answer_error(request, &error);
  else serve_answer_json(request, 200, body);
  json_decref(body);
}
