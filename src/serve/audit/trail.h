/* trail.h: looking things up in the audit: by what was done, by whom, when, and whom it was about. Reads the file; any thread
 * that may wait for a disk.
 *
 * What it is not: a check; a record is compared with its hash by guard_chain_check alone. */
#ifndef SERVE_TRAIL_H
#define SERVE_TRAIL_H

#include <jansson.h>

#include "base/base.h"

struct serve_server;

enum { TRAIL_IDS = 256, TRAIL_WINDOW = 8 << 20 /* bytes of the audit that one call looks through */ };

typedef struct serve_trail {
  char what[32], key[64], of[64];  /* "" any; `of` is also a conversation */
  char since[24], until[24];       /* a beginning of "2026-01-31T12:00:00Z"; "" any */
  bool person;                     /* only what is about `ids`: a subject, their consents and their conversations */
  char ids[TRAIL_IDS][40];
  size_t id_count;
} serve_trail;

/* What may stand for this subject (their name as the caller gives it), and the conversations of the last TRAIL_WINDOW of the audit
 * in which they took part. */
int serve_trail_of(serve_trail *trail, struct serve_server *server, const char *tenant, const char *subject, mien_error *error);
/* Appends records of the tenant, the newest first, without its name; `before` as in guard_chain_back. It may find fewer than
 * `limit`, or none, and have more to look at (*before > 0). */
int serve_trail_read(struct serve_server *server, const char *tenant, const serve_trail *trail, uint64_t *before, size_t limit, json_t *list, mien_error *error);

#endif
