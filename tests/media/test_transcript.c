/* transcripts: each form as its makers write it, and as people damage it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "media/transcript.h"
#include "../failing.h"

static transcript *open_text(const char *text, double duration) {
  transcript *t;
  mien_error error = {0};
  int code = transcript_open_memory(&t, text, strlen(text), "call.txt", duration, &error);
  if (code) print_message("%s: %s (%s)\n", mien_error_name(code), error.what, error.where);
  assert_int_equal(code, MIEN_OK);
  return t;
}

/* One turn against what is expected; NAN and NULL stand for unknown. */
static void expect(const transcript *t, size_t index, const char *who, double t0, double t1,
                   const char *text) {
  const transcript_turn *turn = transcript_at(t, index);
  assert_non_null(turn);
  if (who) assert_string_equal(turn->who ? turn->who : "(none)", who);
  else assert_null(turn->who);
  assert_true(isnan(t0) ? isnan(turn->t0) : fabs(turn->t0 - t0) < 1e-6);
  assert_true(isnan(t1) ? isnan(turn->t1) : fabs(turn->t1 - t1) < 1e-6);
  assert_string_equal(turn->text, text);
  assert_int_equal(turn->bytes, strlen(text));
}

static void expect_warning(const transcript *t, const char *where, const char *what) {
  for (size_t i = 0; i < transcript_warning_count(t); i++)
    if (strstr(transcript_warning_at(t, i)->where, where) &&
        strstr(transcript_warning_at(t, i)->what, what))
      return;
  fail_msg("no warning '%s' at '%s'", what, where);
}

static void srt_is_read(void **state) {
  transcript *t = open_text("\xef\xbb\xbf" "1\r\n00:00:01,000 --> 00:00:03,500 X1:10\r\n<i>Hello</i> there,\r\n"
                            "you <3 me\r\n\r\n2\n00:00:04,250 --> 00:01:05,000\nAgent: {\\an8}Good &amp; fine\n\n"
                            "3\n00:01:06,0 --> 00:01:07\n\n", NAN);
  assert_string_equal(transcript_format(t), "srt");
  assert_int_equal(transcript_count(t), 2);
  expect(t, 0, NULL, 1, 3.5, "Hello there, you <3 me");
  expect(t, 1, "Agent", 4.25, 65, "Good & fine");
  assert_int_equal(transcript_at(t, 1)->line, 7);
  assert_int_equal(transcript_warning_count(t), 0);
  transcript_close(&t);
  assert_null(t);
}

static void vtt_has_voices(void **state) {
  transcript *t = open_text("WEBVTT - call\nKind: captions\n\nNOTE\n00:01 --> 00:02 is no cue\n\nSTYLE\n::cue{}\n\n"
                            "intro\n00:01.000 --> 00:02.000 align:start\n<v Anna Lee>Hi <c.loud>you</c>\n"
                            "<v.first Bob>Hello\nagain</v>\n\n1:00:00.000 --> 1:00:01.500\n"
                            "<00:59:59.000>plain <00:59:59.500>words\n", NAN);
  assert_string_equal(transcript_format(t), "vtt");
  assert_int_equal(transcript_count(t), 3);
  expect(t, 0, "Anna Lee", 1, 2, "Hi you");
  expect(t, 1, "Bob", 1, 2, "Hello again");
  expect(t, 2, NULL, 3600, 3601.5, "plain words");
  transcript_close(&t);
}

