/* store/: what is kept: sessions, what was read in them, and what grows out of it, in SQLite or PostgreSQL.
 *
 * What it is: one interface over two back ends that run the same statements (sql.h). Everything personal is sealed
 * under its subject's key (vault/) before it reaches a back end. The wrapped keys are in a file of their own
 * (SQLite, whatever holds the rest), so that a backup of the data does not hold them: who destroys a key makes what
 * was sealed under it unreadable everywhere. What it is not: it decides nothing about what may be kept (guard/,
 * serve/), and keeps no sound and no picture.
 *
 * Tenants: everything but opening, sweeping and rotating takes a store_tenant; every statement names the tenant.
 *
 * Durability: on return from anything but store_record_add what was said is on the disk (SQLite: WAL, synchronous =
 * FULL; PostgreSQL: synchronous_commit = on). Records are written in batches: one is on the disk once
 * store_durable() has reached its ticket.
 *
 * Errors: MIEN_EAGAIN the database is busy, gone, or the queue is full: try again. MIEN_EIO the disk is full or
 * fails. MIEN_EFORMAT the database is damaged, or a key does not fit. MIEN_EEMPTY there is no such thing. MIEN_EINVAL
 * an argument; MIEN_EUNSUPPORTED a database of a later program. After any of them the store may be used on.
 *
 * Threads: any function from any thread, but opening and closing. Calls wait for one another: not for a thread that
 * must not wait for a disk. Times are seconds since 1970, kept to the microsecond. Strings are UTF-8. */
#ifndef STORE_H
#define STORE_H

#include "base/base.h"
#include "vault/vault.h"

enum { STORE_ID = 40, STORE_NAME = 64, STORE_PEOPLE = 16, STORE_PAGE = 1000 /* rows of a list at most */ };
#define STORE_PAYLOAD_MAX ((size_t)4 << 20) /* bytes */

typedef struct store store;

typedef struct store_options {
  const char *url;              /* a path (SQLite), or postgresql://…; borrowed while opening */
  const char *keys;             /* path of the file of wrapped keys */
  const vault *const *masters;  /* the first wraps, any opens; they must outlive the store */
  size_t master_count;          /* 1…8 */
  size_t queue_bytes;           /* of records that wait to be written; 0: 32 MB */
} store_options;

/* Makes the tables, or brings them to this program's version. Erasures that were cut off are finished. */
int store_open(store **opened, const store_options *options, mien_error *error);
void store_close(store **closed); /* writes what waits first, where it can within 5 s */
/* MIEN_OK when the database answers. */
int store_check(store *s, mien_error *error);

/* Whose data: made once by who knows the caller, and given to every call. */
typedef struct store_tenant {
  store *store;
  char name[STORE_NAME];
} store_tenant;
int store_of(store_tenant *tenant, store *s, const char *name, mien_error *error); /* 1…63 bytes */

/* ---- Subjects ------------------------------------------------------------------------------------------ */

typedef struct store_subject {
  char id[STORE_ID];  /* "u_" and 32 random hexadecimal digits: in every row of theirs */
  char ref[STORE_ID]; /* "r_" and 32 digits: of their name, by the tenant's key; the same as long as that lives */
  double made;
} store_subject;

/* What stands for `name` (as the caller calls them, 1…63 bytes) where it must not be written. */
int store_subject_ref(const store_tenant *t, const char *name, char ref[STORE_ID], mien_error *error);
int store_subject_make(const store_tenant *t, const char *name, store_subject *subject, mien_error *error); /* or finds it */
int store_subject_find(const store_tenant *t, const char *ref, store_subject *subject, mien_error *error);
/* The name as it was given; `name` has 64 bytes. */
int store_subject_name(const store_tenant *t, const char *id, char *name, mien_error *error);

/* All there is of a subject, as one JSON object (docs/serve.md); for nobody else's eyes. */
int store_subject_export(const store_tenant *t, const char *id, base_text *json, mien_error *error);

