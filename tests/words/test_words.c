/* words/: the shipped sample's speech to words, and what surrounds it. Without the speech model only
 * its absence is tested. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "media/media.h"
#include "words/endpoint.h"
#include "words/words.h"

static bool have_model(void) {
  return access("/usr/share/pocketsphinx/model/en-us/en-us.lm.bin", R_OK) == 0;
}

static void an_absent_model_is_named_with_its_remedy(void **state) {
  words_recogniser *recogniser;
  mien_error error = {0};
  assert_int_equal(words_recogniser_open(&recogniser, NULL, "/no/such/model", &error),
                   MIEN_EUNSUPPORTED);
  assert_null(recogniser);
  assert_non_null(strstr(error.where, "/no/such/model"));
  assert_non_null(strstr(error.remedy, "apt install pocketsphinx-en-us"));
}

/* Feeds [from, until) of the sample's second channel in odd pieces; every word as "word time". */
static void recognise(words_recogniser *recogniser, double from, double until, base_text *to,
                      double *first, double *last) {
  char path[1024];
  media_options options;
  media_options_init(&options);
  options.pictures = false;
  media_reader *reader;
  snprintf(path, sizeof path, "%s/samples/call.opus", getenv("MIEN_SOURCE_ROOT"));
  assert_int_equal(media_open(&reader, path, &options, NULL), MIEN_OK);
  media_item item;
  while (media_next(reader, &item, NULL) == MIEN_OK) {
    if (item.kind != MEDIA_AUDIO || item.channel != 1 || item.at < from || item.at >= until) continue;
    size_t half = item.count / 3;
    words_recogniser_feed(recogniser, item.pcm, half, item.at);
    words_recogniser_feed(recogniser, item.pcm + half, item.count - half,
                          item.at + (double)half / MEDIA_RATE);
  }
  media_close(&reader);
  assert_int_equal(words_recogniser_finish(recogniser), MIEN_OK);
  words_word word;
  int code, ended = 0;
  *first = INFINITY, *last = -INFINITY;
  while ((code = words_recogniser_next(recogniser, &word)) == MIEN_OK) {
    assert_true(word.t1 > word.t0 && word.confidence >= 0 && word.confidence <= 1);
    assert_null(strpbrk(word.text, "<>[]()"));
    base_text_printf(to, "%s ", word.text);
    *first = BASE_MIN(*first, word.t0);
    *last = BASE_MAX(*last, word.t1);
    ended = word.last;
  }
  assert_int_equal(code, MIEN_EEND);
  assert_true(to->length == 0 || ended);
}

static void speech_becomes_words_in_their_place(void **state) {
  if (!have_model()) skip();
  words_recogniser *one, *two;
  assert_int_equal(words_recogniser_open(&one, NULL, NULL, NULL), MIEN_OK);
  assert_int_equal(words_recogniser_open(&two, NULL, NULL, NULL), MIEN_OK);
  base_text text = {0}, again = {0};
  double first, last; /* "Sure, I can look at that. Could I have your account number, please?" */
  recognise(one, 10.5, 15.6, &text, &first, &last);
  assert_non_null(strstr(text.data, "look at that"));
  assert_non_null(strstr(text.data, "account"));
  assert_true(first > 10.6 && first < 11.2 && last > 14.6 && last < 15.4);
  recognise(two, 10.5, 15.6, &again, &first, &last); /* nothing is left over from the first */
  assert_string_equal(text.data, again.data);
  words_recogniser_close(&one);
  words_recogniser_close(&two);
  base_text_clear(&text);
  base_text_clear(&again);
}

static void silence_and_noise_are_no_words(void **state) {
  if (!have_model()) skip();
  words_recogniser *recogniser;
  assert_int_equal(words_recogniser_open(&recogniser, NULL, NULL, NULL), MIEN_OK);
  static float pcm[16000];
  unsigned seed = 1;
  for (int second = 0; second < 5; second++) {
    for (int i = 0; i < 16000; i++) {
      seed = seed * 1664525u + 1013904223u;
      pcm[i] = second < 2 ? 0 : ((float)(seed >> 16) / 32768 - 1) * 0.001f;
    }
    assert_int_equal(words_recogniser_feed(recogniser, pcm, 16000, second), MIEN_OK);
  }
  words_word word;
  assert_int_equal(words_recogniser_next(recogniser, &word), MIEN_EAGAIN);
  assert_int_equal(words_recogniser_feed(recogniser, pcm, 10, NAN), MIEN_EINVAL);
  assert_int_equal(words_recogniser_finish(recogniser), MIEN_OK);
  assert_int_equal(words_recogniser_next(recogniser, &word), MIEN_EEND);
  words_recogniser_close(&recogniser);
}

static void utterances_end_in_pauses(void **state) {
  endpoint e;
  endpoint_init(&e);
  int16_t loud[ENDPOINT_FRAME], quiet[ENDPOINT_FRAME];
  for (int i = 0; i < ENDPOINT_FRAME; i++) loud[i] = i % 2 ? 8000 : -8000, quiet[i] = i % 2 ? 9 : -9;
  int begins = 0, ends = 0, at = -1, until = -1;
  for (int t = 0; t < 3000; t++) { /* loud in 1–3 s and from 5 s on */
    int now = endpoint_step(&e, (t >= 100 && t < 300) || t >= 500 ? loud : quiet);
    if (now == ENDPOINT_BEGINS && !begins++) at = t;
    if (now == ENDPOINT_ENDS && !ends++) until = t;
  }
  assert_true(at >= 100 && at < 110 && until >= 355 && until < 370);
  assert_true(begins >= 2 && ends >= 2); /* what never pauses is cut */
}

/* ---- Another backend fills the same interface. */

static int fake_open(void **state, const char *model, mien_error *error) {
  static int words;
  *state = &words;
  words = 0;
  return MIEN_OK;
}
static int fake_feed(void *state, const float *pcm, size_t count, double at) {
  ++*(int *)state;
  return MIEN_OK;
}
static int fake_next(void *state, words_word *word) {
  if (!*(int *)state) return MIEN_EAGAIN;
  --*(int *)state;
  *word = (words_word){.text = "yes", .t1 = 1, .confidence = 1, .last = 1};
  return MIEN_OK;
}
static int fake_finish(void *state) {
  return MIEN_OK;
}
static void fake_close(void *state) {}

static void others_fill_the_interface(void **state) {
  static const words_backend fake = {"fake", fake_open, fake_feed, fake_next, fake_finish, fake_close};
  words_recogniser *recogniser;
  words_word word;
  assert_int_equal(words_recogniser_open(&recogniser, &fake, NULL, NULL), MIEN_OK);
  words_recogniser_feed(recogniser, (float[]){0}, 1, 0);
  assert_int_equal(words_recogniser_next(recogniser, &word), MIEN_OK);
  assert_string_equal(word.text, "yes");
  assert_int_equal(words_recogniser_next(recogniser, &word), MIEN_EAGAIN);
  words_recogniser_close(&recogniser);
  assert_null(recogniser);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_absent_model_is_named_with_its_remedy),
      cmocka_unit_test(speech_becomes_words_in_their_place),
      cmocka_unit_test(silence_and_noise_are_no_words),
      cmocka_unit_test(utterances_end_in_pauses),
      cmocka_unit_test(others_fill_the_interface),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
