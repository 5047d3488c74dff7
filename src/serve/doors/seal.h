/* seal.h: messages of a link that only its client and this service can read, whatever stands between them: proxies
 * that end TLS see none of the sound, the texts and the results.
 *
 * The client knows the service's public key (GET /v1/seal; from elsewhere, if what stands between is not trusted).
 * It sends {"type":"seal","key":…} with a key of its own for this link; the service answers {"type":"sealed","key":…}
 * with one of its own. Both agree on two keys twice (libsodium's crypto_kx: X25519, BLAKE2b), once with the
 * service's lasting key and once with the one for this link, and hash the two together: the first says that it is
 * this service, the second is forgotten with the link. From then on each message is binary,
 * XChaCha20-Poly1305 of a byte (1 text, 2 binary) and the message; the nonce is the message's number in its
 * direction, so that none can be left out, put in, sent twice or moved. */
#ifndef SERVE_SEAL_H
#define SERVE_SEAL_H

#include <sodium.h>

#include "base/base.h"

enum { SERVE_SEAL_KEY = crypto_kx_PUBLICKEYBYTES, SERVE_SEAL_MORE = 1 + crypto_aead_xchacha20poly1305_ietf_ABYTES };

typedef struct serve_seal {
  uint8_t in[crypto_kx_SESSIONKEYBYTES], out[crypto_kx_SESSIONKEYBYTES];
  uint64_t taken, given; /* messages */
} serve_seal;

/* The service's lasting pair, out of the installation's key [32]. */
void serve_seal_pair(const uint8_t *install, uint8_t public_key[SERVE_SEAL_KEY], uint8_t secret[crypto_kx_SECRETKEYBYTES]);
/* The service's side. `own`: its key for this link, to be sent. MIEN_ENOMEM; MIEN_EINVAL: no key of a client's. */
int serve_seal_open(serve_seal **seal, const uint8_t public_key[SERVE_SEAL_KEY], const uint8_t secret[crypto_kx_SECRETKEYBYTES],
                    const uint8_t client[SERVE_SEAL_KEY], uint8_t own[SERVE_SEAL_KEY]);
void serve_seal_close(serve_seal **seal);
/* `to` takes count + SERVE_SEAL_MORE bytes. */
void serve_seal_put(serve_seal *seal, bool binary, const void *bytes, size_t count, uint8_t *to);
/* Opens the next message in place: false, it is not the next, or not the client's. What it was is at bytes. */
bool serve_seal_take(serve_seal *seal, uint8_t *bytes, size_t *count, bool *binary);

#endif
