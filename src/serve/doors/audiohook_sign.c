/* audiohook_sign.c: checks Genesys' signatures. Format: RFC 9421's predecessor, as in
 * purecloudlabs/audiohook-reference-implementation, httpsignature. */
#include "serve/doors/audiohook_sign.h"

#include <libwebsockets.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "serve/http/route.h"
#include "serve/server.h"

static const char *const must[] = {"@request-target", "audiohook-organization-id", "audiohook-session-id", "audiohook-correlation-id", "x-api-key"};

static const char *value_of(const audiohook_request *request, const char *name, size_t length) {
  if (length == 10 && !strncmp(name, "@authority", 10)) name = "host", length = 4;
  for (size_t i = 0; i < request->count; i++)
    if (strlen(request->headers[i].name) == length && !strncmp(request->headers[i].name, name, length)) return request->headers[i].value;
  return NULL;
}

/* The text after `name=` of the signature's parameters, without quotes. */
static bool parameter(const char *params, const char *name, char *to, size_t room) {
  char wanted[24];
  snprintf(wanted, sizeof wanted, ";%s=", name);
  const char *at = strstr(params, wanted);
  if (!at) return false;
  at += strlen(wanted);
  bool quoted = *at == '"';
  size_t length = quoted ? strcspn(at + 1, "\"") : strcspn(at, ";, ");
  if (length >= room) return false;
  snprintf(to, room, "%.*s", (int)length, at + quoted);
  return true;
}

bool audiohook_signed(const audiohook_request *request, const char *key, const uint8_t *secret, size_t secret_bytes, double now) {
  const char *params = strchr(request->input, '('), *end = params ? strchr(params, ')') : NULL;
  const char *label_end = strchr(request->input, '='), *coded = strstr(request->signature, "=:");
  char text[96], created[24], expires[24], nonce[96];
  if (!params || !end || !label_end || label_end + 1 != params || !coded) return false;
  size_t label = (size_t)(label_end - request->input);
  if (coded != request->signature + label || strncmp(request->input, request->signature, label)) return false;
  if (!parameter(end, "keyid", text, sizeof text) || strcmp(text, key) || !parameter(end, "alg", text, sizeof text) || strcmp(text, "hmac-sha256") ||
      !parameter(end, "nonce", nonce, sizeof nonce) || strlen(nonce) < 22 || !parameter(end, "created", created, sizeof created) ||
      !parameter(end, "expires", expires, sizeof expires))
    return false;
  double made = strtod(created, NULL), until = strtod(expires, NULL);
  if (!(made <= now + 5 && made >= now - 30 && until >= now)) return false;
  base_text base = {0};
  unsigned covered = 0;
  bool host = false, known = true;
  for (const char *at = params + 1; known && (at = memchr(at, '"', (size_t)(end - at)));) {
    const char *name = ++at;
    size_t length = strcspn(name, "\"");
    const char *value = name + length < end ? value_of(request, name, length) : NULL;
    known = value != NULL;
    for (size_t i = 0; i < BASE_COUNT(must); i++)
      if (strlen(must[i]) == length && !strncmp(must[i], name, length)) covered |= 1u << i;
    host |= (length == 4 && !strncmp(name, "host", 4)) || (length == 10 && !strncmp(name, "@authority", 10));
    if (known) base_text_printf(&base, "\"%.*s\": %s\n", (int)length, name, value);
    at = name + length + 1;
  }
  base_text_printf(&base, "\"@signature-params\": %s", params);
  uint8_t own[crypto_auth_hmacsha256_BYTES], given[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_state state;
  size_t got = 0;
  const char *stop = strchr(coded + 2, ':');
  bool right = known && host && covered == (1u << BASE_COUNT(must)) - 1 && !base.failed && stop &&
               sodium_base642bin(given, sizeof given, coded + 2, (size_t)(stop - coded - 2), NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
               got == sizeof given;
  if (right) {
    crypto_auth_hmacsha256_init(&state, secret, secret_bytes);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)base.data, base.length);
    crypto_auth_hmacsha256_final(&state, own);
    right = sodium_memcmp(own, given, sizeof own) == 0;
  }
  base_text_clear(&base);
  return right;
}

/* A nonce is taken once. */
static bool fresh(const char *input) {
  static uint64_t seen[1024];
  static size_t at;
  char nonce[96];
  uint8_t hash[crypto_generichash_BYTES];
  uint64_t short_hash;
  const char *params = strchr(input, ')');
  if (!params || !parameter(params, "nonce", nonce, sizeof nonce)) return false;
  crypto_generichash(hash, sizeof hash, (const uint8_t *)nonce, strlen(nonce), NULL, 0);
  memcpy(&short_hash, hash, sizeof short_hash);
  for (size_t i = 0; i < BASE_COUNT(seen); i++)
    if (seen[i] == short_hash) return false;
  seen[at++ % BASE_COUNT(seen)] = short_hash;
  return true;
}

static bool custom(struct lws *wsi, const char *name, char *to, size_t room) {
  int length = lws_hdr_custom_copy(wsi, to, (int)room, name, (int)strlen(name));
  if (length < 0) *to = 0;
  return length >= 0;
}

static size_t read_secret(const char *path, uint8_t *secret, size_t room) {
  char text[512] = "";
  FILE *file = fopen(path, "re");
  size_t got = file ? fread(text, 1, sizeof text - 1, file) : 0, bytes = 0;
  if (file) fclose(file);
  if (!got || sodium_base642bin(secret, room, text, got, " \n\r", &bytes, NULL, sodium_base64_VARIANT_ORIGINAL)) bytes = 0;
  sodium_memzero(text, sizeof text);
  return bytes;
}

int audiohook_admit(struct serve_server *server, struct lws *wsi, struct serve_upgrade *upgrade) {
  static const char *const names[] = {"audiohook-organization-id", "audiohook-session-id", "audiohook-correlation-id", "x-api-key"};
  const serve_settings *settings = &server->settings;
  audiohook_request request = {0};
  uint8_t secret[256];
  char name[40];
  if (!*settings->audiohook_key) return 404;
  request.headers[request.count].name = "@request-target";
  snprintf(request.headers[request.count++].value, 512, "%.255s%s%.255s", upgrade->path, *upgrade->query ? "?" : "", upgrade->query);
  request.headers[request.count].name = "host";
  if (lws_hdr_copy(wsi, request.headers[request.count++].value, 512, WSI_TOKEN_HOST) < 0) return 400;
  for (size_t i = 0; i < BASE_COUNT(names); i++) {
    snprintf(name, sizeof name, "%s:", names[i]);
    request.headers[request.count].name = names[i];
    if (!custom(wsi, name, request.headers[request.count++].value, 512)) return 401;
  }
  size_t bytes = read_secret(settings->audiohook_secret, secret, sizeof secret);
  bool known = bytes && custom(wsi, "signature-input:", request.input, sizeof request.input) &&
               custom(wsi, "signature:", request.signature, sizeof request.signature) &&
               audiohook_signed(&request, settings->audiohook_key, secret, bytes, (double)time(NULL));
  sodium_memzero(secret, sizeof secret);
  if (!known || (upgrade->first_look && !fresh(request.input))) return 401;
  snprintf(upgrade->tenant, sizeof upgrade->tenant, "%s", settings->audiohook_tenant);
  snprintf(upgrade->key, sizeof upgrade->key, "audiohook");
  upgrade->scopes = SERVE_SCOPE_STREAM;
  return 0;
}
