/* bench_parts.c: what is measured, part by part. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/bench.h"
#include "cli/reader.h"
#include "cli/records.h"
#include "cli/terminal.h"
#include "engine/engine.h"
#include "media/media.h"
#include "voice/detector.h"

enum { TEXTS = 100000, SOUND_SECONDS = 60, FRAMES = 60, FACES = 300 };

void bench_path(const bench *b, char to[BENCH_PATH], const char *name) {
  snprintf(to, BENCH_PATH, "%s/%s", b->folder, name);
}

static int ignore(void *context, const mien_event *event) {
  (void)event;
  if (context) ++*(size_t *)context;
  return MIEN_OK;
}

static mien_session *open_session(const bench *b, unsigned read) {
  mien_session_options what = MIEN_SESSION_USUAL;
  what.read = read;
  what.states = 0;
  mien_session *session = NULL;
  mien_error error = {0};
  if (!(mien_engine_reads(b->engine) & read)) return NULL;
  return mien_session_open(&session, b->engine, &what, &error) == MIEN_OK ? session : NULL;
}

bench_row *bench_missing(bench *b, const char *part, const char *what, const char *why) {
  bench_row *row = bench_add(b, part, what, "", NAN);
  snprintf(row->note, sizeof row->note, "%s", why);
  return row;
}

/* ---- Text ---- */

double bench_write_texts(const bench *b, const char *path, size_t count, bool labels) {
  FILE *file = fopen(path, "w");
  double bytes = 0;
  size_t written = 0;
  while (file && written < count) {
    records *r;
    record one;
    mien_error error;
    size_t before = written;
    if (records_open(&r, b->texts, NULL, &error) != MIEN_OK) break;
    while (written < count && records_next(r, &one, &error) == MIEN_OK) {
      const char *tab = strchr(one.text, '\t'); /* a table: the first column */
      size_t length = tab ? (size_t)(tab - one.text) : one.bytes;
      if (!length) continue;
      if (labels) fprintf(file, "__label__%zu ", length % 7);
      fprintf(file, "%.*s\n", (int)length, one.text);
      bytes += (double)length;
      written++;
    }
    records_close(&r);
    if (written == before) break;
  }
  if (!file || fclose(file) || written < count) return NAN;
  return bytes;
}

/* Microseconds a text: the whole file, less a file of one line (start-up and loading). */
static double per_text(const bench *b, char *const all[], char *const one[]) {
  return (bench_best(b, all).seconds - bench_best(b, one).seconds) / (TEXTS - 1) * 1e6;
}

static double fasttext_speed(const bench *b, char *all, char *one, char *learn, char *const more[]) {
  char model[BENCH_PATH], binary[BENCH_PATH + 8];
  bench_path(b, model, "fasttext");
  snprintf(binary, sizeof binary, "%s.bin", model);
  char *train[24] = {"fasttext", "supervised", "-input", learn, "-output", model, "-thread", "1",
                     "-epoch", "1", "-bucket", "200000"};
  size_t n = 12;
  for (size_t i = 0; more[i]; i++) train[n++] = more[i];
  if (isnan(bench_run(train, NULL).seconds)) return NAN;
  char *predict_all[] = {"fasttext", "predict-prob", binary, all, NULL};
  char *predict_one[] = {"fasttext", "predict-prob", binary, one, NULL};
  return per_text(b, predict_all, predict_one);
}

