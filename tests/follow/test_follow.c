/* follow/: baseline, course over time, states, dynamics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "follow/baseline.h"
#include "follow/dynamics.h"
#include "follow/states.h"
#include "follow/track.h"

/* ---- Baseline -------------------------------------------------------------------------------- */

static mien_cue cue(const char *kind, float value, float z) {
  mien_cue made = {.value = value, .z = z, .toward = -1, .at = -1};
  snprintf(made.kind, sizeof made.kind, "%s", kind);
  return made;
}

static float noise(void) { /* about normal, sd 1 */
  float sum = -6;
  for (int i = 0; i < 12; i++) sum += (float)rand() / (float)RAND_MAX;
  return sum;
}

static void the_population_stands_in_then_the_person_alone(void **state) {
  srand(1);
  static follow_baseline low;
  mien_cue usual = cue("pitch", 95, NAN);
  float first = follow_baseline_z(&low, &usual);
  assert_false(follow_baseline_knows(&low, &usual));
  assert_true(first < -1 && first > -2); /* a low voice among people, not an odd one */
  for (int i = 0; i < 40; i++) {
    mien_cue said = cue("pitch", 95 * powf(2, noise() / 12), NAN);
    follow_baseline_learn(&low, &said, 1);
  }
  assert_true(fabsf(follow_baseline_z(&low, &usual)) < 0.3f);
  mien_cue higher = cue("pitch", 95 * powf(2, 3.0f / 12), NAN); /* 3 st up: their 1 st is now known */
  float z = follow_baseline_z(&low, &higher);
  assert_true(z > 1.5f && z < 3.2f);
  assert_true(follow_baseline_knows(&low, &higher));
}

static void one_shout_does_not_move_the_usual(void **state) {
  static follow_baseline a, b;
  for (int i = 0; i < 20; i++) {
    mien_cue said = cue("loudness", -26 + (float)(i % 5) - 2, NAN);
    follow_baseline_learn(&a, &said, 1);
    follow_baseline_learn(&b, &said, 1);
  }
  mien_cue shout = cue("loudness", 60, NAN), usual = cue("loudness", -26, NAN);
  follow_baseline_learn(&b, &shout, 1);
  assert_true(fabsf(follow_baseline_z(&a, &usual) - follow_baseline_z(&b, &usual)) < 0.4f);
}

static void unknown_kinds_and_odd_values(void **state) {
  static follow_baseline b;
  mien_cue odd = cue("never_seen", 3, NAN);
  for (int i = 0; i < 5; i++) {
    assert_true(isnan(follow_baseline_z(&b, &odd)));
    odd.value = 3 + (float)(i % 2);
    follow_baseline_learn(&b, &odd, 1);
  }
  assert_true(isfinite(follow_baseline_z(&b, &odd)));
  mien_cue bad[] = {cue("pitch", NAN, NAN), cue("pitch", -5, NAN), cue("pitch", 0, NAN),
                    cue("loudness", INFINITY, NAN)};
  for (size_t i = 0; i < BASE_COUNT(bad); i++) {
    follow_baseline_learn(&b, &bad[i], 1);
    assert_false(isfinite(follow_baseline_z(&b, &bad[i])));
  }
  assert_int_equal(b.count, 1);
  for (int i = 0; i < 100; i++) {
    char kind[24];
    snprintf(kind, sizeof kind, "kind_%d", i);
    mien_cue many = cue(kind, 1, NAN);
    follow_baseline_learn(&b, &many, 1);
  }
  assert_int_equal(b.count, FOLLOW_TRAITS);
  static follow_baseline face;
  mien_cue smile = cue("smile", 0.2f, 2.0f); /* brings its population: sd 0.1 about 0 */
  follow_baseline_learn(&face, &smile, 0.1f);
  float z = follow_baseline_z(&face, &smile);
  assert_true(z > 0.5f && z < 2.0f);
}

/* ---- Course ---------------------------------------------------------------------------------- */

static fuse_result said(int label, float share, float valence) {
  fuse_result made = {.reliability = 1};
  for (int k = 0; k < MIEN_CORE; k++) made.core[k] = (1 - share) / (MIEN_CORE - 1);
  made.core[label] = share;
  for (int d = 0; d < MIEN_DIMS; d++) made.dims[d] = valence, made.variance[d] = 0.06f;
  return made;
}

