/* audience.c: viewers' states on one grid. */
#include "insight/audience_parts.h"

#include <jansson.h>
#include <stdio.h>

int audience_open(audience **opened, double every, mien_error *error) {
  *opened = NULL;
  if (!(every >= 0.1 && every <= 60)) return base_error_set(error, MIEN_EINVAL, "audience", "0.1 to 60 seconds", "a bin of %g s", every);
  audience *a = *opened = base_alloc(1, sizeof *a);
  if (!a) return base_error_set(error, MIEN_ENOMEM, "audience", "", "out of memory");
  a->every = every;
  return MIEN_OK;
}

void audience_close(audience **closed) {
  audience *a = *closed;
  if (!a) return;
  *closed = NULL;
  for (size_t i = 0; i < a->count; i++)
    for (int s = 0; s < SIGNALS; s++) base_free(a->viewers[i].values[s]);
  for (size_t i = 0; i < a->count; i++) base_free(a->viewers[i].seen);
  base_free(a->viewers);
  insight_table_clear(&a->names);
  base_free(a);
}

static bool room_for(viewer *v, size_t bins) {
  if (bins <= v->room) return true;
  size_t room = BASE_MAX(2 * v->room, BASE_MAX(bins, (size_t)256));
  uint16_t *seen = base_resize(v->seen, room, sizeof *seen);
  if (seen) v->seen = seen;
  bool fits = seen != NULL;
  for (int s = 0; s < SIGNALS && fits; s++) {
    float *values = base_resize(v->values[s], room, sizeof *values);
    if (values) v->values[s] = values;
    fits = values != NULL;
  }
  if (fits) v->room = room;
  return fits;
}

int audience_add(audience *a, int version, const char *name, double at, double valence, double arousal, mien_error *error) {
  char key[300] = {(char)('0' + version), 0};
  if (version < 0 || version >= AUDIENCE_VERSIONS) return base_error_set(error, MIEN_EINVAL, "audience", "0 or 1", "there is no version %d", version);
  if (!isfinite(at) || at < 0 || !isfinite(valence) || !isfinite(arousal)) return MIEN_OK;
  if (at / a->every >= AUDIENCE_BINS) return base_error_set(error, MIEN_ELIMIT, "audience", "take longer bins (--every)", "%g s is over %d bins", at, AUDIENCE_BINS);
  strncpy(key + 1, name, sizeof key - 2);
  uint32_t number = insight_table_of(&a->names, key, strlen(key), true);
  if (number == TABLE_NONE) return base_error_set(error, MIEN_ENOMEM, "audience", "", "out of memory");
  if (number == a->count) {
    if (a->count == AUDIENCE_VIEWERS) return base_error_set(error, MIEN_ELIMIT, "audience", "", "more than %d viewers", AUDIENCE_VIEWERS);
    viewer *viewers = base_resize(a->viewers, a->count + 1, sizeof *viewers);
    if (!viewers) return base_error_set(error, MIEN_ENOMEM, "audience", "", "out of memory");
    a->viewers = viewers;
    a->viewers[a->count++] = (viewer){.version = version};
  }
  viewer *v = &a->viewers[number];
  size_t bin = (size_t)(at / a->every);
  if (bin >= v->bins) {
    a->cells += bin + 1 - v->bins;
    if (a->cells > AUDIENCE_CELLS) return base_error_set(error, MIEN_ELIMIT, "audience", "take longer bins (--every)", "too many viewers for so long a work");
    if (!room_for(v, bin + 1)) return base_error_set(error, MIEN_ENOMEM, "audience", "", "out of memory");
    for (size_t b = v->bins; b <= bin; b++) v->seen[b] = 0, v->values[0][b] = v->values[1][b] = 0;
    v->bins = bin + 1;
  }
  if (v->seen[bin] == UINT16_MAX) return MIEN_OK;
  double n = ++v->seen[bin];
  v->values[0][bin] += (float)((BASE_CLAMP(valence, -1.0, 1.0) - (double)v->values[0][bin]) / n);
  v->values[1][bin] += (float)((BASE_CLAMP(arousal, -1.0, 1.0) - (double)v->values[1][bin]) / n);
  return MIEN_OK;
}

bool audience_line(audience *a, int version, const char *file, const char *line, size_t bytes, mien_error *error) {
  json_t *o = json_loadb(line, bytes, 0, NULL), *dims = json_object_get(o, "dims"), *at = json_object_get(o, "t1"), *valence = json_object_get(dims, "valence"),
         *arousal = json_object_get(dims, "arousal");
  const char *modality = json_string_value(json_object_get(o, "modality")), *who = json_string_value(json_object_get(o, "who")), *named = json_string_value(json_object_get(o, "viewer"));
  char name[280];
  bool taken = json_is_number(at) && json_is_number(valence) && (!modality || !strcmp(modality, "fused"));
  if (taken && json_is_string(json_object_get(o, "abstain"))) taken = true; /* a gap of this viewer */
  else if (taken) {
    snprintf(name, sizeof name, "%.200s%s%.60s", named ? named : file, named ? "" : "\t", named ? "" : who ? who : "");
    audience_add(a, version, name, json_number_value(at), json_number_value(valence), json_is_number(arousal) ? json_number_value(arousal) : 0, error);
  }
  json_decref(o);
  return taken;
}

size_t audience_viewers(const audience *a, int version) {
  size_t count = 0;
  for (size_t i = 0; i < a->count; i++) count += a->viewers[i].version == version;
  return count;
}

/* Gaps of up to five seconds keep the value before them; longer ones are NAN. Then less the viewer's own mean. */
int audience_matrix(const audience *a, int signal, bool centred, matrix *m) {
  m->bins = 0;
  m->viewers = a->count;
  for (size_t i = 0; i < a->count; i++) m->bins = BASE_MAX(m->bins, a->viewers[i].bins);
  if (!m->bins || m->viewers * m->bins > 2 * AUDIENCE_CELLS || !(m->values = base_alloc(m->viewers * m->bins, sizeof *m->values))) return MIEN_ENOMEM;
  size_t hold = (size_t)(5 / a->every);
  for (size_t i = 0; i < a->count; i++) {
    const viewer *v = &a->viewers[i];
    float *to = m->values + i * m->bins, last = NAN;
    double sum = 0;
    size_t n = 0, since = 0;
    for (size_t b = 0; b < m->bins; b++) {
      bool seen = b < v->bins && v->seen[b];
      since = seen ? 0 : since + 1;
      if (seen) last = v->values[signal][b];
      to[b] = seen || (since <= hold && b < v->bins) ? last : NAN;
      if (!isnan(to[b])) sum += (double)to[b], n++;
    }
    for (size_t b = 0; b < m->bins && centred && n; b++) to[b] -= (float)(sum / (double)n);
  }
  return MIEN_OK;
}
