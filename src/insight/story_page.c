/* story_page.c: an audience's curves, and a story's, as printable pages. */
#include "insight/arc.h"
#include "insight/audience.h"
#include "insight/page_parts.h"

static double at(json_t *list, size_t i) {
  json_t *v = json_array_get(list, i);
  return json_is_number(v) ? json_number_value(v) : NAN;
}

void insight_curve(base_text *to, json_t *mean, json_t *low, json_t *high, double top, double scale) {
  size_t n = json_array_size(mean), step = BASE_MAX(n / 1000, (size_t)1); /* no more than a screen shows */
  double half = 75 / scale, middle = top + 75;
  bool drawing = false;
  base_text_printf(to, "<line class=\"axis\" x1=\"0\" x2=\"1000\" y1=\"%.1f\" y2=\"%.1f\"/>", middle, middle);
  for (size_t i = 0; i < n && low; i += step)
    if (!isnan(at(low, i)) && !isnan(at(high, i)))
      base_text_printf(to, "<rect class=\"band\" x=\"%.1f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\"/>", 1000.0 * (double)i / (double)n, middle - half * BASE_MIN(at(high, i), scale), 1000.0 * (double)step / (double)n,
                       half * (BASE_MIN(at(high, i), scale) - BASE_MAX(at(low, i), -scale)));
  for (size_t i = 0; i < n; i += step) {
    bool here = !isnan(at(mean, i));
    if (here) base_text_printf(to, "%s%.1f,%.1f", drawing ? " " : "<polyline class=\"line\" points=\"", 1000.0 * ((double)i + 0.5) / (double)n, middle - half * BASE_CLAMP(at(mean, i), -scale, scale));
    else if (drawing) base_text_puts(to, "\"/>");
    drawing = here;
  }
  if (drawing) base_text_puts(to, "\"/>");
}

static double scale_of(json_t *low, json_t *high) {
  double most = 0.2;
  for (size_t i = 0; i < json_array_size(low); i++) {
    if (!isnan(at(low, i))) most = BASE_MAX(most, -at(low, i));
    if (!isnan(at(high, i))) most = BASE_MAX(most, at(high, i));
  }
  return BASE_MIN(most, 1.0);
}

