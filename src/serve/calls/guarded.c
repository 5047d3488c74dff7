/* guarded.c: see guarded.h. */
#include "serve/calls/guarded.h"

#include "serve/calls/address.h"

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
  serve_guarded *guarded = context;
  if (!guarded->anywhere && !serve_address_public(&address->addr)) {
    guarded->refused = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool serve_guarded_set(CURL *easy, serve_guarded *guarded, const char *url, const char *ca, double timeout) {
  bool ok = true;
#define SET(option, value) ok = ok && curl_easy_setopt(easy, option, value) == CURLE_OK
  SET(CURLOPT_URL, url);
  SET(CURLOPT_PROTOCOLS_STR, "https,http");
  SET(CURLOPT_USERAGENT, "mien/" MIEN_VERSION);
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_PROXY, "");
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  if (ca && *ca) {
    SET(CURLOPT_CAINFO, ca);
    SET(CURLOPT_CAPATH, (char *)NULL);
  }
  SET(CURLOPT_TIMEOUT_MS, (long)(timeout * 1000));
  SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(BASE_MIN(timeout, 5) * 1000));
  SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  SET(CURLOPT_OPENSOCKETDATA, guarded);
  SET(CURLOPT_QUICK_EXIT, 1L); /* does not wait for a name server that hangs */
  SET(CURLOPT_FORBID_REUSE, 1L); /* each call has its address looked at */
#undef SET
  return ok;
}
