/* voice_way.c: noise, the telephone's band and codings, gain. */
#include "eval/voice_way.h"

#include <math.h>

#include "base/base.h"
#include "media/g711.h"

enum { RATE = 16000, HOP = 160 };
static const double pi = 3.14159265358979323846;

/* The mean power of the hops of 10 ms that are less than 30 dB under the loudest: of the speech. */
static double speech_power(const float *pcm, size_t count) {
  double loudest = 0.0, sum = 0.0;
  size_t hops = 0;
  for (int pass = 0; pass < 2; pass++)
    for (size_t at = 0; at + HOP <= count; at += HOP) {
      double power = 0.0;
      for (size_t i = at; i < at + HOP; i++) power += (double)pcm[i] * pcm[i] / HOP;
      if (!pass) loudest = BASE_MAX(loudest, power);
      else if (power >= loudest * 1e-3) sum += power, hops++;
    }
  return hops ? sum / (double)hops : 0.0;
}

static double uniform(uint64_t *state) { /* xorshift64* (Vigna 2016); 0 < x < 1 */
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return ((double)((*state * 0x2545F4914F6CDD1DULL) >> 40) + 0.5) / (double)(1 << 24);
}

static double normal(uint64_t *state) { /* Box and Muller (1958) */
  double a = uniform(state), b = uniform(state);
  return sqrt(-2.0 * log(a)) * cos(2.0 * pi * b);
}

static void noise_add(const voice_way *way, float *pcm, size_t count, uint64_t seed,
                      const float *noise, size_t noise_count) {
  uint64_t state = seed * 0x9E3779B97F4A7C15ULL + 1;
  for (int i = 0; i < 8; i++) uniform(&state);
  double power = speech_power(pcm, count), own = 1.0;
  size_t at = 0;
  if (way->noise == WAY_WORLD) {
    if (!noise_count) return;
    own = 0.0;
    for (size_t i = 0; i < noise_count; i++) own += (double)noise[i] * noise[i];
    own /= (double)noise_count;
    at = (size_t)(uniform(&state) * (double)noise_count);
  }
  double scale = sqrt(power / BASE_MAX(own, 1e-12)) * pow(10.0, -way->ratio / 20.0);
  for (size_t i = 0; i < count; i++) {
    double n = way->noise == WAY_WHITE ? normal(&state) : noise[(at + i) % noise_count];
    pcm[i] += (float)(scale * n);
  }
}

/* A second-order section of a Butterworth filter by the bilinear transform (Bristow-Johnson's
 * cookbook): low pass, or high pass. */
static void section(float *pcm, size_t count, double hertz, double q, int high) {
  const double w = 2.0 * pi * hertz / RATE, c = cos(w), alpha = sin(w) / (2.0 * q);
  const double a0 = 1.0 + alpha, a1 = -2.0 * c / a0, a2 = (1.0 - alpha) / a0;
  const double b0 = (high ? 1.0 + c : 1.0 - c) / 2.0 / a0, b1 = (high ? -2.0 : 2.0) * b0;
  double x1 = 0.0, x2 = 0.0, y1 = 0.0, y2 = 0.0;
  for (size_t i = 0; i < count; i++) {
    double x = pcm[i], y = b0 * x + b1 * x1 + b0 * x2 - a1 * y1 - a2 * y2;
    x2 = x1, x1 = x, y2 = y1, y1 = y;
    pcm[i] = (float)y;
  }
}

/* Order 8 over 3.4 kHz, so that 8 kHz can carry it; order 4 under 300 Hz. */
static void low_pass(float *pcm, size_t count) {
  static const double q[] = {0.50979558, 0.60134489, 0.89997622, 2.5629154};
  for (int i = 0; i < 4; i++) section(pcm, count, 3400.0, q[i], 0);
}

static void telephone(float *pcm, size_t count, int line) {
  section(pcm, count, 300.0, 0.54119610, 1);
  section(pcm, count, 300.0, 1.3065630, 1);
  low_pass(pcm, count);
  /* A telephone sets its level: the loudest at -6 dB. */
  float most = 1e-6f;
  for (size_t i = 0; i < count; i++) most = BASE_MAX(most, fabsf(pcm[i]));
  const float *table = line == WAY_ALAW ? media_alaw_table() : media_ulaw_table();
  for (size_t i = 0; i < count; i++) {
    float x = pcm[i] * 0.5f / most;
    int16_t sample = (int16_t)lrintf(x * 32767.0f);
    if (line == WAY_ULAW) x = table[media_ulaw_encode(sample)];
    if (line == WAY_ALAW) x = table[media_alaw_encode(sample)];
    pcm[i] = i % 2 ? 0.0f : 2.0f * x; /* every second sample goes; zeros between, and the filter */
  }
  low_pass(pcm, count);
}

void voice_way_go(const voice_way *way, float *pcm, size_t count, uint64_t seed, const float *noise,
                  size_t noise_count) {
  if (way->noise != WAY_QUIET) noise_add(way, pcm, count, seed, noise, noise_count);
  if (way->line != WAY_WIDE) telephone(pcm, count, way->line);
  const float gain = powf(10.0f, way->gain / 20.0f);
  for (size_t i = 0; i < count; i++) pcm[i] = BASE_CLAMP(pcm[i] * gain, -1.0f, 1.0f);
}
