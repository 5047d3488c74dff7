/* loop.c: the sockets: one libwebsockets context, its callbacks handed on to http.c and link.c, and what
 * worker threads leave for this one. */
#include <errno.h>
#include <libwebsockets.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "serve/actions/actions.h"
#include "serve/actions/webhooks.h"
#include "serve/audit/audit.h"
#include "serve/audit/operator.h"
#include "serve/calls/drafts.h"
#include "serve/doors/door.h"
#include "serve/http/aside.h"
#include "serve/http/limit.h"
#include "serve/http/once.h"
#include "serve/jobs/jobs.h"
#include "serve/kept/adaptings.h"
#include "serve/kept/collections.h"
#include "serve/kept/dictionaries.h"
#include "serve/kept/keep.h"
#include "serve/kept/usuals.h"
#include "serve/live/conversation.h"
#include "serve/live/opening.h"
#include "serve/live/responses.h"
#include "serve/live/rulebook.h"
#include "serve/live/ruled.h"
#include "serve/live/statements.h"
#include "serve/live/texts.h"
#include "serve/server.h"
#include "serve/systemd.h"
#include "serve/who/accounts.h"
#include "serve/who/keyring.h"
#include "serve/who/keys.h"
#include "serve/who/oidc.h"
#include "serve/who/who.h"

typedef struct connection { /* lws keeps one for each */
  serve_request *request;
  serve_link *link;
} connection;

/* ---- Between threads ---- */

void serve_server_wake(serve_server *server) {
  if (server->woken || !server->context) return;
  server->woken = true;
  lws_cancel_service(server->context);
}

static void wake(void *context, serve_live *live) {
  serve_server *server = context;
  serve_conversation *conversation = serve_live_owner(live);
  if (conversation->job) serve_job_moved(conversation->job);
  pthread_mutex_lock(&server->lock);
  if (!conversation->changed) {
    conversation->changed = true;
    serve_conversation_hold(conversation);
    conversation->next_changed = server->changed;
    server->changed = conversation;
    serve_server_wake(server);
  }
  pthread_mutex_unlock(&server->lock);
}

static void seen(void *context, serve_live *live, const mien_event *event, const serve_result *result) {
  serve_server *server = context;
  serve_conversation *conversation = serve_live_owner(live);
  serve_metrics_result(&server->metrics, result, !conversation->job);
  serve_conversation_seen(conversation, event, result);
}

static void heard(void *context, serve_live *live, double until) { serve_ruled_heard(serve_live_owner(live), until); }

static void session_of(void *context, serve_live *live, mien_session *session, bool over) {
  if (over) serve_usuals_ended(serve_live_owner(live), session);
  else serve_usuals_opened(serve_live_owner(live), session);
}

static void look(serve_server *server) {
  pthread_mutex_lock(&server->lock);
  serve_conversation *changed = server->changed;
  serve_request *answered = server->answered;
  serve_opening *opened = server->opened;
  server->changed = NULL;
  server->answered = NULL;
  server->opened = NULL;
  server->opened_end = &server->opened;
  server->woken = false;
  for (serve_conversation *c = changed; c; c = c->next_changed) c->changed = false;
  pthread_mutex_unlock(&server->lock);
  while (opened) {
    serve_opening *next = opened->next;
    serve_opening_end(opened);
    opened = next;
  }
  while (changed) {
    serve_conversation *next = changed->next_changed;
    serve_conversation_changed(changed);
    serve_conversation_release(&changed);
    changed = next;
  }
  while (answered) {
    serve_request *next = answered->next;
    answered->next = NULL;
    answered->later = false;
    serve_once_end(answered);
    if (answered->wsi) lws_callback_on_writable(answered->wsi);
    else serve_http_free(answered);
    answered = next;
  }
}

void serve_request_done(serve_request *request) {
  serve_server *server = request->server;
  pthread_mutex_lock(&server->lock);
  request->next = server->answered;
  server->answered = request;
  serve_server_wake(server);
  pthread_mutex_unlock(&server->lock);
}

