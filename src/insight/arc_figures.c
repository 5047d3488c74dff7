/* arc_figures.c: a text's sentences read, its arc as JSON, and how it goes with an audience. */
#include <jansson.h>

#include "insight/arc.h"

typedef struct reading {
  mien_text texts[256];
  arc_line *lines;
  const char **starts; /* of the sentences, in the text */
  size_t *lengths;
  size_t count, room, waiting, base;
  mien_session *session;
  mien_error *error;
} reading;

static void take(void *context, size_t index, const mien_reading *given) {
  reading *r = context;
  r->lines[r->base + index].valence = given->abstain ? NAN : given->dims[MIEN_VALENCE];
}

static int flush(reading *r) {
  if (!r->waiting) return MIEN_OK;
  r->base = r->count - r->waiting;
  int code = mien_session_read_texts(r->session, r->texts, r->waiting, take, r);
  if (code && r->error) *r->error = *mien_session_error(r->session);
  r->waiting = 0;
  return code;
}

static int add(void *context, const char *text, size_t bytes, size_t words) {
  reading *r = context;
  if (r->count == r->room) {
    size_t room = BASE_MAX(2 * r->room, (size_t)1024);
    arc_line *lines = base_resize(r->lines, room, sizeof *lines);
    if (lines) r->lines = lines;
    const char **starts = base_resize(r->starts, room, sizeof *starts);
    if (starts) r->starts = starts;
    size_t *lengths = base_resize(r->lengths, room, sizeof *lengths);
    if (lengths) r->lengths = lengths;
    if (!lines || !starts || !lengths) return base_error_set(r->error, MIEN_ENOMEM, "arc", "", "out of memory");
    r->room = room;
  }
  r->lines[r->count] = (arc_line){NAN, (uint32_t)BASE_MIN(words, (size_t)10000)};
  r->starts[r->count] = text;
  r->lengths[r->count++] = bytes;
  r->texts[r->waiting++] = (mien_text){text, bytes};
  return r->waiting == BASE_COUNT(r->texts) ? flush(r) : MIEN_OK;
}

/* The sentence at a place of the arc that says most of what the place is. */
static void write_sentence(base_json *json, const reading *r, const arc_curve *c, int at, int up) {
  double low = (at + 0.5) / ARC_POINTS * c->words - c->window / 2, high = low + c->window, sum = 0;
  size_t best = r->count;
  for (size_t i = 0; i < r->count; i++) {
    sum += r->lines[i].words;
    if (sum < low || sum > high || isnan(r->lines[i].valence) || r->lengths[i] > 400) continue;
    if (best == r->count || (up ? r->lines[i].valence > r->lines[best].valence : r->lines[i].valence < r->lines[best].valence)) best = i;
  }
  size_t bytes = best < r->count ? r->lengths[best] : 0;
  while (bytes && strchr(" \t\r\n", r->starts[best][bytes - 1])) bytes--;
  if (bytes) base_json_bytes(json, "sentence", r->starts[best], bytes);
  else base_json_string(json, "sentence", NULL);
}

static void write_array(base_json *json, const char *key, const double *values) {
  base_json_open(json, key, '[');
  for (int p = 0; p < ARC_POINTS; p++) base_json_number(json, NULL, values[p], 4);
  base_json_close(json, ']');
}

static double correlate(const double *a, const double *b, int shift) {
  double n = ARC_POINTS, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (int p = 0; p < ARC_POINTS; p++) {
    double u = a[p], v = b[(p + shift) % ARC_POINTS];
    x += u, y += v, xx += u * u, yy += v * v, xy += u * v;
  }
  double vx = xx - x * x / n, vy = yy - y * y / n;
  return vx > 1e-12 && vy > 1e-12 ? (xy - x * y / n) / sqrt(vx * vy) : NAN;
}

/* The audience's mean valence, its work as long as the text: correlation, and how often the curve turned round by any
 * other amount goes with it as well (circular shifts, so that its own smoothness counts). */
