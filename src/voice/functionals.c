/* functionals.c: running sums a frame, and the statistics out of them. */
#include "voice/functionals.h"

#include <pthread.h>

#define SOUNDING 28.0f /* dB under the loudest lately */
#define LOUD 8.0f
#define FALL 0.02f     /* dB a frame, as in level.h   */

enum { AT_LEVEL = VOICE_TRACK_LEVEL, AT_F0, AT_VOICING, AT_HNR, AT_ALPHA, AT_HAMMARBERG, AT_SLOPE, AT_FLUX };

/* The tracks whose modulation is measured, and the one-pole filters between whose outputs it is. */
static const int modulated[VOICE_MODULATED] = {0, 1, 2, 3, 4, 5, AT_LEVEL, AT_VOICING, AT_HAMMARBERG,
                                               AT_FLUX};
static const float pole[VOICE_MODULATIONS + 1] = {0.03f, 0.06f, 0.12f, 0.25f, 0.5f};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static float cosine[VOICE_MEL][VOICE_CEPSTRA]; /* of all streams */

static void cosine_make(void) {
  const double pi = 3.14159265358979323846;
  for (int k = 0; k < VOICE_CEPSTRA; k++)
    for (int i = 0; i < VOICE_MEL; i++)
      cosine[i][k] = (float)(sqrt(2.0 / VOICE_MEL) / 4.0 * cos(pi * (k + 1) * (i + 0.5) / VOICE_MEL));
}

void voice_tracks_init(voice_tracks *f) {
  pthread_once(&once, cosine_make);
  voice_tracks_restart(f);
}

void voice_tracks_restart(voice_tracks *f) { f->level = -INFINITY; }

bool voice_track_sounds(const float y[VOICE_TRACKS]) { return y[AT_LEVEL] > -SOUNDING; }


void voice_tracks_read(voice_tracks *f, const float frame[VOICE_FEATURES], float y[VOICE_TRACKS]) {
  float cepstra[VOICE_CEPSTRA] = {0};
  f->level = BASE_MAX(frame[VOICE_AT_LEVEL], f->level - FALL);
  float against = BASE_MAX(f->level, -90.0f);
  for (int i = 0; i < VOICE_MEL; i++) {
    const float band = BASE_MAX(frame[i] - against, -60.0f);
    for (int k = 0; k < VOICE_CEPSTRA; k++) cepstra[k] += cosine[i][k] * band;
  }
  memcpy(y, cepstra, sizeof cepstra);
  y[AT_LEVEL] = BASE_MAX(frame[VOICE_AT_LEVEL] - against, -60.0f);
  for (int i = VOICE_AT_F0; i < VOICE_FEATURES; i++) y[AT_F0 + i - VOICE_AT_F0] = frame[i];
}

void voice_functionals_init(voice_functionals *f, const voice_kernels *kernels) {
  f->kernels = kernels;
  voice_tracks_init(&f->tracks);
  voice_functionals_restart(f);
}

void voice_functionals_restart(voice_functionals *f) {
  const size_t kept = offsetof(voice_functionals, frames);
  memset((char *)f + kept, 0, sizeof *f - kept);
  voice_tracks_restart(&f->tracks);
}

static void kind_add(voice_functionals *f, int kind, const float *y) {
  f->count[kind] += 1.0;
  for (int i = 0; i < VOICE_TRACKS; i++) {
    double x = y[i];
    f->sum[kind][i] += x;
    f->square[kind][i] += x * x;
  }
}

static void voiced_add(voice_functionals *f, const float *y) {
  for (int i = 0; i < VOICE_TRACKS; i++) {
    double x = y[i];
    f->cube[i] += x * x * x;
    f->fourth[i] += x * x * x * x;
    for (int j = i + 1; j < VOICE_TRACKS; j++) f->product[i][j] += x * y[j];
  }
}

static void change_add(voice_functionals *f, int kind, const float *y, const float *before) {
  f->change_count[kind] += 1.0;
  for (int i = 0; i < VOICE_TRACKS; i++) {
    double d = y[i] - before[i];
    f->change[kind][i] += d;
    f->change_square[kind][i] += d * d;
    f->change_size[kind][i] += fabs(d);
  }
}

