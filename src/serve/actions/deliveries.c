/* deliveries.c: what is on its way to an endpoint: put into the store, sent, sent again, dead. See webhooks.h. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "serve/actions/webhooks_parts.h"
#include "serve/server.h"

static const char *const states[] = {"waiting", "delivered", "dead"};

/* After Standard Webhooks: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, in times of the first. */
static const double later[] = {1, 60, 360, 1440, 3600, 7200, 10080, 14400, 17280};

enum { NEVER = -1 /* a status: it cannot be called at all */ };

typedef struct webhook_call {
  struct webhook_call *next;
  store_tenant t;
  char endpoint[STORE_ID];
  store_item item; /* without its payload */
  json_t *payload;
} webhook_call;

void webhooks_state(char state[STORE_NAME], const char *is, const char *endpoint) { snprintf(state, STORE_NAME, "%.12s %.39s", is, endpoint); }

static bool waits(const char *state) { return !strncmp(state, "waiting ", 8); }

/* ---- Making ---- */

static bool named(const json_t *list, const char *name) {
  for (size_t i = 0; i < json_array_size(list); i++)
    if (!strcmp(json_string_value(json_array_get(list, i)), name)) return true;
  return false;
}

static bool wants(const serve_endpoint *e, const serve_action *a) {
  if (e->disabled || strcmp(e->tenant, a->tenant) || (e->rules && !named(e->rules, a->rule))) return false;
  bool any = !e->actions;
  for (size_t i = 0; i < a->action_count; i++) any = any || named(e->actions, a->actions[i]);
  return any;
}

static json_t *cloud_event(const serve_action *a) {
  char id[STORE_ID + 24], source[STORE_ID + 24], type[RULES_NAME + 16], time_text[40];
  time_t seconds = (time_t)a->at;
  struct tm utc;
  json_t *data = json_loads(a->event, 0, NULL);
  if (!data) return NULL;
  json_object_set_new(data, "session", json_string(a->session));
  json_object_set_new(data, "seq", json_integer((json_int_t)a->seq));
  if (*a->reference) json_object_set_new(data, "reference", json_string(a->reference));
  snprintf(id, sizeof id, "%s-%llu", a->session, (unsigned long long)a->seq);
  snprintf(source, sizeof source, "/v1/sessions/%s", a->session);
  snprintf(type, sizeof type, "mien.event.%s", a->rule);
  size_t length = strftime(time_text, sizeof time_text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &utc));
  snprintf(time_text + length, sizeof time_text - length, ".%03dZ", (int)((a->at - floor(a->at)) * 1000));
  return json_pack("{s:s,s:s,s:s,s:s,s:s*,s:s,s:s,s:o}", "specversion", "1.0", "id", id, "source", source, "type", type, "subject",
                   a->who && *a->who ? a->who : NULL, "time", time_text, "datacontenttype", "application/json", "data", data);
}

static int put(serve_webhooks *w, const store_tenant *t, const serve_action *a, const char *endpoint, mien_error *error) {
  json_t *payload = json_pack("{s:s,s:f,s:s,s:i,s:i,s:[],s:o}", "endpoint", endpoint, "keep_until", a->keep_until, "purpose", a->purpose, "rests", (int)a->rests,
                              "attempts", 0, "tries", "event", cloud_event(a));
  char *text = payload ? json_dumps(payload, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
  store_item item = {.at = a->at, .due = a->at, .payload = text, .bytes = text ? strlen(text) : 0};
  webhooks_state(item.state, "waiting", endpoint);
  memcpy(item.subject, a->subject, STORE_ID);
  if (*a->subject) snprintf(item.session, sizeof item.session, "%s", a->session);
  int code = text ? store_item_put(t, STORE_DELIVERIES, &item, error) : base_error_set(error, MIEN_ENOMEM, "webhooks", "", "out of memory");
  free(text);
  json_decref(payload);
  pthread_mutex_lock(&w->lock);
  serve_endpoint *e = webhooks_find(w, NULL, endpoint);
  if (e) e->look = 0;
  pthread_mutex_unlock(&w->lock);
  return code;
}

int serve_webhooks_make(serve_webhooks *w, const store_tenant *t, const serve_action *a, mien_error *error) {
  char (*ids)[STORE_ID] = NULL;
  size_t count = 0, room = 0;
  pthread_mutex_lock(&w->lock);
  for (serve_endpoint *e = w->all; e; e = e->next) room++;
  ids = base_alloc(room ? room : 1, sizeof *ids);
  for (serve_endpoint *e = ids ? w->all : NULL; e; e = e->next)
    if (wants(e, a)) memcpy(ids[count++], e->id, STORE_ID);
  pthread_mutex_unlock(&w->lock);
  int code = ids ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, "webhooks", "", "out of memory");
  for (size_t i = 0; i < count && !code; i++) code = put(w, t, a, ids[i], error);
  base_free(ids);
  return code;
}

