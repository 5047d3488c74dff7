/* watch.c: see watch.h. */
#include "serve/live/watch.h"

#include <libwebsockets.h>
#include <stdio.h>

#include "serve/api/api.h"
#include "serve/kept/kept.h"
#include "serve/live/board.h"
#include "serve/server.h"

enum { BEHIND = 4 << 20 /* bytes; who is further behind is closed */ };

void serve_watch_begin(serve_request *request) {
  struct serve_server *server = request->server;
  if (!server->watchers++) /* what fired while nobody watched is not news */
    for (size_t slot = 0; slot < BASE_COUNT(server->conversations); slot++)
      for (serve_conversation *c = server->conversations[slot]; c; c = c->next) c->watched = serve_live_last(c->live);
  request->watching = request->streaming = true;
  request->status = 200;
  request->type = "text/event-stream";
  request->next = server->streams;
  server->streams = request;
}

void serve_watch_end(serve_request *request) {
  serve_request **at = &request->server->streams;
  while (*at != request) at = &(*at)->next;
  *at = request->next;
  request->next = NULL;
  request->server->watchers--;
}

/* The names of its actions, as ruled.c writes them: "actions":["a","b"]. */
static bool wanted(const serve_request *request, const serve_result *result) {
  char name[SERVE_NAME + 2];
  if (!*request->action) return true;
  const char *actions = strstr(result->json, "\"actions\":["), *end = actions ? strchr(actions, ']') : NULL;
  snprintf(name, sizeof name, "\"%s\"", request->action);
  const char *found = actions ? strstr(actions + 10, name) : NULL;
  return found && found < end;
}

static void tell(serve_request *request, const serve_conversation *c, const serve_result *result) {
  if (request->ended || strcmp(request->tenant, c->tenant) || !wanted(request, result)) return;
  if (request->board && !serve_board_takes(request, c)) return;
  base_text_printf(&request->answer, "id: %s-%llu\nevent: event\ndata: {\"session\":\"%s\",", c->id, (unsigned long long)result->seq, c->id);
  base_text_add(&request->answer, result->json + 1, result->bytes - 1);
  base_text_puts(&request->answer, "\n\n");
  request->ended = request->answer.failed || request->answer.length > BEHIND;
  lws_callback_on_writable(request->wsi);
}

void serve_watch_look(serve_conversation *c) {
  serve_result *result;
  if (!c->server->watchers) return;
  while ((result = serve_live_after(c->live, c->watched))) {
    c->watched = result->seq;
    for (serve_request *r = result->kind == SERVE_EVENT ? c->server->streams : NULL; r; r = r->next)
      if (r->watching) tell(r, c, result);
    serve_result_release(result);
  }
}

void serve_api_events(serve_request *request) {
  if (!serve_request_query(request, "action", request->action, sizeof request->action)) *request->action = 0;
  if (strspn(request->action, "abcdefghijklmnopqrstuvwxyz0123456789_-") != strlen(request->action)) {
    serve_answer_problem_text(request, 422, "Not possible as asked", "'action' is no name of an action");
    return;
  }
  if (serve_kept_look(request, "events", "")) serve_watch_begin(request);
}
