/* conversation.c: opening a conversation from what a client asks, and the list of those that are open. */
#include "serve/live/conversation.h"

#include <sodium.h>
#include <stdio.h>
#include <time.h>

#include "guard/statement.h"
#include "serve/api/consents.h"
#include "serve/audit/audit.h"
#include "serve/jobs/jobs.h"
#include "serve/kept/keep.h"
#include "serve/kept/usuals.h"
#include "serve/live/glance.h"
#include "serve/live/open.h"
#include "serve/live/opening.h"
#include "serve/live/ruled.h"
#include "serve/live/texts.h"
#include "serve/live/watch.h"
#include "serve/server.h"

static size_t slot_of(const struct serve_server *server, const char *id) {
  size_t hash = 1469598103934665603u;
  while (*id) hash = (hash ^ (unsigned char)*id++) * 1099511628211u;
  return hash % BASE_COUNT(server->conversations);
}

static void random_hex(char *to, size_t bytes) {
  uint8_t random[32];
  randombytes_buf(random, bytes);
  sodium_bin2hex(to, 2 * bytes + 1, random, bytes);
}

static void hash_token(uint8_t hash[32], const char *token) {
  crypto_generichash(hash, 32, (const uint8_t *)token, strlen(token), NULL, 0);
}

static int decide(const serve_conversation *c, guard_answer *answer, mien_error *error) {
  guard_ask ask = {c->tenant, c->purpose, c->context, c->jurisdiction, c->notice_given, c->observe, c->people, c->person_count,
                   guard_statement_find(c->server->statements, c->tenant, c->statement), (double)time(NULL)};
  if (*c->statement && !ask.statement)
    return base_error_set(error, MIEN_EPOLICY, "statement", "name one that the service has read (docs/policies.md)", "no statement of this id is there for this tenant");
  return guard_decide(c->server->packs, c->server->ledger, &ask, answer, error);
}

/* Decided, and not yet on record. */
static serve_conversation *open_it(struct serve_server *server, const char *tenant, json_t *what, struct serve_job *job, char *token,
                                   mien_error *error) {
  serve_asked asked;
  if (serve_open_read(what, &asked, error) != MIEN_OK) return NULL;
  if (atomic_load(&server->stopping) || server->conversation_count >= (size_t)server->settings.conversations) {
    base_error_set(error, MIEN_EAGAIN, "serve", "try again later, or raise `conversations` in the settings",
                   "no further conversation can be opened now");
    return NULL;
  }
  serve_conversation *c = base_alloc(1, sizeof *c);
  if (c) atomic_init(&c->held, 1);
  if (c && !(c->glance = serve_glance_open())) serve_conversation_release(&c);
  if (!c) {
    base_error_set(error, MIEN_ENOMEM, "serve", "", "out of memory");
    return NULL;
  }
  c->board_version = UINT64_MAX;
  c->server = server;
  memcpy(c->id, "s_", 2);
  random_hex(c->id + 2, 16);
  random_hex(token, 32);
  hash_token(c->token_hash, token);
  snprintf(c->tenant, sizeof c->tenant, "%s", tenant);
  snprintf(c->purpose, sizeof c->purpose, "%s", asked.purpose);
  snprintf(c->context, sizeof c->context, "%s", asked.context);
  snprintf(c->jurisdiction, sizeof c->jurisdiction, "%s", asked.jurisdiction);
  memcpy(c->reference, asked.reference, sizeof c->reference);
  memcpy(c->statement, asked.statement, sizeof c->statement);
  c->opened = (double)time(NULL);
  c->alone_since = base_clock();
  c->last_turn = -INFINITY;
  c->notice_given = asked.notice_given;
  c->observe = asked.observe;
  c->person_count = asked.live.person_count;
  memcpy(c->people, asked.guarded, sizeof c->people);
  if (decide(c, &c->allowed, error) != MIEN_OK) {
    serve_audit_refused(server, tenant, c->purpose, c->context, c->jurisdiction, error);
    serve_conversation_release(&c);
    return NULL;
  }
  for (size_t i = 0; i < c->person_count; i++) {
    asked.people[i].read = c->allowed.people[i].read;
    asked.people[i].observe = c->allowed.people[i].mode != GUARD_FULL;
  }
  asked.live.id = c->id;
  asked.live.background = job != NULL;
  if (serve_live_open(&c->live, server->pool, &asked.live, error) != MIEN_OK) {
    serve_conversation_release(&c);
    return NULL;
  }
  if (job) c->job = serve_job_hold(job);
  serve_live_attach(c->live, c);
  server->conversation_count++;
  return c;
}

