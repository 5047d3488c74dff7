/* fetch.c: see fetch.h. */
#include "serve/calls/fetch.h"

#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "serve/calls/address.h"
#include "serve/calls/guarded.h"

enum { BEARER = 4096 };

typedef struct call {
  base_text *body;
  serve_guarded guarded;
} call;

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

/* What goes with JSON. NULL: no memory. The caller wipes and frees. */
static struct curl_slist *headers_of(const serve_fetch *f) {
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json"), *more = headers ? curl_slist_append(headers, "Accept: application/json") : NULL;
  char line[BEARER + 32];
  if (more && f->bearer) {
    snprintf(line, sizeof line, "Authorization: Bearer %s", f->bearer);
    more = curl_slist_append(headers, line);
    sodium_memzero(line, sizeof line);
  }
  if (!more) curl_slist_free_all(headers);
  return more ? headers : NULL;
}

static void wipe(struct curl_slist *headers) {
  for (struct curl_slist *one = headers; one; one = one->next) sodium_memzero(one->data, strlen(one->data));
  curl_slist_free_all(headers);
}

int serve_fetch_run(const serve_fetch *f, base_text *body, mien_error *error) {
  call c = {.body = body};
  long status = 0;
  int code = serve_url_check(f->url, f->hosts, &c.guarded.anywhere, error);
  if (code) return code;
  struct curl_slist *headers = NULL;
  CURL *easy = curl_easy_init();
  bool ok = easy && serve_guarded_set(easy, &c.guarded, f->url, f->ca, f->timeout);
  base_text_reset(body);
#define SET(option, value) ok = ok && curl_easy_setopt(easy, option, value) == CURLE_OK
  if (f->form) SET(CURLOPT_COPYPOSTFIELDS, f->form);
  if (f->json) {
    headers = headers_of(f);
    ok = ok && headers;
    SET(CURLOPT_POSTFIELDS, f->json);
    SET(CURLOPT_HTTPHEADER, headers);
  }
  if (f->user) {
    SET(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    SET(CURLOPT_USERNAME, f->user);
    SET(CURLOPT_PASSWORD, f->password);
  }
  SET(CURLOPT_WRITEFUNCTION, take);
  SET(CURLOPT_WRITEDATA, &c);
#undef SET
  CURLcode went = ok ? curl_easy_perform(easy) : CURLE_OUT_OF_MEMORY;
  if (easy) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (c.guarded.refused) code = base_error_set(error, MIEN_EIO, f->url, "name its host in the settings, if it is meant", "the address is not public");
  else if (went) code = base_error_set(error, MIEN_EIO, f->url, "", "%s", curl_easy_strerror(went));
  else if (status != 200) code = base_error_set(error, MIEN_EIO, f->url, "", "it answered %ld", status);
  if (easy) curl_easy_cleanup(easy);
  wipe(headers);
  return code;
}