/* ---- Sending ---- */

static void free_call(webhook_call *c) {
  json_decref(c->payload);
  base_free(c);
}

void deliveries_close(serve_webhooks *w) {
  while (w->calls) {
    webhook_call *next = w->calls->next;
    free_call(w->calls);
    w->calls = next;
  }
}

/* What the places of a recipe are filled in with. */
static json_t *names_of(const webhook_call *c, const serve_endpoint *e) {
  json_t *event = json_object_get(c->payload, "event"), *names = json_deep_copy(json_object_get(event, "data"));
  for (size_t i = 0; i < 3; i++) json_object_set(names, ((const char *[]){"id", "time", "type"})[i], json_object_get(event, ((const char *[]){"id", "time", "type"})[i]));
  return json_pack("{s:o,s:O,s:O,s:{s:s}}", "event", names, "value", e->values, "secret", e->secret_values, "delivery", "id", c->item.id);
}

static int call_by_recipe(serve_webhooks *w, webhook_call *c, const serve_endpoint *e, mien_error *error) {
  recipe_call call;
  json_t *names = names_of(c, e);
  int code = serve_recipe_make(e->recipe, names, e->base, &call, error);
  serve_outgoing out = {.method = call.method, .url = call.url.data, .body = call.body.data, .bytes = call.body.length, .timeout = w->server->settings.webhook_timeout, .ca = w->server->settings.webhook_ca, .header_count = call.header_count};
  for (size_t i = 0; i < call.header_count; i++) out.headers[i] = call.headers[i].data;
  if (!code) code = serve_url_check(out.url, w->server->settings.webhook_hosts, &out.anywhere, error);
  if (!code) code = serve_sender_add(w->sender, &out, c, error);
  recipe_call_clear(&call);
  json_decref(names);
  return code;
}

static int call_out(serve_webhooks *w, webhook_call *c, const serve_endpoint *e, mien_error *error) {
  if (e->recipe) return call_by_recipe(w, c, e, error);
  char id[96], stamp[64], signatures[2 * WEBHOOK_SIGNATURE + 32], one[WEBHOOK_SIGNATURE];
  long long at = (long long)time(NULL);
  char *body = json_dumps(json_object_get(c->payload, "event"), JSON_COMPACT | JSON_REAL_PRECISION(9));
  if (!body) return base_error_set(error, MIEN_ENOMEM, "webhooks", "", "out of memory");
  size_t bytes = strlen(body), length = (size_t)snprintf(signatures, sizeof signatures, "webhook-signature:");
  for (int i = 0; i < 2; i++)
    if (*e->secrets[i] && (!i || (double)at < e->until) && webhook_sign(e->secrets[i], c->item.id, at, body, bytes, one))
      length += (size_t)snprintf(signatures + length, sizeof signatures - length, " %s", one);
  snprintf(id, sizeof id, "webhook-id: %s", c->item.id);
  snprintf(stamp, sizeof stamp, "webhook-timestamp: %lld", at);
  serve_outgoing out = {.method = "POST", .url = e->url, .body = body, .bytes = bytes, .timeout = w->server->settings.webhook_timeout, .ca = w->server->settings.webhook_ca,
                        .headers = {"content-type: application/cloudevents+json; charset=utf-8", id, stamp, signatures}, .header_count = 4};
  int code = serve_url_check(e->url, w->server->settings.webhook_hosts, &out.anywhere, error); /* the settings may have changed since it was added */
  if (!code) code = serve_sender_add(w->sender, &out, c, error);
  free(body);
  return code;
}

