/* fuse/: the pool, with any of the modalities missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "fuse/fuse.h"

static fuse_part part(int modality, int label, float share) {
  fuse_part made = {.modality = modality, .confidence = share, .quality = 1};
  for (int k = 0; k < MIEN_CORE; k++) made.core[k] = (1 - share) / (MIEN_CORE - 1);
  made.core[label] = share;
  for (int d = 0; d < MIEN_DIMS; d++) made.dims[d] = NAN;
  return made;
}

static void one_alone_comes_out_as_it_went_in(void **state) {
  for (int m = 0; m < MIEN_FUSED; m++) {
    fuse_part one = part(m, MIEN_FEAR, 0.62f);
    one.dims[MIEN_VALENCE] = -0.4f;
    fuse_result result;
    assert_int_equal(fuse_pool(&one, 1, &result), MIEN_OK);
    for (int k = 0; k < MIEN_CORE; k++) assert_float_equal(result.core[k], one.core[k], 1e-5);
    assert_float_equal(result.dims[MIEN_VALENCE], -0.4f, 1e-6);
    assert_float_equal(result.from[m], 1, 1e-6);
    assert_true(isnan(result.masking));
  }
}

static void agreement_makes_surer_and_dissent_less_sure(void **state) {
  fuse_result result;
  fuse_part agree[] = {part(MIEN_VOICE, MIEN_ANGER, 0.6f), part(MIEN_FACE, MIEN_ANGER, 0.6f)};
  assert_int_equal(fuse_pool(agree, 2, &result), MIEN_OK);
  assert_true(result.core[MIEN_ANGER] > 0.65f);
  fuse_part apart[] = {part(MIEN_VOICE, MIEN_ANGER, 0.6f), part(MIEN_FACE, MIEN_JOY, 0.6f)};
  assert_int_equal(fuse_pool(apart, 2, &result), MIEN_OK);
  assert_true(result.core[MIEN_ANGER] < 0.6f);
  assert_true(result.core[MIEN_JOY] > result.core[MIEN_ANGER]); /* people trust the face more */
}

static void order_does_not_matter_and_sums_are_one(void **state) {
  fuse_part parts[] = {part(MIEN_TEXT, MIEN_JOY, 0.9f), part(MIEN_VOICE, MIEN_ANGER, 0.5f),
                       part(MIEN_FACE, MIEN_SADNESS, 0.7f), part(MIEN_BODY, MIEN_FEAR, 0.3f)};
  fuse_part turned[] = {parts[2], parts[0], parts[3], parts[1]};
  for (unsigned subset = 1; subset < 16; subset++) {
    fuse_part some[4], other[4];
    size_t n = 0, m = 0;
    for (int i = 0; i < 4; i++)
      if (subset >> parts[i].modality & 1) some[n++] = parts[i];
    for (int i = 0; i < 4; i++)
      if (subset >> turned[i].modality & 1) other[m++] = turned[i];
    fuse_result a, b;
    assert_int_equal(fuse_pool(some, n, &a), MIEN_OK);
    assert_int_equal(fuse_pool(other, m, &b), MIEN_OK);
    assert_memory_equal(a.core, b.core, sizeof a.core);
    float sum = 0, from = 0;
    for (int k = 0; k < MIEN_CORE; k++) sum += a.core[k];
    for (int k = 0; k < MIEN_MODALITIES; k++) {
      from += a.from[k];
      if (!(subset >> k & 1)) assert_true(a.from[k] == 0);
    }
    assert_float_equal(sum, 1, 1e-5);
    assert_float_equal(from, 1, 1e-5);
  }
}

static void weight_falls_with_age_quality_and_abstention(void **state) {
  fuse_part parts[] = {part(MIEN_VOICE, MIEN_ANGER, 0.6f), part(MIEN_FACE, MIEN_JOY, 0.6f)};
  fuse_result fresh, old, poor, abstaining;
  fuse_pool(parts, 2, &fresh);
  parts[1].age = 3;
  fuse_pool(parts, 2, &old);
  parts[1].age = 0;
  parts[1].quality = 0.3f;
  fuse_pool(parts, 2, &poor);
  parts[1].quality = 1;
  parts[1].abstains = true;
  fuse_pool(parts, 2, &abstaining);
  assert_true(old.from[MIEN_FACE] < fresh.from[MIEN_FACE]);
  assert_true(poor.from[MIEN_FACE] < fresh.from[MIEN_FACE]);
  assert_true(abstaining.from[MIEN_FACE] < fresh.from[MIEN_FACE]);
  assert_false(abstaining.abstains);
  parts[0].abstains = true;
  fuse_pool(parts, 2, &abstaining);
  assert_true(abstaining.abstains);
  parts[0].age = FUSE_WINDOW + 0.1;
  parts[1].age = NAN;
  assert_int_equal(fuse_pool(parts, 2, &fresh), MIEN_EEMPTY);
  assert_int_equal(fuse_pool(NULL, 0, &fresh), MIEN_EEMPTY);
}

