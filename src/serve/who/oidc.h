/* oidc.h: logging in by an organisation's own provider: OpenID Connect, authorization code with PKCE (OpenID Connect Core 1.0 and
 * Discovery 1.0; RFC 6749, 7636). Off unless the settings name an issuer.
 *
 * A login is begun with a random state, nonce and verifier, bound to the browser by a cookie, and ends with one try within ten
 * minutes. Who is logged in gets the role that the settings give for the provider's word for them; nothing of the provider's
 * answer is kept but a hash of issuer and subject, which is their name here.
 *
 * Threads: what calls the provider runs in a thread of its own (aside.h); the rest on the loop. */
#ifndef SERVE_OIDC_H
#define SERVE_OIDC_H

#include "serve/http/request.h"

typedef struct serve_oidc serve_oidc;
struct serve_server;

/* NULL in server->oidc where the settings name no issuer. MIEN_EINVAL: settings that do not go together. */
int serve_oidc_open(struct serve_server *server, mien_error *error);
void serve_oidc_close(struct serve_server *server);

void serve_api_login_ways(serve_request *request);    /* GET /v1/login */
void serve_api_oidc_begin(serve_request *request);    /* GET /v1/login/oidc */
void serve_api_oidc_callback(serve_request *request); /* GET /v1/login/oidc/callback */

#endif
