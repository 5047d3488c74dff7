/* figures.c: one JSON object of what a part of a collection expresses. Marks say which row counts: 0 not asked for, 2
 * asked for, 1 of the group that is just looked at. */
#include <stdio.h>
#include <stdlib.h>

#include "insight/parts.h"

enum { GROUPS = 200 /* written at most */, WORDED = 30 /* of them, with their words */, SPIKES = 12, BINS_AUTO = 400, BINS_MOST = 20000 };

typedef struct asked {
  insight *in;
  const insight_ask *ask;
  uint32_t facet[INSIGHT_FACETS], aspect;
  size_t floor;
  uint8_t *marks;
  tally all;
  double first, last; /* of the rows asked for; NAN none has a time */
  int bin;
  base_json *json;
  mien_error *error;
} asked;

static const char *const bys[INSIGHT_BYS] = {"segment", "product", "language", "period"};
int insight_by_named(const char *name) {
  for (int i = 0; i < INSIGHT_BYS; i++)
    if (!strcmp(bys[i], name)) return i;
  return -2;
}

bool insight_fits(const insight *in, const insight_ask *ask, const uint32_t facet[INSIGHT_FACETS], uint32_t aspect, const row *r) {
  if (isfinite(ask->from) && !(r->time >= ask->from)) return false;
  if (isfinite(ask->to) && !(r->time < ask->to)) return false;
  for (int f = 0; f < INSIGHT_FACETS; f++)
    if (ask->facet[f] && (*ask->facet[f] ? facet[f] == TABLE_NONE || r->facet[f] != facet[f] : r->facet[f] != TABLE_NONE)) return false;
  if (ask->emotion >= 0 && (r->state != ROW_READ || r->top != ask->emotion)) return false;
  return !ask->aspect || (aspect != TABLE_NONE && insight_has(in, r, aspect));
}

/* Which groups are hidden: those of fewer than the floor; and, where they are fewer together, the smallest others. */
static bool *hide(const size_t *texts, size_t count, size_t floor) {
  bool *hidden = base_alloc(count + 1, sizeof *hidden);
  size_t sum = 0;
  for (size_t i = 0; i < count && hidden; i++)
    if (texts[i] && texts[i] < floor) hidden[i] = true, sum += texts[i];
  while (hidden && sum && sum < floor) {
    size_t least = count;
    for (size_t i = 0; i < count; i++)
      if (!hidden[i] && texts[i] && (least == count || texts[i] < texts[least])) least = i;
    if (least == count) break;
    hidden[least] = true;
    sum += texts[least];
  }
  return hidden;
}

static int out_of_memory(asked *a) { return base_error_set(a->error, MIEN_ENOMEM, "figures", "", "out of memory"); }

/* ---- Over time ---- */

static size_t bins_of(const asked *a, int bin) {
  size_t count = 0;
  if (isnan(a->first)) return 0;
  for (double start = insight_bin_start(bin, a->first); start <= a->last && count <= BINS_MOST; start = insight_bin_next(bin, start)) count++;
  return count;
}

static void choose_bin(asked *a) {
  a->bin = a->ask->bin;
  if (a->bin == INSIGHT_BIN_AUTO) a->bin = a->last - a->first < 4 * 86400.0 ? INSIGHT_BIN_HOUR : INSIGHT_BIN_DAY;
  while (a->bin < INSIGHT_BIN_MONTH && bins_of(a, a->bin) > (a->ask->bin == INSIGHT_BIN_AUTO ? BINS_AUTO : BINS_MOST)) a->bin++;
}

