/* stream.c: puts the parts together: samples to frames, frames to utterances, utterances to
 * readings. All decisions are made once a frame, so it does not matter how the samples come. */
#include "voice/cry.h"
#include "voice/detector.h"
#include "voice/encode.h"
#include "voice/frames.h"
#include "voice/perceptron.h"
#include "voice/prosody.h"
#include "voice/raw.h"
#include "voice/work.h"

#define ON 0.5f          /* chance of speech that starts an utterance, in most of 0.16 s  */
#define OFF 0.25f        /* chance under which an utterance is silent                     */
#define LIKELY 0.62f     /* mean chance over its speech that makes it an utterance        */
#define JUMP 0.05        /* seconds that a timestamp may be off                           */
#define NOISY 3.0f       /* dB of speech over noise under which no label is given         */
#define CLIPPED 0.02     /* share of clipped samples above which no label is given        */

enum { RECENT = 16,      /* frames looked at to start: 0.16 s                             */
       LEAD = 20,        /* frames before the start that belong to the utterance          */
       KEEP = 40,        /* frames kept for that; above RECENT + LEAD                     */
       HANG = 60,        /* frames without speech that end it: 0.6 s                      */
       MOST = 1500,      /* frames of an utterance: 15 s                                  */
       FIRST = 50,       /* voiced frames before the first label: 0.5 s                   */
       SURE = 120,       /* voiced frames from which confidence no longer grows           */
       EVERY = 100,      /* frames from one interim reading to the next                   */
       ANSWERS = 2,      /* that there is room for at first                               */
       LEAST_VOICED = 12, LEAST_SPEECH = 20 /* frames; less is no utterance                */ };

typedef struct answer { /* a reading that waits, with its cues */
  mien_reading reading;
  mien_cue cues[VOICE_CUES];
  voice_raw raw;
} answer;

typedef struct kept_frame {
  float features[VOICE_FEATURES];
  float chance;
  int bad;
} kept_frame;

struct voice_stream {
  const voice_model *model;
  voice_work *work; /* NULL between calls */
  voice_frames frames;
  voice_listener speech;
  voice_cry cry;
  voice_encoder encoder;
  voice_prosody prosody;
  voice_functionals functionals;
  voice_judge judge;
  bool started, speaking;
  double origin;          /* time of sample 0                                   */
  int64_t frame;          /* frames seen                                        */
  kept_frame kept[KEEP];
  int64_t start, heard;   /* frame of the utterance's first speech, of its last */
  int64_t next;           /* frame of the next interim reading; 0: not yet      */
  float chance;           /* sum over the speech of its chances                 */
  float noise;            /* level of what is not speech, dB; NAN: not known    */
  answer *answers;        /* given out from `first`, waiting up to `count`      */
  size_t first, count, capacity;
  answer given;
  bool failed;            /* out of memory for an answer                        */
};

/* ---- Borrowed for the length of a call ------------------------------------------------------------ */

static void work_lay(voice_stream *s) {
  float *scratch = s->work ? s->work->scratch : NULL;
  s->encoder.work = s->work;
  s->frames.fft = s->work ? s->work->fft : NULL;
  s->speech.scratch = s->cry.listener.scratch = s->judge.scratch = scratch;
}

static int work_begin(voice_stream *s) {
  s->work = voice_work_borrow(s->model);
  work_lay(s);
  return s->work ? MIEN_OK : MIEN_ENOMEM;
}

static void work_end(voice_stream *s) {
  voice_work_return(s->model, &s->work);
  s->work = NULL;
  work_lay(s);
}

static void stream_restart(voice_stream *s) {
  voice_frames_restart(&s->frames);
  voice_listener_restart(&s->speech);
  voice_cry_restart(&s->cry);
  voice_pulse_restart(&s->prosody.pulse);
  s->started = s->speaking = false;
  s->frame = 0;
  s->noise = NAN;
  memset(s->kept, 0, sizeof s->kept);
}