static int write_audience(base_json *json, const arc_curve *c, const char *figures, size_t bytes, mien_error *error) {
  json_t *f = json_loadb(figures, bytes, 0, NULL), *one = json_array_get(json_object_get(f, "versions"), 0), *mean = json_object_get(json_object_get(one, "valence"), "mean");
  double curve[ARC_POINTS], last = 0, above = 0;
  size_t n = json_array_size(mean);
  if (n < 10) {
    json_decref(f);
    return base_error_set(error, MIEN_EFORMAT, "audience", "give what `mien audience --json` wrote", "this has no audience's valence over time");
  }
  for (int p = 0; p < ARC_POINTS; p++) {
    double sum = 0, count = 0;
    size_t low = (size_t)p * n / ARC_POINTS, high = BASE_MAX(((size_t)p + 1) * n / ARC_POINTS, low + 1);
    for (size_t b = low; b < high && b < n; b++)
      if (json_is_number(json_array_get(mean, b))) sum += json_number_value(json_array_get(mean, b)), count++;
    curve[p] = last = count ? sum / count : last;
  }
  double r = correlate(c->mean, curve, 0);
  for (int shift = 1; shift < ARC_POINTS; shift++) above += correlate(c->mean, curve, shift) >= r;
  base_json_open(json, "audience", '{');
  base_json_integer(json, "viewers", json_integer_value(json_object_get(one, "viewers")));
  write_array(json, "mean", curve);
  base_json_number(json, "r", r, 4);
  base_json_number(json, "p", (above + 1) / ARC_POINTS, 4);
  base_json_close(json, '}');
  json_decref(f);
  return MIEN_OK;
}

int arc_figures(const char *text, size_t bytes, mien_session *session, const char *audience, size_t audience_bytes, base_text *out, mien_error *error) {
  reading r = {.session = session, .error = error};
  arc_curve c;
  base_json json;
  if (bytes > ARC_BYTES) return base_error_set(error, MIEN_ELIMIT, "arc", "split it", "a text may have %d MB", (int)(ARC_BYTES >> 20));
  int code = arc_sentences(text, bytes, add, &r);
  if (!code) code = flush(&r);
  if (!code) code = arc_of(r.lines, r.count, 1, &c, error);
  if (!code) {
    base_json_init(&json, out);
    base_json_open(&json, NULL, '{');
    base_json_integer(&json, "words", (long long)c.words);
    base_json_integer(&json, "sentences", (long long)r.count);
    base_json_integer(&json, "window", (long long)c.window);
    write_array(&json, "mean", c.mean);
    write_array(&json, "low", c.low);
    write_array(&json, "high", c.high);
    base_json_open(&json, "turns", '[');
    for (int i = 0; i < c.turn_count; i++) {
      base_json_open(&json, NULL, '{');
      base_json_number(&json, "at", (c.turns[i].at + 0.5) / ARC_POINTS, 3);
      base_json_string(&json, "kind", c.turns[i].up ? "peak" : "valley");
      base_json_number(&json, "valence", c.mean[c.turns[i].at], 4);
      base_json_number(&json, "prominence", c.turns[i].prominence, 4);
      write_sentence(&json, &r, &c, c.turns[i].at, c.turns[i].up);
      base_json_close(&json, '}');
    }
    base_json_close(&json, ']');
    base_json_string(&json, "arc", arc_name(c.nearest));
    base_json_number(&json, "share", c.share[c.nearest], 3);
    base_json_open(&json, "arcs", '{');
    for (int k = 0; k < ARCS; k++) {
      base_json_open(&json, arc_name(k), '{');
      base_json_number(&json, "r", c.r[k], 4);
      base_json_number(&json, "share", c.share[k], 3);
      base_json_close(&json, '}');
    }
    base_json_close(&json, '}');
    if (audience) code = write_audience(&json, &c, audience, audience_bytes, error);
    base_json_close(&json, '}');
  }
  base_free(r.lines);
  base_free(r.starts);
  base_free(r.lengths);
  return !code && out->failed ? base_error_set(error, MIEN_ENOMEM, "arc", "", "out of memory") : code;
}