/* Destroys the key, then takes the rows away, and keeps a certificate: one JSON object, signed (Ed25519), in `json`
 * (may be NULL): what was erased, how many rows, when, why, the hash of the wrapped key; nothing that was kept. Once
 * it has begun it is finished, at the latest when the store is opened next. `reason`: "request", "withdrawal" … */
int store_subject_erase(const store_tenant *t, const char *id, const char *reason, base_text *json, mien_error *error);
/* The certificate of that id ("e_…"). */
int store_certificate(const store_tenant *t, const char *id, base_text *json, mien_error *error);
bool store_certificate_holds(const char *json, size_t bytes); /* its signature fits it */
/* Takes away what was read of them for one purpose in any of `modalities` (MIEN_READ_…). */
int store_subject_withdraw(const store_tenant *t, const char *id, const char *purpose, unsigned modalities, uint64_t *rows,
                           mien_error *error);

/* ---- Sessions ------------------------------------------------------------------------------------------ */

typedef struct store_session {
  char id[STORE_ID], purpose[STORE_NAME], context[STORE_NAME], jurisdiction[STORE_NAME], policy[STORE_NAME];
  double opened, closed; /* NAN: not closed */
  double keep_until;
  uint64_t results;      /* as of closing */
  struct {
    char who[STORE_NAME];     /* sealed; "" once the subject is erased */
    char role[STORE_NAME];
    char subject[STORE_ID];   /* store_subject.id; never "" : nobody's are not kept */
  } people[STORE_PEOPLE];
  size_t person_count;
} store_session;

int store_session_open(const store_tenant *t, const store_session *session, mien_error *error);
int store_session_close(const store_tenant *t, const char *id, double closed, uint64_t results, mien_error *error);
int store_session_get(const store_tenant *t, const char *id, store_session *session, mien_error *error);
/* The newest first, from `before` (STORE_CURSOR bytes, "" the newest) on; `before` becomes where the next page
 * begins, "" at the end. `each` may stop it with an error. */
enum { STORE_CURSOR = 64 };
typedef int (*store_session_each)(void *context, const store_session *session);
int store_session_list(const store_tenant *t, char before[STORE_CURSOR], size_t limit, store_session_each each, void *context,
                       mien_error *error);
/* The newest `limit` (STORE_PAGE at most) in which this subject took part, the newest first. */
int store_session_last(const store_tenant *t, const char *subject, size_t limit, store_session_each each, void *context, mien_error *error);
int store_session_erase(const store_tenant *t, const char *id, mien_error *error);

/* ---- Records: readings, states, turns, events --------------------------------------------------------- */

enum { STORE_READING, STORE_STATE, STORE_TURN, STORE_EVENT, STORE_KINDS };
const char *store_kind_name(int kind); /* "reading" "state" "turn" "event" */

typedef struct store_record {
  const char *session, *subject; /* ids; the subject that `payload` is about */
  uint64_t seq;                  /* of the session; with it, unique */
  int kind;                      /* STORE_… */
  unsigned modalities;           /* MIEN_READ_…: what it rests on */
  double at;
  const char *payload;           /* JSON */
  size_t bytes;
} store_record;

/* Seals it and puts it in line. `ticket` (may be NULL) grows from 1. MIEN_EAGAIN: the queue is full. One whose subject
 * or session is erased before it is written is dropped. */
int store_record_add(const store_tenant *t, const store_record *record, uint64_t *ticket, mien_error *error);
uint64_t store_durable(store *s);
/* Waits until `ticket` is on the disk. MIEN_EAGAIN after `seconds`. */
int store_flush(store *s, uint64_t ticket, double seconds, mien_error *error);
/* Records in the order of their numbers after `after`; kind -1: all. Strings are borrowed until `each` returns. */
typedef int (*store_record_each)(void *context, const store_record *record);
int store_record_list(const store_tenant *t, const char *session, int kind, uint64_t after, size_t limit, store_record_each each,
                      void *context, mien_error *error);
