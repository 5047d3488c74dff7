/* forecast.h: where a talk is going: what the next turn will express, how the talk will end, and whether
 * anger or disgust will rise.
 *
 * Two steps, both made by train/forecast.py. First each turn is *heard*: from the text reading and the layer that
 * the text model's heads stand on [FOLLOW_HIDDEN] a linear map makes FOLLOW_HEARD numbers: logits of the core
 * label as people give it in talks, valence of the next turn (as people say, as it will be read) and a
 * score of a rise. A model without such a layer is heard by a map of its own, from the reading alone.
 * Its inputs [FOLLOW_READ]: 0…34 0.3 ln(p + 0.001) of core and fine; 35…37 dims; 38 sarcasm; then the layer.
 *
 * Then two maps look at what was heard. Of the talk [FOLLOW_TALK_INPUTS]: rise and end.
 *
 *   0…83     the last FOLLOW_WINDOW turns, the newest first, 0 where there is none: what was heard, square roots of
 *            the core shares in it, dims as read, and 1
 *   84…86    the same person spoke 1, 2, 3 turns before   87  ln(1 + turns before)/2   88  people in the last 5 turns / 3
 *   89…95    mean core shares of the whole talk           96…102  largest roots of them in the last 5 turns
 *   103      ln(0.001 + the largest anger + disgust as read of 5 turns)/2, the best simple rule on most sets
 *   104      mean unpleasantness as read of 3 turns, another one
 *   105 106  ln(0.02 + the largest anger + disgust as heard) of the whole talk and of 5 turns
 *
 * and beside them [FOLLOW_NEXT_INPUTS] of whoever takes the next turn, core and valence of it: 0 whether they go
 * on; 1 whether they spoke before (of the last FOLLOW_VOICES people); 2…18 of their last turn what was heard and the
 * roots, 19 its valence as read. People go on as they were more than others follow them, so each has a forecast of
 * their own.
 *
 * What is not known counts as 0. Of a rise the probability was calibrated by cross-validation over training dialogues,
 * with Wilson's interval (1927) of that share; of places the interval held 90 % of turns left out. There is no
 * forecast before FOLLOW_TALK_LEAST turns, nor when half of the last FOLLOW_HORIZON turns abstained.
 *
 * `mien eval forecast` says how good it is, beside "as now" and the best simple rule. The weights are in
 * forecast_weights.c, which says what they were trained on.
 *
 * Owns nothing; the caller's memory, fixed in size. Threads: one talk, one at a time. */
#ifndef FOLLOW_FORECAST_H
#define FOLLOW_FORECAST_H

#include "base/base.h"

enum {
  FOLLOW_HORIZON = 3,    /* turns in which a rise may come */
  FOLLOW_RECENT = 5,     /* turns whose worst one speaks for a rise */
  FOLLOW_TALK_LEAST = 3, /* turns before there is a forecast */
  FOLLOW_WINDOW = 4, FOLLOW_VOICES = 8,
  FOLLOW_READ = MIEN_CORE + MIEN_FINE + MIEN_DIMS + 1, FOLLOW_HIDDEN = 256,
  FOLLOW_HEARD = MIEN_CORE + 3,
  FOLLOW_SAID = FOLLOW_HEARD + MIEN_CORE + MIEN_DIMS, /* of a turn: heard, roots of core shares, dims as read */
  FOLLOW_TALK_INPUTS = 107, FOLLOW_NEXT_INPUTS = 20,
  FOLLOW_OUTPUTS = 11    /* of the next turn: logits of the 7 core labels, valence; logit of a rise;
                            valence of the end; valence of the next turn as it will be read */
};

typedef struct follow_talk {
  float said[FOLLOW_RECENT][FOLLOW_SAID];          /* the newest first, as all below */
  int who[FOLLOW_RECENT];                          /* -1 nobody */
  float bads[FOLLOW_RECENT], unpleasant[FOLLOW_HORIZON]; /* as read */
  bool abstained[FOLLOW_HORIZON];
  float shares[MIEN_CORE], worst;                  /* sums of core shares of all turns; the largest anger + disgust in them */
  struct {
    int who;                                       /* -1 nobody */
    float said[FOLLOW_SAID];
  } voices[FOLLOW_VOICES];                         /* who spoke last, first */
  size_t turns;
  double until, gap;                               /* its end; expected seconds from turn to turn */
} follow_talk;

typedef struct follow_forecast {
  float next[MIEN_CORE];       /* of the next turn, sums to 1; as in the talks it was trained on */
  int guess;                   /* its label, with offsets that do justice to rare ones */
  float valence, valence_error; /* of the next turn, and half the width of its 90 % interval */
  float read, read_error;       /* the valence that the text model will read from it */
  float end, end_error;         /* of the last turn */
  bool warning;                 /* of a rise: among the highest tenth of moments left out in training */
  float rise_score;             /* its logit, before it was calibrated */
  float rise, rise_low, rise_high; /* of anger or disgust within FOLLOW_HORIZON turns, 0…1 */
  double seconds;               /* that so many turns take, as this talk goes */
} follow_forecast;

void follow_talk_init(follow_talk *talk);

/* A turn of words, in order: by `who` (0…MIEN_PARTICIPANTS - 1; others are taken for the last), said until
 * `until` seconds (NAN: not known). `hidden`: text_reader_hidden's layer, NULL, zeros or another count: none. */
void follow_talk_turn(follow_talk *talk, int who, double until, const mien_reading *reading, const float *hidden, size_t count);

/* Should `who` take the next turn. False, and everything NAN: too little was said, or could be read. */
bool follow_talk_forecast(const follow_talk *talk, int who, follow_forecast *forecast);

#endif
