/* voice/: what the sound of a voice expresses.
 *
 * What it is: a stream of 16 kHz mono samples in, readings out. Inside, in the order of the data:
 * spectrum (windows, log-mel), pitch (F0, voicing), speech (is someone speaking; utterances),
 * prosody (cues with units), encode (the network). What it is not: it does not decode, resample,
 * tell speakers apart, or compare with a person's own baseline (follow/ adds the z-scores).
 *
 * Streaming: everything is causal with a fixed delay, works on a 10 ms grid counted from the first
 * sample, and gives bit-identical readings however the samples are cut into calls. A stream
 * allocates when it is opened and not after, as long as its readings are fetched; under 0.3 MB. What it needs only while it is fed it borrows from the model (work.h).
 *
 * Readings: one when 0.5 s of voiced speech is reached, one each further second of the utterance
 * (final = 0), and one at its end (final = 1). An utterance ends after 0.6 s without speech, at
 * 15 s, at a jump in time, or at finish. Silence, music and noise give no utterance.
 *
 * Owns: a model copies what it needs out of the nn_file except tensor data, so the file must
 * outlive it; a model is read-only and shared by any number of streams. A stream belongs to one
 * thread at a time. Cues of a reading are valid until the stream's next call. */
#ifndef VOICE_H
#define VOICE_H

#include "base/base.h"
#include "nn/nn.h"

enum { VOICE_RATE = 16000,      /* samples a second                          */
       VOICE_HOP = 160,         /* samples from one frame to the next, 10 ms */
       VOICE_MEL = 64,          /* mel bands                                 */
       VOICE_FEATURES = 72,     /* floats of a frame, see below              */
       VOICE_FEATURE_VERSION = 1,
       VOICE_CLASSES = 9 };

/* The classes of the network, in order; calm and boredom are folded into core neutral. */
enum { VOICE_NEUTRAL, VOICE_CALM, VOICE_JOY, VOICE_SADNESS, VOICE_ANGER, VOICE_FEAR, VOICE_DISGUST,
       VOICE_SURPRISE, VOICE_BOREDOM };

/* What a frame holds (feature version 1). Levels are dB relative to full scale (a full-scale sine
 * has an RMS level of -3 dB); nothing is normalised yet. */
enum {
  VOICE_AT_MEL = 0,      /* 64 log-mel bands, dB, floor -100                                    */
  VOICE_AT_LEVEL = 64,   /* RMS level of the 25 ms window, dB, floor -100                       */
  VOICE_AT_F0 = 65,      /* semitones above 55 Hz; 0 where unvoiced                             */
  VOICE_AT_VOICING = 66, /* strength of the best pitch candidate, 0…1                           */
  VOICE_AT_HNR = 67,     /* harmonics-to-noise ratio, dB, -10…40; -10 where unvoiced            */
  VOICE_AT_ALPHA = 68,   /* alpha ratio: energy 50–1000 Hz over 1–5 kHz, dB, -40…60             */
  VOICE_AT_HAMMARBERG = 69, /* strongest peak 0–2 kHz over strongest 2–5 kHz, dB, -40…80        */
  VOICE_AT_SLOPE = 70,   /* slope of the spectrum over log2 frequency 0.1–5 kHz, dB per octave  */
  VOICE_AT_FLUX = 71,    /* mean rise of the mel bands since 20 ms before, dB                   */
};

#define VOICE_F0_REFERENCE 55.0f /* Hz: 0 semitones */

typedef struct voice_model voice_model;
typedef struct voice_stream voice_stream;

int voice_model_open(voice_model **model, const nn_file *file, mien_error *error);
void voice_model_close(voice_model **model);
/* Frees the working memory that no stream borrows now; the next to be fed makes it again. From any thread. */
void voice_model_tidy(voice_model *model);

int voice_stream_open(voice_stream **stream, const voice_model *model);
void voice_stream_close(voice_stream **stream);

/* Samples at 16 kHz mono, -1…1; `at`: the time of the first one, seconds. Not finite samples count
 * as 0, larger ones are cut at ±1 and both lower `quality`. A jump of more than 50 ms against the
 * time expected ends the utterance and starts the clock again; NAN: no jump.
 * Readings that nobody fetches with next wait, and take 11 kB each. */
int voice_stream_feed(voice_stream *stream, const float *pcm, size_t count, double at);
/* MIEN_OK and a reading, or MIEN_EAGAIN. */
int voice_stream_next(voice_stream *stream, mien_reading *reading);
/* No more samples: ends the utterance. Feeding again starts a new recording. */
int voice_stream_finish(voice_stream *stream);

/* ---- For training: the frames themselves -------------------------------------------------------
 * A feature extractor without a model. `write` gets each frame once, in order. */
typedef struct voice_features voice_features;
typedef void (*voice_frame_fn)(void *context, const float frame[VOICE_FEATURES]);
int voice_features_open(voice_features **features, voice_frame_fn write, void *context);
void voice_features_feed(voice_features *features, const float *pcm, size_t count);
void voice_features_finish(voice_features *features);
void voice_features_close(voice_features **features);

#endif
