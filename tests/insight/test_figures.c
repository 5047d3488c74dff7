/* test_figures.c: collections whose truth is known: what was planted is found, what was not is not. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "insight/parts.h"

static uint64_t seed = 1;
static double uniform(void) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return ((double)(seed >> 33) + 0.5) / 2147483648.0;
}
static int poisson(double mean) {
  int k = 0;
  for (double p = uniform(), limit = exp(-mean); p > limit; p *= uniform()) k++;
  return k;
}
/* Counts whose variance is 1 + mean/shape times their mean. */
static int uneven(double mean, int shape) {
  double g = 0;
  for (int i = 0; i < shape; i++) g -= log(uniform());
  return poisson(mean * g / shape);
}

static void add(insight *in, const char *text, double time, const char *segment, int top) {
  mien_reading reading;
  assert_int_equal(insight_add(in, &(insight_row){text, strlen(text), time, {segment, NULL, NULL}}, NULL), MIEN_OK);
  base_reading_init(&reading, MIEN_TEXT);
  for (int k = 0; k < MIEN_CORE; k++) reading.core[k] = k == top ? 0.88f : 0.02f;
  reading.dims[MIEN_VALENCE] = top == MIEN_JOY ? 0.7f : top == MIEN_NEUTRAL ? 0.0f : -0.6f;
  reading.dims[MIEN_AROUSAL] = 0.1f;
  reading.confidence = 0.8f;
  insight_set(in, insight_count(in) - 1, &reading);
}

static json_t *figures(insight *in, const insight_ask *ask) {
  base_text out = {0};
  assert_int_equal(insight_figures(in, ask, &out, NULL), MIEN_OK);
  json_t *f = json_loadb(out.data, out.length, 0, NULL);
  assert_non_null(f);
  base_text_clear(&out);
  return f;
}

static const char *const talk[] = {"the screen is on the left side", "my phone arrived with a cable", "we use the camera at home", "there is a button below the screen", "the box had a manual in it"};

static insight *sixty_days(bool planted) {
  insight *in;
  char text[120];
  assert_int_equal(insight_open(&in, NULL), MIEN_OK);
  for (int day = 0; day < 60; day++) {
    double at = 1772323200 + day * 86400.0;
    for (int i = poisson(12); i > 0; i--) add(in, talk[(int)(uniform() * 5)], at + 60 * i, uniform() < 0.5 ? "north" : "south", uniform() < 0.2 ? MIEN_ANGER : uniform() < 0.4 ? MIEN_JOY : MIEN_NEUTRAL);
    for (int i = 0; planted && day == 40 && i < 30; i++) {
      snprintf(text, sizeof text, "since the update the login fails, mail me at person%d@example.org or 0171 5551234", i);
      add(in, text, at + 3600, "south", MIEN_ANGER);
    }
  }
  return in;
}

static void a_planted_spike_is_found(void **state) {
  (void)state;
  insight *in = sixty_days(true);
  json_t *f = figures(in, &(insight_ask)INSIGHT_ASK), *spikes = json_object_get(f, "spikes"), *one, *other;
  size_t i, k;
  bool volume = false, anger = false, word = false;
  json_array_foreach(spikes, i, one) {
    assert_string_equal(json_string_value(json_object_get(one, "from")), "2026-04-10T00:00:00Z");
    volume |= !strcmp(json_string_value(json_object_get(one, "what")), "volume");
    anger |= !strcmp(json_string_value(json_object_get(one, "what")), "anger");
    json_array_foreach(json_object_get(one, "words"), k, other) word |= !strcmp(json_string_value(json_object_get(other, "word")), "update");
    assert_int_equal(json_array_size(json_object_get(one, "examples")), EXAMPLES);
    const char *text = json_string_value(json_object_get(json_array_get(json_object_get(one, "examples"), 0), "text"));
    assert_null(strstr(text, "@"));
    assert_null(strstr(text, "5551234"));
    assert_non_null(strstr(text, "login fails"));
  }
  assert_true(volume && anger && word);
  json_decref(f);
  insight_close(&in);
}

/* 400 series of Poisson and 400 of overdispersed counts without any spike: at most 1 in 20 may have one. */
static void quiet_collections_have_no_spikes(void **state) {
  (void)state;
  enum { BINS = 60, TRIES = 400 };
  double texts[BINS], labels[BINS * MIEN_CORE];
  spike spikes[4];
  size_t floor = 5;
  int false_poisson = 0, false_uneven = 0;
  for (int kind = 0; kind < 2; kind++)
    for (int t = 0; t < TRIES; t++) {
      for (int b = 0; b < BINS; b++) {
        texts[b] = kind ? uneven(15, 8) : poisson(15);
        memset(&labels[b * MIEN_CORE], 0, MIEN_CORE * sizeof *labels);
        for (int i = 0; i < (int)texts[b]; i++) labels[b * MIEN_CORE + (int)(uniform() * uniform() * MIEN_CORE)]++;
      }
      *(kind ? &false_uneven : &false_poisson) += insight_scan(texts, labels, BINS, floor, spikes, 4) > 0;
    }
  print_message("false spikes: %d of %d (Poisson), %d of %d (uneven)\n", false_poisson, TRIES, false_uneven, TRIES);
  assert_true(false_poisson <= 0.05 * TRIES + 8);
  assert_true(false_uneven <= 0.05 * TRIES + 8);
}