static void waiting_in_between_changes_nothing(void **state) {
  follow_track once, often;
  follow_track_init(&once);
  follow_track_init(&often);
  fuse_result a = said(MIEN_ANGER, 0.8f, -0.7f), b = said(MIEN_JOY, 0.7f, 0.5f);
  follow_track_update(&once, 0, &a, 1);
  follow_track_update(&often, 0, &a, 1);
  for (int i = 1; i < 50; i++) follow_track_update(&often, i * 0.1, &a, 0);
  follow_track_update(&once, 5, &b, 1);
  follow_track_update(&often, 5, &b, 1);
  mien_reading x, y;
  base_reading_init(&x, MIEN_FUSED);
  base_reading_init(&y, MIEN_FUSED);
  follow_track_read(&once, &x);
  follow_track_read(&often, &y);
  for (int d = 0; d < MIEN_DIMS; d++) {
    /* only the seconds that the usual learns from differ */
    assert_float_equal(x.dims[d], y.dims[d], 0.03);
    assert_float_equal(x.forecast_error[d], y.forecast_error[d], 1e-4);
  }
  for (int k = 0; k < MIEN_CORE; k++) assert_float_equal(x.core[k], y.core[k], 1e-5);
}

static void a_rise_has_a_trend_and_a_forecast(void **state) {
  follow_track track;
  mien_reading reading;
  follow_track_init(&track);
  for (int i = 0; i < 10; i++) {
    fuse_result now = said(MIEN_JOY, 0.5f, -0.6f + 0.1f * (float)i);
    follow_track_update(&track, i * 2.0, &now, 1);
  }
  base_reading_init(&reading, MIEN_FUSED);
  follow_track_read(&track, &reading);
  assert_true(reading.trend[MIEN_VALENCE] > 0.01f && reading.trend[MIEN_VALENCE] < 0.08f);
  assert_true(reading.dims[MIEN_VALENCE] > 0 && reading.dims[MIEN_VALENCE] < 0.35f);
  assert_true(reading.forecast[MIEN_VALENCE] > reading.dims[MIEN_VALENCE]);
  assert_true(reading.forecast_error[MIEN_VALENCE] > 0.05f);
}

static void the_level_returns_to_the_usual_and_doubt_grows(void **state) {
  follow_track track;
  follow_track_init(&track);
  fuse_result now = said(MIEN_ANGER, 0.9f, -0.8f);
  mien_reading near, far;
  base_reading_init(&near, MIEN_FUSED);
  base_reading_init(&far, MIEN_FUSED);
  follow_track_update(&track, 0, &now, 1);
  follow_track_read(&track, &near);
  follow_track_update(&track, 300, &now, 0);
  follow_track_read(&track, &far);
  assert_true(far.dims[MIEN_VALENCE] > near.dims[MIEN_VALENCE] + 0.3f);
  assert_true(far.forecast_error[MIEN_VALENCE] > near.forecast_error[MIEN_VALENCE]);
}

static double next_normal(void) { return (double)noise(); }

/* Readings of a level that reverts within `returns` s and spreads by `spread`, one each 2 s. */
static follow_manner manner_of(double returns, double spread) {
  follow_course course;
  follow_wait wait;
  double level = 0, keep = exp(-2 / returns);
  follow_course_init(&course);
  follow_wait_init(&wait, 2);
  for (int i = 0; i < 400; i++) {
    level = keep * level + spread * sqrt(1 - keep * keep) * next_normal();
    follow_course_wait(&course, &wait);
    follow_course_take(&course, level + 0.1 * next_normal(), 0.01, 2, 2);
  }
  return follow_course_manner(&course);
}

static void each_is_followed_in_their_own_way(void **state) {
  srand(3);
  follow_manner quick = manner_of(6, 0.4), slow = manner_of(90, 0.15);
  assert_true(quick.returns < 15 && slow.returns > 20);
  assert_true(quick.spread > 0.3 && slow.spread < 0.25);
}

static void a_jump_is_told_of_once_and_noise_is_not(void **state) {
  srand(5);
  follow_course course;
  follow_wait wait;
  int before = 0, after = 0;
  follow_course_init(&course);
  follow_wait_init(&wait, 2);
  for (int i = 0; i < 80; i++) {
    double truth = i < 60 ? 0.3 : -0.6;
    follow_course_wait(&course, &wait);
    bool told = follow_course_take(&course, truth + 0.15 * next_normal(), 0.0225, 2, 2);
    *(i < 60 ? &before : &after) += told;
  }
  assert_int_equal(before, 0);
  assert_true(after >= 1 && after <= 2);
  assert_true(course.change < -0.5);
  assert_float_equal(follow_course_place(&course).level, -0.6, 0.15);
}

