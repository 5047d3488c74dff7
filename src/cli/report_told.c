/* report_told.c: what is worth telling in words: the line in even steps, the largest changes, a
 * sentence or two about each person. What abstained takes no part in any of it. */
#include "cli/report_parts.h"

#include <stdio.h>
#include <stdlib.h>

static const float change_min = 0.12f;   /* a smaller change of a state is not told  */
static const float peak_min = 0.3f;      /* nor is a peak below this                  */
static const double window_min = 6;      /* seconds that before and after are meant over */

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

int report_label_between(const report_person *person, double t0, double t1, float *share) {
  double core[MIEN_CORE] = {0}, seen = 0, unsure = 0;
  for (size_t i = 0; i < person->count; i++) {
    const report_point *p = &person->points[i];
    double part = BASE_MIN(t1, p->t1) - BASE_MAX(t0, p->t0);
    if (part <= 0) continue;
    if (p->abstain) unsure += part;
    else seen += part;
    for (int k = 0; k < MIEN_CORE && !p->abstain; k++) core[k] += part * p->core[k];
  }
  int top = 0;
  for (int k = 1; k < MIEN_CORE; k++)
    if (core[k] > core[top]) top = k;
  *share = seen > 0 ? (float)(core[top] / seen) : 0;
  return seen > 0 && seen >= unsure ? top : -1;
}

/* ---- Moments. */

typedef struct candidate {
  report_moment moment;
  float size;
} candidate;

/* Mean over the steps within [from, until), and how many of them were read. */
static float mean_over(const report_bins *bins, int what, double from, double until, int *steps) {
  double sum = 0;
  int first = BASE_MAX((int)ceil(from / bins->step - 1e-9), 0), last = (int)ceil(until / bins->step - 1e-9);
  *steps = 0;
  for (int b = first; b < last && b < bins->count; b++) {
    float value = what < MIEN_STATES ? bins->states[b][what] : bins->dims[b][MIEN_VALENCE];
    if (isfinite(value)) sum += value, ++*steps;
  }
  return *steps ? (float)(sum / *steps) : NAN;
}

static double window_of(const report_bins *bins) {
  double whole = bins->count * bins->step;
  return BASE_MAX(BASE_CLAMP(whole / 14, window_min, 300), 3 * bins->step);
}

/* Fewer steps than these are too few for a mean: a window at the edge of the line, or of silence. */
static int steps_min(const report_bins *bins) {
  return BASE_MAX(2, (int)(window_of(bins) / bins->step / 4));
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
      bool known = cue->weight < 0.1f;
      for (int j = 0; j < count; j++) known |= !strcmp(best[j].text, cue->text);
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

/* The largest change of one value that is not near one already taken. */
static bool largest_change(const report_bins *bins, int person, int what, const candidate *taken,
                           int taken_count, candidate *best) {
  double window = window_of(bins);
  best->size = 0;
  for (int b = 1; b < bins->count; b++) {
    double at = b * bins->step;
    bool near = false;
    for (int i = 0; i < taken_count; i++)
      near |= taken[i].moment.person == person && taken[i].moment.state == what &&
              fabs(taken[i].moment.at - at) < 1.6 * window;
    if (near) continue;
    int before, after;
    float from = mean_over(bins, what, at - window, at, &before);
    float to = mean_over(bins, what, at, at + window, &after);
    if (before < steps_min(bins) || after < steps_min(bins)) continue;
    float size = fabsf(to - from) * (what == MIEN_STATES ? 0.5f : 1); /* valence spans 2 */
    if (size > best->size)
      *best = (candidate){{.person = person, .state = what, .at = at, .from = from, .to = to}, size};
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
    double window = window_of(&bins[found[top].moment.person]);
    *m = found[top].moment;
    found[top].size = 0;
    for (int i = 0; i < count; i++) { /* of one change, three values tell enough */
      int same = 0;
      for (int k = 0; k < kept; k++)
        same += moments[k].person == found[i].moment.person &&
                fabs(moments[k].at - found[i].moment.at) < window / 2;
      if (same >= 2) found[i].size = 0;
    }
    name_cues(&r->people[m->person], m->at, window, m->cues, sizeof m->cues);
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

static void tell_peak(base_text *to, const report_bins *bins) {
  static const int tellable[] = {MIEN_FRUSTRATION, MIEN_SATISFACTION, MIEN_STRESS, MIEN_CONFUSION,
                                 MIEN_DISAPPOINTMENT, MIEN_EXCITEMENT};
  int best = -1, steps;
  float range = 0.15f, peak = 0, ending = 0;
  double when = 0, window = window_of(bins), whole = bins->count * bins->step;
  for (size_t i = 0; i < BASE_COUNT(tellable); i++) {
    float low = 1, high = 0, last = NAN;
    double at = 0;
    for (double t = 0; t < whole; t += bins->step) {
      float mean = mean_over(bins, tellable[i], t, t + window, &steps);
      if (steps < steps_min(bins)) continue;
      low = BASE_MIN(low, mean);
      if (mean > high) high = mean, at = t + window / 2;
      last = mean;
    }
    if (high - low <= range || high < peak_min) continue;
    best = tellable[i], range = high - low, peak = high, when = at, ending = last;
  }
  if (best < 0) return;
  base_text_printf(to, " %c%s ", mien_state_name(best)[0] - 32, mien_state_name(best) + 1);
  if (when > whole - window) {
    base_text_printf(to, "rose to %.0f%% by the end.", 100 * (double)peak);
    return;
  }
  base_text_puts(to, "was highest around ");
  report_clock(to, when);
  base_text_printf(to, " (%.0f%%)", 100 * (double)peak);
  if (ending < peak - 0.1f) base_text_printf(to, " and had fallen to %.0f%% by the end.", 100 * (double)ending);
  else base_text_puts(to, " and stayed near that until the end.");
}

void report_tell_person(base_text *to, const report_person *person, const report_bins *bins) {
  base_text_puts(to, "<b><bdi>");
  report_escape_string(to, person->who);
  base_text_puts(to, "</bdi></b>");
  tell_shares(to, person);
  tell_peak(to, bins);
}
