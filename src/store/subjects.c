/* subjects.c: who there is: their opaque ids, their keys, their sealed names. */
#include <sodium.h>
#include <stdio.h>

#include "store/parts.h"

int store_subject_ref(const store_tenant *t, const char *name, char ref[STORE_ID], mien_error *error) {
  store_key own;
  uint8_t hash[32];
  *ref = 0;
  if (!name || !*name || strlen(name) >= STORE_NAME)
    return base_error_set(error, MIEN_EINVAL, "subject", "", "a subject's name has 1 to %d bytes", STORE_NAME - 1);
  int code = store_key_hold(&t->store->keys, t->name, "", &own, error);
  if (code) return code;
  vault_key_hash(hash, own.key, (const char *[]){"subject", name}, 2);
  store_key_release(&t->store->keys, &own);
  memcpy(ref, "r_", 2);
  sodium_bin2hex(ref + 2, STORE_ID - 2, hash, 16);
  return MIEN_OK;
}

static int take(void *context, const db_value *columns) {
  store_subject *subject = context;
  store_copy(subject->id, sizeof subject->id, &columns[0]);
  store_copy(subject->ref, sizeof subject->ref, &columns[1]);
  subject->made = store_time_out(&columns[2]);
  return MIEN_OK;
}

int store_subject_find(const store_tenant *t, const char *ref, store_subject *subject, mien_error *error) {
  memset(subject, 0, sizeof *subject);
  int code = store_read(t->store, *ref == 'u' ? SQL_SUBJECT_OF_ID : SQL_SUBJECT_OF_REF, (db_value[]){DB_STR(t->name), DB_STR(ref)}, 2, take, subject, error);
  return code || *subject->id ? code : base_error_set(error, MIEN_EEMPTY, "subject", "", "nothing is kept of this subject");
}

int store_subject_make(const store_tenant *t, const char *name, store_subject *subject, mien_error *error) {
  char ref[STORE_ID];
  store_key key;
  uint8_t *sealed = NULL;
  size_t bytes;
  int code = store_subject_ref(t, name, ref, error);
  if (code) return code;
  code = store_subject_find(t, ref, subject, error);
  if (code != MIEN_EEMPTY) return code;
  store_id_make(subject->id, 'u');
  memcpy(subject->ref, ref, sizeof ref);
  subject->made = base_now();
  code = store_key_make(&t->store->keys, t->name, subject->id, error);
  if (!code) code = store_key_hold(&t->store->keys, t->name, subject->id, &key, error);
  if (code) return code;
  code = store_seal(&sealed, &bytes, name, strlen(name), key.key, &(vault_place){t->name, "subjects", subject->id, "name"}, error);
  store_key_release(&t->store->keys, &key);
  if (!code && !(code = store_begin(t->store, error)))
    code = store_end(t->store, db_run(t->store->write, SQL_SUBJECT_PUT, (db_value[]){DB_STR(t->name), DB_STR(subject->id), DB_STR(ref),
                     DB_INT(store_time_in(subject->made)), DB_BYTES(sealed, bytes)}, 5, NULL, NULL, NULL, error), error);
  base_free(sealed);
  if (code) store_key_destroy(&t->store->keys, t->name, subject->id, NULL);
  return code == MIEN_EINVAL ? store_subject_find(t, ref, subject, error) : code; /* another thread was first */
}

typedef struct sealed_name {
  uint8_t bytes[STORE_NAME + VAULT_OVERHEAD];
  size_t count;
} sealed_name;

static int take_name(void *context, const db_value *columns) {
  sealed_name *name = context;
  name->count = BASE_MIN(columns[0].count, sizeof name->bytes);
  if (name->count) memcpy(name->bytes, columns[0].bytes, name->count);
  return MIEN_OK;
}

int store_subject_name(const store_tenant *t, const char *id, char *name, mien_error *error) {
  sealed_name sealed = {.count = 0};
  store_key key;
  char *plain = NULL;
  size_t bytes;
  *name = 0;
  int code = store_read(t->store, SQL_SUBJECT_NAME, (db_value[]){DB_STR(t->name), DB_STR(id)}, 2, take_name, &sealed, error);
  if (!code && !sealed.count) code = base_error_set(error, MIEN_EEMPTY, "subject", "", "nothing is kept of this subject");
  if (!code) code = store_key_hold(&t->store->keys, t->name, id, &key, error);
  if (code) return code;
  code = store_unseal(&plain, &bytes, &DB_BYTES(sealed.bytes, sealed.count), key.key, &(vault_place){t->name, "subjects", id, "name"}, error);
  store_key_release(&t->store->keys, &key);
  if (!code) snprintf(name, STORE_NAME, "%s", plain);
  base_free(plain);
  return code;
}

typedef struct idle_list {
  store_tenant *tenants;
  store_subject *subjects;
  size_t count, room;
} idle_list;

static int take_idle(void *context, const db_value *columns) {
  idle_list *list = context;
  if (list->count == list->room) return MIEN_OK;
  store_copy(list->tenants[list->count].name, STORE_NAME, &columns[0]);
  return take(&list->subjects[list->count++], columns + 1);
}

int store_subjects_idle(store *s, double before, size_t limit, store_subject_each each, void *context, mien_error *error) {
  limit = BASE_CLAMP(limit, 1u, (size_t)STORE_PAGE);
  idle_list list = {base_alloc(limit, sizeof *list.tenants), base_alloc(limit, sizeof *list.subjects), 0, limit};
  int code = list.tenants && list.subjects ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory");
  if (!code) code = store_read(s, SQL_SUBJECTS_IDLE, (db_value[]){DB_INT(store_time_in(before)), DB_INT(limit)}, 2, take_idle, &list, error);
  for (size_t i = 0; i < list.count && !code; i++) {
    list.tenants[i].store = s;
    code = each(context, &list.tenants[i], &list.subjects[i]);
  }
  base_free(list.tenants);
  base_free(list.subjects);
  return code;
}