static void time_that_steps_back_is_no_time(void **state) {
  follow_track track;
  follow_track_init(&track);
  fuse_result now = said(MIEN_ANGER, 0.9f, -0.8f);
  follow_track_update(&track, 10, &now, 1);
  follow_track_update(&track, 4, &now, 1);
  assert_true(track.at == 10);
  mien_reading reading;
  base_reading_init(&reading, MIEN_FUSED);
  follow_track_read(&track, &reading);
  assert_true(isfinite(reading.dims[0]) && isfinite(reading.core[0]));
}

/* ---- States ---------------------------------------------------------------------------------- */

static void states_of(const float *inputs, float *states) {
  follow_states(inputs, states);
  for (int s = 0; s < MIEN_STATES; s++) assert_true(states[s] >= 0 && states[s] <= 1);
}

/* Every term of every formula: raising its input raises or lowers its state and touches no other. */
static void states_are_monotone_in_their_inputs(void **state) {
  srand(7);
  size_t count;
  const follow_term *terms = follow_terms(&count);
  float sign[MIEN_STATES][FOLLOW_INPUTS] = {{0}};
  for (size_t i = 0; i < count; i++) {
    assert_true(fabsf(terms[i].weight) <= 1);
    assert_true(sign[terms[i].state][terms[i].input] == 0); /* each once */
    sign[terms[i].state][terms[i].input] = terms[i].weight;
  }
  for (int round = 0; round < 200; round++) {
    float inputs[FOLLOW_INPUTS], before[MIEN_STATES], after[MIEN_STATES];
    for (int i = 0; i < FOLLOW_INPUTS; i++) inputs[i] = (float)rand() / (float)RAND_MAX * 0.6f;
    states_of(inputs, before);
    for (int i = 0; i < FOLLOW_INPUTS; i++) {
      float kept = inputs[i];
      inputs[i] += 0.3f;
      states_of(inputs, after);
      inputs[i] = kept;
      for (int s = 0; s < MIEN_STATES; s++) {
        if (sign[s][i] > 0) assert_true(after[s] > before[s]);
        else if (sign[s][i] < 0) assert_true(after[s] < before[s]);
        else assert_true(after[s] == before[s]);
      }
    }
  }
}

static void states_of_typical_moments(void **state) {
  follow_evidence e;
  float inputs[FOLLOW_INPUTS], states[MIEN_STATES];
  static const struct {
    int state, fine, core;
    float valence, arousal;
  } moments[] = {
      {MIEN_FRUSTRATION, 3, MIEN_ANGER, -0.5f, 0.5f},      /* annoyance */
      {MIEN_CONFUSION, 6, MIEN_NEUTRAL, 0, 0},             /* confusion */
      {MIEN_EXCITEMENT, 13, MIEN_JOY, 0.6f, 0.6f},         /* excitement */
      {MIEN_STRESS, 19, MIEN_FEAR, -0.5f, 0.5f},           /* nervousness */
      {MIEN_SATISFACTION, 15, MIEN_JOY, 0.6f, 0},          /* gratitude */
      {MIEN_DISAPPOINTMENT, 9, MIEN_SADNESS, -0.5f, -0.2f} /* disappointment */
  };
  for (size_t i = 0; i < BASE_COUNT(moments); i++) {
    for (size_t k = 0; k < sizeof e / sizeof(float); k++) ((float *)&e)[k] = NAN;
    follow_inputs(&e, inputs);
    follow_states(inputs, states);
    for (int s = 0; s < MIEN_STATES; s++) assert_true(states[s] == 0); /* nothing known */
    for (int k = 0; k < MIEN_CORE; k++) e.core[k] = 0.05f;
    e.core[moments[i].core] = 0.7f;
    e.fine[moments[i].fine] = 0.8f;
    e.dims[MIEN_VALENCE] = moments[i].valence;
    e.dims[MIEN_AROUSAL] = moments[i].arousal;
    follow_inputs(&e, inputs);
    follow_states(inputs, states);
    int top = 0;
    for (int s = 1; s < MIEN_STATES; s++)
      if (states[s] > states[top]) top = s;
    assert_int_equal(top, moments[i].state);
    assert_true(states[top] > 0.6f);
  }
  for (size_t k = 0; k < sizeof e / sizeof(float); k++) ((float *)&e)[k] = NAN;
  e.extra[MIEN_BOREDOM] = 0.7f;
  e.dims[MIEN_AROUSAL] = -0.5f;
  follow_inputs(&e, inputs);
  follow_states(inputs, states);
  assert_true(states[MIEN_STATE_BOREDOM] > 0.6f && states[MIEN_ENGAGEMENT] < 0.1f);
}