static void a_body_tells_arousal_and_no_label(void **state) {
  fuse_part parts[] = {part(MIEN_FACE, MIEN_JOY, 0.7f), part(MIEN_BODY, MIEN_NEUTRAL, 1.0f / MIEN_CORE)};
  parts[0].dims[MIEN_AROUSAL] = 0.0f, parts[1].dims[MIEN_AROUSAL] = 0.6f;
  parts[1].dims_only = parts[1].abstains = true;
  fuse_result face, both, body;
  assert_int_equal(fuse_pool(parts, 1, &face), MIEN_OK);
  assert_int_equal(fuse_pool(parts, 2, &both), MIEN_OK);
  assert_int_equal(fuse_pool(parts + 1, 1, &body), MIEN_OK);
  for (int k = 0; k < MIEN_CORE; k++) {
    assert_float_equal(both.core[k], face.core[k], 1e-6);
    assert_float_equal(body.core[k], 1.0f / MIEN_CORE, 1e-6);
  }
  assert_true(both.dims[MIEN_AROUSAL] > 0.05f && both.dims[MIEN_AROUSAL] < 0.6f);
  assert_float_equal(both.dims[MIEN_VALENCE], face.dims[MIEN_VALENCE], 1e-6);
  assert_float_equal(body.dims[MIEN_VALENCE], 0, 1e-6);
  assert_true(both.from[MIEN_BODY] > 0 && both.from[MIEN_BODY] < 0.3f);
  assert_true(body.abstains && !both.abstains && body.reliability == 0 && isnan(both.masking));
}

static void dims_lean_on_who_knows_them(void **state) {
  fuse_part parts[] = {part(MIEN_VOICE, MIEN_NEUTRAL, 0.5f), part(MIEN_FACE, MIEN_NEUTRAL, 0.5f)};
  for (int d = 0; d < MIEN_DIMS; d++) parts[0].dims[d] = 0.5f, parts[1].dims[d] = -0.5f;
  parts[1].quality = 0.4f; /* so that both weigh about the same */
  fuse_result result;
  fuse_pool(parts, 2, &result);
  assert_true(result.dims[MIEN_AROUSAL] > result.dims[MIEN_VALENCE]);
  fuse_result alone;
  fuse_pool(parts, 1, &alone);
  for (int d = 0; d < MIEN_DIMS; d++) assert_true(result.variance[d] < alone.variance[d]);
}

static void masking_is_words_against_manner(void **state) {
  fuse_part parts[] = {part(MIEN_TEXT, MIEN_JOY, 0.97f), part(MIEN_VOICE, MIEN_JOY, 0.8f)};
  fuse_result result;
  fuse_pool(parts, 2, &result);
  assert_true(result.masking < 0.01f);
  parts[1] = part(MIEN_VOICE, MIEN_ANGER, 0.97f);
  fuse_pool(parts, 2, &result);
  assert_true(result.masking > 0.95f);
  parts[1] = part(MIEN_VOICE, MIEN_ANGER, 0.35f); /* an unsure voice proves nothing */
  fuse_pool(parts, 2, &result);
  assert_true(result.masking < 0.5f);
}

