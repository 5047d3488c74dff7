/* test_ledger.c: the chain under it (kept over a kill, found out when changed), and consents that come and go. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/guard.h"

static const uint8_t key[GUARD_HASH] = {1, 2, 3};
static char folder[64], path[96], head[112];

static int set_up(void **state) {
  snprintf(folder, sizeof folder, "/tmp/mien-guard-XXXXXX");
  if (!mkdtemp(folder)) return -1;
  snprintf(path, sizeof path, "%s/chain", folder);
  snprintf(head, sizeof head, "%s.head", path);
  return 0;
}

static int tear_down(void **state) {
  unlink(path), unlink(head), rmdir(folder);
  return 0;
}

static void fill(int records) {
  guard_chain *chain;
  mien_error error = {0};
  if (guard_chain_open(&chain, path, key, NULL, NULL, &error)) fail_msg("%s", error.what);
  for (int i = 0; i < records; i++) {
    char record[64];
    snprintf(record, sizeof record, "{\"number\":%d}", i);
    assert_int_equal(guard_chain_append(chain, record, strlen(record), NULL, &error), MIEN_OK);
  }
  guard_chain_close(&chain);
}

static char *load(size_t *bytes) {
  FILE *file = fopen(path, "r");
  static char text[1 << 16];
  *bytes = fread(text, 1, sizeof text - 1, file);
  text[*bytes] = 0;
  fclose(file);
  return text;
}

static void store(const char *text, size_t bytes) {
  FILE *file = fopen(path, "w");
  fwrite(text, 1, bytes, file);
  fclose(file);
}

static void verify_fails(const char *what) {
  uint64_t count;
  mien_error error = {0};
  assert_int_equal(guard_chain_verify(path, key, &count, &error), MIEN_EFORMAT);
  if (!strstr(error.what, what)) fail_msg("expected '%s', got '%s'", what, error.what);
}

static void changes_are_found(void **state) {
  size_t bytes;
  uint64_t count;
  mien_error error = {0};
  fill(5);
  assert_int_equal(guard_chain_verify(path, key, &count, &error), MIEN_OK);
  assert_int_equal(count, 5);
  char *text = load(&bytes), kept[1 << 14];
  memcpy(kept, text, bytes + 1);
  strstr(text, "\"number\":2")[9] = '7';
  store(text, bytes);
  verify_fails("changed");
  char *second = strchr(kept, '\n') + 1, *third = strchr(second, '\n') + 1; /* a record taken out */
  size_t first_bytes = (size_t)(second - kept);
  memcpy(text, kept, first_bytes);
  memcpy(text + first_bytes, third, bytes - (size_t)(third - kept));
  store(text, bytes - (size_t)(third - second));
  verify_fails("missing");
  store(kept, bytes - 300); /* the end cut off, at a line */
  char *last = kept + bytes - 1;
  while (last[-1] != '\n') last--;
  store(kept, (size_t)(last - kept));
  verify_fails("cut off");
  store(kept, bytes);
  uint8_t other[GUARD_HASH] = {9};
  assert_int_equal(guard_chain_verify(path, other, &count, &error), MIEN_EFORMAT);
  assert_int_equal(guard_chain_verify(path, key, &count, &error), MIEN_OK);
}

static void a_torn_line_is_mended(void **state) {
  size_t bytes;
  fill(3);
  char *text = load(&bytes);
  memcpy(text + bytes, "{\"seq\":4,\"at\":\"20", 17);
  store(text, bytes + 17);
  fill(1);
  uint64_t count;
  mien_error error = {0};
  assert_int_equal(guard_chain_verify(path, key, &count, &error), MIEN_OK);
  assert_int_equal(count, 4);
}

/* A child appends and says so of each; it is killed at a random moment. All that it said must be there. */
static void nothing_acknowledged_is_lost(void **state) {
  unsigned seed = 7;
  for (int round = 0; round < 100; round++) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (!child) {
      guard_chain *chain;
      close(ends[0]);
      if (guard_chain_open(&chain, path, key, NULL, NULL, NULL)) _exit(1);
      for (;;) {
        uint64_t seq;
        if (guard_chain_append(chain, "{\"a\":1}", 7, &seq, NULL) || write(ends[1], &seq, sizeof seq) != sizeof seq) _exit(1);
      }
    }
    close(ends[1]);
    uint64_t seq, said = 0, count;
    int wanted = 1 + rand_r(&seed) % 5;
    while (wanted-- && read(ends[0], &seq, sizeof seq) == sizeof seq) said = seq;
    usleep((useconds_t)(rand_r(&seed) % 1000));
    kill(child, SIGKILL);
    while (read(ends[0], &seq, sizeof seq) == sizeof seq) said = seq;
    close(ends[0]);
    waitpid(child, NULL, 0);
    mien_error error = {0};
    guard_chain *chain;
    if (guard_chain_open(&chain, path, key, NULL, NULL, &error)) fail_msg("round %d: %s", round, error.what);
    count = guard_chain_length(chain);
    guard_chain_close(&chain);
    assert_true(said > 0 && count >= said);
  }
}

