/* oidc_token.h: an ID token of OpenID Connect (OpenID Connect Core 1.0, section 3.1.3.7; RFC 7515, 7517, 7518, 8037): its
 * signature by one of the provider's keys, and its claims. Any thread. */
#ifndef SERVE_OIDC_TOKEN_H
#define SERVE_OIDC_TOKEN_H

#include <jansson.h>

#include "base/base.h"

typedef struct oidc_expected {
  const char *issuer, *client, *nonce;
  double now; /* seconds since 1970 */
} oidc_expected;

/* `keys`: a JSON Web Key Set. The algorithms RS256, ES256 and EdDSA (Ed25519), each with its own kind of key. `claims` gets a new
 * reference. MIEN_EPOLICY: what does not hold. MIEN_EEMPTY: no key of the set is of its kind and id: it may have changed. */
int oidc_token_check(const char *token, const json_t *keys, const oidc_expected *expected, json_t **claims, mien_error *error);

#endif