typedef struct starting {
  serve_webhooks *w;
  const char *endpoint;
  bool full;
} starting;

static int start(void *context, const store_tenant *t, const store_item *item) {
  starting *s = context;
  serve_webhooks *w = s->w;
  for (webhook_call *c = w->calls; c; c = c->next)
    if (!strcmp(c->item.id, item->id)) return MIEN_OK;
  webhook_call *c = s->full ? NULL : base_alloc(1, sizeof *c);
  if (!c) return MIEN_OK;
  c->t = *t;
  c->item = *item;
  c->item.payload = NULL;
  snprintf(c->endpoint, sizeof c->endpoint, "%s", s->endpoint);
  c->payload = json_loadb(item->payload, item->bytes, 0, NULL);
  if (!c->payload || base_now() > json_number_value(json_object_get(c->payload, "keep_until"))) {
    store_item_erase(t, STORE_DELIVERIES, item->id, NULL);
    free_call(c);
    return MIEN_OK;
  }
  pthread_mutex_lock(&w->lock);
  serve_endpoint *e = webhooks_find(w, t->name, s->endpoint), copy;
  bool may = e && !e->disabled && e->calling < WEBHOOKS_AT_ONCE && serve_sender_count(w->sender) < SEND_AT_ONCE;
  if (may) {
    copy = *e;
    e->calling++;
    s->full = e->calling == WEBHOOKS_AT_ONCE;
  } else s->full = true;
  pthread_mutex_unlock(&w->lock);
  if (!may) {
    free_call(c);
    return MIEN_OK;
  }
  c->next = w->calls;
  w->calls = c;
  mien_error error = {0};
  int code = call_out(w, c, &copy, &error);
  if (code) deliveries_sent(w, c, code == MIEN_ENOMEM ? 0 : NEVER, error.what, 0);
  sodium_memzero(&copy, sizeof copy);
  return MIEN_OK;
}

/* ---- What became of it ---- */

static int put_back(webhook_call *c, const char *is, double due) {
  char *text = json_dumps(c->payload, JSON_COMPACT | JSON_REAL_PRECISION(17));
  webhooks_state(c->item.state, is, c->endpoint);
  c->item.due = due;
  c->item.payload = text;
  c->item.bytes = text ? strlen(text) : 0;
  int code = text ? store_item_change(&c->t, STORE_DELIVERIES, &c->item, NULL) : MIEN_ENOMEM;
  free(text);
  return code;
}

static void record(webhook_call *c, int status, const char *what) {
  json_t *tries = json_object_get(c->payload, "tries");
  json_array_append_new(tries, json_pack("{s:f,s:i,s:s}", "at", base_now(), "status", BASE_MAX(status, 0), "what", what));
  while (json_array_size(tries) > WEBHOOKS_TRIES) json_array_remove(tries, 0);
  json_object_set_new(c->payload, "attempts", json_integer(json_integer_value(json_object_get(c->payload, "attempts")) + 1));
}

