/* forecast.c: see forecast.h. */
#include "follow/forecast.h"

#include "follow/forecast_weights.h"

#define KEPT 0.7f /* of the weight of earlier turns, each turn */
#define GAP 8.0   /* s from turn to turn, beforehand */

void follow_talk_init(follow_talk *talk) {
  *talk = (follow_talk){.last = -1, .until = (double)NAN, .gap = GAP};
  for (int v = 0; v < FOLLOW_VOICES; v++) talk->voices[v].who = -1;
}

static float dot(const float *a, const float *b, int count) {
  float sums[8] = {0}, sum = 0; /* eight chains, which a compiler may take together */
  int i = 0;
  for (; i + 8 <= count; i += 8)
    for (int k = 0; k < 8; k++) sums[k] += a[i + k] * b[i + k];
  for (; i < count; i++) sum += a[i] * b[i];
  return sum + ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

static float logistic(float x) { return 1 / (1 + expf(-x)); }

void follow_talk_project(const float hidden[FOLLOW_HIDDEN], float to[FOLLOW_PROJECTED]) {
  bool there = false;
  for (int i = 0; i < FOLLOW_HIDDEN && !there; i++) there = hidden[i] != 0;
  for (int p = 0; p < FOLLOW_PROJECTED; p++)
    to[p] = there ? tanhf(follow_b_projected[p] + dot(follow_w_projected + p * FOLLOW_HIDDEN, hidden, FOLLOW_HIDDEN)) : 0;
}

void follow_talk_step(float cells[FOLLOW_CELLS], const float inputs[FOLLOW_NOW]) {
  float within[FOLLOW_WITHIN], in[FOLLOW_GATES], kept[FOLLOW_GATES];
  for (int i = 0; i < FOLLOW_WITHIN; i++)
    within[i] = tanhf(follow_b_within[i] +
                      dot(follow_w_within + i * FOLLOW_NOW, inputs, FOLLOW_NOW));
  for (int g = 0; g < FOLLOW_GATES; g++) {
    in[g] = follow_b_in[g] + dot(follow_w_in + g * FOLLOW_WITHIN, within, FOLLOW_WITHIN);
    kept[g] = follow_b_cells[g] + dot(follow_w_cells + g * FOLLOW_CELLS, cells, FOLLOW_CELLS);
  }
  for (int c = 0; c < FOLLOW_CELLS; c++) {
    int u = FOLLOW_CELLS + c, n = 2 * FOLLOW_CELLS + c;
    float reset = logistic(in[c] + kept[c]), update = logistic(in[u] + kept[u]);
    float fresh = tanhf(in[n] + reset * kept[n]);
    cells[c] = (1 - update) * fresh + update * cells[c];
  }
}

void follow_talk_say(const float cells[FOLLOW_CELLS], const float inputs[FOLLOW_NOW],
                     const float next[FOLLOW_THEIRS], float out[FOLLOW_OUTPUTS]) {
  float all[FOLLOW_FOLLOWING], with[FOLLOW_MIXING], said[MIEN_CORE + 2];
  memcpy(all, cells, FOLLOW_CELLS * sizeof *all);
  memcpy(all + FOLLOW_CELLS, inputs, FOLLOW_NOW * sizeof *all);
  memcpy(all + FOLLOW_BOTH, next, FOLLOW_THEIRS * sizeof *all);
  memcpy(with, cells, FOLLOW_CELLS * sizeof *with);
  memcpy(with + FOLLOW_CELLS, next, FOLLOW_THEIRS * sizeof *with);
  memcpy(with + FOLLOW_CELLS + FOLLOW_THEIRS, inputs + FOLLOW_TURN_INPUTS, FOLLOW_PROJECTED * sizeof *with);
  for (int m = 0; m < FOLLOW_MIXED; m++)
    all[FOLLOW_BOTH + FOLLOW_THEIRS + m] =
        tanhf(follow_b_mixed[m] + dot(follow_w_mixed + m * FOLLOW_MIXING, with, FOLLOW_MIXING));
  for (int o = 0; o < MIEN_CORE + 2; o++)
    said[o] = follow_b_next[o] + dot(follow_w_next + o * FOLLOW_FOLLOWING, all, FOLLOW_FOLLOWING);
  memcpy(out, said, (MIEN_CORE + 1) * sizeof *out);
  for (int o = 0; o < 2; o++) out[8 + o] = follow_b_talk[o] + dot(follow_w_talk + o * FOLLOW_BOTH, all, FOLLOW_BOTH);
  out[10] = said[MIEN_CORE + 1];
}

static float known(float value) { return isfinite(value) ? value : 0; }

static void inputs_of(const follow_talk *talk, int who, const mien_reading *reading,
                      float x[FOLLOW_TURN_INPUTS]) {
  const float *own = talk->people[who];
  size_t recent = BASE_MIN(talk->turns, (size_t)FOLLOW_HORIZON);
  float most = 0, sum = 0;
  for (int k = 0; k < MIEN_CORE; k++) x[k] = sqrtf(BASE_MAX(known(reading->core[k]), 0.0f));
  for (int k = 0; k < MIEN_FINE; k++) x[7 + k] = sqrtf(BASE_MAX(known(reading->fine[k]), 0.0f));
  for (int d = 0; d < MIEN_DIMS; d++) x[35 + d] = known(reading->dims[d]);
  x[38] = known(reading->flags[MIEN_SARCASM]);
  x[39] = who == talk->last;
  x[40] = talk->turns == 1;
  x[41] = log1pf((float)(talk->turns - 1)) / 2;
  for (int i = 42; i < 46; i++) x[i] = 0;
  if (own[0] > 1e-3f) x[42] = own[1] / own[0], x[43] = own[2] / own[0];
  float rest = talk->everyone[0] - own[0];
  if (rest > 1e-3f) {
    x[44] = (talk->everyone[1] - own[1]) / rest;
    x[45] = (talk->everyone[2] - own[2]) / rest;
  }
  for (size_t i = FOLLOW_BADS - recent; i < FOLLOW_BADS; i++) {
    most = BASE_MAX(most, talk->bads[i]);
    sum += talk->bads[i];
  }
  x[46] = most;
  x[47] = sum / (float)recent;
}

/* Puts what was said now before that of others. */
static void keep_voice(follow_talk *talk, int who, const float said[FOLLOW_PROJECTED]) {
  int at = 0;
  while (at < FOLLOW_VOICES - 1 && talk->voices[at].who != who) at++;
  memmove(talk->voices + 1, talk->voices, (size_t)at * sizeof *talk->voices);
  talk->voices[0].who = who;
  memcpy(talk->voices[0].said, said, sizeof talk->voices[0].said);
}

void follow_talk_turn(follow_talk *talk, int who, double until, const mien_reading *reading, const float *hidden, size_t count) {
  if (who < 0 || who >= MIEN_PARTICIPANTS) who = MIEN_PARTICIPANTS - 1;
  float *x = talk->now;
  float bad = known(reading->core[MIEN_ANGER]) + known(reading->core[MIEN_DISGUST]);
  memmove(talk->bads, talk->bads + 1, (FOLLOW_BADS - 1) * sizeof *talk->bads);
  memmove(talk->abstained, talk->abstained + 1, (FOLLOW_HORIZON - 1) * sizeof *talk->abstained);
  talk->bads[FOLLOW_BADS - 1] = bad;
  talk->abstained[FOLLOW_HORIZON - 1] = reading->abstain != NULL;
  talk->turns++;
  inputs_of(talk, who, reading, x);
  memset(x + FOLLOW_TURN_INPUTS, 0, FOLLOW_PROJECTED * sizeof *x);
  if (hidden && count == FOLLOW_HIDDEN) follow_talk_project(hidden, x + FOLLOW_TURN_INPUTS);
  keep_voice(talk, who, x + FOLLOW_TURN_INPUTS);
  follow_talk_step(talk->cells, x);
  memcpy(talk->said[who], x, MIEN_CORE * sizeof *x);
  memcpy(talk->said[who] + MIEN_CORE, x + 35, MIEN_DIMS * sizeof *x);
  talk->spoke[who] = true;
  for (int i = 0; i < 3; i++) {
    for (int p = 0; p < MIEN_PARTICIPANTS; p++) talk->people[p][i] *= KEPT;
    talk->everyone[i] *= KEPT;
  }
  const float says[3] = {1, known(reading->dims[MIEN_VALENCE]), bad};
  for (int i = 0; i < 3; i++) {
    talk->people[who][i] += says[i];
    talk->everyone[i] += says[i];
  }
  double gap = until - talk->until; /* NAN at first, and where times are not known */
  if (gap > 0.2 && gap < 120) talk->gap += 0.3 * (gap - talk->gap);
  if (!(until < talk->until)) talk->until = until;
  talk->last = who;
}

static void next_of(const follow_talk *talk, int who, float x[FOLLOW_THEIRS]) {
  memset(x, 0, FOLLOW_THEIRS * sizeof *x);
  for (int v = 0; v < FOLLOW_VOICES; v++)
    if (talk->voices[v].who == who) memcpy(x + FOLLOW_NEXT_INPUTS, talk->voices[v].said, sizeof talk->voices[v].said);
  x[0] = who == talk->last;
  if (!talk->spoke[who]) return;
  x[1] = 1;
  memcpy(x + 2, talk->said[who], sizeof talk->said[who]);
  const float *own = talk->people[who];
  if (own[0] > 1e-3f) x[12] = own[1] / own[0], x[13] = own[2] / own[0];
}

bool follow_talk_forecast(const follow_talk *talk, int who, follow_forecast *forecast) {
  if (who < 0 || who >= MIEN_PARTICIPANTS) who = MIEN_PARTICIPANTS - 1;
  int abstained = 0;
  for (int i = 0; i < FOLLOW_HORIZON; i++) abstained += talk->abstained[i];
  *forecast = (follow_forecast){.guess = -1, .valence = NAN, .valence_error = NAN, .read = NAN, .read_error = NAN, .end = NAN, .end_error = NAN,
                                .rise_score = NAN, .rise = NAN, .rise_low = NAN, .rise_high = NAN, .seconds = (double)NAN};
  for (int k = 0; k < MIEN_CORE; k++) forecast->next[k] = NAN;
  if (talk->turns < FOLLOW_TALK_LEAST || 2 * abstained >= FOLLOW_HORIZON) return false;
  float next[FOLLOW_THEIRS], out[FOLLOW_OUTPUTS];
  next_of(talk, who, next);
  follow_talk_say(talk->cells, talk->now, next, out);
  float worst = 0; /* 0 of turns before the first */
  for (int i = 0; i < FOLLOW_BADS; i++) worst = BASE_MAX(worst, talk->bads[i]);
  out[8] += FOLLOW_WORST * logf(worst + 1e-3f);
  float top = out[0], total = 0, best = -INFINITY;
  for (int k = 1; k < MIEN_CORE; k++) top = BASE_MAX(top, out[k]);
  for (int k = 0; k < MIEN_CORE; k++) {
    total += forecast->next[k] = expf(out[k] - top);
    if (out[k] + follow_offsets[k] > best) best = out[k] + follow_offsets[k], forecast->guess = k;
  }
  for (int k = 0; k < MIEN_CORE; k++) forecast->next[k] /= total;
  forecast->valence = BASE_CLAMP(out[7], -1.0f, 1.0f);
  forecast->valence_error = follow_forecast_errors[0];
  forecast->end = BASE_CLAMP(out[9], -1.0f, 1.0f);
  forecast->end_error = follow_forecast_errors[1];
  forecast->read = BASE_CLAMP(out[10], -1.0f, 1.0f);
  forecast->read_error = follow_forecast_errors[2];
  forecast->rise_score = out[8];
  forecast->warning = out[8] >= follow_warning[0];
  for (int r = 0; r < FOLLOW_RISE_ROWS; r++) {
    const float *row = follow_rise_rows + 4 * r;
    if (out[8] < row[0]) break;
    forecast->rise = row[1];
    forecast->rise_low = row[2];
    forecast->rise_high = row[3];
  }
  forecast->seconds = FOLLOW_HORIZON * talk->gap;
  return true;
}
