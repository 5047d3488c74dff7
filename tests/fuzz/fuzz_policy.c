/* fuzz_policy.c: YAML as packs of rules, as settings, and as a tree; a chain of records. The first byte picks. */
#include <sodium.h>
#include <string.h>

#include "guard/guard.h"
#include "scratch.h"
#include "serve/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void packs(const char *text, size_t bytes) {
  guard_packs *packs;
  mien_error error = {0};
  if (guard_packs_read(&packs, text, bytes, "fuzz.yaml", &error)) {
    if (!error.what[0] || packs) abort();
    return;
  }
  guard_person person = {"a", "customer", "s", ""};
  guard_ask ask = {"t", "customer_service", "call", "eu", true, false, &person, 1, NULL, 0};
  guard_answer answer;
  int code = guard_decide(packs, NULL, &ask, &answer, &error);
  if ((code == MIEN_OK) != (answer.people[0].read != 0)) abort(); /* allowed only with something to read */
  guard_packs_close(&packs);
}

static void settings(const uint8_t *text, size_t bytes) {
  serve_settings s;
  mien_error error = {0};
  const char *path = scratch_file(".yaml", text, bytes);
  serve_settings_init(&s);
  int code = serve_settings_read(&s, path, &error);
  unlink(path);
  if (code && !error.what[0]) abort();
  if (!code && (s.port < 0 || s.port > 65535 || s.connections < 1)) abort();
  serve_settings_clear(&s);
}

static void chain(const uint8_t *text, size_t bytes) {
  static const uint8_t key[GUARD_HASH] = {1};
  const char *path = scratch_file(".chain", text, bytes);
  uint64_t count;
  mien_error error = {0};
  guard_chain_verify(path, key, &count, &error);
  if (count) abort(); /* nobody without the key can write a record that holds */
  unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (bytes < 1 || sodium_init() < 0) return 0;
  if (data[0] % 3 == 0) packs((const char *)data + 1, bytes - 1);
  else if (data[0] % 3 == 1) settings(data + 1, bytes - 1);
  else chain(data + 1, bytes - 1);
  return 0;
}
