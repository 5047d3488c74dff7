/* collections.h: feedback that was sent as a file: read text by text, kept sealed, and looked at as figures (insight/).
 *
 * What it is: a thread that reads what was uploaded, one file after the other; and a thread of figures, with the last
 * collection in memory. What it is not: it computes no figure itself. In the store a collection is a head and parts of it,
 * sealed under the key of the subject that the consent is of (a survey, say), or the tenant's own where the policy asks
 * for no consent: whoever erases the subject has erased them. It is decided by guard/ when it is sent, and again at every
 * look. After the policy's time, or the settings', it is taken away.
 *
 * Threads: serve_collections_… of the loop's; the rest says where. */
#ifndef SERVE_COLLECTIONS_H
#define SERVE_COLLECTIONS_H

#include <jansson.h>

#include "guard/guard.h"
#include "insight/rows.h"
#include "serve/http/request.h"
#include "serve/kept/about.h"
#include "store/store.h"

struct serve_server;
typedef struct serve_collections serve_collections;

typedef struct serve_collection { /* its head */
  char id[STORE_ID], tenant[64], subject_id[STORE_ID]; /* "": the tenant's own */
  serve_about about;
  char state[16];       /* "reading" "ready" "failed" */
  double made, until;   /* seconds since 1970 */
  int64_t version;
  size_t rows, lost;
  char why[256];        /* where it failed; "" */
  json_t *notes;        /* lines that were left out; owned */
} serve_collection;

int serve_collections_open(struct serve_server *server, mien_error *error); /* those that were cut off have failed */
void serve_collections_close(struct serve_server *server);

/* Puts the head, and the file in line. `file` is taken. MIEN_EAGAIN: 16 wait. Any thread. */
int serve_collection_begin(struct serve_server *server, serve_collection *c, int file, const insight_columns *columns, mien_error *error);
/* Decides whether it may be read and kept; fills c->until. Any thread. */
int serve_collection_decide(struct serve_server *server, serve_collection *c, mien_error *error);
json_t *serve_collection_describe(struct serve_server *server, const serve_collection *c);
/* The figures; in the thread of figures alone. `format`: "json", "csv", "html". */
int serve_collection_figures(struct serve_server *server, const serve_collection *c, const insight_ask *ask, const char *format, base_text *out, mien_error *error);
/* In the thread of figures: it is gone from memory, and is not read any further. */
void serve_collection_forget(struct serve_server *server, const char *id);
void serve_collections_aside(serve_request *request, void (*work)(serve_request *request));

/* collection_kept.c: in the store; any thread. */
int serve_collection_put(struct serve_server *server, serve_collection *c, mien_error *error);    /* the head, for the first time */
int serve_collection_change(struct serve_server *server, serve_collection *c, mien_error *error);
int serve_collection_get(struct serve_server *server, const char *tenant, const char *id, serve_collection *c, mien_error *error); /* clear it */
void serve_collection_clear(serve_collection *c);
typedef int (*serve_collection_each)(void *context, serve_collection *c);
int serve_collection_list(struct serve_server *server, const char *tenant, serve_collection_each each, void *context, mien_error *error);
int serve_collection_save(struct serve_server *server, const serve_collection *c, const insight *in, mien_error *error); /* its parts */
int serve_collection_load(struct serve_server *server, const serve_collection *c, insight *in, mien_error *error);
int serve_collection_erase(struct serve_server *server, const serve_collection *c, mien_error *error);
void serve_collections_sweep(struct serve_server *server, double now);   /* those that are due */
void serve_collections_interrupted(struct serve_server *server);         /* those that were being read */

#endif
