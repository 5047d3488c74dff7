/* page.c: figures (their JSON) as CSV and as one printable page without a script. */
#include <jansson.h>
#include <stdio.h>

#include "insight/insight.h"
#include "insight/page_parts.h"

static json_t *parse(const char *figures, size_t bytes, mien_error *error) {
  json_t *f = json_loadb(figures, bytes, 0, NULL);
  if (json_is_object(f)) return f;
  json_decref(f);
  base_error_set(error, MIEN_EFORMAT, "figures", "give what insight_figures wrote", "these are no figures");
  return NULL;
}

double insight_number(json_t *of, const char *key) {
  json_t *v = json_object_get(of, key);
  return json_is_number(v) ? json_number_value(v) : NAN;
}
const char *insight_string(json_t *of, const char *key) {
  const char *s = json_string_value(json_object_get(of, key));
  return s ? s : "";
}

/* ---- CSV ---- */

/* Quoted, and what a spreadsheet would take for a formula gets an apostrophe before it. */
static void cell(base_text *to, const char *text) {
  base_text_puts(to, "\"");
  if (strchr("=+-@\t\r", *text) && *text) base_text_puts(to, "'");
  for (; *text; text++) base_text_add(to, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
  base_text_puts(to, "\"");
}

static void value(base_text *to, double v) {
  base_text_puts(to, ",");
  if (isfinite(v)) base_text_printf(to, "%.6g", v);
}

static void line(base_text *to, const char *kind, const char *name, const char *until, json_t *of) {
  json_t *valence = json_object_get(of, "valence"), *core = json_object_get(of, "core"), *d = json_object_get(of, "difference");
  cell(to, kind);
  base_text_puts(to, ",");
  cell(to, name);
  base_text_puts(to, ",");
  cell(to, until);
  base_text_puts(to, json_is_true(json_object_get(of, "hidden")) ? ",hidden" : ",");
  value(to, insight_number(of, "texts"));
  value(to, insight_number(of, "read"));
  value(to, insight_number(valence, "mean"));
  value(to, insight_number(valence, "low"));
  value(to, insight_number(valence, "high"));
  for (int k = 0; k < MIEN_CORE; k++) value(to, insight_number(json_object_get(core, mien_core_name(k)), "share"));
  value(to, insight_number(d, "valence"));
  value(to, insight_number(d, "q"));
  value(to, insight_number(of, "expected"));
  value(to, insight_number(of, "p"));
  base_text_puts(to, "\r\n");
}

int insight_csv(const char *figures, size_t bytes, base_text *csv, mien_error *error) {
  json_t *f = parse(figures, bytes, error), *one;
  size_t i;
  if (!f) return MIEN_EFORMAT;
  base_text_puts(csv, "kind,name,to,hidden,texts,read,valence,valence_low,valence_high");
  for (int k = 0; k < MIEN_CORE; k++) base_text_printf(csv, ",%s", mien_core_name(k));
  base_text_puts(csv, ",difference,q,expected,p\r\n");
  line(csv, "overall", "", "", json_object_get(f, "overall"));
  json_array_foreach(json_object_get(f, "time"), i, one) line(csv, "time", insight_string(one, "from"), insight_string(one, "to"), one);
  json_array_foreach(json_object_get(f, "groups"), i, one) line(csv, insight_string(f, "by"), insight_string(one, "value"), "", one);
  json_array_foreach(json_object_get(f, "aspects"), i, one) line(csv, "aspect", insight_string(one, "aspect"), "", one);
  json_array_foreach(json_object_get(f, "spikes"), i, one) {
    char kind[40];
    snprintf(kind, sizeof kind, "spike: %.24s", insight_string(one, "what"));
    line(csv, kind, insight_string(one, "from"), insight_string(one, "to"), one);
  }
  json_decref(f);
  return csv->failed ? base_error_set(error, MIEN_ENOMEM, "figures", "", "out of memory") : MIEN_OK;
}

/* ---- HTML ---- */

void insight_escape(base_text *to, const char *text) {
  for (size_t i = 0, bytes = strlen(text); i < bytes;) {
    uint32_t c;
    int n = base_utf8_next(text + i, bytes - i, &c);
    bool turns = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f;
    if (!n) n = 1, c = 0xfffd, base_text_puts(to, "\xef\xbf\xbd");
    else if (c == '&') base_text_puts(to, "&amp;");
    else if (c == '<') base_text_puts(to, "&lt;");
    else if (c == '>') base_text_puts(to, "&gt;");
    else if (c == '"') base_text_puts(to, "&quot;");
    else if (c == '\'') base_text_puts(to, "&#39;");
    else if (c >= 0x20 && !(c >= 0x7f && c < 0xa0) && !turns) base_text_add(to, text + i, (size_t)n);
    i += (size_t)n;
  }
}

static const char style[] =
    ":root{--paper:#f7f6f3;--card:#fff;--ink:#1b1d21;--soft:#5d626b;--faint:#dedcd6;--line:#005f94;--band:#005f9433;--bar:#8a8f98;--spike:#b04a00}"
    "@media (prefers-color-scheme:dark){:root{--paper:#131518;--card:#1b1e22;--ink:#e9e7e2;--soft:#a2a7b0;--faint:#34383f;--line:#56b4e9;--band:#56b4e933;--spike:#f28a3c}}"
    "*{box-sizing:border-box}body{margin:0 auto;padding:2.5rem clamp(1rem,3vw,2.5rem) 4rem;max-width:74rem;background:var(--paper);color:var(--ink);"
    "font:16px/1.5 system-ui,\"Segoe UI\",Roboto,\"Liberation Sans\",sans-serif}h1{margin:0;font-size:1.9rem;line-height:1.2;overflow-wrap:anywhere}"
    "h2{margin:2.5rem 0 .75rem;font-size:1.2rem}.brand{margin:0;font-size:.8rem;font-weight:650;letter-spacing:.14em;text-transform:uppercase;color:var(--soft)}"
    ".card{padding:1.1rem 1.25rem;background:var(--card);border:1px solid var(--faint);border-radius:12px;break-inside:avoid}"
    "table{border-collapse:collapse;width:100%;font-size:.95rem}th,td{padding:.4rem 1rem .4rem 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--faint)}"
    "thead th,caption,.soft{color:var(--soft);font-weight:500;font-size:.88rem}td{font-variant-numeric:tabular-nums}svg{display:block;width:100%;height:auto}"
    ".bar{fill:var(--bar)}.spike{fill:var(--spike)}.line{fill:none;stroke:var(--line);stroke-width:2}.band{fill:var(--band)}.axis{stroke:var(--faint)}svg text{font-size:12px;fill:var(--soft)}"
    "blockquote{margin:.4rem 0;padding-left:.8rem;border-left:3px solid var(--faint)}.scroll{overflow-x:auto}@media print{body{background:#fff;color:#000;padding:0}.card{border-color:#bbb}}";

static bool spiked(json_t *f, const char *from) {
  size_t i;
  json_t *one;
  json_array_foreach(json_object_get(f, "spikes"), i, one)
    if (strcmp(insight_string(one, "from"), from) <= 0 && strcmp(insight_string(one, "to"), from) > 0) return true;
  return false;
}

/* Bars of how many texts, and below them the mean valence with its interval; what is hidden is a gap. */
static void draw_time(base_text *to, json_t *f) {
  json_t *time = json_object_get(f, "time"), *one;
  size_t i, n = json_array_size(time);
  double most = 1, step = n ? 1000.0 / (double)n : 1;
  if (n < 2) return;
  json_array_foreach(time, i, one) if (insight_number(one, "texts") > most) most = insight_number(one, "texts");
  base_text_printf(to, "<h2>Over time, by the %s</h2><div class=\"card\"><svg viewBox=\"0 0 1060 330\" role=\"img\" aria-label=\"Texts and mean valence of each %s; the table of the CSV has the numbers\">", insight_string(f, "bin"), insight_string(f, "bin"));
  base_text_printf(to, "<text x=\"1006\" y=\"14\">%.0f texts</text><line class=\"axis\" x1=\"0\" x2=\"1000\" y1=\"130\" y2=\"130\"/>", most);
  json_array_foreach(time, i, one) {
    double h = 120 * insight_number(one, "texts") / most;
    if (h > 0) base_text_printf(to, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", spiked(f, insight_string(one, "from")) ? "spike" : "bar", (double)i * step, 130 - h, BASE_MAX(step * 0.85, 0.5), h);
  }
  base_text_puts(to, "<text x=\"1006\" y=\"160\">+1</text><text x=\"1006\" y=\"234\">valence 0</text><text x=\"1006\" y=\"308\">-1</text><line class=\"axis\" x1=\"0\" x2=\"1000\" y1=\"230\" y2=\"230\"/>");
  bool drawing = false;
  json_array_foreach(time, i, one) {
    json_t *v = json_object_get(one, "valence");
    double m = insight_number(v, "mean"), x = ((double)i + 0.5) * step;
    if (isfinite(m)) base_text_printf(to, "%s%.1f,%.1f", drawing ? " " : "<polyline class=\"line\" points=\"", x, 230 - 75 * m);
    else if (drawing) base_text_puts(to, "\"/>");
    drawing = isfinite(m);
  }
  if (drawing) base_text_puts(to, "\"/>");
  json_array_foreach(time, i, one) {
    json_t *v = json_object_get(one, "valence");
    double low = insight_number(v, "low"), high = insight_number(v, "high");
    if (isfinite(low) && isfinite(high)) base_text_printf(to, "<rect class=\"band\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", (double)i * step, 230 - 75 * high, step, 75 * (high - low));
  }
  base_text_printf(to, "<text x=\"0\" y=\"326\">%.10s</text><text x=\"1000\" y=\"326\" text-anchor=\"end\">%.10s</text></svg>", insight_string(json_array_get(time, 0), "from"), insight_string(json_array_get(time, n - 1), "from"));
  base_text_printf(to, "<p class=\"soft\">Bars: texts; in colour where a spike was found. Line: mean valence, with its 95 %% interval. Gaps: nobody wrote, or fewer than %.0f.</p></div>", insight_number(f, "floor"));
}

static void write_shares(base_text *to, json_t *core) {
  for (int k = 1; k < MIEN_CORE; k++) {
    json_t *one = json_object_get(core, mien_core_name(k));
    if (insight_number(one, "share") >= 0.05) base_text_printf(to, "%s %.0f&nbsp;%% ", mien_core_name(k), 100 * insight_number(one, "share"));
  }
}

static void write_table(base_text *to, const char *title, const char *name, json_t *list, const char *key) {
  size_t i;
  json_t *one;
  if (!json_array_size(list)) return;
  base_text_printf(to, "<h2>%s</h2><div class=\"card scroll\"><table><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">Texts</th><th scope=\"col\">Valence (95 %%)</th><th scope=\"col\">Against the rest</th><th scope=\"col\">Expressed</th></tr></thead><tbody>", title, name);
  json_array_foreach(list, i, one) {
    json_t *v = json_object_get(one, "valence"), *d = json_object_get(one, "difference");
    base_text_puts(to, "<tr><th scope=\"row\"><bdi>");
    insight_escape(to, json_is_string(json_object_get(one, key)) ? insight_string(one, key) : "not said");
    if (json_is_true(json_object_get(one, "hidden"))) {
      base_text_puts(to, "</bdi></th><td colspan=\"4\" class=\"soft\">too few to show</td></tr>");
      continue;
    }
    base_text_printf(to, "</bdi></th><td>%.0f</td><td>", insight_number(one, "texts"));
    if (isfinite(insight_number(v, "mean"))) base_text_printf(to, "%+.2f (%+.2f to %+.2f)", insight_number(v, "mean"), insight_number(v, "low"), insight_number(v, "high"));
    base_text_puts(to, "</td><td>");
    if (isfinite(insight_number(d, "valence"))) base_text_printf(to, "%+.2f%s", insight_number(d, "valence"), insight_number(d, "q") < 0.05 ? " *" : "");
    base_text_puts(to, "</td><td>");
    write_shares(to, json_object_get(one, "core"));
    base_text_puts(to, "</td></tr>");
  }
  base_text_puts(to, "</tbody></table><p class=\"soft\">* other than the rest at a false discovery rate of 5 % (Benjamini and Hochberg).</p></div>");
}

static void write_spikes(base_text *to, json_t *f) {
  size_t i, k;
  json_t *one, *other;
  if (!json_array_size(json_object_get(f, "spikes"))) return;
  base_text_puts(to, "<h2>Spikes</h2>");
  json_array_foreach(json_object_get(f, "spikes"), i, one) {
    base_text_printf(to, "<div class=\"card\"><strong>%s</strong> from %.10s to %.10s: %.0f texts where %.1f were to be expected (p = %.2g, corrected).", insight_string(one, "what"), insight_string(one, "from"), insight_string(one, "to"), insight_number(one, "texts"), insight_number(one, "expected"), insight_number(one, "p"));
    if (json_array_size(json_object_get(one, "words"))) base_text_puts(to, "<br>Words that went with it: ");
    json_array_foreach(json_object_get(one, "words"), k, other) {
      base_text_puts(to, k ? ", <bdi>" : "<bdi>");
      insight_escape(to, insight_string(other, "word"));
      base_text_puts(to, "</bdi>");
    }
    json_array_foreach(json_object_get(one, "examples"), k, other) {
      base_text_puts(to, "<blockquote dir=\"auto\">");
      insight_escape(to, insight_string(other, "text"));
      base_text_puts(to, "</blockquote>");
    }
    base_text_puts(to, "</div>");
  }
  base_text_puts(to, "<p class=\"soft\">In collections in which nothing happens, at most one in twenty has any spike.</p>");
}

void insight_page_begin(base_text *to, const char *title) {
  base_text_puts(to, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"referrer\" content=\"no-referrer\"><meta name=\"color-scheme\" content=\"light dark\"><title>");
  insight_escape(to, title);
  base_text_printf(to, " · Mien</title><style>%s</style></head><body><main><p class=\"brand\">Mien</p><h1>", style);
  insight_escape(to, title);
  base_text_puts(to, "</h1>");
}

void insight_page_end(base_text *to) { base_text_puts(to, "</main></body></html>\n"); }

int insight_page(const char *figures, size_t bytes, const char *title, base_text *to, mien_error *error) {
  json_t *f = parse(figures, bytes, error), *all = json_object_get(f, "overall"), *v = json_object_get(all, "valence");
  if (!f) return MIEN_EFORMAT;
  insight_page_begin(to, title);
  if (json_is_true(json_object_get(f, "hidden"))) base_text_printf(to, "<p>Fewer than %.0f texts: too few to show.</p>", insight_number(f, "floor"));
  else {
    base_text_printf(to, "<p>%.0f texts, %.0f of them read with confidence. Mean valence %+.2f (%+.2f to %+.2f). Expressed: ", insight_number(all, "texts"), insight_number(all, "read"), insight_number(v, "mean"), insight_number(v, "low"), insight_number(v, "high"));
    write_shares(to, json_object_get(all, "core"));
    base_text_printf(to, "</p><p class=\"soft\">What is expressed in the words is an inference and can be wrong. Groups of fewer than %.0f texts are hidden.</p>", insight_number(f, "floor"));
  }
  draw_time(to, f);
  write_spikes(to, f);
  write_table(to, "Compared", insight_string(f, "by"), json_object_get(f, "groups"), "value");
  write_table(to, "What they write about", "Aspect", json_object_get(f, "aspects"), "aspect");
  insight_page_end(to);
  json_decref(f);
  return to->failed ? base_error_set(error, MIEN_ENOMEM, "figures", "", "out of memory") : MIEN_OK;
}
