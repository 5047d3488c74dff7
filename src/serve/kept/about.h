/* about.h: the head of what is kept under a consent (a collection, a dictionary of signals): what it is called, what for, of whom,
 * and by which consent. Any thread. */
#ifndef SERVE_ABOUT_H
#define SERVE_ABOUT_H

#include <jansson.h>

#include "guard/guard.h"

typedef struct serve_about {
  char name[128], purpose[64], context[64], jurisdiction[32], role[64];
  char subject[64], consent[GUARD_ID];
  bool notice_given;
} serve_about;

/* {"name","purpose","context","jurisdiction","role","subject","consent","notice"}; new reference. NULL: no memory, or not UTF-8. */
json_t *serve_about_json(const serve_about *about);
void serve_about_read(serve_about *about, const json_t *from);
/* The text of that name, "" where there is none, cut to `room` bytes. */
void serve_about_text(const json_t *from, const char *name, char *to, size_t room);
/* What guard/ is asked; borrows from both. `who`: how it calls the person when it says why not. */
guard_ask serve_about_ask(const serve_about *about, const char *tenant, const char *who, guard_person *person);

#endif
