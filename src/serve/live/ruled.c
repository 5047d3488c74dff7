/* ruled.c: see ruled.h. Its memory, some 40 kB a set of rules, is taken with the first that is fed. */
#include "serve/live/ruled.h"

#include <stdio.h>

#include "serve/actions/actions.h"
#include "serve/kept/keep.h"
#include "serve/live/glance.h"
#include "serve/live/rulebook.h"
#include "serve/server.h"

#define BEHIND 3.0 /* seconds that the clock stays behind the sound: states wait for at most 2 s (mien.h), and must come first */

struct serve_ruled {
  serve_rulebook *book;
  rules_session *sessions[RULEBOOK_SETS];
  mien_reading *states; /* the last of each participant: confidence NAN none */
  /* What is being said: whom it is about (-1 nobody alone), its rule, and its JSON. */
  int person;
  const rules_about *about;
  const rules_event *event;
  const base_text *body;
};

static int find(const serve_conversation *c, const char *who) {
  for (size_t i = 0; i < c->person_count; i++)
    if (!strcmp(c->people[i].who, who)) return (int)i;
  return -1;
}

static int join(const serve_conversation *c, rules_session *session) {
  int code = MIEN_OK;
  for (size_t i = 0; i < c->person_count && !code; i++) {
    if (!serve_live_may(c->live, i)) continue;
    code = rules_session_join(session, c->people[i].who, c->people[i].role);
    rules_session_observe(session, c->people[i].who, c->allowed.people[i].mode != GUARD_FULL);
  }
  return code;
}

/* The rules of now: those of a reload begin anew. NULL: no memory. */
static struct serve_ruled *ruled_of(serve_conversation *c) {
  serve_rules *rules = c->server->rules;
  if (c->ruled && c->ruled->book->number == serve_rules_number(rules)) return c->ruled;
  serve_ruled_close(&c->ruled);
  struct serve_ruled *r = c->ruled = base_alloc(1, sizeof *r);
  if (!r) return NULL;
  r->book = serve_rules_hold(rules);
  r->states = base_alloc(c->person_count, sizeof *r->states);
  int code = r->states ? MIEN_OK : MIEN_ENOMEM;
  for (size_t i = 0; i < c->person_count && !code; i++) base_reading_init(&r->states[i], MIEN_FUSED);
  for (size_t i = 0; i < r->book->count && !code; i++) {
    code = rules_session_open(&r->sessions[i], r->book->sets[i].set, serve_rulebook_budget(r->book, c->tenant, i), c->opened, NULL);
    if (!code) code = join(c, r->sessions[i]);
  }
  if (code) serve_ruled_close(&c->ruled);
  return c->ruled;
}

void serve_ruled_close(struct serve_ruled **closed) {
  struct serve_ruled *r = *closed;
  *closed = NULL;
  if (!r) return;
  for (size_t i = 0; i < RULEBOOK_SETS; i++) rules_session_close(&r->sessions[i]);
  serve_rulebook_release(&r->book);
  base_free(r->states);
  base_free(r);
}

static void say(serve_conversation *c, struct serve_ruled *r, const rules_about *about, const rules_event *event) {
  base_text text = {0};
  base_json json;
  base_json_init(&json, &text);
  base_json_open(&json, NULL, '{');
  base_json_string(&json, "rule", about->name);
  base_json_string(&json, "title", about->title);
  base_json_string(&json, "severity", rules_severity_name(about->severity));
  base_json_string(&json, "who", *event->who ? event->who : NULL);
  base_json_string(&json, "role", *event->who ? event->role : "conversation");
  base_json_number(&json, "at", event->at, 3);
  base_json_bool(&json, "always", about->always);
  base_json_open(&json, "actions", '[');
  for (size_t i = 0; i < about->action_count; i++) base_json_string(&json, NULL, about->actions[i]);
  base_json_close(&json, ']');
  base_json_close(&json, '}');
  r->about = about, r->event = event, r->body = &text;
  if (!text.failed) serve_live_say(c->live, SERVE_EVENT, text.data, text.length, event->at);
  r->about = NULL;
  base_text_clear(&text);
}

static void seen(serve_conversation *c, const struct serve_ruled *r, const serve_result *result) {
  const mien_reading *state = r->person >= 0 && isfinite(r->states[r->person].confidence) ? &r->states[r->person] : NULL;
  serve_glance_event(c, r->person, r->about, r->event->at);
  serve_keep_event(c, r->person, result);
  serve_actions_take(c, r->person, r->about, r->event, result->seq, r->body->data, r->body->length, state);
}

/* Without what it points to, which is gone soon. */
static void remember(serve_conversation *c, struct serve_ruled *r, const mien_reading *state) {
  int person = state->who ? find(c, state->who) : -1;
  if (person < 0 || state->modality != MIEN_FUSED || state->abstain) return;
  r->states[person] = *state;
  r->states[person].who = c->people[person].who;
  r->states[person].cues = NULL;
  r->states[person].cue_count = 0;
}

static void drain(serve_conversation *c, struct serve_ruled *r) {
  rules_event event;
  for (size_t i = 0; i < r->book->count; i++)
    while (rules_session_next(r->sessions[i], &event) == MIEN_OK) {
      rules_about about = rules_set_about(r->book->sets[i].set, event.rule);
      if (r->book->sets[i].always_alone && !about.always) continue;
      r->person = find(c, event.who);
      if (r->person >= 0 && !serve_live_may(c->live, (size_t)r->person)) continue; /* withdrawn meanwhile */
      atomic_fetch_add(&r->book->sets[i].fired[event.rule], 1);
      if (about.always || !r->book->dry) say(c, r, &about, &event);
    }
}

void serve_ruled_heard(serve_conversation *c, double until) {
  struct serve_ruled *r = ruled_of(c);
  if (!r) return;
  for (size_t i = 0; i < r->book->count; i++) rules_session_advance(r->sessions[i], until - BEHIND);
  drain(c, r);
}

void serve_ruled_result(serve_conversation *c, const mien_event *event, const serve_result *result) {
  if (result->kind == SERVE_EVENT) {
    if (c->ruled && c->ruled->about) seen(c, c->ruled, result);
    return;
  }
  struct serve_ruled *r = event ? ruled_of(c) : NULL;
  if (!r) return;
  if (event->kind == MIEN_EVENT_STATE) remember(c, r, &event->reading);
  for (size_t i = 0; i < r->book->count; i++) {
    if (event->kind == MIEN_EVENT_TURN) rules_session_feed_turn(r->sessions[i], event->who, event->t0, event->t1, event->text, strlen(event->text));
    else rules_session_feed_reading(r->sessions[i], &event->reading);
  }
  drain(c, r);
}
