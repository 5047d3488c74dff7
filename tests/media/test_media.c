/* media/: recordings made here by hand (WAV) or by make_fixtures.sh, good ones and broken ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "media/g711.h"
#include "media/media.h"
#include "../failing.h"

/* ---- What a whole reading came to. */

typedef struct outcome {
  int code; /* of open, or of the last next */
  mien_error error;
  media_info info;
  char mixed[128];
  size_t samples[MEDIA_CHANNELS_MAX], pictures, warnings;
  double power[MEDIA_CHANNELS_MAX]; /* mean square */
  double first_audio, first_picture, end;
  bool ordered, finite;
  mien_error warning[8];
  uint8_t corner[3]; /* top left of the first picture */
} outcome;

static void drain(media_reader *reader, outcome *o) {
  media_item item;
  double last = -1;
  const media_info *info = media_describe(reader);
  o->info = *info;
  snprintf(o->mixed, sizeof o->mixed, "%s", info->mixed ? info->mixed : "");
  o->ordered = o->finite = true;
  o->first_audio = o->first_picture = -1;
  while ((o->code = media_next(reader, &item, &o->error)) == MIEN_OK) {
    if (item.kind == MEDIA_WARNING) {
      if (o->warnings < BASE_COUNT(o->warning)) o->warning[o->warnings] = *item.warning;
      o->warnings++;
      continue;
    }
    if (item.at < last) o->ordered = false;
    last = item.at;
    if (item.kind == MEDIA_AUDIO) {
      if (o->first_audio < 0) o->first_audio = item.at;
      for (size_t i = 0; i < item.count; i++) {
        if (!(fabsf(item.pcm[i]) <= 1)) o->finite = false;
        o->power[item.channel] += (double)item.pcm[i] * item.pcm[i];
      }
      o->samples[item.channel] += item.count;
      o->end = BASE_MAX(o->end, item.at + (double)item.count / MEDIA_RATE);
    } else if (o->pictures++ == 0) {
      o->first_picture = item.at;
      memcpy(o->corner, item.picture.data, (size_t)item.picture.format);
    }
  }
  for (int c = 0; c < MEDIA_CHANNELS_MAX; c++)
    if (o->samples[c]) o->power[c] /= (double)o->samples[c];
}

static outcome read_with(const char *path, const void *data, size_t bytes,
                         const media_options *options) {
  outcome o = {0};
  media_reader *reader;
  o.code = data ? media_open_memory(&reader, data, bytes, path, options, &o.error)
                : media_open(&reader, path, options, &o.error);
  if (o.code) {
    assert_null(reader);
    assert_true(*o.error.what && *o.error.where && *o.error.remedy);
    return o;
  }
  drain(reader, &o);
  media_close(&reader);
  assert_null(reader);
  return o;
}

static outcome read_fixture(const char *name) {
  char path[1024];
  media_options options;
  media_options_init(&options);
  snprintf(path, sizeof path, "%s/tests/media/fixtures/%s", getenv("MIEN_SOURCE_ROOT"), name);
  return read_with(path, NULL, 0, &options);
}

/* ---- WAV by hand. */

typedef struct wav {
  uint8_t *data;
  size_t bytes;
} wav;

static void put(uint8_t *to, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; i++) to[i] = (uint8_t)(value >> 8 * i);
}

/* `samples` are of the coding itself: format 1 with 8 or 16 bits, format 3 with 32. */
static wav make_wav(int format, int channels, int rate, int bits, const void *samples, size_t bytes) {
  wav w = {.data = malloc(44 + bytes), .bytes = 44 + bytes};
  memcpy(w.data, "RIFF....WAVEfmt ", 16);
  put(w.data + 4, (uint32_t)(36 + bytes), 4);
  put(w.data + 16, 16, 4);
  put(w.data + 20, (uint32_t)format, 2);
  put(w.data + 22, (uint32_t)channels, 2);
  put(w.data + 24, (uint32_t)rate, 4);
  put(w.data + 28, (uint32_t)(rate * channels * bits / 8), 4);
  put(w.data + 32, (uint32_t)(channels * bits / 8), 2);
  put(w.data + 34, (uint32_t)bits, 2);
  memcpy(w.data + 36, "data", 4);
  put(w.data + 40, (uint32_t)bytes, 4);
  if (bytes) memcpy(w.data + 44, samples, bytes);
  return w;
}

