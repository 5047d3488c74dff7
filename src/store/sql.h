/* sql.h: every statement of store/, for both back ends alike: name, all tenants?, text. Values are $1, $2, …
 *
 * The first value is the tenant, and the statement compares or writes it (tests/store looks), but for those marked
 * ALL: upkeep, which gives the tenant of each row back. Whole numbers are 64 bits; times are microseconds. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

enum { SQL_TENANT, SQL_ALL };

/* What cases, deliveries, idempotency, users, api_keys, webhooks, jobs, collections and signals have each. */
#define SQL_ITEM "id, subject, session, state, made, due, version, payload"
#define SQL_OF_ITEMS(X, NAME, table)                                                                                        \
  X(NAME##_PUT, SQL_TENANT, "INSERT INTO " table " (tenant, id, subject, session, state, name, made, due, version, payload) " \
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)")                                                                        \
  X(NAME##_CHANGE, SQL_TENANT, "UPDATE " table " SET state = $4, due = $5, payload = $6, version = version + 1 "              \
    "WHERE tenant = $1 AND id = $2 AND version = $3")                                                                        \
  X(NAME##_GET, SQL_TENANT, "SELECT tenant, " SQL_ITEM " FROM " table " WHERE tenant = $1 AND id = $2")                       \
  X(NAME##_NAMED, SQL_TENANT, "SELECT tenant, " SQL_ITEM " FROM " table " WHERE tenant = $1 AND name = $2")                   \
  X(NAME##_LIST, SQL_TENANT, "SELECT tenant, " SQL_ITEM " FROM " table " WHERE tenant = $1 AND ($2 = '' OR state = $2) "      \
    "AND ($3 = '' OR session = $3) AND (made < $4 OR (made = $4 AND id < $5)) ORDER BY made DESC, id DESC LIMIT $6")         \
  X(NAME##_OF_SUBJECT, SQL_TENANT, "SELECT tenant, " SQL_ITEM " FROM " table " WHERE tenant = $1 AND subject = $2 ORDER BY made, id") \
  X(NAME##_DROP, SQL_TENANT, "DELETE FROM " table " WHERE tenant = $1 AND id = $2")                                           \
  X(NAME##_DROP_SUBJECT, SQL_TENANT, "DELETE FROM " table " WHERE tenant = $1 AND subject = $2")                              \
  X(NAME##_DROP_SESSION, SQL_TENANT, "DELETE FROM " table " WHERE tenant = $1 AND session = $2")                              \
  X(NAME##_DUE, SQL_ALL, "SELECT tenant, " SQL_ITEM " FROM " table " WHERE state = $1 AND due <= $2 ORDER BY due, tenant, id LIMIT $3")
enum { SQL_ITEM_STATEMENTS = 10 };

