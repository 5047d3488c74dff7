/* address.h: whether a server that somebody names may be called: the guard against being made to call what only this
 * machine can reach (server-side request forgery). Any thread. */
#ifndef SERVE_ADDRESS_H
#define SERVE_ADDRESS_H

#include <sys/socket.h>

#include "base/base.h"

/* False for this machine, its networks, link-local (169.254.169.254, where clouds keep credentials), shared, documentation,
 * multicast and reserved addresses, and IPv6 ones that carry another address inside (IANA's special-purpose registries,
 * RFC 6890 and after). What is not known to be public is not. */
bool serve_address_public(const struct sockaddr *address);

/* Whether this host (and port) is among `hosts`, names with commas between them, "host" or "host:port": those that the
 * operator lets be called wherever they are. */
bool serve_address_named(const char *hosts, const char *host, int port);

/* An address that may be called: https, or http where the host is named; without user or password; no address that is not
 * public. MIEN_EINVAL with what is wrong. `named` (may be NULL): as serve_address_named. */
enum { SERVE_URL = 1024 };
int serve_url_check(const char *url, const char *hosts, bool *named, mien_error *error);

#endif
