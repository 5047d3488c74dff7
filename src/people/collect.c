/* collect.c: keeps what a session gives: turns without their words, readings and states without their cues. */
#include "people/parts.h"

int mien_people_open(mien_people **to, mien_error *error) {
  *to = base_alloc(1, sizeof **to);
  if (!*to) return base_error_set(error, MIEN_ENOMEM, "people", "", "out of memory");
  return MIEN_OK;
}

void mien_people_close(mien_people **of) {
  if (!*of) return;
  base_free((*of)->turns);
  base_free((*of)->moments);
  base_free((*of)->manners);
  base_free((*of)->manner_by);
  base_free(*of);
  *of = NULL;
}

/* Their number; -1: nobody, or beyond those who are kept. */
static int person_of(mien_people *people, const char *who) {
  if (!who || !*who) return -1;
  for (int i = 0; i < people->name_count; i++)
    if (!strcmp(people->names[i], who)) return i;
  if (people->name_count == PEOPLE_NAMES) {
    people->more = true;
    return -1;
  }
  size_t bytes = strnlen(who, sizeof people->names[0] - 1);
  memcpy(people->names[people->name_count], who, bytes);
  return people->name_count++;
}

static float probability(float value) { return isfinite(value) ? BASE_CLAMP(value, 0.0f, 1.0f) : 0; }

static void read_turn(people_turn *turn, const mien_reading *reading) {
  turn->read = true;
  turn->abstained = reading->abstain != NULL;
  turn->valence = reading->dims[MIEN_VALENCE];
  turn->anger = probability(reading->core[MIEN_ANGER]);
  turn->disgust = probability(reading->core[MIEN_DISGUST]);
  turn->sarcasm = probability(reading->flags[MIEN_SARCASM]);
  for (int k = 0; k < MIEN_FINE; k++) turn->fine[k] = probability(reading->fine[k]);
}

/* The turn that a text's reading is of, the newest first, or the other way round. Words and reading come with the same times,
 * in either order. */
static people_turn *waits(mien_people *people, int who, double t0, bool has_words) {
  for (size_t i = people->turn_count; i-- > 0 && people->turn_count - i < 64;) {
    people_turn *turn = &people->turns[i];
    bool there = has_words ? !turn->read : turn->order == SIZE_MAX;
    bool same = turn->t0 == t0 || (isnan(turn->t0) && isnan(t0)) || fabs(turn->t0 - t0) < 0.02;
    if (turn->who == who && there && same) return turn;
  }
  return NULL;
}

static people_turn *add_turn(mien_people *people, int who, double t0, double t1) {
  if (!base_grow(&people->turns, people->turn_count, &people->turn_room, sizeof *people->turns)) return NULL;
  people_turn *turn = &people->turns[people->turn_count++];
  *turn = (people_turn){.who = who, .t0 = t0, .t1 = t1, .order = SIZE_MAX, .valence = NAN, .place = (double)NAN, .contempt = NAN, .away = NAN};
  return turn;
}

static int take_words(mien_people *people, int who, const mien_event *event) {
  people_turn *turn = waits(people, who, event->t0, false);
  if (!turn && people->turn_count < MIEN_PEOPLE_TURNS && !(turn = add_turn(people, who, event->t0, event->t1))) return MIEN_ENOMEM;
  if (!turn) return MIEN_OK;
  turn->order = (size_t)(turn - people->turns);
  if (event->text) people_read_words(event->text, strlen(event->text), &turn->words);
  return MIEN_OK;
}

static int take_text(mien_people *people, int who, const mien_reading *reading) {
  people_turn *turn = waits(people, who, reading->t0, true);
  if (!turn && people->turn_count < MIEN_PEOPLE_TURNS && !(turn = add_turn(people, who, reading->t0, reading->t1))) return MIEN_ENOMEM;
  if (turn) read_turn(turn, reading);
  return MIEN_OK;
}

static int take_moment(mien_people *people, int who, const mien_reading *reading) {
  if (people->moment_count == MIEN_PEOPLE_TURNS * 4) return MIEN_OK;
  if (!base_grow(&people->moments, people->moment_count, &people->moment_room, sizeof *people->moments)) return MIEN_ENOMEM;
  people_moment *m = &people->moments[people->moment_count++];
  *m = (people_moment){.who = who, .modality = reading->modality, .t0 = reading->t0, .t1 = reading->t1, .abstained = reading->abstain != NULL,
                       .valence = reading->dims[MIEN_VALENCE], .contempt = reading->modality == MIEN_FACE ? reading->extra[MIEN_CONTEMPT] : NAN, .away = NAN};
  for (size_t i = 0; i < reading->cue_count; i++)
    if (!strcmp(reading->cues[i].kind, "gaze_away")) m->away = 1;
  return MIEN_OK;
}

int mien_people_event(mien_people *people, const mien_event *event) {
  const mien_reading *reading = &event->reading;
  bool turn = event->kind == MIEN_EVENT_TURN;
  if (!turn && event->kind == MIEN_EVENT_READING && !reading->final && reading->modality != MIEN_FACE) return MIEN_OK;
  int who = person_of(people, turn ? event->who : reading->who);
  if (who < 0) return MIEN_OK;
  people->stale = true;
  if (turn) return take_words(people, who, event);
  if (reading->modality == MIEN_BODY) return MIEN_OK;
  return event->kind == MIEN_EVENT_READING && reading->modality == MIEN_TEXT ? take_text(people, who, reading) : take_moment(people, who, reading);
}
