/* arc.c: from sentences to a curve, its turning points and the classic arc nearest to it. */
#include "insight/arc.h"

#include <stdlib.h>

enum { SENTENCE_WORDS = 60, PARTS = 20, RESAMPLES = 200 };

const char *arc_name(int arc) {
  static const char *const names[ARCS] = {"rags to riches", "tragedy", "man in a hole", "Icarus", "Cinderella", "Oedipus"};
  return arc >= 0 && arc < ARCS ? names[arc] : NULL;
}

/* Where a sentence ends: after . ! ? … and their likes with what closes behind them, before a space; after 。！？; at an
 * empty line; or after 60 words. */
int arc_sentences(const char *text, size_t bytes, arc_sentence each, void *context) {
  size_t begin = 0, words = 0, at = 0;
  bool in_word = false, ending = false, empty = false;
  while (at <= bytes) {
    uint32_t c = '\n';
    int n = at < bytes ? base_utf8_next(text + at, bytes - at, &c) : 1;
    if (!n) n = 1, c = 0xfffd;
    bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xa0 || c == 0x3000, wide = c == 0x3002 || c == 0xff01 || c == 0xff1f;
    bool closes = c == '"' || c == '\'' || c == ')' || c == ']' || c == 0x201d || c == 0x2019 || c == 0xbb;
    bool cut = at == bytes || (space && ending) || (c == '\n' && empty) || (space && words >= SENTENCE_WORDS);
    bool cjk = c >= 0x3040 && c <= 0x9fff;
    if (!space && (!in_word || cjk)) words++;
    in_word = !space;
    empty = c == '\n' || (empty && space);
    ending = c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0x61f || (ending && closes);
    if (at < bytes) at += (size_t)n;
    else at++;
    if (!cut && !wide && !(cjk && words >= 2 * SENTENCE_WORDS)) continue;
    size_t end = BASE_MIN(at, bytes);
    while (begin < end && strchr(" \t\r\n", text[begin]) && text[begin]) begin++;
    if (words && begin < end) {
      int code = each(context, text + begin, end - begin, words);
      if (code) return code;
    }
    begin = end;
    words = 0;
    in_word = ending = false;
  }
  return MIEN_OK;
}

/* ---- The curve ---- */

