/* speakers_live.c: who speaks, as it comes.
 *
 * A cell is answered when the cells around it are there. Its point goes to the nearest of up to PARTS small
 * groups, or starts one; the groups are joined anew to as many people as there are (or until none are near), and
 * each person keeps the name that most of its groups had. Within a run of speech, another person is believed
 * when the points have been nearer to them by CHANGE, added up. */
#include "voice/speakers.h"
#include "voice/cells.h"
#include "voice/groups.h"

enum { KEPT = 64,     /* cells                                    */
       ANSWERS = 128, /* that wait                                */
       PARTS = 12,    /* small groups                             */
       SURE = 3 };    /* cells with speech of a point that counts */
#define CHANGE 0.25f
#define HEAVIEST 400.0f /* points: a group follows a voice that changes */

struct voice_speakers_live {
  voice_cells cells;
  int people;
  voice_group parts[PARTS];
  int name[PARTS], used; /* whose part it is; -1 no one's yet */
  voice_group person[VOICE_SPEAKERS];
  bool there[VOICE_SPEAKERS];
  size_t answered; /* cells */
  size_t run;      /* first cell of this run of speech */
  int silent;      /* cells since the last with speech */
  int now;         /* who speaks; -1 not known */
  float gain;      /* by how much another was nearer lately */
  signed char answers[ANSWERS];
  size_t first, count;
};

int voice_speakers_live_open(voice_speakers_live **live, const voice_model *model, int people) {
  *live = NULL;
  if (people < 0 || people > VOICE_SPEAKERS) return MIEN_EINVAL;
  voice_speakers_live *s = *live = base_alloc(1, sizeof *s);
  if (!s) return MIEN_ENOMEM;
  s->people = people;
  s->silent = VOICE_CELL_GAP;
  s->now = -1;
  int code = voice_cells_open(&s->cells, model, KEPT, false);
  if (code) voice_speakers_live_close(live);
  return code;
}

void voice_speakers_live_close(voice_speakers_live **live) {
  if (!*live) return;
  voice_cells_close(&(*live)->cells);
  base_free(*live);
  *live = NULL;
}

/* ---- People ---------------------------------------------------------------------------------- */

/* A name for each person: that of most of the weight of their parts, the heaviest person first. */
static void names_give(voice_speakers_live *s, const uint32_t *of, const voice_group *people, int count) {
  bool taken[VOICE_SPEAKERS] = {false}, done[PARTS] = {false};
  int name[PARTS] = {0};
  for (int round = 0; round < count; round++) {
    int who = -1, best = -1;
    for (int p = 0; p < count; p++)
      if (!done[p] && (who < 0 || people[p].weight > people[who].weight)) who = p;
    float weight[VOICE_SPEAKERS] = {0};
    for (int i = 0; i < s->used; i++)
      if ((of[who] >> i & 1) && s->name[i] >= 0) weight[s->name[i]] += s->parts[i].weight;
    for (int n = 0; n < VOICE_SPEAKERS; n++)
      if (!taken[n] && weight[n] > 0.0f && (best < 0 || weight[n] > weight[best])) best = n;
    for (int n = 0; n < VOICE_SPEAKERS && best < 0; n++)
      if (!taken[n]) best = n;
    taken[best] = done[who] = true;
    name[who] = best;
  }
  memset(s->there, 0, sizeof s->there);
  for (int p = 0; p < count; p++) {
    s->there[name[p]] = true;
    s->person[name[p]] = people[p];
    for (int i = 0; i < s->used; i++)
      if (of[p] >> i & 1) s->name[i] = name[p];
  }
}

/* The parts, joined to people. */
static void people_make(voice_speakers_live *s) {
  voice_group people[PARTS];
  uint32_t of[PARTS]; /* bit i: part i belongs to it */
  int count = s->used;
  for (int i = 0; i < count; i++) people[i] = s->parts[i], of[i] = 1u << i;
  while (count > 1) {
    int a = 0, b = 1;
    float most = voice_groups_nearest(people, count, &a, &b);
    if (s->people ? count <= s->people : most < s->cells.model->speaker_join && count <= VOICE_SPEAKERS) break;
    voice_group_add(&people[a], people[b].center, people[b].weight);
    of[a] |= of[b];
    people[b] = people[--count];
    of[b] = of[count];
  }
  names_give(s, of, people, count);
}

