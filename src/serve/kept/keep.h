/* keep.h: what the service keeps in the store: readings, states and events of those whose consent covers keeping. Of
 * the loop's thread, but for serve_keep_result. */
#ifndef SERVE_KEEP_H
#define SERVE_KEEP_H

#include "serve/live/conversation.h"
#include "serve/settings.h"

struct serve_server;

typedef struct serve_keep {
  store *store;
  vault *masters[2];
  double swept; /* base_clock() */
} serve_keep;

/* Where the settings say, without a server: for `mien keys`. `keep` is zero before; clear it, whatever comes back. */
int serve_keep_of(serve_keep *keep, const serve_settings *settings, mien_error *error);
void serve_keep_clear(serve_keep *keep);

int serve_keep_open(struct serve_server *server, mien_error *error);
void serve_keep_close(struct serve_server *server); /* after the workers have ended */
void serve_keep_sweep(struct serve_server *server); /* each second; works each ten minutes */

/* Of a participant with a subject whose consent says so, where the policy lets results be kept. */
int serve_keep_begin(serve_conversation *conversation, mien_error *error);
unsigned serve_keep_rests(const mien_event *event); /* MIEN_READ_…: what it was read from; any thread */
void serve_keep_result(serve_conversation *conversation, const mien_event *event, const serve_result *result); /* in a worker */
/* An event about this participant (-1: nobody alone), in a worker: kept where all that is read of them may be. */
void serve_keep_event(serve_conversation *conversation, int person, const serve_result *result);
void serve_keep_end(serve_conversation *conversation);
/* `read` of a consent was withdrawn: what rests on it is taken away, all of the subject where nothing else covers them. */
int serve_keep_withdrawn(struct serve_server *server, const char *tenant, const char *consent, unsigned read, mien_error *error);

#endif
