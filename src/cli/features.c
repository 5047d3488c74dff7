/* features.c: `mien features`, what the models see, as raw float32 for training.
 *
 * A developers' command: training reads these, so that there is one feature extractor. */
#include "cli/cli.h"
#include "cli/features_text.h"
#include "voice/voice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(FILE *to) {
  fputs("usage: mien features voice [--model MODEL.mien] FILE…\n"
        "                                     (FILE: raw 16 kHz mono 16-bit samples; -: stdin)\n"
        "       mien features text …          (mien features text --help)\n\n"
        "Writes what a model sees to standard output, for training. voice: for each file an int32\n"
        "number of frames, then frames × 72 float32, little-endian (layout in src/voice/voice.h).\n"
        "A file or standard input may hold many clips: with --lengths LIST, a text file with one\n"
        "number of samples a line, each clip is a recording of its own.\n", to);
  return to == stdout ? CLI_DONE : CLI_USAGE;
}

typedef struct clip {
  float *frames; /* [count][VOICE_FEATURES] */
  size_t count, capacity;
  int failed;
} clip;

static void clip_add(void *context, const float frame[VOICE_FEATURES]) {
  clip *c = context;
  if (c->count == c->capacity) {
    size_t capacity = c->capacity ? 2 * c->capacity : 1024;
    float *frames = realloc(c->frames, capacity * VOICE_FEATURES * sizeof *frames);
    if (!frames) {
      c->failed = 1;
      return;
    }
    c->frames = frames, c->capacity = capacity;
  }
  memcpy(c->frames + c->count++ * VOICE_FEATURES, frame, VOICE_FEATURES * sizeof *frame);
}

/* One recording of at most `length` samples (-1: to the end of the file). 0, or -1. */
static int recording(voice_features *features, clip *c, FILE *in, long long length) {
  c->count = 0;
  while (length != 0) {
    int16_t raw[4096];
    float pcm[4096];
    size_t want = length < 0 || length > 4096 ? 4096 : (size_t)length;
    size_t got = fread(raw, sizeof *raw, want, in);
    if (got == 0) break;
    for (size_t i = 0; i < got; i++) pcm[i] = (float)raw[i] / 32768.0f;
    voice_features_feed(features, pcm, got);
    if (length > 0) length -= (long long)got;
  }
  voice_features_finish(features);
  int32_t count = (int32_t)c->count;
  if (c->failed || fwrite(&count, sizeof count, 1, stdout) != 1 ||
      fwrite(c->frames, VOICE_FEATURES * sizeof(float), c->count, stdout) != c->count)
    return -1;
  return length > 0 ? -1 : 0;
}

static int voice(int argc, char **argv) {
  const char *lengths = NULL;
  voice_features *features = NULL;
  clip c = {0};
  int result = CLI_NOTHING;
  if (voice_features_open(&features, clip_add, &c)) return CLI_NOTHING;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--lengths") && i + 1 < argc) {
      lengths = argv[++i];
      continue;
    }
    FILE *in = strcmp(argv[i], "-") ? fopen(argv[i], "rb") : stdin;
    FILE *list = lengths ? fopen(lengths, "r") : NULL;
    long long length = -1;
    int bad = !in || (lengths && !list);
    if (list)
      while (!bad && fscanf(list, "%lld", &length) == 1) bad = recording(features, &c, in, length);
    else if (!bad)
      bad = recording(features, &c, in, -1);
    if (bad)
      fprintf(stderr, "mien features: %s: %s\n", argv[i],
              errno ? strerror(errno) : "shorter than the list of lengths says");
    else
      result = CLI_DONE;
    if (list) fclose(list);
    if (in && in != stdin) fclose(in);
  }
  voice_features_close(&features);
  free(c.frames);
  return result;
}

int cli_features(int argc, char **argv) {
  if (argc < 2) return usage(stderr);
  if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) return usage(stdout);
  if (!strcmp(argv[1], "voice") && argc > 2) return voice(argc - 1, argv + 1);
  if (!strcmp(argv[1], "text")) return cli_features_text(argc - 1, argv + 1);
  return usage(stderr);
}
