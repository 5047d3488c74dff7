/* login.h: the end of every way to log in: the audit, the cookie, the answer. */
#ifndef SERVE_LOGIN_H
#define SERVE_LOGIN_H

#include "serve/who/who.h"

/* Answers 200 with the cookie set, or what went wrong. `role` is for the answer alone. */
void serve_login_enter(serve_request *request, const serve_who *who, const char *role);

#endif
