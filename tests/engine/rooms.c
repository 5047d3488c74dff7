/* rooms.c: text, voice, face, body and words played by simple rules, so that the tests of engine/ know
 * what to expect to the last number. Linked in place of the rooms. */
#include "rooms.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int rooms_open; /* handles that are open */

static void core_of(mien_reading *reading, int label, float share) {
  for (int k = 0; k < MIEN_CORE; k++) reading->core[k] = (1 - share) / (MIEN_CORE - 1);
  reading->core[label] = share;
  reading->confidence = share;
  reading->set = 1u << label;
  reading->quality = 1;
}

static void *handle(size_t size) {
  void *made = base_alloc(1, size);
  rooms_open += made != NULL;
  return made;
}
static void drop(void *handle_) {
  rooms_open -= handle_ != NULL;
  base_free(handle_);
}

/* ---- nn: only that files open ---- */
struct nn_file { char path[256]; };
char rooms_text_path[256];
int nn_file_open(nn_file **file, const char *path, mien_error *error) {
  if (strstr(path, "damaged"))
    return base_error_set(error, MIEN_EMODEL, path, "copy it again", "damaged");
  if (!(*file = handle(sizeof **file))) return base_error_set(error, MIEN_ENOMEM, path, "", "no memory");
  snprintf((*file)->path, sizeof (*file)->path, "%s", path);
  return MIEN_OK;
}
const char *nn_file_kind(const nn_file *file) { return strstr(file->path, "text-deep") ? "text-deep" : "text"; }
int nn_file_open_inside(nn_file **file, const void *data, size_t bytes, const char *name,
                        mien_error *error) {
  return nn_file_open(file, name, error);
}
void nn_file_close(nn_file **file) {
  drop(*file);
  *file = NULL;
}

/* ---- text: the first word is the label; one cue for it ---- */
struct text_model { int none; };
struct text_reader { bool cues; mien_cue cue; };
int text_model_open(text_model **model, const nn_file *file, mien_error *error) {
  snprintf(rooms_text_path, sizeof rooms_text_path, "%s", file->path);
  return (*model = handle(sizeof **model))
             ? MIEN_OK
             : base_error_set(error, MIEN_ENOMEM, "", "", "no memory");
}
void text_model_close(text_model **model) { drop(*model), *model = NULL; }
int text_model_join(text_model *model, const nn_file *bulk, mien_error *error) { return MIEN_OK; }
int text_reader_open(text_reader **reader, const text_model *model) {
  return (*reader = handle(sizeof **reader)) ? MIEN_OK : MIEN_ENOMEM;
}
void text_reader_close(text_reader **reader) { drop(*reader), *reader = NULL; }
void text_reader_cues(text_reader *reader, bool wanted) { reader->cues = wanted; }
int text_read(text_reader *reader, const char *utf8, size_t bytes, mien_reading *reading) {
  base_reading_init(reading, MIEN_TEXT);
  reading->t0 = reading->t1 = (double)NAN;
  int label = MIEN_NEUTRAL;
  size_t length = 0;
  while (length < bytes && utf8[length] != ' ') length++;
  for (int k = 0; k < MIEN_CORE; k++)
    if (length && !strncmp(utf8, mien_core_name(k), length)) label = k;
  core_of(reading, label, bytes ? 0.8f : 0.3f);
  for (int i = 0; i < MIEN_FINE; i++) reading->fine[i] = 0.01f;
  if (label == MIEN_ANGER) reading->fine[3] = 0.7f; /* annoyance */
  reading->fine[27] = 0.06f;
  if (!bytes) reading->abstain = "no text";
  if (!reader->cues || !bytes) return MIEN_OK;
  reader->cue = (mien_cue){.kind = "word", .t0 = NAN, .t1 = NAN, .value = NAN, .z = NAN,
                           .weight = 0.5f, .toward = label, .at = 0, .length = (int)length};
  snprintf(reader->cue.text, sizeof reader->cue.text, "%.*s", (int)BASE_MIN(length, 60), utf8);
  reading->cues = &reader->cue;
  reading->cue_count = 1;
  return MIEN_OK;
}

/* A text after others has their number as its arousal, those by the same person as its dominance, and
 * the last one's first letters as its language. */
