/* speakers.c: who speaks when, in calls put together from the clips of two speakers of one set: the same
 * studio, so that voices alone tell them apart. Sixteen clips a call in a drawn order, 0.2 to 0.8 s between
 * them. The error is the diarisation error rate of NIST (2000): what is missed, what is speech by mistake,
 * and what is given to the wrong one, over the speech there is, but for 0.25 s around each change. Where
 * speech is in a clip is taken from its level: from the first to the last hop of 10 ms less than 30 dB
 * under its loudest. Talking at once: further calls, in which every other clip begins over the one before. */
#include "voice/speakers.h"
#include "voice/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/voice.h"

enum { WHOLE, UNKNOWN, LIVE, WAYS };
enum { NOBODY = -1, BOTH = -2 }; /* in truth and answer, beside 0 and 1 */
enum { CLIPS = 16, HOP = VOICE_HOP, COLLAR = 25 /* hops */, PEOPLE = 2, PAIRS = 12 /* of a set, at most */,
       HOPS = 60 * 100 * 3 /* of a call, at most */ };

static const voice_protocol sets[] = {
    {"ravdess_speech", "test", "RAVDESS", EVAL_RAVDESS_CLASSES, NAN, NAN, NAN, NAN},
    {"emodb", "test", "EmoDB", EVAL_EMODB_CLASSES, NAN, NAN, NAN, NAN},
    {"nemo", "test", "nEMO", EVAL_NEMO_CLASSES, NAN, NAN, NAN, NAN},
    {"tess", "cross", "TESS", EVAL_ALL_CORE, NAN, NAN, NAN, NAN}};

typedef struct call {
  float *pcm;
  size_t count, capacity;   /* samples */
  size_t from, until;       /* hops: the speech of the last clip */
  signed char truth[HOPS];  /* by hop: who, NOBODY or BOTH */
  bool counts[HOPS];        /* not beside a change */
} call;

static uint32_t next_random(uint64_t *state) { /* xorshift64* (Vigna 2016) */
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return (uint32_t)((*state * 0x2545F4914F6CDD1DULL) >> 32);
}

static double hop_power(const float *pcm) {
  double sum = 0.0;
  for (int i = 0; i < HOP; i++) sum += (double)pcm[i] * pcm[i];
  return sum;
}

/* Adds a clip and a gap; `over`: its speech begins over the last three fifths of the speech before it. */
static bool call_add(call *c, const float *pcm, size_t count, int who, size_t gap, bool over) {
  count -= count % HOP;
  gap -= gap % HOP;
  double loudest = 0.0, energy = 1e-9;
  size_t first = count / HOP, last = 0;
  for (size_t h = 0; h < count / HOP; h++) loudest = fmax(loudest, hop_power(pcm + h * HOP));
  for (size_t h = 0; h < count / HOP; h++)
    if (hop_power(pcm + h * HOP) > loudest * 1e-3)
      first = BASE_MIN(first, h), last = h, energy += hop_power(pcm + h * HOP);
  size_t start = c->count;
  if (over) start = (BASE_MAX(c->until - (c->until - c->from) * 3 / 5, first) - first) * HOP;
  const size_t end = BASE_MAX(c->count, start + count) + gap;
  if (end / HOP >= HOPS) return false;
  if (end > c->capacity) {
    float *more = realloc(c->pcm, 2 * end * sizeof *more);
    if (!more) return false;
    c->pcm = more;
    c->capacity = 2 * end;
  }
  c->from = start / HOP + first;
  c->until = start / HOP + last + 1;
  const float gain = (float)(0.05 / sqrt(energy / (double)(HOP * (last + 1 - BASE_MIN(first, last)))));
  memset(c->pcm + c->count, 0, (end - c->count) * sizeof *c->pcm);
  for (size_t h = c->count / HOP; h < end / HOP; h++) c->truth[h] = NOBODY;
  for (size_t h = first; h <= last && h < count / HOP; h++) {
    signed char *truth = &c->truth[start / HOP + h];
    *truth = (signed char)(*truth == NOBODY || *truth == who ? who : BOTH);
  }
  for (size_t i = 0; i < count; i++)
    c->pcm[start + i] = BASE_CLAMP(c->pcm[start + i] + pcm[i] * gain, -1.0f, 1.0f);
  c->count = end;
  return true;
}

static void answers_lay(const call *c, const voice_span *spans, size_t count, signed char *said) {
  memset(said, NOBODY, HOPS);
  for (size_t s = 0; s < count; s++)
    for (size_t h = (size_t)(spans[s].t0 * 100); h < c->count / HOP && h < (size_t)(spans[s].t1 * 100); h++)
      said[h] = (signed char)(spans[s].speaker == VOICE_OVERLAP ? BOTH : spans[s].speaker);
}

