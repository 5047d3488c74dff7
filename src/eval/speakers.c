/* speakers.c: who speaks when, in calls put together from the clips of two speakers of one set: the same
 * studio, so that voices alone tell them apart. Sixteen clips a call in a drawn order, 0.2 to 0.8 s between
 * them. The error is the diarisation error rate of NIST (2000): what is missed, what is speech by mistake,
 * and what is given to the wrong one, over the speech there is, but for 0.25 s around each change. Where
 * speech is in a clip is taken from its level: from the first to the last hop of 10 ms less than 30 dB
 * under its loudest. */
#include "voice/speakers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/voice.h"

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
  signed char truth[HOPS];  /* by hop: who, or -1 */
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

static bool call_add(call *c, const float *pcm, size_t count, int who, size_t gap) {
  count -= count % HOP;
  gap -= gap % HOP;
  if ((c->count + count + gap) / HOP >= HOPS) return false;
  if (c->count + count + gap > c->capacity) {
    size_t capacity = 2 * (c->count + count + gap);
    float *more = realloc(c->pcm, capacity * sizeof *more);
    if (!more) return false;
    c->pcm = more;
    c->capacity = capacity;
  }
  double loudest = 0.0, energy = 1e-9;
  size_t first = count / HOP, last = 0;
  for (size_t h = 0; h < count / HOP; h++) loudest = fmax(loudest, hop_power(pcm + h * HOP));
  for (size_t h = 0; h < count / HOP; h++)
    if (hop_power(pcm + h * HOP) > loudest * 1e-3)
      first = BASE_MIN(first, h), last = h, energy += hop_power(pcm + h * HOP);
  const float gain = (float)(0.05 / sqrt(energy / (double)(HOP * (last + 1 - BASE_MIN(first, last)))));
  const size_t at = c->count / HOP;
  for (size_t h = 0; h < (count + gap) / HOP; h++)
    c->truth[at + h] = (signed char)(h >= first && h <= last ? who : -1);
  for (size_t i = 0; i < count; i++) c->pcm[c->count + i] = BASE_CLAMP(pcm[i] * gain, -1.0f, 1.0f);
  memset(c->pcm + c->count + count, 0, gap * sizeof *c->pcm);
  c->count += count + gap;
  return true;
}

/* Errors and speech in hops, under the best naming. */
static eval_pair score(const call *c, const voice_span *spans, size_t count) {
  static signed char said[HOPS];
  const size_t hops = c->count / HOP;
  double best = INFINITY, speech = 0.0;
  memset(said, -1, sizeof said);
  for (size_t s = 0; s < count; s++)
    for (size_t h = (size_t)(spans[s].t0 * 100); h < hops && h < (size_t)(spans[s].t1 * 100); h++)
      said[h] = (signed char)spans[s].speaker;
  for (size_t h = 0; h < hops; h++) speech += c->counts[h] && c->truth[h] >= 0;
  for (int a = 0; a < VOICE_SPEAKERS; a++) /* who of the found ones is speaker 0, who is 1 */
    for (int b = 0; b < VOICE_SPEAKERS; b++) {
      if (a == b) continue;
      double wrong = 0.0;
      for (size_t h = 0; h < hops; h++) {
        int who = said[h] == a ? 0 : said[h] == b ? 1 : said[h] < 0 ? -1 : 2;
        wrong += c->counts[h] && who != c->truth[h];
      }
      best = fmin(best, wrong);
    }
  return (eval_pair){(float)speech, (float)best};
}

/* One call of speakers a and b; false when there are too few clips. */
static bool call_make(eval_context *context, const voice_protocol *p, char *const names[PEOPLE],
                      uint64_t seed, call *c, mien_error *error) {
  voice_rows rows;
  voice_row row;
  size_t places[PEOPLE][2048], have[PEOPLE] = {0}, missing = 0;
  c->count = 0;
  if (eval_voice_rows_open(context, &rows, error)) return false;
  while (eval_voice_rows_next(&rows, p, &row))
    for (int who = 0; who < PEOPLE; who++)
      if (!strcmp(row.speaker, names[who]) && have[who] < BASE_COUNT(places[who]))
        places[who][have[who]++] = rows.row;
  int last = -1, same = 0, added = 0;
  for (int i = 0; i < CLIPS && have[0] && have[1]; i++) {
    int who = (int)(next_random(&seed) % 2);
    if (who == last && ++same == 2) who = !who; /* at most two in a row */
    if (who != last) same = 0;
    last = who;
    rows.row = places[who][next_random(&seed) % have[who]] - 1;
    float *pcm;
    size_t samples;
    if (!eval_voice_rows_next(&rows, p, &row) ||
        eval_voice_load_row(context, p, &row, &pcm, &samples, &missing))
      continue;
    added += call_add(c, pcm, samples, who, (size_t)(VOICE_RATE * (0.2 + 0.6 * (next_random(&seed) % 1000) / 1000)));
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

static int run(eval_context *context, const voice_protocol *p, const voice_model *model, mien_error *error) {
  static call c;
  char *names[64] = {0};
  int known = 0, code = MIEN_OK;
  eval_pair found[2][PAIRS];
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
        if (!call_make(context, p, pair, 1000003ull * (uint64_t)(a * 64 + b + 1) + (uint64_t)r, &c, error)) continue;
        for (int people = 2; people >= 0 && !code; people -= 2) {
          voice_speakers *speakers;
          const voice_span *spans;
          size_t count;
          code = voice_speakers_open(&speakers, model);
          if (!code) code = voice_speakers_feed(speakers, c.pcm, c.count);
          if (!code) code = voice_speakers_finish(speakers, people, &spans, &count);
          if (!code) {
            found[people == 0][calls] = score(&c, spans, count);
            int most = 0;
            for (size_t s = 0; s < count; s++) most = BASE_MAX(most, spans[s].speaker + 1);
            if (!people) right += most == 2;
          }
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
  for (int unknown = 0; unknown < 2; unknown++)
    eval_add(&context->report, unknown ? "their number not known" : "known to be two", "diarisation error rate",
             eval_interval(eval_ratio, found[unknown], calls), calls)->percent = true;
  eval_add(&context->report, "their number not known", "calls found to have two",
           (eval_value){right / (double)calls, NAN, NAN}, calls)->percent = true;
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
