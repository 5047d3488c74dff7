/* talks.h: labelled dialogues, read turn by turn, with the forecast after each. Only for this room. */
#ifndef EVAL_TALKS_H
#define EVAL_TALKS_H

#include "eval/text.h"
#include "follow/forecast.h"

enum { TALKS_BEFORE = 3 /* turns that the text model hears before one, as in a session */,
       TALKS_RULES = 7, TALKS_WHO = 32 };

typedef struct talks_turn {
  const char *text;
  size_t bytes;
  int who, label;      /* label: core, as people gave it */
  bool first;          /* of its dialogue */
  /* read: */
  bool given, warning; /* there is a forecast; it warns */
  int now, guess;      /* top label of the reading; of the forecast for the next turn */
  int own_label;       /* as read of the last turn of whoever speaks next */
  float own_valence, valence_now, valence_next, read_next, end, rise; /* rise: logit, whether given or not */
  float rules[TALKS_RULES];
} talks_turn;

typedef struct talks {
  talks_turn *turns;
  size_t count, capacity, dialogues;
  eval_table table, labels;
} talks;

extern const char *const talks_rule_names[TALKS_RULES];

/* DailyDialog test (Li et al. 2017); MELD test (Poria et al. 2019). Close also after a failure. */
int talks_open_daily(const eval_context *context, talks *to, mien_error *error);
int talks_open_meld(const eval_context *context, talks *to, mien_error *error);
void talks_close(talks *to);

/* Reads every turn and makes the forecasts; who takes the next turn is known, what they say is not. */
void talks_read(const eval_context *context, const eval_text *text, talks *of);

#endif
