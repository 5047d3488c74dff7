/* mine.c: a person's own page: by their link, without an account, what is read of them and why, who looked, and switching it off,
 * taking it along and erasing it. The token is in the body, so that it is in no log and no history of addresses. A link of one consent
 * (optout.h) shows and withdraws that consent alone. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mien_wellbeing.h"
#include "serve/api/api.h"
#include "serve/api/consents.h"
#include "serve/audit/audit.h"
#include "serve/audit/trail.h"
#include "serve/http/aside.h"
#include "serve/http/limit.h"
#include "serve/kept/keep.h"
#include "serve/server.h"
#include "serve/who/accounts.h"
#include "serve/who/keyring.h"
#include "serve/who/optout.h"

#define LINK_DAYS 30.0 /* usual */
enum { TRACES = 200, CONSENTS = 256 };

static int add_id(void *context, const guard_consent *c) {
  snprintf(context, GUARD_ID, "%s", c->id);
  return MIEN_OK;
}

/* For who answers for the data: the link to hand to the person. ?days=1…3660 */
void serve_api_subject_link(serve_request *request) {
  char token[SERVE_OPTOUT], days[16], ref[GUARD_ID];
  uint64_t newest = UINT64_MAX;
  mien_error error = {0};
  double lasts = serve_request_query(request, "days", days, sizeof days) ? strtod(days, NULL) : LINK_DAYS;
  serve_optout about = {.whole = true, .until = (double)time(NULL) + floor(lasts * 86400)};
  snprintf(about.tenant, sizeof about.tenant, "%s", request->tenant);
  guard_ledger_list(request->server->ledger, request->tenant, request->params[0], &newest, 1, add_id, about.consent);
  if (!*about.consent) {
    serve_answer_problem_text(request, 404, "Not found", "nobody of this name has given a consent");
  } else if (!(lasts >= 1 && lasts <= 3660)) {
    serve_answer_problem_text(request, 422, "Not possible as asked", "'days' must be 1 to 3660");
  } else {
    guard_ledger_subject(request->server->ledger, request->tenant, request->params[0], ref);
    if (serve_audit_did(request->server, request->tenant, request->key, "link", ref, &error)) {
      serve_answer_error(request, &error);
      return;
    }
    serve_optout_write(token, &about, request->server->optout_key);
    json_t *body = json_pack("{s:s,s:o,s:f}", "token", token, "link", json_sprintf("/#/mine?t=%s", token), "until", about.until);
    serve_answer_json(request, 201, body);
    json_decref(body);
  }
}

/* ---- The person's side ---- */

/* Whose token it is; false: answered. The request's tenant becomes theirs. */
static bool whose(serve_request *request, json_t *body, serve_optout *about, guard_consent *c) {
  const char *token = json_string_value(json_object_get(body, "token"));
  if (token && serve_optout_read(about, token, strlen(token), (double)time(NULL), request->server->optout_key) &&
      guard_ledger_find(request->server->ledger, about->tenant, about->consent, c)) {
    snprintf(request->tenant, sizeof request->tenant, "%s", about->tenant);
    return true;
  }
  if (!*request->peer || serve_limit_wrong(request))
    serve_answer_problem_text(request, 400, "This link does not work", "it is not complete, or its time is over: ask those who sent it to you");
  return false;
}

static bool logged(serve_request *request, const char *what, const char *of) {
  mien_error error = {0};
  if (!serve_audit_did(request->server, request->tenant, "person", what, of, &error)) return true;
  serve_answer_error(request, &error);
  return false;
}

typedef struct mine {
  serve_optout about;
  guard_consent consent;
} mine;

static int add_consent(void *context, const guard_consent *c) { return json_array_append_new(context, serve_consent_describe(c)) ? MIEN_ENOMEM : MIEN_OK; }

/* All consents of the person, or the one of the link. */
static json_t *consents_of(serve_request *request, const mine *m) {
  json_t *list = json_array();
  uint64_t before = UINT64_MAX;
  if (m->about.whole) guard_ledger_list(request->server->ledger, request->tenant, m->consent.subject, &before, CONSENTS, add_consent, list);
  else json_array_append_new(list, serve_consent_describe(&m->consent));
  return list;
}