void bench_text(bench *b) {
  char all[BENCH_PATH], one[BENCH_PATH], learn[BENCH_PATH];
  bench_path(b, all, "texts.txt");
  bench_path(b, one, "one.txt");
  bench_path(b, learn, "learn.txt");
  if (!(mien_engine_reads(b->engine) & MIEN_READ_TEXT)) {
    bench_missing(b, "text", "mien text", "there is no text model");
    return;
  }
  double bytes = bench_write_texts(b, all, TEXTS, false);
  if (isnan(bytes) || isnan(bench_write_texts(b, one, 1, false)) || isnan(bench_write_texts(b, learn, 20000, true))) {
    bench_missing(b, "text", "mien text", "the texts could not be read or written");
    return;
  }
  char *mien_all[] = {(char *)b->program, "text", "--model", "bulk", "--jobs", "1", "--no-cues", all, NULL};
  char *mien_one[] = {(char *)b->program, "text", "--model", "bulk", "--jobs", "1", "--no-cues", one, NULL};
  double bulk = per_text(b, mien_all, mien_one);
  char *cues_all[] = {(char *)b->program, "text", "--model", "bulk", "--jobs", "1", all, NULL};
  char *cues_one[] = {(char *)b->program, "text", "--model", "bulk", "--jobs", "1", one, NULL};
  double cues = per_text(b, cues_all, cues_one);
  char what[96];
  snprintf(what, sizeof what, "mien text --no-cues, %.0f bytes a text on average", bytes / TEXTS);
  double plain = NAN, subwords = NAN;
  if (bench_have("fasttext")) {
    char *nothing[] = {NULL};
    char *grams[] = {"-wordNgrams", "2", "-minn", "3", "-maxn", "5", NULL};
    plain = fasttext_speed(b, all, one, learn, nothing);
    subwords = fasttext_speed(b, all, one, learn, grams);
  }
  static const char strong[] = "fastText predict-prob, words, pairs, 3-5 letters";
  bench_row *row = bench_add(b, "text", what, "µs/text", bulk);
  bench_against(row, subwords, strong);
  row->at_most = subwords;
  bench_against(bench_add(b, "text", "mien text, with cues", "µs/text", cues), subwords, strong);
  bench_against(bench_add(b, "text", what, "µs/text", bulk), plain,
                "fastText predict-prob, words alone");
  bench_deep(b);
}

/* ---- Voice ---- */

float *bench_sound(const bench *b) {
  size_t wanted = SOUND_SECONDS * MEDIA_RATE, have = 0;
  float *sound = base_alloc(wanted, sizeof *sound);
  while (sound && have < wanted) {
    media_reader *reader;
    media_options options;
    media_item item;
    mien_error error;
    size_t before = have;
    media_options_init(&options);
    options.pictures = false;
    options.channels = MEDIA_CHANNELS_MIX; /* someone speaks nearly all the time */
    if (media_open(&reader, b->sample, &options, &error) != MIEN_OK) break;
    while (have < wanted && media_next(reader, &item, &error) == MIEN_OK) {
      if (item.kind != MEDIA_AUDIO || item.channel) continue;
      size_t count = BASE_MIN(item.count, wanted - have);
      memcpy(sound + have, item.pcm, count * sizeof *sound);
      have += count;
    }
    media_close(&reader);
    if (have == before) break;
  }
  if (have == wanted) return sound;
  base_free(sound);
  return NULL;
}

static double voice_seconds(const bench *b, const float *sound) {
  mien_session *session = open_session(b, MIEN_READ_VOICE);
  if (!session) return NAN;
  double start = bench_cpu();
  for (size_t at = 0; at < SOUND_SECONDS * MEDIA_RATE; at += MEDIA_BLOCK) {
    if (mien_session_feed_audio(session, "speaker", sound + at, MEDIA_BLOCK, (double)at / MEDIA_RATE) != MIEN_OK) break;
    cli_drain(session, ignore, NULL);
  }
  mien_session_finish(session);
  size_t events = 0;
  cli_drain(session, ignore, &events);
  double took = bench_cpu() - start;
  mien_session_close(&session);
  return took;
}

/* Of the frames of a minute, the speech detector's own time. */
typedef struct frames_taken {
  float (*frames)[VOICE_FEATURES];
  size_t count;
} frames_taken;

static void frame_keep(void *context, const float frame[VOICE_FEATURES]) {
  frames_taken *to = context;
  if (to->count < SOUND_SECONDS * 100) memcpy(to->frames[to->count++], frame, VOICE_FEATURES * sizeof *frame);
}

