/* forecast.h: where a talk is going: what the next turn will express, how the talk will end, and whether
 * anger or disgust will rise.
 *
 * A small recurrent network (GRU, Cho et al. 2014) takes one turn of words after the other, whoever spoke.
 * Inputs [FOLLOW_TURN_INPUTS], as train/forecast.py makes them too:
 *
 *   0…6    square roots of the text reading's core       7…34  of its fine labels
 *   35…37  its dims          38  sarcasm                 39    the same person spoke before (0, 1)
 *   40     the first turn    41  ln(1 + turns before)/2
 *   42 43  the speaker's own turns before: mean valence, and mean of anger + disgust ("bad"), each
 *          turn of the talk taking 0.7 of the weight of those before it; 44 45 the same of the others
 *   46 47  the largest and the mean bad of the last FOLLOW_HORIZON turns, this one with them
 *
 * and of the layer that the text model's heads stand on [FOLLOW_HIDDEN], where it has one, FOLLOW_PROJECTED numbers: what was
 * said, beyond the labels. Of whoever takes the next turn, as many of what they said last (of the last FOLLOW_VOICES people);
 * and [FOLLOW_NEXT_INPUTS]: 0 whether they go on; 1 whether they spoke before; of their last
 * turn 2…8 square roots of core, 9…11 dims; 12 13 their decayed means of valence and bad. People go on as they
 * were more than others follow them, so each has a forecast of their own.
 *
 * What is not known counts as 0. To the logit of a rise FOLLOW_WORST times the logarithm of the largest bad of FOLLOW_BADS turns is
 * added, the best simple rule there is; how much was chosen on dev. Of a rise the probability was calibrated on dev dialogues, with Wilson's
 * interval (1927) of that share; of places the interval held 90 % of dev turns. There is no forecast
 * before FOLLOW_TALK_LEAST turns, nor when half of the last FOLLOW_HORIZON turns abstained.
 *
 * `mien eval forecast` says how good it is, beside "as now" and the best simple rule. The weights are in
 * forecast_weights.c, which says what they were trained on.
 *
 * Owns nothing; the caller's memory, fixed in size. Threads: one talk, one at a time. */
#ifndef FOLLOW_FORECAST_H
#define FOLLOW_FORECAST_H

#include "base/base.h"

enum {
  FOLLOW_HORIZON = 3,     /* turns in which a rise may come */
  FOLLOW_BADS = 5,        /* turns whose worst one speaks for a rise */
  FOLLOW_TALK_LEAST = 3,  /* turns before there is a forecast */
  FOLLOW_TURN_INPUTS = 48,
  FOLLOW_NEXT_INPUTS = 14,
  FOLLOW_WITHIN = 24, FOLLOW_CELLS = 32, FOLLOW_MIXED = 16,
  FOLLOW_HIDDEN = 256, FOLLOW_PROJECTED = 24, FOLLOW_VOICES = 8,
  FOLLOW_NOW = FOLLOW_TURN_INPUTS + FOLLOW_PROJECTED, FOLLOW_THEIRS = FOLLOW_NEXT_INPUTS + FOLLOW_PROJECTED,
  FOLLOW_OUTPUTS = 11     /* of the next turn: logits of the 7 core labels, valence; logit of a rise;
                             valence of the end; valence of the next turn as it will be read */
};

#define FOLLOW_WORST 0.25f

typedef struct follow_talk {
  float cells[FOLLOW_CELLS];
  float people[MIEN_PARTICIPANTS][3], everyone[3]; /* decayed weight, valence, bad */
  float bads[FOLLOW_BADS];                         /* the newest last */
  bool abstained[FOLLOW_HORIZON];
  float said[MIEN_PARTICIPANTS][MIEN_CORE + MIEN_DIMS]; /* of each one's last turn: roots of core, dims */
  bool spoke[MIEN_PARTICIPANTS];
  int last;                                        /* who spoke last */
  size_t turns;
  float now[FOLLOW_NOW];                           /* of the last turn */
  struct {
    int who; /* -1 nobody */
    float said[FOLLOW_PROJECTED];
  } voices[FOLLOW_VOICES];                         /* who spoke last, first */
  double until, gap;                               /* its end; expected seconds from turn to turn */
} follow_talk;

typedef struct follow_forecast {
  float next[MIEN_CORE];       /* of the next turn, sums to 1; as in the talks it was trained on */
  int guess;                   /* its label, with offsets that do justice to rare ones */
  float valence, valence_error; /* of the next turn, and half the width of its 90 % interval */
  float read, read_error;       /* the valence that the text model will read from it */
  float end, end_error;         /* of the last turn */
  bool warning;                 /* of a rise: among the highest tenth of dev moments */
  float rise_score;             /* its logit, with the worst turn in it, before it was calibrated */
  float rise, rise_low, rise_high; /* of anger or disgust within FOLLOW_HORIZON turns, 0…1 */
  double seconds;               /* that so many turns take, as this talk goes */
} follow_forecast;

void follow_talk_init(follow_talk *talk);

/* A turn of words, in order: by `who` (0…MIEN_PARTICIPANTS - 1; others are taken for the last), said until
 * `until` seconds (NAN: not known). `hidden`: text_reader_hidden's layer, NULL or another count: none. */
void follow_talk_turn(follow_talk *talk, int who, double until, const mien_reading *reading, const float *hidden, size_t count);

/* Should `who` take the next turn. False, and everything NAN: too little was said, or could be read. */
bool follow_talk_forecast(const follow_talk *talk, int who, follow_forecast *forecast);

#endif
