/* route.h: which handler answers which path, and what its caller must be allowed. */
#ifndef SERVE_ROUTE_H
#define SERVE_ROUTE_H

#include "serve/http/request.h"

enum { SERVE_SCOPE_NONE = 0, SERVE_SCOPE_READ = 1, SERVE_SCOPE_STREAM = 2, SERVE_SCOPE_CONSENT = 4,
       SERVE_SCOPE_REVIEW = 8, SERVE_SCOPE_PRIVACY = 16, SERVE_SCOPE_ADMIN = 32, SERVE_SCOPE_ALL = 63,
       SERVE_SCOPE_USER = 64 /* somebody who is logged in; no key has it */ };

typedef struct serve_route {
  int method;          /* SERVE_GET… */
  const char *pattern; /* "/v1/sessions/{id}" */
  unsigned scope;      /* one SERVE_SCOPE_…; NONE: anybody */
  void (*handle)(serve_request *request);
  void (*again)(serve_request *request); /* Idempotency-Key is heeded; makes the answer of what was made (once.h) */
  void (*upload)(serve_request *request); /* before the body comes, where it may go to a file: makes request->upload, or answers */
} serve_route;

/* Before the body comes: where the route takes uploads, checks who calls and begins one, or answers. */
void serve_route_upload(serve_request *request);
/* Finds the route, checks who calls, and runs its handler; answers 404, 405, 401, 403 itself. */
void serve_route_run(serve_request *request);

#endif
