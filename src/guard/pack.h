/* pack.h: a pack's rules as pack.c reads them and decide.c applies them. Of this room alone. */
#ifndef GUARD_PACK_H
#define GUARD_PACK_H

#include "guard/guard.h"

enum { PACK_RULES = 48, PACK_PLACES = 64, PACKS = 16 };

typedef struct pack_rule { /* of a purpose, a context or a role */
  char name[GUARD_NAME];
  char refuse[GUARD_WHY]; /* why it is refused; "" it is not */
  int mode;               /* GUARD_…, of a role */
  unsigned read;          /* MIEN_READ_…: allowed at most */
  unsigned consent;       /* MIEN_READ_… that need one; of a purpose */
  double retention;       /* seconds; of a purpose */
  unsigned statement;     /* GUARD_MEDICAL | GUARD_SAFETY: the statements with which it is not refused */
} pack_rule;

typedef struct pack_rules {
  pack_rule rules[PACK_RULES];
  size_t count;
} pack_rules;

typedef struct pack {
  char name[GUARD_NAME], title[128], notice[512];
  int version;
  char places[PACK_PLACES][8];
  size_t place_count;
  pack_rules purposes, contexts, roles;
} pack;

struct guard_packs {
  pack packs[PACKS];
  size_t count;
};

const pack *pack_find(const guard_packs *packs, const char *jurisdiction);
const pack_rule *pack_rule_find(const pack_rules *rules, const char *name);

#endif
