/* serve/: the engine as a service: live conversations, texts and recordings over the network.
 *
 * What it is: HTTP/1.1 and 2 and WebSocket on libwebsockets, doors for what real callers speak, worker
 * threads for the models. What it is not: it reads nothing itself (engine), permits nothing itself
 * (guard), keeps nothing itself (store).
 *
 * Files: loop.c the sockets; request.c, route.c, http.c one HTTP exchange; problem.c errors; link.c one
 * WebSocket; door_*.c a protocol each; conversation.c who is in a conversation and what may be read of
 * them; live.c, live_read.c, pool.c the inbox, the workers, the results; sound.c, picture.c the wire's
 * sound and pictures; rulebook.c, ruled.c the rules; actions.c, cases.c, webhooks.c, deliveries.c what
 * comes of events; recipe.c calls of CRMs; send.c calls out; api_*.c the resources; jobs.c, job_*.c recordings, upload.c, multipart.c, folder.c
 * where they come from; metrics.c figures.
 *
 * Threads: serve_run is one thread, which owns every socket, request, link and conversation; workers own
 * the engine's sessions (live.h). serve_stop and serve_reload may be called from signal handlers. */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "base/base.h"
#include "serve/settings.h"

typedef struct serve_server serve_server;

/* The engine must outlive the server. Settings are copied. */
int serve_open(serve_server **server, mien_engine *engine, const serve_settings *settings, mien_error *error);
/* The port that is listened on (where the settings said 0, the one that was free). */
int serve_port(const serve_server *server);
int serve_audiosocket_port(const serve_server *server); /* -1: closed */
/* Until serve_stop: then no new work is taken, open conversations are finished, at most
 * `settings.drain` seconds, and it returns. */
int serve_run(serve_server *server);
void serve_stop(serve_server *server);
/* Rules are read again, without an open conversation noticing; what is wrong is written to the audit and standard error,
 * and all stays as it was. */
void serve_reload(serve_server *server);
void serve_close(serve_server **server);

#endif
