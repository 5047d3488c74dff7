/* watch.h: events of all conversations of a tenant as they come (server-sent events), for the screens of those who look
 * after many. What fired before is at the conversations and at the cases. Of the loop's thread. */
#ifndef SERVE_WATCH_H
#define SERVE_WATCH_H

#include "serve/http/request.h"
#include "serve/live/conversation.h"

/* Answers the request with what fires from now on, with `action` (of the query; none: all). */
void serve_watch_begin(serve_request *request);
void serve_watch_end(serve_request *request);
/* It has new results. */
void serve_watch_look(serve_conversation *conversation);

#endif
