/* conversation.h: one conversation of the service: who is in it, what may be read of them, who listens, and
 * the live reading (live.h) under it. Of the loop's thread, but for `hold`, `release` and `seen`. */
#ifndef SERVE_CONVERSATION_H
#define SERVE_CONVERSATION_H

#include <jansson.h>
#include <stdatomic.h>

#include "guard/guard.h"
#include "serve/live/live.h"
#include "store/store.h"

struct serve_server;
struct serve_request;

enum { SERVE_ID = 40 };

typedef struct serve_conversation {
  atomic_int held;
  struct serve_server *server;
  serve_live *live;
  char id[SERVE_ID];          /* "s_" and 32 hexadecimal digits */
  char tenant[64];
  uint8_t token_hash[32];     /* of what a client rejoins with */
  char purpose[64], context[64], jurisdiction[32];
  char reference[64];         /* of the opener's own, for what comes of events: a ticket, a record; "" none */
  char statement[GUARD_ID]; /* "" none */
  bool notice_given, observe;
  guard_person people[SERVE_PEOPLE]; /* as asked */
  size_t person_count;
  guard_answer allowed;       /* as decided last */
  double opened;              /* seconds since 1970 */
  double alone_since;         /* base_clock() since nobody feeds it; NAN */
  double last_turn;           /* base_clock() of the last turn by a request while no stream feeds it; -INFINITY none */
  size_t links;               /* that follow it, server-sent events among them */
  struct serve_link *followers; /* the WebSockets among them (serve_link.beside) */
  uint64_t watched;           /* watch.h has looked at its results so far */
  size_t streams;             /* server-sent events that follow it */
  double looked;              /* base_clock() when somebody last looked at its results, 0 never */
  char looked_by[64];         /* with which key */
  bool finished;              /* its last result is there */
  struct serve_conversation *next; /* of the same hash */
  store_tenant keeping;       /* keep.h: where results of theirs go */
  bool kept;
  double keep_until;          /* seconds since 1970, of what is kept */
  char subjects[SERVE_PEOPLE][STORE_ID]; /* of whom something is kept; "" nobody */
  atomic_uint keep[SERVE_PEOPLE]; /* MIEN_READ_… of what may be kept of them now */
  char *usual[SERVE_PEOPLE];     /* usuals.h: of before, JSON; NULL none */
  struct serve_job *job;      /* jobs.h: it is a recording, fed by nobody else; NULL: it is live */
  struct serve_glance *glance; /* glance.h */
  uint64_t board_version, board_changed; /* board.h: as it was looked at last, and in which round that was new */
  double board_need;
  bool board_ended;
  struct serve_ruled *ruled;  /* ruled.h, of the worker; NULL before the first that is fed */
  bool changed;               /* under the server's lock, as next_changed */
  struct serve_conversation *next_changed;
} serve_conversation;

enum { SERVE_TOKEN = 2 * 32 + 1 };

/* `what`: the "open" of docs/asyncapi.yaml. NULL: refused, why in `error`. Else it may be followed and fed at once, is read once
 * it is on record (opening.h), and then who waits is told: `request`, or with NULL the link that follows it. */
serve_conversation *serve_conversation_open(struct serve_server *server, const char *tenant, json_t *what,
                                            struct serve_request *request, mien_error *error);
/* It is on record: it is listed and read from now on. Or it could not be put there: it is let go, and never read. */
void serve_conversation_written(serve_conversation *conversation, bool kept);
/* The same for a recording of a job, which it holds; on record when it returns. */
serve_conversation *serve_conversation_open_job(struct serve_server *server, const char *tenant, json_t *what, struct serve_job *job,
                                                mien_error *error);
/* {"session","token","read":{who:[…]},"notice"…}: what the opener is told. New reference. */
json_t *serve_conversation_opened(const serve_conversation *conversation, const char *token);
json_t *serve_conversation_describe(serve_conversation *conversation); /* new reference */
const char *serve_conversation_mode(const serve_conversation *conversation, size_t person); /* "nothing", "observations_only", "full" */
json_t *serve_conversation_people(const serve_conversation *conversation); /* what may be read of each; new reference */

/* NULL: none of that id for this tenant. */
serve_conversation *serve_conversation_find(struct serve_server *server, const char *tenant, const char *id);
/* Of any tenant, by its token; or, for a caller who has no words, one that nobody has fed or followed yet. */
serve_conversation *serve_conversation_of_token(struct serve_server *server, const char *id, const char *token);
serve_conversation *serve_conversation_unfed(struct serve_server *server, const char *id);
bool serve_conversation_token_fits(const serve_conversation *conversation, const char *token);
serve_conversation *serve_conversation_hold(serve_conversation *conversation);
void serve_conversation_release(serve_conversation **conversation);
serve_conversation *serve_conversation_joined(serve_conversation *conversation);
void serve_conversation_left(serve_conversation **conversation);

/* Server-sent events: begins to follow, adds what is new to the answer, ends. */
void serve_conversation_follow(struct serve_request *request, serve_conversation *conversation, uint64_t after);
void serve_conversation_stream(struct serve_request *request);
void serve_conversation_unstream(struct serve_request *request);

void serve_conversation_said(serve_conversation *conversation); /* a turn by a request: the next is waited for */
/* It has new results, or room: wakes who follows it. */
void serve_conversation_changed(serve_conversation *conversation);
/* In a worker: a result, before anybody has it. */
void serve_conversation_seen(serve_conversation *conversation, const mien_event *event, const serve_result *result);

/* Decides again for all whom a consent may concern: one was granted, withdrawn, or has run out. */
void serve_conversations_decide(struct serve_server *server);
/* The same for one, whether it is among those that are open or not: conversation->allowed is what may be read of it now. */
void serve_conversation_decide(serve_conversation *conversation);
void serve_conversations_finish(struct serve_server *server); /* all of them */
void serve_conversations_sweep(struct serve_server *server);  /* each second: ends what nobody feeds, forgets what ended */
void serve_conversations_clear(struct serve_server *server);

#endif
