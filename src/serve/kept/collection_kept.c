/* collection_kept.c: a collection in the store: a head, and parts of about a megabyte, each sealed. */
#include <stdio.h>
#include <stdlib.h>

#include "serve/kept/collections.h"
#include "serve/kept/keep.h"
#include "serve/server.h"

enum { PART = 1 << 20 /* bytes, about; a row more at most */ };
static const char *const states[] = {"reading", "ready", "failed"};

static int tenant_of(struct serve_server *server, const char *tenant, store_tenant *t, mien_error *error) {
  if (!server->keep) return base_error_set(error, MIEN_EEMPTY, "store.url", "let the service keep something", "collections need the store, which is off here");
  return store_of(t, server->keep->store, tenant, error);
}

static char *head_of(const serve_collection *c) {
  json_t *body = serve_about_json(&c->about), *more = json_pack("{s:I,s:I,s:s,s:O?}", "rows", (json_int_t)c->rows, "lost", (json_int_t)c->lost, "why", c->why, "notes", c->notes);
  if (json_object_update(body, more)) json_decref(body), body = NULL;
  json_decref(more);
  char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
  json_decref(body);
  return text;
}

static int from_item(serve_collection *c, const char *tenant, const store_item *item) {
  json_t *head = json_loadb(item->payload, item->bytes, 0, NULL);
  memset(c, 0, sizeof *c);
  memcpy(c->id, item->id, sizeof c->id);
  memcpy(c->subject_id, item->subject, sizeof c->subject_id);
  snprintf(c->tenant, sizeof c->tenant, "%s", tenant);
  snprintf(c->state, sizeof c->state, "%.15s", item->state);
  c->made = item->at;
  c->until = item->due;
  c->version = item->version;
  serve_about_read(&c->about, head);
  serve_about_text(head, "why", c->why, sizeof c->why);
  c->rows = (size_t)json_integer_value(json_object_get(head, "rows"));
  c->lost = (size_t)json_integer_value(json_object_get(head, "lost"));
  if (json_is_array(json_object_get(head, "notes"))) c->notes = json_incref(json_object_get(head, "notes"));
  json_decref(head);
  return head ? MIEN_OK : MIEN_EFORMAT;
}

void serve_collection_clear(serve_collection *c) {
  json_decref(c->notes);
  c->notes = NULL;
}

static store_item item_of(const serve_collection *c, const char *state, double at, const char *payload, size_t bytes) {
  store_item item = {.at = at, .due = c->until, .version = c->version, .payload = payload, .bytes = bytes};
  memcpy(item.subject, c->subject_id, sizeof item.subject);
  snprintf(item.state, sizeof item.state, "%s", state);
  return item;
}

int serve_collection_put(struct serve_server *server, serve_collection *c, mien_error *error) {
  store_tenant t;
  store_subject subject;
  int code = tenant_of(server, c->tenant, &t, error);
  if (!code && *c->about.subject && !(code = store_subject_make(&t, c->about.subject, &subject, error))) memcpy(c->subject_id, subject.id, sizeof c->subject_id);
  if (code) return code;
  c->made = base_now();
  char *text = head_of(c);
  store_item item = item_of(c, c->state, c->made, text, text ? strlen(text) : 0);
  code = text ? store_item_put(&t, STORE_COLLECTIONS, &item, error) : base_error_set(error, MIEN_ENOMEM, "collection", "", "out of memory");
  memcpy(c->id, item.id, sizeof c->id);
  c->version = item.version;
  free(text);
  return code;
}

int serve_collection_change(struct serve_server *server, serve_collection *c, mien_error *error) {
  store_tenant t;
  int code = tenant_of(server, c->tenant, &t, error);
  char *text = code ? NULL : head_of(c);
  store_item item = item_of(c, c->state, c->made, text, text ? strlen(text) : 0);
  memcpy(item.id, c->id, sizeof item.id);
  if (!code) code = text ? store_item_change(&t, STORE_COLLECTIONS, &item, error) : base_error_set(error, MIEN_ENOMEM, "collection", "", "out of memory");
  if (!code) c->version = item.version;
  free(text);
  return code;
}

typedef struct getting {
  const char *tenant;
  serve_collection *c;
} getting;

static int get(void *context, const store_item *item) {
  getting *g = context;
  if (!strcmp(item->state, "part")) return MIEN_EEMPTY;
  return from_item(g->c, g->tenant, item);
}

int serve_collection_get(struct serve_server *server, const char *tenant, const char *id, serve_collection *c, mien_error *error) {
  store_tenant t;
  getting g = {tenant, c};
  memset(c, 0, sizeof *c);
  int code = tenant_of(server, tenant, &t, error);
  if (!code) code = store_item_get(&t, STORE_COLLECTIONS, id, get, &g, error);
  return code == MIEN_EEMPTY || code == MIEN_EINVAL ? base_error_set(error, MIEN_EEMPTY, "collection", "", "there is no collection of this id") : code;
}

typedef struct listing {
  const char *tenant;
  serve_collection_each each;
  void *context;
} listing;