static uint64_t next_random(uint64_t *state) { /* splitmix64 (Steele, Lea, Flood 2014) */
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

static double middle_of(const double *ends, const arc_line *lines, size_t i) { return ends[i] - lines[i].words / 2.0; }

/* Means over the window, weighted by words; `pick` (may be NULL): which sentence stands in place i. */
static void smooth(const arc_line *lines, const double *ends, size_t count, const size_t *pick, arc_curve *c) {
  size_t first = 0;
  for (int p = 0; p < ARC_POINTS; p++) {
    double at = (p + 0.5) / ARC_POINTS * c->words, half = c->window / 2, low = BASE_MAX(0.0, BASE_MIN(at - half, c->words - c->window)), high = low + c->window;
    double weight = 0, sum = 0, squares = 0, weights2 = 0;
    while (first < count && middle_of(ends, lines, first) < low) first++;
    for (size_t i = first; i < count && middle_of(ends, lines, i) <= high; i++) {
      const arc_line *line = &lines[pick ? pick[i] : i];
      if (isnan(line->valence)) continue;
      double w = line->words, v = (double)line->valence;
      weight += w, sum += w * v, squares += w * v * v, weights2 += w * w;
    }
    double n = weights2 > 0 ? weight * weight / weights2 : 0, mean = weight > 0 ? sum / weight : 0; /* n: Kish 1965 */
    double wide = n > 1 ? 1.96 * sqrt(BASE_MAX(0.0, squares / weight - mean * mean) / (n - 1)) : 1;
    c->mean[p] = mean;
    c->low[p] = BASE_MAX(-1.0, mean - wide);
    c->high[p] = BASE_MIN(1.0, mean + wide);
  }
}

/* The six: half waves of a cosine, the first modes that Reagan et al. (2016) found in books. */
static double template(int arc, double x) {
  const double pi = 3.14159265358979;
  double wave = cos((arc / 2 + 1) * pi * x);
  bool falls_first = arc == ARC_FALL || arc == ARC_FALL_RISE || arc == ARC_FALL_RISE_FALL;
  return falls_first ? wave : -wave;
}

static int nearest(const double *mean, double *r) {
  int best = 0;
  for (int arc = 0; arc < ARCS; arc++) {
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (int p = 0; p < ARC_POINTS; p++) {
      double a = mean[p], b = template(arc, (p + 0.5) / ARC_POINTS);
      x += a, y += b, xx += a * a, yy += b * b, xy += a * b;
    }
    double vx = xx - x * x / ARC_POINTS, vy = yy - y * y / ARC_POINTS;
    r[arc] = vx > 1e-12 ? (xy - x * y / ARC_POINTS) / sqrt(vx * vy) : 0;
    if (r[arc] > r[best]) best = arc;
  }
  return best;
}

/* Extremes that stand out: how far the curve comes back on both sides before it goes beyond them. */
static void find_turns(arc_curve *c) {
  double low = c->mean[0], high = low, wide = 0;
  for (int p = 0; p < ARC_POINTS; p++) low = BASE_MIN(low, c->mean[p]), high = BASE_MAX(high, c->mean[p]), wide += (c->high[p] - c->low[p]) / 2 / ARC_POINTS;
  double least = BASE_MAX(0.25 * (high - low), 2 * wide);
  c->turn_count = 0;
  for (int p = 1; p < ARC_POINTS - 1; p++)
    for (int up = 0; up < 2; up++) {
      double sign = up ? 1 : -1, v = sign * c->mean[p], left = v, right = v;
      bool extreme = true;
      for (int k = p - 1; k >= 0; k--) {
        if (sign * c->mean[k] >= v) {
          extreme &= k < p - 1;
          break;
        }
        left = BASE_MIN(left, sign * c->mean[k]);
      }
      for (int k = p + 1; k < ARC_POINTS; k++) {
        if (sign * c->mean[k] > v) {
          extreme &= k > p + 1;
          break;
        }
        right = BASE_MIN(right, sign * c->mean[k]);
      }
      double prominence = BASE_MIN(v - left, v - right);
      if (!extreme || prominence < least || prominence <= 0 || c->turn_count == (int)BASE_COUNT(c->turns)) continue;
      c->turns[c->turn_count].at = p;
      c->turns[c->turn_count].up = up;
      c->turns[c->turn_count++].prominence = prominence;
    }
}

int arc_of(const arc_line *lines, size_t count, uint64_t seed, arc_curve *c, mien_error *error) {
  memset(c, 0, sizeof *c);
  if (count < ARC_SENTENCES_LEAST) return base_error_set(error, MIEN_EEMPTY, "arc", "give it a longer text", "%zu sentences have no arc: %d are the least", count, ARC_SENTENCES_LEAST);
  double *ends = base_alloc(count, sizeof *ends), r[ARCS];
  size_t *pick = base_alloc(count, sizeof *pick);
  arc_curve other;
  if (!ends || !pick) return base_free(ends), base_free(pick), base_error_set(error, MIEN_ENOMEM, "arc", "", "out of memory");
  for (size_t i = 0; i < count; i++) ends[i] = c->words += lines[i].words;
  c->window = BASE_MIN(BASE_CLAMP(c->words / 10, 100.0, 10000.0), c->words / 2);
  smooth(lines, ends, count, NULL, c);
  c->nearest = nearest(c->mean, c->r);
  find_turns(c);
  other = *c;
  for (int k = 0; k < RESAMPLES; k++) {
    for (size_t i = 0; i < count; i++) {
      size_t part = i * PARTS / count, low = (part * count + PARTS - 1) / PARTS, high = ((part + 1) * count + PARTS - 1) / PARTS;
      pick[i] = low + (size_t)(next_random(&seed) % BASE_MAX(high - low, (size_t)1));
    }
    smooth(lines, ends, count, pick, &other);
    c->share[nearest(other.mean, r)] += 1.0 / RESAMPLES;
  }
  base_free(ends);
  base_free(pick);
  return MIEN_OK;
}
