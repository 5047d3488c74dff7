/* speakers.c: who speaks when in a whole recording: cells, their points, groups of points, spans. */
#include "voice/speakers.h"
#include "voice/cells.h"
#include "voice/groups.h"

enum { MOST = 4 * 3600 * 4 /* cells */ };
#define CHANGE 0.35f      /* what a change of speaker from one cell to the next costs       */
#define SECONDS_LEAST 1.5 /* of a speaker; less is given to the others                      */

typedef voice_group group;

struct voice_speakers {
  voice_cells cells;
  voice_span *spans;
};

int voice_speakers_open(voice_speakers **speakers, const voice_model *model) {
  voice_speakers *s = *speakers = base_alloc(1, sizeof *s);
  if (!s) return MIEN_ENOMEM;
  int code = voice_cells_open(&s->cells, model, MOST, true);
  if (code) voice_speakers_close(speakers);
  return code;
}

void voice_speakers_close(voice_speakers **speakers) {
  voice_speakers *s = *speakers;
  if (!s) return;
  voice_cells_close(&s->cells);
  base_free(s->spans);
  base_free(s);
  *speakers = NULL;
}

int voice_speakers_feed(voice_speakers *s, const float *pcm, size_t count) {
  int code = MIEN_OK;
  if (count && !pcm) return MIEN_EINVAL;
  for (size_t at = 0; at < count && !code;) at += voice_cells_feed(&s->cells, pcm + at, count - at, &code);
  return code;
}

/* ---- Groups ---------------------------------------------------------------------------------- */

/* Points to groups, as they come. */
static int groups_start(const float (*points)[VOICE_EMBEDDING], size_t count, group *groups) {
  int used = 0;
  for (size_t p = 0; p < count; p++) {
    float most;
    int g = voice_group_nearest(groups, used, points[p], &most);
    if ((g < 0 || most < VOICE_GROUP_NEW) && used < VOICE_GROUPS) {
      g = used++;
      groups[g].weight = 0.0f;
      memset(groups[g].center, 0, sizeof groups[g].center);
    }
    voice_group_add(&groups[g], points[p], 1.0f);
  }
  return used;
}

/* Joins the two nearest until `people` are left, or, when that is 0, until none are as near as `join`. */
static int groups_join(group *groups, int count, int people, float join) {
  while (count > 1) {
    int a = 0, b = 1;
    float most = voice_groups_nearest(groups, count, &a, &b);
    if (people ? count <= people : most < join && count <= VOICE_SPEAKERS) break;
    voice_group_add(&groups[a], groups[b].center, groups[b].weight);
    groups[b] = groups[--count];
  }
  return count;
}

/* The cheapest course of groups through the points (Viterbi): 1 - similarity each, and a change costs,
 * unless there was a gap before. */