static void sarcasm_is_raised_by_positive_words_in_a_negative_manner(void **state) {
  fuse_part parts[] = {part(MIEN_TEXT, MIEN_JOY, 0.97f), part(MIEN_VOICE, MIEN_ANGER, 0.97f)};
  fuse_result result, alone;
  fuse_pool(parts, 2, &result);
  float raised = fuse_sarcasm(0.1f, result.incongruity);
  assert_true(raised > 0.5f && raised < 0.8f);
  assert_true(fuse_sarcasm(NAN, result.incongruity) < raised);
  parts[1] = part(MIEN_FACE, MIEN_NEUTRAL, 0.97f); /* flat: half as much */
  fuse_pool(parts, 2, &result);
  float flat = fuse_sarcasm(0.1f, result.incongruity);
  assert_true(flat > 0.2f && flat < 0.5f);
  static const int congruent[][2] = {
      {MIEN_JOY, MIEN_JOY}, {MIEN_ANGER, MIEN_ANGER}, {MIEN_ANGER, MIEN_JOY}, {MIEN_JOY, MIEN_SURPRISE}};
  for (size_t i = 0; i < BASE_COUNT(congruent); i++) {
    parts[0] = part(MIEN_TEXT, congruent[i][0], 0.97f);
    parts[1] = part(MIEN_VOICE, congruent[i][1], 0.97f);
    fuse_pool(parts, 2, &result);
    assert_true(fuse_sarcasm(0.1f, result.incongruity) < 0.2f);
  }
  parts[0] = part(MIEN_TEXT, MIEN_JOY, 0.9f);
  parts[1] = part(MIEN_VOICE, MIEN_ANGER, 0.35f); /* an unsure voice proves nothing */
  fuse_pool(parts, 2, &result);
  assert_true(fuse_sarcasm(0.1f, result.incongruity) < 0.4f);
  fuse_pool(parts, 1, &alone); /* words alone: as they were */
  assert_true(isnan(alone.incongruity) && isnan(fuse_sarcasm(NAN, alone.incongruity)));
  assert_float_equal(fuse_sarcasm(0.3f, alone.incongruity), 0.3f, 1e-6);
  for (float words = 0; words <= 1; words += 0.1f) /* never lowered */
    for (float gap = 0; gap <= 1; gap += 0.1f) assert_true(fuse_sarcasm(words, gap) >= words - 1e-6f);
}

static void divergence_is_bounded_and_symmetric(void **state) {
  fuse_part a = part(MIEN_TEXT, MIEN_JOY, 1), b = part(MIEN_TEXT, MIEN_FEAR, 1);
  assert_float_equal(fuse_divergence(a.core, a.core), 0, 1e-6);
  assert_float_equal(fuse_divergence(a.core, b.core), 1, 1e-6);
  b = part(MIEN_TEXT, MIEN_FEAR, 0.5f);
  assert_float_equal(fuse_divergence(a.core, b.core), fuse_divergence(b.core, a.core), 1e-6);
}

static void sets_grow_as_sureness_falls(void **state) {
  int last = 0;
  for (float share = 0.99f; share > 0.15f; share -= 0.01f) {
    mien_reading reading;
    base_reading_init(&reading, MIEN_FUSED);
    fuse_part made = part(MIEN_TEXT, MIEN_ANGER, share);
    memcpy(reading.core, made.core, sizeof reading.core);
    fuse_calibrate(&reading, &(fuse_result){.abstains = false});
    assert_float_equal(reading.confidence, share, 1e-6);
    assert_true(reading.set >> MIEN_ANGER & 1);
    assert_true(__builtin_popcount(reading.set) >= last);
    last = __builtin_popcount(reading.set);
    assert_true((reading.abstain != NULL) == (last > 4));
  }
  assert_int_equal(last, MIEN_CORE);
}

static void none_is_surer_than_people_were(void **state) {
  fuse_part parts[] = {part(MIEN_TEXT, MIEN_NEUTRAL, 0.99f), part(MIEN_VOICE, MIEN_NEUTRAL, 0.9f),
                       part(MIEN_FACE, MIEN_NEUTRAL, 0.9f)};
  fuse_result result;
  mien_reading reading;
  base_reading_init(&reading, MIEN_FUSED);
  fuse_pool(parts, 3, &result);
  memcpy(reading.core, result.core, sizeof reading.core);
  fuse_calibrate(&reading, &result);
  assert_true(reading.confidence > 0.9f && reading.confidence < 0.98f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_alone_comes_out_as_it_went_in),
      cmocka_unit_test(agreement_makes_surer_and_dissent_less_sure),
      cmocka_unit_test(order_does_not_matter_and_sums_are_one),
      cmocka_unit_test(weight_falls_with_age_quality_and_abstention),
      cmocka_unit_test(a_body_tells_arousal_and_no_label),
      cmocka_unit_test(dims_lean_on_who_knows_them),
      cmocka_unit_test(masking_is_words_against_manner),
      cmocka_unit_test(sarcasm_is_raised_by_positive_words_in_a_negative_manner),
      cmocka_unit_test(divergence_is_bounded_and_symmetric),
      cmocka_unit_test(sets_grow_as_sureness_falls),
      cmocka_unit_test(none_is_surer_than_people_were),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
