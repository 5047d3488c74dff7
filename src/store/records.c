/* records.c: what was read, sealed by whoever adds it, written in batches by one thread. A batch that the database
 * does not take waits, and is tried again each second. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "store/parts.h"

enum { BATCH = 512 /* records of one commit at most */ };

typedef struct waiting {
  struct waiting *next;
  char tenant[STORE_NAME], session[STORE_ID], subject[STORE_ID];
  uint64_t seq, ticket;
  int kind;
  unsigned modalities;
  double at;
  size_t bytes;
  uint8_t *sealed;
} waiting;

struct store_queue {
  pthread_mutex_t lock;
  pthread_cond_t more, less;
  pthread_t thread;
  waiting *first, **end;
  size_t bytes, room;
  uint64_t given, durable;
  bool stopping;
  double stop_by;
};

const char *store_kind_name(int kind) {
  static const char *const names[] = {"reading", "state", "turn", "event"};
  return kind >= 0 && kind < STORE_KINDS ? names[kind] : NULL;
}

static void place_row(char row[96], const char *session, uint64_t seq) { snprintf(row, 96, "%s/%llu", session, (unsigned long long)seq); }

static const char *table_of(int kind) { return kind == STORE_EVENT ? "events" : "records"; }

static int write_batch(store *s, const waiting *first, uint64_t last, mien_error *error) {
  int code = store_begin(s, error);
  if (code) return code;
  for (const waiting *w = first, *next; w && !code; w = next) {
    next = w->ticket < last ? w->next : NULL; /* whoever adds one writes the `next` of the last */
    code = db_run(s->write, w->kind == STORE_EVENT ? SQL_EVENT_PUT : SQL_RECORD_PUT,
                  (db_value[]){DB_STR(w->tenant), DB_STR(w->session), DB_STR(w->subject), DB_INT(w->seq), DB_INT(w->kind), DB_INT(w->modalities),
                               DB_INT(store_time_in(w->at)), DB_BYTES(w->sealed, w->bytes)}, 8, NULL, NULL, NULL, error);
  }
  return store_end(s, code, error);
}

static void wait_for(pthread_cond_t *condition, pthread_mutex_t *lock, double seconds) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  double at = (double)until.tv_sec + 1e-9 * (double)until.tv_nsec + seconds;
  until.tv_sec = (time_t)at;
  until.tv_nsec = (long)((at - floor(at)) * 1e9);
  pthread_cond_timedwait(condition, lock, &until);
}

/* Under the lock, which is given back while the database works. */
static void write_some(store *s, struct store_queue *q) {
  waiting *first = q->first, *last = first;
  for (size_t i = 1; last->next && i < BATCH; i++) last = last->next;
  uint64_t ticket = last->ticket;
  pthread_mutex_unlock(&q->lock);
  int code = write_batch(s, first, ticket, NULL);
  pthread_mutex_lock(&q->lock);
  if (code) {
    if (!q->stopping) wait_for(&q->more, &q->lock, 1);
    else if (base_clock() < q->stop_by) wait_for(&q->more, &q->lock, 0.2);
    else q->stop_by = -1;
    return;
  }
  q->durable = ticket;
  waiting *end = last->next;
  q->first = end;
  if (!end) q->end = &q->first;
  while (first != end) {
    waiting *next = first->next;
    q->bytes -= first->bytes;
    base_free(first->sealed);
    base_free(first);
    first = next;
  }
  pthread_cond_broadcast(&q->less);
}

static void *work(void *context) {
  store *s = context;
  struct store_queue *q = s->queue;
  pthread_mutex_lock(&q->lock);
  while (!q->stopping || (q->first && q->stop_by >= 0)) {
    if (q->first) write_some(s, q);
    else pthread_cond_wait(&q->more, &q->lock);
  }
  pthread_mutex_unlock(&q->lock);
  return NULL;
}

int store_queue_open(store *s, size_t bytes, mien_error *error) {
  struct store_queue *q = base_alloc(1, sizeof *q);
  pthread_condattr_t clock;
  if (!q) return base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory");
  q->end = &q->first;
  q->room = bytes;
  pthread_mutex_init(&q->lock, NULL);
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&q->more, &clock);
  pthread_cond_init(&q->less, &clock);
  pthread_condattr_destroy(&clock);
  s->queue = q;
  if (!pthread_create(&q->thread, NULL, work, s)) return MIEN_OK;
  base_free(q);
  s->queue = NULL;
  return base_error_set(error, MIEN_ENOMEM, "store", "", "no further thread");
}

void store_queue_close(store *s) {
  struct store_queue *q = s->queue;
  if (!q) return;
  pthread_mutex_lock(&q->lock);
  q->stopping = true;
  q->stop_by = base_clock() + 5;
  pthread_cond_broadcast(&q->more);
  pthread_mutex_unlock(&q->lock);
  pthread_join(q->thread, NULL);
  for (waiting *w = q->first, *next; w; w = next) {
    next = w->next;
    base_free(w->sealed);
    base_free(w);
  }
  pthread_cond_destroy(&q->more);
  pthread_cond_destroy(&q->less);
  pthread_mutex_destroy(&q->lock);
  base_free(q);
  s->queue = NULL;
}

