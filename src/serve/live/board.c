/* board.c: see board.h. */
#include "serve/live/board.h"

#include <stdlib.h>

#include "serve/live/glance.h"
#include "serve/live/watch.h"
#include "serve/server.h"

#define EVERY (LWS_US_PER_SEC / 2)
#define NOTABLE 0.02 /* change of `need` that is told by itself, as events grow old */

static bool live(const serve_conversation *c) { return !c->job && !c->finished; }

static bool concerns(const serve_request *r, const serve_conversation *c) {
  return !strcmp(r->tenant, c->tenant) && (!*r->only || !strcmp(r->only, c->id));
}

static void end(struct serve_server *server, serve_conversation *c) {
  serve_board *b = &server->board;
  size_t at = b->ended_count++ % BOARD_ENDED;
  memcpy(b->ended[at].id, c->id, sizeof c->id);
  memcpy(b->ended[at].tenant, c->tenant, sizeof c->tenant);
  b->ended[at].round = b->round;
  c->board_ended = true;
}

/* What is new since it was looked at last belongs to this round. */
static void look(struct serve_server *server) {
  server->board.round++;
  for (size_t slot = 0; slot < BASE_COUNT(server->conversations); slot++)
    for (serve_conversation *c = server->conversations[slot]; c; c = c->next) {
      double need;
      if (c->finished && !c->job && !c->board_ended) end(server, c);
      if (!live(c)) continue;
      uint64_t version = serve_glance_look(c, &need);
      if (version == c->board_version && fabs(need - c->board_need) <= NOTABLE) continue;
      c->board_version = version;
      c->board_need = need;
      c->board_changed = server->board.round;
    }
}

/* More have ended since than are remembered. */
static bool overrun(const serve_board *b, uint64_t cursor) {
  return b->ended_count > BOARD_ENDED && b->ended[b->ended_count % BOARD_ENDED].round > cursor;
}

static void tell(serve_request *r) {
  struct serve_server *server = r->server;
  const serve_board *b = &server->board;
  bool whole = r->whole || overrun(b, r->cursor), any = whole || r->missed, ended = false;
  base_text text = {0};
  base_text_printf(&text, "event: sessions\ndata: {\"whole\":%s,\"missed\":%llu,\"sessions\":[", whole ? "true" : "false", (unsigned long long)r->missed);
  size_t count = 0;
  for (size_t slot = 0; slot < BASE_COUNT(server->conversations); slot++)
    for (serve_conversation *c = server->conversations[slot]; c; c = c->next) {
      if (!live(c) || !concerns(r, c) || (!whole && c->board_changed <= r->cursor)) continue;
      if (count++) base_text_puts(&text, ",");
      serve_glance_tell(c, r->panel, r->cues, &text);
    }
  base_text_puts(&text, "],\"ended\":[");
  for (size_t i = b->ended_count > BOARD_ENDED ? b->ended_count - BOARD_ENDED : 0; i < b->ended_count; i++) {
    size_t at = i % BOARD_ENDED;
    if (b->ended[at].round <= r->cursor || strcmp(b->ended[at].tenant, r->tenant) || (*r->only && strcmp(b->ended[at].id, r->only))) continue;
    base_text_printf(&text, "%s\"%s\"", ended ? "," : "", b->ended[at].id);
    ended = true;
  }
  base_text_puts(&text, "]}\n\n");
  r->cursor = b->round;
  r->whole = false;
  r->missed = 0;
  if (any || count || ended) {
    base_text_add(&r->answer, text.data, text.length);
    r->ended = r->answer.failed || text.failed || (*r->only && ended);
    lws_callback_on_writable(r->wsi);
  }
  base_text_clear(&text);
}

static bool has_room(const serve_request *r) { return r->answer.length - r->sent <= BOARD_WAITING; }

static void tick(lws_sorted_usec_list_t *list) {
  struct serve_server *server = lws_container_of(list, struct serve_server, board.tick);
  bool any = false;
  look(server);
  for (serve_request *r = server->streams; r; r = r->next) {
    any |= r->board;
    if (r->board && !r->ended && has_room(r)) tell(r);
  }
  server->board.ticking = any;
  if (any) lws_sul_schedule(server->context, 0, &server->board.tick, tick, EVERY);
}

void serve_board_begin(serve_request *request) {
  struct serve_server *server = request->server;
  *request->action = 0;
  serve_watch_begin(request);
  look(server);
  request->board = request->whole = true;
  request->cursor = server->board.round;
  tell(request);
  if (!server->board.ticking) lws_sul_schedule(server->context, 0, &server->board.tick, tick, EVERY);
  server->board.ticking = true;
}

bool serve_board_takes(serve_request *request, const serve_conversation *c) {
  if (!concerns(request, c)) return false;
  bool room = has_room(request);
  request->missed += !room;
  return room;
}

void serve_board_end_panels(struct serve_server *server, const char *tenant) {
  for (serve_request *r = server->streams; r; r = r->next)
    if (r->panel && !strcmp(r->tenant, tenant)) {
      r->ended = true;
      lws_callback_on_writable(r->wsi);
    }
}

/* ---- As it is now ---- */

typedef struct placed {
  serve_conversation *c;
  double need;
} placed;

static int by_need(const void *a, const void *b) {
  const placed *x = a, *y = b;
  if (x->need != y->need) return x->need < y->need ? 1 : -1;
  return x->c->opened != y->c->opened ? (x->c->opened > y->c->opened ? 1 : -1) : strcmp(x->c->id, y->c->id);
}

void serve_board_now(serve_request *request, size_t limit) {
  struct serve_server *server = request->server;
  placed *all = base_alloc(server->conversation_count + 1, sizeof *all);
  size_t count = 0;
  for (size_t slot = 0; all && slot < BASE_COUNT(server->conversations); slot++)
    for (serve_conversation *c = server->conversations[slot]; c; c = c->next) {
      if (!live(c) || !concerns(request, c)) continue;
      all[count].c = c;
      serve_glance_look(c, &all[count++].need);
    }
  if (all) qsort(all, count, sizeof *all, by_need);
  base_text_reset(&request->answer);
  base_text_printf(&request->answer, "{\"live\":%zu,\"sessions\":[", count);
  for (size_t i = 0; i < BASE_MIN(count, limit); i++) {
    if (i) base_text_puts(&request->answer, ",");
    serve_glance_tell(all[i].c, request->panel, request->cues, &request->answer);
  }
  base_text_puts(&request->answer, "]}");
  request->status = !all || request->answer.failed ? 500 : 200;
  request->type = "application/json";
  base_free(all);
}
