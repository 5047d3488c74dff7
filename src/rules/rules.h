/* rules/: when what is read of a conversation becomes an event.
 *
 * What it is: a small language in YAML (docs/rules.md), checked when it is read, and a session that is fed readings,
 * states and turns and gives events. What it is not: it reads no emotion, decides nothing about people, and carries
 * nothing out: an event names actions, and others take them. An event holds ids and times, never what was said.
 *
 * Files: parse.c the language, session.c the live part, recorded.c recorded sessions, talk.c the figures of a
 * conversation; phrases in turns are found by text/phrase.h.
 *
 * Threads: a set is read-only once open and may be shared; a session is used by one thread at a time; a budget locks
 * itself. Ownership: whoever opened it closes it; the set and the budget outlive their sessions. */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "base/base.h"

enum { RULES_NAME = 64, RULES_TITLE = 128 };
enum { RULES_MOST = 64, RULES_CONDITIONS = 512, RULES_ACTIONS = 4, RULES_ROLES = 8, RULES_TIMES = 8 };
enum { RULES_PEOPLE = 16, RULES_QUEUE = 256 };
enum { RULES_INFO, RULES_NOTICE, RULES_WARNING, RULES_CRITICAL };
const char *rules_severity_name(int severity); /* "info" "notice" "warning" "critical" */

/* ---- Sets of rules ------------------------------------------------------------------------------------- */

typedef struct rules_set rules_set;

/* `name` is for messages. MIEN_EFORMAT with line and column and what to write instead; MIEN_ELIMIT, MIEN_ENOMEM. */
int rules_set_read(rules_set **set, const char *bytes, size_t count, const char *name, mien_error *error);
/* `path` NULL: rules/default.yaml, which is inside the program. */
int rules_set_open(rules_set **set, const char *path, mien_error *error);
void rules_set_close(rules_set **set);

typedef struct rules_about {
  const char *name, *title;
  int severity;
  bool always;             /* no budget and no cooldown holds it back */
  bool emotion;            /* it looks at an emotion somewhere: core, dims, states, flags … */
  int session, day;        /* budgets; 0: none */
  const char *actions[RULES_ACTIONS];
  size_t action_count;
} rules_about;
size_t rules_set_count(const rules_set *set);
rules_about rules_set_about(const rules_set *set, size_t rule);

/* ---- Budgets of a day, for all sessions of one tenant ------------------------------------------------------ */

typedef struct rules_budget rules_budget;
int rules_budget_open(rules_budget **budget, const rules_set *set, mien_error *error);
void rules_budget_close(rules_budget **budget);

/* ---- Sessions ---------------------------------------------------------------------------------------------- */

typedef struct rules_session rules_session;

typedef struct rules_event {
  size_t rule;             /* of the set */
  const char *who, *role;  /* borrowed until the session is closed; who is "" for the whole conversation */
  double at;               /* seconds, the session's clock */
} rules_event;

/* How often a rule's condition was met, and what became of it: met = fired + cooled + spent. */
typedef struct rules_count {
  uint64_t met, fired, cooled /* held back by its cooldown */, spent /* by a budget */;
} rules_count;

/* `budget` may be NULL: no budgets of the day. `began`: seconds since 1970 (UTC) at the session's time 0. */
int rules_session_open(rules_session **session, const rules_set *set, rules_budget *budget, double began, mien_error *error);
void rules_session_close(rules_session **session);

/* Memory is taken here, once a participant: about 100 bytes a condition. Feeding allocates nothing. ELIMIT beyond
 * RULES_PEOPLE; EINVAL for names of no or of 64 and more bytes. Joining again changes the role. */
int rules_session_join(rules_session *session, const char *who, const char *role);
/* Of whom cues alone may be read: no rule that looks at an emotion is tried on them, whatever else it looks at. */
void rules_session_observe(rules_session *session, const char *who, bool observe);
/* Those who have not joined are passed over. Times are seconds, finite, of one clock; one that steps back counts as
 * now. A reading counts at its t1; a state (MIEN_FUSED) sets core, dims and the like, every reading its cues. */
