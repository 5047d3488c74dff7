/* parts.h: rules as parse.c makes them and session.c walks them. Of this room alone. */
#ifndef RULES_PARTS_H
#define RULES_PARTS_H

#include "rules/rules.h"

/* What a condition looks at. STATE terms come with fused states, CUE ones with any reading, the others from turns and time. */
enum { TERM_CORE, TERM_FINE, TERM_EXTRA, TERM_DIM, TERM_FLAG, TERM_STATE, TERM_TREND, TERM_FORECAST, TERM_CONFIDENCE, /* STATE */
       TERM_CUE, TERM_MEASURED,                                                                      /* CUE   */
       TERM_SPEED, TERM_SILENCE, TERM_SHARE,
       TERM_WORDS, TERM_INTERRUPTIONS };                                                             /* of a moment */
enum { TREE_ALL, TREE_ANY, TREE_NOT, TREE_LEAF };
enum { OP_ABOVE, OP_BELOW, OP_LEAST, OP_MOST };

typedef struct rules_tree {
  int kind;
  struct rules_tree *first, *next;
  int leaf; /* index into set->leaves */
} rules_tree;

typedef struct rules_phrase {
  const char *folded; /* words between single blanks, with one before and one after; see text/phrase.h */
  size_t bytes;
} rules_phrase;

typedef struct rules_leaf {
  int term, index;     /* index: label, dim, state … */
  char kind[24];       /* CUE, MEASURED: the cue's kind */
  int op;
  float than;
  double within;       /* "in the last 30 s"; 0: now */
  int times;           /* "3 times in the last 30 s" */
  double lasting;      /* "for at least 10 s"; 0: any */
  int turns;           /* "for at least 3 turns"; 0: any */
  rules_phrase *phrases;
  size_t phrase_count;
} rules_leaf;

typedef struct rules_rule {
  char name[RULES_NAME], title[RULES_TITLE];
  char roles[RULES_ROLES][RULES_NAME];
  size_t role_count;   /* 0: anybody */
  bool whole;          /* role: conversation */
  int severity;
  bool always;
  bool emotion;        /* `when` or `leave` names what a state says */
  rules_tree *when, *leave; /* leave NULL: when `when` no longer holds */
  double lasting, cooldown; /* seconds */
  int session, day;
  char actions[RULES_ACTIONS][RULES_NAME];
  size_t action_count;
} rules_rule;

struct rules_set {
  base_arena arena;
  rules_rule rules[RULES_MOST];
  size_t rule_count;
  rules_leaf leaves[RULES_CONDITIONS];
  size_t leaf_count;
};

/* Whether a budget of the day allows one more, and takes it. */
bool rules_budget_take(rules_budget *budget, const rules_set *set, size_t rule, double when);

#endif
