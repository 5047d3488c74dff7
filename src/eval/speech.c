/* speech.c: is someone speaking? The detector of the voice model on clips of the test speakers with a second
 * of nothing before and after, in the noises of ESC-10's fold 5, which training has not heard, and on those
 * noises alone. There is speech in a frame of 10 ms of the clean clip less than 30 dB under its loudest;
 * silences under 0.12 s between such frames count as speech, and 50 ms around each change do not count. */
#include "voice/detector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/voice.h"
#include "eval/voice_way.h"
#include "voice/frames.h"

enum { EVERY = 4 /* of the clips, one in four */, HOP = VOICE_HOP, AROUND = 5, CLOSED = 12, MOST = 3000 /* hops */ };
#define ON 0.5f /* as stream.c */

static const voice_protocol sets[] = {
    {"ravdess_speech", "test", "RAVDESS", EVAL_RAVDESS_CLASSES, NAN, NAN, NAN, NAN},
    {"emodb", "test", "EmoDB", EVAL_EMODB_CLASSES, NAN, NAN, NAN, NAN},
    {"nemo", "test", "nEMO", EVAL_NEMO_CLASSES, NAN, NAN, NAN, NAN}};

static const voice_way ways[] = {{"as recorded", WAY_QUIET, 0, WAY_WIDE, 0},
                                 {"recorded noise at 20 dB", WAY_WORLD, 20, WAY_WIDE, 0},
                                 {"recorded noise at 10 dB", WAY_WORLD, 10, WAY_WIDE, 0},
                                 {"recorded noise at 5 dB", WAY_WORLD, 5, WAY_WIDE, 0},
                                 {"recorded noise at 0 dB", WAY_WORLD, 0, WAY_WIDE, 0},
                                 {"telephone, noise at 10 dB", WAY_WORLD, 10, WAY_ULAW, 0}};
enum { WAYS = BASE_COUNT(ways) };

typedef struct detector {
  voice_frames frames;
  voice_listener speech;
  bool said[MOST];
  size_t count;
} detector;

static size_t detect(detector *d, const float *pcm, size_t count) {
  d->count = 0;
  voice_frames_restart(&d->frames);
  voice_listener_restart(&d->speech);
  static const float silence[VOICE_HOP * VOICE_PITCH_DELAY];
  const float *part[] = {pcm, silence};
  const size_t length[] = {count, BASE_COUNT(silence)};
  for (int p = 0; p < 2; p++)
    for (size_t at = 0; at < length[p] && d->count < MOST;) {
      const float *ready;
      int bad;
      at += voice_frames_feed(&d->frames, part[p] + at, length[p] - at, &ready, &bad);
      if (ready) d->said[d->count++] = voice_listener_read(&d->speech, ready) > ON;
    }
  return d->count;
}

/* -1 does not count, 0 silence, 1 speech. */
static void truth_read(const float *pcm, size_t hops, signed char *truth) {
  double power[MOST], loudest = 0.0;
  for (size_t h = 0; h < hops; h++) {
    power[h] = 0.0;
    for (int i = 0; i < HOP; i++) power[h] += (double)pcm[h * HOP + i] * pcm[h * HOP + i];
    loudest = fmax(loudest, power[h]);
  }
  size_t last = 0;
  bool any = false;
  for (size_t h = 0; h < hops; h++) {
    truth[h] = power[h] > loudest * 1e-3;
    if (!truth[h]) continue;
    if (any && h - last <= CLOSED)
      for (size_t k = last + 1; k < h; k++) truth[k] = 1;
    last = h, any = true;
  }
  static signed char raw[MOST];
  memcpy(raw, truth, hops);
  for (size_t h = 1; h < hops; h++)
    if (raw[h] != raw[h - 1])
      for (size_t k = BASE_MAX(h, AROUND) - AROUND; k < BASE_MIN(hops, h + AROUND); k++) truth[k] = -1;
}

typedef struct tally { /* a clip each: of how many, how many */
  eval_pair *recall[WAYS], *precision[WAYS];
  size_t count;
} tally;

