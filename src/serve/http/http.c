/* http.c: one HTTP exchange on libwebsockets: headers and body in, answer out. Every limit of a request is
 * kept here. */
#include <libwebsockets.h>
#include <stdio.h>
#include <strings.h>

#include "serve/http/once.h"
#include "serve/http/route.h"
#include "serve/jobs/upload.h"
#include "serve/live/conversation.h"
#include "serve/server.h"
#include "serve/who/who.h"

enum { CREDIT = 256 << 10, UNREAD = 1 << 20 /* bytes of a refused body that are waited for */, PART = 16 << 10, HEADERS = 2048, STREAM_LIMIT = 4 << 20 };

static void copy_header(struct lws *wsi, enum lws_token_indexes token, char *to, size_t room) {
  if (lws_hdr_copy(wsi, to, (int)room, token) < 0) *to = 0;
}

static void copy_custom(struct lws *wsi, const char *name, char *to, size_t room) {
  if (lws_hdr_custom_copy(wsi, to, (int)room, name, (int)strlen(name)) < 0) *to = 0;
}

static bool copy_query(struct lws *wsi, char *to, size_t room) {
  size_t used = 0;
  char part[SERVE_QUERY];
  for (int i = 0, n; (n = lws_hdr_copy_fragment(wsi, part, sizeof part, WSI_TOKEN_HTTP_URI_ARGS, i)) > 0; i++) {
    if (used + (size_t)n + 2 > room) return false;
    used += (size_t)snprintf(to + used, room - used, "%s%s", i ? "&" : "", part);
  }
  return true;
}

static int method_of(int lws_method) {
  switch (lws_method) {
  case LWSHUMETH_GET: return SERVE_GET;
  case LWSHUMETH_POST: return SERVE_POST;
  case LWSHUMETH_PUT: return SERVE_PUT;
  case LWSHUMETH_DELETE: return SERVE_DELETE;
  case LWSHUMETH_PATCH: return SERVE_PATCH;
  case LWSHUMETH_HEAD: return SERVE_HEAD;
  case LWSHUMETH_OPTIONS: return SERVE_OPTIONS;
  default: return 0;
  }
}

/* The addresses of Hume's clients take our key in their header. */
static void hume_key(serve_request *request) {
  char key[128];
  copy_custom(request->wsi, "x-hume-api-key:", key, sizeof key);
  if (*key) snprintf(request->authorization, sizeof request->authorization, "Bearer %s", key);
}

/* The answer is complete, or will be given later. */
static int answered(serve_request *request) {
  if (!request->later && !request->status)
    serve_answer_problem_text(request, 500, "Internal error", "the handler gave no answer");
  if (request->later) return 0;
  serve_once_end(request);
  lws_callback_on_writable(request->wsi);
  return 0;
}

int serve_http_begin(serve_server *server, struct lws *wsi, serve_request **slot) {
  serve_http_gone(slot);
  char *path;
  int path_bytes, method = method_of(lws_http_get_uri_and_method(wsi, &path, &path_bytes));
  serve_request *request = base_alloc(1, sizeof *request);
  if (!request) return -1;
  *slot = request;
  request->server = server;
  request->wsi = wsi;
  request->method = method;
  request->began = base_clock();
  snprintf(request->path, sizeof request->path, "%.*s", path_bytes, path);
  bool query_fits = copy_query(wsi, request->query, sizeof request->query);
  copy_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, request->authorization, sizeof request->authorization);
  if (!*request->authorization && !strncmp(request->path, "/v0/", 4)) hume_key(request);
  copy_header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, request->content_type, sizeof request->content_type);
  copy_header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, request->match, sizeof request->match);
  copy_header(wsi, WSI_TOKEN_HTTP_IF_MATCH, request->if_match, sizeof request->if_match);
  copy_custom(wsi, "idempotency-key:", request->idempotency, sizeof request->idempotency);
  if (!*request->idempotency) serve_request_query(request, "idempotency_key", request->idempotency, sizeof request->idempotency); /* HTTP/2 */
  copy_custom(wsi, "last-event-id:", request->last_event, sizeof request->last_event);
  serve_who_cookie(wsi, "mien_session", request->cookie, sizeof request->cookie);
  serve_who_cookie(wsi, "mien_oidc", request->binding, sizeof request->binding);
  copy_header(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, request->accept_encoding, sizeof request->accept_encoding);
  copy_header(wsi, WSI_TOKEN_HTTP_ACCEPT, request->accept, sizeof request->accept);
  copy_custom(wsi, "x-csrf-token:", request->csrf, sizeof request->csrf);
  if (!*request->csrf) serve_request_query(request, "csrf", request->csrf, sizeof request->csrf); /* HTTP/2 */
  lws_get_peer_simple(wsi, request->peer, sizeof request->peer);
  char length[24] = "", coding[24] = "";
  copy_header(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING, coding, sizeof coding);
  copy_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, length, sizeof length);
  unsigned long long announced = strtoull(length, NULL, 10);
  request->in_chunks = *coding;
  if (*coding && (*length || strcasecmp(coding, "chunked"))) {
    serve_answer_problem_text(request, *length ? 400 : 501, "Not a body", *length ? "Content-Length and Transfer-Encoding say different things" : "'chunked' is the only Transfer-Encoding known here");
    return answered(request);
  }
  bool body_comes = method & (SERVE_POST | SERVE_PUT | SERVE_PATCH) && !(*length && !announced);
  if (body_comes && path_bytes < SERVE_PATH && query_fits) serve_route_upload(request);
  size_t most = (size_t)(request->upload ? server->settings.jobs_upload : server->settings.body);
  if (request->status) return answered(request);
  if (path_bytes >= SERVE_PATH || !query_fits)
    serve_answer_problem_text(request, 414, "Address too long", "the path takes 511 bytes, the query 1023");
  else if (announced > most) serve_answer_problem_text(request, 413, "Body too large", "the body may have %zu bytes", most);
  else if (!body_comes) serve_route_run(request);
  else return 0; /* the body comes */
  return answered(request);
}

