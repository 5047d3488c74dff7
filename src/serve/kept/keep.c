/* keep.c: see keep.h. What belongs to nobody, or to a face beside the participant's, is not kept. */
#include "serve/kept/keep.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "serve/actions/cases.h"
#include "serve/audit/audit.h"
#include "serve/audit/writer.h"
#include "serve/kept/dictionaries.h"
#include "serve/kept/usuals.h"
#include "serve/server.h"

enum { SWEEP_EVERY = 600, ROTATED_AT_ONCE = 1000 };

static int open_masters(const serve_settings *s, serve_keep *k, mien_error *error) {
  char path[512];
  snprintf(path, sizeof path, "%s/master.key", s->data);
  int code = MIEN_OK;
  if (!*s->vault_key && access(path, F_OK)) code = vault_make_file(path, error);
  if (!code) code = vault_open(&k->masters[0], *s->vault_key ? s->vault_key : path, error);
  if (!code && *s->vault_old_key) code = vault_open(&k->masters[1], s->vault_old_key, error);
  return code;
}

int serve_keep_of(serve_keep *k, const serve_settings *s, mien_error *error) {
  char path[512], keys[512];
  snprintf(path, sizeof path, "%s/store", s->data);
  snprintf(keys, sizeof keys, "%s/keys.store", s->data);
  int code = open_masters(s, k, error);
  if (code) return code;
  const vault *const masters[] = {k->masters[0], k->masters[1]};
  store_options options = {*s->store ? s->store : path, *s->store_keys ? s->store_keys : keys, masters, k->masters[1] ? 2 : 1, 0};
  return store_open(&k->store, &options, error);
}

void serve_keep_clear(serve_keep *k) {
  store_close(&k->store);
  vault_close(&k->masters[0]);
  vault_close(&k->masters[1]);
}

int serve_keep_open(struct serve_server *server, mien_error *error) {
  if (!strcmp(server->settings.store, "off")) return MIEN_OK;
  server->keep = base_alloc(1, sizeof *server->keep);
  return server->keep ? serve_keep_of(server->keep, &server->settings, error) : base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory");
}

void serve_keep_close(struct serve_server *server) {
  if (!server->keep) return;
  serve_keep_clear(server->keep);
  base_free(server->keep);
  server->keep = NULL;
}

enum { IDLE_AT_ONCE = 100 };
#define IDLE_AFTER 600.0 /* s after they were made: a session may be about to open */

typedef struct idle {
  struct serve_server *server;
  struct {
    store_tenant t;
    char id[STORE_ID];
  } all[IDLE_AT_ONCE];
  size_t count;
} idle;

/* Nothing is kept of them, and no consent says that something may be. */
static int take_idle(void *context, const store_tenant *t, const store_subject *subject) {
  idle *i = context;
  char name[STORE_NAME];
  if (i->count == IDLE_AT_ONCE || store_subject_name(t, subject->id, name, NULL) || guard_ledger_stands(i->server->ledger, t->name, name, NULL, true)) return MIEN_OK;
  i->all[i->count].t = *t;
  memcpy(i->all[i->count++].id, subject->id, STORE_ID);
  return MIEN_OK;
}

static void erase_idle(struct serve_server *server) {
  idle *i = base_alloc(1, sizeof *i);
  if (!i) return;
  i->server = server;
  store_subjects_idle(server->keep->store, (double)time(NULL) - IDLE_AFTER, STORE_PAGE, take_idle, i, NULL);
  for (size_t k = 0; k < i->count; k++) {
    if (serve_audit_did(server, i->all[k].t.name, "", "erase", i->all[k].id, NULL)) break;
    store_subject_erase(&i->all[k].t, i->all[k].id, "expired", NULL, NULL);
  }
  base_free(i);
}

typedef struct sweeping {
  serve_write write;
  struct serve_server *server;
} sweeping;

