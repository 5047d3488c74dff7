/* trail.c: see trail.h. */
#include "serve/audit/trail.h"

#include <stdio.h>

#include "serve/audit/audit.h"
#include "serve/http/json.h"
#include "serve/kept/keep.h"
#include "serve/server.h"

static bool among(const serve_trail *t, const char *id) {
  for (size_t i = 0; *id && i < t->id_count; i++)
    if (!strcmp(t->ids[i], id)) return true;
  return false;
}

static void add_id(serve_trail *t, const char *id) {
  if (*id && t->id_count < TRAIL_IDS && strlen(id) < sizeof t->ids[0] && !among(t, id)) snprintf(t->ids[t->id_count++], sizeof t->ids[0], "%s", id);
}

static bool about(const serve_trail *t, const json_t *record) {
  if (among(t, serve_text_of(record, "of")) || among(t, serve_text_of(record, "session"))) return true;
  const json_t *people = json_object_get(record, "people");
  for (size_t i = 0; i < json_array_size(people); i++)
    if (among(t, serve_text_of(json_array_get(people, i), "subject"))) return true;
  return false;
}

/* ---- Whose it is ---- */

typedef struct finding {
  serve_trail *trail;
  const char *tenant;
} finding;

static int add_consent(void *context, const guard_consent *consent) {
  add_id(context, consent->id);
  return MIEN_OK;
}

static int add_session(void *context, const guard_chain_line *line) {
  finding *f = context;
  json_t *record = json_loadb(line->record, line->bytes, 0, NULL);
  if (!strcmp(serve_text_of(record, "what"), "opened") && !strcmp(serve_text_of(record, "tenant"), f->tenant) && about(f->trail, record)) add_id(f->trail, serve_text_of(record, "session"));
  json_decref(record);
  return MIEN_OK;
}

int serve_trail_of(serve_trail *t, struct serve_server *server, const char *tenant, const char *subject, mien_error *error) {
  char ref[GUARD_ID], kept[STORE_ID];
  uint64_t all = UINT64_MAX, end = UINT64_MAX;
  store_tenant of;
  store_subject known;
  t->person = true;
  guard_ledger_subject(server->ledger, tenant, subject, ref);
  add_id(t, ref);
  if (server->keep && !store_of(&of, server->keep->store, tenant, NULL) && !store_subject_ref(&of, ref, kept, NULL) && !store_subject_find(&of, kept, &known, NULL)) add_id(t, known.id);
  guard_ledger_list(server->ledger, tenant, subject, &all, TRAIL_IDS / 2, add_consent, t);
  return guard_chain_back(server->audit, &end, TRAIL_WINDOW, add_session, &(finding){t, tenant}, error);
}

/* ---- Reading ---- */

typedef struct reading {
  const serve_trail *trail;
  const char *tenant;
  json_t *list;
  size_t limit;
} reading;

static bool wanted(const reading *r, const guard_chain_line *line, const json_t *record) {
  const serve_trail *t = r->trail;
  if (strcmp(serve_text_of(record, "tenant"), r->tenant) || strncmp(line->at, t->since, strlen(t->since)) < 0) return false;
  if (*t->until && strncmp(line->at, t->until, strlen(t->until)) > 0) return false;
  if (*t->what && strcmp(serve_text_of(record, "what"), t->what)) return false;
  if (*t->key && strcmp(serve_text_of(record, "key"), t->key)) return false;
  if (*t->of && strcmp(serve_text_of(record, "of"), t->of) && strcmp(serve_text_of(record, "session"), t->of)) return false;
  return !t->person || about(t, record);
}

static int add(void *context, const guard_chain_line *line) {
  reading *r = context;
  json_t *record = json_loadb(line->record, line->bytes, 0, NULL);
  int code = MIEN_OK;
  if (record && wanted(r, line, record)) {
    json_object_del(record, "tenant");
    json_object_set_new(record, "seq", json_integer((json_int_t)line->seq));
    json_object_set_new(record, "at", json_string(line->at));
    json_object_set_new(record, "hash", json_string(line->hash));
    if (json_array_append(r->list, record)) code = MIEN_ENOMEM;
    else if (json_array_size(r->list) >= r->limit) code = GUARD_ENOUGH;
  } else if (record && *r->trail->since && strncmp(line->at, r->trail->since, strlen(r->trail->since)) < 0) {
    code = GUARD_ENOUGH; /* times only grow */
  }
  json_decref(record);
  return code;
}

int serve_trail_read(struct serve_server *server, const char *tenant, const serve_trail *trail, uint64_t *before, size_t limit, json_t *list, mien_error *error) {
  reading r = {trail, tenant, list, limit};
  return guard_chain_back(server->audit, before, TRAIL_WINDOW, add, &r, error);
}
