/* Model files: a good one opens, and every way to damage one is refused with the byte, the reason and
 * the remedy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <sodium.h>

#include "nn/format.h"

static uint8_t *good;   /* tests/nn/toy.mien */
static uint8_t *broken; /* room for a damaged copy */
static size_t bytes;
static char path[4096];

static int read_toy(void **state) {
  const char *root = getenv("MIEN_SOURCE_ROOT");
  snprintf(path, sizeof path, "%s/tests/nn/toy.mien", root ? root : ".");
  FILE *file = fopen(path, "rb");
  if (!file) return -1;
  fseek(file, 0, SEEK_END);
  bytes = (size_t)ftell(file);
  rewind(file);
  good = base_alloc_aligned(bytes);
  broken = base_alloc_aligned(bytes + 64);
  size_t got = good ? fread(good, 1, bytes, file) : 0;
  fclose(file);
  return got == bytes && broken ? 0 : -1;
}

static int forget_toy(void **state) {
  base_free_aligned(good);
  base_free_aligned(broken);
  return 0;
}

static void refused(const uint8_t *data, size_t length, const char *reason) {
  nn_file *file = (nn_file *)1;
  mien_error error = {0};
  int code = nn_file_open_memory(&file, data, length, "toy", &error);
  if (!code) fail_msg("a damaged file was opened");
  assert_int_equal(code, MIEN_EMODEL);
  assert_int_equal(error.code, MIEN_EMODEL);
  assert_null(file);
  assert_non_null(strstr(error.where, "toy, byte "));
  assert_true(error.what[0] && error.remedy[0]);
  if (reason && !strstr(error.what, reason)) fail_msg("refused for '%s', not '%s'", error.what, reason);
}

/* Puts the SHA-256 of a changed copy right, so that what lies behind it is tried. */
static void seal(size_t length) {
  memset(broken + NN_HEADER, 0, NN_SEAL);
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  crypto_hash_sha256_update(&state, broken, NN_HEADER);
  crypto_hash_sha256_update(&state, broken + NN_TABLE, length - NN_TABLE);
  crypto_hash_sha256_final(&state, broken + NN_HEADER);
}

/* Changes `size` bytes at `at`, seals, and expects a refusal. */
static void refused_with(size_t at, const void *value, size_t size, const char *reason) {
  memcpy(broken, good, bytes);
  memcpy(broken + at, value, size);
  seal(bytes);
  refused(broken, bytes, reason);
}
static void refused_u32(size_t at, uint32_t value, const char *reason) {
  refused_with(at, &value, sizeof value, reason);
}
static void refused_u64(size_t at, uint64_t value, const char *reason) {
  refused_with(at, &value, sizeof value, reason);
}

static void good_one_opens(void **state) {
  nn_file *file;
  mien_error error = {0};
  assert_int_equal(nn_file_open(&file, path, &error), MIEN_OK);
  assert_string_equal(nn_file_kind(file), "toy");
  assert_int_equal(nn_file_bytes(file), bytes);
  assert_string_equal(nn_signature_name(nn_file_signature(file)), "unsigned");
  const nn_tensor *w = nn_file_tensor(file, "conv.weight", NN_F32, 4, (uint32_t[]){6, 3, 3, 0}, &error);
  assert_non_null(w);
  assert_int_equal((uintptr_t)w->data % 64, 0);
  assert_null(nn_file_tensor(file, "conv.weight", NN_F32, 4, (uint32_t[]){7, 3, 3, 2}, &error));
  assert_string_equal(error.what, "tensor 'conv.weight' is f32 6×3×3×2, but must be f32 7×3×3×2");
  assert_null(nn_file_tensor(file, "conv.weight", NN_I8, 4, NULL, &error));
  assert_null(nn_file_tensor(file, "none", NN_F32, 1, NULL, &error));
  assert_null(nn_file_tensor_at(file, nn_file_count(file)));
  double number;
  float three[3];
  char word[12];
  assert_int_equal(nn_file_number(file, "calibration.temperature", &number, &error), MIEN_OK);
  assert_true(number == 1.25);
  assert_int_equal(nn_file_string(file, "provenance.licence", word, sizeof word, &error), MIEN_OK);
  assert_string_equal(word, "Apache-2.0");
  assert_int_equal(nn_file_string(file, "provenance.licence", word, 10, &error), MIEN_EMODEL);
  assert_int_equal(nn_file_number(file, "calibration", &number, &error), MIEN_EMODEL);
  assert_int_equal(nn_file_number(file, "calibration.temperature.x", &number, &error), MIEN_EMODEL);
  assert_int_equal(nn_file_numbers(file, "provenance.data", three, 3, &error), MIEN_EMODEL);
  nn_calibration calibration;
  assert_int_equal(nn_calibration_read(&calibration, file, &error), MIEN_OK);
  assert_int_equal(calibration.abstain_size, 3);
  nn_file_close(&file);
  assert_null(file);
  nn_file_close(&file);
}