void rules_session_feed_reading(rules_session *session, const mien_reading *reading);
/* Somebody begins to speak; a turn of theirs ends it, or a minute without one. Not needed, but silence is exact with it. */
void rules_session_feed_speech(rules_session *session, const char *who, double at);
/* A turn, UTF-8 or not, said or written from t0 until t1. At most the first RULES_TURN bytes are looked at. */
enum { RULES_TURN = 16384 };
void rules_session_feed_turn(rules_session *session, const char *who, double t0, double t1, const char *text, size_t bytes);
/* The clock goes on: silence grows, what has to last lasts. In steps of a second, at most 600 of them. */
void rules_session_advance(rules_session *session, double to);
/* The next event, oldest first; MIEN_EAGAIN: none. The queue holds RULES_QUEUE; then the newest is lost unless its rule
 * is `always`, which takes the place of the oldest that is not. */
int rules_session_next(rules_session *session, rules_event *event);
rules_count rules_session_count(const rules_session *session, size_t rule);

/* ---- The figures of a conversation (contact centres) ------------------------------------------------------- */

enum { TALK_QUARTERS = 4, TALK_TURNS = 20000 };

typedef struct talk_turn {
  int who;             /* 0…people-1 */
  double t0, t1;       /* seconds */
  const char *text;    /* UTF-8, for words a minute and phrases; may be NULL */
  size_t bytes;
} talk_turn;
typedef struct talk_mark { /* something measured at a moment */
  int who;
  double at;
  float valence;       /* -1…1; NAN: not known */
  float loudness;      /* dB; NAN: not known */
} talk_mark;

typedef struct talk_figures {
  unsigned turns, interruptions; /* interruptions: began while another had spoken .3 s and went on .5 s and more */
  double talk;         /* seconds spoken, own overlaps once */
  double overlap;      /* seconds of it while another spoke as well: talk-over */
  double share;        /* of all that is spoken, 0…1; NAN where nobody speaks */
  double speed;        /* words a minute; NAN without words */
  double sentiment;    /* mean valence, -1…1; NAN */
  double loudness;     /* mean, dB; NAN */
  unsigned repeat, escalation; /* turns with a phrase of repeat contact; of escalation */
} talk_figures;

typedef struct rules_talk {
  double t0, t1;       /* of the conversation */
  double silence[1 + TALK_QUARTERS], longest_silence; /* seconds nobody speaks; [0] the whole, then by quarter */
  talk_figures figures[RULES_PEOPLE][1 + TALK_QUARTERS];
} rules_talk;

/* Turns in any order; those that are not finite or end before they begin are passed over. A turn counts (turns,
 * interruptions, phrases, words) in the quarter in which it begins; seconds where they fall. EEMPTY without turns, ELIMIT
 * beyond TALK_TURNS or RULES_PEOPLE, ENOMEM. */
int rules_talk_read(rules_talk *talk, size_t people, const talk_turn *turns, size_t turn_count, const talk_mark *marks,
                    size_t mark_count, mien_error *error);

/* ---- Recorded sessions ------------------------------------------------------------------------------------- */

/* What `mien read --json` and `--format jsonl` write. One recorded session for each `file` in it. */
typedef struct rules_recorded rules_recorded;
enum { RECORDED_BYTES = 256 << 20, RECORDED_LINE = 1 << 20, RECORDED_SESSIONS = 10000 };

/* MIEN_EFORMAT names the line. MIEN_EEMPTY: no reading, state or turn in it. */
int rules_recorded_read(rules_recorded **recorded, const char *bytes, size_t count, const char *name, mien_error *error);
int rules_recorded_open(rules_recorded **recorded, const char *path, mien_error *error);
void rules_recorded_close(rules_recorded **recorded);
size_t rules_recorded_count(const rules_recorded *recorded);
const char *rules_recorded_name(const rules_recorded *recorded, size_t at);
size_t rules_recorded_people(const rules_recorded *recorded, size_t at);
const char *rules_recorded_who(const rules_recorded *recorded, size_t at, size_t person);
/* Joins everybody (role: the first `role` of their readings and turns, else their name) and feeds everything, giving events to `each` as they come. */
typedef void (*rules_each)(void *context, const rules_event *event);
int rules_recorded_play(const rules_recorded *recorded, size_t at, rules_session *session, rules_each each, void *context);
int rules_recorded_talk(const rules_recorded *recorded, size_t at, rules_talk *talk, mien_error *error);

#endif
