/* sql.c: the texts of sql.h, and which back end an address is of. */
#include "store/sql.h"

#include "store/db.h"

const char *db_sql(int statement) {
  static const char *const texts[] = {
#define SQL_X(name, scope, text) text,
      SQL_STATEMENTS(SQL_X)
#undef SQL_X
  };
  return texts[statement];
}

int db_open(db **opened, const char *url, bool keys, mien_error *error) {
  bool postgres = !strncmp(url, "postgresql://", 13) || !strncmp(url, "postgres://", 11);
  return (postgres ? &db_postgres : &db_sqlite)->open(opened, url, keys, error);
}

void db_close(db **closed) {
  if (*closed) (*closed)->kind->close(*closed);
  *closed = NULL;
}

int db_begin(db *d, mien_error *error) {
  int code = d->kind->begin(d, error);
  d->inside = !code;
  return code;
}

int db_end(db *d, int code, mien_error *error) {
  if (code) d->kind->rollback(d);
  else code = d->kind->commit(d, error);
  d->inside = false;
  return code;
}

int db_run(db *d, int statement, const db_value *values, size_t count, db_row row, void *context, uint64_t *changed,
           mien_error *error) {
  return d->kind->run(d, statement, values, count, row, context, changed, error);
}
