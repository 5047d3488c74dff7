/* rules_dry.c: what rules would have done on the conversations that are kept: how often each would have fired, and what
 * its cooldown and its budgets would have held back. Counts alone come out of it; nothing fires, nobody is called.
 *
 * Of what is kept, and so of those alone whose consent covers keeping. In a thread of its own, one conversation in memory at a
 * time. Rules that look at words find them where `store.texts` keeps them; `silence` is measured between turns. */
#include <stdio.h>
#include <stdlib.h>

#include "serve/api/api.h"
#include "serve/audit/audit.h"
#include "serve/http/aside.h"
#include "serve/kept/keep.h"
#include "serve/live/rulebook.h"
#include "serve/server.h"

enum { SESSIONS = 1000, LINES = 64 << 20 /* bytes of one conversation */ };
#define WEEK (7 * 86400.0)
#define LONGEST 20.0 /* s; then the rest is left out, and said so */

typedef struct tried {
  rules_set *set;     /* of `book`, or its own */
  rules_budget *budget;
  const char *file;
  bool always_alone;
  rules_count sums[RULES_MOST];
  size_t sessions[RULES_MOST]; /* in which it fired */
} tried;

typedef struct trial {
  store_tenant t;
  double from, until;
  char (*ids)[STORE_ID]; /* the newest first */
  size_t count;
  bool more, past;
  tried of[RULEBOOK_SETS];
  size_t sets, played, empty, large;
  const store_session *now;
  base_text lines;
  uint64_t after;
} trial;

/* ---- Which conversations ---- */

static int window(serve_request *request, trial *t, mien_error *error) {
  char text[32], *end;
  const char *asked = serve_request_query(request, "until", text, sizeof text);
  t->until = asked ? strtod(asked, &end) : base_now();
  bool right = !asked || (end != asked && !*end);
  asked = serve_request_query(request, "from", text, sizeof text);
  t->from = asked ? strtod(asked, &end) : t->until - WEEK;
  right = right && (!asked || (end != asked && !*end)) && isfinite(t->from) && isfinite(t->until) && t->from < t->until;
  return right ? MIEN_OK : base_error_set(error, MIEN_EINVAL, "from", "send seconds since 1970: ?from=…&until=…", "'from' must be a moment before 'until'");
}

static int take_session(void *context, const store_session *n) {
  trial *t = context;
  if (n->opened >= t->until) return MIEN_OK;
  t->past = n->opened < t->from;
  t->more = t->more || (!t->past && t->count == SESSIONS);
  if (t->past || t->more) return MIEN_EEND;
  memcpy(t->ids[t->count++], n->id, STORE_ID);
  return MIEN_OK;
}

static int find_sessions(trial *t, mien_error *error) {
  char before[STORE_CURSOR] = "";
  int code = MIEN_OK;
  t->ids = base_alloc(SESSIONS, sizeof *t->ids);
  if (!t->ids) return base_error_set(error, MIEN_ENOMEM, "sessions", "", "out of memory");
  do code = store_session_list(&t->t, before, 100, take_session, t, error);
  while (!code && *before && !t->past && !t->more);
  return t->past || t->more ? MIEN_OK : code;
}

/* ---- One of them ---- */

/* As a line of what `mien read --json` writes (rules_recorded_read), with the person's role. */
static int take_record(void *context, const store_record *r) {
  static const char *const key[] = {[STORE_READING] = "reading", [STORE_STATE] = "state", [STORE_TURN] = "turn"};
  trial *t = context;
  t->after = r->seq;
  if (t->lines.length > LINES) return MIEN_ELIMIT;
  if (r->kind == STORE_EVENT) return MIEN_OK;
  json_t *whole = json_loadb(r->payload, r->bytes, 0, NULL), *inner = json_object_get(whole, key[r->kind]), *is = inner ? inner : whole;
  const char *who = json_string_value(json_object_get(is, "who"));
  for (size_t i = 0; who && i < t->now->person_count; i++)
    if (!strcmp(t->now->people[i].who, who)) json_object_set_new(is, "role", json_string(t->now->people[i].role));
  json_t *line = r->kind == STORE_TURN ? json_pack("{s:O}", "turn", is) : json_incref(is);
  char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
  if (text) base_text_puts(&t->lines, text), base_text_puts(&t->lines, "\n");
  free(text);
  json_decref(line);
  json_decref(whole);
  return t->lines.failed ? MIEN_ENOMEM : MIEN_OK;
}

static int gather(trial *t, mien_error *error) {
  int code = MIEN_OK;
  base_text_reset(&t->lines);
  t->after = 0;
  for (uint64_t before = UINT64_MAX; !code && before != t->after;) {
    before = t->after;
    code = store_record_list(&t->t, t->now->id, -1, t->after, STORE_PAGE, take_record, t, error);
  }
  return code;
}

static void nothing(void *context, const rules_event *event) { (void)context, (void)event; }