static outcome read_wav(wav w, int channels) {
  media_options options;
  media_options_init(&options);
  options.channels = channels;
  outcome o = read_with("by-hand.wav", w.data, w.bytes, &options);
  free(w.data);
  return o;
}

/* `tones[c]`: Hz of channel c, 0 silence. Amplitude 0.5. */
static wav tones_wav(int rate, int channels, const double *tones, double seconds) {
  size_t frames = (size_t)(seconds * rate);
  int16_t *pcm = malloc(frames * (size_t)channels * 2);
  for (size_t i = 0; i < frames; i++)
    for (int c = 0; c < channels; c++)
      pcm[i * (size_t)channels + (size_t)c] =
          (int16_t)(16384 * sin(2 * 3.14159265358979 * tones[c] * (double)i / rate));
  wav w = make_wav(1, channels, rate, 16, pcm, frames * (size_t)channels * 2);
  free(pcm);
  return w;
}

/* ---- Sound. */

static void mono_comes_at_16_khz(void **state) {
  static const int rates[] = {8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000};
  for (size_t i = 0; i < BASE_COUNT(rates); i++) {
    outcome o = read_wav(tones_wav(rates[i], 1, (double[]){440}, 1.0), MEDIA_CHANNELS_AUTO);
    assert_int_equal(o.code, MIEN_EEND);
    assert_int_equal(o.info.channels, 1);
    assert_true(labs((long)o.samples[0] - 16000) <= 1);
    assert_true(fabs(o.power[0] - 0.125) < 0.004);
    assert_true(o.first_audio == 0 && o.ordered && o.finite && o.warnings == 0);
  }
}

static void a_call_is_two_people(void **state) {
  outcome o = read_wav(tones_wav(8000, 2, (double[]){300, 517}, 2.0), MEDIA_CHANNELS_AUTO);
  assert_int_equal(o.info.channels, 2);
  assert_string_equal(o.mixed, "");
  assert_int_equal(o.samples[0], 32000);
  assert_int_equal(o.samples[1], 32000);
  o = read_wav(tones_wav(8000, 2, (double[]){300, 0}, 2.0), MEDIA_CHANNELS_AUTO);
  assert_int_equal(o.info.channels, 2);
  assert_true(o.power[0] > 0.1 && o.power[1] < 1e-6);
  o = read_wav(tones_wav(8000, 2, (double[]){300, 517}, 2.0), MEDIA_CHANNELS_MIX);
  assert_int_equal(o.info.channels, 1);
  assert_string_equal(o.mixed, "mixed, as asked");
}

static void channels_alike_are_one_recording(void **state) {
  outcome o = read_wav(tones_wav(8000, 2, (double[]){300, 300}, 1.0), MEDIA_CHANNELS_AUTO);
  assert_int_equal(o.info.channels, 1);
  assert_non_null(strstr(o.mixed, "identical"));
  assert_true(fabs(o.power[0] - 0.125) < 0.004);
  o = read_wav(tones_wav(8000, 2, (double[]){300, 300}, 1.0), MEDIA_CHANNELS_SPLIT);
  assert_int_equal(o.info.channels, 2);
}

static void mirrored_channels_do_not_cancel(void **state) {
  wav w = tones_wav(8000, 2, (double[]){300, 300}, 1.0);
  for (size_t i = 44; i + 4 <= w.bytes; i += 4) {
    int value = -(int16_t)(w.data[i] | w.data[i + 1] << 8);
    put(w.data + i + 2, (uint32_t)value, 2);
  }
  outcome o = read_wav(w, MEDIA_CHANNELS_AUTO);
  assert_int_equal(o.info.channels, 1);
  assert_true(fabs(o.power[0] - 0.125) < 0.004);
}

