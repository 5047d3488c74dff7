/* totp.c: see totp.h. */
#include "serve/who/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdio.h>

uint32_t totp_code(const uint8_t *secret, size_t bytes, uint64_t step, int digits) {
  static const uint32_t powers[] = {1000000, 10000000, 100000000};
  uint8_t counter[8], mac[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  for (int i = 0; i < 8; i++) counter[i] = (uint8_t)(step >> (8 * (7 - i)));
  if (!HMAC(EVP_sha1(), secret, (int)bytes, counter, sizeof counter, mac, &length) || length != 20) return UINT32_MAX;
  size_t at = mac[19] & 15; /* RFC 4226, 5.3: dynamic truncation */
  uint32_t number = ((uint32_t)(mac[at] & 127) << 24) | ((uint32_t)mac[at + 1] << 16) | ((uint32_t)mac[at + 2] << 8) | mac[at + 3];
  return number % powers[BASE_CLAMP(digits, 6, 8) - 6];
}

bool totp_right(const uint8_t secret[TOTP_SECRET], const char *text, double now, uint64_t *last) {
  char own[16];
  bool right = false;
  if (strlen(text) != 6 || now < TOTP_STEP) return false;
  uint64_t here = (uint64_t)(now / TOTP_STEP), found = 0;
  for (uint64_t step = here - 1; step <= here + 1; step++) {
    snprintf(own, sizeof own, "%06u", (unsigned)totp_code(secret, TOTP_SECRET, step, 6));
    if (sodium_memcmp(own, text, 6) == 0 && step > *last && !right) right = true, found = step;
  }
  if (right) *last = found;
  return right;
}

void totp_base32(char text[TOTP_BASE32], const uint8_t secret[TOTP_SECRET]) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  for (size_t i = 0; i < TOTP_SECRET / 5; i++) {
    uint64_t five = 0;
    for (size_t k = 0; k < 5; k++) five = five << 8 | secret[5 * i + k];
    for (size_t k = 0; k < 8; k++) text[8 * i + k] = letters[five >> (5 * (7 - k)) & 31];
  }
  text[TOTP_BASE32 - 1] = 0;
}
