/* fetch.c: see fetch.h. */
#include "serve/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <unistd.h>

#include "serve/address.h"

typedef struct call {
  base_text *body;
  bool anywhere, refused;
} call;

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
  call *c = context;
  c->refused = !c->anywhere && !serve_address_public(&address->addr);
  return c->refused ? CURL_SOCKET_BAD : socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take(char *bytes, size_t size, size_t count, void *context) {
  call *c = context;
  if (c->body->length + size * count > FETCH_MOST) return 0;
  base_text_add(c->body, bytes, size * count);
  return c->body->failed ? 0 : size * count;
}

void serve_fetch_escape(base_text *to, const char *text) {
  for (; *text; text++)
    if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", *text)) base_text_add(to, text, 1);
    else base_text_printf(to, "%%%02X", (unsigned char)*text);
}

int serve_fetch_run(const serve_fetch *f, base_text *body, mien_error *error) {
  call c = {.body = body};
  long status = 0;
  int code = serve_url_check(f->url, f->hosts, &c.anywhere, error);
  if (code) return code;
  CURL *easy = curl_easy_init();
  bool ok = easy != NULL;
  base_text_reset(body);
#define SET(option, value) ok = ok && curl_easy_setopt(easy, option, value) == CURLE_OK
  SET(CURLOPT_URL, f->url);
  SET(CURLOPT_PROTOCOLS_STR, "https,http");
  if (f->form) SET(CURLOPT_COPYPOSTFIELDS, f->form);
  if (f->user) {
    SET(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    SET(CURLOPT_USERNAME, f->user);
    SET(CURLOPT_PASSWORD, f->password);
  }
  SET(CURLOPT_USERAGENT, "mien/" MIEN_VERSION);
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_PROXY, "");
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  if (f->ca && *f->ca) {
    SET(CURLOPT_CAINFO, f->ca);
    SET(CURLOPT_CAPATH, (char *)NULL);
  }
  SET(CURLOPT_TIMEOUT_MS, (long)(f->timeout * 1000));
  SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  SET(CURLOPT_OPENSOCKETDATA, &c);
  SET(CURLOPT_WRITEFUNCTION, take);
  SET(CURLOPT_WRITEDATA, &c);
#undef SET
  CURLcode went = ok ? curl_easy_perform(easy) : CURLE_OUT_OF_MEMORY;
  if (easy) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (c.refused) code = base_error_set(error, MIEN_EIO, f->url, "name its host in the settings, if it is meant", "the address is not public");
  else if (went) code = base_error_set(error, MIEN_EIO, f->url, "", "%s", curl_easy_strerror(went));
  else if (status != 200) code = base_error_set(error, MIEN_EIO, f->url, "", "it answered %ld", status);
  if (easy) curl_easy_cleanup(easy);
  return code;
}
