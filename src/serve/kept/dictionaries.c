/* dictionaries.c: see dictionaries.h. An item's payload: {"about":{…},"dictionary":what signals_write writes}. */
#include "serve/kept/dictionaries.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "serve/http/aside.h"
#include "serve/kept/keep.h"
#include "serve/server.h"

struct serve_dictionaries {
  serve_aside *thread;
  serve_dictionary last; /* of the thread; version 0: none */
};

static void clear(serve_dictionary *d) {
  signals_close(&d->signals);
  *d = (serve_dictionary){0};
}

int serve_dictionaries_open(struct serve_server *server, mien_error *error) {
  if (!server->keep) return MIEN_OK;
  server->dictionaries = base_alloc(1, sizeof *server->dictionaries);
  if (!server->dictionaries) return base_error_set(error, MIEN_ENOMEM, "signals", "", "out of memory");
  return serve_aside_open(&server->dictionaries->thread, error);
}

void serve_dictionaries_close(struct serve_server *server) {
  serve_dictionaries *s = server->dictionaries;
  if (!s) return;
  serve_aside_close(&s->thread);
  clear(&s->last);
  base_free(s);
  server->dictionaries = NULL;
}

void serve_dictionaries_aside(serve_request *request, void (*work)(serve_request *request)) { serve_aside_run_in(request->server->dictionaries->thread, request, work); }

/* As the store gives it back. */
static double moment(double at) { return round(at * 1e6) / 1e6; }

int serve_dictionary_decide(struct serve_server *server, serve_dictionary *d, unsigned *read, mien_error *error) {
  guard_person person;
  guard_answer answer;
  guard_consent consent;
  guard_ask ask = serve_about_ask(&d->about, d->tenant, "the person", &person);
  *read = 0;
  if (!guard_ledger_find(server->ledger, d->tenant, d->about.consent, &consent) || !consent.keep || !guard_ledger_covers(server->ledger, d->tenant, d->about.consent, d->about.subject, d->about.purpose))
    return base_error_set(error, MIEN_EPOLICY, "consent", "record one for this person and purpose with \"keep\": true (POST /v1/consents)", "nothing is learned of a person without a consent that covers keeping");
  int code = guard_decide(server->packs, server->ledger, &ask, &answer, error);
  if (code) return code;
  *read = answer.people[0].read & consent.read & (MIEN_READ_VOICE | MIEN_READ_FACE | MIEN_READ_BODY);
  if (!*read || answer.people[0].mode != GUARD_FULL)
    return base_error_set(error, MIEN_EPOLICY, answer.pack, "record a consent to voice, face or body", "neither voice nor face nor body may be read: %.150s", answer.people[0].why);
  if (!(answer.retention > 0)) return base_error_set(error, MIEN_EPOLICY, answer.pack, "`mien signals` keeps a dictionary in a file of your own", "nothing may be kept for this purpose");
  d->until = moment(base_now() + (server->settings.retention > 0 ? BASE_MIN(server->settings.retention, answer.retention) : answer.retention));
  return MIEN_OK;
}

/* ---- In the store ---- */

static int tenant_of(struct serve_server *server, const char *tenant, store_tenant *t, mien_error *error) {
  if (!server->keep) return base_error_set(error, MIEN_EEMPTY, "store.url", "let the service keep something", "dictionaries of signals need the store, which is off here");
  return store_of(t, server->keep->store, tenant, error);
}

static int payload_of(const serve_dictionary *d, base_text *to, mien_error *error) {
  json_t *about = serve_about_json(&d->about);
  char *text = about ? json_dumps(about, JSON_COMPACT) : NULL;
  base_text_printf(to, "{\"about\":%s,\"dictionary\":", text ? text : "");
  int code = text ? signals_write(d->signals, NULL, to, error) : base_error_set(error, MIEN_ENOMEM, "signals", "", "out of memory");
  base_text_puts(to, "}");
  free(text);
  json_decref(about);
  if (!code && to->length > STORE_PAYLOAD_MAX) code = base_error_set(error, MIEN_ELIMIT, "signals", "forget a signal first", "the dictionary is too large");
  return !code && to->failed ? base_error_set(error, MIEN_ENOMEM, "signals", "", "out of memory") : code;
}

