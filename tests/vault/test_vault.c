/* The vault: where a master key may come from, what a wrapped key and a sealed text are bound to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault/vault.h"

static const char KEY_A[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", KEY_B[] = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

static vault *from_environment(const char *text) {
  vault *opened;
  assert_int_equal(setenv("MIEN_MASTER_KEY", text, 1), 0);
  assert_int_equal(vault_open_environment(&opened, NULL), MIEN_OK);
  return opened;
}

static void environment_is_wiped(void **state) {
  vault *opened;
  mien_error error;
  assert_int_equal(setenv("MIEN_MASTER_KEY", KEY_A, 1), 0);
  const char *place = getenv("MIEN_MASTER_KEY");
  assert_int_equal(vault_open_environment(&opened, &error), MIEN_OK);
  assert_int_equal(place[0], 0);
  assert_int_equal(place[43], 0);
  assert_null(getenv("MIEN_MASTER_KEY"));
  vault_close(&opened);
  assert_null(opened);
  assert_int_equal(vault_open_environment(&opened, &error), MIEN_EINVAL);
  for (int i = 0; i < 3; i++) { /* not base64, one byte short, one too many */
    static const char *const bad[] = {"not a key!", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==",
                                      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"};
    setenv("MIEN_MASTER_KEY", bad[i], 1);
    assert_int_equal(vault_open_environment(&opened, &error), MIEN_EINVAL);
    assert_null(getenv("MIEN_MASTER_KEY"));
  }
}

static void file_is_strict(void **state) {
  char path[] = "/tmp/mien-vault-XXXXXX", other[64];
  vault *opened;
  mien_error error;
  uint8_t a[VAULT_ID_BYTES], b[VAULT_ID_BYTES];
  int file = mkstemp(path);
  assert_true(file >= 0);
  assert_int_equal(write(file, KEY_A, 44), 44);
  assert_int_equal(write(file, "\n", 1), 1);
  assert_int_equal(vault_open_file(&opened, path, &error), MIEN_OK);
  vault_id(opened, a);
  vault_close(&opened);
  opened = from_environment(KEY_A);
  vault_id(opened, b);
  vault_close(&opened);
  assert_memory_equal(a, b, sizeof a);
  static const mode_t loose[] = {0640, 0604, 0620, 0610, 0666};
  for (size_t i = 0; i < BASE_COUNT(loose); i++) {
    fchmod(file, loose[i]);
    assert_int_equal(vault_open_file(&opened, path, &error), MIEN_EPOLICY);
    assert_null(opened);
  }
  fchmod(file, 0400);
  snprintf(other, sizeof other, "%s.link", path);
  assert_int_equal(symlink(path, other), 0);
  assert_int_equal(vault_open_file(&opened, other, &error), MIEN_EIO);
  unlink(other);
  assert_int_equal(ftruncate(file, 200), 0);
  assert_int_equal(vault_open_file(&opened, path, &error), MIEN_ELIMIT);
  if (geteuid() == 0) {
    assert_int_equal(ftruncate(file, 45), 0);
    assert_int_equal(fchown(file, 65534, 65534), 0);
    assert_int_equal(vault_open_file(&opened, path, &error), MIEN_EPOLICY);
  }
  close(file);
  unlink(path);
  assert_int_equal(vault_open_file(&opened, path, &error), MIEN_EIO);
  assert_int_equal(vault_open_file(&opened, "/tmp", &error), MIEN_EPOLICY);
}

static void sealed_is_bound(void **state) {
  vault *master = from_environment(KEY_A);
  vault_key *key, *again;
  uint8_t wrapped[VAULT_WRAPPED_BYTES], sealed[5 + VAULT_OVERHEAD], plain[5];
  vault_place place = {"t", "readings", "12", "payload"};
  assert_int_equal(vault_key_new(&key, wrapped, master, "t", "s-1", NULL), MIEN_OK);
  assert_int_equal(vault_seal(sealed, (const uint8_t *)"hello", 5, key, &place, NULL), MIEN_OK);
  vault_key_close(&key);
  assert_int_equal(vault_key_open(&again, wrapped, master, "t", "s-1", NULL), MIEN_OK);
  assert_int_equal(vault_open_sealed(plain, sealed, sizeof sealed, again, &place, NULL), MIEN_OK);
  assert_memory_equal(plain, "hello", 5);
  const vault_place elsewhere[] = {{"u", "readings", "12", "payload"}, {"t", "states", "12", "payload"},
                                   {"t", "readings", "13", "payload"}, {"t", "readings", "12", "text"},
                                   {"tr", "eadings", "12", "payload"}, {"t", "readings", "12p", "ayload"}};
  for (size_t i = 0; i < BASE_COUNT(elsewhere); i++)
    assert_int_equal(vault_open_sealed(plain, sealed, sizeof sealed, again, &elsewhere[i], NULL), MIEN_EFORMAT);
  for (size_t i = 0; i < sizeof sealed; i++) {
    sealed[i] ^= 1;
    assert_int_equal(vault_open_sealed(plain, sealed, sizeof sealed, again, &place, NULL), MIEN_EFORMAT);
    sealed[i] ^= 1;
    assert_int_equal(vault_open_sealed(plain, sealed, i, again, &place, NULL), MIEN_EFORMAT);
  }
  assert_int_equal(vault_seal(sealed, plain, VAULT_SEAL_MAX + 1, again, &place, NULL), MIEN_ELIMIT);
  vault_key_close(&again);
  assert_int_equal(vault_key_open(&again, wrapped, master, "t", "s-2", NULL), MIEN_EFORMAT);
  assert_int_equal(vault_key_open(&again, wrapped, master, "u", "s-1", NULL), MIEN_EFORMAT);
  assert_int_equal(vault_key_open(&again, wrapped, master, "ts", "-1", NULL), MIEN_EFORMAT);
  assert_null(again);
  for (size_t i = 0; i < sizeof wrapped; i++) {
    wrapped[i] ^= 1;
    assert_int_equal(vault_key_open(&again, wrapped, master, "t", "s-1", NULL), MIEN_EFORMAT);
    wrapped[i] ^= 1;
  }
  vault_close(&master);
}

