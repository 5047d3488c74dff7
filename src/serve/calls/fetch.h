/* fetch.h: one call to another server whose answer is wanted: waits for it, so never on the loop. No redirect is followed, no
 * proxy of the environment used; an address that is not public is refused unless its host is named (address.h). */
#ifndef SERVE_FETCH_H
#define SERVE_FETCH_H

#include "base/base.h"

enum { FETCH_MOST = 256 << 10 /* bytes of an answer */ };

typedef struct serve_fetch {
  const char *url, *hosts; /* hosts: as serve_url_check */
  const char *form;        /* application/x-www-form-urlencoded, POST; NULL: GET */
  const char *json;        /* application/json, POST; NULL: none */
  const char *user, *password; /* HTTP Basic; NULL none */
  const char *bearer;      /* Authorization: Bearer; NULL none */
  const char *ca;          /* PEM file of authorities; "" or NULL: those of the system */
  double timeout;          /* seconds */
} serve_fetch;

/* The body of an answer of status 200, in `body`. MIEN_EIO says what became of it; MIEN_EINVAL: the address may not be called. */
int serve_fetch_run(const serve_fetch *what, base_text *body, mien_error *error);
/* `text` as it stands in a query or a form. */
void serve_fetch_escape(base_text *to, const char *text);

#endif