static int from_item(serve_dictionary *d, const char *tenant, const store_item *item, mien_error *error) {
  json_t *body = json_loadb(item->payload, item->bytes, 0, NULL);
  char *book = body ? json_dumps(json_object_get(body, "dictionary"), JSON_COMPACT) : NULL;
  *d = (serve_dictionary){.made = item->at, .until = item->due, .version = item->version};
  memcpy(d->id, item->id, sizeof d->id);
  memcpy(d->subject_id, item->subject, sizeof d->subject_id);
  snprintf(d->tenant, sizeof d->tenant, "%s", tenant);
  serve_about_read(&d->about, json_object_get(body, "about"));
  int code = book ? signals_read(&d->signals, book, strlen(book), NULL, error) : base_error_set(error, MIEN_EFORMAT, "signals", "", "what is kept of the dictionary cannot be read");
  free(book);
  json_decref(body);
  return code;
}

static store_item item_of(const serve_dictionary *d, const base_text *payload) {
  store_item item = {.state = "dictionary", .name = d->about.consent, .at = d->made, .due = d->until, .version = d->version, .payload = payload->data, .bytes = payload->length};
  memcpy(item.id, d->id, sizeof item.id);
  memcpy(item.subject, d->subject_id, sizeof item.subject);
  return item;
}

int serve_dictionary_put(struct serve_server *server, serve_dictionary *d, mien_error *error) {
  store_tenant t;
  store_subject subject;
  base_text payload = {0};
  char ref[GUARD_ID];
  d->made = moment(base_now());
  guard_ledger_subject(server->ledger, d->tenant, d->about.subject, ref); /* as the ledger has them: no file says who they are */
  snprintf(d->about.subject, sizeof d->about.subject, "%s", ref);
  int code = tenant_of(server, d->tenant, &t, error);
  if (!code && !(code = store_subject_make(&t, d->about.subject, &subject, error))) memcpy(d->subject_id, subject.id, sizeof d->subject_id);
  if (!code) code = payload_of(d, &payload, error);
  store_item item = item_of(d, &payload);
  if (!code && (code = store_item_put(&t, STORE_SIGNALS, &item, error)) == MIEN_EINVAL)
    base_error_set(error, MIEN_EINVAL, "consent", "use that one, or record another consent", "this consent has a dictionary already");
  base_text_clear(&payload);
  if (code) return code;
  memcpy(d->id, item.id, sizeof d->id);
  d->version = item.version;
  clear(&server->dictionaries->last);
  server->dictionaries->last = *d;
  return MIEN_OK;
}

static int write_over(const store_tenant *t, serve_dictionary *d, mien_error *error) {
  base_text payload = {0};
  int code = payload_of(d, &payload, error);
  store_item item = item_of(d, &payload);
  if (!code) code = store_item_change(t, STORE_SIGNALS, &item, error);
  if (!code) d->version = item.version;
  base_text_clear(&payload);
  return code;
}

int serve_dictionary_change(struct serve_server *server, serve_dictionary *d, mien_error *error) {
  store_tenant t;
  int code = tenant_of(server, d->tenant, &t, error);
  if (!code) code = write_over(&t, d, error);
  if (code) clear(&server->dictionaries->last); /* what is kept counts */
  return code;
}

typedef struct getting {
  const char *tenant;
  serve_dictionary *d; /* where it is of this version already, it is left as it is */
  mien_error *error;
} getting;

static int get(void *context, const store_item *item) {
  getting *g = context;
  if (g->d->version == item->version && !strcmp(g->d->id, item->id) && !strcmp(g->d->tenant, g->tenant)) return MIEN_OK;
  clear(g->d);
  return from_item(g->d, g->tenant, item, g->error);
}

