/* limit.c: token buckets in a table of sets of eight. */
#include "serve/http/limit.h"

#include <sodium.h>
#include <stdio.h>

#include "serve/server.h"

enum { SETS = 1024, WAYS = 8, WRONG_RATE = 2 /* wrong keys a second */, LEAST = 20 };

typedef struct bucket {
  uint64_t name; /* 0: free */
  double tokens, at, size;
} bucket;

struct serve_limits {
  uint8_t key[crypto_shorthash_KEYBYTES]; /* so that nobody can choose names that meet */
  bucket sets[SETS][WAYS];
};

int serve_limits_open(serve_limits **opened, mien_error *error) {
  serve_limits *l = *opened = base_alloc(1, sizeof *l);
  if (!l) return base_error_set(error, MIEN_ENOMEM, "limits", "", "out of memory");
  crypto_shorthash_keygen(l->key);
  return MIEN_OK;
}

void serve_limits_close(serve_limits **limits) {
  base_free(*limits);
  *limits = NULL;
}

static bucket *find(serve_limits *l, char kind, const char *name, double size, double now) {
  uint64_t hash;
  char whole[160];
  int bytes = snprintf(whole, sizeof whole, "%c%s", kind, name);
  crypto_shorthash((uint8_t *)&hash, (const uint8_t *)whole, (unsigned long long)BASE_MIN(bytes, (int)sizeof whole - 1), l->key);
  hash |= 1;
  bucket *set = l->sets[(hash >> 1) % SETS], *fullest = set;
  for (size_t i = 0; i < WAYS; i++) {
    if (set[i].name == hash) return &set[i];
    if (!set[i].name || (fullest->name && set[i].tokens / set[i].size > fullest->tokens / fullest->size)) fullest = &set[i];
  }
  *fullest = (bucket){hash, size, now, size};
  return fullest;
}

double serve_limits_take(serve_limits *l, char kind, const char *name, double rate, double cost, double now, double *left) {
  if (left) *left = INFINITY;
  if (!(rate > 0)) return 0;
  double size = BASE_MAX(2 * rate, (double)LEAST);
  bucket *b = find(l, kind, name, size, now);
  b->tokens = BASE_MIN(b->tokens + BASE_MAX(now - b->at, 0.0) * rate, size);
  b->at = now;
  double lacks = cost - b->tokens;
  if (lacks <= 0) b->tokens -= cost;
  if (left) *left = b->tokens;
  return lacks > 0 ? lacks / rate : 0;
}

/* Texts have a queue of their own that says when it is full (texts.h). */
static double cost_of(const serve_request *request) { return strcmp(request->path, "/v1/texts") ? 1 : 0.02; }

static bool take(serve_request *request, char kind, const char *name, double rate, const char *whose) {
  double left, wait = serve_limits_take(request->server->limits, kind, name, rate, cost_of(request), base_clock(), &left);
  if (isfinite(left) && kind == 'k') { /* draft-ietf-httpapi-ratelimit-headers */
    request->limit_rate = rate;
    request->limit_left = floor(left);
  }
  if (!(wait > 0)) return true;
  serve_answer_problem_text(request, 429, "Too many requests", "%s may ask %g times a second", whose, rate);
  request->retry_after = (int)ceil(wait);
  return false;
}

bool serve_limit_address(serve_request *request) {
  return !*request->peer || take(request, 'a', request->peer, request->server->settings.address_rate, "an address");
}

bool serve_limit_key(serve_request *request) {
  char name[140];
  snprintf(name, sizeof name, "%s/%s", request->tenant, request->key);
  return take(request, 'k', name, request->server->settings.key_rate, "a key");
}

bool serve_limit_upgrade(struct serve_server *server, const serve_who *who) {
  char name[140];
  snprintf(name, sizeof name, "%s/%s", who->tenant, who->key);
  return !(serve_limits_take(server->limits, 'k', name, server->settings.key_rate, 1, base_clock(), NULL) > 0);
}

bool serve_limit_wrong(serve_request *request) {
  double wait = serve_limits_take(request->server->limits, 'w', request->peer, WRONG_RATE, 0.1, base_clock(), NULL);
  if (!(wait > 0)) return true;
  serve_answer_problem_text(request, 429, "Too many requests", "too many wrong keys came from here");
  request->retry_after = (int)ceil(wait);
  return false;
}
