/* follow/: the forecast of a talk, and what goes on between two people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "follow/forecast_weights.h"
#include "follow/pair.h"

/* ---- Forecast -------------------------------------------------------------------------------- */

/* A made-up talk, as train/forecast.py took it: what is heard, the windows and the networks. */
static void what_is_said_is_what_training_said(void **state) {
  follow_talk talk;
  float out[FOLLOW_OUTPUTS];
  follow_talk_init(&talk);
  for (int t = 0; t < FOLLOW_CHECK_TURNS; t++) {
    const float *read = follow_check_read + t * FOLLOW_READ, *who = follow_check_who + 2 * t;
    mien_reading made;
    base_reading_init(&made, MIEN_TEXT);
    memcpy(made.core, read, sizeof made.core);
    memcpy(made.fine, read + MIEN_CORE, sizeof made.fine);
    memcpy(made.dims, read + MIEN_CORE + MIEN_FINE, sizeof made.dims);
    made.flags[MIEN_SARCASM] = read[FOLLOW_READ - 1];
    follow_talk_turn(&talk, (int)who[0], t, &made, follow_check_hidden + t * FOLLOW_HIDDEN, FOLLOW_HIDDEN);
    follow_talk_say(&talk, (int)who[1], out);
    for (int o = 0; o < FOLLOW_OUTPUTS; o++)
      assert_float_equal(out[o], follow_check_out[t * FOLLOW_OUTPUTS + o], 5e-3);
  }
}

static mien_reading turn_of(int label, float share, float valence) {
  mien_reading made;
  base_reading_init(&made, MIEN_TEXT);
  for (int k = 0; k < MIEN_CORE; k++) made.core[k] = (1 - share) / (MIEN_CORE - 1);
  made.core[label] = share;
  for (int k = 0; k < MIEN_FINE; k++) made.fine[k] = 0.01f;
  made.fine[label == MIEN_ANGER ? 3 /* annoyance */ : 27] = share;
  made.dims[MIEN_VALENCE] = valence;
  made.dims[MIEN_AROUSAL] = made.dims[MIEN_DOMINANCE] = 0.1f;
  made.flags[MIEN_SARCASM] = 0.05f;
  return made;
}

static void two_turns_are_no_forecast(void **state) {
  follow_talk talk;
  follow_forecast forecast;
  mien_reading said = turn_of(MIEN_NEUTRAL, 0.9f, 0.1f);
  follow_talk_init(&talk);
  for (int i = 0; i < 2; i++) {
    follow_talk_turn(&talk, i % 2, i * 3.0, &said, NULL, 0);
    assert_false(follow_talk_forecast(&talk, 0, &forecast));
    assert_true(isnan(forecast.rise) && forecast.guess == -1);
  }
  follow_talk_turn(&talk, 0, 6.0, &said, NULL, 0);
  assert_true(follow_talk_forecast(&talk, 0, &forecast));
  assert_true(forecast.seconds > 3 && forecast.seconds < 30);
}

static void abstentions_are_no_forecast(void **state) {
  follow_talk talk;
  follow_forecast forecast;
  mien_reading said = turn_of(MIEN_ANGER, 0.5f, -0.5f), poor = said;
  poor.abstain = "too short";
  follow_talk_init(&talk);
  for (int i = 0; i < 6; i++) follow_talk_turn(&talk, i % 2, i * 3.0, i < 4 ? &said : &poor, NULL, 0);
  assert_false(follow_talk_forecast(&talk, 0, &forecast));
  for (int i = 6; i < 9; i++) follow_talk_turn(&talk, i % 2, i * 3.0, &said, NULL, 0);
  assert_true(follow_talk_forecast(&talk, 0, &forecast));
}

static void annoyance_makes_a_rise_likelier(void **state) {
  follow_forecast calm, tense;
  for (int way = 0; way < 2; way++) {
    follow_talk talk;
    follow_talk_init(&talk);
    for (int i = 0; i < 6; i++) {
      mien_reading said = way && i > 1 ? turn_of(MIEN_ANGER, 0.6f, -0.6f) : turn_of(MIEN_NEUTRAL, 0.95f, 0.1f);
      follow_talk_turn(&talk, i % 2, i * 4.0, &said, NULL, 0);
    }
    assert_true(follow_talk_forecast(&talk, 0, way ? &tense : &calm));
  }
  assert_true(tense.rise > 2 * calm.rise && tense.warning && !calm.warning);
  assert_true(tense.read < calm.read && tense.end < calm.end);
  assert_true(tense.rise_low <= tense.rise && tense.rise <= tense.rise_high);
  float sum = 0;
  for (int k = 0; k < MIEN_CORE; k++) sum += tense.next[k];
  assert_float_equal(sum, 1, 1e-4);
}

