/* erase.c: the end of what is kept of a subject. The key goes first; what comes after can be done again until it is
 * done. The certificate says so, signed, and holds nothing of what was kept. */
#include <sodium.h>
#include <stdio.h>
#include <time.h>

#include "store/parts.h"

static const struct {
  const char *name;
  int statement;
} parts[] = {
    {"records", SQL_RECORD_DROP_SUBJECT}, {"events", SQL_EVENT_DROP_SUBJECT}, {"participants", SQL_PARTICIPANT_DROP_SUBJECT},
    {"cases", SQL_CASE_DROP_SUBJECT}, {"deliveries", SQL_DELIVERY_DROP_SUBJECT}, {"idempotency", SQL_IDEMPOTENCY_DROP_SUBJECT},
    {"users", SQL_USER_DROP_SUBJECT}, {"api_keys", SQL_API_KEY_DROP_SUBJECT},
    {"webhooks", SQL_WEBHOOK_DROP_SUBJECT},
    {"jobs", SQL_JOB_DROP_SUBJECT}, {"collections", SQL_COLLECTION_DROP_SUBJECT}, {"usuals", SQL_USUAL_DROP_SUBJECT},
    {"signals", SQL_SIGNAL_DROP_SUBJECT},
};

typedef struct erasure {
  char id[STORE_ID], reason[STORE_NAME], key_hash[65];
  bool found;
  uint64_t rows[BASE_COUNT(parts)];
} erasure;

static int take(void *context, const db_value *c) {
  erasure *e = context;
  e->found = true;
  store_copy(e->reason, sizeof e->reason, &c[2]);
  store_copy(e->key_hash, sizeof e->key_hash, &c[3]);
  return MIEN_OK;
}

/* Marks the subject, so that it is finished whatever happens; or finds it marked. */
static int mark(const store_tenant *t, const char *id, const char *reason, erasure *e, mien_error *error) {
  store *s = t->store;
  uint64_t marked = 0;
  int code = store_key_hash_of(&s->keys, t->name, id, e->key_hash, error);
  if (!code) code = store_begin(s, error);
  if (code) return code;
  code = db_run(s->write, SQL_SUBJECT_ERASING, (db_value[]){DB_STR(t->name), DB_STR(id), DB_STR(reason), DB_STR(e->key_hash)}, 4, NULL, NULL, &marked, error);
  if (!code) code = db_run(s->write, SQL_SUBJECT_ERASING_OF, (db_value[]){DB_STR(t->name), DB_STR(id)}, 2, take, e, NULL, error);
  code = store_end(s, code, error);
  return code || e->found ? code : base_error_set(error, MIEN_EEMPTY, "subject", "", "nothing is kept of this subject");
}

static int certify(const store_tenant *t, const char *subject, const erasure *e, base_text *json, mien_error *error) {
  store_key own;
  uint8_t signature[VAULT_SIGNATURE_BYTES], public_key[VAULT_PUBLIC_BYTES];
  char at[24], hex[2 * VAULT_SIGNATURE_BYTES + 1];
  time_t now = time(NULL);
  struct tm utc;
  base_json out;
  int code = store_key_hold(&t->store->keys, "", "", &own, error);
  if (code) return code;
  strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
  vault_key_sign(own.key, (const uint8_t *)"", 0, signature, public_key);
  base_json_init(&out, json);
  base_json_open(&out, NULL, '{');
  base_json_string(&out, "certificate", e->id);
  base_json_string(&out, "what", "erasure");
  base_json_string(&out, "tenant", t->name);
  base_json_string(&out, "subject", subject);
  base_json_string(&out, "reason", e->reason);
  base_json_string(&out, "erased", at);
  base_json_string(&out, "key_destroyed", *e->key_hash ? e->key_hash : NULL);
  base_json_open(&out, "rows", '{');
  for (size_t i = 0; i < BASE_COUNT(parts); i++) base_json_integer(&out, parts[i].name, (long long)e->rows[i]);
  base_json_close(&out, '}');
  base_json_string(&out, "signed_by", sodium_bin2hex(hex, sizeof hex, public_key, sizeof public_key));
  if (!json->failed) vault_key_sign(own.key, (const uint8_t *)json->data, json->length, signature, public_key);
  base_json_string(&out, "signature", sodium_bin2hex(hex, sizeof hex, signature, sizeof signature));
  base_json_close(&out, '}');
  store_key_release(&t->store->keys, &own);
  return json->failed ? base_error_set(error, MIEN_ENOMEM, "store", "", "out of memory") : MIEN_OK;
}

