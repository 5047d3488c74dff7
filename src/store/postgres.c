/* postgres.c: the back end on PostgreSQL, by libpq. Prepared statements; whole numbers, texts and bytes come back in
 * binary. A connection that was lost is made anew before the next transaction or lone statement. */
#include <libpq-fe.h>
#include <stdio.h>

#include "store/db.h"
#include "store/sql.h"

enum { COLUMNS = 12, VALUES = 10, OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25 };

typedef struct pg {
  db head;
  PGconn *connection;
  bool prepared[SQL_COUNT];
} pg;

/* The connection's own words have no values in them: only the detail has, which is not asked for. */
static int trouble(pg *p, const PGresult *result, mien_error *error) {
  const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
  const char *said = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
  if (!state || PQstatus(p->connection) != CONNECTION_OK || !strncmp(state, "08", 2) || !strncmp(state, "57P", 3))
    return base_error_set(error, MIEN_EAGAIN, "store.url", "is the database server up, and is the address right?", "the database does not answer");
  static const struct {
    const char *state;
    int code;
    const char *remedy;
  } table[] = {{"23505", MIEN_EINVAL, ""}, {"40", MIEN_EAGAIN, "try again"}, {"55P03", MIEN_EAGAIN, "try again"},
               {"57014", MIEN_EAGAIN, "the database was too slow: try again"}, {"53", MIEN_EIO, "make room on the database's disk, or raise its limits"},
               {"XX00", MIEN_EFORMAT, "restore the database from a backup"}};
  int code = MIEN_EIO;
  const char *remedy = "may this user make and write tables there?";
  for (size_t i = 0; i < BASE_COUNT(table); i++)
    if (!strncmp(state, table[i].state, strlen(table[i].state))) {
      code = table[i].code, remedy = table[i].remedy;
      break;
    }
  return base_error_set(error, code, "store.url", remedy, "the database says %s: %s", state, said ? said : "");
}

static int command(pg *p, const char *sql, mien_error *error) {
  PGresult *result = PQexec(p->connection, sql);
  ExecStatusType status = PQresultStatus(result);
  int code = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? MIEN_OK : trouble(p, result, error);
  PQclear(result);
  return code;
}

static void silent(void *context, const PGresult *result) {}

static int greet(pg *p, mien_error *error) {
  memset(p->prepared, 0, sizeof p->prepared);
  if (PQstatus(p->connection) != CONNECTION_OK) return trouble(p, NULL, error);
  PQsetNoticeReceiver(p->connection, silent, NULL);
  return command(p, "SET client_encoding = 'UTF8'; SET synchronous_commit = on; SET statement_timeout = '60s'; SET lock_timeout = '10s'; "
                    "SET idle_in_transaction_session_timeout = '120s'", error);
}

static int ready(pg *p, mien_error *error) {
  if (p->head.inside || PQstatus(p->connection) == CONNECTION_OK) return MIEN_OK;
  PQreset(p->connection);
  return greet(p, error);
}

static void pg_close(db *d) {
  pg *p = (pg *)d;
  PQfinish(p->connection);
  base_free(p);
}

static int pg_open(db **opened, const char *url, bool keys, mien_error *error) {
  static const char *const names[] = {"connect_timeout", "application_name", "tcp_user_timeout", "dbname", NULL};
  const char *values[] = {"5", "mien", "15000", url, NULL};
  *opened = NULL;
  if (keys) return base_error_set(error, MIEN_EUNSUPPORTED, "store.keys", "name a file", "wrapped keys are not kept in PostgreSQL");
  pg *p = base_alloc(1, sizeof *p);
  if (!p) return base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory");
  p->head.kind = &db_postgres;
  p->connection = PQconnectdbParams(names, values, 1);
  int code = p->connection ? greet(p, error) : base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory");
  *opened = &p->head;
  if (code) db_close(opened);
  return code;
}

static bool lost(const pg *p) { return PQstatus(p->connection) != CONNECTION_OK; }

static int pg_begin(db *d, mien_error *error) {
  pg *p = (pg *)d;
  int code = ready(p, error);
  if (!code) code = command(p, "BEGIN", error);
  if (code && lost(p) && !ready(p, error)) code = command(p, "BEGIN", error); /* it was restarted since */
  return code;
}

static void pg_rollback(db *d) {
  pg *p = (pg *)d;
  if (!lost(p) && PQtransactionStatus(p->connection) != PQTRANS_IDLE) command(p, "ROLLBACK", NULL);
}

