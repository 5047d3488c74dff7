/* speakers.c: cells of a quarter of a second, their points, groups of points, spans. */
#include "voice/speakers.h"
#include "voice/frames.h"
#include "voice/model.h"
#include "voice/detector.h"

enum { CELL = 25,          /* frames                                                         */
       AROUND = 3,         /* cells before and after that a cell's point is made of          */
       LEAST = 6,          /* sounding frames of a cell with speech                          */
       GAP = 2,            /* cells without speech that end a run: a point is of one run     */
       MOST = 4 * 3600 * 4, /* cells                                                         */
       GROUPS = 48 };      /* at first                                                       */
#define SPEECH 0.4f        /* chance of speech of a frame that counts                        */
#define NEW 0.35f          /* similarity under which a point starts a group                  */
#define CHANGE 0.35f       /* what a change of speaker from one cell to the next costs       */
#define SECONDS_LEAST 1.5  /* of a speaker; less is given to the others                      */

typedef struct cell {
  float count[2], sum[2][VOICE_TRACKS], square[2][VOICE_TRACKS]; /* sounding, voiced */
} cell;

typedef struct group {
  float center[VOICE_EMBEDDING], weight;
} group;

struct voice_speakers {
  const voice_model *model;
  voice_frames frames;
  voice_listener speech;
  voice_tracks tracks;
  cell *cells;
  size_t count, capacity;
  int in_cell; /* frames of the last one */
  voice_span *spans;
};

int voice_speakers_open(voice_speakers **speakers, const voice_model *model) {
  voice_speakers *s = *speakers = base_alloc(1, sizeof *s);
  if (!s) return MIEN_ENOMEM;
  s->model = model;
  s->in_cell = CELL;
  voice_tracks_init(&s->tracks);
  int code = voice_frames_open(&s->frames);
  if (!code) code = voice_listener_open(&s->speech, &model->speech);
  if (code) voice_speakers_close(speakers);
  return code;
}

void voice_speakers_close(voice_speakers **speakers) {
  voice_speakers *s = *speakers;
  if (!s) return;
  voice_frames_close(&s->frames);
  voice_listener_close(&s->speech);
  base_free(s->cells);
  base_free(s->spans);
  base_free(s);
  *speakers = NULL;
}

static int frame_take(voice_speakers *s, const float *frame) {
  float y[VOICE_TRACKS];
  voice_tracks_read(&s->tracks, frame, y);
  bool sounding = voice_listener_read(&s->speech, frame) > SPEECH && voice_track_sounds(y);
  if (s->in_cell == CELL) {
    if (s->count == MOST) return MIEN_OK;
    if (s->count == s->capacity) {
      size_t capacity = BASE_MIN(2 * s->capacity + 256, (size_t)MOST);
      cell *more = base_resize(s->cells, capacity, sizeof *more);
      if (!more) return MIEN_ENOMEM;
      s->cells = more;
      s->capacity = capacity;
    }
    memset(&s->cells[s->count++], 0, sizeof *s->cells);
    s->in_cell = 0;
  }
  s->in_cell++;
  if (!sounding) return MIEN_OK;
  cell *c = &s->cells[s->count - 1];
  for (int k = 0; k < 1 + (y[VOICE_TRACK_F0] > 0.0f); k++) {
    c->count[k] += 1.0f;
    for (int i = 0; i < VOICE_TRACKS; i++) c->sum[k][i] += y[i], c->square[k][i] += y[i] * y[i];
  }
  return MIEN_OK;
}

int voice_speakers_feed(voice_speakers *s, const float *pcm, size_t count) {
  if (count && !pcm) return MIEN_EINVAL;
  for (size_t at = 0; at < count;) {
    const float *ready;
    int bad, code;
    at += voice_frames_feed(&s->frames, pcm + at, count - at, &ready, &bad);
    if (ready && (code = frame_take(s, ready))) return code;
  }
  return MIEN_OK;
}

/* ---- Points --------------------------------------------------------------------------------- */

static void normalise(float *x) {
  float square = 1e-12f;
  for (int i = 0; i < VOICE_EMBEDDING; i++) square += x[i] * x[i];
  for (int i = 0; i < VOICE_EMBEDDING; i++) x[i] /= sqrtf(square);
}

static float similarity(const float *a, const float *b) {
  float sum = 0.0f;
  for (int i = 0; i < VOICE_EMBEDDING; i++) sum += a[i] * b[i];
  return sum;
}

