/* chart.c: a person's lines of time as SVG, and the same as a table.
 *
 * From top to bottom, on one axis: core labels stacked, the states that move, valence and arousal,
 * confidence, the waveform, and the turns. What abstained is hatched and nothing else is drawn there;
 * where nothing was read at all (the person is silent) the lanes stay empty. */
#include "report/parts.h"

#include <stdlib.h>

enum { LEFT = 88, RIGHT = 126, WIDTH = 1110, PLOT = WIDTH - LEFT - RIGHT };
enum { CORE_Y = 8, CORE_H = 120, STATES_Y = 142, STATES_H = 72, DIMS_Y = 228, DIMS_H = 72,
       SURE_Y = 314, SURE_H = 30, WAVE_Y = 358, WAVE_H = 44, TURNS_Y = 408, TURNS_H = 18,
       AXIS_Y = 430, HEIGHT = 450, STATES_SHOWN = 3 };

typedef struct canvas {
  base_text *to;
  const report *r;
  const report_bins *bins;
  int person;
  double span; /* seconds over PLOT */
} canvas;

static double x_of(const canvas *c, double t) {
  return LEFT + BASE_CLAMP(t / c->span, 0, 1) * PLOT;
}

static double middle(const canvas *c, int bin) {
  return x_of(c, (bin + 0.5) * c->bins->step);
}

/* The next run of steps from *bin on of which `wanted`; false when there is none. */
typedef bool (*bin_test)(const report_bins *bins, int bin);
static bool was_read(const report_bins *bins, int b) { return bins->read[b]; }
static bool abstained(const report_bins *bins, int b) { return bins->abstain[b] != NULL; }
static bool has_dims(const report_bins *bins, int b) { return isfinite(bins->dims[b][0]); }
static bool has_states(const report_bins *bins, int b) { return isfinite(bins->states[b][0]); }

static bool next_run(const report_bins *bins, bin_test wanted, int *from, int *until) {
  int b = *until;
  while (b < bins->count && !wanted(bins, b)) b++;
  *from = b;
  while (b < bins->count && wanted(bins, b)) b++;
  *until = b;
  return *from < *until;
}

/* A line through the middles of a run, drawn out to its edges. `up`: value to y. */
static void run_points(const canvas *c, int from, int until, const float *values, size_t stride,
                       double y0, double scale, bool back) {
  int n = until - from;
  for (int i = -1; i <= n; i++) {
    int k = back ? n - 1 - i : i, b = from + BASE_CLAMP(k, 0, n - 1);
    double x = k < 0 ? x_of(c, from * c->bins->step) : k >= n ? x_of(c, until * c->bins->step) : middle(c, b);
    base_text_printf(c->to, "%.1f,%.1f ", x, y0 + scale * (double)values[(size_t)b * stride]);
  }
}

static void lane(const canvas *c, const char *name, int y, int height) {
  base_text_printf(c->to, "<rect class=\"lane\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>"
                          "<text class=\"lane-name\" x=\"%d\" y=\"%d\">%s</text>",
                   LEFT, y, PLOT, height, LEFT - 10, y + 12, name);
}

static void hatch(const canvas *c, int y, int height) {
  int from, until = 0;
  while (next_run(c->bins, abstained, &from, &until)) {
    double x0 = x_of(c, from * c->bins->step), x1 = x_of(c, until * c->bins->step);
    base_text_printf(c->to, "<rect class=\"unsure\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\">"
                            "<title>not clear: ", x0, y, x1 - x0, height);
    report_escape_string(c->to, c->bins->abstain[from]);
    base_text_puts(c->to, "</title></rect>");
  }
}

/* ---- Core labels, stacked, the strongest feelings nearest the base where they are seen best. */

static const int stack[MIEN_CORE] = {MIEN_ANGER, MIEN_DISGUST, MIEN_FEAR, MIEN_SADNESS,
                                     MIEN_SURPRISE, MIEN_NEUTRAL, MIEN_JOY};

