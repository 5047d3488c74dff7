/* dynamics.h: how a conversation goes, beyond what each turn says: repeating oneself, getting
 * louder. Words are kept as hashes of the last FOLLOW_TURNS turns and nothing else of them.
 *
 * Owns nothing; the caller's memory. Threads: one at a time. */
#ifndef FOLLOW_DYNAMICS_H
#define FOLLOW_DYNAMICS_H

#include "base/base.h"

enum { FOLLOW_TURNS = 8, FOLLOW_TURN_WORDS = 48, FOLLOW_LEVELS = 5 };

typedef struct follow_dynamics {
  struct {
    uint32_t words[FOLLOW_TURN_WORDS]; /* different ones, of 4 letters and more */
    size_t count;
  } turns[FOLLOW_TURNS];
  size_t next, kept;
  float levels[FOLLOW_LEVELS]; /* loudness of the last utterances, sd; oldest first */
  size_t level_count;
} follow_dynamics;

/* 0…1: how much of the turn's words this person has said in one of the last turns: 0 below 40 %, 1
 * from 90 %; fewer than 3 shared words are no repeating. Remembers the turn. */
float follow_dynamics_turn(follow_dynamics *dynamics, const char *utf8, size_t bytes);

/* One utterance's loudness; not finite: none. */
void follow_dynamics_level(follow_dynamics *dynamics, float z);
/* sd an utterance that loudness rises by, by least squares over the last; NAN before three. */
float follow_dynamics_rising(const follow_dynamics *dynamics);

#endif
