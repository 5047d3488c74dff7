/* The vectors of RFC 6238, appendix B (SHA-1, eight digits), and of RFC 4226, appendix D; what counts once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "serve/who/totp.h"

static const uint8_t secret[] = "12345678901234567890";

static void vectors(void **state) {
  static const struct {
    uint64_t seconds;
    uint32_t code;
  } rfc6238[] = {{59, 94287082}, {1111111109, 7081804}, {1111111111, 14050471}, {1234567890, 89005924}, {2000000000, 69279037}, {20000000000, 65353130}};
  static const uint32_t rfc4226[] = {755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583, 399871, 520489};
  for (size_t i = 0; i < BASE_COUNT(rfc6238); i++) assert_int_equal(totp_code(secret, 20, rfc6238[i].seconds / TOTP_STEP, 8), rfc6238[i].code);
  for (size_t i = 0; i < BASE_COUNT(rfc4226); i++) assert_int_equal(totp_code(secret, 20, i, 6), rfc4226[i]);
}

static void once(void **state) {
  char text[16];
  uint64_t last = 0;
  double now = 1111111111;
  snprintf(text, sizeof text, "%06u", (unsigned)totp_code(secret, 20, (uint64_t)now / TOTP_STEP, 6));
  assert_false(totp_right(secret, text, now + 90, &last)); /* too late */
  assert_false(totp_right(secret, text, now - 90, &last));
  assert_true(totp_right(secret, text, now + 30, &last));
  assert_false(totp_right(secret, text, now, &last)); /* a second time */
  last = 0;
  for (size_t i = 0; i < 6; i++) { /* each digit counts */
    text[i] = text[i] == '9' ? '0' : (char)(text[i] + 1);
    assert_false(totp_right(secret, text, now, &last));
    text[i] = text[i] == '0' ? '9' : (char)(text[i] - 1);
  }
  assert_false(totp_right(secret, "", now, &last));
  assert_false(totp_right(secret, "05047", now, &last));
  assert_true(totp_right(secret, text, now, &last));
}

static void letters(void **state) {
  char text[TOTP_BASE32];
  totp_base32(text, secret);
  assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(vectors), cmocka_unit_test(once), cmocka_unit_test(letters)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
