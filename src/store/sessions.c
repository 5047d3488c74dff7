/* sessions.c: sessions and who took part in them. */
#include <stdio.h>
#include <stdlib.h>

#include "store/parts.h"

static void row_of(char row[96], const char *session, long long number) { snprintf(row, 96, "%s/%lld", session, number); }

static int put_people(store *s, const char *tenant, const store_session *session, mien_error *error) {
  int code = MIEN_OK;
  for (size_t i = 0; i < session->person_count && !code; i++) {
    store_key key;
    uint8_t *sealed = NULL;
    size_t bytes;
    uint64_t put = 0;
    char row[96];
    const char *subject = session->people[i].subject, *who = session->people[i].who;
    code = store_key_hold(&s->keys, tenant, subject, &key, error);
    if (code) return code;
    row_of(row, session->id, (long long)i);
    code = store_seal(&sealed, &bytes, who, strlen(who), key.key, &(vault_place){tenant, "participants", row, "who"}, error);
    store_key_release(&s->keys, &key);
    if (!code)
      code = db_run(s->write, SQL_PARTICIPANT_PUT, (db_value[]){DB_STR(tenant), DB_STR(session->id), DB_INT(i), DB_STR(subject),
                    DB_STR(session->people[i].role), DB_BYTES(sealed, bytes)}, 6, NULL, NULL, &put, error);
    base_free(sealed);
    if (!code && !put) code = base_error_set(error, MIEN_EEMPTY, "subject", "", "a participant's subject was erased");
  }
  return code;
}

int store_session_open(const store_tenant *t, const store_session *n, mien_error *error) {
  store *s = t->store;
  if (!n->person_count || n->person_count > STORE_PEOPLE)
    return base_error_set(error, MIEN_EINVAL, "session", "", "a session that is kept has 1 to %d people", STORE_PEOPLE);
  int code = store_is_id(n->id, error);
  for (size_t i = 0; i < n->person_count && !code; i++) code = store_is_id(n->people[i].subject, error);
  if (!code) code = store_begin(s, error);
  if (code) return code;
  code = db_run(s->write, SQL_SESSION_PUT, (db_value[]){DB_STR(t->name), DB_STR(n->id), DB_STR(n->purpose), DB_STR(n->context), DB_STR(n->jurisdiction),
                DB_STR(n->policy), DB_INT(store_time_in(n->opened)), DB_INT(store_time_in(n->keep_until))}, 8, NULL, NULL, NULL, error);
  if (!code) code = put_people(s, t->name, n, error);
  return store_end(s, code, error);
}

int store_session_close(const store_tenant *t, const char *id, double closed, uint64_t results, mien_error *error) {
  uint64_t changed = 0;
  int code = store_begin(t->store, error);
  if (code) return code;
  code = db_run(t->store->write, SQL_SESSION_CLOSE, (db_value[]){DB_STR(t->name), DB_STR(id), DB_INT(store_time_in(closed)), DB_INT(results)}, 4,
                NULL, NULL, &changed, error);
  if (!code && !changed) code = base_error_set(error, MIEN_EEMPTY, "session", "", "there is no such session");
  return store_end(t->store, code, error);
}

void store_session_take(store_session *n, const db_value *c) {
  memset(n, 0, sizeof *n);
  store_copy(n->id, sizeof n->id, &c[0]);
  store_copy(n->purpose, sizeof n->purpose, &c[1]);
  store_copy(n->context, sizeof n->context, &c[2]);
  store_copy(n->jurisdiction, sizeof n->jurisdiction, &c[3]);
  store_copy(n->policy, sizeof n->policy, &c[4]);
  n->opened = store_time_out(&c[5]);
  n->closed = store_time_out(&c[6]);
  n->keep_until = store_time_out(&c[7]);
  n->results = (uint64_t)c[8].integer;
}

typedef struct people {
  store *s;
  const char *tenant;
  store_session *session;
  mien_error *error;
} people;