static void consents(void **state) {
  guard_ledger *ledger;
  mien_error error = {0};
  guard_consent c = {.tenant = "t", .subject = "s-1", .purpose = "research", .read = MIEN_READ_VOICE | MIEN_READ_FACE, .until = INFINITY};
  assert_int_equal(guard_ledger_open(&ledger, path, key, &error), MIEN_OK);
  assert_int_equal(guard_ledger_grant(ledger, &c, &error), MIEN_OK);
  unsigned voice = MIEN_READ_VOICE | MIEN_READ_WORDS;
  assert_int_equal(guard_ledger_covers(ledger, "t", c.id, "s-1", "research"), voice | MIEN_READ_FACE);
  assert_int_equal(guard_ledger_covers(ledger, "other", c.id, "s-1", "research"), 0);
  assert_int_equal(guard_ledger_covers(ledger, "t", c.id, "s-2", "research"), 0);
  assert_int_equal(guard_ledger_covers(ledger, "t", c.id, "s-1", "game"), 0);
  assert_int_equal(guard_ledger_covers(ledger, "t", "c_0", "s-1", "research"), 0);
  uint64_t before = guard_ledger_generation(ledger);
  assert_int_equal(guard_ledger_withdraw(ledger, "other", c.id, MIEN_READ_ALL, &error), MIEN_EEMPTY);
  assert_int_equal(guard_ledger_withdraw(ledger, "t", c.id, MIEN_READ_VOICE, &error), MIEN_OK);
  assert_true(guard_ledger_generation(ledger) != before);
  assert_int_equal(guard_ledger_covers(ledger, "t", c.id, "s-1", "research"), MIEN_READ_FACE);
  assert_int_equal(guard_ledger_stands(ledger, "t", "s-1", "research", false), MIEN_READ_FACE);
  assert_int_equal(guard_ledger_stands(ledger, "t", "s-1", NULL, false), MIEN_READ_FACE);
  assert_int_equal(guard_ledger_stands(ledger, "t", "s-1", "game", false), 0);
  assert_int_equal(guard_ledger_stands(ledger, "t", "s-1", NULL, true), 0); /* it does not cover keeping */
  assert_int_equal(guard_ledger_stands(ledger, "other", "s-1", NULL, false), 0);
  guard_consent bad = {.tenant = "t", .subject = "s-1", .purpose = "research", .read = MIEN_READ_FACE, .until = 1};
  assert_int_equal(guard_ledger_grant(ledger, &bad, &error), MIEN_EINVAL);
  assert_string_equal(error.where, "until");
  guard_ledger_close(&ledger);
  assert_int_equal(guard_ledger_open(&ledger, path, key, &error), MIEN_OK); /* as it was left */
  assert_int_equal(guard_ledger_covers(ledger, "t", c.id, "s-1", "research"), MIEN_READ_FACE);
  guard_ledger *second;
  assert_int_equal(guard_ledger_open(&second, path, key, &error), MIEN_EAGAIN); /* one writer */
  guard_ledger_close(&ledger);
}

/* ---- Looking back ---- */

typedef struct seen {
  uint64_t next, count, enough; /* the number that has to come */
} seen;

static int look(void *context, const guard_chain_line *line) {
  seen *s = context;
  char record[64];
  assert_int_equal(line->seq, s->next--);
  snprintf(record, sizeof record, "{\"number\":%d}", (int)line->seq - 1);
  assert_int_equal(line->bytes, strlen(record));
  assert_memory_equal(line->record, record, line->bytes);
  assert_int_equal(strlen(line->hash), 64);
  return ++s->count == s->enough ? GUARD_ENOUGH : MIEN_OK;
}

static int looks_never(void *context, const guard_chain_line *line) {
  fail_msg("record %d is given", (int)line->seq);
  return MIEN_OK;
}

