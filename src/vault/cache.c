/* vault/: unwrapped keys that are wanted again soon. One lock; keys are never moved while they are held. */
#include "vault/parts.h"

#include <pthread.h>
#include <sodium.h>

/* A place is free (0), kept, or forgotten while somebody held it. */
typedef struct place {
  uint8_t name[32]; /* a hash of tenant and subject */
  uint64_t used;
  int held;
  bool kept;
} place;

struct vault_cache {
  pthread_mutex_t lock;
  uint64_t clock;
  size_t count;
  vault_key *keys; /* locked; as many as places */
  place places[];
};

int vault_cache_open(vault_cache **opened, size_t keys, mien_error *error) {
  *opened = NULL;
  if (!keys || keys > 65536) return base_error_set(error, MIEN_EINVAL, "vault", "", "a cache has 1 to 65536 keys");
  vault_cache *cache = base_alloc(1, sizeof *cache + keys * sizeof(place));
  if (!cache) return base_error_set(error, MIEN_ENOMEM, "vault", "", "out of memory");
  cache->keys = sodium_init() < 0 ? NULL : sodium_allocarray(keys, sizeof(vault_key));
  if (!cache->keys) {
    base_free(cache);
    return base_error_set(error, MIEN_ENOMEM, "vault", "raise the limit of locked memory (ulimit -l)", "no locked memory");
  }
  cache->count = keys;
  pthread_mutex_init(&cache->lock, NULL);
  *opened = cache;
  return MIEN_OK;
}

void vault_cache_close(vault_cache **closed) {
  if (!*closed) return;
  sodium_free((*closed)->keys); /* wipes it */
  pthread_mutex_destroy(&(*closed)->lock);
  base_free(*closed);
  *closed = NULL;
}

/* Under the lock. */
static place *find(vault_cache *cache, const uint8_t name[32]) {
  for (size_t i = 0; i < cache->count; i++)
    if (cache->places[i].kept && !memcmp(cache->places[i].name, name, 32)) return &cache->places[i];
  return NULL;
}

static vault_key *hold(vault_cache *cache, place *p) {
  p->held++;
  p->used = ++cache->clock;
  return &cache->keys[p - cache->places];
}

static void name_of(uint8_t name[32], const char *tenant, const char *subject) {
  vault_bind(name, "cache", (const char *[]){tenant, subject}, 2);
}

const vault_key *vault_cache_hold(vault_cache *cache, const char *tenant, const char *subject) {
  uint8_t name[32];
  name_of(name, tenant, subject);
  pthread_mutex_lock(&cache->lock);
  place *p = find(cache, name);
  const vault_key *key = p ? hold(cache, p) : NULL;
  pthread_mutex_unlock(&cache->lock);
  return key;
}

const vault_key *vault_cache_put(vault_cache *cache, const char *tenant, const char *subject, const vault_key *key) {
  uint8_t name[32];
  name_of(name, tenant, subject);
  pthread_mutex_lock(&cache->lock);
  place *p = find(cache, name), *oldest = NULL;
  for (size_t i = 0; !p && i < cache->count; i++) {
    place *one = &cache->places[i];
    if (!one->held && (!oldest || one->used < oldest->used)) oldest = one;
  }
  if (!p && oldest) {
    p = oldest;
    memcpy(p->name, name, sizeof name);
    p->kept = true;
    cache->keys[p - cache->places] = *key;
  }
  const vault_key *kept = p ? hold(cache, p) : NULL;
  pthread_mutex_unlock(&cache->lock);
  return kept;
}

/* Under the lock. */
static void wipe(vault_cache *cache, place *p) {
  p->kept = false;
  if (p->held) return;
  sodium_memzero(&cache->keys[p - cache->places], sizeof *cache->keys);
  p->used = 0;
}

void vault_cache_release(vault_cache *cache, const vault_key *key) {
  if (!key) return;
  pthread_mutex_lock(&cache->lock);
  place *p = &cache->places[key - cache->keys];
  if (--p->held == 0 && !p->kept) wipe(cache, p);
  pthread_mutex_unlock(&cache->lock);
}

void vault_cache_forget(vault_cache *cache, const char *tenant, const char *subject) {
  uint8_t name[32];
  name_of(name, tenant, subject);
  pthread_mutex_lock(&cache->lock);
  place *p = find(cache, name);
  if (p) wipe(cache, p);
  pthread_mutex_unlock(&cache->lock);
}
