/* told.c: what is worth telling in words: the line in even steps, the largest changes, a
 * sentence or two about each person. What abstained takes no part in any of it. */
#include "report/parts.h"

#include <stdio.h>
#include <stdlib.h>

static const float change_min = 0.12f;   /* a smaller change of a state is not told  */
static const float peak_min = 0.3f;      /* nor is a peak below this                  */
static const float range_min = 0.2f;     /* nor a state that moves by less             */

/* ---- Even steps. */

void report_bins_fill(report_bins *bins, const report *r, const report_person *person) {
  static const double steps[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600};
  memset(bins, 0, sizeof *bins);
  bins->step = 600;
  for (size_t i = BASE_COUNT(steps); i-- > 0;)
    if (r->end / steps[i] <= REPORT_BINS_MAX) bins->step = steps[i];
  bins->count = (int)BASE_CLAMP(ceil(r->end / bins->step), 1, REPORT_BINS_MAX);
  float *seen = base_alloc((size_t)bins->count * 4, sizeof *seen);
  if (!seen) return;
  float *unsure = seen + bins->count, *stated = unsure + bins->count, *dimmed = stated + bins->count;
  for (size_t i = 0; i < person->count; i++) {
    const report_point *p = &person->points[i];
    double t1 = BASE_MAX(p->t1, p->t0 + 0.1);
    int first = (int)(p->t0 / bins->step), last = (int)(t1 / bins->step);
    for (int b = BASE_MAX(first, 0); b <= last && b < bins->count; b++) {
      float part = (float)(BASE_MIN(t1, (b + 1) * bins->step) - BASE_MAX(p->t0, b * bins->step));
      if (part <= 0) continue;
      if (p->abstain) {
        unsure[b] += part;
        bins->abstain[b] = p->abstain;
        continue;
      }
      seen[b] += part;
      for (int k = 0; k < MIEN_CORE; k++) bins->core[b][k] += part * p->core[k];
      if (isfinite(p->confidence)) bins->confidence[b] += part * p->confidence;
      if (isfinite(p->dims[0]) && isfinite(p->dims[1])) {
        dimmed[b] += part;
        for (int k = 0; k < MIEN_DIMS; k++) bins->dims[b][k] += part * p->dims[k];
      }
      if (isfinite(p->states[0])) {
        stated[b] += part;
        for (int k = 0; k < MIEN_STATES; k++) bins->states[b][k] += part * p->states[k];
      }
    }
  }
  for (int b = 0; b < bins->count; b++) {
    bins->read[b] = seen[b] > 0 && seen[b] >= unsure[b];
    if (bins->read[b]) bins->abstain[b] = NULL;
    for (int k = 0; k < MIEN_CORE; k++) bins->core[b][k] = bins->read[b] ? bins->core[b][k] / seen[b] : 0;
    bins->confidence[b] = bins->read[b] ? bins->confidence[b] / seen[b] : NAN;
    for (int k = 0; k < MIEN_DIMS; k++)
      bins->dims[b][k] = bins->read[b] && dimmed[b] > 0 ? bins->dims[b][k] / dimmed[b] : NAN;
    for (int k = 0; k < MIEN_STATES; k++)
      bins->states[b][k] = bins->read[b] && stated[b] > 0 ? bins->states[b][k] / stated[b] : NAN;
  }
  base_free(seen);
}

int report_label_of(const report_person *person, double t0, double t1, float *confidence) {
  const report_point *best = NULL;
  for (size_t i = 0; i < person->count; i++) {
    const report_point *p = &person->points[i];
    if (p->t0 < t1 && p->t1 > t0 && (!best || !p->abstain || best->abstain)) best = p;
  }
  *confidence = 0;
  if (!best || best->abstain) return -1;
  int top = 0;
  for (int k = 1; k < MIEN_CORE; k++)
    if (best->core[k] > best->core[top]) top = k;
  *confidence = isfinite(best->confidence) ? best->confidence : best->core[top];
  return top;
}

/* ---- Moments. */

