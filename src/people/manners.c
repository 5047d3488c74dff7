/* manners.c: names cues of how people treat one another, turn by turn.
 *
 * Each rests on what was measured, and is as strong as that: a pattern of words alone counts for half where the turn was
 * pleasant or could not be read, and in full where it was unpleasant (Gottman, McCoy, Coan & Collier 1996 code words and manner
 * together). Defensiveness, withdrawal and repair are answers: they need an unpleasant turn before them, repair within three. */
#include "people/parts.h"

#include <stdio.h>
#include <stdlib.h>

enum { ANNOYANCE = 3, DISAPPROVAL = 10, GRATITUDE = 15 /* of the fine labels */ };
#define LEAST 0.3

static const struct {
  const char *name, *source;
} manners[] = {
#define MIEN_X(id, name, what, source) {name, source},
    MIEN_MANNERS(MIEN_X)
#undef MIEN_X
};

const char *mien_manner_name(int manner) { return manner >= 0 && manner < MIEN_MANNER_COUNT ? manners[manner].name : NULL; }
const char *mien_manner_source(int manner) { return manner >= 0 && manner < MIEN_MANNER_COUNT ? manners[manner].source : NULL; }

static bool unpleasant(const people_turn *turn) { return turn->place < FOLLOW_UNPLEASANT; }

/* How hard a turn is: 0 pleasant or not known, 1 plainly unpleasant. */
static double hard(const people_turn *turn) {
  double place = isfinite(turn->place) ? BASE_CLAMP(-turn->place / 0.4, 0, 1) : 0;
  double words = turn->read && !turn->abstained ? (double)fmaxf(turn->anger + turn->disgust, fmaxf(turn->fine[ANNOYANCE], turn->fine[DISAPPROVAL])) : 0;
  return fmax(place, BASE_CLAMP(words, 0, 1));
}

static mien_manner *add(mien_people *people, int manner, size_t t, size_t before, double strength) {
  if (!(strength >= LEAST) || people->manner_count == MIEN_PEOPLE_CUES) return NULL;
  const people_turn *turn = &people->turns[t];
  mien_manner *m = &people->manners[people->manner_count];
  *m = (mien_manner){.manner = manner, .who = people->names[turn->who], .toward = before == SIZE_MAX ? NULL : people->names[people->turns[before].who],
                     .t0 = turn->t0, .t1 = turn->t1, .strength = BASE_MIN(strength, 1), .by = people->manner_by[people->manner_count], .received = -1};
  people->manner_count++;
  return m;
}

static void by_words(mien_people *people, const mien_manner *m, const people_turn *turn) {
  if (m) snprintf(people->manner_by[m - people->manners], PEOPLE_BY, "words: %s", turn->words.phrase[m->manner]);
}

/* An unpleasant turn of somebody else's among the last `turns`. */
static bool after_hard(const mien_people *people, size_t t, size_t turns) {
  for (size_t i = t; i-- > 0 && t - i <= turns;)
    if (people->turns[i].who != people->turns[t].who && (unpleasant(&people->turns[i]) || hard(&people->turns[i]) > 0.5)) return true;
  return false;
}

static bool hard_moment(const mien_people *people, size_t t) {
  for (size_t i = t + 1; i-- > 0 && t - i <= 3;)
    if (unpleasant(&people->turns[i])) return true;
  return false;
}

static void criticism(mien_people *people, size_t t, size_t before) {
  const people_turn *turn = &people->turns[t];
  float said = turn->words.strength[MIEN_MANNER_CRITICISM];
  by_words(people, said > 0 ? add(people, MIEN_MANNER_CRITICISM, t, before, (double)said * (0.4 + 0.6 * hard(turn))) : NULL, turn);
}

static void contempt(mien_people *people, size_t t, size_t before) {
  const people_turn *turn = &people->turns[t];
  double said = (double)turn->words.strength[MIEN_MANNER_CONTEMPT] * (0.5 + 0.5 * hard(turn));
  double mocked = turn->words.addressed && turn->sarcasm >= 0.6f && hard(turn) > 0.3 ? (double)turn->sarcasm * 0.8 : 0;
  double seen = isfinite(turn->contempt) && turn->contempt >= 0.4f ? (double)turn->contempt : 0;
  mien_manner *m = add(people, MIEN_MANNER_CONTEMPT, t, before, fmax(said, fmax(mocked, seen)));
  if (!m) return;
  char *by = people->manner_by[m - people->manners];
  if (said >= mocked && said >= seen) by_words(people, m, turn);
  else snprintf(by, PEOPLE_BY, mocked >= seen ? "words: sarcasm %.2f, unpleasant" : "face: contempt %.2f", mocked >= seen ? (double)turn->sarcasm : (double)turn->contempt);
}

static void defensiveness(mien_people *people, size_t t, size_t before) {
  const people_turn *turn = &people->turns[t];
  float said = turn->words.strength[MIEN_MANNER_DEFENSIVENESS];
  if (said > 0 && after_hard(people, t, 2)) by_words(people, add(people, MIEN_MANNER_DEFENSIVENESS, t, before, (double)said * (0.6 + 0.4 * hard(turn))), turn);
}

