/* figures.c: the figures of one conversation (rules.h, "talk"): of what is kept of it, or, while it is open and nothing is
 * kept, of the results that its reader has not acknowledged yet. Where nobody's words are known, what was spoken in one piece
 * counts as a turn. */
#include <stdio.h>
#include <stdlib.h>

#include "mien_people.h"
#include "rules/rules.h"
#include "serve/api/api.h"
#include "serve/http/aside.h"
#include "serve/kept/keep.h"
#include "serve/kept/kept.h"
#include "serve/live/conversation.h"
#include "serve/server.h"

enum { BYTES = 64 << 20 };

/* A line of what `mien read --json` writes, for rules_recorded_read, of a result as it went out or is kept. */
static int add_line(base_text *to, const char *json, size_t bytes) {
  json_t *result = json_loadb(json, bytes, 0, NULL), *one = NULL, *line;
  const char *type = json_string_value(json_object_get(result, "type"));
  bool whole = type && json_object_get(result, type);
  one = whole ? json_object_get(result, type) : result;
  bool turn = (whole && !strcmp(type, "turn")) || (!whole && json_object_get(one, "text") && !json_object_get(one, "modality"));
  bool reading = json_is_string(json_object_get(one, "modality"));
  line = turn ? json_pack("{s:O}", "turn", one) : reading ? json_incref(one) : NULL;
  char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
  if (text) base_text_printf(to, "%s\n", text);
  free(text);
  json_decref(line);
  json_decref(result);
  return to->failed || to->length > BYTES ? MIEN_ELIMIT : MIEN_OK;
}

static int add_kept(void *context, const store_record *r) {
  ((serve_request *)context)->cursor = r->seq;
  return add_line(&((serve_request *)context)->body, r->payload, r->bytes);
}

/* What was spoken in one piece, as turns without words. */
static void add_pieces(base_text *to) {
  base_text pieces = {0};
  for (const char *at = to->data; at && *at;) {
    size_t bytes = strcspn(at, "\n");
    json_t *r = json_loadb(at, bytes, 0, NULL);
    const char *modality = json_string_value(json_object_get(r, "modality"));
    if (modality && !strcmp(modality, "voice") && json_is_true(json_object_get(r, "final"))) {
      json_t *turn = json_pack("{s:{s:O,s:O,s:O,s:s}}", "turn", "who", json_object_get(r, "who"), "t0", json_object_get(r, "t0"), "t1", json_object_get(r, "t1"), "text", "");
      char *text = turn ? json_dumps(turn, JSON_COMPACT) : NULL;
      if (text) base_text_printf(&pieces, "%s\n", text);
      free(text);
      json_decref(turn);
    }
    json_decref(r);
    at += bytes + (at[bytes] == '\n');
  }
  if (pieces.data) base_text_puts(to, pieces.data);
  base_text_clear(&pieces);
}