static void write_clock(base_text *to, double seconds) {
  long s = isfinite(seconds) ? (long)seconds : 0;
  if (s >= 3600) base_text_printf(to, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  else base_text_printf(to, "%ld:%02ld", s / 60, s % 60);
}

static void write_moments(base_text *to, json_t *list) {
  size_t i;
  json_t *one;
  if (!json_array_size(list)) {
    base_text_puts(to, "<p>None that is beyond chance.</p>");
    return;
  }
  base_text_puts(to, "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">From</th><th scope=\"col\">To</th><th scope=\"col\">What</th><th scope=\"col\">By (95 %)</th><th scope=\"col\">q</th></tr></thead><tbody>");
  json_array_foreach(list, i, one) {
    base_text_puts(to, "<tr><th scope=\"row\">");
    write_clock(to, insight_number(one, "from"));
    base_text_puts(to, "</th><td>");
    write_clock(to, insight_number(one, "to"));
    base_text_printf(to, "</td><td>%s %s</td><td>%+.2f (%+.2f to %+.2f)</td><td>%.3f</td></tr>", insight_string(one, "signal"), insight_string(one, "direction"), insight_number(one, "mean"), insight_number(one, "low"), insight_number(one, "high"), insight_number(one, "q"));
  }
  base_text_puts(to, "</tbody></table></div>");
}

static json_t *parse(const char *figures, size_t bytes, const char *key, mien_error *error) {
  json_t *f = json_loadb(figures, bytes, 0, NULL);
  if (json_is_array(json_object_get(f, key))) return f;
  json_decref(f);
  base_error_set(error, MIEN_EFORMAT, "figures", "", "these are no such figures");
  return NULL;
}

int audience_page(const char *figures, size_t bytes, const char *title, base_text *to, mien_error *error) {
  static const char *const signals[] = {"valence", "arousal"};
  json_t *f = parse(figures, bytes, "versions", error), *versions = json_object_get(f, "versions"), *one, *moment;
  size_t i, k;
  if (!f) return MIEN_EFORMAT;
  insight_page_begin(to, title);
  json_array_foreach(versions, i, one) {
    double every = insight_number(f, "every"), bins = (double)json_array_size(json_object_get(json_object_get(one, "valence"), "mean"));
    base_text_printf(to, "<h2>%s%s%.0f viewers</h2><div class=\"card\">", json_array_size(versions) > 1 ? (i ? "Second version" : "First version") : "", json_array_size(versions) > 1 ? ", " : "", insight_number(one, "viewers"));
    for (int s = 0; s < 2; s++) {
      json_t *signal = json_object_get(one, signals[s]);
      double scale = scale_of(json_object_get(signal, "low"), json_object_get(signal, "high"));
      base_text_printf(to, "<svg viewBox=\"0 0 1060 190\" role=\"img\" aria-label=\"Mean %s over time; the moments below say what it shows\"><text x=\"0\" y=\"12\">%s (synchrony %.2f)</text><text x=\"1006\" y=\"28\">%+.2f</text><text x=\"1006\" y=\"172\">%+.2f</text>", signals[s], signals[s],
                       insight_number(signal, "synchrony"), scale, -scale);
      json_array_foreach(json_object_get(one, "moments"), k, moment)
        if (!strcmp(insight_string(moment, "signal"), signals[s]) && bins > 0)
          base_text_printf(to, "<rect class=\"spike\" x=\"%.1f\" y=\"174\" width=\"%.1f\" height=\"6\"/>", 1000 * insight_number(moment, "from") / every / bins, 1000 * (insight_number(moment, "to") - insight_number(moment, "from")) / every / bins);
      insight_curve(to, json_object_get(signal, "mean"), json_object_get(signal, "low"), json_object_get(signal, "high"), 20, scale);
      base_text_puts(to, "</svg>");
    }
    base_text_puts(to, "<h3>Moments that move people together</h3>");
    write_moments(to, json_object_get(one, "moments"));
    base_text_puts(to, "</div>");
  }
  if (json_object_get(f, "differences")) {
    base_text_puts(to, "<h2>Where the first version differs from the second</h2><div class=\"card\">");
    write_moments(to, json_object_get(f, "differences"));
    base_text_puts(to, "</div>");
  }
  base_text_printf(to, "<p class=\"soft\">Each viewer is looked at against their own mean. A moment is a time in which they go up or down together more than under random signs of whole viewers (cluster-based permutation), "
                       "at a false discovery rate of %.0f %%. What is expressed is an inference and can be wrong.</p>", 100 * insight_number(f, "q"));
  insight_page_end(to);
  json_decref(f);
  return to->failed ? base_error_set(error, MIEN_ENOMEM, "figures", "", "out of memory") : MIEN_OK;
}

int arc_page(const char *figures, size_t bytes, const char *title, base_text *to, mien_error *error) {
  json_t *f = parse(figures, bytes, "mean", error), *low = json_object_get(f, "low"), *high = json_object_get(f, "high"), *viewers = json_object_get(f, "audience"), *one;
  size_t i;
  if (!f) return MIEN_EFORMAT;
  double scale = scale_of(low, high);
  insight_page_begin(to, title);
  base_text_printf(to, "<p>%.0f words, %.0f sentences. The nearest of the six classic arcs is <strong>%s</strong> (the same in %.0f %% of resamples).</p>", insight_number(f, "words"), insight_number(f, "sentences"), insight_string(f, "arc"), 100 * insight_number(f, "share"));
  base_text_printf(to, "<h2>Valence from beginning to end</h2><div class=\"card\"><svg viewBox=\"0 0 1060 190\" role=\"img\" aria-label=\"Valence expressed over the story; its turning points are listed below\"><text x=\"1006\" y=\"28\">%+.2f</text><text x=\"1006\" y=\"172\">%+.2f</text>", scale, -scale);
  insight_curve(to, json_object_get(f, "mean"), low, high, 20, scale);
  json_array_foreach(json_object_get(f, "turns"), i, one)
    base_text_printf(to, "<circle class=\"spike\" r=\"5\" cx=\"%.1f\" cy=\"%.1f\"/><text x=\"%.1f\" y=\"188\">%zu</text>", 1000 * insight_number(one, "at"), 95 - 75 / scale * BASE_CLAMP(insight_number(one, "valence"), -scale, scale), 1000 * insight_number(one, "at") - 4, i + 1);
  base_text_printf(to, "</svg><p class=\"soft\">Mean over %.0f words at a time, with its 95 %% interval.</p></div>", insight_number(f, "window"));
  if (json_array_size(json_object_get(f, "turns"))) base_text_puts(to, "<h2>Turning points</h2><div class=\"card\"><ol>");
  json_array_foreach(json_object_get(f, "turns"), i, one) {
    base_text_printf(to, "<li>%s at %.0f %% (%+.2f): <q dir=\"auto\">", insight_string(one, "kind"), 100 * insight_number(one, "at"), insight_number(one, "valence"));
    insight_escape(to, insight_string(one, "sentence"));
    base_text_puts(to, "</q></li>");
  }
  if (json_array_size(json_object_get(f, "turns"))) base_text_puts(to, "</ol></div>");
  if (viewers) {
    base_text_printf(to, "<h2>The audience</h2><div class=\"card\"><p>%.0f viewers; their valence goes with the story's: r = %.2f (p = %.2f by shifting).</p><svg viewBox=\"0 0 1060 190\" role=\"img\" aria-label=\"Mean valence of the audience\">", insight_number(viewers, "viewers"), insight_number(viewers, "r"), insight_number(viewers, "p"));
    insight_curve(to, json_object_get(viewers, "mean"), NULL, NULL, 20, 0.5);
    base_text_puts(to, "</svg></div>");
  }
  insight_page_end(to);
  json_decref(f);
  return to->failed ? base_error_set(error, MIEN_ENOMEM, "figures", "", "out of memory") : MIEN_OK;
}
