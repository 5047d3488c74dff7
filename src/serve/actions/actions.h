/* actions.h: what events set off beside being told: cases, and (webhooks.h) deliveries.
 *
 * A thread of its own takes what the workers leave in a queue and puts it into the store, so that no conversation waits
 * for a disk or for somebody else's server. What is in the queue when the program is killed, some milliseconds' worth,
 * is lost; what is in the store is not.
 *
 * Of a person whose consent covers keeping, all of an event is put down, sealed under their key. Of anybody else there is
 * a case of a rule that is `always` alone: which rule, in which session, when; not of whom; and what is on its way to a
 * webhook, until it was taken. Both for a day at most.
 *
 * Threads: `take` of workers; opening and closing of the loop's. */
#ifndef SERVE_ACTIONS_H
#define SERVE_ACTIONS_H

#include "rules/rules.h"
#include "serve/live/conversation.h"

struct serve_server;
typedef struct serve_actions serve_actions;

enum { ACTIONS_WAITING = 10000 /* events; then the oldest goes that is not `always` */ };
#define ACTIONS_UNKEPT (24 * 3600.0) /* seconds that an event of nobody is there at most */

/* One event on its way. */
typedef struct serve_action {
  struct serve_action *next;
  char tenant[64], session[SERVE_ID], subject[STORE_ID]; /* subject "": nobody whose are kept */
  char purpose[64], reference[64], rule[RULES_NAME];
  const char *actions[RULES_ACTIONS]; /* into `names` */
  char names[RULES_ACTIONS][RULES_NAME];
  size_t action_count;
  bool always, cased;     /* cased: its case is made */
  int severity;
  uint64_t seq;
  unsigned rests;         /* MIEN_READ_…: what the event may rest on */
  double at, keep_until;  /* seconds since 1970 */
  char *event, *who;      /* the event's JSON; whom it is about, NULL nobody alone */
  char *reading;          /* JSON of the state it rests on; NULL none */
} serve_action;

int serve_actions_open(struct serve_server *server, mien_error *error);
void serve_actions_close(struct serve_server *server); /* what waits is put down first, where it can within 5 s */

/* An event about this participant (-1: nobody alone), with the last state of theirs (NULL: none). */
void serve_actions_take(serve_conversation *conversation, int person, const rules_about *about, const rules_event *event, uint64_t seq,
                        const char *json, size_t bytes, const mien_reading *state);
bool serve_action_has(const serve_action *action, const char *name);

#endif
