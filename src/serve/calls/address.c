/* address.c: see address.h. */
#include "serve/calls/address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* ---- Addresses ---- */

static const struct {
  uint32_t network;
  int bits;
} not_public[] = {{0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16}, {0xac100000, 12}, {0xc0000000, 24},
                  {0xc0000200, 24}, {0xc0586300, 24}, {0xc0a80000, 16}, {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 3}};

static bool public_4(uint32_t address) {
  for (size_t i = 0; i < BASE_COUNT(not_public); i++)
    if ((address ^ not_public[i].network) >> (32 - not_public[i].bits) == 0) return false;
  return true;
}

/* 2000::/3 alone, without 2001::/23 (protocols, Teredo), 2001:db8::/32 (documentation), 2002::/16 (6to4, an IPv4 address
 * inside), 3fff::/20 (documentation). IPv4 inside IPv6 (::ffff:0:0/96, 64:ff9b::/96) is outside of it. */
static bool public_6(const uint8_t a[16]) {
  if ((a[0] & 0xe0) != 0x20) return false;
  if (a[0] == 0x20 && a[1] == 0x01 && (a[2] < 0x02 || (a[2] == 0x0d && a[3] == 0xb8))) return false;
  return !(a[0] == 0x20 && a[1] == 0x02) && !(a[0] == 0x3f && a[1] == 0xff && a[2] < 0x10);
}

bool serve_address_public(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    struct sockaddr_in four;
    memcpy(&four, address, sizeof four);
    return public_4(ntohl(four.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    struct sockaddr_in6 six;
    memcpy(&six, address, sizeof six);
    return public_6(six.sin6_addr.s6_addr);
  }
  return false;
}

/* ---- Names ---- */

bool serve_address_named(const char *hosts, const char *host, int port) {
  char with_port[300];
  snprintf(with_port, sizeof with_port, "%s:%d", host, port);
  for (const char *at = hosts; *at; at += *at == ',') {
    at += strspn(at, " ");
    size_t length = strcspn(at, ",");
    size_t end = length;
    while (end && at[end - 1] == ' ') end--;
    if ((strlen(host) == end && !strncasecmp(at, host, end)) || (strlen(with_port) == end && !strncasecmp(at, with_port, end))) return true;
    at += length;
  }
  return false;
}

static int wrong(mien_error *error, const char *what) {
  return base_error_set(error, MIEN_EINVAL, "url", "send https://host/path; an operator may name other hosts in webhooks.hosts", "%s", what);
}

static bool literal_public(const char *host) {
  struct sockaddr_in four = {.sin_family = AF_INET};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6};
  char bare[128];
  snprintf(bare, sizeof bare, "%s", *host == '[' ? host + 1 : host);
  bare[strcspn(bare, "]%")] = 0;
  if (inet_pton(AF_INET, bare, &four.sin_addr) == 1) return serve_address_public((const struct sockaddr *)&four);
  if (inet_pton(AF_INET6, bare, &six.sin6_addr) == 1) return serve_address_public((const struct sockaddr *)&six);
  return true; /* a name: looked at again when it has been resolved */
}

int serve_url_check(const char *url, const char *hosts, bool *named, mien_error *error) {
  char *scheme = NULL, *host = NULL, *port = NULL, *user = NULL, *password = NULL;
  if (strlen(url) >= SERVE_URL) return wrong(error, "the address has more than 1023 bytes");
  for (const char *c = url; *c; c++)
    if ((unsigned char)*c <= ' ' || *c == 127) return wrong(error, "the address has a blank or a control character in it");
  CURLU *parsed = curl_url();
  if (!parsed) return base_error_set(error, MIEN_ENOMEM, "url", "", "out of memory");
  bool is = !curl_url_set(parsed, CURLUPART_URL, url, 0) && !curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) &&
            !curl_url_get(parsed, CURLUPART_HOST, &host, 0) && !curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
  bool secret = !curl_url_get(parsed, CURLUPART_USER, &user, 0) || !curl_url_get(parsed, CURLUPART_PASSWORD, &password, 0);
  bool known = is && serve_address_named(hosts, host, atoi(port));
  int code = MIEN_OK;
  if (!is) code = wrong(error, "this is no address of a server");
  else if (secret) code = wrong(error, "an address may have no user and no password in it");
  else if (strcmp(scheme, "https") && !(known && !strcmp(scheme, "http"))) code = wrong(error, "only https may be called");
  else if (!known && !literal_public(host)) code = wrong(error, "this address is not public");
  if (named) *named = known;
  curl_free(scheme);
  curl_free(host);
  curl_free(port);
  curl_free(user);
  curl_free(password);
  curl_url_cleanup(parsed);
  return code;
}
