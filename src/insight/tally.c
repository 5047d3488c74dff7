/* tally.c: sums of rows, the differences between them, and the words that go with one of two groups. */
#include <stdlib.h>

#include "insight/parts.h"

void insight_tally(tally *t, const row *r) {
  t->texts++;
  if (r->state != ROW_READ) return;
  t->read++;
  t->top[r->top]++;
  for (int k = 0; k < MIEN_CORE; k++) t->core[k] += r->core[k] / 255.0;
  t->valence += (double)r->valence;
  t->valence2 += (double)r->valence * (double)r->valence;
  t->arousal += (double)r->arousal;
}

static double mean_of(const tally *t) { return t->read ? t->valence / (double)t->read : NAN; }

static double variance_of(const tally *t) { /* of the mean */
  double n = (double)t->read, m = mean_of(t);
  return n > 1 ? BASE_MAX(0.0, t->valence2 / n - m * m) / (n - 1) : NAN;
}

void insight_tally_write(base_json *json, const tally *t) {
  double m = mean_of(t), wide = 1.959964 * sqrt(variance_of(t));
  base_json_integer(json, "texts", (long long)t->texts);
  base_json_integer(json, "read", (long long)t->read);
  base_json_open(json, "valence", '{');
  base_json_number(json, "mean", m, 4);
  base_json_number(json, "low", BASE_MAX(-1.0, m - wide), 4);
  base_json_number(json, "high", BASE_MIN(1.0, m + wide), 4);
  base_json_close(json, '}');
  base_json_number(json, "arousal", t->read ? t->arousal / (double)t->read : NAN, 4);
  base_json_open(json, "core", '{');
  for (int k = 0; k < MIEN_CORE && t->read; k++) {
    double low, high;
    insight_wilson((double)t->top[k], (double)t->read, &low, &high);
    base_json_open(json, mien_core_name(k), '{');
    base_json_number(json, "share", (double)t->top[k] / (double)t->read, 4);
    base_json_number(json, "low", low, 4);
    base_json_number(json, "high", high, 4);
    base_json_close(json, '}');
  }
  base_json_close(json, '}');
}

difference insight_difference(const tally *of, const tally *all) {
  tally rest = *all;
  rest.read -= of->read;
  rest.valence -= of->valence;
  rest.valence2 -= of->valence2;
  double d = mean_of(of) - mean_of(&rest), error = sqrt(variance_of(of) + variance_of(&rest));
  return (difference){d, d - 1.959964 * error, d + 1.959964 * error, error > 0 ? insight_normal_p(d / error) : 1, 1};
}

void insight_difference_write(base_json *json, const difference *d) {
  base_json_open(json, "difference", '{');
  base_json_number(json, "valence", d->value, 4);
  base_json_number(json, "low", d->low, 4);
  base_json_number(json, "high", d->high, 4);
  base_json_number(json, "p", d->p, 6);
  base_json_number(json, "q", d->q, 6);
  base_json_close(json, '}');
}

static int by_z(const void *a, const void *b) {
  double x = ((const driver *)a)->z, y = ((const driver *)b)->z;
  return x < y ? 1 : x > y ? -1 : 0;
}

size_t insight_drivers(const insight *in, const uint8_t *marks, size_t floor, driver *drivers, size_t room) {
  size_t words = in->words.count, count = 0;
  uint32_t *of[2] = {base_alloc(words + 1, sizeof(uint32_t)), base_alloc(words + 1, sizeof(uint32_t))};
  driver *all = base_alloc(words + 1, sizeof *all);
  double n[2] = {0}, whole = 0, prior = 1000;
  for (size_t i = 0; i < in->count && of[0] && of[1] && all; i++) {
    const row *r = &in->rows[i];
    if (marks[i] != 1 && marks[i] != 2) continue;
    for (uint32_t w = 0; w < r->word_count; w++) of[marks[i] - 1][in->tokens[r->words + w]]++;
    n[marks[i] - 1] += r->word_count;
  }
  for (size_t w = 0; w < words; w++) whole += in->df[w];
  for (uint32_t w = 0; w < words && of[0] && of[1] && all; w++) {
    if (of[0][w] < floor || insight_function_word(insight_table_string(&in->words, w))) continue;
    double a = prior * in->df[w] / whole, y1 = of[0][w] + a, y2 = of[1][w] + a;
    double d = log(y1 / BASE_MAX(n[0] + prior - y1, 0.5)) - log(y2 / BASE_MAX(n[1] + prior - y2, 0.5)), z = d / sqrt(1 / y1 + 1 / y2);
    if (z > 2.58) all[count++] = (driver){w, of[0][w], z};
  }
  if (count) qsort(all, count, sizeof *all, by_z);
  count = BASE_MIN(count, room);
  if (count) memcpy(drivers, all, count * sizeof *all);
  base_free(of[0]);
  base_free(of[1]);
  base_free(all);
  return count;
}