static void six_channels_are_mixed(void **state) {
  const double tones[6] = {440, 440, 440, 440, 440, 440};
  outcome o = read_wav(tones_wav(96000, 6, tones, 0.5), MEDIA_CHANNELS_AUTO);
  assert_int_equal(o.info.channels, 1);
  assert_int_equal(o.info.source_channels, 6);
  assert_non_null(strstr(o.mixed, "more than two"));
  assert_int_equal(o.samples[0], 8000);
  assert_true(o.power[0] > 0.05 && o.finite);
  o = read_wav(tones_wav(96000, 6, tones, 0.5), MEDIA_CHANNELS_SPLIT);
  assert_int_equal(o.info.channels, 6);
  assert_int_equal(o.samples[5], 8000);
}

static void eight_bits_are_read(void **state) {
  uint8_t pcm[8000];
  for (int i = 0; i < 8000; i++) pcm[i] = (uint8_t)lround(128 + 64 * sin(i * 0.3));
  outcome o = read_wav(make_wav(1, 1, 8000, 8, pcm, sizeof pcm), MEDIA_CHANNELS_AUTO);
  assert_int_equal(o.samples[0], 16000);
  assert_true(fabs(o.power[0] - 0.125) < 0.004);
}

static void what_is_no_number_is_silence(void **state) {
  static float pcm[16000];
  for (int i = 0; i < 16000; i++) pcm[i] = i % 2 ? 0.5f : -0.5f;
  for (int i = 8000; i < 8100; i++) pcm[i] = NAN;
  pcm[9000] = INFINITY;
  pcm[9001] = -3e38f;
  outcome o = read_wav(make_wav(3, 1, 16000, 32, pcm, sizeof pcm), MEDIA_CHANNELS_AUTO);
  assert_int_equal(o.samples[0], 16000);
  assert_true(o.finite);
  assert_true(fabs(o.power[0] - 0.25 * (16000 - 102) / 16000) < 1e-6);
  assert_int_equal(o.warnings, 1);
  assert_non_null(strstr(o.warning[0].what, "102 samples are not numbers"));
  assert_non_null(strstr(o.warning[0].where, "by-hand.wav"));
}

static void broken_wavs_are_refused(void **state) {
  outcome o = read_wav(make_wav(1, 0, 16000, 16, "\0\0\0\0", 4), MEDIA_CHANNELS_AUTO);
  assert_int_equal(o.code, MIEN_EFORMAT);
  assert_non_null(strstr(o.error.what, "no channels"));
  o = read_wav(make_wav(1, 1, 16000, 16, NULL, 0), MEDIA_CHANNELS_AUTO);
  assert_int_equal(o.code, MIEN_EEMPTY);
  assert_non_null(strstr(o.error.what, "no samples"));
}

static void a_cut_wav_is_read_as_far_as_it_goes(void **state) {
  wav w = tones_wav(16000, 1, (double[]){440}, 2.0);
  w.bytes = 44 + 32000 + 1;
  outcome o = read_wav(w, MEDIA_CHANNELS_AUTO);
  assert_int_equal(o.code, MIEN_EEND);
  assert_int_equal(o.samples[0], 16000);
  assert_true(o.warnings >= 1);
  assert_non_null(strstr(o.warning[o.warnings - 1].what, "the file ends here"));
}

static void codings_are_read(void **state) {
  static const struct { const char *name; double seconds; } files[] = {
      {"voice.opus", 0.5}, {"tone.flac", 0.2}, {"phone.wav", 0.2}, {"adpcm.wav", 0.2}, {"cover.mp3", 0.5}};
  for (size_t i = 0; i < BASE_COUNT(files); i++) {
    outcome o = read_fixture(files[i].name);
    assert_int_equal(o.code, MIEN_EEND);
    assert_true(fabs((double)o.samples[0] / MEDIA_RATE - files[i].seconds) < 0.06);
    assert_int_equal(o.pictures, 0); /* cover art is no video */
    assert_true(o.power[0] > 0.003);
  }
}

/* ---- Pictures and video. */

static void video_comes_in_order(void **state) {
  outcome o = read_fixture("scene.mp4");
  assert_int_equal(o.code, MIEN_EEND);
  assert_int_equal(o.pictures, 20);
  assert_int_equal(o.info.width, 96);
  assert_int_equal(o.info.height, 64);
  assert_true(fabs(o.end - 2.0) < 0.1);
  assert_true(o.ordered && o.first_audio == 0 && o.first_picture == 0);
  assert_int_equal(o.warnings, 0);
  o = read_fixture("silent.mp4");
  assert_int_equal(o.info.channels, 0);
  assert_int_equal(o.pictures, 20);
  o = read_fixture("scene.mpg");
  assert_true(o.pictures >= 10 && o.samples[0] > 6000 && o.ordered);
  o = read_fixture("scene.mkv");
  assert_true(o.pictures == 5 && o.samples[0] > 7000 && o.ordered);
}

