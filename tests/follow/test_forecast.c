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

static void the_network_is_the_one_that_was_trained(void **state) {
  float cells[FOLLOW_CELLS] = {0}, out[FOLLOW_OUTPUTS];
  for (int t = 0; t < FOLLOW_CHECK_TURNS; t++) {
    const float *in = follow_check_in + t * (FOLLOW_TURN_INPUTS + FOLLOW_NEXT_INPUTS);
    float now[FOLLOW_NOW], theirs[FOLLOW_THEIRS];
    memcpy(now, in, FOLLOW_TURN_INPUTS * sizeof *now);
    memcpy(theirs, in + FOLLOW_TURN_INPUTS, FOLLOW_NEXT_INPUTS * sizeof *theirs);
    follow_talk_project(follow_check_hidden + t * FOLLOW_HIDDEN, now + FOLLOW_TURN_INPUTS);
    follow_talk_project(follow_check_theirs + t * FOLLOW_HIDDEN, theirs + FOLLOW_NEXT_INPUTS);
    follow_talk_step(cells, now);
    follow_talk_say(cells, now, theirs, out);
    for (int o = 0; o < FOLLOW_OUTPUTS; o++)
      assert_float_equal(out[o], follow_check_out[t * FOLLOW_OUTPUTS + o], 2e-3);
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

/* What people said last is remembered of the last FOLLOW_VOICES, and a layer of another width is none. */
static void the_layer_is_of_its_speaker(void **state) {
  float layer[FOLLOW_HIDDEN], none[FOLLOW_HIDDEN] = {0}, projected[FOLLOW_PROJECTED];
  for (int i = 0; i < FOLLOW_HIDDEN; i++) layer[i] = 0.3f * (float)(i % 7 - 3);
  follow_talk_project(none, projected);
  for (int p = 0; p < FOLLOW_PROJECTED; p++) assert_true(projected[p] == 0);
  follow_talk_project(layer, projected);
  follow_talk talk, other;
  follow_forecast with, without;
  mien_reading said = turn_of(MIEN_NEUTRAL, 0.9f, 0.1f);
  follow_talk_init(&talk);
  follow_talk_turn(&talk, 0, 0, &said, layer, FOLLOW_HIDDEN);
  assert_memory_equal(talk.voices[0].said, projected, sizeof projected);
  for (int who = 1; who < FOLLOW_VOICES; who++) follow_talk_turn(&talk, who, who, &said, none, FOLLOW_HIDDEN);
  assert_int_equal(talk.voices[FOLLOW_VOICES - 1].who, 0);
  assert_memory_equal(talk.voices[FOLLOW_VOICES - 1].said, projected, sizeof projected);
  other = talk;
  follow_talk_turn(&talk, FOLLOW_VOICES, 99, &said, none, FOLLOW_HIDDEN); /* the first is forgotten */
  for (int v = 0; v < FOLLOW_VOICES; v++) assert_int_not_equal(talk.voices[v].who, 0);
  memset(other.voices[FOLLOW_VOICES - 1].said, 0, sizeof projected);
  follow_talk_forecast(&other, 0, &without);
  memcpy(other.voices[FOLLOW_VOICES - 1].said, projected, sizeof projected);
  follow_talk_forecast(&other, 0, &with);
  assert_true(with.read != without.read);
  follow_talk_init(&talk);
  follow_talk_init(&other);
  for (int i = 0; i < 3; i++) follow_talk_turn(&talk, i % 2, i, &said, NULL, 0), follow_talk_turn(&other, i % 2, i, &said, layer, 17);
  assert_memory_equal(talk.cells, other.cells, sizeof talk.cells);
}

static void odd_turns_are_taken(void **state) {
  follow_talk talk;
  follow_forecast forecast;
  mien_reading odd;
  follow_talk_init(&talk);
  base_reading_init(&odd, MIEN_TEXT);
  for (int k = 0; k < MIEN_CORE; k++) odd.core[k] = NAN;
  for (int i = 0; i < 5; i++) follow_talk_turn(&talk, i == 2 ? -7 : 900, i == 3 ? (double)NAN : 5.0 - i, &odd, NULL, 0);
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
      cmocka_unit_test(the_network_is_the_one_that_was_trained),
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