static double detector_seconds(const bench *b, const float *sound) {
  frames_taken taken = {base_alloc(SOUND_SECONDS * 100, sizeof *taken.frames), 0};
  voice_features *features = NULL;
  voice_listener speech = {0};
  double best = NAN;
  if (taken.frames && b->engine->voice && !voice_features_open(&features, frame_keep, &taken) &&
      !voice_listener_open(&speech, &b->engine->voice->speech)) {
    voice_features_feed(features, sound, SOUND_SECONDS * MEDIA_RATE);
    for (int i = 0; i < b->repeats; i++) {
      double start = bench_cpu();
      for (size_t f = 0; f < taken.count; f++) voice_listener_read(&speech, taken.frames[f]);
      best = fmin(best, bench_cpu() - start);
    }
  }
  voice_listener_close(&speech);
  voice_features_close(&features);
  base_free(taken.frames);
  return best;
}

static bool write_sound(const char *path, const float *sound) {
  FILE *file = fopen(path, "wb");
  size_t count = SOUND_SECONDS * MEDIA_RATE;
  bool ok = file && fwrite(sound, sizeof *sound, count, file) == count;
  return file && !fclose(file) && ok;
}

void bench_voice(bench *b) {
  float *sound = bench_sound(b);
  double best = NAN;
  for (int i = 0; sound && i < b->repeats; i++) best = fmin(best, voice_seconds(b, sound));
  if (isnan(best)) {
    bench_missing(b, "voice", "60 s of sound", sound ? "there is no voice model" : "the sample could not be read");
    base_free(sound);
    return;
  }
  bench_row *row = bench_add(b, "voice", "60 s of sound: features and network", "s", best);
  row->at_most = 0.24; /* 0.4 % of a core */
  bench_against(row, SOUND_SECONDS, "real time");
  double detector = detector_seconds(b, sound);
  if (!isnan(detector)) {
    row = bench_add(b, "voice", "60 s of frames: is someone speaking", "s", detector);
    row->at_most = 0.03; /* 5 us a frame of 10 ms */
    bench_against(row, SOUND_SECONDS, "real time");
  }
  char path[BENCH_PATH];
  bench_path(b, path, "sound.f32");
  if (bench_have("ffmpeg") && write_sound(path, sound)) {
    char *spectra[] = {"ffmpeg", "-v", "error", "-f", "f32le", "-ar", "16000", "-ac", "1", "-i", path,
                       "-af", "aspectralstats=win_size=512:overlap=0.6875", "-f", "null", "-", NULL};
    char *nothing[] = {"ffmpeg", "-v", "error", "-f", "f32le", "-ar", "16000", "-ac", "1", "-i", path,
                       "-f", "null", "-", NULL};
    bench_against(bench_add(b, "voice", "60 s of sound: features and network", "s", best),
                  bench_best(b, spectra).seconds - bench_best(b, nothing).seconds,
                  "FFmpeg's aspectralstats, the same windows");
  }
  base_free(sound);
}

/* ---- Face ---- */

enum { WIDE = 640, HIGH = 480 };

static void disc(uint8_t *grey, int width, int height, double cx, double cy, double rx, double ry, int light) {
  for (int y = (int)BASE_MAX(cy - ry, 0); y < BASE_MIN(cy + ry, height); y++)
    for (int x = (int)BASE_MAX(cx - rx, 0); x < BASE_MIN(cx + rx, width); x++)
      if ((x - cx) * (x - cx) / (rx * rx) + (y - cy) * (y - cy) / (ry * ry) < 1)
        grey[y * width + x] = (uint8_t)light;
}

/* A drawn face: what it is matters little, the work is the same for every picture. */
static void draw_face(uint8_t *grey, int width, int height, double cx, double cy, double size) {
  disc(grey, width, height, cx, cy, size * 0.38, size * 0.5, 190);
  disc(grey, width, height, cx - size * 0.15, cy - size * 0.1, size * 0.07, size * 0.035, 60);
  disc(grey, width, height, cx + size * 0.15, cy - size * 0.1, size * 0.07, size * 0.035, 60);
  disc(grey, width, height, cx, cy + size * 0.08, size * 0.04, size * 0.1, 165);
  disc(grey, width, height, cx, cy + size * 0.27, size * 0.14, size * 0.04, 90);
}

