/* respond/: suggests how to answer what a person expresses.
 *
 * What it is: the implementation of mien_respond.h. A library of sentences (library.c) is checked whole when it is opened;
 * the situation (situation.c) is a state, where it is heading, and who is spoken to, as a handful of numbers from 0 to 1;
 * prior.c says how each of them moves each strategy; choose.c ranks strategies, and the entries within one; answer.c is the
 * same in JSON.
 *
 * What it is not: it reads no emotion, writes no sentence, sends nothing, keeps nothing.
 *
 * Owns: an open library owns its texts. Threads: read-only once open; any number may ask. */
#ifndef RESPOND_H
#define RESPOND_H

#include <jansson.h>

#include "base/base.h"
#include "mien_respond.h"

enum { RESPOND_LANGUAGES = 6, RESPOND_NAMES = 64 /* roles, and purposes, of a library */,
       RESPOND_ENTRIES = 4000, RESPOND_REASONS = 500, RESPOND_FILE = 4 << 20 /* bytes */, RESPOND_WORDS = 240 /* bytes */,
       RESPOND_ID = 64, RESPOND_FOLDED = 16 << 10 /* bytes of a turn that are looked at for words of crisis */ };
enum { RESPOND_MOVE_WORSE, RESPOND_MOVE_LEVEL, RESPOND_MOVE_BETTER, RESPOND_MOVES };
#define RESPOND_UNSURE (1u << MIEN_CORE) /* among the core labels of an entry */

/* ---- names.c */
extern const char *const respond_languages[RESPOND_LANGUAGES]; /* "en" first */
int respond_language(const char *code);                        /* two or three letters, with or without a region; -1 */
int respond_language_by_script(const char *text);              /* Chinese or Arabic where most of its letters are; else -1 */
int respond_strategy_named(const char *name);                  /* NULL, none of that name: -1 */
int respond_named(const char *name, const char *(*name_at)(int)); /* -1 */
extern const char *const respond_moves[RESPOND_MOVES], *const respond_places[3], *const respond_registers[2];
int respond_among(const char *name, const char *const *names, size_t count); /* -1 */

/* ---- library.c */
typedef struct respond_entry {
  int strategy;
  const char *id;
  unsigned core, states, moves, place; /* bits; 0: any */
  bool crisis;                         /* for words of crisis, and for nothing else */
  uint64_t roles, purposes;            /* bits of the library's names; 0: any */
  const char *words[RESPOND_LANGUAGES][2]; /* [language][formal, informal]; NULL: none */
  int why, avoid;                      /* of the library's reasons; avoid -1: none */
} respond_entry;

typedef struct respond_reason {
  const char *id, *source, *words[RESPOND_LANGUAGES];
} respond_reason;

typedef struct respond_phrase { /* folded, of words of crisis */
  const char *text;
  size_t bytes;
} respond_phrase;

struct mien_respond {
  json_t *files[MIEN_STRATEGIES + 1]; /* hold all texts below; the last: the reasons */
  respond_entry *entries;             /* by strategy, then as they stand in their file */
  size_t entry_count, first[MIEN_STRATEGIES + 1]; /* of strategy s: entries first[s] … first[s + 1] - 1 */
  const char *titles[MIEN_STRATEGIES][RESPOND_LANGUAGES];
  const char *roles[RESPOND_NAMES], *purposes[RESPOND_NAMES];
  size_t role_count, purpose_count;
  respond_reason *why, *avoid;
  size_t why_count, avoid_count;
  base_arena arena; /* of the phrases */
  respond_phrase *crisis;
  size_t crisis_count;
  struct respond_scorer *scorer; /* score.h; NULL none */
};
typedef struct respond_file {
  const char *name, *json;
} respond_file;
extern const respond_file respond_files[]; /* the library inside; ends in NULL */
int respond_library_read(mien_respond **respond, const respond_file *files, mien_error *error); /* as mien_respond_open, of `files` */

/* ---- answer.c: a state as `mien read --json` writes it, without its cues. MIEN_EFORMAT. */
int respond_state_read(const json_t *state, mien_reading *reading, mien_error *error);

/* ---- situation.c: what the choice rests on. */
#define RESPOND_TERMS(X)                                                                                              \
  X(NEUTRAL, "core.neutral") X(JOY, "core.joy") X(SADNESS, "core.sadness") X(ANGER, "core.anger")                     \
  X(FEAR, "core.fear") X(DISGUST, "core.disgust") X(SURPRISE, "core.surprise")                                        \
  X(FRUSTRATION, "states.frustration") X(CONFUSION, "states.confusion") X(BOREDOM, "states.boredom")                  \
  X(ENGAGEMENT, "states.engagement") X(EXCITEMENT, "states.excitement") X(STRESS, "states.stress")                    \
  X(SATISFACTION, "states.satisfaction") X(DISAPPOINTMENT, "states.disappointment")                                   \
  X(WORSE, "trend.valence") X(BETTER, "trend.valence") X(RISE, "forecast.rise") X(MASKING, "flags.masking")           \
  X(DOUBT, "confidence") X(OPEN, "place.open") X(CLOSE, "place.close") X(QUESTION, "words.question")                  \
  X(SERVICE, "purpose.service") X(CARE, "purpose.care") X(LEARNING, "purpose.learning") X(GAME, "purpose.game")    \
  X(SCORED, "turns.scorer")
enum {
#define RESPOND_X(name, what) RESPOND_##name,
  RESPOND_TERMS(RESPOND_X)
#undef RESPOND_X
      RESPOND_TERM_COUNT
};
const char *respond_term_name(int term);

typedef struct respond_situation {
  float term[RESPOND_TERM_COUNT];  /* 0…1 */
  float value[RESPOND_TERM_COUNT]; /* as it was given, for a person to see */
  bool crisis, unsure, neutral;
  int core;                        /* the likeliest label; -1 not known */
  unsigned states;                 /* bits of those that are there */
  int move, place;                 /* RESPOND_…; MIEN_PLACE_… */
  int role, purpose;               /* of the library; -1: none of its names */
  int language, reg;               /* index; MIEN_FORMAL … */
  bool scored;
  float scores[MIEN_STRATEGIES];   /* of the scorer, log-probabilities, where `scored` */
  int before;                      /* strategy of the answerer's last turn; -1 */
} respond_situation;
int respond_situation_read(const mien_respond *respond, const mien_respond_ask *ask, respond_situation *s, mien_error *error);
#define RESPOND_THERE 0.4f /* from here on a state is there: chosen */

/* ---- prior.c: adds to the log-probability of each strategy. `parts` [MIEN_STRATEGIES][RESPOND_TERM_COUNT]: what each term gave. */
void respond_prior(const respond_situation *s, float log_probability[MIEN_STRATEGIES], float parts[MIEN_STRATEGIES][RESPOND_TERM_COUNT]);

#endif
