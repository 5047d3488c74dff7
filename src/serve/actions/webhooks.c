/* webhooks.c: endpoints: those of the settings, those of the store, their secrets. deliveries.c sends. */
#include "serve/actions/webhooks.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "serve/actions/endpoints.h"
#include "serve/actions/webhooks_parts.h"
#include "serve/kept/keep.h"
#include "serve/server.h"

static void free_endpoint(serve_endpoint *e) {
  if (!e) return;
  serve_recipe_close(&e->recipe);
  json_decref(e->values);
  json_decref(e->secret_values);
  json_decref(e->rules);
  json_decref(e->actions);
  sodium_memzero(e->secrets, sizeof e->secrets);
  base_free(e);
}

serve_endpoint *webhooks_find(serve_webhooks *w, const char *tenant, const char *id) {
  for (serve_endpoint *e = w->all; e; e = e->next)
    if (!strcmp(e->id, id) && (!tenant || !strcmp(e->tenant, tenant))) return e;
  return NULL;
}

static void add(serve_webhooks *w, serve_endpoint *e) {
  e->next = w->all;
  w->all = e;
  atomic_fetch_add(&w->count, 1);
}

static int none(mien_error *error) { return base_error_set(error, MIEN_EEMPTY, "webhook", "", "there is no webhook of this id"); }

/* ---- What is kept of an endpoint ---- */

static int put(serve_webhooks *w, serve_endpoint *e, bool fresh, mien_error *error) {
  store_tenant t;
  json_t *body = json_pack("{s:s,s:s,s:s,s:f,s:O*,s:O*}", "url", e->url, "secret", e->secrets[0], "old_secret", e->secrets[1], "until", e->until, "rules",
                           e->rules, "actions", e->actions);
  char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
  store_item item = {.at = e->made, .due = 0, .version = e->version, .payload = text, .bytes = text ? strlen(text) : 0};
  snprintf(item.id, sizeof item.id, "%s", e->id);
  snprintf(item.state, sizeof item.state, "%s", e->disabled ? "disabled" : "active");
  int code = text ? store_of(&t, w->store, e->tenant, error) : base_error_set(error, MIEN_ENOMEM, "webhooks", "", "out of memory");
  if (!code) code = fresh ? store_item_put(&t, STORE_WEBHOOKS, &item, error) : store_item_change(&t, STORE_WEBHOOKS, &item, error);
  if (!code) {
    memcpy(e->id, item.id, sizeof e->id);
    e->version = item.version;
  }
  if (text) sodium_memzero(text, strlen(text));
  free(text);
  json_decref(body);
  return code;
}

static int take(void *context, const store_tenant *t, const store_item *item) {
  serve_webhooks *w = context;
  json_t *body = json_loadb(item->payload, item->bytes, 0, NULL);
  serve_endpoint *e = body ? base_alloc(1, sizeof *e) : NULL;
  if (e) {
    const char *old = json_string_value(json_object_get(body, "old_secret"));
    snprintf(e->id, sizeof e->id, "%s", item->id);
    snprintf(e->tenant, sizeof e->tenant, "%s", t->name);
    snprintf(e->url, sizeof e->url, "%s", json_string_value(json_object_get(body, "url")));
    snprintf(e->secrets[0], WEBHOOK_SECRET, "%s", json_string_value(json_object_get(body, "secret")));
    snprintf(e->secrets[1], WEBHOOK_SECRET, "%s", old ? old : "");
    e->until = json_number_value(json_object_get(body, "until"));
    e->rules = json_incref(json_object_get(body, "rules"));
    e->actions = json_incref(json_object_get(body, "actions"));
    e->made = item->at;
    e->version = item->version;
    e->disabled = !strcmp(item->state, "disabled");
    add(w, e);
  }
  json_decref(body);
  return e ? MIEN_OK : MIEN_ENOMEM;
}