static void point_take(voice_speakers_live *s, const float *point) {
  float most;
  int g = voice_group_nearest(s->parts, s->used, point, &most);
  if (g < 0 || most < VOICE_GROUP_NEW) {
    if (s->used == PARTS) {
      int a = 0, b = 1;
      voice_groups_nearest(s->parts, s->used, &a, &b);
      voice_group_add(&s->parts[a], s->parts[b].center, s->parts[b].weight);
      s->parts[b] = s->parts[--s->used];
      s->name[b] = s->name[s->used];
    }
    g = s->used++;
    s->parts[g] = (voice_group){.weight = 0.0f};
    s->name[g] = -1;
  }
  voice_group_add(&s->parts[g], point, 1.0f);
  s->parts[g].weight = BASE_MIN(s->parts[g].weight, HEAVIEST);
  people_make(s);
}

/* ---- Answers --------------------------------------------------------------------------------- */

static int who_is(voice_speakers_live *s, const float *point, bool begins) {
  int best = -1;
  float near[VOICE_SPEAKERS];
  for (int n = 0; n < VOICE_SPEAKERS; n++) {
    if (!s->there[n]) continue;
    near[n] = voice_similarity(s->person[n].center, point);
    if (best < 0 || near[n] > near[best]) best = n;
  }
  if (begins || s->now < 0 || !s->there[s->now]) s->gain = 0.0f, s->now = best;
  else if (best == s->now) s->gain = 0.0f;
  else if ((s->gain += near[best] - near[s->now]) > CHANGE) s->gain = 0.0f, s->now = best;
  return s->now;
}

static void answer_add(voice_speakers_live *s, int answer) {
  if (s->count == ANSWERS) s->first++, s->count--;
  s->answers[(s->first + s->count++) % ANSWERS] = (signed char)answer;
}

static void cell_answer(voice_speakers_live *s, size_t whole) {
  const size_t c = s->answered++;
  if (!voice_cell_speaks(&s->cells, c)) {
    s->silent++;
    answer_add(s, VOICE_NOBODY);
    return;
  }
  const bool begins = s->silent >= VOICE_CELL_GAP;
  if (begins) s->run = c;
  s->silent = 0;
  size_t last = c;
  int speaks = 0;
  for (size_t n = c, quiet = 0; n < whole && n <= c + VOICE_CELL_AROUND && quiet < VOICE_CELL_GAP; n++)
    if (voice_cell_speaks(&s->cells, n)) last = n, quiet = 0;
    else quiet++;
  const size_t first = BASE_MAX(s->run + VOICE_CELL_AROUND, c) - VOICE_CELL_AROUND;
  for (size_t n = first; n <= last; n++) speaks += voice_cell_speaks(&s->cells, n);
  float x[VOICE_SPEAKER_INPUT], point[VOICE_EMBEDDING];
  voice_cells_read(&s->cells, first, last, x);
  if (voice_overlaps(s->cells.model, x)) {
    answer_add(s, VOICE_OVERLAP);
    return;
  }
  voice_point(s->cells.model, x, point);
  if (speaks >= SURE || !s->used) point_take(s, point);
  answer_add(s, who_is(s, point, begins));
}

int voice_speakers_live_feed(voice_speakers_live *s, const float *pcm, size_t count) {
  int code = MIEN_OK;
  if (count && !pcm) return MIEN_EINVAL;
  for (size_t at = 0; at < count && !code;) {
    at += voice_cells_feed(&s->cells, pcm + at, count - at, &code);
    size_t whole = voice_cells_whole(&s->cells);
    while (s->answered + VOICE_CELL_AROUND < whole) cell_answer(s, whole);
  }
  return code;
}

int voice_speakers_live_finish(voice_speakers_live *s) {
  static const float silence[VOICE_HOP * VOICE_CELL];
  int code = voice_speakers_live_feed(s, silence, BASE_COUNT(silence));
  size_t whole = voice_cells_whole(&s->cells);
  while (!code && s->answered < whole) cell_answer(s, whole);
  const voice_model *model = s->cells.model;
  voice_cells_close(&s->cells);
  s->answered = 0;
  s->silent = VOICE_CELL_GAP;
  s->now = -1;
  return code ? code : voice_cells_open(&s->cells, model, KEPT, false);
}

int voice_speakers_live_next(voice_speakers_live *s, int *speaker) {
  if (!s->count) return MIEN_EAGAIN;
  *speaker = s->answers[s->first++ % ANSWERS];
  s->count--;
  return MIEN_OK;
}