static void plain_text_in_its_manners(void **state) {
  transcript *t = open_text("[00:12] Agent: How can I help?\n[00:15 - 00:19] Customer: It broke: again.\n"
                            "and again\n\n(01:02:03.5) Agent: Oh.\n", NAN);
  assert_string_equal(transcript_format(t), "txt");
  expect(t, 0, "Agent", 12, NAN, "How can I help?");
  expect(t, 1, "Customer", 15, 19, "It broke: again.");
  expect(t, 2, "Customer", NAN, NAN, "and again");
  expect(t, 3, "Agent", 3723.5, NAN, "Oh.");
  transcript_close(&t);
  t = open_text("Agent: hello\nCustomer: hi\nhttp://x.y: no name\n", NAN);
  expect(t, 1, "Customer", NAN, NAN, "hi");
  expect(t, 2, "Customer", NAN, NAN, "http://x.y: no name");
  transcript_close(&t);
  t = open_text("I bought it in May.\nOne thing: it broke.\nNobody helped.\nI am done.\n", NAN);
  expect(t, 1, NULL, NAN, NAN, "One thing: it broke.");
  transcript_close(&t);
  t = open_text("Speaker 1 (00:03):\nHello there.\n\nSpeaker 2 (00:05):\nHi.\n", NAN);
  assert_int_equal(transcript_count(t), 2);
  expect(t, 0, "Speaker 1", 3, NAN, "Hello there.");
  expect(t, 1, "Speaker 2", 5, NAN, "Hi.");
  transcript_close(&t);
}

static void whisper_is_read(void **state) {
  transcript *t = open_text(
      "{\"text\":\"a b c\",\"segments\":[{\"id\":0,\"start\":0.5,\"end\":1.5,\"text\":\" a b\",\"words\":["
      "{\"word\":\" a\",\"start\":0.5,\"end\":0.8,\"probability\":0.9},{\"word\":\" b\",\"start\":0.9,\"end\":1.5}]},"
      "{\"id\":1,\"start\":2,\"end\":3,\"text\":\" c\",\"speaker\":\"SPEAKER_01\"}],\"language\":\"en\"}", NAN);
  assert_string_equal(transcript_format(t), "whisper");
  expect(t, 0, NULL, 0.5, 1.5, "a b");
  expect(t, 1, "SPEAKER_01", 2, 3, "c");
  assert_int_equal(transcript_at(t, 0)->word_count, 2);
  assert_string_equal(transcript_at(t, 0)->words[1].text, "b");
  assert_true(transcript_at(t, 0)->words[1].t0 == 0.9);
  assert_null(transcript_at(t, 1)->words);
  transcript_close(&t);
  t = open_text("{\"task\":\"transcribe\",\"words\":[{\"word\":\"a\",\"start\":0,\"end\":1},{\"word\":\"b\",\"start\":2,"
                "\"end\":3}],\"segments\":[{\"start\":0,\"end\":1.5,\"text\":\"a\"},{\"start\":1.5,\"end\":3,\"text\":\"b\"}]}", NAN);
  assert_string_equal(transcript_at(t, 1)->words[0].text, "b");
  transcript_close(&t);
  t = open_text("{\"transcription\":[{\"offsets\":{\"from\":1200,\"to\":2400},\"text\":\" hi\"}]}", NAN);
  expect(t, 0, NULL, 1.2, 2.4, "hi");
  transcript_close(&t);
}

#define WORD(t0, t1, text) "{\"type\":\"pronunciation\",\"start_time\":\"" t0 "\",\"end_time\":\"" t1      \
  "\",\"alternatives\":[{\"confidence\":\"0.9\",\"content\":\"" text "\"}]}"
#define MARK(text) "{\"type\":\"punctuation\",\"alternatives\":[{\"confidence\":\"0\",\"content\":\"" text "\"}]}"