/* Errors and speech in hops, under the best naming. */
static eval_pair score(const call *c, const voice_span *spans, size_t count) {
  static signed char said[HOPS];
  const size_t hops = c->count / HOP;
  double best = INFINITY, speech = 0.0;
  answers_lay(c, spans, count, said);
  for (size_t h = 0; h < hops; h++) speech += c->counts[h] && c->truth[h] >= 0;
  for (int a = 0; a < VOICE_SPEAKERS; a++) /* who of the found ones is speaker 0, who is 1 */
    for (int b = 0; b < VOICE_SPEAKERS; b++) {
      if (a == b) continue;
      double wrong = 0.0;
      for (size_t h = 0; h < hops; h++) {
        int who = said[h] == a ? 0 : said[h] == b ? 1 : said[h] < 0 ? NOBODY : 2;
        wrong += c->counts[h] && who != c->truth[h];
      }
      best = fmin(best, wrong);
    }
  return (eval_pair){(float)speech, (float)best};
}

/* Of the hops in which both speak, those that were said to be so; of those said, those that are. */
static void score_overlap(const call *c, const voice_span *spans, size_t count, eval_pair *recall, eval_pair *precision) {
  static signed char said[HOPS];
  float are = 0, found = 0, right = 0;
  answers_lay(c, spans, count, said);
  for (size_t h = 0; h < c->count / HOP; h++) {
    if (!c->counts[h]) continue;
    are += c->truth[h] == BOTH;
    found += said[h] == BOTH;
    right += c->truth[h] == BOTH && said[h] == BOTH;
  }
  *recall = (eval_pair){are, right};
  *precision = (eval_pair){found, right};
}

/* One call of speakers a and b; false when there are too few clips. With `over`, every other clip begins over the
 * last three fifths of the one before. */
static bool call_make(eval_context *context, const voice_protocol *p, char *const names[PEOPLE],
                      uint64_t seed, bool over, call *c, mien_error *error) {
  voice_rows rows;
  voice_row row;
  size_t places[PEOPLE][2048], have[PEOPLE] = {0}, missing = 0;
  c->count = c->from = c->until = 0;
  if (eval_voice_rows_open(context, &rows, error)) return false;
  while (eval_voice_rows_next(&rows, p, &row))
    for (int who = 0; who < PEOPLE; who++)
      if (!strcmp(row.speaker, names[who]) && have[who] < BASE_COUNT(places[who]))
        places[who][have[who]++] = rows.row;
  int last = -1, same = 0, added = 0;
  for (int i = 0; i < CLIPS && have[0] && have[1]; i++) {
    int who = (int)(next_random(&seed) % 2);
    if (who == last && (++same == 2 || (over && i % 2))) who = !who; /* at most two in a row */
    if (who != last) same = 0;
    last = who;
    rows.row = places[who][next_random(&seed) % have[who]] - 1;
    float *pcm;
    size_t samples;
    if (!eval_voice_rows_next(&rows, p, &row) ||
        eval_voice_load_row(context, p, &row, &pcm, &samples, &missing))
      continue;
    added += call_add(c, pcm, samples, who, (size_t)(VOICE_RATE * (0.2 + 0.6 * (next_random(&seed) % 1000) / 1000)),
                      over && i % 2);
    free(pcm);
  }
  eval_table_close(&rows.table);
  const size_t hops = c->count / HOP;
  for (size_t h = 0; h < hops; h++) c->counts[h] = true;
  for (size_t h = 1; h < hops; h++)
    if (c->truth[h] != c->truth[h - 1])
      for (size_t n = BASE_MAX(h, COLLAR) - COLLAR; n < BASE_MIN(hops, h + COLLAR); n++) c->counts[n] = false;
  return added > CLIPS / 2;
}

static int spans_whole(const voice_model *model, const call *c, int people, voice_speakers **speakers,
                       const voice_span **spans, size_t *count) {
  int code = voice_speakers_open(speakers, model);
  if (!code) code = voice_speakers_feed(*speakers, c->pcm, c->count);
  return code ? code : voice_speakers_finish(*speakers, people, spans, count);
}

/* As it comes: each step's answer, and whose the step is does not change any more. */
static int spans_live(const voice_model *model, const call *c, const voice_span **spans, size_t *count) {
  static voice_span said[HOPS * HOP / VOICE_LIVE_STEP + 1];
  voice_speakers_live *live;
  *spans = said;
  *count = 0;
  int code = voice_speakers_live_open(&live, model, PEOPLE), who;
  size_t step = 0;
  for (size_t at = 0; !code && at <= c->count; at += VOICE_LIVE_STEP) {
    code = at < c->count ? voice_speakers_live_feed(live, c->pcm + at, BASE_MIN(c->count - at, VOICE_LIVE_STEP))
                         : MIEN_OK;
    if (!code && c->count - at <= VOICE_LIVE_STEP) code = voice_speakers_live_finish(live);
    for (; !code && *count < BASE_COUNT(said) && voice_speakers_live_next(live, &who) == MIEN_OK; step++)
      if (who >= 0) said[(*count)++] = (voice_span){(double)step / 4, (double)(step + 1) / 4, who};
  }
  voice_speakers_live_close(&live);
  return code;
}

