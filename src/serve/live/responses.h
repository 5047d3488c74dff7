/* responses.h: what suggestions are taken from: the library inside or the operator's own folder (`respond.library`), with the
 * scorer of `respond.scorer` where one is set. Never changes once it is open: a reload opens another.
 *
 * Threads: opened, taken, held and asked of the loop's thread, for a scorer answers one at a time; released of any. */
#ifndef SERVE_RESPONSES_H
#define SERVE_RESPONSES_H

#include <stdatomic.h>

#include "mien_respond.h"
#include "serve/settings.h"

typedef struct serve_responses {
  atomic_int held;
  mien_respond *library;
} serve_responses;

/* Checked whole: MIEN_EFORMAT names the folder, the file and the entry (or line and column); MIEN_EIO, MIEN_EMODEL, MIEN_ENOMEM. */
int serve_responses_open(serve_responses **responses, const serve_settings *settings, mien_error *error);
serve_responses *serve_responses_hold(serve_responses *responses);
void serve_responses_release(serve_responses **responses);

#endif
