/* guard/: what may be read at all: purposes, contexts, roles and consent by the law of a place; and the chain of
 * records that shows later what was allowed, asked and looked at.
 *
 * What it is: default deny. A pack of rules (policies/NAME.yaml, inside the program as well) names what is allowed
 * and why the rest is not; a conversation is decided once, when it opens, and again when a consent changes. What it
 * is not: it reads no emotion, knows no network, and keeps nothing that was said or shown.
 *
 * Files: pack.c the packs, decide.c the decision, statement.c the operator's signed statements, consent.c the ledger of consents, chain.c the file under it and
 * under the audit.
 *
 * Threads: packs are read-only once open. Ledger and chains lock themselves; guard_ledger_covers is a look into memory.
 * Nothing here is legal advice: the packs say in which article a rule stands, so that a lawyer can check it. */
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

#include "base/base.h"

enum { GUARD_NAME = 64, GUARD_ID = 40, GUARD_PEOPLE = 16, GUARD_WHY = 256 };

/* ---- Packs --------------------------------------------------------------------------------------------- */

typedef struct guard_packs guard_packs;

/* The packs inside the program, and those of the folder `dir` (NULL: none), which go before those of the same
 * name. MIEN_EFORMAT with file, line and column. */
int guard_packs_open(guard_packs **packs, const char *dir, mien_error *error);
void guard_packs_close(guard_packs **packs);
/* One pack alone, from memory: for tests, fuzzing and `mien consent check`. */
int guard_packs_read(guard_packs **packs, const char *bytes, size_t count, const char *name, mien_error *error);
/* "eu" of "eu", "DE", "us-il" …; the strict pack where no pack names the place. */
const char *guard_pack_of(const guard_packs *packs, const char *jurisdiction);
/* All of them as a JSON list, each with its rules of purposes, contexts and roles. */
void guard_packs_describe(const guard_packs *packs, base_json *json, const char *key);

/* ---- Chains -------------------------------------------------------------------------------------------- */

/* An append-only file of JSON lines, each with its number, the hash of the one before and its own:
 *   {"seq":1,"at":"2026-01-31T12:00:00Z","record":{…},"prev":"…","hash":"…"}
 * hash = BLAKE2b-256(prev, seq, at, record), keyed with the installation's key. FILE.head holds the last number and
 * hash, so that a file cut short is found out. */
typedef struct guard_chain guard_chain;
enum { GUARD_HASH = 32 };

/* Makes it where there is none; checks the whole of it where there is. A last line that was cut off by a crash is
 * taken away. MIEN_EFORMAT: the chain is broken, with the line. MIEN_EAGAIN: another program has it open. `each` (may be NULL)
 * is given every record. */
typedef int (*guard_chain_each)(void *context, uint64_t seq, const char *record, size_t bytes);
int guard_chain_open(guard_chain **chain, const char *path, const uint8_t key[GUARD_HASH], guard_chain_each each,
                     void *context, mien_error *error);
void guard_chain_close(guard_chain **chain);
/* `record` is a JSON object of one line. Put: it is in the chain, and lost if the machine stops before it is settled. `seq` may be NULL. */
int guard_chain_put(guard_chain *chain, const char *record, size_t bytes, uint64_t *seq, mien_error *error);
/* On return all records up to `seq` are on the disk. */
int guard_chain_settle(guard_chain *chain, uint64_t seq, mien_error *error);
/* Both. */
int guard_chain_append(guard_chain *chain, const char *record, size_t bytes, uint64_t *seq, mien_error *error);
uint64_t guard_chain_length(guard_chain *chain);

/* A record as it lies in the file. Borrowed until the call that gave it returns. */
typedef struct guard_chain_line {
  uint64_t seq;
  char at[24];                  /* "2026-01-31T12:00:00Z" */
  const char *record;           /* one JSON object */
  size_t bytes;
  char hash[2 * GUARD_HASH + 1]; /* hexadecimal */
} guard_chain_line;
typedef int (*guard_chain_look)(void *context, const guard_chain_line *line);
/* Checks an open chain from the first record to the last that was appended when it was called, beside others that append:
 * any thread, and long for a long file. MIEN_EFORMAT: it is broken, with the record. `each` (may be NULL) is given those that
 * hold, and may end it with a number of its own. */
int guard_chain_check(guard_chain *chain, guard_chain_look each, void *context, uint64_t *count, mien_error *error);
/* The newest records first, those that end at byte `*before` of the file or earlier (UINT64_MAX: from the end), at most
 * `bytes` of them (64 kB and more). `*before` becomes where to go on, 0 at the beginning. `each` may end it by GUARD_ENOUGH
 * (the record counts) or an error. Not compared with their hashes. MIEN_EINVAL: no record ends at `*before`. */
enum { GUARD_ENOUGH = 1 };
int guard_chain_back(guard_chain *chain, uint64_t *before, size_t bytes, guard_chain_look each, void *context, mien_error *error);
/* Checks a file without opening it for writing; `count` gets the records that hold. */
int guard_chain_verify(const char *path, const uint8_t key[GUARD_HASH], uint64_t *count, mien_error *error);

