/* usuals.h: what is usual for a person (mien_session_usual), from one conversation to their next. Kept in the store under the
 * subject's own key, of whom a consent of the purpose "usuals" covers keeping and every modality that is read of them; taken away
 * when that is withdrawn, and with the subject. In the store it is numbers about their voice, face and dims, and nothing of what was
 * said. */
#ifndef SERVE_USUALS_H
#define SERVE_USUALS_H

#include "serve/live/conversation.h"

#define SERVE_USUALS "usuals" /* the purpose */

/* What is known of those of whom something is kept; after serve_keep_begin has found them. */
void serve_usuals_begin(serve_conversation *conversation);
/* In a worker: into a session that was just opened; out of one that is over. */
void serve_usuals_opened(serve_conversation *conversation, mien_session *session);
void serve_usuals_ended(serve_conversation *conversation, const mien_session *session);
void serve_usuals_clear(serve_conversation *conversation);
int serve_usuals_withdrawn(const store_tenant *t, const char *subject, mien_error *error); /* store_subject.id */

#endif