const float *text_reader_hidden(const text_reader *reader, size_t *count) { return *count = 0, NULL; }
bool text_reader_reads_turns(const text_reader *reader) { return true; }
int text_read_after(text_reader *reader, const text_turn *before, size_t count, const char *utf8, size_t bytes,
                    mien_reading *reading) {
  text_read(reader, utf8, bytes, reading);
  size_t same = 0;
  for (size_t i = 0; i < count; i++) same += before[i].same;
  reading->dims[MIEN_AROUSAL] = 0.1f * (float)count;
  reading->dims[MIEN_DOMINANCE] = 0.1f * (float)same;
  if (count)
    snprintf(reading->language, sizeof reading->language, "%.*s", (int)BASE_MIN(before[count - 1].bytes, 11),
             before[count - 1].utf8);
  return MIEN_OK;
}
int text_read_batch(text_reader *reader, const mien_text *texts, size_t count, mien_take_fn take, void *context) {
  for (size_t i = 0; i < count; i++) {
    mien_reading reading;
    text_read(reader, texts[i].utf8, texts[i].bytes, &reading);
    take(context, i, &reading);
  }
  return MIEN_OK;
}

/* ---- voice: samples above 0.1 are speech; a reading each second, a final one after 0.6 s without.
 * Above 0.5: anger, else neutral. One cue, loudness. ---- */
struct voice_model { int none; };
struct voice_stream {
  double start, clock, last; /* of the utterance; now; last speech */
  bool speaking;
  double next;
  float loud;
  mien_reading waiting[8];
  int count;
  mien_cue cue;
};
int voice_model_open(voice_model **model, const nn_file *file, mien_error *error) {
  return (*model = handle(sizeof **model))
             ? MIEN_OK
             : base_error_set(error, MIEN_ENOMEM, "", "", "no memory");
}
void voice_model_close(voice_model **model) { drop(*model), *model = NULL; }
void voice_model_tidy(voice_model *model) {}
int voice_stream_open(voice_stream **stream, const voice_model *model) {
  return (*stream = handle(sizeof **stream)) ? MIEN_OK : MIEN_ENOMEM;
}
void voice_stream_close(voice_stream **stream) { drop(*stream), *stream = NULL; }
static void say(voice_stream *stream, double until, int final) {
  mien_reading *reading = &stream->waiting[stream->count++];
  base_reading_init(reading, MIEN_VOICE);
  core_of(reading, stream->loud > 0.5f ? MIEN_ANGER : MIEN_NEUTRAL, 0.7f);
  reading->t0 = stream->start;
  reading->t1 = until;
  reading->final = final;
  stream->cue = (mien_cue){.kind = "loudness", .unit = "dB", .t0 = reading->t0, .t1 = until,
                           .value = 20 * log10f(stream->loud), .z = NAN, .toward = -1, .at = -1};
  reading->cues = &stream->cue;
  reading->cue_count = 1;
  if (final) stream->speaking = false;
}
int voice_stream_feed(voice_stream *stream, const float *pcm, size_t count, double at) {
  if (stream->count) return MIEN_EAGAIN;
  if (stream->speaking && fabs(at - stream->clock) > 0.05) say(stream, stream->last, 1);
  for (size_t i = 0; i < count; i++) {
    stream->clock = at + (double)(i + 1) / 16000;
    float x = isfinite(pcm[i]) ? fabsf(pcm[i]) : 0;
    if (x > 0.1f) {
      if (!stream->speaking) {
        stream->start = at + (double)i / 16000;
        stream->next = stream->start + 1;
        stream->loud = 0;
      }
      stream->speaking = true;
      stream->last = stream->clock;
      stream->loud = BASE_MAX(stream->loud, x);
      if (stream->clock >= stream->next - 1e-9) say(stream, stream->next, 0), stream->next += 1;
    } else if (stream->speaking && stream->clock - stream->last > 0.6) {
      say(stream, stream->last, 1);
    }
  }
  return MIEN_OK;
}
int voice_stream_next(voice_stream *stream, mien_reading *reading) {
  if (!stream->count) return MIEN_EAGAIN;
  *reading = stream->waiting[0];
  memmove(stream->waiting, stream->waiting + 1, (size_t)--stream->count * sizeof *reading);
  return MIEN_OK;
}
int voice_stream_finish(voice_stream *stream) {
  if (stream->speaking) say(stream, stream->last, 1);
  return MIEN_OK;
}

/* ---- who speaks: of a step whose first sample is 0, nobody; above 0, the first; below, the second; 2 or more,
 * both. Each step is answered when four more are there. ---- */