int store_record_add(const store_tenant *t, const store_record *r, uint64_t *ticket, mien_error *error) {
  struct store_queue *q = t->store->queue;
  store_key key;
  char row[96];
  if (r->kind < 0 || r->kind >= STORE_KINDS || !r->seq) return base_error_set(error, MIEN_EINVAL, "record", "", "a record has a kind and a number");
  int code = store_is_id(r->session, error);
  if (!code) code = store_is_id(r->subject, error);
  if (!code) code = store_key_hold(&t->store->keys, t->name, r->subject, &key, error);
  if (code) return code;
  waiting *w = base_alloc(1, sizeof *w);
  place_row(row, r->session, r->seq);
  code = w ? store_seal(&w->sealed, &w->bytes, r->payload, r->bytes, key.key, &(vault_place){t->name, table_of(r->kind), row, "payload"}, error)
           : base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory");
  store_key_release(&t->store->keys, &key);
  if (code) {
    base_free(w);
    return code;
  }
  snprintf(w->tenant, sizeof w->tenant, "%s", t->name);
  snprintf(w->session, sizeof w->session, "%s", r->session);
  snprintf(w->subject, sizeof w->subject, "%s", r->subject);
  w->seq = r->seq, w->kind = r->kind, w->modalities = r->modalities, w->at = r->at;
  pthread_mutex_lock(&q->lock);
  if (q->bytes + w->bytes > q->room) code = base_error_set(error, MIEN_EAGAIN, "store", "is the database up, and fast enough?", "too many records wait to be written");
  else {
    w->ticket = ++q->given;
    if (ticket) *ticket = w->ticket;
    *q->end = w;
    q->end = &w->next;
    q->bytes += w->bytes;
    pthread_cond_signal(&q->more);
  }
  pthread_mutex_unlock(&q->lock);
  if (!code) return MIEN_OK;
  base_free(w->sealed);
  base_free(w);
  return code;
}

uint64_t store_durable(store *s) {
  pthread_mutex_lock(&s->queue->lock);
  uint64_t durable = s->queue->durable;
  pthread_mutex_unlock(&s->queue->lock);
  return durable;
}

int store_flush(store *s, uint64_t ticket, double seconds, mien_error *error) {
  struct store_queue *q = s->queue;
  double until = base_clock() + seconds;
  pthread_mutex_lock(&q->lock);
  while (q->durable < ticket && base_clock() < until) wait_for(&q->less, &q->lock, until - base_clock());
  bool done = q->durable >= ticket;
  pthread_mutex_unlock(&q->lock);
  return done ? MIEN_OK : base_error_set(error, MIEN_EAGAIN, "store", "is the database up, and its disk not full?", "records wait to be written");
}

int store_queue_settle(store *s, mien_error *error) {
  pthread_mutex_lock(&s->queue->lock);
  uint64_t given = s->queue->given;
  pthread_mutex_unlock(&s->queue->lock);
  return store_flush(s, given, 5, error);
}

/* ---- Reading them ---- */

int store_record_open(const store_tenant *t, store_key *key, char *key_subject, const db_value *c, store_record *r, char **payload,
                      mien_error *error) {
  char row[96], subject[STORE_ID];
  store_copy(subject, sizeof subject, &c[1]);
  if (!key->key || strcmp(subject, key_subject)) {
    if (key->key) store_key_release(&t->store->keys, key);
    int code = store_key_hold(&t->store->keys, t->name, subject, key, error);
    if (code) return code;
    memcpy(key_subject, subject, sizeof subject);
  }
  *r = (store_record){.session = c[0].bytes, .subject = key_subject, .seq = (uint64_t)c[2].integer, .kind = (int)c[3].integer,
                      .modalities = (unsigned)c[4].integer, .at = store_time_out(&c[5])};
  place_row(row, r->session, r->seq);
  int code = store_unseal(payload, &r->bytes, &c[6], key->key, &(vault_place){t->name, table_of(r->kind), row, "payload"}, error);
  r->payload = *payload;
  return code;
}

typedef struct reading {
  const store_tenant *t;
  store_key key;
  char subject[STORE_ID], session[STORE_ID];
  store_record_each each;
  void *context;
  mien_error *error;
} reading;

static int give(void *context, const db_value *c) {
  reading *r = context;
  store_record record;
  char *payload = NULL;
  int code = store_record_open(r->t, &r->key, r->subject, c, &record, &payload, r->error);
  record.session = r->session;
  if (!code) code = r->each(r->context, &record);
  base_free(payload);
  return code == MIEN_EEMPTY ? MIEN_OK : code; /* of one that is being erased */
}

int store_record_list(const store_tenant *t, const char *session, int kind, uint64_t after, size_t limit, store_record_each each,
                      void *context, mien_error *error) {
  reading r = {.t = t, .each = each, .context = context, .error = error};
  int code = store_is_id(session, error);
  if (code) return code;
  snprintf(r.session, sizeof r.session, "%s", session);
  code = store_read(t->store, SQL_RECORD_LIST, (db_value[]){DB_STR(t->name), DB_STR(session), DB_INT(after), DB_INT(kind),
                    DB_INT(BASE_CLAMP(limit, 1u, (size_t)STORE_PAGE))}, 5, give, &r, error);
  if (r.key.key) store_key_release(&t->store->keys, &r.key);
  return code;
}

static int take_last(void *context, const db_value *c) {
  *(uint64_t *)context = c[0].kind == DB_INTEGER ? (uint64_t)c[0].integer : 0;
  return MIEN_OK;
}

int store_record_last(const store_tenant *t, const char *session, uint64_t *seq, mien_error *error) {
  *seq = 0;
  return store_read(t->store, SQL_RECORD_LAST, (db_value[]){DB_STR(t->name), DB_STR(session)}, 2, take_last, seq, error);
}