static void draw_core(const canvas *c) {
  const report_bins *bins = c->bins;
  lane(c, "expressed", CORE_Y, CORE_H);
  hatch(c, CORE_Y, CORE_H);
  float *below = base_alloc((size_t)bins->count * 2, sizeof *below);
  if (!below) return;
  float *above = below + bins->count;
  int tallest[MIEN_CORE];
  double label_y[MIEN_CORE];
  for (int s = 0; s < MIEN_CORE; s++) {
    int label = stack[s], from, until = 0, best = -1;
    for (int b = 0; b < bins->count; b++) above[b] = below[b] + bins->core[b][label];
    base_text_printf(c->to, "<g class=\"%s\">", report_face_of(label));
    while (next_run(bins, was_read, &from, &until)) {
      base_text_puts(c->to, "<polygon points=\"");
      run_points(c, from, until, above, 1, CORE_Y + CORE_H, -CORE_H, false);
      run_points(c, from, until, below, 1, CORE_Y + CORE_H, -CORE_H, true);
      base_text_puts(c->to, "\"/>");
      for (int b = from; b < until; b++) { /* the name goes where the layer stays thick for a while */
        int last = BASE_MIN(b + BASE_MAX(bins->count / 24, 1), until);
        if (last - b >= BASE_MAX(bins->count / 24, 1) && bins->core[b][label] > 0.16f &&
            bins->core[last - 1][label] > 0.16f &&
            (best < 0 || bins->core[(b + last) / 2][label] > bins->core[best][label]))
          best = (b + last) / 2;
      }
    }
    base_text_puts(c->to, "</g>");
    tallest[label] = best;
    if (best >= 0) label_y[label] = CORE_Y + CORE_H - CORE_H * (double)(below[best] + above[best]) / 2;
    memcpy(below, above, (size_t)bins->count * sizeof *below);
  }
  for (int k = 0; k < MIEN_CORE; k++)
    if (tallest[k] >= 0)
      base_text_printf(c->to, "<text class=\"in %s\" x=\"%.1f\" y=\"%.1f\">%s</text>", report_face_of(k),
                       BASE_CLAMP(middle(c, tallest[k]), LEFT + 30, LEFT + PLOT - 30), label_y[k] + 4,
                       mien_core_name(k));
  base_free(below);
}

/* ---- Lines. */

/* Runs are joined by a faint line, so that the eye finds its way over a silence. */
static void draw_line(const canvas *c, const char *class, bin_test wanted, const float *values,
                      size_t stride, double y0, double scale) {
  int from, until = 0, last = -1;
  while (next_run(c->bins, wanted, &from, &until)) {
    if (last >= 0)
      base_text_printf(c->to, "<line class=\"bridge %s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
                       class, x_of(c, last * c->bins->step),
                       y0 + scale * (double)values[(size_t)(last - 1) * stride],
                       x_of(c, from * c->bins->step), y0 + scale * (double)values[(size_t)from * stride]);
    last = until;
    base_text_printf(c->to, "<polyline class=\"line %s\" points=\"", class);
    run_points(c, from, until, values, stride, y0, scale, false);
    base_text_puts(c->to, "\"/>");
  }
}

/* Names at the right end of lines, moved apart where they would touch. */
typedef struct end_name {
  const char *name, *class;
  double y;
} end_name;

static int upper_first(const void *a, const void *b) {
  const end_name *x = a, *y = b;
  return (x->y > y->y) - (x->y < y->y);
}

static void name_ends(const canvas *c, end_name *names, int count, double low, double high) {
  qsort(names, (size_t)count, sizeof *names, upper_first);
  for (int i = 0; i < count; i++) {
    double least = i ? names[i - 1].y + 13 : low + 4;
    names[i].y = BASE_MAX(names[i].y, least);
  }
  for (int i = count - 1; i >= 0; i--) {
    double most = i < count - 1 ? names[i + 1].y - 13 : high;
    names[i].y = BASE_MIN(names[i].y, most);
    base_text_printf(c->to, "<text class=\"end %s\" x=\"%d\" y=\"%.1f\">%s</text>", names[i].class,
                     LEFT + PLOT + 8, names[i].y + 4, names[i].name);
  }
}

static float last_of(const report_bins *bins, const float *values, size_t stride) {
  for (int b = bins->count; b-- > 0;)
    if (isfinite(values[(size_t)b * stride])) return values[(size_t)b * stride];
  return 0;
}

/* Draws the three states that move most, in the order of the enumeration. */
static void draw_states(const canvas *c) {
  static const char *const classes[MIEN_STATES] = {"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"};
  const report_bins *bins = c->bins;
  float range[MIEN_STATES] = {0};
  int shown[STATES_SHOWN], count = 0;
  lane(c, "states", STATES_Y, STATES_H);
  hatch(c, STATES_Y, STATES_H);
  for (int k = 0; k < MIEN_STATES; k++) {
    float low = 1, high = 0;
    for (int b = 0; b < bins->count; b++)
      if (isfinite(bins->states[b][k]))
        low = BASE_MIN(low, bins->states[b][k]), high = BASE_MAX(high, bins->states[b][k]);
    range[k] = high - low;
  }
  while (count < STATES_SHOWN) {
    int best = -1;
    for (int k = 0; k < MIEN_STATES; k++)
      if (range[k] > 0 && (best < 0 || range[k] > range[best])) best = k;
    if (best < 0) break;
    range[best] = 0;
    shown[count++] = best;
  }
  end_name names[STATES_SHOWN];
  for (int i = 0; i < count; i++) {
    const float *values = &bins->states[0][shown[i]];
    draw_line(c, classes[shown[i]], has_states, values, MIEN_STATES, STATES_Y + STATES_H - 2, -(STATES_H - 4));
    float last = last_of(bins, values, MIEN_STATES);
    names[i] = (end_name){mien_state_name(shown[i]), classes[shown[i]],
                          STATES_Y + STATES_H - 2 - (STATES_H - 4) * (double)last};
  }
  name_ends(c, names, count, STATES_Y, STATES_Y + STATES_H);
}