/* Who did it, as far as a person may know: the role of an account, the label of a key; no names. */
static json_t *who(serve_request *request, const char *key) {
  store_tenant t;
  json_t *found = NULL, *told = NULL;
  if (!*key) return json_pack("{s:s}", "kind", "service");
  if (!strcmp(key, "person")) return json_pack("{s:s}", "kind", "person");
  if (request->server->keep && !store_of(&t, request->server->keep->store, request->tenant, NULL)) {
    if (!serve_account_get(&t, key, &found, NULL)) told = json_pack("{s:s,s:O?}", "kind", "account", "role", json_object_get(found, "role"));
    else if (!serve_keyring_get(request->server->keep->store, request->tenant, key, &found, NULL)) told = json_pack("{s:s,s:O?}", "kind", "key", "label", json_object_get(found, "label"));
    json_decref(found);
  }
  return told ? told : json_pack("{s:s,s:s}", "kind", "key", "label", key);
}

static json_t *traces(serve_request *request, const mine *m, mien_error *error) {
  json_t *all = json_array(), *list = json_array(), *one;
  size_t i;
  uint64_t before = UINT64_MAX;
  serve_trail *trail = base_alloc(1, sizeof *trail);
  int code = trail ? serve_trail_of(trail, request->server, request->tenant, m->consent.subject, error) : MIEN_ENOMEM;
  if (!code) serve_trail_read(request->server, request->tenant, trail, &before, TRACES, all, error);
  base_free(trail);
  json_array_foreach(all, i, one) {
    const char *key = json_string_value(json_object_get(one, "key"));
    json_array_append_new(list, json_pack("{s:O?,s:O?,s:O?,s:o}", "at", json_object_get(one, "at"), "what", json_object_get(one, "what"), "purpose", json_object_get(one, "purpose"),
                                          "by", who(request, key ? key : "")));
  }
  json_decref(all);
  return list;
}

static void show(serve_request *request) {
  mine *m = request->held;
  mien_error error = {0};
  json_t *body = json_pack("{s:b,s:s,s:o,s:o,s:b}", "whole", m->about.whole, "tenant", request->tenant, "consents", consents_of(request, m), "seen",
                           m->about.whole ? traces(request, m, &error) : json_array(), "kept", request->server->keep != NULL);
  json_t *each;
  size_t i;
  json_array_foreach(json_object_get(body, "consents"), i, each) {
    json_object_del(each, "subject"); /* what the caller calls them is the caller's, and may say too much to who found the link */
    json_object_del(each, "evidence");
  }
  base_free(m);
  request->held = NULL;
  serve_answer_json(request, 200, body);
  json_decref(body);
}

/* {"token"}: {"whole","consents":[…],"seen":[{"at","what","purpose","by"}]}. */
void serve_api_mine(serve_request *request) {
  json_t *body = serve_request_json(request);
  mine *m = base_alloc(1, sizeof *m);
  if (body && m && whose(request, body, &m->about, &m->consent) && logged(request, "mine", m->consent.id)) {
    request->held = m;
    m = NULL;
    serve_aside_run(request, show);
    if (!request->later) base_free(request->held), request->held = NULL;
  }
  base_free(m);
  json_decref(body);
}

