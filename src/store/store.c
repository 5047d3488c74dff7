/* store.c: opening and closing, the two connections, and what all files of the room use: ids, times, sealing. */
#include <sodium.h>
#include <stdio.h>

#include "store/parts.h"

void store_id_make(char id[STORE_ID], char letter) {
  uint8_t random[16];
  randombytes_buf(random, sizeof random);
  id[0] = letter;
  id[1] = '_';
  sodium_bin2hex(id + 2, STORE_ID - 2, random, sizeof random);
}

int64_t store_time_in(double seconds) {
  return !(seconds < 9e12) ? INT64_MAX : seconds < 0 ? 0 : (int64_t)(seconds * 1e6 + 0.5);
}

double store_time_out(const db_value *value) {
  return value->kind != DB_INTEGER ? NAN : value->integer == INT64_MAX ? INFINITY : (double)value->integer / 1e6;
}

void store_copy(char *to, size_t room, const db_value *text) {
  snprintf(to, room, "%.*s", (int)BASE_MIN(text->count, room - 1), text->bytes ? (const char *)text->bytes : "");
}

int store_is_id(const char *id, mien_error *error) {
  size_t length = id ? strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_") : 0;
  return length && length < STORE_ID && !id[length] ? MIEN_OK : base_error_set(error, MIEN_EINVAL, "store", "", "an id has 1 to %d letters and digits", STORE_ID - 1);
}

int store_begin(store *s, mien_error *error) {
  pthread_mutex_lock(&s->write_lock);
  int code = db_begin(s->write, error);
  if (code) pthread_mutex_unlock(&s->write_lock);
  return code;
}

int store_end(store *s, int code, mien_error *error) {
  code = db_end(s->write, code, error);
  pthread_mutex_unlock(&s->write_lock);
  return code;
}

int store_read(store *s, int statement, const db_value *values, size_t count, db_row row, void *context, mien_error *error) {
  pthread_mutex_lock(&s->read_lock);
  int code = db_run(s->read, statement, values, count, row, context, NULL, error);
  pthread_mutex_unlock(&s->read_lock);
  return code;
}

int store_seal(uint8_t **sealed, size_t *bytes, const void *plain, size_t count, const vault_key *key, const vault_place *place,
               mien_error *error) {
  *bytes = count + VAULT_OVERHEAD;
  *sealed = count <= STORE_PAYLOAD_MAX ? base_alloc(*bytes, 1) : NULL;
  if (!*sealed) return base_error_set(error, MIEN_ELIMIT, "store", "", "out of memory, or more than %zu bytes to keep at once", STORE_PAYLOAD_MAX);
  int code = vault_seal(*sealed, plain, count, key, place, error);
  if (!code) return MIEN_OK;
  base_free(*sealed);
  *sealed = NULL;
  return code;
}

int store_unseal(char **plain, size_t *bytes, const db_value *sealed, const vault_key *key, const vault_place *place, mien_error *error) {
  *plain = NULL;
  if (sealed->count < VAULT_OVERHEAD) return base_error_set(error, MIEN_EFORMAT, place->table, "", "a row of the database is damaged");
  *bytes = sealed->count - VAULT_OVERHEAD;
  *plain = base_alloc(*bytes + 1, 1);
  if (!*plain) return base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory");
  int code = vault_open_sealed((uint8_t *)*plain, sealed->bytes, sealed->count, key, place, error);
  if (!code) return MIEN_OK;
  base_free(*plain);
  *plain = NULL;
  return code;
}

/* ---- Opening ---- */

typedef struct unfinished {
  bool found;
  store_tenant tenant;
  char id[STORE_ID], reason[STORE_NAME];
} unfinished;

static int take_unfinished(void *context, const db_value *columns) {
  unfinished *u = context;
  u->found = true;
  store_copy(u->tenant.name, sizeof u->tenant.name, &columns[0]);
  store_copy(u->id, sizeof u->id, &columns[1]);
  store_copy(u->reason, sizeof u->reason, &columns[2]);
  return MIEN_OK;
}

static int finish_erasures(store *s, mien_error *error) {
  for (;;) {
    unfinished u = {.tenant.store = s};
    int code = store_read(s, SQL_SUBJECTS_ERASING, NULL, 0, take_unfinished, &u, error);
    if (code || !u.found) return code;
    code = store_subject_erase(&u.tenant, u.id, u.reason, NULL, error);
    if (code) return code;
  }
}

int store_open(store **opened, const store_options *options, mien_error *error) {
  *opened = NULL;
  store *s = base_alloc(1, sizeof *s);
  if (!s) return base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory");
  pthread_mutex_init(&s->write_lock, NULL);
  pthread_mutex_init(&s->read_lock, NULL);
  pthread_mutex_init(&s->keys.lock, NULL);
  int code = store_keys_open(&s->keys, options->keys, options->masters, options->master_count, error);
  if (!code) code = store_key_make(&s->keys, "", "", error);
  if (!code) code = db_open(&s->write, options->url, false, error);
  if (!code) code = db_migrate(s->write, false, -1, error);
  if (!code) code = db_open(&s->read, options->url, false, error);
  if (!code) code = finish_erasures(s, error);
  if (!code) code = store_queue_open(s, options->queue_bytes ? options->queue_bytes : (size_t)32 << 20, error);
  *opened = s;
  if (code) store_close(opened);
  return code;
}

void store_close(store **closed) {
  store *s = *closed;
  if (!s) return;
  store_queue_close(s);
  db_close(&s->write);
  db_close(&s->read);
  store_keys_close(&s->keys);
  pthread_mutex_destroy(&s->write_lock);
  pthread_mutex_destroy(&s->read_lock);
  pthread_mutex_destroy(&s->keys.lock);
  base_free(s);
  *closed = NULL;
}

int store_check(store *s, mien_error *error) { return store_read(s, SQL_CHECK, NULL, 0, NULL, NULL, error); }

int store_of(store_tenant *t, store *s, const char *name, mien_error *error) {
  memset(t, 0, sizeof *t);
  if (!name || !*name || strlen(name) >= sizeof t->name)
    return base_error_set(error, MIEN_EINVAL, "tenant", "", "a tenant's name has 1 to %d bytes", STORE_NAME - 1);
  t->store = s;
  snprintf(t->name, sizeof t->name, "%s", name);
  return store_key_make(&s->keys, name, "", error);
}