static void draw_dims(const canvas *c) {
  const report_bins *bins = c->bins;
  const double zero = DIMS_Y + DIMS_H / 2.0, scale = -(DIMS_H / 2.0 - 2);
  lane(c, "tone", DIMS_Y, DIMS_H);
  hatch(c, DIMS_Y, DIMS_H);
  base_text_printf(c->to, "<line class=\"zero\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                          "<text class=\"scale\" x=\"%d\" y=\"%d\">+1</text>"
                          "<text class=\"scale\" x=\"%d\" y=\"%d\">−1</text>",
                   LEFT, LEFT + PLOT, zero, zero, LEFT - 10, DIMS_Y + 30, LEFT - 10, DIMS_Y + DIMS_H - 2);
  const float *valence = &bins->dims[0][MIEN_VALENCE], *arousal = &bins->dims[0][MIEN_AROUSAL];
  draw_line(c, "valence", has_dims, valence, MIEN_DIMS, zero, scale);
  draw_line(c, "arousal", has_dims, arousal, MIEN_DIMS, zero, scale);
  end_name names[2] = {
      {"valence", "valence", zero + scale * (double)last_of(bins, valence, MIEN_DIMS)},
      {"arousal", "arousal", zero + scale * (double)last_of(bins, arousal, MIEN_DIMS)}};
  name_ends(c, names, 2, DIMS_Y, DIMS_Y + DIMS_H);
}

static void draw_confidence(const canvas *c) {
  static const float nothing[REPORT_BINS_MAX];
  int from, until = 0;
  lane(c, "confidence", SURE_Y, SURE_H);
  hatch(c, SURE_Y, SURE_H);
  while (next_run(c->bins, was_read, &from, &until)) {
    base_text_puts(c->to, "<polygon class=\"sure\" points=\"");
    run_points(c, from, until, c->bins->confidence, 1, SURE_Y + SURE_H, -SURE_H, false);
    run_points(c, from, until, nothing, 1, SURE_Y + SURE_H, 0, true);
    base_text_puts(c->to, "\"/>");
  }
}

/* ---- What was heard and said. */

static void draw_wave(const canvas *c) {
  enum { COLUMNS = PLOT / 2 };
  const report_person *p = &c->r->people[c->person];
  lane(c, "sound", WAVE_Y, WAVE_H);
  if (!p->envelope_count) return;
  float top[COLUMNS] = {0}, loudest = 0.05f;
  for (size_t i = 0; i < p->envelope_count; i++) {
    int column = (int)((double)i * REPORT_ENVELOPE_STEP / c->span * COLUMNS);
    if (column < COLUMNS) top[column] = BASE_MAX(top[column], p->envelope[i]);
    loudest = BASE_MAX(loudest, p->envelope[i]);
  }
  base_text_puts(c->to, "<path class=\"wave\" d=\"");
  for (int i = 0; i < COLUMNS; i++) {
    double half = BASE_MAX((WAVE_H / 2.0 - 2) * (double)(top[i] / loudest), 0.4);
    base_text_printf(c->to, "M%d %.1fv%.1f", LEFT + 2 * i + 1, WAVE_Y + WAVE_H / 2.0 - half, 2 * half);
  }
  base_text_puts(c->to, "\"/>");
}

static void draw_turns(const canvas *c) {
  const report_person *p = &c->r->people[c->person];
  if (!c->r->turn_count) return;
  lane(c, "words", TURNS_Y, TURNS_H);
  for (size_t i = 0; i < c->r->turn_count; i++) {
    const report_turn *turn = &c->r->turns[i];
    if (turn->person != c->person) continue;
    float confidence;
    int label = report_label_of(p, turn->t0, turn->t1, &confidence);
    double x0 = x_of(c, turn->t0), x1 = BASE_MAX(x_of(c, turn->t1), x0 + 2);
    base_text_printf(c->to, "<a href=\"#t%zu\" tabindex=\"-1\"><rect class=\"turn %s%s\" x=\"%.1f\" y=\"%d\" "
                            "width=\"%.1f\" height=\"%d\" rx=\"2\"><title>", i, report_face_of(label),
                     x1 - x0 < 6 ? " thin" : "", x0, TURNS_Y + 2, BASE_MAX(x1 - x0 - 1, 1), TURNS_H - 4);
    report_escape(c->to, turn->text, BASE_MIN(strlen(turn->text), (size_t)200));
    base_text_puts(c->to, "</title></rect></a>");
  }
}