static void write_spike(asked *a, const spike *s, const double *starts, size_t bins) {
  driver drivers[DRIVERS];
  double from = starts[s->first], to = s->last + 1 < bins ? starts[s->last + 1] : insight_bin_next(a->bin, starts[s->last]);
  insight *in = a->in;
  for (size_t i = 0; i < in->count; i++)
    if (a->marks[i] && in->rows[i].time >= from && in->rows[i].time < to && (s->what < 0 || (in->rows[i].state == ROW_READ && in->rows[i].top == s->what))) a->marks[i] = 1;
  base_json_open(a->json, NULL, '{');
  insight_write_time(a->json, "from", from);
  insight_write_time(a->json, "to", to);
  base_json_string(a->json, "what", s->what < 0 ? "volume" : mien_core_name(s->what));
  base_json_integer(a->json, "texts", (long long)s->count);
  base_json_number(a->json, "expected", s->expected, 2);
  base_json_number(a->json, "p", s->p, 8);
  size_t count = insight_drivers(in, a->marks, a->floor, drivers, DRIVERS);
  insight_drivers_write(a->json, in, drivers, count);
  if (a->ask->examples) insight_examples(a->json, in, a->marks, drivers, count);
  base_json_close(a->json, '}');
  for (size_t i = 0; i < in->count; i++)
    if (a->marks[i]) a->marks[i] = 2;
}

static int write_time(asked *a) {
  choose_bin(a);
  size_t bins = bins_of(a, a->bin), b = 0;
  if (bins > BINS_MOST) bins = 0;
  tally *tallies = base_alloc(bins + 1, sizeof *tallies);
  size_t *texts = base_alloc(bins + 1, sizeof *texts);
  double *starts = base_alloc(bins + 1, sizeof *starts), *volume = base_alloc(bins + 1, sizeof *volume), *labels = base_alloc((bins + 1) * MIEN_CORE, sizeof *labels);
  spike spikes[SPIKES];
  bool *hidden = NULL;
  int code = MIEN_ENOMEM;
  if (!tallies || !texts || !starts || !volume || !labels) goto out;
  for (double start = bins ? insight_bin_start(a->bin, a->first) : 0; b < bins; start = insight_bin_next(a->bin, start)) starts[b++] = start;
  for (size_t i = 0; i < a->in->count; i++) {
    const row *r = &a->in->rows[i];
    if (!a->marks[i] || isnan(r->time) || !bins) continue;
    size_t low = 0, high = bins;
    while (high - low > 1) {
      size_t middle = (low + high) / 2;
      if (starts[middle] <= r->time) low = middle;
      else high = middle;
    }
    insight_tally(&tallies[low], r);
  }
  for (b = 0; b < bins; b++) {
    texts[b] = tallies[b].texts;
    volume[b] = (double)tallies[b].texts;
    for (int k = 0; k < MIEN_CORE; k++) labels[b * MIEN_CORE + (size_t)k] = (double)tallies[b].top[k];
  }
  if (!(hidden = hide(texts, bins, a->floor))) goto out;
  base_json_string(a->json, "bin", insight_bin_name(a->bin));
  base_json_open(a->json, "time", '[');
  for (b = 0; b < bins; b++) {
    base_json_open(a->json, NULL, '{');
    insight_write_time(a->json, "from", starts[b]);
    insight_write_time(a->json, "to", insight_bin_next(a->bin, starts[b]));
    if (hidden[b]) base_json_bool(a->json, "hidden", true);
    else insight_tally_write(a->json, &tallies[b]);
    base_json_close(a->json, '}');
  }
  base_json_close(a->json, ']');
  size_t count = insight_scan(volume, labels, bins, a->floor, spikes, SPIKES);
  base_json_open(a->json, "spikes", '[');
  for (size_t i = 0; i < count; i++) write_spike(a, &spikes[i], starts, bins);
  base_json_close(a->json, ']');
  code = MIEN_OK;
out:
  base_free(hidden);
  base_free(tallies);
  base_free(texts);
  base_free(starts);
  base_free(volume);
  base_free(labels);
  return code ? out_of_memory(a) : MIEN_OK;
}

/* ---- Groups ---- */

typedef struct group {
  uint32_t value; /* of the facet, or the period's number; TABLE_NONE not said */
  double start;
  tally t;
  difference d;
  bool hidden;
} group;