static int play(tried *of, const rules_recorded *recorded, const store_session *n, mien_error *error) {
  rules_session *session;
  int code = rules_session_open(&session, of->set, of->budget, n->opened, error);
  if (!code && rules_recorded_play(recorded, 0, session, nothing, NULL)) code = base_error_set(error, MIEN_ENOMEM, "rules", "", "out of memory");
  for (size_t r = 0; !code && r < rules_set_count(of->set); r++) {
    rules_count count = rules_session_count(session, r), *sum = &of->sums[r];
    sum->met += count.met, sum->fired += count.fired, sum->cooled += count.cooled, sum->spent += count.spent;
    of->sessions[r] += count.fired > 0;
  }
  rules_session_close(&session);
  return code;
}

static int try_one(trial *t, const char *id, mien_error *error) {
  store_session n;
  rules_recorded *recorded = NULL;
  int code = store_session_get(&t->t, id, &n, error);
  t->now = &n;
  if (!code) code = gather(t, error);
  if (!code) code = rules_recorded_read(&recorded, t->lines.data ? t->lines.data : "", t->lines.length, id, error);
  for (size_t i = 0; i < t->sets && !code; i++) code = play(&t->of[i], recorded, &n, error);
  rules_recorded_close(&recorded);
  if (!code) t->played++;
  else if (code == MIEN_EEMPTY) t->empty++, code = MIEN_OK; /* nothing of it is kept, or it was erased meanwhile */
  else if (code == MIEN_ELIMIT) t->large++, code = MIEN_OK;
  return code;
}

/* ---- All of them ---- */

static int take_sets(trial *t, serve_request *request, serve_rulebook **book, mien_error *error) {
  int code = MIEN_OK;
  if (request->body.length) {
    code = rules_set_read(&t->of[0].set, request->body.data, request->body.length, "the body", error);
    t->of[0].file = "the body";
    t->sets = !code;
  } else {
    *book = serve_rules_hold(request->server->rules);
    for (; t->sets < (*book)->count; t->sets++) {
      tried *of = &t->of[t->sets];
      of->set = (*book)->sets[t->sets].set, of->file = (*book)->sets[t->sets].name, of->always_alone = (*book)->sets[t->sets].always_alone;
    }
  }
  for (size_t i = 0; i < t->sets && !code; i++) code = rules_budget_open(&t->of[i].budget, t->of[i].set, error);
  return code;
}

static json_t *describe(const trial *t, bool texts, size_t left) {
  json_t *list = json_array();
  for (size_t i = 0; i < t->sets; i++)
    for (size_t r = 0; r < rules_set_count(t->of[i].set); r++) {
      rules_about about = rules_set_about(t->of[i].set, r);
      const rules_count *sum = &t->of[i].sums[r];
      if (t->of[i].always_alone && !about.always) continue;
      json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:b,s:s,s:I,s:I,s:I,s:I,s:I}", "rule", about.name, "title", about.title, "severity", rules_severity_name(about.severity),
                                            "always", about.always, "file", t->of[i].file, "met", (json_int_t)sum->met, "fired", (json_int_t)sum->fired,
                                            "cooled", (json_int_t)sum->cooled, "spent", (json_int_t)sum->spent, "sessions", (json_int_t)t->of[i].sessions[r]));
    }
  return json_pack("{s:f,s:f,s:I,s:I,s:I,s:b,s:b,s:o}", "from", t->from, "until", t->until, "sessions", (json_int_t)t->played, "empty", (json_int_t)t->empty, "left", (json_int_t)(left + t->large),
                   "more", t->more, "texts", texts, "rules", list);
}

static void work(serve_request *request) {
  struct serve_server *server = request->server;
  mien_error error = {0};
  serve_rulebook *book = NULL;
  json_t *told = NULL;
  double began = base_clock();
  trial *t = base_alloc(1, sizeof *t);
  int code = t ? window(request, t, &error) : base_error_set(&error, MIEN_ENOMEM, "rules", "", "out of memory");
  if (!code) code = take_sets(t, request, &book, &error);
  if (!code) code = serve_audit_did(server, request->tenant, request->key, "rules_dry_run", "", &error);
  if (!code) code = store_of(&t->t, server->keep->store, request->tenant, &error);
  if (!code) code = find_sessions(t, &error);
  size_t left = code ? 0 : t->count;
  /* The oldest first, so that the budgets of a day are spent in the order of the day. */
  for (; left && !code && base_clock() - began < LONGEST && !atomic_load(&server->stopping); left--) code = try_one(t, t->ids[left - 1], &error);
  if (!code) told = describe(t, server->settings.keep_texts, left);
  if (told) serve_answer_json(request, 200, told);
  else serve_answer_error(request, code ? &error : &(mien_error){.code = MIEN_ENOMEM, .what = "out of memory"});
  json_decref(told);
  for (size_t i = 0; t && i < t->sets; i++) {
    rules_budget_close(&t->of[i].budget);
    if (!book) rules_set_close(&t->of[i].set);
  }
  serve_rulebook_release(&book);
  if (t) base_text_clear(&t->lines), base_free(t->ids);
  base_free(t);
}

/* POST /v1/rules/dry-run?from=&until=: the body is the file of rules; empty: those in force. */
void serve_api_rules_dry(serve_request *request) {
  if (request->server->keep) serve_aside_run_in(request->server->trials, request, work);
  else serve_answer_problem_text(request, 404, "Not found", "there are no past conversations to try rules on: nothing is kept here (store.url)");
}
