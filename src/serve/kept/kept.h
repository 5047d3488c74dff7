/* kept.h: conversations that have ended and are kept, for the addresses that also show those that are open. Every look
 * is in the audit. Of the loop's thread. */
#ifndef SERVE_KEPT_H
#define SERVE_KEPT_H

#include "serve/http/request.h"
#include "serve/live/conversation.h"

/* The caller looks at somebody's results or sessions: false, with 503 answered, where the audit cannot be written. */
bool serve_kept_look(serve_request *request, const char *what, const char *of);
/* The same for an open conversation, once a minute for each key. */
bool serve_kept_look_open(serve_request *request, serve_conversation *conversation);

/* Answers for the session of the path, which is not open: as it is kept, or 404. */
void serve_kept_session(serve_request *request);
void serve_kept_results(serve_request *request);

#endif
