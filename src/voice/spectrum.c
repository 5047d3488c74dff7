/* spectrum.c: log-mel bands and the shape of the long spectrum, from one window. */
#include "voice/spectrum.h"

#define MEL_LOW 60.0
#define MEL_HIGH 7600.0
#define PI 3.14159265358979323846

/* O'Shaughnessy (1987): mel = 2595 log10(1 + f/700). */
static double mel_of(double hertz) { return 2595.0 * log10(1.0 + hertz / 700.0); }
static double hertz_of(double mel) { return 700.0 * (pow(10.0, mel / 2595.0) - 1.0); }
static int bin_of(double hertz) { return (int)(hertz * VOICE_FFT / VOICE_RATE + 0.5); }

static float decibel(float power) {
  return power > 1e-10f ? 10.0f * log10f(power) : VOICE_FLOOR_DB;
}

void voice_spectrum_init(voice_spectrum *s) {
  memset(s, 0, sizeof *s);
  double sum = 0.0;
  for (int i = 0; i < VOICE_WINDOW; i++)
    sum += 0.5 - 0.5 * cos(2.0 * PI * (i + 0.5) / VOICE_WINDOW);
  for (int i = 0; i < VOICE_WINDOW; i++)
    s->window[i] = (float)((0.5 - 0.5 * cos(2.0 * PI * (i + 0.5) / VOICE_WINDOW)) * 2.0 / sum);

  /* Triangles between 66 equally spaced points of the mel scale; every bin between two points
   * rises into the band after it and falls out of the one before. */
  double low = mel_of(MEL_LOW), step = (mel_of(MEL_HIGH) - low) / (VOICE_MEL + 1);
  for (int k = 0; k < VOICE_BINS; k++) {
    double at = (mel_of((double)k * VOICE_RATE / VOICE_FFT) - low) / step;
    s->band[k] = -1;
    if (at < 0.0 || at >= VOICE_MEL + 1) continue;
    s->band[k] = (int16_t)at; /* VOICE_MEL means: only falls, out of the last band */
    s->rising[k] = (float)(at - floor(at));
  }

  /* Least squares of a band's level per hertz on log2 of its centre. */
  double mean = 0.0, square = 0.0, offset = 0.0;
  int used = 0;
  for (int b = 0; b < VOICE_MEL; b++) {
    double centre = hertz_of(low + (b + 1) * step);
    if (centre < 100.0 || centre > 5000.0) continue;
    mean += log2(centre), used++;
  }
  mean /= used;
  for (int b = 0; b < VOICE_MEL; b++) {
    double centre = hertz_of(low + (b + 1) * step);
    if (centre < 100.0 || centre > 5000.0) continue;
    square += (log2(centre) - mean) * (log2(centre) - mean);
  }
  for (int b = 0; b < VOICE_MEL; b++) {
    double centre = hertz_of(low + (b + 1) * step);
    if (centre < 100.0 || centre > 5000.0) continue;
    double width = hertz_of(low + (b + 2) * step) - hertz_of(low + b * step);
    s->slope_weight[b] = (float)((log2(centre) - mean) / square);
    offset -= (log2(centre) - mean) / square * 10.0 * log10(width);
  }
  s->slope_offset = (float)offset;
  s->low_from = bin_of(50.0), s->low_to = bin_of(1000.0), s->high_to = bin_of(5000.0);
  s->peak_split = bin_of(2000.0);
}

static void shape_read(const voice_spectrum *s, const float *power, float *frame) {
  /* Alpha ratio (Frøkjær-Jensen and Prytz 1976); Hammarberg index (Hammarberg et al. 1980). */
  float low = 1e-10f, high = 1e-10f, low_peak = 1e-10f, high_peak = 1e-10f;
  for (int k = s->low_from; k < s->low_to; k++) low += power[k];
  for (int k = s->low_to; k < s->high_to; k++) high += power[k];
  for (int k = s->low_from; k < s->peak_split; k++) low_peak = BASE_MAX(low_peak, power[k]);
  for (int k = s->peak_split; k < s->high_to; k++) high_peak = BASE_MAX(high_peak, power[k]);
  frame[VOICE_AT_ALPHA] = BASE_CLAMP(decibel(low) - decibel(high), -40.0f, 60.0f);
  frame[VOICE_AT_HAMMARBERG] = BASE_CLAMP(decibel(low_peak) - decibel(high_peak), -40.0f, 80.0f);
  float slope = s->slope_offset;
  for (int b = 0; b < VOICE_MEL; b++) slope += s->slope_weight[b] * frame[VOICE_AT_MEL + b];
  frame[VOICE_AT_SLOPE] = slope;
}

void voice_spectrum_read(const voice_spectrum *s, voice_fft *fft, const float *x,
                         float frame[VOICE_FEATURES]) {
  float padded[VOICE_FFT] = {0}, power[VOICE_BINS], bands[VOICE_MEL + 2] = {0}, square = 0.0f;
  for (int i = 0; i < VOICE_WINDOW; i++) {
    padded[i] = x[i] * s->window[i];
    square += x[i] * x[i];
  }
  voice_fft_power(fft, padded, power);
  for (int k = 0; k < VOICE_BINS; k++) { /* bands[1 + b] is band b; both ends are thrown away */
    if (s->band[k] < 0) continue;
    bands[s->band[k] + 1] += power[k] * s->rising[k];
    bands[s->band[k]] += power[k] * (1.0f - s->rising[k]);
  }
  for (int b = 0; b < VOICE_MEL; b++) frame[VOICE_AT_MEL + b] = decibel(bands[1 + b]);
  frame[VOICE_AT_LEVEL] = decibel(square / VOICE_WINDOW);
  shape_read(s, power, frame);
}
