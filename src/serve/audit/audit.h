/* audit.h: what the service writes into its chain: who opened what, what was refused, who looked. Ids, names of
 * purposes and times; never anything said or shown. */
#ifndef SERVE_AUDIT_H
#define SERVE_AUDIT_H

#include "serve/live/conversation.h"

struct serve_server;

/* The installation's key (DIR/install.key): 32 random bytes that only its owner may read. `make`: made where there is none, and
 * refused where others may read it. */
int serve_audit_key(const char *data, bool make, uint8_t key[GUARD_HASH], mien_error *error);
/* Opens policies, ledger of consents and audit in the data folder (its key is made there). */
int serve_audit_open(struct serve_server *server, mien_error *error);
void serve_audit_close(struct serve_server *server);

/* Put into the chain, not settled: of the writer (writer.h). */
int serve_audit_opened(struct serve_server *server, const serve_conversation *conversation, mien_error *error);
void serve_audit_closed(struct serve_server *server, serve_conversation *conversation);
/* Given to the writer. */
void serve_audit_refused(struct serve_server *server, const char *tenant, const char *purpose, const char *context,
                         const char *jurisdiction, const mien_error *why);
/* Settled: `key` (its id) looked at or did `what` ("results", "grant", "withdraw") of `of`. */
int serve_audit_did(struct serve_server *server, const char *tenant, const char *key, const char *what, const char *of, mien_error *error);

#endif
