/* test_store.c: what store/ promises, on the back end that $MIEN_STORE_URL names (an empty database; $MIEN_STORE_OLD
 * another), or on SQLite in a fresh folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/parts.h"

static char folder[64], url[256], old_url[256], keys[128];
static vault *master;
static store *s;
static store_tenant a, b;

static const char MARK[] = "zebra-marker-text";

static void ok(int code, const mien_error *error) {
  if (code) fail_msg("%s: %s (%s)", mien_error_name(code), error->what, error->where);
}

static void open_store(void) {
  mien_error error = {0};
  const vault *masters[] = {master};
  ok(store_open(&s, &(store_options){url, keys, masters, 1, 0}, &error), &error);
  ok(store_of(&a, s, "acme", &error), &error);
  ok(store_of(&b, s, "other", &error), &error);
}

static void new_master(vault **made, const char *name) {
  char path[160];
  mien_error error = {0};
  snprintf(path, sizeof path, "%s/%s", folder, name);
  ok(vault_make_file(path, &error), &error);
  ok(vault_open(made, path, &error), &error);
}

static int set_up(void **state) {
  snprintf(folder, sizeof folder, "/tmp/mien-store-XXXXXX");
  if (!mkdtemp(folder)) return -1;
  const char *given = getenv("MIEN_STORE_URL"), *old = getenv("MIEN_STORE_OLD");
  snprintf(url, sizeof url, "%s%s", given ? given : folder, given ? "" : "/data");
  snprintf(old_url, sizeof old_url, "%s%s", old ? old : folder, old ? "" : "/old");
  snprintf(keys, sizeof keys, "%s/keys", folder);
  new_master(&master, "master");
  open_store();
  return 0;
}

static int tear_down(void **state) {
  char command[128];
  store_close(&s);
  vault_close(&master);
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return system(command);
}

/* How often `text` is in the raw files of the folder, SQLite's journals among them. */
static bool on_disk(const char *text) {
  char command[256];
  snprintf(command, sizeof command, "grep -rqaF -- '%s' %s", text, folder);
  return system(command) == 0;
}

static uint64_t fill(const store_tenant *t, const char *id, const char *name, store_subject *subject, int count) {
  mien_error error = {0};
  store_session n = {.opened = base_now(), .keep_until = base_now() + 1000, .person_count = 1};
  uint64_t ticket = 0;
  ok(store_subject_make(t, name, subject, &error), &error);
  snprintf(n.id, sizeof n.id, "%s", id);
  snprintf(n.purpose, sizeof n.purpose, "customer_service");
  snprintf(n.people[0].who, STORE_NAME, "%s-who", MARK);
  snprintf(n.people[0].role, STORE_NAME, "customer");
  snprintf(n.people[0].subject, STORE_ID, "%s", subject->id);
  ok(store_session_open(t, &n, &error), &error);
  for (int i = 1; i <= count; i++) {
    char payload[96];
    int bytes = snprintf(payload, sizeof payload, "{\"n\":%d,\"text\":\"%s\"}", i, MARK);
    store_record r = {n.id, subject->id, (uint64_t)i, i % STORE_KINDS, i % 2 ? MIEN_READ_TEXT : MIEN_READ_VOICE, base_now(), payload, (size_t)bytes};
    ok(store_record_add(t, &r, &ticket, &error), &error);
  }
  ok(store_flush(s, ticket, 10, &error), &error);
  return ticket;
}

static int count_records(void *context, const store_record *r) {
  int *count = context;
  assert_non_null(strstr(r->payload, MARK));
  ++*count;
  return MIEN_OK;
}

static int records_of(const store_tenant *t, const char *session, int kind) {
  int count = 0;
  mien_error error = {0};
  ok(store_record_list(t, session, kind, 0, 1000, count_records, &count, &error), &error);
  return count;
}

static void statements_name_the_tenant(void **state) {
  static const struct {
    const char *name;
    int scope;
    const char *text;
  } all[] = {
#define SQL_X(name, scope, text) {#name, scope, text},
      SQL_STATEMENTS(SQL_X)
#undef SQL_X
  };
  for (size_t i = 0; i < BASE_COUNT(all); i++) {
    if (strchr(all[i].text, '%') || strchr(all[i].text, ';')) fail_msg("%s is put together", all[i].name);
    if (all[i].scope == SQL_ALL) continue;
    const char *first = !strncmp(all[i].text, "INSERT", 6) ? "(tenant" : "tenant = $1";
    if (!strstr(all[i].text, first) || !strstr(all[i].text, "$1")) fail_msg("%s forgets the tenant", all[i].name);
  }
}