static void rotation_keeps_what_is_sealed(void **state) {
  vault *old = from_environment(KEY_A), *fresh = from_environment(KEY_B);
  vault_key *key;
  uint8_t wrapped[VAULT_WRAPPED_BYTES], before[VAULT_WRAPPED_BYTES], sealed[3 + VAULT_OVERHEAD], plain[3];
  const vault_place place = {"t", "events", "1", "payload"};
  assert_int_equal(vault_key_new(&key, wrapped, old, "t", "s", NULL), MIEN_OK);
  assert_int_equal(vault_seal(sealed, (const uint8_t *)"abc", 3, key, &place, NULL), MIEN_OK);
  vault_key_close(&key);
  memcpy(before, wrapped, sizeof before);
  assert_int_equal(vault_key_rewrap(wrapped, fresh, old, "t", "s", NULL), MIEN_EFORMAT);
  assert_memory_equal(before, wrapped, sizeof before);
  assert_int_equal(vault_key_rewrap(wrapped, old, fresh, "t", "s", NULL), MIEN_OK);
  assert_int_equal(vault_key_open(&key, wrapped, old, "t", "s", NULL), MIEN_EFORMAT);
  assert_int_equal(vault_key_open(&key, wrapped, fresh, "t", "s", NULL), MIEN_OK);
  assert_int_equal(vault_open_sealed(plain, sealed, sizeof sealed, key, &place, NULL), MIEN_OK);
  assert_memory_equal(plain, "abc", 3);
  vault_key_close(&key);
  vault_close(&old);
  vault_close(&fresh);
}

static void command_prints_it(void **state) {
  vault *opened;
  mien_error error;
  uint8_t a[VAULT_ID_BYTES], b[VAULT_ID_BYTES];
  char source[128];
  snprintf(source, sizeof source, "command:/bin/echo  %s", KEY_A);
  assert_int_equal(vault_open(&opened, source, &error), MIEN_OK);
  vault_id(opened, a);
  vault_close(&opened);
  opened = from_environment(KEY_A);
  vault_id(opened, b);
  vault_close(&opened);
  assert_memory_equal(a, b, sizeof a);
  assert_int_equal(vault_open(&opened, "command:/bin/false", &error), MIEN_EIO);
  assert_int_equal(vault_open(&opened, "command:/bin/nothing-here", &error), MIEN_EIO);
  assert_int_equal(vault_open(&opened, "command:echo x", &error), MIEN_EINVAL);
  assert_int_equal(vault_open(&opened, "command:", &error), MIEN_EINVAL);
  assert_int_equal(vault_open(&opened, "command:/bin/echo x", &error), MIEN_EINVAL);
  double begun = base_clock();
  assert_int_equal(vault_open_command(&opened, (char *[]){"/bin/sleep", "20", NULL}, 0.2, &error), MIEN_EIO);
  assert_int_equal(vault_open_command(&opened, (char *[]){"/usr/bin/yes", NULL}, 5, &error), MIEN_EIO);
  assert_true(base_clock() - begun < 4);
  assert_null(opened);
}

static void cache_keeps_and_forgets(void **state) {
  vault *master = from_environment(KEY_A);
  vault_cache *cache;
  vault_key *key;
  uint8_t wrapped[VAULT_WRAPPED_BYTES], one[32], two[32];
  assert_int_equal(vault_cache_open(&cache, 2, NULL), MIEN_OK);
  assert_int_equal(vault_key_new(&key, wrapped, master, "t", "s", NULL), MIEN_OK);
  const vault_key *a = vault_cache_put(cache, "t", "s", key), *b = vault_cache_put(cache, "t", "other", key);
  assert_non_null(a);
  assert_non_null(b);
  assert_null(vault_cache_put(cache, "t", "third", key)); /* both places are held */
  vault_cache_forget(cache, "t", "s");
  assert_null(vault_cache_hold(cache, "t", "s"));
  vault_key_hash(one, a, (const char *[]){"x"}, 1); /* still good for who holds it */
  vault_key_hash(two, key, (const char *[]){"x"}, 1);
  assert_memory_equal(one, two, 32);
  vault_cache_release(cache, a);
  vault_key_hash(one, a, (const char *[]){"x"}, 1);
  assert_memory_not_equal(one, two, 32); /* wiped */
  vault_cache_release(cache, vault_cache_put(cache, "t", "third", key));
  assert_null(vault_cache_hold(cache, "u", "third"));
  vault_cache_release(cache, b);
  vault_cache_close(&cache);
  vault_key_close(&key);
  vault_close(&master);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(environment_is_wiped), cmocka_unit_test(file_is_strict), cmocka_unit_test(sealed_is_bound),
      cmocka_unit_test(rotation_keeps_what_is_sealed),
      cmocka_unit_test(command_prints_it), cmocka_unit_test(cache_keeps_and_forgets)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
