/* consent.c: the ledger of consents: a chain on the disk, and in memory what stands. */
#include <jansson.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "guard/guard.h"

struct guard_ledger {
  pthread_mutex_t lock;
  guard_chain *chain;
  uint8_t key[GUARD_HASH]; /* of references */
  guard_consent *all; /* in the order of grants */
  size_t count, room;
  uint64_t generation;
};

void guard_subject_ref(const uint8_t key[GUARD_HASH], const char *tenant, const char *name, char ref[GUARD_ID]) {
  static const char digits[] = "0123456789abcdef", domain[] = "mien subject";
  crypto_generichash_state state;
  uint8_t hash[16];
  if (!*name || (!strncmp(name, "r_", 2) && strspn(name + 2, digits) == 2 * sizeof hash && !name[2 + 2 * sizeof hash])) {
    snprintf(ref, GUARD_ID, "%.*s", GUARD_ID - 1, name);
    return;
  }
  crypto_generichash_init(&state, key, GUARD_HASH, sizeof hash);
  crypto_generichash_update(&state, (const uint8_t *)domain, sizeof domain);
  crypto_generichash_update(&state, (const uint8_t *)tenant, strlen(tenant) + 1);
  crypto_generichash_update(&state, (const uint8_t *)name, strlen(name));
  crypto_generichash_final(&state, hash, sizeof hash);
  memcpy(ref, "r_", 3);
  sodium_bin2hex(ref + 2, GUARD_ID - 2, hash, sizeof hash);
}

void guard_ledger_subject(guard_ledger *l, const char *tenant, const char *name, char ref[GUARD_ID]) { guard_subject_ref(l->key, tenant, name, ref); }

/* Under the lock. */
static guard_consent *find(guard_ledger *l, const char *tenant, const char *id) {
  for (size_t i = l->count; i-- > 0;)
    if (!strcmp(l->all[i].id, id)) return strcmp(l->all[i].tenant, tenant) ? NULL : &l->all[i];
  return NULL;
}

static int put(guard_ledger *l, const guard_consent *consent) {
  if (l->count == l->room) {
    size_t room = l->room ? 2 * l->room : 64;
    guard_consent *grown = base_resize(l->all, room, sizeof *grown);
    if (!grown) return MIEN_ENOMEM;
    l->all = grown;
    l->room = room;
  }
  l->all[l->count++] = *consent;
  l->generation++;
  return MIEN_OK;
}

static void copy(char *to, size_t room, json_t *object, const char *name) {
  const char *value = json_string_value(json_object_get(object, name));
  snprintf(to, room, "%s", value ? value : "");
}

/* A record of the chain, when the ledger is opened. */
static int replay(void *context, uint64_t seq, const char *record, size_t bytes) {
  guard_ledger *l = context;
  json_t *object = json_loadb(record, bytes, 0, NULL);
  guard_consent consent = {0};
  copy(consent.id, sizeof consent.id, object, "id");
  copy(consent.tenant, sizeof consent.tenant, object, "tenant");
  const char *type = json_string_value(json_object_get(object, "type"));
  unsigned read = (unsigned)json_integer_value(json_object_get(object, "read"));
  int code = type ? MIEN_OK : MIEN_EFORMAT;
  if (type && !strcmp(type, "grant")) {
    copy(consent.subject, sizeof consent.subject, object, "subject");
    copy(consent.purpose, sizeof consent.purpose, object, "purpose");
    copy(consent.evidence, sizeof consent.evidence, object, "evidence");
    json_t *until = json_object_get(object, "until");
    consent.read = read;
    consent.keep = json_is_true(json_object_get(object, "keep"));
    consent.until = json_is_number(until) ? json_number_value(until) : INFINITY;
    code = put(l, &consent);
  } else if (type && !strcmp(type, "withdraw")) {
    guard_consent *found = find(l, consent.tenant, consent.id);
    if (found) found->read &= ~read;
    l->generation++;
  }
  json_decref(object);
  return code;
}

int guard_ledger_open(guard_ledger **opened, const char *path, const uint8_t key[GUARD_HASH], mien_error *error) {
  guard_ledger *l = base_alloc(1, sizeof *l);
  *opened = l;
  if (!l) return base_error_set(error, MIEN_ENOMEM, path, "", "out of memory");
  pthread_mutex_init(&l->lock, NULL);
  memcpy(l->key, key, GUARD_HASH);
  int code = guard_chain_open(&l->chain, path, key, replay, l, error);
  if (code) guard_ledger_close(opened);
  return code;
}

void guard_ledger_close(guard_ledger **ledger) {
  if (!*ledger) return;
  guard_chain_close(&(*ledger)->chain);
  pthread_mutex_destroy(&(*ledger)->lock);
  sodium_memzero((*ledger)->key, GUARD_HASH);
  base_free((*ledger)->all);
  base_free(*ledger);
  *ledger = NULL;
}

static int append(guard_ledger *l, json_t *record, mien_error *error) {
  char *text = record ? json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
  int code = text ? guard_chain_append(l->chain, text, strlen(text), NULL, error)
                  : base_error_set(error, MIEN_ENOMEM, "consent", "", "out of memory");
  free(text);
  json_decref(record);
  return code;
}