static void end_upload(serve_request *request) {
  if (request->upload) request->server->uploads--;
  serve_upload_close(&request->upload);
}

static int take_body(serve_request *request, const void *bytes, size_t count) {
  mien_error error = {0};
  if (request->upload && !serve_upload_feed(request->upload, bytes, count, &error)) return 0;
  if (request->upload) {
    serve_answer_error(request, &error);
    end_upload(request);
    return answered(request);
  }
  if (request->body.length + count > (size_t)request->server->settings.body) {
    serve_answer_problem_text(request, 413, "Body too large", "the body may have %d bytes", request->server->settings.body);
    base_text_clear(&request->body);
    return answered(request);
  }
  base_text_add(&request->body, bytes, count);
  return request->body.failed ? -1 : 0;
}

int serve_http_body(serve_request *request, void *bytes, size_t count) {
  bool answered_before = request->status || request->later;
  if (lws_wsi_tx_credit(request->wsi, LWSTXCR_PEER_TO_US, 0) < CREDIT / 2) /* HTTP/2: libwebsockets 4.1 forgets to let more come */
    lws_wsi_tx_credit(request->wsi, LWSTXCR_PEER_TO_US, CREDIT);
  if (!request->in_chunks) return answered_before ? 0 : take_body(request, bytes, count);
  bool wrong = serve_chunked_take(&request->chunks, bytes, &count) != MIEN_OK;
  request->last_chunk = wrong || serve_chunked_complete(&request->chunks);
  if (answered_before) return request->over && (request->last_chunk || (request->unread += count) > UNREAD) ? -1 : 0;
  if (wrong) {
    serve_answer_problem_text(request, 400, "Not a body", "these are no chunks (RFC 9112, 7.1)");
    end_upload(request);
    return answered(request);
  }
  int code = count ? take_body(request, bytes, count) : 0;
  return code || request->status || !serve_chunked_complete(&request->chunks) ? code : serve_http_body_end(request);
}

int serve_http_body_end(serve_request *request) {
  mien_error error = {0};
  char whole[65];
  if (request->status || request->later) return 0;
  if (request->in_chunks && !serve_chunked_complete(&request->chunks)) /* libwebsockets gave up at 100 MB */
    serve_answer_problem_text(request, 413, "Body too large", "say how long it is: Content-Length");
  else if (request->upload && serve_upload_end(request->upload, &error)) serve_answer_error(request, &error);
  else {
    if (request->upload) serve_upload_fingerprint(request->upload, whole);
    if (request->upload) base_text_puts(&request->body, whole); /* what Idempotency-Key looks at */
    serve_route_run(request);
  }
  end_upload(request);
  return answered(request);
}

/* ---- The answer ---- */

static bool add(struct lws *wsi, const char *name, const char *value, unsigned char **at, unsigned char *end) {
  return !lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value, (int)strlen(value),
                                      at, end);
}

static bool add_limit(const serve_request *request, unsigned char **at, unsigned char *end) {
  char policy[64], state[64];
  snprintf(policy, sizeof policy, "\"key\";q=%.0f;w=1", request->limit_rate);
  snprintf(state, sizeof state, "\"key\";r=%.0f;t=%d", BASE_MAX(request->limit_left, 0.0), BASE_MAX(request->retry_after, 1));
  return add(request->wsi, "ratelimit-policy:", policy, at, end) && add(request->wsi, "ratelimit:", state, at, end);
}

