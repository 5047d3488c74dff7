/* totp.h: time-based one-time passwords (RFC 6238 over RFC 4226, HMAC-SHA-1, steps of 30 s): what authenticator programs
 * speak. Any thread. */
#ifndef SERVE_TOTP_H
#define SERVE_TOTP_H

#include "base/base.h"

enum { TOTP_SECRET = 20 /* bytes, as RFC 4226 recommends */, TOTP_STEP = 30 /* s */, TOTP_BASE32 = 33 };

/* The code of `digits` (6…8) digits at a step. */
uint32_t totp_code(const uint8_t *secret, size_t bytes, uint64_t step, int digits);
/* `text`: six digits. True for the step of `now` and one beside it, if it is later than *last, which then is that step: no code
 * counts twice. */
bool totp_right(const uint8_t secret[TOTP_SECRET], const char *text, double now, uint64_t *last);
void totp_base32(char text[TOTP_BASE32], const uint8_t secret[TOTP_SECRET]);

#endif
