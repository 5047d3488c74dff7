/* adapt/: chooses among an application's options within its bounds, and learns from what came of it.
 *
 * What it is: the implementation of mien_adapt.h. A description (describe.c) is turned into terms of a linear model
 * of the reward (terms.c); the model (model.c) is a Gaussian over their weights; choose.c gives each option that the
 * bounds (bounds.c) allow its probability, and draws one; policy.c keeps the decisions, outcomes and the account of
 * harm; log.c writes and replays them; explain.c takes a choice apart; evaluate.c judges another policy on a log.
 *
 * What it is not: it reads no emotion, keeps no file, has no clock and no network. Nothing said or shown comes in:
 * numbers, and ids that the application chose.
 *
 * Owns: a policy owns everything in it. Threads: one at a time for each policy. */
#ifndef ADAPT_H
#define ADAPT_H

#include <jansson.h>

#include "base/base.h"
#include "mien_adapt.h"

enum { ADAPT_NAME = 48, ADAPT_FEATURES = 16, ADAPT_RULES = 16, ADAPT_CONDITIONS = 4, ADAPT_DRAWS = 512 };

typedef struct adapt_value { /* one the policy looks at */
  char name[ADAPT_NAME];
  double low, high; /* as given; it goes into the terms as -1…1, those that begin at 0 as 0…1 */
  bool own;         /* the application's */
} adapt_value;

typedef struct adapt_option {
  char id[ADAPT_NAME];
  double level;                     /* NAN none */
  double mood[2];                   /* valence, arousal; NAN none */
  double features[ADAPT_FEATURES];  /* its own, and its embedding */
} adapt_option;

typedef struct adapt_condition { /* value `at` is above or below `limit`, as given */
  size_t at;
  bool above;
  double limit;
} adapt_condition;

enum { ADAPT_STEP = -1, ADAPT_KEEP = -2, ADAPT_MOOD = -3 }; /* in place of an option */
typedef struct adapt_rule { /* all of `when` hold */
  adapt_condition when[ADAPT_CONDITIONS];
  size_t count;
  uint64_t options; /* forbidden; bit k: option k */
  int option;       /* of the baseline: its index, or ADAPT_STEP by `step`, ADAPT_KEEP, ADAPT_MOOD: the
                       one that matches best */
  int step;
} adapt_rule;

/* Weights of each option by itself: one, and one a value as well where nothing is told of the options. */
enum { ADAPT_OWN_ONE, ADAPT_OWN_ALL };
typedef struct adapt_plan { /* a description, checked */
  char name[64];
  uint64_t seed;
  bool ucb;
  size_t value_count, option_count, feature_count, crossed, forbid_count, rule_count;
  adapt_value values[MIEN_ADAPT_VALUES];
  char features[ADAPT_FEATURES][ADAPT_NAME];
  adapt_option options[MIEN_ADAPT_OPTIONS];
  adapt_rule forbid[ADAPT_RULES], rules[ADAPT_RULES];
  int otherwise;           /* of the baseline: option, ADAPT_KEEP or ADAPT_MOOD */
  int first;               /* option in force before the first decision */
  double least, most;      /* step of level: 0 or least…most */
  double harm;             /* 0…1 */
  double width, explore, noise; /* of the posterior; share of uniform choice; 1 sigma of a reward */
  bool levels, moods;
  int own;                 /* ADAPT_OWN_… */
  int valence, arousal, lifting; /* values that the mood's match looks at; -1 none */
  double low, high;        /* of the levels */
  size_t terms;
} adapt_plan;

/* ---- describe.c */
int adapt_plan_read(adapt_plan *plan, const json_t *description, mien_error *error);
int adapt_plan_option(const adapt_plan *plan, const char *id); /* -1 */
int adapt_plan_value(const adapt_plan *plan, const char *name);

/* ---- terms.c: what the expected reward is linear in. */
/* `x`: the values, scaled; `terms`: plan->terms of them. */
void adapt_scale(const adapt_plan *plan, const double *given, double *x);
void adapt_terms(const adapt_plan *plan, const double *x, int last, int baseline, int option, double *terms);
/* Mean and 1 sigma of a term's weight before anything is learned. */
double adapt_term_mean(const adapt_plan *plan, size_t term);
double adapt_term_prior(const adapt_plan *plan, size_t term);
/* The value that a term rests on; -1: the option alone; -2: it is the same for every option. */
int adapt_term_value(const adapt_plan *plan, size_t term);
size_t adapt_terms_count(const adapt_plan *plan);

/* How well an option's mood matches what is wished for, 0…1; 0 without moods. */
double adapt_match(const adapt_plan *plan, const double *x, int option);

/* ---- bounds.c */
uint64_t adapt_allowed(const adapt_plan *plan, const double *given, int last); /* bit k: option k */
int adapt_baseline(const adapt_plan *plan, const double *given, int last, uint64_t allowed); /* -1: none is */

