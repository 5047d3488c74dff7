/* keys.c: the file of wrapped keys. One lock over file and cache, so that a key that is destroyed is not put back by
 * who has just read it. */
#include <sodium.h>
#include <stdio.h>

#include "store/parts.h"

enum { KEYS_KEPT = 512 };

int store_keys_open(store_keys *k, const char *path, const vault *const *masters, size_t count, mien_error *error) {
  if (!count || count > STORE_MASTERS)
    return base_error_set(error, MIEN_EINVAL, "vault", "name a master key", "1 to %d master keys may be open", STORE_MASTERS);
  memcpy(k->masters, masters, count * sizeof *masters);
  k->master_count = count;
  int code = db_open(&k->file, path, true, error);
  if (!code) code = db_migrate(k->file, true, -1, error);
  if (!code) code = vault_cache_open(&k->cache, KEYS_KEPT, error);
  return code;
}

void store_keys_close(store_keys *k) {
  vault_cache_close(&k->cache);
  db_close(&k->file);
}

typedef struct wrapped_key {
  bool found;
  uint8_t bytes[VAULT_WRAPPED_BYTES];
} wrapped_key;

static int take_wrapped(void *context, const db_value *columns) {
  wrapped_key *w = context;
  w->found = columns[0].count == sizeof w->bytes;
  if (w->found) memcpy(w->bytes, columns[0].bytes, sizeof w->bytes);
  return MIEN_OK;
}

/* Under the lock, as the next ones. */
static int load(store_keys *k, const char *tenant, const char *subject, wrapped_key *w, mien_error *error) {
  w->found = false;
  return db_run(k->file, SQL_KEY_GET, (db_value[]){DB_STR(tenant), DB_STR(subject)}, 2, take_wrapped, w, NULL, error);
}

static int write_one(store_keys *k, int statement, const db_value *values, size_t count, mien_error *error) {
  int code = db_begin(k->file, error);
  if (code) return code;
  return db_end(k->file, db_run(k->file, statement, values, count, NULL, NULL, NULL, error), error);
}

int store_key_make(store_keys *k, const char *tenant, const char *subject, mien_error *error) {
  wrapped_key w;
  vault_key *key = NULL;
  uint8_t id[VAULT_ID_BYTES];
  pthread_mutex_lock(&k->lock);
  int code = load(k, tenant, subject, &w, error);
  if (!code && !w.found) {
    code = vault_key_new(&key, w.bytes, k->masters[0], tenant, subject, error);
    vault_key_close(&key);
    vault_id(k->masters[0], id);
    if (!code)
      code = write_one(k, SQL_KEY_PUT, (db_value[]){DB_STR(tenant), DB_STR(subject), DB_BYTES(id, sizeof id), DB_BYTES(w.bytes, sizeof w.bytes)}, 4, error);
  }
  pthread_mutex_unlock(&k->lock);
  return code;
}

static int unwrap(store_keys *k, const char *tenant, const char *subject, store_key *held, mien_error *error) {
  wrapped_key w;
  int code = load(k, tenant, subject, &w, error);
  if (code) return code;
  if (!w.found) return base_error_set(error, MIEN_EEMPTY, "key", "", "the key is not there: it was destroyed, or the file of keys is another's");
  const vault *master = vault_of(k->masters, k->master_count, w.bytes);
  if (!master)
    return base_error_set(error, MIEN_EFORMAT, "vault", "name the master key that was used before under vault.old_keys",
                          "a key was wrapped with a master key that is not open");
  code = vault_key_open(&held->own, w.bytes, master, tenant, subject, error);
  if (code) return code;
  held->key = vault_cache_put(k->cache, tenant, subject, held->own);
  if (held->key) vault_key_close(&held->own);
  else held->key = held->own;
  return MIEN_OK;
}

int store_key_hold(store_keys *k, const char *tenant, const char *subject, store_key *held, mien_error *error) {
  *held = (store_key){vault_cache_hold(k->cache, tenant, subject), NULL};
  if (held->key) return MIEN_OK;
  pthread_mutex_lock(&k->lock);
  int code = unwrap(k, tenant, subject, held, error);
  pthread_mutex_unlock(&k->lock);
  return code;
}

void store_key_release(store_keys *k, store_key *held) {
  if (held->own) vault_key_close(&held->own);
  else vault_cache_release(k->cache, held->key);
  held->key = NULL;
}

int store_key_hash_of(store_keys *k, const char *tenant, const char *subject, char hex[65], mien_error *error) {
  wrapped_key w;
  uint8_t hash[32];
  *hex = 0;
  pthread_mutex_lock(&k->lock);
  int code = load(k, tenant, subject, &w, error);
  pthread_mutex_unlock(&k->lock);
  if (code || !w.found) return code;
  crypto_generichash(hash, sizeof hash, w.bytes, sizeof w.bytes, NULL, 0);
  sodium_bin2hex(hex, 65, hash, sizeof hash);
  return MIEN_OK;
}

