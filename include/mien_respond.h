/* mien_respond.h: how one might answer what a person expresses: a strategy, a short wording in the person's language and
 * register, what to avoid, and why.
 *
 * It is a suggestion to a person, who decides what is said; nothing is sent by itself, and nothing of it says what
 * somebody feels. Words of crisis (those of the shipped rule crisis_words) always bring `escalate`, to a person who can help,
 * first, and nothing cheerful. Where what is expressed is not known (no state, or one that abstains), it suggests to ask
 * an open question, and nothing else.
 *
 * Strategies: those of helping skills (Hill 2009) that ESConv labels (Liu et al. 2021), and five of service recovery and
 * crisis (Smith, Bolton & Wagner 1999; Gable et al. 2004). Which of them fits a moment is a small table of chosen
 * weights (src/respond/prior.c, each with its source); wordings come from a library of sentences, our own or the caller's.
 *
 * Ownership and errors as in mien.h. Once open it is read-only, and any number of threads may ask, but for a scorer. */
#ifndef MIEN_RESPOND_H
#define MIEN_RESPOND_H

#include "mien.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MIEN_CLARIFY,    /* ask an open question             */
       MIEN_RESTATE,    /* say back what was said           */
       MIEN_REFLECT,    /* name what is expressed, tentatively */
       MIEN_REASSURE,   /* affirm, encourage                */
       MIEN_SUGGEST,    /* offer an option                  */
       MIEN_INFORM,
       MIEN_SHARE,      /* own experience, sparingly        */
       MIEN_ACT,        /* say what one does now            */
       MIEN_APOLOGISE,
       MIEN_SLOW_DOWN,
       MIEN_CELEBRATE,
       MIEN_ESCALATE,   /* to a person who can help         */
       MIEN_STRATEGIES };
MIEN_API const char *mien_strategy_name(int strategy); /* "clarify" … "escalate"; NULL out of range */

enum { MIEN_RESPOND_MOST = 12,    /* suggestions at a time                                         */
       MIEN_RESPOND_TURNS = 64,   /* turns that are looked at; of more, the last                   */
       MIEN_RESPOND_SAID = 1000,  /* ids of what was suggested before                              */
       MIEN_RESPOND_BECAUSE = 4 };/* reasons that a suggestion names                               */

typedef struct mien_respond mien_respond;

/* `library`: a folder of STRATEGY.json files and reasons.json (docs/uses/respond.md), in place of the one inside; NULL:
 * that one. It is checked whole: MIEN_EFORMAT names the file, the entry and what to write instead. MIEN_EIO, MIEN_ELIMIT. */
MIEN_API int mien_respond_open(mien_respond **respond, const char *library, mien_error *error);
MIEN_API void mien_respond_close(mien_respond **respond);
/* Listens to a scorer as well, models/respond-research.mien: what people who support others did next (Liu et al. 2021), of
 * the turns that are given. It is for research only and never inside. Then one thread at a time may ask. MIEN_EIO,
 * MIEN_EMODEL; what was there before stays. */
MIEN_API int mien_respond_scorer(mien_respond *respond, const char *path, mien_error *error);

typedef struct mien_respond_turn {
  const char *who, *text; /* UTF-8                                                                  */
  int strategy;           /* MIEN_CLARIFY …; -1: not known, or the turn of the person to be answered */
} mien_respond_turn;

enum { MIEN_FORMAL = 1, MIEN_INFORMAL };                   /* registers                              */
enum { MIEN_PLACE_OPEN = 1, MIEN_PLACE_MIDDLE, MIEN_PLACE_CLOSE }; /* places in the conversation     */

typedef struct mien_respond_ask {
  size_t size;                    /* sizeof(mien_respond_ask)                                        */
  const mien_reading *state;      /* what the person expresses now; NULL: not known                  */
  const mien_respond_turn *turns; /* of the conversation, oldest first; the last one is by the person
                                     to be answered                                                  */
  size_t turn_count;
  const char *role, *purpose;     /* the person's role ("customer"), what it is for ("customer_service"); NULL */
  const char *language;           /* "en" "zh" "es" "de" "fr" "ar", or their three-letter codes; others: English. NULL: Chinese
                                     or Arabic where the last turn is in their letters, else English */
  int reg;                        /* MIEN_FORMAL, MIEN_INFORMAL; 0: as is usual for the purpose      */
  int place;                      /* MIEN_PLACE_…; 0: by the turns                                   */
  int neutral;                    /* 1: the person may not be read: nothing rests on an emotion      */
  int crisis;                     /* 1: words of crisis were said, by the turns or not (a rule fired) */
  const char *const *said;        /* ids that were suggested in this conversation: not again         */
  size_t said_count;
} mien_respond_ask;

typedef struct mien_because { /* a part of the situation that spoke for a strategy */
  char what[40];              /* "states.frustration" "core.anger" "trend.valence" "words.crisis" "place.open" … */
  float value;                /* as given, in the part's own range                                               */
  float weight;               /* what it added to the strategy's log-probability                                 */
} mien_because;

typedef struct mien_suggestion { /* its texts are the library's: good until it is closed */
  int strategy;                  /* MIEN_CLARIFY …                                              */
  const char *id;                /* the entry: "reflect.waited"                                 */
  const char *title, *words;     /* the strategy in a few words; what one might say: a gap for the speaker is […] */
  const char *language;          /* of the words: "en" …                                        */
  int reg;                       /* MIEN_FORMAL, MIEN_INFORMAL                                  */
  const char *avoid, *why, *source; /* in the same language; where `why` comes from             */
  float score;                   /* 0…1: how well it fits, against all that could be said       */
  mien_because because[MIEN_RESPOND_BECAUSE];
  size_t because_count;
} mien_suggestion;

enum { MIEN_RESPOND_CRISIS = 1, MIEN_RESPOND_UNSURE = 2 };
/* Up to `room` (1…MIEN_RESPOND_MOST) suggestions, the best first, of different strategies as long as there are; `*flags`
 * (may be NULL): MIEN_RESPOND_…. Fewer, and none, where all that fits was said. Same question, same answer. MIEN_EINVAL. */
MIEN_API int mien_respond_suggest(const mien_respond *respond, const mien_respond_ask *ask, mien_suggestion *to,
                                  size_t room, size_t *count, int *flags, mien_error *error);
/* The same of {"state":{a state as mien_reading_json writes it},"turns":[{"who","text","strategy"}],"role","purpose",
 * "language","register","place","neutral","crisis","said":["id"],"most":3}, all of which may be left out; at most 1 MB. The answer is
 * {"suggestions":[…],"crisis":false,"unsure":false}. Ownership: mien_respond_free. */
MIEN_API int mien_respond_suggest_json(const mien_respond *respond, const char *json, size_t bytes, char **answer,
                                       mien_error *error);
MIEN_API void mien_respond_free(char **answer);

#ifdef __cplusplus
}
#endif
#endif