static int by_texts(const void *a, const void *b) {
  const group *x = a, *y = b;
  if (x->hidden != y->hidden) return x->hidden ? 1 : -1;
  return x->t.texts != y->t.texts ? (x->t.texts < y->t.texts ? 1 : -1) : x->value < y->value ? -1 : x->value > y->value;
}

static uint32_t group_of(const asked *a, const row *r, double first, int period) {
  if (a->ask->by != INSIGHT_BY_PERIOD) return r->facet[a->ask->by];
  if (isnan(r->time)) return TABLE_NONE;
  double at = insight_bin_start(period, r->time);
  return (uint32_t)((at - first) / (period == INSIGHT_BIN_MONTH ? 28 * 86400.0 : 7 * 86400.0) + 0.5); /* months: some numbers stay free */
}

static void write_group(asked *a, const group *g, int period, bool worded) {
  char text[24] = "";
  driver drivers[DRIVERS];
  base_json_open(a->json, NULL, '{');
  if (g->value == TABLE_NONE) base_json_string(a->json, "value", NULL);
  else if (a->ask->by == INSIGHT_BY_PERIOD) {
    base_text date = {0};
    base_json json;
    base_json_init(&json, &date);
    base_json_open(&json, NULL, '[');
    insight_write_time(&json, NULL, g->start);
    if (date.length > 12) snprintf(text, sizeof text, "%.*s", period == INSIGHT_BIN_MONTH ? 7 : 10, date.data + 2);
    base_text_clear(&date);
    base_json_string(a->json, "value", text);
  } else base_json_string(a->json, "value", insight_table_string(&a->in->values[a->ask->by], g->value));
  if (g->hidden) base_json_bool(a->json, "hidden", true);
  else {
    insight_tally_write(a->json, &g->t);
    insight_difference_write(a->json, &g->d);
    if (worded) {
      double first = isnan(a->first) ? 0 : insight_bin_start(period, a->first);
      for (size_t i = 0; i < a->in->count; i++)
        if (a->marks[i]) a->marks[i] = group_of(a, &a->in->rows[i], first, period) == g->value ? 1 : 2;
      insight_drivers_write(a->json, a->in, drivers, insight_drivers(a->in, a->marks, a->floor, drivers, DRIVERS));
    }
  }
  base_json_close(a->json, '}');
}

static int write_groups(asked *a) {
  if (a->ask->by < 0) return MIEN_OK;
  int period = a->last - a->first < 62 * 86400.0 ? INSIGHT_BIN_WEEK : INSIGHT_BIN_MONTH;
  double first = isnan(a->first) ? 0 : insight_bin_start(period, a->first);
  size_t values = a->ask->by == INSIGHT_BY_PERIOD ? (size_t)BASE_MIN((a->last - first) / (7 * 86400.0) + 3, 1e6) : a->in->values[a->ask->by].count, shown = 0;
  if (isnan(a->first) && a->ask->by == INSIGHT_BY_PERIOD) values = 0;
  group *groups = base_alloc(values + 1, sizeof *groups); /* the last: not said */
  size_t *texts = base_alloc(values + 1, sizeof *texts);
  double *p = base_alloc(values + 1, sizeof *p);
  bool *hidden = NULL;
  int code = MIEN_ENOMEM;
  if (!groups || !texts || !p) goto out;
  for (size_t i = 0; i < a->in->count; i++) {
    if (!a->marks[i]) continue;
    uint32_t value = group_of(a, &a->in->rows[i], first, period);
    group *g = &groups[value < values ? value : values];
    g->value = value;
    g->start = isnan(a->in->rows[i].time) ? NAN : insight_bin_start(period, a->in->rows[i].time);
    insight_tally(&g->t, &a->in->rows[i]);
  }
  for (size_t g = 0; g <= values; g++) texts[g] = groups[g].t.texts;
  if (!(hidden = hide(texts, values + 1, a->floor))) goto out;
  for (size_t g = 0; g <= values; g++) groups[g].hidden = hidden[g];
  if (a->ask->by != INSIGHT_BY_PERIOD) qsort(groups, values + 1, sizeof *groups, by_texts);
  for (size_t g = 0; g <= values; g++)
    if (groups[g].t.texts && !groups[g].hidden) groups[g].d = insight_difference(&groups[g].t, &a->all), p[shown++] = groups[g].d.p;
  if (insight_bh(p, shown)) goto out;
  base_json_string(a->json, "by", bys[a->ask->by]);
  base_json_open(a->json, "groups", '[');
  shown = 0;
  for (size_t g = 0, written = 0; g <= values && written < GROUPS; g++) {
    if (!groups[g].t.texts) continue;
    if (!groups[g].hidden) groups[g].d.q = p[shown++];
    write_group(a, &groups[g], period, written < WORDED);
    written++;
  }
  base_json_close(a->json, ']');
  for (size_t i = 0; i < a->in->count; i++)
    if (a->marks[i]) a->marks[i] = 2;
  code = MIEN_OK;
out:
  base_free(hidden);
  base_free(groups);
  base_free(texts);
  base_free(p);
  return code ? out_of_memory(a) : MIEN_OK;
}

