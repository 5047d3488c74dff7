/* optout.c: see optout.h. Reads what anybody sends. */
#include "serve/who/optout.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAC = 32, MAC_TEXT = 43 };

static void mac_of(char text[64], const char *signed_part, size_t bytes, const uint8_t key[32]) {
  uint8_t mac[MAC];
  crypto_generichash(mac, sizeof mac, (const uint8_t *)signed_part, bytes, key, 32);
  sodium_bin2base64(text, 64, mac, sizeof mac, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void serve_optout_write(char token[SERVE_OPTOUT], const serve_optout *about, const uint8_t key[32]) {
  char tenant[128], mac[64];
  sodium_bin2base64(tenant, sizeof tenant, (const uint8_t *)about->tenant, strlen(about->tenant), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  int bytes = snprintf(token, SERVE_OPTOUT, "%s.%s.%s.%.0f", about->whole ? "m1" : "v1", tenant, about->consent, about->until);
  mac_of(mac, token, (size_t)bytes, key);
  snprintf(token + bytes, SERVE_OPTOUT - (size_t)bytes, ".%s", mac);
}

/* The part that ends at the next point, or false. */
static bool part(const char **at, char *to, size_t room) {
  size_t length = strcspn(*at, ".");
  if (!length || length >= room || (*at)[length] != '.') return false;
  memcpy(to, *at, length);
  to[length] = 0;
  *at += length + 1;
  return true;
}

bool serve_optout_read(serve_optout *about, const char *token, size_t bytes, double now, const uint8_t key[32]) {
  char copy[SERVE_OPTOUT], mac[64], tenant[128], end[32], version[4], *tail;
  size_t length = 0;
  memset(about, 0, sizeof *about);
  if (bytes >= sizeof copy || bytes < MAC_TEXT + 2 || memchr(token, 0, bytes)) return false;
  memcpy(copy, token, bytes);
  copy[bytes] = 0;
  size_t signed_bytes = bytes - MAC_TEXT - 1;
  if (copy[signed_bytes] != '.') return false;
  mac_of(mac, copy, signed_bytes, key);
  if (sodium_memcmp(mac, copy + signed_bytes + 1, MAC_TEXT)) return false;
  const char *at = copy;
  if (!part(&at, version, sizeof version) || (strcmp(version, "v1") && strcmp(version, "m1")) || !part(&at, tenant, sizeof tenant) ||
      !part(&at, about->consent, sizeof about->consent) || !part(&at, end, sizeof end))
    return false;
  if (sodium_base642bin((uint8_t *)about->tenant, sizeof about->tenant - 1, tenant, strlen(tenant), NULL, &length, NULL,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING))
    return false;
  about->tenant[length] = 0;
  about->whole = *version == 'm';
  about->until = strtod(end, &tail);
  return !*tail && now < about->until;
}
