/* features_voice.c: clips of raw sound to frames, or to what the readings are made of. */
#include "cli/features_voice.h"
#include "cli/cli.h"
#include "voice/raw.h"
#include "voice/voice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD = 7 + MIEN_DIMS + 2 * VOICE_CLASSES + VOICE_CUES + VOICE_FUNCTIONALS }; /* floats of a reading */

static const char help[] =
    "usage: mien features voice [--lengths LIST] [--model MODEL.mien] FILE…\n\n"
    "Writes what the voice model sees to standard output, for training. FILE is raw 16 kHz mono\n"
    "16-bit sound, - standard input. For each clip, little-endian: an int32 number of frames, then\n"
    "frames × 72 float32 (src/voice/voice.h says what they are).\n\n"
    "  --lengths LIST       FILE holds many clips: LIST gives the samples of each, one a line\n"
    "  --model MODEL.mien   in place of frames, an int32 number of readings and for each 1518\n"
    "                       float32: final, abstain, t0, t1, voiced seconds, quality, mean\n"
    "                       chance of speech, dims (3), class logits (9), cues (13; NaN where\n"
    "                       not known), logits of the networks alone (9), functionals (1477;\n"
    "                       src/voice/functionals.h)\n";
_Static_assert(RECORD == 1518, "the help says so");

typedef struct clip {
  float *values;
  size_t count, capacity; /* floats */
  int failed;
} clip;

static void clip_add(clip *c, const float *values, size_t count) {
  if (c->count + count > c->capacity) {
    size_t capacity = 2 * c->capacity + 65536;
    float *more = realloc(c->values, capacity * sizeof *more);
    if (!more) {
      c->failed = 1;
      return;
    }
    c->values = more, c->capacity = capacity;
  }
  memcpy(c->values + c->count, values, count * sizeof *values);
  c->count += count;
}

static void frame_add(void *context, const float frame[VOICE_FEATURES]) {
  clip_add(context, frame, VOICE_FEATURES);
}

typedef struct extractor { /* one of the two is open */
  voice_features *features;
  voice_stream *stream;
  clip clip;
} extractor;

static void readings_take(extractor *x) {
  mien_reading r;
  while (voice_stream_next(x->stream, &r) == MIEN_OK) {
    voice_raw raw;
    voice_stream_raw(x->stream, &raw);
    float record[RECORD] = {(float)r.final, r.abstain ? 1.0f : 0.0f, (float)r.t0, (float)r.t1,
                            raw.voiced, r.quality, raw.chance};
    memcpy(record + 7, r.dims, sizeof r.dims);
    memcpy(record + 7 + MIEN_DIMS, raw.logits, sizeof raw.logits);
    memcpy(record + 7 + MIEN_DIMS + VOICE_CLASSES, raw.cues, sizeof raw.cues);
    float *rest = record + 7 + MIEN_DIMS + VOICE_CLASSES + VOICE_CUES;
    memcpy(rest, raw.networks, sizeof raw.networks);
    memcpy(rest + VOICE_CLASSES, raw.functionals, sizeof raw.functionals);
    clip_add(&x->clip, record, RECORD);
  }
}

/* One clip of at most `length` samples (-1: to the end of the file). 0, or -1. */
static int clip_write(extractor *x, FILE *in, long long length) {
  int width = x->stream ? RECORD : VOICE_FEATURES, code = 0;
  x->clip.count = 0;
  while (length != 0) {
    int16_t raw[4096];
    float pcm[4096];
    size_t want = length < 0 || length > 4096 ? 4096 : (size_t)length;
    size_t got = fread(raw, sizeof *raw, want, in);
    if (got == 0) break;
    for (size_t i = 0; i < got; i++) pcm[i] = (float)raw[i] / 32768.0f;
    if (x->stream) code |= voice_stream_feed(x->stream, pcm, got, NAN), readings_take(x);
    else voice_features_feed(x->features, pcm, got);
    if (length > 0) length -= (long long)got;
  }
  if (x->stream) code |= voice_stream_finish(x->stream), readings_take(x);
  else voice_features_finish(x->features);
  int32_t count = (int32_t)(x->clip.count / (size_t)width);
  if (code || x->clip.failed || fwrite(&count, sizeof count, 1, stdout) != 1 ||
      fwrite(x->clip.values, sizeof(float), x->clip.count, stdout) != x->clip.count)
    return -1;
  return length > 0 ? -1 : 0;
}

static int file_write(extractor *x, const char *path, const char *lengths) {
  FILE *in = strcmp(path, "-") ? fopen(path, "rb") : stdin;
  FILE *list = lengths ? fopen(lengths, "r") : NULL;
  long long length = -1;
  int bad = !in || (lengths && !list);
  if (list)
    while (!bad && fscanf(list, "%lld", &length) == 1) bad = clip_write(x, in, length);
  else if (!bad)
    bad = clip_write(x, in, -1);
  if (bad)
    fprintf(stderr, "mien features: %s: %s\n", path,
            errno ? strerror(errno) : "shorter than the list of lengths says");
  if (list) fclose(list);
  if (in && in != stdin) fclose(in);
  return bad;
}

int cli_features_voice(int argc, char **argv) {
  const char *lengths = NULL, *path = NULL;
  int result = CLI_NOTHING, files = 0;
  extractor x = {0};
  nn_file *file = NULL;
  voice_model *model = NULL;
  mien_error error = {0};
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return fputs(help, stdout), CLI_DONE;
    if (!strcmp(argv[i], "--lengths") && i + 1 < argc) lengths = argv[++i];
    else if (!strcmp(argv[i], "--model") && i + 1 < argc) path = argv[++i];
    else argv[++files] = argv[i];
  }
  if (!files) return fputs(help, stderr), CLI_USAGE;
  int code = path ? nn_file_open(&file, path, &error)
                  : voice_features_open(&x.features, frame_add, &x.clip);
  if (!code && path) code = voice_model_open(&model, file, &error);
  if (!code && path) code = voice_stream_open(&x.stream, model);
  if (code)
    fprintf(stderr, "mien features: %s (%s): %s\n",
            *error.what ? error.what : mien_error_message(code), error.where, error.remedy);
  for (int i = 1; !code && i <= files; i++)
    if (!file_write(&x, argv[i], lengths)) result = CLI_DONE;
  voice_features_close(&x.features);
  voice_stream_close(&x.stream);
  voice_model_close(&model);
  nn_file_close(&file);
  free(x.clip.values);
  return result;
}
