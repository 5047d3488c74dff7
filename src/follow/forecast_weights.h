/* forecast_weights.h: what train/forecast.py learned; read by forecast.c. */
#ifndef FOLLOW_FORECAST_WEIGHTS_H
#define FOLLOW_FORECAST_WEIGHTS_H

#include "follow/forecast.h"

enum { FOLLOW_RISE_ROWS = 10, FOLLOW_CHECK_TURNS = 8 };

/* Rows of weights: outputs. */
typedef struct follow_map {
  int inputs, outputs;
  const float *weights, *bias;
} follow_map;

extern const follow_map follow_map_heard, follow_map_heard_blind, follow_map_talk, follow_map_next;
extern const float follow_offsets[MIEN_CORE];
/* Rows: the logit from which on, share that rose, low, high of its 90 % interval. */
extern const float follow_rise_rows[FOLLOW_RISE_ROWS * 4];
extern const float follow_forecast_errors[3]; /* valence of the next turn, of the end, as read */
extern const float follow_warning[1]; /* the logit of a rise from which on it is a warning */
/* Made-up turns (core, fine, dims, sarcasm), their layers (zeros: none), who spoke and who is asked for after each, and
 * what training said then: tests hold the two ways together. */
extern const float follow_check_read[FOLLOW_CHECK_TURNS * FOLLOW_READ], follow_check_hidden[FOLLOW_CHECK_TURNS * FOLLOW_HIDDEN];
extern const float follow_check_who[FOLLOW_CHECK_TURNS * 2], follow_check_out[FOLLOW_CHECK_TURNS * FOLLOW_OUTPUTS];

/* What is heard in a turn; what is said of the talk. Only for forecast.c and its tests. */
void follow_talk_hear(const mien_reading *reading, const float *hidden, float heard[FOLLOW_HEARD]);
void follow_talk_say(const follow_talk *talk, int who, float out[FOLLOW_OUTPUTS]);

#endif
