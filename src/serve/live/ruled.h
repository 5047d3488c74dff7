/* ruled.h: one conversation under the rules: what is read of it, what is said in it, and what comes of that. An event
 * is a result like any other (live.h), and goes on to whoever keeps or acts on it.
 *
 * What it is not: it carries nothing out, and sees nothing that may not be read: what was dropped never comes here, and
 * on whom cues alone may be read no rule of an emotion is tried (rules.h).
 *
 * Threads: of the worker whose turn the conversation is; closing, once no worker will come any more. */
#ifndef SERVE_RULED_H
#define SERVE_RULED_H

#include "serve/live/conversation.h"

struct serve_ruled;

void serve_ruled_heard(serve_conversation *conversation, double until);
/* Every result, its own events too. */
void serve_ruled_result(serve_conversation *conversation, const mien_event *event, const serve_result *result);
void serve_ruled_close(struct serve_ruled **ruled);

#endif