/* {"token","consent","modalities"}: no consent: that of the link; no modalities: all. Of the same person alone. */
void serve_api_mine_withdraw(serve_request *request) {
  serve_optout about;
  guard_consent own, c;
  mien_error error = {0};
  json_t *body = serve_request_json(request);
  if (body && whose(request, body, &about, &own)) {
    const char *id = json_string_value(json_object_get(body, "consent"));
    json_t *list = json_object_get(body, "modalities");
    unsigned read = list ? 0 : MIEN_READ_ALL;
    for (size_t i = 0; i < json_array_size(list); i++) read |= serve_modality_named(json_string_value(json_array_get(list, i)));
    bool theirs = guard_ledger_find(request->server->ledger, request->tenant, id ? id : own.id, &c) && !strcmp(c.subject, own.subject) && (about.whole || !strcmp(c.id, own.id));
    if (!theirs) serve_answer_problem_text(request, 404, "Not found", "there is no such consent");
    else if (!read) serve_answer_problem_text(request, 422, "Not possible as asked", "'modalities' must list some of text, voice, face, body");
    else if (serve_consent_withdraw(request->server, request->tenant, c.id, read, "person", "optout", &error)) serve_answer_error(request, &error);
    else {
      json_t *told = json_pack("{s:s,s:o}", "consent", c.id, "modalities", guard_ledger_find(request->server->ledger, request->tenant, c.id, &c) ? serve_modalities_json(c.read) : json_array());
      serve_answer_json(request, 200, told);
      json_decref(told);
    }
  }
  json_decref(body);
}

/* For all of their data: the link must be of the whole person. */
static bool whole(serve_request *request, json_t *body, mine *m) {
  if (!body || !whose(request, body, &m->about, &m->consent)) return false;
  if (m->about.whole) return true;
  serve_answer_problem_text(request, 403, "Not by this link", "this link is of one consent: ask those who sent it for a link to all of your data");
  return false;
}

static int kept_of(serve_request *request, const mine *m, store_tenant *t, store_subject *subject, mien_error *error) {
  char ref[STORE_ID];
  if (!request->server->keep) return MIEN_EEMPTY;
  int code = store_of(t, request->server->keep->store, request->tenant, error);
  if (!code) code = store_subject_ref(t, m->consent.subject, ref, error);
  return code ? code : store_subject_find(t, ref, subject, error);
}

/* {"consents":[…],"kept":{…}|null}. */
void serve_api_mine_export(serve_request *request) {
  mine m;
  store_tenant t;
  store_subject subject;
  base_text text = {0};
  mien_error error = {0};
  json_t *body = serve_request_json(request);
  if (whole(request, body, &m) && logged(request, "export", m.consent.id)) {
    int code = kept_of(request, &m, &t, &subject, &error);
    if (!code) code = store_subject_export(&t, subject.id, &text, &error);
    json_t *told = json_pack("{s:o,s:o}", "consents", consents_of(request, &m), "kept", code ? json_null() : json_loadb(text.data, text.length, 0, NULL));
    if (code && code != MIEN_EEMPTY) serve_answer_error(request, &error);
    else serve_answer_json(request, 200, told);
    json_decref(told);
  }
  base_text_clear(&text);
  json_decref(body);
}

/* What is kept is erased first, so that there is a certificate of it; then no consent of theirs stands any more. */
void serve_api_mine_erase(serve_request *request) {
  mine m;
  store_tenant t;
  store_subject subject;
  base_text text = {0};
  mien_error error = {0};
  json_t *body = serve_request_json(request), *one;
  if (whole(request, body, &m) && logged(request, "erase", m.consent.id)) {
    int code = kept_of(request, &m, &t, &subject, &error);
    if (!code) code = store_subject_erase(&t, subject.id, "request", &text, &error);
    json_t *list = consents_of(request, &m), *certificate = code ? json_null() : json_loadb(text.data, text.length, 0, NULL);
    size_t i;
    if (code == MIEN_EEMPTY) code = MIEN_OK;
    json_array_foreach(list, i, one) {
      if (!code && json_array_size(json_object_get(one, "modalities")))
        code = serve_consent_withdraw(request->server, request->tenant, json_string_value(json_object_get(one, "consent")), MIEN_READ_ALL, "person", "optout", &error);
    }
    json_t *told = json_pack("{s:o,s:i}", "certificate", certificate, "consents", (int)json_array_size(list));
    if (code) serve_answer_error(request, &error);
    else serve_answer_json(request, 200, told);
    json_decref(told);
    json_decref(list);
  }
  base_text_clear(&text);
  json_decref(body);
}