/* The highest number of the session that is kept, 0 none. */
int store_record_last(const store_tenant *t, const char *session, uint64_t *seq, mien_error *error);

/* ---- Items: what is kept one by one and changes ------------------------------------------------------- */

enum { STORE_CASES, STORE_DELIVERIES, STORE_IDEMPOTENCY, STORE_USERS, STORE_API_KEYS, STORE_WEBHOOKS, STORE_JOBS, STORE_COLLECTIONS, STORE_USUALS, STORE_SIGNALS, STORE_TABLES };

typedef struct store_item {
  char id[STORE_ID];        /* two letters and 32 random digits; "" when it is put: it is given one */
  char subject[STORE_ID];   /* store_subject.id: sealed under their key and erased with them; "": the tenant's own */
  char session[STORE_ID];   /* or "" */
  char state[STORE_NAME];   /* of the caller's own: "open", "waiting" … Not sealed: nothing personal */
  const char *name;         /* what it can be found by; only a keyed hash is kept, unique in the table. NULL: none */
  double at, due;           /* made; due: INFINITY never */
  int64_t version;          /* 1, 2, …: grows with each change */
  const char *payload;      /* JSON, sealed */
  size_t bytes;
} store_item;

/* MIEN_EINVAL: one of this name is there. Fills id and version. */
int store_item_put(const store_tenant *t, int table, store_item *item, mien_error *error);
/* Writes state, due and payload over those of item->id, if its version is still item->version, which then grows.
 * MIEN_EEMPTY: it is not there; MIEN_EPOLICY: somebody has changed it. */
int store_item_change(const store_tenant *t, int table, store_item *item, mien_error *error);
/* `each` is given the one; strings are borrowed until it returns. */
typedef int (*store_item_each)(void *context, const store_item *item);
int store_item_get(const store_tenant *t, int table, const char *id, store_item_each each, void *context, mien_error *error);
int store_item_named(const store_tenant *t, int table, const char *name, store_item_each each, void *context, mien_error *error);
/* The newest first, as store_session_list; `state`, `session`: "" any. */
int store_item_list(const store_tenant *t, int table, const char *state, const char *session, char before[STORE_CURSOR], size_t limit,
                    store_item_each each, void *context, mien_error *error);
int store_item_erase(const store_tenant *t, int table, const char *id, mien_error *error);
/* Of all tenants: what has this state and is due at `now`, the longest first. For the service's own clock. */
typedef int (*store_due_each)(void *context, const store_tenant *t, const store_item *item);
int store_item_due(store *s, int table, const char *state, double now, size_t limit, store_due_each each, void *context,
                   mien_error *error);

/* ---- Upkeep, of all tenants --------------------------------------------------------------------------- */

typedef struct store_age {
  const char *purpose; /* "": any that is not named */
  double seconds;
} store_age;
/* Takes away sessions past their keep_until or older than `ages` allow, with all that was read in them, and
 * idempotency records that are due. `rows` (may be NULL) counts sessions. */
int store_sweep(store *s, double now, const store_age *ages, size_t age_count, uint64_t *rows, mien_error *error);
/* Subjects without a session or an item, made before `before`: for who knows whether their consent still stands. */
typedef int (*store_subject_each)(void *context, const store_tenant *t, const store_subject *subject);
int store_subjects_idle(store *s, double before, size_t limit, store_subject_each each, void *context, mien_error *error);
/* Wraps up to `limit` keys anew that were wrapped by another master than the first. `left`: how many are still to do. */
int store_rotate(store *s, size_t limit, uint64_t *left, mien_error *error);
/* The same for a file of keys alone, beside a service that runs: `mien vault rotate`. */
int store_keys_rotate(const char *keys, const vault *const *masters, size_t master_count, uint64_t *done, mien_error *error);

#endif