static double aligned_seconds(const bench *b) {
  static uint8_t grey[48 * 48];
  mien_picture picture = {48, 48, MIEN_GREY, 48, grey};
  mien_reading reading;
  mien_error error = {0};
  memset(grey, 120, sizeof grey);
  draw_face(grey, 48, 48, 24, 24, 46);
  double start = bench_cpu();
  for (int i = 0; i < FACES; i++)
    if (mien_face_read_aligned(b->engine, &picture, &reading, &error) != MIEN_OK) return NAN;
  return (bench_cpu() - start) / FACES;
}

static int count_faces(void *context, const mien_event *event) {
  if (event->kind == MIEN_EVENT_READING && event->reading.modality == MIEN_FACE) ++*(int *)context;
  return MIEN_OK;
}

/* A picture every `step` seconds: from 0.2 s on faces are looked for in each. With `face` there is one
 * to be read; NAN where it is not found. */
static double picture_seconds(const bench *b, double step, bool face) {
  int faces = 0;
  mien_session *session = open_session(b, MIEN_READ_FACE);
  uint8_t *grey = base_alloc(WIDE * HIGH, 1);
  double took = NAN;
  if (session && grey) {
    for (int y = 0; y < HIGH; y++)
      for (int x = 0; x < WIDE; x++)
        grey[y * WIDE + x] = (uint8_t)(80 + x * 60 / WIDE + ((x * 7919 + y * 104729) >> 3) % 23);
    if (face) draw_face(grey, WIDE, HIGH, WIDE / 2.0, HIGH / 2.0, 220);
    mien_picture picture = {WIDE, HIGH, MIEN_GREY, WIDE, grey};
    mien_session_feed_frame(session, "face", &picture, 0); /* takes its memory */
    double start = bench_cpu();
    for (int i = 1; i <= FRAMES; i++) {
      mien_session_feed_frame(session, "face", &picture, i * step);
      cli_drain(session, count_faces, &faces);
    }
    took = (bench_cpu() - start) / FRAMES;
    if (face && !faces) took = NAN;
  }
  base_free(grey);
  mien_session_close(&session);
  return took;
}

/* Processor milliseconds that FFmpeg takes to decode and throw away one frame of `path`. */
static double ffmpeg_frame_ms(const bench *b, char *path, double frames) {
  char *decode[] = {"ffmpeg", "-v", "error", "-threads", "1", "-i", path, "-an", "-f", "null", "-", NULL};
  return bench_best(b, decode).seconds / frames * 1e3;
}

static bool make_video(char *path, const char *seconds, const char *source, const bench *b) {
  char *make[] = {"ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", (char *)source, "-stream_loop",
                  "-1", "-i", (char *)b->sample, "-t", (char *)seconds, "-c:v", "mpeg4", "-q:v", "6",
                  "-c:a", "aac", "-b:a", "64k", path, NULL};
  struct stat about;
  return !stat(path, &about) || !isnan(bench_run(make, NULL).seconds);
}

void bench_face(bench *b) {
  double best = NAN, found = NAN, live = NAN, whole = NAN, decode = NAN;
  for (int i = 0; i < b->repeats; i++) {
    best = fmin(best, aligned_seconds(b));
    found = fmin(found, picture_seconds(b, 0.21, false));
    whole = fmin(whole, picture_seconds(b, 0.21, true));
    live = fmin(live, picture_seconds(b, 1 / 15.0, true));
  }
  char path[BENCH_PATH];
  bench_path(b, path, "short.mp4");
  if (bench_have("ffmpeg") && make_video(path, "20", "testsrc2=s=640x480:r=25", b))
    decode = ffmpeg_frame_ms(b, path, 500);
  bench_row *row = isnan(best) ? bench_missing(b, "face", "expression of an aligned face", "there is no model")
                               : bench_add(b, "face", "expression of an aligned face", "ms", best * 1e3);
  row->at_most = 1.5;
  bench_against(row, decode, "FFmpeg decodes one 640x480 frame (MPEG-4)");
  row = isnan(found) ? bench_missing(b, "face", "detection at 640x480", "there are no models")
                     : bench_add(b, "face", "detection at 640x480", "ms", found * 1e3);
  row->at_most = 8;
  bench_against(row, decode, "FFmpeg decodes one 640x480 frame (MPEG-4)");
  const struct {
    const char *what;
    double seconds;
  } one_face[] = {{"one face at 640x480: looked for, followed and read", whole},
                  {"the same live, 15 pictures a second, a picture", live}};
  for (size_t k = 0; k < BASE_COUNT(one_face); k++) {
    row = isnan(one_face[k].seconds) ? bench_missing(b, "face", one_face[k].what, "the drawn face is not found")
                                     : bench_add(b, "face", one_face[k].what, "ms", one_face[k].seconds * 1e3);
    row->at_most = 6;
    bench_against(row, decode, "FFmpeg decodes one 640x480 frame (MPEG-4)");
  }
}