serve_conversation *serve_conversation_open(struct serve_server *server, const char *tenant, json_t *what, struct serve_request *request, mien_error *error) {
  serve_opening *opening = base_alloc(1, sizeof *opening);
  serve_conversation *c = opening ? open_it(server, tenant, what, NULL, opening->token, error) : NULL;
  if (!opening) base_error_set(error, MIEN_ENOMEM, "serve", "", "out of memory");
  if (c) serve_opening_begin(opening, c, request);
  else base_free(opening);
  return c;
}

serve_conversation *serve_conversation_open_job(struct serve_server *server, const char *tenant, json_t *what, struct serve_job *job,
                                                mien_error *error) {
  char token[SERVE_TOKEN]; /* nobody is given it: nobody feeds it but the job */
  serve_conversation *c = open_it(server, tenant, what, job, token, error);
  if (!c) return NULL;
  int code = serve_audit_opened(server, c, error);
  if (!code) code = guard_chain_settle(server->audit, guard_chain_length(server->audit), error);
  if (!code) code = serve_keep_begin(c, error);
  serve_conversation_written(c, !code);
  return code ? NULL : c;
}

serve_conversation *serve_conversation_hold(serve_conversation *c) {
  atomic_fetch_add(&c->held, 1);
  return c;
}

void serve_conversation_release(serve_conversation **held) {
  serve_conversation *c = *held;
  *held = NULL;
  if (!c || atomic_fetch_sub(&c->held, 1) != 1) return;
  serve_live_release(&c->live);
  serve_usuals_clear(c);
  serve_ruled_close(&c->ruled);
  serve_glance_close(&c->glance);
  if (c->job) serve_job_release(&c->job);
  base_free(c);
}

serve_conversation *serve_conversation_find(struct serve_server *server, const char *tenant, const char *id) {
  for (serve_conversation *c = server->conversations[slot_of(server, id)]; c; c = c->next)
    if (!strcmp(c->id, id)) return strcmp(c->tenant, tenant) ? NULL : c;
  return NULL;
}

bool serve_conversation_token_fits(const serve_conversation *c, const char *token) {
  uint8_t hash[32];
  hash_token(hash, token ? token : "");
  return sodium_memcmp(hash, c->token_hash, sizeof hash) == 0;
}

static serve_conversation *of_id(struct serve_server *server, const char *id) {
  serve_conversation *c = server->conversations[slot_of(server, id)];
  while (c && strcmp(c->id, id)) c = c->next;
  return c;
}

serve_conversation *serve_conversation_of_token(struct serve_server *server, const char *id, const char *token) {
  serve_conversation *c = of_id(server, id);
  return c && serve_conversation_token_fits(c, token) ? c : NULL;
}

serve_conversation *serve_conversation_unfed(struct serve_server *server, const char *id) {
  serve_conversation *c = of_id(server, id);
  return c && c->links == c->streams && !serve_live_last(c->live) && isnan(serve_live_heard(c->live, 0)) ? c : NULL;
}

/* ---- Who follows it ---- */

serve_conversation *serve_conversation_joined(serve_conversation *c) {
  c->links++;
  c->alone_since = NAN;
  return serve_conversation_hold(c);
}