struct voice_speakers_live {
  signed char who[64];
  size_t fed, answered; /* samples, steps */
  bool ended;
};
int voice_speakers_live_open(voice_speakers_live **live, const voice_model *model, int people) {
  return (*live = handle(sizeof **live)) ? MIEN_OK : MIEN_ENOMEM;
}
void voice_speakers_live_close(voice_speakers_live **live) { drop(*live), *live = NULL; }
int voice_speakers_live_feed(voice_speakers_live *live, const float *pcm, size_t count) {
  if (live->ended) live->fed = live->answered = 0, live->ended = false;
  for (size_t i = 0; i < count; i++, live->fed++)
    if (live->fed % VOICE_LIVE_STEP == 0)
      live->who[live->fed / VOICE_LIVE_STEP % 64] =
          (signed char)(fabsf(pcm[i]) >= 2 ? VOICE_OVERLAP : pcm[i] > 0 ? 0 : pcm[i] < 0 ? 1 : VOICE_NOBODY);
  return MIEN_OK;
}
int voice_speakers_live_finish(voice_speakers_live *live) { return live->ended = true, MIEN_OK; }
int voice_speakers_live_next(voice_speakers_live *live, int *speaker) {
  size_t steps = live->ended ? (live->fed + VOICE_LIVE_STEP - 1) / VOICE_LIVE_STEP : live->fed / VOICE_LIVE_STEP;
  if (live->answered + (live->ended ? 0 : VOICE_LIVE_LATE) >= steps) return MIEN_EAGAIN;
  *speaker = live->who[live->answered++ % 64];
  return MIEN_OK;
}

/* ---- face: pixel k of the first row, where not 0, is a face of track k that expresses the core
 * label pixel - 1; its width is 10 - k times 10 pixels. A track ends when its pixel is 0. ---- */
struct face_model { int none; };
struct face_tracker {
  int label[4]; /* -1: no track */
  double since[4], at;
  mien_reading waiting[8];
  mien_cue cues[8];
  int count;
  bool finished;
};
int face_model_open(face_model **model, const nn_file *detect, const nn_file *landmarks,
                    const nn_file *expression, mien_error *error) {
  return (*model = handle(sizeof **model))
             ? MIEN_OK
             : base_error_set(error, MIEN_ENOMEM, "", "", "no memory");
}
void face_model_close(face_model **model) { drop(*model), *model = NULL; }
int face_tracker_open(face_tracker **tracker, const face_model *model) {
  if (!(*tracker = handle(sizeof **tracker))) return MIEN_ENOMEM;
  for (int k = 0; k < 4; k++) (*tracker)->label[k] = -1;
  return MIEN_OK;
}
void face_tracker_close(face_tracker **tracker) { drop(*tracker), *tracker = NULL; }
static void show(face_tracker *tracker, int k, double t0, double t1, int final) {
  mien_reading *reading = &tracker->waiting[tracker->count];
  base_reading_init(reading, MIEN_FACE);
  core_of(reading, tracker->label[k], 0.6f);
  reading->track = k;
  reading->t0 = t0;
  reading->t1 = t1;
  reading->final = final;
  reading->box[0] = reading->box[1] = 1;
  reading->box[2] = reading->box[3] = (float)(10 * (10 - k));
  mien_cue *cue = &tracker->cues[tracker->count++];
  *cue = (mien_cue){.kind = "smile", .t0 = t0, .t1 = t1, .value = (float)tracker->label[k],
                    .z = NAN, .toward = -1, .at = -1};
  reading->cues = cue;
  reading->cue_count = 1;
}
int face_tracker_feed(face_tracker *tracker, const mien_picture *picture, double at) {
  tracker->count = 0;
  for (int k = 0; k < 4 && k < picture->width; k++) {
    int label = picture->data[k] - 1;
    if (tracker->label[k] >= 0 && label < 0) show(tracker, k, tracker->since[k], tracker->at, 1);
    if (tracker->label[k] < 0 && label >= 0) tracker->since[k] = at;
    tracker->label[k] = label;
    if (label >= 0) show(tracker, k, at, at, 0);
  }
  tracker->at = at;
  return MIEN_OK;
}
int face_tracker_next(face_tracker *tracker, mien_reading *reading) {
  if (!tracker->count) return tracker->finished ? MIEN_EEND : MIEN_EAGAIN;
  *reading = tracker->waiting[0];
  memmove(tracker->waiting, tracker->waiting + 1, (size_t)--tracker->count * sizeof *reading);
  return MIEN_OK;
}
int face_tracker_finish(face_tracker *tracker) {
  tracker->count = 0;
  tracker->finished = true;
  for (int k = 0; k < 4; k++)
    if (tracker->label[k] >= 0) show(tracker, k, tracker->since[k], tracker->at, 1);
  return MIEN_OK;
}
int face_tracker_seen(const face_tracker *tracker, const uint8_t **grey, int *width, int *height,
                      face_seen seen[FACE_TRACKS]) {
  static const uint8_t pixel;
  int count = 0;
  *grey = &pixel, *width = *height = 1;
  for (int k = 0; k < 4; k++)
    if (tracker->label[k] >= 0) seen[count++] = (face_seen){.track = k, .box = {1, 1, 101, 101}, .scale = 1};
  return count;
}
int face_read_aligned(const face_model *model, const mien_picture *picture, mien_reading *reading,
                      mien_error *error) {
  base_reading_init(reading, MIEN_FACE);
  core_of(reading, MIEN_JOY, 0.9f);
  return MIEN_OK;
}