static int list(void *context, const store_item *item) {
  listing *l = context;
  serve_collection c;
  int code = from_item(&c, l->tenant, item);
  if (!code) code = l->each(l->context, &c);
  serve_collection_clear(&c);
  return code;
}

int serve_collection_list(struct serve_server *server, const char *tenant, serve_collection_each each, void *context, mien_error *error) {
  store_tenant t;
  listing l = {tenant, each, context};
  int code = tenant_of(server, tenant, &t, error);
  for (size_t i = 0; i < BASE_COUNT(states) && !code; i++) {
    char before[STORE_CURSOR] = "";
    do code = store_item_list(&t, STORE_COLLECTIONS, states[i], "", before, STORE_PAGE, list, &l, error);
    while (!code && *before);
  }
  return code;
}

/* ---- Parts: {"rows":[[…],…]} ---- */

int serve_collection_save(struct serve_server *server, const serve_collection *c, const insight *in, mien_error *error) {
  store_tenant t;
  base_text part = {0};
  int code = tenant_of(server, c->tenant, &t, error);
  for (size_t i = 0, parts = 0; i < insight_count(in) && !code;) {
    base_text_reset(&part);
    base_text_puts(&part, "{\"rows\":[");
    for (bool first = true; i < insight_count(in) && part.length < PART; i++, first = false) {
      if (!first) base_text_puts(&part, ",");
      insight_row_write(in, i, &part);
    }
    base_text_puts(&part, "]}");
    if (part.failed) code = base_error_set(error, MIEN_ENOMEM, "collection", "", "out of memory");
    store_item item = item_of(c, "part", c->made + 0.001 * (double)++parts, part.data, part.length);
    memcpy(item.session, c->id, sizeof item.session);
    if (!code) code = store_item_put(&t, STORE_COLLECTIONS, &item, error);
  }
  base_text_clear(&part);
  return code;
}

static int load(void *context, const store_item *item) {
  insight *in = context;
  json_t *part = json_loadb(item->payload, item->bytes, JSON_ALLOW_NUL, NULL), *one;
  size_t i;
  int code = part ? MIEN_OK : MIEN_EFORMAT;
  json_array_foreach(json_object_get(part, "rows"), i, one) {
    char *row = code ? NULL : json_dumps(one, JSON_COMPACT);
    if (!code) code = row ? insight_row_restore(in, row, strlen(row), NULL) : MIEN_ENOMEM;
    free(row);
  }
  json_decref(part);
  return code;
}

int serve_collection_load(struct serve_server *server, const serve_collection *c, insight *in, mien_error *error) {
  store_tenant t;
  char before[STORE_CURSOR] = "";
  int code = tenant_of(server, c->tenant, &t, error);
  do
    if (!code) code = store_item_list(&t, STORE_COLLECTIONS, "part", c->id, before, 1, load, in, error);
  while (!code && *before);
  return code && error && !error->code ? base_error_set(error, code, "collection", "", "what is kept of it cannot be read") : code;
}

typedef struct erasing {
  char ids[16][STORE_ID];
  size_t count;
} erasing;

static int take_id(void *context, const store_item *item) {
  erasing *e = context;
  if (e->count < BASE_COUNT(e->ids)) memcpy(e->ids[e->count++], item->id, STORE_ID);
  return MIEN_OK;
}

int serve_collection_erase(struct serve_server *server, const serve_collection *c, mien_error *error) {
  store_tenant t;
  erasing e;
  int code = tenant_of(server, c->tenant, &t, error);
  do { /* the parts first: a head without them is taken away again, never the other way round */
    char before[STORE_CURSOR] = "";
    e.count = 0;
    if (!code) code = store_item_list(&t, STORE_COLLECTIONS, "part", c->id, before, BASE_COUNT(e.ids), take_id, &e, error);
    for (size_t i = 0; i < e.count && !code; i++) code = store_item_erase(&t, STORE_COLLECTIONS, e.ids[i], error);
  } while (!code && e.count);
  return code ? code : store_item_erase(&t, STORE_COLLECTIONS, c->id, error);
}

static int sweep(void *context, const store_tenant *t, const store_item *item) {
  (void)context;
  store_item_erase(t, STORE_COLLECTIONS, item->id, NULL);
  return MIEN_OK;
}

void serve_collections_sweep(struct serve_server *server, double now) {
  static const char *const all[] = {"part", "reading", "ready", "failed"};
  for (size_t i = 0; server->keep && i < BASE_COUNT(all); i++) store_item_due(server->keep->store, STORE_COLLECTIONS, all[i], now, STORE_PAGE, sweep, server, NULL);
}

static int interrupt(void *context, const store_tenant *t, const store_item *item) {
  serve_collection c;
  if (!from_item(&c, t->name, item)) {
    snprintf(c.state, sizeof c.state, "failed");
    snprintf(c.why, sizeof c.why, "the service was stopped while it was read: send it again");
    serve_collection_change(context, &c, NULL);
  }
  serve_collection_clear(&c);
  return MIEN_OK;
}

void serve_collections_interrupted(struct serve_server *server) {
  if (server->keep) store_item_due(server->keep->store, STORE_COLLECTIONS, "reading", 4e9, STORE_PAGE, interrupt, server, NULL);
}