static void draw_axis(const canvas *c) {
  static const double steps[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400};
  double step = steps[BASE_COUNT(steps) - 1];
  for (size_t i = BASE_COUNT(steps); i-- > 0;)
    if (c->span / steps[i] <= 14) step = steps[i];
  for (double t = 0; t <= c->span + 1e-6; t += step) {
    double x = x_of(c, t);
    base_text_printf(c->to, "<line class=\"tick\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
                            "<text class=\"axis\" x=\"%.1f\" y=\"%d\">", x, x, CORE_Y, AXIS_Y, x, AXIS_Y + 14);
    report_clock(c->to, t);
    base_text_puts(c->to, "</text>");
  }
}

void report_draw_person(base_text *to, const report *r, int person, const report_bins *bins) {
  canvas c = {to, r, bins, person, BASE_MAX(r->end, 1)};
  base_text_printf(to, "<div class=\"scroll\"><svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"group\" "
                       "aria-labelledby=\"n%d\" aria-describedby=\"d%d\" data-person=\"%d\" data-left=\"%d\" "
                       "data-plot=\"%d\"><title id=\"n%d\">Timeline of ", WIDTH, HEIGHT, person, person, person,
                   LEFT, PLOT, person);
  report_escape_string(to, r->people[person].who);
  base_text_printf(to, "</title><desc id=\"d%d\">What was expressed over time: core labels stacked to "
                       "100 %%, the states that move most, valence and arousal, confidence, loudness, and "
                       "turns. The table below has the same in numbers.</desc>", person);
  base_text_puts(to, "<g aria-hidden=\"true\">");
  draw_core(&c);
  draw_states(&c);
  draw_dims(&c);
  draw_confidence(&c);
  draw_wave(&c);
  draw_axis(&c);
  draw_turns(&c);
  base_text_printf(to, "<line class=\"cursor\" x1=\"0\" x2=\"0\" y1=\"%d\" y2=\"%d\"/></g></svg></div>",
                   CORE_Y - 4, AXIS_Y);
}

void report_write_table(base_text *to, const report *r, int person, const report_bins *bins) {
  int every = (bins->count + 59) / 60; /* at most 60 rows */
  base_text_printf(to, "<details class=\"data\"><summary>The same as a table</summary><table><caption>"
                       "Every %.0f seconds</caption><thead><tr><th scope=\"col\">Time</th>"
                       "<th scope=\"col\">Most expressed</th><th scope=\"col\">Confidence</th>"
                       "<th scope=\"col\">Valence</th><th scope=\"col\">Arousal</th>"
                       "<th scope=\"col\">Frustration</th><th scope=\"col\">Satisfaction</th></tr></thead><tbody>",
                   every * bins->step);
  for (int b = 0; b < bins->count; b += every) {
    base_text_puts(to, "<tr><th scope=\"row\">");
    report_clock(to, b * bins->step);
    if (!bins->read[b]) {
      base_text_puts(to, "</th><td colspan=\"6\" class=\"none\">");
      if (bins->abstain[b]) base_text_puts(to, "not clear: "), report_escape_string(to, bins->abstain[b]);
      else base_text_puts(to, "silent");
      base_text_puts(to, "</td></tr>");
      continue;
    }
    int top = 0;
    for (int k = 1; k < MIEN_CORE; k++)
      if (bins->core[b][k] > bins->core[b][top]) top = k;
    base_text_printf(to, "</th><td><span class=\"n %s\">%s</span> %.0f%%</td><td>%.0f%%</td>",
                     report_face_of(top), mien_core_name(top), 100 * (double)bins->core[b][top],
                     100 * (double)bins->confidence[b]);
    for (int k = 0; k < 2; k++) {
      if (isfinite(bins->dims[b][k])) base_text_printf(to, "<td>%+.2f</td>", (double)bins->dims[b][k]);
      else base_text_puts(to, "<td>–</td>");
    }
    for (int k = 0; k < 2; k++) {
      float value = bins->states[b][k ? MIEN_SATISFACTION : MIEN_FRUSTRATION];
      if (isfinite(value)) base_text_printf(to, "<td>%.0f%%</td>", 100 * (double)value);
      else base_text_puts(to, "<td>–</td>");
    }
    base_text_puts(to, "</tr>");
  }
  base_text_puts(to, "</tbody></table></details>");
}
