/* serve/: the engine as a service: live conversations, texts and recordings over the network.
 *
 * What it is: HTTP/1.1 and 2 and WebSocket on libwebsockets, doors for what real callers speak, worker
 * threads for the models. What it is not: it reads nothing itself (engine), permits nothing itself
 * (guard), keeps nothing itself (store).
 *
 * Folders: http/ one exchange; who/ who calls and what they may; audit/ what is written down of it; doors/ a protocol each;
 * live/ conversations, workers, results, rules; jobs/ recordings; actions/ what comes of events; calls/ other servers; kept/
 * what goes to the store; api/ the resources. loop.c: the sockets.
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
