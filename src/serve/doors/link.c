/* link.c: one WebSocket on libwebsockets: the upgrade, whole messages in, whole messages out. */
#include "serve/doors/link.h"

#include <libwebsockets.h>
#include <stdio.h>

#include "serve/doors/door.h"
#include "serve/doors/seal.h"
#include "serve/http/limit.h"
#include "serve/http/route.h"
#include "serve/live/conversation.h"
#include "serve/server.h"
#include "serve/who/accounts.h"
#include "serve/who/who.h"

typedef struct link_message {
  struct link_message *next;
  bool binary;
  size_t bytes;
  unsigned char data[]; /* LWS_PRE bytes before the message */
} link_message;

static const serve_door *const doors[] = {&serve_door_mien, &serve_door_twilio, &serve_door_pcm, &serve_door_audiohook, &serve_door_hume};

const serve_door *serve_door_find(const char *path) {
  for (size_t i = 0; i < BASE_COUNT(doors); i++)
    if (doors[i]->path && !strcmp(doors[i]->path, path)) return doors[i];
  return NULL;
}

serve_link *serve_link_new(serve_server *server, struct lws *wsi, const serve_door *door) {
  serve_link *link = base_alloc(1, sizeof *link);
  void *state = link && door->state_bytes ? base_alloc(1, door->state_bytes) : NULL;
  if (!link || (door->state_bytes && !state)) {
    base_free(link);
    return NULL;
  }
  link->server = server;
  link->wsi = wsi;
  link->door = door;
  link->state = state;
  link->out_end = &link->out;
  link->next = server->links;
  if (link->next) link->next->previous = link;
  server->links = link;
  return link;
}

/* A page of this service's own: Origin names the host that the browser asked. */
static bool own_page(struct lws *wsi) {
  char origin[256], host[256];
  if (lws_hdr_copy(wsi, origin, sizeof origin, WSI_TOKEN_ORIGIN) <= 0 || lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST) <= 0) return false;
  const char *at = strstr(origin, "://");
  return at && !strcasecmp(at + 3, host);
}

static bool by_cookie(serve_server *server, struct lws *wsi, serve_upgrade *upgrade, serve_who *who) {
  serve_who_cookie(wsi, "mien_session", upgrade->cookie, sizeof upgrade->cookie);
  bool in = *upgrade->cookie && serve_who_logged_in(server, upgrade->cookie, NULL, who) == SERVE_LOGGED_IN;
  if (!in) *upgrade->cookie = 0;
  return in;
}

/* Why an upgrade is refused, as an HTTP status; 0: it is not. */
static int refusal(serve_server *server, struct lws *wsi, serve_upgrade *upgrade, const serve_door **door) {
  char authorization[SERVE_HEADER] = "", part[SERVE_QUERY];
  int bytes = lws_hdr_copy(wsi, upgrade->path, sizeof upgrade->path, WSI_TOKEN_GET_URI);
  if (bytes <= 0) bytes = lws_hdr_copy(wsi, upgrade->path, sizeof upgrade->path, WSI_TOKEN_HTTP_COLON_PATH);
  if (bytes <= 0) return 404;
  size_t used = 0;
  for (int i = 0, n; (n = lws_hdr_copy_fragment(wsi, part, sizeof part, WSI_TOKEN_HTTP_URI_ARGS, i)) > 0; i++) {
    if (used + (size_t)n + 2 > sizeof upgrade->query) return 414;
    used += (size_t)snprintf(upgrade->query + used, sizeof upgrade->query - used, "%s%s", i ? "&" : "", part);
  }
  *door = serve_door_find(upgrade->path);
  if (!*door) return 404;
  if (atomic_load(&server->stopping)) return 503;
  lws_get_peer_simple(wsi, upgrade->peer, sizeof upgrade->peer);
  if (lws_hdr_copy(wsi, authorization, sizeof authorization, WSI_TOKEN_HTTP_AUTHORIZATION) < 0) *authorization = 0;
  if (!*authorization) { /* as Hume's clients send it */
    static const char name[] = "x-hume-api-key:";
    char key[80];
    if (lws_hdr_custom_copy(wsi, key, sizeof key, name, sizeof name - 1) > 0) snprintf(authorization, sizeof authorization, "Bearer %s", key);
  }
  serve_who who = {0};
  bool known = serve_who_is(server, authorization, upgrade->query, &who);
  if (!known && !*authorization && own_page(wsi)) known = by_cookie(server, wsi, upgrade, &who);
  if ((*door)->admit) return (*door)->admit(server, wsi, upgrade);
  if (!known && ((*door)->scope || *authorization)) return 401;
  if (((*door)->scope & who.scopes) != (*door)->scope) return 403;
  if (known && upgrade->first_look && !serve_limit_upgrade(server, &who)) return 429;
  snprintf(upgrade->tenant, sizeof upgrade->tenant, "%s", who.tenant);
  snprintf(upgrade->key, sizeof upgrade->key, "%s", who.key);
  upgrade->scopes = who.scopes;
  return 0;
}

