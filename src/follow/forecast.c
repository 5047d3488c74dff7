/* forecast.c: see forecast.h. */
#include "follow/forecast.h"

#include "follow/forecast_weights.h"

#define GAP 8.0 /* s from turn to turn, beforehand */

void follow_talk_init(follow_talk *talk) {
  *talk = (follow_talk){.until = (double)NAN, .gap = GAP};
  for (int i = 0; i < FOLLOW_RECENT; i++) talk->who[i] = -1;
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

static void run(const follow_map *map, const float *inputs, float *out) {
  for (int o = 0; o < map->outputs; o++) out[o] = map->bias[o] + dot(map->weights + o * map->inputs, inputs, map->inputs);
}

static float known(float value) { return isfinite(value) ? value : 0; }

static float log_share(float share) { return 0.3f * logf(BASE_MAX(known(share), 0.0f) + 1e-3f); }

void follow_talk_hear(const mien_reading *reading, const float *hidden, float heard[FOLLOW_HEARD]) {
  float x[FOLLOW_READ + FOLLOW_HIDDEN];
  bool there = false;
  for (int k = 0; k < MIEN_CORE; k++) x[k] = log_share(reading->core[k]);
  for (int k = 0; k < MIEN_FINE; k++) x[MIEN_CORE + k] = log_share(reading->fine[k]);
  for (int d = 0; d < MIEN_DIMS; d++) x[MIEN_CORE + MIEN_FINE + d] = known(reading->dims[d]);
  x[FOLLOW_READ - 1] = known(reading->flags[MIEN_SARCASM]);
  for (int i = 0; hidden && i < FOLLOW_HIDDEN; i++) {
    x[FOLLOW_READ + i] = known(hidden[i]);
    there = there || hidden[i] != 0;
  }
  run(there ? &follow_map_heard : &follow_map_heard_blind, x, heard);
}

static float bad_of(const float said[FOLLOW_SAID]) {
  const float *roots = said + FOLLOW_HEARD;
  return roots[MIEN_ANGER] * roots[MIEN_ANGER] + roots[MIEN_DISGUST] * roots[MIEN_DISGUST];
}

static void said_of(const mien_reading *reading, const float *hidden, float said[FOLLOW_SAID]) {
  float *roots = said + FOLLOW_HEARD, top = -INFINITY, total = 0;
  follow_talk_hear(reading, hidden, said);
  for (int k = 0; k < MIEN_CORE; k++) top = BASE_MAX(top, said[k]);
  for (int k = 0; k < MIEN_CORE; k++) total += roots[k] = expf(said[k] - top);
  for (int k = 0; k < MIEN_CORE; k++) roots[k] = sqrtf(roots[k] / total);
  for (int d = 0; d < MIEN_DIMS; d++) roots[MIEN_CORE + d] = known(reading->dims[d]);
}

/* Puts what was said now before that of others. */
static void keep_voice(follow_talk *talk, int who, const float said[FOLLOW_SAID]) {
  int at = 0;
  while (at < FOLLOW_VOICES - 1 && talk->voices[at].who != who) at++;
  memmove(talk->voices + 1, talk->voices, (size_t)at * sizeof *talk->voices);
  talk->voices[0].who = who;
  memcpy(talk->voices[0].said, said, sizeof talk->voices[0].said);
}

/* Makes room for a new first one. */
#define MAKE_ROOM(list) memmove((list) + 1, (list), sizeof(list) - sizeof *(list))

void follow_talk_turn(follow_talk *talk, int who, double until, const mien_reading *reading, const float *hidden, size_t count) {
  if (who < 0 || who >= MIEN_PARTICIPANTS) who = MIEN_PARTICIPANTS - 1;
  MAKE_ROOM(talk->said);
  MAKE_ROOM(talk->who);
  MAKE_ROOM(talk->bads);
  MAKE_ROOM(talk->unpleasant);
  MAKE_ROOM(talk->abstained);
  said_of(reading, count == FOLLOW_HIDDEN ? hidden : NULL, talk->said[0]);
  talk->who[0] = who;
  talk->bads[0] = known(reading->core[MIEN_ANGER]) + known(reading->core[MIEN_DISGUST]);
  talk->unpleasant[0] = -known(reading->dims[MIEN_VALENCE]);
  talk->abstained[0] = reading->abstain != NULL;
  talk->turns++;
  for (int k = 0; k < MIEN_CORE; k++) {
    float root = talk->said[0][FOLLOW_HEARD + k];
    talk->shares[k] += root * root;
  }
  talk->worst = BASE_MAX(talk->worst, bad_of(talk->said[0]));
  keep_voice(talk, who, talk->said[0]);
  double gap = until - talk->until; /* NAN at first, and where times are not known */
  if (gap > 0.2 && gap < 120) talk->gap += 0.3 * (gap - talk->gap);
  if (!(until < talk->until)) talk->until = until;
}

static float people_of(const follow_talk *talk, int turns) {
  int people = 0;
  for (int i = 0; i < turns; i++) {
    int before = 0;
    while (before < i && talk->who[before] != talk->who[i]) before++;
    people += before == i;
  }
  return (float)people;
}

static float *talk_of(const follow_talk *talk, float *x) {
  int turns = (int)BASE_MIN(talk->turns, (size_t)FOLLOW_RECENT), three = BASE_MIN(turns, FOLLOW_HORIZON);
  float worst = 0, heard = 0, unpleasant = 0;
  for (int i = 0; i < FOLLOW_WINDOW; i++) {
    memcpy(x, talk->said[i], sizeof talk->said[i]); /* 0 of turns before the first */
    x[FOLLOW_SAID] = i < turns;
    x += FOLLOW_SAID + 1;
  }
  for (int i = 1; i < FOLLOW_WINDOW; i++) *x++ = talk->who[i] == talk->who[0];
  *x++ = log1pf((float)(talk->turns - 1)) / 2;
  *x++ = people_of(talk, turns) / 3;
  for (int k = 0; k < MIEN_CORE; k++) *x++ = talk->shares[k] / (float)talk->turns;
  for (int k = 0; k < MIEN_CORE; k++, x++) {
    *x = 0;
    for (int i = 0; i < turns; i++) *x = BASE_MAX(*x, talk->said[i][FOLLOW_HEARD + k]);
  }
  for (int i = 0; i < turns; i++) {
    worst = BASE_MAX(worst, talk->bads[i]);
    heard = BASE_MAX(heard, bad_of(talk->said[i]));
  }
  for (int i = 0; i < three; i++) unpleasant += talk->unpleasant[i] / (float)three;
  *x++ = logf(worst + 1e-3f) / 2;
  *x++ = unpleasant;
  *x++ = logf(talk->worst + 0.02f);
  *x++ = logf(heard + 0.02f);
  return x;
}

static void next_of(const follow_talk *talk, int who, float x[FOLLOW_NEXT_INPUTS]) {
  memset(x, 0, FOLLOW_NEXT_INPUTS * sizeof *x);
  x[0] = who == talk->who[0];
  for (int v = 0; v < FOLLOW_VOICES; v++) {
    if (talk->voices[v].who != who) continue;
    x[1] = 1;
    memcpy(x + 2, talk->voices[v].said, (FOLLOW_HEARD + MIEN_CORE + 1) * sizeof *x);
  }
}

void follow_talk_say(const follow_talk *talk, int who, float out[FOLLOW_OUTPUTS]) {
  float x[FOLLOW_TALK_INPUTS + FOLLOW_NEXT_INPUTS], next[MIEN_CORE + 2], ahead[2];
  next_of(talk, who, talk_of(talk, x));
  run(&follow_map_talk, x, ahead);
  run(&follow_map_next, x, next);
  memcpy(out, next, (MIEN_CORE + 1) * sizeof *out);
  memcpy(out + MIEN_CORE + 1, ahead, sizeof ahead);
  out[MIEN_CORE + 3] = next[MIEN_CORE + 1];
}

bool follow_talk_forecast(const follow_talk *talk, int who, follow_forecast *forecast) {
  if (who < 0 || who >= MIEN_PARTICIPANTS) who = MIEN_PARTICIPANTS - 1;
  int abstained = 0;
  for (int i = 0; i < FOLLOW_HORIZON; i++) abstained += talk->abstained[i];
  *forecast = (follow_forecast){.guess = -1, .valence = NAN, .valence_error = NAN, .read = NAN, .read_error = NAN, .end = NAN, .end_error = NAN,
                                .rise_score = NAN, .rise = NAN, .rise_low = NAN, .rise_high = NAN, .seconds = (double)NAN};
  for (int k = 0; k < MIEN_CORE; k++) forecast->next[k] = NAN;
  if (talk->turns < FOLLOW_TALK_LEAST || 2 * abstained >= FOLLOW_HORIZON) return false;
  float out[FOLLOW_OUTPUTS];
  follow_talk_say(talk, who, out);
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
