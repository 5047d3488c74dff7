/* test_webhook_sign.c: signatures of webhooks: the example of Standard Webhooks' own documents, Ed25519 by its public key, secrets that
 * are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "serve/actions/webhook_sign.h"

static const char id[] = "msg_p5jXN8AQM9LWM0D4loKWxJek", body[] = "{\"test\": 2432232314}";

static void as_documented(void **state) {
  char signature[WEBHOOK_SIGNATURE];
  assert_true(webhook_sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", id, 1614265330, body, strlen(body), signature));
  assert_string_equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void by_a_public_key(void **state) {
  char secret[WEBHOOK_SECRET], public_key[WEBHOOK_SECRET], signature[WEBHOOK_SIGNATURE], other[WEBHOOK_SIGNATURE], signed_text[256];
  uint8_t key[crypto_sign_PUBLICKEYBYTES], made[crypto_sign_BYTES];
  webhook_secret_make(secret, true);
  assert_true(webhook_secret_right(secret));
  webhook_public_key(secret, public_key);
  assert_memory_equal(public_key, "whpk_", 5);
  assert_true(webhook_sign(secret, id, 7, body, strlen(body), signature));
  assert_memory_equal(signature, "v1a,", 4);
  assert_int_equal(sodium_base642bin(key, sizeof key, public_key + 5, strlen(public_key + 5), NULL, NULL, NULL, sodium_base64_VARIANT_ORIGINAL), 0);
  assert_int_equal(sodium_base642bin(made, sizeof made, signature + 4, strlen(signature + 4), NULL, NULL, NULL, sodium_base64_VARIANT_ORIGINAL), 0);
  int length = snprintf(signed_text, sizeof signed_text, "%s.7.%s", id, body);
  assert_int_equal(crypto_sign_verify_detached(made, (const uint8_t *)signed_text, (unsigned long long)length, key), 0);
  assert_true(webhook_sign(secret, id, 8, body, strlen(body), other));
  assert_string_not_equal(signature, other);
}

static void secrets(void **state) {
  char one[WEBHOOK_SECRET], two[WEBHOOK_SECRET], none[WEBHOOK_SECRET], signature[WEBHOOK_SIGNATURE], longest[4000];
  webhook_secret_make(one, false);
  webhook_secret_make(two, false);
  assert_string_not_equal(one, two);
  assert_true(webhook_secret_right(one));
  webhook_public_key(one, none);
  assert_string_equal(none, "");
  memset(longest, 'A', sizeof longest);
  memcpy(longest, "whsec_", 6);
  longest[sizeof longest - 1] = 0;
  static const char *const wrong[] = {"", "whsec_", "whsec_AAAA", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                      "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_ MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
  for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
    if (webhook_secret_right(wrong[i])) fail_msg("'%s' is no secret", wrong[i]);
    assert_false(webhook_sign(wrong[i], id, 1, body, strlen(body), signature));
  }
  assert_false(webhook_secret_right(longest));
  assert_false(webhook_sign(longest, id, 1, body, strlen(body), signature));
}

int main(void) {
  if (sodium_init() < 0) return 1;
  const struct CMUnitTest tests[] = {cmocka_unit_test(as_documented), cmocka_unit_test(by_a_public_key), cmocka_unit_test(secrets)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