/* ---- Callbacks ---- */

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t bytes) {
  connection *c = user;
  struct lws_context *context = wsi ? lws_get_context(wsi) : NULL;
  serve_server *server = context ? lws_context_user(context) : NULL;
  switch (reason) {
  case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
    if (server->context) look(server);
    return 0;
  case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
    if (server) server->tls = user;
    return 0;
  case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
    return server->connection_count >= (size_t)server->settings.connections;
  case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
    server->connection_count++;
    return 0;
  case LWS_CALLBACK_WSI_DESTROY:
    if (server->connection_count) server->connection_count--;
    return 0;
  case LWS_CALLBACK_HTTP:
    return serve_http_begin(server, wsi, &c->request);
  case LWS_CALLBACK_HTTP_BODY:
    return c->request ? serve_http_body(c->request, in, bytes) : -1;
  case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    return c->request ? serve_http_body_end(c->request) : -1;
  case LWS_CALLBACK_HTTP_WRITEABLE:
    return c->request ? serve_http_write(&c->request) : 0;
  case LWS_CALLBACK_CLOSED_HTTP:
  case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
    if (c) serve_http_gone(&c->request);
    return 0;
  case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    return in && !strcmp(in, "websocket") ? serve_link_refuse(server, wsi) : -1;
  case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
    return serve_link_admit(server, wsi, &c->link);
  case LWS_CALLBACK_ESTABLISHED:
    return c->link ? serve_link_opened(c->link) : -1;
  case LWS_CALLBACK_RECEIVE:
    return c->link ? serve_link_receive(c->link, in, bytes) : -1;
  case LWS_CALLBACK_RECEIVE_PONG:
    if (c->link) c->link->silent = 0;
    return 0;
  case LWS_CALLBACK_SERVER_WRITEABLE:
    return c->link ? serve_link_write(c->link) : 0;
  case LWS_CALLBACK_CLOSED:
  case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
    if (c) serve_link_gone(&c->link);
    return 0;
  case LWS_CALLBACK_RAW_ADOPT:
    c->link = serve_link_new(server, wsi, &serve_door_asterisk);
    return c->link ? serve_link_opened(c->link) : -1;
  case LWS_CALLBACK_RAW_RX:
    if (!c->link) return -1;
    c->link->door->binary(c->link, in, bytes);
    return c->link->closing ? -1 : 0;
  case LWS_CALLBACK_RAW_WRITEABLE:
    return c->link && c->link->closing ? -1 : 0; /* nothing is said to Asterisk */
  case LWS_CALLBACK_RAW_CLOSE:
    if (c) serve_link_gone(&c->link);
    return 0;
  default:
    return 0;
  }
}