static void kept_and_sealed(void **state) {
  store_subject subject, again;
  store_session n;
  char name[STORE_NAME];
  mien_error error = {0};
  fill(&a, "s_kept", "zebra-marker-name", &subject, 40);
  assert_int_equal(records_of(&a, "s_kept", -1), 40);
  assert_int_equal(records_of(&a, "s_kept", STORE_EVENT), 10);
  assert_false(on_disk(MARK));
  assert_false(on_disk("zebra-marker-name"));
  ok(store_subject_make(&a, "zebra-marker-name", &again, &error), &error);
  assert_string_equal(again.id, subject.id);
  store_close(&s); /* and after a restart */
  open_store();
  assert_int_equal(records_of(&a, "s_kept", -1), 40);
  ok(store_subject_name(&a, subject.id, name, &error), &error);
  assert_string_equal(name, "zebra-marker-name");
  ok(store_session_close(&a, "s_kept", base_now(), 40, &error), &error);
  ok(store_session_get(&a, "s_kept", &n, &error), &error);
  assert_string_equal(n.people[0].who, "zebra-marker-text-who");
  assert_int_equal(n.results, 40);
  assert_false(isnan(n.closed));
  uint64_t last;
  ok(store_record_last(&a, "s_kept", &last, &error), &error);
  assert_int_equal(last, 40);
}

static void tenants_are_apart(void **state) {
  store_subject subject, found, other;
  store_session n;
  base_text json = {0};
  mien_error error = {0};
  char name[STORE_NAME];
  fill(&a, "s_apart", "somebody", &subject, 4);
  assert_int_equal(store_subject_find(&b, subject.id, &found, &error), MIEN_EEMPTY);
  assert_int_equal(store_subject_find(&b, subject.ref, &found, &error), MIEN_EEMPTY);
  assert_int_equal(store_subject_name(&b, subject.id, name, &error), MIEN_EEMPTY);
  assert_int_equal(store_subject_export(&b, subject.id, &json, &error), MIEN_EEMPTY);
  assert_int_equal(store_subject_erase(&b, subject.id, "request", &json, &error), MIEN_EEMPTY);
  assert_int_equal(store_session_get(&b, "s_apart", &n, &error), MIEN_EEMPTY);
  assert_int_equal(store_session_close(&b, "s_apart", 1, 1, &error), MIEN_EEMPTY);
  assert_int_equal(records_of(&b, "s_apart", -1), 0);
  ok(store_session_erase(&b, "s_apart", &error), &error);
  assert_int_equal(records_of(&a, "s_apart", -1), 4);
  fill(&b, "s_apart", "somebody", &other, 2); /* the same names are others */
  assert_string_not_equal(other.ref, subject.ref);
  assert_int_equal(records_of(&b, "s_apart", -1), 2);
  assert_int_equal(records_of(&a, "s_apart", -1), 4);
  base_text_clear(&json);
}

