/* logins.c: who is logged in (accounts.h). */
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>

#include "serve/who/accounts.h"

enum { LOGINS = 2048, IDLE = 1800 /* s */, LONGEST = 43200 /* s */, HASH = 32 };

typedef struct entry {
  uint8_t cookie[HASH];
  serve_who who;
  double made, seen; /* base_clock(); made 0: free */
} entry;

struct serve_accounts {
  pthread_mutex_t lock;
  entry all[LOGINS];
};

int serve_accounts_open(serve_accounts **opened, mien_error *error) {
  serve_accounts *a = *opened = base_alloc(1, sizeof *a);
  if (!a) return base_error_set(error, MIEN_ENOMEM, "accounts", "", "out of memory");
  pthread_mutex_init(&a->lock, NULL);
  return MIEN_OK;
}

void serve_accounts_close(serve_accounts **closed) {
  if (!*closed) return;
  pthread_mutex_destroy(&(*closed)->lock);
  sodium_memzero(*closed, sizeof **closed);
  base_free(*closed);
  *closed = NULL;
}

static void hash_of(uint8_t hash[HASH], const char *text) { crypto_generichash(hash, HASH, (const uint8_t *)text, strlen(text), NULL, 0); }

static bool over(const entry *e, double now) { return !(e->made > 0) || now - e->seen > IDLE || now - e->made > LONGEST; }

static void spell(char *text, const uint8_t bytes[32]) {
  sodium_bin2base64(text, SERVE_COOKIE_ROOM, bytes, 32, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static void make_cookie(char *text) {
  uint8_t random[32];
  randombytes_buf(random, sizeof random);
  spell(text, random);
  sodium_memzero(random, sizeof random);
}

void serve_accounts_csrf(const char *cookie, char *csrf) {
  static const uint8_t use[] = "CSRF token of a cookie";
  uint8_t hash[HASH];
  crypto_generichash(hash, HASH, use, sizeof use - 1, (const uint8_t *)cookie, SERVE_COOKIE);
  spell(csrf, hash);
  sodium_memzero(hash, sizeof hash);
}

int serve_accounts_enter(serve_accounts *a, const serve_who *who, char *cookie, char *csrf, mien_error *error) {
  entry *place = NULL;
  double now = base_clock();
  pthread_mutex_lock(&a->lock);
  for (size_t i = 0; i < LOGINS && !place; i++)
    if (over(&a->all[i], now)) place = &a->all[i];
  if (place) {
    *place = (entry){.who = *who, .made = now, .seen = now};
    make_cookie(cookie);
    hash_of(place->cookie, cookie);
    serve_accounts_csrf(cookie, csrf);
  }
  pthread_mutex_unlock(&a->lock);
  return place ? MIEN_OK : base_error_set(error, MIEN_EAGAIN, "login", "", "%d are logged in already", LOGINS);
}

/* Under the lock. Takes the same time for every cookie. */
static entry *find(serve_accounts *a, const char *cookie) {
  uint8_t hash[HASH];
  entry *found = NULL;
  double now = base_clock();
  hash_of(hash, cookie);
  for (size_t i = 0; i < LOGINS; i++)
    if (sodium_memcmp(hash, a->all[i].cookie, HASH) == 0 && !over(&a->all[i], now)) found = &a->all[i];
  return found;
}

int serve_accounts_who(serve_accounts *a, const char *cookie, const char *csrf, serve_who *who) {
  char right[SERVE_COOKIE_ROOM];
  int is = SERVE_NOBODY;
  if (strlen(cookie) != SERVE_COOKIE) return is;
  serve_accounts_csrf(cookie, right);
  pthread_mutex_lock(&a->lock);
  entry *e = find(a, cookie);
  if (e) {
    is = csrf && (strlen(csrf) != SERVE_COOKIE || sodium_memcmp(csrf, right, SERVE_COOKIE)) ? SERVE_FORGED : SERVE_LOGGED_IN;
    e->seen = base_clock();
    *who = e->who;
  }
  pthread_mutex_unlock(&a->lock);
  return is;
}

void serve_accounts_leave(serve_accounts *a, const char *cookie) {
  pthread_mutex_lock(&a->lock);
  entry *e = find(a, cookie);
  if (e) sodium_memzero(e, sizeof *e);
  pthread_mutex_unlock(&a->lock);
}

void serve_accounts_expel(serve_accounts *a, const char *user) {
  pthread_mutex_lock(&a->lock);
  for (size_t i = 0; i < LOGINS; i++)
    if (!strcmp(a->all[i].who.key, user)) sodium_memzero(&a->all[i], sizeof a->all[i]);
  pthread_mutex_unlock(&a->lock);
}