int voice_stream_open(voice_stream **stream, const voice_model *model) {
  voice_stream *s = *stream = base_alloc_aligned(sizeof **stream);
  if (!s) return MIEN_ENOMEM;
  s->model = model;
  s->capacity = ANSWERS;
  s->answers = base_alloc(s->capacity, sizeof *s->answers);
  int code = s->answers ? work_begin(s) : MIEN_ENOMEM;
  if (code) {
    voice_stream_close(stream);
    return code;
  }
  voice_frames_init(&s->frames);
  voice_listener_init(&s->speech, &model->speech);
  voice_cry_init(&s->cry, model);
  voice_encoder_init(&s->encoder, model->networks, model->network_count);
  voice_functionals_init(&s->functionals, &model->kernels);
  s->judge.model = model;
  work_lay(s);
  stream_restart(s);
  work_end(s);
  return MIEN_OK;
}

void voice_stream_close(voice_stream **stream) {
  voice_stream *s = *stream;
  if (!s) return;
  base_free(s->answers);
  base_free_aligned(s);
  *stream = NULL;
}

/* Frame n looks at the 25 ms that end at sample 160 (n + 1). */
static double frame_time(const voice_stream *s, int64_t frame) {
  int64_t sample = frame * VOICE_HOP - (VOICE_WINDOW - VOICE_HOP) / 2;
  return s->origin + (double)BASE_MAX(sample, 0) / VOICE_RATE;
}

/* ---- A reading --------------------------------------------------------------------------------- */

/* Adds `share` of what a network says. */
static void answer_add(float *logits, float *dims, const float *own, const float *own_dims,
                       float share) {
  for (int c = 0; c < VOICE_CLASSES; c++) logits[c] += share * own[c];
  for (int d = 0; d < MIEN_DIMS; d++) dims[d] += share * own_dims[d];
}

/* The networks' mean answer, and the perceptrons', by the model's share. */
static void networks_read(voice_stream *s, voice_raw *raw, float *logits, float *dims) {
  const voice_model *m = s->model;
  const float share = !m->network_count ? 1.0f : m->perceptron_count ? m->share : 0.0f;
  float own[VOICE_CLASSES], own_dims[MIEN_DIMS];
  memset(logits, 0, VOICE_CLASSES * sizeof *logits);
  memset(dims, 0, MIEN_DIMS * sizeof *dims);
  memset(raw->networks, 0, sizeof raw->networks);
  for (int i = 0; i < m->network_count; i++) {
    voice_encoder_read(&s->encoder, i, own, own_dims);
    answer_add(logits, dims, own, own_dims, (1.0f - share) / (float)m->network_count);
    for (int c = 0; c < VOICE_CLASSES; c++)
      raw->networks[c] += own[c] / (float)m->network_count;
  }
  voice_functionals_read(&s->functionals, raw->functionals);
  for (int i = 0; i < m->perceptron_count; i++) {
    voice_judge_read(&s->judge, i, raw->functionals, own, own_dims);
    answer_add(logits, dims, own, own_dims, share / (float)m->perceptron_count);
  }
}

/* Adds what the cues say to the logits and keeps each cue's part. */
static void cues_add(const voice_model *m, const float *cues, float *logits,
                     float part[VOICE_CUES][VOICE_CLASSES]) {
  for (int i = 0; i < VOICE_CUES; i++) {
    float z = isfinite(cues[i]) ? (cues[i] - m->cue_mean[i]) * m->cue_scale[i] : 0.0f;
    z = BASE_CLAMP(z, -3.0f, 3.0f);
    for (int c = 0; c < VOICE_CLASSES; c++)
      logits[c] += part[i][c] = m->cue_weight[c][i] * z;
  }
}

