/* actions.c: see actions.h. */
#include "serve/actions/actions.h"

#include <pthread.h>
#include <stdio.h>

#include "serve/actions/cases.h"
#include "serve/actions/webhooks.h"
#include "serve/kept/keep.h"
#include "serve/server.h"

struct serve_actions {
  struct serve_server *server;
  pthread_t thread;
  pthread_mutex_t lock;
  serve_action *first, **end;
  size_t count;
  bool closing;
};

bool serve_action_has(const serve_action *a, const char *name) {
  for (size_t i = 0; i < a->action_count; i++)
    if (!strcmp(a->actions[i], name)) return true;
  return false;
}

static void free_action(serve_action *a) {
  if (!a) return;
  base_free(a->event);
  base_free(a->who);
  base_free(a->reading);
  base_free(a);
}

/* ---- In a worker ---- */

static char *copy(const char *bytes, size_t count) {
  char *to = base_alloc(count + 1, 1);
  if (to) memcpy(to, bytes, count);
  return to;
}

static char *write_state(const mien_reading *state) {
  mien_reading bare = *state;
  bare.cue_count = 0; /* cues have words */
  size_t bytes = mien_reading_json(&bare, NULL, 0);
  char *to = base_alloc(bytes + 1, 1);
  if (to) mien_reading_json(&bare, to, bytes + 1);
  return to;
}

/* Under the lock. */
static void make_room(serve_actions *q) {
  serve_action **at = &q->first;
  while (*at && (*at)->always) at = &(*at)->next;
  if (!*at) at = &q->first;
  serve_action *gone = *at;
  *at = gone->next;
  if (q->end == &gone->next) q->end = at;
  q->count--;
  free_action(gone);
}

static void push(serve_actions *q, serve_action *a) {
  pthread_mutex_lock(&q->lock);
  if (q->count >= ACTIONS_WAITING) {
    make_room(q);
    serve_metrics_lost(&q->server->metrics);
  }
  *q->end = a;
  q->end = &a->next;
  q->count++;
  pthread_mutex_unlock(&q->lock);
  serve_webhooks_wake(q->server->webhooks);
}

void serve_actions_take(serve_conversation *c, int person, const rules_about *about, const rules_event *event, uint64_t seq, const char *json,
                        size_t bytes, const mien_reading *state) {
  serve_actions *q = c->server->actions;
  unsigned rests = person < 0 ? 0 : serve_live_may(c->live, (size_t)person) & ~(unsigned)MIEN_READ_WORDS;
  bool kept = c->kept && person >= 0 && *c->subjects[person] && rests && !(rests & ~atomic_load(&c->keep[person]));
  if (!q || (!kept && !about->always && !serve_webhooks_any(c->server->webhooks))) return;
  serve_action *a = base_alloc(1, sizeof *a);
  if (!a) return;
  snprintf(a->tenant, sizeof a->tenant, "%s", c->tenant);
  snprintf(a->session, sizeof a->session, "%s", c->id);
  snprintf(a->reference, sizeof a->reference, "%s", c->reference);
  snprintf(a->purpose, sizeof a->purpose, "%s", c->purpose);
  snprintf(a->rule, sizeof a->rule, "%s", about->name);
  a->action_count = about->action_count;
  for (size_t i = 0; i < about->action_count; i++) {
    snprintf(a->names[i], RULES_NAME, "%s", about->actions[i]);
    a->actions[i] = a->names[i];
  }
  a->always = about->always;
  a->severity = about->severity;
  a->seq = seq;
  a->at = base_now();
  a->rests = rests;
  a->who = copy(event->who, strlen(event->who));
  a->event = copy(json, bytes);
  if (kept) {
    memcpy(a->subject, c->subjects[person], STORE_ID);
    if (state) a->reading = write_state(state);
  }
  a->keep_until = kept ? c->keep_until : a->at + ACTIONS_UNKEPT;
  if (a->event) push(q, a);
  else free_action(a);
}

/* ---- The thread ---- */

/* MIEN_EAGAIN, MIEN_EIO: the store is gone or full, try again. */
static int put_down(serve_actions *q, serve_action *a) {
  mien_error error = {0};
  store_tenant t;
  bool decided = serve_action_has(a, "case") || serve_action_has(a, "person");
  int code = store_of(&t, q->server->keep->store, a->tenant, &error);
  if (!code && !a->cased && (a->always || (*a->subject && decided))) code = serve_case_make(&t, a, &error);
  if (!code) a->cased = true;
  return code ? code : serve_webhooks_make(q->server->webhooks, &t, a, &error);
}

static serve_action *pop(serve_actions *q, bool *closing) {
  pthread_mutex_lock(&q->lock);
  serve_action *a = q->first;
  *closing = q->closing;
  if (a) {
    q->first = a->next;
    if (!q->first) q->end = &q->first;
    q->count--;
  }
  pthread_mutex_unlock(&q->lock);
  return a;
}

static void put_back(serve_actions *q, serve_action *a) {
  pthread_mutex_lock(&q->lock);
  a->next = q->first;
  if (!q->first) q->end = &a->next;
  q->first = a;
  q->count++;
  pthread_mutex_unlock(&q->lock);
}

static void *work(void *context) {
  serve_actions *q = context;
  double give_up = INFINITY;
  for (bool closing = false;;) {
    serve_action *a = pop(q, &closing);
    if (closing && isinf(give_up)) give_up = base_clock() + 5;
    if (!a && closing) break;
    int code = a ? put_down(q, a) : MIEN_OK;
    bool again = (code == MIEN_EAGAIN || code == MIEN_EIO) && base_clock() < give_up;
    if (again) put_back(q, a);
    else free_action(a);
    if (!a || again) serve_webhooks_turn(q->server->webhooks, again ? 1 : 10);
  }
  return NULL;
}

int serve_actions_open(struct serve_server *server, mien_error *error) {
  if (!server->keep) return MIEN_OK;
  serve_actions *q = base_alloc(1, sizeof *q);
  if (!q) return base_error_set(error, MIEN_ENOMEM, "actions", "", "out of memory");
  q->server = server;
  q->end = &q->first;
  pthread_mutex_init(&q->lock, NULL);
  if (pthread_create(&q->thread, NULL, work, q)) {
    pthread_mutex_destroy(&q->lock);
    base_free(q);
    return base_error_set(error, MIEN_ENOMEM, "actions", "", "a thread could not be started");
  }
  server->actions = q;
  return MIEN_OK;
}

void serve_actions_close(struct serve_server *server) {
  serve_actions *q = server->actions;
  if (!q) return;
  pthread_mutex_lock(&q->lock);
  q->closing = true;
  pthread_mutex_unlock(&q->lock);
  serve_webhooks_wake(server->webhooks);
  pthread_join(q->thread, NULL);
  while (q->first) {
    serve_action *next = q->first->next;
    free_action(q->first);
    q->first = next;
  }
  pthread_mutex_destroy(&q->lock);
  base_free(q);
  server->actions = NULL;
}
