/* sound.h: sounds made for the tests. No recording is used. */
#ifndef TEST_SOUND_H
#define TEST_SOUND_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define SOUND_PI 3.14159265358979323846

typedef struct sound_random {
  uint64_t state;
} sound_random;

/* -1…1, evenly (xorshift64*, Vigna 2016). */
static inline float sound_noise(sound_random *r) {
  r->state ^= r->state >> 12, r->state ^= r->state << 25, r->state ^= r->state >> 27;
  return (float)((double)(r->state * 2685821657736338717ull >> 11) / 4503599627370496.0 - 1.0);
}

/* A resonance (two-pole), as a formant. */
typedef struct sound_formant {
  double a, b, gain, y1, y2;
} sound_formant;

static inline sound_formant sound_formant_make(double hertz, double width, double rate) {
  double r = exp(-SOUND_PI * width / rate);
  sound_formant f = {2 * r * cos(2 * SOUND_PI * hertz / rate), -r * r, 0, 0, 0};
  f.gain = 1 - f.a - f.b;
  return f;
}

static inline double sound_formant_run(sound_formant *f, double x) {
  double y = f->gain * x + f->a * f->y1 + f->b * f->y2;
  f->y2 = f->y1, f->y1 = y;
  return y;
}

/* Something like speech: syllables of a buzzing source through moving formants, a little breath,
 * five syllables a second, between `from` and `until` seconds. Adds to x[count] at 16 kHz. */
static inline void sound_speak(float *x, size_t count, double from, double until, double pitch,
                               double loudness) {
  sound_random random = {88172645463325252ull};
  static const double vowels[4][3] = {{730, 1090, 2440}, {270, 2290, 3010}, {570, 840, 2410},
                                      {530, 1840, 2480}}; /* Peterson and Barney (1952) */
  sound_formant f[3] = {{0}};
  double phase = 0.0;
  int vowel = -1;
  for (size_t i = 0; i < count; i++) {
    double t = (double)i / 16000.0;
    if (t < from || t >= until) continue;
    double s = (t - from) * 5.0;
    if ((int)s != vowel) {
      vowel = (int)s;
      for (int k = 0; k < 3; k++) {
        sound_formant next =
            sound_formant_make(vowels[(vowel * 7 + vowel / 3) % 4][k], 60 + 40 * k, 16000);
        next.y1 = f[k].y1, next.y2 = f[k].y2;
        f[k] = next;
      }
    }
    double within = s - vowel;
    double envelope = pow(sin(SOUND_PI * within), 0.7) * (0.6 + 0.4 * sin(vowel * 2.1 + 1));
    double f0 = pitch * (1.0 + 0.12 * sin(2 * SOUND_PI * (t - from) * 0.7) + 0.05 * sin(vowel * 1.7));
    phase += f0 / 16000.0;
    if (phase >= 1.0) phase -= 1.0;
    double source = (phase < 0.6 ? sin(SOUND_PI * phase / 0.6) * (1 - phase) : 0.0) - 0.3;
    double y = source + 0.03 * sound_noise(&random);
    for (int k = 0; k < 3; k++) y = 0.4 * y + sound_formant_run(&f[k], y);
    if (within < 0.15) y += 0.4 * sound_noise(&random) * (vowel % 3 == 0); /* a fricative */
    x[i] += (float)(loudness * envelope * y);
  }
}

#endif