static int write_headers(serve_request *request) {
  unsigned char buffer[LWS_PRE + HEADERS], *at = buffer + LWS_PRE, *start = at, *end = buffer + sizeof buffer - 1;
  char number[24];
  struct lws *wsi = request->wsi;
  lws_filepos_t length = request->streaming ? LWS_ILLEGAL_HTTP_CONTENT_LEN : request->answer.length;
  bool ok = !lws_add_http_common_headers(wsi, (unsigned)request->status, request->type, length, &at, end);
  ok = ok && add(wsi, "cache-control:", request->cache ? request->cache : "no-store", &at, end) &&
       add(wsi, "x-content-type-options:", "nosniff", &at, end) && add(wsi, "referrer-policy:", "no-referrer", &at, end) &&
       add(wsi, "content-security-policy:", request->policy ? request->policy : "default-src 'none'; frame-ancestors 'none'", &at, end);
  if (request->encoding) ok = ok && add(wsi, "content-encoding:", request->encoding, &at, end) && add(wsi, "vary:", "accept-encoding", &at, end);
  if (request->in_chunks) ok = ok && add(wsi, "connection:", "close", &at, end);
  if (*request->etag) ok = ok && add(wsi, "etag:", request->etag, &at, end);
  if (*request->location) ok = ok && add(wsi, "location:", request->location, &at, end);
  if (*request->set_cookie) ok = ok && add(wsi, "set-cookie:", request->set_cookie, &at, end);
  if (request->replayed) ok = ok && add(wsi, "idempotency-replayed:", "true", &at, end);
  if (request->limit_rate > 0) ok = ok && add_limit(request, &at, end);
  if (request->status == 401) ok = ok && add(wsi, "www-authenticate:", "Bearer", &at, end);
  if (request->retry_after) {
    snprintf(number, sizeof number, "%d", request->retry_after);
    ok = ok && add(wsi, "retry-after:", number, &at, end);
  }
  if (!ok || lws_finalize_write_http_header(wsi, start, &at, end)) return -1;
  request->headed = true;
  return 0;
}

static int write_part(serve_request *request) {
  unsigned char buffer[LWS_PRE + PART];
  size_t left = request->answer.length - request->sent, part = BASE_MIN(left, (size_t)PART);
  bool last = part == left && (!request->streaming || request->ended);
  if (part) memcpy(buffer + LWS_PRE, request->answer.data + request->sent, part);
  if (!part && !last) return 0;
  if (lws_write(request->wsi, buffer + LWS_PRE, part, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)part) return -1;
  request->sent += part;
  if (request->streaming && request->sent == request->answer.length) {
    base_text_reset(&request->answer);
    request->sent = 0;
  }
  return last;
}

/* After a body in chunks nobody can say where the next request would begin: once the answer has gone out, the connection is
 * closed. */
static int over(serve_request **slot) {
  struct lws *wsi = (*slot)->wsi;
  bool close = (*slot)->in_chunks, pending = close && lws_partial_buffered(wsi);
  if (close && !(*slot)->over) lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, 3);
  (*slot)->over = close;
  if (pending) lws_callback_on_writable(wsi);
  if (pending || (close && !(*slot)->last_chunk)) return 0; /* who still sends would not see the answer */
  serve_http_gone(slot);
  return close || lws_http_transaction_completed(wsi) ? -1 : 0;
}

int serve_http_write(serve_request **slot) {
  serve_request *request = *slot;
  if (request->over) return over(slot);
  if (request->later || !request->status) return 0;
  if (!request->headed) {
    if (write_headers(request)) return -1;
    if (request->method == SERVE_HEAD || (!request->streaming && !request->answer.length)) {
      serve_metrics_request(&request->server->metrics, request->status, base_clock() - request->began);
      return over(slot);
    }
    if (request->streaming) lws_set_timeout(request->wsi, NO_PENDING_TIMEOUT, 0);
  }
  if (request->streaming) serve_conversation_stream(request);
  if (request->answer.length > STREAM_LIMIT && request->streaming) return -1; /* reads too slowly */
  int written = write_part(request);
  if (written < 0) return -1;
  if (written) {
    serve_metrics_request(&request->server->metrics, request->status, base_clock() - request->began);
    return over(slot);
  }
  if (request->sent < request->answer.length) lws_callback_on_writable(request->wsi);
  return 0;
}

void serve_http_free(serve_request *request) {
  end_upload(request);
  base_text_clear(&request->body);
  base_text_clear(&request->answer);
  base_free(request);
}

void serve_http_gone(serve_request **slot) {
  serve_request *request = *slot;
  *slot = NULL;
  if (!request) return;
  if (request->streaming) serve_conversation_unstream(request);
  request->wsi = NULL;
  if (!request->later) serve_http_free(request); /* else the loop frees it once it is answered */
}