void insight_drivers_write(base_json *json, const insight *in, const driver *drivers, size_t count) {
  base_json_open(json, "words", '[');
  for (size_t i = 0; i < count; i++) {
    base_json_open(json, NULL, '{');
    base_json_string(json, "word", insight_table_string(&in->words, drivers[i].word));
    base_json_integer(json, "texts", (long long)drivers[i].texts);
    base_json_number(json, "z", drivers[i].z, 2);
    base_json_close(json, '}');
  }
  base_json_close(json, ']');
}

bool insight_has(const insight *in, const row *r, uint32_t word) {
  size_t low = r->words, high = low + r->word_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (in->tokens[middle] < word) low = middle + 1;
    else high = middle;
  }
  return low < r->words + r->word_count && in->tokens[low] == word;
}

/* ---- Examples ---- */

/* Runs of five digits and more (with spaces, points and dashes between them), and what stands around an @, become "…". */
static void mask(base_text *to, const char *text, size_t bytes) {
  for (size_t at = 0; at < bytes;) {
    size_t end = at, digits = 0;
    while (end < bytes && !strchr(" \t\r\n,;<>()\"", text[end])) end++;
    if (end == at) end++;
    bool masked = end > at + 2 && memchr(text + at, '@', end - at);
    for (size_t i = at; i < bytes && (strchr("0123456789", text[i]) || (i > at && strchr(" .-/", text[i]))) && text[i]; i++)
      if (text[i] >= '0' && text[i] <= '9') {
        digits++;
        if (digits >= 5) masked = true, end = BASE_MAX(end, i + 1);
      }
    for (size_t i = at, run = 0; i < end && !masked; i++) {
      run = text[i] >= '0' && text[i] <= '9' ? run + 1 : 0;
      masked = run >= 5;
    }
    if (masked) base_text_puts(to, "…");
    else base_text_add(to, text + at, end - at);
    at = end;
  }
}

typedef struct chosen {
  size_t row;
  double score;
} chosen;

static bool said_already(const insight *in, const chosen *best, size_t kept, const row *r) {
  for (size_t k = 0; k < kept; k++) {
    const row *other = &in->rows[best[k].row];
    if (other->bytes == r->bytes && !memcmp(in->texts.data + other->at, in->texts.data + r->at, r->bytes)) return true;
  }
  return false;
}

void insight_examples(base_json *json, const insight *in, const uint8_t *marks, const driver *drivers, size_t count) {
  chosen best[EXAMPLES] = {{0, 0}};
  size_t kept = 0;
  for (size_t i = 0; i < in->count; i++) {
    const row *r = &in->rows[i];
    if (marks[i] != 1 || r->state != ROW_READ) continue;
    double score = r->confidence / 255.0 - BASE_MAX(0.0, r->bytes - 300.0) / 300;
    for (size_t d = 0; d < count; d++)
      if (insight_has(in, r, drivers[d].word)) score += 1;
    size_t place = kept;
    while (place > 0 && best[place - 1].score < score) place--;
    if (place == EXAMPLES || said_already(in, best, kept, r)) continue;
    kept = BASE_MIN(kept + 1, (size_t)EXAMPLES);
    memmove(&best[place + 1], &best[place], (kept - 1 - place) * sizeof *best);
    best[place] = (chosen){i, score};
  }
  base_text masked = {0};
  base_json_open(json, "examples", '[');
  for (size_t k = 0; k < kept; k++) {
    const row *r = &in->rows[best[k].row];
    size_t bytes = BASE_MIN(r->bytes, 400u);
    while (bytes && bytes < r->bytes && ((unsigned char)in->texts.data[r->at + bytes] & 0xc0) == 0x80) bytes--;
    base_text_reset(&masked);
    mask(&masked, in->texts.data + r->at, bytes);
    if (bytes < r->bytes) base_text_puts(&masked, " …");
    base_json_open(json, NULL, '{');
    base_json_bytes(json, "text", masked.data ? masked.data : "", masked.length);
    base_json_string(json, "top", mien_core_name(r->top));
    base_json_number(json, "valence", (double)r->valence, 3);
    base_json_close(json, '}');
  }
  base_json_close(json, ']');
  base_text_clear(&masked);
}