static int run(eval_context *context, const voice_protocol *p, const voice_model *model, mien_error *error) {
  static call c;
  char *names[64] = {0};
  int known = 0, code = MIEN_OK;
  eval_pair found[WAYS][PAIRS];
  eval_pair recall[PAIRS], precision[PAIRS];
  size_t overlaps = 0;
  double right = 0;
  size_t calls = 0;
  voice_rows rows;
  voice_row row;
  if ((code = eval_voice_rows_open(context, &rows, error))) return code;
  while (eval_voice_rows_next(&rows, p, &row)) {
    bool old = strcmp(row.split, p->split) != 0;
    for (int i = 0; i < known && !old; i++) old = !strcmp(names[i], row.speaker);
    if (!old && known < (int)BASE_COUNT(names) && (names[known] = strdup(row.speaker))) known++;
  }
  eval_table_close(&rows.table);
  const int rounds = known == 2 ? 4 : 1; /* of each pair */
  for (int a = 0; a < known; a++)
    for (int b = a + 1; b < known; b++)
      for (int r = 0; r < rounds && !code && calls < PAIRS; r++) {
        char *const pair[PEOPLE] = {names[a], names[b]};
        if (!call_make(context, p, pair, 1000003ull * (uint64_t)(a * 64 + b + 1) + (uint64_t)r, false, &c, error)) continue;
        for (int way = 0; way < WAYS && !code; way++) {
          const voice_span *spans;
          size_t count;
          voice_speakers *speakers = NULL;
          code = way == LIVE ? spans_live(model, &c, &spans, &count)
                             : spans_whole(model, &c, way == WHOLE ? PEOPLE : 0, &speakers, &spans, &count);
          if (!code) found[way][calls] = score(&c, spans, count);
          int most = 0;
          for (size_t s = 0; !code && s < count; s++) most = BASE_MAX(most, spans[s].speaker + 1);
          if (way == UNKNOWN) right += most == PEOPLE;
          voice_speakers_close(&speakers);
        }
        if (!code && model->hears_overlap &&
            call_make(context, p, pair, 2000003ull * (uint64_t)(a * 64 + b + 1) + (uint64_t)r, true, &c, error)) {
          const voice_span *spans;
          size_t count;
          voice_speakers *speakers = NULL;
          code = spans_whole(model, &c, PEOPLE, &speakers, &spans, &count);
          if (!code) score_overlap(&c, spans, count, &recall[overlaps], &precision[overlaps]), overlaps++;
          voice_speakers_close(&speakers);
        }
        calls++;
        eval_progress(context, p->title, (double)calls, PAIRS);
      }
  free(c.pcm);
  c.pcm = NULL;
  c.capacity = 0;
  for (int i = 0; i < known; i++) free(names[i]);
  if (code) return base_error_set(error, code, "", "", "no memory for the calls");
  if (!calls) return MIEN_OK;
  eval_set(&context->report, "Calls of two speakers of %s", p->title);
  static const char *const ways[WAYS] = {"two", "how many not known", "two, as it comes"};
  for (int way = 0; way < WAYS; way++)
    eval_add(&context->report, ways[way], "diarisation error rate",
             eval_interval(eval_ratio, found[way], calls), calls)->percent = true;
  eval_add(&context->report, "how many not known", "calls found to have two",
           (eval_value){right / (double)calls, NAN, NAN}, calls)->percent = true;
  if (overlaps) {
    eval_add(&context->report, "both at once", "found", eval_interval(eval_ratio, recall, overlaps), overlaps)->percent = true;
    eval_add(&context->report, "both at once", "right where it is said", eval_interval(eval_ratio, precision, overlaps),
             overlaps)->percent = true;
  }
  return MIEN_OK;
}

int eval_speakers(eval_context *context, mien_error *error) {
  nn_file *file = NULL;
  voice_model *model = NULL;
  int code = eval_open_model(context, "voice", &file, error);
  if (!code) code = voice_model_open(&model, file, error);
  for (size_t s = 0; !code && s < BASE_COUNT(sets); s++) code = run(context, &sets[s], model, error);
  voice_model_close(&model);
  nn_file_close(&file);
  return code;
}