static void rotation_turns_the_picture(void **state) {
  outcome as_is = read_fixture("silent.mp4"), turned = read_fixture("turned.mp4");
  assert_int_equal(turned.info.width, 64);
  assert_int_equal(turned.info.height, 96);
  assert_true(turned.info.rotation == 90 || turned.info.rotation == 270);
  assert_int_equal(as_is.info.rotation, 0);
  assert_memory_not_equal(as_is.corner, turned.corner, 3);
}

static void limits_are_kept(void **state) {
  char path[1024];
  media_options options;
  media_options_init(&options);
  snprintf(path, sizeof path, "%s/tests/media/fixtures/scene.mp4", getenv("MIEN_SOURCE_ROOT"));
  options.max_side = 48;
  options.max_fps = 5;
  options.format = MIEN_GREY;
  options.audio = false;
  outcome o = read_with(path, NULL, 0, &options);
  assert_int_equal(o.info.width, 48);
  assert_int_equal(o.info.height, 32);
  assert_int_equal(o.pictures, 10);
  assert_int_equal(o.info.channels, 0);
  options.audio = true;
  options.pictures = false;
  o = read_with(path, NULL, 0, &options);
  assert_int_equal(o.pictures, 0);
  assert_true(o.samples[0] > 31000);
  options.max_fps = 0;
  assert_int_equal(read_with(path, NULL, 0, &options).code, MIEN_EINVAL);
}

static void stills_are_one_picture(void **state) {
  static const char *const names[] = {"picture.jpg", "picture.png"};
  for (size_t i = 0; i < BASE_COUNT(names); i++) {
    outcome o = read_fixture(names[i]);
    assert_int_equal(o.code, MIEN_EEND);
    assert_int_equal(o.pictures, 1);
    assert_true(o.info.still && o.info.width == 64 && o.info.height == 48 && o.warnings == 0);
  }
  assert_int_equal(read_fixture("moving.gif").pictures, 5);
}

static void damage_costs_only_itself(void **state) {
  outcome o = read_fixture("cut.jpg");
  assert_int_equal(o.code, MIEN_EEND);
  assert_int_equal(o.pictures, 1);
  assert_int_equal(o.warnings, 1);
  assert_non_null(strstr(o.warning[0].what, "damaged"));
  o = read_fixture("cut.mp4");
  assert_int_equal(o.code, MIEN_EEND);
  assert_true(o.pictures > 2 && o.pictures < 20);
  assert_true(o.warnings >= 1);
  assert_non_null(strstr(o.warning[o.warnings - 1].what, "promises 2.0"));
  o = read_fixture("no-index.mp4");
  assert_int_equal(o.code, MIEN_EFORMAT);
  assert_non_null(strstr(o.error.what, "moov"));
}

/* ---- Things that are no recording. */

static void other_things_get_their_reason(void **state) {
  media_options options;
  media_options_init(&options);
  outcome o = read_with("/no/such/file.wav", NULL, 0, &options);
  assert_int_equal(o.code, MIEN_EIO);
  assert_non_null(strstr(o.error.where, "/no/such/file.wav"));
  o = read_with("/tmp", NULL, 0, &options);
  assert_non_null(strstr(o.error.what, "folder"));
  o = read_with("/dev/null", NULL, 0, &options);
  assert_int_equal(o.code, MIEN_EUNSUPPORTED);
  assert_int_equal(read_with("empty.wav", "", 0, &options).code, MIEN_EEMPTY);
  static const char prose[] = "This is a letter. It is not a recording, and it is not a picture.\n";
  assert_int_equal(read_with("letter.txt", prose, sizeof prose - 1, &options).code, MIEN_EFORMAT);
}