/* This person's own usual time to answer: the median over their answers; NAN before four. */
static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double usual_gap(const mien_people *people, int who, double *gaps) {
  size_t count = 0;
  for (size_t t = 1; t < people->turn_count; t++) {
    double gap = people->turns[t].t0 - people->turns[t - 1].t1;
    if (people->turns[t].who == who && people->turns[t - 1].who != who && isfinite(gap)) gaps[count++] = gap;
  }
  if (count < 4) return (double)NAN;
  qsort(gaps, count, sizeof *gaps, by_value);
  return gaps[count / 2];
}

static void withdrawal(mien_people *people, size_t t, size_t before, const double *usual) {
  const people_turn *turn = &people->turns[t];
  float said = turn->words.strength[MIEN_MANNER_WITHDRAWAL];
  if (!after_hard(people, t, 2)) return;
  double gap = t && people->turns[t - 1].who != turn->who && !people->spoken ? turn->t0 - people->turns[t - 1].t1 : (double)NAN;
  double limit = fmax(PEOPLE_LONG, isfinite(usual[turn->who]) ? 3 * usual[turn->who] : PEOPLE_LONG);
  double silent = gap > limit ? BASE_MIN(0.3 + 0.05 * (gap - limit), 0.8) : 0;
  size_t short_before = t; /* the shortest answers, twice in a row */
  while (short_before-- > 0 && people->turns[short_before].who != turn->who) {}
  double curt = turn->words.minimal && hard(turn) > 0.1 && short_before != SIZE_MAX && people->turns[short_before].words.minimal ? 0.5 : 0;
  double turned = isfinite(turn->away) && turn->away > 0 ? 0.4 : 0;
  double words = (double)said * (0.6 + 0.4 * hard(turn));
  mien_manner *m = add(people, MIEN_MANNER_WITHDRAWAL, t, before, 1 - (1 - words) * (1 - silent) * (1 - curt) * (1 - turned));
  if (!m) return;
  char *by = people->manner_by[m - people->manners];
  if (words >= silent && words >= curt && words >= turned) by_words(people, m, turn);
  else if (silent >= curt && silent >= turned) snprintf(by, PEOPLE_BY, "time: no answer for %.0f s after an unpleasant turn", gap);
  else snprintf(by, PEOPLE_BY, "%s", curt >= turned ? "words: the shortest answers, again" : "face: turned away");
}

static void repair(mien_people *people, size_t t, size_t before) {
  const people_turn *turn = &people->turns[t];
  double said = (double)turn->words.strength[MIEN_MANNER_REPAIR], thanks = turn->read && !turn->abstained && turn->fine[GRATITUDE] > 0.5f ? 0.6 : 0;
  if (fmax(said, thanks) <= 0 || !hard_moment(people, t) || turn->words.strength[MIEN_MANNER_CONTEMPT] > 0) return;
  if (said > 0 && turn->words.strength[MIEN_MANNER_DEFENSIVENESS] > 0) return; /* "it is not my fault" */
  mien_manner *m = add(people, MIEN_MANNER_REPAIR, t, before, fmax(said, thanks));
  if (!m) return;
  if (said >= thanks) by_words(people, m, turn);
  else snprintf(people->manner_by[m - people->manners], PEOPLE_BY, "words: gratitude");
  if (before == SIZE_MAX) return;
  double was = people->turns[before].place;
  for (size_t i = t + 1; i < people->turn_count; i++)
    if (people->turns[i].who != turn->who && isfinite(people->turns[i].place)) {
      m->received = people->turns[i].who == people->turns[before].who ? isfinite(was) && people->turns[i].place > was + 0.1 : -1;
      return;
    }
}

void people_find_manners(mien_people *people) {
  double usual[PEOPLE_NAMES];
  double *gaps = base_alloc(BASE_MAX(people->turn_count, 1u), sizeof *gaps);
  for (int p = 0; p < people->name_count; p++) usual[p] = gaps ? usual_gap(people, p, gaps) : (double)NAN;
  base_free(gaps);
  people->manner_count = 0;
  for (size_t t = 0; t < people->turn_count; t++) {
    size_t before = people_before(people, t);
    criticism(people, t, before);
    contempt(people, t, before);
    defensiveness(people, t, before);
    withdrawal(people, t, before, usual);
    repair(people, t, before);
  }
}

int mien_people_manners(const mien_people *people) { return people_order((mien_people *)people) ? people->manner_count : MIEN_ENOMEM; }

int mien_people_manner(const mien_people *people, int index, mien_manner *manner) {
  if (!people_order((mien_people *)people)) return MIEN_ENOMEM;
  if (index < 0 || index >= people->manner_count) return MIEN_EINVAL;
  *manner = people->manners[index];
  return MIEN_OK;
}
