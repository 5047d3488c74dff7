/* server.h: what the files of this room share of a server. Of the loop's thread but where it says otherwise. */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include <libwebsockets.h>

#include "guard/guard.h"
#include "serve/doors/link.h"
#include "serve/http/metrics.h"
#include "serve/http/request.h"
#include "serve/live/board.h"
#include "serve/live/live.h"
#include "serve/serve.h"

struct serve_server {
  serve_settings settings;
  mien_engine *engine;
  serve_pool *pool;
  struct lws_context *context;
  struct lws_vhost *vhost, *audiosocket;
  atomic_bool stopping, reloading;
  double stop_by; /* base_clock(), once stopping */
  bool drained;
  serve_link *links;
  size_t watchers;        /* of `streams`, those of watch.h */
  serve_request *streams; /* server-sent events that are open, by `next` */
  serve_board board;
  size_t connection_count;
  size_t uploads;         /* that are coming in */
  struct serve_conversation *conversations[1024]; /* by the hash of their ids */
  size_t conversation_count;
  size_t received; /* messages of links since the last second began */
  bool busy;       /* there were many in the second before */
  serve_metrics metrics;
  struct serve_texts *texts; /* the chat's reader (texts.h) */
  struct serve_jobs *jobs;   /* recordings that are read (jobs.h) */
  struct serve_keys *keys;
  struct serve_limits *limits;
  struct serve_accounts *accounts;
  struct serve_aside *aside, *trials; /* trials: of rules, which take long; NULL: nothing is kept */
  struct serve_writer *writer;
  struct serve_operator *operator; /* operator.h */
  struct serve_oidc *oidc; /* NULL: off */
  struct serve_rules *rules; /* rulebook.h */
  struct serve_collections *collections; /* collections.h; NULL: nothing is kept */
  struct serve_adaptings *adaptings; /* adaptings.h */
  struct serve_dictionaries *dictionaries; /* dictionaries.h; NULL: nothing is kept */
  struct serve_drafts *drafts; /* drafts.h; NULL: off */
  struct serve_responses *responses; /* of now (responses.h) */
  struct serve_webhooks *webhooks; /* webhooks.h; NULL: nothing is kept */
  struct serve_actions *actions; /* actions.h; NULL: nothing is kept */
  guard_packs *packs;
  guard_statements *statements; /* NULL: none */
  guard_ledger *ledger;
  guard_chain *audit;
  uint8_t optout_key[32]; /* optout.h */
  uint8_t seal_public[32], seal_secret[32]; /* seal.h */
  struct serve_keep *keep; /* keep.h; NULL: nothing is kept */
  double decided; /* base_clock() when all conversations were decided last */
  uint64_t generation; /* of the ledger, then */
  int activated;    /* a listening socket that was handed over (systemd.h); -1 */
  struct ssl_ctx_st *tls; /* the vhost's; NULL: plain */
  lws_sorted_usec_list_t each_second;

  /* Under the lock: what threads leave for the loop. */
  pthread_mutex_t lock;
  bool woken; /* lws_cancel_service was called since the loop last looked */
  struct serve_conversation *changed; /* have new results, by next_changed */
  serve_request *answered;            /* by next */
  struct serve_opening *opened, **opened_end; /* were put on record, or could not be (opening.h) */
};

/* From any thread: the loop looks at what was left for it. Call with the lock held. */
void serve_server_wake(serve_server *server);

/* http.c, for loop.c: lws's callbacks of one exchange. 0, or -1 to close the connection. */
int serve_http_begin(serve_server *server, struct lws *wsi, serve_request **slot);
int serve_http_body(serve_request *request, void *bytes, size_t count); /* `bytes` may be changed */
int serve_http_body_end(serve_request *request);
int serve_http_write(serve_request **slot);
void serve_http_gone(serve_request **slot);
void serve_http_free(serve_request *request);

/* link.c, for loop.c */
const serve_door *serve_door_find(const char *path);
int serve_link_refuse(serve_server *server, struct lws *wsi); /* 0: the upgrade may go on; else it was answered */
int serve_link_admit(serve_server *server, struct lws *wsi, serve_link **slot); /* the upgrade; -1 refused */
int serve_link_opened(serve_link *link);
int serve_link_receive(serve_link *link, void *bytes, size_t count); /* `bytes` may be opened in place */
int serve_link_write(serve_link *link);
void serve_link_gone(serve_link **slot);
serve_link *serve_link_new(serve_server *server, struct lws *wsi, const serve_door *door);

#endif
