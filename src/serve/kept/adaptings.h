/* adaptings.h: the policies of adapt/ that applications have made: each a log in the data folder, DATA/adapt/TENANT/ID.SUBJECT.jsonl
 * (hashes, mode 0600), loaded when it is first asked for, and written and synced before anything it says is done.
 *
 * What is in a log: numbers, and ids that the application chose; of whom, only as a keyed hash in the file's name, so that
 * erasing a subject takes their policies too. Any thread: one lock for all. */
#ifndef SERVE_ADAPTINGS_H
#define SERVE_ADAPTINGS_H

#include "mien_adapt.h"
#include "serve/http/request.h"

enum { ADAPTING_ID = 24, ADAPTINGS_TENANT = 1000 /* policies of a tenant */, ADAPTINGS_OPEN = 64 /* in memory */ };

typedef struct serve_adaptings serve_adaptings;

int serve_adaptings_open(serve_adaptings **adaptings, const char *data, const uint8_t key[32], mien_error *error);
void serve_adaptings_close(serve_adaptings **adaptings);

/* A new policy; `id` has ADAPTING_ID bytes. `subject` NULL: of nobody. */
int serve_adapting_make(serve_adaptings *adaptings, const char *tenant, const char *subject, const char *json, size_t bytes, char *id, mien_error *error);
/* Holds the lock until release. MIEN_EEMPTY: there is none. The policy is good until then. */
int serve_adapting_hold(serve_adaptings *adaptings, const char *tenant, const char *id, mien_adapt **policy, mien_error *error);
void serve_adapting_release(serve_adaptings *adaptings);
/* Its log, as it is; the caller clears. */
int serve_adapting_log(serve_adaptings *adaptings, const char *tenant, const char *id, base_text *log, mien_error *error);
int serve_adapting_erase(serve_adaptings *adaptings, const char *tenant, const char *id, mien_error *error);
int serve_adaptings_forget(serve_adaptings *adaptings, const char *tenant, const char *subject, size_t *count, mien_error *error); /* all of theirs */
/* Calls `take` with each id. */
int serve_adaptings_list(serve_adaptings *adaptings, const char *tenant, int (*take)(void *context, const char *id), void *context, mien_error *error);

#endif