/* ---- Media ---- */

static double decode_seconds(const char *path) {
  media_reader *reader;
  media_options options;
  media_item item;
  mien_error error;
  media_options_init(&options);
  options.max_side = 640;
  double start = bench_cpu();
  if (media_open(&reader, path, &options, &error) != MIEN_OK) return NAN;
  int result;
  while ((result = media_next(reader, &item, &error)) == MIEN_OK) {}
  media_close(&reader);
  return result == MIEN_EEND ? bench_cpu() - start : NAN;
}

void bench_media(bench *b) {
  char path[BENCH_PATH];
  bench_path(b, path, "short.mp4");
  if (!bench_have("ffmpeg") || !make_video(path, "20", "testsrc2=s=640x480:r=25", b)) {
    bench_missing(b, "media", "20 s of video", "ffmpeg is not installed");
    return;
  }
  double best = NAN;
  for (int i = 0; i < b->repeats; i++) best = fmin(best, decode_seconds(path));
  char *decode[] = {"ffmpeg", "-v", "error", "-threads", "1", "-i", path, "-pix_fmt", "rgb24", "-ar",
                    "16000", "-f", "null", "-", NULL};
  bench_against(bench_add(b, "media", "20 s of 640x480 video with sound to samples and RGB", "s", best),
                bench_best(b, decode).seconds, "ffmpeg doing the same, thrown away");
}

/* ---- Memory and size ---- */

static double peak_of_reading(const bench *b, char *path) {
  char *read[] = {(char *)b->program, "read", "--words", "off", path, NULL};
  return bench_run(read, NULL).peak / (1 << 20);
}

void bench_memory(bench *b) {
  if (!bench_have("ffmpeg")) {
    bench_missing(b, "memory", "mien read", "ffmpeg is not installed");
    return;
  }
  char three[BENCH_PATH], thirty[BENCH_PATH];
  bench_path(b, three, "minutes-3.mp4");
  bench_path(b, thirty, "minutes-30.mp4");
  char *ten_times[] = {"ffmpeg", "-v", "error", "-y", "-stream_loop", "9", "-i", three, "-c", "copy",
                       thirty, NULL};
  bool made = make_video(three, "180", "testsrc2=s=320x240:r=12.5", b);
  double little = made ? peak_of_reading(b, three) : NAN;
  bench_row *row = bench_add(b, "memory", "peak of reading a 3-minute video", "MB", little);
  row->at_most = 150;
  if (!b->all) return;
  made = made && !isnan(bench_run(ten_times, NULL).seconds);
  double much = made ? peak_of_reading(b, thirty) : NAN;
  row = bench_add(b, "memory", "peak of reading a 30-minute video", "MB", much);
  row->at_most = 150;
  bench_against(row, little, "the same of 3 minutes");
}

void bench_size(bench *b) {
  char path[BENCH_PATH];
  struct stat about;
  bench_path(b, path, "mien");
  char *strip[] = {"strip", "-o", path, (char *)b->program, NULL};
  if (isnan(bench_run(strip, NULL).seconds) || stat(path, &about)) {
    bench_missing(b, "size", "program and models, stripped", "strip is not installed");
    return;
  }
  bench_row *row = bench_add(b, "size", "program and models in it, stripped", "MB",
                             (double)about.st_size / (1 << 20));
  row->at_most = 40;
}
