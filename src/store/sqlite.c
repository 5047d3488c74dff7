/* sqlite.c: the back end on SQLite. WAL with synchronous = FULL: a commit is on the disk when it returns. The file of
 * keys has a rollback journal instead, which is cut to nothing after each commit: no old page stays beside the file.
 * secure_delete overwrites what is deleted. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/db.h"
#include "store/sql.h"

enum { COLUMNS = 12, BUSY_MS = 5000 };

typedef struct lite {
  db head;
  char path[512];
  bool keys, broken; /* the file is to be opened anew */
  sqlite3 *handle;
  sqlite3_stmt *prepared[SQL_COUNT];
} lite;

static int trouble(lite *l, int result, mien_error *error) {
  int code;
  const char *remedy = "";
  switch (result & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    code = MIEN_EAGAIN, remedy = "another program holds the database: try again";
    break;
  case SQLITE_NOMEM:
    code = MIEN_ENOMEM;
    break;
  case SQLITE_CONSTRAINT:
    return base_error_set(error, MIEN_EINVAL, "store", "", "one of this name or number is there already");
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    code = MIEN_EFORMAT, remedy = "restore the database from a backup";
    l->broken = true;
    break;
  case SQLITE_FULL:
    code = MIEN_EIO, remedy = "make room on the disk";
    break;
  case SQLITE_TOOBIG:
    code = MIEN_ELIMIT;
    break;
  default:
    code = MIEN_EIO, remedy = "is the folder there, and may this user write to it?";
    l->broken = true;
  }
  return base_error_set(error, code, l->path, remedy, "%s", l->handle ? sqlite3_errmsg(l->handle) : sqlite3_errstr(result));
}

static void let_go(lite *l) {
  for (size_t i = 0; i < SQL_COUNT; i++) {
    sqlite3_finalize(l->prepared[i]);
    l->prepared[i] = NULL;
  }
  sqlite3_close(l->handle);
  l->handle = NULL;
}

