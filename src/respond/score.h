/* score.h: which strategy a person who supports another would take next, learned from conversations.
 *
 * What it is: of the last turns of a conversation, a probability for each of the twelve strategies. What it is
 * not: a judge of what should be said. It has learned what people did (Liu et al. 2021, ESConv), and is one
 * voice among those that choose.c listens to.
 *
 * The model (respond-research.mien) is for research only and is never inside the program: it is opened by its path,
 * and reads with the deep text model inside the program, the one it was trained beside; beside another it is refused.
 *
 * Owns: a scorer owns its model, its text model and its scratch memory. Threads: one at a time a scorer. */
#ifndef RESPOND_SCORE_H
#define RESPOND_SCORE_H

#include "base/base.h"

/* The strategies, in the order that everything has them. */
enum {
  RESPOND_CLARIFY, RESPOND_RESTATE, RESPOND_REFLECT, RESPOND_REASSURE, RESPOND_SUGGEST, RESPOND_INFORM, RESPOND_SHARE,
  RESPOND_ACT, RESPOND_APOLOGISE, RESPOND_SLOW_DOWN, RESPOND_CELEBRATE, RESPOND_ESCALATE,
  RESPOND_STRATEGIES,
  RESPOND_LEARNED = RESPOND_ACT /* the first seven are labelled in ESConv; the others are its "Others" */
};
const char *respond_strategy_name(int strategy); /* "clarify" …; NULL out of range */
int respond_strategy_of(const char *name);       /* -1: none of that name          */

/* A turn of the conversation. */
typedef struct respond_turn {
  const char *who, *text; /* UTF-8; `who` is only compared */
  int strategy;           /* -1: not known, or the other person's */
} respond_turn;

enum {
  RESPOND_TURNS = 512,        /* turns of a conversation that are looked at; of more, the last */
  RESPOND_TURN_BYTES = 16384, /* of one turn's text that are looked at; of a longer one, the first */
};

typedef struct respond_scorer respond_scorer;

/* Opens the model at `path`. MIEN_EIO: it cannot be read. MIEN_EMODEL: it is not such a model, its shapes are wrong,
 * or it was trained beside another deep text model. MIEN_ENOMEM. `*scorer` is NULL unless it was opened. */
int respond_scorer_open(respond_scorer **scorer, const char *path, mien_error *error);
void respond_scorer_close(respond_scorer **scorer);

/* How probable each strategy is as the answer to the last turn, natural logarithms; the probabilities add up to 1.
 * The five that no data label share equally what the model keeps for "Others". Turns oldest first; the last one is by
 * the person to be answered, and turns of anybody else count as the answerer's. MIEN_EINVAL: there is no turn, or one
 * without `who` or `text`, or a strategy out of range. */
int respond_score(respond_scorer *scorer, const respond_turn *turns, size_t count,
                  float log_probability[RESPOND_STRATEGIES], mien_error *error);

#endif
