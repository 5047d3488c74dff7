/* items.c: cases, deliveries, idempotency records, users, keys of callers, webhooks, jobs, collections, usuals, dictionaries of signals: one shape, a table each. */
#include <stdio.h>
#include <stdlib.h>

#include "store/parts.h"

const char *const store_table_names[STORE_TABLES] = {"cases", "deliveries", "idempotency", "users", "api_keys", "webhooks", "jobs", "collections", "usuals", "signals"};
static const char letters[STORE_TABLES] = {'k', 'd', 'i', 'n', 'a', 'w', 'j', 'f', 'b', 'g'};

int store_table_statement(int table, int first) { return first + table * SQL_ITEM_STATEMENTS; }

static int check(int table, const store_item *item, mien_error *error) {
  if (table < 0 || table >= STORE_TABLES) return base_error_set(error, MIEN_EINVAL, "store", "", "there is no such table");
  if (*item->subject && store_is_id(item->subject, error)) return MIEN_EINVAL;
  return *item->session ? store_is_id(item->session, error) : MIEN_OK;
}

static int hash_name(const store_tenant *t, int table, const char *name, uint8_t hash[32], mien_error *error) {
  store_key own;
  int code = store_key_hold(&t->store->keys, t->name, "", &own, error);
  if (code) return code;
  vault_key_hash(hash, own.key, (const char *[]){store_table_names[table], name}, 2);
  store_key_release(&t->store->keys, &own);
  return MIEN_OK;
}

static int seal(const store_tenant *t, int table, const store_item *item, uint8_t **sealed, size_t *bytes, mien_error *error) {
  store_key key;
  int code = store_key_hold(&t->store->keys, t->name, item->subject, &key, error);
  if (code) return code;
  code = store_seal(sealed, bytes, item->payload, item->bytes, key.key, &(vault_place){t->name, store_table_names[table], item->id, "payload"}, error);
  store_key_release(&t->store->keys, &key);
  return code;
}

static db_value due_of(const store_item *item) { return isfinite(item->due) ? DB_INT(store_time_in(item->due)) : DB_NONE; }

int store_item_put(const store_tenant *t, int table, store_item *item, mien_error *error) {
  uint8_t hash[32], *sealed = NULL;
  size_t bytes = 0;
  int code = check(table, item, error);
  if (code) return code;
  store_id_make(item->id, letters[table]);
  item->version = 1;
  if (item->name) code = hash_name(t, table, item->name, hash, error);
  if (!code) code = seal(t, table, item, &sealed, &bytes, error);
  if (!code && !(code = store_begin(t->store, error)))
    code = store_end(t->store, db_run(t->store->write, store_table_statement(table, SQL_CASE_PUT),
        (db_value[]){DB_STR(t->name), DB_STR(item->id), DB_STR(item->subject), DB_STR(item->session), DB_STR(item->state),
                     item->name ? DB_BYTES(hash, sizeof hash) : DB_NONE, DB_INT(store_time_in(item->at)), due_of(item), DB_BYTES(sealed, bytes)},
        9, NULL, NULL, NULL, error), error);
  base_free(sealed);
  return code;
}

typedef struct taking {
  store_tenant t; /* of each row */
  int table;
  store_item *items;
  char **payloads;
  size_t count, room;
  mien_error *error;
} taking;