/* ---- Aspects ---- */

static int write_aspects(asked *a) {
  insight *in = a->in;
  tally tallies[ASPECTS];
  difference d[ASPECTS];
  double p[ASPECTS];
  size_t shown = 0;
  memset(tallies, 0, sizeof tallies);
  for (size_t k = 0; k < in->aspect_count; k++) {
    for (size_t i = 0; i < in->count; i++)
      if (a->marks[i] && insight_has(in, &in->rows[i], in->aspects[k])) insight_tally(&tallies[k], &in->rows[i]);
    if (tallies[k].texts >= a->floor) d[k] = insight_difference(&tallies[k], &a->all), p[shown++] = d[k].p;
  }
  if (insight_bh(p, shown)) return out_of_memory(a);
  shown = 0;
  base_json_open(a->json, "aspects", '[');
  for (size_t k = 0; k < in->aspect_count; k++) {
    if (tallies[k].texts < a->floor) continue;
    d[k].q = p[shown++];
    base_json_open(a->json, NULL, '{');
    base_json_string(a->json, "aspect", insight_table_string(&in->words, in->aspects[k]));
    insight_tally_write(a->json, &tallies[k]);
    insight_difference_write(a->json, &d[k]);
    if (a->ask->examples && shown <= 20) {
      for (size_t i = 0; i < in->count; i++)
        if (a->marks[i]) a->marks[i] = insight_has(in, &in->rows[i], in->aspects[k]) ? 1 : 2;
      insight_examples(a->json, in, a->marks, NULL, 0);
    }
    base_json_close(a->json, '}');
  }
  base_json_close(a->json, ']');
  return MIEN_OK;
}

/* ---- All of it ---- */

static void write_filter(const asked *a) {
  base_json_open(a->json, "filter", '{');
  insight_write_time(a->json, "from", a->ask->from);
  insight_write_time(a->json, "to", a->ask->to);
  for (int f = 0; f < INSIGHT_FACETS; f++) base_json_string(a->json, insight_facet_name(f), a->ask->facet[f]);
  base_json_string(a->json, "aspect", a->ask->aspect);
  base_json_string(a->json, "emotion", mien_core_name(a->ask->emotion));
  base_json_close(a->json, '}');
}

