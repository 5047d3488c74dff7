/* opening.c: see opening.h. */
#include "serve/live/opening.h"

#include <sodium.h>
#include <stdio.h>

#include "serve/audit/audit.h"
#include "serve/doors/link.h"
#include "serve/kept/keep.h"
#include "serve/server.h"

static void put(serve_write *write) {
  serve_opening *o = (serve_opening *)write;
  o->code = serve_audit_opened(o->conversation->server, o->conversation, &o->error);
}

static void written(serve_write *write, int code, const mien_error *error) {
  serve_opening *o = (serve_opening *)write;
  struct serve_server *server = o->conversation->server;
  if (!o->code && code) o->code = code, o->error = *error;
  if (!o->code) o->code = serve_keep_begin(o->conversation, &o->error);
  pthread_mutex_lock(&server->lock);
  *server->opened_end = o;
  server->opened_end = &o->next;
  serve_server_wake(server);
  pthread_mutex_unlock(&server->lock);
}

void serve_opening_begin(serve_opening *o, serve_conversation *c, serve_request *request) {
  o->write.put = put;
  o->write.go_on = written;
  o->conversation = serve_conversation_hold(c);
  o->request = request;
  if (request) request->later = true;
  serve_writer_do(c->server->writer, &o->write);
}

static void answer(serve_request *request, const serve_opening *o) {
  json_t *body = o->code ? NULL : serve_conversation_opened(o->conversation, o->token);
  if (body) {
    snprintf(request->location, sizeof request->location, "/v1/sessions/%s", o->conversation->id);
    serve_answer_json(request, 201, body);
  } else {
    serve_answer_error(request, o->code ? &o->error : &(mien_error){.code = MIEN_ENOMEM, .what = "out of memory"});
  }
  json_decref(body);
  serve_request_done(request);
}

static void tell(serve_link *link, const serve_opening *o) {
  if (link->door->opened) link->door->opened(link, o->token, o->code ? &o->error : NULL);
  else if (o->code) serve_link_end(link, 1011, o->error.what);
  if (o->code) serve_link_follow(link, NULL, 0);
}

void serve_opening_end(serve_opening *o) {
  serve_conversation *c = o->conversation;
  serve_conversation_written(c, !o->code);
  if (o->request) answer(o->request, o);
  for (serve_link *link = c->followers, *next; link; link = next) {
    next = link->beside;
    tell(link, o);
  }
  serve_conversation_release(&c);
  sodium_memzero(o->token, sizeof o->token);
  base_free(o);
}