static void sweep(serve_write *write, int code, const mien_error *error) {
  struct serve_server *server = ((sweeping *)write)->server;
  serve_keep *k = server->keep;
  uint64_t left;
  base_free(write);
  store_age age = {"", server->settings.retention};
  serve_cases_sweep(k->store, (double)time(NULL), NULL);
  store_sweep(k->store, (double)time(NULL), &age, server->settings.retention > 0, NULL, NULL);
  serve_dictionaries_sweep(server, base_now());
  erase_idle(server);
  if (k->masters[1]) store_rotate(k->store, ROTATED_AT_ONCE, &left, NULL);
}

void serve_keep_sweep(struct serve_server *server) {
  serve_keep *k = server->keep;
  if (!k || (k->swept && base_clock() - k->swept < SWEEP_EVERY)) return;
  sweeping *s = base_alloc(1, sizeof *s);
  if (!s) return; /* in a second again */
  k->swept = base_clock();
  *s = (sweeping){{.go_on = sweep}, server};
  serve_writer_do(server->writer, &s->write);
}

int serve_keep_begin(serve_conversation *c, mien_error *error) {
  struct serve_server *server = c->server;
  double retention = c->allowed.retention, own = server->settings.retention;
  if (own > 0) retention = BASE_MIN(retention, own);
  if (!server->keep || !(retention > 0)) return MIEN_OK;
  store_session n = {.opened = c->opened, .keep_until = c->opened + retention};
  snprintf(n.id, sizeof n.id, "%s", c->id);
  snprintf(n.purpose, sizeof n.purpose, "%s", c->purpose);
  snprintf(n.context, sizeof n.context, "%s", c->context);
  snprintf(n.jurisdiction, sizeof n.jurisdiction, "%s", c->jurisdiction);
  snprintf(n.policy, sizeof n.policy, "%s", c->allowed.pack);
  c->keep_until = n.keep_until;
  int code = MIEN_OK;
  for (size_t i = 0; i < c->person_count && !code; i++) {
    const guard_person *p = &c->people[i];
    guard_consent consent;
    store_subject subject;
    unsigned covered = *p->subject ? guard_ledger_covers(server->ledger, c->tenant, p->consent, p->subject, c->purpose) : 0;
    if (!covered || !guard_ledger_find(server->ledger, c->tenant, p->consent, &consent) || !consent.keep) continue;
    if (!*c->keeping.name) code = store_of(&c->keeping, server->keep->store, c->tenant, error);
    if (!code) code = store_subject_make(&c->keeping, consent.subject, &subject, error);
    if (code) break;
    memcpy(c->subjects[i], subject.id, STORE_ID);
    atomic_store(&c->keep[i], covered);
    size_t at = n.person_count++;
    snprintf(n.people[at].who, STORE_NAME, "%s", p->who);
    snprintf(n.people[at].role, STORE_NAME, "%s", p->role);
    memcpy(n.people[at].subject, subject.id, STORE_ID);
  }
  if (!code && n.person_count) code = store_session_open(&c->keeping, &n, error);
  c->kept = !code && n.person_count;
  if (c->kept) serve_usuals_begin(c);
  return code;
}

unsigned serve_keep_rests(const mien_event *event) {
  static const unsigned of[] = {MIEN_READ_TEXT, MIEN_READ_VOICE, MIEN_READ_FACE, MIEN_READ_BODY};
  if (event->reading.modality != MIEN_FUSED) return of[event->reading.modality];
  unsigned all = 0;
  for (int m = 0; m < MIEN_FUSED; m++)
    if (event->reading.from[m] > 0) all |= of[m];
  return all;
}

