/* endpoints.h: what an operator's settings, or a caller, say of an endpoint, checked. */
#ifndef SERVE_ENDPOINTS_H
#define SERVE_ENDPOINTS_H

#include "serve/actions/webhooks.h"
#include "yaml/tree.h"

/* The map `endpoints` of the settings: names and kinds, with the line of what is wrong. */
int serve_endpoints_check(const yaml_tree *tree, const yaml_node *map, mien_error *error);
/* One of them, as JSON; its secrets are read from where they are ("env:NAME", "file:PATH"). */
int serve_endpoint_take(serve_endpoint *endpoint, const char *name, const json_t *is, const char *hosts, mien_error *error);
/* {"url","rules","actions","secret","signature"}: as a caller asks; without a secret one is made. */
int serve_endpoint_asked(serve_endpoint *endpoint, const json_t *asked, const char *hosts, mien_error *error);
/* "env:NAME" or "file:PATH" to what it holds, without the newline at its end. */
int serve_secret_read(const char *reference, char *to, size_t room, mien_error *error);

#endif