static int course(const float (*points)[VOICE_EMBEDDING], const bool *after_gap, size_t count,
                  const group *groups, int used, int *of) {
  uint8_t *from = base_alloc(count * (size_t)used + 1, 1);
  float cost[VOICE_GROUPS] = {0}, next[VOICE_GROUPS];
  if (!from) return MIEN_ENOMEM;
  for (size_t p = 0; p < count; p++) {
    int cheapest = 0;
    for (int g = 1; g < used; g++)
      if (cost[g] < cost[cheapest]) cheapest = g;
    const float change = after_gap[p] ? 0.5f * CHANGE : CHANGE;
    for (int g = 0; g < used; g++) {
      bool stay = cost[g] <= cost[cheapest] + change;
      from[p * (size_t)used + (size_t)g] = (uint8_t)(stay ? g : cheapest);
      next[g] = (stay ? cost[g] : cost[cheapest] + change) + 1.0f - voice_similarity(groups[g].center, points[p]);
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
  for (size_t p = 0; p < count; p++) voice_group_add(&groups[of[p]], points[p], 1.0f);
  for (int g = used; g-- > 0;)
    if (groups[g].weight * VOICE_CELL_SECONDS < SECONDS_LEAST && used > 1 && (drop || groups[g].weight == 0.0f))
      groups[g] = groups[--used];
  return used;
}

/* ---- Spans ------------------------------------------------------------------------------------ */

/* Points of the cells with speech, each of its run alone, and where two people talk at once. Gives their
 * number. */
static size_t points_make(const voice_cells *cells, float (*points)[VOICE_EMBEDDING], size_t *cell_of,
                          bool *after_gap, bool *overlap) {
  size_t count = 0, start = 0, silent = VOICE_CELL_GAP;
  size_t *run = cell_of; /* first of the run, until the points are made */
  float x[VOICE_SPEAKER_INPUT];
  for (size_t c = 0; c < cells->count; c++) {
    if (!voice_cell_speaks(cells, c)) {
      silent++;
      continue;
    }
    after_gap[count] = silent >= VOICE_CELL_GAP;
    if (after_gap[count]) start = c;
    silent = 0;
    run[count] = start;
    count++;
  }
  size_t c = cells->count;
  for (size_t p = count, last = 0; p-- > 0;) { /* from behind, where the ends of runs are known */
    do c--;
    while (!voice_cell_speaks(cells, c));
    if (p + 1 == count || after_gap[p + 1]) last = c;
    size_t first = run[p];
    voice_cells_read(cells, BASE_MAX(first + VOICE_CELL_AROUND, c) - VOICE_CELL_AROUND,
                     BASE_MIN(last, c + VOICE_CELL_AROUND), x);
    voice_point(cells->model, x, points[p]);
    overlap[p] = voice_overlaps(cells->model, x);
    cell_of[p] = c;
  }
  return count;
}

static size_t spans_make(voice_span *to, const size_t *cell_of, const int *of, const bool *overlap, size_t count) {
  int name[VOICE_GROUPS], named = 0;
  size_t spans = 0;
  for (int g = 0; g < VOICE_GROUPS; g++) name[g] = -1;
  for (size_t p = 0; p < count; p++) {
    if (!overlap[p] && name[of[p]] < 0) name[of[p]] = named++;
    int who = overlap[p] ? VOICE_OVERLAP : name[of[p]];
    voice_span *last = spans ? &to[spans - 1] : NULL;
    double t0 = (double)cell_of[p] * VOICE_CELL_SECONDS;
    if (last && last->speaker == who && t0 - last->t1 < VOICE_CELL_GAP * VOICE_CELL_SECONDS)
      last->t1 = t0 + VOICE_CELL_SECONDS;
    else
      to[spans++] = (voice_span){t0, t0 + VOICE_CELL_SECONDS, who};
  }
  return spans;
}

int voice_speakers_finish(voice_speakers *s, int people, const voice_span **spans, size_t *count) {
  static const float silence[VOICE_HOP * (VOICE_PITCH_DELAY + 1)];
  *spans = NULL;
  *count = 0;
  if (people < 0 || people > VOICE_SPEAKERS) return MIEN_EINVAL;
  int code = voice_speakers_feed(s, silence, BASE_COUNT(silence));
  size_t room = s->cells.count + 1;
  float(*points)[VOICE_EMBEDDING] = base_alloc(room, sizeof *points);
  size_t *cell_of = base_alloc(room, sizeof *cell_of);
  bool *after_gap = base_alloc(room, sizeof *after_gap), *overlap = base_alloc(room, sizeof *overlap);
  int *of = base_alloc(room, sizeof *of);
  base_free(s->spans);
  s->spans = base_alloc(room, sizeof *s->spans);
  group *groups = base_alloc(VOICE_GROUPS, sizeof *groups);
  if (!points || !cell_of || !after_gap || !overlap || !of || !s->spans || !groups) code = MIEN_ENOMEM;
  size_t n = code ? 0 : points_make(&s->cells, points, cell_of, after_gap, overlap);
  if (n) {
    const float(*read)[VOICE_EMBEDDING] = (const float(*)[VOICE_EMBEDDING])points;
    int used = groups_join(groups, groups_start(read, n, groups), people, s->cells.model->speaker_join);
    for (int round = 0; !code && round < 3; round++) {
      code = course(read, after_gap, n, groups, used, of);
      if (!code && round < 2) used = groups_again(read, of, n, groups, used, !people && round == 1);
    }
    if (!code) *count = spans_make(s->spans, cell_of, of, overlap, n);
    *spans = s->spans;
  }
  base_free(points);
  base_free(cell_of);
  base_free(after_gap);
  base_free(overlap);
  base_free(of);
  base_free(groups);
  return code;
}