static int take(void *context, const db_value *c) {
  taking *g = context;
  if (g->count == g->room) return MIEN_OK;
  store_item *item = &g->items[g->count];
  store_key key;
  char tenant[STORE_NAME];
  memset(item, 0, sizeof *item);
  store_copy(tenant, sizeof tenant, &c[0]);
  store_copy(item->id, sizeof item->id, &c[1]);
  store_copy(item->subject, sizeof item->subject, &c[2]);
  store_copy(item->session, sizeof item->session, &c[3]);
  store_copy(item->state, sizeof item->state, &c[4]);
  item->at = store_time_out(&c[5]);
  item->due = c[6].kind == DB_NULL ? INFINITY : store_time_out(&c[6]);
  item->version = c[7].integer;
  int code = store_key_hold(&g->t.store->keys, tenant, item->subject, &key, g->error);
  if (code) return code == MIEN_EEMPTY ? MIEN_OK : code; /* its subject is being erased */
  code = store_unseal(&g->payloads[g->count], &item->bytes, &c[8], key.key,
                      &(vault_place){tenant, store_table_names[g->table], item->id, "payload"}, g->error);
  store_key_release(&g->t.store->keys, &key);
  item->payload = g->payloads[g->count];
  item->name = NULL;
  if (!code) memcpy(g->t.name, tenant, sizeof tenant), g->count++;
  return code;
}

/* Rows first, then `each`: so that it may use the store. */
static int give(store *s, int table, int statement, const db_value *values, size_t value_count, size_t limit, store_item_each each, void *context,
                size_t *count, store_item *last, mien_error *error) {
  taking g = {.t.store = s, .table = table, .items = base_alloc(limit, sizeof *g.items), .payloads = base_alloc(limit, sizeof *g.payloads), .room = limit, .error = error};
  int code = g.items && g.payloads ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory");
  if (!code) code = store_read(s, store_table_statement(table, statement), values, value_count, take, &g, error);
  for (size_t i = 0; i < g.count && !code; i++) code = each(context, &g.items[i]);
  if (count) *count = g.count;
  if (last && g.count) *last = g.items[g.count - 1];
  for (size_t i = 0; g.payloads && i < g.count; i++) base_free(g.payloads[i]);
  base_free(g.payloads);
  base_free(g.items);
  return code;
}

static int one_of(size_t count, int code, mien_error *error) {
  return code || count ? code : base_error_set(error, MIEN_EEMPTY, "store", "", "there is no such thing");
}

int store_item_get(const store_tenant *t, int table, const char *id, store_item_each each, void *context, mien_error *error) {
  size_t count = 0;
  int code = check(table, &(store_item){.id = ""}, error);
  if (!code) code = give(t->store, table, SQL_CASE_GET, (db_value[]){DB_STR(t->name), DB_STR(id)}, 2, 1, each, context, &count, NULL, error);
  return one_of(count, code, error);
}

int store_item_named(const store_tenant *t, int table, const char *name, store_item_each each, void *context, mien_error *error) {
  uint8_t hash[32];
  size_t count = 0;
  int code = check(table, &(store_item){.id = ""}, error);
  if (!code) code = hash_name(t, table, name, hash, error);
  if (!code) code = give(t->store, table, SQL_CASE_NAMED, (db_value[]){DB_STR(t->name), DB_BYTES(hash, sizeof hash)}, 2, 1, each, context, &count, NULL, error);
  return one_of(count, code, error);
}

int store_item_list(const store_tenant *t, int table, const char *state, const char *session, char before[STORE_CURSOR], size_t limit,
                    store_item_each each, void *context, mien_error *error) {
  char *id = NULL;
  size_t count = 0;
  store_item last;
  limit = BASE_CLAMP(limit, 1u, (size_t)STORE_PAGE);
  int64_t from = *before ? strtoll(before, &id, 10) : INT64_MAX;
  if (*before && (*id != '.' || store_is_id(id + 1, NULL))) return base_error_set(error, MIEN_EINVAL, "before", "send what the page before gave", "no place in the list");
  int code = check(table, &(store_item){.id = ""}, error);
  if (!code)
    code = give(t->store, table, SQL_CASE_LIST, (db_value[]){DB_STR(t->name), DB_STR(state), DB_STR(session), DB_INT(from), DB_STR(id ? id + 1 : ""), DB_INT(limit)},
                6, limit, each, context, &count, &last, error);
  *before = 0;
  if (!code && count == limit) snprintf(before, STORE_CURSOR, "%lld.%s", (long long)store_time_in(last.at), last.id);
  return code;
}

