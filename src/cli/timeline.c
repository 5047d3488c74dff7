/* timeline.c: keeps what a session said about one recording. */
#include "cli/timeline.h"

#include <stdlib.h>

void timeline_init(timeline *line, const char *file) {
  *line = (timeline){.file = file};
  base_arena_init(&line->memory, TIMELINE_BYTES_MAX);
}

void timeline_clear(timeline *line) {
  base_arena_clear(&line->memory);
  base_free(line->people);
  base_free(line->turns);
  base_free(line->readings);
  base_free(line->states);
  *line = (timeline){0};
}

/* Room for one more in a growing list; the new one's place, or NULL. */
static void *one_more(void *list, size_t *count, size_t *room, size_t size) {
  char *first;
  if (!base_grow(list, *count, room, size)) return NULL;
  memcpy(&first, list, sizeof first);
  return first + (*count)++ * size;
}
#define ONE_MORE(line, list, what) \
  one_more(&(line)->list, &(line)->what##_count, &(line)->what##_room, sizeof *(line)->list)

static const char *copy_text(timeline *line, const char *text) {
  size_t bytes = strlen(text);
  char *copy = base_arena_alloc(&line->memory, bytes + 1, 1);
  return copy ? memcpy(copy, text, bytes) : NULL;
}

/* The person's name, kept once. */
static const char *person(timeline *line, const char *who) {
  if (!who) who = "someone";
  for (size_t i = 0; i < line->people_count; i++)
    if (!strcmp(line->people[i], who)) return line->people[i];
  const char *copy = copy_text(line, who);
  const char **place = copy ? ONE_MORE(line, people, people) : NULL;
  return place ? *place = copy : NULL;
}

static int stronger(const void *a, const void *b) {
  float x = fabsf(((const mien_cue *)a)->weight), y = fabsf(((const mien_cue *)b)->weight);
  return (x < y) - (x > y);
}

static int add_reading(timeline *line, const mien_reading *reading, mien_reading *to) {
  *to = *reading;
  to->cues = NULL;
  to->cue_count = 0;
  if (!(to->who = person(line, reading->who))) return MIEN_ENOMEM;
  if (reading->abstain && !(to->abstain = copy_text(line, reading->abstain))) return MIEN_ENOMEM;
  if (!reading->cue_count) return MIEN_OK;
  mien_cue *sorted = base_alloc(reading->cue_count, sizeof *sorted);
  size_t kept = BASE_MIN(reading->cue_count, (size_t)TIMELINE_CUES_MAX);
  mien_cue *cues = base_arena_alloc(&line->memory, kept, sizeof *cues);
  if (sorted && cues) {
    memcpy(sorted, reading->cues, reading->cue_count * sizeof *sorted);
    qsort(sorted, reading->cue_count, sizeof *sorted, stronger);
    memcpy(cues, sorted, kept * sizeof *cues);
    to->cues = cues;
    to->cue_count = kept;
  }
  base_free(sorted);
  return sorted && cues ? MIEN_OK : MIEN_ENOMEM;
}

static int add_turn(timeline *line, const mien_event *event, timeline_turn *to) {
  *to = (timeline_turn){.t0 = event->t0, .t1 = event->t1};
  to->who = person(line, event->who);
  to->text = copy_text(line, event->text ? event->text : "");
  if (!to->who || !to->text) return MIEN_ENOMEM;
  if (!event->word_count) return MIEN_OK;
  mien_word *words = base_arena_alloc(&line->memory, event->word_count, sizeof *words);
  if (!words) return MIEN_ENOMEM;
  for (size_t i = 0; i < event->word_count; i++) {
    words[i] = event->words[i];
    if (!(words[i].text = copy_text(line, event->words[i].text))) return MIEN_ENOMEM;
  }
  to->words = words;
  to->word_count = event->word_count;
  return MIEN_OK;
}

int timeline_add(timeline *line, const mien_event *event) {
  if (event->kind == MIEN_EVENT_TURN) {
    timeline_turn *turn = ONE_MORE(line, turns, turn);
    if (!turn) return MIEN_ENOMEM;
    int result = add_turn(line, event, turn);
    if (result != MIEN_OK) line->turn_count--;
    return result;
  }
  if (event->kind == MIEN_EVENT_READING && !event->reading.final) return MIEN_OK;
  bool state = event->kind == MIEN_EVENT_STATE;
  mien_reading *place = state ? ONE_MORE(line, states, state) : ONE_MORE(line, readings, reading);
  if (!place) return MIEN_ENOMEM;
  int result = add_reading(line, &event->reading, place);
  if (result != MIEN_OK) *(state ? &line->state_count : &line->reading_count) -= 1;
  return result;
}

/* ---- Order: merge sort, so that what begins together stays as it came. */

static double begins(const void *item, bool turn) {
  double t0 = turn ? ((const timeline_turn *)item)->t0 : ((const mien_reading *)item)->t0;
  return t0;
}

static bool sort(void *list, size_t count, size_t size, bool turn) {
  char *from = list, *to = base_alloc(count ? count : 1, size), *spare = to;
  if (!to) return false;
  for (size_t width = 1; width < count; width *= 2) {
    for (size_t low = 0; low < count; low += 2 * width) {
      size_t middle = BASE_MIN(low + width, count), high = BASE_MIN(low + 2 * width, count);
      for (size_t i = low, j = middle, k = low; k < high; k++) {
        bool right = i >= middle ||
                     (j < high && begins(from + j * size, turn) < begins(from + i * size, turn));
        memcpy(to + k * size, from + (right ? j++ : i++) * size, size);
      }
    }
    char *swap = from;
    from = to;
    to = swap;
  }
  if (from != (char *)list) memcpy(list, from, count * size);
  base_free(spare);
  return true;
}

void timeline_finish(timeline *line) {
  bool timed = true; /* turns without times keep the order of the transcript */
  for (size_t i = 0; i < line->turn_count; i++) {
    if (isfinite(line->turns[i].t1)) line->duration = fmax(line->duration, line->turns[i].t1);
    if (isnan(line->turns[i].t0)) timed = false;
  }
  for (size_t i = 0; i < line->reading_count; i++)
    if (isfinite(line->readings[i].t1)) line->duration = fmax(line->duration, line->readings[i].t1);
  for (size_t i = 0; i < line->state_count; i++)
    if (isfinite(line->states[i].t1)) line->duration = fmax(line->duration, line->states[i].t1);
  if (timed) sort(line->turns, line->turn_count, sizeof *line->turns, true);
  sort(line->readings, line->reading_count, sizeof *line->readings, false);
  sort(line->states, line->state_count, sizeof *line->states, false);
}

int timeline_top(const mien_reading *reading) {
  int top = 0;
  for (int k = 1; k < MIEN_CORE; k++)
    if (reading->core[k] > reading->core[top]) top = k;
  return top;
}

int timeline_top_state(const mien_reading *reading) {
  int top = -1;
  for (int k = 0; k < MIEN_STATES; k++)
    if (reading->states[k] >= 0.5f && (top < 0 || reading->states[k] > reading->states[top])) top = k;
  return top;
}

const mien_reading *timeline_turn_state(const timeline *line, const timeline_turn *turn) {
  const mien_reading *best = NULL;
  for (size_t i = 0; i < line->state_count; i++) {
    const mien_reading *state = &line->states[i];
    if (!(state->t0 < turn->t1 && state->t1 > turn->t0) || strcmp(state->who, turn->who)) continue;
    if (!best || !state->abstain || best->abstain) best = state;
  }
  return best;
}

/* ---- Spans ---- */

int timeline_spans(const timeline *line, const char *who, int kind, timeline_span **spans,
                   size_t *count) {
  size_t most = kind == TIMELINE_WORDS ? line->turn_count : line->state_count, used = 0;
  timeline_span *list = base_alloc(most ? most : 1, sizeof *list);
  if (!list) return MIEN_ENOMEM;
  if (kind == TIMELINE_WORDS) {
    for (size_t i = 0; i < line->turn_count; i++) {
      const timeline_turn *turn = &line->turns[i];
      if (strcmp(turn->who, who) || !isfinite(turn->t0) || !isfinite(turn->t1)) continue;
      double t0 = used ? fmax(turn->t0, list[used - 1].t1) : fmax(turn->t0, 0);
      if (turn->t1 > t0) list[used++] = (timeline_span){t0, turn->t1, turn->text, NAN, NULL};
    }
  } else {
    size_t run = 0; /* states in the last span */
    for (size_t i = 0; i < line->state_count; i++) {
      const mien_reading *state = &line->states[i];
      if (strcmp(state->who, who) || !isfinite(state->t0) || !isfinite(state->t1)) continue;
      const char *label = state->abstain ? "" : mien_core_name(timeline_top(state));
      timeline_span *last = used ? &list[used - 1] : NULL;
      if (last && last->text == label && state->t0 - last->t1 < 0.05) {
        last->t1 = fmax(last->t1, state->t1);
        last->confidence += (state->confidence - last->confidence) / (float)++run;
        continue;
      }
      double t0 = last ? fmax(state->t0, last->t1) : fmax(state->t0, 0);
      if (state->t1 <= t0) continue;
      list[used++] = (timeline_span){t0, state->t1, label, state->confidence, state};
      run = 1;
    }
  }
  *spans = list;
  *count = used;
  return MIEN_OK;
}