/* What can be filtered by: values of at least as many texts as the floor, of the whole collection. */
static int write_values(const asked *a) {
  base_json_open(a->json, "values", '{');
  for (int f = 0; f < INSIGHT_FACETS; f++) {
    const insight_table *t = &a->in->values[f];
    size_t *texts = base_alloc(t->count + 1, sizeof *texts);
    if (!texts) return MIEN_ENOMEM;
    for (size_t i = 0; i < a->in->count; i++)
      if (a->in->rows[i].facet[f] < t->count) texts[a->in->rows[i].facet[f]]++;
    base_json_open(a->json, insight_facet_name(f), '[');
    for (uint32_t v = 0, written = 0; v < t->count && written < 1000; v++)
      if (texts[v] >= a->floor) base_json_string(a->json, NULL, insight_table_string(t, v)), written++;
    base_json_close(a->json, ']');
    base_free(texts);
  }
  base_json_close(a->json, '}');
  return MIEN_OK;
}

/* Whether a filter leaves out a few texts only: these are what the figures with and without it differ by. Looked at for
 * each filter alone, with all others in place. */
static bool leaves_few_out(const asked *a) {
  bool few = false;
  for (int f = 0; f < INSIGHT_FACETS + 3 && !few; f++) {
    insight_ask without = *a->ask;
    size_t out = 0;
    if (f < INSIGHT_FACETS) without.facet[f] = NULL;
    else if (f == INSIGHT_FACETS) without.aspect = NULL;
    else if (f == INSIGHT_FACETS + 1) without.emotion = -1;
    else without.from = without.to = NAN;
    if (f < INSIGHT_FACETS ? !a->ask->facet[f] : f == INSIGHT_FACETS ? !a->ask->aspect : f == INSIGHT_FACETS + 1 ? a->ask->emotion < 0 : isnan(a->ask->from) && isnan(a->ask->to)) continue;
    for (size_t i = 0; i < a->in->count && out < a->floor; i++) out += !a->marks[i] && insight_fits(a->in, &without, a->facet, a->aspect, &a->in->rows[i]);
    few = out && out < a->floor;
  }
  return few;
}

int insight_figures(insight *in, const insight_ask *ask, base_text *out, mien_error *error) {
  base_json json;
  asked a = {.in = in, .ask = ask, .floor = ask->floor ? BASE_MAX(ask->floor, (size_t)2) : INSIGHT_FLOOR, .first = NAN, .last = NAN, .json = &json, .error = error};
  int code = in->prepared || !in->count ? MIEN_OK : insight_prepare(in, NULL, error);
  if (code) return code;
  if (!(a.marks = base_alloc(in->count + 1, 1))) return out_of_memory(&a);
  for (int f = 0; f < INSIGHT_FACETS; f++)
    a.facet[f] = ask->facet[f] && *ask->facet[f] ? insight_table_of(&in->values[f], ask->facet[f], strlen(ask->facet[f]), false) : TABLE_NONE;
  a.aspect = ask->aspect ? insight_table_of(&in->words, ask->aspect, strlen(ask->aspect), false) : TABLE_NONE;
  for (size_t i = 0; i < in->count; i++) {
    const row *r = &in->rows[i];
    if (!insight_fits(in, ask, a.facet, a.aspect, r)) continue;
    a.marks[i] = 2;
    insight_tally(&a.all, r);
    if (!isnan(r->time)) a.first = isnan(a.first) ? r->time : BASE_MIN(a.first, r->time), a.last = isnan(a.last) ? r->time : BASE_MAX(a.last, r->time);
  }
  bool hidden = a.all.texts < a.floor || leaves_few_out(&a);
  base_json_init(&json, out);
  base_json_open(&json, NULL, '{');
  base_json_integer(&json, "floor", (long long)a.floor);
  write_filter(&a);
  base_json_bool(&json, "hidden", hidden);
  base_json_open(&json, "overall", '{');
  if (!hidden) insight_tally_write(&json, &a.all);
  base_json_close(&json, '}');
  if (!hidden) code = write_time(&a);
  if (!hidden && !code) code = write_groups(&a);
  if (!hidden && !code) code = write_aspects(&a);
  if (!code) code = write_values(&a);
  base_json_close(&json, '}');
  base_free(a.marks);
  return code || out->failed ? out_of_memory(&a) : MIEN_OK;
}
