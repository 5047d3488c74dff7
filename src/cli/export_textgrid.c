/* export_textgrid.c: a Praat TextGrid in its long form: for each person a tier of words and one of
 * emotion. The intervals of a tier tile the recording from 0 to its end, as Praat demands. */
#include "cli/export.h"

static void interval(base_text *out, size_t number, double t0, double t1, const char *text) {
  base_text_printf(out, "        intervals [%zu]:\n            xmin = %.6f\n            xmax = %.6f\n"
                        "            text = \"", number, t0, t1);
  for (; *text; text++) base_text_add(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
  base_text_puts(out, "\"\n");
}

/* Times go out with six decimals: equal ones must stay equal, so they are rounded once, here. */
static double rounded(double seconds) { return round(seconds * 1e6) / 1e6; }

static void tier(base_text *out, size_t number, const char *who, const char *what, double duration,
                 const timeline_span *spans, size_t count) {
  size_t total = 0;
  double at = 0;
  for (int pass = 0; pass < 2; pass++) { /* first to count, then to write */
    size_t n = 0;
    at = 0;
    if (pass) {
      base_text_printf(out, "    item [%zu]:\n        class = \"IntervalTier\"\n        name = \"", number);
      for (const char *c = who; *c; c++)
        base_text_add(out, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
      base_text_printf(out, " %s\"\n        xmin = 0\n        xmax = %.6f\n"
                            "        intervals: size = %zu\n", what, duration, total);
    }
    for (size_t i = 0; i < count; i++) {
      double t0 = rounded(spans[i].t0), t1 = rounded(spans[i].t1);
      if (t1 > duration) t1 = duration;
      if (t1 <= t0 || t0 < at) continue;
      if (t0 > at && ++n && pass) interval(out, n, at, t0, "");
      if (++n && pass) interval(out, n, t0, t1, spans[i].text);
      at = t1;
    }
    if (at < duration && ++n && pass) interval(out, n, at, duration, "");
    total = n;
  }
}

void export_textgrid(const timeline *line, base_text *out) {
  double duration = fmax(rounded(line->duration), 0.001);
  base_text_printf(out, "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0\n"
                        "xmax = %.6f\ntiers? <exists>\nsize = %zu\nitem []:\n", duration,
                   2 * line->people_count);
  for (size_t p = 0; p < line->people_count; p++) {
    for (int kind = TIMELINE_WORDS; kind <= TIMELINE_EMOTION; kind++) {
      timeline_span *spans;
      size_t count;
      if (timeline_spans(line, line->people[p], kind, &spans, &count) != MIEN_OK) {
        out->failed = true;
        return;
      }
      tier(out, 2 * p + (size_t)kind + 1, line->people[p],
           kind == TIMELINE_WORDS ? "words" : "emotion", duration, spans, count);
      base_free(spans);
    }
  }
}