static void modulation_add(voice_functionals *f, const float *y, bool sounding) {
  for (int i = 0; i < VOICE_MODULATED; i++) {
    if (f->frames == 0) f->start[i] = y[modulated[i]];
    float x = y[modulated[i]] - f->start[i];
    for (int b = 0; b <= VOICE_MODULATIONS; b++)
      f->smooth[b][i] += pole[b] * (x - f->smooth[b][i]);
    if (!sounding) continue;
    for (int b = 0; b < VOICE_MODULATIONS; b++) {
      double d = f->smooth[b + 1][i] - f->smooth[b][i];
      f->modulation[b][i] += d * d;
    }
  }
}

/* Before the first frame there were frames like it. */
static void kernels_add(voice_functionals *f, const float *y, bool sounding) {
  const voice_kernels *k = f->kernels;
  float z[VOICE_TRACKS], sums[VOICE_ALL_KERNELS], out[VOICE_ALL_KERNELS] = {0};
  for (int t = 0; t < VOICE_TRACKS; t++) z[t] = (y[t] - k->mean[t]) * k->scale[t];
  for (int i = 0; i < VOICE_ALL_KERNELS; i++)
    sums[i] = z[k->sum[i].track[0]] * k->sum[i].weight[0] +
              z[k->sum[i].track[1]] * k->sum[i].weight[1] +
              z[k->sum[i].track[2]] * k->sum[i].weight[2];
  float(*ring)[VOICE_KERNELS] = f->history;
  for (int d = 0; d < VOICE_DILATIONS; d++) {
    const int step = 1 << d, rows = (VOICE_TAPS - 1) * step + 1, first = d * VOICE_KERNELS;
    const int now = f->frames % rows;
    const float *own = sums + first;
    if (f->frames == 0)
      for (int r = 0; r < rows; r++) memcpy(ring[r], own, sizeof ring[r]);
    memcpy(ring[now], own, sizeof ring[now]);
    for (int j = 0; sounding && j < VOICE_TAPS; j++) {
      const float *restrict row = ring[(now + rows - j * step) % rows];
      const float *restrict tap = k->taps[j] + first;
      float *restrict to = out + first;
      for (int i = 0; i < VOICE_KERNELS; i++) to[i] += tap[i] * row[i];
    }
    ring += rows;
  }
  for (int t = 0; sounding && t < VOICE_THRESHOLDS; t++) {
    uint32_t *restrict count = f->over[t];
    const float *restrict over = k->over[t];
    for (int i = 0; i < VOICE_ALL_KERNELS; i++) count[i] += out[i] > over[i];
  }
}

void voice_functionals_feed(voice_functionals *f, const float frame[VOICE_FEATURES], bool speech) {
  float y[VOICE_TRACKS];
  voice_tracks_read(&f->tracks, frame, y);
  const int at = f->frames % VOICE_DELTA, last = (f->frames + VOICE_DELTA - 1) % VOICE_DELTA;
  const bool sounding = speech && voice_track_sounds(y), voiced = sounding && y[AT_F0] > 0.0f;
  const bool in[2] = {sounding, voiced};
  if (sounding) kind_add(f, VOICE_SOUNDING, y);
  if (sounding && !voiced) kind_add(f, VOICE_UNVOICED, y);
  if (voiced) kind_add(f, VOICE_VOICED_ONLY, y), voiced_add(f, y);
  if (voiced && y[AT_LEVEL] > -LOUD) kind_add(f, VOICE_LOUD, y);
  const double t = f->frames * (double)VOICE_HOP / VOICE_RATE;
  for (int k = 0; k < 2; k++) {
    if (!in[k]) continue;
    if (f->past_in[at][k]) change_add(f, k, y, f->past[at]);
    if (!f->past_in[last][k]) f->stretches[k]++;
    f->time[k] += t;
    f->time_square[k] += t * t;
  }
  if (voiced) f->with_time[0] += t * y[AT_F0], f->with_time[3] += t * y[AT_HNR];
  if (voiced) f->with_time[2] += t * y[AT_SLOPE];
  if (sounding) f->with_time[1] += t * y[AT_LEVEL];
  modulation_add(f, y, sounding);
  kernels_add(f, y, sounding);
  memcpy(f->past[at], y, sizeof y);
  memcpy(f->past_in[at], in, sizeof in);
  f->frames++;
}

static float deviation(double count, double sum, double square) {
  if (count < 1.0) return 0.0f;
  double mean = sum / count;
  return (float)sqrt(BASE_MAX(square / count - mean * mean, 0.0));
}