/* A socket that a service manager opened: what comes to it is taken here and given to the vhost. */
static int activated(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t bytes) {
  struct lws_context *context = lws_get_context(wsi);
  serve_server *server = context ? lws_context_user(context) : NULL;
  if (reason != LWS_CALLBACK_RAW_RX_FILE) return 0;
  for (int i = 0; i < 64; i++) { /* the rest next time */
    int got = accept4(server->activated, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), on = 1;
    if (got < 0) break;
    if (server->connection_count >= (size_t)server->settings.connections) {
      close(got);
      continue;
    }
    setsockopt(got, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    lws_adopt_socket_vhost(server->vhost, got); /* closes it where it fails */
  }
  return 0;
}

enum { RECEIVE = 16 << 10 };
static const struct lws_protocols protocols[] = {
    {"http", callback, sizeof(connection), RECEIVE, 0, NULL, 0},
    {"mien.v1", callback, sizeof(connection), RECEIVE, 0, NULL, 0},
    {"audio.drachtio.org", callback, sizeof(connection), RECEIVE, 0, NULL, 0},
    {"audiosocket", callback, sizeof(connection), RECEIVE, 0, NULL, 0},
    {"activated", activated, 0, 0, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

/* ---- Opening, running, closing ---- */

static void silent(int level, const char *line) {}

static int listen_at(serve_server *server, mien_error *error) {
  const serve_settings *s = &server->settings;
  static const lws_retry_bo_t never = {.secs_since_valid_hangup = 0}; /* see serve_link_look */
  struct lws_context_creation_info info = {
      .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME,
      .port = s->port ? s->port : 0,
      .iface = *s->address ? s->address : NULL,
      .protocols = protocols,
      .user = server,
      .timeout_secs = (unsigned)s->header_timeout,
      .keepalive_timeout = (int)s->idle_timeout,
      .pt_serv_buf_size = 32 << 10,
      .max_http_header_data2 = 8 << 10,
      .max_http_header_pool2 = (unsigned)s->connections,
      .retry_and_idle_policy = &never,
      .ka_time = 20, .ka_probes = 4, .ka_interval = 5, /* whoever follows over HTTP and has gone */
      .gid = -1,
      .uid = -1,
  };
  server->activated = serve_systemd_socket();
  if (server->activated >= 0) info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  else if (!strncmp(s->address, "unix:", 5)) {
    info.options |= LWS_SERVER_OPTION_UNIX_SOCK;
    info.iface = s->address + 5;
    unlink(info.iface);
  }
  if (*s->certificate) {
    info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.ssl_cert_filepath = s->certificate;
    info.ssl_private_key_filepath = s->private_key;
    info.ssl_options_set = SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2;
  }
  server->context = lws_create_context(&info);
  if (!server->context) return base_error_set(error, MIEN_ENOMEM, "serve", "", "the sockets could not be set up");
  server->vhost = lws_create_vhost(server->context, &info);
  if (!server->vhost)
    return base_error_set(error, MIEN_EIO, s->address, *s->certificate ? "is the port free, and are certificate and private key PEM files that belong together?"
                                                                        : "is another program listening there? set another port",
                          "the server could not listen on %s port %d", *s->address ? s->address : "any address", s->port);
  lws_sock_file_fd_type given = {.filefd = server->activated};
  if (server->activated >= 0 && !lws_adopt_descriptor_vhost(server->vhost, LWS_ADOPT_RAW_FILE_DESC, given, "activated", NULL))
    return base_error_set(error, MIEN_EIO, "LISTEN_FDS", "let the service listen by itself", "the socket that was handed over cannot be used");
  return MIEN_OK;
}

/* Asterisk's door: plain TCP. */
static int listen_for_asterisk(serve_server *server, mien_error *error) {
  const serve_settings *s = &server->settings;
  if (s->audiosocket_port < 0) return MIEN_OK;
  struct lws_context_creation_info info = {
      .options = LWS_SERVER_OPTION_ONLY_RAW | LWS_SERVER_OPTION_ADOPT_APPLY_LISTEN_ACCEPT_CONFIG,
      .port = s->audiosocket_port, .iface = strncmp(s->address, "unix:", 5) && *s->address ? s->address : NULL, .protocols = protocols,
      .listen_accept_role = "raw-skt", .listen_accept_protocol = "audiosocket", .vhost_name = "audiosocket",
      .keepalive_timeout = (int)s->idle_timeout, .ka_time = 20, .ka_probes = 4, .ka_interval = 5, .gid = -1, .uid = -1};
  server->audiosocket = lws_create_vhost(server->context, &info);
  return server->audiosocket ? MIEN_OK : base_error_set(error, MIEN_EIO, "doors.audiosocket_port", "set another port",
                                                        "the server could not listen on port %d", s->audiosocket_port);
}

int serve_audiosocket_port(const serve_server *server) {
  return server->audiosocket ? lws_get_vhost_listen_port(server->audiosocket) : -1;
}

int serve_open(serve_server **opened, mien_engine *engine, const serve_settings *settings, mien_error *error) {
  *opened = NULL;
  lws_set_log_level(0, silent);
  serve_server *server = base_alloc(1, sizeof *server);
  if (!server) return base_error_set(error, MIEN_ENOMEM, "serve", "", "out of memory");
  server->settings = *settings;
  json_incref(server->settings.profiles);
  json_incref(server->settings.endpoints);
  server->engine = engine;
  server->activated = -1;
  server->opened_end = &server->opened;
  pthread_mutex_init(&server->lock, NULL);
  serve_metrics_init(&server->metrics);
  int threads = settings->threads ? settings->threads : (int)sysconf(_SC_NPROCESSORS_ONLN);
  serve_pool_options pool = {engine, threads, wake, seen, heard, session_of, server};
  int code = serve_limits_open(&server->limits, error);
  if (!code) code = serve_accounts_open(&server->accounts, error);
  if (!code) code = serve_aside_open(&server->aside, error);
  if (!code) code = serve_oidc_open(server, error);
  if (!code) code = serve_keys_open(&server->keys, settings->data, error);
  if (!code) code = serve_audit_open(server, error);
  if (!code) code = serve_writer_open(&server->writer, server->audit, error);
  if (!code) code = serve_operator_open(server, error);
  if (!code) code = serve_keep_open(server, error);
  if (!code && server->keep) code = serve_keyring_load(server->keep->store, server->keys, error);
  if (!code) code = serve_webhooks_open(server, error);
  if (!code) code = serve_actions_open(server, error);
  if (!code) code = serve_rules_open(server, error);
  if (!code) code = serve_adaptings_open(&server->adaptings, server->settings.data, server->optout_key, error);
  if (!code) code = serve_responses_open(&server->responses, &server->settings, error);
  if (!code) code = serve_pool_open(&server->pool, &pool, error);
  if (!code) code = serve_texts_open(&server->texts, engine, error);
  if (!code) code = serve_drafts_open(server, error);
  if (!code) code = serve_jobs_open(server, error);
  if (!code) code = serve_collections_open(server, error);
  if (!code) code = serve_dictionaries_open(server, error);
  if (!code && server->keep) code = serve_aside_open(&server->trials, error);
  if (!code) code = listen_at(server, error);
  if (!code) code = listen_for_asterisk(server, error);
  if (code) serve_close(&server);
  *opened = server;
  return code;
}

int serve_port(const serve_server *server) {
  if (server->activated < 0) return lws_get_vhost_listen_port(server->vhost);
  struct sockaddr_storage at = {0};
  socklen_t bytes = sizeof at;
  if (getsockname(server->activated, (struct sockaddr *)&at, &bytes)) return 0;
  return at.ss_family == AF_INET    ? ntohs(((struct sockaddr_in *)&at)->sin_port)
         : at.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&at)->sin6_port)
                                    : 0;
}

/* From a signal's handler as well, which may come while the sockets are taken down. */
static void rouse(const serve_server *server) {
  struct lws_context *context = server->context;
  if (context) lws_cancel_service(context);
}

void serve_stop(serve_server *server) {
  atomic_store(&server->stopping, true);
  rouse(server);
}

void serve_reload(serve_server *server) {
  atomic_store(&server->reloading, true);
  rouse(server);
}

/* A pair is tried by itself first, so that a wrong one changes nothing. */
static int certificate_check(const serve_settings *s, mien_error *error) {
  if (!*s->certificate) return MIEN_OK;
  SSL_CTX *tried = SSL_CTX_new(TLS_server_method());
  bool fits = tried && SSL_CTX_use_certificate_chain_file(tried, s->certificate) == 1 &&
              SSL_CTX_use_PrivateKey_file(tried, s->private_key, SSL_FILETYPE_PEM) == 1 && SSL_CTX_check_private_key(tried) == 1;
  SSL_CTX_free(tried);
  ERR_clear_error();
  return fits ? MIEN_OK : base_error_set(error, MIEN_EFORMAT, s->certificate, "", "it and %s are no PEM files that belong together", s->private_key);
}

/* Connections that are open keep theirs. */
static void certificate_take(serve_server *server) {
  const serve_settings *s = &server->settings;
  if (!*s->certificate || !server->tls) return;
  SSL_CTX_use_certificate_chain_file(server->tls, s->certificate);
  SSL_CTX_use_PrivateKey_file(server->tls, s->private_key, SSL_FILETYPE_PEM);
  ERR_clear_error();
}

/* All of it, or nothing: settings, rules, responses, statements, certificate and keys. */
static void reload(serve_server *server) {
  serve_settings fresh;
  serve_rulebook *rules = NULL;
  serve_responses *responses = NULL;
  guard_statements *statements = NULL;
  base_text later = {0};
  mien_error error = {0};
  serve_systemd_say("RELOADING=1");
  int code = serve_settings_again(&server->settings, &fresh, &error);
  if (!code) code = serve_rules_again(server, &rules, &error);
  if (!code) code = serve_responses_open(&responses, &server->settings, &error);
  if (!code) code = serve_statements_read(&server->settings, &statements, &error);
  if (!code) code = certificate_check(&server->settings, &error);
  if (!code && server->keep) code = serve_keyring_load(server->keep->store, server->keys, &error);
  if (!code) {
    serve_settings_take(&server->settings, &fresh, &later);
    serve_rules_take(server, rules);
    serve_responses_release(&server->responses);
    server->responses = responses;
    guard_statements_close(&server->statements);
    server->statements = statements;
    server->decided = -INFINITY; /* all are decided again, within the second */
    certificate_take(server);
    if (later.length) fprintf(stderr, "mien serve: reloaded; changed, but only taken at the next start: %s\n", later.data);
  } else {
    serve_rulebook_release(&rules);
    serve_responses_release(&responses);
    guard_statements_close(&statements);
    fprintf(stderr, "mien serve: nothing was reloaded: %s (%s)\n", error.what, error.where);
  }
  serve_audit_did(server, "", "", "reload", code ? error.what : "done", NULL);
  serve_settings_clear(&fresh);
  base_text_clear(&later);
  serve_systemd_say("READY=1");
}

/* True once all conversations have ended and what they said was sent, or the time is up. */
static bool drained(serve_server *server) {
  if (!server->stop_by) {
    serve_systemd_say("STOPPING=1");
    server->stop_by = base_clock() + server->settings.drain;
    serve_jobs_interrupt(server);
    serve_conversations_finish(server);
  }
  if (base_clock() > server->stop_by) return true;
  if (server->conversation_count) return false;
  for (serve_link *link = server->links; link; link = link->next)
    if (link->out) return false;
  return true;
}

enum { MANY = 500 /* messages in the last second */ };
#define GATHER 0.005 /* s */

static void each_second(lws_sorted_usec_list_t *timer) {
  serve_server *server = lws_container_of(timer, serve_server, each_second);
  serve_jobs_sweep(server);
  serve_conversations_sweep(server);
  serve_keep_sweep(server);
  serve_who_sweep(server);
  for (serve_link *link = server->links; link; link = link->next) serve_link_look(link);
  serve_operator_look(server);
  server->busy = server->received > MANY;
  server->received = 0;
  if (guard_ledger_generation(server->ledger) != server->generation || base_clock() - server->decided > 5) {
    server->generation = guard_ledger_generation(server->ledger);
    server->decided = base_clock();
    serve_conversations_decide(server);
    serve_jobs_decide(server);
  }
  lws_sul_schedule(server->context, 0, timer, each_second, LWS_US_PER_SEC);
}

/* With many calls a message comes every fraction of a millisecond: to look at all sockets each time would cost more
 * than the reading. What came meanwhile is taken together, at most GATHER later. */
static void gather(const serve_server *server, double since) {
  double left = since + GATHER - base_clock();
  if (!server->busy || left <= 0) return;
  nanosleep(&(struct timespec){.tv_nsec = (long)(left * 1e9)}, NULL);
}

int serve_run(serve_server *server) {
  double looked = base_clock();
  lws_sul_schedule(server->context, 0, &server->each_second, each_second, LWS_US_PER_SEC);
  serve_systemd_say("READY=1");
  while (!(atomic_load(&server->stopping) && drained(server))) {
    if (lws_service(server->context, 0) < 0) return MIEN_EIO;
    if (atomic_exchange(&server->reloading, false)) reload(server);
    gather(server, looked);
    looked = base_clock();
  }
  lws_sul_schedule(server->context, 0, &server->each_second, each_second, LWS_SET_TIMER_USEC_CANCEL);
  return MIEN_OK;
}

void serve_close(serve_server **closed) {
  serve_server *server = *closed;
  if (!server) return;
  pthread_mutex_lock(&server->lock); /* nobody wakes what is being taken down */
  struct lws_context *context = server->context;
  server->context = NULL;
  pthread_mutex_unlock(&server->lock);
  if (context) lws_context_destroy(context);
  serve_collections_close(server);
  serve_dictionaries_close(server);
  serve_aside_close(&server->trials);
  serve_aside_close(&server->aside);
  serve_oidc_close(server);
  serve_drafts_close(server);
  serve_texts_close(&server->texts);
  serve_jobs_stop(server);
  serve_writer_close(&server->writer);
  serve_operator_close(server);
  look(server);
  serve_pool_close(&server->pool);
  look(server);
  serve_conversations_clear(server);
  serve_jobs_close(server);
  serve_rules_close(server);
  serve_adaptings_close(&server->adaptings);
  serve_responses_release(&server->responses);
  serve_actions_close(server);
  serve_webhooks_close(server);
  serve_keep_close(server);
  serve_keys_close(&server->keys);
  serve_limits_close(&server->limits);
  serve_accounts_close(&server->accounts);
  serve_audit_close(server);
  serve_settings_clear(&server->settings);
  pthread_mutex_destroy(&server->lock);
  base_free(server);
  *closed = NULL;
}
