/* fuzz_optout.c: tokens of links to withdraw. As they come (none fits), and with the right MAC behind them. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/who/optout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  static const uint8_t key[32] = "a key of the fuzzer, no other's";
  serve_optout about;
  char token[600], again[SERVE_OPTOUT];
  uint8_t mac[32];
  if (bytes > 400) return 0;
  char *text = malloc(bytes + 1); /* its end is guarded */
  if (!text) abort();
  memcpy(text, data, bytes);
  if (serve_optout_read(&about, text, bytes, 0, key)) abort();
  crypto_generichash(mac, sizeof mac, data, bytes, key, sizeof key);
  memcpy(token, data, bytes);
  token[bytes] = '.';
  sodium_bin2base64(token + bytes + 1, sizeof token - bytes - 1, mac, sizeof mac, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  if (serve_optout_read(&about, token, bytes + 44, 0, key)) {
    if (!*about.consent || strlen(about.tenant) >= sizeof about.tenant || !(about.until > 0)) abort();
    serve_optout_write(again, &about, key);
    if (about.until < 1e15 && about.until == (double)(long long)about.until && strlen(about.tenant) && !serve_optout_read(&about, again, strlen(again), 0, key)) abort();
  }
  free(text);
  return 0;
}
