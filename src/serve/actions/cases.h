/* cases.h: what a person has to decide: made of events whose actions name `case` or `person`, or whose rule is `always`;
 * decided with a reason; corrected where Mien was wrong, which is kept for `mien adapt`. Nothing of consequence comes of
 * an event but what a person decides.
 *
 * A case is open, accepted, rejected or corrected, and is erased with its session or its subject (store.h). */
#ifndef SERVE_CASES_H
#define SERVE_CASES_H

#include <jansson.h>

#include "serve/actions/actions.h"

struct serve_server;

enum { CASE_REASON = 2000 /* bytes */, CASE_DECISIONS = 16 };

/* Of the thread of actions. */
int serve_case_make(const store_tenant *t, const serve_action *action, mien_error *error);
/* {"case","state","made","version","session","event",…}: new reference, NULL no memory. */
json_t *serve_case_describe(const store_item *item);
/* `asked`: {"decision":"accept|reject|correct","reason":…,"correction":{…},"version":…}. On return it is on the disk.
 * MIEN_EINVAL names what is wrong; MIEN_EPOLICY: it was changed meanwhile; MIEN_EEMPTY: there is none. `described`: as
 * serve_case_describe. */
int serve_case_decide(const store_tenant *t, const char *id, const char *by, const json_t *asked, json_t **described, mien_error *error);
/* A consent for `read` was withdrawn: cases of theirs that may rest on it go, and what is on its way to a webhook. */
int serve_cases_withdraw(const store_tenant *t, const char *subject, const char *purpose, unsigned read, mien_error *error);
/* Those of nobody whose time is over. */
int serve_cases_sweep(store *s, double now, mien_error *error);

#endif
