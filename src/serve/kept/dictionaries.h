/* dictionaries.h: personal dictionaries of signals (signals/) that are kept: sealed under the key of the person whose they
 * are, and erased with them. One to a consent that covers keeping: where that is withdrawn, the dictionary goes, or its
 * sounds or faces where only these are. What it is not: it keeps no recording.
 *
 * Threads: a thread of their own for all that learns and tells, with the dictionary used last in memory; putting away what
 * is due and what was withdrawn from any. */
#ifndef SERVE_DICTIONARIES_H
#define SERVE_DICTIONARIES_H

#include <jansson.h>

#include "guard/guard.h"
#include "serve/http/request.h"
#include "serve/kept/about.h"
#include "signals/signals.h"
#include "store/store.h"

struct serve_server;
typedef struct serve_dictionaries serve_dictionaries;
enum { DICTIONARIES_EXAMPLES = 200 /* points of one: learning takes time that grows with their third power */ };

typedef struct serve_dictionary {
  char id[STORE_ID], tenant[64], subject_id[STORE_ID];
  serve_about about;
  double made, until; /* seconds since 1970; until: from the last example on */
  int64_t version;
  signals_dictionary *signals;
} serve_dictionary;

int serve_dictionaries_open(struct serve_server *server, mien_error *error);
void serve_dictionaries_close(struct serve_server *server);
void serve_dictionaries_aside(serve_request *request, void (*work)(serve_request *request));

/* Whether it may be read and kept: what of it (MIEN_READ_VOICE, MIEN_READ_FACE), and fills until. MIEN_EPOLICY. */
int serve_dictionary_decide(struct serve_server *server, serve_dictionary *d, unsigned *read, mien_error *error);
/* In its thread, of the server's memory: good until the next call. MIEN_EEMPTY: there is none. */
int serve_dictionary_get(struct serve_server *server, const char *tenant, const char *id, serve_dictionary **d, mien_error *error);
/* `d` is taken over with its signals where it is put. MIEN_EINVAL: this consent has one already. */
int serve_dictionary_put(struct serve_server *server, serve_dictionary *d, mien_error *error);
int serve_dictionary_change(struct serve_server *server, serve_dictionary *d, mien_error *error);
int serve_dictionary_erase(struct serve_server *server, const char *tenant, const char *id, mien_error *error);
json_t *serve_dictionary_describe(const serve_dictionary *d);
int serve_dictionaries_list(struct serve_server *server, const char *tenant, json_t *list, mien_error *error);

void serve_dictionaries_sweep(struct serve_server *server, double now);
int serve_dictionaries_withdrawn(struct serve_server *server, const char *tenant, const char *consent, unsigned read, mien_error *error);

#endif
