/* usuals.c: see usuals.h. */
#include "serve/kept/usuals.h"

#include <stdio.h>
#include <time.h>

#include "serve/server.h"

/* Everything that is kept of them in this conversation is covered. */
static bool covered(const serve_conversation *c, size_t i) {
  unsigned kept = atomic_load(&c->keep[i]) & ~(unsigned)MIEN_READ_WORDS;
  unsigned may = kept ? guard_ledger_stands(c->server->ledger, c->tenant, c->people[i].subject, SERVE_USUALS, true) : 0;
  return kept && (kept & ~may) == 0;
}

static int take(void *context, const store_item *item) {
  char **to = context;
  *to = base_alloc(item->bytes + 1, 1);
  if (!*to) return MIEN_ENOMEM;
  memcpy(*to, item->payload, item->bytes);
  return MIEN_OK;
}

void serve_usuals_begin(serve_conversation *c) {
  for (size_t i = 0; i < c->person_count; i++)
    if (*c->subjects[i] && !c->usual[i] && covered(c, i)) store_item_named(&c->keeping, STORE_USUALS, c->subjects[i], take, &c->usual[i], NULL);
}

void serve_usuals_opened(serve_conversation *c, mien_session *session) {
  for (size_t i = 0; i < c->person_count; i++) /* one that does not fit any more, of another version, is made anew */
    if (c->usual[i] && covered(c, i)) mien_session_usual_set(session, c->people[i].who, c->usual[i], strlen(c->usual[i]));
}

static int take_version(void *context, const store_item *item) {
  store_item *to = context;
  snprintf(to->id, sizeof to->id, "%s", item->id);
  to->version = item->version;
  return MIEN_OK;
}

void serve_usuals_ended(serve_conversation *c, const mien_session *session) {
  for (size_t i = 0; i < c->person_count; i++) {
    size_t bytes = *c->subjects[i] && covered(c, i) ? mien_session_usual(session, c->people[i].who, NULL, 0) : 0;
    char *json = bytes ? base_alloc(bytes + 1, 1) : NULL;
    if (!json) continue;
    mien_session_usual(session, c->people[i].who, json, bytes + 1);
    store_item item = {.state = "kept", .name = c->subjects[i], .at = (double)time(NULL), .due = INFINITY, .payload = json, .bytes = bytes};
    memcpy(item.subject, c->subjects[i], sizeof item.subject);
    /* Two conversations at once: the later one's stays. */
    if (store_item_named(&c->keeping, STORE_USUALS, c->subjects[i], take_version, &item, NULL) == MIEN_OK) store_item_change(&c->keeping, STORE_USUALS, &item, NULL);
    else store_item_put(&c->keeping, STORE_USUALS, &item, NULL);
    base_free(json);
  }
}

void serve_usuals_clear(serve_conversation *c) {
  for (size_t i = 0; i < c->person_count; i++) base_free(c->usual[i]);
}

int serve_usuals_withdrawn(const store_tenant *t, const char *subject, mien_error *error) {
  store_item item = {0};
  int code = store_item_named(t, STORE_USUALS, subject, take_version, &item, error);
  if (!code) code = store_item_erase(t, STORE_USUALS, item.id, error);
  return code == MIEN_EEMPTY ? MIEN_OK : code;
}
