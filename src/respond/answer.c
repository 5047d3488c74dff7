/* answer.c: a question in JSON, and its answer. Any thread. */
#include <stdio.h>

#include "respond/respond.h"

enum { MOST = 1 << 20 };

static int wrong(mien_error *error, const char *where, const char *remedy, const char *format, ...) __attribute__((format(printf, 4, 5)));
static int wrong(mien_error *error, const char *where, const char *remedy, const char *format, ...) {
  char what[200];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  return base_error_set(error, MIEN_EFORMAT, where, remedy, "%s", what);
}

/* ---- A state ---- */

static float number(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  double n = json_is_number(value) ? json_number_value(value) : (double)NAN;
  return fabs(n) <= 1e6 ? (float)n : NAN;
}

static void numbers(const json_t *state, const char *part, float *to, int count, const char *(*name)(int)) {
  const json_t *values = json_object_get(state, part);
  for (int i = 0; i < count; i++) to[i] = number(values, name(i));
}

int respond_state_read(const json_t *state, mien_reading *r, mien_error *error) {
  if (!json_is_object(state)) return wrong(error, "state", "give a state as `mien read --json` writes it", "it has to be an object");
  if (!json_is_object(json_object_get(state, "core")))
    return wrong(error, "state.core", "give a state as `mien read --json` writes it; leave it away where there is none", "a state has core");
  base_reading_init(r, MIEN_FUSED);
  numbers(state, "core", r->core, MIEN_CORE, mien_core_name);
  numbers(state, "states", r->states, MIEN_STATES, mien_state_name);
  numbers(state, "dims", r->dims, MIEN_DIMS, mien_dim_name);
  numbers(state, "trend", r->trend, MIEN_DIMS, mien_dim_name);
  numbers(state, "flags", r->flags, MIEN_FLAGS, mien_flag_name);
  float sum = 0;
  for (int k = 0; k < MIEN_CORE; k++) {
    if (!isfinite(r->core[k])) r->core[k] = 0;
    if (r->core[k] < 0 || r->core[k] > 1) return wrong(error, "state.core", "", "'%s' is not in 0…1", mien_core_name(k));
    sum += r->core[k];
  }
  r->confidence = number(state, "confidence");
  const json_t *abstain = json_object_get(state, "abstain"), *rise = json_object_get(json_object_get(state, "forecast"), "rise");
  if (json_is_string(abstain) || !(sum > 0)) r->abstain = "abstained";
  r->outlook.rise = number(rise, "value");
  r->outlook.warning = json_is_true(json_object_get(rise, "warning"));
  return MIEN_OK;
}

/* ---- A question ---- */

typedef struct question {
  mien_respond_ask ask;
  mien_reading state;
  mien_respond_turn turns[MIEN_RESPOND_TURNS];
  const char *said[MIEN_RESPOND_SAID];
  size_t most;
} question;

static int text(const json_t *json, const char *key, const char **to, mien_error *error) {
  const json_t *value = json_object_get(json, key);
  if (!value || json_is_null(value)) return MIEN_OK;
  *to = json_string_value(value);
  if (!*to || strlen(*to) != json_string_length(value) || strlen(*to) > 63) return wrong(error, key, "", "it has to be a text of at most 63 bytes");
  return MIEN_OK;
}

static int one_of(const json_t *json, const char *key, const char *const *names, size_t count, const char *known, int *to, mien_error *error) {
  const char *name = NULL;
  int code = text(json, key, &name, error);
  *to = name ? respond_among(name, names, count) + 1 : 0;
  if (!code && name && !*to) code = wrong(error, key, known, "'%.40s' is none", name);
  return code;
}

static int take_turns(question *q, const json_t *turns, mien_error *error) {
  size_t count = json_array_size(turns), from = count > MIEN_RESPOND_TURNS ? count - MIEN_RESPOND_TURNS : 0;
  if (turns && !json_is_array(turns)) return wrong(error, "turns", "", "it has to be a list of {who, text, strategy}");
  for (size_t i = from; i < count; i++) {
    const json_t *one = json_array_get(turns, i), *who = json_object_get(one, "who"), *said = json_object_get(one, "text"), *named = json_object_get(one, "strategy");
    char where[48];
    snprintf(where, sizeof where, "turn %zu", i + 1);
    if (!json_is_string(who) || !json_is_string(said)) return wrong(error, where, "give {\"who\":\"customer\",\"text\":\"…\"}", "who and text have to be texts");
    int strategy = named && !json_is_null(named) ? respond_strategy_named(json_string_value(named)) : -1;
    if (named && !json_is_null(named) && strategy < 0) return wrong(error, where, "one of the 12 strategies, or null", "'%.40s' is no strategy", json_is_string(named) ? json_string_value(named) : "");
    q->turns[q->ask.turn_count++] = (mien_respond_turn){json_string_value(who), json_string_value(said), strategy};
  }
  q->ask.turns = q->turns;
  return MIEN_OK;
}

static int take_said(question *q, const json_t *said, mien_error *error) {
  size_t i;
  json_t *one;
  if (said && (!json_is_array(said) || json_array_size(said) > MIEN_RESPOND_SAID)) return wrong(error, "said", "", "it has to be a list of at most %d ids", MIEN_RESPOND_SAID);
  json_array_foreach(said, i, one) {
    if (!json_is_string(one)) return wrong(error, "said", "", "an id has to be a text");
    q->said[q->ask.said_count++] = json_string_value(one);
  }
  q->ask.said = q->said;
  return MIEN_OK;
}

