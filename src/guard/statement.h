/* statement.h: what an operator puts their name to where the law forbids a reading but for medical or safety reasons
 * (Regulation (EU) 2024/1689, Article 5(1)(f)): a small text, signed (Ed25519), that a conversation names when it opens.
 *
 * A signed statement is one JSON object {"statement":"…","signature":"base64"}; the signature is of the bytes of the text
 * in "statement", which is a JSON object itself, so that nothing has to be brought into an order before it is checked:
 *   {"kind":"safety","tenant":"default","purpose":"safety","context":"workplace","jurisdiction":"eu",
 *    "reason":"…","signed_by":"…","from":"2026-01-01","until":"2026-12-31"}
 * `until` is the last day, in UTC. All keys are needed, no other is known. What it says is the operator's own word: the
 * signature shows who gave it, not that it is true.
 *
 * Threads: a set is read-only once open. */
#ifndef GUARD_STATEMENT_H
#define GUARD_STATEMENT_H

#include "guard/guard.h"

enum { GUARD_MEDICAL = 1, GUARD_SAFETY = 2 }; /* kinds, a mask in the rules of packs */
enum { GUARD_STATEMENT_KEY = 32 /* bytes of the public key */, GUARD_STATEMENT_SEED = 32, GUARD_STATEMENT_MAX = 8192 };

struct guard_statement {
  char id[GUARD_ID]; /* "x_" and 32 hexadecimal digits, of the text's hash: another text has another */
  unsigned kind;     /* GUARD_MEDICAL or GUARD_SAFETY */
  char tenant[GUARD_NAME], purpose[GUARD_NAME], context[GUARD_NAME], jurisdiction[16];
  char reason[GUARD_WHY], signed_by[GUARD_NAME];
  double from, until; /* seconds since 1970; until: the end of its last day */
};

/* "medical" or "safety" to its bit; 0: no kind. */
unsigned guard_statement_kind(const char *name);
/* Checks signature and text. MIEN_EPOLICY: not signed with this key. MIEN_EFORMAT: names what is wrong. */
int guard_statement_read(const char *json, size_t bytes, const uint8_t key[GUARD_STATEMENT_KEY], guard_statement *read, mien_error *error);
/* Checks `text` (the inner object) and signs it with the key pair of `seed`. */
int guard_statement_sign(const char *text, size_t bytes, const uint8_t seed[GUARD_STATEMENT_SEED], base_text *json, mien_error *error);
void guard_statement_public(const uint8_t seed[GUARD_STATEMENT_SEED], uint8_t key[GUARD_STATEMENT_KEY]);

/* All *.json of the folder `dir`; one that does not hold is an error, with its name: nothing is passed over in silence. */
int guard_statements_open(guard_statements **opened, const char *dir, const uint8_t key[GUARD_STATEMENT_KEY], mien_error *error);
void guard_statements_close(guard_statements **statements);
/* NULL: this tenant has none of this id. `statements` may be NULL. */
const guard_statement *guard_statement_find(const guard_statements *statements, const char *tenant, const char *id);

#endif