/* The point of cells first…last. */
static void point_make(const voice_speakers *s, size_t first, size_t last, float to[VOICE_EMBEDDING]) {
  const voice_model *m = s->model;
  double count[2] = {0}, sum[2][VOICE_TRACKS] = {{0}}, square[2][VOICE_TRACKS] = {{0}};
  float x[VOICE_SPEAKER_INPUT];
  for (size_t c = first; c <= last; c++)
    for (int k = 0; k < 2; k++) {
      count[k] += s->cells[c].count[k];
      for (int i = 0; i < VOICE_TRACKS; i++)
        sum[k][i] += s->cells[c].sum[k][i], square[k][i] += s->cells[c].square[k][i];
    }
  for (int k = 0; k < 2; k++)
    for (int i = 0; i < VOICE_TRACKS; i++) {
      double n = BASE_MAX(count[k], 1e-3), mean = sum[k][i] / n;
      x[2 * k * VOICE_TRACKS + i] = (float)mean;
      x[(2 * k + 1) * VOICE_TRACKS + i] = (float)sqrt(BASE_MAX(square[k][i] / n - mean * mean, 0.0));
    }
  for (int i = 0; i < VOICE_SPEAKER_INPUT; i++)
    x[i] = BASE_CLAMP((x[i] - m->speaker_mean[i]) * m->speaker_scale[i], -4.0f, 4.0f);
  for (int e = 0; e < VOICE_EMBEDDING; e++) {
    to[e] = 0.0f;
    for (int i = 0; i < VOICE_SPEAKER_INPUT; i++) to[e] += m->speaker_weight[e][i] * x[i];
  }
  normalise(to);
}

/* ---- Groups ---------------------------------------------------------------------------------- */

static int nearest(const group *groups, int count, const float *point, float *most) {
  int best = -1;
  *most = -2.0f;
  for (int g = 0; g < count; g++) {
    float near = similarity(groups[g].center, point);
    if (near > *most) *most = near, best = g;
  }
  return best;
}

static void group_add(group *g, const float *point, float weight) {
  for (int i = 0; i < VOICE_EMBEDDING; i++)
    g->center[i] = (g->center[i] * g->weight + point[i] * weight) / (g->weight + weight);
  g->weight += weight;
  normalise(g->center);
}

/* Points to groups, as they come. */
static int groups_start(const float (*points)[VOICE_EMBEDDING], size_t count, group *groups) {
  int used = 0;
  for (size_t p = 0; p < count; p++) {
    float most;
    int g = nearest(groups, used, points[p], &most);
    if ((g < 0 || most < NEW) && used < GROUPS) {
      g = used++;
      groups[g].weight = 0.0f;
      memset(groups[g].center, 0, sizeof groups[g].center);
    }
    group_add(&groups[g], points[p], 1.0f);
  }
  return used;
}

/* Joins the two nearest until `people` are left, or, when that is 0, until none are as near as `join`. */
static int groups_join(group *groups, int count, int people, float join) {
  while (count > 1) {
    int a = 0, b = 1;
    float most = -2.0f;
    for (int i = 0; i < count; i++)
      for (int j = i + 1; j < count; j++) {
        float near = similarity(groups[i].center, groups[j].center);
        /* A small group joins more easily: its centre is less sure. */
        near += 0.3f / sqrtf(BASE_MIN(groups[i].weight, groups[j].weight));
        if (near > most) most = near, a = i, b = j;
      }
    if (people ? count <= people : most < join && count <= VOICE_SPEAKERS) break;
    group_add(&groups[a], groups[b].center, groups[b].weight);
    groups[b] = groups[--count];
  }
  return count;
}

/* The cheapest course of groups through the points (Viterbi): 1 - similarity each, and a change costs,
 * unless there was a gap before. */
static int course(const float (*points)[VOICE_EMBEDDING], const bool *after_gap, size_t count,
                  const group *groups, int used, int *of) {
  uint8_t *from = base_alloc(count * (size_t)used + 1, 1);
  float cost[GROUPS] = {0}, next[GROUPS];
  if (!from) return MIEN_ENOMEM;
  for (size_t p = 0; p < count; p++) {
    int cheapest = 0;
    for (int g = 1; g < used; g++)
      if (cost[g] < cost[cheapest]) cheapest = g;
    const float change = after_gap[p] ? 0.5f * CHANGE : CHANGE;
    for (int g = 0; g < used; g++) {
      bool stay = cost[g] <= cost[cheapest] + change;
      from[p * (size_t)used + (size_t)g] = (uint8_t)(stay ? g : cheapest);
      next[g] = (stay ? cost[g] : cost[cheapest] + change) + 1.0f - similarity(groups[g].center, points[p]);
    }
    memcpy(cost, next, sizeof cost[0] * (size_t)used);
  }
  int now = 0;
  for (int g = 1; g < used; g++)
    if (cost[g] < cost[now]) now = g;
  for (size_t p = count; p-- > 0;) {
    of[p] = now;
    now = from[p * (size_t)used + (size_t)now];
  }
  base_free(from);
  return MIEN_OK;
}