int serve_dictionary_get(struct serve_server *server, const char *tenant, const char *id, serve_dictionary **d, mien_error *error) {
  store_tenant t;
  getting g = {tenant, &server->dictionaries->last, error};
  int code = tenant_of(server, tenant, &t, error);
  if (!code) code = store_item_get(&t, STORE_SIGNALS, id, get, &g, error);
  if (code) clear(g.d);
  *d = g.d;
  return code == MIEN_EEMPTY || code == MIEN_EINVAL ? base_error_set(error, MIEN_EEMPTY, "signals", "", "there is no dictionary of this id") : code;
}

int serve_dictionary_erase(struct serve_server *server, const char *tenant, const char *id, mien_error *error) {
  store_tenant t;
  int code = tenant_of(server, tenant, &t, error);
  clear(&server->dictionaries->last);
  return code ? code : store_item_erase(&t, STORE_SIGNALS, id, error);
}

json_t *serve_dictionary_describe(const serve_dictionary *d) {
  json_t *list = json_array();
  for (size_t s = 0; s < signals_count(d->signals); s++)
    json_array_append_new(list, json_pack("{s:s,s:I,s:I,s:I}", "signal", signals_name(d->signals, s), "voice", (json_int_t)signals_examples(d->signals, s, SIGNALS_VOICE), "face",
                                          (json_int_t)signals_examples(d->signals, s, SIGNALS_FACE), "body", (json_int_t)signals_examples(d->signals, s, SIGNALS_BODY)));
  return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:f,s:f,s:o}", "dictionary", d->id, "name", d->about.name, "subject", d->about.subject, "consent", d->about.consent, "purpose", d->about.purpose,
                   "context", d->about.context, "jurisdiction", d->about.jurisdiction, "role", d->about.role, "made", d->made, "until", d->until, "signals", list);
}

typedef struct listing {
  const char *tenant;
  json_t *list;
} listing;

static int add(void *context, const store_item *item) {
  listing *l = context;
  serve_dictionary d;
  if (!from_item(&d, l->tenant, item, NULL)) json_array_append_new(l->list, serve_dictionary_describe(&d));
  clear(&d);
  return MIEN_OK;
}

int serve_dictionaries_list(struct serve_server *server, const char *tenant, json_t *list, mien_error *error) {
  store_tenant t;
  listing l = {tenant, list};
  char before[STORE_CURSOR] = "";
  int code = tenant_of(server, tenant, &t, error);
  do
    if (!code) code = store_item_list(&t, STORE_SIGNALS, "dictionary", "", before, 50, add, &l, error);
  while (!code && *before);
  return code;
}

/* ---- Their end ---- */

static int over(void *context, const store_tenant *t, const store_item *item) {
  (void)context;
  store_item_erase(t, STORE_SIGNALS, item->id, NULL);
  return MIEN_OK;
}

void serve_dictionaries_sweep(struct serve_server *server, double now) {
  if (server->keep) store_item_due(server->keep->store, STORE_SIGNALS, "dictionary", now, STORE_PAGE, over, NULL, NULL);
}

int serve_dictionaries_withdrawn(struct serve_server *server, const char *tenant, const char *consent, unsigned read, mien_error *error) {
  store_tenant t;
  int code = tenant_of(server, tenant, &t, error);
  for (int tries = 0; tries < 3 && !code; tries++) { /* an example may come in between */
    serve_dictionary d = {0};
    getting g = {tenant, &d, error};
    code = store_item_named(&t, STORE_SIGNALS, consent, get, &g, error);
    if (!code) {
      bool any = false;
      for (int k = 0; k < SIGNALS_MODALITIES; k++)
        if (read & signals_reads[k]) signals_forget(d.signals, k);
        else any = true;
      code = any ? write_over(&t, &d, error) : store_item_erase(&t, STORE_SIGNALS, d.id, error);
      if (code == MIEN_EPOLICY) { /* somebody has changed it: again */
        code = MIEN_OK;
        clear(&d);
        continue;
      }
    }
    clear(&d);
    break;
  }
  return code == MIEN_EEMPTY ? MIEN_OK : code;
}