/* calm and boredom are kinds of neutral (DESIGN, the labels). */
static void fold(const float *logits, float temperature, float core[MIEN_CORE],
                 float extra[MIEN_EXTRA]) {
  static const int core_of[VOICE_CLASSES] = {MIEN_NEUTRAL, MIEN_NEUTRAL, MIEN_JOY, MIEN_SADNESS,
                                             MIEN_ANGER, MIEN_FEAR, MIEN_DISGUST, MIEN_SURPRISE,
                                             MIEN_NEUTRAL};
  float p[VOICE_CLASSES];
  for (int c = 0; c < VOICE_CLASSES; c++) p[c] = logits[c] / temperature;
  nn_softmax(p, VOICE_CLASSES);
  memset(core, 0, MIEN_CORE * sizeof *core);
  for (int c = 0; c < VOICE_CLASSES; c++) core[core_of[c]] += p[c];
  if (!extra) return;
  extra[MIEN_CALM] = p[VOICE_CALM];
  extra[MIEN_BOREDOM] = p[VOICE_BOREDOM];
}

/* The weight of a cue is how much of the top label's probability goes when its part is taken away;
 * it speaks for the label whose probability it raises most. */
static void cues_fill(const float *logits, float part[VOICE_CUES][VOICE_CLASSES],
                      float temperature, const float *values, answer *a) {
  int top = 0;
  size_t count = 0;
  for (int k = 1; k < MIEN_CORE; k++)
    if (a->reading.core[k] > a->reading.core[top]) top = k;
  for (int i = 0; i < VOICE_CUES; i++) {
    if (!isfinite(values[i])) continue;
    mien_cue *cue = &a->cues[count++];
    *cue = (mien_cue){.t0 = a->reading.t0, .t1 = a->reading.t1, .z = NAN, .toward = -1, .at = -1};
    voice_prosody_name(i, values[i], cue);
    float without[VOICE_CLASSES], core[MIEN_CORE], most = 0.005f;
    for (int c = 0; c < VOICE_CLASSES; c++) without[c] = logits[c] - part[i][c];
    fold(without, temperature, core, NULL);
    cue->weight = BASE_CLAMP(a->reading.core[top] - core[top], -1.0f, 1.0f);
    for (int k = 0; k < MIEN_CORE; k++)
      if (a->reading.core[k] - core[k] > most)
        most = a->reading.core[k] - core[k], cue->toward = k;
  }
  a->reading.cue_count = count;
}

static const char *trouble(const voice_stream *s, float over_noise) {
  const voice_prosody *p = &s->prosody;
  if (p->voiced < FIRST) return "less than 0.5 s of voiced speech";
  if (p->bad > CLIPPED * p->speech * VOICE_HOP) return "clipped or damaged sound";
  if (over_noise < NOISY) return "signal too noisy";
  return NULL;
}

/* Room for one more; NULL: out of memory. */
static answer *answer_new(voice_stream *s) {
  if (s->count == s->capacity) { /* only when nobody fetches: not in a running session */
    answer *more = base_resize(s->answers, 2 * s->capacity, sizeof *more);
    if (!more) {
      s->failed = true;
      return NULL;
    }
    s->answers = more;
    s->capacity *= 2;
  }
  return &s->answers[s->count++];
}

/* What is heard of a cry; it is nobody's word, so it names no label. */
static void cry_make(voice_stream *s, int final) {
  answer *a = answer_new(s);
  if (!a) return;
  mien_reading *r = &a->reading;
  memset(&a->raw, 0, sizeof a->raw);
  base_reading_init(r, MIEN_VOICE);
  for (int k = 0; k < MIEN_CORE; k++) r->core[k] = 1.0f / MIEN_CORE;
  r->final = final;
  r->t0 = frame_time(s, s->cry.start);
  r->t1 = frame_time(s, s->cry.heard + 1);
  r->set = (1u << MIEN_CORE) - 1;
  r->confidence = 1.0f / MIEN_CORE;
  r->quality = 1.0f;
  r->abstain = "an infant's cry, no speech";
  r->flags[MIEN_DISTRESS] = voice_cry_chance(&s->cry);
  r->cue_count = 1;
  a->cues[0] = (mien_cue){.kind = "infant_cry", .text = "an infant cries", .unit = "s", .t0 = r->t0, .t1 = r->t1,
                          .value = (float)(r->t1 - r->t0), .z = NAN, .weight = NAN, .toward = -1, .at = -1};
}