static int take(question *q, const json_t *json, mien_error *error) {
  static const char *const known[] = {"state", "turns", "role", "purpose", "language", "register", "place", "neutral", "crisis", "said", "most"};
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)json, key, value)
    if (respond_among(key, known, BASE_COUNT(known)) < 0)
      return wrong(error, "the question", "state, turns, role, purpose, language, register, place, neutral, crisis, said, most", "'%.40s' is not known", key);
  const json_t *state = json_object_get(json, "state"), *neutral = json_object_get(json, "neutral"), *crisis = json_object_get(json, "crisis"), *most = json_object_get(json, "most");
  int code = MIEN_OK;
  if (state && !json_is_null(state) && !(code = respond_state_read(state, &q->state, error))) q->ask.state = &q->state;
  if (!code && neutral && !json_is_boolean(neutral)) code = wrong(error, "neutral", "", "it has to be true or false");
  if (!code && crisis && !json_is_boolean(crisis)) code = wrong(error, "crisis", "", "it has to be true or false");
  if (!code && most && !(json_is_integer(most) && json_integer_value(most) >= 1 && json_integer_value(most) <= MIEN_RESPOND_MOST))
    code = wrong(error, "most", "", "it has to be a number from 1 to %d", MIEN_RESPOND_MOST);
  q->ask.neutral = json_is_true(neutral);
  q->ask.crisis = json_is_true(crisis);
  q->most = most ? (size_t)json_integer_value(most) : 3;
  if (code || (code = text(json, "role", &q->ask.role, error)) || (code = text(json, "purpose", &q->ask.purpose, error)) || (code = text(json, "language", &q->ask.language, error)) ||
      (code = one_of(json, "register", respond_registers, 2, "formal or informal", &q->ask.reg, error)) ||
      (code = one_of(json, "place", respond_places, 3, "open, middle or close", &q->ask.place, error)) ||
      (code = take_turns(q, json_object_get(json, "turns"), error)))
    return code;
  return take_said(q, json_object_get(json, "said"), error);
}

/* ---- The answer ---- */

static void put(base_json *out, const mien_suggestion *s) {
  base_json_open(out, NULL, '{');
  base_json_string(out, "strategy", mien_strategy_name(s->strategy)), base_json_string(out, "title", s->title), base_json_string(out, "id", s->id);
  base_json_string(out, "words", s->words), base_json_string(out, "language", s->language), base_json_string(out, "register", respond_registers[s->reg - 1]);
  base_json_string(out, "avoid", s->avoid), base_json_string(out, "why", s->why), base_json_string(out, "source", s->source);
  base_json_number(out, "score", (double)s->score, 3);
  base_json_open(out, "because", '[');
  for (size_t i = 0; i < s->because_count; i++) {
    base_json_open(out, NULL, '{');
    base_json_string(out, "what", s->because[i].what);
    base_json_number(out, "value", (double)s->because[i].value, 3), base_json_number(out, "weight", (double)s->because[i].weight, 3);
    base_json_close(out, '}');
  }
  base_json_close(out, ']');
  base_json_close(out, '}');
}

static int answer_of(const mien_suggestion *list, size_t count, int flags, char **to, mien_error *error) {
  base_text text = {0};
  base_json out;
  base_json_init(&out, &text);
  base_json_open(&out, NULL, '{');
  base_json_open(&out, "suggestions", '[');
  for (size_t i = 0; i < count; i++) put(&out, &list[i]);
  base_json_close(&out, ']');
  base_json_bool(&out, "crisis", flags & MIEN_RESPOND_CRISIS), base_json_bool(&out, "unsure", flags & MIEN_RESPOND_UNSURE);
  base_json_close(&out, '}');
  if (text.failed) {
    base_text_clear(&text);
    return base_error_set(error, MIEN_ENOMEM, "suggestions", "", "out of memory");
  }
  *to = text.data;
  return MIEN_OK;
}

int mien_respond_suggest_json(const mien_respond *respond, const char *json, size_t bytes, char **answer, mien_error *error) {
  json_error_t bad;
  mien_suggestion list[MIEN_RESPOND_MOST];
  size_t count = 0;
  int flags = 0, code;
  *answer = NULL;
  if (bytes > MOST) return base_error_set(error, MIEN_ELIMIT, "the question", "give the last turns alone", "more than %d bytes", MOST);
  json_t *asked = json_loadb(json ? json : "", json ? bytes : 0, JSON_REJECT_DUPLICATES, &bad);
  if (!asked || !json_is_object(asked)) {
    char place[64];
    snprintf(place, sizeof place, "the question, line %d, column %d", asked ? 1 : bad.line, asked ? 1 : bad.column);
    code = wrong(error, place, "give an object", "%s%.150s", asked ? "it has to be an object" : "not JSON: ", asked ? "" : bad.text);
    json_decref(asked);
    return code;
  }
  question *q = base_alloc(1, sizeof *q);
  if (!q) code = base_error_set(error, MIEN_ENOMEM, "suggestions", "", "out of memory");
  else {
    q->ask.size = sizeof q->ask;
    code = take(q, asked, error);
    if (!code) code = mien_respond_suggest(respond, &q->ask, list, q->most, &count, &flags, error);
    if (!code) code = answer_of(list, count, flags, answer, error);
  }
  base_free(q);
  json_decref(asked);
  return code;
}

void mien_respond_free(char **answer) {
  base_free(*answer);
  *answer = NULL;
}
