/* login.h: the end of every way to log in: the audit, the cookie, the answer. */
#ifndef SERVE_LOGIN_H
#define SERVE_LOGIN_H

#include "serve/request.h"

/* `request->tenant` is set. Answers 200 with the cookie set, or what went wrong. */
void serve_login_enter(serve_request *request, const char *id, const char *role, unsigned scopes, bool by_key);

#endif
