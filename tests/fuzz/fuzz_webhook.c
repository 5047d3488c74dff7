/* fuzz_webhook.c: addresses and secrets that callers name for a webhook. The first byte picks. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/actions/webhook_sign.h"
#include "serve/calls/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (!bytes) return 0;
  char *text = malloc(bytes), signature[WEBHOOK_SIGNATURE], key[WEBHOOK_SECRET];
  if (!text) abort();
  memcpy(text, data + 1, bytes - 1);
  text[bytes - 1] = 0;
  if (data[0] % 2) {
    mien_error error = {0};
    bool named = false;
    int code = serve_url_check(text, "inside:8080, hooks.example", &named, &error);
    if (code && !*error.what) abort();
    if (!code && strncasecmp(text, "https:", 6) && !named) abort();
  } else {
    bool right = webhook_secret_right(text);
    if (right != webhook_sign(text, "d_1", 1, "{}", 2, signature)) abort();
    if (right) webhook_public_key(text, key);
  }
  free(text);
  return 0;
}