/* ---- body: each head gives a reading for each second that it is there, with a nod of 10 degrees and
 * an arousal of a tenth of its number; it is gone with the first picture without it ---- */
struct body_stream {
  double since[4], seen[4], at;
  bool there[4], finished;
  mien_reading waiting[8];
  mien_cue cues[8];
  int count;
};
int body_stream_open(body_stream **stream) {
  if (!(*stream = handle(sizeof **stream))) return MIEN_ENOMEM;
  (*stream)->at = (double)NAN;
  return MIEN_OK;
}
void body_stream_close(body_stream **stream) { drop(*stream), *stream = NULL; }
static void move(body_stream *stream, int k) {
  if (stream->seen[k] <= stream->since[k]) return;
  mien_reading *reading = &stream->waiting[stream->count];
  base_reading_init(reading, MIEN_BODY);
  for (int i = 0; i < MIEN_CORE; i++) reading->core[i] = 1.0f / MIEN_CORE;
  reading->set = (1u << MIEN_CORE) - 1;
  reading->dims[MIEN_AROUSAL] = 0.1f * (float)k;
  reading->abstain = "movement alone names no label";
  reading->quality = 1;
  reading->track = k;
  reading->final = 1;
  reading->t0 = stream->since[k];
  reading->t1 = stream->seen[k];
  mien_cue *cue = &stream->cues[stream->count++];
  *cue = (mien_cue){.kind = "nod", .text = "1 nod", .t0 = reading->t0, .t1 = reading->t1, .value = 10,
                    .z = NAN, .weight = NAN, .toward = -1, .at = -1};
  reading->cues = cue;
  reading->cue_count = 1;
}
int body_stream_feed(body_stream *stream, const body_picture *picture, const body_head *heads, int count,
                     double at) {
  bool there[4] = {false};
  stream->count = 0;
  for (int h = 0; h < count; h++) there[heads[h].track] = true;
  for (int k = 0; k < 4; k++) {
    if (stream->there[k] && (!there[k] || floor(at) > floor(stream->since[k]))) move(stream, k), stream->since[k] = at;
    if (there[k] && !stream->there[k]) stream->since[k] = at;
    if (there[k]) stream->seen[k] = at;
    stream->there[k] = there[k];
  }
  stream->at = at;
  return MIEN_OK;
}
int body_stream_next(body_stream *stream, mien_reading *reading) {
  if (!stream->count) return stream->finished ? MIEN_EEND : MIEN_EAGAIN;
  *reading = stream->waiting[0];
  memmove(stream->waiting, stream->waiting + 1, (size_t)--stream->count * sizeof *reading);
  return MIEN_OK;
}
int body_stream_finish(body_stream *stream) {
  stream->count = 0;
  stream->finished = true;
  for (int k = 0; k < 4; k++)
    if (stream->there[k]) move(stream, k);
  return MIEN_OK;
}
double body_stream_given_until(const body_stream *stream) { return floor(stream->at); }

/* ---- words: "anger" each second, three to an utterance ---- */
struct words_recogniser { double start, clock; int heard, given, finished; };
int words_recogniser_open(words_recogniser **recogniser, const words_backend *backend,
                          const char *model, mien_error *error) {
  if (model) return base_error_set(error, MIEN_EUNSUPPORTED, model, "install it", "no model");
  if (!(*recogniser = handle(sizeof **recogniser)))
    return base_error_set(error, MIEN_ENOMEM, "", "", "no memory");
  (*recogniser)->start = (double)NAN;
  return MIEN_OK;
}
void words_recogniser_close(words_recogniser **recogniser) {
  drop(*recogniser), *recogniser = NULL;
}
int words_recogniser_feed(words_recogniser *recogniser, const float *pcm, size_t count, double at) {
  for (size_t i = 0; i < count; i++)
    if (!isfinite(pcm[i])) return MIEN_EINVAL;
  if (isnan(recogniser->start) || fabs(at - recogniser->clock) > 1)
    recogniser->start = at - recogniser->heard; /* a gap has no words */
  recogniser->clock = at + (double)count / 16000;
  recogniser->heard = (int)(recogniser->clock - recogniser->start + 1e-6);
  return MIEN_OK;
}
int words_recogniser_next(words_recogniser *recogniser, words_word *word) {
  if (recogniser->given == recogniser->heard) return MIEN_EAGAIN;
  if (!recogniser->finished && recogniser->heard / 3 <= recogniser->given / 3) return MIEN_EAGAIN;
  int index = recogniser->given++;
  *word = (words_word){.text = "anger", .t0 = recogniser->start + index,
                       .t1 = recogniser->start + index + 0.5, .confidence = 1,
                       .last = index % 3 == 2};
  return MIEN_OK;
}
int words_recogniser_finish(words_recogniser *recogniser) {
  recogniser->finished = 1;
  return MIEN_OK;
}