/* What records and events have each. */
#define SQL_RECORD "session, subject, seq, kind, modalities, at, payload"
#define SQL_OF_RECORDS(X, NAME, table)                                                                                      \
  X(NAME##_PUT, SQL_TENANT, "INSERT INTO " table " (tenant, " SQL_RECORD ") "                                                 \
    "SELECT $1, $2, $3, $4, $5, $6, $7, $8 "   \
    "WHERE EXISTS (SELECT 1 FROM subjects WHERE tenant = $1 AND id = $3 AND state = 0) "                                     \
    "AND EXISTS (SELECT 1 FROM sessions WHERE tenant = $1 AND id = $2) ON CONFLICT DO NOTHING")                              \
  X(NAME##_DROP_SUBJECT, SQL_TENANT, "DELETE FROM " table " WHERE tenant = $1 AND subject = $2")                              \
  X(NAME##_DROP_SESSION, SQL_TENANT, "DELETE FROM " table " WHERE tenant = $1 AND session = $2")                              \
  X(NAME##_WITHDRAW, SQL_TENANT, "DELETE FROM " table " WHERE tenant = $1 AND subject = $2 AND (modalities & $4) <> 0 "       \
    "AND session IN (SELECT id FROM sessions WHERE tenant = $1 AND purpose = $3)")

#define SQL_STATEMENTS(X)                                                                                                   \
  X(CHECK, SQL_ALL, "SELECT version FROM schema_version")                                                                    \
  X(VERSION_SET, SQL_ALL, "UPDATE schema_version SET version = $1")                                                          \
  /* The file of keys. */                                                                                                   \
  X(KEY_PUT, SQL_TENANT, "INSERT INTO keys (tenant, subject, master, wrapped) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING") \
  X(KEY_GET, SQL_TENANT, "SELECT wrapped FROM keys WHERE tenant = $1 AND subject = $2")                                       \
  X(KEY_DROP, SQL_TENANT, "DELETE FROM keys WHERE tenant = $1 AND subject = $2")                                              \
  X(KEY_REWRAP, SQL_TENANT, "UPDATE keys SET master = $3, wrapped = $4 WHERE tenant = $1 AND subject = $2")                   \
  X(KEYS_OLD, SQL_ALL, "SELECT tenant, subject, wrapped FROM keys WHERE master <> $1 LIMIT $2")                               \
  X(KEYS_OLD_COUNT, SQL_ALL, "SELECT COUNT(*) FROM keys WHERE master <> $1")                                                  \
  /* Subjects. state: 0 there, 1 being erased. */                                                                           \
  X(SUBJECT_PUT, SQL_TENANT, "INSERT INTO subjects (tenant, id, ref, state, made, name) VALUES ($1, $2, $3, 0, $4, $5)")      \
  X(SUBJECT_OF_REF, SQL_TENANT, "SELECT id, ref, made FROM subjects WHERE tenant = $1 AND ref = $2 AND state = 0")            \
  X(SUBJECT_OF_ID, SQL_TENANT, "SELECT id, ref, made FROM subjects WHERE tenant = $1 AND id = $2 AND state = 0")              \
  X(SUBJECT_NAME, SQL_TENANT, "SELECT name FROM subjects WHERE tenant = $1 AND id = $2 AND state = 0")                        \
  X(SUBJECT_ERASING, SQL_TENANT, "UPDATE subjects SET state = 1, ref = $2, reason = $3, key_hash = $4, name = NULL "          \
    "WHERE tenant = $1 AND id = $2 AND state = 0")                                                                          \
  X(SUBJECT_DROP, SQL_TENANT, "DELETE FROM subjects WHERE tenant = $1 AND id = $2")                                           \
  X(SUBJECTS_ERASING, SQL_ALL, "SELECT tenant, id, reason, key_hash FROM subjects WHERE state = 1 LIMIT 1")                   \
  X(SUBJECT_ERASING_OF, SQL_TENANT, "SELECT tenant, id, reason, key_hash FROM subjects WHERE tenant = $1 AND id = $2 AND state = 1") \
  X(SUBJECTS_IDLE, SQL_ALL, "SELECT tenant, id, ref, made FROM subjects WHERE state = 0 AND made < $1 AND NOT EXISTS "        \
    "(SELECT 1 FROM participants p WHERE p.tenant = subjects.tenant AND p.subject = subjects.id) AND NOT EXISTS "           \
    "(SELECT 1 FROM cases c WHERE c.tenant = subjects.tenant AND c.subject = subjects.id) AND NOT EXISTS "              \
    "(SELECT 1 FROM collections f WHERE f.tenant = subjects.tenant AND f.subject = subjects.id) AND NOT EXISTS "          \
    "(SELECT 1 FROM signals d WHERE d.tenant = subjects.tenant AND d.subject = subjects.id) ORDER BY made LIMIT $2")          \
  X(CERTIFICATE_PUT, SQL_TENANT, "INSERT INTO certificates (tenant, id, made, body) VALUES ($1, $2, $3, $4)")                 \
  X(CERTIFICATE_GET, SQL_TENANT, "SELECT body FROM certificates WHERE tenant = $1 AND id = $2")                               \
  /* Sessions. */                                                                                                           \
  X(SESSION_PUT, SQL_TENANT, "INSERT INTO sessions (tenant, id, purpose, context, jurisdiction, policy, opened, keep_until, results) " \
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)")                                                                           \
  X(SESSION_CLOSE, SQL_TENANT, "UPDATE sessions SET closed = $3, results = $4 WHERE tenant = $1 AND id = $2")                 \
  X(SESSION_GET, SQL_TENANT, "SELECT id, purpose, context, jurisdiction, policy, opened, closed, keep_until, results "        \
    "FROM sessions WHERE tenant = $1 AND id = $2")                                                                          \
  X(SESSION_LIST, SQL_TENANT, "SELECT id, purpose, context, jurisdiction, policy, opened, closed, keep_until, results "       \
    "FROM sessions WHERE tenant = $1 AND (opened < $2 OR (opened = $2 AND id < $3)) ORDER BY opened DESC, id DESC LIMIT $4") \
  X(SESSIONS_OF_SUBJECT, SQL_TENANT, "SELECT id, purpose, context, jurisdiction, policy, opened, closed, keep_until, results " \
    "FROM sessions WHERE tenant = $1 AND id IN (SELECT session FROM participants WHERE tenant = $1 AND subject = $2) ORDER BY opened, id") \
  X(SESSIONS_LAST, SQL_TENANT, "SELECT id, purpose, context, jurisdiction, policy, opened, closed, keep_until, results "      \
    "FROM sessions WHERE tenant = $1 AND id IN (SELECT session FROM participants WHERE tenant = $1 AND subject = $2) ORDER BY opened DESC, id DESC LIMIT $3") \
  X(SESSION_DROP, SQL_TENANT, "DELETE FROM sessions WHERE tenant = $1 AND id = $2")                                           \
  X(SESSIONS_EMPTY_DROP, SQL_TENANT, "DELETE FROM sessions WHERE tenant = $1 AND NOT EXISTS "                                 \
    "(SELECT 1 FROM participants p WHERE p.tenant = $1 AND p.session = sessions.id)")                                        \
  X(SESSIONS_OVER, SQL_ALL, "SELECT tenant, id FROM sessions WHERE keep_until <= $1 LIMIT $2")                                \
  X(SESSION_PURPOSES, SQL_ALL, "SELECT DISTINCT purpose FROM sessions")                                                      \
  X(SESSIONS_OLD, SQL_ALL, "SELECT tenant, id FROM sessions WHERE purpose = $1 AND opened < $2 LIMIT $3")                     \
  X(PARTICIPANT_PUT, SQL_TENANT, "INSERT INTO participants (tenant, session, number, subject, role, who) SELECT $1, $2, $3, "     \
    "$4, $5, $6 WHERE EXISTS (SELECT 1 FROM subjects WHERE tenant = $1 AND id = $4 AND state = 0)")            \
  X(PARTICIPANTS, SQL_TENANT, "SELECT number, subject, role, who FROM participants WHERE tenant = $1 AND session = $2 ORDER BY number") \
  X(PARTICIPANT_DROP_SUBJECT, SQL_TENANT, "DELETE FROM participants WHERE tenant = $1 AND subject = $2")                      \
  X(PARTICIPANT_DROP_SESSION, SQL_TENANT, "DELETE FROM participants WHERE tenant = $1 AND session = $2")                      \
  /* Records. */                                                                                                            \
  SQL_OF_RECORDS(X, RECORD, "records")                                                                                      \
  SQL_OF_RECORDS(X, EVENT, "events")                                                                                        \
  X(RECORD_LIST, SQL_TENANT, "SELECT " SQL_RECORD " FROM (SELECT " SQL_RECORD " FROM records WHERE tenant = $1 AND session = $2 AND seq > $3 " \
    "UNION ALL SELECT " SQL_RECORD " FROM events WHERE tenant = $1 AND session = $2 AND seq > $3) everything "                \
    "WHERE $4 < 0 OR kind = $4 ORDER BY seq LIMIT $5")                                        \
  X(RECORD_OF_SUBJECT, SQL_TENANT, "SELECT " SQL_RECORD " FROM (SELECT " SQL_RECORD " FROM records WHERE tenant = $1 AND session = $2 AND subject = $3 " \
    "UNION ALL SELECT " SQL_RECORD " FROM events WHERE tenant = $1 AND session = $2 AND subject = $3) everything ORDER BY seq") \
  X(RECORD_LAST, SQL_TENANT, "SELECT MAX(seq) FROM (SELECT seq FROM records WHERE tenant = $1 AND session = $2 "              \
    "UNION ALL SELECT seq FROM events WHERE tenant = $1 AND session = $2) everything")                                       \
  /* Items; the tables in the order of STORE_CASES…, SQL_ITEM_STATEMENTS of each. */                                        \
  SQL_OF_ITEMS(X, CASE, "cases")                                                                                            \
  SQL_OF_ITEMS(X, DELIVERY, "deliveries")                                                                                   \
  SQL_OF_ITEMS(X, IDEMPOTENCY, "idempotency")                                                                               \
  SQL_OF_ITEMS(X, USER, "users")                                                                                            \
  SQL_OF_ITEMS(X, API_KEY, "api_keys")                                                                                      \
  SQL_OF_ITEMS(X, WEBHOOK, "webhooks")                                                                                      \
  SQL_OF_ITEMS(X, JOB, "jobs")                                                                                              \
  SQL_OF_ITEMS(X, COLLECTION, "collections")                                                                                \
  SQL_OF_ITEMS(X, USUAL, "usuals")                                                                                     \
  SQL_OF_ITEMS(X, SIGNAL, "signals")                                                                                        \
  X(IDEMPOTENCY_OVER, SQL_ALL, "DELETE FROM idempotency WHERE due <= $1")

enum {
#define SQL_X(name, scope, text) SQL_##name,
  SQL_STATEMENTS(SQL_X)
#undef SQL_X
  SQL_COUNT
};

#endif
