/* rulebook.h: the rules that are in force: the files of the settings, or what was put over HTTP, and the budgets of
 * the day that go with them.
 *
 * What it is not: it judges nothing; ruled.c does, for one conversation. A book never changes once it is open: a
 * reload opens another, and conversations go over to it with what they are fed next.
 *
 * The shipped rule `crisis_words` is in every book, unless its files have an `always` rule of this name themselves.
 *
 * Threads: opening, reloading and closing is of the loop's thread; hold, release, budget and fired of any. */
#ifndef SERVE_RULEBOOK_H
#define SERVE_RULEBOOK_H

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

#include "rules/rules.h"

struct serve_server;

enum { RULEBOOK_FILES = 8, RULEBOOK_SETS = RULEBOOK_FILES + 1 };

typedef struct rulebook_budgets {
  char tenant[64];
  rules_budget *of[RULEBOOK_SETS];
  struct rulebook_budgets *next;
} rulebook_budgets;

typedef struct serve_rulebook {
  atomic_int held;
  unsigned number;      /* 1, 2, …: grows with each reload */
  bool dry;             /* what is not `always` is counted alone */
  size_t count;
  struct {
    rules_set *set;
    char name[256];     /* of its file; "default" */
    base_text yaml;     /* as it was read */
    bool always_alone;  /* of the shipped set, what is `always` */
    atomic_ullong fired[RULES_MOST];
  } sets[RULEBOOK_SETS];
  pthread_mutex_t lock;
  rulebook_budgets *budgets;
} serve_rulebook;

/* {"files":[{"file","yaml"}]} of what is in force; new reference. */
json_t *serve_rulebook_files(const serve_rulebook *book);

typedef struct serve_rules serve_rules; /* the book of now */

int serve_rules_open(struct serve_server *server, mien_error *error);
void serve_rules_close(struct serve_server *server);
/* Reads the files again, into a book that is to be taken over or released. */
int serve_rules_again(struct serve_server *server, serve_rulebook **fresh, mien_error *error);
void serve_rules_take(struct serve_server *server, serve_rulebook *fresh);
/* Puts this file in place of all (DATA/rules.yaml), where `rules.editable` allows it; NULL: those of the settings again. */
int serve_rules_put(struct serve_server *server, const char *yaml, size_t bytes, mien_error *error);

unsigned serve_rules_number(const serve_rules *rules); /* of the book of now */
serve_rulebook *serve_rules_hold(serve_rules *rules);
void serve_rulebook_release(serve_rulebook **book);
/* Of this tenant, for this set; NULL: no memory, no budget. Lives as long as the book. */
rules_budget *serve_rulebook_budget(serve_rulebook *book, const char *tenant, size_t set);
/* {"rules":[…]} of a set, or of the whole book: new references. */
json_t *serve_rules_describe(const rules_set *set, const char *name);
json_t *serve_rulebook_describe(serve_rulebook *book);

#endif