static void every_truncation_is_refused(void **state) {
  for (size_t length = 0; length < bytes; length++) refused(good, length, NULL);
  memcpy(broken, good, bytes);
  refused(broken, bytes + 64, "longer than it says");
}

static void every_flipped_bit_is_refused(void **state) {
  memcpy(broken, good, bytes);
  for (size_t at = 0; at < bytes; at++)
    /* all bits of the header, seal and table; then one a byte */
    for (int bit = 0; bit < 8; bit += at < NN_TABLE + 3 * NN_ENTRY ? 1 : 8) {
      broken[at] ^= (uint8_t)(1 << bit);
      refused(broken, bytes, NULL);
      broken[at] ^= (uint8_t)(1 << bit);
    }
}

static void forged_files_are_refused(void **state) {
  nn_header header;
  memcpy(&header, good, sizeof header);
  size_t entry = NN_TABLE + NN_ENTRY; /* conv.weight, f32 6x3x3x2 */
  size_t i8 = 0;
  for (uint32_t i = 0; i < header.tensors; i++)
    if (((const nn_entry *)(good + NN_TABLE))[i].type == NN_I8) i8 = NN_TABLE + i * NN_ENTRY;
  assert_true(i8 > 0);
  refused_u32(8, 2, "version");
  refused_u32(12, header.tensors - 1, "metadata do not follow");
  refused_u32(12, 1025, "more than 1024");
  refused_u32(12, UINT32_MAX, "more than 1024");
  refused_u64(16, bytes + 1, "cut short");
  refused_u64(24, 0, "metadata do not follow");
  refused_u64(32, UINT64_MAX, "larger than 1 MiB");
  refused_u64(32, header.meta_bytes + 64, "do not follow");
  refused_u64(32, header.meta_bytes - 1, NULL); /* JSON cut short */
  refused_u64(40, header.data_at + 64, "do not follow");
  refused_u64(48, 1, "must be zero");
  refused_with(header.meta_at, "[", 1, "JSON");
  refused_with(header.meta_at + 2, "x", 1, "kind");
  refused_with(entry, "\0", 1, "name");
  refused_with(entry, " ", 1, "name");
  refused_with(entry, "input\0\0\0\0\0\0", 11, "the same name");
  char long_name[NN_NAME];
  memset(long_name, 'a', sizeof long_name);
  refused_with(entry, long_name, sizeof long_name, "name");
  refused_u32(entry + 64, 3, "type or rank");
  refused_u32(entry + 64, NN_I8, "do not agree");
  refused_u32(entry + 68, 0, "type or rank");
  refused_u32(entry + 68, 5, "type or rank");
  refused_u32(entry + 68, 3, "do not agree");
  refused_u32(entry + 72, 0, "do not agree");
  refused_u32(entry + 72, 7, "do not agree");
  refused_with(entry + 72, (uint32_t[]){1u << 31, 1u << 31, 1u << 31, 1u << 31}, 16, "do not agree");
  refused_u64(entry + 88, 0, "not where it must be");
  refused_u64(entry + 88, UINT64_MAX - 63, "not where it must be");
  refused_u64(entry + 96, UINT64_MAX, "do not agree");
  refused_u64(entry + 104, 64, "scales where there can be none");
  refused_u64(entry + 120, 1, "out of range");
  refused_u64(i8 + 104, 0, "scales are not where");
  refused_u64(i8 + 112, 4, "do not agree");
  uint64_t at;
  memcpy(&at, good + entry + 88, sizeof at);
  refused_u32(at, 0x7fc00000u, "not finite"); /* NaN */
  memcpy(&at, good + i8 + 104, sizeof at);
  refused_u32(at, 0xbf800000u, "not finite"); /* a negative scale */
  /* a tensor as large as the file allows, and a little more */
  refused_with(entry + 72, (uint32_t[]){1u << 28, 1, 1, 1}, 16, "do not agree");
}