/* What people act on comes before what goes along with it; valence spans 2. */
static float weight_of(int what) {
  bool first = what == MIEN_FRUSTRATION || what == MIEN_SATISFACTION || what == MIEN_CONFUSION;
  return what == MIEN_STATES ? 0.4f : first ? 1 : 0.8f;
}

typedef struct candidate {
  report_moment moment;
  float size;
} candidate;

/* The steps of a person in which a value is known, one after the other: a change between two turns is
 * a change, however long the other one spoke in between. */
typedef struct track {
  int count;
  double at[REPORT_BINS_MAX];
  float value[REPORT_BINS_MAX];
} track;

static void follow(track *t, const report_bins *bins, int what) {
  t->count = 0;
  for (int b = 0; b < bins->count; b++) {
    float value = what < MIEN_STATES ? bins->states[b][what] : bins->dims[b][MIEN_VALENCE];
    if (!isfinite(value)) continue;
    t->at[t->count] = b * bins->step;
    t->value[t->count++] = value;
  }
}

static float mean_of(const float *values, int count) {
  float sum = 0;
  for (int i = 0; i < count; i++) sum += values[i];
  return sum / (float)count;
}

/* Steps that before and after are meant over. */
static int window_of(const track *t) {
  return BASE_CLAMP(t->count / 7, 4, 24);
}

/* The cues that were met just before and after, strongest first: “furious”, pitch above usual. */
static void name_cues(const report_person *person, double at, double window, char *to, size_t size) {
  report_cue best[3];
  int count = 0;
  for (size_t i = 0; i < person->count; i++) {
    const report_point *p = &person->points[i];
    if (p->abstain || p->t1 < at - window / 2 || p->t0 > at + window) continue;
    for (int k = 0; k < p->cue_count; k++) {
      const report_cue *cue = &p->cues[k];
      int place = count;
      bool known = cue->weight < 0.03f;
      for (int j = 0; j < count; j++) known |= report_same_cue(best[j].text, cue->text);
      if (known) continue;
      while (place > 0 && best[place - 1].weight < cue->weight) place--;
      if (place == 3) continue;
      memmove(best + place + 1, best + place,
              (size_t)(BASE_MIN(count, 2) - place) * sizeof *best);
      best[place] = *cue;
      count = BASE_MIN(count + 1, 3);
    }
  }
  size_t used = 0;
  *to = 0;
  for (int i = 0; i < count && used < size - 1; i++) {
    int wrote = snprintf(to + used, size - used, "%s%s", i ? "; " : "", best[i].text);
    used += BASE_MIN((size_t)BASE_MAX(wrote, 0), size - used - 1);
  }
}

static double seconds_of(const report_bins *bins) {
  return BASE_CLAMP(bins->count * bins->step / 12, 6, 600);
}

/* The largest change of one value that is not near one already taken. */
static bool largest_change(const report_bins *bins, int person, int what, const candidate *taken,
                           int taken_count, candidate *best) {
  track t;
  follow(&t, bins, what);
  int window = window_of(&t);
  best->size = 0;
  for (int i = window; i + window <= t.count; i++) {
    bool near = false;
    for (int k = 0; k < taken_count; k++)
      near |= taken[k].moment.person == person && taken[k].moment.state == what &&
              fabs(taken[k].moment.at - t.at[i]) < 1.6 * seconds_of(bins);
    if (near) continue;
    float from = mean_of(t.value + i - window, window), to = mean_of(t.value + i, window);
    float size = fabsf(to - from) * weight_of(what);
    if (size > best->size)
      *best = (candidate){{.person = person, .state = what, .at = t.at[i], .from = from, .to = to}, size};
  }
  return best->size >= change_min;
}

static int earlier(const void *a, const void *b) {
  const report_moment *x = a, *y = b;
  return (x->at > y->at) - (x->at < y->at);
}