static void reading_make(voice_stream *s, int final) {
  answer *a = answer_new(s);
  if (!a) return;
  mien_reading *r = &a->reading;
  const voice_model *m = s->model;
  float logits[VOICE_CLASSES], part[VOICE_CUES][VOICE_CLASSES], cues[VOICE_CUES];
  base_reading_init(r, MIEN_VOICE);
  r->final = final;
  r->t0 = frame_time(s, s->start);
  r->t1 = frame_time(s, s->heard + 1);

  networks_read(s, &a->raw, logits, r->dims);
  voice_prosody_read(&s->prosody, cues);
  memcpy(a->raw.logits, logits, sizeof logits);
  memcpy(a->raw.cues, cues, sizeof cues);
  a->raw.voiced = (float)s->prosody.voiced * VOICE_HOP / VOICE_RATE;
  a->raw.chance = s->chance / (float)BASE_MAX(s->prosody.speech, 1);
  cues_add(m, cues, logits, part);

  float short_of = (float)(SURE - s->prosody.voiced) / (SURE - FIRST);
  float temperature =
      m->calibration.temperature * (1.0f + m->early * BASE_CLAMP(short_of, 0.0f, 1.0f));
  float over_noise = isfinite(s->noise) ? voice_prosody_level(&s->prosody) - s->noise : 30.0f;
  double clipped = s->prosody.speech ? (double)s->prosody.bad / (s->prosody.speech * VOICE_HOP) : 0;
  float core[MIEN_CORE];
  fold(logits, temperature, core, r->extra);
  r->abstain = trouble(s, over_noise);
  nn_calibration_apply(&m->calibration, core, r);
  r->quality = BASE_CLAMP((over_noise - NOISY) / 17.0f, 0.0f, 1.0f) *
               (float)BASE_MAX(0.0, 1.0 - clipped / CLIPPED);
  cues_fill(logits, part, temperature, cues, a);
}

/* ---- Utterances -------------------------------------------------------------------------------- */

static void utterance_feed(voice_stream *s, int64_t frame) {
  const kept_frame *k = &s->kept[frame % KEEP];
  voice_encoder_feed(&s->encoder, k->features);
  voice_functionals_feed(&s->functionals, k->features, k->chance > OFF);
  voice_prosody_feed(&s->prosody, k->features, k->chance > OFF, k->bad);
  if (k->chance > OFF) s->chance += k->chance;
}

/* `lead`: frames before this one that belong to it. */
static void utterance_start(voice_stream *s, int64_t lead) {
  lead = BASE_MIN(lead, BASE_MIN(s->frame, KEEP - 1));
  s->speaking = true;
  s->start = s->frame - BASE_MIN(lead, RECENT);
  s->heard = s->frame;
  s->next = 0;
  s->chance = 0.0f;
  voice_encoder_restart(&s->encoder);
  voice_prosody_restart(&s->prosody);
  voice_functionals_restart(&s->functionals);
  for (int64_t i = s->frame - lead; i < s->frame; i++) utterance_feed(s, i);
}

/* Noises and cries can sound like speech here and there, but not on the whole. */
static bool is_utterance(const voice_stream *s) {
  return s->prosody.voiced >= LEAST_VOICED && s->prosody.speech >= LEAST_SPEECH &&
         s->chance >= LIKELY * (float)s->prosody.speech;
}

static void utterance_end(voice_stream *s) {
  s->speaking = false;
  if (is_utterance(s)) reading_make(s, 1);
}

static bool speech_begins(const voice_stream *s) {
  int on = 0;
  for (int64_t i = BASE_MAX(0, s->frame - RECENT + 1); i <= s->frame; i++)
    on += s->kept[i % KEEP].chance > ON;
  return on > RECENT * 5 / 8;
}