/* In one transaction: the rows go, the certificate stays. */
static int remove_rows(const store_tenant *t, const char *id, erasure *e, base_text *json, mien_error *error) {
  store *s = t->store;
  int code = store_begin(s, error);
  if (code) return code;
  for (size_t i = 0; i < BASE_COUNT(parts) && !code; i++)
    code = db_run(s->write, parts[i].statement, (db_value[]){DB_STR(t->name), DB_STR(id)}, 2, NULL, NULL, &e->rows[i], error);
  if (!code) code = db_run(s->write, SQL_SESSIONS_EMPTY_DROP, (db_value[]){DB_STR(t->name)}, 1, NULL, NULL, NULL, error);
  if (!code) code = db_run(s->write, SQL_SUBJECT_DROP, (db_value[]){DB_STR(t->name), DB_STR(id)}, 2, NULL, NULL, NULL, error);
  if (!code) code = certify(t, id, e, json, error);
  if (!code)
    code = db_run(s->write, SQL_CERTIFICATE_PUT, (db_value[]){DB_STR(t->name), DB_STR(e->id), DB_INT(store_time_in(base_now())), DB_STR(json->data)}, 4, NULL, NULL, NULL, error);
  return store_end(s, code, error);
}

int store_subject_erase(const store_tenant *t, const char *id, const char *reason, base_text *json, mien_error *error) {
  erasure e = {.found = false};
  base_text own = {0}, *to = json ? json : &own;
  base_text_reset(to);
  int code = strlen(reason) < sizeof e.reason ? mark(t, id, reason, &e, error) : base_error_set(error, MIEN_EINVAL, "reason", "", "longer than 63 bytes");
  store_id_make(e.id, 'e');
  if (!code) code = store_key_destroy(&t->store->keys, t->name, id, error);
  if (!code) code = remove_rows(t, id, &e, to, error);
  base_text_clear(&own);
  if (code) return code;
  pthread_mutex_lock(&t->store->write_lock); /* a reader in the middle would keep old pages */
  pthread_mutex_lock(&t->store->read_lock);
  t->store->write->kind->tidy(t->store->write);
  pthread_mutex_unlock(&t->store->read_lock);
  pthread_mutex_unlock(&t->store->write_lock);
  return MIEN_OK;
}

static int take_body(void *context, const db_value *c) {
  base_text_add(context, c[0].bytes, c[0].count);
  return MIEN_OK;
}

int store_certificate(const store_tenant *t, const char *id, base_text *json, mien_error *error) {
  base_text_reset(json);
  int code = store_read(t->store, SQL_CERTIFICATE_GET, (db_value[]){DB_STR(t->name), DB_STR(id)}, 2, take_body, json, error);
  return code || json->length ? code : base_error_set(error, MIEN_EEMPTY, "certificate", "", "there is no such certificate");
}

bool store_certificate_holds(const char *json, size_t bytes) {
  static const char mark_key[] = ",\"signed_by\":\"", mark_signature[] = "\",\"signature\":\"";
  enum { SIGNATURE = 2 * VAULT_SIGNATURE_BYTES, PUBLIC = 2 * VAULT_PUBLIC_BYTES };
  const size_t tail = SIGNATURE + 2, middle = sizeof mark_signature - 1, head = sizeof mark_key - 1;
  uint8_t signature[VAULT_SIGNATURE_BYTES], public_key[VAULT_PUBLIC_BYTES];
  if (bytes < tail + middle + PUBLIC + head || memcmp(json + bytes - 2, "\"}", 2)) return false;
  const char *at = json + bytes - tail;
  if (memcmp(at - middle, mark_signature, middle) || memcmp(at - middle - PUBLIC - head, mark_key, head)) return false;
  if (sodium_hex2bin(signature, sizeof signature, at, SIGNATURE, NULL, NULL, NULL)) return false;
  if (sodium_hex2bin(public_key, sizeof public_key, at - middle - PUBLIC, PUBLIC, NULL, NULL, NULL)) return false;
  size_t said = (size_t)(at - middle - json) + 1; /* with the quote that ends the key */
  return vault_signature_holds((const uint8_t *)json, said, signature, public_key);
}

int store_subject_withdraw(const store_tenant *t, const char *id, const char *purpose, unsigned modalities, uint64_t *rows, mien_error *error) {
  static const int statements[] = {SQL_RECORD_WITHDRAW, SQL_EVENT_WITHDRAW};
  uint64_t all = 0, some = 0;
  int code = store_queue_settle(t->store, error);
  if (!code) code = store_begin(t->store, error);
  if (code) return code;
  for (size_t i = 0; i < BASE_COUNT(statements) && !code; i++, all += some)
    code = db_run(t->store->write, statements[i], (db_value[]){DB_STR(t->name), DB_STR(id), DB_STR(purpose), DB_INT(modalities)}, 4, NULL, NULL, &some, error);
  if (rows) *rows = all;
  return store_end(t->store, code, error);
}
