/* consents.h: what the addresses for consents share. Of the loop's thread. */
#ifndef SERVE_CONSENTS_H
#define SERVE_CONSENTS_H

#include <jansson.h>

#include "guard/guard.h"

struct serve_server;

enum { SERVE_MODALITIES = 4 };
extern const struct serve_modality {
  const char *name;
  unsigned bit; /* MIEN_READ_… */
} serve_modalities[SERVE_MODALITIES];
unsigned serve_modality_named(const char *name); /* MIEN_READ_…; 0: none of that name */
json_t *serve_modalities_json(unsigned read);    /* the names of these, as a list; new reference */
json_t *serve_consent_describe(const guard_consent *consent); /* new reference; NULL: no memory, or not UTF-8 */
/* Withdraws `read` of it, for live streams at once and whatever the disk says, and for what is kept; `key` and `what` go to
 * the audit. */
int serve_consent_withdraw(struct serve_server *server, const char *tenant, const char *id, unsigned read, const char *key, const char *what,
                           mien_error *error);

#endif