int report_moments(const report *r, const report_bins *bins, report_moment *moments) {
  enum { EACH = 2, ALL = REPORT_PEOPLE_MAX * (MIEN_STATES + 1) * EACH };
  candidate *found = base_alloc(ALL, sizeof *found);
  int count = 0, kept = 0;
  for (int person = 0; found && person < r->person_count; person++)
    for (int what = 0; what <= MIEN_STATES; what++)
      for (int i = 0; i < EACH; i++) {
        if (!largest_change(&bins[person], person, what, found, count, &found[count])) break;
        count++;
      }
  while (kept < REPORT_MOMENTS_MAX) {
    int top = -1;
    for (int i = 0; i < count; i++)
      if (found[i].size > 0 && (top < 0 || found[i].size > found[top].size)) top = i;
    if (top < 0) break;
    report_moment *m = &moments[kept++];
    *m = found[top].moment;
    double near = seconds_of(&bins[m->person]);
    for (int i = 0; i < count; i++) /* of one change, the value that tells most is enough */
      if (found[i].moment.person == m->person && fabs(found[i].moment.at - m->at) < near)
        found[i].size = 0;
    name_cues(&r->people[m->person], m->at, near, m->cues, sizeof m->cues);
  }
  base_free(found);
  qsort(moments, (size_t)kept, sizeof *moments, earlier);
  return kept;
}

/* ---- Sentences. */

static void tell_shares(base_text *to, const report_person *person) {
  double share[MIEN_CORE] = {0}, seen = 0, unsure = 0;
  for (size_t i = 0; i < person->count; i++) {
    const report_point *p = &person->points[i];
    double part = BASE_MAX(p->t1 - p->t0, 0.1);
    int top = 0;
    for (int k = 1; k < MIEN_CORE; k++)
      if (p->core[k] > p->core[top]) top = k;
    if (p->abstain) unsure += part;
    else share[top] += part, seen += part;
  }
  if (!(seen > 0)) {
    base_text_puts(to, " expressed nothing that could be read with confidence.");
    return;
  }
  int first = 0, second = -1;
  for (int k = 1; k < MIEN_CORE; k++)
    if (share[k] > share[first]) first = k;
  for (int k = 0; k < MIEN_CORE; k++)
    if (k != first && share[k] > 0.08 * seen && (second < 0 || share[k] > share[second])) second = k;
  base_text_printf(to, " expressed mostly <b class=\"n %s\">%s</b> (%.0f%% of the time that could be read)",
                   report_face_of(first), mien_core_name(first), 100 * share[first] / seen);
  if (second >= 0)
    base_text_printf(to, ", then <b class=\"n %s\">%s</b> (%.0f%%)", report_face_of(second),
                     mien_core_name(second), 100 * share[second] / seen);
  base_text_puts(to, ".");
  if (unsure > 0.05 * (seen + unsure))
    base_text_printf(to, " In %.0f%% of the time nothing was clear.", 100 * unsure / (seen + unsure));
}

/* One state's course in a sentence; nothing when it hardly moved. */
static bool tell_course(base_text *to, const report_bins *bins, int state) {
  track t;
  follow(&t, bins, state);
  int window = BASE_MAX(window_of(&t) / 2, 2), at = -1;
  float low = 1, high = 0, dip = 1, ending = 0;
  for (int i = 0; i + window <= t.count; i++) {
    float mean = mean_of(t.value + i, window);
    low = BASE_MIN(low, mean);
    dip = BASE_MIN(dip, mean);
    if (mean > high) high = mean, at = i, dip = mean;
    ending = mean;
  }
  if (at < 0 || high < peak_min || high - low < range_min) return false;
  const char *name = mien_state_name(state);
  base_text_printf(to, " %c%s ", name[0] - 32, name + 1);
  if (at + 2 * window > t.count) {
    base_text_printf(to, "rose to %.0f%% by the end.", 100 * (double)high);
    return true;
  }
  base_text_puts(to, "was highest around ");
  report_clock(to, t.at[at + window / 2]);
  base_text_printf(to, " (%.0f%%)", 100 * (double)high);
  if (ending < high - 0.15f) base_text_printf(to, " and had fallen to %.0f%% by the end", 100 * (double)ending);
  else if (dip < ending - 0.2f) base_text_printf(to, ", and again at the end (%.0f%%)", 100 * (double)ending);
  base_text_puts(to, ".");
  return true;
}

