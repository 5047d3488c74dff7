/* conversation: who is who, in calls, in mono recordings and in transcripts alone. The engine has a
 * toy text model, so that turns come out whatever models are shipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/conversation.h"

static char folder[64], path[128];

/* ---- Files: sound as WAV, transcripts as given ---- */

static const char *in_folder(const char *name) {
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static void put(const char *name, const void *data, size_t bytes) {
  FILE *file = fopen(in_folder(name), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, bytes, file), bytes);
  fclose(file);
}

static void put_text(const char *name, const char *text) { put(name, text, strlen(text)); }

/* Seconds of sound at 16 kHz; loud[c] says in which seconds channel c is loud (bit s). */
static void put_wav(const char *name, int channels, int seconds, const unsigned *loud) {
  size_t samples = (size_t)seconds * 16000, bytes = samples * (size_t)channels * 2;
  uint8_t *data = calloc(1, 44 + bytes);
  const uint32_t header[] = {0x46464952, (uint32_t)(36 + bytes), 0x45564157, 0x20746d66, 16,
                             1u | (uint32_t)channels << 16, 16000, 16000u * (uint32_t)channels * 2,
                             (uint32_t)channels * 2 | 16u << 16, 0x61746164, (uint32_t)bytes};
  memcpy(data, header, 44); /* little-endian, as the machines that this runs on */
  uint32_t random = 1;
  for (size_t i = 0; i < samples; i++) {
    for (int c = 0; c < channels; c++) {
      random = random * 1664525u + 1013904223u;
      int16_t sample = (int16_t)((int32_t)random >> ((loud[c] >> (i / 16000) & 1) ? 18 : 26));
      memcpy(data + 44 + (i * (size_t)channels + (size_t)c) * 2, &sample, 2);
    }
  }
  put(name, data, 44 + bytes);
  free(data);
}

/* ---- What came out ---- */

typedef struct heard {
  char turns[32][200]; /* "who: text" */
  size_t turn_count, text_readings;
  char audio[8][NAME_BYTES]; /* whom sound was given to, in order of appearance */
  double seconds[8];
  size_t audio_count, notes;
  char last_note[400];
  int result;
  mien_error error;
  conversation_about about;
} heard;

static int on_event(void *context, const mien_event *event) {
  heard *h = context;
  if (event->kind == MIEN_EVENT_TURN && h->turn_count < 32)
    snprintf(h->turns[h->turn_count++], 200, "%s: %s", event->who, event->text);
  if (event->kind == MIEN_EVENT_READING && event->reading.modality == MIEN_TEXT) h->text_readings++;
  return MIEN_OK;
}

static int on_audio(void *context, const char *who, const float *pcm, size_t count, double at) {
  heard *h = context;
  size_t i = 0;
  while (i < h->audio_count && strcmp(h->audio[i], who)) i++;
  if (i == h->audio_count) snprintf(h->audio[h->audio_count++], NAME_BYTES, "%s", who);
  h->seconds[i] += (double)count / 16000;
  return MIEN_OK;
}

static void on_note(void *context, const char *text) {
  heard *h = context;
  h->notes++;
  snprintf(h->last_note, sizeof h->last_note, "%s", text);
}

static mien_engine *engine;

static heard read_it(const char *name, const char *who) {
  heard h = {0};
  conversation_names names;
  assert_null(conversation_names_parse(&names, who));
  conversation_options how = {NULL, false, &names, 10, 640};
  conversation_sink sink = {on_event, on_audio, on_note, &h};
  char file[128];
  snprintf(file, sizeof file, "%s", in_folder(name));
  h.result = conversation_read(engine, file, &how, &sink, &h.about, &h.error);
  return h;
}

static bool was_heard(const heard *h, const char *who) {
  for (size_t i = 0; i < h->audio_count; i++)
    if (!strcmp(h->audio[i], who)) return true;
  return false;
}

/* ---- Tests ---- */

static void names_are_parsed(void **state) {
  conversation_names names;
  assert_null(conversation_names_parse(&names, "left=customer, right = the agent,1=x"));
  assert_string_equal(conversation_name(&names, "LEFT"), "customer");
  assert_string_equal(conversation_name(&names, "right"), "the agent");
  assert_string_equal(conversation_name(&names, "other"), "other");
  assert_non_null(conversation_names_parse(&names, "left"));
  assert_non_null(conversation_names_parse(&names, "left="));
  assert_null(conversation_names_parse(&names, NULL));
}

static void transcript_alone(void **state) {
  put_text("chat.txt", "Ann: Hello there.\nBob: I am so angry.\nAnn: Oh no.\n");
  heard h = read_it("chat.txt", "ann=customer");
  assert_int_equal(h.result, MIEN_OK);
  assert_true(h.about.untimed);
  assert_false(h.about.media);
  assert_int_equal(h.turn_count, 3);
  assert_string_equal(h.turns[0], "customer: Hello there.");
  assert_string_equal(h.turns[1], "Bob: I am so angry.");
  assert_int_equal(h.text_readings, 3);
}

static void chat_as_json(void **state) {
  put_text("chat.json", "[{\"role\":\"user\",\"content\":\"I am so angry.\"},"
                        "{\"role\":\"agent\",\"content\":\"I am sorry.\"}]");
  heard h = read_it("chat.json", "user=customer");
  assert_int_equal(h.result, MIEN_OK);
  assert_int_equal(h.turn_count, 2);
  assert_string_equal(h.turns[0], "customer: I am so angry.");
  put_text("log.json", "{\"messages\":[{\"from\":\"Ann\",\"message\":\"Hello.\"}]}");
  h = read_it("log.json", NULL);
  assert_string_equal(h.turns[0], "Ann: Hello.");
}

