/* A reading as JSON: the shape of docs/readings.md, whatever is in the reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/base.h"

static char json[65536];

static json_t *parse(const mien_reading *reading) {
  size_t bytes = mien_reading_json(reading, json, sizeof json);
  assert_int_equal(bytes, strlen(json));
  assert_null(strchr(json, '\n'));
  json_error_t error;
  json_t *parsed = json_loads(json, JSON_REJECT_DUPLICATES, &error);
  if (!parsed) print_error("%s: %s\n", error.text, json);
  assert_non_null(parsed);
  return parsed;
}

static void has_keys(json_t *object, const char *keys) {
  char list[512];
  size_t count = 0;
  snprintf(list, sizeof list, "%s", keys);
  for (char *key = strtok(list, " "); key; key = strtok(NULL, " "), count++)
    if (!json_object_get(object, key)) fail_msg("%s is missing in %s", key, json);
  assert_int_equal(json_object_size(object), count);
}

static mien_reading text_reading(const mien_cue *cue) {
  mien_reading reading;
  base_reading_init(&reading, MIEN_TEXT);
  static const float core[] = {0.05f, 0.01f, 0.10f, 0.71f, 0.02f, 0.09f, 0.02f};
  memcpy(reading.core, core, sizeof core);
  for (int i = 0; i < MIEN_FINE; i++) reading.fine[i] = 0.01f;
  reading.fine[3] = 0.81f;
  reading.fine[2] = 0.05f;
  reading.dims[MIEN_VALENCE] = -0.62f;
  reading.flags[MIEN_SARCASM] = 0.12f;
  reading.who = "customer";
  reading.t0 = 12.4;
  reading.t1 = 15;
  reading.confidence = 0.74f;
  strcpy(reading.language, "eng");
  reading.set = 1 << MIEN_ANGER | 1 << MIEN_DISGUST;
  reading.cues = cue;
  reading.cue_count = cue ? 1 : 0;
  return reading;
}

static void text_is_as_the_page_says(void **state) {
  mien_cue cue = {.kind = "word",
                  .text = "use\"less\n",
                  .t0 = 13.9,
                  .t1 = 14.3,
                  .value = NAN,
                  .z = NAN,
                  .weight = 0.31f,
                  .toward = MIEN_ANGER,
                  .at = 20,
                  .length = 7};
  mien_reading reading = text_reading(&cue);
  json_t *parsed = parse(&reading);
  has_keys(
      parsed,
      "modality who t0 t1 final core fine extra dims flags confidence set abstain quality language cues");
  has_keys(json_object_get(parsed, "core"), "neutral joy sadness anger fear disgust surprise");
  has_keys(json_object_get(parsed, "fine"), "anger annoyance");
  has_keys(json_object_get(parsed, "extra"), "");
  has_keys(json_object_get(parsed, "dims"), "valence arousal dominance");
  has_keys(json_object_get(parsed, "flags"), "sarcasm");
  json_t *first = json_array_get(json_object_get(parsed, "cues"), 0);
  has_keys(first, "kind text t0 t1 value unit z toward weight at length");
  assert_string_equal(json_string_value(json_object_get(first, "text")), "use\"less\n");
  assert_true(json_is_null(json_object_get(first, "value")));
  assert_string_equal(json_string_value(json_array_get(json_object_get(parsed, "set"), 1)),
                      "disgust");
  assert_string_equal(json_string_value(json_object_get(parsed, "language")), "eng");
  assert_true(json_is_null(json_object_get(parsed, "abstain")));
  assert_true(json_is_null(json_object_get(json_object_get(parsed, "dims"), "arousal")));
  assert_float_equal(json_number_value(json_object_get(json_object_get(parsed, "dims"), "valence")),
                     -0.62, 1e-9);
  assert_float_equal(json_number_value(json_object_get(parsed, "t0")), 12.4, 1e-9);
  json_decref(parsed);
}

static void faces_and_states_have_their_own_keys(void **state) {
  mien_reading reading;
  base_reading_init(&reading, MIEN_FACE);
  reading.track = 3;
  json_t *parsed = parse(&reading);
  has_keys(parsed,
           "modality who t0 t1 final core fine extra dims flags confidence set abstain quality "
           "track box cues");
  assert_true(json_is_null(json_object_get(parsed, "box")));
  assert_true(json_is_null(json_object_get(parsed, "who")));
  json_decref(parsed);
  for (int i = 0; i < 4; i++) reading.box[i] = 10.25f;
  parsed = parse(&reading);
  assert_int_equal(json_array_size(json_object_get(parsed, "box")), 4);
  json_decref(parsed);

  base_reading_init(&reading, MIEN_FUSED);
  reading.forecast[MIEN_AROUSAL] = 0.9f;
  reading.forecast_error[MIEN_AROUSAL] = 0.5f;
  parsed = parse(&reading);
  has_keys(parsed,
           "modality who t0 t1 final core fine extra dims flags confidence set abstain quality "
           "states trend forecast from cues");
  has_keys(json_object_get(parsed, "states"), "frustration confusion boredom engagement excitement "
                                              "stress satisfaction disappointment");
  has_keys(json_object_get(parsed, "from"), "text voice face body");
  json_t *arousal = json_object_get(json_object_get(parsed, "forecast"), "arousal");
  has_keys(arousal, "value low high");
  assert_true(json_number_value(json_object_get(arousal, "high")) == 1);
  assert_float_equal(json_number_value(json_object_get(arousal, "low")), 0.9 - 0.8225, 1e-3);
  json_decref(parsed);
}

static void any_reading_is_valid_json(void **state) {
  srand(3);
  static const float odd[] = {NAN, INFINITY, -INFINITY, 0, -0.0f, 1e30f, -1e30f, 1e-30f, 0.99996f,
                              -0.00001f, 0.5f, 1};
  static mien_cue cues[3];
  for (int round = 0; round < 2000; round++) {
    mien_reading reading;
    base_reading_init(&reading, rand() % 7 - 1);
    float *fields[] = {reading.core, reading.fine, reading.extra, reading.dims, reading.flags,
                       reading.states, reading.box, reading.trend, reading.forecast,
                       reading.forecast_error, reading.from, &reading.confidence, &reading.quality};
    static const int sizes[] = {MIEN_CORE,       MIEN_FINE, MIEN_EXTRA, MIEN_DIMS, MIEN_FLAGS,
                                MIEN_STATES,     4,         MIEN_DIMS,  MIEN_DIMS, MIEN_DIMS,
                                MIEN_MODALITIES, 1,         1};
    for (size_t f = 0; f < BASE_COUNT(fields); f++)
      for (int i = 0; i < sizes[f]; i++) fields[f][i] = odd[(size_t)rand() % BASE_COUNT(odd)];
    reading.t0 = (double)odd[(size_t)rand() % BASE_COUNT(odd)];
    reading.set = (unsigned)rand();
    for (size_t i = 0; i < sizeof reading.language; i++) reading.language[i] = (char)(rand() % 4 ? rand() : 0);
    reading.track = rand() - rand();
    for (size_t i = 0; i < BASE_COUNT(cues); i++) {
      for (size_t k = 0; k < sizeof cues[i].text - 1; k++)
        cues[i].text[k] = (char)(rand() % 255 + 1);
      for (size_t k = 0; k < sizeof cues[i].kind - 1; k++)
        cues[i].kind[k] = (char)(rand() % 255 + 1);
      cues[i].toward = rand() % 30 - 10;
      cues[i].value = odd[(size_t)rand() % BASE_COUNT(odd)];
      cues[i].at = rand() - rand();
    }
    reading.cues = cues;
    reading.cue_count = (size_t)rand() % 4;
    reading.abstain = rand() % 2 ? "no \"label\" \x01\xff" : NULL;
    json_decref(parse(&reading));
    assert_null(strstr(json, ":nan"));
    assert_null(strstr(json, ":inf"));
    assert_null(strstr(json, "-0,"));
  }
  assert_int_equal(mien_reading_json(NULL, json, sizeof json), 4);
}

static void what_does_not_fit_is_not_written(void **state) {
  mien_reading reading = text_reading(NULL);
  size_t bytes = mien_reading_json(&reading, NULL, 0);
  char *whole = malloc(bytes + 1), *cut = malloc(bytes + 2);
  assert_int_equal(mien_reading_json(&reading, whole, bytes + 1), bytes);
  for (size_t capacity = 0; capacity <= bytes; capacity++) {
    memset(cut, '#', bytes + 2);
    assert_int_equal(mien_reading_json(&reading, cut, capacity), bytes);
    assert_int_equal(cut[capacity], '#');
    if (!capacity) continue;
    assert_int_equal(cut[capacity - 1], 0);
    assert_memory_equal(cut, whole, capacity - 1);
  }
  free(whole);
  free(cut);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_is_as_the_page_says),
      cmocka_unit_test(faces_and_states_have_their_own_keys),
      cmocka_unit_test(any_reading_is_valid_json),
      cmocka_unit_test(what_does_not_fit_is_not_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