static int take_subject(void *context, const db_value *c) {
  store_copy(context, STORE_ID, &c[2]);
  return MIEN_OK;
}

int store_item_change(const store_tenant *t, int table, store_item *item, mien_error *error) {
  uint8_t *sealed = NULL;
  size_t bytes = 0;
  uint64_t changed = 0;
  memset(item->subject, 0, sizeof item->subject);
  *item->subject = '!';
  int code = check(table, &(store_item){.id = ""}, error);
  if (!code) code = store_read(t->store, store_table_statement(table, SQL_CASE_GET), (db_value[]){DB_STR(t->name), DB_STR(item->id)}, 2, take_subject, item->subject, error);
  if (!code && *item->subject == '!') code = one_of(0, MIEN_OK, error);
  if (!code) code = seal(t, table, item, &sealed, &bytes, error);
  if (!code && !(code = store_begin(t->store, error))) {
    code = db_run(t->store->write, store_table_statement(table, SQL_CASE_CHANGE), (db_value[]){DB_STR(t->name), DB_STR(item->id), DB_INT(item->version),
                  DB_STR(item->state), due_of(item), DB_BYTES(sealed, bytes)}, 6, NULL, NULL, &changed, error);
    code = store_end(t->store, code, error);
  }
  base_free(sealed);
  if (!code && !changed) code = base_error_set(error, MIEN_EPOLICY, "version", "read it again, and change what is there now", "somebody has changed it since");
  item->version += !code;
  return code;
}

int store_item_erase(const store_tenant *t, int table, const char *id, mien_error *error) {
  uint64_t changed = 0;
  int code = check(table, &(store_item){.id = ""}, error);
  if (!code) code = store_begin(t->store, error);
  if (code) return code;
  code = store_end(t->store, db_run(t->store->write, store_table_statement(table, SQL_CASE_DROP), (db_value[]){DB_STR(t->name), DB_STR(id)}, 2, NULL, NULL, &changed, error), error);
  return one_of((size_t)changed, code, error);
}

typedef struct due_rows {
  store *s;
  int table;
  struct {
    char tenant[STORE_NAME], id[STORE_ID];
  } *all;
  size_t count, room;
} due_rows;

static int take_due(void *context, const db_value *c) {
  due_rows *d = context;
  if (d->count == d->room) return MIEN_OK;
  store_copy(d->all[d->count].tenant, STORE_NAME, &c[0]);
  store_copy(d->all[d->count++].id, STORE_ID, &c[1]);
  return MIEN_OK;
}

typedef struct due_given {
  store_tenant t;
  store_due_each each;
  void *context;
} due_given;

static int give_due(void *context, const store_item *item) {
  due_given *g = context;
  return g->each(g->context, &g->t, item);
}

int store_item_due(store *s, int table, const char *state, double now, size_t limit, store_due_each each, void *context, mien_error *error) {
  limit = BASE_CLAMP(limit, 1u, (size_t)STORE_PAGE);
  int code = check(table, &(store_item){.id = ""}, error);
  if (code) return code;
  due_rows d = {s, table, base_alloc(limit, sizeof *d.all), 0, limit};
  if (!d.all) return base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory");
  code = store_read(s, store_table_statement(table, SQL_CASE_DUE), (db_value[]){DB_STR(state), DB_INT(store_time_in(now)), DB_INT(limit)}, 3, take_due, &d, error);
  for (size_t i = 0; i < d.count && !code; i++) {
    due_given g = {{s, ""}, each, context};
    memcpy(g.t.name, d.all[i].tenant, STORE_NAME);
    code = store_item_get(&g.t, table, d.all[i].id, give_due, &g, error);
    if (code == MIEN_EEMPTY) code = MIEN_OK; /* erased meanwhile */
  }
  base_free(d.all);
  return code;
}
