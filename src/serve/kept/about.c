/* about.c: see about.h. */
#include "serve/kept/about.h"

#include <stdio.h>

#include "serve/http/json.h"

json_t *serve_about_json(const serve_about *a) {
  return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b}", "name", a->name, "purpose", a->purpose, "context", a->context, "jurisdiction", a->jurisdiction, "role", a->role,
                   "subject", a->subject, "consent", a->consent, "notice", a->notice_given);
}

void serve_about_text(const json_t *from, const char *name, char *to, size_t room) {
  snprintf(to, room, "%s", serve_text_of(from, name));
}

void serve_about_read(serve_about *a, const json_t *from) {
  serve_about_text(from, "name", a->name, sizeof a->name);
  serve_about_text(from, "purpose", a->purpose, sizeof a->purpose);
  serve_about_text(from, "context", a->context, sizeof a->context);
  serve_about_text(from, "jurisdiction", a->jurisdiction, sizeof a->jurisdiction);
  serve_about_text(from, "role", a->role, sizeof a->role);
  serve_about_text(from, "subject", a->subject, sizeof a->subject);
  serve_about_text(from, "consent", a->consent, sizeof a->consent);
  a->notice_given = json_is_true(json_object_get(from, "notice"));
}

guard_ask serve_about_ask(const serve_about *a, const char *tenant, const char *who, guard_person *person) {
  *person = (guard_person){0};
  snprintf(person->who, sizeof person->who, "%s", who);
  snprintf(person->role, sizeof person->role, "%s", a->role);
  snprintf(person->subject, sizeof person->subject, "%s", a->subject);
  snprintf(person->consent, sizeof person->consent, "%s", a->consent);
  return (guard_ask){tenant, a->purpose, a->context, a->jurisdiction, a->notice_given, false, person, 1};
}