static void nothing_leads_to_another_file(void **state) {
  static const struct { const char *name, *text; } lists[] = {
      {"a.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n"},
      {"a.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1/x\n#EXT-X-ENDLIST\n"},
      {"a.ffconcat", "ffconcat version 1.0\nfile /etc/passwd\n"},
      {"a.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"},
      {"a.mpd", "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" "
                "profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\"></MPD>"},
  };
  media_options options;
  media_options_init(&options);
  for (size_t i = 0; i < BASE_COUNT(lists); i++) {
    outcome o = read_with(lists[i].name, lists[i].text, strlen(lists[i].text), &options);
    assert_true(o.code == MIEN_EPOLICY || o.code == MIEN_EFORMAT);
    if (i < 4) assert_int_equal(o.code, MIEN_EPOLICY);
  }
  assert_int_equal(read_with("concat:/etc/passwd|/etc/group", NULL, 0, &options).code, MIEN_EIO);
}

/* ---- G.711. */

static void g711_agrees_with_the_standard(void **state) {
  const float *u = media_ulaw_table(), *a = media_alaw_table();
  assert_true(u[0xff] == 0 && u[0x00] * 32768 == -32124 && u[0x80] * 32768 == 32124);
  assert_true(a[0xd5] * 32768 == 8 && a[0xaa] * 32768 == 32256 && a[0x2a] * 32768 == -32256);
  for (int i = 0; i < 256; i++) {
    uint8_t back = media_ulaw_encode((int16_t)(u[i] * 32768));
    assert_true(back == i || (i == 0x7f && back == 0xff)); /* two zeros */
    assert_int_equal(media_alaw_encode((int16_t)(a[i] * 32768)), i);
  }
  for (int x = -32768; x < 32768; x += 7) {
    double wide = BASE_MAX(16, abs(x) / 16.0);
    assert_true(fabs((double)u[media_ulaw_encode((int16_t)x)] * 32768 - x) <= wide + 650 * (abs(x) > 32100));
    assert_true(fabs((double)a[media_alaw_encode((int16_t)x)] * 32768 - x) <= wide);
  }
}

static int read_whole(void *path) {
  media_options options;
  media_options_init(&options);
  media_reader *reader;
  media_item item;
  int code = media_open(&reader, path, &options, NULL);
  while (!code) code = media_next(reader, &item, NULL);
  media_close(&reader);
  return code == MIEN_EEND ? MIEN_OK : code;
}

static void memory_may_run_out(void **state) { /* ours; FFmpeg has its own */
  char path[1024];
  snprintf(path, sizeof path, "%s/tests/media/fixtures/turned.mp4", getenv("MIEN_SOURCE_ROOT"));
  assert_true(failing_every(read_whole, path) >= 4);
  wav w = tones_wav(8000, 2, (double[]){300, 517}, 0.5);
  snprintf(path, sizeof path, "/tmp/mien-media-%d.wav", (int)getpid());
  FILE *file = fopen(path, "wb");
  assert_int_equal(fwrite(w.data, 1, w.bytes, file), w.bytes);
  fclose(file);
  assert_true(failing_every(read_whole, path) >= 3);
  remove(path);
  free(w.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mono_comes_at_16_khz),
      cmocka_unit_test(a_call_is_two_people),
      cmocka_unit_test(channels_alike_are_one_recording),
      cmocka_unit_test(mirrored_channels_do_not_cancel),
      cmocka_unit_test(six_channels_are_mixed),
      cmocka_unit_test(eight_bits_are_read),
      cmocka_unit_test(what_is_no_number_is_silence),
      cmocka_unit_test(broken_wavs_are_refused),
      cmocka_unit_test(a_cut_wav_is_read_as_far_as_it_goes),
      cmocka_unit_test(codings_are_read),
      cmocka_unit_test(video_comes_in_order),
      cmocka_unit_test(rotation_turns_the_picture),
      cmocka_unit_test(limits_are_kept),
      cmocka_unit_test(stills_are_one_picture),
      cmocka_unit_test(damage_costs_only_itself),
      cmocka_unit_test(other_things_get_their_reason),
      cmocka_unit_test(nothing_leads_to_another_file),
      cmocka_unit_test(memory_may_run_out),
      cmocka_unit_test(g711_agrees_with_the_standard),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