int serve_link_refuse(serve_server *server, struct lws *wsi) {
  serve_upgrade upgrade = {.first_look = true};
  const serve_door *door = NULL;
  int status = refusal(server, wsi, &upgrade, &door);
  if (!status) return 0;
  /* lws_return_http_status would say HTTP/1.0, which clients of WebSocket do not take for an answer. */
  unsigned char text[LWS_PRE + 160];
  int bytes = snprintf((char *)text + LWS_PRE, sizeof text - LWS_PRE, "HTTP/1.1 %d Refused\r\ncontent-length: 0\r\nconnection: close\r\n%s\r\n",
                       status, status == 401 ? "www-authenticate: Bearer\r\n" : "");
  lws_write(wsi, text + LWS_PRE, (size_t)bytes, LWS_WRITE_HTTP_HEADERS);
  return -1;
}

int serve_link_admit(serve_server *server, struct lws *wsi, serve_link **slot) {
  serve_upgrade upgrade = {0};
  const serve_door *door = NULL;
  if (refusal(server, wsi, &upgrade, &door)) return -1;
  *slot = serve_link_new(server, wsi, door);
  if (!*slot) return -1;
  (*slot)->upgrade = upgrade;
  return 0;
}

int serve_link_opened(serve_link *link) {
  serve_metrics_link(&link->server->metrics, 1);
  link->door->open(link);
  return 0;
}

void serve_link_gone(serve_link **slot) {
  serve_link *link = *slot;
  *slot = NULL;
  if (!link) return;
  if (link->door->close) link->door->close(link);
  serve_link_follow(link, NULL, 0);
  serve_metrics_link(&link->server->metrics, -1);
  if (link->previous) link->previous->next = link->next;
  else link->server->links = link->next;
  if (link->next) link->next->previous = link->previous;
  while (link->out) {
    link_message *next = link->out->next;
    base_free(link->out);
    link->out = next;
  }
  base_text_clear(&link->incoming);
  serve_seal_close(&link->seal);
  base_free(link->state);
  base_free(link);
}

/* ---- In ---- */

static void receive(serve_link *link, bool binary, void *bytes, size_t count) {
  if (link->seal && (!binary || !serve_seal_take(link->seal, bytes, &count, &binary))) {
    serve_link_end(link, 1008, "a message was not sealed as agreed");
    return;
  }
  if (binary && link->door->binary) link->door->binary(link, bytes, count);
  else if (!binary && link->door->text) link->door->text(link, bytes, count);
  else serve_link_end(link, 1003, binary ? "this door takes no binary messages" : "this door takes no text messages");
}

int serve_link_receive(serve_link *link, void *bytes, size_t count) {
  link->silent = 0;
  if (link->closing) return 0;
  link->server->received++;
  bool first = lws_is_first_fragment(link->wsi);
  bool last = lws_is_final_fragment(link->wsi) && !lws_remaining_packet_payload(link->wsi);
  if (first) {
    base_text_reset(&link->incoming);
    link->incoming_binary = lws_frame_is_binary(link->wsi);
    if (last) {
      receive(link, link->incoming_binary, bytes, count);
      return 0;
    }
  }
  if (link->incoming.length + count > SERVE_MESSAGE) {
    serve_link_end(link, 1009, "a message may have 4 MB");
    return 0;
  }
  base_text_add(&link->incoming, bytes, count);
  if (link->incoming.failed) return -1;
  if (last) {
    receive(link, link->incoming_binary, link->incoming.data ? link->incoming.data : (char[1]){0}, link->incoming.length);
    if (link->incoming.capacity > 64 << 10) base_text_clear(&link->incoming);
    else base_text_reset(&link->incoming);
  }
  return 0;
}

void serve_link_fed(serve_link *link, int code) {
  if (code == MIEN_EPOLICY) serve_metrics_dropped(&link->server->metrics);
  if (code == MIEN_ENOMEM) serve_link_end(link, 1011, "out of memory");
  if (code == MIEN_EAGAIN) serve_link_end(link, 1008, "sent faster than it can be read");
  if (link->held || !link->conversation || !serve_live_full(link->conversation->live)) return;
  link->held = true;
  lws_rx_flow_control(link->wsi, 0);
}

