/* crash.c: for servers.py. `crash URL KEYS MASTER write SESSION`: writes records until it is killed, and says after
 * each batch that is on the disk the number of its last record. `… check SESSION LAST`: exit 0 when records 1 to LAST
 * are all there and open. */
#include <stdio.h>
#include <stdlib.h>

#include "store/store.h"

static uint64_t next = 1;

static int complain(const mien_error *error) {
  fprintf(stderr, "crash: %s (%s)\n", error->what, error->where);
  return 2;
}

static int in_order(void *context, const store_record *r) {
  if (r->seq != next) return MIEN_EFORMAT;
  next++;
  return MIEN_OK;
}

static int check(const store_tenant *t, const char *session, uint64_t last, mien_error *error) {
  uint64_t before;
  int code;
  do {
    before = next;
    code = store_record_list(t, session, -1, next - 1, STORE_PAGE, in_order, NULL, error);
  } while (!code && next > before);
  if (next > last) return 0;
  fprintf(stderr, "crash: record %llu of %llu is not there\n", (unsigned long long)next, (unsigned long long)last);
  return code ? complain(error) : 1;
}

static int go_on(const store_tenant *t, const char *id, mien_error *error) {
  store_session n = {.opened = 1, .keep_until = 1e10, .person_count = 1, .people = {{"who", "customer", ""}}};
  store_subject subject;
  snprintf(n.id, sizeof n.id, "%s", id);
  if (store_subject_make(t, "crash", &subject, error)) return complain(error);
  memcpy(n.people[0].subject, subject.id, STORE_ID);
  if (store_session_open(t, &n, error)) return complain(error);
  for (uint64_t ticket = 0;;) {
    int count = 1 + rand() % 40;
    for (int i = 0; i < count; i++, next++)
      if (store_record_add(t, &(store_record){n.id, subject.id, next, STORE_STATE, 1, 1, "{\"a\":1}", 7}, &ticket, error)) return complain(error);
    if (store_flush(t->store, ticket, 30, error)) return complain(error);
    printf("%llu\n", (unsigned long long)next - 1);
    fflush(stdout);
  }
}

int main(int argc, char **argv) {
  vault *master;
  store *s;
  store_tenant t;
  mien_error error = {0};
  if (argc < 6 || vault_open(&master, argv[3], &error)) return complain(&error);
  if (store_open(&s, &(store_options){argv[1], argv[2], (const vault *[]){master}, 1, 0}, &error) || store_of(&t, s, "acme", &error)) return complain(&error);
  return argc == 7 ? check(&t, argv[5], strtoull(argv[6], NULL, 10), &error) : go_on(&t, argv[5], &error);
}