/* The centres again from the points that went to them; groups with too little are dropped. */
static int groups_again(const float (*points)[VOICE_EMBEDDING], const int *of, size_t count, group *groups,
                        int used, bool drop) {
  memset(groups, 0, (size_t)used * sizeof *groups);
  for (size_t p = 0; p < count; p++) {
    group *g = &groups[of[p]];
    for (int i = 0; i < VOICE_EMBEDDING; i++) g->center[i] += points[p][i];
    g->weight += 1.0f;
  }
  for (int g = 0; g < used; g++) normalise(groups[g].center);
  for (int g = used; g-- > 0;)
    if (groups[g].weight * CELL * VOICE_HOP < SECONDS_LEAST * VOICE_RATE && used > 1 &&
        (drop || groups[g].weight == 0.0f))
      groups[g] = groups[--used];
  return used;
}

/* ---- Spans ------------------------------------------------------------------------------------ */

static bool has_speech(const voice_speakers *s, size_t c) { return s->cells[c].count[0] >= LEAST; }

/* Points of the cells with speech, each of its run alone. Gives their number. */
static size_t points_make(const voice_speakers *s, float (*points)[VOICE_EMBEDDING], size_t *cell_of,
                          bool *after_gap) {
  size_t count = 0, start = 0, silent = GAP;
  size_t *run = cell_of; /* first of the run, until the points are made */
  for (size_t c = 0; c < s->count; c++) {
    if (!has_speech(s, c)) {
      silent++;
      continue;
    }
    after_gap[count] = silent >= GAP;
    if (after_gap[count]) start = c;
    silent = 0;
    run[count] = start;
    count++;
  }
  size_t c = s->count;
  for (size_t p = count, last = 0; p-- > 0;) { /* from behind, where the ends of runs are known */
    do c--;
    while (!has_speech(s, c));
    if (p + 1 == count || after_gap[p + 1]) last = c;
    size_t first = run[p];
    point_make(s, BASE_MAX(first + AROUND, c) - AROUND, BASE_MIN(last, c + AROUND), points[p]);
    cell_of[p] = c;
  }
  return count;
}

static size_t spans_make(voice_speakers *s, const size_t *cell_of, const int *of, size_t count) {
  const double second = (double)CELL * VOICE_HOP / VOICE_RATE;
  int name[GROUPS], named = 0;
  size_t spans = 0;
  for (int g = 0; g < GROUPS; g++) name[g] = -1;
  for (size_t p = 0; p < count; p++) {
    if (name[of[p]] < 0) name[of[p]] = named++;
    voice_span *last = spans ? &s->spans[spans - 1] : NULL;
    double t0 = (double)cell_of[p] * second;
    if (last && last->speaker == name[of[p]] && t0 - last->t1 < GAP * second)
      last->t1 = t0 + second;
    else
      s->spans[spans++] = (voice_span){t0, t0 + second, name[of[p]]};
  }
  return spans;
}

int voice_speakers_finish(voice_speakers *s, int people, const voice_span **spans, size_t *count) {
  static const float silence[VOICE_HOP * (VOICE_PITCH_DELAY + 1)];
  *spans = NULL;
  *count = 0;
  if (people < 0 || people > VOICE_SPEAKERS) return MIEN_EINVAL;
  int code = voice_speakers_feed(s, silence, BASE_COUNT(silence));
  size_t room = s->count + 1;
  float(*points)[VOICE_EMBEDDING] = base_alloc(room, sizeof *points);
  size_t *cell_of = base_alloc(room, sizeof *cell_of);
  bool *after_gap = base_alloc(room, sizeof *after_gap);
  int *of = base_alloc(room, sizeof *of);
  base_free(s->spans);
  s->spans = base_alloc(room, sizeof *s->spans);
  group *groups = base_alloc(GROUPS, sizeof *groups);
  if (!points || !cell_of || !after_gap || !of || !s->spans || !groups) code = MIEN_ENOMEM;
  size_t n = code ? 0 : points_make(s, points, cell_of, after_gap);
  if (n) {
    const float(*read)[VOICE_EMBEDDING] = (const float(*)[VOICE_EMBEDDING])points;
    int used = groups_join(groups, groups_start(read, n, groups), people, s->model->speaker_join);
    for (int round = 0; !code && round < 3; round++) {
      code = course(read, after_gap, n, groups, used, of);
      if (!code && round < 2) used = groups_again(read, of, n, groups, used, !people && round == 1);
    }
    if (!code) *count = spans_make(s, cell_of, of, n);
    *spans = s->spans;
  }
  base_free(points);
  base_free(cell_of);
  base_free(after_gap);
  base_free(of);
  base_free(groups);
  return code;
}
