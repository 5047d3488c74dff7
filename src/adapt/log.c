/* log.c: the log of a policy, a line of JSON for everything that happens to it, and its replay. What is read here is
 * untrusted: a log of others may claim anything, and is held against what the policy itself would have done. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapt/adapt.h"

enum { LINE_MOST = 1 << 18 };

json_t *adapt_json_read(const char *json, size_t bytes, const char *where, mien_error *error) {
  json_error_t bad;
  char place[96];
  if (bytes > LINE_MOST) {
    base_error_set(error, MIEN_ELIMIT, where, "", "more than %d bytes", LINE_MOST);
    return NULL;
  }
  json_t *value = json_loadb(json ? json : "", json ? bytes : 0, JSON_REJECT_DUPLICATES, &bad);
  snprintf(place, sizeof place, "%s, line %d, column %d", where, value ? 0 : bad.line, value ? 0 : bad.column);
  if (!value) base_error_set(error, MIEN_EFORMAT, place, "", "not JSON: %.160s", bad.text);
  else if (!json_is_object(value)) base_error_set(error, MIEN_EFORMAT, where, "", "it has to be an object");
  else return value;
  json_decref(value);
  return NULL;
}

/* ---- Out ---- */

/* A line ends in the hash of what stands before, and of the line before it: 16 digits of BLAKE2b. It is no signature:
 * it finds what was damaged or edited, not who made all of it again. */
#define CHAIN ",\"chain\":\""
enum { CHAIN_BYTES = sizeof CHAIN - 1 + 16 + 2 };
static void chain_on(char chain[17], const char *before, const char *line, size_t bytes) {
  crypto_generichash_state state;
  uint8_t hash[16];
  crypto_generichash_init(&state, NULL, 0, sizeof hash);
  crypto_generichash_update(&state, (const uint8_t *)before, strlen(before));
  crypto_generichash_update(&state, (const uint8_t *)line, bytes);
  crypto_generichash_final(&state, hash, sizeof hash);
  sodium_bin2hex(chain, 17, hash, 8);
}

static int put(mien_adapt *policy, base_text *text, mien_error *error) {
  char chain[17] = "";
  if (!text->failed) { /* in place of the last bracket */
    text->data[--text->length] = 0;
    chain_on(chain, policy->chain, text->data, text->length);
    base_text_printf(text, CHAIN "%s\"}", chain);
  }
  int code = text->failed ? base_error_set(error, MIEN_ENOMEM, policy->plan.name, "", "out of memory") : MIEN_OK;
  if (!code && policy->write && policy->write(policy->context, text->data, text->length))
    code = base_error_set(error, MIEN_EIO, policy->plan.name, "nothing was decided or learned; try again when the log can be written", "the log could not be written");
  if (!code) policy->lines++, memcpy(policy->chain, chain, sizeof chain);
  base_text_clear(text);
  return code;
}

static void begin(base_json *out, base_text *text, const mien_adapt *policy, const char *event) {
  base_json_init(out, text);
  base_json_open(out, NULL, '{');
  base_json_integer(out, "n", (long long)policy->lines + 1);
  base_json_string(out, "event", event);
}

int adapt_log_policy(mien_adapt *policy, mien_error *error) {
  base_text text = {0};
  base_json out;
  char *described = json_dumps(policy->description, JSON_COMPACT);
  if (!described) return base_error_set(error, MIEN_ENOMEM, policy->plan.name, "", "out of memory");
  begin(&out, &text, policy, "policy");
  base_json_raw(&out, "policy", described, strlen(described));
  base_json_close(&out, '}');
  free(described);
  return put(policy, &text, error);
}

/* 17 digits are enough to have the same double again. */
static void put_exact(base_json *out, const char *key, double value) {
  char number[40];
  int length = snprintf(number, sizeof number, "%.17g", value);
  if (isfinite(value)) base_json_raw(out, key, number, (size_t)length);
  else base_json_raw(out, key, "null", 4);
}

int adapt_log_decision(mien_adapt *policy, const double *given, int last, const adapt_pick *pick, mien_error *error) {
  const adapt_plan *plan = &policy->plan;
  base_text text = {0};
  base_json out;
  begin(&out, &text, policy, "decision");
  base_json_integer(&out, "decision", (long long)policy->count + 1);
  base_json_open(&out, "values", '{');
  for (size_t i = 0; i < plan->value_count; i++) put_exact(&out, plan->values[i].name, given[i]);
  base_json_close(&out, '}');
  base_json_string(&out, "last", plan->options[last].id);
  base_json_string(&out, "option", plan->options[pick->option].id);
  base_json_string(&out, "why", mien_adapt_why_name(pick->why));
  base_json_open(&out, "probabilities", '{');
  for (size_t o = 0; o < plan->option_count; o++)
    if (pick->allowed >> o & 1) put_exact(&out, plan->options[o].id, pick->probabilities[o]);
  base_json_close(&out, '}');
  base_json_number(&out, "expected", pick->expected[pick->option], 4);
  base_json_close(&out, '}');
  return put(policy, &text, error);
}

int adapt_log_outcome(mien_adapt *policy, uint64_t decision, double reward, mien_error *error) {
  base_text text = {0};
  base_json out;
  begin(&out, &text, policy, "outcome");
  base_json_integer(&out, "decision", (long long)decision);
  put_exact(&out, "reward", reward);
  base_json_close(&out, '}');
  return put(policy, &text, error);
}

int adapt_log_word(mien_adapt *policy, const char *event, const char *key, json_t *value, mien_error *error) {
  base_text text = {0};
  base_json out;
  begin(&out, &text, policy, event);
  if (json_is_integer(value)) base_json_integer(&out, key, json_integer_value(value));
  else if (value) base_json_bool(&out, key, json_is_true(value));
  base_json_close(&out, '}');
  json_decref(value);
  return put(policy, &text, error);
}

