/* mien_people.h: what goes on between the people of one conversation: how each of them moves, who moves whom, who takes
 * the floor, and named cues of how they treat one another; and a summary of it in plain words for those people themselves.
 *
 * It is made of what a session gave (mien_session_next) or of what `mien read --json` wrote, all of it together, so it
 * may be asked at any time and costs a walk over the turns. Nothing that was said is kept: of a turn's words only
 * which patterns it holds, and the few words of the pattern itself.
 *
 * Every figure has a 90 % interval, and is NAN where there is too little to say it from: fewer than four answers or
 * turns. What it is not: a diagnosis of a relation, a verdict on a person, or a prediction of a separation. The cues are
 * patterns of words, voice, face and time that the literature names; how often they are right has not been measured
 * on couples, since no such set may be used here.
 *
 * Sources. Figures of a person: standard deviation within a person (Eid & Diener 1999), root mean square of successive
 * differences (Jahng, Wood & Trull 2008), inertia (Kuppens, Allen & Sheeber 2010), recovery (Davidson 1998: how long a
 * deviation lasts). Of two: contagion and synchrony (Hatfield, Cacioppo & Rapson 1993; Kenny, Kashy & Cook 2006), negative
 * reciprocity (Gottman & Levenson 1992). Floor: Sacks, Schegloff & Jefferson 1974; gaps Heldner & Edlund 2010; cutting
 * in Zimmerman & West 1975, Schegloff 2000. Cues: Gottman & Levenson 1992, 2000; Gottman, McCoy, Coan & Collier 1996 (the
 * coding of affect); Christensen & Heavey 1990 (demand and withdrawal); repair Gottman & Levenson 1999.
 *
 * Ownership and errors as in mien.h. One is used by one thread at a time. */
#ifndef MIEN_PEOPLE_H
#define MIEN_PEOPLE_H

#include "mien.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MIEN_PEOPLE_MOST = 8,       /* people who are followed together; further ones are left out        */
       MIEN_PEOPLE_TURNS = 20000,  /* turns, and readings beside them; later ones are left out           */
       MIEN_PEOPLE_CUES = 400 };   /* named cues kept, the first                                         */

typedef struct mien_people mien_people;

MIEN_API int mien_people_open(mien_people **people, mien_error *error);
MIEN_API void mien_people_close(mien_people **people);

/* A READING (final ones count), STATE or TURN. In a session whose text is fed, tell of each turn yourself: an event of
 * MIEN_EVENT_TURN with who, t0, t1 and text. MIEN_ENOMEM. */
MIEN_API int mien_people_event(mien_people *people, const mien_event *event);
/* A line of what `mien read --json` wrote, or of a service's records; other lines are left out. MIEN_EFORMAT: not JSON. */
MIEN_API int mien_people_line(mien_people *people, const char *json, size_t bytes, mien_error *error);

/* ---- Figures ------------------------------------------------------------------------------------ */

typedef struct mien_figure {
  double value, low, high; /* with its 90 % interval; NAN: too little */
} mien_figure;

/* Of one person, turn by turn; a turn's place is the valence expressed in it, -1…1. */
typedef struct mien_person {
  const char *who;
  int turns;               /* that could be read                                                    */
  int pleasant, unpleasant;/* of these, beyond 0.15 either way                                      */
  double talk;             /* seconds of speech; NAN without times                                  */
  mien_figure share;       /* of the turns; interval: as if turns fell to people by chance (Wilson) */
  mien_figure mean;        /* valence                                                               */
  mien_figure variability; /* standard deviation                                                    */
  mien_figure instability; /* root mean square of the differences from turn to turn; no interval    */
  mien_figure inertia;     /* correlation of a turn with this person's turn before, -1…1            */
  mien_figure trend;       /* valence from the first turn to the last, by least squares             */
  int dips;                /* times they fell more than max(1 sd, 0.15) below their own mean        */
  int recovered;           /* of these, that came half the way back in this conversation            */
  mien_figure recovery;    /* turns of their own until then, mean over those that did               */
  double recovery_seconds; /* the same in seconds; NAN                                              */
} mien_person;

/* What `from` does to `to`: whenever `to` speaks next after `from`. */
typedef struct mien_pair {
  const char *from, *to;
  int answers;
  mien_figure contagion;    /* `to` goes where `from` was: slope, with to's own last place taken out  */
  mien_figure synchrony;    /* correlation of the two, both directions together                       */
  mien_figure escalation;   /* share of from's unpleasant turns that `to` answers more unpleasantly   */
  mien_figure deescalation; /* … more pleasantly                                                      */
  double gap;               /* seconds before `to` answers, median; below 0: before the end; NAN      */
  int interruptions;        /* times `to` cut into a turn of `from` and kept the floor                */
} mien_pair;

