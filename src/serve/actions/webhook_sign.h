/* webhook_sign.h: secrets of webhooks and the signatures made with them (Standard Webhooks 1.0.0): `v1` HMAC-SHA256 and
 * `v1a` Ed25519 over "ID.TIMESTAMP.BODY". Any thread. */
#ifndef SERVE_WEBHOOK_SIGN_H
#define SERVE_WEBHOOK_SIGN_H

#include "base/base.h"

enum { WEBHOOK_SECRET = 112 /* bytes of its text, with the ending 0 */, WEBHOOK_SIGNATURE = 128 };

/* "whsec_" and 24 to 64 bytes in base64, or "whsk_" and 64 (Ed25519). */
bool webhook_secret_right(const char *secret);
void webhook_secret_make(char secret[WEBHOOK_SECRET], bool ed25519);
/* "whpk_…" of a "whsk_…"; "" of another. */
void webhook_public_key(const char *secret, char key[WEBHOOK_SECRET]);
/* "v1,…" or "v1a,…". False: the secret is wrong. */
bool webhook_sign(const char *secret, const char *id, long long timestamp, const char *body, size_t bytes, char signature[WEBHOOK_SIGNATURE]);

#endif
