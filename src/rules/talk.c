/* talk.c: the figures of a conversation that contact centres count: who talks how much, when nobody does, who cuts in,
 * how fast and loud, with which sentiment, and phrases of repeat contact and of escalation. Any thread. */
#include <stdlib.h>

#include "rules/parts.h"
#include "text/phrase.h"

/* English and German; in other languages use rules with words of your own. */
static const char *const repeat_phrases[] = {
    " called before ", " calling again ", " call again ", " third time ", " second time ", " fourth time ", " called twice ", " already called ",
    " already explained ", " already told ", " explained this twice ", " last time i called ", " called last week ", " called yesterday ", " still not fixed ",
    " still not working ", " schon wieder ", " schon einmal angerufen ", " zum dritten mal ", " zum zweiten mal ", " bereits angerufen ", " schon erklärt "};
static const char *const escalation_phrases[] = {
    " your manager ", " a manager ", " the manager ", " your supervisor ", " a supervisor ", " the supervisor ", " someone in charge ", " somebody in charge ",
    " your superior ", " file a complaint ", " make a complaint ", " formal complaint ", " my lawyer ", " legal action ", " ombudsman ", " the regulator ",
    " vorgesetzten ", " vorgesetzte ", " ihren chef ", " beschwerde einreichen ", " mein anwalt ", " meinen anwalt ", " rechtsanwalt "};

static bool has_one(const char *folded, size_t bytes, const char *const *phrases, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (memmem(folded, bytes, phrases[i], strlen(phrases[i]))) return true;
  return false;
}

static int by_time(const void *a, const void *b) {
  const talk_turn *x = a, *y = b;
  return x->t0 < y->t0 ? -1 : x->t0 > y->t0 ? 1 : x->who - y->who;
}

typedef struct sums {
  double words, timed, valence, loudness; /* timed: seconds of the turns whose words count */
  unsigned valences, loudnesses;
} sums;

typedef struct span {
  double from, to;
} span;

/* Seconds of a…b in each quarter, added to to[0] (all) and to[1…4]. */
static void spread(const rules_talk *talk, double a, double b, double *to) {
  if (!(b > a)) return;
  double quarter = (talk->t1 - talk->t0) / TALK_QUARTERS;
  to[0] += b - a;
  for (int q = 0; q < TALK_QUARTERS; q++) {
    double from = BASE_MAX(a, talk->t0 + q * quarter), until = BASE_MIN(b, q == TALK_QUARTERS - 1 ? talk->t1 : talk->t0 + (q + 1) * quarter);
    if (until > from) to[1 + q] += until - from;
  }
}

static int quarter_of(const rules_talk *talk, double at) {
  double all = talk->t1 - talk->t0;
  return all > 0 ? 1 + (int)BASE_CLAMP((at - talk->t0) / all * TALK_QUARTERS, 0, TALK_QUARTERS - 1) : 1;
}

/* Who spoke until when, as turns come by their beginning: what is new of a turn is talk; what of it others speak as well,
 * overlap of both. */
static void measure_times(rules_talk *talk, size_t people, const talk_turn *turns, size_t count) {
  span last[RULES_PEOPLE];
  double covered = talk->t0;
  for (size_t p = 0; p < people; p++) last[p] = (span){-(double)INFINITY, -(double)INFINITY};
  for (size_t i = 0; i < count; i++) {
    const talk_turn *turn = &turns[i];
    span *own = &last[turn->who];
    double seconds[1 + TALK_QUARTERS] = {0}, silence[1 + TALK_QUARTERS] = {0}, from = BASE_MAX(turn->t0, own->to);
    spread(talk, from, turn->t1, seconds);
    spread(talk, covered, turn->t0, silence);
    talk->longest_silence = BASE_MAX(talk->longest_silence, turn->t0 - covered);
    covered = BASE_MAX(covered, turn->t1);
    for (int q = 0; q <= TALK_QUARTERS; q++) {
      talk->figures[turn->who][q].talk += seconds[q];
      talk->silence[q] += silence[q];
    }
    *own = (span){turn->t0 > own->to ? turn->t0 : own->from, BASE_MAX(own->to, turn->t1)};
  }
}

/* Of every person: the seconds of their talk in which another talks. Sweeps over the ends of everybody's spans. */
typedef struct edge {
  double at;
  int who, by;
} edge;
static int by_edge(const void *a, const void *b) {
  const edge *x = a, *y = b;
  return x->at < y->at ? -1 : x->at > y->at ? 1 : x->by - y->by;
}
static void measure_overlap(rules_talk *talk, size_t people, edge *edges, size_t count) {
  int open[RULES_PEOPLE] = {0}, speaking = 0;
  qsort(edges, count, sizeof *edges, by_edge);
  for (size_t i = 0; i < count; i++) {
    if (i && speaking > 1) {
      double seconds[1 + TALK_QUARTERS] = {0};
      spread(talk, edges[i - 1].at, edges[i].at, seconds);
      for (size_t p = 0; p < people; p++)
        for (int q = 0; q <= TALK_QUARTERS && open[p]; q++) talk->figures[p][q].overlap += seconds[q];
    }
    int before = open[edges[i].who];
    open[edges[i].who] += edges[i].by;
    speaking += (open[edges[i].who] > 0) - (before > 0);
  }
}