static void frame_take(voice_stream *s, const float *features, int bad) {
  kept_frame *k = &s->kept[s->frame % KEEP];
  memcpy(k->features, features, sizeof k->features);
  k->bad = bad;
  k->chance = voice_listener_read(&s->speech, features);
  if (k->chance < 0.2f) { /* the noise: follows down in 0.1 s, up in 1 s */
    float level = features[VOICE_AT_LEVEL];
    if (!isfinite(s->noise)) s->noise = level;
    s->noise += (level < s->noise ? 0.1f : 0.01f) * (level - s->noise);
  }
  int cry = voice_cry_read(&s->cry, features, s->frame);
  if (cry != VOICE_CRY_NONE) cry_make(s, cry == VOICE_CRY_ENDED);
  if (!s->speaking && speech_begins(s)) utterance_start(s, RECENT + LEAD);
  if (s->speaking) {
    utterance_feed(s, s->frame);
    if (k->chance > OFF) s->heard = s->frame;
    if (s->frame - s->heard >= HANG) {
      utterance_end(s);
    } else if (s->frame - s->start >= MOST) {
      utterance_end(s);
      s->frame++;
      utterance_start(s, 0);
      return;
    } else if ((s->next ? s->frame >= s->next : s->prosody.voiced >= FIRST) && is_utterance(s)) {
      reading_make(s, 0);
      s->next = s->frame + EVERY;
    }
  }
  s->frame++;
}

/* ---- The door ---------------------------------------------------------------------------------- */

static void samples_take(voice_stream *s, const float *pcm, size_t count) {
  for (size_t at = 0; at < count;) {
    const float *ready;
    int bad;
    at += voice_frames_feed(&s->frames, pcm + at, count - at, &ready, &bad);
    if (!ready) continue;
    voice_pulse_read(&s->prosody.pulse, &s->frames, ready);
    frame_take(s, ready, bad);
  }
}

static void recording_end(voice_stream *s) {
  static const float silence[VOICE_HOP * (VOICE_PITCH_DELAY + 1)];
  if (!s->started) return;
  /* The frames that still wait for their pitch. */
  int rest = (VOICE_HOP - s->frames.pending) % VOICE_HOP;
  samples_take(s, silence, (size_t)(rest + VOICE_HOP * VOICE_PITCH_DELAY));
  if (s->speaking) utterance_end(s);
  if (voice_cry_finish(&s->cry) == VOICE_CRY_ENDED) cry_make(s, 1);
  stream_restart(s);
}

int voice_stream_feed(voice_stream *s, const float *pcm, size_t count, double at) {
  if (count && !pcm) return MIEN_EINVAL;
  if (!count) return MIEN_OK;
  if (work_begin(s)) return MIEN_ENOMEM;
  double expected = s->origin + (double)s->frames.samples / VOICE_RATE;
  if (s->started && isfinite(at) && fabs(at - expected) > JUMP) recording_end(s);
  if (!s->started) {
    s->started = true;
    s->origin = isfinite(at) ? at : isfinite(expected) ? expected : 0.0;
  }
  samples_take(s, pcm, count);
  work_end(s);
  if (!s->failed) return MIEN_OK;
  s->failed = false;
  return MIEN_ENOMEM;
}

int voice_stream_next(voice_stream *s, mien_reading *reading) {
  if (s->first == s->count) return MIEN_EAGAIN;
  s->given = s->answers[s->first++];
  if (s->first == s->count) s->first = s->count = 0;
  *reading = s->given.reading;
  reading->cues = s->given.cues;
  return MIEN_OK;
}

int voice_stream_finish(voice_stream *s) {
  if (work_begin(s)) return MIEN_ENOMEM;
  recording_end(s);
  work_end(s);
  if (!s->failed) return MIEN_OK;
  s->failed = false;
  return MIEN_ENOMEM;
}

void voice_stream_raw(const voice_stream *s, voice_raw *raw) { *raw = s->given.raw; }
