/* send.c: see send.h. */
#include "serve/calls/send.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "serve/calls/guarded.h"

enum { ANSWER = 64 << 10 /* bytes of an answer that are let in */ };

typedef struct call {
  struct call *next, *previous;
  serve_sender *sender;
  CURL *easy;
  struct curl_slist *headers;
  void *of;
  serve_guarded guarded;
  size_t got;
} call;

struct serve_sender {
  CURLM *multi;
  serve_sent sent;
  void *context;
  call *calls;
  size_t count;
};

static size_t take(char *bytes, size_t size, size_t count, void *context) {
  call *c = context;
  c->got += size * count;
  return c->got > ANSWER ? 0 : size * count;
}

int serve_sender_open(serve_sender **opened, serve_sent sent, void *context, mien_error *error) {
  serve_sender *s = *opened = base_alloc(1, sizeof *s);
  if (!s) return base_error_set(error, MIEN_ENOMEM, "webhooks", "", "out of memory");
  s->sent = sent;
  s->context = context;
  s->multi = curl_global_init(CURL_GLOBAL_DEFAULT) ? NULL : curl_multi_init();
  if (s->multi) return MIEN_OK;
  serve_sender_close(opened);
  return base_error_set(error, MIEN_ENOMEM, "webhooks", "", "libcurl could not be set up");
}

static void end(call *c) {
  serve_sender *s = c->sender;
  *(c->previous ? &c->previous->next : &s->calls) = c->next;
  if (c->next) c->next->previous = c->previous;
  s->count--;
  if (c->easy) {
    curl_multi_remove_handle(s->multi, c->easy);
    curl_easy_cleanup(c->easy);
  }
  curl_slist_free_all(c->headers);
  base_free(c);
}

void serve_sender_close(serve_sender **closed) {
  serve_sender *s = *closed;
  *closed = NULL;
  if (!s) return;
  while (s->calls) end(s->calls);
  if (s->multi) {
    curl_multi_cleanup(s->multi);
    curl_global_cleanup();
  }
  base_free(s);
}

static bool add_header(call *c, const char *header) {
  struct curl_slist *longer = curl_slist_append(c->headers, header);
  if (longer) c->headers = longer;
  return longer != NULL;
}

static bool set_up(call *c, const serve_outgoing *o) {
  bool ok = add_header(c, "Expect:"); /* no waiting for 100 Continue */
  for (size_t i = 0; i < o->header_count && ok; i++) ok = add_header(c, o->headers[i]);
  ok = ok && serve_guarded_set(c->easy, &c->guarded, o->url, o->ca, o->timeout);
#define SET(option, value) ok = ok && curl_easy_setopt(c->easy, option, value) == CURLE_OK
  SET(CURLOPT_CUSTOMREQUEST, o->method);
  SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)o->bytes);
  SET(CURLOPT_COPYPOSTFIELDS, o->body);
  SET(CURLOPT_HTTPHEADER, c->headers);
  SET(CURLOPT_WRITEFUNCTION, take);
  SET(CURLOPT_WRITEDATA, c);
  SET(CURLOPT_PRIVATE, c);
#undef SET
  return ok && curl_multi_add_handle(c->sender->multi, c->easy) == CURLM_OK;
}

int serve_sender_add(serve_sender *s, const serve_outgoing *o, void *of, mien_error *error) {
  call *c = base_alloc(1, sizeof *c);
  if (!c) return base_error_set(error, MIEN_ENOMEM, "webhooks", "", "out of memory");
  c->sender = s;
  c->of = of;
  c->guarded.anywhere = o->anywhere;
  c->next = s->calls;
  if (c->next) c->next->previous = c;
  s->calls = c;
  s->count++;
  c->easy = curl_easy_init();
  if (c->easy && set_up(c, o)) return MIEN_OK;
  end(c);
  return base_error_set(error, MIEN_ENOMEM, "webhooks", "", "the call could not be made");
}

size_t serve_sender_count(const serve_sender *s) { return s->count; }

static void finish(serve_sender *s, call *c, CURLcode code) {
  long status = 0;
  curl_off_t after = 0;
  char what[96];
  curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &after);
  if (code == CURLE_WRITE_ERROR && c->got > ANSWER) code = CURLE_OK; /* enough was seen */
  if (c->guarded.refused && code) snprintf(what, sizeof what, "the address is not public");
  else if (code) snprintf(what, sizeof what, "%s", curl_easy_strerror(code));
  else snprintf(what, sizeof what, "HTTP %ld", status);
  void *of = c->of;
  end(c);
  s->sent(s->context, of, code ? 0 : (int)status, what, (double)after);
}

void serve_sender_turn(serve_sender *s, double seconds) {
  int running, left;
  curl_multi_perform(s->multi, &running);
  bool any = false;
  for (CURLMsg *message; (message = curl_multi_info_read(s->multi, &left)); any = true) {
    char *c;
    CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &c);
    finish(s, (call *)(void *)c, code);
  }
  if (!any) curl_multi_poll(s->multi, NULL, 0, (int)(seconds * 1000), NULL);
}

void serve_sender_wake(serve_sender *s) { curl_multi_wakeup(s->multi); }