/* docs/states.md has a row for each term, and no others. */
static void the_page_says_what_the_program_does(void **state) {
  const char *root = getenv("MIEN_SOURCE_ROOT");
  if (!root) skip();
  char path[4096], row[512];
  snprintf(path, sizeof path, "%s/docs/states.md", root);
  FILE *page = fopen(path, "r");
  assert_non_null(page);
  size_t count, rows = 0, found = 0;
  const follow_term *terms = follow_terms(&count);
  while (fgets(row, sizeof row, page)) {
    char of[40], input[40];
    float weight;
    if (sscanf(row, "| %39[^|]| %39[^|]| %f |", of, input, &weight) != 3) continue;
    for (char *text = of;; text = input) {
      for (size_t n = strlen(text); n && text[n - 1] == ' '; n--) text[n - 1] = 0;
      if (text == input) break;
    }
    rows++;
    for (size_t i = 0; i < count; i++)
      found += !strcmp(mien_state_name(terms[i].state), of) &&
               !strcmp(follow_input_name(terms[i].input), input) &&
               fabsf(terms[i].weight - weight) < 1e-4f;
  }
  fclose(page);
  assert_int_equal(rows, count);
  assert_int_equal(found, count);
}

/* ---- Dynamics -------------------------------------------------------------------------------- */

static float turn(follow_dynamics *d, const char *text) {
  return follow_dynamics_turn(d, text, strlen(text));
}

static void repeating_oneself_is_noticed(void **state) {
  follow_dynamics d = {0};
  assert_true(turn(&d, "I never ordered that router from your company") == 0);
  assert_true(turn(&d, "What would you like for dinner this evening?") == 0);
  assert_true(turn(&d, "Again: NEVER ordered that router, from your company!") > 0.9f);
  assert_true(turn(&d, "yes yes yes no no ok") == 0);
  assert_true(turn(&d, "\xff\xfe\x00 broken bytes here anyway") == 0);
  assert_true(turn(&d, "") == 0);
  for (int i = 0; i < FOLLOW_TURNS; i++) {
    char other[64];
    snprintf(other, sizeof other, "entirely%d different%d sentence%d number%d", i, i, i, i);
    turn(&d, other);
  }
  assert_true(turn(&d, "never ordered that router from your company") == 0); /* forgotten */
}

static void rising_loudness_is_a_slope(void **state) {
  follow_dynamics d = {0};
  assert_true(isnan(follow_dynamics_rising(&d)));
  for (int i = 0; i < 9; i++) follow_dynamics_level(&d, 0.5f * (float)i);
  assert_float_equal(follow_dynamics_rising(&d), 0.5f, 1e-5);
  for (int i = 0; i < 9; i++) follow_dynamics_level(&d, 1), follow_dynamics_level(&d, NAN);
  assert_float_equal(follow_dynamics_rising(&d), 0, 1e-5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_population_stands_in_then_the_person_alone),
      cmocka_unit_test(one_shout_does_not_move_the_usual),
      cmocka_unit_test(unknown_kinds_and_odd_values),
      cmocka_unit_test(waiting_in_between_changes_nothing),
      cmocka_unit_test(a_rise_has_a_trend_and_a_forecast),
      cmocka_unit_test(the_level_returns_to_the_usual_and_doubt_grows),
      cmocka_unit_test(each_is_followed_in_their_own_way),
      cmocka_unit_test(a_jump_is_told_of_once_and_noise_is_not),
      cmocka_unit_test(time_that_steps_back_is_no_time),
      cmocka_unit_test(states_are_monotone_in_their_inputs),
      cmocka_unit_test(states_of_typical_moments),
      cmocka_unit_test(the_page_says_what_the_program_does),
      cmocka_unit_test(repeating_oneself_is_noticed),
      cmocka_unit_test(rising_loudness_is_a_slope),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
