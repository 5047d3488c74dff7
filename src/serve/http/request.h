/* request.h: one HTTP exchange: what was asked, and what is answered. Owned by the loop's thread; a handler
 * that answers later holds it (`later`) and gives the answer back from any thread by serve_request_done. */
#ifndef SERVE_REQUEST_H
#define SERVE_REQUEST_H

#include <jansson.h>
#include <stdatomic.h>

#include "base/base.h"
#include "serve/http/chunked.h"

struct lws;

enum { SERVE_GET = 1, SERVE_POST = 2, SERVE_PUT = 4, SERVE_DELETE = 8, SERVE_PATCH = 16, SERVE_HEAD = 32, SERVE_OPTIONS = 64 };
enum { SERVE_PATH = 512, SERVE_QUERY = 2048, SERVE_PARAMS = 3, SERVE_HEADER = 512 };

typedef struct serve_request {
  struct serve_server *server;
  struct lws *wsi;               /* NULL once the connection is gone */
  int method;                    /* SERVE_GET… */
  char path[SERVE_PATH];
  char query[SERVE_QUERY];       /* "a=1&b=2", decoded by lws */
  char authorization[SERVE_HEADER], content_type[128], match[128], if_match[128], idempotency[128], last_event[32], peer[64];
  char cookie[64], csrf[64];     /* of who is logged in (accounts.h) */
  char binding[64];              /* of who is logging in elsewhere (oidc.h) */
  char accept_encoding[64], accept[128];
  base_text body;
  struct serve_upload *upload;   /* the body goes there (upload.h); NULL: to `body` */
  const char *params[SERVE_PARAMS]; /* the {…} of the route, in `pieces` */
  char pieces[SERVE_PATH];
  char tenant[64], key[64];      /* of the caller; set before the handler runs */
  unsigned scopes;               /* SERVE_SCOPE_… of the caller */
  int by;                        /* SERVE_BY_…: how the caller got in (who.h) */

  /* The answer. */
  int status;                    /* 0: none yet */
  const char *type;              /* of `answer` */
  const char *policy, *cache, *encoding; /* Content-Security-Policy, Cache-Control, Content-Encoding; NULL: nothing may run, no-store, none */
  base_text answer;
  char etag[72], location[1536];
  int retry_after;               /* seconds; 0 none */
  char set_cookie[160];
  char once[40];                 /* once.h: where the answer is kept; "" nowhere */
  bool replayed;                 /* it is the answer of an earlier request */
  double limit_rate, limit_left; /* limit.h: of the key; rate 0: none */
  bool later;                    /* the handler answers later */

  bool streaming;                /* server-sent events: `answer` goes out as it grows, until `ended` */
  bool ended;
  struct serve_conversation *following; /* streaming: whose results, after `cursor` */
  uint64_t cursor;
  bool events_alone;             /* streaming: of the results, events */
  bool watching;                 /* streaming: events of all conversations (watch.h), with this action */
  char action[64];
  bool board, whole;             /* watching: the live conversations at a glance as well (board.h); all are to be told again */
  char only[40];                 /* of this conversation alone; "" all */
  bool panel, cues;              /* an agent's panel: of the one conversation, with what was agreed to; with the strongest cue of each */
  uint64_t missed;               /* events that were left out since it last was told, for it reads slowly */

  void *held;                    /* the handler's own, for what it does later */

  /* Of http.c. */
  bool in_chunks;                /* the body came so: its connection is closed with the answer */
  serve_chunked chunks;
  bool last_chunk;               /* it came, or none can come any more */
  size_t unread;                 /* bytes that came after the answer */
  bool over;                     /* all was written, and is on its way */
  size_t sent;
  bool headed;
  double began;                  /* base_clock() */
  struct serve_request *next;    /* answered, waiting for the loop */
} serve_request;

/* The value of `name` in the query, decoded, or NULL. At most `room` - 1 bytes. */
const char *serve_request_query(const serve_request *request, const char *name, char *to, size_t room);
/* How many a list is asked for (limit=), 1…1000; `usual` where nothing is said. */
size_t serve_request_limit(const serve_request *request, size_t usual);
/* Whether it is to be answered by server-sent events as they come: Accept: text/event-stream, or ?stream=1. */
bool serve_request_streams(const serve_request *request);
/* The body as a JSON object, whatever its type is called, or NULL with 400 answered (line and column). The caller decrefs. */
json_t *serve_request_json(serve_request *request);

/* Answers. */
void serve_answer_json(serve_request *request, int status, const json_t *body);
/* {"type","title","status","detail","remedy"} (RFC 9457); `error` may be NULL. */
void serve_answer_problem(serve_request *request, int status, const char *title, const mien_error *error);
void serve_answer_problem_text(serve_request *request, int status, const char *title, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The status that fits a MIEN_E…, and its problem. */
void serve_answer_error(serve_request *request, const mien_error *error);
/* What came of looking for something or making it: `body` (taken; NULL: no memory for it), or, with a code, `error`; MIEN_EEMPTY: 404. */
void serve_answer_made(serve_request *request, int status, int code, json_t *body, const mien_error *error);
/* From any thread: a request that was answered later is complete. */
void serve_request_done(serve_request *request);

#endif