/* ---- model.c: weights ~ N(mean, A^-1), rewards = 0.5 + weights . terms + noise. */
typedef struct adapt_model {
  size_t count;
  double *precision, *factor, *sum, *mean; /* A and its Cholesky factor [count][count]; A mean; mean */
  bool stale;
} adapt_model;
int adapt_model_init(adapt_model *model, const adapt_plan *plan, mien_error *error);
void adapt_model_clear(adapt_model *model);
void adapt_model_reset(adapt_model *model, const adapt_plan *plan);
void adapt_model_learn(adapt_model *model, const double *terms, double reward, double noise);
void adapt_model_settle(adapt_model *model);                        /* before the two below */
void adapt_model_whiten(const adapt_model *model, const double *terms, double *whitened); /* L^-1 terms */
double adapt_model_expect(const adapt_model *model, const double *terms); /* without the 0.5 */
bool adapt_cholesky(double *matrix, size_t count); /* in place, the lower triangle */

/* ---- choose.c */
#define ADAPT_SURE 3.0   /* sigmas of the harm bound's lower bound */
typedef struct adapt_account { /* of harm: sums over all decisions */
  double terms[MIEN_ADAPT_TERMS]; /* of chosen - (1 - harm) * baseline */
  uint64_t count;
} adapt_account;
typedef struct adapt_pick {
  int option, baseline, best, why;
  uint64_t allowed;
  double probabilities[MIEN_ADAPT_OPTIONS], expected[MIEN_ADAPT_OPTIONS], spread[MIEN_ADAPT_OPTIONS];
  double drawn[MIEN_ADAPT_OPTIONS]; /* by which the rest is ranked */
} adapt_pick;
typedef struct adapt_mode {
  bool frozen, guarded;
} adapt_mode;
/* MIEN_EPOLICY: nothing is allowed. */
int adapt_choose(const adapt_plan *plan, adapt_model *model, const adapt_account *account, adapt_mode mode,
                 const double *given, int last, uint64_t decision, adapt_pick *pick, mien_error *error);
double adapt_margin(const adapt_plan *plan, const adapt_model *model, const adapt_account *account, const double *chosen,
                    const double *baseline);

/* ---- random.c: splitmix64 (Steele, Lea & Flood 2014) */
typedef struct adapt_random {
  uint64_t state;
} adapt_random;
double adapt_uniform(adapt_random *random); /* [0, 1) */
double adapt_normal(adapt_random *random);  /* Box & Muller 1958 */

/* ---- policy.c */
#define ADAPT_SLACK 0.5      /* CUSUM of residuals, sigmas: what each may be off by */
#define ADAPT_ALARM 12.0     /* and the sum that is an alarm */
typedef struct adapt_event { /* a decision and its outcome */
  double given[MIEN_ADAPT_VALUES];
  signed char last, option, baseline, why;
  bool lost;           /* rolled back: its outcome is no longer taken */
  bool learned;        /* its outcome taught the model */
  double reward;       /* NAN: none yet */
  double probability, expected, spread;
  uint64_t known;      /* outcomes learned when it was taken */
  float parts[MIEN_ADAPT_VALUES + 1]; /* of explain.c: what each value, and at last the option alone, gave */
} adapt_event;
struct mien_adapt {
  adapt_plan plan;
  json_t *description;
  adapt_model model;
  adapt_account account;
  adapt_event *events; /* decision k is events[k - 1] */
  uint64_t count, room;
  uint64_t *heard, heard_count, heard_room; /* decisions in the order of their outcomes that are learned now */
  int last;
  adapt_mode mode;
  double cusum[2];     /* up, down */
  double squares;      /* of residuals, summed */
  char chain[17];      /* of the last line of the log */
  uint64_t lines, alarms, rollbacks, refused;
  mien_adapt_write_fn write;
  void *context;
};
/* The change itself, after it was written (or while it is replayed). */
int adapt_policy_new(mien_adapt **policy, json_t *description, mien_error *error);
int adapt_policy_room(mien_adapt *policy, mien_error *error);
void adapt_policy_decided(mien_adapt *policy, const double *given, int last, const adapt_pick *pick);
int adapt_policy_may_hear(mien_adapt *policy, uint64_t decision, double reward, mien_error *error);
bool adapt_policy_heard(mien_adapt *policy, uint64_t decision, double reward); /* true: drift was found */
int adapt_policy_back(mien_adapt *policy, uint64_t decision, mien_error *error);
int adapt_policy_given(const mien_adapt *policy, const json_t *values, double *given, mien_error *error);

/* ---- explain.c: how each value, and at last the option alone, moves the option against the mean of those allowed. */
void adapt_parts(const adapt_plan *plan, const adapt_model *model, const double *x, int last, const adapt_pick *pick,
                 float parts[MIEN_ADAPT_VALUES + 1]);

/* ---- log.c */
int adapt_log_policy(mien_adapt *policy, mien_error *error);
int adapt_log_decision(mien_adapt *policy, const double *given, int last, const adapt_pick *pick, mien_error *error);
int adapt_log_outcome(mien_adapt *policy, uint64_t decision, double reward, mien_error *error);
int adapt_log_word(mien_adapt *policy, const char *event, const char *key, json_t *value, mien_error *error);

json_t *adapt_json_read(const char *json, size_t bytes, const char *where, mien_error *error); /* an object; NULL */

#endif