static int take_settings(serve_webhooks *w, const json_t *endpoints, mien_error *error) {
  const char *name;
  json_t *is;
  json_object_foreach((json_t *)endpoints, name, is) {
    serve_endpoint *e = base_alloc(1, sizeof *e);
    if (!e) return base_error_set(error, MIEN_ENOMEM, "endpoints", "", "out of memory");
    e->own = true;
    add(w, e);
    int code = serve_endpoint_take(e, name, is, w->server->settings.webhook_hosts, error);
    if (code) return code;
  }
  return MIEN_OK;
}

/* ---- Opening and closing ---- */

int serve_webhooks_open(struct serve_server *server, mien_error *error) {
  if (!server->keep) {
    if (!json_object_size(server->settings.endpoints)) return MIEN_OK;
    return base_error_set(error, MIEN_EINVAL, "endpoints", "leave out `store: {url: off}`", "webhooks need the store, so that nothing is lost");
  }
  serve_webhooks *w = server->webhooks = base_alloc(1, sizeof *w);
  if (!w) return base_error_set(error, MIEN_ENOMEM, "webhooks", "", "out of memory");
  w->server = server;
  w->store = server->keep->store;
  pthread_mutex_init(&w->lock, NULL);
  int code = take_settings(w, server->settings.endpoints, error);
  if (!code) code = store_item_due(w->store, STORE_WEBHOOKS, "active", (double)time(NULL), STORE_PAGE, take, w, error);
  if (!code) code = store_item_due(w->store, STORE_WEBHOOKS, "disabled", (double)time(NULL), STORE_PAGE, take, w, error);
  return code ? code : serve_sender_open(&w->sender, deliveries_sent, w, error);
}

void serve_webhooks_close(struct serve_server *server) {
  serve_webhooks *w = server->webhooks;
  if (!w) return;
  serve_sender_close(&w->sender);
  deliveries_close(w);
  while (w->all) {
    serve_endpoint *next = w->all->next;
    free_endpoint(w->all);
    w->all = next;
  }
  pthread_mutex_destroy(&w->lock);
  base_free(w);
  server->webhooks = NULL;
}

void serve_webhooks_wake(serve_webhooks *w) { serve_sender_wake(w->sender); }

bool serve_webhooks_any(const serve_webhooks *w) { return w && atomic_load(&w->count); }

/* ---- Over HTTP ---- */

static json_t *describe(const serve_endpoint *e) {
  const char *signature = e->recipe ? NULL : strncmp(e->secrets[0], "whsk_", 5) ? "v1" : "v1a";
  json_t *one = json_pack("{s:s,s:s,s:s*,s:b,s:b,s:O*,s:O*}", "webhook", e->id, e->recipe ? "recipe" : "url", e->url, "signature", signature, "settings", e->own, "disabled", e->disabled, "rules", e->rules, "actions", e->actions);
  if (!e->own) json_object_set_new(one, "made", json_real(e->made));
  return one;
}

static json_t *with_secret(const serve_endpoint *e) {
  char key[WEBHOOK_SECRET];
  json_t *told = describe(e);
  webhook_public_key(e->secrets[0], key);
  json_object_set_new(told, *key ? "public_key" : "secret", json_string(*key ? key : e->secrets[0]));
  return told;
}

json_t *serve_webhooks_describe(serve_webhooks *w, const char *tenant, const char *id) {
  json_t *list = json_array();
  if (!w) return list;
  pthread_mutex_lock(&w->lock);
  for (serve_endpoint *e = w->all; e; e = e->next)
    if (!strcmp(e->tenant, tenant) && (!id || !strcmp(e->id, id))) json_array_append_new(list, describe(e));
  pthread_mutex_unlock(&w->lock);
  return list;
}

