/* forecast_weights.h: what train/forecast.py learned; read by forecast.c. */
#ifndef FOLLOW_FORECAST_WEIGHTS_H
#define FOLLOW_FORECAST_WEIGHTS_H

#include "follow/forecast.h"

enum { FOLLOW_GATES = 3 * FOLLOW_CELLS, FOLLOW_BOTH = FOLLOW_CELLS + FOLLOW_NOW,
       FOLLOW_FOLLOWING = FOLLOW_BOTH + FOLLOW_THEIRS + FOLLOW_MIXED, FOLLOW_MIXING = FOLLOW_CELLS + FOLLOW_THEIRS + FOLLOW_PROJECTED, FOLLOW_RISE_ROWS = 10, FOLLOW_CHECK_TURNS = 4 };

extern const float follow_w_projected[FOLLOW_PROJECTED * FOLLOW_HIDDEN], follow_b_projected[FOLLOW_PROJECTED];
extern const float follow_w_within[FOLLOW_WITHIN * FOLLOW_NOW], follow_b_within[FOLLOW_WITHIN];
/* Gates in the order reset, update, new. */
extern const float follow_w_in[FOLLOW_GATES * FOLLOW_WITHIN], follow_b_in[FOLLOW_GATES];
extern const float follow_w_cells[FOLLOW_GATES * FOLLOW_CELLS], follow_b_cells[FOLLOW_GATES];
/* Rise and end; the next turn: core, valence, valence as read. */
extern const float follow_w_talk[2 * FOLLOW_BOTH], follow_b_talk[2];
extern const float follow_w_mixed[FOLLOW_MIXED * FOLLOW_MIXING], follow_b_mixed[FOLLOW_MIXED];
extern const float follow_w_next[(MIEN_CORE + 2) * FOLLOW_FOLLOWING], follow_b_next[MIEN_CORE + 2];
extern const float follow_offsets[MIEN_CORE];
/* Rows: the logit from which on, share that rose, low, high of its 90 % interval. */
extern const float follow_rise_rows[FOLLOW_RISE_ROWS * 4];
extern const float follow_forecast_errors[3]; /* valence of the next turn, of the end, as read */
extern const float follow_warning[1]; /* the logit of a rise from which on it is a warning */
/* Made-up turns and what training said of them: tests hold the two passes together. */
extern const float follow_check_in[FOLLOW_CHECK_TURNS * (FOLLOW_TURN_INPUTS + FOLLOW_NEXT_INPUTS)];
extern const float follow_check_hidden[FOLLOW_CHECK_TURNS * FOLLOW_HIDDEN], follow_check_theirs[FOLLOW_CHECK_TURNS * FOLLOW_HIDDEN];
extern const float follow_check_out[FOLLOW_CHECK_TURNS * FOLLOW_OUTPUTS];

/* What is taken of the text model's layer; one turn through the cells; what they say then. Only for forecast.c and its tests. */
void follow_talk_project(const float hidden[FOLLOW_HIDDEN], float to[FOLLOW_PROJECTED]);
void follow_talk_step(float cells[FOLLOW_CELLS], const float inputs[FOLLOW_NOW]);
void follow_talk_say(const float cells[FOLLOW_CELLS], const float inputs[FOLLOW_NOW],
                     const float next[FOLLOW_THEIRS], float out[FOLLOW_OUTPUTS]);

#endif