static int connect_to(lite *l, mien_error *error) {
  char pragmas[400];
  let_go(l);
  l->broken = false;
  /* SQLite would let others read a file that it makes. One that is there is never opened here: to close it would let go of the
   * locks that this process' other handles have on it (fcntl), and another process would take the WAL from under them. */
  struct stat about;
  int file = open(l->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file >= 0) close(file);
  else if (errno != EEXIST || lstat(l->path, &about) || !S_ISREG(about.st_mode)) {
    l->broken = true;
    return base_error_set(error, MIEN_EIO, l->path, "is the folder there, and may this user write to it?", "%s", errno == EEXIST ? "it is no file" : strerror(errno));
  }
  snprintf(pragmas, sizeof pragmas,
           "PRAGMA journal_mode = %s; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"
           "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = 67108864;",
           l->keys ? "TRUNCATE" : "WAL");
  int result = sqlite3_open_v2(l->path, &l->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  if (!result) result = sqlite3_busy_timeout(l->handle, BUSY_MS);
  if (!result) result = sqlite3_exec(l->handle, pragmas, NULL, NULL, NULL);
  if (!result) return MIEN_OK;
  int code = trouble(l, result, error);
  l->broken = true;
  return code;
}

static int ready(lite *l, mien_error *error) {
  return (l->broken || !l->handle) && !l->head.inside ? connect_to(l, error) : MIEN_OK;
}

static int lite_open(db **opened, const char *url, bool keys, mien_error *error) {
  *opened = NULL;
  lite *l = strlen(url) < sizeof l->path ? base_alloc(1, sizeof *l) : NULL;
  if (!l) return base_error_set(error, MIEN_ELIMIT, "store", "", "out of memory, or the path is longer than %zu bytes", sizeof l->path);
  l->head.kind = &db_sqlite;
  l->keys = keys;
  snprintf(l->path, sizeof l->path, "%s", url);
  int code = connect_to(l, error);
  *opened = &l->head;
  if (code) db_close(opened);
  return code;
}

static void lite_close(db *d) {
  let_go((lite *)d);
  base_free(d);
}

static int execute(lite *l, const char *sql, mien_error *error) {
  int result = l->handle ? sqlite3_exec(l->handle, sql, NULL, NULL, NULL) : SQLITE_IOERR;
  return result ? trouble(l, result, error) : MIEN_OK;
}

static int lite_begin(db *d, mien_error *error) {
  int code = ready((lite *)d, error);
  return code ? code : execute((lite *)d, "BEGIN IMMEDIATE", error);
}

static void lite_rollback(db *d) {
  lite *l = (lite *)d;
  if (l->handle && !sqlite3_get_autocommit(l->handle)) sqlite3_exec(l->handle, "ROLLBACK", NULL, NULL, NULL);
}

static int lite_commit(db *d, mien_error *error) {
  int code = execute((lite *)d, "COMMIT", error);
  if (code) lite_rollback(d);
  return code;
}

static int lite_script(db *d, const char *sql, mien_error *error) { return execute((lite *)d, sql, error); }

static int bind(sqlite3_stmt *s, const db_value *values, size_t count) {
  int result = SQLITE_OK;
  for (size_t i = 0; i < count && !result; i++) {
    char name[24];
    snprintf(name, sizeof name, "$%zu", i + 1);
    int at = sqlite3_bind_parameter_index(s, name);
    const db_value *v = &values[i];
    if (!at) continue; /* a value that this statement does not use */
    if (v->kind == DB_INTEGER) result = sqlite3_bind_int64(s, at, v->integer);
    else if (v->kind == DB_TEXT) result = sqlite3_bind_text64(s, at, v->bytes, v->count, SQLITE_STATIC, SQLITE_UTF8);
    else if (v->kind == DB_BLOB) result = sqlite3_bind_blob64(s, at, v->count ? v->bytes : "", v->count, SQLITE_STATIC);
    else result = sqlite3_bind_null(s, at);
  }
  return result;
}

static void columns_of(sqlite3_stmt *s, db_value *columns) {
  int count = BASE_MIN(sqlite3_column_count(s), COLUMNS);
  memset(columns, 0, COLUMNS * sizeof *columns);
  for (int i = 0; i < count; i++) {
    int type = sqlite3_column_type(s, i);
    if (type == SQLITE_INTEGER) columns[i] = DB_INT(sqlite3_column_int64(s, i));
    if (type != SQLITE_TEXT && type != SQLITE_BLOB) continue;
    const void *bytes = type == SQLITE_TEXT ? (const void *)sqlite3_column_text(s, i) : sqlite3_column_blob(s, i);
    columns[i] = (db_value){type == SQLITE_TEXT ? DB_TEXT : DB_BLOB, 0, bytes ? bytes : "", (size_t)sqlite3_column_bytes(s, i)};
  }
}

static int lite_run(db *d, int statement, const db_value *values, size_t count, db_row row, void *context, uint64_t *changed,
                    mien_error *error) {
  lite *l = (lite *)d;
  int code = ready(l, error), result = SQLITE_OK;
  if (code) return code;
  sqlite3_stmt **s = &l->prepared[statement];
  if (!*s) result = sqlite3_prepare_v3(l->handle, db_sql(statement), -1, SQLITE_PREPARE_PERSISTENT, s, NULL);
  if (!result) result = bind(*s, values, count);
  while (!result && !code && (result = sqlite3_step(*s)) == SQLITE_ROW) {
    db_value columns[COLUMNS];
    columns_of(*s, columns);
    if (row) code = row(context, columns);
    result = SQLITE_OK;
  }
  if (result && result != SQLITE_DONE) code = trouble(l, result, error);
  if (changed && !code) *changed = (uint64_t)sqlite3_changes64(l->handle);
  if (*s) {
    sqlite3_reset(*s);
    sqlite3_clear_bindings(*s);
  }
  return code;
}

static void lite_tidy(db *d) {
  lite *l = (lite *)d;
  if (l->handle && !l->keys) sqlite3_wal_checkpoint_v2(l->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

const db_kind db_sqlite = {lite_open, lite_close, lite_begin, lite_commit, lite_rollback, lite_run, lite_script, lite_tidy};