void serve_keep_result(serve_conversation *c, const mien_event *event, const serve_result *result) {
  if (!c || !c->kept || !event) return;
  bool texts = c->server->settings.keep_texts;
  const char *who = event->kind == MIEN_EVENT_TURN ? event->who : event->reading.who;
  size_t i = 0;
  while (i < c->person_count && (!who || strcmp(c->people[i].who, who))) i++;
  if (i == c->person_count || !*c->subjects[i] || (event->kind == MIEN_EVENT_TURN && !texts)) return;
  unsigned rests = serve_keep_rests(event);
  if (!rests || (rests & ~atomic_load(&c->keep[i]))) return;
  store_record r = {c->id, c->subjects[i], result->seq, event->kind == MIEN_EVENT_TURN ? STORE_TURN : event->kind == MIEN_EVENT_STATE ? STORE_STATE : STORE_READING,
                    rests, (double)time(NULL), result->json, result->bytes};
  char *own = NULL;
  if (!texts && event->kind != MIEN_EVENT_TURN && rests & (MIEN_READ_TEXT | MIEN_READ_VOICE)) { /* cues have words */
    mien_reading bare = event->reading;
    bare.cue_count = 0;
    r.bytes = mien_reading_json(&bare, NULL, 0);
    own = base_alloc(r.bytes + 1, 1);
    if (!own) return;
    mien_reading_json(&bare, own, r.bytes + 1);
    r.payload = own;
  }
  if (store_record_add(&c->keeping, &r, NULL, NULL) == MIEN_EAGAIN) serve_metrics_unkept(&c->server->metrics);
  base_free(own);
}

void serve_keep_event(serve_conversation *c, int person, const serve_result *result) {
  if (!c->kept || person < 0 || !*c->subjects[person]) return;
  unsigned rests = serve_live_may(c->live, (size_t)person) & ~(unsigned)MIEN_READ_WORDS, keep = atomic_load(&c->keep[person]);
  if (!rests || rests & ~keep) return;
  store_record r = {c->id, c->subjects[person], result->seq, STORE_EVENT, rests, (double)time(NULL), result->json, result->bytes};
  if (store_record_add(&c->keeping, &r, NULL, NULL) == MIEN_EAGAIN) serve_metrics_unkept(&c->server->metrics);
}

void serve_keep_end(serve_conversation *c) {
  if (c->kept) store_session_close(&c->keeping, c->id, (double)time(NULL), serve_live_last(c->live), NULL);
  c->kept = false;
}

int serve_keep_withdrawn(struct serve_server *server, const char *tenant, const char *id, unsigned read, mien_error *error) {
  guard_consent consent;
  store_tenant t;
  store_subject subject;
  char ref[STORE_ID];
  if (read & MIEN_READ_VOICE) read |= MIEN_READ_WORDS;
  if (!server->keep || !guard_ledger_find(server->ledger, tenant, id, &consent) || !consent.keep) return MIEN_OK;
  for (size_t slot = 0; slot < BASE_COUNT(server->conversations); slot++)
    for (serve_conversation *c = server->conversations[slot]; c; c = c->next)
      for (size_t i = 0; i < c->person_count; i++)
        if (!strcmp(c->tenant, tenant) && !strcmp(c->people[i].consent, id)) atomic_fetch_and(&c->keep[i], ~read);
  int code = store_of(&t, server->keep->store, tenant, error);
  if (!code) code = store_subject_ref(&t, consent.subject, ref, error);
  if (!code) code = store_subject_find(&t, ref, &subject, error);
  if (code) return code == MIEN_EEMPTY ? MIEN_OK : code;
  if (!guard_ledger_stands(server->ledger, tenant, consent.subject, NULL, true)) return store_subject_erase(&t, subject.id, "withdrawal", NULL, error);
  if (!strcmp(consent.purpose, SERVE_USUALS) && (code = serve_usuals_withdrawn(&t, subject.id, error))) return code;
  code = serve_dictionaries_withdrawn(server, tenant, id, read, error);
  if (!code) code = serve_cases_withdraw(&t, subject.id, consent.purpose, read, error);
  return code ? code : store_subject_withdraw(&t, subject.id, consent.purpose, read, NULL, error);
}
