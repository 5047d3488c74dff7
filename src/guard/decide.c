/* decide.c: one conversation's purpose, place and people against a pack: everything that is not named is refused. */
#include <stdio.h>

#include "guard/pack.h"
#include "guard/statement.h"

static int refuse(mien_error *error, const char *where, const char *remedy, const char *why) {
  return base_error_set(error, MIEN_EPOLICY, where, remedy, "%s", why);
}

/* Not refused, or not with the statement that was named. */
static bool lifted(const guard_packs *packs, const pack *p, const pack_rule *rule, const guard_ask *ask) {
  const guard_statement *s = ask->statement;
  if (!*rule->refuse) return true;
  return s && (s->kind & rule->statement) && !strcmp(s->tenant, ask->tenant) && !strcmp(s->purpose, ask->purpose) &&
         !strcmp(s->context, ask->context) && pack_find(packs, s->jurisdiction) == p && ask->now >= s->from && ask->now < s->until;
}

static const char *remedy_of(const pack_rule *rule, const guard_ask *ask) {
  if (!rule->statement) return "";
  return ask->statement ? "the statement must be of this tenant, purpose, context and place, of a kind that lifts this refusal, and in force"
                        : "only with the operator's signed statement of medical or safety reasons, named in \"statement\" (docs/policies.md)";
}

static const pack_rule *allowed(const guard_packs *packs, const pack *p, const pack_rules *rules, const char *kind, const char *name, const guard_ask *ask,
                                mien_error *error) {
  char why[GUARD_WHY], where[GUARD_NAME + 16];
  const pack_rule *rule = pack_rule_find(rules, name);
  snprintf(where, sizeof where, "%s '%.40s'", kind, name);
  snprintf(why, sizeof why, "policy '%s' does not name this %s, and what it does not name is refused", p->name, kind);
  if (!rule) refuse(error, where, "docs/policies.md lists what each policy allows", why);
  else if (!lifted(packs, p, rule, ask)) refuse(error, where, remedy_of(rule, ask), rule->refuse);
  return rule && lifted(packs, p, rule, ask) ? rule : NULL;
}

static const char *names_of(unsigned read, char *to, size_t room) {
  static const struct {
    unsigned bit;
    const char *name;
  } names[] = {{MIEN_READ_TEXT, "text"}, {MIEN_READ_VOICE, "voice"}, {MIEN_READ_FACE, "face"}, {MIEN_READ_BODY, "body"}};
  size_t used = 0;
  *to = 0;
  for (size_t i = 0; i < BASE_COUNT(names); i++)
    if (read & names[i].bit) used += (size_t)snprintf(to + used, room - used, "%s%s", used ? ", " : "", names[i].name);
  return to;
}

/* What may be read of one person; why not more, in `why`. */
static unsigned decide_person(const guard_packs *packs, const pack *p, const pack_rule *purpose, const pack_rule *context, guard_ledger *ledger,
                              const guard_ask *ask, const guard_person *person, int *mode, char why[GUARD_WHY]) {
  const pack_rule *role = pack_rule_find(&p->roles, person->role);
  char names[64];
  *mode = GUARD_NOTHING;
  if (!role) return snprintf(why, GUARD_WHY, "policy '%s' does not name the role '%.40s'", p->name, person->role), 0;
  if (!lifted(packs, p, role, ask) || role->mode == GUARD_NOTHING)
    return snprintf(why, GUARD_WHY, "%s", *role->refuse ? role->refuse : "nothing of this role is read"), 0;
  unsigned read = purpose->read & context->read & role->read, needs = read & (purpose->consent | context->consent | role->consent);
  unsigned given = needs && ledger && *person->consent
                       ? guard_ledger_covers(ledger, ask->tenant, person->consent, person->subject, ask->purpose) : 0;
  if (needs & ~given) snprintf(why, GUARD_WHY, "without a consent on record: %s", names_of(needs & ~given, names, sizeof names));
  read &= ~(needs & ~given);
  *mode = !read ? GUARD_NOTHING : ask->observe || role->mode == GUARD_OBSERVE ? GUARD_OBSERVE : GUARD_FULL;
  return read;
}

int guard_decide(const guard_packs *packs, guard_ledger *ledger, const guard_ask *ask, guard_answer *answer, mien_error *error) {
  memset(answer, 0, sizeof *answer);
  const pack *p = pack_find(packs, ask->jurisdiction);
  snprintf(answer->pack, sizeof answer->pack, "%.48s %d", p->name, p->version);
  snprintf(answer->notice, sizeof answer->notice, "%s", p->notice);
  if (!ask->person_count || ask->person_count > GUARD_PEOPLE)
    return base_error_set(error, MIEN_EINVAL, "participants", "", "%zu participants, but 1 to %d are needed", ask->person_count, GUARD_PEOPLE);
  const pack_rule *purpose = allowed(packs, p, &p->purposes, "purpose", ask->purpose, ask, error);
  const pack_rule *context = purpose ? allowed(packs, p, &p->contexts, "context", ask->context, ask, error) : NULL;
  if (!context) return MIEN_EPOLICY;
  if (*p->notice && !ask->notice_given)
    return refuse(error, "notice_given", "tell them, and open again with \"notice_given\": true",
                  "the people read must be told before they are (Regulation (EU) 2024/1689, Article 50(3), or the like)");
  answer->retention = purpose->retention;
  unsigned any = 0;
  for (size_t i = 0; i < ask->person_count; i++)
    any |= answer->people[i].read = decide_person(packs, p, purpose, context, ledger, ask, &ask->people[i], &answer->people[i].mode, answer->people[i].why);
  if (any) return MIEN_OK;
  char why[GUARD_WHY];
  snprintf(why, sizeof why, "nothing may be read of anybody: %.200s", answer->people[0].why);
  return refuse(error, "participants", "record a consent for the people it is needed from, and name it in \"consent\"", why);
}

void guard_observe(mien_reading *reading, mien_cue *cues, size_t room) {
  mien_reading bare;
  base_reading_init(&bare, reading->modality);
  bare.final = reading->final, bare.track = reading->track, bare.who = reading->who;
  bare.t0 = reading->t0, bare.t1 = reading->t1, bare.quality = reading->quality;
  memcpy(bare.box, reading->box, sizeof bare.box);
  for (int k = 0; k < MIEN_CORE; k++) bare.core[k] = 1.0f / MIEN_CORE; /* flat: it names none */
  bare.abstain = "observations only";
  bare.cue_count = BASE_MIN(reading->cue_count, room);
  for (size_t i = 0; i < bare.cue_count; i++) {
    cues[i] = reading->cues[i];
    cues[i].toward = -1;
    cues[i].weight = NAN;
  }
  bare.cues = cues;
  *reading = bare;
}