static void erased(void **state) {
  store_subject subject, other, found;
  base_text json = {0}, again = {0};
  mien_error error = {0};
  char path[STORE_ID];
  fill(&a, "s_erased", "to-be-erased", &subject, 30);
  fill(&a, "s_other", "to-be-left", &other, 3);
  store_item item = {.state = "open", .at = base_now(), .due = INFINITY, .payload = "{}", .bytes = 2};
  snprintf(item.subject, sizeof item.subject, "%s", subject.id);
  ok(store_item_put(&a, STORE_CASES, &item, &error), &error);
  ok(store_subject_export(&a, subject.id, &json, &error), &error);
  json_t *all = json_loadb(json.data, json.length, 0, NULL);
  assert_non_null(all);
  assert_string_equal(json_string_value(json_object_get(all, "subject")), "to-be-erased");
  json_t *session = json_array_get(json_object_get(all, "sessions"), 0);
  assert_int_equal(json_array_size(json_object_get(session, "records")), 30);
  assert_int_equal(json_array_size(json_object_get(all, "cases")), 1);
  assert_null(strstr(json.data, other.id));
  json_decref(all);
  ok(store_subject_erase(&a, subject.id, "request", &json, &error), &error);
  assert_true(store_certificate_holds(json.data, json.length));
  assert_null(strstr(json.data, "to-be-erased"));
  assert_non_null(strstr(json.data, "\"cases\":1"));
  for (size_t i = 0; i < json.length; i++) {
    json.data[i] ^= 1;
    assert_false(store_certificate_holds(json.data, json.length));
    json.data[i] ^= 1;
  }
  const char *id = strstr(json.data, "e_");
  snprintf(path, sizeof path, "%.34s", id);
  ok(store_certificate(&a, path, &again, &error), &error);
  assert_string_equal(again.data, json.data);
  assert_int_equal(store_certificate(&b, path, &again, &error), MIEN_EEMPTY);
  assert_int_equal(store_subject_find(&a, subject.ref, &found, &error), MIEN_EEMPTY);
  assert_int_equal(store_subject_erase(&a, subject.id, "request", NULL, &error), MIEN_EEMPTY);
  assert_int_equal(records_of(&a, "s_erased", -1), 0);
  assert_int_equal(records_of(&a, "s_other", -1), 3);
  assert_int_equal(store_record_add(&a, &(store_record){"s_erased", subject.id, 99, STORE_STATE, 1, 1, "{}", 2}, NULL, &error), MIEN_EEMPTY);
  if (!getenv("MIEN_STORE_URL")) assert_false(on_disk(subject.id) && !on_disk(path));
  base_text_clear(&json);
  base_text_clear(&again);
}

/* A crash after the key was destroyed: the rest is done when the store is opened next. */
static void erasure_is_finished(void **state) {
  store_subject subject, found;
  mien_error error = {0};
  fill(&a, "s_half", "half-erased", &subject, 5);
  ok(store_begin(s, &error), &error);
  int code = db_run(s->write, SQL_SUBJECT_ERASING, (db_value[]){DB_STR("acme"), DB_STR(subject.id), DB_STR("request"), DB_STR("00")}, 4, NULL, NULL, NULL, &error);
  ok(store_end(s, code, &error), &error);
  ok(store_key_destroy(&s->keys, "acme", subject.id, &error), &error);
  store_close(&s);
  open_store();
  assert_int_equal(records_of(&a, "s_half", -1), 0);
  assert_int_equal(store_subject_find(&a, subject.id, &found, &error), MIEN_EEMPTY);
}

static void withdrawn(void **state) {
  store_subject subject;
  uint64_t rows;
  mien_error error = {0};
  fill(&a, "s_withdrawn", "withdraws", &subject, 20);
  ok(store_subject_withdraw(&a, subject.id, "research", MIEN_READ_VOICE, &rows, &error), &error);
  assert_int_equal(rows, 0);
  ok(store_subject_withdraw(&a, subject.id, "customer_service", MIEN_READ_VOICE, &rows, &error), &error);
  assert_int_equal(rows, 10);
  assert_int_equal(records_of(&a, "s_withdrawn", -1), 10);
}

static int take_id(void *context, const store_session *n) {
  char *ids = context;
  strcat(ids, n->id);
  strcat(ids, " ");
  return MIEN_OK;
}

static void pages(void **state) {
  store_tenant t;
  store_subject subject;
  char ids[512] = "", before[STORE_CURSOR] = "";
  mien_error error = {0};
  int count = 0;
  ok(store_of(&t, s, "pages", &error), &error);
  for (int i = 0; i < 5; i++) {
    char id[STORE_ID];
    snprintf(id, sizeof id, "s_page%d", i);
    fill(&t, id, "reader", &subject, 1);
  }
  do {
    ok(store_session_list(&t, before, 2, take_id, ids, &error), &error);
    count++;
  } while (*before);
  assert_string_equal(ids, "s_page4 s_page3 s_page2 s_page1 s_page0 ");
  assert_int_equal(count, 3);
  snprintf(before, sizeof before, "1; DROP TABLE");
  assert_int_equal(store_session_list(&t, before, 2, take_id, ids, &error), MIEN_EINVAL);
}