int store_key_destroy(store_keys *k, const char *tenant, const char *subject, mien_error *error) {
  pthread_mutex_lock(&k->lock);
  vault_cache_forget(k->cache, tenant, subject); /* first: nothing more is opened, even where the disk fails */
  int code = write_one(k, SQL_KEY_DROP, (db_value[]){DB_STR(tenant), DB_STR(subject)}, 2, error);
  pthread_mutex_unlock(&k->lock);
  return code;
}

/* ---- Rotation ---- */

enum { ROTATED_AT_ONCE = 100 };

typedef struct old_keys {
  struct {
    char tenant[STORE_NAME], subject[STORE_ID];
    uint8_t bytes[VAULT_WRAPPED_BYTES];
  } all[ROTATED_AT_ONCE];
  size_t count;
} old_keys;

static int take_old(void *context, const db_value *columns) {
  old_keys *old = context;
  if (old->count == ROTATED_AT_ONCE || columns[2].count != VAULT_WRAPPED_BYTES) return MIEN_OK;
  store_copy(old->all[old->count].tenant, STORE_NAME, &columns[0]);
  store_copy(old->all[old->count].subject, STORE_ID, &columns[1]);
  memcpy(old->all[old->count++].bytes, columns[2].bytes, VAULT_WRAPPED_BYTES);
  return MIEN_OK;
}

static int take_number(void *context, const db_value *columns) {
  *(uint64_t *)context = (uint64_t)columns[0].integer;
  return MIEN_OK;
}

static int rewrap_some(store_keys *k, size_t limit, old_keys *old, uint64_t *done, mien_error *error) {
  uint8_t id[VAULT_ID_BYTES];
  vault_id(k->masters[0], id);
  old->count = 0;
  int code = db_begin(k->file, error);
  if (code) return code;
  code = db_run(k->file, SQL_KEYS_OLD, (db_value[]){DB_BYTES(id, sizeof id), DB_INT(BASE_MIN(limit, ROTATED_AT_ONCE))}, 2, take_old, old, NULL, error);
  for (size_t i = 0; i < old->count && !code; i++) {
    const vault *master = vault_of(k->masters, k->master_count, old->all[i].bytes);
    if (!master) code = base_error_set(error, MIEN_EFORMAT, "vault", "name the master key that was used before as well",
                                       "a key was wrapped with a master key that is not open");
    else code = vault_key_rewrap(old->all[i].bytes, master, k->masters[0], old->all[i].tenant, old->all[i].subject, error);
    if (!code)
      code = db_run(k->file, SQL_KEY_REWRAP, (db_value[]){DB_STR(old->all[i].tenant), DB_STR(old->all[i].subject), DB_BYTES(id, sizeof id),
                                                          DB_BYTES(old->all[i].bytes, VAULT_WRAPPED_BYTES)}, 4, NULL, NULL, NULL, error);
  }
  code = db_end(k->file, code, error);
  if (!code) *done += old->count;
  return code;
}

int store_keys_rewrap(store_keys *k, size_t limit, uint64_t *done, uint64_t *left, mien_error *error) {
  uint8_t id[VAULT_ID_BYTES];
  old_keys *old = base_alloc(1, sizeof *old);
  if (!old) return base_error_set(error, MIEN_ENOMEM, "vault", "", "out of memory");
  vault_id(k->masters[0], id);
  int code = MIEN_OK;
  *done = 0;
  do {
    pthread_mutex_lock(&k->lock);
    code = rewrap_some(k, limit - *done, old, done, error);
    pthread_mutex_unlock(&k->lock);
  } while (!code && old->count && *done < limit);
  base_free(old);
  pthread_mutex_lock(&k->lock);
  if (!code) code = db_run(k->file, SQL_KEYS_OLD_COUNT, (db_value[]){DB_BYTES(id, sizeof id)}, 1, take_number, left, NULL, error);
  pthread_mutex_unlock(&k->lock);
  return code;
}

int store_rotate(store *s, size_t limit, uint64_t *left, mien_error *error) {
  uint64_t done;
  return store_keys_rewrap(&s->keys, limit, &done, left, error);
}

int store_keys_rotate(const char *path, const vault *const *masters, size_t count, uint64_t *done, mien_error *error) {
  store_keys k = {.lock = PTHREAD_MUTEX_INITIALIZER};
  uint64_t left;
  int code = store_keys_open(&k, path, masters, count, error);
  if (!code) code = store_keys_rewrap(&k, SIZE_MAX, done, &left, error);
  store_keys_close(&k);
  return code;
}
