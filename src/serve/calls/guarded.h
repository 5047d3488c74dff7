/* guarded.h: what every call to another server has in common, in one place: http and https alone, TLS 1.2 and up, no redirect
 * followed, no proxy of the environment used, an end within the time; and the address that a name was resolved to is looked at
 * when the socket is made, so that the one checked is the one called (address.h). */
#ifndef SERVE_GUARDED_H
#define SERVE_GUARDED_H

#include <curl/curl.h>

#include "base/base.h"

typedef struct serve_guarded {
  bool anywhere; /* its host is named by the operator */
  bool refused;  /* set: the address was not public */
} serve_guarded;

/* `guarded` must live as long as `easy`. `ca`: PEM file of authorities; "" or NULL: those of the system. */
bool serve_guarded_set(CURL *easy, serve_guarded *guarded, const char *url, const char *ca, double timeout);

#endif
