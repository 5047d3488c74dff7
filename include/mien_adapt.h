/* mien_adapt.h: an application lets Mien choose among its options, within bounds, and learn from what came of it.
 *
 * A policy is described in JSON (docs/adapt.md): its options (levels of difficulty, explanations, items, messages),
 * the values it looks at (a person's state and trajectory, and the application's own), the baseline it must not do
 * much worse than, and its bounds. For each situation Mien decides, and says how probable each option was; the
 * application reports what came of it, 0…1. Everything that happens is one line of JSON in a log, and the log is
 * the policy: loading it again gives the same policy, to the bit, and every decision can be computed again.
 *
 * Reward model: Bayesian linear regression on terms of situation and option. Choice: Thompson sampling (Chapelle &
 * Li 2011, An empirical evaluation of Thompson sampling) or an upper bound of the reward (LinUCB: Li, Chu, Langford &
 * Schapire 2010). Safe exploration: a conservative linear bandit (Kazerouni, Ghavamzadeh, Abbasi-Yadkori & Van Roy
 * 2017): another option than the baseline's is taken only when, by the lower bound of what is believed, the sum of
 * rewards stays above (1 - harm) times that of the baseline. Drift: a two-sided CUSUM (Page 1954) of the residuals.
 *
 * What it is not: it knows nothing of consequences that come later than the reported outcome, and takes no decision
 * about people with legal or similar effects; it is for how a program presents itself.
 *
 * Ownership and errors as in mien.h. A policy is used by one thread at a time. Same seed, same calls: same choices. */
#ifndef MIEN_ADAPT_H
#define MIEN_ADAPT_H

#include "mien.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MIEN_ADAPT_OPTIONS = 64,       /* most options of a policy                                  */
       MIEN_ADAPT_VALUES = 24,        /* most values it looks at                                   */
       MIEN_ADAPT_TERMS = 160,        /* most terms of its reward model                            */
       MIEN_ADAPT_DECISIONS = 20000 };/* most decisions of a policy's life                         */

typedef struct mien_adapt mien_adapt;

/* Takes each line of the log, without the newline, before what it says is done; not 0: it could not be kept, so it
 * is not done (MIEN_EIO). NULL in place of it: no log is kept. */
typedef int (*mien_adapt_write_fn)(void *context, const char *line, size_t bytes);

/* A new policy from its description. MIEN_EFORMAT says which part is wrong. */
MIEN_API int mien_adapt_open(mien_adapt **policy, const char *json, size_t bytes, mien_adapt_write_fn write,
                             void *context, mien_error *error);
/* The policy that wrote this log; `write` takes what comes after. Every decision is computed again: a log that was
 * changed, or written by another version, is MIEN_EFORMAT with its line. A last line that was cut off in writing is
 * left out, and its first byte is put into `whole` (may be NULL): what the log has to be cut to. */
MIEN_API int mien_adapt_load(mien_adapt **policy, const char *log, size_t bytes, mien_adapt_write_fn write,
                             void *context, size_t *whole, mien_error *error);
MIEN_API void mien_adapt_close(mien_adapt **policy);

typedef struct mien_adapt_value {
  const char *name;
  double value; /* NAN: not known; counts as 0, or as the middle of the application's own range */
} mien_adapt_value;

typedef struct mien_adapt_situation {
  size_t size;                    /* sizeof(mien_adapt_situation)                                      */
  const mien_reading *state;      /* the person's fused state; NULL: none                              */
  const mien_adapt_value *values; /* by name; go before those of `state`. A name that the policy does
                                     not know is MIEN_EINVAL; beyond its range it is brought to its end */
  size_t count;
  const char *last;               /* the option in force now; NULL: the one chosen last, at first the
                                     baseline's                                                        */
} mien_adapt_situation;

enum { MIEN_ADAPT_BEST,     /* the one of the highest expected reward                             */
       MIEN_ADAPT_EXPLORED, /* another, to learn                                                  */
       MIEN_ADAPT_SAFE,     /* the baseline's: anything else might break the harm bound           */
       MIEN_ADAPT_GUARDED,  /* the baseline's: rewards have drifted, and a person has to look     */
       MIEN_ADAPT_FROZEN,   /* frozen: the one of the highest expected reward                     */
       MIEN_ADAPT_ONLY };   /* bounds leave no other                                              */
MIEN_API const char *mien_adapt_why_name(int why); /* "best" "explored" "safe" "guarded" "frozen" "only" */

