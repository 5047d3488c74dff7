/* link.h: one WebSocket: its door, the message that is coming in, and those that wait to go out. Owned by the
 * loop's thread. */
#ifndef SERVE_LINK_H
#define SERVE_LINK_H

#include "base/base.h"
#include "serve/live/live.h"

struct lws;
struct serve_conversation;
struct serve_server;
typedef struct serve_link serve_link;

enum { SERVE_MESSAGE = 4 << 20 /* bytes of one message at most, either way */ };

/* What the upgrade request said, and who it is of. */
typedef struct serve_upgrade {
  char path[512], query[1024], tenant[64], key[64], peer[64];
  char cookie[64];  /* of who is logged in (accounts.h); "" it came with a key */
  unsigned scopes;  /* of its key; 0: it carried none */
  bool first_look;  /* it is looked at twice: before it is answered, and when it is taken */
} serve_upgrade;

/* A protocol. Each function may be NULL but `open`. */
typedef struct serve_door {
  const char *name;      /* "mien.v1" */
  const char *path;      /* "/v1/stream"; NULL: no WebSocket */
  unsigned scope;        /* SERVE_SCOPE_… of the key that the upgrade must carry; 0: it says later who it is */
  size_t state_bytes;    /* of serve_link.state, zeroed */
  int (*admit)(struct serve_server *server, struct lws *wsi, serve_upgrade *upgrade); /* 0, or an HTTP status */
  void (*open)(serve_link *link);
  void (*opened)(serve_link *link, const char *token, const mien_error *why); /* its conversation is on record; or (`why`) could not be put there */
  void (*text)(serve_link *link, const char *utf8, size_t bytes);
  void (*binary)(serve_link *link, const uint8_t *bytes, size_t count);
  void (*result)(serve_link *link, const serve_result *result); /* the next of the conversation followed */
  void (*close)(serve_link *link);
} serve_door;

struct serve_link {
  struct serve_server *server;
  struct lws *wsi;
  const serve_door *door;
  serve_upgrade upgrade;
  void *state;
  struct serve_conversation *conversation; /* followed and fed; NULL none */
  uint64_t cursor;      /* results sent so far */
  bool held;            /* the socket is not read: the inbox is full */
  int silent;           /* seconds since anything of its client came */
  bool asks;            /* whether the client is there, with the next that is written */
  bool closing;         /* after what waits was sent */
  int close_code;
  char close_reason[124];
  struct serve_seal *seal; /* seal.h; NULL: messages are as they are */
  base_text incoming;
  bool incoming_binary;
  struct link_message *out, **out_end;
  size_t out_bytes;
  serve_link *next, *previous; /* of the server */
  serve_link *beside, **at;    /* of those that follow the same conversation; what points at this one, NULL none */
};

/* Queues a text message. A reader that is more than SERVE_MESSAGE behind is closed. */
void serve_link_say(serve_link *link, const char *utf8, size_t bytes);
void serve_link_say_binary(serve_link *link, const uint8_t *bytes, size_t count);
/* Closes after what waits was sent. `code`: RFC 6455, 7.4. */
void serve_link_end(serve_link *link, int code, const char *reason);
/* After a feed that gave `code`: stops reading while the inbox is full, counts what was refused. */
void serve_link_fed(serve_link *link, int code);
/* Follows the results of a conversation after `seq`, or nothing (NULL). */
void serve_link_follow(serve_link *link, struct serve_conversation *conversation, uint64_t seq);
void serve_link_wake(serve_link *link);
/* Each second: a client that has been silent for 20 is asked whether it is there (RFC 6455, 2011, 5.5.2), and closed after 40. */
void serve_link_look(serve_link *link);

#endif
