/* recipe.h: how an event becomes a call of somebody else's API: a declarative template in YAML (docs/recipes.md).
 *
 * What it is: method, address, headers and body with places, {{event.rule}}, that are filled in. A place is filled in where
 * it stands and never read again: in the body inside a JSON string, in the address percent-encoded, in a header without
 * control characters; so what an event says cannot add to a call. What it is not: a language; it has no conditions and no
 * loops, and calls nobody (send.h).
 *
 * Threads: read-only once open. */
#ifndef SERVE_RECIPE_H
#define SERVE_RECIPE_H

#include <jansson.h>

#include "serve/calls/send.h"

typedef struct serve_recipe serve_recipe;

/* `name` is for messages. MIEN_EFORMAT with line and column and what to write instead. */
int serve_recipe_read(serve_recipe **recipe, const char *bytes, size_t count, const char *name, mien_error *error);
/* One that ships ("zendesk"), or the path of a file that ends in .yaml. */
int serve_recipe_open(serve_recipe **recipe, const char *name, mien_error *error);
void serve_recipe_close(serve_recipe **recipe);

/* Whether `given` (name to text) are the values ("values") or secrets ("secrets") that it asks for: MIEN_EINVAL names one. */
int serve_recipe_given(const serve_recipe *recipe, const char *what, const json_t *given, mien_error *error);

/* {"title","method","url","values":{name: what it is},"secrets":{…}}; new reference. */
json_t *serve_recipe_describe(const serve_recipe *recipe);

typedef struct recipe_call {
  char method[8];
  base_text url, body, headers[SEND_HEADERS];
  size_t header_count;
} recipe_call;

/* `names`: {"event":{…},"value":{…},"secret":{…},"delivery":{"id":…}}. `base`: in place of scheme and host; "" none.
 * MIEN_EINVAL: a place of the address or a map has no value for this event. Clear the call whatever comes back. */
int serve_recipe_make(const serve_recipe *recipe, const json_t *names, const char *base, recipe_call *call, mien_error *error);
void recipe_call_clear(recipe_call *call);

#endif