/* What is inside the program is checked for shape, not for its hash. */
static void inside_ones_open(void **state) {
  nn_file *file;
  mien_error error = {0};
  memcpy(broken, good, bytes);
  broken[bytes - 1] ^= 1;
  assert_int_equal(nn_file_open_inside(&file, broken, bytes, "toy", &error), MIEN_OK);
  assert_string_equal(nn_signature_name(nn_file_signature(file)), "not checked");
  nn_file_close(&file);
  for (size_t length = 0; length < bytes; length++)
    assert_int_equal(nn_file_open_inside(&file, broken, length, "toy", &error), MIEN_EMODEL);
}

static void signatures_are_checked(void **state) {
  uint8_t public[32], secret[64], message[sizeof NN_SIGNED_PREFIX - 1 + 32];
  crypto_sign_seed_keypair(public, secret, (const uint8_t[32]){1, 2, 3});
  memcpy(broken, good, bytes);
  seal(bytes);
  nn_seal *sealed = (nn_seal *)(broken + NN_HEADER);
  memcpy(message, NN_SIGNED_PREFIX, sizeof NN_SIGNED_PREFIX - 1);
  memcpy(message + sizeof NN_SIGNED_PREFIX - 1, sealed->sha256, 32);
  memcpy(sealed->key, public, 32);
  crypto_sign_detached(sealed->signature, NULL, message, sizeof message, secret);
  nn_file *file;
  mien_error error = {0};
  assert_int_equal(nn_file_open_memory(&file, broken, bytes, "toy", &error), MIEN_OK);
  assert_string_equal(nn_signature_name(nn_file_signature(file)), "signed by another key");
  nn_file_close(&file);
  sealed->signature[5] ^= 1;
  refused(broken, bytes, "signature is bad");
  sealed->signature[5] ^= 1;
  sealed->key[5] ^= 1;
  refused(broken, bytes, "signature is bad");
  memset(sealed->key, 0, 32);
  refused(broken, bytes, "without a key");
}

static void other_files_are_refused(void **state) {
  nn_file *file;
  mien_error error = {0};
  assert_int_equal(nn_file_open(&file, "/nowhere/at/all.mien", &error), MIEN_EIO);
  assert_int_equal(nn_file_open(&file, "/dev/null", &error), MIEN_EMODEL);
  assert_int_equal(nn_file_open(&file, "/", &error), MIEN_EMODEL);
  assert_null(file);
  assert_int_equal(nn_file_open_memory(&file, good + 1, bytes - 1, "toy", &error), MIEN_EINVAL);
  char empty[] = "/tmp/mien-empty-XXXXXX";
  close(mkstemp(empty));
  assert_int_equal(nn_file_open(&file, empty, NULL), MIEN_EMODEL);
  unlink(empty);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_one_opens),         cmocka_unit_test(every_truncation_is_refused),
      cmocka_unit_test(every_flipped_bit_is_refused), cmocka_unit_test(forged_files_are_refused),
      cmocka_unit_test(signatures_are_checked), cmocka_unit_test(inside_ones_open),
      cmocka_unit_test(other_files_are_refused),
  };
  return cmocka_run_group_tests_name("file", tests, read_toy, forget_toy);
}
