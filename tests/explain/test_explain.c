/* explain/: phrases, ranking, the cues of a state, the plain line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "explain/explain.h"

static mien_cue cue(const char *kind, const char *text, float z, float weight, int toward, int at) {
  mien_cue made = {.z = z, .weight = weight, .toward = toward, .at = at};
  snprintf(made.kind, sizeof made.kind, "%s", kind);
  snprintf(made.text, sizeof made.text, "%s", text);
  return made;
}

static const float angry[MIEN_CORE] = {0.1f, 0.02f, 0.1f, 0.7f, 0.03f, 0.03f, 0.02f};

static void phrases(void **state) {
  mien_cue pitch = cue("pitch", "pitch 210 Hz", 2.06f, 0.1f, MIEN_ANGER, -1);
  explain_measured(&pitch, angry, true);
  assert_string_equal(pitch.text, "pitch 2.1 sd above this person's usual");
  assert_float_equal(pitch.weight, 0.1f, 1e-6); /* it came with one */
  mien_cue rate = cue("rate", "", -1.5f, NAN, -1, -1);
  explain_measured(&rate, angry, false);
  assert_string_equal(rate.text, "speech rate 1.5 sd below what is usual");
  mien_cue usual = cue("pitch", "pitch 120 Hz", 0.2f, NAN, -1, -1);
  explain_measured(&usual, angry, true);
  assert_string_equal(usual.text, "pitch 120 Hz");
  mien_cue brows = cue("brows_lowered", "", 2, NAN, -1, -1);
  explain_measured(&brows, angry, true);
  assert_true(brows.weight > 0.4f && brows.weight < 0.6f && brows.toward == MIEN_ANGER);
  mien_cue smile = cue("smile", "", 2, NAN, MIEN_JOY, -1);
  explain_measured(&smile, angry, true);
  assert_true(smile.weight < 0 && smile.toward == MIEN_JOY); /* speaks against the anger */
  mien_cue word = cue("word", "useless", 3, 0.3f, MIEN_ANGER, 4);
  explain_measured(&word, angry, true);
  assert_string_equal(word.text, "useless");
  mien_cue longest = cue("kind_of_twentythree_chr", "", -1e9f, NAN, -1, -1);
  explain_measured(&longest, angry, true);
  assert_true(strlen(longest.text) < sizeof longest.text);
}

static void ranking_is_by_size_and_stable(void **state) {
  mien_cue cues[] = {cue("a", "", 0, NAN, -1, -1), cue("b", "", 0, 0.2f, -1, -1),
                     cue("c", "", 0, -0.5f, -1, -1), cue("d", "", 0, 0.2f, -1, -1),
                     cue("e", "", 0, 0, -1, -1)};
  explain_rank(cues, BASE_COUNT(cues));
  const char *order = "cbdea";
  for (size_t i = 0; i < BASE_COUNT(cues); i++) assert_int_equal(cues[i].kind[0], order[i]);
  explain_rank(NULL, 0);
}

static void a_state_has_the_strongest_cues_of_its_readings(void **state) {
  mien_cue words[12], voice[2] = {cue("pitch", "p", 2, 0.5f, MIEN_ANGER, -1),
                                  cue("rate", "r", 2, NAN, -1, -1)};
  for (int i = 0; i < 12; i++) words[i] = cue("word", "w", NAN, 0.1f * (float)(i + 1), MIEN_JOY, i);
  words[11].toward = MIEN_ANGER;
  const mien_cue *cues[MIEN_MODALITIES] = {words, voice};
  size_t counts[MIEN_MODALITIES] = {12, 2};
  float from[MIEN_MODALITIES] = {0.4f, 0.6f};
  mien_cue merged[EXPLAIN_STATE_CUES];
  assert_int_equal(explain_merge(cues, counts, from, angry, merged), EXPLAIN_STATE_CUES);
  assert_int_equal(merged[0].at, 11);
  assert_float_equal(merged[0].weight, 0.48f, 1e-5);
  assert_string_equal(merged[1].kind, "pitch");
  assert_int_equal(merged[2].at, 10);
  from[MIEN_TEXT] = 0;
  assert_int_equal(explain_merge(cues, counts, from, angry, merged), 1);
  const mien_cue *none[MIEN_MODALITIES] = {NULL};
  assert_int_equal(explain_merge(none, counts, from, angry, merged), 0);
}

static void the_line_is_plain_and_never_too_long(void **state) {
  mien_reading reading;
  base_reading_init(&reading, MIEN_FUSED);
  memcpy(reading.core, angry, sizeof angry);
  reading.confidence = 0.7f;
  reading.states[MIEN_FRUSTRATION] = 0.8f;
  mien_cue cues[] = {cue("word", "useless", NAN, 0.5f, MIEN_ANGER, 3),
                     cue("pitch", "pitch 2.1 sd above this person's usual", 2.1f, 0.2f, -1, -1),
                     cue("word", "thanks", NAN, -0.2f, MIEN_JOY, 30),
                     cue("word", "so", NAN, 0.01f, MIEN_ANGER, 40)};
  reading.cues = cues;
  reading.cue_count = BASE_COUNT(cues);
  char line[512];
  size_t bytes = explain_line(&reading, line, sizeof line);
  assert_string_equal(line,
                      "anger is expressed, with frustration (70 % sure): the word \"useless\" "
                      "speaks for anger; pitch 2.1 sd above this person's usual");
  assert_int_equal(bytes, strlen(line));
  for (size_t capacity = 0; capacity < bytes + 2; capacity++) {
    char small[512];
    memset(small, 'x', sizeof small);
    assert_int_equal(explain_line(&reading, small, capacity), bytes);
    assert_int_equal(small[capacity], 'x');
    if (capacity) assert_int_equal(strlen(small), BASE_MIN(capacity - 1, bytes));
  }
  reading.abstain = "too little was said";
  explain_line(&reading, line, sizeof line);
  assert_string_equal(line, "not read: too little was said");
  assert_int_equal(explain_line(&reading, NULL, 0), strlen(line));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(phrases),
      cmocka_unit_test(ranking_is_by_size_and_stable),
      cmocka_unit_test(a_state_has_the_strongest_cues_of_its_readings),
      cmocka_unit_test(the_line_is_plain_and_never_too_long),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