/* More than several blocks of it, in pages by number and in pages by bytes; and positions that are none. */
static void looked_at_backwards(void **state) {
  enum { RECORDS = 1500 };
  guard_chain *chain;
  mien_error error = {0};
  uint64_t before = UINT64_MAX, count;
  fill(RECORDS);
  assert_int_equal(guard_chain_open(&chain, path, key, NULL, NULL, &error), MIEN_OK);
  seen s = {.next = RECORDS};
  for (int page = 0; before; page++) {
    s.count = 0, s.enough = 7;
    assert_int_equal(guard_chain_back(chain, &before, SIZE_MAX, look, &s, &error), MIEN_OK);
    assert_true(s.count == 7 || !before);
    assert_true(page < RECORDS);
  }
  assert_int_equal(s.next, 0);
  s = (seen){.next = RECORDS};
  before = UINT64_MAX;
  for (int page = 0; before; page++) {
    assert_int_equal(guard_chain_back(chain, &before, 1, look, &s, &error), MIEN_OK); /* a block at least */
    assert_true(page < 20);
  }
  assert_int_equal(s.next, 0);
  assert_int_equal(guard_chain_check(chain, NULL, NULL, &count, &error), MIEN_OK);
  assert_int_equal(count, RECORDS);
  for (uint64_t wrong = 1; wrong < 200; wrong += 13) { /* within the first record, which is longer */
    before = wrong;
    assert_int_equal(guard_chain_back(chain, &before, SIZE_MAX, looks_never, NULL, &error), MIEN_EINVAL);
  }
  before = 1u << 30;
  assert_int_equal(guard_chain_back(chain, &before, SIZE_MAX, looks_never, NULL, &error), MIEN_EINVAL);
  assert_int_equal(truncate(path, 0), 0);
  assert_int_equal(guard_chain_check(chain, NULL, NULL, &count, &error), MIEN_EFORMAT); /* what was written is gone */
  guard_chain_close(&chain);
}

static int in_order(void *context, const guard_consent *c) {
  strcat(strcat(context, c->evidence), " ");
  return MIEN_OK;
}

static void consents_in_pages(void **state) {
  guard_ledger *ledger;
  mien_error error = {0};
  assert_int_equal(guard_ledger_open(&ledger, path, key, &error), MIEN_OK);
  for (int i = 0; i < 6; i++) {
    guard_consent c = {.purpose = "self", .read = MIEN_READ_FACE, .until = INFINITY};
    snprintf(c.tenant, sizeof c.tenant, "%s", i == 3 ? "other" : "t");
    snprintf(c.subject, sizeof c.subject, "s%d", i);
    snprintf(c.evidence, sizeof c.evidence, "s%d", i);
    assert_int_equal(guard_ledger_grant(ledger, &c, &error), MIEN_OK);
  }
  char got[256] = "";
  uint64_t before = UINT64_MAX;
  assert_int_equal(guard_ledger_list(ledger, "t", "", &before, 3, in_order, got), MIEN_OK);
  assert_string_equal(got, "s5 s4 s2 ");
  assert_int_equal(guard_ledger_list(ledger, "t", "", &before, 3, in_order, got), MIEN_OK);
  assert_string_equal(got, "s5 s4 s2 s1 s0 ");
  assert_int_equal(before, 0);
  char ref[GUARD_ID], other[GUARD_ID];
  guard_ledger_subject(ledger, "t", "s4", ref);
  guard_ledger_subject(ledger, "other", "s4", other);
  assert_true(!strncmp(ref, "r_", 2) && strlen(ref) == 34 && strcmp(ref, other)); /* a tenant's own */
  guard_ledger_subject(ledger, "t", ref, other);
  assert_string_equal(ref, other); /* a reference stays */
  *got = 0, before = UINT64_MAX;
  assert_int_equal(guard_ledger_list(ledger, "t", ref, &before, 9, in_order, got), MIEN_OK);
  assert_string_equal(got, "s4 ");
  *got = 0, before = UINT64_MAX;
  assert_int_equal(guard_ledger_list(ledger, "t", "s3", &before, 9, in_order, got), MIEN_OK);
  assert_string_equal(got, ""); /* another tenant's */
  guard_ledger_close(&ledger);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(changes_are_found, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_torn_line_is_mended, set_up, tear_down),
      cmocka_unit_test_setup_teardown(nothing_acknowledged_is_lost, set_up, tear_down),
      cmocka_unit_test_setup_teardown(consents, set_up, tear_down),
      cmocka_unit_test_setup_teardown(looked_at_backwards, set_up, tear_down),
      cmocka_unit_test_setup_teardown(consents_in_pages, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