void serve_conversation_left(serve_conversation **left) {
  serve_conversation *c = *left;
  if (--c->links == 0) c->alone_since = base_clock();
  serve_conversation_release(left);
}

void serve_conversation_said(serve_conversation *c) {
  if (c->links == c->streams) c->last_turn = base_clock();
}

void serve_conversation_changed(serve_conversation *c) {
  c->finished = serve_live_done(c->live);
  serve_watch_look(c);
  for (serve_link *link = c->followers; link; link = link->beside) serve_link_wake(link);
  for (serve_request *r = c->streams ? c->server->streams : NULL; r; r = r->next)
    if (r->following == c) lws_callback_on_writable(r->wsi);
}

void serve_conversation_follow(serve_request *request, serve_conversation *c, uint64_t after) {
  request->following = serve_conversation_joined(c);
  request->cursor = after;
  request->streaming = true;
  request->status = 200;
  request->type = "text/event-stream";
  request->next = request->server->streams;
  request->server->streams = request;
  c->streams++;
}

void serve_conversation_stream(serve_request *request) {
  serve_result *result;
  while (request->following && !request->ended && (result = serve_live_after(request->following->live, request->cursor))) {
    request->cursor = result->seq;
    bool wanted = !request->events_alone || result->kind == SERVE_EVENT || result->kind == SERVE_FINISHED;
    if (wanted) base_text_printf(&request->answer, "id: %llu\nevent: %s\ndata: ", (unsigned long long)result->seq,
                     serve_result_name(result->kind));
    if (wanted) base_text_add(&request->answer, result->json, result->bytes);
    if (wanted) base_text_puts(&request->answer, "\n\n");
    request->ended = result->kind == SERVE_FINISHED;
    serve_result_release(result);
  }
}

void serve_conversation_unstream(serve_request *request) {
  if (request->watching) {
    serve_watch_end(request);
    return;
  }
  for (serve_request **at = &request->server->streams; *at; at = &(*at)->next)
    if (*at == request) {
      *at = request->next;
      break;
    }
  request->next = NULL;
  request->following->streams--;
  serve_conversation_left(&request->following);
}

void serve_conversation_seen(serve_conversation *c, const mien_event *event, const serve_result *result) {
  if (event && event->kind == MIEN_EVENT_STATE) serve_glance_state(c, event);
  if (c->job) serve_job_result(c->job, event, result);
  serve_keep_result(c, event, result);
  serve_ruled_result(c, event, result);
}

/* ---- All of them ---- */

static void each(struct serve_server *server, void (*act)(serve_conversation *c, double now)) {
  double now = base_clock();
  for (size_t slot = 0; slot < BASE_COUNT(server->conversations); slot++)
    for (serve_conversation *c = server->conversations[slot], *next; c; c = next) {
      next = c->next;
      act(c, now);
    }
}

static void forget(serve_conversation *c) {
  serve_conversation **at = &c->server->conversations[slot_of(c->server, c->id)];
  while (*at != c) at = &(*at)->next;
  *at = c->next;
  c->server->conversation_count--;
  serve_conversation_release(&c);
}

typedef struct closing {
  serve_write write;
  serve_conversation *conversation;
} closing;

static void put_closed(serve_write *write) {
  serve_conversation *c = ((closing *)write)->conversation;
  serve_audit_closed(c->server, c);
}

static void closed(serve_write *write, int code, const mien_error *error) {
  closing *what = (closing *)write;
  serve_keep_end(what->conversation);
  serve_conversation_release(&what->conversation);
  base_free(what);
}

static void sweep(serve_conversation *c, double now) {
  if (!(now - c->alone_since > c->server->settings.linger)) return;
  if (!c->finished) {
    if (!(now - c->last_turn > c->server->settings.pause)) return; /* a chat by requests: no connection tells that it is over */
    serve_live_finish(c->live);
    return;
  }
  closing *what = serve_live_idle(c->live) ? base_alloc(1, sizeof *what) : NULL;
  if (!what) return; /* its worker has yet to say that it is done, or there is no memory: in a second again */
  *what = (closing){{.put = put_closed, .go_on = closed}, serve_conversation_hold(c)};
  serve_writer_do(c->server->writer, &what->write);
  forget(c);
}