static void a_planted_aspect_is_found_with_its_emotion(void **state) {
  (void)state;
  insight *in = sixty_days(false);
  for (int i = 0; i < 40; i++) add(in, i % 2 ? "the battery life is short" : "about battery life I say nothing good", 1772323200 + i * 86400.0, "north", MIEN_ANGER);
  json_t *f = figures(in, &(insight_ask)INSIGHT_ASK), *one;
  size_t i;
  bool found = false, alone = false;
  json_array_foreach(json_object_get(f, "aspects"), i, one) {
    alone |= !strcmp(json_string_value(json_object_get(one, "aspect")), "battery");
    if (strcmp(json_string_value(json_object_get(one, "aspect")), "battery life")) continue;
    found = true;
    assert_int_equal(json_integer_value(json_object_get(one, "texts")), 40);
    assert_true(json_number_value(json_object_get(json_object_get(one, "difference"), "valence")) < -0.4);
    assert_true(json_number_value(json_object_get(json_object_get(one, "difference"), "q")) < 0.001);
  }
  assert_true(found && !alone);
  insight_ask ask = INSIGHT_ASK;
  ask.aspect = "battery life";
  json_t *of = figures(in, &ask);
  assert_int_equal(json_integer_value(json_object_get(json_object_get(of, "overall"), "texts")), 40);
  json_decref(of);
  json_decref(f);
  insight_close(&in);
}

static void small_groups_are_hidden(void **state) {
  (void)state;
  insight *in;
  assert_int_equal(insight_open(&in, NULL), MIEN_OK);
  for (int i = 0; i < 30; i++) add(in, talk[i % 5], 1772323200, i < 20 ? "large" : i < 26 ? "middle" : "secret", MIEN_JOY); /* 20, 6, 4 */
  insight_ask ask = INSIGHT_ASK;
  ask.by = INSIGHT_BY_SEGMENT;
  json_t *f = figures(in, &ask), *groups = json_object_get(f, "groups"), *one;
  size_t i, hidden = 0;
  assert_int_equal(json_array_size(groups), 3);
  json_array_foreach(groups, i, one) {
    bool is = json_is_true(json_object_get(one, "hidden"));
    hidden += is;
    assert_int_equal(json_object_get(one, "texts") == NULL, is);
    assert_int_equal(json_object_get(one, "words") == NULL, is);
  }
  assert_int_equal(hidden, 2); /* "middle" as well: or "secret" would be all less the rest */
  json_decref(f);
  ask.facet[INSIGHT_SEGMENT] = "secret";
  f = figures(in, &ask);
  assert_true(json_is_true(json_object_get(f, "hidden")));
  assert_int_equal(json_object_size(json_object_get(f, "overall")), 0);
  assert_null(json_object_get(f, "spikes"));
  json_array_foreach(json_object_get(json_object_get(f, "values"), "segment"), i, one) assert_string_not_equal(json_string_value(one), "secret");
  json_decref(f);
  ask.floor = 3;
  f = figures(in, &ask);
  assert_int_equal(json_integer_value(json_object_get(json_object_get(f, "overall"), "texts")), 4);
  json_decref(f);
  insight_close(&in);
}

static void rows_come_back_as_they_were_kept(void **state) {
  (void)state;
  insight *in = sixty_days(true), *again;
  base_text one = {0}, other = {0};
  assert_int_equal(insight_open(&again, NULL), MIEN_OK);
  for (size_t i = 0; i < insight_count(in); i++) {
    base_text_reset(&one);
    insight_row_write(in, i, &one);
    assert_int_equal(insight_row_restore(again, one.data, one.length, NULL), MIEN_OK);
  }
  base_text_reset(&one);
  insight_ask ask = INSIGHT_ASK;
  ask.by = INSIGHT_BY_PERIOD;
  assert_int_equal(insight_figures(in, &ask, &one, NULL), MIEN_OK);
  assert_int_equal(insight_figures(again, &ask, &other, NULL), MIEN_OK);
  assert_string_equal(one.data, other.data);
  assert_int_equal(insight_row_restore(again, "[1,2]", 5, NULL), MIEN_EFORMAT);
  base_text_reset(&other);
  assert_int_equal(insight_csv(one.data, one.length, &other, NULL), MIEN_OK);
  assert_int_equal(insight_csv("[]", 2, &other, NULL), MIEN_EFORMAT);
  base_text_clear(&one);
  base_text_clear(&other);
  insight_close(&in);
  insight_close(&again);
}

static void hostile_values_stay_text(void **state) {
  (void)state;
  insight *in;
  base_text json = {0}, page = {0}, csv = {0};
  assert_int_equal(insight_open(&in, NULL), MIEN_OK);
  for (int i = 0; i < 20; i++) add(in, "<script>alert(1)</script> =cmd|' /C calc'!A0", 1772323200 + i * 86400.0, i % 2 ? "=HYPERLINK(\"http://x\")" : "<img src=x onerror=alert(1)>", MIEN_ANGER);
  insight_ask ask = INSIGHT_ASK;
  ask.by = INSIGHT_BY_SEGMENT;
  assert_int_equal(insight_figures(in, &ask, &json, NULL), MIEN_OK);
  assert_int_equal(insight_page(json.data, json.length, "</title><script>", &page, NULL), MIEN_OK);
  assert_null(strstr(page.data, "<script"));
  assert_null(strstr(page.data, "<img"));
  assert_int_equal(insight_csv(json.data, json.length, &csv, NULL), MIEN_OK);
  assert_null(strstr(csv.data, "\"=HYPER"));
  assert_non_null(strstr(csv.data, "\"'=HYPER"));
  base_text_clear(&json);
  base_text_clear(&page);
  base_text_clear(&csv);
  insight_close(&in);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_planted_spike_is_found), cmocka_unit_test(quiet_collections_have_no_spikes), cmocka_unit_test(a_planted_aspect_is_found_with_its_emotion),
                                     cmocka_unit_test(small_groups_are_hidden), cmocka_unit_test(rows_come_back_as_they_were_kept), cmocka_unit_test(hostile_values_stay_text)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
