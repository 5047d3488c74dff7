/* accounts.h: people who log in: their accounts in the store, sealed under the tenant's key, and who is logged in now.
 *
 * A password is kept as its Argon2id hash (libsodium), a second factor as the secret of TOTP. Who is logged in is in memory
 * alone: a cookie's hash, to the end of 30 minutes without a request or of 12 hours. Any thread. */
#ifndef SERVE_ACCOUNTS_H
#define SERVE_ACCOUNTS_H

#include <jansson.h>

#include "serve/who/who.h"
#include "store/store.h"

typedef struct serve_accounts serve_accounts;
struct serve_server;

int serve_accounts_open(serve_accounts **accounts, mien_error *error);
void serve_accounts_close(serve_accounts **accounts);

/* agent: read, stream. supervisor: read, stream, review. analyst: read. privacy_officer: consent, privacy. administrator: all but
 * privacy. Each with SERVE_SCOPE_USER. 0: no such role. */
unsigned serve_role_scopes(const char *role);

/* ---- Logged in ---- */

enum { SERVE_COOKIE = 43, SERVE_COOKIE_ROOM = 64 };
/* `cookie` and `csrf` (SERVE_COOKIE_ROOM bytes) are given once. MIEN_EAGAIN: too many are logged in. */
int serve_accounts_enter(serve_accounts *accounts, const serve_who *who, char *cookie, char *csrf, mien_error *error);
/* The CSRF token that belongs to a cookie: made of it, so that pages opened later can be told it again. */
void serve_accounts_csrf(const char *cookie, char *csrf);
enum { SERVE_NOBODY, SERVE_LOGGED_IN, SERVE_FORGED /* the cookie is right, the CSRF token is not */ };
/* `csrf` NULL: a request that changes nothing. */
int serve_accounts_who(serve_accounts *accounts, const char *cookie, const char *csrf, serve_who *who);
void serve_accounts_leave(serve_accounts *accounts, const char *cookie);
void serve_accounts_expel(serve_accounts *accounts, const char *user); /* all of this user's */

/* ---- Accounts: slow, not for the loop ---- */

typedef struct serve_login {
  const char *name, *password, *code; /* code: "" none */
} serve_login;

/* MIEN_EINVAL: password of 12 to 128 bytes, name of 1 to 63, role. `id` has STORE_ID bytes. */
int serve_account_make(const store_tenant *t, const char *name, const char *password, const char *role, char *id, mien_error *error);
/* MIEN_EPOLICY: name, password or code is wrong, in the same time for each; *second: the password is right and a code is needed.
 * `t` NULL: there is no such tenant. `role` has 32 bytes. */
int serve_account_check(const store_tenant *t, const serve_login *login, char *id, char *role, bool *second, mien_error *error);
/* A new password; the second factor is taken away where `reset`. */
int serve_account_password(const store_tenant *t, const char *id, const char *password, bool reset, mien_error *error);
/* A new secret that waits until a code of it is confirmed (`secret`: TOTP_BASE32 bytes). */
int serve_account_totp(const store_tenant *t, const char *id, char *secret, mien_error *error);
int serve_account_confirm(const store_tenant *t, const char *id, const char *code, mien_error *error);
/* {"user","name","role","made","second_factor"} of an item; new reference. */
json_t *serve_account_describe(const store_item *item);
/* The same of a user, in *body. */
int serve_account_get(const store_tenant *t, const char *id, json_t **body, mien_error *error);
/* Where the accounts of the caller's tenant are. MIEN_EUNSUPPORTED: the store is off. */
int serve_accounts_tenant(struct serve_server *server, const char *tenant, store_tenant *t, mien_error *error);

#endif