json_t *serve_webhooks_of_recipe(serve_webhooks *w, const char *tenant, const char *recipe) {
  json_t *list = json_array(), *value;
  const char *name;
  if (!w) return list;
  pthread_mutex_lock(&w->lock);
  for (serve_endpoint *e = w->all; e; e = e->next) {
    if (!e->recipe || strcmp(e->tenant, tenant) || strcmp(e->url, recipe)) continue;
    json_t *there = json_array();
    json_object_foreach(e->secret_values, name, value)
      if (json_string_length(value)) json_array_append_new(there, json_string(name));
    json_array_append_new(list, json_pack("{s:s,s:O,s:o}", "webhook", e->id, "values", e->values, "secrets", there));
  }
  pthread_mutex_unlock(&w->lock);
  return list;
}

int serve_webhook_add(serve_webhooks *w, const char *tenant, const json_t *asked, json_t **told, mien_error *error) {
  serve_endpoint *e = base_alloc(1, sizeof *e);
  *told = NULL;
  if (!e) return base_error_set(error, MIEN_ENOMEM, "webhooks", "", "out of memory");
  snprintf(e->tenant, sizeof e->tenant, "%s", tenant);
  e->made = (double)time(NULL);
  int code = serve_endpoint_asked(e, asked, w->server->settings.webhook_hosts, error);
  pthread_mutex_lock(&w->lock);
  size_t count = 0;
  for (serve_endpoint *other = w->all; other; other = other->next) count += !strcmp(other->tenant, tenant);
  if (!code && count >= WEBHOOKS_A_TENANT) code = base_error_set(error, MIEN_ELIMIT, "webhooks", "take away some", "there are %d webhooks already", WEBHOOKS_A_TENANT);
  if (!code) code = put(w, e, true, error);
  if (!code) {
    *told = with_secret(e);
    add(w, e);
  } else free_endpoint(e);
  pthread_mutex_unlock(&w->lock);
  return code;
}

static int only_of_settings(mien_error *error) {
  return base_error_set(error, MIEN_EINVAL, "endpoints", "change the settings", "this webhook is of the settings");
}

int serve_webhook_drop(serve_webhooks *w, const char *tenant, const char *id, mien_error *error) {
  store_tenant t;
  int code = store_of(&t, w->store, tenant, error);
  pthread_mutex_lock(&w->lock);
  serve_endpoint **at = &w->all, *e = webhooks_find(w, tenant, id);
  if (!code && !e) code = none(error);
  if (!code && e->own) code = only_of_settings(error);
  if (!code) code = store_item_erase(&t, STORE_WEBHOOKS, id, error);
  if (!code) {
    while (*at != e) at = &(*at)->next;
    *at = e->next;
    atomic_fetch_sub(&w->count, 1);
    free_endpoint(e);
  }
  pthread_mutex_unlock(&w->lock);
  return code ? code : deliveries_drop(&t, id, error);
}

int serve_webhook_rotate(serve_webhooks *w, const char *tenant, const char *id, double overlap, json_t **told, mien_error *error) {
  *told = NULL;
  pthread_mutex_lock(&w->lock);
  serve_endpoint *e = webhooks_find(w, tenant, id);
  int code = !e ? none(error) : e->own ? only_of_settings(error) : MIEN_OK;
  if (!code) {
    serve_endpoint before = *e;
    memcpy(e->secrets[1], e->secrets[0], WEBHOOK_SECRET);
    e->until = (double)time(NULL) + overlap;
    webhook_secret_make(e->secrets[0], !strncmp(e->secrets[1], "whsk_", 5));
    code = put(w, e, false, error);
    if (code) {
      memcpy(e->secrets, before.secrets, sizeof e->secrets);
      e->until = before.until;
    } else *told = with_secret(e);
    sodium_memzero(&before, sizeof before);
  }
  pthread_mutex_unlock(&w->lock);
  return code;
}

void webhooks_disable(serve_webhooks *w, const char *id) {
  pthread_mutex_lock(&w->lock);
  serve_endpoint *e = webhooks_find(w, NULL, id);
  if (e && !e->disabled) {
    e->disabled = true;
    if (!e->own) put(w, e, false, NULL);
  }
  pthread_mutex_unlock(&w->lock);
}