static int take_person(void *context, const db_value *c) {
  people *p = context;
  store_key key;
  char *plain = NULL, row[96];
  size_t bytes, i = p->session->person_count;
  if (i == STORE_PEOPLE) return MIEN_OK;
  store_copy(p->session->people[i].subject, STORE_ID, &c[1]);
  store_copy(p->session->people[i].role, STORE_NAME, &c[2]);
  int code = store_key_hold(&p->s->keys, p->tenant, p->session->people[i].subject, &key, p->error);
  p->session->person_count++;
  if (code) return code == MIEN_EEMPTY ? MIEN_OK : code; /* being erased */
  row_of(row, p->session->id, c[0].integer);
  code = store_unseal(&plain, &bytes, &c[3], key.key, &(vault_place){p->tenant, "participants", row, "who"}, p->error);
  store_key_release(&p->s->keys, &key);
  if (!code) snprintf(p->session->people[i].who, STORE_NAME, "%s", plain);
  base_free(plain);
  return code;
}

static int with_people(const store_tenant *t, store_session *session, mien_error *error) {
  people p = {t->store, t->name, session, error};
  return store_read(t->store, SQL_PARTICIPANTS, (db_value[]){DB_STR(t->name), DB_STR(session->id)}, 2, take_person, &p, error);
}

static int take_one(void *context, const db_value *columns) {
  store_session_take(context, columns);
  return MIEN_OK;
}

int store_session_get(const store_tenant *t, const char *id, store_session *session, mien_error *error) {
  memset(session, 0, sizeof *session);
  int code = store_read(t->store, SQL_SESSION_GET, (db_value[]){DB_STR(t->name), DB_STR(id)}, 2, take_one, session, error);
  if (!code && !*session->id) code = base_error_set(error, MIEN_EEMPTY, "session", "", "there is no such session");
  return code ? code : with_people(t, session, error);
}

typedef struct page {
  store_session *all;
  size_t count, room;
} page;

static int take_page(void *context, const db_value *columns) {
  page *p = context;
  if (p->count < p->room) store_session_take(&p->all[p->count++], columns);
  return MIEN_OK;
}

int store_session_list(const store_tenant *t, char before[STORE_CURSOR], size_t limit, store_session_each each, void *context,
                       mien_error *error) {
  char *id = NULL;
  limit = BASE_CLAMP(limit, 1u, (size_t)STORE_PAGE);
  int64_t from = *before ? strtoll(before, &id, 10) : INT64_MAX;
  if (*before && (*id != '.' || store_is_id(id + 1, NULL))) return base_error_set(error, MIEN_EINVAL, "before", "send what the page before gave", "no place in the list");
  page p = {base_alloc(limit, sizeof *p.all), 0, limit};
  if (!p.all) return base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory");
  int code = store_read(t->store, SQL_SESSION_LIST, (db_value[]){DB_STR(t->name), DB_INT(from), DB_STR(id ? id + 1 : ""), DB_INT(limit)}, 4, take_page, &p, error);
  for (size_t i = 0; i < p.count && !code; i++) {
    code = with_people(t, &p.all[i], error);
    if (!code) code = each(context, &p.all[i]);
  }
  *before = 0;
  if (!code && p.count == limit)
    snprintf(before, STORE_CURSOR, "%lld.%s", (long long)store_time_in(p.all[limit - 1].opened), p.all[limit - 1].id);
  base_free(p.all);
  return code;
}

int store_session_last(const store_tenant *t, const char *subject, size_t limit, store_session_each each, void *context, mien_error *error) {
  limit = BASE_CLAMP(limit, 1u, (size_t)STORE_PAGE);
  page p = {base_alloc(limit, sizeof *p.all), 0, limit};
  if (!p.all) return base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory");
  int code = store_read(t->store, SQL_SESSIONS_LAST, (db_value[]){DB_STR(t->name), DB_STR(subject), DB_INT(limit)}, 3, take_page, &p, error);
  for (size_t i = 0; i < p.count && !code; i++) {
    code = with_people(t, &p.all[i], error);
    if (!code) code = each(context, &p.all[i]);
  }
  base_free(p.all);
  return code;
}

