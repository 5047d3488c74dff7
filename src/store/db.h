/* db.h: what the two back ends do alike: run prepared statements (sql.h) on one connection. Of store/ alone.
 *
 * Threads: one at a time uses a db. After an error the next call outside a transaction connects anew where it must. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/base.h"

typedef struct db db;

enum { DB_NULL, DB_INTEGER, DB_TEXT, DB_BLOB };
typedef struct db_value {
  int kind;
  int64_t integer;
  const void *bytes; /* TEXT: ends in 0 as well */
  size_t count;
} db_value;
#define DB_INT(number) ((db_value){DB_INTEGER, (int64_t)(number), NULL, 0})
#define DB_STR(string) ((db_value){DB_TEXT, 0, (string), strlen(string)})
#define DB_BYTES(data, size) ((db_value){DB_BLOB, 0, (data), (size)})
#define DB_NONE ((db_value){DB_NULL, 0, NULL, 0})

/* A row; what it points to is good until it returns. An error stops the statement. It may run no statement of the
 * same db. */
typedef int (*db_row)(void *context, const db_value *columns);

typedef struct db_kind {
  int (*open)(db **opened, const char *url, bool keys, mien_error *error);
  void (*close)(db *database);
  int (*begin)(db *database, mien_error *error);
  int (*commit)(db *database, mien_error *error); /* rolls back where it fails */
  void (*rollback)(db *database);
  int (*run)(db *database, int statement, const db_value *values, size_t count, db_row row, void *context, uint64_t *changed,
             mien_error *error);
  int (*script)(db *database, const char *sql, mien_error *error); /* statements without values: migrations */
  void (*tidy)(db *database);                                      /* after an erasure: old pages go */
} db_kind;

struct db { /* the head of a back end's own */
  const db_kind *kind;
  bool inside; /* a transaction */
};

extern const db_kind db_sqlite, db_postgres;

/* "postgresql://…", "postgres://…": PostgreSQL; else a path: SQLite. `keys`: the file of wrapped keys. */
int db_open(db **opened, const char *url, bool keys, mien_error *error);
void db_close(db **closed);
int db_begin(db *database, mien_error *error);
/* Commits where `code` is MIEN_OK, else rolls back; returns the first that failed. */
int db_end(db *database, int code, mien_error *error);
int db_run(db *database, int statement, const db_value *values, size_t count, db_row row, void *context, uint64_t *changed,
           mien_error *error);

/* migrate.c: brings the tables to `version`, -1: the newest. MIEN_EUNSUPPORTED: they are of a later program. */
int db_migrate(db *database, bool keys, int version, mien_error *error);

/* sql.c */
const char *db_sql(int statement);
#endif