/* ---- Consent ------------------------------------------------------------------------------------------- */

typedef struct guard_ledger guard_ledger;

/* What stands for a subject in ledger, audit and store: "r_" and 32 hexadecimal digits, a keyed hash of the caller's own name
 * for them (BLAKE2b, Aumasson et al. 2013), so that no file says who they are. What is one already stays as it is; "" stays "". */
void guard_subject_ref(const uint8_t key[GUARD_HASH], const char *tenant, const char *name, char ref[GUARD_ID]);

typedef struct guard_consent {
  char id[GUARD_ID];           /* "c_" and 32 hexadecimal digits; made by grant */
  char tenant[GUARD_NAME], subject[GUARD_NAME] /* their reference, once granted */, purpose[GUARD_NAME];
  unsigned read;               /* MIEN_READ_…: what it covers; WORDS goes with VOICE */
  bool keep;                   /* it covers keeping what is read, not only reading */
  double until;                /* seconds since 1970; INFINITY: until withdrawn */
  char evidence[GUARD_NAME];   /* where the consent itself is kept: a reference of the caller's own */
} guard_consent;

int guard_ledger_open(guard_ledger **ledger, const char *path, const uint8_t key[GUARD_HASH], mien_error *error);
void guard_ledger_close(guard_ledger **ledger);
/* A name to its reference. */
void guard_ledger_subject(guard_ledger *ledger, const char *tenant, const char *name, char ref[GUARD_ID]);
/* Wherever a subject is asked for: their name, or their reference. Fills consent->id. On return it is on the disk. MIEN_EINVAL names the field. */
int guard_ledger_grant(guard_ledger *ledger, guard_consent *consent, mien_error *error);
/* `read`: what is withdrawn of it; all: MIEN_READ_ALL. MIEN_EEMPTY: this tenant has no such consent. */
int guard_ledger_withdraw(guard_ledger *ledger, const char *tenant, const char *id, unsigned read, mien_error *error);
/* What consent `id` covers now, for this tenant, subject and purpose: 0 for none. */
unsigned guard_ledger_covers(guard_ledger *ledger, const char *tenant, const char *id, const char *subject, const char *purpose);
/* The consent as it stands; false: none. */
bool guard_ledger_find(guard_ledger *ledger, const char *tenant, const char *id, guard_consent *consent);
/* The consents of a tenant, of all subjects or ("" not) of one, the newest first: those before number `*before` (UINT64_MAX: all);
 * `*before` becomes where the next page begins, 0 at the end. `each` is called under the ledger's lock: it must not come back. */
typedef int (*guard_consent_each)(void *context, const guard_consent *consent);
int guard_ledger_list(guard_ledger *ledger, const char *tenant, const char *subject, uint64_t *before, size_t limit, guard_consent_each each,
                      void *context);
guard_chain *guard_ledger_chain(guard_ledger *ledger); /* under it: for checking and looking */
/* MIEN_READ_… of all consents of this subject that stand now: of this purpose (NULL: of any); `keep`: that cover keeping. */
unsigned guard_ledger_stands(guard_ledger *ledger, const char *tenant, const char *subject, const char *purpose, bool keep);
/* Changes with every grant and withdrawal. */
uint64_t guard_ledger_generation(guard_ledger *ledger);

/* ---- Decision ------------------------------------------------------------------------------------------ */

enum { GUARD_NOTHING, GUARD_OBSERVE, GUARD_FULL };

typedef struct guard_person {
  char who[GUARD_NAME], role[GUARD_NAME], subject[GUARD_NAME];
  char consent[GUARD_ID]; /* a consent's id; "" none */
} guard_person;

typedef struct guard_statement guard_statement;   /* statement.h: an operator's word for what is refused without it */
typedef struct guard_statements guard_statements;

typedef struct guard_ask {
  const char *tenant, *purpose, *context, *jurisdiction;
  bool notice_given, observe; /* observe: cues alone are wanted */
  const guard_person *people;
  size_t person_count;        /* 1…GUARD_PEOPLE */
  const guard_statement *statement; /* of this tenant; NULL: none */
  double now;                 /* seconds since 1970: is the statement in force? */
} guard_ask;

typedef struct guard_answer {
  char pack[GUARD_NAME];      /* "eu 1" */
  char notice[512];           /* what the people must be told; "" nothing */
  double retention;           /* seconds that results may be kept; 0: not at all */
  struct {
    unsigned read;            /* MIEN_READ_… that may be read of them */
    int mode;                 /* GUARD_… */
    char why[GUARD_WHY];      /* what is missing or forbidden; "" nothing */
  } people[GUARD_PEOPLE];
} guard_answer;

/* MIEN_OK when at least one participant may be read; else MIEN_EPOLICY with the article and what would be needed.
 * `ledger` may be NULL: no consent is there. */
int guard_decide(const guard_packs *packs, guard_ledger *ledger, const guard_ask *ask, guard_answer *answer, mien_error *error);

/* Takes from a reading all that says emotion, and leaves what was measured: cues without their direction, quality,
 * times. `cues` has room for `room` of them and must live as long as the reading. */
void guard_observe(mien_reading *reading, mien_cue *cues, size_t room);

#endif
