/* parts.h: what the files of store/ share of a store. Of this room alone. */
#ifndef STORE_PARTS_H
#define STORE_PARTS_H

#include <pthread.h>

#include "store/db.h"
#include "store/sql.h"
#include "store/store.h"

enum { STORE_MASTERS = 8 };

typedef struct store_keys { /* the file of wrapped keys, and those that were unwrapped lately */
  pthread_mutex_t lock;
  db *file;
  const vault *masters[STORE_MASTERS];
  size_t master_count;
  vault_cache *cache;
} store_keys;

struct store {
  pthread_mutex_t write_lock, read_lock;
  db *write, *read; /* each under its lock */
  store_keys keys;
  struct store_queue *queue; /* records.c */
};

/* keys.c: a key in use. `subject` "": the tenant's own; with `tenant` "" the installation's. */
typedef struct store_key {
  const vault_key *key;
  vault_key *own; /* NULL: it is the cache's */
} store_key;
int store_keys_open(store_keys *keys, const char *path, const vault *const *masters, size_t count, mien_error *error);
void store_keys_close(store_keys *keys);
int store_key_make(store_keys *keys, const char *tenant, const char *subject, mien_error *error); /* where there is none */
/* MIEN_EEMPTY: there is none, it was destroyed. */
int store_key_hold(store_keys *keys, const char *tenant, const char *subject, store_key *held, mien_error *error);
void store_key_release(store_keys *keys, store_key *held);
/* Hexadecimal BLAKE2b-256 of the wrapped key, "" where there is none. */
int store_key_hash_of(store_keys *keys, const char *tenant, const char *subject, char hex[65], mien_error *error);
int store_key_destroy(store_keys *keys, const char *tenant, const char *subject, mien_error *error);
int store_keys_rewrap(store_keys *keys, size_t limit, uint64_t *done, uint64_t *left, mien_error *error);

/* store.c */
void store_id_make(char id[STORE_ID], char letter);
int64_t store_time_in(double seconds);      /* microseconds; INFINITY is the last there is */
double store_time_out(const db_value *value); /* NAN for nothing */
void store_copy(char *to, size_t room, const db_value *text);
int store_begin(store *s, mien_error *error);               /* takes the lock of `write` */
int store_end(store *s, int code, mien_error *error);       /* gives it back */
int store_read(store *s, int statement, const db_value *values, size_t count, db_row row, void *context, mien_error *error);
/* Opens what was sealed for a place; `plain` (base_free it) ends in 0. */
int store_unseal(char **plain, size_t *bytes, const db_value *sealed, const vault_key *key, const vault_place *place, mien_error *error);
int store_seal(uint8_t **sealed, size_t *bytes, const void *plain, size_t count, const vault_key *key, const vault_place *place,
               mien_error *error);
int store_is_id(const char *id, mien_error *error); /* 1…39 bytes of a…z 0…9 _ */

/* sessions.c, inside a transaction: all of one session. */
int store_session_drop(store *s, const char *tenant, const char *id, mien_error *error);
void store_session_take(store_session *session, const db_value *columns);

/* records.c */
int store_queue_open(store *s, size_t bytes, mien_error *error);
void store_queue_close(store *s);
int store_queue_settle(store *s, mien_error *error); /* what was added so far is on the disk */
/* Opens a row of SQL_RECORD; keeps the key of `key_subject` (STORE_ID bytes) for the next. base_free(*payload). */
int store_record_open(const store_tenant *t, store_key *key, char *key_subject, const db_value *columns, store_record *record,
                      char **payload, mien_error *error);

/* items.c */
extern const char *const store_table_names[STORE_TABLES];
int store_table_statement(int table, int first); /* of the CASE_… statement `first`, that of another table */

#endif
