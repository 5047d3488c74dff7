/* subject_export.c: all that is kept of a subject, as JSON. */
#include <stdio.h>

#include "store/parts.h"

typedef struct exported {
  const store_tenant *t;
  base_json out;
  store_key key; /* the subject's */
  char subject[STORE_ID];
  store_session *sessions;
  size_t count, room;
  int table;
  const char *session;
  mien_error *error;
} exported;

static int take_session(void *context, const db_value *c) {
  exported *x = context;
  if (x->count == x->room) {
    size_t room = x->room ? 2 * x->room : 16;
    store_session *grown = base_resize(x->sessions, room, sizeof *grown);
    if (!grown) return base_error_set(x->error, MIEN_ENOMEM, "store", "", "out of memory");
    x->sessions = grown;
    x->room = room;
  }
  store_session_take(&x->sessions[x->count++], c);
  return MIEN_OK;
}

static int give_person(void *context, const db_value *c) {
  exported *x = context;
  char row[96], role[STORE_NAME], *who = NULL;
  size_t bytes;
  if (c[1].count != strlen(x->subject) || memcmp(c[1].bytes, x->subject, c[1].count)) return MIEN_OK; /* somebody else's */
  snprintf(row, sizeof row, "%s/%lld", x->session, (long long)c[0].integer);
  store_copy(role, sizeof role, &c[2]);
  int code = store_unseal(&who, &bytes, &c[3], x->key.key, &(vault_place){x->t->name, "participants", row, "who"}, x->error);
  if (code) return code;
  base_json_string(&x->out, "who", who);
  base_json_string(&x->out, "role", role);
  base_free(who);
  return MIEN_OK;
}

static int give_record(void *context, const db_value *c) {
  exported *x = context;
  store_record record;
  char *payload = NULL;
  int code = store_record_open(x->t, &x->key, x->subject, c, &record, &payload, x->error);
  if (code) return code;
  base_json_open(&x->out, NULL, '{');
  base_json_string(&x->out, "type", store_kind_name(record.kind));
  base_json_integer(&x->out, "seq", (long long)record.seq);
  base_json_number(&x->out, "at", record.at, 3);
  base_json_raw(&x->out, "content", payload, record.bytes);
  base_json_close(&x->out, '}');
  base_free(payload);
  return MIEN_OK;
}

static int give_session(exported *x, const store_session *n) {
  x->session = n->id;
  base_json_open(&x->out, NULL, '{');
  base_json_string(&x->out, "session", n->id);
  base_json_string(&x->out, "purpose", n->purpose);
  base_json_string(&x->out, "context", n->context);
  base_json_string(&x->out, "jurisdiction", n->jurisdiction);
  base_json_string(&x->out, "policy", n->policy);
  base_json_number(&x->out, "opened", n->opened, 3);
  base_json_number(&x->out, "closed", n->closed, 3);
  base_json_number(&x->out, "keep_until", n->keep_until, 3);
  int code = store_read(x->t->store, SQL_PARTICIPANTS, (db_value[]){DB_STR(x->t->name), DB_STR(n->id)}, 2, give_person, x, x->error);
  base_json_open(&x->out, "records", '[');
  if (!code)
    code = store_read(x->t->store, SQL_RECORD_OF_SUBJECT, (db_value[]){DB_STR(x->t->name), DB_STR(n->id), DB_STR(x->subject)}, 3, give_record, x, x->error);
  base_json_close(&x->out, ']');
  base_json_close(&x->out, '}');
  return code;
}

static int give_item(void *context, const db_value *c) {
  exported *x = context;
  char id[STORE_ID], state[STORE_NAME], *payload = NULL;
  size_t bytes;
  store_copy(id, sizeof id, &c[1]);
  store_copy(state, sizeof state, &c[4]);
  int code = store_unseal(&payload, &bytes, &c[8], x->key.key, &(vault_place){x->t->name, store_table_names[x->table], id, "payload"}, x->error);
  if (code) return code;
  base_json_open(&x->out, NULL, '{');
  base_json_string(&x->out, "id", id);
  base_json_string(&x->out, "state", state);
  base_json_number(&x->out, "at", store_time_out(&c[5]), 3);
  base_json_raw(&x->out, "content", payload, bytes);
  base_json_close(&x->out, '}');
  base_free(payload);
  return MIEN_OK;
}

int store_subject_export(const store_tenant *t, const char *id, base_text *json, mien_error *error) {
  exported x = {.t = t, .error = error};
  store_subject subject;
  char name[STORE_NAME];
  int code = store_is_id(id, error);
  if (!code) code = store_subject_find(t, id, &subject, error);
  if (!code) code = store_subject_name(t, id, name, error);
  if (!code) code = store_key_hold(&t->store->keys, t->name, id, &x.key, error);
  if (code) return code;
  snprintf(x.subject, sizeof x.subject, "%s", id);
  base_text_reset(json);
  base_json_init(&x.out, json);
  base_json_open(&x.out, NULL, '{');
  base_json_string(&x.out, "subject", name);
  base_json_string(&x.out, "id", subject.id);
  base_json_number(&x.out, "made", subject.made, 3);
  base_json_number(&x.out, "exported", base_now(), 3);
  code = store_read(t->store, SQL_SESSIONS_OF_SUBJECT, (db_value[]){DB_STR(t->name), DB_STR(id)}, 2, take_session, &x, error);
  base_json_open(&x.out, "sessions", '[');
  for (size_t i = 0; i < x.count && !code; i++) code = give_session(&x, &x.sessions[i]);
  base_json_close(&x.out, ']');
  for (x.table = 0; x.table < STORE_TABLES && !code; x.table++) {
    base_json_open(&x.out, store_table_names[x.table], '[');
    code = store_read(t->store, store_table_statement(x.table, SQL_CASE_OF_SUBJECT), (db_value[]){DB_STR(t->name), DB_STR(id)}, 2, give_item, &x, error);
    base_json_close(&x.out, ']');
  }
  base_json_close(&x.out, '}');
  store_key_release(&t->store->keys, &x.key);
  base_free(x.sessions);
  return code || !json->failed ? code : base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory");
}