/* Of no more than was said when it opened: what is granted later takes another conversation. */
static bool decided_anew(serve_conversation *c) {
  guard_answer answer;
  mien_error error = {0};
  int code = decide(c, &answer, &error);
  bool changed = false;
  for (size_t i = 0; i < c->person_count; i++) {
    unsigned read = code ? 0 : answer.people[i].read & c->allowed.people[i].read;
    if (read == c->allowed.people[i].read) continue;
    changed = true;
    c->allowed.people[i].read = read;
    serve_live_permit(c->live, i, read, c->allowed.people[i].mode != GUARD_FULL);
  }
  if (changed) serve_glance_touch(c);
  return changed;
}

static void finish(serve_conversation *c, double now) {
  serve_live_finish(c->live);
  c->alone_since = isnan(c->alone_since) ? NAN : -INFINITY;
}

void serve_conversation_decide(serve_conversation *c) { decided_anew(c); }

void serve_conversation_written(serve_conversation *c, bool kept) {
  struct serve_server *server = c->server;
  if (!kept) {
    server->conversation_count--;
    serve_conversation_release(&c);
    return;
  }
  size_t slot = slot_of(server, c->id);
  c->next = server->conversations[slot];
  server->conversations[slot] = c;
  decided_anew(c); /* a consent may have ended meanwhile */
  serve_live_begin(c->live);
  if (server->stop_by) finish(c, base_clock());
}

static void decide_again(serve_conversation *c, double now) {
  if (decided_anew(c)) {
    static const char body[] = "{\"error\":\"EPOLICY\",\"what\":\"a consent was withdrawn or has run out\"}";
    serve_live_say(c->live, SERVE_TROUBLE, body, sizeof body - 1, NAN);
  }
}

static void drop(serve_conversation *c, double now) {
  serve_keep_end(c);
  forget(c);
}

void serve_conversations_decide(struct serve_server *server) { each(server, decide_again); }
void serve_conversations_finish(struct serve_server *server) { each(server, finish); }
void serve_conversations_sweep(struct serve_server *server) { each(server, sweep); }
void serve_conversations_clear(struct serve_server *server) { each(server, drop); }

/* ---- What is told of it ---- */

const char *serve_conversation_mode(const serve_conversation *c, size_t person) {
  static const char *const modes[] = {"nothing", "observations_only", "full"};
  return modes[c->allowed.people[person].mode];
}

json_t *serve_conversation_people(const serve_conversation *c) {
  json_t *list = json_array();
  for (size_t i = 0; i < c->person_count; i++)
    json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:o,s:s*}", "who", c->people[i].who, "role", c->people[i].role, "mode",
                                          serve_conversation_mode(c, i), "read", serve_modalities_json(c->allowed.people[i].read), "why",
                                          *c->allowed.people[i].why ? c->allowed.people[i].why : NULL));
  return list;
}

json_t *serve_conversation_opened(const serve_conversation *c, const char *token) {
  return json_pack("{s:s,s:s,s:s,s:s,s:s,s:f,s:o}", "type", "opened", "session", c->id, "token", token, "policy", c->allowed.pack,
                   "notice", c->allowed.notice, "retention", c->allowed.retention, "participants", serve_conversation_people(c));
}

json_t *serve_conversation_describe(serve_conversation *c) {
  return json_pack("{s:s,s:s,s:s,s:s,s:f,s:b,s:I,s:o}", "session", c->id, "purpose", c->purpose, "context", c->context,
                   "jurisdiction", c->jurisdiction, "opened", c->opened, "finished", c->finished, "results",
                   (json_int_t)serve_live_last(c->live), "participants", serve_conversation_people(c));
}