int store_session_drop(store *s, const char *tenant, const char *id, mien_error *error) {
  static const int statements[] = {SQL_RECORD_DROP_SESSION, SQL_EVENT_DROP_SESSION, SQL_CASE_DROP_SESSION, SQL_DELIVERY_DROP_SESSION,
                                   SQL_PARTICIPANT_DROP_SESSION, SQL_SESSION_DROP};
  int code = MIEN_OK;
  for (size_t i = 0; i < BASE_COUNT(statements) && !code; i++)
    code = db_run(s->write, statements[i], (db_value[]){DB_STR(tenant), DB_STR(id)}, 2, NULL, NULL, NULL, error);
  return code;
}

int store_session_erase(const store_tenant *t, const char *id, mien_error *error) {
  int code = store_begin(t->store, error);
  return code ? code : store_end(t->store, store_session_drop(t->store, t->name, id, error), error);
}

/* ---- Sweeping ---- */

enum { SWEPT_AT_ONCE = 200 };

typedef struct doomed {
  struct {
    char tenant[STORE_NAME], id[STORE_ID];
  } all[SWEPT_AT_ONCE];
  size_t count;
} doomed;

static int take_doomed(void *context, const db_value *c) {
  doomed *d = context;
  if (d->count == SWEPT_AT_ONCE) return MIEN_OK;
  store_copy(d->all[d->count].tenant, STORE_NAME, &c[0]);
  store_copy(d->all[d->count++].id, STORE_ID, &c[1]);
  return MIEN_OK;
}

/* Those that `statement` finds, some at a time, so that others get their turn. */
static int sweep_all(store *s, int statement, const db_value *values, size_t count, doomed *d, uint64_t *rows, mien_error *error) {
  int code;
  do {
    d->count = 0;
    code = store_begin(s, error);
    if (code) return code;
    code = db_run(s->write, statement, values, count, take_doomed, d, NULL, error);
    for (size_t i = 0; i < d->count && !code; i++) code = store_session_drop(s, d->all[i].tenant, d->all[i].id, error);
    code = store_end(s, code, error);
    if (!code) *rows += d->count;
  } while (!code && d->count == SWEPT_AT_ONCE);
  return code;
}

typedef struct purposes {
  char all[64][STORE_NAME];
  size_t count;
} purposes;

static int take_purpose(void *context, const db_value *c) {
  purposes *p = context;
  if (p->count < BASE_COUNT(p->all)) store_copy(p->all[p->count++], STORE_NAME, &c[0]);
  return MIEN_OK;
}

int store_sweep(store *s, double now, const store_age *ages, size_t age_count, uint64_t *rows, mien_error *error) {
  uint64_t swept = 0;
  purposes *p = base_alloc(1, sizeof *p);
  doomed *d = base_alloc(1, sizeof *d);
  int code = p && d ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory");
  if (!code) code = sweep_all(s, SQL_SESSIONS_OVER, (db_value[]){DB_INT(store_time_in(now)), DB_INT(SWEPT_AT_ONCE)}, 2, d, &swept, error);
  if (!code) code = store_read(s, SQL_SESSION_PURPOSES, NULL, 0, take_purpose, p, error);
  for (size_t i = 0; !code && i < p->count; i++) {
    const store_age *age = NULL;
    for (size_t k = 0; k < age_count; k++)
      if (!strcmp(ages[k].purpose, p->all[i]) || (!age && !*ages[k].purpose)) age = &ages[k];
    if (age && isfinite(age->seconds))
      code = sweep_all(s, SQL_SESSIONS_OLD, (db_value[]){DB_STR(p->all[i]), DB_INT(store_time_in(now - age->seconds)), DB_INT(SWEPT_AT_ONCE)}, 3, d, &swept, error);
  }
  if (!code && !(code = store_begin(s, error)))
    code = store_end(s, db_run(s->write, SQL_IDEMPOTENCY_OVER, (db_value[]){DB_INT(store_time_in(now))}, 1, NULL, NULL, NULL, error), error);
  base_free(p);
  base_free(d);
  if (rows) *rows = swept;
  return code;
}
