/* audiohook_sign.h: the signature of Genesys' upgrade request: HTTP message signatures with HMAC-SHA256 over the
 * request's target, host and headers. */
#ifndef SERVE_AUDIOHOOK_SIGN_H
#define SERVE_AUDIOHOOK_SIGN_H

#include "base/base.h"

struct serve_server;
struct lws;
struct serve_upgrade;

enum { AUDIOHOOK_HEADERS = 8 };

typedef struct audiohook_request {
  struct {
    const char *name; /* in small letters, or "@request-target" */
    char value[512];
  } headers[AUDIOHOOK_HEADERS];
  size_t count;
  char input[1024], signature[256]; /* Signature-Input, Signature */
} audiohook_request;

/* True when the signature is `secret`'s, covers all headers that must be, and is no older than 30 s at `now` (seconds
 * since 1970). `key` is the X-API-KEY that it must name. */
bool audiohook_signed(const audiohook_request *request, const char *key, const uint8_t *secret, size_t secret_bytes, double now);

/* For the door: 0, or the HTTP status of the refusal. */
int audiohook_admit(struct serve_server *server, struct lws *wsi, struct serve_upgrade *upgrade);

#endif