/* The first unpleasant state with a course to tell, then the first pleasant one. */
static void tell_courses(base_text *to, const report_bins *bins) {
  static const int sides[2][4] = {{MIEN_FRUSTRATION, MIEN_CONFUSION, MIEN_STRESS, MIEN_DISAPPOINTMENT},
                                  {MIEN_SATISFACTION, MIEN_EXCITEMENT, MIEN_ENGAGEMENT, -1}};
  for (int side = 0; side < 2; side++)
    for (int i = 0; i < 4 && sides[side][i] >= 0; i++)
      if (tell_course(to, bins, sides[side][i])) break;
}

void report_tell_person(base_text *to, const report_person *person, const report_bins *bins) {
  base_text_puts(to, "<b><bdi>");
  report_escape_string(to, person->who);
  base_text_puts(to, "</bdi></b>");
  tell_shares(to, person);
  tell_courses(to, bins);
}

/* ---- What was forecast. */

/* When anger or disgust was most expressed by anyone whose later turns begin after `at`; NAN: it was not by `until`. */
static double risen(const report *r, double at, double until) {
  double first = (double)NAN;
  for (int p = 0; p < r->person_count; p++)
    for (size_t i = 0; i < r->people[p].count; i++) {
      const report_point *point = &r->people[p].points[i];
      int top = 0;
      if (point->abstain || point->t0 <= at || point->t0 > until) continue;
      for (int k = 1; k < MIEN_CORE; k++)
        if (point->core[k] > point->core[top]) top = k;
      if ((top == MIEN_ANGER || top == MIEN_DISGUST) && !(point->t0 >= first)) first = point->t0;
    }
  return first;
}

static void tell_suggestion(base_text *to, const report *r, const report_warning *w) {
  if (!w->words) return;
  base_text_puts(to, "<p class=\"suggestion\">To answer <bdi>");
  report_escape_string(to, r->people[w->person].who);
  base_text_printf(to, "</bdi> then, this was <b>suggested</b>: <span lang=\"%s\" dir=\"auto\">", w->language);
  report_escape_string(to, w->title);
  base_text_printf(to, "</span>, for instance <q lang=\"%s\" dir=\"auto\">", w->language);
  report_escape_string(to, w->words);
  base_text_puts(to, "</q> ");
  if (w->avoid) {
    base_text_printf(to, "Better not: <span lang=\"%s\" dir=\"auto\">", w->language);
    report_escape_string(to, w->avoid);
    base_text_puts(to, "</span> ");
  }
  base_text_printf(to, "<small><span lang=\"%s\" dir=\"auto\">", w->language);
  report_escape_string(to, w->why);
  base_text_puts(to, "</span> [");
  report_escape_string(to, w->source);
  base_text_puts(to, "]</small></p>");
}

void report_tell_warnings(base_text *to, const report *r) {
  for (int i = 0; i < r->warning_count; i++) {
    const report_warning *w = &r->warnings[i];
    double until = w->at + 1.5 * BASE_MAX(w->seconds, 1), came = risen(r, w->at, until);
    base_text_puts(to, "<p class=\"forecast\">At ");
    report_clock(to, w->at);
    base_text_printf(to, " a rise of anger or disgust within %d turns was <b>forecast</b>: %.0f%% likely "
                         "(%.0f–%.0f%%), more than in nine moments of ten. ",
                     w->turns, 100 * (double)w->rise, 100 * (double)w->low, 100 * (double)w->high);
    if (isfinite(came)) {
      base_text_puts(to, "It was expressed at ");
      report_clock(to, came);
      base_text_printf(to, ", %.0f s later.</p>", came - w->at);
    } else {
      base_text_puts(to, "It was not expressed by then.</p>");
    }
    tell_suggestion(to, r, w);
  }
}