static void count_turns(rules_talk *talk, const talk_turn *turns, size_t count, sums (*sum)[1 + TALK_QUARTERS], char *folded) {
  for (size_t i = 0; i < count; i++) {
    const talk_turn *turn = &turns[i];
    size_t bytes = text_phrase_fold(turn->text ? turn->text : "", turn->text ? turn->bytes : 0, folded, RULES_TURN);
    size_t words = text_phrase_count(folded, bytes);
    bool repeat = bytes && has_one(folded, bytes, repeat_phrases, BASE_COUNT(repeat_phrases));
    bool escalation = bytes && has_one(folded, bytes, escalation_phrases, BASE_COUNT(escalation_phrases)), cuts = false;
    for (size_t k = i; k-- > 0 && i - k <= 64 && !cuts;) /* turns that began before: did one go on? */
      cuts = turns[k].who != turn->who && turn->t0 - turns[k].t0 >= 0.3 && turns[k].t1 - turn->t0 >= 0.5;
    cuts = cuts && (turn->text ? words > 2 : turn->t1 - turn->t0 >= 1);
    int at[2] = {0, quarter_of(talk, turn->t0)};
    for (int k = 0; k < 2; k++) {
      talk_figures *f = &talk->figures[turn->who][at[k]];
      f->turns++;
      f->interruptions += cuts;
      f->repeat += repeat;
      f->escalation += escalation;
      if (!words || !(turn->t1 > turn->t0)) continue;
      sum[turn->who][at[k]].words += (double)words;
      sum[turn->who][at[k]].timed += turn->t1 - turn->t0;
    }
  }
}

static void take_marks(const rules_talk *talk, size_t people, const talk_mark *marks, size_t count, sums (*sum)[1 + TALK_QUARTERS]) {
  for (size_t i = 0; i < count; i++) {
    if (marks[i].who < 0 || (size_t)marks[i].who >= people || !isfinite(marks[i].at)) continue;
    int at[2] = {0, quarter_of(talk, marks[i].at)};
    for (int k = 0; k < 2; k++) {
      sums *to = &sum[marks[i].who][at[k]];
      if (isfinite(marks[i].valence)) to->valence += (double)marks[i].valence, to->valences++;
      if (isfinite(marks[i].loudness)) to->loudness += (double)marks[i].loudness, to->loudnesses++;
    }
  }
}

static void finish(rules_talk *talk, size_t people, sums (*sum)[1 + TALK_QUARTERS]) {
  for (int q = 0; q <= TALK_QUARTERS; q++) {
    double all = 0;
    for (size_t p = 0; p < people; p++) all += talk->figures[p][q].talk;
    for (size_t p = 0; p < people; p++) {
      talk_figures *f = &talk->figures[p][q];
      const sums *of = &sum[p][q];
      f->share = all > 0 ? f->talk / all : (double)NAN;
      f->speed = of->timed > 0 ? 60 * of->words / of->timed : (double)NAN;
      f->sentiment = of->valences ? of->valence / of->valences : (double)NAN;
      f->loudness = of->loudnesses ? of->loudness / of->loudnesses : (double)NAN;
    }
  }
}

int rules_talk_read(rules_talk *talk, size_t people, const talk_turn *given, size_t turn_count, const talk_mark *marks, size_t mark_count, mien_error *error) {
  memset(talk, 0, sizeof *talk);
  if (people > RULES_PEOPLE || turn_count > TALK_TURNS)
    return base_error_set(error, MIEN_ELIMIT, "the conversation", "", "more than %d turns or %d people", TALK_TURNS, RULES_PEOPLE);
  sums (*sum)[1 + TALK_QUARTERS] = base_alloc(RULES_PEOPLE, sizeof *sum);
  talk_turn *turns = base_alloc(turn_count + 1, sizeof *turns);
  edge *edges = base_alloc(2 * turn_count + 1, sizeof *edges);
  char *folded = base_alloc(RULES_TURN, 1);
  size_t count = 0;
  int code = sum && turns && edges && folded ? MIEN_OK : base_error_set(error, MIEN_ENOMEM, "the conversation", "", "out of memory");
  for (size_t i = 0; i < turn_count && !code; i++) {
    const talk_turn *t = &given[i];
    if (t->who >= 0 && (size_t)t->who < people && isfinite(t->t0) && isfinite(t->t1) && t->t1 >= t->t0) turns[count++] = *t;
  }
  if (!code && !count) code = base_error_set(error, MIEN_EEMPTY, "the conversation", "", "there is no turn in it");
  if (!code) {
    qsort(turns, count, sizeof *turns, by_time);
    talk->t0 = turns[0].t0;
    talk->t1 = turns[0].t1;
    for (size_t i = 0; i < count; i++) {
      talk->t1 = BASE_MAX(talk->t1, turns[i].t1);
      edges[2 * i] = (edge){turns[i].t0, turns[i].who, 1};
      edges[2 * i + 1] = (edge){turns[i].t1, turns[i].who, -1};
    }
    measure_times(talk, people, turns, count);
    measure_overlap(talk, people, edges, 2 * count);
    count_turns(talk, turns, count, sum, folded);
    take_marks(talk, people, marks, mark_count, sum);
    finish(talk, people, sum);
  }
  base_free(sum);
  base_free(turns);
  base_free(edges);
  base_free(folded);
  return code;
}