static void transcribe_is_read(void **state) {
  transcript *t = open_text(
      "{\"jobName\":\"j\",\"results\":{\"transcripts\":[{\"transcript\":\"x\"}],\"speaker_labels\":{\"segments\":["
      "{\"start_time\":\"0.0\",\"end_time\":\"1.0\",\"speaker_label\":\"spk_0\"},"
      "{\"start_time\":\"1.0\",\"end_time\":\"2.0\",\"speaker_label\":\"spk_1\"}]},\"items\":["
      WORD("0.1", "0.4", "Good") "," WORD("0.5", "0.9", "day") "," MARK(".") "," WORD("1.1", "1.5", "Hello") "," MARK("!")
      "]}}", NAN);
  assert_string_equal(transcript_format(t), "transcribe");
  assert_int_equal(transcript_count(t), 2);
  expect(t, 0, "spk_0", 0.1, 0.9, "Good day.");
  expect(t, 1, "spk_1", 1.1, 1.5, "Hello!");
  assert_int_equal(transcript_at(t, 0)->word_count, 2);
  transcript_close(&t);
  t = open_text("{\"results\":{\"channel_labels\":{\"channels\":["
                "{\"channel_label\":\"ch_0\",\"items\":[" WORD("0.1", "0.4", "one") "," WORD("5", "6", "three") "]},"
                "{\"channel_label\":\"ch_1\",\"items\":[" WORD("2", "3", "two") "]}]}}}", NAN);
  assert_int_equal(transcript_count(t), 3);
  expect(t, 1, NULL, 2, 3, "two");
  assert_int_equal(transcript_at(t, 1)->channel, 1);
  assert_string_equal(transcript_at(t, 1)->words[0].text, "two");
  assert_string_equal(transcript_at(t, 2)->words[0].text, "three");
  assert_int_equal(transcript_warning_count(t), 0); /* a channel at a time is their order */
  transcript_close(&t);
  t = open_text("{\"Transcript\":[{\"ParticipantRole\":\"CUSTOMER\",\"BeginOffsetMillis\":500,\"EndOffsetMillis\":900,"
                "\"Content\":\"Help.\",\"Items\":[{\"Content\":\"Help\",\"BeginOffsetMillis\":500,\"EndOffsetMillis\":900}]}]}", NAN);
  expect(t, 0, "CUSTOMER", 0.5, 0.9, "Help.");
  transcript_close(&t);
}

static void bad_times_are_mended_aloud(void **state) {
  transcript *t = open_text("1\n00:00:05,000 --> 00:00:06,000\nlater\n\n2\n00:00:01,000 --> 00:00:02,000\nearlier\n\n"
                            "3\n00:00:08,000 --> 00:00:07,000\nbackward\n\n4\n00:10:00,000 --> 00:10:01,000\npast\n\n"
                            "5\n00:99:00,000 --> bad\nlost\n", 20);
  assert_int_equal(transcript_count(t), 4);
  expect(t, 0, NULL, 1, 2, "earlier");
  expect(t, 2, NULL, 8, 8, "backward");
  expect(t, 3, NULL, 20, 20, "past");
  expect_warning(t, "call.txt, line 6", "out of the order");
  expect_warning(t, "line 10", "before they begin");
  expect_warning(t, "line 14", "outside the recording");
  expect_warning(t, "line 18", "cannot be read");
  transcript_close(&t);
}

static void bad_bytes_are_mended_aloud(void **state) {
  static const char text[] = "Anna: fine\nBob: caf\xe9 \xff\nAnna: nul\0here\n";
  transcript *t;
  assert_int_equal(transcript_open_memory(&t, text, sizeof text - 1, "a.txt", NAN, NULL), MIEN_OK);
  expect(t, 1, "Bob", NAN, NAN, "caf\xef\xbf\xbd \xef\xbf\xbd");
  expect(t, 2, "Anna", NAN, NAN, "nul here");
  expect_warning(t, "a.txt, line 2", "2 bytes are not UTF-8");
  expect_warning(t, "a.txt, line 3", "NUL");
  transcript_close(&t);
}

