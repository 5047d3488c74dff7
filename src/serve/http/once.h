/* once.h: what a client may say about a request it sends again or about what it believes is there: Idempotency-Key
 * (draft-ietf-httpapi-idempotency-key-header), If-None-Match and If-Match (RFC 9110). Of the loop's thread.
 *
 * An answer of 2xx to a request with a key is kept for a day in the store, sealed; any other answer is not, so that the
 * request may be tried again. What names people (a consent, a case, who is in a session) is not kept: it
 * is made anew. */
#ifndef SERVE_ONCE_H
#define SERVE_ONCE_H

#include "serve/http/request.h"

/* False: the request was answered: as it was the first time; 422 where it is another request; 409 while the first is
 * still being answered. `again` makes the answer of the resource at request->path. */
bool serve_once_begin(serve_request *request, void (*again)(serve_request *request));
/* The request is answered: keeps the answer, sets the ETag, and makes it a 304 where the client has it. */
void serve_once_end(serve_request *request);
/* If-Match: false, with 412 answered, where what `get` answers is not what the client has seen. */
bool serve_once_matches(serve_request *request, void (*get)(serve_request *request));

#endif