/* ---- Their own days ---- */

/* One conversation's mood, at the time it was opened, and words of crisis in it. */
static int take_session(mien_wellbeing *own, json_t *session, mien_error *error) {
  json_t *record;
  size_t i;
  double opened = json_number_value(json_object_get(session, "opened")), sum = 0, count = 0;
  json_array_foreach(json_object_get(session, "records"), i, record) {
    const char *type = json_string_value(json_object_get(record, "type"));
    json_t *content = json_object_get(record, "content"), *inner = type ? json_object_get(content, type) : NULL, *one = inner ? inner : content;
    json_t *valence = json_object_get(json_object_get(one, "dims"), "valence");
    const char *text = json_string_value(json_object_get(one, "text"));
    if (type && !strcmp(type, "turn") && text) mien_wellbeing_text(own, opened, text, strlen(text));
    if (!type || strcmp(type, "state") || !json_is_number(valence) || json_is_string(json_object_get(one, "abstain"))) continue;
    sum += json_number_value(valence);
    count++;
  }
  return count > 0 ? mien_wellbeing_add(own, opened, sum / count, error) : MIEN_OK;
}

static int take_days(serve_request *request, const mine *m, mien_wellbeing *own, mien_error *error) {
  store_tenant t;
  store_subject subject;
  base_text text = {0};
  json_t *kept = NULL, *session;
  size_t i;
  int code = kept_of(request, m, &t, &subject, error);
  if (!code) code = store_subject_export(&t, subject.id, &text, error);
  if (!code) kept = json_loadb(text.data, text.length, 0, NULL);
  json_array_foreach(json_object_get(kept, "sessions"), i, session) {
    const char *purpose = json_string_value(json_object_get(session, "purpose"));
    if (!code && purpose && !strcmp(purpose, "wellbeing")) code = take_session(own, session, error);
  }
  json_decref(kept);
  base_text_clear(&text);
  return code == MIEN_EEMPTY ? MIEN_OK : code; /* nothing is kept: no days */
}

static json_t *days_json(const mien_wellbeing *own) {
  size_t bytes = mien_wellbeing_json(own, NULL, 0), words = mien_wellbeing_tell(own, NULL, 0);
  char *text = base_alloc(bytes + words + 2, 1), *told = text ? text + bytes + 1 : NULL;
  json_t *body = NULL;
  if (text && mien_wellbeing_json(own, text, bytes + 1) == bytes && mien_wellbeing_tell(own, told, words + 1) == words && (body = json_loadb(text, bytes, 0, NULL)))
    json_object_set_new(body, "told", json_string(told));
  base_free(text);
  return body;
}

/* {"token","agreed":true,"country","offset"}: mien_wellbeing_json, and the same in words as "told". */
void serve_api_mine_wellbeing(serve_request *request) {
  mine m;
  mien_error error = {0};
  mien_wellbeing *own = NULL;
  json_t *body = serve_request_json(request), *answer = NULL;
  if (whole(request, body, &m)) {
    mien_wellbeing_options options = {sizeof options, json_is_true(json_object_get(body, "agreed")), json_string_value(json_object_get(body, "country")),
                                      (int)BASE_CLAMP(json_integer_value(json_object_get(body, "offset")), -2000, 2000)};
    int code = mien_wellbeing_open(&own, &options, &error);
    if (!code && !guard_ledger_stands(request->server->ledger, request->tenant, m.consent.subject, "wellbeing", false))
      code = base_error_set(&error, MIEN_EPOLICY, "consents", "a consent of the purpose wellbeing is needed", "you have given no consent for this, or have withdrawn it");
    if (code) serve_answer_error(request, &error);
    else if (logged(request, "wellbeing", m.consent.id)) {
      code = take_days(request, &m, own, &error);
      answer = code ? NULL : days_json(own);
      if (answer) serve_answer_json(request, 200, answer);
      else serve_answer_error(request, &error);
    }
  }
  mien_wellbeing_close(&own);
  json_decref(answer);
  json_decref(body);
}