void deliveries_sent(void *context, void *call, int status, const char *what, double retry_after) {
  serve_webhooks *w = context;
  webhook_call *c = call, **at = &w->calls;
  const serve_settings *s = &w->server->settings;
  while (*at != c) at = &(*at)->next;
  *at = c->next;
  record(c, status, what);
  json_int_t attempts = json_integer_value(json_object_get(c->payload, "attempts"));
  double keep_until = json_number_value(json_object_get(c->payload, "keep_until")), until = BASE_MIN(base_now() + WEBHOOKS_KEEP, keep_until);
  bool taken = status >= 200 && status < 300;
  int code;
  if (taken && !*c->item.subject) code = store_item_erase(&c->t, STORE_DELIVERIES, c->item.id, NULL);
  else if (taken) code = put_back(c, "delivered", until);
  else if (status == 410 || status == NEVER || attempts >= s->webhook_attempts) code = put_back(c, "dead", until);
  else {
    double delay = s->webhook_retry * later[BASE_MIN((size_t)attempts, BASE_COUNT(later)) - 1];
    delay *= 0.8 + 0.4 * randombytes_uniform(1 << 16) / 65536.0;
    if (status == 429 || status == 503) delay = BASE_MAX(delay, BASE_MIN(retry_after, 86400));
    code = put_back(c, "waiting", base_now() + delay);
  }
  serve_metrics_delivery(&w->server->metrics, taken, !taken && !waits(c->item.state));
  if (status == 410) webhooks_disable(w, c->endpoint);
  pthread_mutex_lock(&w->lock);
  serve_endpoint *e = webhooks_find(w, NULL, c->endpoint);
  if (e) {
    e->calling--;
    e->look = code == MIEN_OK || code == MIEN_EEMPTY ? 0 : base_clock() + 1; /* the store is gone: not at once again */
  }
  pthread_mutex_unlock(&w->lock);
  free_call(c);
}

/* ---- The clock ---- */

static int erase(void *context, const store_tenant *t, const store_item *item) {
  int code = store_item_erase(t, STORE_DELIVERIES, item->id, NULL);
  return code == MIEN_EEMPTY ? MIEN_OK : code;
}

static void sweep(serve_webhooks *w, const char *endpoint) {
  char state[STORE_NAME];
  for (size_t i = 1; i < BASE_COUNT(states); i++) {
    webhooks_state(state, states[i], endpoint);
    store_item_due(w->store, STORE_DELIVERIES, state, base_now(), STORE_PAGE, erase, NULL, NULL);
  }
}

static void look(serve_webhooks *w, const char *endpoint) {
  char state[STORE_NAME];
  starting s = {w, endpoint, false};
  webhooks_state(state, "waiting", endpoint);
  int code = store_item_due(w->store, STORE_DELIVERIES, state, base_now(), 2 * WEBHOOKS_AT_ONCE, start, &s, NULL);
  pthread_mutex_lock(&w->lock);
  serve_endpoint *e = webhooks_find(w, NULL, endpoint);
  if (e && (code || !s.full || e->look > 0)) e->look = base_clock() + 1;
  pthread_mutex_unlock(&w->lock);
}

void serve_webhooks_turn(serve_webhooks *w, double seconds) {
  bool sweeps = base_clock() - w->swept > 60;
  if (sweeps) w->swept = base_clock();
  size_t room = 0, count = 0;
  pthread_mutex_lock(&w->lock);
  for (serve_endpoint *e = w->all; e; e = e->next) room++;
  struct {
    char id[STORE_ID];
    bool looks;
  } *each = base_alloc(room ? room : 1, sizeof *each);
  for (serve_endpoint *e = each ? w->all : NULL; e; e = e->next) {
    memcpy(each[count].id, e->id, STORE_ID);
    each[count++].looks = !e->disabled && e->calling < WEBHOOKS_AT_ONCE && e->look <= base_clock();
  }
  pthread_mutex_unlock(&w->lock);
  for (size_t i = 0; i < count; i++) {
    if (each[i].looks) look(w, each[i].id);
    if (sweeps) sweep(w, each[i].id);
  }
  base_free(each);
  serve_sender_turn(w->sender, count ? BASE_MIN(seconds, 1) : seconds);
}

/* ---- For who calls over HTTP ---- */

static int describe(void *context, const store_item *item) {
  json_t *payload = json_loadb(item->payload, item->bytes, 0, NULL), *event = json_object_get(payload, "event");
  char state[STORE_NAME];
  snprintf(state, sizeof state, "%.*s", (int)strcspn(item->state, " "), item->state);
  json_t *one = payload ? json_pack("{s:s,s:s,s:f,s:o,s:O,s:O,s:O,s:O,s:O}", "delivery", item->id, "state", state, "made", item->at, "next",
                                    waits(item->state) ? json_real(item->due) : json_null(), "event", json_object_get(event, "id"), "type", json_object_get(event, "type"),
                                    "source", json_object_get(event, "source"), "attempts", json_object_get(payload, "attempts"), "tries", json_object_get(payload, "tries"))
                        : NULL;
  json_decref(payload);
  return json_array_append_new(context, one) ? MIEN_ENOMEM : MIEN_OK;
}