static void hopeless_ones_are_refused(void **state) {
  static const struct { const char *text; int code; } files[] = {
      {"", MIEN_EEMPTY},          {" \n\n", MIEN_EEMPTY},     {"WEBVTT\n\n", MIEN_EEMPTY},
      {"{\"a\":", MIEN_EFORMAT},  {"{\"a\":1}", MIEN_EUNSUPPORTED}, {"{\"segments\":[]}", MIEN_EEMPTY},
      {"\xff\xfe" "a", MIEN_EFORMAT}, {"{\"segments\":[1,null,{},[]]}", MIEN_EEMPTY}};
  for (size_t i = 0; i < BASE_COUNT(files); i++) {
    transcript *t;
    mien_error error = {0};
    assert_int_equal(transcript_open_memory(&t, files[i].text, strlen(files[i].text), "x", NAN, &error),
                     files[i].code);
    assert_null(t);
    assert_true(*error.what && *error.where);
  }
  transcript *t;
  char *big = calloc(1, (size_t)TRANSCRIPT_BYTES_MAX + 1);
  assert_int_equal(transcript_open_memory(&t, big, (size_t)TRANSCRIPT_BYTES_MAX + 1, "x", NAN, NULL),
                   MIEN_ELIMIT);
  free(big);
  assert_int_equal(transcript_open(&t, "/no/such.srt", NAN, NULL), MIEN_EIO);
}

static void a_long_line_is_one_turn(void **state) {
  const size_t bytes = 10 << 20;
  char *text = malloc(bytes);
  memset(text, 'a', bytes);
  memcpy(text, "Anna: ", 6);
  transcript *t;
  assert_int_equal(transcript_open_memory(&t, text, bytes, "x.txt", NAN, NULL), MIEN_OK);
  assert_int_equal(transcript_count(t), 1);
  assert_int_equal(transcript_at(t, 0)->bytes, bytes - 6);
  transcript_close(&t);
  free(text);
}

static void it_is_found_beside_the_recording(void **state) {
  char folder[] = "/tmp/mien-transcript-XXXXXX", media[64], beside[64], found[128];
  assert_non_null(mkdtemp(folder));
  snprintf(media, sizeof media, "%s/call.1.wav", folder);
  snprintf(beside, sizeof beside, "%s/call.1.json", folder);
  assert_int_equal(transcript_find(media, found, sizeof found), MIEN_EEMPTY);
  fclose(fopen(beside, "w"));
  assert_int_equal(transcript_find(media, found, sizeof found), MIEN_OK);
  assert_string_equal(found, beside);
  assert_int_equal(transcript_find(beside, found, sizeof found), MIEN_EEMPTY); /* not itself */
  unlink(beside);
  rmdir(folder);
}

static int open_and_close(void *text) {
  transcript *t;
  mien_error error = {0};
  int code = transcript_open_memory(&t, text, strlen(text), "x", 10, &error);
  if (code && (t || !*error.what)) fail_msg("%s, without a word about it", mien_error_name(code));
  transcript_close(&t);
  return code;
}

static void memory_may_run_out(void **state) {
  static char subtitles[] = "1\n00:00:05,000 --> 00:00:06,000\nAnna: later \xff\n\n00:00:01,000 --> 00:00:02,000\nsooner\n";
  static char plain[] = "[00:01] Anna: one\n[00:02] Bob: two\n";
  static char json[] = "{\"segments\":[{\"start\":0,\"end\":1,\"text\":\"a\",\"words\":[{\"word\":\"a\",\"start\":0,\"end\":1}]}]}";
  assert_true(failing_every(open_and_close, subtitles) > 5);
  assert_true(failing_every(open_and_close, plain) > 5);
  assert_true(failing_every(open_and_close, json) > 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(srt_is_read),
      cmocka_unit_test(vtt_has_voices),
      cmocka_unit_test(plain_text_in_its_manners),
      cmocka_unit_test(whisper_is_read),
      cmocka_unit_test(transcribe_is_read),
      cmocka_unit_test(bad_times_are_mended_aloud),
      cmocka_unit_test(bad_bytes_are_mended_aloud),
      cmocka_unit_test(hopeless_ones_are_refused),
      cmocka_unit_test(a_long_line_is_one_turn),
      cmocka_unit_test(it_is_found_beside_the_recording),
      cmocka_unit_test(memory_may_run_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