static int take_item(void *context, const store_item *item) {
  store_item *to = context;
  *to = *item;
  to->payload = NULL;
  assert_memory_equal(item->payload, "{\"text\":\"zebra", 13);
  return MIEN_OK;
}

static int take_due(void *context, const store_tenant *t, const store_item *item) {
  ++*(int *)context;
  assert_string_equal(t->name, "acme");
  return MIEN_OK;
}

static void items_change(void **state) {
  store_item item = {.state = "waiting", .name = "n-1", .at = base_now(), .due = base_now() - 1, .payload = "{\"text\":\"zebra-marker-text\"}"}, got, stale;
  mien_error error = {0};
  int count = 0;
  item.bytes = strlen(item.payload);
  for (int table = 0; table < STORE_TABLES; table++) {
    store_item one = item;
    ok(store_item_put(&a, table, &one, &error), &error);
    store_item twice = item;
    assert_int_equal(store_item_put(&a, table, &twice, &error), MIEN_EINVAL);
    ok(store_item_named(&a, table, "n-1", take_item, &got, &error), &error);
    assert_string_equal(got.id, one.id);
    assert_int_equal(store_item_named(&b, table, "n-1", take_item, &got, &error), MIEN_EEMPTY);
    assert_int_equal(store_item_get(&b, table, one.id, take_item, &got, &error), MIEN_EEMPTY);
    stale = one;
    snprintf(one.state, sizeof one.state, "done");
    ok(store_item_change(&a, table, &one, &error), &error);
    assert_int_equal(store_item_change(&a, table, &stale, &error), MIEN_EPOLICY);
    assert_int_equal(store_item_change(&b, table, &one, &error), MIEN_EEMPTY);
    count = 0;
    ok(store_item_due(s, table, "done", base_now(), 10, take_due, &count, &error), &error);
    assert_int_equal(count, 1);
    assert_int_equal(store_item_erase(&b, table, one.id, &error), MIEN_EEMPTY);
    ok(store_item_erase(&a, table, one.id, &error), &error);
  }
  assert_false(on_disk(MARK));
}

static void swept(void **state) {
  store_subject subject;
  uint64_t rows;
  mien_error error = {0};
  fill(&a, "s_swept", "swept-one", &subject, 3);
  ok(store_sweep(s, base_now(), (store_age[]){{"research", 0}, {"customer_service", 500}}, 2, &rows, &error), &error);
  assert_int_equal(records_of(&a, "s_swept", -1), 3);
  ok(store_sweep(s, base_now() + 600, (store_age[]){{"research", 0}}, 1, &rows, &error), &error);
  assert_int_equal(records_of(&a, "s_swept", -1), 3);
  ok(store_sweep(s, base_now() + 600, (store_age[]){{"customer_service", 500}}, 1, &rows, &error), &error);
  assert_int_equal(records_of(&a, "s_swept", -1), 0);
  assert_true(rows > 0);
  fill(&a, "s_swept", "swept-one", &subject, 3);
  ok(store_sweep(s, base_now() + 2000, NULL, 0, &rows, &error), &error); /* past keep_until */
  assert_int_equal(records_of(&a, "s_swept", -1), 0);
}

static void masters_change(void **state) {
  vault *fresh;
  store_subject subject;
  mien_error error = {0};
  uint64_t left, done;
  fill(&a, "s_master", "master-subject", &subject, 3);
  new_master(&fresh, "fresh");
  store_close(&s);
  const vault *both[] = {fresh, master};
  ok(store_open(&s, &(store_options){url, keys, both, 2, 0}, &error), &error);
  ok(store_of(&a, s, "acme", &error), &error);
  assert_int_equal(records_of(&a, "s_master", -1), 3); /* before it is wrapped anew */
  ok(store_rotate(s, 1, &left, &error), &error);
  assert_true(left > 0);
  ok(store_keys_rotate(keys, both, 2, &done, &error), &error); /* beside the open one */
  assert_int_equal(done, left);
  assert_int_equal(records_of(&a, "s_master", -1), 3);
  store_close(&s);
  const vault *lost[] = {master};
  int code = store_open(&s, &(store_options){url, keys, lost, 1, 0}, &error);
  if (!code) code = store_of(&a, s, "acme", &error);
  char ref[STORE_ID];
  if (!code) code = store_subject_ref(&a, "master-subject", ref, &error);
  assert_int_equal(code, MIEN_EFORMAT); /* the old one alone opens nothing any more */
  store_close(&s);
  vault_close(&master);
  master = fresh;
  open_store();
  assert_int_equal(records_of(&a, "s_master", -1), 3);
}

