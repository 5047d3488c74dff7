/* moves.c: readings of how somebody moves to a point. Any thread. */
#include "signals/signals.h"

/* Chosen: about what is usual in each (body.h has the units), so that all weigh alike before a metric is learned. */
static const struct {
  const char *kind;
  int at;
  double usual;
} moves_of[] = {{"nod", 0, 6}, {"head_shake", 1, 8}, {"head_tilt", 2, 6}, {"lean_in", 3, 8}, {"lean_out", 3, -8}, {"gesture", 4, 0.3},
                {"restlessness", 5, 0.3}, {"stillness", 6, 5}, {"hand_to_face", 7, 0.3}};

void signals_moves_take(signals_moves *moves, const mien_reading *reading) {
  double seconds = reading->t1 - reading->t0;
  if (!(seconds > 0)) return;
  moves->seconds += seconds;
  for (size_t i = 0; i < reading->cue_count; i++)
    for (size_t k = 0; k < BASE_COUNT(moves_of); k++)
      if (!strcmp(reading->cues[i].kind, moves_of[k].kind) && isfinite(reading->cues[i].value))
        moves->sums[moves_of[k].at] += seconds * asinh((double)reading->cues[i].value / moves_of[k].usual);
}

bool signals_moves_point(const signals_moves *moves, float point[SIGNALS_MOVES]) {
  if (!(moves->seconds >= 0.5)) return false;
  for (int k = 0; k < SIGNALS_MOVES; k++) point[k] = (float)(moves->sums[k] / moves->seconds);
  return true;
}