static int known(serve_webhooks *w, const char *tenant, const char *id, store_tenant *t, mien_error *error) {
  if (!w) return base_error_set(error, MIEN_EEMPTY, "store.url", "", "nothing is kept here");
  pthread_mutex_lock(&w->lock);
  bool is = webhooks_find(w, tenant, id);
  pthread_mutex_unlock(&w->lock);
  return is ? store_of(t, w->store, tenant, error) : base_error_set(error, MIEN_EEMPTY, "webhook", "", "there is no webhook of this id");
}

int serve_webhook_deliveries(serve_webhooks *w, const char *tenant, const char *id, const char *state, char before[STORE_CURSOR], size_t limit, json_t *list,
                             mien_error *error) {
  store_tenant t;
  char of[STORE_NAME];
  size_t i = 0;
  while (i < BASE_COUNT(states) && strcmp(states[i], state)) i++;
  int code = known(w, tenant, id, &t, error);
  if (!code && i == BASE_COUNT(states)) code = base_error_set(error, MIEN_EINVAL, "state", "waiting, delivered or dead", "deliveries have no such state");
  webhooks_state(of, state, id);
  return code ? code : store_item_list(&t, STORE_DELIVERIES, of, "", before, limit, describe, list, error);
}

typedef struct replaying {
  const store_tenant *t;
  const char *endpoint;
  size_t count;
} replaying;

static int replay(void *context, const store_item *item) {
  replaying *r = context;
  webhook_call c = {.t = *r->t, .item = *item};
  const char *endpoint = strchr(item->state, ' ');
  if (!endpoint || strcmp(endpoint + 1, r->endpoint) || waits(item->state)) return MIEN_EEMPTY;
  snprintf(c.endpoint, sizeof c.endpoint, "%s", r->endpoint);
  c.payload = json_loadb(item->payload, item->bytes, 0, NULL);
  if (!c.payload) return MIEN_ENOMEM;
  json_object_set_new(c.payload, "attempts", json_integer(0));
  int code = put_back(&c, "waiting", base_now());
  json_decref(c.payload);
  r->count += !code;
  return code;
}

int serve_webhook_replay(serve_webhooks *w, const char *tenant, const char *id, const char *delivery, size_t *count, mien_error *error) {
  store_tenant t;
  char state[STORE_NAME], before[STORE_CURSOR] = "";
  replaying r = {&t, id, 0};
  int code = known(w, tenant, id, &t, error);
  webhooks_state(state, "dead", id);
  if (!code && *delivery) {
    code = store_item_get(&t, STORE_DELIVERIES, delivery, replay, &r, error);
    if (code == MIEN_EEMPTY) base_error_set(error, code, "delivery", "", "this webhook has no such delivery that has ended");
  } else
    while (!code) {
      code = store_item_list(&t, STORE_DELIVERIES, state, "", before, STORE_PAGE, replay, &r, error);
      if (!*before) break;
    }
  *count = r.count;
  if (!code) serve_webhooks_wake(w);
  pthread_mutex_lock(&w->lock);
  serve_endpoint *e = code ? NULL : webhooks_find(w, tenant, id);
  if (e) e->look = 0;
  pthread_mutex_unlock(&w->lock);
  return code;
}

static int drop(void *context, const store_item *item) {
  int code = store_item_erase(context, STORE_DELIVERIES, item->id, NULL);
  return code == MIEN_EEMPTY ? MIEN_OK : code;
}

int deliveries_drop(const store_tenant *t, const char *endpoint, mien_error *error) {
  char state[STORE_NAME];
  int code = MIEN_OK;
  for (size_t i = 0; i < BASE_COUNT(states); i++) {
    char before[STORE_CURSOR] = "";
    webhooks_state(state, states[i], endpoint);
    do {
      if (!code) code = store_item_list(t, STORE_DELIVERIES, state, "", before, STORE_PAGE, drop, (void *)(uintptr_t)t, error);
    } while (!code && *before);
  }
  return code;
}