MIEN_API int mien_people_count(const mien_people *people); /* 0…MIEN_PEOPLE_MOST */
MIEN_API int mien_people_person(const mien_people *people, int index, mien_person *person);         /* MIEN_EINVAL */
MIEN_API int mien_people_pair(const mien_people *people, int from, int to, mien_pair *pair);        /* MIEN_EINVAL */
/* Who moves the other: 1: a moves b more than b moves a, -1: the other way, 0: the intervals overlap, or too little. */
MIEN_API int mien_people_influence(const mien_people *people, int a, int b);

/* ---- Named cues --------------------------------------------------------------------------------- */

/* number order, name, what it is, source */
#define MIEN_MANNERS(X)                                                                                               \
  X(CRITICISM, "criticism", "a complaint about the whole person: \"you always\", \"what is wrong with you\"",        \
    "Gottman 1994; Gottman & Levenson 2000")                                                                          \
  X(CONTEMPT, "contempt", "mockery, an insult, sarcasm said unpleasantly, the look of contempt",                      \
    "Gottman, McCoy, Coan & Collier 1996; Gottman & Levenson 2000")                                                   \
  X(DEFENSIVENESS, "defensiveness", "turning an unpleasant turn away: \"that is not my fault\", \"yes, but you\"",   \
    "Gottman 1994; Gottman & Levenson 2000")                                                                          \
  X(WITHDRAWAL, "withdrawal", "no answer for long, the shortest answers, or turning away, after an unpleasant turn", \
    "Christensen & Heavey 1990; Gottman & Levenson 2000")                                                             \
  X(REPAIR, "repair", "an apology, a concession, a wish to start again or to slow down, thanks in a hard moment",     \
    "Gottman & Levenson 1999; Gottman, Driver & Tabares 2002")

enum {
#define MIEN_X(id, name, what, source) MIEN_MANNER_##id,
  MIEN_MANNERS(MIEN_X)
#undef MIEN_X
  MIEN_MANNER_COUNT
};
MIEN_API const char *mien_manner_name(int manner);   /* "criticism" …; NULL out of range */
MIEN_API const char *mien_manner_source(int manner);

typedef struct mien_manner {
  int manner;        /* MIEN_MANNER_… */
  const char *who;
  const char *toward;/* who spoke before; NULL nobody known */
  double t0, t1;     /* seconds, of the turn; NAN */
  double strength;   /* 0…1: how much speaks for it; 0.3 and more are given */
  const char *by;    /* "words: you never", "voice: no answer for 7 s after an unpleasant turn", "face: contempt" */
  int received;      /* of a repair: 1 the next turn of the other was more pleasant, 0 it was not, -1 nobody answered */
} mien_manner;
MIEN_API int mien_people_manners(const mien_people *people); /* how many, in order of time */
MIEN_API int mien_people_manner(const mien_people *people, int index, mien_manner *manner); /* MIEN_EINVAL */

/* ---- All of it ------------------------------------------------------------------------------------ */

/* As one JSON object (docs/uses/people.md). Returns the bytes it takes; what does not fit in `capacity` is not
 * written, what is written ends in 0. */
MIEN_API size_t mien_people_json(const mien_people *people, char *to, size_t capacity);

/* A summary in plain English for the people themselves: the same measure for each, what went well first, no more than
 * was seen, what could be tried. MIEN_EPOLICY unless `agreed` (names of participants, `count` of them) holds
 * everybody who took part, those whose turns could not be followed as well; the error says who is missing. MIEN_EEMPTY:
 * fewer than four turns that could be read. */
MIEN_API int mien_people_summary(const mien_people *people, const char *const *agreed, size_t count, char *to,
                                 size_t capacity, size_t *bytes, mien_error *error);

/* The same in `language`, a code of two letters that more may follow ("es-MX"): en zh es de fr ar; NULL or "": English.
 * MIEN_EINVAL: another one. */
MIEN_API int mien_people_summary_in(const mien_people *people, const char *language, const char *const *agreed,
                                    size_t count, char *to, size_t capacity, size_t *bytes, mien_error *error);

#ifdef __cplusplus
}
#endif
#endif