static int check(const guard_consent *c, mien_error *error) {
  const char *wrong = !*c->tenant ? "tenant" : !*c->subject ? "subject" : !*c->purpose ? "purpose"
                      : !(c->read & MIEN_READ_ALL) ? "modalities" : isnan(c->until) || c->until <= (double)time(NULL) ? "until" : NULL;
  return wrong ? base_error_set(error, MIEN_EINVAL, wrong, "name the subject, the purpose, one or more modalities, and a time that is not over",
                                "a consent needs a '%s'", wrong) : MIEN_OK;
}

int guard_ledger_grant(guard_ledger *l, guard_consent *consent, mien_error *error) {
  uint8_t random[16];
  char ref[GUARD_ID];
  int code = check(consent, error);
  if (code) return code;
  guard_subject_ref(l->key, consent->tenant, consent->subject, ref);
  memcpy(consent->subject, ref, sizeof ref);
  if (consent->read & MIEN_READ_VOICE) consent->read |= MIEN_READ_WORDS;
  randombytes_buf(random, sizeof random);
  memcpy(consent->id, "c_", 2);
  sodium_bin2hex(consent->id + 2, sizeof consent->id - 2, random, sizeof random);
  pthread_mutex_lock(&l->lock);
  code = append(l, json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:o,s:s,s:b}", "type", "grant", "id", consent->id, "tenant", consent->tenant,
                             "subject", consent->subject, "purpose", consent->purpose, "read", (int)consent->read, "until",
                             isfinite(consent->until) ? json_real(consent->until) : json_null(), "evidence", consent->evidence, "keep", consent->keep), error);
  if (!code && put(l, consent)) code = base_error_set(error, MIEN_ENOMEM, "consent", "", "out of memory");
  pthread_mutex_unlock(&l->lock);
  return code;
}

int guard_ledger_withdraw(guard_ledger *l, const char *tenant, const char *id, unsigned read, mien_error *error) {
  pthread_mutex_lock(&l->lock);
  guard_consent *found = find(l, tenant, id);
  int code = found ? MIEN_OK : base_error_set(error, MIEN_EEMPTY, "consent", "", "there is no such consent");
  if (read & MIEN_READ_VOICE) read |= MIEN_READ_WORDS;
  if (found) {
    found->read &= ~read; /* first: nothing more is read even where the disk fails */
    l->generation++;
    code = append(l, json_pack("{s:s,s:s,s:s,s:i}", "type", "withdraw", "id", id, "tenant", tenant, "read", (int)read), error);
  }
  pthread_mutex_unlock(&l->lock);
  return code;
}

bool guard_ledger_find(guard_ledger *l, const char *tenant, const char *id, guard_consent *consent) {
  pthread_mutex_lock(&l->lock);
  const guard_consent *found = find(l, tenant, id);
  if (found) *consent = *found;
  pthread_mutex_unlock(&l->lock);
  return found != NULL;
}

int guard_ledger_list(guard_ledger *l, const char *tenant, const char *subject, uint64_t *before, size_t limit, guard_consent_each each, void *context) {
  int code = MIEN_OK;
  char ref[GUARD_ID];
  guard_subject_ref(l->key, tenant, subject, ref);
  pthread_mutex_lock(&l->lock);
  size_t i = *before < l->count ? (size_t)*before : l->count;
  while (i && limit && !code) {
    const guard_consent *c = &l->all[--i];
    if (strcmp(c->tenant, tenant) || (*ref && strcmp(c->subject, ref))) continue;
    code = each(context, c);
    limit--;
  }
  *before = i;
  pthread_mutex_unlock(&l->lock);
  return code;
}

guard_chain *guard_ledger_chain(guard_ledger *l) { return l->chain; }

unsigned guard_ledger_covers(guard_ledger *l, const char *tenant, const char *id, const char *subject, const char *purpose) {
  guard_consent c;
  char ref[GUARD_ID];
  guard_subject_ref(l->key, tenant, subject, ref);
  bool fits = guard_ledger_find(l, tenant, id, &c) && !strcmp(c.subject, ref) && !strcmp(c.purpose, purpose) &&
              c.until > (double)time(NULL);
  return fits ? c.read : 0;
}

unsigned guard_ledger_stands(guard_ledger *l, const char *tenant, const char *subject, const char *purpose, bool keep) {
  unsigned read = 0;
  char ref[GUARD_ID];
  const double now = base_now();
  guard_subject_ref(l->key, tenant, subject, ref);
  pthread_mutex_lock(&l->lock);
  for (size_t i = 0; i < l->count; i++) {
    const guard_consent *c = &l->all[i];
    if (strcmp(c->tenant, tenant) || strcmp(c->subject, ref) || (purpose && strcmp(c->purpose, purpose))) continue;
    if (c->until > now && (c->keep || !keep)) read |= c->read;
  }
  pthread_mutex_unlock(&l->lock);
  return read;
}

uint64_t guard_ledger_generation(guard_ledger *l) {
  pthread_mutex_lock(&l->lock);
  uint64_t generation = l->generation;
  pthread_mutex_unlock(&l->lock);
  return generation;
}