/* What people said last is remembered of the last FOLLOW_VOICES; a layer of zeros or of another width is none. */
static void the_layer_is_of_its_speaker(void **state) {
  float layer[FOLLOW_HIDDEN], none[FOLLOW_HIDDEN] = {0}, with[FOLLOW_HEARD], without[FOLLOW_HEARD], blind[FOLLOW_HEARD];
  for (int i = 0; i < FOLLOW_HIDDEN; i++) layer[i] = 0.3f * (float)(i % 7 - 3);
  mien_reading said = turn_of(MIEN_NEUTRAL, 0.9f, 0.1f);
  follow_talk_hear(&said, layer, with);
  follow_talk_hear(&said, none, without);
  follow_talk_hear(&said, NULL, blind);
  assert_memory_equal(without, blind, sizeof blind);
  assert_memory_not_equal(with, blind, sizeof blind);
  follow_talk talk, other;
  follow_talk_init(&talk);
  follow_talk_turn(&talk, 0, 0, &said, layer, FOLLOW_HIDDEN);
  assert_memory_equal(talk.voices[0].said, with, sizeof with);
  for (int who = 1; who < FOLLOW_VOICES; who++) follow_talk_turn(&talk, who, who, &said, none, FOLLOW_HIDDEN);
  assert_int_equal(talk.voices[FOLLOW_VOICES - 1].who, 0);
  assert_memory_equal(talk.voices[FOLLOW_VOICES - 1].said, with, sizeof with);
  follow_forecast before, after;
  assert_true(follow_talk_forecast(&talk, 0, &before));
  other = talk;
  memcpy(other.voices[FOLLOW_VOICES - 1].said, blind, sizeof blind);
  assert_true(follow_talk_forecast(&other, 0, &after));
  assert_true(before.read != after.read && before.rise_score == after.rise_score); /* a rise is everyone's */
  follow_talk_turn(&talk, FOLLOW_VOICES, 99, &said, none, FOLLOW_HIDDEN); /* the first is forgotten */
  for (int v = 0; v < FOLLOW_VOICES; v++) assert_int_not_equal(talk.voices[v].who, 0);
  follow_talk_init(&talk);
  follow_talk_init(&other);
  for (int i = 0; i < 3; i++) follow_talk_turn(&talk, i % 2, i, &said, NULL, 0), follow_talk_turn(&other, i % 2, i, &said, layer, 17);
  assert_memory_equal(talk.said, other.said, sizeof talk.said);
}

static void odd_turns_are_taken(void **state) {
  follow_talk talk;
  follow_forecast forecast;
  mien_reading odd;
  follow_talk_init(&talk);
  base_reading_init(&odd, MIEN_TEXT);
  for (int k = 0; k < MIEN_CORE; k++) odd.core[k] = k % 2 ? NAN : -3;
  float layer[FOLLOW_HIDDEN] = {NAN, INFINITY, 1};
  for (int i = 0; i < 5; i++) follow_talk_turn(&talk, i == 2 ? -7 : 900, i == 3 ? (double)NAN : 5.0 - i, &odd, i % 2 ? layer : NULL, FOLLOW_HIDDEN);
  assert_true(follow_talk_forecast(&talk, 0, &forecast));
  assert_true(isfinite(forecast.rise) && isfinite(forecast.read) && isfinite(forecast.seconds));
}

/* ---- Pairs ----------------------------------------------------------------------------------- */

static double noise(void) { return (double)rand() / RAND_MAX + (double)rand() / RAND_MAX - 1; }

/* b goes `share` of the way that a was; a goes its own way. */
static follow_pair_figures talk_of(double share, follow_pair_figures *back) {
  follow_group group;
  follow_group_init(&group);
  for (int i = 0; i < 60; i++) {
    double a = 0.6 * noise();
    follow_group_turn(&group, 0, a);
    follow_group_turn(&group, 1, share * a + 0.1 * noise());
  }
  *back = follow_group_pair(&group, 1, 0);
  return follow_group_pair(&group, 0, 1);
}

static void who_moves_whom_is_found_again(void **state) {
  srand(2);
  follow_pair_figures back, forth = talk_of(0.7, &back);
  assert_true(forth.contagion.low > 0.5 && forth.contagion.high < 0.9);
  assert_true(back.contagion.low < 0.1 && back.contagion.high > -0.1);
  assert_true(forth.contagion.low > back.contagion.value);
  assert_true(forth.synchrony.value > 0.3);
  assert_true(forth.escalation.value > 0.3); /* what is unpleasant comes back */
  forth = talk_of(-0.7, &back);
  assert_true(forth.contagion.high < -0.4 && forth.deescalation.value > 0.3);
  assert_true(forth.deescalation.value > forth.escalation.value);
}

static void few_answers_are_no_figure(void **state) {
  follow_group group;
  follow_group_init(&group);
  follow_group_turn(&group, 0, 0.1);
  follow_group_turn(&group, 1, NAN);
  follow_group_turn(&group, 99, 0.1);
  for (int i = 0; i < 4; i++) follow_group_turn(&group, i % 2, 0.5);
  follow_pair_figures figures = follow_group_pair(&group, 0, 1);
  assert_true(isnan(figures.contagion.value) && isnan(figures.escalation.value));
  assert_true(isnan(follow_group_pair(&group, 0, 0).synchrony.value));
  assert_true(isnan(follow_group_pair(&group, -1, 8).synchrony.value));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_said_is_what_training_said),
      cmocka_unit_test(two_turns_are_no_forecast),
      cmocka_unit_test(abstentions_are_no_forecast),
      cmocka_unit_test(annoyance_makes_a_rise_likelier),
      cmocka_unit_test(the_layer_is_of_its_speaker),
      cmocka_unit_test(odd_turns_are_taken),
      cmocka_unit_test(who_moves_whom_is_found_again),
      cmocka_unit_test(few_answers_are_no_figure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