/* COMMIT of a transaction that has failed says ROLLBACK, and no error. */
static int pg_commit(db *d, mien_error *error) {
  pg *p = (pg *)d;
  PGresult *result = PQexec(p->connection, "COMMIT");
  int code = PQresultStatus(result) == PGRES_COMMAND_OK ? MIEN_OK : trouble(p, result, error);
  if (!code && strcmp(PQcmdStatus(result), "COMMIT"))
    code = base_error_set(error, MIEN_EIO, "store.url", "try again", "the transaction was not kept");
  PQclear(result);
  if (code) pg_rollback(d);
  return code;
}

static int pg_script(db *d, const char *sql, mien_error *error) { return command((pg *)d, sql, error); }

static int prepare(pg *p, int statement, const db_value *values, size_t count, mien_error *error) {
  char name[16];
  Oid types[VALUES];
  if (p->prepared[statement]) return MIEN_OK;
  for (size_t i = 0; i < count; i++)
    types[i] = values[i].kind == DB_INTEGER ? OID_INT8 : values[i].kind == DB_TEXT ? OID_TEXT : values[i].kind == DB_BLOB ? OID_BYTEA : 0;
  snprintf(name, sizeof name, "s%d", statement);
  PGresult *result = PQprepare(p->connection, name, db_sql(statement), (int)count, types);
  int code = PQresultStatus(result) == PGRES_COMMAND_OK ? MIEN_OK : trouble(p, result, error);
  PQclear(result);
  p->prepared[statement] = !code;
  return code;
}

static PGresult *execute(pg *p, int statement, const db_value *values, size_t count) {
  const char *given[VALUES];
  int lengths[VALUES], formats[VALUES];
  uint8_t numbers[VALUES][8];
  char name[16];
  for (size_t i = 0; i < count; i++) {
    const db_value *v = &values[i];
    given[i] = v->kind == DB_NULL ? NULL : v->kind == DB_INTEGER ? (const char *)numbers[i] : v->count ? v->bytes : "";
    lengths[i] = v->kind == DB_INTEGER ? 8 : (int)v->count;
    formats[i] = 1;
    for (int b = 0; b < 8; b++) numbers[i][b] = (uint8_t)((uint64_t)v->integer >> (56 - 8 * b));
  }
  snprintf(name, sizeof name, "s%d", statement);
  return PQexecPrepared(p->connection, name, (int)count, given, lengths, formats, 1);
}

static void columns_of(const PGresult *result, int row, db_value *columns) {
  int count = BASE_MIN(PQnfields(result), COLUMNS);
  memset(columns, 0, COLUMNS * sizeof *columns);
  for (int i = 0; i < count; i++) {
    if (PQgetisnull(result, row, i)) continue;
    const char *bytes = PQgetvalue(result, row, i);
    int length = PQgetlength(result, row, i);
    if (PQftype(result, i) != OID_INT8 || length != 8) {
      columns[i] = (db_value){PQftype(result, i) == OID_TEXT ? DB_TEXT : DB_BLOB, 0, bytes, (size_t)length};
      continue;
    }
    uint64_t number = 0;
    for (int b = 0; b < 8; b++) number = number << 8 | (uint8_t)bytes[b];
    columns[i] = DB_INT(number);
  }
}

static int once(pg *p, int statement, const db_value *values, size_t count, db_row row, void *context, uint64_t *changed,
                mien_error *error) {
  int code = prepare(p, statement, values, count, error);
  if (code) return code;
  PGresult *result = execute(p, statement, values, count);
  ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) code = trouble(p, result, error);
  for (int i = 0; row && !code && i < PQntuples(result); i++) {
    db_value columns[COLUMNS];
    columns_of(result, i, columns);
    code = row(context, columns);
  }
  if (changed && !code) {
    *changed = 0;
    for (const char *digit = PQcmdTuples(result); *digit; digit++) *changed = 10 * *changed + (uint64_t)(*digit - '0');
  }
  PQclear(result);
  return code;
}

static int pg_run(db *d, int statement, const db_value *values, size_t count, db_row row, void *context, uint64_t *changed,
                  mien_error *error) {
  pg *p = (pg *)d;
  int code = ready(p, error);
  if (!code) code = once(p, statement, values, count, row, context, changed, error);
  if (code == MIEN_EAGAIN && lost(p) && !d->inside && !ready(p, error)) /* a look that met a server which was restarted */
    code = once(p, statement, values, count, row, context, changed, error);
  return code;
}

static void pg_tidy(db *d) {}

const db_kind db_postgres = {pg_open, pg_close, pg_begin, pg_commit, pg_rollback, pg_run, pg_script, pg_tidy};