typedef struct mien_adapt_choice {
  uint64_t decision;       /* 1, 2, …                                                             */
  const char *option;      /* its id; the policy's                                                */
  double probability;      /* with which it was chosen, 0…1                                       */
  double expected, spread; /* its expected reward, and 1 sigma                                    */
  int why;                 /* MIEN_ADAPT_…                                                        */
  size_t count;            /* options that the bounds allow                                       */
  const char *ranking[MIEN_ADAPT_OPTIONS]; /* those: the chosen one first, then by what was drawn */
} mien_adapt_choice;

/* MIEN_EPOLICY: the bounds forbid every option here. MIEN_ELIMIT: MIEN_ADAPT_DECISIONS were taken. */
MIEN_API int mien_adapt_decide(mien_adapt *policy, const mien_adapt_situation *situation, mien_adapt_choice *choice,
                               mien_error *error);
/* The same, of {"state":{a state as mien_reading_json writes it},"values":{name:number},"last":"id"}; all may be left out. */
MIEN_API int mien_adapt_decide_json(mien_adapt *policy, const char *json, size_t bytes, mien_adapt_choice *choice,
                                    mien_error *error);
/* What came of a decision, 0 (worst) … 1 (best). Once for each: another, one outside 0…1, or of a decision that is
 * not there or was rolled back, is MIEN_EINVAL and teaches nothing. Outcomes may come late and in any order, or never. */
MIEN_API int mien_adapt_outcome(mien_adapt *policy, uint64_t decision, double reward, mien_error *error);

/* A choice as JSON: {"decision","option","why","probability","expected","spread","ranking"}. Ownership: mien_adapt_free */
MIEN_API int mien_adapt_choice_json(const mien_adapt_choice *choice, char **json, mien_error *error);

/* Why a decision fell as it did, as JSON: how each value of the situation moved the expected reward of the option
 * against the mean of all that were allowed, by what was believed then; the parts sum to the whole. */
MIEN_API int mien_adapt_explain(const mien_adapt *policy, uint64_t decision, char **json, mien_error *error); /* Ownership: mien_adapt_free */
/* Options, bounds, counts, drift, harm margin, whether it is frozen or guarded: JSON. */
MIEN_API int mien_adapt_describe(const mien_adapt *policy, char **json, mien_error *error); /* Ownership: mien_adapt_free */
MIEN_API void mien_adapt_free(char **json);

/* Frozen: always the best known option within the bounds; outcomes are noted and teach nothing. */
MIEN_API int mien_adapt_freeze(mien_adapt *policy, int frozen, mien_error *error);
/* Ends the guard that drift set off: a person has looked. */
MIEN_API int mien_adapt_release(mien_adapt *policy, mien_error *error);
/* Back to what was believed just after `decision` was taken (0: at the beginning). What was decided stays in the
 * account of harm; outcomes of decisions after it are no longer taken. */
MIEN_API int mien_adapt_rollback(mien_adapt *policy, uint64_t decision, mien_error *error);

/* Off-policy evaluation (Dudík, Langford & Li 2011): what reward another policy would have had on the decisions of a
 * log that have outcomes, by the probabilities with which they were taken. */
typedef struct mien_adapt_estimate {
  double value, low, high; /* and its 95 % interval (percentiles of 1,000 resamples, fixed seed)   */
} mien_adapt_estimate;
typedef struct mien_adapt_evaluation {
  size_t size;       /* sizeof(mien_adapt_evaluation), set by the caller                           */
  size_t decisions;  /* that have outcomes                                                         */
  double effective;  /* how many of them bear on the other policy: (sum w)^2 / sum w^2 (Kish 1965) */
  mien_adapt_estimate logged;  /* what was earned                                                  */
  mien_adapt_estimate ips;     /* inverse propensity (Horvitz & Thompson 1952), weights up to 50   */
  mien_adapt_estimate snips;   /* self-normalised (Swaminathan & Joachims 2015)                    */
  mien_adapt_estimate robust;  /* doubly robust: a regression fitted on the other half, corrected  */
  mien_adapt_estimate gain;    /* robust - logged, on the same resamples                           */
  int verdict;       /* 1: gain is above 0 with 97.5 %; -1: below; 0: not known                    */
} mien_adapt_evaluation;
/* `candidate`: a policy as it would run now, frozen; its options have the ids of the log's. MIEN_EEMPTY: fewer than
 * 30 decisions bear on it: nothing can be said. */
MIEN_API int mien_adapt_evaluate(const char *log, size_t bytes, const mien_adapt *candidate,
                                 mien_adapt_evaluation *evaluation, mien_error *error);

/* Ready-made descriptions: "game" "learning" "content" "message"; NULL behind the last, or where there is none. */
MIEN_API const char *mien_adapt_ready_name(size_t index);
MIEN_API const char *mien_adapt_ready(const char *name);

#ifdef __cplusplus
}
#endif
#endif
