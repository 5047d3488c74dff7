/* migrate.c: the tables, version by version. A version that was ever released is never changed: a new one follows it.
 * The types are those of PostgreSQL; SQLite takes them (BIGINT as INTEGER, BYTEA as it comes). */
#include "store/db.h"
#include "store/sql.h"

#define RECORDS(table)                                                                                              \
  "CREATE TABLE " table " (tenant TEXT NOT NULL, session TEXT NOT NULL, subject TEXT NOT NULL, seq BIGINT NOT NULL, " \
  "kind BIGINT NOT NULL, modalities BIGINT NOT NULL, at BIGINT NOT NULL, payload BYTEA NOT NULL, "                   \
  "PRIMARY KEY (tenant, session, seq));"                                                                            \
  "CREATE INDEX " table "_subject ON " table " (tenant, subject);"

#define ITEMS(table)                                                                                                \
  "CREATE TABLE " table " (tenant TEXT NOT NULL, id TEXT NOT NULL, subject TEXT NOT NULL, session TEXT NOT NULL, "    \
  "state TEXT NOT NULL, name BYTEA, made BIGINT NOT NULL, due BIGINT, version BIGINT NOT NULL, payload BYTEA NOT NULL, " \
  "PRIMARY KEY (tenant, id), UNIQUE (tenant, name));"                                                               \
  "CREATE INDEX " table "_made ON " table " (tenant, made, id);"                                                    \
  "CREATE INDEX " table "_due ON " table " (state, due);"                                                           \
  "CREATE INDEX " table "_subject ON " table " (tenant, subject);"                                                  \
  "CREATE INDEX " table "_session ON " table " (tenant, session);"

static const char *const data[] = {
    /* 1 */
    "CREATE TABLE subjects (tenant TEXT NOT NULL, id TEXT NOT NULL, ref TEXT NOT NULL, state BIGINT NOT NULL, made BIGINT NOT NULL, "
    "name BYTEA, reason TEXT, key_hash TEXT, PRIMARY KEY (tenant, id), UNIQUE (tenant, ref));"
    "CREATE INDEX subjects_state ON subjects (state, made);"
    "CREATE TABLE sessions (tenant TEXT NOT NULL, id TEXT NOT NULL, purpose TEXT NOT NULL, context TEXT NOT NULL, jurisdiction TEXT NOT NULL, "
    "policy TEXT NOT NULL, opened BIGINT NOT NULL, closed BIGINT, keep_until BIGINT NOT NULL, results BIGINT NOT NULL, PRIMARY KEY (tenant, id));"
    "CREATE INDEX sessions_opened ON sessions (tenant, opened, id);"
    "CREATE INDEX sessions_keep ON sessions (keep_until);"
    "CREATE INDEX sessions_purpose ON sessions (purpose, opened);"
    "CREATE TABLE participants (tenant TEXT NOT NULL, session TEXT NOT NULL, number BIGINT NOT NULL, subject TEXT NOT NULL, role TEXT NOT NULL, "
    "who BYTEA NOT NULL, PRIMARY KEY (tenant, session, number));"
    "CREATE INDEX participants_subject ON participants (tenant, subject);" RECORDS("records") RECORDS("events")
    "CREATE TABLE certificates (tenant TEXT NOT NULL, id TEXT NOT NULL, made BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (tenant, id));",
    /* 2 */
    ITEMS("cases") ITEMS("deliveries") ITEMS("idempotency") ITEMS("users") ITEMS("api_keys"),
    /* 3 */
    ITEMS("webhooks"),
    /* 4 */
    ITEMS("jobs"),
    /* 5 */
    ITEMS("collections"),
    /* 6 */
    ITEMS("usuals"),
    /* 7 */
    ITEMS("signals"),
};

static const char *const keys[] = {
    /* 1 */
    "CREATE TABLE keys (tenant TEXT NOT NULL, subject TEXT NOT NULL, master BYTEA NOT NULL, wrapped BYTEA NOT NULL, PRIMARY KEY (tenant, subject));"
    "CREATE INDEX keys_master ON keys (master);",
};

static int take_version(void *context, const db_value *columns) {
  *(int64_t *)context = columns[0].integer;
  return MIEN_OK;
}

int db_migrate(db *d, bool of_keys, int version, mien_error *error) {
  const char *const *steps = of_keys ? keys : data;
  int64_t newest = of_keys ? BASE_COUNT(keys) : BASE_COUNT(data), is = 0, until = version < 0 ? newest : version;
  int code = db_begin(d, error);
  if (code) return code;
  code = d->kind->script(d, "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)", error);
  if (!code) code = db_run(d, SQL_CHECK, NULL, 0, take_version, &is, NULL, error);
  if (!code && is > newest)
    code = base_error_set(error, MIEN_EUNSUPPORTED, "store", "start the program that made it, or a later one",
                          "the database has tables of version %lld; this program knows %lld", (long long)is, (long long)newest);
  if (!code && !is) code = d->kind->script(d, "INSERT INTO schema_version (version) VALUES (0)", error);
  for (; !code && is < until; is++) code = d->kind->script(d, steps[is], error);
  if (!code) code = db_run(d, SQL_VERSION_SET, (db_value[]){DB_INT(is)}, 1, NULL, NULL, NULL, error);
  return db_end(d, code, error);
}