/* ---- In ---- */

static int differs(mien_error *error, const char *what) {
  return base_error_set(error, MIEN_EFORMAT, "", "the log was changed, or another version of the program wrote it", "%s", what);
}

static bool whole_number(const json_t *value, uint64_t *to) {
  *to = (uint64_t)json_integer_value(value);
  return json_is_integer(value) && json_integer_value(value) >= 0;
}

static int replay_decision(mien_adapt *policy, const json_t *line, mien_error *error) {
  double given[MIEN_ADAPT_VALUES];
  adapt_pick pick;
  uint64_t decision;
  const adapt_plan *plan = &policy->plan;
  const json_t *probabilities = json_object_get(line, "probabilities");
  int last = adapt_plan_option(plan, json_string_value(json_object_get(line, "last")));
  for (size_t i = 0; i < plan->value_count; i++) given[i] = (double)NAN;
  if (last < 0 || !whole_number(json_object_get(line, "decision"), &decision) || decision != policy->count + 1) return differs(error, "a decision is missing, or its 'last' is none of the options");
  int code = adapt_policy_given(policy, json_object_get(line, "values"), given, error);
  if (!code) code = adapt_policy_room(policy, error);
  if (!code) code = adapt_choose(plan, &policy->model, &policy->account, policy->mode, given, last, decision, &pick, error);
  if (code) return code;
  if (adapt_plan_option(plan, json_string_value(json_object_get(line, "option"))) != pick.option) return differs(error, "computed again, the decision is another");
  for (size_t o = 0; o < plan->option_count; o++) {
    const json_t *p = json_object_get(probabilities, plan->options[o].id);
    if (!p != !(pick.allowed >> o & 1) || (p && !(fabs(json_number_value(p) - pick.probabilities[o]) < 1e-9))) return differs(error, "computed again, the probabilities are others");
  }
  adapt_policy_decided(policy, given, last, &pick);
  return MIEN_OK;
}

static int replay(mien_adapt *policy, const json_t *line, mien_error *error) {
  const char *event = json_string_value(json_object_get(line, "event"));
  uint64_t number;
  if (!event || !whole_number(json_object_get(line, "n"), &number) || number != policy->lines + 1) return differs(error, "a line is missing");
  policy->lines++;
  if (!strcmp(event, "decision")) return replay_decision(policy, line, error);
  if (!strcmp(event, "outcome")) {
    const json_t *reward = json_object_get(line, "reward");
    if (!whole_number(json_object_get(line, "decision"), &number) || !json_is_number(reward)) return differs(error, "an outcome has a decision and a reward");
    int code = adapt_policy_may_hear(policy, number, json_number_value(reward), error);
    if (!code) adapt_policy_heard(policy, number, json_number_value(reward));
    return code;
  }
  if (!strcmp(event, "freeze")) return policy->mode.frozen = json_is_true(json_object_get(line, "on")), MIEN_OK;
  if (!strcmp(event, "release")) return policy->mode.guarded = false, MIEN_OK;
  if (!strcmp(event, "rollback") && whole_number(json_object_get(line, "to"), &number)) return adapt_policy_back(policy, number, error);
  return differs(error, "a line is of no kind that is known");
}

static int read_line(mien_adapt **policy, const char *text, size_t bytes, mien_error *error) {
  char chain[17];
  size_t end = bytes < CHAIN_BYTES ? 0 : bytes - CHAIN_BYTES;
  chain_on(chain, *policy ? (*policy)->chain : "", text, end);
  if (!end || memcmp(text + end, CHAIN, sizeof CHAIN - 1) || memcmp(text + end + sizeof CHAIN - 1, chain, 16))
    return base_error_set(error, MIEN_EFORMAT, "", "take a copy of the log from before, or roll back there and go on from it", "the line, or the one before it, is not as it was written");
  json_t *line = adapt_json_read(text, bytes, "", error);
  if (!line) return MIEN_EFORMAT;
  int code;
  if (*policy) {
    code = replay(*policy, line, error);
  } else {
    const char *event = json_string_value(json_object_get(line, "event"));
    json_t *description = json_object_get(line, "policy");
    code = event && !strcmp(event, "policy") && description ? adapt_policy_new(policy, description, error) : differs(error, "it does not begin with a policy");
    if (!code) (*policy)->lines = 1;
  }
  json_decref(line);
  if (*policy) memcpy((*policy)->chain, chain, sizeof chain);
  return code;
}

int mien_adapt_load(mien_adapt **policy, const char *log, size_t bytes, mien_adapt_write_fn write, void *context, size_t *whole, mien_error *error) {
  mien_error own = {0};
  size_t at = 0, number = 0;
  int code = MIEN_OK;
  *policy = NULL;
  while (at < bytes && !code) {
    const char *end = memchr(log + at, '\n', bytes - at);
    if (!end) break; /* cut off in writing */
    number++;
    code = read_line(policy, log + at, (size_t)(end - log) - at, &own);
    if (!code) at = (size_t)(end - log) + 1;
  }
  if (whole) *whole = at;
  if (!code && !*policy) number = 1, code = base_error_set(&own, MIEN_EEMPTY, "", "", "there is no policy in this log");
  if (!code) return (*policy)->write = write, (*policy)->context = context, MIEN_OK;
  char where[200];
  snprintf(where, sizeof where, "line %zu of the log%s%.120s", number, *own.where ? ": " : "", own.where);
  mien_adapt_close(policy);
  if (code == MIEN_EINVAL || code == MIEN_EPOLICY) code = MIEN_EFORMAT; /* the policy would not have done that */
  return base_error_set(error, code, where, own.remedy, "%s", own.what);
}