static json_t *real(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static json_t *part_of(const talk_figures *f, double silence) {
  return json_pack("{s:o,s:o,s:o,s:o,s:i,s:i,s:o,s:o,s:o,s:i,s:i}", "talk", real(f->talk), "share", real(f->share), "overlap", real(f->overlap), "silence",
                   real(silence), "turns", (int)f->turns, "interruptions", (int)f->interruptions, "speed", real(f->speed), "loudness", real(f->loudness), "sentiment",
                   real(f->sentiment), "repeat", (int)f->repeat, "escalation", (int)f->escalation);
}

static json_t *describe(const char *id, const rules_recorded *r, const rules_talk *talk) {
  json_t *people = json_array();
  for (size_t p = 0; p < rules_recorded_people(r, 0); p++) {
    json_t *quarters = json_array();
    for (int q = 1; q <= TALK_QUARTERS; q++) json_array_append_new(quarters, part_of(&talk->figures[p][q], talk->silence[q]));
    json_array_append_new(people, json_pack("{s:s,s:o,s:o}", "who", rules_recorded_who(r, 0, p), "all", part_of(&talk->figures[p][0], talk->silence[0]), "quarters", quarters));
  }
  return json_pack("{s:s,s:o,s:o,s:o,s:o}", "session", id, "t0", real(talk->t0), "t1", real(talk->t1), "longest_silence", real(talk->longest_silence), "people", people);
}

/* The lines of the conversation, in the request's body: as they are there already, or as they are kept. */
static int gather(serve_request *request, mien_error *error) {
  store_tenant t;
  uint64_t before = 1;
  if (request->body.length) return MIEN_OK;
  int code = store_of(&t, request->server->keep->store, request->tenant, error);
  for (request->cursor = 0; !code && request->cursor != before;) {
    before = request->cursor;
    code = store_record_list(&t, request->params[0], -1, before, STORE_PAGE, add_kept, request, error);
  }
  if (code == MIEN_ELIMIT) base_error_set(error, code, "figures", "", "there is too much of this conversation for its figures");
  return code;
}

/* What goes on between the people (mien_people.h). New reference; NULL: no memory. */
static int between_of(const base_text *lines, mien_people **people, mien_error *error) {
  int code = mien_people_open(people, error);
  for (const char *at = lines->data; !code && at && *at;) {
    size_t bytes = strcspn(at, "\n");
    if (bytes) code = mien_people_line(*people, at, bytes, error);
    at += bytes + (at[bytes] == '\n');
  }
  return code;
}

static json_t *between(const base_text *lines) {
  mien_people *people = NULL;
  json_t *made = NULL;
  if (!between_of(lines, &people, NULL)) {
    size_t bytes = mien_people_json(people, NULL, 0);
    char *text = base_alloc(bytes + 1, 1);
    if (text && bytes == mien_people_json(people, text, bytes + 1)) made = json_loadb(text, bytes, 0, NULL);
    base_free(text);
  }
  mien_people_close(&people);
  return made ? made : json_null();
}

static void figures(serve_request *request) {
  rules_recorded *recorded = NULL;
  rules_talk *talk = base_alloc(1, sizeof *talk);
  base_text *lines = &request->body;
  mien_error error = {0};
  int code = talk ? MIEN_OK : base_error_set(&error, MIEN_ENOMEM, "figures", "", "out of memory");
  if (!code) code = gather(request, &error);
  json_t *with = code ? NULL : between(lines);
  if (!code && lines->data && !strstr(lines->data, "{\"turn\":")) add_pieces(lines);
  if (!code) code = rules_recorded_read(&recorded, lines->data ? lines->data : "", lines->length, request->params[0], &error);
  if (!code) code = rules_recorded_talk(recorded, 0, talk, &error);
  if (code == MIEN_EEMPTY) {
    serve_answer_problem_text(request, 404, "Not found", "nothing of what was said in this conversation is there, neither kept nor waiting");
  } else if (code) {
    serve_answer_error(request, &error);
  } else {
    json_t *body = describe(request->params[0], recorded, talk);
    json_object_set(body, "between", with);
    serve_answer_json(request, 200, body);
    json_decref(body);
  }
  json_decref(with);
  rules_recorded_close(&recorded);
  base_free(talk);
}

/* ---- A summary for the people themselves ---- */

#define AGREED "summary" /* the purpose of the consent that everybody must have given */

/* Names of those who agreed, by what is kept of who took part. */
static int agreed_of(serve_request *request, store_session *s, const char *names[STORE_PEOPLE], size_t *count, mien_error *error) {
  store_tenant t;
  char subject[64];
  int code = store_of(&t, request->server->keep->store, request->tenant, error);
  if (!code) code = store_session_get(&t, request->params[0], s, error);
  for (size_t i = 0; !code && i < s->person_count; i++)
    if (!(code = store_subject_name(&t, s->people[i].subject, subject, error)) && guard_ledger_stands(request->server->ledger, request->tenant, subject, AGREED, false)) names[(*count)++] = s->people[i].who;
  return code;
}

static void summary(serve_request *request) {
  const char *names[STORE_PEOPLE];
  size_t count = 0, bytes = 0;
  mien_error error = {0};
  mien_people *people = NULL;
  store_session *s = base_alloc(1, sizeof *s);
  int code = s ? agreed_of(request, s, names, &count, &error) : base_error_set(&error, MIEN_ENOMEM, "summary", "", "out of memory");
  if (!code && s->person_count < 2)
    code = base_error_set(&error, MIEN_EPOLICY, "summary", "keep what everybody says, with their consent", "nothing is kept of the others, so nobody can say whether they agreed");
  if (!code && count < s->person_count)
    code = base_error_set(&error, MIEN_EPOLICY, "summary", "record a consent of the purpose \"" AGREED "\" of each of them first", "%zu of %zu people have not agreed to a summary", s->person_count - count, s->person_count);
  if (!code) code = gather(request, &error);
  if (!code) code = between_of(&request->body, &people, &error);
  char asked[16];
  const char *language = serve_request_query(request, "language", asked, sizeof asked); /* NULL: English */
  if (!code) code = mien_people_summary_in(people, language, names, count, NULL, 0, &bytes, &error);
  char *text = code ? NULL : base_alloc(bytes + 1, 1);
  if (!code) code = text ? mien_people_summary_in(people, language, names, count, text, bytes + 1, NULL, &error) : MIEN_ENOMEM;
  json_t *body = code ? NULL : json_pack("{s:s,s:s}", "session", request->params[0], "summary", text);
  if (body) serve_answer_json(request, 200, body);
  else if (code == MIEN_EEMPTY) serve_answer_problem_text(request, 404, "Not found", "nothing, or too little, is kept of this conversation");
  else serve_answer_error(request, &error);
  json_decref(body);
  base_free(text);
  base_free(s);
  mien_people_close(&people);
}

/* Of a conversation that has ended and is kept: who looks back at it is not in it any more. */
void serve_api_session_summary(serve_request *request) {
  serve_conversation *c = serve_conversation_find(request->server, request->tenant, request->params[0]);
  base_text_reset(&request->body);
  if (c && !c->finished) serve_answer_problem_text(request, 409, "Not yet", "a summary is made of a conversation that has ended");
  else if (!request->server->keep) serve_answer_problem_text(request, 404, "Not found", "nothing is kept here");
  else if (serve_kept_look(request, "summary", request->params[0])) serve_aside_run(request, summary);
}

void serve_api_session_figures(serve_request *request) {
  serve_conversation *c = serve_conversation_find(request->server, request->tenant, request->params[0]);
  if (c ? !serve_kept_look_open(request, c) : request->server->keep && !serve_kept_look(request, "figures", request->params[0])) return;
  base_text_reset(&request->body);
  serve_result *result;
  for (uint64_t seq = 0; c && !c->kept && (result = serve_live_after(c->live, seq)); serve_result_release(result)) {
    seq = result->seq;
    add_line(&request->body, result->json, result->bytes);
  }
  if (!request->body.length && ((c && !c->kept) || !request->server->keep))
    serve_answer_problem_text(request, 404, "Not found", "nothing of what was said in this conversation is there, neither kept nor waiting");
  else serve_aside_run(request, figures);
}