/* Regression on time, a second. `kind`: 0 sounding, 1 voiced. */
static float slope(const voice_functionals *f, int kind, int track, double with_time) {
  const int weight = kind ? VOICE_VOICED_ONLY : VOICE_SOUNDING;
  double n = f->count[weight];
  if (n < 1.0) return 0.0f;
  double both = with_time - f->time[kind] * f->sum[weight][track] / n;
  double square = f->time_square[kind] - f->time[kind] * f->time[kind] / n;
  return (float)(both / (square + 0.01));
}

void voice_functionals_read(const voice_functionals *f, float to[VOICE_FUNCTIONALS]) {
  float *out = to, spread[VOICE_TRACKS];
  const double n = BASE_MAX(f->count[VOICE_VOICED_ONLY], 1e-3);
  for (int kind = 0; kind < VOICE_KINDS; kind++) {
    double count = BASE_MAX(f->count[kind], 1e-3);
    for (int i = 0; i < VOICE_TRACKS; i++) *out++ = (float)(f->sum[kind][i] / count);
    for (int i = 0; i < VOICE_TRACKS; i++)
      *out++ = deviation(f->count[kind], f->sum[kind][i], f->square[kind][i]);
  }
  const double *sum = f->sum[VOICE_VOICED_ONLY], *square = f->square[VOICE_VOICED_ONLY];
  for (int i = 0; i < VOICE_TRACKS; i++) {
    double m = sum[i] / n, s = BASE_MAX(deviation(n, sum[i], square[i]), 0.01f);
    spread[i] = (float)s;
    double cube = f->cube[i] / n - 3 * m * square[i] / n + 2 * m * m * m;
    double fourth = f->fourth[i] / n - 4 * m * f->cube[i] / n + 6 * m * m * square[i] / n -
                    3 * m * m * m * m;
    out[i] = (float)BASE_CLAMP(cube / (s * s * s), -6.0, 6.0);
    out[VOICE_TRACKS + i] = (float)BASE_CLAMP(fourth / (s * s * s * s) - 3.0, -3.0, 12.0);
  }
  out += 2 * VOICE_TRACKS;
  for (int k = 0; k < 2; k++) {
    double count = BASE_MAX(f->change_count[k], 1e-3);
    for (int i = 0; i < VOICE_TRACKS; i++) *out++ = (float)(f->change[k][i] / count);
    for (int i = 0; i < VOICE_TRACKS; i++)
      *out++ = deviation(f->change_count[k], f->change[k][i], f->change_square[k][i]);
    for (int i = 0; i < VOICE_TRACKS; i++) *out++ = (float)(f->change_size[k][i] / count);
  }
  for (int i = 0; i < VOICE_TRACKS; i++)
    for (int j = i + 1; j < VOICE_TRACKS; j++) {
      double r = (f->product[i][j] / n - sum[i] / n * (sum[j] / n)) / (spread[i] * spread[j]);
      *out++ = (float)BASE_CLAMP(r, -1.0, 1.0);
    }
  const double sounding = BASE_MAX(f->count[VOICE_SOUNDING], 1e-3), voiced = f->count[VOICE_VOICED_ONLY];
  for (int b = 0; b < VOICE_MODULATIONS; b++)
    for (int i = 0; i < VOICE_MODULATED; i++)
      *out++ = (float)log(f->modulation[b][i] / sounding + 1e-3);
  for (int t = 0; t < VOICE_THRESHOLDS; t++)
    for (int i = 0; i < VOICE_ALL_KERNELS; i++) *out++ = (float)(f->over[t][i] / sounding);
  const double seconds = f->frames * (double)VOICE_HOP / VOICE_RATE;
  *out++ = (float)log(BASE_MAX(seconds - 0.7, 0.3));
  *out++ = (float)(voiced / BASE_MAX(f->frames, 1));
  *out++ = (float)(f->count[VOICE_SOUNDING] / BASE_MAX(f->frames, 1));
  *out++ = (float)(f->stretches[1] / (seconds + 0.2));
  *out++ = (float)(f->stretches[0] / (seconds + 0.2));
  *out++ = (float)log(voiced / (f->stretches[1] + 1) + 1.0);
  *out++ = (float)log((f->frames - f->count[VOICE_SOUNDING]) / (f->stretches[0] + 1) + 1.0);
  *out++ = slope(f, 1, AT_F0, f->with_time[0]);
  *out++ = slope(f, 0, AT_LEVEL, f->with_time[1]);
  *out++ = slope(f, 1, AT_SLOPE, f->with_time[2]);
  *out++ = slope(f, 1, AT_HNR, f->with_time[3]);
}