static int clips_read(eval_context *context, detector *d, const voice_noises *n, tally *t, mien_error *error) {
  static float clean[MOST * HOP], pcm[MOST * HOP];
  static signed char truth[MOST];
  int code = MIEN_OK;
  size_t missing = 0, seen = 0;
  for (size_t s = 0; !code && s < BASE_COUNT(sets); s++) {
    voice_rows rows;
    voice_row row;
    if ((code = eval_voice_rows_open(context, &rows, error))) break;
    for (int w = 0; w < (int)WAYS; w++) {
      size_t room = t->count + rows.table.rows;
      eval_pair *recall = realloc(t->recall[w], room * sizeof *recall);
      if (recall) t->recall[w] = recall;
      eval_pair *precision = realloc(t->precision[w], room * sizeof *precision);
      if (precision) t->precision[w] = precision;
      if (!recall || !precision) code = base_error_set(error, MIEN_ENOMEM, "", "", "no memory for the scores");
    }
    while (!code && eval_voice_rows_next(&rows, &sets[s], &row)) {
      float *sound;
      size_t samples;
      if (strcmp(row.split, sets[s].split) || seen++ % EVERY) continue;
      if (eval_voice_load_row(context, &sets[s], &row, &sound, &samples, &missing)) continue;
      const size_t used = BASE_MIN(samples, (size_t)(MOST - 200) * HOP), hops = used / HOP + 200;
      memset(clean, 0, sizeof clean);
      memcpy(clean + 100 * HOP, sound, used * sizeof *sound);
      free(sound);
      truth_read(clean, hops, truth);
      for (int w = 0; w < (int)WAYS; w++) {
        memcpy(pcm, clean, hops * HOP * sizeof *pcm);
        voice_way_go(&ways[w], pcm, hops * HOP, rows.row, n->pcm, n->count);
        size_t heard = detect(d, pcm, hops * HOP);
        double speech = 0, hits = 0, said = 0;
        for (size_t h = 0; h < BASE_MIN(heard, hops); h++) {
          if (truth[h] < 0) continue;
          speech += truth[h] == 1;
          said += d->said[h];
          hits += d->said[h] && truth[h] == 1;
        }
        t->recall[w][t->count] = (eval_pair){(float)speech, (float)hits};
        t->precision[w][t->count] = (eval_pair){(float)said, (float)hits};
      }
      t->count++;
      eval_progress(context, "speech", (double)rows.row, (double)rows.table.rows);
    }
    eval_table_close(&rows.table);
  }
  if (missing) eval_note(&context->report, "%zu clips could not be read", missing);
  return code;
}

int eval_speech(eval_context *context, mien_error *error) {
  nn_file *file = NULL;
  voice_model *model = NULL;
  voice_noises n = {0};
  tally t = {0};
  detector *d = calloc(1, sizeof *d);
  int code = d ? eval_open_model(context, "voice", &file, error) : MIEN_ENOMEM;
  if (!code) code = voice_model_open(&model, file, error);
  if (!code) code = eval_voice_noises(context, &n, error);
  if (!code) code = voice_frames_open(&d->frames);
  if (!code) code = voice_listener_open(&d->speech, &model->speech);
  if (!code) code = clips_read(context, d, &n, &t, error);
  if (!code && t.count) {
    eval_set(&context->report, "Speech in frames of 10 ms");
    for (int w = 0; w < (int)WAYS; w++) {
      eval_add(&context->report, ways[w].name, "recall", eval_interval(eval_ratio, t.recall[w], t.count),
               t.count)->percent = true;
      eval_add(&context->report, ways[w].name, "precision", eval_interval(eval_ratio, t.precision[w], t.count),
               t.count)->percent = true;
    }
    /* Of each noise by itself, five seconds long. */
    size_t pieces = n.count / (5 * VOICE_RATE);
    eval_pair *alarms = malloc((pieces + 1) * sizeof *alarms);
    for (size_t i = 0; alarms && i < pieces; i++) {
      double said = 0;
      size_t heard = detect(d, n.pcm + i * 5 * VOICE_RATE, 5 * VOICE_RATE);
      for (size_t h = 0; h < heard; h++) said += d->said[h];
      alarms[i] = (eval_pair){(float)heard, (float)said};
    }
    if (alarms && pieces)
      eval_add(&context->report, "noise alone", "frames taken for speech", eval_interval(eval_ratio, alarms, pieces),
               pieces)->percent = true;
    free(alarms);
  }
  for (int w = 0; w < (int)WAYS; w++) free(t.recall[w]), free(t.precision[w]);
  if (d) voice_frames_close(&d->frames), voice_listener_close(&d->speech);
  free(d);
  free(n.pcm);
  voice_model_close(&model);
  nn_file_close(&file);
  return code;
}
