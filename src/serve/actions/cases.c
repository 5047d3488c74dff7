/* cases.c: see cases.h. */
#include "serve/actions/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *const states[] = {"open", "accepted", "rejected", "corrected"};
static const char *const decisions[] = {NULL, "accept", "reject", "correct"};

/* Of nobody whose are kept: not of whom. */
static char *without_whom(const char *event) {
  json_t *is = json_loads(event, 0, NULL);
  if (is) json_object_set_new(is, "who", json_null());
  json_object_del(is, "actions");
  char *text = is ? json_dumps(is, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
  json_decref(is);
  return text;
}

int serve_case_make(const store_tenant *t, const serve_action *a, mien_error *error) {
  base_text text = {0};
  base_json out;
  base_json_init(&out, &text);
  base_json_open(&out, NULL, '{');
  char *bare = *a->subject ? NULL : without_whom(a->event);
  const char *event = *a->subject ? a->event : bare ? bare : "null";
  base_json_raw(&out, "event", event, strlen(event));
  base_json_integer(&out, "seq", (long long)a->seq);
  base_json_string(&out, "session", a->session);
  base_json_string(&out, "purpose", a->purpose);
  base_json_integer(&out, "rests", a->rests);
  if (a->reading) base_json_raw(&out, "reading", a->reading, strlen(a->reading));
  else base_json_raw(&out, "reading", "null", 4);
  base_json_raw(&out, "decisions", "[]", 2);
  base_json_close(&out, '}');
  store_item item = {.at = a->at, .due = a->keep_until, .payload = text.data, .bytes = text.length};
  snprintf(item.state, sizeof item.state, "open");
  memcpy(item.subject, a->subject, STORE_ID);
  if (*a->subject) snprintf(item.session, sizeof item.session, "%s", a->session); /* those of nobody have no session that is kept */
  int code = text.failed ? base_error_set(error, MIEN_ENOMEM, "cases", "", "out of memory") : store_item_put(t, STORE_CASES, &item, error);
  base_text_clear(&text);
  free(bare);
  return code;
}

json_t *serve_case_describe(const store_item *item) {
  json_t *is = json_loadb(item->payload, item->bytes, 0, NULL);
  json_t *told = is ? json_pack("{s:s,s:s,s:f,s:I}", "case", item->id, "state", item->state, "made", item->at, "version", (json_int_t)item->version) : NULL;
  if (told) json_object_update_missing(told, is);
  json_object_del(told, "rests");
  json_decref(is);
  return told;
}

/* ---- Deciding ---- */

static int wrong(mien_error *error, const char *where, const char *remedy, const char *what) {
  return base_error_set(error, MIEN_EINVAL, where, remedy, "%s", what);
}

static int check_correction(const json_t *correction, mien_error *error) {
  const char *name;
  json_t *value;
  if (!json_is_object(correction) || !json_object_size(correction))
    return wrong(error, "correction", "send {\"core\":\"sadness\"}, {\"valence\":-0.5} or {\"note\":…}", "a correction says what would have been right");
  json_object_foreach((json_t *)correction, name, value) {
    bool known = false, right = false;
    if (!strcmp(name, "core")) {
      known = true;
      for (int k = 0; k < MIEN_CORE; k++) right |= json_is_string(value) && !strcmp(json_string_value(value), mien_core_name(k));
    } else if (!strcmp(name, "note")) {
      known = true;
      right = json_is_string(value) && json_string_length(value) <= CASE_REASON;
    }
    for (int d = 0; d < MIEN_DIMS; d++)
      if (!strcmp(name, mien_dim_name(d))) known = true, right = json_is_number(value) && fabs(json_number_value(value)) <= 1;
    for (int s = 0; s < MIEN_STATES; s++)
      if (!strcmp(name, mien_state_name(s))) known = true, right = json_is_number(value) && json_number_value(value) >= 0 && json_number_value(value) <= 1;
    if (!known) return base_error_set(error, MIEN_EINVAL, "correction", "core, a dimension, a state or note", "'%.40s' cannot be corrected", name);
    if (!right) return base_error_set(error, MIEN_EINVAL, "correction", "a core label; -1 to 1; 0 to 1; a note of at most 2000 bytes", "'%.40s' has no such value", name);
  }
  return MIEN_OK;
}

static int check(const json_t *asked, size_t *state, mien_error *error) {
  static const char *const known[] = {"decision", "reason", "correction", "version"};
  const char *decision = json_string_value(json_object_get(asked, "decision")), *name;
  const json_t *reason = json_object_get(asked, "reason"), *correction = json_object_get(asked, "correction");
  json_t *value;
  json_object_foreach((json_t *)asked, name, value) {
    size_t i = 0;
    while (i < BASE_COUNT(known) && strcmp(known[i], name)) i++;
    if (i == BASE_COUNT(known)) return base_error_set(error, MIEN_EINVAL, "decision", "", "'%.40s' is not known", name);
  }
  *state = 1;
  while (decision && *state < BASE_COUNT(states) && strcmp(decision, decisions[*state])) ++*state;
  if (!decision || *state == BASE_COUNT(states)) return wrong(error, "decision", "send accept, reject or correct", "'decision' is missing or not known");
  if (!json_is_string(reason) || !json_string_length(reason) || json_string_length(reason) > CASE_REASON)
    return wrong(error, "reason", "say why, in at most 2000 bytes", "a decision has a reason");
  if (*state == 3) return check_correction(correction, error);
  return correction ? wrong(error, "correction", "leave it out, or send \"decision\":\"correct\"", "only what is corrected has a correction") : MIEN_OK;
}

typedef struct taken {
  store_item item;
  char *payload;
} taken;

static int take(void *context, const store_item *item) {
  taken *one = context;
  one->item = *item;
  one->payload = base_alloc(item->bytes + 1, 1);
  if (!one->payload) return MIEN_ENOMEM;
  memcpy(one->payload, item->payload, item->bytes);
  return MIEN_OK;
}

int serve_case_decide(const store_tenant *t, const char *id, const char *by, const json_t *asked, json_t **described, mien_error *error) {
  size_t state = 0;
  taken one = {0};
  *described = NULL;
  int code = check(asked, &state, error);
  if (!code) code = store_item_get(t, STORE_CASES, id, take, &one, error);
  if (code) return code;
  json_t *payload = json_loadb(one.payload, one.item.bytes, 0, NULL), *list = json_object_get(payload, "decisions");
  base_free(one.payload);
  const json_t *version = json_object_get(asked, "version");
  if (version && json_integer_value(version) != one.item.version)
    code = base_error_set(error, MIEN_EPOLICY, "version", "read it again, and decide on what is there now", "somebody has decided it since");
  if (!code && (!json_is_array(list) || json_array_size(list) >= CASE_DECISIONS))
    code = base_error_set(error, MIEN_ELIMIT, "case", "", "it was decided %d times already", CASE_DECISIONS);
  json_t *correction = json_object_get(asked, "correction");
  if (!code && json_array_append_new(list, json_pack("{s:s,s:O,s:o,s:s,s:f}", "decision", decisions[state], "reason", json_object_get(asked, "reason"), "correction",
                                                     correction ? json_incref(correction) : json_null(), "by", by, "at", (double)time(NULL))))
    code = base_error_set(error, MIEN_ENOMEM, "case", "", "out of memory");
  char *text = code ? NULL : json_dumps(payload, JSON_COMPACT | JSON_REAL_PRECISION(15));
  if (!code && !text) code = base_error_set(error, MIEN_ENOMEM, "case", "", "out of memory");
  if (!code) {
    snprintf(one.item.state, sizeof one.item.state, "%s", states[state]);
    one.item.payload = text;
    one.item.bytes = strlen(text);
    code = store_item_change(t, STORE_CASES, &one.item, error);
  }
  if (!code) *described = serve_case_describe(&one.item);
  free(text);
  json_decref(payload);
  return code;
}

/* ---- The end of cases ---- */

typedef struct withdrawal {
  const store_tenant *t;
  int table;
  const char *subject, *purpose;
  unsigned read;
} withdrawal;

static int withdraw(void *context, const store_item *item) {
  const withdrawal *w = context;
  if (strcmp(item->subject, w->subject)) return MIEN_OK;
  json_t *payload = json_loadb(item->payload, item->bytes, 0, NULL);
  const char *purpose = json_string_value(json_object_get(payload, "purpose"));
  unsigned rests = (unsigned)json_integer_value(json_object_get(payload, "rests"));
  bool goes = !payload || (rests & w->read && purpose && !strcmp(purpose, w->purpose));
  json_decref(payload);
  int code = goes ? store_item_erase(w->t, w->table, item->id, NULL) : MIEN_OK;
  return code == MIEN_EEMPTY ? MIEN_OK : code;
}

int serve_cases_withdraw(const store_tenant *t, const char *subject, const char *purpose, unsigned read, mien_error *error) {
  int code = MIEN_OK;
  for (int table = STORE_CASES; table <= STORE_DELIVERIES && !code; table++) {
    char before[STORE_CURSOR] = "";
    withdrawal w = {t, table, subject, purpose, read};
    do code = store_item_list(t, table, "", "", before, STORE_PAGE, withdraw, &w, error);
    while (!code && *before);
  }
  return code;
}

static int erase(void *context, const store_tenant *t, const store_item *item) {
  int code = store_item_erase(t, STORE_CASES, item->id, NULL);
  return code == MIEN_EEMPTY ? MIEN_OK : code;
}

int serve_cases_sweep(store *s, double now, mien_error *error) {
  int code = MIEN_OK;
  for (size_t i = 0; i < BASE_COUNT(states) && !code; i++) code = store_item_due(s, STORE_CASES, states[i], now, STORE_PAGE, erase, NULL, error);
  return code;
}