/* ---- Out ---- */

static void say(serve_link *link, const void *bytes, size_t count, bool binary) {
  if (link->closing) return;
  if (link->out_bytes + count > SERVE_MESSAGE) {
    serve_link_end(link, 1008, "results are not taken fast enough");
    return;
  }
  const size_t more = link->seal ? SERVE_SEAL_MORE : 0;
  link_message *message = base_alloc(1, sizeof *message + LWS_PRE + count + more);
  if (!message) return;
  if (link->seal) serve_seal_put(link->seal, binary, bytes, count, message->data + LWS_PRE);
  else memcpy(message->data + LWS_PRE, bytes, count);
  message->binary = binary || link->seal;
  message->bytes = count += more;
  *link->out_end = message;
  link->out_end = &message->next;
  link->out_bytes += count;
  lws_callback_on_writable(link->wsi);
}

void serve_link_say(serve_link *link, const char *utf8, size_t bytes) { say(link, utf8, bytes, false); }
void serve_link_say_binary(serve_link *link, const uint8_t *bytes, size_t count) { say(link, bytes, count, true); }

void serve_link_end(serve_link *link, int code, const char *reason) {
  if (link->closing) return;
  link->closing = true;
  link->close_code = code;
  snprintf(link->close_reason, sizeof link->close_reason, "%s", reason);
  lws_callback_on_writable(link->wsi);
}

void serve_link_wake(serve_link *link) {
  if (link->held && link->conversation && serve_live_ready(link->conversation->live)) {
    link->held = false;
    lws_rx_flow_control(link->wsi, 1);
  }
  lws_callback_on_writable(link->wsi);
}

/* libwebsockets would ask too, but (4.1) writes the time over the answer that it owes to a client who asks in the same
 * moment: the client sees no answer and goes. So it is told not to (loop.c). */
void serve_link_look(serve_link *link) {
  enum { ASKED = 20, GONE = 40 };
  if (link->held || !link->door->path) return; /* what it sends is not read now; or it is no WebSocket */
  link->silent++;
  if (link->silent == GONE) lws_set_timeout(link->wsi, PENDING_TIMEOUT_WS_PONG_CHECK_GET_PONG, LWS_TO_KILL_ASYNC);
  if (link->silent != ASKED) return;
  link->asks = true;
  lws_callback_on_writable(link->wsi);
}

static int ask(serve_link *link) {
  unsigned char text[LWS_PRE + 4];
  memcpy(text + LWS_PRE, "mien", 4); /* an answer of no bytes would not be told of */
  link->asks = false;
  return lws_write(link->wsi, text + LWS_PRE, 4, LWS_WRITE_PING) < 0 ? -1 : 0;
}

static int write_one(serve_link *link) {
  link_message *message = link->out;
  link->out = message->next;
  if (!link->out) link->out_end = &link->out;
  link->out_bytes -= message->bytes;
  int written = lws_write(link->wsi, message->data + LWS_PRE, message->bytes, message->binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
  bool whole = written >= (int)message->bytes;
  base_free(message);
  return whole ? 0 : -1;
}

int serve_link_write(serve_link *link) {
  if (link->asks && ask(link)) return -1;
  for (;;) {
    if (!link->out && !link->closing && link->conversation && link->door->result) {
      serve_result *result = serve_live_after(link->conversation->live, link->cursor);
      if (result) {
        link->cursor = result->seq;
        link->door->result(link, result);
        serve_result_release(result);
        continue; /* the door may have said nothing of it */
      }
    }
    if (link->out) {
      if (write_one(link)) return -1;
      if (lws_send_pipe_choked(link->wsi)) {
        lws_callback_on_writable(link->wsi);
        return 0;
      }
      continue;
    }
    if (!link->closing) return 0;
    lws_close_reason(link->wsi, (enum lws_close_status)link->close_code, (unsigned char *)link->close_reason,
                     strlen(link->close_reason));
    return -1;
  }
}

void serve_link_follow(serve_link *link, serve_conversation *conversation, uint64_t seq) {
  if (link->conversation) {
    *link->at = link->beside;
    if (link->beside) link->beside->at = link->at;
    serve_conversation_left(&link->conversation);
  }
  if (!conversation) return;
  link->conversation = serve_conversation_joined(conversation);
  link->beside = conversation->followers;
  if (link->beside) link->beside->at = &link->beside;
  link->at = &conversation->followers;
  conversation->followers = link;
  link->cursor = seq;
  lws_callback_on_writable(link->wsi);
}
