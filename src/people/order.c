/* order.c: turns in order of time, and the place of each: the valence that was expressed in it.
 *
 * A turn's place is the mean of its speaker's fused states that end while it lasts and half a second after, those that do not
 * abstain; where there is none, the reading of its words; else it is not known. Where nobody's words are known, what was
 * spoken in one piece is a turn. */
#include "people/parts.h"

#include <stdlib.h>

static int by_time(const void *a, const void *b) {
  const people_turn *x = a, *y = b;
  if (isfinite(x->t0) && isfinite(y->t0) && x->t0 != y->t0) return x->t0 < y->t0 ? -1 : 1;
  return (x->order > y->order) - (x->order < y->order);
}

static int moment_by_time(const void *a, const void *b) {
  const people_moment *x = a, *y = b;
  return (x->t1 > y->t1) - (x->t1 < y->t1);
}

/* Pieces of voice, as turns without words. */
static bool add_pieces(mien_people *people) {
  size_t pieces = 0;
  for (size_t i = 0; i < people->moment_count; i++) pieces += people->moments[i].modality == MIEN_VOICE;
  if (!pieces) return true;
  people_turn *made = base_resize(people->turns, BASE_MAX(people->turn_room, pieces), sizeof *made);
  if (!made) return false;
  people->turns = made;
  people->turn_room = BASE_MAX(people->turn_room, pieces);
  for (size_t i = 0; i < people->moment_count && people->turn_count < MIEN_PEOPLE_TURNS; i++) {
    const people_moment *m = &people->moments[i];
    if (m->modality != MIEN_VOICE) continue;
    made[people->turn_count] = (people_turn){.who = m->who, .t0 = m->t0, .t1 = m->t1, .order = people->turn_count, .read = true, .abstained = m->abstained,
                                             .valence = m->valence, .contempt = NAN, .away = NAN};
    people->turn_count++;
  }
  return true;
}

/* `from`: the first moment that may matter; all later turns begin later. */
static void place(const mien_people *people, people_turn *turn, size_t *from) {
  double sum = 0, count = 0;
  turn->place = (double)NAN;
  turn->contempt = turn->away = NAN;
  while (*from < people->moment_count && people->moments[*from].t1 < turn->t0 - 2) ++*from;
  for (size_t i = *from; i < people->moment_count && people->moments[i].t1 <= turn->t1 + 0.5; i++) {
    const people_moment *m = &people->moments[i];
    if (m->who != turn->who) continue;
    if (isfinite(m->contempt) && !m->abstained) turn->contempt = fmaxf(turn->contempt, m->contempt);
    if (isfinite(m->away)) turn->away = fmaxf(turn->away, m->away);
    if (m->modality != MIEN_FUSED || m->abstained || !isfinite(m->valence) || m->t1 < turn->t0 + 0.01) continue;
    sum += (double)m->valence;
    count++;
  }
  if (count > 0) turn->place = sum / count;
  else if (turn->read && !turn->abstained && isfinite(turn->valence)) turn->place = (double)turn->valence;
}

size_t people_before(const mien_people *people, size_t t) {
  for (size_t i = t; i-- > 0;)
    if (people->turns[i].who != people->turns[t].who) return i;
  return SIZE_MAX;
}

bool people_order(mien_people *people) {
  if (!people->stale) return true;
  if (people->spoken) people->turn_count = 0, people->spoken = false;
  if (!people->turn_count) {
    if (!add_pieces(people)) return false;
    people->spoken = people->turn_count > 0;
  }
  for (size_t i = 0; i < people->turn_count; i++)
    if (people->turns[i].order == SIZE_MAX) people->turns[i].order = i;
  if (people->turn_count) qsort(people->turns, people->turn_count, sizeof *people->turns, by_time);
  for (size_t i = 0; i < people->turn_count; i++) people->turns[i].order = i;
  if (people->moment_count) qsort(people->moments, people->moment_count, sizeof *people->moments, moment_by_time);
  follow_group_init(&people->group);
  size_t from = 0;
  for (size_t i = 0; i < people->turn_count; i++) {
    people_turn *turn = &people->turns[i];
    place(people, turn, &from);
    follow_group_turn(&people->group, turn->who, turn->place);
  }
  if (!people->manners) people->manners = base_alloc(MIEN_PEOPLE_CUES, sizeof *people->manners);
  if (!people->manner_by) people->manner_by = base_alloc(MIEN_PEOPLE_CUES, sizeof *people->manner_by);
  if (!people->manners || !people->manner_by) return false;
  people_find_manners(people);
  people->stale = false;
  return true;
}
