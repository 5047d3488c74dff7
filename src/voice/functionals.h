/* functionals: the statistics of an utterance, what the field calls so: means, deviations, moments,
 * changes, correlations and modulations of 28 tracks, kept as running sums. They know no order of
 * sounds, which the networks of encode.h do; they say little about who speaks what, and carry over
 * better to voices never heard.
 *
 * Beside them, random kernels (Dempster, Petitjean and Webb 2020, "ROCKET"; with the two weights of
 * their MiniRocket, 2021): 300 convolutions over time of random sums of one to three tracks, 9 taps wide
 * at 10 to 160 ms, which see only change; of each, how often it is over two thresholds while
 * something sounds. The kernels are drawn once, before training, and come with the model.
 *
 * Tracks of a frame: 20 cosine coefficients of the 64 bands (1…20; those bands in dB against the
 * loudest lately, level.h, over 4), then the level so taken, F0, voicing, harmonics-to-noise, alpha,
 * Hammarberg, slope, flux as in voice.h. Which frames count: those of speech less than 28 dB under
 * the loudest ("sounding"), of these the voiced and the unvoiced ones, and of the voiced ones those
 * less than 8 dB under it ("loud").
 *
 * Layout, VOICE_FUNCTIONALS floats, 28 of each where nothing else is said:
 *   mean, deviation                of sounding, voiced, loud, unvoiced: 8
 *   skewness, excess kurtosis      of voiced: 2
 *   mean, deviation, mean size     of the change over 40 ms, of sounding, voiced: 6
 *   correlation of two tracks      of voiced: 378, by row over the upper triangle
 *   log energy                     of ten tracks in four bands of modulation (about 0.5–1, 1–2, 2–4,
 *                                  4–8 Hz: differences of one-pole filters): 40
 *   share of sounding frames       that each kernel is over its lower, then its upper threshold: 600
 *   log seconds; share voiced, sounding; voiced and sounding stretches a second; log frames of a
 *   voiced stretch and of a gap; slopes a second of F0, level, slope, harmonics: 11              */
#ifndef VOICE_FUNCTIONALS_H
#define VOICE_FUNCTIONALS_H

#include "voice/voice.h"

enum { VOICE_CEPSTRA = 20, VOICE_TRACKS = VOICE_CEPSTRA + 8,
       VOICE_PAIRS = VOICE_TRACKS * (VOICE_TRACKS - 1) / 2,
       VOICE_MODULATED = 10, VOICE_MODULATIONS = 4, VOICE_RHYTHM = 11, VOICE_DELTA = 4,
       VOICE_DILATIONS = 5, VOICE_TAPS = 9, VOICE_KERNELS = 60 /* of a dilation */,
       VOICE_ALL_KERNELS = VOICE_DILATIONS * VOICE_KERNELS, VOICE_THRESHOLDS = 2,
       VOICE_FUNCTIONALS = 16 * VOICE_TRACKS + VOICE_PAIRS +
                           VOICE_MODULATED * VOICE_MODULATIONS +
                           VOICE_THRESHOLDS * VOICE_ALL_KERNELS + VOICE_RHYTHM,
       VOICE_KERNEL_ROWS = 129 + 65 + 33 + 17 + 9 /* rows of sums that the kernels look back to */ };
enum { VOICE_SOUNDING, VOICE_VOICED_ONLY, VOICE_LOUD, VOICE_UNVOICED, VOICE_KINDS };

/* Frames to tracks. */
typedef struct voice_tracks {
  float level; /* dB, level.h */
} voice_tracks;
enum { VOICE_TRACK_LEVEL = VOICE_CEPSTRA, VOICE_TRACK_F0 };
void voice_tracks_init(voice_tracks *tracks);
void voice_tracks_restart(voice_tracks *tracks);
void voice_tracks_read(voice_tracks *tracks, const float frame[VOICE_FEATURES], float y[VOICE_TRACKS]);
/* Whether it sounds: less than 28 dB under the loudest lately. */
bool voice_track_sounds(const float y[VOICE_TRACKS]);

/* Part of a model, where the sums are a matrix. A track x goes in as (x - mean) * scale. Dilation d is 2^d frames. */
typedef struct voice_kernels {
  float mean[VOICE_TRACKS], scale[VOICE_TRACKS];
  struct {
    uint8_t track[3];
    float weight[3]; /* -1 or 1; 0: fewer than three */
  } sum[VOICE_ALL_KERNELS];
  float taps[VOICE_TAPS][VOICE_ALL_KERNELS];  /* -1 or 2, sum 0; tap 0 is now */
  float over[VOICE_THRESHOLDS][VOICE_ALL_KERNELS];
} voice_kernels;

typedef struct voice_functionals {
  const voice_kernels *kernels;
  voice_tracks tracks;
  int frames;
  float past[VOICE_DELTA][VOICE_TRACKS]; /* ring: frame n is at n mod VOICE_DELTA */
  bool past_in[VOICE_DELTA][2];          /* sounding, voiced                      */
  double count[VOICE_KINDS], sum[VOICE_KINDS][VOICE_TRACKS], square[VOICE_KINDS][VOICE_TRACKS];
  double cube[VOICE_TRACKS], fourth[VOICE_TRACKS];
  double change_count[2], change[2][VOICE_TRACKS], change_square[2][VOICE_TRACKS],
      change_size[2][VOICE_TRACKS];
  double product[VOICE_TRACKS][VOICE_TRACKS];
  float smooth[VOICE_MODULATIONS + 1][VOICE_MODULATED], start[VOICE_MODULATED];
  double modulation[VOICE_MODULATIONS][VOICE_MODULATED];
  float history[VOICE_KERNEL_ROWS][VOICE_KERNELS]; /* a ring of 8 * 2^d + 1 rows a dilation */
  uint32_t over[VOICE_THRESHOLDS][VOICE_ALL_KERNELS];
  int stretches[2];   /* sounding, voiced */
  double time[2], time_square[2], with_time[4]; /* seconds; sums over sounding, voiced */
} voice_functionals;

void voice_functionals_init(voice_functionals *functionals, const voice_kernels *kernels); /* once */
void voice_functionals_restart(voice_functionals *functionals); /* at the start of an utterance */
void voice_functionals_feed(voice_functionals *functionals, const float frame[VOICE_FEATURES],
                            bool speech);
void voice_functionals_read(const voice_functionals *functionals, float to[VOICE_FUNCTIONALS]);

#endif