/* Two channels, and a transcript with names: who is loud when Ann speaks is Ann. */
static void speakers_are_bound_to_channels(void **state) {
  put_wav("call.wav", 2, 6, (const unsigned[]){0x38 /* 3…5 s */, 0x07 /* 0…2 s */});
  put_text("call.vtt", "WEBVTT\n\n00:00.000 --> 00:03.000\n<v Ann>First words.\n\n"
                       "00:03.000 --> 00:06.000\n<v Bob>Second words.\n");
  heard h = read_it("call.wav", NULL);
  assert_int_equal(h.result, MIEN_OK);
  assert_int_equal(h.audio_count, 2);
  assert_string_equal(h.audio[0], "Bob"); /* the first channel */
  assert_string_equal(h.audio[1], "Ann");
  assert_string_equal(h.turns[0], "Ann: First words.");

  h = read_it("call.wav", "Ann=agent,bob=customer"); /* renamed, and bound all the same */
  assert_string_equal(h.audio[0], "customer");
  assert_string_equal(h.turns[0], "agent: First words.");

  h = read_it("call.wav", "left=Bob,right=ann"); /* said by hand: one spelling for both */
  assert_string_equal(h.audio[0], "Bob");
  assert_string_equal(h.turns[0], "ann: First words.");
}

static void what_cannot_be_bound_is_said(void **state) {
  put_wav("both.wav", 2, 4, (const unsigned[]){0xf, 0xe});
  put_text("both.vtt", "WEBVTT\n\n00:00.000 --> 00:02.000\n<v Ann>First.\n\n"
                       "00:02.000 --> 00:04.000\n<v Bob>Second.\n");
  heard h = read_it("both.wav", NULL);
  assert_true(h.notes > 0);
  assert_true(was_heard(&h, "left") && was_heard(&h, "right"));
}

/* One channel and two speakers: the sound is whose turn it is. */
static void mono_goes_by_turns(void **state) {
  put_wav("mono.wav", 1, 6, (const unsigned[]){0x3f});
  put_text("mono.vtt", "WEBVTT\n\n00:00.000 --> 00:02.000\n<v Ann>First.\n\n"
                       "00:03.000 --> 00:06.000\n<v Bob>Second.\n");
  heard h = read_it("mono.wav", NULL);
  assert_int_equal(h.result, MIEN_OK);
  assert_int_equal(h.audio_count, 2);
  assert_string_equal(h.audio[0], "Ann");
  assert_true(fabs(h.seconds[0] - 2) < 0.11 && fabs(h.seconds[1] - 3) < 0.11);
}

static void one_speaker_is_the_channel(void **state) {
  put_wav("one.wav", 1, 3, (const unsigned[]){7});
  put_text("one.srt", "1\n00:00:00,000 --> 00:00:02,000\nNo name at all.\n");
  heard h = read_it("one.wav", NULL);
  assert_string_equal(h.audio[0], "speaker");
  assert_string_equal(h.turns[0], "speaker: No name at all.");
  h = read_it("one.wav", "speaker=Carol");
  assert_string_equal(h.audio[0], "Carol");
  assert_string_equal(h.turns[0], "Carol: No name at all.");
}

static void times_are_spread_where_there_are_none(void **state) {
  put_wav("plain.wav", 1, 4, (const unsigned[]){15});
  put_text("plain.txt", "One two three four.\nFive six seven eight.\n");
  heard h = read_it("plain.wav", NULL);
  assert_int_equal(h.result, MIEN_OK);
  assert_true(h.about.untimed && h.about.media);
  assert_int_equal(h.turn_count, 2);
}

/* A name longer than a session takes is cut between characters. */
static void long_names_are_cut(void **state) {
  char text[400] = "WEBVTT\n\n00:00.000 --> 00:02.000\n<v ";
  for (int i = 0; i < 50; i++) strcat(text, "é");
  strcat(text, ">Hello.\n");
  put_text("long.vtt", text);
  heard h = read_it("long.vtt", NULL);
  assert_int_equal(h.result, MIEN_OK);
  assert_int_equal(strcspn(h.turns[0], ":"), 62);
  assert_int_equal(base_utf8_check(h.turns[0], strlen(h.turns[0])), strlen(h.turns[0]));
}

static int setup(void **state) {
  snprintf(folder, sizeof folder, "/tmp/mien-conversation-XXXXXX");
  assert_non_null(mkdtemp(folder));
  char models[96], command[400];
  snprintf(models, sizeof models, "%s/models", folder);
  snprintf(command, sizeof command, "mkdir %s && cp '%s/tests/text/toy.mien' %s/text.mien", models,
           getenv("MIEN_SOURCE_ROOT"), models);
  if (system(command)) return 1;
  mien_engine_options options = {.size = sizeof options, .models = models};
  mien_error error = {0};
  return mien_engine_open(&engine, &options, &error);
}

static int teardown(void **state) {
  char command[128];
  mien_engine_close(&engine);
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return system(command);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_parsed),
      cmocka_unit_test(transcript_alone),
      cmocka_unit_test(chat_as_json),
      cmocka_unit_test(speakers_are_bound_to_channels),
      cmocka_unit_test(what_cannot_be_bound_is_said),
      cmocka_unit_test(mono_goes_by_turns),
      cmocka_unit_test(one_speaker_is_the_channel),
      cmocka_unit_test(times_are_spread_where_there_are_none),
      cmocka_unit_test(long_names_are_cut),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