/* SQLite with no page left, which is what a full disk looks like: an error with its type; records wait, and nothing is lost. */
static void disk_full(void **state) {
  store_subject subject, other;
  mien_error error = {0};
  uint64_t ticket = 0;
  static char big[200000];
  if (getenv("MIEN_STORE_URL")) skip();
  fill(&a, "s_full", "fills", &subject, 1);
  pthread_mutex_lock(&s->write_lock);
  ok(s->write->kind->script(s->write, "PRAGMA max_page_count = 1", &error), &error); /* no more than there are */
  pthread_mutex_unlock(&s->write_lock);
  snprintf(big, sizeof big, "%s", MARK);
  memset(big + strlen(MARK), ' ', sizeof big - strlen(MARK) - 1);
  for (uint64_t seq = 2; seq < 40; seq++)
    ok(store_record_add(&a, &(store_record){"s_full", subject.id, seq, STORE_STATE, 1, 1, big, sizeof big - 1}, &ticket, &error), &error);
  assert_int_equal(store_flush(s, ticket, 0.3, &error), MIEN_EAGAIN);
  int code = MIEN_OK;
  for (int i = 0; i < 3000 && !code; i++) { /* what is small finds a free page for a while */
    char name[STORE_NAME];
    snprintf(name, sizeof name, "another-%d", i);
    code = store_subject_make(&a, name, &other, &error);
  }
  assert_int_equal(code, MIEN_EIO);
  assert_int_equal(records_of(&a, "s_full", -1), 1);
  pthread_mutex_lock(&s->write_lock);
  ok(s->write->kind->script(s->write, "PRAGMA max_page_count = 1000000", &error), &error);
  pthread_mutex_unlock(&s->write_lock);
  ok(store_flush(s, ticket, 5, &error), &error);
  assert_int_equal(records_of(&a, "s_full", -1), 39);
}

static void older_tables(void **state) {
  db *old;
  store *opened;
  const vault *masters[] = {master};
  char other_keys[140];
  mien_error error = {0};
  snprintf(other_keys, sizeof other_keys, "%s.old", keys);
  ok(db_open(&old, old_url, false, &error), &error);
  ok(db_migrate(old, false, 1, &error), &error);
  ok(old->kind->script(old, "INSERT INTO certificates (tenant, id, made, body) VALUES ('acme', 'e_old', 1, 'kept')", &error), &error);
  db_close(&old);
  ok(store_open(&opened, &(store_options){old_url, other_keys, masters, 1, 0}, &error), &error);
  store_tenant t;
  base_text body = {0};
  ok(store_of(&t, opened, "acme", &error), &error);
  ok(store_certificate(&t, "e_old", &body, &error), &error);
  assert_string_equal(body.data, "kept");
  store_item item = {.state = "open", .at = 1, .due = INFINITY, .payload = "{}", .bytes = 2};
  ok(store_item_put(&t, STORE_CASES, &item, &error), &error);
  store_close(&opened);
  ok(db_open(&old, old_url, false, &error), &error);
  ok(old->kind->script(old, "UPDATE schema_version SET version = 99", &error), &error);
  db_close(&old);
  assert_int_equal(store_open(&opened, &(store_options){old_url, other_keys, masters, 1, 0}, &error), MIEN_EUNSUPPORTED);
  assert_null(opened);
  base_text_clear(&body);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(statements_name_the_tenant), cmocka_unit_test(kept_and_sealed), cmocka_unit_test(tenants_are_apart),
      cmocka_unit_test(erased), cmocka_unit_test(erasure_is_finished), cmocka_unit_test(withdrawn), cmocka_unit_test(pages),
      cmocka_unit_test(items_change), cmocka_unit_test(swept), cmocka_unit_test(masters_change), cmocka_unit_test(disk_full), cmocka_unit_test(older_tables)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
