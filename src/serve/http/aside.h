/* aside.h: a thread for answers that take long or wait for a disk, so that the loop does not: passwords are slow by intent.
 * Work of many requests is done one after the other. */
#ifndef SERVE_ASIDE_H
#define SERVE_ASIDE_H

#include "serve/http/request.h"

typedef struct serve_aside serve_aside;

int serve_aside_open(serve_aside **aside, mien_error *error);
void serve_aside_close(serve_aside **aside); /* does what waits first */
/* `work` answers the request, in the thread: it may use store, audit and what locks itself; of the request all but wsi. 503
 * where 64 wait already. */
void serve_aside_run(serve_request *request, void (*work)(serve_request *request));
/* The same in a thread other than the server's usual one. */
void serve_aside_run_in(serve_aside *aside, serve_request *request, void (*work)(serve_request *request));

#endif
